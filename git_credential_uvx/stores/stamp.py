"""Remembering that one version of a large file is plain, in a small file beside it.

A version is told by what the system keeps about the file: any write to it changes that,
unless it falls into the same tick of the clock as the write before. So nothing is kept about
files changed only just now.
"""

from __future__ import annotations

import time

from ..errors import StoreError
from ..system.files import Folder, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

_SETTLED = 2_000_000_000  # nanoseconds; a tick is 10 ms at most, on remote files up to 1 s


def _proof_of(name: str) -> str:
    return f".{name}.plain"


def _version(status: os.stat_result) -> bytes:
    numbers = (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    return " ".join(map(str, numbers)).encode()


def is_proven(folder: Folder, name: str, status: os.stat_result) -> bool:
    """Whether this version of the file was found to be plain before."""
    try:
        proof = read(folder, _proof_of(name))
    except StoreError:
        return False
    return proof == _version(status)


def keep(folder: Folder, name: str, status: os.stat_result) -> None:
    """Remember that this version is plain, where that is possible and safe to rely on.

    The caller holds the lock since before it read the file.
    """
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    if changed + _SETTLED > time.time_ns():
        return
    from ..system.replace import discard, rename, write_new

    temporary = f"{_proof_of(name)}.{time.monotonic_ns():x}.tmp"
    try:
        write_new(folder, temporary, _version(status))
        rename(folder, temporary, _proof_of(name))
    except OSError:
        # A folder that cannot be written to, or a full disk: the next reader proves it again.
        discard(folder, temporary)
