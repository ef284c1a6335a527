"""`client()` and `async_client()`: httpx clients that send the right credential.

They differ from httpx's own clients in four points: credentials come from the resolver, by the
policies of uv's indexes; redirects are followed hop by hop; no cookies are kept; trusted
certificates, proxies and insecure hosts come from uv's variables and files.
"""

from __future__ import annotations

import logging
import os

import httpx

from ..config.discovery import layers_of
from ..config.indexes import combined
from ..errors import HttpError, ServiceError
from ..system.settings import from_process
from ..urls.parts import split_userinfo
from .auth import ResolverAuth
from .bodies import skip
from .chain import chain
from .hop import KEY, Hop, attach, clean, first_hop
from .logs import quieten
from .lookups import ResolverLookups
from .proxies import Proxies
from .tls import Trust, allowed_in_clear
from .transport import AsyncTransport, Routes, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from ..system.settings import Settings
    from .lookups import Lookups

TIMEOUT = 30.0  # seconds without an answer, uv's own default
CONNECT_TIMEOUT = 10.0  # seconds
_TIMEOUTS = ("UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT")

_UNTRUSTED = (
    "a project's file turns certificate checks off for this host; no credential is sent there"
)

_logger = logging.getLogger("git_credential_uvx")


class _NoCookies(httpx.Cookies):
    """Keeps nothing: cookies do not depend on port and scheme, and no index needs them."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class Core:
    """What the two clients share. Raises UvxError."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        use: str = "url",
        keyring_provider: str | None = None,
        accept_indexes: Collection[str] = (),
        allow_insecure_http: Collection[str] = (),
        allow_insecure_host: Collection[str] = (),
        system_certs: bool | None = None,
        timeout: float | None = None,
        lookups: Lookups | None = None,
        warn: Callable[[str], None] | None = None,
        watch: Callable[[Hop], None] | None = None,
        bare: bool = False,
    ) -> None:
        settings = settings or from_process()
        environ = settings.environ
        faults: list[str] = []
        layers = layers_of(os.getcwd(), environ, settings.home, faults)
        insecure = [(text, layer.trusted) for layer in layers for text in layer.insecure]
        insecure += [(text, True) for text in allow_insecure_host]
        self._warn = warn or _logger.warning
        for fault in faults:
            self._warn(fault)
        self._watch = watch
        self._trust = Trust(environ, system_certs=system_certs, insecure=insecure)
        if self._trust.nothing:
            self._warn(
                "SSL_CERT_FILE and SSL_CERT_DIR have no certificates, so no server is trusted"
            )
        allowed = allowed_in_clear(allow_insecure_http)
        self.routes = Routes(self._trust, Proxies(environ), allowed)
        self.timeout = _timeout(timeout, environ)
        self.auth: httpx.Auth = (
            httpx.Auth()
            if bare
            else ResolverAuth(
                lookups
                or ResolverLookups(
                    settings,
                    use=use,
                    warn=self._warn,
                    keyring_provider=keyring_provider,
                    accept_indexes=accept_indexes,
                ),
                indexes=() if use == "git" else combined(layers),
                exposure=self.routes.exposure,
                publish=use == "publish",
            )
        )
        quieten()

    def begin(self, request: httpx.Request) -> None:
        """Decide whether the server's certificate is checked, and report the hop to `watch`."""
        hop: Hop = request.extensions[KEY].hop
        # Not after a redirect: the user has not named that host.
        trusted = None if hop.redirected else self._unverified(hop)
        if trusted is not None:
            hop.unverified = True
            hop.refusal = hop.refusal or ("" if trusted else _UNTRUSTED)
            host = hop.url.netloc.decode("ascii")
            self._warn(
                f"the certificate of '{host}' is not checked, because of 'allow-insecure-host'"
            )
        if self._watch is not None:
            self._watch(hop)

    def _unverified(self, hop: Hop) -> bool | None:
        if hop.url.scheme != "https":
            return None
        return self._trust.unverified(hop.url.netloc.decode("ascii"))


def _timeout(timeout: float | None, environ: Mapping[str, str]) -> httpx.Timeout:
    for name in _TIMEOUTS:
        text = environ.get(name, "")
        if timeout is None and text:
            if not (text.isascii() and text.isdigit() and len(text) < 7):
                raise HttpError(f"{name} is not a number of seconds")
            timeout = float(text)
    timeout = TIMEOUT if timeout is None else timeout
    # Waiting for a free connection of our own says nothing about a server.
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT), pool=None)


def _split(url: httpx.URL | str) -> tuple[httpx.URL | str, Any]:
    """Take the userinfo out of a URL before httpx reads the URL and could quote it."""
    if isinstance(url, httpx.URL):
        return clean(url)
    try:
        return split_userinfo(url)
    except ServiceError:
        raise HttpError("the username or password of a URL cannot be read") from None


