"""Prompts at a terminal, and secrets on standard input.

The host that a secret is for has a line of its own, in the plain ASCII of a checked service, so no
text from outside can imitate it. A secret is never echoed. The echo is back however a prompt ends.
Prompts go to the terminal even if standard error is a file, where nobody would see them.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..errors import AccountError
from ..system import platform
from ..urls.commands import command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from ..urls.service import Service

_LINE_LIMIT = 64 * 1024  # bytes
_PATH_WIDTH = 60  # characters of a path; a longer one loses its middle
_CTRL_D, _CTRL_U, _CTRL_V, _CTRL_W = b"\x04\x15\x16\x17"
_ERASE = b"\x7f\x08"
_KEYS = b"\r\n\x04\x15\x16\x17" + _ERASE  # what a terminal acts upon in a line


class Asking:
    """Prompts for one service. The methods raise AccountError."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._begun = False

    def username(self) -> str:
        """The username that is typed, with echo and without the blanks around it."""
        with self._at_terminal(
            "username", self._login("--password", "-", username=b"NAME")
        ) as terminal:
            click.echo("username: ", terminal, nl=False)
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            name = line.strip()
        if any(ord(character) < 0x20 or character == "\x7f" for character in name):
            # An arrow key does not move the cursor here; it sends characters into the name.
            raise AccountError("the username contains a control character, such as an arrow key")
        return name

    def password(self) -> bytes:
        """The password that is typed, without echo. Blanks belong to it, as in `uv auth login`."""
        return self._hidden("password")

    def handed_in(self, what: str) -> bytes:
        """The value of an option that is `-`: the one line of standard input, without the blanks
        around it. `what` is "password" or "token". A person at a terminal is asked for it.
        """
        return self._hidden(what).strip() if is_terminal() else _only_line(what)

    def confirmed(self, question: str) -> bool:
        """Whether a person answers a question with yes."""
        with self._at_terminal("answer", self._login("--no-verify")) as terminal:
            return _is_yes(question, terminal)

    def _hidden(self, what: str) -> bytes:
        again = self._login("--password", "-", username=b"NAME")
        if what == "token":
            again = self._login("--token", "-")
        with self._at_terminal(what, again) as terminal:
            descriptor, before = platform.open_input()
            try:
                platform.hide_input(descriptor, before)
                click.echo(f"{what}: ", terminal, nl=False)
                line = _typed(descriptor)
            finally:
                platform.close_input(descriptor, before)
            line.decode()
            click.echo(file=terminal)
        if len(line) > _LINE_LIMIT:
            raise AccountError(f"the {what} is longer than {_LINE_LIMIT} bytes")
        return line

    def _login(self, *options: str, username: bytes | None = None) -> str:
        """The command that needs no answer."""
        return command("login", *options, service=self._service, username=username)

    @contextmanager
    def _at_terminal(self, what: str, again: str) -> Iterator[TextIO]:
        _check_terminal(what, again)
        with _terminal() as terminal, _ending_well(terminal):
            if not self._begun:
                self._begun = True
                path = self._service.path
                if len(path) > _PATH_WIDTH:
                    half = _PATH_WIDTH // 2
                    path = f"{path[:half]}...{path[-half:]}"
                click.echo(f"{self._service.realm}{path}", terminal)
            yield terminal


def confirmed(question: str, again: str) -> bool:
    """Whether a person answers a question with yes; the command `again` needs no answer."""
    _check_terminal("answer", again)
    with _terminal() as terminal, _ending_well(terminal):
        return _is_yes(question, terminal)


def _is_yes(question: str, terminal: TextIO) -> bool:
    click.echo(f"{question} [y/N] ", terminal, nl=False)
    answer = sys.stdin.readline()
    if not answer:
        click.echo(file=terminal)
    return answer.strip().lower() in ("y", "yes")


def _check_terminal(what: str, again: str) -> None:
    if not is_terminal():
        raise AccountError(f"no {what} given, and there is no terminal to ask; use '{again}'")


def is_terminal() -> bool:
    """Whether a person can type at standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def _terminal() -> Iterator[TextIO]:
    """The terminal at which a person types."""
    if sys.stderr is not None and sys.stderr.isatty():
        yield sys.stderr
        return
    with platform.open_terminal() as terminal:
        yield terminal


@contextmanager
def _ending_well(terminal: TextIO) -> Iterator[None]:
    """End the line of an interrupted prompt, and let each signal end it as Ctrl-C does."""
    # Otherwise they would end the process while the echo is off.
    before = {number: signal.getsignal(number) for number in platform.ending_signals()}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    except EOFError:
        click.echo(file=terminal)
        raise AccountError("nothing was typed") from None
    except click.exceptions.Exit:
        click.echo(file=terminal)
        raise
    except UnicodeError:
        click.echo(file=terminal)
        raise AccountError("what was typed is not UTF-8") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object) -> None:
    raise click.exceptions.Exit(128 + number)


def _typed(descriptor: int) -> bytes:
    """A line as a person edits it, cut off if it is too long. Raises EOFError."""
    line = bytearray()
    is_quoted = False
    while data := os.read(descriptor, _LINE_LIMIT):
        for key in data:
            if is_quoted or key not in _KEYS:
                line.append(key)
                is_quoted = False
            elif key in b"\r\n":
                return bytes(line)
            elif key == _CTRL_D and not line:
                raise EOFError
            elif key == _CTRL_D:
                return bytes(line)
            else:
                is_quoted = key == _CTRL_V
                del line[_end(line, key) :]
        del line[_LINE_LIMIT + 1 :]
    raise EOFError


def _end(line: bytearray, key: int) -> int:
    """Where a line ends after a key that may erase some of it."""
    if key == _CTRL_U:
        return 0
    if key == _CTRL_W:
        return line.rstrip().rfind(b" ") + 1
    if key not in _ERASE:
        return len(line)
    end = len(line) - 1
    while end > 0 and line[end] & 0xC0 == 0x80:  # inside a character in UTF-8
        end -= 1
    return max(end, 0)


def _only_line(what: str) -> bytes:
    """The line on standard input. Raises AccountError if there are more, which could be anything
    that a script prints."""
    data = b""
    while len(data) <= _LINE_LIMIT and (part := os.read(0, _LINE_LIMIT)):
        data += part
    if len(data) > _LINE_LIMIT:
        raise AccountError(f"the {what} on standard input is longer than {_LINE_LIMIT} bytes")
    line, _, rest = data.partition(b"\n")
    if rest.strip():
        raise AccountError(f"standard input has more than one line; give the {what} alone")
    return line.strip()
