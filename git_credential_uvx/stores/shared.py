"""The store shared with uv: its `credentials.toml`, and the companion beside it.

Both files are read and written under uv's lock. Reading never writes to either; a change is
worked out from what stands in them under the lock, written by replacing a whole file, and
checked by reading it back before.
"""

from __future__ import annotations

from .. import files
from ..settings import READ_TIMEOUT
from . import companion, uvfile
from .entries import best_first, candidates, merged
from .textfile import TextFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credential import Credential, Secret
    from ..files import Folder
    from ..settings import Settings
    from ..urls import Service
    from .changes import Change
    from .entries import Entry


class SharedStore:
    """Credentials by service, as uv and Git put them. Every method raises StoreError."""

    __slots__ = ("_settings",)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find(
        self, service: Service, username: bytes | None, *, schemes: bool, now: int
    ) -> Credential | None:
        """The credential that answers for `service`: longest path first, then the newest.

        `schemes` allows one with a scheme other than username and password. An expired one
        is found only for its refresh token.
        """
        for entry in best_first(candidates(self._read(service), service, username)):
            credential = entry.credential
            if entry.hidden or (credential.authtype is not None and not schemes):
                continue
            if not credential.expired(now) or credential.refresh is not None:
                return credential
        return None

    def put(self, service: Service, credential: Credential, now: int) -> None:
        """Keep a credential; one that `find` would give anyway writes nothing."""
        from . import changes

        if changes.is_known(self._read(service), service, credential):
            return
        files.make_folder(self._settings.folder, any_owner=self._settings.any_owner)
        with self._open() as folder, self._lock(folder, exclusive=True):
            state = _State(folder, service, whole=True)
            if not changes.is_known(state.entries, service, credential):
                state.apply(changes.putting(state.entries, service, credential, now))

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

    def _lock(self, folder: Folder, *, exclusive: bool) -> files.Lock:
        timeout = self._settings.lock_timeout
        return files.Lock(
            folder,
            uvfile.LOCK_NAME,
            exclusive=exclusive,
            timeout=timeout if exclusive else min(timeout, READ_TIMEOUT),
            required=exclusive,
        )

    def _read(self, service: Service) -> list[Entry]:
        if not files.exists(self._settings.folder):
            return []
        with self._open() as folder, self._lock(folder, exclusive=False) as lock:
            return _State(folder, service, remember=lock.held).entries


class _State:
    """Both files as they stand, as far as one service's realm is concerned.

    Only with `whole` can they be changed. `remember` is for a reader who holds the lock.
    """

    def __init__(
        self, folder: Folder, service: Service, *, whole: bool = False, remember: bool = False
    ) -> None:
        self._uv = TextFile(folder, uvfile.NAME, service.realm, "uv")
        self._companion = TextFile(folder, companion.NAME, service.realm, "companion")
        for file in (self._uv, self._companion):
            file.load(whole=whole, remember=remember)
        uv = self._uv.interpreted(uvfile.entries)
        records, notes = self._companion.interpreted(companion.contents)
        self.entries, self._orphans = merged(uv, records, notes)

    def apply(self, change: Change) -> None:
        """Write the change, in its order; what is known of entries that uv removed goes too."""
        if change.companion:
            change.companion.remove += [note.table for note in self._orphans if note.table]
        if change.companion_first and change.companion:
            self._companion.write(change.companion, heading=companion.HEADING)
        if change.uv:
            self._uv.write(change.uv)
        if not change.companion_first and change.companion:
            self._companion.write(change.companion, heading=companion.HEADING)
