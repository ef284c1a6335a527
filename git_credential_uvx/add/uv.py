"""Runs the real `uv add`, and changes the files of a project."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

from ..errors import AddError, NoProgramError, ProgramError, SourceError
from ..system.files import failure, write_all
from ..system.programs import find_program
from ..system.userfile import Opened, discard
from .plan import Copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

_PATIENCE = 2.0  # seconds for a Ctrl-C that came to both of us to do its work
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def find_uv(path: str) -> str | None:
    """The absolute path of uv, None where there is none on PATH. Raises ProgramError for one that
    another user could have put there."""
    try:
        return find_program("uv", path)
    except NoProgramError:
        return None


def run_uv(
    uv: str,
    arguments: list[str | Copy],
    base: str,
    environ: Mapping[str, str],
    given: bytes | None,
) -> int:
    """Run `uv add` with the person's own streams, or with `given` to read; its exit status, with
    128 added to the number of a signal that ended it.

    Signals end uv and not this process. Raises ProgramError, and SourceError where no copy of a
    requirements file can be made.
    """
    with _copies(arguments, base) as words:
        try:
            process = subprocess.Popen(  # noqa: S603
                [uv, "add", *words],
                stdin=None if given is None else subprocess.PIPE,
                env=dict(environ),
            )
        except (OSError, ValueError):
            raise ProgramError("uv could not be started") from None
        with _forwarding(process) as wait:
            if process.stdin is not None and given is not None:
                try:
                    process.stdin.write(given)
                    process.stdin.close()
                except BrokenPipeError:
                    pass  # what it says about its arguments is the answer
            status = wait()
    return 128 - status if status < 0 else status


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """As long as it lasts, what asks this process to end does it by KeyboardInterrupt, so that
    what was begun is taken back."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling(dict.fromkeys(_FORWARDED, stop)):
        yield


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    # What is ignored (nohup) stays so, for uv as well.
    heard = {n: handlers[n] for n in handlers if signal.getsignal(n) is not signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _forwarding(process: subprocess.Popen[bytes]) -> Iterator[Callable[[], int]]:
    interrupted = 0.0

    def interrupt(number: int, frame: FrameType | None) -> None:
        # At a terminal uv has had it, too; a second one would cut its cleaning up short.
        nonlocal interrupted
        interrupted = interrupted or time.monotonic()

    def forward(number: int, frame: FrameType | None) -> None:
        if process.returncode is None:
            process.send_signal(number)

    def wait() -> int:
        sent = False
        while True:
            try:
                return process.wait(0.2 if interrupted and not sent else 1.0)
            except subprocess.TimeoutExpired:
                if interrupted and not sent and time.monotonic() - interrupted > _PATIENCE:
                    process.send_signal(signal.SIGINT)
                    sent = True

    with _handling({**dict.fromkeys(_FORWARDED, forward), signal.SIGINT: interrupt}):
        yield wait


@contextmanager
def _copies(arguments: list[str | Copy], base: str) -> Iterator[list[str]]:
    """The arguments, with clean copies of requirements files beside them as long as it lasts."""
    made: list[str] = []
    words: list[str] = []
    try:
        for word in arguments:
            if isinstance(word, Copy):
                folder, name = os.path.split(word.path)
                stem, ending = os.path.splitext(name)
                copy = os.path.join(folder, f".{stem}.{token_hex(4)}{ending}")
                _create(os.path.join(base, copy), word.clean, made)
                words.append(word.before + copy)
            else:
                words.append(word)
        yield words
    finally:
        for path in made:
            discard(path)


def _create(path: str, data: bytes, made: list[str]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        made.append(path)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SourceError(str(failure("cannot write", path, error))) from None


def change(path: str, edit: Callable[[str], str]) -> None:
    """Give a file the text that `edit` makes of its own, all or nothing. Raises SourceError, and
    AddError with the path for what `edit` raises."""
    with Opened(path) as file:
        try:
            old = b"".join(file.chunks()).decode()
            new = edit(old)
        except UnicodeDecodeError:
            raise AddError(f"cannot change '{path}': it is not UTF-8") from None
        except AddError as error:
            raise AddError(f"cannot change '{path}': {error}") from None
        if new != old:
            file.rewrite([new.encode()])
