"""Advice of `login`, `setup` and a trace that can be followed as it is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    from ..support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")


def run(machine: Machine, *words: str, status: int = 0, given: bytes = b"x\n") -> str:
    done = machine.run(COMMAND, *words, input=given, check=False)
    assert done.returncode == status, done
    return done.stderr.decode()


@cases(
    "service, username",
    {
        "a host that expects any username": ("git.test", "NAME"),
        "a host with a username of its own": ("github.com", "x-access-token"),
        "an index": ("git.test/team/simple/", "__token__"),
    },
)
def test_the_command_for_a_token_works_where_a_username_is_empty(
    machine: Machine, service: str, username: str
) -> None:
    url = f"https://{service}"
    shown = run(machine, "login", url, "--username", "", "--password", "-", status=2)
    words = shown.partition("use 'git-credential-uvx ")[2].partition("'")[0].split()
    run(machine, *words)
    (row,) = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    assert row["username"] == username


def test_setup_names_no_package_that_cannot_be_installed_yet(machine: Machine) -> None:
    machine.env["PATH"] = "/usr/bin:/bin"
    shown = run(machine, "setup")
    assert f"add '{BIN}' to PATH, or run 'uv tool install .' in a checkout" in shown


def test_a_second_account_says_that_git_gets_none(machine: Machine) -> None:
    for name in ("alice", "bob"):
        shown = run(machine, "login", "git.test", "--username", name, "--password", "-")
    assert "2 accounts, 'bob' and 'alice': Git gets none, uv gets none" in shown


@pytest.mark.parametrize("exists", [False, True])
def test_a_trace_has_only_files_that_exist(machine: Machine, exists: bool) -> None:
    del machine.env["UV_NO_CONFIG"]
    file = machine.root / "uv.toml"
    if exists:
        file.write_text("")
    done = machine.run(COMMAND, "explain", "-v", "git.test", cwd=machine.root, check=False)
    assert (f"reading '{file}'" in done.stderr.decode()) is exists
