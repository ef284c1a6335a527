"""The last step before the socket: which connection a request uses, and what it may carry.

Connections through a proxy, and those without a check of the certificate, are in pools of their
own, so no other request uses them.
"""

from __future__ import annotations

from contextlib import contextmanager

import httpx

from ..errors import HttpError
from ..urls.parts import has_odd_port, is_this_machine
from .hop import KEY, LOCATION
from .pool import AsyncConnectionPool, ConnectionPool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any

    from .hop import HopState
    from .proxies import Proxies, Proxy
    from .tls import Trust

    Pool = tuple[bool, Proxy | None]


CONNECTIONS = 50  # of one client at a time

_USUAL: Pool = (True, None)
_SECRET = frozenset((b"authorization", b"proxy-authorization"))


class Routes:
    """Chooses the pool of a request, and refuses a credential that may not go there.

    `allowed` are the `host[:port]` that credentials may be sent to over plain http.
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
                raise HttpError("the port of a URL is not a number from 1 to 65535")
            proxy = self._proxies.for_url(scheme, authority)
            # Through a proxy, even this machine's own address is reached over a network.
            safe = scheme == "https" or (proxy is None and is_this_machine(authority))
            fault = ""
            if not safe and authority not in self._allowed:
                allowing = f"{scheme}://{authority} --allow-insecure-http {authority}"
                fault = (
                    f"no credential is sent unencrypted to '{authority}'; "
                    f"'git-credential-uvx check {allowing}' allows it"
                )
            if len(self._known) > 4096:
                self._known.clear()
            known = self._known[scheme, netloc] = proxy, fault
        return known

    def pool(self, request: httpx.Request) -> tuple[Pool, Hashable]:
        """The pool of a request, and the key of the connections that it can use.

        Raises HttpError if the request carries a credential that may not go there.
        """
        url, headers = request.url, request.headers
        state: HopState | None = request.extensions.get(KEY)
        if state is not None and state.hop.url is url:
            origin = state.origin
        else:
            origin = url.scheme, url.netloc
        proxy, fault = self._look(*origin)
        # One pass over all headers: each look-up in httpx's headers costs as much.
        secret = [low for name, _ in headers.raw if (low := name.lower()) in _SECRET]
        if b"authorization" in secret and (
            fault or state is None or state.hop.refusal or state.origin != origin
        ):
            raise HttpError(fault or "a credential would be sent to another server than its own")
        if b"proxy-authorization" in secret and (proxy is None or origin[0] == "https"):
            del headers["proxy-authorization"]
        pool = state is None or not state.hop.unverified, proxy
        return pool, (pool, origin)

    def transport_options(self, pool: Pool) -> dict[str, Any]:
        """The arguments for a transport of httpx; certificates are read once for each pool."""
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
    """Add the status to the report, and hide `Location` from httpx, which would quote it."""
    if response.status_code // 100 == 3 and "location" in response.headers:
        values = [v for name, v in response.headers.raw if name.lower() == b"location"]
        del response.headers["location"]
        # Several headers contradict each other; joined by a blank, they are no URL.
        response.extensions[LOCATION] = b" ".join(values)
    state: HopState | None = request.extensions.get(KEY)
    if state is not None:
        response.extensions[KEY] = state
        if state.hop.tries:
            state.hop.tries[-1].status = response.status_code
    return response


class Transport(httpx.BaseTransport):
    """Sends requests over the pools that `Routes` chooses."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        # A fault of the certificates is reported now, not at the first request.
        routes.transport_options(_USUAL)
        self._connections = ConnectionPool(CONNECTIONS)

    def _open(self, pool: Pool) -> httpx.HTTPTransport:
        with _clear_faults():
            return httpx.HTTPTransport(**self._routes.transport_options(pool))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        pool, key = self._routes.pool(request)
        return _received(request, self._connections.send(key, request, lambda: self._open(pool)))

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The same for asynchronous clients."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        # A fault of the certificates is reported now, not at the first request.
        routes.transport_options(_USUAL)
        self._connections = AsyncConnectionPool(CONNECTIONS)

    def _open(self, pool: Pool) -> httpx.AsyncHTTPTransport:
        with _clear_faults():
            return httpx.AsyncHTTPTransport(**self._routes.transport_options(pool))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        pool, key = self._routes.pool(request)
        return _received(
            request, await self._connections.send(key, request, lambda: self._open(pool))
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connections.aclose()


@contextmanager
def _clear_faults() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise HttpError("a SOCKS proxy needs the package 'socksio'") from None
    except (httpx.InvalidURL, ValueError):
        raise HttpError("the URL of a proxy cannot be used") from None
