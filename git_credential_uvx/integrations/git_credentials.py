"""The credentials that Git would get, for programs in Python. There is no HTTP in this module."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING

from .. import helper
from ..errors import HttpError, ServiceError, UvxError, printable
from ..git.config import effective, uses_path
from ..http.flow import Attempt, Memory, RequestTarget
from ..query import Query
from ..resolver import Resolver
from ..system.settings import GUARD, from_process
from ..urls.service import Service, service_from_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..credential import Credential
    from ..git.config import GitSetting
    from ..system.settings import Settings

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
        git: Sequence[GitSetting] = (),
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
    ) -> RequestTarget | None:
        """What Git would ask its helper for a request's URL; None if it would not ask."""
        service = service_from_url(_repository(url))
        if service is None or GUARD in self._settings.environ:
            return None
        names = effective(self._git, "credential", "username", service)
        if username is None:
            username = names[-1].value.encode(errors="surrogateescape") if names else None
        if not uses_path(self._git, service):
            service = Service(service.scheme, service.host, service.port)
        target = RequestTarget(service, username=self._username or username, once=once, as_git=True)
        target.cached = self._accepted.get(_key(target))
        return target

    def find(self, target: RequestTarget, stale: Attempt | None = None) -> Attempt | None:
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
            warn(f"no credential is sent to {query.service.realm}: {error}")
            return None

    def accept(self, target: RequestTarget, attempt: Attempt) -> None:
        """Send it with the next requests."""
        self._accepted[_key(target)] = attempt

    def report(self, target: RequestTarget, attempt: Attempt) -> None:
        """Store what a server accepted, as Git's `store` does."""
        key, credential = _key(target), attempt.credential
        if self._reported.get(key) != credential:
            self._reported[key] = credential
            query = _query(target, credential.username)
            with _logged():
                helper.accepted(query, credential, self._resolver, int(time()))

    def refuse(self, target: RequestTarget, attempt: Attempt) -> None:
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


def _query(target: RequestTarget, username: bytes | None) -> Query:
    if target.service is None:
        raise ServiceError("this URL cannot have a credential")
    return Query(target.service, username, any_authtype=True)


def _key(target: RequestTarget) -> str:
    return f"{target.service} {target.username!r}"


def warn(fault: str) -> None:
    """Log one line for the user."""
    _log.warning("git-credential-uvx: %s", printable(fault))


def _repository(url: str) -> str:
    bare = url.partition("?")[0]
    for tail in _TAILS:
        if bare.endswith(tail):
            return bare.removesuffix(tail)
    return bare.rpartition("/objects/")[0] or bare
