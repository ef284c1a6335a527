"""Logins at once with uv's, a lock that is held, and stores that cannot be read or written."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.programs import PRIVATE_MOUNTS

from ..support.common import SECRET, Done, cases, entry, victim
from ..support.machine import Machine, request
from ..support.needs import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMMAND = "git-credential-uvx"
LOGIN = (COMMAND, "login", "good.test", "--username", "bob", "--password", "-")
LOGOUT = (COMMAND, "logout", "good.test", "--username", "alice")
CHANGING = pytest.mark.parametrize("words", [LOGIN, LOGOUT], ids=["login", "logout"])


def start(machine: Machine, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.env,
        cwd=machine.root,
    )


def finish(running: list[subprocess.Popen[bytes]], lines: Iterable[str]) -> None:
    """Give each its line, all before any is waited for, because uv reads while it holds its lock;
    each must end well."""
    for process, line in zip(running, lines, strict=True):
        assert process.stdin is not None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.close()
        except BrokenPipeError:
            pass  # a logout reads nothing, and may be over
        process.stdin = None
    for process in running:
        _, told = process.communicate()
        assert process.returncode == 0, told


def accounts(machine: Machine) -> dict[str, str]:
    """The passwords of uv's file by username."""
    found = tomllib.loads(machine.store.read_text()).get("credential", [])
    return {e["username"]: e["password"] for e in found}


def test_of_twenty_logins_at_once_half_by_uv_none_is_lost(machine: Machine) -> None:
    # Of several uv that all make the folder and its files, one can lose its login by itself.
    machine.uv_login("good.test", "first", "there")
    wanted = {f"user{number}": f"password{number}" for number in range(20)}
    with ExitStack() as stack:
        running = []
        for number, name in enumerate(wanted):
            by = ("uv", "auth", "login") if number % 2 else (COMMAND, "login")
            words = (*by, "good.test", "--username", name, "--password", "-")
            running.append(stack.enter_context(start(machine, *words)))
        finish(running, wanted.values())
    assert accounts(machine) == {"first": "there", **wanted}
    done = machine.run(COMMAND, "list", "--json")
    assert done.stdout.count(b'"username"') == 21


def test_of_logouts_and_logins_at_once_each_does_its_own(machine: Machine) -> None:
    for number in range(8):
        machine.uv_login("https://good.test", f"old{number}", "x")
    with ExitStack() as stack:
        running = []
        for number in range(8):
            by = ("uv", "auth") if number % 2 else (COMMAND,)
            who = ("good.test", "--username")
            running.append(stack.enter_context(start(machine, *by, "logout", *who, f"old{number}")))
            login = (*by, "login", *who, f"new{number}", "--password", "-")
            running.append(stack.enter_context(start(machine, *login)))
        finish(running, ["y"] * len(running))
    assert accounts(machine) == {f"new{number}": "y" for number in range(8)}


