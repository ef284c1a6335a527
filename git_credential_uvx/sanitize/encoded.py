"""URLs inside other URLs or strings, with their marks escaped.

A redirect has a whole URL in a parameter (`url=https%3A%2F%2F...`), JSON may write any character
as `\\u002F`, and JSON inside JSON has `\\\\/`. YAML has `\\x2F`, TOML `\\U0000002F`, and HTML
`&#64;`. What is inside is decoded as often as its `://` needs. Such a secret is reported and stays:
another program takes the escapes away, so what is left after a cut would be hard to tell.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from .findings import Cut
from .userinfo import decided, secret_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every escape begins with one of these.
ESCAPES = (b"%", b"\\", b"&")

# Bytes of an escaped userinfo, and of a scheme, that are looked at.
_LONGEST = 1024
LONGEST_SCHEME = 64

# How `://` is written; the second one begins behind its colon where that is none of the escapes.
_PERCENT_SLASH = rb"(?:/|%(?:25){0,3}2[fF])"
_BYTE = rb"(?:u00|x|U000000)"
_BACKSLASH_SLASH = rb"(?:/|\\{1,8}(?:/|" + _BYTE + rb"2[fF]))"
BY_PERCENT = re.compile(rb"%(?:25){0,3}3[aA]" + _PERCENT_SLASH + rb"{2}")
BY_BACKSLASH = re.compile(
    rb"\\(?:(?<=:\\)(?!/\\/)\\{0,7}(?:"
    + _BYTE
    + rb"2[fF]|/)"
    + _BACKSLASH_SLASH
    + rb"|\\{0,7}"
    + _BYTE
    + rb"3[aA]"
    + _BACKSLASH_SLASH
    + rb"{2})"
)
_PLAIN = re.compile(rb":(?://|\\/\\/)")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*+\Z")
_ESCAPE = re.compile(rb"\\{1,8}(?:" + _BYTE + rb"([0-9A-Fa-f]{2})|(?=/))")
_BODY = rb"((?:(?!\\{1,8}(?:/|" + _BYTE + rb"(?:2[fF]|3[fF]|23)))[^\t-\r \"'<>`/?#])*)"
ESCAPED_AT = re.compile(rb"\\{1,8}(?:u0040|x40|U00000040)")
_USERINFO = re.compile(_BODY + rb"(?:@|" + ESCAPED_AT.pattern + rb")")
_ESCAPED_USERINFO = re.compile(_BODY + ESCAPED_AT.pattern)

# HTML. `BY_ENTITY` begins with the last byte of the colon, because few texts have `;//`.
BY_ENTITY = re.compile(rb";(?:(?<=&#58;)|(?<=&colon;)|(?<=&#[xX]3[aA];))//")
_COLON = rb"&(?:#58|#[xX]3[aA]|colon);"
_AT = rb"&(?:#64|#[xX]40|commat);"
_HTML_MARK = re.compile(_COLON + rb"|" + _AT)
_HTML_SEPARATOR = re.compile(rb"(?::|" + _COLON + rb")//")
_HTML_USERINFO = re.compile(
    rb"((?>(?:" + _COLON + rb"|(?!" + _AT + rb")[^\t-\r \"'<>`/?#@])*))(?:@|" + _AT + rb")"
)


def encoded_secrets(
    text: bytes, start: int, end: int, styles: frozenset[str]
) -> Iterator[tuple[int, Cut]]:
    """Where the escaped URLs of a run with a secret in their userinfo begin, and a refusal."""
    if text.find(b"%", start, end) >= 0:
        for match in BY_PERCENT.finditer(text, start, end):
            often = match.group().partition(b"3")[0].count(b"25")
            found = _percent(often).match(text, match.end(), min(end, match.end() + _LONGEST))
            if found is not None:
                userinfo = found[1]
                for _ in range(often + 1):
                    userinfo = unquote_to_bytes(userinfo)
                yield from _refusal(text, match, found.end(), userinfo, styles)
    if text.find(b"\\", start, end) >= 0:
        for pattern, inside in ((BY_BACKSLASH, _USERINFO), (_PLAIN, _ESCAPED_USERINFO)):
            for match in pattern.finditer(text, start, end):
                found = inside.match(text, match.end(), min(end, match.end() + _LONGEST))
                if found is not None:
                    userinfo = _ESCAPE.sub(_unescaped, found[1])
                    yield from _refusal(text, match, found.end(), userinfo, styles)
    if text.find(b"&", start, end) >= 0:
        yield from _by_entities(text, start, end, styles)


def _by_entities(
    text: bytes, start: int, end: int, styles: frozenset[str]
) -> Iterator[tuple[int, Cut]]:
    for match in _HTML_SEPARATOR.finditer(text, start, end):
        found = _HTML_USERINFO.match(text, match.end(), min(end, match.end() + _LONGEST))
        if found is not None and _HTML_MARK.search(text, match.start(), found.end()):
            userinfo = _HTML_MARK.sub(b":", found[1])
            yield from _refusal(text, match, found.end(), userinfo, styles)


def _refusal(
    text: bytes, match: re.Match[bytes], end: int, userinfo: bytes, styles: frozenset[str]
) -> Iterator[tuple[int, Cut]]:
    floor = max(0, match.start() - LONGEST_SCHEME)
    before = text[floor : match.start()].rstrip(b":")
    scheme = _SCHEME.search(before)
    start = match.start() if scheme is None else floor + scheme.start()
    name = b"" if scheme is None else scheme.group().lower()
    secret = secret_of(name, userinfo, 0, styles)
    if secret is not None and decided(secret, None).kind != "login":
        yield start, Cut("refused", match.end(), end, b"****@")


@cache
def _percent(often: int) -> re.Pattern[bytes]:
    percent = rb"%" + rb"25" * often
    ends = percent + rb"(?:2[fF]|3[fF]|23)"
    return re.compile(rb"((?:(?!" + ends + rb")[^\t-\r \"'<>`&/?#])*)(?:@|" + percent + rb"40)")


def _unescaped(match: re.Match[bytes]) -> bytes:
    return b"" if match[1] is None else bytes([int(match[1], 16)])
