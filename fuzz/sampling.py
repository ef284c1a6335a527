"""Which inputs are also given to a real program, which takes milliseconds each time."""

from __future__ import annotations

from zlib import crc32


def sampled(data: bytes, one_in: int) -> bool:
    """Whether this input is one of the `one_in`. The same input gives the same answer."""
    return crc32(data) % one_in == 0