@contextmanager
def locked(machine: Machine) -> Iterator[int]:
    """uv's lock, held by somebody else; the descriptor that holds it."""
    with (machine.folder / "credentials.toml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


@CHANGING
def test_a_lock_that_is_held_is_waited_for(machine: Machine, words: tuple[str, ...]) -> None:
    victim(machine)
    before = machine.files()
    with locked(machine) as lock, start(machine, *words) as process:
        assert process.stdin is not None
        process.stdin.write(b"new\n")
        process.stdin.close()
        # It has the file of the lock open once it waits.
        name = str(machine.folder / "credentials.toml.lock")
        for _ in range(2000):
            if name in opened_by(process.pid):
                break
            time.sleep(0.01)
        else:
            raise AssertionError("it never came to the lock")
        assert process.poll() is None
        assert machine.files() == before
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert process.wait() == 0
    assert machine.files() != before


def opened_by(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    return found


@CHANGING
def test_a_lock_that_is_held_too_long_is_told_in_one_line(
    machine: Machine, words: tuple[str, ...]
) -> None:
    machine.env["UV_LOCK_TIMEOUT"] = "1"
    victim(machine)
    with locked(machine):
        assert_refused(machine, words, "credentials.toml.lock' was locked by another process")


def test_a_person_is_shown_which_lock_is_waited_for_and_git_is_not(machine: Machine) -> None:
    victim(machine)
    login = (COMMAND, "login", "other.test", "--username", "bob", "--password", "-")
    with (
        locked(machine) as lock,
        start(machine, COMMAND, "store") as by_git,
        start(machine, *login) as by_person,
    ):
        fields = request(protocol="https", host="third.test", username="carol", password="x")
        for process, text in ((by_git, fields), (by_person, b"new\n")):
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
        assert by_person.stderr is not None
        line = by_person.stderr.readline().decode()
        path = machine.folder / "credentials.toml.lock"
        assert line == f"waiting for another process to release the lock '{path}'\n"
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert by_git.stderr is not None
        assert by_git.stderr.read() == b""
        assert b"waiting" not in by_person.stderr.read()
        assert (by_git.wait(), by_person.wait()) == (0, 0)


def assert_refused(machine: Machine, words: tuple[str, ...], fault: str, *before: str) -> Done:
    """Status 2, one line that holds `fault`, and the same files as before."""
    files = machine.files()
    done = machine.run(*before, *words, input=SECRET.encode(), check=False)
    assert (done.returncode, done.stdout) == (2, b""), done.stderr
    text = done.stderr.decode()
    assert text.startswith("git-credential-uvx: ")
    assert text.count("\n") == 1
    assert fault in text
    assert SECRET not in text
    assert machine.files() == files
    return done


@cases(
    "text, line",
    {
        "no TOML": ("not toml\n", "line 1"),
        "an end that is missing": (entry("https://good.test/") + '\nx = "', "line"),
        "a table where a list belongs": ('[credential]\nservice = "https://h/"\n', ""),
        "no text at all": ("\0\0\0\0", ""),
    },
)
@pytest.mark.parametrize(
    "words",
    [LOGIN, LOGOUT, (COMMAND, "list"), (COMMAND, "restore", "good.test")],
    ids=["login", "logout", "list", "restore"],
)
def test_a_store_that_is_not_a_store_is_told_by_name_and_left(
    machine: Machine, text: str, line: str, words: tuple[str, ...]
) -> None:
    machine.write_store(text)
    done = assert_refused(machine, words, f"'{machine.store}'")
    assert line in done.stderr.decode()


@CHANGING
def test_a_companion_that_is_not_one_is_told_by_name_and_left(
    machine: Machine, words: tuple[str, ...]
) -> None:
    victim(machine)
    machine.companion.write_text("not toml\n")
    machine.companion.chmod(0o600)
    assert_refused(machine, words, f"'{machine.companion}'")


@pytest.fixture
def user(machine: Machine) -> tuple[str, ...]:
    """What runs a command without root's right to write anywhere."""
    if os.geteuid() != 0:
        return ()
    require("setpriv")
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")


@CHANGING
def test_a_folder_that_is_read_only_is_told_by_name_and_left(
    machine: Machine, user: tuple[str, ...], words: tuple[str, ...]
) -> None:
    victim(machine)
    machine.folder.chmod(0o500)
    try:
        assert_refused(machine, words, str(machine.folder), *user)
    finally:
        machine.folder.chmod(0o700)


@CHANGING
@pytest.mark.parametrize("left", [0, 4096])
def test_a_full_disk_is_told_by_name_and_the_old_state_is_left(
    machine: Machine, words: tuple[str, ...], left: int
) -> None:
    """A small file system of its own, filled up but for so many bytes."""
    require("unshare")
    victim(machine)
    padded = machine.store.read_bytes() + b"# kept\n" * 1000
    kept = machine.root / "kept"
    kept.mkdir()
    (kept / "credentials.toml").write_bytes(padded)
    script = (
        "set -e; folder=$1 kept=$2 left=$3; shift 3\n"
        'mount -t tmpfs -o size=64k,mode=700 x "$folder"\n'
        'cp -p "$kept"/* "$folder"; chmod 600 "$folder"/*; : > "$folder/credentials.toml.lock"\n'
        'chmod 600 "$folder/credentials.toml.lock"\n'
        'dd if=/dev/zero of="$folder/full" bs=512 2>/dev/null || true\n'
        'truncate -s -"$left" "$folder/full"; status=0; "$@" || status=$?\n'
        'rm "$folder/full"; cp -p "$folder"/* "$kept"; exit $status\n'
    )
    done = machine.run(
        *(*PRIVATE_MOUNTS, "sh", "-c", script, "sh"),
        *(str(machine.folder), str(kept), str(left), *words),
        input=SECRET.encode(),
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b""), done.stderr
    assert done.stderr.count(b"\n") == 1
    assert (
        f"'{machine.store}'".encode() in done.stderr or str(machine.folder).encode() in done.stderr
    )
    assert b"no space left" in done.stderr.lower()
    assert (kept / "credentials.toml").read_bytes() == padded
    names = {path.name for path in kept.iterdir()}
    assert names <= {"credentials.toml", "credentials.toml.lock", "git-credential-uvx.toml"}
