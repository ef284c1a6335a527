"""The store shared with uv: its `credentials.toml`, and the companion beside it.

Both files are read and written under uv's lock. Reading never writes to either; a change is
worked out from what stands in them under the lock, written by replacing a whole file, and
checked by reading it back before.
"""

from __future__ import annotations

from .. import files
from ..locks import Lock
from ..lookup import Finding
from ..settings import READ_TIMEOUT
from . import companion, uvfile
from .entries import best_first, candidates, merged
from .textfile import TextFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..credential import Credential, Secret
    from ..files import Folder
    from ..lookup import Query
    from ..settings import Settings
    from ..urls import Service
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
        entries = self._read(query.service)
        git = query.use == "git"
        found = candidates(entries, query.service, query.username, placeholders=git)
        found = [e for e in found if query.schemes or e.bare.authtype is None]
        usable = [e for e in best_first(found) if not e.hidden] if git else _as_uv(found)
        valid = [e for e in usable if not e.credential.expired(now)]
        if valid:
            rivals = [e for e in valid if e.service == valid[0].service]
            if not git and query.username is None and _is_ambiguous(rivals):
                return Finding(reason=f"uv cannot choose among its {len(rivals)} accounts for it")
            return Finding(valid[0].credential, place=_place(valid[0], rivals if git else []))
        if usable:
            renewable = [e.credential for e in usable if e.credential.refresh is not None]
            reason = f"the password of the entry '{usable[0].service}' has expired"
            return Finding(reason=reason, fallback=renewable[0] if git and renewable else None)
        if found:
            return Finding(reason=_hidden(found[0]), warning=_hidden(found[0]))
        return Finding(reason=_missing(entries, query))

    def put(
        self,
        service: Service,
        credential: Credential,
        now: int,
        *,
        unless: Callable[[], bool] = lambda: False,
    ) -> None:
        """Keep a credential; one that `find` would give anyway writes nothing.

        `unless` is asked only then whether it shall not be kept after all.
        """
        from . import changes

        if not changes.putting(*self._read_all(service), service, credential, now) or unless():
            return
        files.make_folder(self._settings.folder, any_owner=self._settings.any_owner)
        with self._open() as folder, self._lock(folder, exclusive=True):
            state = _State(folder, service, whole=True)
            state.apply(changes.putting(state.entries, state.unclear, service, credential, now))

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
        with self._open() as folder, self._lock(folder, exclusive=True):
            state = _State(folder, service, whole=True)
            state.apply(changes.removing(state.entries, *refused))

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

    def _read(self, service: Service) -> list[Entry]:
        return self._read_all(service)[0]

    def _read_all(self, service: Service) -> tuple[list[Entry], bool]:
        if not files.exists(self._settings.folder):
            return [], False
        with self._open() as folder, self._lock(folder, exclusive=False) as lock:
            state = _State(folder, service, remember=lock.held)
            return state.entries, state.unclear


class _State:
    """Both files as they stand, as far as one service's realm is concerned.

    Only with `whole` can they be changed. `remember` is for a reader who holds the lock.
    """

    def __init__(
        self, folder: Folder, service: Service, *, whole: bool = False, remember: bool = False
    ) -> None:
        self._uv = TextFile(folder, uvfile.NAME, service.realm, "uv")
        self._companion = TextFile(
            folder, companion.NAME, service.realm, "companion", companion.HEADING
        )
        for file in (self._uv, self._companion):
            file.load(whole=whole, remember=remember)
        uv, self.unclear = self._uv.interpreted(uvfile.entries)
        records, notes = self._companion.interpreted(companion.contents)
        self.entries, self._gone = merged(uv, records, notes)

    def apply(self, change: Change) -> None:
        """Write the change, in its order; what is noted of entries that uv removed goes too."""
        first = change.before or change.after
        if first:
            first.remove += self._gone
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
