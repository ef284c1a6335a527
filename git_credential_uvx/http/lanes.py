"""Connections for programs with threads, each lent to one request at a time.

The pool under httpx is not safe between threads: it may close a connection that it has just
given to another one, whose request then fails or waits for its time limit (httpcore 1.0.9,
its issue 1110). So each connection here is in a pool of its own. It does not survive a request
that fails: a pool keeps one whose TLS failed behind a proxy for ever, and has no room for another.
"""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING, cast

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator


class _Lane:
    """Where requests of one kind go, one after the other."""

    __slots__ = ("key", "transport")

    def __init__(self, key: Hashable, transport: httpx.BaseTransport) -> None:
        self.key = key
        self.transport = transport


class Lanes:
    """At most so many connections; who wants one more waits."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: list[_Lane] = []
        self._busy: set[_Lane] = set()
        self._changed = Condition()

    def send(
        self, key: Hashable, request: httpx.Request, connect: Callable[[], httpx.BaseTransport]
    ) -> httpx.Response:
        """Send a request where the last of this key has gone, or over what `connect` gives.

        The connection is the response's until that is closed. Raises PoolTimeout where the
        request says how long it may wait for one.
        """
        lane = self._take(key, connect, request)
        try:
            response = lane.transport.handle_request(request)
        except BaseException:
            self._drop(lane)
            raise
        stream = cast("httpx.SyncByteStream", response.stream)
        response.stream = _Lent(stream, lambda: self._give(lane))
        return response

    def close(self) -> None:
        """Close all connections."""
        with self._changed:
            lanes = [*self._idle, *self._busy]
            self._idle.clear()
        for lane in lanes:
            lane.transport.close()

    def _take(
        self, key: Hashable, connect: Callable[[], httpx.BaseTransport], request: httpx.Request
    ) -> _Lane:
        surplus = None
        patience = request.extensions.get("timeout", {}).get("pool")
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._busy) < self._most, patience):
                raise httpx.PoolTimeout("all connections are in use", request=request)
            try:
                lane = next((lane for lane in reversed(self._idle) if lane.key == key), None)
                if lane is not None:
                    self._idle.remove(lane)
                else:
                    lane = _Lane(key, connect())
                    if len(self._busy) + len(self._idle) >= self._most:
                        surplus = self._idle.pop(0)
            except BaseException:
                # What it was woken for is still there for the next.
                self._changed.notify()
                raise
            self._busy.add(lane)
        if surplus is not None:
            surplus.transport.close()
        return lane

    def _give(self, lane: _Lane) -> None:
        with self._changed:
            self._busy.remove(lane)
            self._idle.append(lane)
            self._changed.notify()

    def _drop(self, lane: _Lane) -> None:
        with self._changed:
            self._busy.remove(lane)
            self._changed.notify()
        lane.transport.close()


class _Lent(httpx.SyncByteStream):
    """The body of a response, which gives the connection back when it is closed."""

    def __init__(self, stream: httpx.SyncByteStream, give_back: Callable[[], None]) -> None:
        self._stream = stream
        self._give_back = give_back
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
        finally:
            self._give_back()
