"""`list` shows in words what is stored, where, and which account Git uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import entry

if TYPE_CHECKING:
    from ..support.machine import Machine

HOST = {"protocol": "https", "host": "git.test"}


def listed(machine: Machine, *words: str, status: int = 0, columns: int | None = None) -> str:
    env = {} if columns is None else {"COLUMNS": str(columns)}
    done = machine.run("git-credential-uvx", "list", *words, check=False, env=env)
    assert done.returncode == status, done.stderr
    assert b"CANARY" not in done.stdout + done.stderr
    return (done.stdout + done.stderr).decode()


def test_what_a_file_gave_has_a_time_and_empty_columns_are_left_out(machine: Machine) -> None:
    (machine.home / "r.txt").write_text("x @ git+https://alice:CANARY@git.test/r\n")
    machine.run("git-credential-uvx", "sanitize", "--write", "r.txt", cwd=machine.home)
    assert listed(machine).splitlines() == [
        "SERVICE            USERNAME  WHERE      STORED",
        "https://git.test/  alice     uv's file  a moment ago",
    ]


def test_an_unknown_service_is_no(machine: Machine) -> None:
    machine.put(**HOST, username="alice", password="CANARY")
    assert "nothing is stored for https://other.test/" in listed(machine, "other.test", status=1)
    assert listed(machine, "git.test").count("alice") == 1


def test_the_two_rows_of_a_rotated_password_are_told_apart(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "CANARY-old")
    machine.erase(**HOST, username="alice", password="CANARY-old")
    machine.put_over_refused(**HOST, username="alice", password="CANARY-new")
    _, uv, ours = listed(machine).splitlines()
    assert "uv's file" in uv
    assert "refused by the server" in uv
    assert "our file" in ours
    assert "used by Git instead of the password in uv's file" in ours


def test_of_several_accounts_the_one_that_git_uses_is_marked(machine: Machine) -> None:
    for name in ("alice", "bob"):
        machine.put(**HOST, username=name, password="CANARY")
    alice, bob = listed(machine).splitlines()[1:]
    assert alice.endswith("used by Git")
    assert not bob.endswith("used by Git")
    machine.run("git-credential-uvx", "use", "git.test", "--username", "bob")
    rows = json.loads(listed(machine, "--json"))
    assert [(row["default"], row["chosen"]) for row in rows] == [(False, False), (True, True)]
    assert "used by Git, your choice" in listed(machine)


def test_a_narrow_terminal_breaks_no_word(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "CANARY")
    machine.erase(**HOST, username="alice", password="CANARY")
    text = listed(machine, columns=60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.splitlines()[:2] == ["https://git.test/  alice", "  uv's file"]
    words = (
        "refused by the server; Git does not get it; "
        "'git-credential-uvx login git.test --username alice' stores a new password"
    )
    assert set(words.split()) <= set(text.split())


def test_prune_removes_what_is_over(machine: Machine) -> None:
    machine.put(**HOST, username="alice", password="CANARY")
    machine.erase(**HOST, username="alice", password="CANARY")
    machine.put(**HOST, username="bob", password="CANARY", password_expiry_utc="99999999999")
    machine.put(**HOST, username="carol", password="CANARY")
    text = machine.companion.read_text()
    machine.companion.write_text(text.replace("99999999999", "1000000000"))
    said = listed(machine, "--prune")
    assert "Removed alice@https://git.test/" in said
    assert "Removed bob@https://git.test/" in said
    assert [row["username"] for row in json.loads(listed(machine, "--json"))] == ["carol"]
    assert b"CANARY" in machine.files()["credentials.toml"] + machine.companion.read_bytes()


@pytest.mark.parametrize("command", ["list"])
def test_a_file_that_others_can_read_gets_one_warning(machine: Machine, command: str) -> None:
    machine.write_store(entry("https://git.test/", "alice", "CANARY"))
    assert "chmod" not in listed(machine)
    machine.store.chmod(0o644)
    done = machine.run("git-credential-uvx", command)
    assert done.stderr.count(b"\n") == 1
    assert f"run: chmod 600 {machine.store}".encode() in done.stderr
    assert machine.get(**HOST)[b"username"] == b"alice"


URL = "https://git.test/team/r.git"


def test_the_url_of_a_repository_shows_the_entry_of_its_host(machine: Machine) -> None:
    machine.put(**HOST, username="alice", password="CANARY")
    for url in (URL, f"git+{URL}"):
        assert "alice" in listed(machine, url)


def test_pruning_for_the_url_of_a_repository_keeps_what_git_erased_at_its_host(
    machine: Machine,
) -> None:
    for fields in (HOST, {**HOST, "path": "team/r.git"}):
        machine.put(**fields, username="alice", password="CANARY")
        machine.erase(**fields, username="alice", password="CANARY")
    listed(machine, URL, "--prune")
    rows = json.loads(listed(machine, "--json"))
    assert [row["service"] for row in rows] == ["https://git.test/"]
    assert "Restored credentials for alice" in restored(machine, URL)


def restored(machine: Machine, *words: str, status: int = 0) -> str:
    done = machine.run("git-credential-uvx", "restore", *words, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr.decode()


@pytest.mark.parametrize("start", ["", "git+"])
def test_restore_of_a_clone_url_brings_back_what_git_erased_at_the_host(
    machine: Machine, start: str
) -> None:
    machine.put(**HOST, username="alice", password="CANARY")
    machine.erase(**HOST, username="alice", password="CANARY")
    assert "Restored credentials for alice@https://git.test/" in restored(machine, start + URL)
    assert machine.get(**HOST)[b"password"] == b"CANARY"


def test_restore_of_a_clone_url_leaves_other_repositories(machine: Machine) -> None:
    machine.git("config", "--global", "credential.useHttpPath", "true")
    other = HOST | {"path": "other.git", "username": "alice", "password": "CANARY"}
    machine.put(**other)
    machine.erase(**other)
    assert "nothing to restore" in restored(machine, URL, status=1)
    machine.git("config", "--global", "--unset", "credential.useHttpPath")
    assert "nothing to restore" in restored(machine, URL, status=1)
