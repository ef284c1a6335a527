"""The formats that credentials can be imported from: one file and one line of SOURCES each."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from ..rows import SourceFile, cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..rows import Found, Places, Row

# The names on the command line and the module of each, in the order in which they are imported.
SOURCES = {
    "git-credentials": "git_store",
    "netrc": "netrc",
    "uv": "uv_store",
    "gh": "gh",
    "poetry": "poetry",
    "gcm": "gcm",
    "pip": "pip",
    "uv-config": "uv_config",
    "git-remotes": "git_remotes",
}


class Reader:
    """One format. A subclass says where its files are (`paths`) and what is in one (`read`); the
    rest has defaults for a format of single files."""

    # Whether the first of two secrets for one account counts, and not the last.
    first_counts = False
    # Whether a file is removed as a whole, and so only if all of it was imported.
    whole = False
    # Why files of this format are never changed; "" if they are.
    stays = ""

    def paths(self, places: Places) -> list[str]:
        """Where the files are on a machine, whether they exist or not."""
        raise NotImplementedError

    def checkout_paths(self, places: Places) -> list[str]:
        """The files of the working folder. They are read only for a person who names the format,
        because the author of a checkout chose the hosts in it."""
        return []

    def files_at(self, path: str, places: Places) -> Iterator[SourceFile]:
        """The files at a path, without their data. Raises SourceError."""
        yield SourceFile(b"", path)

    def beside(self, file: SourceFile, places: Places, *, named: bool) -> Mapping[str, bytes]:
        """What `read` needs besides the file; `named` says that a person named the format.

        Raises SourceError.
        """
        return file.beside

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each credential, and for each entry without one. Raises SourceError."""
        raise NotImplementedError

    def is_closed(self, path: str) -> bool:
        """Whether other users cannot reach a file although its own mode lets them read it."""
        return False

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> bytes | None:
        """What is left of a file without these; None if the file can be removed.

        `crowded` are the services with several accounts. Raises SourceError.
        """
        return None if self.whole else cut(file.data, found, crowded)

    def changed(
        self, file: SourceFile, data: bytes, environ: Mapping[str, str]
    ) -> SourceFile | None:
        """The file with this new data; None if that says something else than it should."""
        return replace(file, data=data)


def reader_of(source: str) -> Reader:
    """The reader of a name in SOURCES. Loads its module."""
    reader: Reader = import_module(f"{__name__}.{SOURCES[source]}").READER
    return reader
