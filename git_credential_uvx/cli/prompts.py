"""Asking a person, at their terminal; and reading a secret that is handed in.

A prompt never shows where a secret goes by a text from outside: the host stands alone on its own
line, in the plain ASCII of a checked service. Nothing that is typed as a secret is echoed, and the
terminal is as before however the prompt ends. A prompt stands at the terminal even where standard
error is a file: nobody would see it there.
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
        """What is typed, with echo and without the blanks around it."""
        with self._at_terminal("username", "'--username', or '--token -'") as terminal:
            click.echo("username: ", terminal, nl=False)
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            name = line.strip()
        if any(ord(character) < 0x20 or character == "\x7f" for character in name):
            # An arrow key moves no cursor here, and what it sends would become part of the name.
            raise AccountError("the username holds a control character; an arrow key sends one")
        return name

    def password(self) -> bytes:
        """What is typed, without echo; blanks belong to it, as for `uv auth login`."""
        return self._hidden("password")

    def handed_in(self, what: str) -> bytes:
        """The value of an option that is `-`: the first line of standard input, trimmed; `what` is
        "password" or "token". It is asked for like a password where standard input is a terminal.
        """
        return self._hidden(what).strip() if _is_terminal() else _first_line(what)

    def _hidden(self, what: str) -> bytes:
        with self._at_terminal(what, "'--password -' or '--token -'") as terminal:
            descriptor, before = platform.hide_input()
            try:
                click.echo(f"{what}: ", terminal, nl=False)
                line = _typed(descriptor)
            finally:
                platform.show_input(descriptor, before)
            line.decode()
            click.echo(file=terminal)
        if len(line) > _LINE_LIMIT:
            raise AccountError(f"the {what} is longer than {_LINE_LIMIT} bytes")
        return line

    @contextmanager
    def _at_terminal(self, what: str, option: str) -> Iterator[TextIO]:
        if not _is_terminal():
            raise AccountError(f"there is no {what}, and no terminal to ask at; give {option}")
        with _terminal() as terminal, _ending_well(terminal):
            if not self._begun:
                self._begun = True
                path = self._service.path
                if len(path) > _PATH_WIDTH:
                    half = _PATH_WIDTH // 2
                    path = f"{path[:half]}...{path[-half:]}"
                click.echo(f"{self._service.realm}{path}", terminal)
            yield terminal


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def _terminal() -> Iterator[TextIO]:
    """Where the person who types will look."""
    if sys.stderr is not None and sys.stderr.isatty():
        yield sys.stderr
        return
    with open(platform.terminal_path(sys.stdin.fileno()), "w", encoding="utf-8") as terminal:
        yield terminal


@contextmanager
def _ending_well(terminal: TextIO) -> Iterator[None]:
    """End the line of a prompt that is broken off, and let a signal end it as Ctrl-C does, so that
    the echo comes back."""
    # Each of them would end this with the echo switched off.
    before = {number: signal.getsignal(number) for number in platform.ending_signals()}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    except EOFError:
        click.echo(file=terminal)
        raise AccountError("nothing was typed") from None
    except SystemExit:
        click.echo(file=terminal)
        raise
    except UnicodeError:
        click.echo(file=terminal)
        raise AccountError("what was typed is not UTF-8") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _typed(descriptor: int) -> bytes:
    """A line as a person edits it; of one that is too long the start. Raises EOFError."""
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


def _first_line(what: str) -> bytes:
    data = b""
    while b"\n" not in data and len(data) <= _LINE_LIMIT:
        part = os.read(0, _LINE_LIMIT)
        if not part:
            break
        data += part
    line = data.partition(b"\n")[0]
    if len(line) > _LINE_LIMIT:
        raise AccountError(f"the {what} on standard input is longer than {_LINE_LIMIT} bytes")
    return line.strip()
