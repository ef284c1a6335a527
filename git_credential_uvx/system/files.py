"""Files that hold secrets: found, checked and read.

A `Folder` is opened once, and everything in it is reached through that descriptor, so nobody can
put another folder in its place in between. Folders and files that every user can write to are
refused. Those that another group can write to are in `Folder.shared`, for a warning.
"""

from __future__ import annotations

import os
import stat
import time

from .. import system
from ..errors import LockError, StoreError
from . import platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE_LIMIT = 64 * 1024 * 1024  # bytes; 100,000 entries of uv take 15 MB

_MOMENT = 2.0  # seconds
_PAGE = 4096  # bytes
_NO_LIMIT = 1 << 62  # bytes
OLD = ".old"


class Folder:
    """An open folder of ours. Raises StoreError if it cannot be opened or trusted.

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
            self.descriptor = platform.open_folder(path)
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
        if platform.is_writable_by_group(status):
            self._shared.append((path, status))

    def _fault(self) -> str | None:
        if not self.trusts(self._status):
            return f"'{self.path}' belongs to another user"
        if platform.is_writable_by_all(self._status):
            advice = chmod("go-w", {self.path: self._status})
            return f"'{self.path}' can be written by every user{advice}"
        above = open_above(self.path)
        if above is None:
            return None
        advice = chmod("go-w", {above: os.stat(above)})
        return f"'{above}' can be written by every user{advice}"

    def trusts(self, status: os.stat_result) -> bool:
        """Whether the owner of a file may decide what is in the store."""
        return self._any_owner or platform.is_own(status)

    def adopt(self, descriptor: int) -> None:
        """Give a new file to the owner of the folder, so that root locks nobody out."""
        platform.give(descriptor, self._status)

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
    """The first folder above a path, or above what it links to, in which every user can replace
    files; None for none."""
    for place in (path, os.path.realpath(path)):
        for folder in parents(place):
            if platform.is_replaceable_by_all(os.stat(folder)):
                return folder
    return None


def parents(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first."""
    while path != (path := os.path.dirname(path)):
        yield path


def chmod(change: str, paths: Mapping[str, os.stat_result]) -> str:
    """The end of a message about permissions: the command to run, quoted for a shell.

    Only the owner and root can run it.
    """
    ours = all(map(platform.is_changeable, paths.values()))
    quoted = " ".join("'" + path.replace("'", "'\\''") + "'" for path in paths)
    return f"; {'' if ours else 'ask the owner to '}run chmod {change} {quoted}"


def make_folder(path: str, *, any_owner: bool = False) -> None:
    """Make a folder with mode 0700, and its parents, in a folder of ours or of root.

    With `any_owner` in any folder, and it belongs to that one's owner. No error if it exists.
    Raises StoreError.
    """
    if not os.path.isabs(path):
        raise StoreError("no folder for it: set HOME to an absolute path")
    missing = []
    there = path
    while not os.path.lexists(there):
        missing.append(there)
        there = os.path.dirname(there)
    try:
        owner = os.stat(there)
        if missing and not any_owner and not platform.is_own(owner):
            raise StoreError(f"cannot make '{path}': '{there}' belongs to another user")
        for folder in reversed(missing):
            try:
                platform.make_folder(folder, owner)
            except FileExistsError:
                pass  # another process was faster
    except OSError as error:
        raise failure("cannot make", path, error) from None


def exists(path: str) -> bool:
    """Whether there is anything at a path. Raises StoreError if that cannot be known."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        raise failure("cannot open", path, error) from None
    return True


def identity(path: str) -> object:
    """What is equal for all paths to one file. A path can have several spellings, where a file
    system ignores case or normalizes names."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


class File:
    """An open file of any kind, to be read; `status` is that of its opening.

    It opens at once, a FIFO too. `path` can be relative to an open folder. The methods raise
    OSError, and opening a path with a NUL ValueError.
    """

    __slots__ = ("_descriptor", "status")

    def __init__(self, path: str, folder: int | None = None) -> None:
        self._descriptor = platform.open_to_read(path, folder)
        # Most files that are looked for do not exist, and a trace leaves these out.
        if system.tracer is not None and folder is None:
            system.tracer(f"reading '{path}'")
        try:
            self.status = os.fstat(self._descriptor)
        except OSError:
            let_go(self._descriptor)
            raise

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        let_go(self._descriptor)

    @property
    def is_regular(self) -> bool:
        """Whether it is neither a folder nor a FIFO, a device or the like."""
        return stat.S_ISREG(self.status.st_mode)

    def read(self, limit: int = _NO_LIMIT) -> bytes:
        """All of it, or the first `limit` bytes."""
        size = max(self.status.st_size + 1, _PAGE)
        parts = []
        position = 0
        while part := self.read_at(position, min(size, limit - position)):
            parts.append(part)
            position += len(part)
        return b"".join(parts)

    def read_at(self, position: int, size: int) -> bytes:
        """At most `size` bytes from `position` on, none at the end."""
        return platform.read_at(self._descriptor, position, size)

    def now(self) -> os.stat_result:
        """Its status now."""
        return os.fstat(self._descriptor)


