"""A git that writes while this process reads: its output in pieces, and the objects of cat-file."""

from __future__ import annotations

import os
import re
import tempfile
from typing import TYPE_CHECKING

from ..errors import ProgramError, SlowError
from . import platform
from .programs import start_git
from .userfile import BINARY_START, CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

FSCK = "'git fsck' shows what is missing or damaged"
_PATIENCE = 60.0  # seconds without a byte; git can take long before the first one
_HELD = 1 << 20  # bytes of an object that is held in memory
_SAID = 1 << 16  # bytes of what git says of a fault; the first lines name the object
_OBJECT = re.compile(rb"\b(?:[0-9a-f]{40}|[0-9a-f]{64})\b")
_SKIPPED = 8 << 20  # bytes that are read and dropped before a new git is cheaper


class _EndedError(ProgramError):
    """git ended before it had written all that it should."""


class RunningGit:
    """A git of ours with pipes, killed at the end of the `with` block if it still runs.

    Raises ProgramError.
    """

    def __init__(
        self, *words: str, environ: Mapping[str, str], stdin: IO[bytes] | None = None
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the git
        try:
            self._process = start_git(words, environ, stdin, self._errors)
        except ProgramError:
            self._errors.close()
            raise
        self._rest = b""

    def __enter__(self) -> RunningGit:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        self._errors.close()

    @property
    def stdout(self) -> IO[bytes]:
        """What another git can read from."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout

    def write(self, data: bytes) -> None:
        """Give git something to read. Raises ProgramError."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        try:
            self._process.stdin.write(data)
        except OSError:
            raise _EndedError("git ended too early") from None

    def give(self, data: bytes) -> None:
        """Give git all that it is to read. Raises ProgramError."""
        self.write(data)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.close()

    def tokens(self, end: bytes) -> Iterator[bytes]:
        """What git writes, in pieces that end with the byte `end`, without it.

        Raises ProgramError.
        """
        while data := self._read():
            *found, self._rest = (self._rest + data).split(end)
            yield from found

    def line(self) -> bytes:
        """The next line without its end. Raises ProgramError."""
        while b"\n" not in self._rest:
            data = self._read()
            if not data:
                raise _EndedError("git ended too early")
            self._rest += data
        found, _, self._rest = self._rest.partition(b"\n")
        return found

    def take(self, most: int) -> bytes:
        """At least one of the next `most` bytes. Raises ProgramError."""
        data = self._rest or self._read()
        if not data:
            raise _EndedError("git ended too early")
        found, self._rest = data[:most], data[most:]
        return found

    def is_fine(self) -> bool:
        """Whether git ends with status 0, after all of its output was read."""
        return self._process.wait() == 0

    def faulty_object(self) -> str:
        """The hash of the first object that git says something about on standard error, after it
        has ended; "" for none."""
        self._errors.seek(0)
        found = _OBJECT.search(self._errors.read(_SAID))
        return found[0].decode() if found else ""

    def _read(self) -> bytes:
        descriptor = self.stdout.fileno()
        if not platform.wait_readable(descriptor, _PATIENCE):
            raise SlowError(f"git did not answer within {_PATIENCE:g} s")
        return os.read(descriptor, CHUNK)


class Objects:
    """The objects of the repository in the working directory, from one `git cat-file --batch`.

    What replaces an object (git-replace(1)) does not count. Raises ProgramError.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._git = self._start()
        self._left = 0

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, *_: object) -> None:
        self._git.__exit__()

    def blob(self, name: str) -> Blob | None:
        """The blob with this hash; None if it is missing or damaged. Raises ProgramError."""
        start = b""
        try:
            if self._ask(name) is None:
                return None
            for piece in self._pieces():
                start += piece
                if len(start) > _HELD:
                    break
        except _EndedError:
            # git ends at a damaged object, and in a partial clone at one that it may not fetch.
            self._restart()
            return None
        return Blob(self, name, start, is_whole=self._left == 0)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a blob that is there. Raises ProgramError."""
        try:
            if self._ask(name) is None:
                raise ProgramError("git does not find an object that it just had")
            yield from self._pieces()
        except _EndedError:
            self._restart()
            raise ProgramError(f"object {name} is damaged; {FSCK}") from None

    def _start(self) -> RunningGit:
        words = ("--no-replace-objects", "cat-file", "--batch")
        return RunningGit(*words, environ=self._environ)

    def _restart(self) -> None:
        self._git.__exit__()
        self._git = self._start()
        self._left = 0

    def _ask(self, name: str) -> int | None:
        """Ask for an object; its size, or None if it is missing or no blob."""
        self._drop()
        self._git.write(f"{name}\n".encode())
        fields = self._git.line().split(b" ")
        if len(fields) != 3 or not fields[2].isdigit():
            return None
        size = int(fields[2])
        self._left = size + 1  # with the line end after it
        return size if fields[1] == b"blob" else None

    def _pieces(self) -> Iterator[bytes]:
        while self._left > 1:
            piece = self._git.take(min(self._left - 1, CHUNK))
            self._left -= len(piece)
            yield piece
        self._git.take(1)
        self._left = 0

    def _drop(self) -> None:
        """Get rid of what was not read of the last object."""
        if self._left > _SKIPPED:
            self._restart()
        while self._left:
            self._left -= len(self._git.take(min(self._left, CHUNK)))


class Blob:
    """A file of a commit or of the index. It can be read several times, but only until the next
    blob is asked for."""

    def __init__(self, objects: Objects, name: str, start: bytes, *, is_whole: bool) -> None:
        self._objects = objects
        self._name = name
        self._start = start
        self._is_whole = is_whole

    def start(self) -> bytes:
        """Some bytes from the start."""
        return self._start[:BINARY_START]

    def is_binary(self) -> bool:
        """Whether it has a NUL near its start."""
        return b"\0" in self.start()

    def chunks(self) -> Iterator[bytes]:
        """All of it, from the start. Raises ProgramError."""
        if self._is_whole:
            yield self._start
        else:
            yield from self._objects.chunks(self._name)
