"""Two choices of an account for one service, as a merged or hand-written file has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ..support.common import cases, entry
from ..support.machine import request

if TYPE_CHECKING:
    from ..support.machine import Machine

NAME = "git-credential-uvx"
URL = "https://git.test/"
CHOICES = {
    "the last one counts": (("alice", "bob"), "bob"),
    "in any order": (("bob", "alice"), "alice"),
    "one of three": (("alice", "bob", "alice"), "alice"),
    "twice the same": (("alice", "alice"), "alice"),
    "the last account is not there": (("alice", "carol"), "alice"),
    "no account is there": (("dave", "carol"), None),
}


def choice(name: str) -> str:
    return f'[[credential]]\nservice = "{URL}"\nusername = "{name}"\nuse = true\n\n'


@pytest.fixture
def two(machine: Machine) -> Machine:
    """A machine with two accounts of a host, which Git asks about."""
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.write_store(entry(URL, "alice", "pw-alice") + entry(URL, "bob", "pw-bob"))
    return machine


def write(machine: Machine, names: tuple[str, ...]) -> None:
    machine.companion.write_text("".join(map(choice, names)))
    machine.companion.chmod(0o600)


def as_json(machine: Machine, *words: str) -> Any:
    return json.loads(machine.run(NAME, *words, "--json", check=False).stdout)


@cases("names, wanted", CHOICES)
def test_every_command_names_the_same_account(
    two: Machine, names: tuple[str, ...], wanted: str | None
) -> None:
    write(two, names)
    asked = request(protocol="https", host="git.test")
    answered = two.run(NAME, "get", input=asked)
    assert answered.stderr == b""
    name = answered.stdout.decode().partition("username=")[2].partition("\n")[0]
    assert name == (wanted or name)
    rows = as_json(two, "list")
    assert [row["username"] for row in rows if row["default"]] == [name]
    chosen = [] if wanted is None else [wanted]
    assert [row["username"] for row in rows if row["chosen"]] == chosen
    assert as_json(two, "explain", f"{URL}r.git")["git"]["answer"]["username"] == name
    if wanted is not None:
        assert two.run(NAME, "token", "git.test").stdout.decode() == f"pw-{wanted}\n"
    shown = two.run(NAME, "use", "git.test", check=False).stdout.decode()
    assert shown.count("(chosen)") == len(chosen)


def test_a_change_leaves_one_choice(two: Machine) -> None:
    write(two, ("alice", "bob", "alice", "bob"))
    two.run(NAME, "use", "git.test", "--username", "alice")
    assert two.companion.read_text().count("use = true") == 1
    write(two, ("alice", "bob"))
    two.run(NAME, "logout", "git.test", "--username", "bob")
    assert b"use = true" not in two.files().get(two.companion.name, b"")
    rows = as_json(two, "list")
    assert [row["chosen"] for row in rows] == [False]
