"""Whether a URL goes on behind the byte that seems to end it.

White space, `<`, `>`, a backtick and the closing quote end a URL. Inside a userinfo they may not:
a template holds blanks, a shell glues quoted pieces together, a backslash joins two lines, and
people write passwords without escaping them. If an `@` follows, the URL goes on up to it, so that
no part of a password is taken for the host, and none is left behind.
"""

from __future__ import annotations

import re

from .templates import SPANNING, is_harmless
from .userinfo import split

# Bytes behind a byte that seems to end a URL, or behind the scheme, that are looked at.
REACH = 1024

_PLAIN = rb"[^\t-\r \"'`<>/?#\\@]"
_BEFORE_COLON = rb"(?:<[^<>\n@]{1,100}>|`[^`\n@]{1,200}`)(?=:)"
TEMPLATE_IN_NAME = SPANNING + rb"|" + _BEFORE_COLON
_JOINED = rb"\\\r?\n[ \t]*"
_TEMPLATED = re.compile(rb"(?>(?:" + TEMPLATE_IN_NAME + rb"|" + _JOINED + rb"|" + _PLAIN + rb")*)@")
_JOINED_LINE = re.compile(rb"\\\r?\n[ \t]*+(?=[^\t-\r ])")
_CLOSED = re.compile(rb"[/?#\\]")

# Clients take a password with these as it is. `<password>` is what a manual has in its place.
_OPEN_PASSWORD = re.compile(rb"[^\t-\r /?#\\@:]*+:(?![0-9]++[<>`])[^\t-\r /?#\\@<>`]*+(?=[<>`])")
_REST_OF_PASSWORD = re.compile(rb"[^\t-\r \"'/?#\\@]++@")
_STAND_IN = re.compile(rb"<[A-Za-z0-9_.|-]*>")

# By the quote that is open, which is no part of the URL; the other one may be.
_CLOSING = {b"": b"", b'"': b'"', rb"\"": b"\"'", b"'": b"'"}
_SAME_WORD = {
    quote: re.compile(rb"(?>(?:" + _JOINED + rb"|[^\t-\r @" + closing + rb"])*)@")
    for quote, closing in _CLOSING.items()
}
_SAME_LINE = {
    quote: re.compile(rb"(?>(?:\r(?!\n)|[^\n\r@" + closing + rb"])*)@")
    for quote, closing in _CLOSING.items()
}
_COMMENT = re.compile(rb"://|[ \t](?:#|//)")

# No closing quote has one of these directly behind it, unless a string ends inside a password.
_NOT_CLOSING = rb"(?=[A-Za-z0-9_$!@*^\x80-\xff\"'-])"
_AFTER_NAME = re.compile(
    rb"[\"']" + _NOT_CLOSING + rb"(?:[^\t-\r <>`@/?#\\:]*+(?::[^\t-\r <>`@]*+)?)@"
)
_AFTER_PASSWORD = re.compile(rb"[\"'][^\t-\r <>`@]*+@")
_PORT = re.compile(rb"[0-9]*+")


def goes_on(text: bytes, authority: int, end: int, quote: bytes) -> int:
    """Where a URL continues after the byte at `end`, which seems to end it; -1 if it does not.

    Its authority begins at `authority`. `quote` is the quote that is open around it, with the
    backslash before it.
    """
    match = _TEMPLATED.match(text, authority, authority + REACH)
    if match is not None and match.end() > end:
        return match.end() - 1
    closed = _CLOSED.search(text, authority, end)
    mark = text[end : end + 1]
    if mark == b"\n" or text.startswith(b"\r\n", end):
        return _joined(text, authority, end, closed, quote)
    if closed is not None:
        # `\'` is a quote inside a string.
        is_escape = mark in (b'"', b"'") and closed.group() == b"\\" and closed.end() == end
        return _glued(text, authority, end) if is_escape else -1
    if mark.isspace():
        return _blank(text, authority, end, quote)
    if mark in (b"<", b">", b"`"):
        at = _odd_password(text, authority, end)
        return at if at >= 0 else _second_at(text, authority, end, quote)
    return _glued(text, authority, end) if mark in (b'"', b"'") else -1


def is_templated(text: bytes, authority: int, at: int) -> bool:
    """Whether templates carry a userinfo over blanks or a line end to the `@` at `at`."""
    match = _TEMPLATED.match(text, authority, authority + REACH)
    return match is not None and match.end() > at


def is_joined(text: bytes, end: int) -> bool:
    """Whether the line that ends there goes on in the next one, because of a backslash."""
    return text[end - 1 : end] == b"\\" and text[end : end + 2].startswith((b"\n", b"\r\n"))


def _joined(
    text: bytes, authority: int, end: int, closed: re.Match[bytes] | None, quote: bytes
) -> int:
    line = _JOINED_LINE.match(text, end - 1, end + REACH)
    if line is None or closed is None:
        return -1
    if closed.start() == end - 1:
        return _second_at(text, authority, end - 1, quote)
    # A parameter may go on; nothing else that is a secret does.
    return line.end() if closed.group() != b"/" or b"?" in text[authority:end] else -1


def _odd_password(text: bytes, authority: int, odd: int) -> int:
    head = _OPEN_PASSWORD.match(text, authority, odd + 1)
    rest = None if head is None else _REST_OF_PASSWORD.match(text, odd, odd + REACH)
    if rest is None:
        return -1
    colon = text.index(b":", authority)
    return -1 if _STAND_IN.fullmatch(text, colon + 1, rest.end() - 1) else rest.end() - 1


def _second_at(text: bytes, authority: int, end: int, quote: bytes) -> int:
    if _host_after_secret(text, authority, end) is None:
        return -1
    match = _SAME_WORD[quote].match(text, end, end + REACH)
    return -1 if match is None or b"://" in match.group() else match.end() - 1


def may_be_password(host: bytes) -> bool:
    """Whether a host may as well be the end of a password with an `@` in it."""
    if b"." in host or host[:1] == b"[" or host.lower() == b"localhost":
        return False
    return not host or not is_harmless(host.partition(b":")[0])


def _blank(text: bytes, authority: int, end: int, quote: bytes) -> int:
    host = _host_after_secret(text, authority, end)
    if host is None or not may_be_password(host):
        return -1
    match = _SAME_LINE[quote].match(text, end, end + REACH)
    return -1 if match is None or _COMMENT.search(match.group()) else match.end() - 1


def _host_after_secret(text: bytes, authority: int, end: int) -> bytes | None:
    userinfo, at, host = text[authority:end].rpartition(b"@")
    if not at:
        return None
    name, password = split(userinfo)
    alone = password is None and _is_http(text, authority)
    return host if not is_harmless(name if alone else password or b"") else None


def _is_http(text: bytes, authority: int) -> bool:
    slashes = 5 if text.startswith(rb":\/\/", max(0, authority - 5)) else 3
    scheme = text[max(0, authority - slashes - 5) : authority - slashes].lower()
    return scheme.endswith((b"http", b"https"))


def _glued(text: bytes, authority: int, end: int) -> int:
    before = text[authority:end].rstrip(b"\\")
    password = split(before)[1]
    is_open = password is not None and not _PORT.fullmatch(password) and not is_harmless(password)
    pattern = _AFTER_PASSWORD if is_open else _AFTER_NAME
    match = pattern.match(text, end, end + REACH)
    if match is None or b"://" in match.group():
        return -1
    after = match.group()[:-1].replace(b'"', b"").replace(b"'", b"")
    if not after and password is None:
        return -1
    name, password = split(before + after)
    return -1 if is_harmless(name) and is_harmless(password or b"") else match.end() - 1
