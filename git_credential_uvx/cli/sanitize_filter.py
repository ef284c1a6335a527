"""`sanitize -`: standard input to standard output, without the secrets of its URLs."""

from __future__ import annotations

import sys
import tempfile
from time import time
from typing import TYPE_CHECKING

from ..errors import SourceError, UvxError
from ..sanitize.files import Checked, keep_what_can_be
from ..sanitize.findings import REFUSED_HELP
from ..sanitize.keep import CONFLICTS, conflict
from ..sanitize.text import is_utf16, sanitize_chunks
from ..system.userfile import CHUNK
from .common import print_error, warn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from ..resolver import Resolver
    from ..sanitize.findings import SecretFinding

_SPOOL = 16 * 1024 * 1024  # bytes of standard input that are held in memory
_UNNAMED = "standard input"


def as_filter(resolver: Resolver | None, path: str, *, overwrite: bool) -> int:
    """Standard input to standard output, all or nothing; None for `resolver` stores nothing.

    `path` is the name of the file that is read, "" where it is not known.
    """
    findings: list[SecretFinding] = []
    is_refused = False
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        for part in sanitize_chunks(input_chunks(path), path=path):
            findings += part.findings
            is_refused = is_refused or bool(Checked(path, list(part.findings)).refused)
            # What waits on the disk is clean: nothing waits there that may hold a secret.
            if not is_refused:
                spool.write(part.clean)
        checked = Checked(path, findings)
        if checked.refused:
            line = checked.refused[0].line
            print_error(f"{path or _UNNAMED}, line {line}: this URL {REFUSED_HELP}")
            return 2
        if resolver is not None:
            _keep(checked, resolver, overwrite=overwrite)
        spool.seek(0)
        for piece in _chunks(spool):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return 0


def input_chunks(path: str) -> Iterator[bytes]:
    """Standard input, as the file called `path`. Raises SourceError if it is UTF-16."""
    for chunk in _chunks(sys.stdin.buffer):
        if is_utf16(chunk):
            raise SourceError(f"{path or _UNNAMED} is UTF-16, which is not read: use UTF-8")
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
    name = checked.path or _UNNAMED
    for lost in checked.lost:
        warn(f"{name}, line {lost.line}: no store can hold this one: {lost.redacted}")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
