"""Bodies that nobody reads, because another request follows the answer.

The server decides how long a body is. A short one is read as it was sent, without unpacking it, so
that the next request can use the connection. For a long one, the connection is closed. Either way,
the response gets an empty body.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SHORT = 64 * 1024  # bytes
# The most time for a short body: a new connection takes less. It is looked at between two parts; a
# server that sends nothing is waited for as long as the client's own timeout says.
_SECONDS = 2.0


def skip(response: httpx.Response) -> None:
    """Replace the body by an empty one.

    To read it drains a short body; to close it closes the connection of a long one.
    """
    short = is_short(response.headers)
    if isinstance(response.stream, httpx.SyncByteStream):
        response.stream = _Skipped(response.stream, short=short)
    elif isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _AsyncSkipped(response.stream, short=short)


def is_short(headers: httpx.Headers) -> bool:
    """Whether a body may be short, so that its connection can be used again."""
    length = headers.get("content-length")
    if length is None:
        return "transfer-encoding" in headers
    plain = length.isascii() and length.isdigit() and len(length) <= len(str(SHORT))
    return plain and int(length) <= SHORT


class _Limit:
    """How much of a body is read."""

    def __init__(self) -> None:
        self._size = 0
        self._end = monotonic() + _SECONDS

    def ends_with(self, part: bytes) -> bool:
        self._size += len(part)
        return self._size > SHORT or monotonic() > self._end


class _Skipped(httpx.SyncByteStream):
    """An empty body that drains the real one."""

    def __init__(self, stream: httpx.SyncByteStream, *, short: bool) -> None:
        self._stream = stream
        self._short = short

    def __iter__(self) -> Iterator[bytes]:
        if self._short:
            limit = _Limit()
            try:
                for part in self._stream:
                    if limit.ends_with(part):
                        break
            except (httpx.TransportError, OSError):
                pass  # the connection is lost, but the answer is complete
        yield from ()

    def close(self) -> None:
        self._stream.close()


class _AsyncSkipped(httpx.AsyncByteStream):
    """The same for an event loop."""

    def __init__(self, stream: httpx.AsyncByteStream, *, short: bool) -> None:
        self._stream = stream
        self._short = short

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._short:
            limit = _Limit()
            try:
                async for part in self._stream:
                    if limit.ends_with(part):
                        break
            except (httpx.TransportError, OSError):
                pass
        nothing: tuple[bytes, ...] = ()
        for part in nothing:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
