"""Text in UTF-16, as Windows PowerShell writes it into files and pip reads it.

It is looked into and never rewritten.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from itertools import chain
from typing import TYPE_CHECKING

from .text import sanitize_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SEPARATOR = ":/".encode("utf-16-le")


def is_utf16(text: bytes) -> bool:
    """Whether a text, or the start of one, has a byte order mark or a URL in UTF-16."""
    return _encoding(text) is not None


def _encoding(text: bytes) -> str | None:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    at = text.find(_SEPARATOR)
    return None if at < 0 else "utf-16-be" if at % 2 else "utf-16-le"


def has_secret(chunks: Iterable[bytes], path: str) -> bool:
    """Whether a text in UTF-16 has a finding that no comment allows; memory does not grow with
    it."""
    parts = sanitize_chunks(_as_utf8(chunks), path=path, clean=False)
    return any(not found.allowed for part in parts for found in part.findings)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(chunks)
    first = next(rest, b"")
    decoder = getincrementaldecoder(_encoding(first) or "utf-16")("replace")
    for chunk in chain([first], rest):
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