def _built(
    build: Callable[..., httpx.Request],
    method: str,
    url: httpx.URL | str,
    options: dict[str, Any],
) -> httpx.Request:
    """A request as httpx builds it, with the URL's userinfo in its extensions."""
    url, given = _split(url)
    try:
        request = build(method, url, **options)
    except (httpx.InvalidURL, UnicodeError):
        # httpx quotes what it takes for a port, and that can be the start of a password. The second
        # error is about hosts with characters that IDNA does not have.
        raise HttpError("a URL cannot be read") from None
    if given is not None:
        attach(request, Hop(request.url), given)
    return request


def _no_cookies(self: object) -> httpx.Cookies:
    """Always empty."""
    return _NO_COOKIES


def _keep_no_cookies(self: object, cookies: object) -> None:
    raise HttpError("this client has no cookies")


_NO_COOKIES = _NoCookies()


class Client(httpx.Client):
    """Made by `client()`."""

    def __init__(self, core: Core, **options: Any) -> None:
        self._core = core
        transport = Transport(core.routes)
        super().__init__(transport=transport, timeout=core.timeout, trust_env=False, **options)

    cookies = property(_no_cookies, _keep_no_cookies)

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """As httpx does, with the URL's userinfo kept out of the URL."""
        return _built(super().build_request, method, url, options)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request and follow its redirects. Raises UvxError and httpx's own errors."""
        stream, follow = _taken(options, self.follow_redirects)
        first_hop(request)
        requests = chain(request, follow=follow)
        sending = next(requests)
        while True:
            self._core.begin(sending)
            response = super().send(
                sending, stream=True, auth=self._core.auth, follow_redirects=False
            )
            try:
                sending = requests.send(response)
                skip(response)
                response.read()
            except StopIteration:
                break
            except BaseException:
                response.close()
                raise
        if not stream:
            try:
                response.read()
            except BaseException:
                response.close()
                raise
        return response


class AsyncClient(httpx.AsyncClient):
    """Made by `async_client()`."""

    def __init__(self, core: Core, **options: Any) -> None:
        self._core = core
        transport = AsyncTransport(core.routes)
        super().__init__(transport=transport, timeout=core.timeout, trust_env=False, **options)

    cookies = property(_no_cookies, _keep_no_cookies)

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """As httpx does, with the URL's userinfo kept out of the URL."""
        return _built(super().build_request, method, url, options)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request and follow its redirects. Raises UvxError and httpx's own errors."""
        stream, follow = _taken(options, self.follow_redirects)
        first_hop(request)
        requests = chain(request, follow=follow)
        sending = next(requests)
        while True:
            self._core.begin(sending)
            response = await super().send(
                sending, stream=True, auth=self._core.auth, follow_redirects=False
            )
            try:
                sending = requests.send(response)
                skip(response)
                await response.aread()
            except StopIteration:
                break
            except BaseException:
                await response.aclose()
                raise
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


def _taken(options: dict[str, Any], follow: bool) -> tuple[bool, bool]:
    """Take `stream` and `follow_redirects` out of the options. Another `auth` is an error."""
    stream = options.pop("stream", False)
    said = options.pop("follow_redirects", httpx.USE_CLIENT_DEFAULT)
    auth = options.pop("auth", httpx.USE_CLIENT_DEFAULT)
    if auth is not httpx.USE_CLIENT_DEFAULT and auth is not None:
        raise HttpError("this client finds credentials itself; pass others in a header")
    return stream, follow if said is httpx.USE_CLIENT_DEFAULT else bool(said)


def client(
    *,
    headers: Mapping[str, str] | None = None,
    follow_redirects: bool = True,
    **options: Any,
) -> Client:
    """A client for package requests; close it or use it in `with`, like httpx's own.

    `settings` are those of the process by default. `use` is "url", "publish" or "git"; with "git"
    no indexes are used. `keyring_provider` and `accept_indexes` are as for `resolve`.
    `allow_insecure_http` are the `host[:port]` that credentials may be sent to over plain http,
    `allow_insecure_host` those whose certificate is not checked. `system_certs` is None for what
    the environment says. `timeout` is in seconds. `warn` gets one line at a time; by default lines
    are logged. `watch` gets each `Hop` when it begins. With `bare`, only the headers of the request
    itself are sent. Raises UvxError.
    """
    core = Core(**options)
    return Client(core, headers=headers, follow_redirects=follow_redirects)


def async_client(
    *,
    headers: Mapping[str, str] | None = None,
    follow_redirects: bool = True,
    **options: Any,
) -> AsyncClient:
    """The same for an event loop. Look-ups run in threads, so the loop goes on."""
    core = Core(**options)
    return AsyncClient(core, headers=headers, follow_redirects=follow_redirects)
