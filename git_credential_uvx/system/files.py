"""Files that hold secrets: read, replace. POSIX.

A `Folder` is opened once and everything in it goes through that descriptor, so nobody can
put another folder in its place half-way. Folders and files that every user can write to are
refused. Those that another group can write to are in `Folder.shared`, for a warning.
"""

from __future__ import annotations

import errno
import os
import stat

from ..errors import StoreError

SIZE_LIMIT = 64 * 1024 * 1024  # bytes; 100,000 entries of uv take 15 MB

_OLD, _NEW = ".old", ".new"
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not make Git wait


class Folder:
    """An open folder of ours. Raises StoreError when it cannot be opened or trusted.

    With `any_owner` (for root in a container, where a store is mounted from outside) files of
    other users are read, and written so that they stay theirs.
    """

    __slots__ = ("_any_owner", "_beside", "_shared", "_status", "descriptor", "path")

    def __init__(self, path: str, *, any_owner: bool = False) -> None:
        self.path = path
        self._any_owner = any_owner
        self._beside: list[Folder] = []
        self._shared: list[tuple[str, os.stat_result]] = []
        try:
            self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise failure("cannot open", path, error) from None
        try:
            self._status = os.fstat(self.descriptor)
            fault = self._fault()
        except OSError as error:
            self.close()
            raise failure("cannot open", path, error) from None
        if fault:
            self.close()
            raise StoreError(fault)
        self.note(path, self._status)

    @property
    def shared(self) -> list[tuple[str, os.stat_result]]:
        """The folder and the files that were opened in it, if another group may write to them."""
        return [*self._shared, *(found for folder in self._beside for found in folder.shared)]

    def note(self, path: str, status: os.stat_result) -> None:
        """Remember a path in `shared` if it belongs there."""
        if is_shared(status):
            self._shared.append((path, status))

    def _fault(self) -> str | None:
        if not self.trusts(self._status):
            return f"'{self.path}' belongs to another user"
        if self._status.st_mode & stat.S_IWOTH:
            return f"'{self.path}' can be written by every user{chmod('o-w', self._status)}"
        above = open_above(self.path)
        return above and f"'{above}' can be written by every user{chmod('o-w', os.stat(above))}"

    def trusts(self, status: os.stat_result) -> bool:
        """Whether the owner of a file may decide what is in the store."""
        return self._any_owner or status.st_uid in (os.geteuid(), 0)

    def adopt(self, descriptor: int) -> None:
        """Give a new file to the owner of the folder, so that root locks nobody out."""
        if os.geteuid() == 0 and self._status.st_uid != 0:
            os.fchown(descriptor, self._status.st_uid, self._status.st_gid)

    def has(self, name: str) -> bool:
        """Whether the folder holds a file of this name."""
        return os.access(name, os.F_OK, dir_fd=self.descriptor)

    def real(self, name: str) -> tuple[Folder, str]:
        """The folder and name behind a file that is a symlink; else this folder and `name`.

        The other folder must be as trustworthy as this one, and is closed with it.
        """
        try:
            os.readlink(name, dir_fd=self.descriptor)
        except OSError:
            return self, name
        folder, real_name = os.path.split(os.path.realpath(self.describe(name)))
        self._beside.append(Folder(folder, any_owner=self._any_owner))
        return self._beside[-1], real_name

    def close(self) -> None:
        let_go(self.descriptor)
        for folder in self._beside:
            folder.close()

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def describe(self, name: str) -> str:
        """The path of a file in this folder, for messages."""
        return os.path.join(self.path, name)


def open_above(path: str) -> str | None:
    """The first folder above a path, or above what it links to, that `is_open`; None for none."""
    for place in (path, os.path.realpath(path)):
        while place != (place := os.path.dirname(place)):
            if is_open(os.stat(place)):
                return place
    return None


def is_open(status: os.stat_result) -> bool:
    """Whether every user can replace what others have in a folder; a sticky bit prevents it."""
    return status.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH


def chmod(change: str, *found: os.stat_result, it: str = "it") -> str:
    """The end of a message about permissions: what to do. Only an owner and root can do it."""
    ours = all(os.geteuid() in (0, status.st_uid) for status in found)
    return f"; {'' if ours else 'ask the owner to '}'chmod {change}' {it}"


def make_folder(path: str, *, any_owner: bool = False) -> None:
    """Make a folder with mode 0700, and its parents, in a folder of ours or of root.

    With `any_owner` in any folder, and it belongs to that one's owner. No error if it exists.
    Raises StoreError.
    """
    if not os.path.isabs(path):
        raise StoreError("there is no folder for it: HOME is not an absolute path")
    missing = []
    there = path
    while not os.path.lexists(there):
        missing.append(there)
        there = os.path.dirname(there)
    try:
        owner = os.stat(there)
        if missing and not any_owner and owner.st_uid not in (os.geteuid(), 0):
            raise StoreError(f"cannot make '{path}': '{there}' belongs to another user")
        for folder in reversed(missing):
            _make_one(folder, owner)
    except OSError as error:
        raise failure("cannot make", path, error) from None


