"""The lines of a trace that are about one Git operation; imported only if there is a trace."""

from __future__ import annotations

import sys

from . import __version__
from .errors import printable
from .sanitize.redact import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocol import Request

_SHOWN = ("protocol", "host", "path", "username")


def clean(text: str) -> str:
    """A line without what could be a secret after all, and without control characters."""
    return printable(redact(text))


def about() -> str:
    """Which program runs, on what."""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"git-credential-uvx {__version__}, Python {version}, {sys.platform}"


def described(operation: str, request: Request) -> str:
    """What Git asks for: the parts of the URL and the username, and no secret."""
    parts = []
    for name in _SHOWN:
        value = request.get(name.encode())
        parts.append(f"no {name}" if value is None else f"{name} '{_text(value)}'")
    return f"{operation}: {', '.join(parts)}"


def outcome(operation: str, output: bytes) -> str:
    """What Git got, by the names of the fields."""
    names = [line.partition(b"=")[0].decode() for line in output.splitlines()]
    if operation != "get":
        return f"{operation}: done"
    return f"{operation}: answered {', '.join(names)}" if names else f"{operation}: no credential"


def _text(value: bytes) -> str:
    return printable(value.decode(errors="backslashreplace"))
