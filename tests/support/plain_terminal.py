"""A program at a terminal, for what only happens there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from typing import TYPE_CHECKING

from scripts.programs import BY_NAME

from .needs import require

if TYPE_CHECKING:
    from .machine import Machine


class Terminal:
    """A program with a person at the keys."""

    def __init__(self, machine: Machine, *argv: str) -> None:
        if argv[0] in BY_NAME:
            require(argv[0])
        self._ours, theirs = pty.openpty()
        self._program = subprocess.Popen(
            argv,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**machine.env, "TERM": "xterm", "PS1": "$ "},
            cwd=machine.root,
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, pattern: str) -> re.Match[str]:
        seen, end = "", time.monotonic() + 60
        while (found := re.search(pattern, seen)) is None:
            ready = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0]
            assert ready, f"no {pattern!r} in {seen!r}"
            try:
                seen += os.read(self._ours, 4096).decode(errors="replace")
            except OSError:
                raise AssertionError(f"it ended without {pattern!r}: {seen!r}") from None
        return found

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._ours)
