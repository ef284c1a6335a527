"""`logout --all` without SERVICE removes all that is stored, after a person or `--yes` agreed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.terminal import at_terminal, play

if TYPE_CHECKING:
    from ..support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
QUESTION = b"Remove all 3 accounts from the store, for Git and uv? [y/N] "


@pytest.fixture
def three(machine: Machine) -> Machine:
    """A machine with an account from uv, one with a path, and one that Git stored."""
    machine.uv_login("git.test", "alice", "CANARY-a")
    machine.uv_login("other.test/team", "bob", "CANARY-b")
    machine.put(protocol="https", host="third.test", username="carol", password="CANARY-c")
    return machine


def logout(machine: Machine, *words: str, status: int = 0) -> str:
    done = machine.run(COMMAND, "logout", *words, check=False)
    assert done.returncode == status, done
    assert b"CANARY" not in done.stdout + done.stderr
    return done.stderr.decode()


def accounts(machine: Machine) -> list[str]:
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    return [row["username"] for row in rows]


def test_yes_removes_every_account_and_names_each(three: Machine) -> None:
    shown = logout(three, "--all", "--yes")
    assert "Removed credentials for alice@https://git.test/\n" in shown
    assert "Removed credentials for bob@https://other.test/team\n" in shown
    assert "Removed credentials for carol@https://third.test/\n" in shown
    assert accounts(three) == []
    assert three.uv_token("git.test") is None
    assert not any(b"CANARY" in data for data in three.files().values())


def test_what_git_erased_goes_too(three: Machine) -> None:
    fields = {"protocol": "https", "host": "third.test", "username": "carol"}
    three.erase(**fields, password="CANARY-c")
    logout(three, "--all", "--yes")
    assert not any(b"CANARY" in data for data in three.files().values())


def test_without_a_terminal_it_needs_yes(three: Machine) -> None:
    before = three.files()
    assert "use 'git-credential-uvx logout --all --yes'" in logout(three, "--all", status=2)
    assert three.files() == before


@cases(
    "answer, status, left",
    {
        "yes": (b"y\r", 0, []),
        "no": (b"n\r", 1, ["alice", "bob", "carol"]),
        "Return": (b"\r", 1, ["alice", "bob", "carol"]),
    },
)
def test_a_person_is_asked(three: Machine, answer: bytes, status: int, left: list[str]) -> None:
    with at_terminal(three, COMMAND, "logout", "--all") as terminal:
        terminal.wait_for(QUESTION)
        terminal.child.send(answer)
        terminal.end()
    assert terminal.status == status, terminal.shown
    assert (b"nothing was removed" in terminal.shown) is bool(left)
    assert accounts(three) == left


def test_yes_at_a_terminal_asks_nothing(three: Machine) -> None:
    shown = play(three, (COMMAND, "logout", "--all", "--yes")).shown
    assert b"[y/N]" not in shown
    assert accounts(three) == []


def test_an_empty_store_is_no(machine: Machine) -> None:
    assert "nothing is stored" in logout(machine, "--all", "--yes", status=1)
    assert machine.files() == {}


@cases(
    "words",
    {
        "no service": (),
        "yes without a service": ("--yes",),
        "a username": ("--all", "--yes", "-u", "alice"),
        "a path": ("--all", "--yes", "--path", "team"),
    },
)
def test_anything_narrower_needs_a_service(three: Machine, words: tuple[str, ...]) -> None:
    before = three.files()
    assert "SERVICE" in logout(three, *words, status=2)
    assert three.files() == before


def test_json_has_what_was_removed(three: Machine) -> None:
    done = three.run(COMMAND, "logout", "--all", "--yes", "--json")
    assert sorted(row["username"] for row in json.loads(done.stdout)) == ["alice", "bob", "carol"]
