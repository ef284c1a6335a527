"""`explain`, `token`, `resolve` and Git give one answer, or say where they differ."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from tests.support.machine import Machine

HOST = "git.test"
ALICE = {"protocol": "https", "host": HOST, "username": "alice"}


@pytest.fixture(autouse=True)
def configured(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")


def run(machine: Machine, *words: str) -> subprocess.CompletedProcess[bytes]:
    return machine.run("git-credential-uvx", *words, check=False)


def token(machine: Machine, *words: str) -> str:
    done = run(machine, "token", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().rstrip("\n")


def last_line(machine: Machine, *words: str, status: int = 0) -> str:
    done = run(machine, "explain", *words)
    assert done.returncode == status, done.stdout
    return done.stdout.decode().splitlines()[-1]


def resolved(machine: Machine, url: str) -> str:
    code = (
        "import sys, git_credential_uvx as g; c = g.resolve(sys.argv[1]); "
        "print(c and c.secret.reveal().decode())"
    )
    return machine.run(sys.executable, "-c", code, url).stdout.decode().rstrip("\n")


def filled(machine: Machine) -> str:
    done = machine.run("git", "credential", "fill", input=f"url=https://{HOST}\n\n".encode())
    lines = done.stdout.decode().splitlines()
    return next(line for line in lines if line.startswith("password=")).removeprefix("password=")


class TestTwoAccounts:
    @pytest.fixture(autouse=True)
    def accounts(self, machine: Machine) -> None:
        machine.uv_login(HOST, "alice", "of-alice")
        machine.uv_login(HOST, "bob", "of-bob")

    def test_explain_names_them_and_what_each_program_gets(self, machine: Machine) -> None:
        git, uv = last_line(machine, HOST).split(" · ")
        assert git.startswith(f"Git would get: 'bob' from 'https://{HOST}/' in ")
        assert (
            uv == "uv would get: nothing, because it has 2 accounts and no username to choose one"
        )
        assert "  accounts     'bob', 'alice'; " in run(machine, "explain", HOST).stdout.decode()
        assert filled(machine) == "of-bob"

    def test_token_of_the_host_names_them(self, machine: Machine) -> None:
        done = run(machine, "token", HOST)
        assert (done.returncode, done.stdout) == (2, b"")
        assert (
            f"'bob', 'alice'; use 'git-credential-uvx token {HOST} --username NAME'".encode()
            in done.stderr
        )
        assert resolved(machine, HOST) == "None"

    @pytest.mark.parametrize("url", [f"https://{HOST}/r.git", f"git+https://{HOST}/r@main"])
    def test_the_url_of_a_repository_gets_what_git_gets(self, machine: Machine, url: str) -> None:
        assert token(machine, url) == resolved(machine, url) == filled(machine) == "of-bob"
        assert last_line(machine, url).startswith("Git would get: 'bob' from ")

    def test_a_username_of_gits_configuration_counts(self, machine: Machine) -> None:
        machine.git("config", "--global", f"credential.https://{HOST}.username", "alice")
        url = f"https://{HOST}/r.git"
        assert token(machine, url) == resolved(machine, url) == filled(machine) == "of-alice"
        assert last_line(machine, url).startswith("Git would get: 'alice' from ")

    def test_the_secret_of_another_host_is_for_git_only(self, machine: Machine) -> None:
        machine.uv_login("mirror.test", "carol", "of-carol")
        machine.git("config", "--global", "url.https://mirror.test/.insteadOf", f"https://{HOST}/")
        for url in (f"https://{HOST}/r.git", f"git+https://{HOST}/r"):
            assert last_line(machine, url).startswith("Git would get: 'carol' from ")
            done = run(machine, "token", url)
            assert (done.returncode, done.stdout) == (1, b"")
            assert b"run 'git-credential-uvx token https://mirror.test/'" in done.stderr
            assert resolved(machine, url) == "None"

    @pytest.mark.parametrize("start", [f"git@{HOST}:", "gh:"])
    def test_an_instead_of_makes_an_url_of_ssh_one_of_https(
        self, machine: Machine, start: str
    ) -> None:
        url = f"{start}team/r.git"
        assert run(machine, "explain", url).returncode == 2
        machine.git("config", "--global", f"url.https://alice@{HOST}/.insteadOf", start)
        assert token(machine, url) == resolved(machine, url) == "of-alice"
        assert last_line(machine, url).startswith("Git would get: 'alice' from ")


class TestARefusedSecret:
    @pytest.fixture(autouse=True)
    def refused(self, machine: Machine) -> None:
        machine.uv_login(HOST, "alice", "old")
        machine.erase(**ALICE, password="old")

    def test_token_does_not_print_it_without_a_warning(self, machine: Machine) -> None:
        done = run(machine, "token", HOST)
        assert (done.returncode, done.stdout) == (0, b"old\n")
        assert done.stderr.decode().splitlines() == [
            "warning: a server refused this secret to Git",
            f"next: git-credential-uvx login {HOST} --username alice",
        ]
        assert last_line(machine, HOST).endswith("credentials.toml, which a server refused to Git")

    @pytest.mark.parametrize(("host", "name"), [("other.test", "alice"), (HOST, "bob")])
    def test_the_same_secret_elsewhere_was_not_refused(
        self, machine: Machine, host: str, name: str
    ) -> None:
        variable = host.replace(".", "_")
        machine.env |= {f"UVX_TOKEN_{variable}": "old", f"UVX_USERNAME_{variable}": name}
        line = last_line(machine, "--git", host)
        assert line.startswith(f"Git would get: '{name}' from UVX_TOKEN_{variable}")
        assert "refused" not in line

    @pytest.mark.parametrize("words", [(HOST,), (HOST, "--username", "alice")])
    def test_token_of_a_host_prefers_the_newer_one(
        self, machine: Machine, words: tuple[str, ...]
    ) -> None:
        machine.put_over_refused(**ALICE, password="new")
        done = run(machine, "token", *words)
        assert (done.returncode, done.stdout) == (0, b"new\n")
        assert b"uv has another one, which a server refused to Git" in done.stderr
        assert filled(machine) == resolved(machine, HOST) == "new"

    def test_packages_still_get_what_uv_has(self, machine: Machine) -> None:
        machine.put_over_refused(**ALICE, password="new")
        done = run(machine, "token", f"https://{HOST}/simple/")
        assert done.stdout == b"old\n"
        assert b"a server refused this secret to Git" in done.stderr
        assert machine.uv_token(HOST, "alice") == "old"


def test_git_that_does_not_ask_gets_nothing_and_the_next_step_is_named(machine: Machine) -> None:
    machine.uv_login(HOST, "alice", "pa")
    machine.git("config", "--global", "--unset", "credential.helper")
    done = run(machine, "explain", "--git", HOST)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[-1] == (
        "Git would get: nothing, because Git is not configured to ask this helper"
    )
    assert done.stderr == b"next: git-credential-uvx setup\n"


def test_a_store_that_cannot_be_read_is_reported_once(machine: Machine) -> None:
    machine.write_store('[[credential]]\nservice = "no url"\n')
    done = run(machine, "explain", HOST)
    assert done.returncode == 2
    assert (done.stdout + done.stderr).count(b"cannot read '") == 1
    assert b"repair line 1 or move the file away" in done.stderr


def test_sources_that_are_not_there_are_shown_with_verbose_only(machine: Machine) -> None:
    def shown(*words: str) -> list[str]:
        lines = run(machine, "explain", HOST, *words).stdout.decode().splitlines()
        return [line.split()[0] for line in lines[1:-1]]

    assert shown() == ["environment", "store"]
    assert {"netrc", "keyring", "command"} < set(shown("-v"))


def test_programs_get_both_answers(machine: Machine) -> None:
    machine.uv_login(HOST, "alice", "pa")
    found = json.loads(run(machine, "explain", "--json", HOST).stdout)
    assert found["kind"] == "service"
    assert found["git"]["answer"] == found["uv"]["answer"] == found["answer"]
    assert found["git"]["asked"] is True
    assert found["accounts"] == ["alice"]


def test_an_index_of_uv_is_not_for_git(machine: Machine) -> None:
    machine.uv_login(HOST, "alice", "pa")
    machine.env["UV_DEFAULT_INDEX"] = f"corp=https://{HOST}/simple"
    assert last_line(machine, f"https://{HOST}/simple/x/").startswith("uv would get: 'alice' from ")


@pytest.mark.parametrize("line", ['preview-features = ["native-auth"]', "preview = true"])
def test_a_file_can_make_uv_use_the_store_of_the_system(machine: Machine, line: str) -> None:
    del machine.env["UV_NO_CONFIG"]
    machine.uv_login(HOST, "alice", "of-alice")
    file = machine.home / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(line + "\n")
    git, uv = last_line(machine, HOST).split(" · ")
    assert git.startswith("Git would get: 'alice' from ")
    assert uv.startswith("uv would get: nothing, because uv's preview 'native-auth' is on")
