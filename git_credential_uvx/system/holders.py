"""Which process has a file locked, for messages."""

from __future__ import annotations

import os
import time

from ..errors import printable
from . import platform
from .files import File

_LOCKS = "/proc/locks"  # Linux only
_LIMIT = 1024 * 1024  # bytes
_TRIES = 10  # a reader has the lock for some milliseconds
_PAUSE = 0.02  # seconds


def is_locked(path: str) -> bool | None:
    """Whether another process has locked a file; None if the file cannot be opened."""
    try:
        descriptor = platform.open_to_read(path)
    except OSError:
        return None
    try:
        for _ in range(_TRIES):
            if platform.try_lock(descriptor, exclusive=True):
                return False
            time.sleep(_PAUSE)
    except OSError:
        return False  # the file system has no locks
    finally:
        os.close(descriptor)
    return True


def described(path: str) -> str:
    """The process that has locked a file, as "process 4711 (uv)"; "" if the system does not say."""
    try:
        status = os.stat(path)
        with File(_LOCKS) as file:
            lines = file.read(_LIMIT).decode(errors="replace").splitlines()
    except OSError:
        return ""
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in lines:
        words = line.split()
        if device in words and words[1] == "FLOCK":
            number = words[words.index(device) - 1]
            return f"process {number}{_name(number)}"
    return ""


def _name(process: str) -> str:
    try:
        with File(f"/proc/{process}/comm") as file:
            return f" ({printable(file.read(64).decode(errors='replace').strip())})"
    except OSError:
        return ""
