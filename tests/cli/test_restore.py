"""`restore` brings back the password that worked last, and never a dead one in front of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from ..support.machine import Machine

ALICE = {"protocol": "https", "host": "git.test", "username": "alice"}


@pytest.fixture
def refused(machine: Machine) -> Machine:
    """A machine on which a server refused the password of uv's file."""
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login("git.test", "alice", "CANARY-dead")
    machine.erase(**ALICE, password="CANARY-dead")
    return machine


@pytest.fixture
def rotated(refused: Machine) -> Machine:
    """The same, after Git stored a newer password."""
    refused.put_over_refused(**ALICE, password="CANARY-new")
    return refused


def restore(machine: Machine, *words: str) -> subprocess.CompletedProcess[bytes]:
    done = machine.run("git-credential-uvx", "restore", "git.test", *words, check=False)
    assert b"CANARY" not in done.stdout + done.stderr
    return done


def test_after_a_rotation_there_is_nothing_to_restore(rotated: Machine) -> None:
    before = rotated.files()
    done = restore(rotated)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "git-credential-uvx: nothing to restore: Git has a newer password for "
        "alice@https://git.test/; 'git-credential-uvx list' shows all\n"
    )
    assert rotated.files() == before
    assert rotated.get(**ALICE)[b"password"] == b"CANARY-new"


def test_for_programs_it_is_listed_as_not_restored(rotated: Machine) -> None:
    done = restore(rotated, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == [
        {"service": "https://git.test/", "username": "alice", "restored": False}
    ]


def test_of_two_refused_passwords_the_newer_one_comes_back(rotated: Machine) -> None:
    rotated.erase(**ALICE, password="CANARY-new")
    done = restore(rotated)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"Restored credentials for alice@https://git.test/\n"
    assert rotated.get(**ALICE)[b"password"] == b"CANARY-new"
    assert rotated.uv_token("git.test", "alice") == "CANARY-dead"


def test_the_password_of_uv_comes_back_if_there_is_no_newer_one(refused: Machine) -> None:
    assert restore(refused).returncode == 0
    assert refused.get(**ALICE)[b"password"] == b"CANARY-dead"


def test_a_password_that_uv_got_since_stays(machine: Machine) -> None:
    machine.put(**ALICE, password="CANARY-dead")
    machine.erase(**ALICE, password="CANARY-dead")
    machine.uv_login("git.test", "alice", "CANARY-new")
    done = restore(machine)
    assert done.returncode == 1
    assert b"nothing to restore: Git has a newer password for alice@" in done.stderr
    assert machine.get(**ALICE)[b"password"] == b"CANARY-new"


def test_an_account_that_comes_back_behind_another_one_is_reported(refused: Machine) -> None:
    refused.put(protocol="https", host="git.test", username="bob", password="CANARY-bob")
    said = restore(refused).stderr.decode()
    assert "Restored credentials for alice@https://git.test/" in said
    assert "has 2 accounts, 'bob' and 'alice': Git gets 'bob'" in said
