"""Writing a file that cannot be renamed over because something is mounted on it.

That is what a single file bind-mounted into a container is. It is written in place, and a process
killed half-way leaves a mixture. So the new and the old bytes lie beside it until the file is
synced, and whoever reads a mixture takes the old bytes instead.
"""

from __future__ import annotations

import os

from .files import Folder, backup, read, rename, write_all, write_new


def _new(name: str) -> str:
    return f".{name}.new"


def overwrite(folder: Folder, name: str, temporary: str, data: bytes) -> None:
    """Write `data`, which the file `temporary` holds already, into `name` in place.

    The caller removes the bytes kept beside it.
    """
    found = read(folder, name) or b""
    before = settled(folder, name, found)
    if before != found:
        # Another one was killed here. Its mixture must go before what tells it apart does.
        _write_in_place(folder, name, before)
    rename(folder, temporary, _new(name))
    write_new(folder, temporary, before)
    rename(folder, temporary, backup(name))
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
    """What is in force where there is a backup: `found`, or the old bytes if `found` is a mixture
    of old and new."""
    old = read(folder, backup(name))
    new = read(folder, _new(name))
    if old is None or new is None or found == new:
        return found
    return old if is_mixture(found, old, new) else found


def is_mixture(data: bytes, old: bytes, new: bytes) -> bool:
    """Whether `data` starts as `new` does and goes on as `old` does."""
    pairs = enumerate(zip(data, new, strict=False))
    same = next((index for index, (a, b) in pairs if a != b), min(len(data), len(new)))
    return data[same:] == old[same:]
