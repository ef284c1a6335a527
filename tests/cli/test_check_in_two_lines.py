"""`check` prints a verdict and what to do; `--verbose` shows how it came to that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.machine import BIN, request
from ..support.servers import challenge, serving
from ..support.terminal import play

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")


def check(machine: Machine, *words: str, status: int) -> list[str]:
    """The lines that a check prints."""
    done = machine.run(COMMAND, "check", *words, check=False)
    assert done.returncode == status, done
    assert b"Traceback" not in done.stderr
    return done.stdout.decode().splitlines()


def test_an_accepted_credential_is_one_line(machine: Machine, host: GitHost, alice: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    (line,) = check(machine, host.url("r.git"), status=0)
    assert line == (
        f"accepted: {host.url('r.git')} (git): "
        "the server accepts the password or token of 'alice' from the store"
    )


@pytest.mark.parametrize("path", ["", "r.git"])
def test_no_credential_is_a_verdict_of_its_own(machine: Machine, host: GitHost, path: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    lines = check(machine, host.url(path), status=1)
    assert lines[0].startswith(f"no credential: {host.url(path)}")
    assert lines[1:] == [f"  'git-credential-uvx login localhost:{host.port}' stores one"]


def test_an_account_without_access_is_not_called_wrong(
    machine: Machine, host: GitHost, alice: str
) -> None:
    host.folders["r.git"] = {"bob": "x"}
    text = "\n".join(check(machine, host.url("r.git"), status=1))
    assert "wrong" not in text
    assert "revoked" not in text
    assert f"check localhost:{host.port}'" in text
    assert check(machine, f"localhost:{host.port}", status=0)


def test_verbose_shows_the_requests(machine: Machine, host: GitHost, alice: str) -> None:
    done = machine.run(COMMAND, "check", "--verbose", host.url("r.git"))
    shown = done.stderr.decode()
    assert "info/refs?service=git-upload-pack" in shown
    assert "401 without a credential" in shown
    assert "200 with 'alice' from store ('" in shown
    assert "****" not in shown


def test_quiet_prints_results_only(machine: Machine, host: GitHost, alice: str) -> None:
    machine.git("config", "--global", "credential.helper", "store")
    done = machine.run(COMMAND, "check", "-q", host.url("r.git"))
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_a_long_line_is_two_at_a_terminal(machine: Machine, host: GitHost, alice: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    words = (COMMAND, "check", host.url("r.git"))
    lines = play(machine, words).shown.decode().splitlines()
    reason = "the server accepts the password or token of 'alice' from the store"
    assert lines[-1] == f"  {reason}"
    assert host.url("r.git") in lines[-2]


def test_a_terminal_shows_what_is_asked(machine: Machine) -> None:
    with serving(lambda seen: challenge()) as server:
        words = (COMMAND, "check", "--index", server.url("/simple/"))
        shown = play(machine, words).shown
        assert f"asking {server.url('/simple/')} (index) ...".encode() in shown
        assert b"asking" not in play(machine, (*words, "--quiet")).shown


def test_a_store_that_cannot_be_read_is_reported_and_login_is_not_advised(
    machine: Machine, host: GitHost
) -> None:
    machine.write_store("[[credential]]\nservice = \n")
    for url in (host.url(), host.url("r.git")):
        done = machine.run(COMMAND, "check", url, check=False)
        assert done.returncode == 2
        text = (done.stdout + done.stderr).decode()
        assert text.count("credentials.toml") == 1
        assert "login" not in text
        (result,) = json.loads(machine.run(COMMAND, "check", "--json", url, check=False).stdout)
        assert (result["verdict"], result["reason"]) == ("unknown", "store")


def test_two_passwords_of_one_account_are_told_apart(
    machine: Machine, host: GitHost, alice: str
) -> None:
    """A token was rotated: the server refused uv's, and the new one was typed at Git's prompt."""
    fields = {"protocol": "https", "host": f"localhost:{host.port}", "username": "alice"}
    machine.erase(**fields, password=alice)
    host.accounts["alice"] = "rotated"
    machine.helper("store", request(**fields, password="rotated"))
    lines = check(machine, "--all", status=1)
    refused, advice, note, accepted = lines
    assert refused.startswith(f"refused: alice@{host.url()} (credentials.toml): ")
    assert f"login localhost:{host.port} --username alice' replaces it" in advice
    assert "uv still has this one" in note
    assert accepted.startswith(f"accepted: alice@{host.url()} (git-credential-uvx.toml): ")
    assert "restore" not in "\n".join(lines)


def test_the_advice_is_about_the_entry_that_was_sent(machine: Machine) -> None:
    with serving(lambda seen: challenge()) as server:
        machine.uv_login(server.url("/"), "alice", "pw")
        machine.uv_login(server.url("/team-a"), "bob", "old")
        lines = check(machine, "--index", server.url("/team-a/simple/"), status=1)
        advice = "\n".join(lines)
        entry = server.url("/team-a")
        assert f"'git-credential-uvx login {entry} --username bob' replaces it" in advice
        assert f"'git-credential-uvx check {entry}' shows whether the host accepts it" in advice
        advice = "\n".join(check(machine, "--index", entry, status=1))
        assert f"'git-credential-uvx login {entry} --username bob' replaces it" in advice
        assert "git-credential-uvx check" not in advice


def test_only_an_entry_for_this_path_is_said_not_to_count(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(host.url("other"), "bob", "builder")
    assert "does not count" not in "\n".join(check(machine, host.url("r.git"), status=0))
    machine.uv_login(host.url("r.git"), "bob", "builder")
    notes = "\n".join(check(machine, host.url("r.git"), status=0))
    assert f"so '{host.url('r.git')}' does not count" in notes


def test_a_url_that_git_rewrites_is_checked_as_git_uses_it(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    name = f"url.{host.url()}.insteadOf"
    machine.git("config", "--global", name, "https://mirror.invalid/")
    lines = check(machine, "https://mirror.invalid/r.git", status=0)
    assert "'alice'" in lines[0]
    assert any("insteadOf" in line for line in lines)
    machine.git(
        "config", "--global", name.replace(host.url(), "ssh://git@h.test/"), "https://x.test/"
    )
    assert any("ssh" in line for line in check(machine, "https://x.test/r.git", status=2))


def test_the_username_of_gits_configuration_counts(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    host.accounts["bob"] = "builder"
    machine.uv_login(host.url(), "bob", "builder")
    for name in ("alice", "bob"):
        machine.git("config", "--global", f"credential.{host.url()}.username", name)
        assert f"'{name}'" in check(machine, host.url("r.git"), status=0)[0]


def test_several_accounts_are_named(machine: Machine, host: GitHost, alice: str) -> None:
    machine.uv_login(host.url(), "bob", "builder")
    headline, advice = check(machine, "--index", host.url("team/simple/"), status=1)
    assert headline.startswith("no credential: ")
    assert "several accounts: 'alice', 'bob'; " in advice
    assert f"check --index {host.url('team/simple/')} --username NAME' tries one" in advice


def test_use_is_advised_where_git_chose_one_of_several_accounts(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    host.accounts["bob"] = "builder"
    machine.uv_login(host.url(), "bob", "builder")
    advice = f"git-credential-uvx use localhost:{host.port} --username NAME"
    for url in (host.url("r.git"), f"localhost:{host.port}"):
        (note,) = [line for line in check(machine, url, status=0) if "2 accounts" in line]
        assert "'alice'" in note
        assert "'bob'" in note
        assert f"'{advice}'" in note
        assert not any("2 accounts" in x for x in check(machine, url, "-u", "bob", status=0))
    machine.run(COMMAND, *advice.split()[1:-1], "bob")
    for url in (host.url("r.git"), f"localhost:{host.port}"):
        (line,) = check(machine, url, status=0)
        assert "'bob'" in line


def test_the_note_about_paths_is_for_those_who_have_stored_some(
    machine: Machine, host: GitHost, alice: str
) -> None:
    url = host.url("r.git")
    assert not any("useHttpPath" in line for line in check(machine, url, status=0))
    machine.uv_login(host.url("r.git"), "alice", alice)
    assert any("useHttpPath" in line for line in check(machine, url, status=0))


class TestAnInsteadOfThatLeadsToSsh:
    @pytest.fixture(autouse=True)
    def rewritten(self, machine: Machine, host: GitHost, alice: str) -> None:
        machine.git("config", "--global", "credential.helper", "uvx")
        machine.git("config", "--global", "url.ssh://git@localhost/.insteadOf", host.url())

    def test_it_says_that_no_credential_is_sent(self, machine: Machine, host: GitHost) -> None:
        (line,) = check(machine, host.url("r.git"), status=2)
        assert line == (
            f"not checked: {host.url('r.git')} (git): an 'insteadOf' in "
            f"'{machine.home}/.gitconfig' makes Git use ssh, so it sends no credential"
        )
        done = machine.run(COMMAND, "check", "--json", host.url("r.git"), check=False)
        assert json.loads(done.stdout)[0]["reason"] == "ssh"

    def test_a_host_alone_is_checked_for_packages(self, machine: Machine, host: GitHost) -> None:
        lines = check(machine, host.url(), status=0)
        assert lines[0].startswith(f"accepted: {host.url()}: ")
        assert "makes Git use ssh, so it sends no credential" in lines[1]
