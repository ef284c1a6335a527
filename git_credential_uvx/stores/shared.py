"""The store shared with uv: its `credentials.toml`, and the companion beside it.

Both files are read and written under uv's lock. Reading never writes to either; a change is
worked out from what stands in them under the lock, written by replacing a whole file, and
checked by reading it back before.
"""

from __future__ import annotations

from .. import files, mounted, plaintext
from ..errors import DocumentError, StoreError
from ..settings import READ_TIMEOUT
from ..tomltext import Document, full_document, plain_document
from . import changes, companion, proofs, uvfile
from .entries import best_first, candidates, merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from ..credential import Credential, Secret
    from ..files import Folder
    from ..settings import Settings
    from ..tomltext import Table
    from ..urls import Service
    from .entries import Entry

    T = TypeVar("T")

# Bytes; from here on searching is faster than reading line by line, proof included.
_LARGE = 32 * 1024


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
        if changes.is_known(self._read(service), service, credential):
            return
        files.make_folder(self._settings.folder)
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
        self.uv = _File(folder, uvfile.NAME, service.realm, plaintext.UV_KEYS)
        self.companion = _File(folder, companion.NAME, service.realm, plaintext.COMPANION_KEYS)
        for file in (self.uv, self.companion):
            file.load(whole=whole, remember=remember)
        uv = self.uv.interpreted(uvfile.entries)
        records, notes = self.companion.interpreted(companion.contents)
        self.entries = merged(uv, records, notes)

    def apply(self, change: changes.Change) -> None:
        """Write the change, in its order."""
        edits = [(self.uv, change.uv), (self.companion, change.companion)]
        if change.companion_first:
            edits.reverse()
        for file, edit in edits:
            if edit:
                file.write(edit)


class _File:
    """One of the two files: where it is, and what it says about one realm."""

    def __init__(self, folder: Folder, name: str, realm: str, keys: bytes) -> None:
        self._folder = folder
        self._name = name
        self._realm = realm
        self._keys = keys
        self._plain = False
        self.document = Document(b"", [])

    def load(self, *, whole: bool, remember: bool) -> None:
        """Read the file, or with `whole` false as little of it as will do."""
        file = files.open_file(self._folder, self._name)
        if file is None:
            return
        with file:
            try:
                self._load(file, whole, remember)
            except OSError as error:
                path = self._folder.describe(self._name)
                raise files.failure("cannot read", path, error) from None

    def _load(self, file: files.File, whole: bool, remember: bool) -> None:
        large = file.status.st_size > _LARGE
        unsettled = mounted.is_unsettled(self._folder, self._name)
        self._plain = (
            large and not unsettled and proofs.is_proven(self._folder, self._name, file.status)
        )
        if self._plain and not whole:
            starts = file.find_all(plaintext.needle(self._realm))
            self.document = Document(b"", plaintext.tables(starts, file.read_at))
            return
        found = file.read_all()
        if unsettled:
            found = mounted.settled(self._folder, self._name, found)
        elif large and not self._plain and plaintext.is_plain(found, self._keys):
            self._plain = True
            if remember:
                proofs.keep(self._folder, self._name, file.status)
        self.document = self._document(found)

    def _document(self, data: bytes) -> Document:
        try:
            if self._plain:
                return plaintext.realm_document(data, self._realm)
            return plain_document(data) or full_document(data)
        except DocumentError as error:
            raise self._fault(error) from None

    def _fault(self, error: DocumentError) -> StoreError:
        line = f", line {error.line}" if error.line else ""
        return StoreError(f"cannot read '{self._folder.describe(self._name)}'{line}: {error}")

    def interpreted(self, interpret: Callable[[list[Table]], T]) -> T:
        """What `interpret` makes of the tables."""
        try:
            return interpret(self.document.tables)
        except DocumentError as error:
            raise self._fault(error) from None

    def write(self, edit: changes.Edit) -> None:
        """Replace the file by an edited one that reads as it should."""
        data = self.document.edited(remove=edit.remove, replace=edit.replace, add=edit.add)
        if not self.document.data and self._name == companion.NAME:
            data = companion.HEADING + data
        if [t.fields for t in self._document(data).tables] != _expected(self.document, edit):
            path = self._folder.describe(self._name)
            raise StoreError(f"cannot write '{path}': its layout is one that cannot be edited")
        files.replace(self._folder, self._name, data)


def _expected(document: Document, edit: changes.Edit) -> list[Mapping[str, object]]:
    replaced = {(table.start, key): text for table, key, text in edit.replace}
    kept = [
        {key: replaced.get((table.start, key), value) for key, value in table.fields.items()}
        for table in document.tables
        if table not in edit.remove
    ]
    return [*kept, *edit.add]