def _make_one(folder: str, owner: os.stat_result) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return  # another process was faster
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(folder, owner.st_uid, owner.st_gid)


def exists(path: str) -> bool:
    """Whether there is anything at a path. Raises StoreError where that cannot be known."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        raise failure("cannot open", path, error) from None
    return True


class File:
    """An open file of a folder, to be read. Its methods raise OSError."""

    __slots__ = ("_descriptor", "status")

    def __init__(self, descriptor: int, status: os.stat_result) -> None:
        self._descriptor = descriptor
        self.status = status

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        let_go(self._descriptor)

    def read_all(self) -> bytes:
        """All of it."""
        parts = []
        position = 0
        while part := self.read_at(position, self.status.st_size + 1):
            parts.append(part)
            position += len(part)
        return b"".join(parts)

    def read_at(self, position: int, size: int) -> bytes:
        """At most `size` bytes from `position` on, none at the end."""
        return os.pread(self._descriptor, size, position)


def open_file(folder: Folder, name: str) -> File | None:
    """A file of the folder; None if there is none. Raises StoreError. For symlinks see `real`."""
    path = folder.describe(name)
    try:
        descriptor = os.open(name, _READ, dir_fd=folder.descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failure("cannot read", path, error) from None
    try:
        file = File(descriptor, os.fstat(descriptor))
    except OSError as error:
        let_go(descriptor)
        raise failure("cannot read", path, error) from None
    fault = None
    if not stat.S_ISREG(file.status.st_mode):
        fault = "it is not a file"
    elif not folder.trusts(file.status):
        fault = "it belongs to another user"
    elif file.status.st_mode & stat.S_IWOTH:
        fault = f"it can be written by every user{chmod('o-w', file.status)}"
    elif file.status.st_size > SIZE_LIMIT:
        fault = f"it is larger than {SIZE_LIMIT} bytes"
    if fault is not None:
        let_go(descriptor)
        raise StoreError(f"cannot read '{path}': {fault}")
    folder.note(path, file.status)
    return file


def is_shared(status: os.stat_result) -> bool:
    """Whether a group other than the user's own may change a file, or what is in a folder.

    Where root uses the files of another user, their group is that user's matter. In a folder with
    the sticky bit nobody can replace a file of another user.
    """
    return (
        status.st_mode & (stat.S_IWGRP | stat.S_ISVTX) == stat.S_IWGRP
        and status.st_gid != os.getegid()
        and status.st_uid in (os.geteuid(), 0)
    )


def group_warning(shared: list[tuple[str, os.stat_result]]) -> str | None:
    """A line about paths that another group may write to; None without any."""
    if not shared:
        return None
    paths = dict(shared)
    advice = chmod("g-w", *paths.values(), it="it" if len(paths) == 1 else "them")
    shown = " and ".join(f"'{path}'" for path in paths)
    return f"{shown} can be written by a group that is not your own{advice}"


def read(folder: Folder, name: str) -> bytes | None:
    """All of a file; None if there is none. Raises StoreError."""
    file = open_file(folder, name)
    if file is None:
        return None
    with file:
        try:
            return file.read_all()
        except OSError as error:
            raise failure("cannot read", folder.describe(name), error) from None


def replace(folder: Folder, name: str, data: bytes) -> None:
    """Give a file new bytes, all or none, also when the machine stops half-way.

    The new file is written beside the old one, synced and renamed over it, with mode 0600. A file
    that something is mounted on cannot be renamed over; it is written in place, its old bytes
    kept beside it until the new ones are synced. The caller holds the lock, and `name` is no
    symlink (see `Folder.real`). Raises StoreError.
    """
    try:
        _replace(folder, name, data)
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
            from .replace import overwrite

            overwrite(folder, name, temporary, data)
        os.fsync(folder.descriptor)
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
        raise StoreError(f"cannot write '{path}': it has another name (a hard link)")


def _remove_leftovers(folder: Folder, name: str) -> None:
    # Whoever made these was killed: the lock is ours, so nobody is still writing one.
    for entry in os.listdir(folder.descriptor):
        if entry.startswith(f".{name}.") and entry.endswith((".tmp", _OLD, _NEW)):
            unlink(folder, entry)


def old(name: str) -> str:
    """The name of a file's old bytes while it is written in place, see `mounted`."""
    return f".{name}{_OLD}"


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
    """Give a file of the folder the name of another, which is gone then."""
    os.rename(source, target, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)


def write_new(folder: Folder, name: str, data: bytes) -> None:
    """Make a file that must not exist, with mode 0600, and sync it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder.descriptor)
    try:
        os.fchmod(descriptor, 0o600)
        folder.adopt(descriptor)
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def let_go(descriptor: int) -> None:
    """Close a descriptor that was only read; an error here loses nothing."""
    try:
        os.close(descriptor)
    except OSError:
        pass


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, however often it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def failure(what: str, path: str, error: OSError) -> StoreError:
    """What to tell about an error of the system."""
    reason = os.strerror(error.errno) if error.errno else "an input or output error"
    return StoreError(f"{what} '{path}': {reason[0].lower()}{reason[1:]}")
