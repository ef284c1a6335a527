"""Takes findings out of a text, and tells whether a document stayed what it was."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .findings import Finding


def without(chunks: Iterable[bytes], findings: Iterable[Finding]) -> Iterator[bytes]:
    """A text, in chunks, without the bytes of these findings, which come in their order."""
    spans = ((found.start, found.end) for found in findings)
    start, end = next(spans, (-1, -1))
    base = 0
    for chunk in chunks:
        position = 0
        while 0 <= start < base + len(chunk):
            yield chunk[position : max(position, start - base)]
            position = min(len(chunk), end - base)
            if end > base + len(chunk):
                break
            start, end = next(spans, (-1, -1))
        yield chunk[position:]
        base += len(chunk)


def is_same_document(before: bytes, after: bytes) -> bool:
    """Whether a TOML or JSON text says the same after a change, but for its URLs. A text that is
    neither is no document, and so the same."""
    for read in (_toml, _json):
        old = read(before)
        if old is not None:
            new = read(after)
            return new is not None and _is_same(old[0], new[0])
    return True


def _toml(text: bytes) -> tuple[Any] | None:
    try:
        return (tomllib.loads(text.decode("utf-8-sig")),)
    except (ValueError, RecursionError):
        return None


def _json(text: bytes) -> tuple[Any] | None:
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        names = list(zip(old, new, strict=False))
        return len(old) == len(new) and all(
            _is_same(a, b) and _is_same(old[a], new[b]) for a, b in names
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    if isinstance(old, str) and isinstance(new, str):
        return old == new or "://" in old
    return type(old) is type(new) and (old == new or old != old)
