"""`explain` and the Python API: each source in its order, the indexes and their policies."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .support.machine import Machine

URL = "https://git.test/team/r.git"
PACKAGES = "https://git.test/simple/p/"
SOURCES = ["url", "environment", "netrc", "store", "keyring", "command"]


@pytest.fixture(autouse=True)
def configured(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")


@pytest.fixture
def project(machine: Machine) -> Path:
    """A project's folder; uv's configuration counts here."""
    del machine.env["UV_NO_CONFIG"]
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / ".config")
    machine.env["XDG_CONFIG_DIRS"] = str(machine.root / "none")
    machine.env["UV_NO_SYSTEM_CONFIG"] = "1"
    folder = machine.root / "project"
    folder.mkdir()
    return folder


def explain(
    machine: Machine, *words: str, cwd: Path | None = None, status: int = 0
) -> dict[str, Any]:
    done = machine.run("git-credential-uvx", "explain", "--json", *words, cwd=cwd, check=False)
    assert done.returncode == status, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def write_index(folder: Path, name: str, url: str, policy: str = "auto") -> None:
    (folder / "pyproject.toml").write_text(
        f'[[tool.uv.index]]\nname = "{name}"\nurl = "{url}"\nauthenticate = "{policy}"\n'
    )


def test_each_source_is_told_with_what_it_had(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "CANARY")
    told = explain(machine, URL)
    assert told["answer"] == {
        "source": "store",
        "username": "alice",
        "scheme": "basic",
        "expires": None,
    }
    assert [step["source"] for step in told["steps"]] == SOURCES[:4]
    assert told["steps"][3]["place"] == "'https://git.test/' in credentials.toml"
    assert told["steps"][2] == {
        "source": "netrc",
        "asked": False,
        "found": False,
        "place": None,
        "reason": "there is no netrc file",
    }


def test_people_read_it_line_by_line_and_see_no_secret(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "CANARY")
    done = machine.run("git-credential-uvx", "explain", URL, "--username", "alice")
    lines = done.stdout.decode().splitlines()
    entry = "from 'https://git.test/' in credentials.toml"
    assert lines == [
        "https://git.test/ (for Git), username 'alice'",
        "  environment  no: UVX_TOKEN_git_test is not set",
        f"  store        yes: 'alice' {entry}",
        f"Git would get: 'alice' {entry}",
    ]
    assert b"CANARY" not in done.stdout + done.stderr


def test_of_two_accounts_the_default_is_named(machine: Machine) -> None:
    for name in ("alice", "bob"):
        machine.put(protocol="https", host="git.test", username=name, password="CANARY")
    told = explain(machine, "--git", "https://git.test/")
    assert told["answer"]["username"] == "alice"
    assert told["steps"][3]["place"].endswith(", the default of 2 accounts")


def test_nothing_found_has_status_1_and_names_every_source(machine: Machine) -> None:
    told = explain(machine, URL, status=1)
    assert told["answer"] is None
    assert [step["source"] for step in told["steps"]] == SOURCES
    assert told["steps"][3]["reason"] == "the store has no entry for this service"


REASONS = {
    "another account": (["--username", "bob"], "its entries are for another username or scheme"),
    "an entry for a path": (
        ["--git"],
        "its entries are for paths, as 'https://path.test/org', and none was asked for",
    ),
    "a refused password": (["--git"], "refused the password of 'alice' earlier"),
    "an expired password": ([], "the password of the entry 'https://expired.test/' has expired"),
}


@pytest.mark.parametrize(("words", "reason"), REASONS.values(), ids=REASONS)
def test_the_store_says_why_it_does_not_answer(
    machine: Machine, words: list[str], reason: str, request: pytest.FixtureRequest
) -> None:
    machine.uv_login("git.test", "alice", "pa")
    machine.uv_login("path.test/org", "alice", "pa")
    machine.uv_login("refused.test", "alice", "pa")
    refused = {"protocol": "https", "host": "refused.test", "username": "alice"}
    machine.erase(**refused, password="pa")
    expired = {"protocol": "https", "host": "expired.test", "username": "alice"}
    machine.put(**expired, password="pa", password_expiry_utc="99999999999")
    text = machine.companion.read_text()
    machine.companion.write_text(text.replace("99999999999", "1000000000"))
    host = {
        "another account": "git.test",
        "an entry for a path": "path.test",
        "a refused password": "refused.test",
        "an expired password": "expired.test",
    }[request.node.callspec.id]
    told = explain(machine, f"https://{host}/", *words, status=1)
    assert reason in told["steps"][3]["reason"]


WRONG = {
    "another scheme": ("ftp://git.test/r", "scheme 'ftp://' is neither https nor http"),
    "ssh": ("git@git.test:r", "the URL is reached by ssh, which needs no password"),
    "two at signs": ("https://a@CANARY@git.test/", "the URL has a second '@'"),
    "a control character": ("https://git.test/\x1b[2K", "the URL has a control character"),
    "a slash in the password": ("https://al:wo/CANARY@git.test/", "write it as %2F"),
    "bytes that are no text": ("https://git.test/\udcff", "not UTF-8"),
    "an encoded line end": ("https://al:CAN%0aARY@git.test/", "line end"),
}


@pytest.mark.parametrize(("url", "fault"), WRONG.values(), ids=WRONG)
def test_a_url_that_names_no_service_is_an_error_in_one_line(
    machine: Machine, url: str, fault: str
) -> None:
    done = machine.run("git-credential-uvx", "explain", url, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"git-credential-uvx: ")
    assert done.stderr.count(b"\n") == 1
    assert fault in done.stderr.decode()
    assert b"CANARY" not in done.stderr
    assert b"\x1b" not in done.stderr


class TestAsUv:
    def test_what_git_was_refused_still_answers(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.erase(protocol="https", host="git.test", username="alice", password="pa")
        assert explain(machine, PACKAGES)["answer"]["username"] == "alice"
        assert explain(machine, "--git", "https://git.test/", status=1)["answer"] is None

    def test_its_own_password_comes_before_gits(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "of-uv")
        machine.put(protocol="https", host="git.test", username="alice", password="of-git")
        assert "in credentials.toml" in explain(machine, PACKAGES)["steps"][-1]["place"]
        told = explain(machine, "--git", "https://git.test/")
        assert "in git-credential-uvx.toml" in told["steps"][-1]["place"]

    def test_two_accounts_are_one_too_many(self, machine: Machine) -> None:
        for name in ("alice", "bob"):
            machine.uv_login("git.test", name, "pa")
        told = explain(machine, PACKAGES, status=1)
        assert told["steps"][3]["reason"] == "uv cannot choose among its 2 accounts for it"
        assert explain(machine, "--git", "https://git.test/")["answer"]["username"] == "bob"

    def test_a_name_for_any_account_is_a_username_like_any(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        assert explain(machine, "https://__token__@git.test/simple/", status=1)["answer"] is None

    def test_an_expired_password_is_none_though_it_could_be_renewed(self, machine: Machine) -> None:
        fields = {"protocol": "https", "host": "git.test", "username": "alice"}
        more = {"password_expiry_utc": "99999999999", "oauth_refresh_token": "r"}
        machine.put(**fields, password="pa", **more)
        text = machine.companion.read_text()
        machine.companion.write_text(text.replace("99999999999", "1000000000"))
        assert explain(machine, URL, status=1)["answer"] is None


def test_a_host_alone_is_a_url_without_its_scheme(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "pa")
    assert explain(machine, "git.test")["answer"]["username"] == "alice"


class TestTheUrlItself:
    def test_its_userinfo_comes_first(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        told = explain(machine, "https://al%40ice:CANARY@git.test/r?token=CANARY#CANARY")
        assert told["answer"]["source"] == "url"
        assert told["answer"]["username"] == "al@ice"
        assert "CANARY" not in json.dumps(told)

    def test_its_username_alone_narrows_what_follows(self, machine: Machine) -> None:
        for name in ("alice", "bob"):
            machine.uv_login("git.test", name, "pa")
        assert explain(machine, "https://alice@git.test/")["answer"]["username"] == "alice"
        assert explain(machine, "https://carol@git.test/", status=1)["answer"] is None


class TestIndexes:
    @pytest.fixture(autouse=True)
    def account(self, machine: Machine) -> None:
        machine.uv_login("pkg.test", "alice", "CANARY")
        machine.env |= {"UV_INDEX_CORP_USERNAME": "ci", "UV_INDEX_CORP_PASSWORD": "CANARY"}

    def test_a_url_below_an_index_gets_its_variables(self, machine: Machine, project: Path) -> None:
        write_index(project, "corp", "https://pkg.test/corp/simple")
        told = explain(machine, "https://pkg.test/corp/files/a.whl", cwd=project)
        assert told["index"] == "corp"
        assert told["answer"]["username"] == "ci"
        assert told["steps"][1]["place"] == "UV_INDEX_CORP_PASSWORD"
        beside = explain(machine, "https://pkg.test/other/a.whl", cwd=project)
        assert (beside["index"], beside["answer"]["username"]) == (None, "alice")

    def test_git_never_gets_them(self, machine: Machine, project: Path) -> None:
        write_index(project, "corp", "https://pkg.test/corp/simple")
        told = explain(machine, "--git", "https://pkg.test/corp/r.git", cwd=project)
        assert (told["index"], told["answer"]["username"]) == (None, "alice")

    def test_with_never_no_source_is_asked(self, machine: Machine, project: Path) -> None:
        write_index(project, "corp", "https://pkg.test/corp/simple", "never")
        told = explain(machine, "https://pkg.test/corp/simple/a", cwd=project, status=1)
        assert told["policy"] == "never"
        assert [step["asked"] for step in told["steps"]] == [False]

    def test_with_never_a_password_in_the_url_is_an_error(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "corp", "https://pkg.test/corp/simple", "never")
        told = explain(machine, "https://a:CANARY@pkg.test/corp/simple", cwd=project, status=2)
        assert told["answer"] is None
        assert "credentials in a URL of index 'corp'" in told["fault"]

    def test_with_always_no_answer_is_an_error_that_says_what_to_run(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "other", "https://other.test/simple", "always")
        told = explain(machine, "https://other.test/simple", cwd=project, status=2)
        assert told["fault"].endswith("run: uv auth login https://other.test/")

    def test_a_checkout_cannot_point_a_name_to_another_host(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "corp", "https://pkg.test/corp/simple")
        explain(machine, "https://pkg.test/corp/simple", cwd=project)
        write_index(project, "corp", "https://evil.test/simple")
        words = ("explain", "https://evil.test/simple")
        done = machine.run("git-credential-uvx", *words, cwd=project, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        for part in (b"https://pkg.test", b"https://evil.test", b"--accept-index corp"):
            assert part in done.stderr
        accepted = explain(
            machine, "https://evil.test/simple", "--accept-index", "corp", cwd=project
        )
        assert accepted["answer"]["username"] == "ci"

    def test_an_index_named_for_another_host_gives_nothing(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "corp", "https://ci:CANARY@pkg.test/simple")
        words = ("explain", "--index", "corp", "https://evil.test/simple")
        done = machine.run("git-credential-uvx", *words, cwd=project, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"'https://evil.test' is not of index 'corp' (https://pkg.test)" in done.stderr
        assert b"CANARY" not in done.stderr

    def test_an_upload_belongs_to_the_index_of_its_publish_url(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "corp", "https://pkg.test/simple")
        with (project / "pyproject.toml").open("a") as file:
            file.write('publish-url = "https://up.test/legacy/"\n')
        told = explain(machine, "--publish", "https://up.test/legacy/", cwd=project)
        assert (told["index"], told["answer"]["username"]) == ("corp", "ci")

    def test_a_checkout_cannot_send_them_elsewhere_by_its_publish_url(
        self, machine: Machine, project: Path
    ) -> None:
        write_index(project, "corp", "https://ci:CANARY@pkg.test/simple")
        explain(machine, "https://pkg.test/simple", cwd=project)
        write_index(project, "corp", "https://pkg.test/simple")
        explain(machine, "https://pkg.test/simple", cwd=project)
        for userinfo in ("", "ci:CANARY@"):
            write_index(project, "corp", f"https://{userinfo}pkg.test/simple")
            with (project / "pyproject.toml").open("a") as file:
                file.write('publish-url = "https://evil.test/legacy/"\n')
            words = ("explain", "--publish", "https://evil.test/legacy/")
            done = machine.run("git-credential-uvx", *words, cwd=project, check=False)
            assert (done.returncode, done.stdout) == (2, b"")
            assert b"index 'corp' was https://pkg.test but is now https://evil.test" in done.stderr

    def test_an_index_that_is_not_there_is_an_error(self, machine: Machine, project: Path) -> None:
        words = ("explain", "--index", "nope", "https://pkg.test/")
        done = machine.run("git-credential-uvx", *words, cwd=project, check=False)
        assert done.returncode == 2
        assert b"there is no index 'nope'" in done.stderr


API = """
import git_credential_uvx as g
found = g.resolve("https://git.test/r.git", username="alice")
print(repr(found), found.secret.reveal().decode() == "CANARY")
print(g.resolve("https://other.test/"))
print(sorted(g.__all__) == g.__all__, all(hasattr(g, name) for name in g.__all__))
try:
    g.resolve("no url")
