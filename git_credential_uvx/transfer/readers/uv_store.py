"""uv's own `credentials.toml`, of another machine or folder."""

from __future__ import annotations

from ...errors import DocumentError, SourceError
from ...stores import uvfile
from ...toml.document import Document, Table, full_document, plain_document
from ..rows import Found, Places, Refused, Row, SourceFile
from . import Reader


class UvStore(Reader):
    whole = True

    def paths(self, places: Places) -> list[str]:
        """None: the one of this machine is the store itself."""
        return []

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each entry. Raises SourceError for what is not TOML."""
        return [row for table in _document(file).tables for row in _rows(table)]

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> None:
        """None, which removes the file, if everything in it was found. Raises SourceError."""
        if _document(file).others or b"#" in file.data:
            raise SourceError("it contains more than credentials")


def _document(file: SourceFile) -> Document:
    try:
        return plain_document(file.data) or full_document(file.data)
    except DocumentError as error:
        line = f"line {error.line}: " if error.line else ""
        raise SourceError(f"{line}{error}") from None


def _rows(table: Table) -> list[Row]:
    try:
        entries, _ = uvfile.entries([table])
    except DocumentError as error:
        return [Refused(str(error), table.line)]
    if not entries:
        return [Refused("its service is a URL that only uv can read", table.line)]
    if not entries[0].complete:
        return [Refused("it has no password", table.line)]
    return [Found(entry.service, entry.as_stored, table.line) for entry in entries]


READER = UvStore()
