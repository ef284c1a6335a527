"""The files of a checkout, which somebody else may have filled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ = (
    "import sys; from git_credential_uvx.system import checkout; "
    "print(checkout._first_line(sys.argv[1]))"
)


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"/w/.git\n", "/w/.git"), (b"/w/.git\nmore\n", "/w/.git"), (b"/w", "/w"), (b"", "")],
)
def test_the_first_line_of_a_file(tmp_path: Path, data: bytes, line: str) -> None:
    path = tmp_path / "gitdir"
    path.write_bytes(data)
    assert first_line(path) == line


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "gitdir"
    os.mkfifo(path)
    assert first_line(path) == ""


def first_line(path: Path) -> str:
    command = [sys.executable, "-c", READ, str(path)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=20).stdout.decode()[
        :-1
    ]
