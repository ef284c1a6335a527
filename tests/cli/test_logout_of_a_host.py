"""`logout HOST --all` leaves nothing of the host, also no account of one of its paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    from ..support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
SERVICES = ("git.test", "git.test/team", "git.test/team/sub", "git.test:8443", "sub.git.test/team")


@pytest.fixture
def five(machine: Machine) -> Machine:
    """A machine with an account of a host, two of its paths, another port and another host."""
    for service in SERVICES:
        machine.uv_login(f"https://{service}", "alice", "CANARY")
    return machine


def logout(machine: Machine, *words: str, status: int = 0) -> str:
    done = machine.run(COMMAND, "logout", *words, check=False)
    assert done.returncode == status, done
    return done.stderr.decode()


def left(machine: Machine) -> list[str]:
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    return sorted(row["service"].removeprefix("https://").rstrip("/") for row in rows)


@cases(
    "words, stays",
    {
        "a host": (("git.test", "--all"), SERVICES[3:]),
        "a path": (("git.test/team", "--all"), ("git.test", *SERVICES[3:])),
        "the path of a host": (
            ("git.test", "--path", "team", "--all"),
            ("git.test", *SERVICES[3:]),
        ),
        "a host without the option": (("git.test",), SERVICES[1:]),
    },
)
def test_it_removes_what_is_below_and_nothing_else(
    five: Machine, words: tuple[str, ...], stays: tuple[str, ...]
) -> None:
    shown = logout(five, *words)
    assert left(five) == sorted(stays)
    gone = [f"https://{one}" for one in SERVICES if one not in stays]
    assert all(f"Removed credentials for alice@{url}" in shown for url in gone)


def test_what_git_erased_below_it_goes_too(machine: Machine) -> None:
    fields = {"protocol": "https", "host": "git.test", "path": "team/r.git", "username": "carol"}
    machine.put(**fields, password="CANARY")
    machine.erase(**fields, password="CANARY")
    logout(machine, "git.test", "--all")
    assert not any(b"CANARY" in data for data in machine.files().values())


def test_a_host_with_nothing_but_paths(machine: Machine) -> None:
    machine.uv_login("git.test/team", "alice", "CANARY")
    assert "no stored credentials" in logout(machine, "git.test", status=1)
    logout(machine, "git.test", "--all")
    assert left(machine) == []
