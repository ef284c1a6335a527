"""The two files of the shared store: what they say about a realm, and how to change them."""

from __future__ import annotations

from ..errors import DocumentError, StoreError
from ..system import files
from ..toml.document import Document, full_document, plain_document
from . import uvfile
from .entries import merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from ..system.files import Folder
    from ..toml.document import Table
    from ..urls.service import Service
    from .changes import FileEdit, StoreChange
    from .entries import Choice, Contents, Entry, Note

    T = TypeVar("T")

# Bytes; from here on searching is faster than reading line by line.
_LARGE = 32 * 1024


class TomlText:
    """Credentials in TOML, held in memory. Its methods raise StoreError, with file and line.

    `path` is that of the file, for messages. With a `realm` the document may have only its tables.
    """

    __slots__ = ("_plain", "_realm", "document", "path")

    def __init__(self, path: str, document: Document, realm: str | None = None) -> None:
        self.path = path
        self.document = document
        self._realm = realm
        self._plain = False

    @property
    def is_whole(self) -> bool:
        """Whether the document has the tables of all realms."""
        return not self._plain or self._realm is None

    def _document(self, data: bytes) -> Document:
        try:
            if self._plain and self._realm is not None:
                from ..toml.large import realm_document

                return realm_document(data, self._realm)
            return plain_document(data) or full_document(data)
        except DocumentError as error:
            raise self._fault(error) from None

    def _fault(self, error: DocumentError) -> StoreError:
        if not error.line:
            return StoreError(f"cannot read '{self.path}': {error}; repair it or move it away")
        where = f"'{self.path}', line {error.line}"
        advice = f"repair line {error.line} or move the file away"
        return StoreError(f"cannot read {where}: {error}; {advice}")

    def interpreted(self, interpret: Callable[[list[Table]], T]) -> T:
        """What `interpret` makes of the tables."""
        try:
            return interpret(self.document.tables)
        except DocumentError as error:
            raise self._fault(error) from None

    def write(self, edit: FileEdit, heading: bytes) -> None:
        """Edit the document, which must be whole, if the result reads as it should. An empty one
        begins with `heading` then."""
        remove = [self._again(table) for table in edit.remove]
        data = self.document.edited(remove=remove, replace=edit.replace, add=edit.add)
        if not self.document.data:
            data = heading + data
        after = self._document(data)
        expected = _expected(self.document, remove, edit)
        if after.others != self.document.others or [t.fields for t in after.tables] != expected:
            raise StoreError(f"cannot write '{self.path}': its layout is one that cannot be edited")
        self._save(data)
        self.document = after

    def _save(self, data: bytes) -> None:
        """Put the new text where it belongs; this one stays in memory."""

    def _again(self, table: Table) -> Table:
        """Where a table stands now that the document may have been edited since."""
        if table in self.document.tables:
            return table
        return next(now for now in self.document.tables if now.fields == table.fields)


class TomlFile(TomlText):
    """A TOML file with credentials, which `write` replaces.

    With a `realm` only its entries may be read from a large file. `layout` tells what the file's
    own writer writes, see `toml/large`.
    """

    __slots__ = ("_folder", "_layout", "_name")

    def __init__(self, folder: Folder, name: str, realm: str | None, layout: str) -> None:
        self._folder, self._name = folder.real(name)
        super().__init__(self._folder.describe(self._name), Document(b"", []), realm)
        self._layout = layout

    def load(self, *, whole: bool, remember: bool) -> None:
        """Read the file, or with `whole` false as little of it as will do.

        `remember` allows keeping what was found out about a large file.
        """
        file = files.open_file(self._folder, self._name)
        if file is None:
            return
        with file:
            try:
                if self._folder.has(files.old(self._name)):
                    from ..system.replace import settled

                    found = settled(self._folder, self._name, file.read())
                    self.document = self._document(found)
                elif file.status.st_size > _LARGE:
                    self._load_large(file, whole=whole, remember=remember)
                else:
                    self.document = self._document(file.read())
            except OSError as error:
                raise files.failure("cannot read", self.path, error) from None

    def _load_large(self, file: files.File, *, whole: bool, remember: bool) -> None:
        from ..toml import large
        from . import stamp

        index = stamp.recall(self._folder, self._name, file.status)
        if index is not None and not whole and self._realm is not None:
            starts = large.starts_in(index, self._realm)
            self.document = Document(b"", large.tables(starts, self._realm, file.read_at))
            self._plain = True
            return
        data = file.read()
        if index is None:
            index = large.index_text(data, self._layout)
            if index is not None and remember:
                stamp.keep(self._folder, self._name, file.status, index)
        self._plain = index is not None
        self.document = self._document(data)

    def _save(self, data: bytes) -> None:
        from ..system.replace import replace

        replace(self._folder, self._name, data)


class BothFiles:
    """Both files in memory, as far as they concern the realm of `service`, or all of them with
    None: what they say, and how they change."""

    __slots__ = ("companion", "known", "service", "uv")

    known: Contents
    uv: TomlText
    companion: TomlText

    def __init__(self, service: Service | None) -> None:
        self.service = service

    def refresh(self) -> None:
        """Interpret both files again, after `apply`."""
        uv, unclear = self.uv.interpreted(uvfile.entries)
        contents: tuple[list[Entry], list[Note], list[Entry], list[Choice]] = ([], [], [], [])
        if self.companion.document.tables:
            from . import companion

            contents = self.companion.interpreted(companion.contents)
        self.known = merged(uv, *contents, unclear=unclear)

    def apply(self, change: StoreChange, now: int) -> None:
        """Write a change in its order. Notes about entries that uv removed go too, and records
        that were erased long enough ago."""
        from .companion import HEADING

        first = change.before or change.after
        if first:
            gone = [*self._gone(), *self.known.outdated(now)]
            going = [*change.before.remove, *change.after.remove]
            first.remove += [table for table in gone if table not in going]
        for file, edit, heading in (
            (self.companion, change.before, HEADING),
            (self.uv, change.uv, b""),
            (self.companion, change.after, HEADING),
        ):
            if edit:
                file.write(edit, heading)

    def _gone(self) -> list[Table]:
        """The companion's tables about entries that are no longer in uv's file. If only one realm
        of that file was read, nothing is known about tables of other realms."""
        if self.service is None or self.uv.is_whole:
            return self.known.gone
        realm = f"{self.service.realm}/"
        return [t for t in self.known.gone if str(t.fields["service"]).startswith(realm)]


def _expected(
    document: Document, removed: list[Table], edit: FileEdit
) -> list[Mapping[str, object]]:
    replaced = {(table.start, key): text for table, key, text in edit.replace}
    kept = [
        {key: replaced.get((table.start, key), value) for key, value in table.fields.items()}
        for table in document.tables
        if table not in removed
    ]
    return [*kept, *edit.add]
