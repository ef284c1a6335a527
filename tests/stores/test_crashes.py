"""Killed at any step of a change, the files are the old ones or the new ones, for uv too."""

from __future__ import annotations

import tomllib

import pytest

from ..support.common import cases_one_fast
from ..support.crashes import keep, killed_at, reset
from ..support.machine import Machine, request
from ..support.needs import with_mounts

HOST = {"protocol": "https", "host": "git.test"}
MORE = {"password_expiry_utc": "99999999999", "oauth_refresh_token": "r"}


def account(username: str, password: str, **more: str) -> bytes:
    return request(**HOST, username=username, password=password, **more)


CHANGES: dict[str, tuple[list[bytes], str, bytes]] = {
    "the first store": ([], "store", account("alice", "new", **MORE)),
    "a store beside another account": (
        [account("bob", "pb")],
        "store",
        account("alice", "new"),
    ),
    "a store of a new password": (
        [account("alice", "old")],
        "store",
        account("alice", "new", **MORE),
    ),
    "an erase": ([account("bob", "pb"), account("alice", "old")], "erase", account("alice", "old")),
    "an erase of the last one": ([account("alice", "old")], "erase", account("alice", "old")),
}


def state(machine: Machine) -> tuple[bytes, bytes]:
    """What Git is told about both accounts."""
    return tuple(  # type: ignore[return-value]
        machine.helper("get", request(**HOST, username=name)).stdout for name in ("alice", "bob")
    )


def test_killed_while_a_credential_moves_to_uvs_file(machine: Machine) -> None:
    machine.uv_login("git.test", "bob", "pb")
    machine.helper("store", account("alice", "old"))
    machine.run("uv", "auth", "logout", "git.test", "--username", "bob")
    prepare = keep(machine)
    answers = [f"username=alice\npassword={word}\n".encode() for word in ("old", "new")]
    step, killed = 0, True
    while killed:
        step += 1
        prepare()
        killed = killed_at(machine, step, "store", account("alice", "new"))
        assert machine.helper("get", request(**HOST)).stdout in answers, f"step {step}"
        uv_reads(machine)
    assert machine.helper("get", request(**HOST)).stdout == answers[1]
    assert machine.uv_token("git.test", "alice") == "new"
    assert b'"old"' not in b"".join(machine.files().values())
    assert step > 15


@cases_one_fast("earlier, operation, data", CHANGES)
def test_killed_at_any_step(
    machine: Machine, earlier: list[bytes], operation: str, data: bytes
) -> None:
    reset(machine, earlier)
    prepare = keep(machine)
    old, old_files = state(machine), machine.files()
    machine.helper(operation, data)
    new, new_files = state(machine), machine.files()
    step = 1
    while True:
        prepare()
        killed = killed_at(machine, step, operation, data)
        assert state(machine) in (old, new), f"step {step}"
        for name, content in machine.files().items():
            # The companion is written before and after; in between both of its states are in it.
            if name == "credentials.toml":
                texts = [files[name] for files in (old_files, new_files) if name in files]
                assert content in texts, f"step {step}"
        uv_reads(machine)
        if not killed:
            break
        machine.helper(operation, data)
        assert state(machine) == new, f"step {step}"
        machine.put(protocol="https", host="other.test", username="any", password="change")
        assert not [name for name in machine.files() if name.startswith(".")], f"step {step}"
        step += 1
    assert step > 6, "the operation was not killed at all of its steps"


PEOPLE: dict[str, tuple[list[tuple[str, bytes]], str, bytes]] = {
    "a login over what Git stored": (
        [("store", account("alice", "old", **MORE))],
        "login -q git.test -u alice --password -",
        b"new",
    ),
    "a login over what Git typed beside uv": (
        [("login -q git.test -u alice --password -", b"uv"), ("store", account("alice", "old"))],
        "login -q git.test -u alice --password - --expires 4102444800",
        b"new",
    ),
    "a login beside another account of Git's": (
        [("store", account("bob", "pb"))],
        "login -q git.test -u alice --password -",
        b"new",
    ),
    "a logout": (
        [("store", account("alice", "old")), ("store", account("bob", "pb"))],
        "logout -q git.test -u alice",
        b"",
    ),
    "bringing back what Git erased": (
        [("store", account("alice", "old")), ("erase", account("alice", "old"))],
        "restore -q git.test",
        b"",
    ),
    "bringing back what was hidden": (
        [("login -q git.test -u alice --password -", b"old"), ("erase", account("alice", "old"))],
        "restore -q git.test",
        b"",
    ),
}


