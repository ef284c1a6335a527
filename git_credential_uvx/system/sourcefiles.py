"""Files of other programs: read with care, and changed or removed as their owners would."""

from __future__ import annotations

import os
import stat

from ..errors import SourceError
from .files import failure
from .userfile import Opened, sync

SIZE_LIMIT = 4 * 1024 * 1024  # bytes; what people have is a thousandth


class Original:
    """A file as it was read: its bytes, and whether other users can read them too, or write
    them."""

    __slots__ = ("data", "is_open", "is_writable", "status")

    def __init__(self, data: bytes, status: os.stat_result) -> None:
        self.data = data
        self.status = status
        self.is_open = bool(status.st_mode & (stat.S_IRGRP | stat.S_IROTH))
        self.is_writable = bool(status.st_mode & stat.S_IWOTH)


def read(path: str) -> Original:
    """All of a regular file. Raises SourceError."""
    data = bytearray()
    with Opened(path) as file:
        for part in file.chunks():
            data += part
            if len(data) > SIZE_LIMIT:
                raise SourceError(f"cannot read '{path}': it is larger than {SIZE_LIMIT} bytes")
        return Original(bytes(data), file.status)


def walk(folder: str, ending: str, limit: int = 10_000) -> list[str]:
    """The files below a folder whose names end so, in order; no symlink is followed. Raises
    SourceError."""

    def fail(error: OSError) -> None:
        raise SourceError(str(failure("cannot read", folder, error))) from None

    found: list[str] = []
    for above, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        found += [os.path.join(above, name) for name in sorted(names) if name.endswith(ending)]
        if len(found) > limit:
            raise SourceError(f"cannot read '{folder}': it holds more than {limit} files")
    return found


def replace(path: str, before: Original, data: bytes) -> None:
    """Give a file new bytes, all or none, with its mode and owner; a symlink stays one.

    The new file is written as `.lock` beside it, which keeps git out as long. Raises SourceError,
    also where the file is not as it was.
    """
    with Opened(path) as file:
        _check(path, before)
        file.rewrite([data], temporary=f"{file.real}.lock")


def remove(path: str, before: Original) -> None:
    """Remove a file, if it is as it was; of a symlink what it leads to. Raises SourceError."""
    _check(path, before)
    if not before.status.st_mode & 0o222:
        raise SourceError(f"cannot remove '{path}': it is read-only")
    real = os.path.realpath(path)
    try:
        os.unlink(real)
        sync(os.path.dirname(real))
    except OSError as error:
        raise SourceError(str(failure("cannot remove", path, error))) from None


def _check(path: str, before: Original) -> None:
    now = read(path)
    same = (now.status.st_dev, now.status.st_ino) == (before.status.st_dev, before.status.st_ino)
    if not same or now.data != before.data:
        raise SourceError(f"'{path}' was changed meanwhile")
    if now.status.st_nlink > 1:
        raise SourceError(f"'{path}' has another name (a hard link)")
