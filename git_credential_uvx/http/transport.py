"""The last step before the socket: which connections a request may use, and what it may carry.

Connections whose server's certificate is not checked, and those through a proxy, are pools of
their own, so none is ever used for a request that is not meant to be on it.
"""

from __future__ import annotations

from contextlib import contextmanager

import httpx

from ..errors import HttpError
from ..urls.parts import has_odd_port, is_this_machine
from .hop import KEY, LOCATION, hop_of, origin_of
from .pool import AsyncLanes, Lanes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any

    from .proxies import Proxies, Proxy
    from .tls import Trust

    Pool = tuple[bool, Proxy | None]


CONNECTIONS = 50  # of one client at a time

_USUAL: Pool = (True, None)
_SECRET = frozenset((b"authorization", b"proxy-authorization"))


class Routes:
    """Which pool a request goes to, and whether what it carries may go there.

    `allowed` are the `host[:port]` that credentials may be sent to over http.
    """

    def __init__(self, trust: Trust, proxies: Proxies, allowed: frozenset[str]) -> None:
        self._trust = trust
        self._proxies = proxies
        self._allowed = allowed
        self._known: dict[tuple[str, bytes], tuple[Proxy | None, str]] = {}
        self._options: dict[Pool, dict[str, Any]] = {}

    def exposure(self, scheme: str, netloc: bytes) -> str:
        """Why no credential may go to a scheme and `host[:port]`; "" if it may."""
        return self._look(scheme, netloc)[1]

    def _look(self, scheme: str, netloc: bytes) -> tuple[Proxy | None, str]:
        known = self._known.get((scheme, netloc))
        if known is None:
            authority = netloc.decode("ascii")
            if has_odd_port(authority):
                raise HttpError("a URL names a port that is no number from 1 to 65535")
            proxy = self._proxies.for_url(scheme, authority)
            # Through a proxy even this machine's own address is reached over a network.
            safe = scheme == "https" or (proxy is None and is_this_machine(authority))
            fault = ""
            if not safe and authority not in self._allowed:
                fault = (
                    f"no credential goes in clear to '{authority}'; "
                    f"'--allow-insecure-http {authority}' would allow it"
                )
            if len(self._known) > 4096:
                self._known.clear()
            known = self._known[scheme, netloc] = proxy, fault
        return known

    def pool(self, request: httpx.Request) -> tuple[Pool, Hashable]:
        """The pool of a request, and which connections of it can be for the request.

        Raises HttpError if it carries what may not go there.
        """
        origin, headers, hop = origin_of(request), request.headers, hop_of(request)
        proxy, fault = self._look(*origin)
        # One pass over all of them: a look into httpx's headers costs as much each time.
        secret = [low for name, _ in headers.raw if (low := name.lower()) in _SECRET]
        if b"authorization" in secret and (
            fault or hop is None or hop.barred or hop.origin != origin
        ):
            raise HttpError(fault or "a credential would go where it is not meant for")
        if b"proxy-authorization" in secret and (proxy is None or origin[0] == "https"):
            del headers["proxy-authorization"]
        pool = hop is None or not hop.unverified, proxy
        return pool, (pool, origin)

    def transport_options(self, pool: Pool) -> dict[str, Any]:
        """How httpx makes a pool, of one connection; what is trusted is read once for each kind."""
        options = self._options.get(pool)
        if options is None:
            options = self._options[pool] = self._transport_options(pool)
        return options

    def _transport_options(self, pool: Pool) -> dict[str, Any]:
        verified, proxy = pool
        options: dict[str, Any] = {
            "limits": httpx.Limits(max_connections=1),
            "verify": self._trust.context(verified=verified),
            "trust_env": False,
        }
        if proxy is not None:
            auth = None
            if proxy.userinfo is not None:
                password = proxy.userinfo.password
                secret = b"" if password is None else password.reveal()
                auth = (proxy.userinfo.username.decode(), secret.decode())
            secure = proxy.url.lower().startswith("https:")
            context = self._trust.context() if secure else None
            options["proxy"] = httpx.Proxy(proxy.url, auth=auth, ssl_context=context)
        return options


def _received(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Keep a `Location` from httpx, which would show it and quote it in errors."""
    if response.status_code // 100 == 3 and "location" in response.headers:
        values = [v for name, v in response.headers.raw if name.lower() == b"location"]
        del response.headers["location"]
        # Several headers contradict each other; together they are no URL.
        response.extensions[LOCATION] = b" ".join(values)
    hop = hop_of(request)
    if hop is not None:
        response.extensions[KEY] = hop
        if hop.tries:
            hop.tries[-1].status = response.status_code
    return response


class Transport(httpx.BaseTransport):
    """Sends requests over the pools that `Routes` chooses."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        # What is wrong with certificates is told at once.
        routes.transport_options(_USUAL)
        self._lanes = Lanes(CONNECTIONS)

    def _open(self, pool: Pool) -> httpx.HTTPTransport:
        with _clear_faults():
            return httpx.HTTPTransport(**self._routes.transport_options(pool))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        pool, key = self._routes.pool(request)
        return _received(request, self._lanes.send(key, request, lambda: self._open(pool)))

    def close(self) -> None:
        """Close all connections."""
        self._lanes.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The same for asynchronous clients."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        # What is wrong with certificates is told at once.
        routes.transport_options(_USUAL)
        self._lanes = AsyncLanes(CONNECTIONS)

    def _open(self, pool: Pool) -> httpx.AsyncHTTPTransport:
        with _clear_faults():
            return httpx.AsyncHTTPTransport(**self._routes.transport_options(pool))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        pool, key = self._routes.pool(request)
        return _received(request, await self._lanes.send(key, request, lambda: self._open(pool)))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._lanes.aclose()


@contextmanager
def _clear_faults() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise HttpError("a SOCKS proxy needs the package 'socksio'") from None
    except (httpx.InvalidURL, ValueError):
        raise HttpError("the URL of a proxy cannot be used") from None
