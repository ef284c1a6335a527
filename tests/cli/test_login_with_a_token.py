"""`login --token` stores a token under the username that its server wants, or asks for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.terminal import play

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
PRIVATE = "https://git.test/"


def login(machine: Machine, *words: str, status: int = 0) -> str:
    """Log in with a token on standard input; what standard error has."""
    done = machine.run(COMMAND, "login", *words, input=b"a-token\n", check=False)
    assert done.returncode == status, done
    assert b"a-token" not in done.stderr
    return done.stderr.decode()


def usernames(machine: Machine) -> list[str]:
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    return [row["username"] for row in rows]


@cases(
    "words",
    {
        "an option": (PRIVATE, "--username", "oauth2", "--token", "-"),
        "the short option": ("git.test", "-u", "oauth2", "-t", "-"),
        "the URL": ("https://oauth2@git.test/", "--token", "-"),
    },
)
def test_a_username_that_is_given(machine: Machine, words: tuple[str, ...]) -> None:
    assert "Stored credentials for oauth2@https://git.test/" in login(machine, *words)
    assert usernames(machine) == ["oauth2"]


def test_git_uses_the_token(machine: Machine, host: GitHost) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    host.accounts["oauth2"] = "a-token"
    login(machine, host.url("r.git"), "-u", "oauth2", "--token", "-", "--verify")
    machine.git("ls-remote", host.url("r.git"))


@pytest.mark.parametrize("url", ["git.test", "https://git.test/team/r.git", "git.test/team"])
def test_an_unknown_host_needs_a_username(machine: Machine, url: str) -> None:
    shown = login(machine, url, "--token", "-", status=2)
    assert " --username NAME --token -'" in shown
    assert shown.count("\n") == 1
    assert machine.files() == {}


def test_a_terminal_asks_for_the_username_of_an_unknown_host(machine: Machine) -> None:
    words = (COMMAND, "login", "--no-verify", "git.test", "--token", "-")
    done = play(machine, words, (b"username: ", b"oauth2\r"), (b"token: ", b"a-token\r"))
    assert done.status == 0
    assert usernames(machine) == ["oauth2"]


@cases(
    "url, username",
    {
        "GitHub": ("github.com", "x-access-token"),
        "GitLab": ("gitlab.com", "oauth2"),
        "PyPI": ("https://upload.pypi.org/legacy/", "__token__"),
        "an index": ("https://pkg.test/team/simple/", "__token__"),
        "an index of devpi": ("https://pkg.test/root/dev/+simple/", "__token__"),
    },
)
def test_a_token_alone_where_the_username_is_known(
    machine: Machine, url: str, username: str
) -> None:
    assert f"under the username '{username}'" in login(machine, url, "--token", "-")
    assert usernames(machine) == [username]


def test_a_token_and_a_password_are_too_many(machine: Machine) -> None:
    words = ("--token", "-", "--password", "-", "-u", "alice")
    assert "cannot be used together" in login(machine, PRIVATE, *words, status=2)
    both = login(machine, "https://al:pw@git.test/", "--token", "-", status=2)
    assert "give only one" in both
