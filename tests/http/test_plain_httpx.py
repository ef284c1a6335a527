"""`ResolverAuth` as the auth of an httpx client that is not ours."""

from __future__ import annotations

import asyncio
from threading import Thread

import httpx
import pytest

from git_credential_uvx.errors import HttpError
from git_credential_uvx.http import ResolverAuth

from ..support.place import Place
from ..support.servers import basic, challenge, ok, serving, wants
from .test_cache import ALICE, Slow


def test_it_answers_a_challenge_and_remembers(place: Place) -> None:
    server = place.server("http://direct", wants(ALICE))
    auth = ResolverAuth(Slow())
    with httpx.Client(auth=auth, trust_env=False) as http:
        assert http.get(server.url("/a/b")).status_code == 200
        assert http.get(server.url("/a/c")).status_code == 200
    assert server.authorizations == [None, ALICE, ALICE]


def test_it_does_so_in_an_event_loop(place: Place) -> None:
    server = place.server("http://direct", wants(ALICE))

    async def main() -> int:
        async with httpx.AsyncClient(auth=ResolverAuth(Slow()), trust_env=False) as http:
            return (await http.get(server.url("/a/b"))).status_code

    assert asyncio.run(main()) == 200


def test_one_serves_several_event_loops_at_the_same_time(place: Place) -> None:
    server = place.server("http://direct", wants(ALICE))
    auth = ResolverAuth(Slow(0.3))
    done: list[int] = []

    async def main() -> None:
        async with httpx.AsyncClient(auth=auth, trust_env=False) as http:
            found = await asyncio.gather(*(http.get(server.url(f"/{n}")) for n in range(5)))
        done.extend(response.status_code for response in found)

    threads = [Thread(target=lambda: asyncio.run(main()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == [200] * 20


def test_it_takes_userinfo_out_of_the_url(place: Place) -> None:
    server = place.server("http://direct", wants(basic("bob", "builder")))
    with httpx.Client(auth=ResolverAuth(Slow()), trust_env=False) as http:
        response = http.get(server.url("/a", userinfo="bob:builder"))
    assert response.status_code == 200
    assert str(response.url) == server.url("/a")
    assert server.authorizations == [basic("bob", "builder")]


def test_it_answers_no_challenge_of_a_server_that_httpx_was_led_to(place: Place) -> None:
    with serving(lambda seen: challenge()) as other:
        server = place.server("http://direct", lambda seen: (302, {"Location": other.url()}, b""))
        slow = Slow()
        with httpx.Client(auth=ResolverAuth(slow), follow_redirects=True, trust_env=False) as http:
            assert http.get(server.url()).status_code == 401
        assert other.authorizations == [None]
        assert slow.asked == []


def test_what_a_url_holds_does_not_follow_a_redirect_that_the_caller_follows(
    place: Place,
) -> None:
    with serving() as other:
        server = place.server("http://direct", lambda seen: (302, {"Location": other.url()}, b""))
        with httpx.Client(auth=ResolverAuth(Slow())) as http:
            response = http.get(server.url("/", userinfo="bob:builder"))
            assert response.next_request is not None
            http.send(response.next_request)
    assert server.authorizations == [basic("bob", "builder")]
    assert other.authorizations == [None]


def test_a_request_can_be_sent_again(place: Place) -> None:
    server = place.server("http://direct", wants(basic("bob", "builder")))
    with httpx.Client(auth=ResolverAuth(Slow())) as http:
        request = http.build_request("GET", server.url("/a", userinfo="bob:builder"))
        assert [http.send(request).status_code for _ in range(2)] == [200, 200]


def test_it_sends_nothing_in_clear_to_another_host(place: Place) -> None:
    server = place.server("http://good.test", lambda seen: ok())
    with (
        httpx.Client(auth=ResolverAuth(Slow()), proxy=place.proxy.url, trust_env=False) as http,
        pytest.raises(HttpError, match="no credential is sent unencrypted"),
    ):
        http.get("http://alice:wonder@good.test/")
    assert server.seen == []
