"""What a rewrite would change, as a unified diff with every secret masked.

It is for reading: it cannot be applied, because the lines that go are not shown as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import printable
from ..redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..findings import SecretFinding

CONTEXT = 3

# Lines of a change, by their number from 0: first and behind the last.
_Hunk = tuple[int, int]


def as_diff(path: str, text: bytes, findings: Iterable[SecretFinding]) -> str:
    """The unified diff of one file; "" if nothing changes.

    `text` is the original that the findings are of. What cannot or may not be removed is masked
    on both sides, and any line is masked as a line of a log is.
    """
    all_found = sorted(findings, key=lambda found: found.start)
    changed = sorted({found.line - 1 for found in all_found if found.removed})
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
        pieces += _hunk(lines, by_line, first, last)
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
    lines: list[tuple[int, bytes]], by_line: dict[int, list[SecretFinding]], first: int, last: int
) -> list[str]:
    pieces: list[str] = []
    # Lines that change in a row stand together, the old ones first.
    old: list[str] = []
    new: list[str] = []
    for number in range(first, last):
        start, line = lines[number]
        found = by_line.get(number, [])
        if any(one.removed for one in found):
            old.append(_shown("-", _replaced(line, start, found, removed=False)))
            new.append(_shown("+", _replaced(line, start, found, removed=True)))
            continue
        pieces += [*old, *new, _shown(" ", _replaced(line, start, found, removed=False))]
        old, new = [], []
    return [*pieces, *old, *new]


def _replaced(line: bytes, start: int, found: list[SecretFinding], *, removed: bool) -> bytes:
    pieces, position = [], 0
    for one in found:
        pieces.append(line[position : one.start - start])
        pieces.append(b"" if removed and one.removed else one.mask)
        position = one.end - start
    return b"".join([*pieces, line[position:]])


def _shown(side: str, line: bytes) -> str:
    whole = line.endswith(b"\n")
    text = redact(line.removesuffix(b"\n").removesuffix(b"\r"))
    text = "\t".join(map(printable, text.split("\t")))
    return f"{side}{text}\n" + ("" if whole else "\\ No newline at end of file\n")
