"""Connections, each lent to one request at a time.

The pool under httpx is not safe between threads: it may close a connection that it has just
given to another one, whose request then fails or waits for its time limit (httpcore 1.0.9,
its issue 1110). So each connection here is in a pool of its own. It does not survive a request
that fails: a pool keeps one whose TLS failed behind a proxy for ever, and has no room for another.
"""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import anyio
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterator

T = TypeVar("T", bound="httpx.BaseTransport | httpx.AsyncBaseTransport")

_ALL_USED = "all connections are in use"


class _Lane(Generic[T]):
    """Where requests of one kind go, one after the other."""

    __slots__ = ("key", "transport")

    def __init__(self, key: Hashable, transport: T) -> None:
        self.key = key
        self.transport = transport


class _Stock(Generic[T]):
    """The connections that there are; it never waits and closes none."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.idle: list[_Lane[T]] = []
        self.busy: set[_Lane[T]] = set()

    def lend(self, key: Hashable, connect: Callable[[], T]) -> tuple[_Lane[T], _Lane[T] | None]:
        """A connection, where fewer than `most` are busy; and one to close, which makes room."""
        lane = next((lane for lane in reversed(self.idle) if lane.key == key), None)
        surplus = None
        if lane is not None:
            self.idle.remove(lane)
        else:
            lane = _Lane(key, connect())
            if len(self.busy) + len(self.idle) >= self.most:
                surplus = self.idle.pop(0)
        self.busy.add(lane)
        return lane, surplus

    def give(self, lane: _Lane[T]) -> None:
        self.busy.remove(lane)
        self.idle.append(lane)

    def empty(self) -> list[_Lane[T]]:
        """All of them, of which none is lent again."""
        lanes = [*self.idle, *self.busy]
        self.idle.clear()
        return lanes


def _patience(request: httpx.Request) -> float | None:
    """How many seconds a request may wait for a connection; None for ever."""
    seconds: float | None = request.extensions.get("timeout", {}).get("pool")
    return seconds


class Lanes:
    """At most so many connections of programs with threads; who wants one more waits."""

    def __init__(self, most: int) -> None:
        self._stock = _Stock[httpx.BaseTransport](most)
        self._changed = Condition()

    def send(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.BaseTransport]
    ) -> httpx.Response:
        """Send a request where the last of this key has gone, or over what `connect` gives.

        The connection is the response's until that is closed. Raises PoolTimeout where the
        request says how long it may wait for one.
        """
        lane, surplus = self._take(key, request, connect)
        try:
            if surplus is not None:
                surplus.transport.close()
            response = lane.transport.handle_request(request)
        except BaseException:
            self.drop(lane)
            raise
        stream = cast("httpx.SyncByteStream", response.stream)
        response.stream = _Lent(stream, self, lane)
        return response

    def close(self) -> None:
        """Close all connections."""
        with self._changed:
            lanes = self._stock.empty()
        for lane in lanes:
            lane.transport.close()

    def _take(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.BaseTransport]
    ) -> tuple[_Lane[httpx.BaseTransport], _Lane[httpx.BaseTransport] | None]:
        stock = self._stock
        with self._changed:
            if not self._changed.wait_for(lambda: len(stock.busy) < stock.most, _patience(request)):
                raise httpx.PoolTimeout(_ALL_USED, request=request)
            try:
                return stock.lend(key, connect)
            except BaseException:
                # What it was woken for is still there for the next.
                self._changed.notify()
                raise

    def give(self, lane: _Lane[httpx.BaseTransport]) -> None:
        """Take a connection back for the next request."""
        with self._changed:
            self._stock.give(lane)
            self._changed.notify()

    def drop(self, lane: _Lane[httpx.BaseTransport]) -> None:
        """Take one back that is not used again."""
        with self._changed:
            self._stock.busy.remove(lane)
            self._changed.notify()
        lane.transport.close()


class AsyncLanes:
    """The same for an event loop."""

    def __init__(self, most: int) -> None:
        self._stock = _Stock[httpx.AsyncBaseTransport](most)
        self._room = anyio.Semaphore(most, fast_acquire=True)

    async def send(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.AsyncBaseTransport]
    ) -> httpx.Response:
        """As `Lanes` does."""
        with anyio.move_on_after(_patience(request)) as waiting:
            await self._room.acquire()
        if waiting.cancelled_caught:
            raise httpx.PoolTimeout(_ALL_USED, request=request)
        try:
            lane, surplus = self._stock.lend(key, connect)
        except BaseException:
            self._room.release()
            raise
        try:
            if surplus is not None:
                await surplus.transport.aclose()
            response = await lane.transport.handle_async_request(request)
        except BaseException:
            await self.drop(lane)
            raise
        stream = cast("httpx.AsyncByteStream", response.stream)
        response.stream = _AsyncLent(stream, self, lane)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        for lane in self._stock.empty():
            await lane.transport.aclose()

    def give(self, lane: _Lane[httpx.AsyncBaseTransport]) -> None:
        """Take a connection back for the next request."""
        self._stock.give(lane)
        self._room.release()

    async def drop(self, lane: _Lane[httpx.AsyncBaseTransport]) -> None:
        """Take one back that is not used again."""
        self._stock.busy.remove(lane)
        self._room.release()
        with anyio.CancelScope(shield=True):
            await lane.transport.aclose()


class _Lent(httpx.SyncByteStream):
    """The body of a response, which gives the connection back when it is closed."""

    def __init__(
        self, stream: httpx.SyncByteStream, lanes: Lanes, lane: _Lane[httpx.BaseTransport]
    ) -> None:
        self._stream = stream
        self._lanes = lanes
        self._lane = lane
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        # A second time the connection may be another request's.
        if self._closed:
            return
        self._closed = True
        try:
            self._stream.close()
        except BaseException:
            self._lanes.drop(self._lane)
            raise
        self._lanes.give(self._lane)


class _AsyncLent(httpx.AsyncByteStream):
    """The same for an event loop."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        lanes: AsyncLanes,
        lane: _Lane[httpx.AsyncBaseTransport],
    ) -> None:
        self._stream = stream
        self._lanes = lanes
        self._lane = lane
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._stream.aclose()
        except BaseException:
            await self._lanes.drop(self._lane)
            raise
        self._lanes.give(self._lane)