def open_file(folder: Folder, name: str) -> File | None:
    """A file of the folder; None if there is none. Raises StoreError. For symlinks see `real`."""
    path = folder.describe(name)
    try:
        file = File(name, folder.descriptor)
    except FileNotFoundError:
        if system.tracer is not None:
            system.tracer(f"'{path}' does not exist")
        return None
    except OSError as error:
        raise failure("cannot read", path, error) from None
    if system.tracer is not None:
        system.tracer(f"reading '{path}' ({file.status.st_size} bytes)")
    fault = None
    if not file.is_regular:
        fault = "it is not a file"
    elif not folder.trusts(file.status):
        fault = "it belongs to another user"
    elif platform.is_writable_by_all(file.status):
        fault = f"it can be written by every user{chmod('600', {path: file.status})}"
    elif file.status.st_size > SIZE_LIMIT:
        fault = f"it is larger than {SIZE_LIMIT >> 20} MiB"
    if fault is not None:
        file.close()
        raise StoreError(f"cannot read '{path}': {fault}")
    folder.note(path, file.status)
    return file


def group_warning(shared: list[tuple[str, os.stat_result]]) -> str | None:
    """A line about paths that another group may write to; None without any."""
    if not shared:
        return None
    paths = dict(shared)
    shown = " and ".join(f"'{path}'" for path in paths)
    advice = chmod("g-w", paths)
    return f"{shown} can be written by a group that is not your own{advice}"


def is_readable_by_others(path: str) -> bool:
    """Whether the mode of a file lets other users read it; not if there is no such file."""
    try:
        return platform.is_readable_by_others(os.stat(path))
    except OSError:
        return False


def read(folder: Folder, name: str) -> bytes | None:
    """All of a file; None if there is none. Raises StoreError."""
    file = open_file(folder, name)
    if file is None:
        return None
    with file:
        try:
            return file.read()
        except OSError as error:
            raise failure("cannot read", folder.describe(name), error) from None


def old(name: str) -> str:
    """The name of the copy of a file's old bytes while it is written in place, see `replace`."""
    return f".{name}{OLD}"


def let_go(descriptor: int) -> None:
    """Close a descriptor. An error is ignored: nothing was written, or it was synced before."""
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
    """A StoreError for an error of the system."""
    reason = os.strerror(error.errno) if error.errno else "an input or output error"
    return StoreError(f"{what} '{path}': {reason[0].lower()}{reason[1:]}")


class Lock:
    """uv's lock on its store: an flock on a file next to it.

    A writer locks it exclusively, a reader shared, so that readers do not keep each other waiting.
    `held` is whether the lock was taken: without `required` it is no error if the folder cannot
    hold a lock, or if others keep it for longer than `timeout` seconds.
    """

    __slots__ = ("_descriptor", "_path", "held")

    def __init__(
        self, folder: Folder, name: str, *, exclusive: bool, timeout: float, required: bool
    ) -> None:
        self.held = False
        self._path = folder.describe(name)
        self._descriptor = -1
        try:
            self._descriptor, is_new = platform.open_lock(
                name, folder.descriptor, exclusive=exclusive
            )
            if is_new:
                folder.adopt(self._descriptor)
            self.held = self._wait(exclusive, timeout)
            if system.tracer is not None:
                kind = "exclusively" if exclusive else "shared"
                done = f"locked {kind}" if self.held else "locked by another process"
                system.tracer(f"'{folder.describe(name)}' {done}")
        except OSError as error:
            if required:
                self.release()
                raise failure("cannot lock", folder.describe(name), error) from None
        if required and not self.held:
            self.release()
            raise LockError(
                f"'{self._path}' was locked by another process for {timeout:g} s; try again later, "
                "or end the process that keeps it"
            )

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the lock up, if there is one."""
        if self._descriptor >= 0:
            let_go(self._descriptor)

    def _wait(self, exclusive: bool, timeout: float) -> bool:
        start = time.monotonic()
        deadline = start + timeout
        pause = 0.001
        is_reported = False
        while not platform.try_lock(self._descriptor, exclusive=exclusive):
            now = time.monotonic()
            if now >= deadline:
                return False
            if system.on_wait is not None and not is_reported and now >= start + _MOMENT:
                system.on_wait(self._path)
                is_reported = True
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        return True
