"""Runs a command that is killed at one step of its writing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .machine import Machine

ROOT = Path(__file__).parents[2]


def killed_at(machine: Machine, step: int, words: str, data: bytes, *before: str) -> bool:
    """Run an operation or command, killed at a step; whether it got to that step."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.support.killer", str(step), *words.split()],
        input=data,
        env=machine.env,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode in (0, -9, 137)
    return done.returncode != 0


def reset(machine: Machine, earlier: list[bytes]) -> None:
    if machine.folder.exists():
        for path in machine.folder.iterdir():
            path.unlink()
    for data in earlier:
        machine.helper("store", data)
