"""The steps of `add`: store the secrets, change the project, check what was written.

Nothing is printed here: each step returns what became of it, and `cli/add` reports that. The steps
for which there must be a uv are in `uv`.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import partial
from typing import TYPE_CHECKING

from ..errors import AddError, NoProgramError, SourceError
from ..sanitize.keep import Run, move, moves, with_names
from ..sanitize.keep import take_back as take_out
from ..sanitize.text import sanitize_chunks
from ..stores.bulk import BulkResult
from ..system import platform, userfile
from ..system.programs import find_program
from ..system.userfile import Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from ..resolver import Resolver
    from ..sanitize.findings import SecretFinding
    from ..sanitize.keep import Move, MoveOutcome
    from ..urls.tokens import IsAccount
    from .plan import Plan
    from .project import ProjectPlace

    Handler = Callable[[int, FrameType | None], None]


@dataclass(slots=True)
class Left:
    """A secret in a file that was written; `wanted` if `--raw` asked for it."""

    path: str
    finding: SecretFinding
    wanted: bool


def find_uv(path: str) -> str | None:
    """The absolute path of uv; None if it is not on PATH. Raises ProgramError for one that another
    user could have put there."""
    try:
        return find_program("uv", path)
    except NoProgramError:
        return None


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """Until the block ends, let each signal that asks this process to end raise KeyboardInterrupt,
    so that what was begun is taken back."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handling(dict.fromkeys(platform.ending_signals(), stop)):
        yield


@contextmanager
def handling(handlers: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    """Handle signals so until the block ends. One that is ignored (nohup) stays ignored, for uv as
    well."""
    heard = {n: handlers[n] for n in handlers if signal.getsignal(n) is not signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raw_secrets(todo: Plan, place: ProjectPlace) -> list[tuple[str, str]]:
    """Where `--raw` writes secrets: the place in the file, and the URL without its secret."""
    from .without_uv import raw_lines

    lines: dict[str, int] = {}
    try:
        lines = raw_lines((read(place.file) or b"").decode(), todo, script=place.script)
    except (AddError, UnicodeError):
        pass  # uv reports what is wrong with the file
    written = []
    for found in todo.raw:
        url = found.redacted
        host = url.rpartition("@")[2]
        number = next((number for line, number in lines.items() if host in line), 1)
        written.append((f"{place.file or 'pyproject.toml'}:{number}", url))
    return written


def to_store(todo: Plan, resolver: Resolver, now: int, *, replace: bool) -> list[Move]:
    """The secrets to store, with the decision which URLs keep their login names.

    Only Git URLs can: uv drops the name from the URL of an index. Raises StoreError.
    """
    found = [
        changed(one, can_be_named=one.use == "git" and one.can_be_named)
        for one in moves(todo.findings)
    ]
    return with_names(resolver, found, now, Run(), replace=replace)


def store(wanted: list[Move], resolver: Resolver, now: int, *, replace: bool) -> list[MoveOutcome]:
    """Store the secrets: all of them, or none, and then only the conflicts are returned.

    Raises StoreError.
    """
    return move(resolver, wanted, now, replace=replace)


def take_back(resolver: Resolver, outcomes: list[MoveOutcome], now: int) -> bool:
    """Remove what was stored, and bring back what it replaced; False if nothing was stored."""
    stored = any(outcome.outcome is BulkResult.KEPT for outcome in outcomes)
    if stored:
        take_out(resolver.store(), outcomes, now)
    return stored


def without_uv(todo: Plan, place: ProjectPlace) -> Callable[[], None]:
    """Work out the change of the project's file that uv would make; what is returned writes it.

    Raises AddError for what cannot be done without uv.
    """
    from .without_uv import edited  # with packaging, which takes 20 ms

    if not place.file:
        raise AddError("there is no pyproject.toml here or above")
    with _named(place.file):
        old = userfile.read(place.file).data.decode()
        new = edited(old, todo, script=place.script)

    def written(text: str) -> str:
        # Only a file that changed meanwhile is edited again.
        return new if text == old else edited(text, todo, script=place.script)

    return partial(change, place.file, written)


def secrets_left(todo: Plan, place: ProjectPlace, is_account: IsAccount) -> Iterator[Left]:
    """The secrets in the files of the project; `is_account` tells which names are accounts in the
    store. Raises SourceError."""
    wanted = [found.secret for found in todo.raw]
    for path in filter(os.path.isfile, (place.file, *place.others)):
        with Opened(path) as file:
            for part in sanitize_chunks(file.chunks(), clean=False, is_account=is_account):
                for found in part.findings:
                    if not found.allowed:
                        yield Left(path, found, wanted=found.secret in wanted)


def read(path: str) -> bytes | None:
    """All of a file; None if it cannot be read, for "" too."""
    try:
        return userfile.read(path).data if path else None
    except SourceError:
        return None  # uv reports what is wrong with it


def change(path: str, edit: Callable[[str], str]) -> None:
    """Give a file the text that `edit` makes of its own, all or nothing. Raises SourceError, and
    AddError with the path for what `edit` raises."""
    with Opened(path) as file:
        with _named(path):
            old = b"".join(file.chunks()).decode()
            new = edit(old)
        if new != old:
            file.rewrite([new.encode()])


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Say in an error which file cannot be changed."""
    try:
        yield
    except UnicodeDecodeError:
        raise AddError(f"cannot change '{path}': it is not UTF-8") from None
    except AddError as error:
        raise AddError(f"cannot change '{path}': {error}") from None
