"""Redirects: the first line is a URL to ask for, each other one a `Location` that answers.

Every request that would be sent is looked at where it reaches the socket. It carries only what is
for the very scheme, host and port that httpx connects to.
"""

from __future__ import annotations

import re
from base64 import b64decode
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import RedirectError, UvxError
from git_credential_uvx.http.auth import ResolverAuth, first_hop
from git_credential_uvx.http.flow import Attempt, LookUp
from git_credential_uvx.http.hop import LOCATION, chain
from git_credential_uvx.http.redirects import next_hop
from git_credential_uvx.urls.parts import split_userinfo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from git_credential_uvx.urls.service import Service

COVERED = ("http.redirects", "http.hop", "http.auth", "http.flow", "http.cache", "urls.service")
TOKENS = (
    *(b"https://", b"http://", b"HTTPS://", b"//", b"///", b"/", b"..", b"/../", b"?", b"#", b"\\"),
    *(b"good.test", b"evil.test", b"localhost", b"127.0.0.1", b"[::1]", b":443", b":80", b":8443"),
    *(
        b"@",
        b":",
        b"alice:CANARY@",
        b"bob@",
        b"%",
        b"%40",
        b"%2f",
        b"%5c",
        b"%00",
        b"%0d%0a",
        b"\t",
    ),
    *(b"\n", b"\r", b" ", b"https:", b"ftp://", b"javascript:", b":0", b":65536", b":", b";", b"]"),
    *(
        "ü".encode(),
        "\uff0f".encode(),
        "\u212a".encode(),
        b"xn--bcher-kva.test",
        b"\xff",
        b".",
        b"[",
    ),
)
_PORTS = {"https": 443, "http": 80}
_HERE = ("localhost", "127.0.0.1", "::1")
_MINE = {"cookie": "CANARY-COOKIE", "x-api-key": "CANARY-KEY", "accept": "text/html"}


class _Planted:
    """Has a credential for every service, which says whose it is."""

    def find(self, asked: LookUp) -> Attempt | None:
        secret = Secret(f"FOR {asked.service.realm}".encode())
        return Attempt(Credential(b"planted", secret), "store", found=True)

    def paths(self, service: Service) -> tuple[str, ...]:
        return ()


def one(data: bytes) -> None:
    """Send one request and answer it with redirects."""
    first, *locations = data.split(b"\n")[:6]
    try:
        text = first.decode()
    except UnicodeDecodeError:
        return
    for location in locations:
        _leads_where_httpx_goes(text, location)
    for own in ({}, {"authorization": "Bearer CANARY-OWN"}):
        _sends_no_secret_elsewhere(text, locations, own)


def _leads_where_httpx_goes(text: str, location: bytes) -> None:
    try:
        current = httpx.URL(text).copy_with(userinfo=b"")
        here = _origin(current)
        hop = next_hop(str(current), location)
    except (RedirectError, httpx.InvalidURL, UnicodeError) as error:
        _is_clean(error)
        return
    if here is None or "\\" in text:
        return
    assert "@" not in re.split("[/?#]", hop.url.partition("://")[2])[0]
    try:
        there = _origin(httpx.URL(hop.url))
        joined = _origin(current.join(location.decode()))
    except (httpx.InvalidURL, UnicodeError):
        return
    if hop.same:
        assert there in (None, here)
    if there is not None and joined is not None:
        assert joined == there


def _sends_no_secret_elsewhere(text: str, locations: list[bytes], own: dict[str, str]) -> None:
    try:
        clean, given = split_userinfo(text)
        request = httpx.Request("GET", clean, headers=_MINE | own)
        first_hop(request)
    except (UvxError, httpx.InvalidURL, UnicodeError, ValueError) as error:
        _is_clean(error)
        return
    start = _origin(request.url)
    if start is None:
        return
    sent = _sent(request, locations)
    left = False
    for asked in sent:
        left = left or _origin(asked.url) != start
        _carries_its_own(asked)
        if left:
            assert not set(_MINE) & set(asked.headers) - {"accept"}
            assert asked.headers.get("authorization") not in own.values()
            if given is not None and given.password is not None and b"@" not in b"".join(locations):
                pair = given.username + b":" + given.password.reveal()
                assert _decoded(asked) != pair.decode("utf-8", "replace")


def _sent(request: httpx.Request, locations: list[bytes]) -> list[httpx.Request]:
    """Every request that reaches the socket."""
    auth = ResolverAuth(_Planted())
    answers = iter(locations)
    requests = chain(request, follow=True, watch=None)
    sent: list[httpx.Request] = []
    try:
        hop = next(requests)
        while True:
            hop = requests.send(_exchange(auth, hop, answers, sent))
    except StopIteration:
        pass
    except (UvxError, httpx.InvalidURL) as error:
        _is_clean(error)
    return sent


def _exchange(
    auth: ResolverAuth, request: httpx.Request, answers: Iterator[bytes], sent: list[httpx.Request]
) -> httpx.Response:
    """The last response to one hop: 401 to what is bare, else the next redirect."""
    flow: Generator[httpx.Request, httpx.Response, None] = auth.sync_auth_flow(request)
    asked = next(flow)
    while True:
        sent.append(httpx.Request(asked.method, asked.url, headers=asked.headers))
        response = _answer(asked, answers)
        try:
            asked = flow.send(response)
        except StopIteration:
            return response


def _answer(request: httpx.Request, answers: Iterator[bytes]) -> httpx.Response:
    if "authorization" not in request.headers:
        return httpx.Response(401, headers={"WWW-Authenticate": "Basic"}, request=request)
    location = next(answers, None)
    if location is None:
        return httpx.Response(200, request=request)
    return httpx.Response(302, request=request, extensions={LOCATION: location})


def _carries_its_own(request: httpx.Request) -> None:
    here = _origin(request.url)
    assert here is not None
    assert request.url.userinfo == b""
    if "authorization" not in request.headers:
        return
    assert here[0] == "https" or here[1] in _HERE, "a secret in clear"
    whose = _decoded(request).partition("planted:FOR ")[2]
    if whose:
        assert _origin(httpx.URL(whose)) == here


def _decoded(request: httpx.Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return b64decode(value).decode("utf-8", "replace") if scheme == "Basic" else ""


def _origin(url: httpx.URL) -> tuple[str, str, int] | None:
    """Where httpx connects to; an IPv6 address in one of its spellings."""
    host = url.raw_host.decode("ascii", "replace").lower()
    if url.scheme not in _PORTS or not host:
        return None
    if ":" in host:
        host = ip_address(host).compressed
    return url.scheme, host, url.port or _PORTS[url.scheme]


def _is_clean(error: Exception) -> None:
    if isinstance(error, UvxError):
        assert str(error).isprintable()
        assert "CANARY" not in str(error)
