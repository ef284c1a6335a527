"""Large stores: where the entries of a realm stand, without reading the whole text.

That is exact if the text is plain: nothing but `[[credential]]` tables laid out line by line as
uv and this package write them, with every service in normal form. Then each entry of a realm
holds the realm's exact bytes right behind its header, and no other place in the text can look
like that. The proof reads all of the text and gives an index, which `stores/stamp.py` keeps.
"""

from __future__ import annotations

import sys

from .document import HEADER, Document, full_document, is_text, plain_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .document import Table

_BLOCK = 4096  # bytes; an entry is rarely longer than 300
_NUMBER = 4  # bytes of a number in an index
_PRIME = 3_141_592_661  # the largest mark of a realm fits into a number

# Most strings have no escape, so what may follow one comes last.
_CHARACTERS = rb"[^\"\\\x00-\x1f\x7f]*+"
_ESCAPE = rb"\\(?:[\"\\btnfr]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})"
_STRING = rb"(?:\"%b(?:\"|(?>(?:%b%b)+)\")|'[^'\x00-\x08\x0a-\x1f\x7f]*+')" % (
    _CHARACTERS,
    _ESCAPE,
    _CHARACTERS,
)
_PORT = rb"[1-9][0-9]{0,4}"
# No host that is a number in disguise, and no dot segments: uv would read them as others.
_HOST = rb"(?:(?:[a-z0-9-]++\.)*[a-z-][a-z0-9-]*+|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
_PATH = rb"(?>(?:/(?!\.|%2[eE])|[^\"\\/\x00-\x20\x7f-\xff])*)"
_SERVICE = (rb"service = \"(https://%b(?::(?!443/)%b)?|http://%b(?::(?!80/)%b)?)(?=/)%b\"\n") % (
    _HOST,
    _PORT,
    _HOST,
    _PORT,
    _PATH,
)

# The keys of the two files, each in the order in which it is written.
_UV = (
    b'(?:username = %b\n(?:scheme = "basic"\n)?(?:password = %b\n)?'
    b'|scheme = "bearer"\ntoken = %b\n)'
) % (_STRING, _STRING, _STRING)
_COMPANION = (
    b"(?:username(?:-base64)? = %b\n)?(?:authtype = %b\n)?"
    % (_STRING, _STRING)
    + b"(?:secret(?:-base64)? = %b\n(?:shadows = %b\n)?"
    b"|tie = %b\n(?:git = true\n)?(?:hidden = true\n)?(?:seen = true\n)?)"
    % (_STRING, _STRING, _STRING)
    + b"(?:refresh-token(?:-base64)? = %b\n)?" % _STRING
    + b"(?:expires = (?:0|[1-9][0-9]*+)\n)?(?:stored = (?:0|[1-9][0-9]*+)\n)?"
    + b"(?:erased = (?:0|[1-9][0-9]*+)\n)?"
)
_LAYOUTS = {"uv": _UV, "companion": _COMPANION}
_GAP = rb"\n*+(?>(?:#[^\x00-\x08\x0a-\x1f\x7f]*+\n++)*)"


def index_text(data: bytes, layout: str) -> bytes | None:
    """The index of a text, None if it is not plain; `layout` is "uv" or "companion" and tells
    which keys it has.

    An index has a mark for the realm of each entry, and then the position of each entry.
    """
    # Cost as much as starting Python does: only large texts without a kept index pay for it.
    import re
    from array import array

    if not is_text(data):
        return None
    entry = re.compile(re.escape(HEADER) + b"\n" + _SERVICE + _LAYOUTS[layout] + _GAP)
    gap = re.match(_GAP, data)
    end = gap.end() if gap else 0
    realms, starts = [], array("I")
    for match in entry.finditer(data, end):
        if match.start() != end:
            return None
        starts.append(end)
        realms.append(match[1])
        end = match.end()
    if end != len(data):
        return None
    marks = array("I", map(_PRIME.__rmod__, map(int.from_bytes, realms)))
    return marks.tobytes() + starts.tobytes()


def starts_in(index: bytes, realm: str) -> list[int]:
    """Where the entries of a realm (`https://host:port`) begin, and perhaps some of others."""
    mark = (int.from_bytes(realm.encode()) % _PRIME).to_bytes(_NUMBER, sys.byteorder)
    half = len(index) // 2
    starts = []
    at = index.find(mark, 0, half)
    while at >= 0:
        if at % _NUMBER == 0:
            start = index[half + at : half + at + _NUMBER]
            starts.append(int.from_bytes(start, sys.byteorder))
        at = index.find(mark, at + 1, half)
    return starts


def tables(starts: Iterable[int], realm: str, read_at: Callable[[int, int], bytes]) -> list[Table]:
    """The entries at `starts` that are of a realm; `read_at` gives bytes by position and size."""
    first = _first_bytes(realm)
    return [_table(start, read_at) for start in starts if read_at(start, len(first)) == first]


def _first_bytes(realm: str) -> bytes:
    """The bytes with which each entry of a realm begins."""
    return b'%b\nservice = "%b/' % (HEADER, realm.encode())


def _table(start: int, read_at: Callable[[int, int], bytes]) -> Table:
    size = _BLOCK
    while True:
        block = read_at(start, size)
        end = block.find(b"\n" + HEADER) + 1
        if end or len(block) < size:
            break
        size *= 16
    block = block[:end] if end else block
    (table,) = (plain_document(block) or full_document(block)).tables
    table.line = 0  # unknown: only the entries of one realm were looked at
    table.start += start
    table.end += start
    table.spans = {key: (a + start, b + start) for key, (a, b) in table.spans.items()}
    return table


def realm_document(data: bytes, realm: str) -> Document:
    """The entries of one realm in a plain text, for editing it."""
    first = _first_bytes(realm)
    starts = []
    start = data.find(first)
    while start >= 0:
        starts.append(start)
        start = data.find(first, start + 1)

    def read_at(position: int, size: int) -> bytes:
        return data[position : position + size]

    return Document(data, [_table(start, read_at) for start in starts])
