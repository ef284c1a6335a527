"""Usernames in texts for people. Pure.

A username can be a token (`https://TOKEN@host/`), and the names of others can have any bytes.
"""

from __future__ import annotations

from ..errors import printable

MASK = "****"
_WIDTH = 60  # characters; a longer name loses its middle


def is_token(username: bytes) -> bool:
    """Whether a username is a token by its shape, or has one in it."""
    # Only messages need the patterns, and `get` has none to print as a rule.
    from .tokens import OLD_GITHUB, TOKEN

    return TOKEN.search(username) is not None or OLD_GITHUB.fullmatch(username) is not None


def text_of(username: bytes) -> str:
    """A username as text, masked if it is a token. What is not UTF-8 is escaped."""
    return MASK if is_token(username) else username.decode(errors="backslashreplace")


def shown(username: bytes) -> str:
    """A username for a terminal, of at most 60 characters."""
    return shortened(printable(text_of(username)))


def shortened(name: str) -> str:
    """A name of at most 60 characters; a longer one loses its middle."""
    half = _WIDTH // 2
    return name if len(name) <= _WIDTH else f"{name[:half]}...{name[-half:]}"


def who(username: bytes | None) -> str:
    """An account in a sentence: `'alice'`, or `a token` if it has no name to show."""
    return f"'{shown(username)}'" if username and not is_token(username) else "a token"


def whose(username: bytes | None) -> str:
    """The secret of an account in a sentence: `the password of 'alice'`, or `the token`."""
    named = who(username)
    return f"the password of {named}" if named.startswith("'") else "the token"


def as_typed(username: bytes | None) -> str:
    """A username as a person can type it on a command line, "" if that is not possible.

    A token must not stand there, and a control character would be another one when it is pasted.
    """
    try:
        text = (username or b"").decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() and not is_token(text.encode()) else ""
