"""Remembering that one version of a large file is plain, with its index, in a small file next to
it.

The system's facts about a file tell its versions apart: any write changes them, unless it falls
into the same tick of the clock as the write before. So nothing is remembered about a file that
was changed only just now.
"""

from __future__ import annotations

import sys
import time

from ..errors import StoreError
from ..system.files import Folder, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

_SETTLED = 2_000_000_000  # nanoseconds; a tick is 10 ms at most, on remote files up to 1 s


def _stamp_of(name: str) -> str:
    return f".{name}.plain"


def _heading(status: os.stat_result, index: bytes) -> bytes:
    # The index has numbers in the byte order of this machine, and others may share the folder.
    # Of an index that was cut off, entries would be missing.
    facts = (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        sys.byteorder,
        len(index),
    )
    return " ".join(map(str, facts)).encode()


def recall(folder: Folder, name: str, status: os.stat_result) -> bytes | None:
    """The index of this version of a file, None if it was not found to be plain before."""
    try:
        kept = read(folder, _stamp_of(name)) or b""
    except StoreError:
        return None
    heading, _, index = kept.partition(b"\n")
    return index if heading == _heading(status, index) else None


def keep(folder: Folder, name: str, status: os.stat_result, index: bytes) -> None:
    """Remember that this version is plain, and its index, if that is possible and safe.

    The caller has held the lock since before it read the file.
    """
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    if changed + _SETTLED > time.time_ns():
        return
    from ..system.replace import discard, rename, write_new

    temporary = f"{_stamp_of(name)}.{time.monotonic_ns():x}.tmp"
    try:
        write_new(folder, temporary, b"%b\n%b" % (_heading(status, index), index))
        rename(folder, temporary, _stamp_of(name))
    except OSError:
        # A folder that cannot be written to, or a full disk: the next reader proves it again.
        discard(folder, temporary)
