"""A token in the place of the username, as in `https://TOKEN:x-oauth-basic@github.com/`.

No command but `token` and `export` may print it: their output goes to logs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.terminal import play

if TYPE_CHECKING:
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
HOST = "git.test"
TOKENS = {
    "with the beginning of an issuer": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "of 40 digits": "0123456789abcdef0123456789abcdef01234567",
}


@pytest.fixture(params=[*TOKENS.values()], ids=[*TOKENS])
def token(request: pytest.FixtureRequest, machine: Machine) -> str:
    """A token that Git stored as a username, next to another account."""
    found = str(request.param)
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "pa")
    approve(machine, found)
    return found


def approve(machine: Machine, name: str) -> None:
    fields = ("protocol=https", f"host={HOST}", f"username={name}", "password=x-oauth-basic")
    machine.run("git", "credential", "approve", input="\n".join((*fields, "", "")).encode())


@cases(
    "words",
    {
        "list": ("list",),
        "list as JSON": ("list", "--json"),
        "list of a host": ("list", HOST),
        "explain": ("explain", HOST),
        "explain for Git": ("explain", "--git", f"https://{HOST}/r.git"),
        "explain as JSON": ("explain", HOST, "--json"),
        "the accounts of a host": ("use", HOST),
        "the accounts of a host as JSON": ("use", HOST, "--json"),
        "a choice": ("use", HOST, "--username", "alice"),
        "another login": ("login", HOST, "--username", "bob", "--password", "-"),
        "a logout without a name": ("logout", HOST),
        "a logout of all": ("logout", HOST, "--all"),
        "a logout of all as JSON": ("logout", HOST, "--all", "--json"),
        "doctor": ("doctor",),
        "doctor as JSON": ("doctor", "--json"),
        "a restore": ("restore", HOST),
        "the secret of several": ("token", HOST),
        "a check": ("check", HOST),
        "a trace": ("explain", HOST, "--verbose"),
    },
)
def test_it_is_not_printed(machine: Machine, token: str, words: tuple[str, ...]) -> None:
    done = machine.run(COMMAND, *words, input=b"pa\n", check=False)
    assert token.encode() not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


@cases(
    "words",
    {
        "list": ("list",),
        "list as JSON": ("list", "--json"),
        "restore": ("restore", HOST),
        "get": ("get",),
        "explain": ("explain", HOST),
        "check": ("check", HOST),
        "doctor": ("doctor",),
    },
)
def test_it_is_not_printed_after_git_erased_it(
    machine: Machine, token: str, words: tuple[str, ...]
) -> None:
    fields = ("protocol=https", f"host={HOST}", f"username={token}")
    machine.run("git", "credential", "reject", input="\n".join((*fields, "", "")).encode())
    machine.run(COMMAND, "logout", HOST, "--username", "alice")
    given = f"protocol=https\nhost={HOST}\n\n".encode()
    done = machine.run(COMMAND, *words, input=given, check=False)
    assert token.encode() not in done.stdout + done.stderr


def test_it_is_a_mask_in_the_table_and_for_programs(machine: Machine, token: str) -> None:
    assert "****" in machine.run(COMMAND, "list").stdout.decode()
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    assert {row["username"] for row in rows} == {"****", "alice"}


def test_it_is_not_in_the_overview(machine: Machine, token: str) -> None:
    shown = play(machine, (COMMAND,)).shown.decode()
    assert "alice" in shown
    assert token not in shown


def test_it_is_not_completed(machine: Machine, token: str) -> None:
    for line in ("logout git", f"logout {HOST} --username "):
        environ = {
            "_GIT_CREDENTIAL_UVX_COMPLETE": "bash_complete",
            "COMP_WORDS": f"git-credential-uvx {line}",
            "COMP_CWORD": str(len(line.split(" "))),
        }
        done = machine.run(COMMAND, env=environ, check=False)
        assert token.encode() not in done.stdout
        assert b"****" not in done.stdout
