"""What a client remembers while it lives: accepted credentials, and the results of look-ups.

A look-up runs once for an index (or a realm), the path that the stores keep apart in it, and a
username, however many requests need it at the same time. Only a credential that a server accepted
is used for other URLs. After a refusal there is one more look-up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from ..errors import UvxError
from .flow import Attempt, LookUp, Memory, RequestTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.indexes import Index
    from ..urls.service import Service
    from .lookups import Lookups

    Key = tuple[str, str, bytes | None, bool]

AGAIN = 60.0  # seconds after which a refused credential may be looked for again

_MOST_URLS = 4096


@dataclass(slots=True)
class _Result:
    """The result of a look-up, and when (monotonic) a server refused it, None for never."""

    attempt: Attempt | None
    refused: float | None = None

    def holds(self, now: float, monotonic: float) -> bool:
        """Whether no other look-up is needed."""
        if self.refused is not None and monotonic - self.refused > AGAIN:
            return False
        return self.attempt is None or not self.attempt.credential.expired(int(now))


class Cache(Memory):
    """Safe for threads. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = Lock()
        self._locks: dict[object, Lock] = {}
        self._results: dict[Key, _Result] = {}
        self._failures: dict[Key, tuple[float, UvxError]] = {}
        # By realm, the paths that have credentials of their own; by path, those that cover it.
        self._store_paths: dict[str, tuple[str, ...]] = {}
        self._covering: dict[str, list[str]] = {}
        # Accepted credentials. The key is the realm (an index's uploads can go to another one), the
        # index or path in it, and the username of the query, None for any.
        self._urls: dict[tuple[str, str, bytes | None], Attempt] = {}
        self._realms: dict[tuple[str, str, bytes | None], Attempt] = {}

    def cached(self, target: RequestTarget) -> Attempt | None:
        """The accepted credential of the index, else of the longest URL that covers this one."""
        if target.service is None or not self._urls:
            return None
        if target.index is not None:
            scope = self._scope(target.index, target.service)
            return self._fresh(self._urls.get((target.service.realm, scope, target.username)))
        realm = target.service.realm
        store_path = self._store_path(target.service)
        for path in self._prefixes(target.service.path):
            if len(path) < len(store_path):
                break  # a credential of that path is not for this one
            attempt = self._fresh(self._urls.get((realm, path, target.username)))
            if attempt is not None:
                return attempt
        return None

    def _prefixes(self, path: str) -> list[str]:
        found = self._covering.get(path)
        if found is None:
            if len(self._covering) > _MOST_URLS:
                self._covering.clear()
            found = self._covering[path] = prefixes(path)
        return found

    def _fresh(self, attempt: Attempt | None) -> Attempt | None:
        if attempt is None or attempt.credential.expired(int(self._clock())):
            return None
        return attempt

    def find(self, asked: LookUp, lookups: Lookups, since: float | None = None) -> Attempt | None:
        """The credential that answers a challenge; waits if another thread looks for the same one.

        `since` is when the caller began to wait (monotonic). If the look-up fails, all that waited
        for it get its error; a later call looks again.
        """
        if since is None:
            since = time.monotonic()
        if asked.stale is not None:
            self.drop(asked.stale)
        realm = asked.service.realm
        with self._lock(realm):
            if realm not in self._store_paths:
                self._store_paths[realm] = lookups.paths(asked.service)
        key = self._cache_key(asked)
        with self._lock(key):
            known, attempt = self.answer_for(asked)
            if known:
                return attempt
            failure = self._failures.get(key)
            if failure is not None and failure[0] > since:
                raise failure[1].with_traceback(None)
            try:
                attempt = lookups.find(asked)
            except UvxError as error:
                self._failures[key] = time.monotonic(), error
                raise
            self._results[key] = _Result(attempt)
            return attempt

    def answer_for(self, asked: LookUp) -> tuple[bool, Attempt | None]:
        """Whether the answer is known without a look-up, and that answer."""
        if asked.service.realm not in self._store_paths:
            return False, None
        key, stale = self._cache_key(asked), asked.stale
        accepted = self._fresh(self._realms.get(key[:3]))
        if accepted is not None and (stale is None or accepted.header != stale.header):
            return True, accepted
        result = self._results.get(key)
        if result is None or not result.holds(self._clock(), time.monotonic()):
            return False, None
        if result.refused is not None:
            return True, None
        # Another request may have looked again since the stale one was found.
        is_current = stale is None or result.attempt is not stale
        return is_current, result.attempt

    def _cache_key(self, asked: LookUp) -> Key:
        """What has one look-up: the index or realm, the store's path in it, and the username."""
        target, realm = asked.target, asked.service.realm
        if target.index is not None:
            scope = self._scope(target.index, asked.service)
            return scope, realm, target.username, target.redirected
        return realm, self._store_path(asked.service), target.username, target.redirected

    def _store_path(self, service: Service) -> str:
        """The longest path that has a credential of its own in the stores and covers a service."""
        paths = self._store_paths.get(service.realm)
        if not paths:
            return "/"
        return next((path for path in self._prefixes(service.path) if path in paths), "/")

    def _scope(self, index: Index, service: Service) -> str:
        """What a credential for a URL of an index is for: the index, and the store's path in it.

        A project's file can name indexes, and must not widen what a stored credential is for.
        """
        return f"{index.root} {self._store_path(service)}"

    def _lock(self, key: object) -> Lock:
        with self._guard:
            return self._locks.setdefault(key, Lock())

    def accept(self, target: RequestTarget, attempt: Attempt) -> None:
        """Use it for all URLs below this one's folder, and if the realm asks for one."""
        if not attempt.lasting or target.service is None:
            return
        if attempt is target.cached:
            return  # it is remembered for a URL that covers this one
        if attempt is target.kept and attempt.found:
            return  # found for the hop before; a redirect does not widen what it is for
        realm = target.service.realm
        index = target.index
        names = {target.username, attempt.credential.username, None}
        if index is None:
            folder = target.service.path.rpartition("/")[0] + "/"
            path = max(folder, self._store_path(target.service), key=len)
        else:
            path = self._scope(index, target.service)
        if self._urls.get((realm, path, target.username)) is attempt:
            return
        if len(self._urls) > _MOST_URLS:
            self._urls.clear()
        for name in names:
            self._urls[realm, path, name] = attempt
            if index is None:
                self._realms[realm, self._store_path(target.service), name] = attempt

    def refuse(self, target: RequestTarget, attempt: Attempt) -> None:
        """Forget it, and do not look for it again for a while."""
        self.drop(attempt)
        now = time.monotonic()
        for result in list(self._results.values()):
            if result.attempt is not None and result.attempt.header == attempt.header:
                result.refused = now

    def drop(self, attempt: Attempt) -> None:
        """Forget what a server refused."""
        for kept in (self._urls, self._realms):
            for key, value in list(kept.items()):
                if value.header == attempt.header:
                    kept.pop(key, None)


def prefixes(path: str) -> list[str]:
    """The paths that cover a path by whole segments, the longest first.

    `/a/b` gives `/a/b`, `/a/`, `/a` and `/`.
    """
    found = [path]
    position = path.rfind("/", 0, len(path))
    while position > 0:
        found += [path[: position + 1], path[:position]]
        position = path.rfind("/", 0, position)
    found.append("/")
    return list(dict.fromkeys(found))
