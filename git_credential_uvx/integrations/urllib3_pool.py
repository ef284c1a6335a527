"""A pool manager of urllib3 that finds a credential if a server wants one.

A request goes out without one first. If the server answers 401, the request is sent again with the
credential that Git would get. The result is reported as Git reports it. After a refusal, another
account is tried once.

Redirects of GET requests are followed here. Each hop is a request of its own: nothing that was for
one realm goes to another, and no redirect leads from https to http.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING, Any

from urllib3.util import Retry

from .. import helper
from ..errors import HttpError, RedirectError, ServiceError, UvxError, printable
from ..git.config import effective, uses_path
from ..http.challenges import schemes
from ..http.flow import Attempt, LookUp, Memory, Reply, Target, flow
from ..http.redirects import ALLOWED, LIMIT, next_hop
from ..query import Query
from ..resolver import Resolver
from ..system.settings import GUARD, from_process
from ..urls.service import Service, service_from_stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..credential import Credential
    from ..git.config import Setting
    from ..http.redirects import Next
    from ..system.settings import Settings

# urllib3's own number. For a `Retry-After` it would read all of the answer, and then wait for as
# long as the server says.
_RETRIES = Retry(3, respect_retry_after_header=False)

# What of a request may go to another realm. Git's two headers say nothing of who asks.
_HARMLESS = ALLOWED | {"git-protocol", "pragma"}

# What follows the repository in the URL of a request.
_TAILS = ("/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD")

_log = logging.getLogger("git_credential_uvx")


class GitCredentials(Memory):
    """The resolver, asked and reported to as Git's credential helper is. It raises nothing.

    `git` are the settings of Git's configuration, `username` chooses among several accounts. What a
    server accepted is remembered, and sent at once with the next requests.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        git: Sequence[Setting] = (),
        username: str | None = None,
    ) -> None:
        self._settings = settings or from_process()
        self._resolver = Resolver(self._settings)
        self._git = list(git)
        self._username = None if username is None else username.encode()
        self._accepted: dict[str, Attempt] = {}
        self._reported: dict[str, Credential] = {}
        self._refused: Attempt | None = None

    def target(
        self, url: str, username: bytes | None = None, *, once: bool = False
    ) -> Target | None:
        """What Git would ask its helper for a request's URL; None if it would not ask."""
        service = service_from_stored(_repository(url))
        if service is None or GUARD in self._settings.environ:
            return None
        names = effective(self._git, "credential", "username", service)
        if username is None:
            username = names[-1].value.encode(errors="surrogateescape") if names else None
        if not uses_path(self._git, service):
            service = Service(service.scheme, service.host, service.port)
        target = Target(service, username=self._username or username, once=once, as_git=True)
        target.cached = self._accepted.get(_key(target))
        return target

    def find(self, target: Target, stale: Attempt | None = None) -> Attempt | None:
        """A credential that can be sent and is not the stale one, which is reported as refused."""
        if stale is not None:
            self.refuse(target, stale)
        now, query = int(time()), _query(target, target.username)
        answer = self._resolver.find(query, now)
        for warning in answer.warnings:
            warn(warning)
        found = answer.credential
        if found is None or found.expired(now) or (stale and found == stale.credential):
            return None
        try:
            return Attempt(found, answer.steps[-1].source, found=True)
        except HttpError as error:
            warn(f"{query.service.realm} can be sent nothing: {error}")
            return None

    def accept(self, target: Target, attempt: Attempt) -> None:
        """Send it with the next requests."""
        self._accepted[_key(target)] = attempt

    def report(self, target: Target, attempt: Attempt) -> None:
        """Store what a server accepted, as Git's `store` does."""
        key, credential = _key(target), attempt.credential
        if self._reported.get(key) != credential:
            self._reported[key] = credential
            query = _query(target, credential.username)
            with _logged():
                helper.accepted(query, credential, self._resolver, int(time()))

    def refuse(self, target: Target, attempt: Attempt) -> None:
        """Forget what a server refused, as Git's `erase` does."""
        self._accepted.pop(_key(target), None)
        if attempt is not self._refused:  # a flow names it twice if there is no other
            self._refused, credential = attempt, attempt.credential
            query = _query(target, credential.username)
            secret, authtype = credential.secret, credential.authtype
            with _logged():
                helper.refused(query, secret, authtype, self._resolver, int(time()))


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except UvxError as error:
        warn(str(error))


def _query(target: Target, username: bytes | None) -> Query:
    if target.service is None:
        raise ServiceError("no credential can be for this URL")
    return Query(target.service, username, schemes=True)


def _key(target: Target) -> str:
    return f"{target.service} {target.username!r}"


def warn(fault: str) -> None:
    """Log one line for the user."""
    _log.warning("git-credential-uvx: %s", printable(fault))


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
        known = service_from_stored(hop.url) is not None
    except (RedirectError, ServiceError):
        return None
    return hop if known and not hop.downgraded else None


def _repository(url: str) -> str:
    bare = url.partition("?")[0]
    for tail in _TAILS:
        if bare.endswith(tail):
            return bare.removesuffix(tail)
    return bare.rpartition("/objects/")[0] or bare
