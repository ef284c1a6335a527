"""The `[[credential]]` entries of a TOML text: where they stand, and how to change one.

An edit leaves all other bytes as they are. There are two ways to read:

* `plain_document` reads the layout that uv, this package and most people write, line by line and
  without an import. It returns None for a text that it cannot be sure of.
* `full_document` reads any valid TOML: tomllib gives the values, `toml/scanner` the positions.

If both can read a text, they read the same; tests/toml/test_document.py checks that.
"""

from __future__ import annotations

from ..errors import DocumentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = dict[str, str | int | bool]

HEADER = b"[[credential]]"
BOM = b"\xef\xbb\xbf"

# What uv leaves after its last logout. It is read as an empty text, so that new entries become
# tables.
_EMPTIED = b"credential = []\n"

# With more than this, tomllib would take a second or two, see _is_costly.
_DOTS = 10**8
_DEPTH = 5 * 10**6

# How far the beginning of a statement without an end is looked for.
_SHORT = 16 * 1024  # bytes of the whole text
_TRIES = 100  # lines

_UNREADABLE = "it cannot be read as TOML"
_INTEGER_DIGITS = 18  # always fits into the 64 bits of TOML

# The characters of keys without quotes.
_BARE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


class Table:
    """One entry: its keys with their values, and where they stand.

    The entry is from `start` to `end` (an inline table with its braces) and begins in `line`, from
    1. `spans` has start and end of each value. `fields` can hold secrets.
    """

    __slots__ = ("end", "fields", "line", "spans", "start")

    def __init__(self, start: int, end: int, line: int) -> None:
        self.start = start
        self.end = end
        self.line = line
        self.fields: dict[str, object] = {}
        self.spans: dict[str, tuple[int, int]] = {}


class Document:
    """A TOML text and entries found in it, in their order.

    `array` is the span between the brackets if the entries are elements of one array
    (`credential = [...]`), and None if they are, or can be, `[[credential]]` tables. `others` has
    all other values of the text.
    """

    __slots__ = ("array", "data", "others", "tables")

    def __init__(
        self,
        data: bytes,
        tables: list[Table],
        array: tuple[int, int] | None = None,
        others: dict[str, object] | None = None,
    ) -> None:
        self.others = others or {}
        self.data = data
        self.tables = tables
        self.array = array

    def edited(
        self,
        *,
        remove: list[Table] | None = None,
        replace: list[tuple[Table, str, str]] | None = None,
        add: list[Fields] | None = None,
    ) -> bytes:
        """The text after removing entries, replacing single values, and adding entries."""
        edits = [(*self._removal(table), b"") for table in remove or ()]
        edits += [(*table.spans[key], quoted(text)) for table, key, text in replace or ()]
        if self.array is not None and add:
            edits.append(self._array_addition(add, remove or [], self.array))
        pieces, position = [], 0
        for start, end, text in sorted(edits):
            pieces += [self.data[position:start], text]
            position = end
        pieces.append(self.data[position:])
        data = b"".join(pieces)
        return _appended(data, add) if self.array is None and add else data

    def _removal(self, table: Table) -> tuple[int, int]:
        if self.array is None:
            # The blank line that uv puts between entries goes too.
            end = table.end
            for blank in (b"\n", b"\r\n"):
                if self.data.startswith(blank, end):
                    return table.start, end + len(blank)
            return table.start, end
        gap = self.data[table.end : self.array[1]]
        after = gap.lstrip(b" \t\r\n")
        if after.startswith(b","):
            return table.start, table.end + len(gap) - len(after) + 1
        return table.start, table.end

    def _array_addition(
        self, add: list[Fields], removed: list[Table], inside: tuple[int, int]
    ) -> tuple[int, int, bytes]:
        text = b", ".join(
            b"{ " + b", ".join(b"%b = %b" % pair for pair in _pairs(fields)) + b" }"
            for fields in add
        )
        if not self.tables:
            return inside[0], inside[0], text
        last = self.tables[-1]
        # A comma stays behind the element before a removed one, and so before this.
        if last in removed:
            return last.start, last.start, text
        return last.end, last.end, b", " + text


def plain_document(data: bytes) -> Document | None:
    """Read a text of nothing but `[[credential]]` tables of simple lines, blank lines and
    comments. None for any other text, also if it is not valid TOML."""
    tables: list[Table] = []
    position = start_of(data)
    lines = data[position:].split(b"\n")
    if data == _EMPTIED:
        return Document(b"", [])
    if not is_text(data) or lines[-1].endswith(b"\r"):
        return None
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix(b"\r")
        if line == HEADER:
            tables.append(Table(position, position + len(raw) + 1, number))
        elif line and not line.startswith(b"#"):
            if not tables or not _read_pair(tables[-1], line, position):
                return None
            tables[-1].end = position + len(raw) + 1
        elif not _printable(line):
            return None
        position += len(raw) + 1
    if tables:
        tables[-1].end = min(tables[-1].end, len(data))
    return Document(data, tables)


