"""`sanitize -`: standard input to standard output, without the secrets of its URLs."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING

from ..errors import SourceError, UvxError
from ..sanitize.files import (
    Checked,
    Rules,
    check,
    keep_what_can_be,
    named_by_text_of,
    with_login_names,
)
from ..sanitize.findings import LABELS
from ..sanitize.keep import CONFLICTS, conflict
from ..sanitize.text import is_utf16
from ..system.userfile import CHUNK
from .common import warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from ..resolver import Resolver

_SPOOL = 16 * 1024 * 1024  # bytes of a clean text that are held in memory
_UNNAMED = "standard input"
_DEFAULT = Rules()


def as_filter(resolver: Resolver | None, path: str, rules: Rules, *, overwrite: bool) -> int:
    """Standard input to standard output, all or nothing; None for `resolver` stores nothing.

    `path` is the name of the file that is read, "" where it is not known.
    """
    chunks = _chunks(sys.stdin.buffer)
    with cleaned(chunks, path, resolver, rules, overwrite=overwrite) as clean:
        for piece in clean:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return 0


@contextmanager
def cleaned(
    chunks: Iterable[bytes],
    path: str,
    resolver: Resolver | None,
    rules: Rules = _DEFAULT,
    *,
    overwrite: bool = False,
) -> Iterator[Iterator[bytes]]:
    """A text without its secrets, in pieces, after all of it was searched.

    What is taken out is put into the resolver's store; without a resolver it is dropped. Two
    accounts of a host keep their login names, which depends on the text alone. Raises
    SourceError for a text in UTF-16, and for one with a secret that has to stay: the text without
    it would reach the working files at the next checkout.
    """
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        # What waits on the disk is clean, because `check` stops at the first secret that stays.
        checked = check(path, _not_utf16(chunks, path), rules, clean=spool.write)
        if checked.kept:
            kept = checked.kept[0]
            where = f"{path or _UNNAMED}:{kept.finding.line}"
            raise SourceError(f"{where}: {kept.reason}; {kept.advice}")
        if resolver is not None:
            _keep(checked, resolver, overwrite=overwrite)
        elif rules.drop:
            for lost in checked.removable:
                what = f"{path or _UNNAMED}:{lost.line}: dropped, stored nowhere"
                warn(f"{what}: {LABELS[lost.kind]}", always=True)
        spool.seek(0)
        yield with_login_names(_chunks(spool), checked, named_by_text_of(checked))


@contextmanager
def unchanged(chunks: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """A text as it is, in pieces, after all of it was read."""
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        for chunk in chunks:  # `writelines` would hold all of it before it turns to the disk
            spool.write(chunk)
        spool.seek(0)
        yield _chunks(spool)


def input_chunks(path: str) -> Iterator[bytes]:
    """Standard input, as the file called `path`. Raises SourceError if it is UTF-16."""
    return _not_utf16(_chunks(sys.stdin.buffer), path)


def _not_utf16(chunks: Iterable[bytes], path: str) -> Iterator[bytes]:
    for chunk in chunks:
        if is_utf16(chunk):
            raise SourceError(f"{path or _UNNAMED} is in UTF-16; save it as UTF-8")
        yield chunk


def _keep(checked: Checked, resolver: Resolver, *, overwrite: bool) -> None:
    """Store what was found; who pipes a text still has it, so a fault does not hold up the rest."""
    try:
        outcomes = keep_what_can_be(checked, resolver, int(time()), overwrite=overwrite)
    except UvxError as error:
        warn(f"not stored: {error}")
        return
    for done in outcomes:
        if done.outcome in CONFLICTS:
            warn(f"not stored: {conflict(done)}")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
