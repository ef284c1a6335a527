"""Writing a file that cannot be renamed over because something is mounted on it.

That is what a single file bind-mounted into a container is. It is written in place, and a process
killed half-way leaves a mixture. So the new and the old bytes lie beside it until the file is
synced, and whoever reads a mixture takes the old bytes instead.
"""

from __future__ import annotations

import os

from .files import Folder, old, read, rename, unlink, write_all, write_new


def overwrite(folder: Folder, name: str, temporary: str, data: bytes) -> None:
    """Write `data`, which the file `temporary` holds already, into `name` in place.

    The caller removes the bytes kept beside it.
    """
    found = read(folder, name) or b""
    before = settled(folder, name, found)
    if before != found:
        # Another one was killed here. Its mixture must go before what tells it apart does.
        _write_in_place(folder, name, before)
    unlink(folder, old(name))
    rename(folder, temporary, _new(name))
    write_new(folder, temporary, before)
    rename(folder, temporary, old(name))
    os.fsync(folder.descriptor)
    _write_in_place(folder, name, data)


def _write_in_place(folder: Folder, name: str, data: bytes) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder.descriptor)
    try:
        os.fchmod(descriptor, 0o600)
        write_all(descriptor, data)
        os.ftruncate(descriptor, len(data))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settled(folder: Folder, name: str, found: bytes) -> bytes:
    """What is in force: `found`, or the old bytes where `found` is a mixture of old and new."""
    before = read(folder, old(name))
    after = read(folder, _new(name))
    if before is None or after is None or found == after:
        return found
    return before if is_mixture(found, before, after) else found


def _new(name: str) -> str:
    """The name of a file's new bytes until they are written."""
    return f".{name}.new"


def is_mixture(data: bytes, before: bytes, after: bytes) -> bool:
    """Whether each byte of `data` is what stands at its place in `before` or in `after`.

    Pages reach the disk in any order, and those that the file grew by can be zero until then.
    """
    shorter, longer = sorted((len(before), len(after)))
    return shorter <= len(data) <= longer and all(
        byte in before[at : at + 1] + after[at : at + 1] or (byte == 0 and at >= len(before))
        for at, byte in enumerate(data)
    )
