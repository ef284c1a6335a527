"""Works round https://github.com/encode/httpcore/issues/1110: its pool is not safe between threads.

httpcore may close a connection that it has just given to another thread, whose request then fails
or waits for its time limit. So each connection here is in a pool of its own. Delete this module
when the lowest httpcore that the project allows has the fix, pull request 1111 (1.0.9 has not).

A connection does not survive a request that fails: httpcore keeps one whose TLS failed behind a
proxy for ever, and then has no room for another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import anyio
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterator

T = TypeVar("T", bound="httpx.BaseTransport | httpx.AsyncBaseTransport")

_ALL_USED = "all connections are in use"


@dataclass(slots=True, eq=False)
class _Connection(Generic[T]):
    """A connection for the requests of one key, one after the other."""

    key: Hashable
    transport: T


@dataclass(slots=True)
class _Stock(Generic[T]):
    """The connections of a pool. It never waits, and closes none itself."""

    most: int
    idle: list[_Connection[T]] = field(default_factory=list)
    busy: set[_Connection[T]] = field(default_factory=set)

    def lend(
        self, key: Hashable, connect: Callable[[], T]
    ) -> tuple[_Connection[T], _Connection[T] | None]:
        """A connection for a key, and one that must be closed to make room.

        Fewer than `most` connections may be busy.
        """
        surplus = None
        matching = [idle for idle in self.idle if idle.key == key]
        if matching:
            lent = matching[-1]
            self.idle.remove(lent)
        else:
            lent = _Connection(key, connect())
            if len(self.busy) + len(self.idle) >= self.most:
                surplus = self.idle.pop(0)
        self.busy.add(lent)
        return lent, surplus

    def give(self, lent: _Connection[T]) -> None:
        self.busy.remove(lent)
        self.idle.append(lent)

    def empty(self) -> list[_Connection[T]]:
        """All connections; none of them is lent again."""
        both = [*self.idle, *self.busy]
        self.idle.clear()
        return both


def _patience(request: httpx.Request) -> float | None:
    """How many seconds a request may wait for a connection; None for ever."""
    seconds: float | None = request.extensions.get("timeout", {}).get("pool")
    return seconds


class ConnectionPool:
    """At most so many connections, for programs with threads. Further requests wait."""

    def __init__(self, most: int) -> None:
        self._stock = _Stock[httpx.BaseTransport](most)
        self._changed = Condition()

    def send(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.BaseTransport]
    ) -> httpx.Response:
        """Send a request over an idle connection of this key, or one that `connect` makes.

        The connection belongs to the response until that is closed. Raises PoolTimeout if the
        request says how long it may wait for one.
        """
        lent, surplus = self._take(key, request, connect)
        try:
            if surplus is not None:
                surplus.transport.close()
            response = lent.transport.handle_request(request)
        except BaseException:
            self.drop(lent)
            raise
        stream = cast("httpx.SyncByteStream", response.stream)
        response.stream = _LentBody(stream, self, lent)
        return response

    def close(self) -> None:
        """Close all connections."""
        with self._changed:
            both = self._stock.empty()
        for one in both:
            one.transport.close()

    def _take(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.BaseTransport]
    ) -> tuple[_Connection[httpx.BaseTransport], _Connection[httpx.BaseTransport] | None]:
        stock = self._stock
        with self._changed:
            if not self._changed.wait_for(lambda: len(stock.busy) < stock.most, _patience(request)):
                raise httpx.PoolTimeout(_ALL_USED, request=request)
            try:
                return stock.lend(key, connect)
            except BaseException:
                # The room that this thread was woken for is still there for the next one.
                self._changed.notify()
                raise

    def give(self, lent: _Connection[httpx.BaseTransport]) -> None:
        """Take a connection back for the next request."""
        with self._changed:
            self._stock.give(lent)
            self._changed.notify()

    def drop(self, lent: _Connection[httpx.BaseTransport]) -> None:
        """Take back and close a connection that is not used again."""
        with self._changed:
            self._stock.busy.remove(lent)
            self._changed.notify()
        lent.transport.close()


class AsyncConnectionPool:
    """The same for an event loop."""

    def __init__(self, most: int) -> None:
        self._stock = _Stock[httpx.AsyncBaseTransport](most)
        self._room = anyio.Semaphore(most, fast_acquire=True)

    async def send(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.AsyncBaseTransport]
    ) -> httpx.Response:
        """Send a request as `ConnectionPool` does."""
        with anyio.move_on_after(_patience(request)) as waiting:
            await self._room.acquire()
        if waiting.cancelled_caught:
            raise httpx.PoolTimeout(_ALL_USED, request=request)
        try:
            lent, surplus = self._stock.lend(key, connect)
        except BaseException:
            self._room.release()
            raise
        try:
            if surplus is not None:
                await surplus.transport.aclose()
            response = await lent.transport.handle_async_request(request)
        except BaseException:
            await self.drop(lent)
            raise
        stream = cast("httpx.AsyncByteStream", response.stream)
        response.stream = _AsyncLentBody(stream, self, lent)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        for one in self._stock.empty():
            await one.transport.aclose()

    def give(self, lent: _Connection[httpx.AsyncBaseTransport]) -> None:
        """Take a connection back for the next request."""
        self._stock.give(lent)
        self._room.release()

    async def drop(self, lent: _Connection[httpx.AsyncBaseTransport]) -> None:
        """Take back and close a connection that is not used again."""
        self._stock.busy.remove(lent)
        self._room.release()
        with anyio.CancelScope(shield=True):
            await lent.transport.aclose()


@dataclass(eq=False, repr=False)
class _LentBody(httpx.SyncByteStream):
    """The body of a response, which gives the connection back when it is closed."""

    stream: httpx.SyncByteStream
    pool: ConnectionPool
    lent: _Connection[httpx.BaseTransport]
    closed: bool = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.stream)

    def close(self) -> None:
        # The second time, the connection may be another request's.
        if self.closed:
            return
        self.closed = True
        try:
            self.stream.close()
        except BaseException:
            self.pool.drop(self.lent)
            raise
        self.pool.give(self.lent)


@dataclass(eq=False, repr=False)
class _AsyncLentBody(httpx.AsyncByteStream):
    """The same for an event loop."""

    stream: httpx.AsyncByteStream
    pool: AsyncConnectionPool
    lent: _Connection[httpx.AsyncBaseTransport]
    closed: bool = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.stream.__aiter__()

    async def aclose(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            await self.stream.aclose()
        except BaseException:
            await self.pool.drop(self.lent)
            raise
        self.pool.give(self.lent)
