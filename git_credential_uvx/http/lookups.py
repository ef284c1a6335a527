"""Ask the resolver for the credential of a request, and which paths have their own."""

from __future__ import annotations

from time import time

from ..errors import HttpError, UvxError
from ..explanation import check_binding, index_query
from ..git.questions import GitQuestions
from ..resolver import Resolver
from ..urls.service import Service
from .flow import Attempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Protocol

    from ..system.settings import Settings
    from .flow import LookUp

    class Lookups(Protocol):
        """Where a client gets credentials from. Several threads may call it."""

        def find(self, asked: LookUp) -> Attempt | None:
            """A credential that is not the stale one. Raises UvxError."""

        def paths(self, service: Service) -> tuple[str, ...]:
            """The paths of the service's realm that have credentials of their own."""


class ResolverLookups:
    """Looks up credentials with the resolver.

    `use` is "url", "publish" or "git"; for a URL of an index, "url" becomes "index". For "git",
    Git's configuration says whether the path counts. `warn` gets one line at a time.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        use: str,
        warn: Callable[[str], None],
        keyring_provider: str | None = None,
        accept_indexes: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._resolver = Resolver(settings, keyring_provider=keyring_provider)
        self._use = use
        self._warn = warn
        self._accept = accept_indexes
        self._git = GitQuestions(settings) if use == "git" else None

    def find(self, asked: LookUp) -> Attempt | None:
        """Ask the sources in their order."""
        target, service = asked.target, asked.service
        index, username = target.index, target.username
        if self._git is not None:
            username = self._git.username(service) if username is None else username
            service = self._git.asked_service(service)
        query = index_query(
            index,
            service,
            username,
            use="index" if index is not None and self._use == "url" else self._use,
            schemes=self._git is None,
            redirected=target.redirected,
            # `allow_insecure_http` is a setting of the HTTP clients and does not apply to Git.
            clear=self._git is None and not (target.cleartext_refusal or target.redirected),
        )
        if asked.stale is not None:
            self._resolver.refused(query, asked.stale.credential.secret)
        check_binding(index, service, self._resolver, self._settings, self._accept)
        answer = self._resolver.find(query, int(time()))
        for warning in answer.warnings:
            self._warn(warning)
        if answer.credential is None:
            if answer.kept_back and target.cleartext_refusal:
                raise HttpError(target.cleartext_refusal)
            return None
        try:
            last = answer.steps[-1]
            source, place = last.source, "" if last.answer is None else last.answer.place
            return Attempt(answer.credential, source, found=True, place=place)
        except HttpError as error:
            raise HttpError(f"{error}; it is from the source '{source}'") from None

    def paths(self, service: Service) -> tuple[str, ...]:
        """The paths of stored entries and of configured commands."""
        try:
            entries = self._resolver.store().entries().entries
        except UvxError:
            entries = []  # a look-up reports it
        paths = {entry.service.path for entry in entries if entry.service.realm == service.realm}
        for pattern in self._resolver.patterns:
            path = pattern.service.path
            if pattern.matches(Service(service.scheme, service.host, service.port, path)):
                paths.add(path)
        return tuple(paths)
