"""The values of any TOML text and the lines in which they stand, for files that people write.

No error quotes the text: a configuration file can hold secrets. tomllib's own messages do.
"""

from __future__ import annotations

from .document import read_tree, start_of
from .scanner import Scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .scanner import Path


class Values:
    """The values of a TOML text; `tree` has them as tomllib returns them."""

    __slots__ = ("_data", "_lines", "tree")

    def __init__(self, data: bytes, tree: dict[str, object]) -> None:
        self._data = data
        self._lines: dict[Path, int] | None = None
        self.tree = tree

    def line(self, *path: str | int) -> int:
        """The line (from 1) of the value at a path of keys and positions, or of the nearest value
        around it whose line is known."""
        if self._lines is None:
            try:
                self._lines = _Places(self._data, start_of(self._data)).all()
            except RecursionError:
                # tomllib reads brackets that are nested a little deeper.
                self._lines = {}
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def read_values(data: bytes) -> Values:
    """Read a TOML text, in UTF-8 with or without a byte order mark. Raises DocumentError."""
    return Values(data, read_tree(data))


class _Places(Scanner):
    def all(self) -> dict[Path, int]:
        """The line of every table, key and array element."""
        self.lines: dict[Path, int] = {}
        self.sizes: dict[Path, int] = {}
        self.here: Path = ()
        while self.skip_blank():
            start = self.at
            if self.data.startswith(b"[", start):
                self.here = self.table(self.header(), many=self.data.startswith(b"[[", start))
                self.lines.setdefault(self.here, self.line(start))
                self.at = self.line_end()
            else:
                self.pair()
        return self.lines

    def table(self, key: tuple[str, ...], *, many: bool) -> Path:
        """The path of a header. The key of an array of tables means its last table."""
        here: Path = ()
        for position, part in enumerate(key, 1):
            here = (*here, part)
            if many and position == len(key):
                self.sizes[here] = self.sizes.get(here, 0) + 1
            if here in self.sizes:
                here = (*here, self.sizes[here] - 1)
        return here

    def value(self, place: Path) -> tuple[int, int]:
        above = self.here
        self.here = (*above, *place)
        self.lines[self.here] = self.line(self.at)
        span = super().value(place)
        self.here = above
        return span
