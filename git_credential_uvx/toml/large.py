"""Large stores: entries found by searching bytes, where the whole text is known to be plain.

Plain means: nothing but `[[credential]]` tables laid out line by line as uv and this package
write them, every service in normal form. Then each entry of a realm holds the realm's exact
bytes right behind its header, and no other place in the text can look like that. The proof
reads all of the text, so `stores/proofs.py` remembers it.
"""

from __future__ import annotations

from .document import HEADER, Document, full_document, plain_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .document import Table

_BLOCK = 4096  # bytes; an entry is rarely longer than 300

_STRING = (
    rb"(?:\"(?:[^\"\\\x00-\x1f\x7f]++|\\[\"\\btnfr]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*+\""
    rb"|'[^'\x00-\x08\x0a-\x1f\x7f]*+')"
)
_PORT = rb"[1-9][0-9]{0,4}"
# No host that is a number in disguise, and no dot segments: uv would read them as others.
_HOST = rb"(?:(?:[a-z0-9-]++\.)*[a-z-][a-z0-9-]*+|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
_PATH = rb"(?:/(?!\.|%2[eE])|[^\"\\/\x00-\x20\x7f-\xff])*+"
_SERVICE = (rb"service = \"(?:https://%b(?::(?!443/)%b)?|http://%b(?::(?!80/)%b)?)(?=/)%b\"\n") % (
    _HOST,
    _PORT,
    _HOST,
    _PORT,
    _PATH,
)


# The keys of the two files, each in the order in which it is written.
_UV = (
    b'(?:username = %b\n(?:scheme = "basic"\n)?+(?:password = %b\n)?+'
    b'|scheme = "bearer"\ntoken = %b\n)'
) % (_STRING, _STRING, _STRING)
_COMPANION = (
    b"(?:username(?:-base64)?+ = %b\n)?+(?:authtype = %b\n)?+"
    % (_STRING, _STRING)
    + b"(?:secret(?:-base64)?+ = %b\n(?:shadows = %b\n)?+"
    b"|tie = %b\n(?:git = true\n)?+(?:hidden = true\n)?+(?:seen = true\n)?+)"
    % (_STRING, _STRING, _STRING)
    + b"(?:refresh-token(?:-base64)?+ = %b\n)?+" % _STRING
    + b"(?:expires = (?:0|[1-9][0-9]*+)\n)?+(?:stored = (?:0|[1-9][0-9]*+)\n)?+"
    + b"(?:erased = (?:0|[1-9][0-9]*+)\n)?+"
)


_LAYOUTS = {"uv": _UV, "companion": _COMPANION}


def is_plain(data: bytes, layout: str) -> bool:
    """Whether `data` is plain; `layout` is "uv" or "companion" and tells which keys it has."""
    # Costs as much as starting Python does: only large texts without a kept proof pay for it.
    import re

    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    gap = rb"(?:#[^\x00-\x08\x0a-\x1f\x7f]*+\n|\n)*+"
    block = re.escape(HEADER) + b"\n" + _SERVICE + _LAYOUTS[layout] + gap
    return re.compile(gap + b"(?:" + block + b")*+").fullmatch(data) is not None


def needle(realm: str) -> bytes:
    """The bytes with which each entry of a realm (`https://host:port`) begins."""
    return b'%b\nservice = "%b/' % (HEADER, realm.encode())


def tables(starts: Iterable[int], read_at: Callable[[int, int], bytes]) -> list[Table]:
    """The entries that begin at `starts`; `read_at` gives bytes by position and size."""
    return [_table(start, read_at) for start in starts]


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
    wanted = needle(realm)
    starts = []
    start = data.find(wanted)
    while start >= 0:
        starts.append(start)
        start = data.find(wanted, start + 1)
    return Document(data, tables(starts, lambda position, size: data[position : position + size]))
