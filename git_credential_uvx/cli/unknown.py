"""What to do with a word that is no command: nothing if Git asks, else suggest a command.

gitcredentials(7) wants a helper to ignore operations that it does not know. Git sends such a
request at once and then closes the pipe (2.39) or ends with a blank line, so standard input shows
who calls: a person or a script sends nothing, or another text.
"""

from __future__ import annotations

import os
import sys
import time
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..protocol import complete
from ..system import platform
from .common import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

# Seconds to wait for a request on a pipe that stays open. Git sends it while Python still starts.
# ssh and some CI runners leave a pipe open to which nobody ever writes.
_PATIENCE = 1.0

_PART = 4096  # bytes
_MOST = 4 * _PART  # of a request; those of Git are far shorter
_LONGEST_KEY = 64  # bytes; Git's longest has 19

# Keys of which Git sends at least one, in every request.
_KEYS = (b"protocol", b"host", b"url")

# What similar programs call our commands.
_ELSEWHERE = {
    "approve": "store",
    "auth": "login",
    "configure": "setup",
    "delete": "logout",
    "diagnose": "doctor",
    "fill": "get",
    "forget": "logout",
    "init": "setup",
    "install": "setup",
    "ls": "list",
    "reject": "erase",
    "remove": "logout",
    "rm": "logout",
    "scan": "sanitize",
    "show": "list",
    "signin": "login",
    "signout": "logout",
    "switch": "use",
    "test": "check",
    "unconfigure": "setup --remove",
    "undo": "restore",
    "uninstall": "setup --remove",
    "verify": "check",
    "which": "explain",
}
_OVERVIEW = ("status", "state", "info", "overview", "whoami")


def is_request() -> bool:
    """Whether standard input has a request of Git's. It is read only as far as needed."""
    if sys.stdin is None or sys.stdin.isatty():
        return False
    data = b""
    deadline = time.monotonic() + _PATIENCE
    while not complete(data) and len(data) < _MOST:
        lines, _, begun = data.rpartition(b"\n")
        if not _can_be_request(lines) or not _can_begin_line(begun):
            return False
        try:
            if not platform.wait_readable(0, max(0.0, deadline - time.monotonic())):
                return False
            part = os.read(0, _PART)
        except OSError:
            return False
        if not part:
            return _is_whole(data)
        data += part
    return complete(data) and _can_be_request(_head(data)) and bool(_head(data))


def _head(data: bytes) -> bytes:
    """What stands before the blank line."""
    return data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].strip(b"\n")


def _is_whole(data: bytes) -> bool:
    keys = [line.partition(b"=")[0] for line in data.splitlines()]
    return data.endswith(b"\n") and _can_be_request(data) and any(key in keys for key in _KEYS)


def _can_be_request(lines: bytes) -> bool:
    return all(b"=" in line and _can_begin_line(line) for line in lines.splitlines())


def _can_begin_line(begun: bytes) -> bool:
    return len(begun.partition(b"=")[0]) <= _LONGEST_KEY


def error(word: str, operations: Iterable[str], commands: Iterable[str]) -> str:
    """What is wrong with a word that is no command, with the one that was probably meant."""
    if word in operations:
        return f"'{word}' takes a request on standard input, and no arguments"
    meant = word.lower()
    if meant in _OVERVIEW:
        return f"no such command '{word}'; '{NAME}' alone shows the state"
    found = [_ELSEWHERE[meant]] if meant in _ELSEWHERE else get_close_matches(meant, commands, n=1)
    advice = f"; did you mean '{NAME} {found[0]}'?" if found else ""
    return f"no such command '{word}'{advice}"
