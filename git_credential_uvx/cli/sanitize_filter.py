"""`sanitize -`: standard input to standard output, without the secrets of its URLs."""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from contextlib import contextmanager
from itertools import chain
from time import time
from typing import TYPE_CHECKING

from ..errors import SourceError, UvxError
from ..sanitize.conflicts import conflict
from ..sanitize.files import (
    Checked,
    Rules,
    check,
    keep_what_can_be,
    named_by_text_of,
    with_login_names,
)
from ..sanitize.findings import LABELS
from ..sanitize.keep import CONFLICTS
from ..sanitize.text import has_secret_in_utf16, is_utf16
from ..stores.bulk import BulkResult
from ..system.userfile import BINARY_START, CHUNK
from .common import account, say, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from ..resolver import Resolver

_SPOOL = 16 * 1024 * 1024  # bytes of a clean text that are held in memory
_UNNAMED = "standard input"


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
    rules: Rules,
    *,
    overwrite: bool = False,
) -> Iterator[Iterator[bytes]]:
    """A text without its secrets, in pieces, after all of it was searched.

    What is taken out is put into the resolver's store; without a resolver it is dropped. Two
    accounts of a host keep their login names, which depends on the text alone. A binary file stays
    as it is, and so does a text in UTF-16 without a secret. Raises SourceError for one with a
    secret, and for any text with a secret that has to stay: the text without it would reach the
    working files at the next checkout.
    """
    rest = iter(chunks)
    first = next(rest, b"")
    start, chunks = first[:BINARY_START], chain([first], rest)
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        if is_utf16(start) or b"\0" in start:
            copied = _copied(chunks, spool)
            if is_utf16(start) and has_secret_in_utf16(copied, path):
                raise _in_utf16(path)
            deque(copied, maxlen=0)
            spool.seek(0)
            yield _chunks(spool)
            return
        # What waits on the disk is clean, because `check` stops at the first secret that stays.
        checked = check(path, chunks, rules, clean=spool.write)
        if checked.staying:
            found = checked.staying[0]
            where = f"{path or _UNNAMED}:{found.finding.line}"
            raise SourceError(f"{where}: {found.reason}; {found.advice}")
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
        deque(_copied(chunks, spool), maxlen=0)
        spool.seek(0)
        yield _chunks(spool)


def input_chunks(path: str) -> Iterator[bytes]:
    """Standard input, as the file called `path`. Raises SourceError if it is UTF-16."""
    rest = _chunks(sys.stdin.buffer)
    first = next(rest, b"")
    if is_utf16(first[:BINARY_START]):
        raise _in_utf16(path)
    return chain([first], rest)


def _copied(chunks: Iterable[bytes], file: IO[bytes]) -> Iterator[bytes]:
    """These chunks, each written to a file when the next one is wanted."""
    for chunk in chunks:
        yield chunk
        file.write(chunk)


def _in_utf16(path: str) -> SourceError:
    return SourceError(f"{path or _UNNAMED} is in UTF-16; save it as UTF-8")


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
        elif done.outcome is BulkResult.KEPT:
            say(f"stored: {account(done.move.service, done.move.credential.username)}")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
