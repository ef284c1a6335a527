"""Replacing a file of a folder, all or none, and the small steps of it.

A file that something is mounted on, as a single file bind-mounted into a container, cannot be
renamed over. It is written in place, and a process that is killed half-way leaves a mixture. So
the new and the old bytes lie next to it until the file is synced, and a reader who finds a mixture
takes the old bytes instead.
"""

from __future__ import annotations

import errno
import os
import stat

from .. import system
from ..errors import StoreError
from . import platform
from .files import OLD, Folder, failure, old, read, write_all

_NEW = ".new"


def replace(folder: Folder, name: str, data: bytes) -> None:
    """Give a file new bytes, all or none, even if the machine stops meanwhile.

    The new file is written next to the old one, synced and renamed over it, with mode 0600. The
    caller holds the lock, and `name` is no symlink (see `Folder.real`). Raises StoreError.
    """
    try:
        _replace(folder, name, data)
        if system.tracer is not None:
            system.tracer(f"wrote '{folder.describe(name)}' ({len(data)} bytes)")
    except OSError as error:
        raise failure("cannot write", folder.describe(name), error) from None


def _replace(folder: Folder, name: str, data: bytes) -> None:
    _refuse_odd_target(folder, name)
    temporary = f".{name}.{os.urandom(6).hex()}.tmp"
    try:
        write_new(folder, temporary, data)
        try:
            rename(folder, temporary, name)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            _overwrite(folder, name, temporary, data)
        platform.sync_folder(folder.descriptor)
        _remove_leftovers(folder, name)
    finally:
        unlink(folder, temporary)


def _refuse_odd_target(folder: Folder, name: str) -> None:
    path = folder.describe(name)
    try:
        status = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"cannot write '{path}': it is not a file")
    if not folder.trusts(status):
        raise StoreError(f"cannot write '{path}': it belongs to another user")
    if status.st_nlink > 1:
        raise StoreError(
            f"cannot write '{path}': it has a second name (a hard link); remove one of them"
        )


def _remove_leftovers(folder: Folder, name: str) -> None:
    # The processes that made these were killed: we hold the lock, so nobody is writing one now.
    for entry in os.listdir(folder.descriptor):
        if entry.startswith(f".{name}.") and entry.endswith((".tmp", OLD, _NEW)):
            unlink(folder, entry)


def unlink(folder: Folder, name: str) -> None:
    """Remove a file of the folder; no error if there is none."""
    try:
        os.unlink(name, dir_fd=folder.descriptor)
    except FileNotFoundError:
        pass


def discard(folder: Folder, name: str) -> None:
    """Remove a file of the folder if that is possible."""
    try:
        os.unlink(name, dir_fd=folder.descriptor)
    except OSError:
        pass


def rename(folder: Folder, source: str, target: str) -> None:
    """Rename a file of the folder over another one, which it replaces."""
    os.rename(source, target, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)


def write_new(folder: Folder, name: str, data: bytes) -> None:
    """Make a file with mode 0600 and sync it; its name must not exist."""
    descriptor = platform.create(name, folder.descriptor)
    try:
        folder.adopt(descriptor)
        write_all(descriptor, data)
        platform.sync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(folder: Folder, name: str, temporary: str, data: bytes) -> None:
    """Write `data`, which the file `temporary` holds already, into `name` in place.

    The caller removes the copies next to it.
    """
    found = read(folder, name) or b""
    before = settled(folder, name, found)
    if before != found:
        # A process was killed here. Its mixture must go before the copies that reveal it.
        _write_in_place(folder, name, before)
    unlink(folder, old(name))
    rename(folder, temporary, _new(name))
    write_new(folder, temporary, before)
    rename(folder, temporary, old(name))
    platform.sync_folder(folder.descriptor)
    _write_in_place(folder, name, data)


def _write_in_place(folder: Folder, name: str, data: bytes) -> None:
    descriptor = platform.open_in_place(name, folder.descriptor)
    try:
        write_all(descriptor, data)
        os.ftruncate(descriptor, len(data))
        platform.sync(descriptor)
    finally:
        os.close(descriptor)


def settled(folder: Folder, name: str, found: bytes) -> bytes:
    """The bytes that count: `found`, or the old ones if `found` is a mixture of old and new."""
    before = read(folder, old(name))
    after = read(folder, _new(name))
    if before is None or after is None or found == after:
        return found
    return before if is_mixture(found, before, after) else found


def _new(name: str) -> str:
    """The name of a file's new bytes until they are written."""
    return f".{name}{_NEW}"


def is_mixture(data: bytes, before: bytes, after: bytes) -> bool:
    """Whether each byte of `data` is the one at its position in `before` or in `after`.

    Pages reach the disk in any order, and those that the file grew by can be zero until then.
    """
    shorter, longer = sorted((len(before), len(after)))
    return shorter <= len(data) <= longer and all(
        byte in before[at : at + 1] + after[at : at + 1] or (byte == 0 and at >= len(before))
        for at, byte in enumerate(data)
    )
