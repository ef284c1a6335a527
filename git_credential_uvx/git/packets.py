"""pkt-line, the packets in which Git talks to a long-running filter (gitprotocol-common(5)).

A packet is four hexadecimal digits, which give its length with themselves, and its data. `0000` is
a flush packet: it has no data and ends a list or a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA_LIMIT = 65_516  # bytes of data in one packet; git neither writes nor reads a longer one
FLUSH = b"0000"

_DIGITS = 4
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class Unpacker:
    """Takes bytes in pieces of any size and gives the packets in them."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_inside(self) -> bool:
        """Whether the bytes so far end inside a packet."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes | None]:
        """The packets that end in `data`: each with its data, None for a flush packet.

        Raises ProtocolError.
        """
        data = self._rest + data
        found: list[bytes | None] = []
        start = 0
        while len(data) - start >= _DIGITS:
            length = _length(data[start : start + _DIGITS])
            if length == 0:
                found.append(None)
                start += _DIGITS
                continue
            if len(data) - start < length:
                break
            found.append(data[start + _DIGITS : start + length])
            start += length
        self._rest = data[start:]
        return found


def _length(digits: bytes) -> int:
    """The length of a packet, 0 for a flush packet. Raises ProtocolError."""
    if not _HEXADECIMAL.issuperset(digits):
        raise ProtocolError("malformed packet: its length is not hexadecimal")
    length = int(digits, 16)
    # Lengths of 1 to 3 mean something in other protocols of Git's only.
    if 0 < length < _DIGITS:
        raise ProtocolError(f"malformed packet: its length is {length}")
    if length > DATA_LIMIT + _DIGITS:
        raise ProtocolError(f"packet too long: {length} bytes, at most {DATA_LIMIT + _DIGITS}")
    return length


def packets_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A text as packets with a flush packet at its end."""
    for chunk in chunks:
        for start in range(0, len(chunk), DATA_LIMIT):
            part = chunk[start : start + DATA_LIMIT]
            yield b"%04x" % (len(part) + _DIGITS) + part
    yield FLUSH


def list_of(lines: Iterable[bytes]) -> bytes:
    """A list of lines as packets with a flush packet at its end."""
    return b"".join(packets_of(line + b"\n" for line in lines))
