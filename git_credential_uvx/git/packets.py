"""pkt-line, the packets in which Git talks to a long-running filter, and to a server.

A packet is four hexadecimal digits, which give its length with themselves, and its data. `0000` is
a flush packet: it has no data and ends a list or a text. In version 2 of the
protocol of servers, `0001` separates the parts of a message (gitprotocol-v2(5)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA_LIMIT = 65_516  # bytes of data in one packet; git neither writes nor reads a longer one
FLUSH = b"0000"
DELIMITER = b"0001"

_DIGITS = 4
_FILTER_MARKS = (0,)  # lengths of packets without data
_SERVER_MARKS = (0, 1)
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
        found = list(_split(data, _FILTER_MARKS))
        self._rest = data[found[-1][1] :] if found else data
        return [packet for packet, _ in found]


def lines_of(data: bytes) -> list[bytes]:
    """The lines that a server sends, without separators, up to the first broken packet."""
    found: list[bytes] = []
    try:
        for packet, _ in _split(data, _SERVER_MARKS):
            if packet is not None:
                found.append(packet.removesuffix(b"\n"))
    except ProtocolError:
        pass
    return found


def _split(data: bytes, marks: tuple[int, ...]) -> Iterator[tuple[bytes | None, int]]:
    """The whole packets of some bytes, each with its end. Raises ProtocolError."""
    start = 0
    while len(data) - start >= _DIGITS:
        length = _length(data[start : start + _DIGITS], marks)
        end = start + max(length, _DIGITS)
        if len(data) < end:
            break
        yield (None if length == 0 else data[start + _DIGITS : end]), end
        start = end


def _length(digits: bytes, marks: tuple[int, ...]) -> int:
    """The length of a packet, 0 for one without data. Raises ProtocolError."""
    if not _HEXADECIMAL.issuperset(digits):
        raise ProtocolError("malformed packet: its length is not hexadecimal")
    length = int(digits, 16)
    if length in marks:
        return 0
    if length < _DIGITS:
        raise ProtocolError(f"malformed packet: its length is {length}")
    if length > DATA_LIMIT + _DIGITS:
        raise ProtocolError(f"packet too long: {length} bytes, at most {DATA_LIMIT + _DIGITS}")
    return length


def packet_of(data: bytes) -> bytes:
    """One packet, of at most DATA_LIMIT bytes."""
    return b"%04x" % (len(data) + _DIGITS) + data


def packets_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A text as packets with a flush packet at its end."""
    for chunk in chunks:
        for start in range(0, len(chunk), DATA_LIMIT):
            yield packet_of(chunk[start : start + DATA_LIMIT])
    yield FLUSH


def list_of(lines: Iterable[bytes]) -> bytes:
    """A list of lines as packets with a flush packet at its end."""
    return b"".join(packets_of(line + b"\n" for line in lines))
