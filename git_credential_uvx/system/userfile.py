"""Files of people and of other programs: read in pieces, rewritten all or none, removed."""

from __future__ import annotations

import errno
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import SourceError
from . import platform
from .files import File, failure, let_go, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SIZE_LIMIT = 4 * 1024 * 1024  # bytes of a whole file; what people have is a thousandth
CHUNK = 1 << 18  # bytes; what stays in a processor's cache is read and searched fastest

BINARY_START = 8000  # bytes in which Git looks for a NUL, too

_LINKED = "it has a second name (a hard link); remove one of them"


class Opened:
    """A regular file, open for reading, with its `status` at that time.

    Raises SourceError.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file = File(path)
        except OSError as error:
            raise SourceError(str(failure("cannot read", path, error))) from None
        except ValueError:
            raise SourceError("cannot read a path with a NUL in it") from None
        self.status = self._file.status
        if not self._file.is_regular:
            self._file.close()
            raise SourceError(f"cannot read '{path}': it is not a file")

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def real(self) -> str:
        """The path behind symlinks."""
        return os.path.realpath(self.path)

    def chunks(self) -> Iterator[bytes]:
        """All of it, from the start. Raises SourceError."""
        position = 0
        try:
            while part := self._file.read_at(position, CHUNK):
                position += len(part)
                yield part
        except OSError as error:
            raise SourceError(str(failure("cannot read", self.path, error))) from None

    def is_binary(self) -> bool:
        """Whether it holds a NUL near its start. Raises SourceError."""
        return b"\0" in self.start()

    def start(self) -> bytes:
        """Some bytes from the start. Raises SourceError."""
        try:
            return self._file.read_at(0, BINARY_START)
        except OSError as error:
            raise SourceError(str(failure("cannot read", self.path, error))) from None

    def rewrite(
        self,
        pieces: Iterable[bytes],
        *,
        temporary: str | None = None,
        first: Callable[[], object] = lambda: None,
    ) -> None:
        """Give the file new bytes, all or none, with its mode and owner; a symlink stays one.

        They are written to a file next to it, which gets the name `temporary` if that is given.
        Once they are on the disk `first` is called, and if it raises, nothing changes. Raises
        SourceError, also if the file was changed meanwhile.
        """
        real = self.real
        folder, name = os.path.split(real)
        beside = temporary or os.path.join(folder, f".{name}.{os.urandom(6).hex()}.tmp")
        self._check_writable()
        try:
            descriptor = platform.create(beside)
        except FileExistsError:
            raise _in_use(beside) from None
        except OSError as error:
            raise SourceError(str(failure("cannot write", self.path, error))) from None
        try:
            with open(descriptor, "wb", buffering=0):
                for piece in pieces:
                    write_all(descriptor, piece)
                platform.make_like(descriptor, self.status)
                platform.sync(descriptor)
            self._check_unchanged(real)
            first()
            self._check_unchanged(real)
            os.rename(beside, real)
        except OSError as error:
            discard(beside)
            raise SourceError(str(failure("cannot write", self.path, error))) from None
        except BaseException:
            discard(beside)
            raise
        sync(folder)

    def rehearse(
        self, *, temporary: str | None = None, first: Callable[[], object] = lambda: None
    ) -> None:
        """Call `first` as `rewrite` would, and write nothing. Raises SourceError if `rewrite` could
        not write."""
        self._check_writable()
        folder = os.path.dirname(self.real)
        if temporary is not None and os.path.lexists(temporary):
            raise _in_use(temporary)
        if not os.access(folder, os.W_OK | os.X_OK):
            denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            raise SourceError(str(failure("cannot write", self.path, denied)))
        first()

    def _check_writable(self) -> None:
        if platform.is_read_only(self.status):
            raise SourceError(
                f"cannot write '{self.path}': it is read-only; "
                f"run chmod u+w {shlex.quote(self.real)}"
            )
        if self.status.st_nlink > 1:
            raise SourceError(f"cannot write '{self.path}': {_LINKED}")

    def _check_unchanged(self, real: str) -> None:
        for now in (self._file.now(), os.stat(real)):
            if platform.version(now) != platform.version(self.status):
                raise SourceError(f"'{self.path}' was changed meanwhile; run the command again")


def _in_use(temporary: str) -> SourceError:
    return SourceError(
        f"'{temporary}' exists: another program is writing; if not, remove that file"
    )


def create(path: str, data: bytes, *, is_private: bool = False) -> None:
    """Make a file that must not exist; it is gone again if it cannot be written. Raises
    SourceError."""
    try:
        descriptor = platform.create(path, is_private=is_private)
        try:
            with open(descriptor, "wb", buffering=0):
                write_all(descriptor, data)
                platform.sync(descriptor)
        except BaseException:
            discard(path)
            raise
    except OSError as error:
        raise SourceError(str(failure("cannot write", path, error))) from None


def discard(path: str) -> None:
    """Remove a file that this run made, if it is there."""
    try:
        os.unlink(path)
    except OSError:
        pass


def sync(folder: str) -> None:
    """Wait until what was renamed or removed in a folder is on the disk, if that is possible."""
    # Without it a crash can undo the change, but lose no credential: those are in the store.
    with suppress(OSError):
        descriptor = platform.open_folder(folder)
        try:
            platform.sync_folder(descriptor)
        finally:
            let_go(descriptor)


class Original:
    """A file as it was read: its bytes, and whether other users can read or write it."""

    __slots__ = ("data", "is_open", "is_writable", "status")

    def __init__(self, data: bytes, status: os.stat_result) -> None:
        self.data = data
        self.status = status
        self.is_open = platform.is_readable_by_others(status)
        self.is_writable = platform.is_writable_by_all(status)


def read(path: str) -> Original:
    """All of a regular file. Raises SourceError."""
    data = bytearray()
    with Opened(path) as file:
        for part in file.chunks():
            data += part
            if len(data) > SIZE_LIMIT:
                raise SourceError(f"cannot read '{path}': it is larger than {SIZE_LIMIT >> 20} MiB")
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
            raise SourceError(f"cannot read '{folder}': it has more than {limit} files")
    return found


def replace(path: str, before: Original, data: bytes) -> None:
    """Give a file new bytes, all or none, with its mode and owner; a symlink stays one.

    The new file is written as `.lock` next to it, so that git does not write at the same time.
    Raises SourceError, also if the file is not as it was.
    """
    with Opened(path) as file:
        _check(path, before)
        file.rewrite([data], temporary=f"{file.real}.lock")


def remove(path: str, before: Original) -> None:
    """Remove a file, or what a symlink leads to, if it is as it was. Raises SourceError."""
    _check(path, before)
    if platform.is_read_only(before.status):
        raise SourceError(f"cannot remove '{path}': it is read-only")
    real = os.path.realpath(path)
    try:
        os.unlink(real)
        sync(os.path.dirname(real))
    except OSError as error:
        raise SourceError(str(failure("cannot remove", path, error))) from None


def _check(path: str, before: Original) -> None:
    now = read(path)
    if not os.path.samestat(now.status, before.status) or now.data != before.data:
        raise SourceError(f"'{path}' was changed meanwhile; run the command again")
    if now.status.st_nlink > 1:
        raise SourceError(f"cannot write '{path}': {_LINKED}")
