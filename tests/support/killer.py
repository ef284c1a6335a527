"""Runs the command, and kills it with SIGKILL at the step of its writing that it is told.

    python -m tests.support.killer STEP WORD... < request

Steps are counted over everything that changes a file. A write counts twice: killed before it, and
killed when half of it is done. Ends by itself when the operation has fewer steps.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

_left = 0


def _step() -> None:
    global _left
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def _before(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        _step()
        return real(*arguments, **named)

    return call


def _halfway(real: Callable[[int, memoryview], int]) -> Callable[[int, memoryview], int]:
    def write(descriptor: int, data: memoryview) -> int:
        if descriptor <= 2:
            return real(descriptor, data)
        _step()
        done = real(descriptor, data[: len(data) // 2])
        _step()
        return done + real(descriptor, data[done:])

    return write


def install(step: int) -> None:
    """Kill this process at a step from here on."""
    global _left
    _left = step
    for name in ("fsync", "rename", "unlink", "ftruncate", "fchmod", "makedirs"):
        setattr(os, name, _before(getattr(os, name)))
    os.write = _halfway(os.write)  # type: ignore[assignment]


if __name__ == "__main__":
    install(int(sys.argv[1]))
    from git_credential_uvx.__main__ import main

    sys.argv = ["git-credential-uvx", *sys.argv[2:]]
    sys.exit(main())
