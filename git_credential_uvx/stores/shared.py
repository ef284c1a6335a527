"""The store shared with uv: its `credentials.toml`, and the companion next to it.

Both files are read and written under uv's lock. A reader never changes them. A change is worked
out from the files as they are under the lock, read back before it is written, and written by
replacing a whole file.
"""

from __future__ import annotations

import os

from .. import system
from ..query import SourceAnswer
from ..system import files
from ..system.files import Lock
from ..system.settings import READ_TIMEOUT
from . import uvfile
from .entries import COMPANION, Contents, best_first, candidates, command_for
from .tomlfile import BothFiles, TomlFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from ..credential import Credential, Secret
    from ..query import Query
    from ..system.settings import Settings
    from ..urls.service import Service
    from .bulk import BulkResult, Item
    from .changes import StoreChange
    from .entries import Account, Entry


class SharedStore:
    """Credentials by service, stored by uv, Git and people. Every method raises StoreError."""

    __slots__ = ("_settings",)

    name = "store"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find(self, query: Query, now: int) -> SourceAnswer:
        """The credential that answers Git, or for other uses the one that uv would find."""
        known = self._read(query.service)
        answer = self._found(known.entries, query, now)
        answer.notice = known.warning
        return answer

    def _found(self, entries: list[Entry], query: Query, now: int) -> SourceAnswer:
        git = query.use == "git"
        found = candidates(entries, query.service, query.username, any_account=git)
        found = [e for e in found if query.any_authtype or e.as_stored.authtype is None]
        ranked = [e for e in best_first(found) if not e.hidden] if git else _as_uv(found)
        # A choice that has expired keeps no other account from answering.
        fresh = [e for e in ranked if not e.credential.expired(now)]
        chosen = _chosen(fresh, query.username)
        valid = chosen or fresh
        if valid:
            rivals = [e for e in fresh if e.service == valid[0].service]
            if not (git or chosen) and query.username is None:
                names = uvfile.usernames(rivals)
                if len(names) > 1:
                    reason = f"uv cannot choose among its {len(names)} accounts for it"
                    return SourceAnswer(reason=reason, ambiguous=True)
            place = _place(valid[0], rivals if git or chosen else [])
            return SourceAnswer(valid[0].credential, place=place, exact=True)
        if ranked:
            renewable = [e.credential for e in ranked if e.credential.refresh is not None]
            reason = f"the password of the entry '{ranked[0].service}' has expired"
            fallback = renewable[0] if git and renewable else None
            return SourceAnswer(reason=reason, fallback=fallback, exact=True)
        if found:
            return SourceAnswer(reason=_hidden(found[0]), warning=_hidden(found[0]))
        return SourceAnswer(reason=_missing(entries, query))

    def put(self, service: Service, credential: Credential, now: int) -> None:
        """Store a credential. One that `find` would answer anyway writes nothing."""
        if self.planned(service, credential, now):
            self.apply(service, credential, now)

    def planned(self, service: Service, credential: Credential, now: int) -> StoreChange:
        """What storing a credential would change; nothing if `find` would answer it anyway."""
        from . import changes

        change = changes.put_change(self._read(service), service, credential, now)
        if not change and system.tracer is not None:
            system.tracer("store: this credential is already stored")
        return change

    def apply(self, service: Service, credential: Credential, now: int) -> str | None:
        """Store a credential for which there was something to change. Returns a line for the user
        if uv keeps a password that a server refused, or None.

        The files may have changed since, so the change is worked out again under the lock.
        """
        from . import changes

        with self._writing(service) as state:
            change = changes.put_change(state.known, service, credential, now)
            state.apply(change, now)
        return changes.reminder(change)

    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> str | None:
        """Take a refused credential from Git. None for `secret` means any. Returns a line for the
        user if it stays in uv's file, where only a login replaces it, or None."""
        from . import changes

        refused = (service, username, secret, authtype, now)
        if not changes.remove_change(self._read(service), *refused):
            if system.tracer is not None:
                system.tracer("store: there is no such credential to remove")
            return None
        with self._writing(service) as state:
            change = changes.remove_change(state.known, *refused)
            state.apply(change, now)
        return changes.refusal(change)

    def owns(self, path: str) -> bool:
        """Whether a path leads to a file of the store."""
        names = (uvfile.NAME, COMPANION, uvfile.LOCK_NAME)
        own = (os.path.join(self._settings.folder, name) for name in names)
        return files.identity(path) in map(files.identity, own)

    def entries(self) -> Contents:
        """All that both files say."""
        return self._read(None)

    def login(self, service: Service, credential: Credential, now: int) -> list[Entry]:
        """Store what a person logs in with in uv's file. Returns the other accounts of the service
        there, between which uv cannot choose then."""
        from .logins import login_change

        with self._writing(service) as state:
            state.apply(login_change(state.known, service, credential, now), now)
            state.refresh()
            same = [e for e in state.known.entries if e.service == service and not e.record]
            return [e for e in same if e.as_stored.username != credential.username]

    def keep(
        self,
        items: list[Item],
        now: int,
        *,
        replace: bool = False,
        behind: bool = False,
        alone: bool = False,
        fresh: Collection[Account] = (),
        unless: Collection[BulkResult] = (),
        pretend: bool = False,
    ) -> list[BulkResult]:
        """Store many credentials in one change, and return what becomes of each, see `bulk_change`.

        If that is one of `unless` for any of them, none is stored. Otherwise they are on the disk
        when this returns. With `pretend` nothing is stored."""
        from . import changes
        from .bulk import bulk_change

        if not items:
            return []
        one_realm = len({item.service.realm for item in items}) == 1
        service = items[0].service if one_realm else None

        def worked_out(known: Contents) -> tuple[StoreChange, list[BulkResult]]:
            change, outcomes = bulk_change(
                known, items, now, replace=replace, behind=behind, alone=alone, fresh=fresh
            )
            return (changes.StoreChange() if set(outcomes) & set(unless) else change), outcomes

        change, outcomes = worked_out(self._read(service))
        if change and not pretend:
            with self._writing(service) as state:
                change, outcomes = worked_out(state.known)
                state.apply(change, now)
        return outcomes

    def logout(
        self,
        service: Service | None,
        usernames: Collection[bytes | None] | None,
        now: int,
        *,
        secret: Secret | None = None,
        below: bool = False,
    ) -> list[Entry]:
        """Remove the accounts of a service, with `below` also those below it, that have these
        usernames and this secret, and return them.

        None means all services or usernames, or any secret."""
        from .logins import logging_out

        which = (service, usernames, secret)
        if not logging_out(self._read(service), *which, below=below)[0]:
            return []
        with self._writing(service) as state:
            change, gone = logging_out(state.known, *which, below=below)
            state.apply(change, now)
            return gone

    def prune(self, service: Service | None, now: int) -> list[Entry]:
        """Remove what Git erased, and what has expired and cannot be renewed, at a service and
        below it; None means everywhere. Returns it."""
        from .logins import pruning

        if not pruning(self._read(service), service, now)[1]:
            return []
        with self._writing(service) as state:
            change, gone = pruning(state.known, service, now)
            state.apply(change, now)
            return gone

    def use(self, service: Service, username: bytes | None, now: int) -> None:
        """Let an account of the service, which must be there, answer if nobody names one."""
        from .logins import use_change

        if use_change(self._read(service), service, username):
            with self._writing(service) as state:
                state.apply(use_change(state.known, service, username), now)

    def restore(
        self, service: Service, username: bytes | None, now: int, *, below: bool = True
    ) -> list[tuple[Entry, bool]]:
        """Bring back what Git erased at a service and with `below` also below it. Returns each
        entry, and False if Git has a newer secret of its account."""
        from . import changes, logins

        known = self._read(service)
        if not any(logins.restorable(known, service, username, now, below=below)):
            return []
        with self._writing(service) as state:
            hidden, erased = logins.restorable(state.known, service, username, now, below=below)
            change = logins.unhiding([e for e in hidden if e.shadow is None], now)
            state.apply(change, now)
            restored = [(entry, entry.shadow is None) for entry in hidden]
            for entry in erased:
                state.refresh()
                same = logins.same_account(state.known, entry.service, entry.as_stored)
                same = [e for e in same if not e.hidden]
                if not same:
                    change = changes.put_change(state.known, entry.service, entry.as_stored, now)
                    state.apply(change, now)
                is_there = any(e.as_stored.secret == entry.as_stored.secret for e in same)
                if is_there:
                    state.apply(logins.forget_change(entry), now)
                restored.append((entry, is_there or not same))
            return restored

    def _read(self, service: Service | None) -> Contents:
        if not files.exists(self._settings.folder):
            return Contents([], [], [])
        with self._reading(service) as state:
            return state.known

    def _reading(self, service: Service | None) -> _Files:
        return _Files(self._settings, service, exclusive=False)

    def _writing(self, service: Service | None) -> AbstractContextManager[BothFiles]:
        files.make_folder(self._settings.folder, any_owner=self._settings.any_owner)
        return _Files(self._settings, service, exclusive=True)


