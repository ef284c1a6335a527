"""Many at once: nothing lost, nothing torn, nobody waits for ever."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import LockError, StoreError
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service

from ..support.machine import Machine, request

HOST = {"protocol": "https", "host": "git.test"}


def entries(machine: Machine) -> dict[str, str]:
    found = tomllib.loads(machine.store.read_text())["credential"]
    return {entry["service"]: entry["password"] for entry in found}


def test_eighty_writers_half_of_them_uv_lose_nothing(machine: Machine) -> None:
    def write(number: int) -> None:
        host, password = f"host{number}.test", f"password{number}"
        if number % 2:
            machine.uv_login(host, "alice", password)
        else:
            machine.put(protocol="https", host=host, username="alice", password=password)

    # Several uv that all make the lock file can lock different ones: uv alone loses entries then.
    write(0)
    with ThreadPoolExecutor(80) as pool:
        list(pool.map(write, range(1, 80)))
    expected = {f"https://host{number}.test/": f"password{number}" for number in range(80)}
    assert entries(machine) == expected
    assert sorted(machine.files()) == ["credentials.toml", "git-credential-uvx.toml"]


def test_eighty_accounts_of_one_host_lose_nothing(machine: Machine) -> None:
    with ThreadPoolExecutor(80) as pool:
        list(pool.map(lambda n: machine.put(**HOST, username=f"u{n}", password=f"p{n}"), range(80)))
    for number in range(80):
        assert machine.get(**HOST, username=f"u{number}")[b"password"] == f"p{number}".encode()


def test_a_reader_never_sees_half_of_what_uv_writes(machine: Machine) -> None:
    blocks = [
        f'[[credential]]\nservice = "https://host{n}.test/"\nusername = "u"\npassword = "p{n}"\n'
        for n in range(3000)
    ]
    machine.write_store("\n".join(blocks))
    writers = [
        subprocess.Popen(
            ["uv", "auth", "login", "-q", f"new{n}.test", "--username", "u", "--password", "p"],
            env=machine.env,
        )
        for n in range(8)
    ]
    for number in range(0, 3000, 100):
        answer = machine.get(protocol="https", host=f"host{number}.test")
        assert answer[b"password"] == f"p{number}".encode()
    assert [writer.wait() for writer in writers] == [0] * 8


@pytest.fixture
def locked(machine: Machine) -> Iterator[Machine]:
    """A machine whose store another process keeps locked."""
    machine.put(**HOST, username="alice", password="pa")
    with (machine.folder / "credentials.toml.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield machine


@pytest.mark.parametrize("timeout", ["1", "0", None])
def test_get_answers_though_the_lock_is_never_released(
    locked: Machine, timeout: str | None
) -> None:
    # Without UV_LOCK_TIMEOUT uv itself would wait 300 s; that is more than run() allows.
    env = {} if timeout is None else {"UV_LOCK_TIMEOUT": timeout}
    done = locked.run("git-credential-uvx", "get", input=request(**HOST), env=env)
    assert done.stdout == b"username=alice\npassword=pa\n"


@pytest.mark.parametrize("operation", ["store", "erase"])
def test_a_change_gives_up_after_uvs_own_time(locked: Machine, operation: str) -> None:
    before = locked.files()
    password = "new" if operation == "store" else "pa"
    data = request(**HOST, username="alice", password=password)
    done = locked.helper(operation, data, env={"UV_LOCK_TIMEOUT": "1"})
    assert b"credentials.toml.lock' was locked by another process for 1 s" in done.stderr
    assert locked.files() == before


def test_readers_do_not_wait_for_each_other(machine: Machine) -> None:
    machine.put(**HOST, username="alice", password="pa")
    with (machine.folder / "credentials.toml.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        done = machine.helper("get", request(**HOST), env={"UV_LOCK_TIMEOUT": "0"})
        assert done.stdout == b"username=alice\npassword=pa\n"
        # uv's lock is exclusive, so it waits for a reader as a reader waits for it.
        uv = ("uv", "auth", "token", "git.test", "--username", "alice")
        assert machine.run(*uv, env={"UV_LOCK_TIMEOUT": "1"}, check=False).returncode != 0


def fail_to_log_in(machine: Machine, error: type[StoreError]) -> None:
    """A login of this very process, which lives on as a program with the keyring backend does."""
    store = SharedStore(Settings(str(machine.folder), environ={}, lock_timeout=0))
    with pytest.raises(error):
        store.login(Service("https", "git.test", None), Credential(b"u", Secret(b"p")), 0)


def test_a_change_that_fails_lets_go_of_the_lock(machine: Machine) -> None:
    machine.write_store("not toml\n")
    fail_to_log_in(machine, StoreError)
    with (machine.folder / "credentials.toml.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_who_never_gets_the_lock_leaves_no_file_open(locked: Machine) -> None:
    before = os.listdir("/dev/fd")
    fail_to_log_in(locked, LockError)
    assert os.listdir("/dev/fd") == before
