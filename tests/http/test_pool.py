"""Connections are lent to one request at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock, Thread
from time import sleep

import anyio
import anyio.lowlevel
import httpx
import pytest

from git_credential_uvx.http.pool import AsyncConnectionPool, ConnectionPool


class Line(httpx.BaseTransport):
    """Stands for a connection: it notes its requests, and whether it is asked twice at once."""

    def __init__(self, *, broken: bool = False) -> None:
        self.paths: list[str] = []
        self.closed = False
        self.broken = broken
        self.alone = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.closed
        assert self.alone.acquire(blocking=False), "two requests at once"
        if self.broken:
            self.alone.release()
            raise httpx.ReadError("gone")
        self.paths.append(request.url.path)
        return httpx.Response(200, stream=Body(self.alone))

    def close(self) -> None:
        self.closed = True


class Body(httpx.SyncByteStream):
    def __init__(self, alone: Lock) -> None:
        self._alone = alone

    def close(self) -> None:
        self._alone.release()


class AsyncLine(httpx.AsyncBaseTransport):
    """The same for an event loop; paths tell how it fails."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.closed
        self.paths.append(request.url.path)
        if request.url.path == "/never":
            await anyio.sleep_forever()
        if request.url.path == "/error":
            raise httpx.ReadError("gone")
        return httpx.Response(200, stream=AsyncBody(broken=request.url.path == "/unclosed"))

    async def aclose(self) -> None:
        self.closed = True


class AsyncBody(httpx.AsyncByteStream):
    def __init__(self, *, broken: bool) -> None:
        self._broken = broken

    async def aclose(self) -> None:
        if self._broken:
            raise httpx.CloseError("gone")


class Lines:
    """What `connect` has given."""

    def __init__(self, most: int) -> None:
        self.connections = ConnectionPool(most)
        self.made: list[Line] = []
        self.broken = False

    def connect(self) -> Line:
        self.made.append(Line(broken=self.broken))
        return self.made[-1]

    def send(self, url: str, *, patience: float | None = None) -> httpx.Response:
        request = httpx.Request("GET", url, extensions={"timeout": {"pool": patience}})
        return self.connections.send(request.url.host, request, self.connect)

    @property
    def paths(self) -> list[list[str]]:
        return [line.paths for line in self.made]


def test_a_connection_is_used_again_when_its_response_is_closed() -> None:
    lines = Lines(9)
    lines.send("https://a.test/1").close()
    lines.send("https://a.test/2").close()
    assert lines.paths == [["/1", "/2"]]


def test_not_before() -> None:
    lines = Lines(9)
    first = lines.send("https://a.test/1")
    lines.send("https://a.test/2")
    first.close()
    lines.send("https://a.test/3")
    assert lines.paths == [["/1", "/3"], ["/2"]]


def test_nor_for_another_host() -> None:
    lines = Lines(9)
    lines.send("https://a.test/1").close()
    lines.send("https://b.test/2").close()
    assert lines.paths == [["/1"], ["/2"]]


def test_the_one_unused_longest_makes_room() -> None:
    lines = Lines(2)
    for host in ("a", "b", "a", "c", "a"):
        lines.send(f"https://{host}.test/{host}").close()
    assert lines.paths == [["/a", "/a", "/a"], ["/b"], ["/c"]]
    assert [line.closed for line in lines.made] == [False, True, False]


def test_a_request_that_fails_leaves_room_for_the_next() -> None:
    lines = Lines(1)
    lines.broken = True
    for _ in range(2):
        with pytest.raises(httpx.ReadError):
            lines.send("https://a.test/")


def test_a_connection_whose_request_failed_is_closed_and_never_used_again() -> None:
    lines = Lines(9)
    lines.broken = True
    with pytest.raises(httpx.ReadError):
        lines.send("https://a.test/1")
    lines.broken = False
    lines.send("https://a.test/2").close()
    assert lines.paths == [[], ["/2"]]
    assert [line.closed for line in lines.made] == [True, False]


def test_nor_one_whose_response_cannot_be_closed() -> None:
    lines = Lines(1)
    first = lines.send("https://a.test/1")
    lines.made[0].alone.release()
    with pytest.raises(RuntimeError):
        first.close()
    lines.send("https://a.test/2", patience=20).close()
    assert lines.paths == [["/1"], ["/2"]]