class _Files(BothFiles):
    """Both files on the disk, under uv's lock.

    They can be changed if the lock is exclusive. Use it as a context manager.
    """

    __slots__ = ("_exclusive", "_folder", "_lock")

    def __init__(self, settings: Settings, service: Service | None, *, exclusive: bool) -> None:
        super().__init__(service)
        self._exclusive = exclusive
        self._folder = files.Folder(settings.folder, any_owner=settings.any_owner)
        try:
            timeout = settings.lock_timeout
            self._lock = Lock(
                self._folder,
                uvfile.LOCK_NAME,
                exclusive=exclusive,
                timeout=timeout if exclusive else min(timeout, READ_TIMEOUT),
                required=exclusive,
            )
        except BaseException:
            self._folder.close()
            raise

    def __enter__(self) -> _Files:
        realm = None if self.service is None else self.service.realm
        whole = self._exclusive or realm is None
        remember = self._lock.held and not self._exclusive
        try:
            uv = TomlFile(self._folder, uvfile.NAME, realm, "uv")
            companion = TomlFile(self._folder, COMPANION, realm, "companion")
            for file in (uv, companion):
                file.load(whole=whole, remember=remember)
            self.uv, self.companion = uv, companion
            self.refresh()
            self.known.warning = files.group_warning(self._folder.shared)
        except BaseException:
            # `with` leaves only what it has entered, and the program may go on for long.
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._lock.release()
        self._folder.close()


