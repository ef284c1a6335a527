"""A netrc line without a port is for Git and uv also for a host on another port, and not for us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.machine import BIN

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")


@pytest.fixture(autouse=True)
def netrc(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    path = machine.home / ".netrc"
    path.write_text("machine localhost login bob password OLD\n")
    path.chmod(0o600)


def tries(machine: Machine) -> str:
    return (
        f"Git tries 'bob' from '{machine.home}/.netrc', line 1 first; if the server refuses it, "
        "Git gets 'alice' from the store"
    )


def test_explain_says_what_git_tries_and_what_it_gets(
    machine: Machine, host: GitHost, alice: str
) -> None:
    done = machine.run(COMMAND, "explain", host.url("r.git"))
    assert done.stdout.decode().splitlines()[-1] == tries(machine)
    machine.git("ls-remote", host.url("r.git"))  # which works


def test_login_warns_of_it(machine: Machine, host: GitHost) -> None:
    host.accounts["alice"] = "good"
    words = ("login", host.url(), "--username", "alice", "--password", "-")
    warned = machine.run(COMMAND, *words, input=b"good\n").stderr.decode()
    assert f"warning: {tries(machine)}; remove that line\n" in warned
    assert "warning: uv will get 'bob' from " in warned
    assert "Git and uv will get" not in warned


def test_without_a_stored_account_git_gets_that_line_only(machine: Machine, host: GitHost) -> None:
    done = machine.run(COMMAND, "explain", host.url("r.git"), check=False)
    last = done.stdout.decode().splitlines()[-1]
    assert last.startswith("Git would get: 'bob' from ")
