"""Runs the real `uv add`, and repairs what it does to the files of a project."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

from ..errors import AddError
from ..system import platform
from ..system.programs import ended, start
from ..system.userfile import create, discard
from .edit import ProjectFile
from .plan import Copy
from .run import change, handling, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from ..system.programs import Process
    from .plan import KeptUserinfo, Plan
    from .project import ProjectPlace

_KILLED = 128  # what shells add to the number of a signal

_PATIENCE = 2.0  # seconds for a Ctrl-C that came to both of us to do its work


def with_uv(uv: str, todo: Plan, place: ProjectPlace, base: str, environ: Mapping[str, str]) -> int:
    """Run uv; its exit status. A project that uv had no time to restore is restored."""
    paths = [path for path in (place.file, *place.others) if path]
    before = {path: read(path) for path in paths}
    missing = [path for path in paths if not os.path.lexists(path)]
    status = _run_uv(uv, todo.arguments, base, environ, todo.given)
    if status >= _KILLED:
        for path, data in before.items():
            if data is not None:
                _put_back(path, data)
        for path in missing:
            discard(path)
    return status


def _put_back(path: str, data: bytes) -> None:
    change(path, lambda _: data.decode())


def requirements(place: ProjectPlace) -> list[str]:
    """The requirements, and other strings in arrays, that the project's file has now."""
    try:
        return ProjectFile((read(place.file) or b"").decode(), script=place.script).strings()
    except (AddError, UnicodeError):
        return []  # uv reports what is wrong with the file


def restore(todo: Plan, place: ProjectPlace, before: list[str]) -> list[KeptUserinfo]:
    """Put back the templates and login names that uv dropped or masked; those for which there is
    no place."""
    lost: list[KeptUserinfo] = []

    def restored(text: str) -> str:
        if not todo.kept and "****" not in text:
            return text
        edit = ProjectFile(text, script=place.script)
        edit.unmask([*before, *todo.requirements])
        lost.extend(kept for kept in todo.kept if not edit.restore(kept, todo.table))
        return edit.text()

    if os.path.isfile(place.file):
        change(place.file, restored)
    return lost


def _run_uv(
    uv: str,
    arguments: list[str | Copy],
    base: str,
    environ: Mapping[str, str],
    given: bytes | None,
) -> int:
    """Run `uv add` with the person's own streams, or with `given` to read; its exit status, or 128
    and the number of a signal that ended it or came before it failed.

    Signals end uv and not this process. Raises ProgramError, and SourceError where no copy of a
    requirements file can be made.
    """
    with _copies(arguments, base) as words:
        process = start(uv, ["add", *words], environ, is_fed=given is not None)
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
def _forwarding(process: Process) -> Iterator[Callable[[], int]]:
    interrupted = 0.0
    came = 0

    def interrupt(number: int, frame: FrameType | None) -> None:
        # At a terminal uv has had it, too; a second one would cut its cleaning up short.
        nonlocal interrupted, came
        interrupted = interrupted or time.monotonic()
        came = came or number

    def forward(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = came or number
        if process.returncode is None:
            process.send_signal(number)

    def wait() -> int:
        sent = False
        while True:
            status = ended(process, 0.2 if interrupted and not sent else 1.0)
            if status is not None:
                # The git that uv runs can end first; then uv only says that it failed.
                return -came if status > 0 and came else status
            if interrupted and not sent and time.monotonic() - interrupted > _PATIENCE:
                process.send_signal(signal.SIGINT)
                sent = True

    with handling({**dict.fromkeys(platform.ending_signals(), forward), signal.SIGINT: interrupt}):
        yield wait


@contextmanager
def _copies(arguments: list[str | Copy], base: str) -> Iterator[list[str]]:
    """The arguments, with clean copies of requirements files until the block ends."""
    made: list[str] = []
    words: list[str] = []
    try:
        for word in arguments:
            if isinstance(word, Copy):
                folder, name = os.path.split(word.path)
                stem, ending = os.path.splitext(name)
                copy = os.path.join(folder, f".{stem}.{token_hex(4)}{ending}")
                path = os.path.join(base, copy)
                create(path, word.clean, is_private=True)
                made.append(path)
                words.append(word.before + copy)
            else:
                words.append(word)
        yield words
    finally:
        for path in made:
            discard(path)