def _as_uv(entries: list[Entry]) -> list[Entry]:
    """The order in which uv would look: its own entries first, also those hidden from Git."""
    return [
        *best_first([e for e in entries if not e.record]),
        *best_first([e for e in entries if e.record]),
    ]


def _chosen(ranked: list[Entry], username: bytes | None) -> list[Entry]:
    """The entries of the account that a person chose where the best of these is. An account that is
    asked for by its name needs no choice."""
    best = [e for e in ranked if e.service == ranked[0].service]
    return [e for e in best if e.chosen and e.as_stored.username != username]


def _place(entry: Entry, rivals: list[Entry]) -> str:
    name = COMPANION if entry.record else uvfile.NAME
    count = len({rival.as_stored.username for rival in rivals})
    why = "your choice of" if entry.chosen else "the default of"
    return f"'{entry.service}' in {name}" + (f", {why} {count} accounts" * (count > 1))


def _missing(entries: list[Entry], query: Query) -> str:
    covering = [e for e in entries if e.complete and e.service.covers(query.service)]
    if covering:
        return "its entries are for another username or scheme"
    below = [e for e in entries if query.service.covers(e.service)]
    if below:
        return f"its entries are for paths, as '{below[0].service}', and none was asked for"
    return "the store has no entry for this service"


def _hidden(entry: Entry) -> str:
    from ..urls.usernames import whose

    what = whose(entry.as_stored.username)
    login, restore = command_for(entry, "login"), command_for(entry, "restore")
    return f"the server refused {what} earlier; run '{login}', or '{restore}' if that was a mistake"
