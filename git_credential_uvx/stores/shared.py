"""The store shared with uv: its `credentials.toml`, and the companion beside it.

Both files are read and written under uv's lock. Reading never writes to either; a change is
worked out from what stands in them under the lock, written by replacing a whole file, and
checked by reading it back before.
"""

from __future__ import annotations

import os

from ..query import Finding
from ..system import files
from ..system.files import Lock
from ..system.settings import READ_TIMEOUT
from . import companion, uvfile
from .entries import Known, best_first, candidates, merged
from .tomlfile import TextFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ..credential import Credential, Secret
    from ..query import Query
    from ..system.files import Folder
    from ..system.settings import Settings
    from ..urls.service import Service
    from .bulk import Item
    from .changes import Change
    from .entries import Entry


class SharedStore:
    """Credentials by service, as uv and Git put them. Every method raises StoreError."""

    __slots__ = ("_settings",)

    name = "store"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find(self, query: Query, now: int) -> Finding:
        """The credential that answers, for Git or as uv would find it."""
        known = self._read(query.service)
        finding = self._found(known.entries, query, now)
        finding.notice = known.warning
        return finding

    def _found(self, entries: list[Entry], query: Query, now: int) -> Finding:
        git = query.use == "git"
        found = candidates(entries, query.service, query.username, placeholders=git)
        found = [e for e in found if query.schemes or e.bare.authtype is None]
        usable = [e for e in best_first(found) if not e.hidden] if git else _as_uv(found)
        valid = [e for e in usable if not e.credential.expired(now)]
        if valid:
            rivals = [e for e in valid if e.service == valid[0].service]
            if not git and query.username is None and _is_ambiguous(rivals):
                reason = f"uv cannot choose among its {len(rivals)} accounts for it"
                return Finding(reason=reason, ambiguous=True)
            place = _place(valid[0], rivals if git else [])
            return Finding(valid[0].credential, place=place, exact=True)
        if usable:
            renewable = [e.credential for e in usable if e.credential.refresh is not None]
            reason = f"the password of the entry '{usable[0].service}' has expired"
            fallback = renewable[0] if git and renewable else None
            return Finding(reason=reason, fallback=fallback, exact=True)
        if found:
            return Finding(reason=_hidden(found[0]), warning=_hidden(found[0]))
        return Finding(reason=_missing(entries, query))

    def put(self, service: Service, credential: Credential, now: int) -> None:
        """Store a credential. One that `find` would answer anyway writes nothing."""
        if self.planned(service, credential, now):
            self.apply(service, credential, now)

    def planned(self, service: Service, credential: Credential, now: int) -> Change:
        """What storing a credential would change; nothing if `find` would answer it anyway."""
        from . import changes

        return changes.putting(self._read(service), service, credential, now)

    def apply(self, service: Service, credential: Credential, now: int) -> None:
        """Store a credential for which there was something to change.

        The files may have changed since, so the change is worked out again under the lock.
        """
        from . import changes

        with self._writing(service) as state:
            state.apply(changes.putting(state.known, service, credential, now), now)

    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> None:
        """Forget what a server refused; None for `secret` means whatever it is."""
        from . import changes

        refused = (service, username, secret, authtype, now)
        if not changes.removing(self._read(service), *refused):
            return
        with self._writing(service) as state:
            state.apply(changes.removing(state.known, *refused), now)

    def owns(self, path: str) -> bool:
        """Whether a path leads to a file of the store."""
        names = (uvfile.NAME, companion.NAME, uvfile.LOCK_NAME)
        own = (os.path.join(self._settings.folder, name) for name in names)
        return os.path.realpath(path) in map(os.path.realpath, own)

    def entries(self) -> Known:
        """All that both files say."""
        return self._read(None)

    def login(self, service: Service, credential: Credential, now: int) -> list[Entry]:
        """Keep what a person logs in with, where uv would; the other accounts among which uv
        cannot choose then."""
        from .logins import logging_in

        with self._writing(service) as state:
            state.apply(logging_in(state.known, service, credential, now), now)
            state.refresh()
            same = [e for e in state.known.entries if e.service == service and not e.record]
            return [e for e in same if e.bare.username != credential.username]

    def keep(
        self,
        items: list[Item],
        now: int,
        *,
        replace: bool = False,
        behind: bool = False,
        alone: bool = False,
        unless: Collection[str] = (),
    ) -> list[str]:
        """Keep a person's credentials in passing, all in one change; see `keeping` for what it says
        of each. When this returns, they are on the disk; but none of them if it says one of
        `unless` of any."""
        from . import changes
        from .bulk import keeping

        if not items:
            return []
        one_realm = len({item.service.realm for item in items}) == 1
        service = items[0].service if one_realm else None

        def worked_out(known: Known) -> tuple[Change, list[str]]:
            change, outcomes = keeping(
                known, items, now, replace=replace, behind=behind, alone=alone
            )
            return (changes.Change() if set(outcomes) & set(unless) else change), outcomes

        change, outcomes = worked_out(self._read(service))
        if change:
            with self._writing(service) as state:
                change, outcomes = worked_out(state.known)
                state.apply(change, now)
        return outcomes

    def logout(
        self,
        service: Service,
        usernames: Collection[bytes | None] | None,
        now: int,
        *,
        secret: Secret | None = None,
    ) -> list[Entry]:
        """Remove the accounts of a service with these usernames, None for all, if they have this
        secret, None for any; what was removed."""
        from .logins import logging_out

        if not logging_out(self._read(service), service, usernames, secret)[0]:
            return []
        with self._writing(service) as state:
            change, gone = logging_out(state.known, service, usernames, secret)
            state.apply(change, now)
            return gone

    def restore(
        self, service: Service, username: bytes | None, now: int
    ) -> list[tuple[Entry, bool]]:
        """Bring back what Git erased at a service and below: each, and whether it could be, since
        an account with another secret may have come in its place."""
        from . import changes, logins

        if not any(logins.restorable(self._read(service), service, username, now)):
            return []
        with self._writing(service) as state:
            hidden, erased = logins.restorable(state.known, service, username, now)
            state.apply(logins.unhiding(hidden, now), now)
            restored = [(entry, True) for entry in hidden]
            for entry in erased:
                state.refresh()
                same = logins.same_account(state.known, entry.service, entry.bare)
                if not same:
                    change = changes.putting(state.known, entry.service, entry.bare, now)
                    state.apply(change, now)
                is_there = any(e.bare.secret == entry.bare.secret for e in same)
                if is_there:
                    state.apply(logins.letting_go(entry), now)
                restored.append((entry, is_there or not same))
            return restored

    def _open(self) -> Folder:
        return files.Folder(self._settings.folder, any_owner=self._settings.any_owner)

    def _lock(self, folder: Folder, *, exclusive: bool) -> Lock:
        timeout = self._settings.lock_timeout
        return Lock(
            folder,
            uvfile.LOCK_NAME,
            exclusive=exclusive,
            timeout=timeout if exclusive else min(timeout, READ_TIMEOUT),
            required=exclusive,
        )

    def _read(self, service: Service | None) -> Known:
        if not files.exists(self._settings.folder):
            return Known([], [], [])
        with self._open() as folder, self._lock(folder, exclusive=False) as lock:
            whole = service is None
            known = _State(folder, service, whole=whole, remember=lock.held).known
            known.warning = files.group_warning(folder.shared)
            return known

    def _writing(self, service: Service | None) -> _Writing:
        files.make_folder(self._settings.folder, any_owner=self._settings.any_owner)
        folder = self._open()
        try:
            return _Writing(folder, self._lock(folder, exclusive=True), service)
        except BaseException:
            folder.close()
            raise


