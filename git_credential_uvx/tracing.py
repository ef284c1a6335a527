"""The lines of a trace that are about one Git operation; imported only if there is a trace."""

from __future__ import annotations

import sys

from . import __version__
from .errors import ServiceError, printable
from .sanitize.redact import MASK, redact
from .urls.service import service_from_git
from .urls.tokens import is_token_alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocol import Request

_SHOWN = ("protocol", "host", "path", "username")

# The usernames of requests that may be tokens, as `https://TOKEN@host/` has them. Any line of a
# source could name them.
_tokens: set[str] = set()


def clean(text: str) -> str:
    """A line without what could be a secret after all, and without control characters."""
    for token in _tokens:
        text = text.replace(token, MASK)
    return printable(redact(text))


def about() -> str:
    """Which program runs, on what."""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"git-credential-uvx {__version__}, Python {version}, {sys.platform}"


def described(operation: str, request: Request) -> str:
    """What Git asks for: the parts of the URL and the username.

    From then on, `clean` masks a username that may be a token.
    """
    username = request.get(b"username")
    if username is not None and _is_token(username, request):
        _tokens.add(username.decode(errors="backslashreplace"))
    parts = []
    for name in _SHOWN:
        value = request.get(name.encode())
        text = None if value is None else value.decode(errors="backslashreplace")
        parts.append(f"no {name}" if text is None else f"{name} '{text}'")
    return f"{operation}: {', '.join(parts)}"


def outcome(operation: str, output: bytes) -> str:
    """What Git got, by the names of the fields."""
    names = [line.partition(b"=")[0].decode() for line in output.splitlines()]
    if operation != "get":
        return f"{operation}: done"
    return f"{operation}: answered {', '.join(names)}" if names else f"{operation}: no credential"


def _is_token(username: bytes, request: Request) -> bool:
    path = request.get(b"path") or b""
    protocol, host = request.get(b"protocol") or b"", request.get(b"host") or b""
    try:
        service = service_from_git(protocol, host, path)
    except ServiceError:
        service = None
    return is_token_alone(username, service, path)