def test_who_says_how_long_to_wait_for_a_connection_waits_no_longer() -> None:
    lines = Lines(1)
    first = lines.send("https://a.test/1")
    with pytest.raises(httpx.PoolTimeout):
        lines.send("https://a.test/2", patience=0.01)
    first.close()
    lines.send("https://a.test/3", patience=0.01)
    assert lines.paths == [["/1", "/3"]]


def test_one_that_cannot_connect_lets_the_next_that_waits_try() -> None:
    lines = Lines(1)
    first = lines.send("https://a.test/1")

    def no_connection() -> Line:
        raise httpx.UnsupportedProtocol("no")

    def ask() -> None:
        with pytest.raises(httpx.UnsupportedProtocol):
            lines.connections.send("b", httpx.Request("GET", "https://b.test/"), no_connection)

    asking = [Thread(target=ask, daemon=True) for _ in range(2)]
    for thread in asking:
        thread.start()
    sleep(0.2)  # until both wait; if they do not yet, this proves less
    first.close()
    for thread in asking:
        thread.join(20)
    assert not any(thread.is_alive() for thread in asking)


def test_closing_twice_gives_back_once() -> None:
    lines = Lines(9)
    first = lines.send("https://a.test/1")
    first.close()
    lines.send("https://a.test/2")
    first.stream.close()  # type: ignore[union-attr]
    lines.send("https://a.test/3")
    assert lines.paths == [["/1", "/2"], ["/3"]]


def test_what_is_idle_and_what_is_not_is_closed_at_the_end() -> None:
    lines = Lines(9)
    lines.send("https://a.test/").close()
    lines.send("https://b.test/")
    lines.connections.close()
    assert [line.closed for line in lines.made] == [True, True]


def test_threads_share_them_one_at_a_time_and_wait_for_one() -> None:
    lines = Lines(5)
    start = Barrier(40)

    def ask(number: int) -> None:
        start.wait(60)
        for turn in range(50):
            lines.send(f"https://{'ab'[(number + turn) % 2]}.test/").close()

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(ask, range(40)))
    assert sum(len(paths) for paths in lines.paths) == 2000
    assert sum(not line.closed for line in lines.made) <= 5


class AsyncLines:
    """What `connect` has given in an event loop."""

    def __init__(self, most: int) -> None:
        self.connections = AsyncConnectionPool(most)
        self.made: list[AsyncLine] = []

    def connect(self) -> AsyncLine:
        self.made.append(AsyncLine())
        return self.made[-1]

    async def send(self, path: str, *, patience: float | None = None) -> httpx.Response:
        extensions = {"timeout": {"pool": patience}}
        request = httpx.Request("GET", f"https://a.test{path}", extensions=extensions)
        return await self.connections.send(None, request, self.connect)


def test_tasks_share_them_one_at_a_time() -> None:
    lines = AsyncLines(2)

    async def ask() -> None:
        for _ in range(5):
            response = await lines.send("/")
            await anyio.lowlevel.checkpoint()
            await response.aclose()

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)
        await lines.connections.aclose()

    anyio.run(all_of_them)
    assert sum(len(line.paths) for line in lines.made) == 100
    assert [line.closed for line in lines.made] == [True, True]


@pytest.mark.parametrize("path", ["/error", "/unclosed", "/never", "/waits"])
def test_what_goes_wrong_with_a_task_leaves_room_for_the_next(path: str) -> None:
    lines = AsyncLines(1)

    async def wrong() -> None:
        if path == "/waits":
            first = await lines.send("/")
            with pytest.raises(httpx.PoolTimeout):
                await lines.send("/", patience=0.01)
            await first.aclose()
            return
        with anyio.move_on_after(0.01), pytest.raises(httpx.NetworkError):
            await (await lines.send(path)).aclose()

    async def then() -> None:
        await wrong()
        await (await lines.send("/next", patience=20)).aclose()

    anyio.run(then)
    # One that failed is closed, and another takes its place.
    same = path == "/waits"
    assert [line.paths for line in lines.made] == (
        [["/", "/next"]] if same else [[path], ["/next"]]
    )
    assert lines.made[0].closed is not same
