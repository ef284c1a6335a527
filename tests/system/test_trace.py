"""The trace: who gets its lines, and the file that it goes to."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx import system
from git_credential_uvx.system import trace

from ..support.common import cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    trace.end(0)


def begun(environ: dict[str, str], *, verbose: bool = False) -> list[str]:
    """What a person sees of a trace from its start on."""
    seen: list[str] = []
    trace.begin(environ, seen.append, str.lower, "ABOUT", verbose=verbose)
    return seen


@cases(
    "value, wanted",
    {
        "not set": (None, 0),
        "empty": ("", 0),
        "zero": ("0", 0),
        "false": ("False", 0),
        "one": ("1", 2),
        "true": ("TRUE", 2),
    },
)
def test_a_variable_asks_for_it(value: str | None, wanted: int) -> None:
    seen = begun({} if value is None else {system.TRACE: value})
    trace.line("AFTER")
    assert len(seen) == wanted
    assert [line.split("  [")[0] for line in seen] == ["about", "after"][:wanted]


def test_a_line_goes_nowhere_until_somebody_wants_it() -> None:
    trace.line("before")
    assert system.tracer is None
    begun({}, verbose=True)
    assert system.tracer is not None


def test_a_person_sees_each_line_once() -> None:
    seen = begun({system.TRACE: "1"}, verbose=True)
    trace.begin({}, seen.append, str, "again", verbose=True)
    trace.line("x")
    assert len(seen) == 2


def test_a_file_is_private_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    for _ in range(2):
        seen = begun({system.TRACE: str(path)})
        trace.line("second")
        assert seen == []
        trace.end(0)
    words = [line.split()[2] for line in path.read_text().splitlines()]
    assert words == ["about", "second"] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@cases(
    "name",
    {
        "a symlink": "link",
        "a file with another name": "hard",
        "a FIFO": "fifo",
        "a folder": ".",
        "a folder that does not exist": "no/file",
    },
)
def test_what_is_no_file_of_ones_own_is_left(tmp_path: Path, name: str) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "link").symlink_to(target)
    os.link(target, tmp_path / "hard")
    os.mkfifo(tmp_path / "fifo")
    (fault,) = begun({system.TRACE: f"{tmp_path}/{name}"})
    assert fault.startswith("cannot be written: ")
    assert target.read_text() == "kept"


@cases("mode", {"every user": 0o666, "another group": 0o620})
def test_a_file_that_others_can_change_is_left(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "trace"
    path.write_text("kept")
    path.chmod(mode)
    if mode == 0o620:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file to another group")
        os.chown(path, -1, 12345)
    (fault,) = begun({system.TRACE: str(path)})
    assert fault.startswith(f"cannot be written: other users can change '{path}'; run chmod go-w")
    assert path.read_text() == "kept"


def test_a_fifo_with_a_reader_gets_nothing(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    (fault,) = begun({system.TRACE: str(fifo)})
    assert fault == f"cannot be written: '{fifo}' is not a file"
    assert os.read(reader, 100) == b""
    os.close(reader)


def test_a_relative_path_is_ignored_with_a_reason(tmp_path: Path) -> None:
    (fault,) = begun({system.TRACE: "trace.log"})
    assert "neither 1 nor an absolute path" in fault
    assert system.tracer is None
