"""A pool manager of urllib3 that asks for credentials where a server wants them.

A request goes out bare first. A 401 is answered with what is found, and what came of that is
reported: accepted, or refused, and then another account is tried once.

Redirects are followed here, for questions that send nothing, and each is a question of its
own: nothing that was for one realm goes to another, and none leads from https to http.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from urllib3.util import Retry

from ..errors import RedirectError, ServiceError
from ..http.challenges import authorization, schemes
from ..http.redirects import ALLOWED, LIMIT, next_hop
from ..urls.service import service_from_stored

if TYPE_CHECKING:
    from typing import Protocol

    from ..credential import Credential
    from ..http.redirects import Next
    from ..query import Query

    class Asking(Protocol):
        """Who knows the credentials, and is told what came of them. Raises nothing."""

        def query(self, url: str, username: bytes | None) -> Query | None:
            """What is asked for a request's URL; None where nothing is."""

        def find(self, query: Query, tried: list[Credential]) -> Credential | None:
            """A credential that is none of those tried, and can be sent."""

        def accepted(self, query: Query, credential: Credential) -> None:
            """Report that a server took it."""

        def refused(self, query: Query, credential: Credential) -> None:
            """Report that a server did not take it."""

        def warn(self, fault: str) -> None:
            """Tell the user one line."""


_TRIES = 2  # credentials for one request

# urllib3's own number. For a `Retry-After` it would read all of the answer, and then wait for as
# long as the server says.
_RETRIES = Retry(3, respect_retry_after_header=False)

# What of a request may go to another realm: Git's two say nothing of who asks.
_HARMLESS = ALLOWED | {"git-protocol", "pragma"}


class CredentialPoolManager:
    """A pool manager of urllib3 that gives requests the credentials they need.

    What a server accepted goes out at once with the next requests to it. What is not here is
    the wrapped manager's own.
    """

    def __init__(self, manager: Any, asking: Asking) -> None:
        self._manager = manager
        self._asking = asking
        self._known: dict[str, Credential] = {}
        self._reported: dict[str, Credential] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    def request(self, method: str, url: str, **options: Any) -> Any:
        """The response, urllib3's. Its `url` is where the last redirect led."""
        headers = options.pop("headers", None)
        preload = options.pop("preload_content", True)
        headers = dict(self._manager.headers if headers is None else headers)
        for _ in range(LIMIT + 1):
            response = self._authorized(method, url, headers, options)
            hop = _redirected(response, url) if method == "GET" else None
            if hop is None:
                break
            response.close()
            if not hop.same:
                headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS}
            url = hop.url
        if preload:
            # urllib3 reads the body on access; only the last answer is read for the caller.
            _ = response.data
        response.url = url
        return response

    def _authorized(
        self, method: str, url: str, headers: dict[str, str], options: dict[str, Any]
    ) -> Any:
        headers, given, username = _without_account(headers)
        query = None if given else self._asking.query(url, username)
        if query is None:
            return self._send(method, url, headers, options)
        key = f"{query.service} {query.username!r}"
        known = self._known.get(key)
        tried = [] if known is None else [known]
        response = self._send(method, url, headers, options, known)
        for _ in range(_TRIES):
            if response.status != 401:
                break
            self._drop(key, query, known)
            known = self._next(query, tried, response) if _is_repeatable(options) else None
            if known is None:
                return response
            tried.append(known)
            response.close()
            response = self._send(method, url, headers, options, known)
        if response.status == 401:
            self._drop(key, query, known)
        elif known is not None and response.status < 400:
            self._keep(key, query, known, final=response.status < 300)
        return response

    def _next(self, query: Query, tried: list[Credential], response: Any) -> Credential | None:
        found = self._asking.find(query, tried)
        if found is not None and not self._is_sure(query):
            self._asking.warn("'http.sslVerify' is off, so no credential is sent")
            return None
        offered = schemes(response.headers.getlist("WWW-Authenticate"))
        return found if found is not None and scheme_of(found) in offered else None

    def _drop(self, key: str, query: Query, known: Credential | None) -> None:
        self._known.pop(key, None)
        if known is not None:
            self._asking.refused(query, known)

    def _keep(self, key: str, query: Query, known: Credential, *, final: bool) -> None:
        self._known[key] = known
        # A redirect may have been given without a look at it.
        if final and self._reported.get(key) != known:
            self._reported[key] = known
            self._asking.accepted(query, known)

    def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        options: dict[str, Any],
        credential: Credential | None = None,
    ) -> Any:
        if credential is not None:
            headers = {**headers, "authorization": authorization(credential)}
        # Nobody reads the body of an answer that another request follows.
        options = {**options, "redirect": False, "preload_content": False}
        if not _is_repeatable(options):
            # urllib3 tries again after a fault of TLS, and would send what is left of the body.
            options["retries"] = False
        elif self._manager.connection_pool_kw.get("retries") is None:
            options.setdefault("retries", _RETRIES)
        return self._manager.request(method, url, headers=headers, **options)

    def _is_sure(self, query: Query) -> bool:
        """Whether the one who answers is known to be the one who is asked."""
        checked = self._manager.connection_pool_kw.get("cert_reqs") in (None, "CERT_REQUIRED")
        return checked or query.service.scheme != "https"


def _without_account(headers: dict[str, str]) -> tuple[dict[str, str], bool, bytes | None]:
    """The headers, whether they hold a secret of the caller's, and whom they name instead.

    dulwich makes a header of a username in the URL that has no password.
    """
    for name, value in headers.items():
        if name.lower() == "authorization":
            username = account_named_by(value)
            if username is None:
                return headers, True, None
            return {k: v for k, v in headers.items() if k != name}, False, username
    return headers, False, None


def _is_repeatable(options: dict[str, Any]) -> bool:
    return isinstance(options.get("body"), bytes | None)


def scheme_of(credential: Credential) -> str:
    """The scheme of HTTP that a credential goes out in, in lower case."""
    return "basic" if credential.authtype is None else credential.authtype.decode().lower()


def account_named_by(value: str) -> bytes | None:
    """The username in an `Authorization` that has an empty password: it says who, and no more."""
    scheme, _, text = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = b64decode(text, validate=True).partition(b":")
    except ValueError:
        return None
    return username if colon and username and not password else None


def _redirected(response: Any, url: str) -> Next | None:
    """Where a response leads; None for nowhere, and for what must not be gone to."""
    location = response.get_redirect_location()
    if not location:
        return None
    try:
        hop = next_hop(url, location.encode("latin-1", "replace"))
        known = service_from_stored(hop.url) is not None
    except (RedirectError, ServiceError):
        return None
    return hop if known and not hop.downgraded else None
