"""How much of an answer is read that is followed by another request: next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from threading import Event

import httpx
import pytest

from git_credential_uvx.http import ResolverAuth, bodies

from ..support.floods import (
    BUFFERED,
    HUGE,
    Flood,
    answer,
    chunks,
    flooding,
    head,
    huge_bodies,
    zeros,
)
from ..support.place import Place
from .test_cache import Slow

CHALLENGE = 'WWW-Authenticate: Basic realm="x"'
Get = Callable[[Place, str], httpx.Response]


def by_client(place: Place, url: str) -> httpx.Response:
    """A GET of a caller that streams, and reads nothing."""
    with place.client(lookups=Slow()) as http, http.stream("GET", url) as response:
        return response


def by_async_client(place: Place, url: str) -> httpx.Response:
    async def main() -> httpx.Response:
        async with (
            place.async_client(lookups=Slow()) as http,
            http.stream("GET", url) as response,
        ):
            return response

    return asyncio.run(main())


def by_plain_client(place: Place, url: str) -> httpx.Response:
    """A GET of httpx's own client with our auth."""
    auth = ResolverAuth(Slow())
    with httpx.Client(auth=auth, trust_env=False) as http, http.stream("GET", url) as response:
        return response


def by_plain_async_client(place: Place, url: str) -> httpx.Response:
    async def main() -> httpx.Response:
        async with (
            httpx.AsyncClient(auth=ResolverAuth(Slow()), trust_env=False) as http,
            http.stream("GET", url) as response,
        ):
            return response

    return asyncio.run(main())


OURS = [by_client, by_async_client]
ALL = [*OURS, by_plain_client, by_plain_async_client]


def read_nothing(response: httpx.Response, flood: Flood, path: str, passed: int) -> None:
    """The answers before the last one are empty, and most of the flood stayed where it was."""
    assert response.status_code == 200
    assert [before.content for before in response.history] == [b""] * passed
    assert flood.sent[path] < BUFFERED


@pytest.mark.parametrize("get", ALL)
@pytest.mark.parametrize("body", HUGE)
def test_the_body_of_a_challenge_is_not_read(place: Place, get: Get, body: str) -> None:
    challenge = huge_bodies(401, CHALLENGE)[body]

    def script(path: str, authorized: bool) -> Iterable[bytes]:
        return answer(200, body=b"ok") if authorized else challenge()

    with flooding(script) as flood:
        response = get(place, f"{flood.realm}/simple/")
        read_nothing(response, flood, "/simple/", 1)


@pytest.mark.parametrize("get", OURS)
@pytest.mark.parametrize("body", HUGE)
def test_the_bodies_of_redirects_are_not_read(place: Place, get: Get, body: str) -> None:
    redirects = {
        f"/{number}": huge_bodies(302, f"Location: /{number + 1}")[body] for number in range(3)
    }

    def script(path: str, authorized: bool) -> Iterable[bytes]:
        return redirects[path]() if path in redirects else answer(200, body=b"ok")

    with flooding(script) as flood:
        response = get(place, f"{flood.realm}/0")
        read_nothing(response, flood, "/1", 3)


@pytest.mark.parametrize("get", OURS)
def test_the_last_answer_is_left_to_a_caller_who_streams(place: Place, get: Get) -> None:
    with flooding(lambda path, authorized: [head(200), *zeros()]) as flood:
        response = get(place, f"{flood.realm}/")
        assert response.status_code == 200
        assert flood.sent["/"] < BUFFERED


@pytest.mark.parametrize("get", ALL)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_little_body_keeps_the_connection(place: Place, get: Get, chunked: bool) -> None:
    def script(path: str, authorized: bool) -> Iterable[bytes]:
        if authorized:
            return answer(200, body=b"ok")
        if chunked:
            return [head(401, CHALLENGE, "Transfer-Encoding: chunked"), *chunks([b"no"])]
        return answer(401, CHALLENGE, body=b"no")

    with flooding(script) as flood:
        assert get(place, f"{flood.realm}/").status_code == 200
        assert flood.connections == 1


@pytest.mark.parametrize("get", ALL)
def test_a_little_body_that_comes_slowly_is_left(
    place: Place, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_on = Event()

    def script(path: str, authorized: bool) -> Iterable[bytes]:
        if authorized:
            yield from answer(200, body=b"ok")
        else:
            yield head(401, CHALLENGE, "Content-Length: 100") + b"slow"
            read_on.wait(30)

    monkeypatch.setattr(bodies, "_SECONDS", -1)
    with flooding(script) as flood:
        assert get(place, f"{flood.realm}/").status_code == 200
        assert flood.connections == 2
        read_on.set()


@pytest.mark.parametrize("get", ALL)
def test_a_challenge_that_breaks_off_is_answered_all_the_same(place: Place, get: Get) -> None:
    def script(path: str, authorized: bool) -> Iterable[bytes]:
        if authorized:
            yield from answer(200, body=b"ok")
        else:
            yield head(401, CHALLENGE, "Content-Length: 100") + b"torn"
            raise ConnectionAbortedError

    with flooding(script) as flood:
        assert get(place, f"{flood.realm}/").status_code == 200


def test_a_caller_who_does_not_stream_gets_all_of_the_last_answer(place: Place) -> None:
    body = bytes(2_000_000)
    with flooding(lambda path, authorized: answer(200, body=body)) as flood, place.client() as http:
        assert http.get(flood.realm).content == body


@pytest.mark.parametrize("body", HUGE)
def test_the_body_of_a_proxy_that_refuses_is_not_read(place: Place, body: str) -> None:
    refusal = huge_bodies(407, 'Proxy-Authenticate: Basic realm="x"')[body]
    with flooding(lambda path, authorized: refusal()) as flood:
        place.environ["HTTPS_PROXY"] = flood.realm
        for get in OURS:
            with pytest.raises(httpx.ProxyError):
                get(place, "https://good.test/")
        assert flood.sent["good.test:443"] < 2 * BUFFERED
