"""Tokens that show what they are by their beginning, and those in the paths of known services.

This is a second net. Most tokens have no such shape, and a secret that is known is masked by value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..urls.tokens import TOKEN, has_token_shape
from .findings import Cut
from .templates import is_harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

# How one may begin in a path. Packages may be called `pypi-...`, tokens of PyPI go on with `Ag`.
AT_PATH = (
    rb"gh[opusr]_|github_pat_|gl[a-z]{2,5}-|pypi-Ag|npm_|hf_|AT(?:ATT|CTT|BB)|xox[abeoprs]-"
    rb"|ya29\.|dckr_pat_|hv[sbr]\.|eyJ"
)
_TOKEN_TEXT = re.compile(TOKEN.pattern.decode())

# What may begin such a token; everything here begins with a slash, so it is found quickly.
TELLING_PATH = re.compile(
    rb"/(?:" + AT_PATH + rb"|t(?:\\{0,8}/)+[A-Za-z0-9_-]{8}|pypi\.fury\.io|dl\.cloudsmith\.io)"
)
_PART = re.compile(rb"/([^/?#\\\t-\r \"'<>`,;)\]}]++)")
_CONDA_HOST = re.compile(rb"(?:\A|\.)anaconda\.(?:org|com|cloud)\Z")
_CONDA_TOKEN = re.compile(rb"[a-z]{2}-[0-9a-f]{8}(?:-[0-9a-f]{4,12}){1,4}")

# Cloudsmith has these in the place of a token.
_NO_TOKEN = (b"public", b"basic")


def mask_tokens(text: str, mask: str = "****") -> str:
    """A text with whatever has the shape of a token masked."""
    return _TOKEN_TEXT.sub(mask, text)


def path_tokens(
    text: bytes, authority: int, start: int, end: int, styles: frozenset[str]
) -> Iterator[Cut]:
    """The tokens in the path of a URL, each as a refusal: a path without its token is another one.

    The URL's authority begins at `authority`, its path at `start`.
    """
    if TELLING_PATH.search(text, authority - 1, end) is None:
        return
    query = min(
        (at for mark in (b"?", b"#") if (at := text.find(mark, start, end)) >= 0), default=end
    )
    host = text[authority:start].rpartition(b"@")[2].partition(b":")[0].lower()
    parts = list(_PART.finditer(text, start, query))
    for number, part in enumerate(parts):
        value, more = part[1], len(parts) - number - 1
        before = parts[number - 1][1] if number else b""
        if is_harmless(value, styles):
            continue
        if has_token_shape(value) or _is_for_host(host, before, value, number, more):
            yield Cut("refused", *part.span(1), mask=b"****")


def _is_for_host(host: bytes, before: bytes, value: bytes, number: int, more: int) -> bool:
    if before == b"t":
        if _CONDA_HOST.search(host):
            return len(value) >= 8
        return more > 0 and (_CONDA_TOKEN.fullmatch(value) is not None or _is_random(value))
    if number == 0 and more:
        if host == b"dl.cloudsmith.io":
            return value not in _NO_TOKEN and _is_random(value, 8)
        return host == b"pypi.fury.io" and _is_random(value, 12)
    return False


def _is_random(value: bytes, shortest: int = 16) -> bool:
    # A word, a name with hyphens and a number are none.
    return (
        len(value) >= shortest and value.isalnum() and not value.isdigit() and not value.isalpha()
    )
