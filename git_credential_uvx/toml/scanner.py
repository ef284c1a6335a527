"""Where the entries of a valid TOML text stand, in any layout that TOML allows.

tomllib must have read the text without an error: the scanner relies on that and only counts
positions (https://toml.io/en/v1.0.0). It does not interpret values.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    Key = tuple[str, ...]
    Path = tuple[str | int, ...]

_SPACE = b" \t"
_BLANK = b" \t\r\n"
_SCALAR_END = b",]}#\r\n"


class EntryPlace:
    """Where an entry is: its bytes, its line (from 1), and the bytes of each value by key."""

    __slots__ = ("end", "line", "spans", "start")

    def __init__(self, start: int, end: int, line: int) -> None:
        self.start = start
        self.end = end
        self.line = line
        self.spans: dict[str, tuple[int, int]] = {}


class Scanner:
    """Reads from `at` on, and moves it past what was read."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.at = start
        self._counted = 0  # line ends are counted up to here
        self._line = 1

    def entries(self) -> tuple[list[EntryPlace], tuple[int, int] | None]:
        """The entries of the top-level `credential`, and the span between its brackets if it is
        written as one array."""
        places: list[EntryPlace] = []
        array: tuple[int, int] | None = None
        here: Key = ()
        while self.skip_blank():
            start = self.at
            if self.data.startswith(b"[", start):
                here = self.header()
                if here == ("credential",):
                    places.append(EntryPlace(start, self.line_end(), self.line(start)))
            else:
                key, value = self.pair()
                if here == () and key == ("credential",) and self.data[value[0]] == 0x5B:
                    places, array = self.elements(*value)
                elif here == ("credential",) and len(key) == 1:
                    places[-1].spans[key[0]] = value
            if here[:1] == ("credential",) and places:
                places[-1].end = self.line_end()
        return places, array

    def line(self, position: int) -> int:
        # Count from the last position: from the start, the time would grow with the square of the
        # number of entries.
        if position >= self._counted:
            self._line += self.data.count(b"\n", self._counted, position)
        else:
            self._line -= self.data.count(b"\n", position, self._counted)
        self._counted = position
        return self._line

    def line_end(self) -> int:
        end = self.data.find(b"\n", self.at)
        return len(self.data) if end < 0 else end + 1

    def skip(self, characters: bytes) -> None:
        while self.at < len(self.data) and self.data[self.at] in characters:
            self.at += 1

    def skip_blank(self) -> bool:
        """Skip blanks, line ends and comments. False at the end of the text."""
        self.skip(_BLANK)
        while self.data.startswith(b"#", self.at):
            self.at = self.line_end()
            self.skip(_BLANK)
        return self.at < len(self.data)

    def header(self) -> Key:
        self.skip(b"[")
        key = self.key()
        self.skip(b"]")
        return key

    def key(self) -> Key:
        start = self.at
        bare = True
        while True:
            self.skip(_SPACE)
            if self.data[self.at] in b"\"'":
                self.string()
                bare = False
            else:
                while self.data[self.at] not in b" \t.=]":
                    self.at += 1
            self.skip(_SPACE)
            if self.data[self.at] != 0x2E:
                break
            self.at += 1
        text = self.data[start : self.at].decode()
        if bare:
            return tuple(part.strip(" \t") for part in text.split("."))
        import tomllib

        # tomllib reads the escapes of quoted keys.
        tree = tomllib.loads(text + "=0")
        parts = []
        while isinstance(tree, dict):
            ((part, tree),) = tree.items()
            parts.append(part)
        return tuple(parts)

    def pair(self) -> tuple[Key, tuple[int, int]]:
        key = self.key()
        self.at += 1
        self.skip(_SPACE)
        return key, self.value(key)

    def value(self, place: Path) -> tuple[int, int]:
        """Read a value; `place` is its key, or its position in an array."""
        start = self.at
        first = self.data[start]
        if first in b"\"'":
            self.string()
        elif first == 0x5B:
            self.array()
        elif first == 0x7B:
            self.inline_table()
        else:
            while self.at < len(self.data) and self.data[self.at] not in _SCALAR_END:
                self.at += 1
            self.at -= len(self.data[start : self.at]) - len(self.data[start : self.at].rstrip())
        return start, self.at

    def string(self) -> None:
        quote = self.data[self.at : self.at + 1]
        mark = quote * 3 if self.data.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.data.startswith(mark, self.at):
            self.at += 2 if quote == b'"' and self.data[self.at] == 0x5C else 1
        self.at += len(mark)
        if len(mark) == 3:
            # Up to two quotes can precede the closing three.
            for _ in range(2):
                if self.data.startswith(quote, self.at):
                    self.at += 1

    def array(self) -> list[tuple[int, int]]:
        values: list[tuple[int, int]] = []
        self.at += 1
        self.skip_blank()
        while self.data[self.at] != 0x5D:
            values.append(self.value((len(values),)))
            self.skip_blank()
            if self.data[self.at] == 0x2C:
                self.at += 1
                self.skip_blank()
        self.at += 1
        return values

    def inline_table(self) -> dict[str, tuple[int, int]]:
        spans = {}
        self.at += 1
        self.skip_blank()
        while self.data[self.at] != 0x7D:
            key, span = self.pair()
            if len(key) == 1:
                spans[key[0]] = span
            self.skip_blank()
            if self.data[self.at] == 0x2C:
                self.at += 1
                self.skip_blank()
        self.at += 1
        return spans

    def elements(self, start: int, end: int) -> tuple[list[EntryPlace], tuple[int, int]]:
        """Read the array from `start` to `end` again, as entries."""
        self.at = start
        places = []
        for first, last in self.array():
            place = EntryPlace(first, last, self.line(first))
            if self.data[first] == 0x7B:
                self.at = first
                place.spans = self.inline_table()
            places.append(place)
        self.at = end
        return places, (start + 1, end - 1)
