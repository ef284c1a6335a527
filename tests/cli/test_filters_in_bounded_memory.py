"""The filters that Git runs hold a part of a file in memory, however large it is."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from git_credential_uvx.cli.sanitize_filter import cleaned, unchanged
from git_credential_uvx.sanitize.files import Rules

from ..support.common import cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_PIECE = b"0123456789abcde\n" * 4000
_PIECES = 1000  # 64 MB
_MOST = 24 << 20  # bytes: the part that waits in memory, and room for what works on it


def _text() -> Iterator[bytes]:
    for _ in range(_PIECES):
        yield bytes(bytearray(_PIECE))  # a new one, so that each counts


def _smudged() -> AbstractContextManager[Iterator[bytes]]:
    return unchanged(_text())


def _cleaned() -> AbstractContextManager[Iterator[bytes]]:
    return cleaned(_text(), "a.txt", None, Rules())


@cases("is_smudge", {"smudge": True, "clean": False})
def test_a_large_file_does_not_fill_the_memory(is_smudge: bool) -> None:
    tracemalloc.start()
    try:
        with _smudged() if is_smudge else _cleaned() as pieces:
            size = sum(map(len, pieces))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == len(_PIECE) * _PIECES
    assert peak < _MOST, f"{peak >> 20} MB"