def is_text(data: bytes) -> bool:
    """Whether `data` is UTF-8, which all TOML is."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _printable(text: bytes) -> bool:
    return text.decode().isprintable()


def _read_pair(table: Table, line: bytes, position: int) -> bool:
    key, equals, value = line.partition(b" = ")
    name = key.decode()
    if not equals or not key or not _BARE.issuperset(key) or name in table.fields:
        return False
    quote, inner = value[:1], value[1:-1]
    if len(value) >= 2 and quote in (b'"', b"'") and value.endswith(quote):
        if quote in inner or (quote == b'"' and b"\\" in inner) or not _printable(inner):
            return False
        table.fields[name] = inner.decode()
    elif value.isdigit() and len(value) <= _INTEGER_DIGITS and (value == b"0" or value[0] != 0x30):
        table.fields[name] = int(value)
    elif value in (b"true", b"false"):
        table.fields[name] = value == b"true"
    else:
        return False
    start = position + len(key) + len(equals)
    table.spans[name] = (start, start + len(value))
    return True


def full_document(data: bytes) -> Document:
    """Read any TOML text. Raises DocumentError, which quotes nothing of the text."""
    from .scanner import Scanner

    others = read_tree(data)
    values = others.pop("credential", [])
    try:
        places, array = Scanner(data, start_of(data)).entries()
    except RecursionError:
        raise DocumentError(_UNREADABLE) from None
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise DocumentError("'credential' is not an array of tables")
    tables = []
    for place, fields in zip(places, values, strict=True):
        table = Table(place.start, place.end, place.line)
        table.fields, table.spans = fields, place.spans
        tables.append(table)
    return Document(data, tables, array, others)


def start_of(data: bytes) -> int:
    """Where a text begins: after its byte order mark, if it has one."""
    return len(BOM) if data.startswith(BOM) else 0


def read_tree(data: bytes) -> dict[str, object]:
    """The values of any TOML text. Raises DocumentError, which quotes nothing of the text."""
    import tomllib

    if _is_costly(data):
        raise DocumentError(f"{_UNREADABLE}: it has too many dots in a row")
    start = start_of(data)
    try:
        return tomllib.loads(data[start:].decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, start + error.start) + 1
        raise DocumentError("it is not UTF-8", line) from None
    except tomllib.TOMLDecodeError as error:
        raise DocumentError("it is not valid TOML", _line_of(str(error), data)) from None
    except (RecursionError, ValueError):
        raise DocumentError(_UNREADABLE) from None


def _is_costly(data: bytes) -> bool:
    """Whether tomllib may take seconds: its time for a dotted key grows with the square of the
    key's parts, and each key below a header takes time for each part of the header."""
    if sum(part.count(b".") ** 2 for part in data.split(b"=")) > _DOTS:
        return True
    lines = (line for line in data.split(b"\n") if line.lstrip().startswith(b"["))
    deepest = max((line.count(b".") for line in lines), default=0)
    return deepest > 0 and deepest * (data.count(b"=") + data.count(b".")) > _DEPTH


def _line_of(message: str, data: bytes) -> int:
    # tomllib's messages end with "(at line 3, column 7)" or "(at end of document)". The rest of a
    # message may quote the text and is dropped.
    _, found, place = message.rpartition("(at line ")
    digits = place.partition(",")[0]
    return int(digits) if found and digits.isdigit() else _line_of_last(data)


def _line_of_last(data: bytes) -> int:
    """The line in which the last statement begins, which has no end."""
    import tomllib

    lines = data.decode(errors="replace").split("\n")
    first = max(0, len(lines) - _TRIES) if len(data) < _SHORT else len(lines)
    for number in range(len(lines) - 1, first - 1, -1):
        try:
            tomllib.loads("".join(f"{line}\n" for line in lines[:number]))
        except (ValueError, RecursionError):
            continue
        return number + 1
    return data.rstrip().count(b"\n") + 1


def _appended(data: bytes, add: list[Fields]) -> bytes:
    # A search for one byte takes a thirtieth of the time, which matters for large texts.
    newline = b"\r\n" if b"\r" in data and b"\r\n" in data else b"\n"
    lines: list[bytes] = []
    for fields in add:
        if lines or (data and data != BOM):
            lines.append(b"")
        lines += [HEADER, *(b"%b = %b" % pair for pair in _pairs(fields))]
    if data and data != BOM and not data.endswith(b"\n"):
        lines.insert(0, b"")
    return data + newline.join([*lines, b""])


def _pairs(fields: Fields) -> list[tuple[bytes, bytes]]:
    return [(key.encode(), _value(value)) for key, value in fields.items()]


def _value(value: str | int | bool) -> bytes:
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower().encode()


def quoted(text: str) -> bytes:
    """A TOML basic string (https://toml.io/en/v1.0.0#string)."""
    return (
        '"'
        + "".join(
            f"\\{char}"
            if char in '"\\'
            else f"\\u{ord(char):04x}"
            if char < " " or char == "\x7f"
            else char
            for char in text
        )
        + '"'
    ).encode()
