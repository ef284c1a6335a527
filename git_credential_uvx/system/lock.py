"""Locks on files that several processes change."""

from __future__ import annotations

import os
import time

from ..errors import LockError
from .files import Folder, failure, let_go


class Lock:
    """uv's lock on its store: an flock on the file beside it.

    Exclusive for writing; shared for reading, which uv's own exclusive lock keeps out just
    the same and other readers are not kept waiting.
    `held` tells whether it was had: with `required` false a folder that cannot hold a lock, or
    a lock that others keep for longer than `timeout` seconds, is not an error.
    """

    __slots__ = ("_descriptor", "held")

    def __init__(
        self, folder: Folder, name: str, *, exclusive: bool, timeout: float, required: bool
    ) -> None:
        self.held = False
        self._descriptor = -1
        try:
            self._descriptor = _open_lock(folder, name, exclusive)
            self.held = _lock(self._descriptor, exclusive, timeout)
        except OSError as error:
            if required:
                self.__exit__()
                raise failure("cannot lock", folder.describe(name), error) from None
        if required and not self.held:
            self.__exit__()
            raise LockError(
                f"'{folder.describe(name)}' was locked by another process for {timeout:g} s"
            )

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            let_go(self._descriptor)


def _open_lock(folder: Folder, name: str, exclusive: bool) -> int:
    # On NFS an exclusive lock needs a descriptor that could write.
    flags = (os.O_RDWR if exclusive else os.O_RDONLY) | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(name, flags, dir_fd=folder.descriptor)
    except FileNotFoundError:
        descriptor = os.open(name, flags | os.O_CREAT, 0o600, dir_fd=folder.descriptor)
        folder.adopt(descriptor)
        return descriptor


def _lock(descriptor: int, exclusive: bool, timeout: float) -> bool:
    import fcntl

    operation = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        else:
            return True
