"""Checks files for secrets, and writes them without.

The new bytes of a file are on the disk before the store is touched. They replace the file only
after its secrets are on the disk in the store. So a crash in between loses no secret.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import SourceError
from ..system.userfile import Opened
from .baseline import not_in
from .documents import is_same_document
from .findings import REFUSED_HELP
from .keep import CONFLICTS, conflict, move, moves
from .text import sanitize_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..resolver import Resolver
    from .baseline import Identity
    from .findings import SecretFinding
    from .keep import MoveOutcome

# Bytes; a larger document is not read a second time to compare it with what it was.
_LARGEST_DOCUMENT = 16 * 1024 * 1024

# A document is one by its name: any other text that happens to be one need not stay one.
_DOCUMENTS = (".toml", ".json", ".lock", ".ipynb")


@dataclass
class Checked:
    """What a text holds."""

    path: str
    findings: list[SecretFinding]

    @property
    def open(self) -> list[SecretFinding]:
        """The findings that neither a comment nor the baseline allows."""
        return [found for found in self.findings if not found.allowed]

    @property
    def removable(self) -> list[SecretFinding]:
        return [found for found in self.open if found.removed]

    @property
    def refused(self) -> list[SecretFinding]:
        return [found for found in self.open if not found.removed]

    @property
    def lost(self) -> list[SecretFinding]:
        """What is taken out and no store can hold."""
        return [found for found in self.removable if found.credential() is None]


def check(
    path: str, chunks: Iterable[bytes], baseline: frozenset[Identity], *, use: str | None = None
) -> Checked:
    """Look for secrets in a text; `path` is what a baseline calls it, `use` as in a Query."""
    # From within `.github` the names of the folders above count, too.
    parts = sanitize_chunks(chunks, use=use, path=os.path.abspath(path), clean=False)
    findings = [found for part in parts for found in part.findings]
    if not baseline:
        return Checked(path, findings)
    left = {id(found) for found in not_in(baseline, path, findings)}
    return Checked(path, [f if id(f) in left else replace(f, allowed=True) for f in findings])


def without(chunks: Iterable[bytes], findings: Iterable[SecretFinding]) -> Iterator[bytes]:
    """The text of these chunks without the bytes of the findings, which are in order."""
    spans = ((found.start, found.end) for found in findings)
    start, end = next(spans, (-1, -1))
    base = 0
    for chunk in chunks:
        position = 0
        while 0 <= start < base + len(chunk):
            yield chunk[position : max(position, start - base)]
            position = min(len(chunk), end - base)
            if end > base + len(chunk):
                break
            start, end = next(spans, (-1, -1))
        yield chunk[position:]
        base += len(chunk)


def write(
    file: Opened,
    checked: Checked,
    resolver: Resolver | None,
    now: int,
    *,
    overwrite: bool,
    lock: bool = False,
) -> list[MoveOutcome]:
    """Take the secrets out of an open file that was checked, and move them into the resolver's
    store; None drops them. What became of each.

    `lock` keeps git out meanwhile. Raises SourceError or StoreError, and then the file is as it
    was.
    """
    unchanged = f"'{file.path}' is left as it was"
    if checked.refused:
        line = checked.refused[0].line
        raise SourceError(f"{unchanged}: line {line} has a URL that {REFUSED_HELP}")
    outcomes: list[MoveOutcome] = []
    if not checked.removable:
        return outcomes
    _check_document(file, checked)

    def store_first() -> None:
        if resolver is None:
            return
        wanted = moves(checked.removable)
        outcomes.extend(move(resolver, wanted, now, replace=overwrite, undoable=False))
        against = [one for one in outcomes if one.outcome in CONFLICTS]
        if against:
            raise SourceError(f"{unchanged}: {conflict(against[0])}")

    temporary = f"{file.real}.lock" if lock else None
    clean = without(file.chunks(), checked.removable)
    file.rewrite(clean, temporary=temporary, first=store_first)
    return outcomes


def keep_what_can_be(
    checked: Checked, resolver: Resolver, now: int, *, overwrite: bool
) -> list[MoveOutcome]:
    """Put what is taken out of a text into the store. A conflict keeps nothing else from being
    stored. Raises StoreError."""
    against: list[MoveOutcome] = []
    wanted = moves(checked.removable)
    while True:
        outcomes = move(resolver, wanted, now, replace=overwrite, undoable=False)
        conflicting = [done.move for done in outcomes if done.outcome in CONFLICTS]
        if not conflicting:
            return [*against, *outcomes]
        against += outcomes
        wanted = [one for one in wanted if one not in conflicting]


def _check_document(file: Opened, checked: Checked) -> None:
    if not file.path.endswith(_DOCUMENTS) or file.status.st_size > _LARGEST_DOCUMENT:
        return
    before = b"".join(file.chunks())
    after = b"".join(without([before], checked.removable))
    try:
        same = is_same_document(before, after)
    except SourceError as error:
        raise SourceError(f"'{file.path}' is left as it was: {error}") from None
    if not same:
        raise SourceError(f"'{file.path}' is left as it was: it would be another document")
