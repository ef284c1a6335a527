"""What a client remembers while it lives: credentials that servers accepted, and what was found.

A look-up runs once for an index or a realm, what the stores keep apart in it, and a username,
however many ask at the same time. Only what a server accepted is used for other URLs, and what one
refused is looked for again, once.
"""

from __future__ import annotations

import time
from threading import Lock

from ..errors import UvxError
from .flow import Attempt, LookUp, Memory, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.indexes import Index
    from ..urls.service import Service
    from .lookups import Lookups

    Key = tuple[str, str, bytes | None, bool]

AGAIN = 60.0  # seconds after which a refused credential may be looked for again

_MOST_URLS = 4096


class _Answer:
    """What a look-up gave. `refused` is the time (monotonic) at which a server refused it."""

    __slots__ = ("attempt", "refused")

    def __init__(self, attempt: Attempt | None) -> None:
        self.attempt = attempt
        self.refused: float | None = None

    def holds(self, now: float, monotonic: float) -> bool:
        """Whether it need not be looked for again."""
        if self.refused is not None and monotonic - self.refused > AGAIN:
            return False
        return self.attempt is None or not self.attempt.credential.expired(int(now))


class Cache(Memory):
    """Safe for threads. `clock` gives seconds since the epoch."""

    __slots__ = (
        "_answers",
        "_clock",
        "_covering",
        "_failures",
        "_guard",
        "_locks",
        "_paths",
        "_realms",
        "_urls",
    )

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = Lock()
        self._locks: dict[object, Lock] = {}
        self._answers: dict[Key, _Answer] = {}
        self._failures: dict[Key, tuple[float, UvxError]] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._covering: dict[str, list[str]] = {}
        # Accepted ones: by realm (an index's uploads can have one of their own) and index or path,
        # and by realm; each with the username asked for, None for any.
        self._urls: dict[tuple[str, str, bytes | None], Attempt] = {}
        self._realms: dict[tuple[str, str, bytes | None], Attempt] = {}

    def cached(self, target: Target) -> Attempt | None:
        """What is sent at once: by the index, else by the longest URL that covers this one."""
        if target.service is None or not self._urls:
            return None
        if target.index is not None:
            scope = self._scope(target.index, target.service)
            return self._fresh(self._urls.get((target.service.realm, scope, target.username)))
        realm = target.service.realm
        part = self._part(target.service)
        for path in self._prefixes(target.service.path):
            if len(path) < len(part):
                break  # what is accepted there is of another part
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
        return (
            None if attempt is None or attempt.credential.expired(int(self._clock())) else attempt
        )

    def find(self, asked: LookUp, lookups: Lookups, since: float | None = None) -> Attempt | None:
        """What there is to answer a challenge with. Waits while another thread looks for the same.

        `since` is when the asker began to wait (monotonic). Raises what the look-up raises, to all
        who waited for it; who asks later causes another.
        """
        if since is None:
            since = time.monotonic()
        key = self._key(asked, lookups)
        if asked.stale is not None:
            self.drop(asked.stale)
        with self._lock(key):
            known, answer = self._known(key, asked)
            if known:
                return answer
            failure = self._failures.get(key)
            if failure is not None and failure[0] > since:
                raise failure[1].with_traceback(None)
            try:
                answer = lookups.find(asked)
            except UvxError as error:
                self._failures[key] = time.monotonic(), error
                raise
            self._answers[key] = _Answer(answer)
            return answer

    def _key(self, asked: LookUp, lookups: Lookups) -> Key:
        """What is looked up once: the index or the realm, and the path that stores tell apart."""
        realm = asked.service.realm
        with self._lock(realm):
            if realm not in self._paths:
                self._paths[realm] = lookups.paths(asked.service)
        return self._known_key(asked)

    def _known_key(self, asked: LookUp) -> Key:
        target, realm = asked.target, asked.service.realm
        if target.index is not None:
            scope = self._scope(target.index, asked.service)
            return scope, realm, target.username, target.led
        return realm, self._part(asked.service), target.username, target.led

    def ready(self, asked: LookUp) -> tuple[bool, Attempt | None]:
        """Whether an answer is there without asking anybody, and it."""
        if asked.service.realm not in self._paths:
            return False, None
        return self._known(self._known_key(asked), asked)

    def _known(self, key: Key, asked: LookUp) -> tuple[bool, Attempt | None]:
        """Whether an answer for a key is there, and it; None for what is known to be refused."""
        stale = asked.stale
        accepted = self._fresh(self._realms.get(key[:3]))
        if accepted is not None and (stale is None or accepted.header != stale.header):
            return True, accepted
        answer = self._answers.get(key)
        if answer is None or not answer.holds(self._clock(), time.monotonic()):
            return False, None
        if answer.refused is not None:
            return True, None
        # Another may have looked again since; its answer is not the one that was refused.
        return answer.attempt is not stale or stale is None, answer.attempt

    def _part(self, service: Service) -> str:
        """The longest path that the stores know of and that covers a service."""
        paths = self._paths.get(service.realm)
        if not paths:
            return "/"
        return next((path for path in self._prefixes(service.path) if path in paths), "/")

    def _scope(self, index: Index, service: Service) -> str:
        """What a credential for a URL of an index is for: the index, and there the longest path
        that the stores know of. A project's file names indexes, and must not widen that."""
        return f"{index.root} {self._part(service)}"

    def _lock(self, key: object) -> Lock:
        with self._guard:
            return self._locks.setdefault(key, Lock())

    def accept(self, target: Target, attempt: Attempt) -> None:
        """Use it for what is below, and for the realm."""
        if not attempt.lasting or target.service is None:
            return
        if attempt is target.cached:
            return  # where it is from covers this URL, too
        if attempt is target.kept and attempt.found:
            return  # found for the hop before, and a redirect does not widen what it is for
        realm = target.service.realm
        index = target.index
        names = {target.username, attempt.credential.username, None}
        if index is None:
            folder = target.service.path.rpartition("/")[0] + "/"
            path = max(folder, self._part(target.service), key=len)
        else:
            path = self._scope(index, target.service)
        if self._urls.get((realm, path, target.username)) is attempt:
            return
        if len(self._urls) > _MOST_URLS:
            self._urls.clear()
        for name in names:
            self._urls[realm, path, name] = attempt
            if index is None:
                self._realms[realm, self._part(target.service), name] = attempt

    def refuse(self, target: Target, attempt: Attempt) -> None:
        """Forget it, and do not look for it again for a while."""
        self.drop(attempt)
        now = time.monotonic()
        for answer in list(self._answers.values()):
            if answer.attempt is not None and answer.attempt.header == attempt.header:
                answer.refused = now

    def drop(self, attempt: Attempt) -> None:
        """Forget what a server refused."""
        for kept in (self._urls, self._realms):
            for key, value in list(kept.items()):
                if value.header == attempt.header:
                    kept.pop(key, None)


def prefixes(path: str) -> list[str]:
    """The paths that cover a path by whole segments, the longest first: `/a/b` gives `/a/b`,
    `/a/`, `/a` and `/`."""
    found = [path]
    position = path.rfind("/", 0, len(path))
    while position > 0:
        found += [path[: position + 1], path[:position]]
        position = path.rfind("/", 0, position)
    found.append("/")
    return list(dict.fromkeys(found))