@cases_one_fast("earlier, words, data", PEOPLE)
def test_a_persons_change_killed_at_any_step(
    machine: Machine, earlier: list[tuple[str, bytes]], words: str, data: bytes
) -> None:
    for command, given in earlier:
        machine.run("git-credential-uvx", *command.split(), input=given)
    prepare = keep(machine)
    old = state(machine)
    machine.run("git-credential-uvx", *words.split(), input=data)
    new = state(machine)
    assert new != old
    step, killed = 0, True
    while killed:
        step += 1
        prepare()
        killed = killed_at(machine, step, words, data)
        uv_reads(machine)
        if killed:
            assert state(machine) in (old, new), f"step {step}"
            done = machine.run("git-credential-uvx", *words.split(), input=data, check=False)
            assert done.returncode in (0, 1)
        assert state(machine) == new, f"step {step}"
    assert step > 5


def uv_reads(machine: Machine) -> None:
    if machine.store.exists():
        for entry in tomllib.loads(machine.store.read_text()).get("credential", []):
            answer = machine.uv_token(entry["service"], entry["username"])
            assert answer == entry["password"]


@pytest.fixture(params=["directly", pytest.param("behind a symlink", marks=pytest.mark.slow)])
def mounted(machine: Machine, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """A prefix for commands that see the store bind-mounted, as a container would."""
    machine.write_store("")
    inside = machine.store
    if request.param == "behind a symlink":
        inside = machine.home / "dotfiles" / "uv.toml"
        inside.parent.mkdir()
        inside.touch()
        machine.store.unlink()
        machine.store.symlink_to(inside)
    outside = machine.root / "outside.toml"
    outside.write_bytes(b"")
    return with_mounts(f'mount --bind "{outside}" "{inside}"')


def test_a_mounted_file_is_written_in_place(machine: Machine, mounted: tuple[str, ...]) -> None:
    outside = machine.root / "outside.toml"
    inode = outside.stat().st_ino
    for data in (account("alice", "long password"), account("alice", "short")):
        machine.run(*mounted, "git-credential-uvx", "store", input=data)
    assert outside.stat().st_ino == inode
    assert tomllib.loads(outside.read_text())["credential"][0]["password"] == "short"
    assert sorted(machine.files()) == ["credentials.toml", "git-credential-uvx.toml"]


@cases_one_fast("password", {"longer": "longer than old", "shorter": "x"})
def test_a_mounted_file_killed_at_any_step(
    machine: Machine, mounted: tuple[str, ...], password: str
) -> None:
    outside = machine.root / "outside.toml"

    def ask() -> bytes:
        asked = request(**HOST, username="alice")
        return machine.run(*mounted, "git-credential-uvx", "get", input=asked).stdout

    answers = [f"username=alice\npassword={word}\n".encode() for word in ("old", password)]
    machine.run(*mounted, "git-credential-uvx", "store", input=account("alice", "old"))
    companion, stored = machine.companion.read_bytes(), outside.read_bytes()
    step = 1
    while True:
        for path in (*machine.folder.iterdir(), *machine.home.glob("dotfiles/.*")):
            if path not in (machine.store, machine.companion):
                path.unlink()
        machine.companion.write_bytes(companion)
        outside.write_bytes(stored)
        killed = killed_at(machine, step, "store", account("alice", password), *mounted)
        assert ask() in answers, f"step {step}"
        if not killed:
            break
        machine.run(*mounted, "git-credential-uvx", "store", input=account("alice", password))
        assert ask() == answers[1], f"step {step}"
        step += 1
    assert step > 12
