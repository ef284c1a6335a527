"""Counts the tokens of known shapes in a text that are in no URL. They are never taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..urls.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .findings import SecretFinding

# The most frequent ones, as patterns that give the place behind the beginning of a token. Each has
# the bytes that it begins with, because most texts lack them and `in` is faster than a pattern.
_MARKS = (
    (
        b"_",
        re.compile(
            rb"_(?=[A-Za-z0-9]{20})(?:(?<=\bgh[opusr]_)|(?<=\bnpm_)|(?<=\bhf_)|(?<=\bgithub_pat_))"
        ),
    ),
    (b"glpat-", re.compile(rb"glpat-")),
    (b"pypi-Ag", re.compile(rb"pypi-Ag")),
)
_LONGEST_BEGINNING = 11  # bytes

# Bytes at the end of a chunk in which a token may be cut off.
_HELD = 2048

# A stand-in of a manual (`ghp_xxxxxxxx`) has fewer different characters.
_FEWEST_CHARACTERS = 10


class TokenCounter:
    """Takes a text in chunks and counts the tokens in it."""

    def __init__(self) -> None:
        self._tail = b""
        self._base = 0
        self._found: set[int] = set()

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk, and return it."""
        text = self._tail + chunk if self._tail else chunk
        for beginning, mark in _MARKS:
            for match in mark.finditer(text) if beginning in text else ():
                self._take(text, match.end())
        self._tail = text[-_HELD:]
        self._base += len(text) - len(self._tail)
        return chunk

    def _take(self, text: bytes, end: int) -> None:
        """Remember the token whose beginning ends there, if it is one."""
        token = TOKEN.search(text, max(0, end - _LONGEST_BEGINNING), end + _HELD)
        if token is None or token.start() >= end:
            return
        if len(set(token.group())) >= _FEWEST_CHARACTERS:
            self._found.add(self._base + token.start())

    def outside(self, findings: Iterable[SecretFinding]) -> int:
        """How many of the tokens are in none of the URLs of these findings."""
        spans = sorted({found.url for found in findings}, reverse=True)
        count = 0
        for at in sorted(self._found):
            while spans and spans[-1][1] <= at:
                spans.pop()
            count += not spans or at < spans[-1][0]
        return count