class _Writing:
    """Both files to be changed, as long as the lock is held."""

    def __init__(self, folder: Folder, lock: Lock, service: Service | None) -> None:
        self._folder = folder
        self._lock = lock
        self._service = service

    def __enter__(self) -> _State:
        try:
            return _State(self._folder, self._service, whole=True)
        except BaseException:
            # `with` only leaves what it entered, and a program may go on for long with the lock.
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self._lock.__exit__()
        self._folder.close()


class _State:
    """Both files as they stand, as far as the realm of `service` is concerned; all of them with
    None.

    Only with `whole` can they be changed. `remember` is for a reader who holds the lock.
    """

    def __init__(
        self,
        folder: Folder,
        service: Service | None,
        *,
        whole: bool = False,
        remember: bool = False,
    ) -> None:
        realm = None if service is None else service.realm
        self._uv = TextFile(folder, uvfile.NAME, realm, "uv")
        self._companion = TextFile(folder, companion.NAME, realm, "companion", companion.HEADING)
        for file in (self._uv, self._companion):
            file.load(whole=whole, remember=remember)
        self.refresh()

    def refresh(self) -> None:
        """See what was written."""
        uv, unclear = self._uv.interpreted(uvfile.entries)
        records, notes, erased = self._companion.interpreted(companion.contents)
        self.known = merged(uv, records, notes, erased, unclear=unclear)

    def apply(self, change: Change, now: int) -> None:
        """Write the change, in its order; what is noted of entries that uv removed goes too, and
        what was kept aside for long enough."""
        first = change.before or change.after
        if first:
            gone = [*self.known.gone, *self.known.outdated(now)]
            going = [*change.before.remove, *change.after.remove]
            first.remove += [table for table in gone if table not in going]
        for file, edit in (
            (self._companion, change.before),
            (self._uv, change.uv),
            (self._companion, change.after),
        ):
            if edit:
                file.write(edit)


def _as_uv(entries: list[Entry]) -> list[Entry]:
    """As uv would look: its own entries first, what Git was refused among them."""
    return [
        *best_first([e for e in entries if not e.record]),
        *best_first([e for e in entries if e.record]),
    ]


def _is_ambiguous(rivals: list[Entry]) -> bool:
    return len([e for e in rivals if not e.record]) > 1


def _place(entry: Entry, rivals: list[Entry]) -> str:
    name = companion.NAME if entry.record else uvfile.NAME
    newest = f", the newest of {len(rivals)} accounts" if len(rivals) > 1 else ""
    return f"the entry '{entry.service}' of {name}{newest}"


def _missing(entries: list[Entry], query: Query) -> str:
    covering = [e for e in entries if e.complete and e.service.covers(query.service)]
    if covering:
        return "its entries are for another username or scheme"
    below = [e for e in entries if query.service.covers(e.service)]
    if below:
        return f"its entries are for paths, as '{below[0].service}', and none was asked for"
    return "it has no entry for this service"


def _hidden(entry: Entry) -> str:
    who = (entry.bare.username or b"").decode(errors="backslashreplace")
    return (
        f"'{entry.service.realm}' refused the password of '{who}' before, so Git is not given it "
        "again; 'uv auth login' with a new one, or type it at Git's prompt"
    )
