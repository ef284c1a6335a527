"""A person at a pseudo-terminal: types at prompts, and looks at what the terminal shows."""

from __future__ import annotations

import signal
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pexpect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

Step = tuple[bytes, bytes | signal.Signals]
CTRL_C = b"\x03"
CTRL_D = b"\x04"
CTRL_BACKSLASH = b"\x1c"


class Terminal:
    """One program at a terminal of its own; `shown` is all that the terminal got to show.

    `status` is the exit status, or 128 and the number of the signal that ended the program.
    """

    def __init__(self, child: pexpect.spawn[bytes]) -> None:
        self.child = child
        self.shown = b""
        self.status = -1
        self.echo_after = False

    def wait_for(self, prompt: bytes) -> None:
        """Read until the terminal shows `prompt`."""
        self.child.expect_exact(prompt)
        self.shown += (self.child.before or b"") + prompt

    def wait_for_echo(self, wanted: bool) -> None:
        """Wait until the terminal echoes what is typed, or does so no more."""
        for _ in range(2000):
            if self.echo() is wanted:
                return
            time.sleep(0.01)
        raise AssertionError(f"the echo is not {wanted}")

    def echo(self) -> bool:
        """Whether the terminal echoes what is typed."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(flags & termios.ECHO)

    def end(self) -> None:
        """Read the rest, and see how the program ended and left the terminal."""
        self.child.expect(pexpect.EOF)
        self.shown += self.child.before or b""
        self.echo_after = self.echo()
        self.child.wait()
        died, status = self.child.signalstatus, self.child.exitstatus
        self.status = (status or 0) if died is None else 128 + died


@contextmanager
def at_terminal(machine: Machine, *argv: str, columns: int = 80) -> Iterator[Terminal]:
    """Run a program on a new pseudo-terminal of so many columns."""
    child: pexpect.spawn[bytes] = pexpect.spawn(
        argv[0],
        list(argv[1:]),
        env=machine.env,
        cwd=str(machine.root),
        timeout=60,
        dimensions=(24, columns),
    )
    child.delaybeforesend = None
    try:
        yield Terminal(child)
    finally:
        child.close(force=True)


def play(machine: Machine, argv: tuple[str, ...], *steps: Step, columns: int = 80) -> Terminal:
    """Wait for each prompt in turn and answer it, with bytes that are typed or with a signal."""
    with at_terminal(machine, *argv, columns=columns) as terminal:
        for prompt, answer in steps:
            terminal.wait_for(prompt)
            terminal.wait_for_echo(prompt.startswith(b"username"))
            if isinstance(answer, bytes):
                terminal.child.send(answer)
            else:
                terminal.child.kill(answer)
        terminal.end()
    return terminal