except g.UvxError as error:
    print(error)
"""


def test_the_python_api_gives_the_same_answer_and_hides_the_secret(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "CANARY")
    done = machine.run(sys.executable, "-c", API)
    assert done.stdout.decode().splitlines() == [
        "Credential(username=b'alice', secret=Secret('****')) True",
        "None",
        "True True",
        "host 'no url' has a blank",
    ]


SETTINGS = {
    "helpers before ours": (
        [("credential.helper", "cache"), ("credential.helper", "uvx")],
        "Git asks the helper 'cache' first",
    ),
    "a shell command before ours": (
        [("credential.helper", "!echo password=CANARY"), ("credential.helper", "uvx")],
        "Git asks the helper 'echo' first",
    ),
    "a header that beats helpers": (
        [("http.https://git.test/.extraheader", "AUTHORIZATION: basic CANARY")],
        "an 'http.extraHeader' in '{home}/.gitconfig' is sent instead",
    ),
    "another URL": (
        [("url.https://x:CANARY@mirror.test/.insteadOf", "https://git.test/")],
        "an 'insteadOf' makes Git use 'https://mirror.test/team/r.git'",
    ),
}


def test_control_characters_of_a_name_reach_no_terminal(machine: Machine) -> None:
    name = "\x1b[31mx\x07"
    machine.put(protocol="https", host="git.test", username=name, password="pa")
    done = machine.run("git-credential-uvx", "explain", URL)
    assert b"\\x1b[31mx\\x07" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"\x07" not in done.stdout + done.stderr


def test_without_a_home_nothing_hangs_and_the_fault_is_told(
    machine: Machine, project: Path
) -> None:
    write_index(project, "corp", "https://pkg.test/simple")
    env = {"HOME": "relative", "UV_INDEX_CORP_PASSWORD": "pa"}
    del machine.env["XDG_CONFIG_HOME"]
    words = ("explain", "https://pkg.test/simple")
    done = machine.run("git-credential-uvx", *words, cwd=project, env=env, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_working_directory_that_is_gone_is_an_error_in_one_line(machine: Machine) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec git-credential-uvx explain "$1"'
    done = machine.run("sh", "-c", script, "sh", PACKAGES, check=False)
    assert done.returncode == 2
    # Some shells complain too, before they run any line of a script.
    assert done.stderr.count(b"git-credential-uvx: ") == 1
    assert done.stderr.count(b"\n") <= 2


class TestWhatGitDoes:
    @pytest.fixture(autouse=True)
    def account(self, machine: Machine) -> None:
        machine.git("config", "--global", "--unset-all", "credential.helper")
        machine.uv_login("git.test", "alice", "CANARY")

    def notes(self, machine: Machine, url: str = URL, cwd: Path | None = None) -> list[str]:
        words = ("git-credential-uvx", "explain", "--json", "--git", url)
        told = json.loads(machine.run(*words, cwd=cwd, check=False).stdout)
        assert "CANARY" not in json.dumps(told)
        notes: list[str] = told["notes"]
        return notes

    def test_a_helper_that_is_not_set_is_noted_with_what_to_run(self, machine: Machine) -> None:
        assert self.notes(machine, "https://git.test/") == [
            "Git is not configured to ask this helper"
        ]
        machine.git("config", "--global", "credential.helper", "uvx")
        assert self.notes(machine, "https://git.test/") == []

    def test_without_use_http_path_the_whole_host_is_asked_for(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.helper", "uvx")
        machine.uv_login("git.test/team", "bob", "CANARY")
        told = explain(machine, "--git", URL)
        assert told["answer"]["username"] == "alice"
        assert told["service"] == "https://git.test/"
        (note,) = told["notes"]
        assert note.startswith("Git sends no repository path")
        machine.git("config", "--global", "credential.https://git.test.useHttpPath", "true")
        assert explain(machine, "--git", URL)["answer"]["username"] == "bob"

    @pytest.mark.parametrize(("settings", "note"), SETTINGS.values(), ids=SETTINGS)
    def test_its_configuration_is_noted(
        self, machine: Machine, settings: list[tuple[str, str]], note: str
    ) -> None:
        for key, value in settings:
            machine.git("config", "--global", "--add", key, value)
        assert note.format(home=machine.home) in self.notes(machine)

    def test_a_reset_ends_the_helpers_before_it(self, machine: Machine) -> None:
        for value in ("cache", "", "uvx"):
            machine.git("config", "--global", "--add", "credential.helper", value)
        assert not [note for note in self.notes(machine) if "first" in note]

    def test_a_helper_of_a_checkout_only_is_noted(self, machine: Machine) -> None:
        machine.git("init", "--quiet", "checkout")
        checkout = machine.root / "checkout"
        machine.git("config", "--local", "credential.helper", "uvx", cwd=checkout)
        only = "only this repository configures the helper, and uv's Git does not see it"
        assert only in self.notes(machine, cwd=checkout)
        machine.env |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": "uvx",
        }
        assert only not in self.notes(machine, cwd=checkout)

    def test_a_bare_repository_counts_as_git_itself_has_it(self, machine: Machine) -> None:
        machine.git("init", "--quiet", "--bare", "bare.git")
        bare = machine.root / "bare.git"
        machine.git("config", "credential.https://git.test.helper", "uvx", cwd=bare)
        only = "only this repository configures the helper, and uv's Git does not see it"
        assert only in self.notes(machine, cwd=bare)
        machine.run("git-credential-uvx", "setup", "--local", "--use-http-path", cwd=bare)
        assert machine.git("config", "credential.useHttpPath", cwd=bare) == "true\n"
        machine.git("config", "--global", "safe.bareRepository", "explicit")
        unset = "Git is not configured to ask this helper"
        assert unset in self.notes(machine, cwd=bare)

    def test_settings_of_the_command_line_count(self, machine: Machine) -> None:
        machine.env["GIT_CONFIG_PARAMETERS"] = "'credential.helper'='uvx'"
        assert self.notes(machine, "https://git.test/") == []

    def test_a_netrc_entry_before_the_store_hides_it(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.helper", "uvx")
        netrc = machine.home / ".netrc"
        netrc.write_text("machine git.test login bob password CANARY\n")
        netrc.chmod(0o600)
        told = explain(machine, "--git", URL)
        assert told["answer"]["source"] == "netrc"
        assert [step["source"] for step in told["hidden"]] == ["store"]


def test_an_expired_password_is_no_answer_although_git_can_renew_it(machine: Machine) -> None:
    expired = {"password_expiry_utc": "99999999999", "oauth_refresh_token": "CANARY"}
    machine.put(protocol="https", host="git.test", username="alice", password="pa", **expired)
    text = machine.companion.read_text()
    machine.companion.write_text(text.replace("99999999999", "1000000000"))
    told = explain(machine, "--git", "https://git.test/", status=1)
    assert told["answer"] is None
    assert "has expired" in told["steps"][3]["reason"]
    code = "from git_credential_uvx import resolve; print(resolve('https://git.test/', use='git'))"
    assert machine.run(sys.executable, "-c", code).stdout == b"None\n"
