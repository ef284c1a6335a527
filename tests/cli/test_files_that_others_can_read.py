"""Commands for people warn if other users can read the store, with a command that ends it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from ..support.machine import BIN

if TYPE_CHECKING:
    from ..support.machine import Machine

# It is stored already, so nothing is written; a file that is written gets the mode 600.
LOGIN = ("login", "git.test", "-u", "alice", "--password", "-")
COMMANDS = {
    "list": ("list",),
    "login": LOGIN,
    "explain": ("explain", "git.test"),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_person_is_warned_once(machine: Machine, words: tuple[str, ...]) -> None:
    machine.uv_login("git.test", "alice", "CANARY")
    machine.store.chmod(0o644)
    done = machine.run(BIN / "git-credential-uvx", *words, input=b"CANARY\n", check=False)
    (line,) = [line for line in done.stderr.decode().splitlines() if "other users" in line]
    command = line.partition("; run: ")[2]
    machine.run(*shlex.split(command))
    done = machine.run(BIN / "git-credential-uvx", *words, input=b"CANARY\n", check=False)
    assert b"other users" not in done.stderr
