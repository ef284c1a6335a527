"""What a command is started with and cannot use: standard streams that are closed, full, or that
nobody reads, a working directory that is gone. One line, and the right status."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    from ..support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
RESULTS = {
    "token": ("token", "git.test"),
    "list": ("list",),
    "list as JSON": ("list", "--json"),
    "dir": ("dir",),
    "env": ("env",),
    "export": ("export", "--format", "env"),
    "man": ("man",),
    "help": ("--help",),
    "version": ("--version",),
}


def start(
    machine: Machine, words: tuple[str, ...], *, stdout: int = -1, stderr: int = -1
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        # Python's own buffer is what is left to write at the end.
        env={k: v for k, v in machine.env.items() if not k.startswith("PYTHON")},
        check=False,
    )


@pytest.fixture
def stored(machine: Machine) -> Machine:
    machine.put(protocol="https", host="git.test", username="alice", password="pa")
    return machine


@pytest.fixture
def unread() -> int:
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@cases("words", RESULTS)
def test_a_full_disk_is_told_in_one_line(stored: Machine, words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = start(stored, words, stdout=full.fileno())
    told = b"git-credential-uvx: cannot write to standard output: no space left on device\n"
    assert (done.returncode, done.stderr.splitlines(True)[-1]) == (2, told)
    assert done.stderr.count(b"git-credential-uvx: cannot write") == 1


@cases("words", RESULTS)
def test_a_reader_who_has_gone_is_no_fault(
    stored: Machine, words: tuple[str, ...], unread: int
) -> None:
    done = start(stored, words, stdout=unread)
    os.close(unread)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("kind", ["full", "gone"])
def test_who_cannot_be_told_anything_is_logged_in_all_the_same(
    machine: Machine, kind: str, unread: int
) -> None:
    stderr = os.open("/dev/full", os.O_WRONLY) if kind == "full" else unread
    words = ("login", "git.test", "--username", "alice", "--password", "pa")
    assert start(machine, words, stderr=stderr).returncode == 0
    assert machine.uv_token("git.test", "alice") == "pa"
    assert start(machine, ("token", "none.test"), stderr=stderr).returncode == 1
    assert start(machine, ("token", "git.test", "--bad"), stderr=stderr).returncode == 2


@cases("words", {**RESULTS, "logout": ("logout", "git.test")})
@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", "<&- >&-"])
def test_a_closed_stream_is_like_one_to_nothing(
    stored: Machine, words: tuple[str, ...], closed: str
) -> None:
    done = stored.run("sh", "-c", f'"$0" "$@" {closed}', COMMAND, *words, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"unexpectedly" not in done.stderr


GONE = {
    "token": ("token", "git.test"),
    "setup --local": ("setup", "--local"),
    "setup --check": ("setup", "--check"),
    "a file to write": ("export", "--format", "env", "--output", "out"),
}


@cases("words", GONE)
def test_a_working_directory_that_is_gone_is_told(stored: Machine, words: tuple[str, ...]) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec git-credential-uvx "$@"'
    done = stored.run("sh", "-c", script, "sh", *words, check=False)
    told = b"git-credential-uvx: the working directory is gone; 'cd' to another\n"
    # Some shells complain too, before they run any line of a script.
    assert (done.returncode, done.stderr[-len(told) :]) == (2, told)
