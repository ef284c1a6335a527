"""A pool manager of urllib3 that finds a credential if a server wants one.

A request goes out without one first. If the server answers 401, the request is sent again with the
credential that Git would get. The result is reported as Git reports it. After a refusal, another
account is tried once.

Redirects of GET requests are followed here. Each hop is a request of its own: nothing that was for
one realm goes to another, and no redirect leads from https to http.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from urllib3.util import Retry

from ..errors import RedirectError, ServiceError
from ..http.challenges import schemes
from ..http.flow import LookUp, Reply, flow
from ..http.redirects import ALLOWED, LIMIT, next_hop
from ..urls.service import service_from_url
from .git_credentials import GitCredentials, warn

if TYPE_CHECKING:
    from ..http.flow import Attempt
    from ..http.redirects import Next

# urllib3's own number. For a `Retry-After` it would read all of the answer, and then wait for as
# long as the server says.
_RETRIES = Retry(3, respect_retry_after_header=False)

# What of a request may go to another realm. Git's two headers say nothing of who asks.
_HARMLESS = ALLOWED | {"git-protocol", "pragma"}


class CredentialPoolManager:
    """A pool manager of urllib3 that gives requests the credentials they need.

    `manager` is the one that it wraps; anything that is not defined here is that manager's.
    """

    def __init__(self, manager: Any, credentials: GitCredentials | None = None) -> None:
        self._manager = manager
        self._credentials = credentials or GitCredentials()

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
        once = not _is_repeatable(options)
        target = None if given else self._credentials.target(url, username, once=once)
        if target is None:
            return self._send(method, url, headers, options)
        response: Any = None
        sent, offered = None, list[str]()
        for step in flow(target, self._credentials):
            if isinstance(step, LookUp):
                step.found = self._find(step, offered)
                continue
            if response is not None:
                response.close()
            sent = step.attempt
            response = self._send(method, url, headers, options, sent)
            offered = schemes(response.headers.getlist("WWW-Authenticate"))
            step.reply = Reply(response.status, offered)
        # A redirect may have been given without a look at the credential.
        if sent is not None and response.status < 300:
            self._credentials.report(target, sent)
        return response

    def _find(self, asked: LookUp, offered: list[str]) -> Attempt | None:
        found = self._credentials.find(asked.target, asked.stale)
        if found is None:
            return None
        # Without a check of its certificate, nobody knows who the server is.
        checked = self._manager.connection_pool_kw.get("cert_reqs") in (None, "CERT_REQUIRED")
        if not checked and asked.service.scheme == "https":
            warn("'http.sslVerify' is off, so no credential is sent")
            return None
        scheme = found.header.partition(" ")[0].lower()
        return found if scheme in offered else None

    def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        options: dict[str, Any],
        attempt: Attempt | None = None,
    ) -> Any:
        if attempt is not None:
            headers = {**headers, "authorization": attempt.header}
        # Nobody reads the body of an answer that another request follows.
        options = {**options, "redirect": False, "preload_content": False}
        if not _is_repeatable(options):
            # urllib3 tries again after a fault of TLS, and would send what is left of the body.
            options["retries"] = False
        elif self._manager.connection_pool_kw.get("retries") is None:
            options.setdefault("retries", _RETRIES)
        return self._manager.request(method, url, headers=headers, **options)


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
        known = service_from_url(hop.url) is not None
    except (RedirectError, ServiceError):
        return None
    return hop if known and not hop.downgraded else None
