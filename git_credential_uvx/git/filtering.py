"""Git's long-running filter protocol, version 2 (gitattributes(5)): one process for many files.

Git and the filter first agree on a version and on what the filter can do. Then Git sends one file
at a time, all of it, and reads the answer.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from ..errors import ProtocolError
from .packets import Unpacker, list_of, packets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LINES = 1000  # of a list; git sends fewer than ten
_PIECE = 1 << 18  # bytes of one read


class FilterRequest:
    """One file that Git wants to be filtered: `chunks` gives its content, once.

    It is answered with one of the methods.
    """

    def __init__(
        self, command: str, path: str, chunks: Iterator[bytes], write: Callable[[bytes], object]
    ) -> None:
        self.command = command
        self.path = path
        self.chunks = chunks
        self._write = write

    def succeed(self, chunks: Iterable[bytes]) -> None:
        """Answer with the filtered content."""
        self._answer(b"success")
        for packet in packets_of(chunks):
            self._write(packet)
        # An empty list: the status is still the same.
        self._write(list_of([]))

    def fail(self) -> None:
        """Answer that this file cannot be filtered."""
        self._answer(b"error")

    def abort(self) -> None:
        """Answer that no file can be filtered with this command."""
        self._answer(b"abort")

    def _answer(self, status: bytes) -> None:
        # Git reads nothing before it has written all of the file.
        for _ in self.chunks:
            pass
        self._write(list_of([b"status=" + status]))


class FilterConversation:
    """The filter's side of the protocol, over a function that reads and one that writes.

    `read` is given the most bytes to return; it returns what is there, and nothing at the end.
    """

    def __init__(self, read: Callable[[int], bytes], write: Callable[[bytes], object]) -> None:
        self._read = read
        self._write = write
        self._unpacker = Unpacker()
        self._packets: deque[bytes | None] = deque()

    def greet(self, capabilities: Iterable[str]) -> None:
        """Agree on version 2 and say what this filter can do. Raises ProtocolError."""
        if self._is_over():
            raise ProtocolError("no request: Git starts this command by itself")
        greeting = self._list()
        if greeting[:1] != [b"git-filter-client"] or b"version=2" not in greeting[1:]:
            raise ProtocolError("not version 2 of Git's long-running filter protocol")
        self._write(list_of([b"git-filter-server", b"version=2"]))
        offered = self._list()
        wanted = [b"capability=" + name.encode() for name in capabilities]
        self._write(list_of(line for line in wanted if line in offered))

    def requests(self) -> Iterator[FilterRequest]:
        """What Git wants filtered, one after the other, until Git has no more.

        Raises ProtocolError.
        """
        while not self._is_over():
            fields = dict(_field(line) for line in self._list())
            if b"command" not in fields or b"pathname" not in fields:
                raise ProtocolError("a request has no command or no path")
            command = fields[b"command"].decode("ascii", "replace")
            path = os.fsdecode(fields[b"pathname"])
            yield FilterRequest(command, path, self._content(), self._write)

    def _content(self) -> Iterator[bytes]:
        while (packet := self._packet()) is not None:
            yield packet

    def _list(self) -> list[bytes]:
        """The lines of a list without their line ends. Raises ProtocolError."""
        lines = []
        while (packet := self._packet()) is not None:
            lines.append(packet.removesuffix(b"\n"))
            if len(lines) > _LINES:
                raise ProtocolError(f"a request has more than {_LINES} lines")
        return lines

    def _packet(self) -> bytes | None:
        """The next packet, None for a flush packet. Raises ProtocolError."""
        if self._is_over():
            raise ProtocolError("the input ends in the middle of a request")
        return self._packets.popleft()

    def _is_over(self) -> bool:
        """Whether the input ends here, between two packets. Raises ProtocolError."""
        while not self._packets:
            data = self._read(_PIECE)
            if not data:
                if self._unpacker.is_inside:
                    raise ProtocolError("the input ends in the middle of a packet")
                return True
            self._packets += self._unpacker.feed(data)
        return False


def _field(line: bytes) -> tuple[bytes, bytes]:
    key, equals, value = line.partition(b"=")
    if not equals:
        raise ProtocolError("a request has a line without '='")
    return key, value
