"""Runs a command that is killed at one step of its writing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from .machine import Machine

ROOT = Path(__file__).parents[2]


def killed_at(machine: Machine, step: int, words: str, data: bytes, *before: str) -> bool:
    """Run an operation or command, killed at a step; whether it got to that step."""
    if before or sys.platform != "linux":
        killer = (sys.executable, "-m", "tests.support.killer", str(step))
        done = machine.run(*before, *killer, *words.split(), input=data, cwd=ROOT, check=False)
    else:
        argv = ("git-credential-uvx", *words.split())
        done = machine.run(*argv, input=data, check=False, step=step)
    assert done.stderr == b""
    assert done.returncode in (0, -9, 137)
    return done.returncode != 0


def keep(machine: Machine) -> Callable[[], None]:
    """A function that makes the store's folder what it is now."""
    kept = machine.root / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    if machine.folder.exists():
        shutil.copytree(machine.folder, kept)

    def restore() -> None:
        shutil.rmtree(machine.folder, ignore_errors=True)
        if kept.exists():
            shutil.copytree(kept, machine.folder)

    return restore


def reset(machine: Machine, earlier: list[bytes]) -> None:
    if machine.folder.exists():
        for path in machine.folder.iterdir():
            path.unlink()
    for data in earlier:
        machine.helper("store", data)
