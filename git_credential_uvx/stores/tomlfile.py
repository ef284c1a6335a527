"""One of the two files of the shared store: what it says about a realm, and how to change it."""

from __future__ import annotations

from ..errors import DocumentError, StoreError
from ..system import files
from ..toml.document import Document, full_document, plain_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from ..system.files import Folder
    from ..toml.document import Table
    from .changes import FileEdit

    T = TypeVar("T")

# Bytes; from here on searching is faster than reading line by line.
_LARGE = 32 * 1024


class TomlFile:
    """A TOML file with credentials. Its methods raise StoreError, with file and line.

    With a `realm` only its entries may be read from a large file. `layout` tells what the file's
    own writer writes, see `toml/large`.
    """

    __slots__ = ("_folder", "_layout", "_name", "_plain", "_realm", "document")

    def __init__(self, folder: Folder, name: str, realm: str | None, layout: str) -> None:
        self._folder, self._name = folder.real(name)
        self._realm = realm
        self._layout = layout
        self._plain = False
        self.document = Document(b"", [])

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
                path = self._folder.describe(self._name)
                raise files.failure("cannot read", path, error) from None

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
        path = self._folder.describe(self._name)
        if not error.line:
            return StoreError(f"cannot read '{path}': {error}; repair it or move it away")
        where = f"'{path}', line {error.line}"
        advice = f"repair line {error.line} or move the file away"
        return StoreError(f"cannot read {where}: {error}; {advice}")

    def interpreted(self, interpret: Callable[[list[Table]], T]) -> T:
        """What `interpret` makes of the tables."""
        try:
            return interpret(self.document.tables)
        except DocumentError as error:
            raise self._fault(error) from None

    def write(self, edit: FileEdit, heading: bytes) -> None:
        """Replace the file by an edited one, if that reads as it should.

        The file must have been loaded whole. A new file begins with `heading`.
        """
        remove = [self._again(table) for table in edit.remove]
        data = self.document.edited(remove=remove, replace=edit.replace, add=edit.add)
        if not self.document.data:
            data = heading + data
        after = self._document(data)
        expected = _expected(self.document, remove, edit)
        if after.others != self.document.others or [t.fields for t in after.tables] != expected:
            path = self._folder.describe(self._name)
            raise StoreError(f"cannot write '{path}': its layout is one that cannot be edited")
        from ..system.replace import replace

        replace(self._folder, self._name, data)
        self.document = after

    def _again(self, table: Table) -> Table:
        """Where a table stands now that the file may have been written since."""
        if table in self.document.tables:
            return table
        return next(now for now in self.document.tables if now.fields == table.fields)


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
