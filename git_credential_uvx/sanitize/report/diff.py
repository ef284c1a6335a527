"""What a rewrite would change, as a unified diff with every secret masked.

It is for reading: it cannot be applied, because the lines that go are not shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...errors import printable
from ..redact import redact
from ..userinfo import login_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from ..findings import SecretFinding

CONTEXT = 3

# Stands for a URL while the text around it is masked. No text has it: it is of a private area.
_PLACE = "\ue1a5%d\ue1a6".encode()

# What is left of each finding that goes, by its `id`.
_Going = Mapping[int, bytes]
_NOTHING: _Going = {}

# Lines of a change, by their number from 0: first and behind the last.
_Hunk = tuple[int, int]


def as_diff(
    path: str,
    text: bytes,
    findings: Iterable[SecretFinding],
    staying: Container[int] = (),
    named: Iterable[SecretFinding] = (),
) -> str:
    """The unified diff of one file; "" if nothing changes.

    `text` is the original that the findings are of, and `staying` has the `id` of each that is not
    taken out. What stays is masked on both sides. Those in `named` keep their login name. All other
    text is masked as a log line is.
    """
    all_found = sorted(findings, key=lambda found: found.start)
    with_name = set(map(id, named))
    going = {
        id(found): login_name(found, text[found.start : found.end])
        if id(found) in with_name
        else b""
        for found in all_found
        if found.removed and id(found) not in staying
    }
    changed = sorted({found.line - 1 for found in all_found if id(found) in going})
    if not changed:
        return ""
    lines = _lines(text)
    by_line: dict[int, list[SecretFinding]] = {}
    for found in all_found:
        by_line.setdefault(found.line - 1, []).append(found)
    name = printable(path)
    pieces = [f"--- a/{name}\n", f"+++ b/{name}\n"]
    for first, last in _hunks(changed, len(lines)):
        pieces.append(f"@@ -{first + 1},{last - first} +{first + 1},{last - first} @@\n")
        pieces += _hunk(lines, by_line, going, (first, last))
    return "".join(pieces)


def _lines(text: bytes) -> list[tuple[int, bytes]]:
    lines, start = [], 0
    while start < len(text):
        end = text.find(b"\n", start) + 1 or len(text)
        lines.append((start, text[start:end]))
        start = end
    return lines


def _hunks(changed: Sequence[int], count: int) -> list[_Hunk]:
    hunks: list[_Hunk] = []
    for line in changed:
        first, last = max(0, line - CONTEXT), min(count, line + CONTEXT + 1)
        if hunks and first <= hunks[-1][1]:
            hunks[-1] = (hunks[-1][0], last)
        else:
            hunks.append((first, last))
    return hunks


def _hunk(
    lines: list[tuple[int, bytes]],
    by_line: dict[int, list[SecretFinding]],
    going: _Going,
    hunk: _Hunk,
) -> list[str]:
    pieces: list[str] = []
    # Lines that change in a row stand together, the old ones first.
    old: list[str] = []
    new: list[str] = []
    for number in range(*hunk):
        start, line = lines[number]
        found = by_line.get(number, [])
        if any(id(one) in going for one in found):
            before, after = _pair(line, start, found, going)
            old.append(_ended("-", before, line))
            new.append(_ended("+", after, line))
            continue
        shown = _for_people(redact(_masked(line, start, found)))
        pieces += [*old, *new, _ended(" ", shown, line)]
        old, new = [], []
    return [*pieces, *old, *new]


def _pair(line: bytes, start: int, found: list[SecretFinding], going: _Going) -> tuple[str, str]:
    """A line that changes, before and after. The two are never equal."""
    # The URLs are masked by what was found in them; more would hide the change.
    spans = _united(one.url for one in found)
    urls = [_url(line, start, span, found, going) for span in spans]
    pieces, position = [], start
    for number, (first, last) in enumerate(spans):
        pieces += [line[position - start : first - start], _PLACE % number]
        position = last
    text = redact(b"".join([*pieces, line[position - start :]]).rstrip(b"\r\n"))
    if any((_PLACE % number).decode() not in text for number in range(len(urls))):
        # The mask of a whole value hides the URL in it.
        old, new = zip(*urls, strict=True)
        return _for_people(" ... ".join(old)), _for_people(" ... ".join(new))
    before = after = text
    for number, sides in enumerate(urls):
        place = (_PLACE % number).decode()
        before, after = before.replace(place, sides[0]), after.replace(place, sides[1])
    return _for_people(before), _for_people(after)


def _united(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, with those that overlap as one."""
    united: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if united and first < united[-1][1]:
            before = united.pop()
            united.append((before[0], max(before[1], last)))
        else:
            united.append((first, last))
    return united


def _url(
    line: bytes,
    start: int,
    span: tuple[int, int],
    found: list[SecretFinding],
    going: _Going,
) -> tuple[str, str]:
    """A URL of a line, before and after."""
    inside = [one for one in found if span[0] <= one.start < span[1]]
    text = line[span[0] - start : span[1] - start]
    sides = []
    for gone in (_NOTHING, going):
        shown = _masked(text, span[0], inside, gone)
        sides.append(shown.decode("utf-8", "backslashreplace").rstrip("\r\n"))
    return sides[0], sides[1]


def _masked(text: bytes, start: int, found: list[SecretFinding], going: _Going = _NOTHING) -> bytes:
    """A text that begins at `start`, with masks in the places of secrets; those of `going` go."""
    pieces, position = [], 0
    for one in found:
        pieces.append(text[position : one.start - start])
        pieces.append(going.get(id(one), one.mask))
        position = one.end - start
    return b"".join([*pieces, text[position:]])


def _for_people(text: str) -> str:
    return "\t".join(map(printable, text.removesuffix("\n").removesuffix("\r").split("\t")))


def _ended(side: str, text: str, line: bytes) -> str:
    whole = line.endswith(b"\n")
    return f"{side}{text}\n" + ("" if whole else "\\ No newline at end of file\n")
