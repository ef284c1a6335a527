"""The files that credentials are imported from: found, read, and given to their readers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from ..errors import ProgramError, ServiceError, SourceError, system_fault
from ..stores.shared import SharedStore
from ..system import userfile
from ..system.checkout import git_configs, is_below
from ..system.files import identity, parents
from ..system.programs import ask_git, run, run_git
from ..urls.service import split_host
from .readers import SOURCES, gcm, gh, git_remotes, poetry
from .rows import Found, Places, Row, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..system.settings import Settings
    from ..system.userfile import Original

# Seconds for gh, which may open a keyring; with a dialog if there is a person to answer it.
_GH_TIMEOUT, _GH_DIALOG_TIMEOUT = 10.0, 60.0

_LIST = ("config", "--list", "-z")
_UNREADABLE = "git cannot read the configuration of '{}'"


class Reader(Protocol):
    """A module of `imports`. One that has no `without` is for files that stay as they are, and
    few have `checkout_paths`."""

    FIRST_COUNTS: bool

    def paths(self, places: Places) -> list[str]: ...

    def checkout_paths(self, places: Places) -> list[str]: ...

    def read(self, file: SourceFile) -> list[Row]: ...

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> bytes | None: ...


@dataclass
class Batch:
    """A file of a source with its rows, or with the fault for which there are none; `foreign` if
    a checkout's configuration names it, and it is not the checkout's."""

    source: str
    path: str
    reader: Reader
    file: SourceFile = field(default_factory=lambda: SourceFile(b""))
    original: Original | None = None
    rows: list[Row] = field(default_factory=list)
    fault: str = ""
    warning: str = ""
    foreign: bool = False


def places_of(settings: Settings, platform: str) -> Places:
    """Where to look, of this process."""
    return Places(settings.environ, settings.home, _folder(), platform)


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def default_paths(source: str, places: Places, *, named: bool) -> list[str]:
    """Where a source is on this machine, whether it is there or not; with `named` in a checkout,
    too."""
    reader = _reader(source)
    found = reader.paths(places)
    if named and hasattr(reader, "checkout_paths"):
        found += reader.checkout_paths(places)
    return list(dict.fromkeys(found))


def _reader(source: str) -> Reader:
    return cast("Reader", import_module(f"{__package__}.readers.{SOURCES[source]}"))


def batches(
    source: str, paths: Iterable[str], places: Places, settings: Settings, *, named: bool
) -> Iterator[Batch]:
    """What is read from these paths; `named` tells that a person gave them or the source."""
    seen = set()
    for path in paths:
        for batch in _of_path(source, path, places):
            file = identity(batch.path)
            if file in seen:
                continue
            seen.add(file)
            try:
                _fill(batch, places, settings, named=named)
            except SourceError as error:
                batch.fault = str(error)
            except OSError as error:
                batch.fault = f"cannot read '{batch.path}': {system_fault(error)}"
            except Exception as error:  # no file may keep the others from being imported
                kind = type(error).__name__
                batch.fault = f"'{batch.path}': this failed unexpectedly ({kind})"
            yield batch


def _of_path(source: str, path: str, places: Places) -> Iterator[Batch]:
    reader = _reader(source)
    if source == "gcm" and os.path.isdir(path):
        try:
            for name in userfile.walk(path, gcm.ENDING):
                yield Batch(source, name, reader)
        except SourceError as error:
            yield Batch(source, path, reader, fault=str(error))
    elif source == "git-remotes":
        yield from _of_git(path, places, reader)
    else:
        yield Batch(source, path, reader)


def _of_git(path: str, places: Places, reader: Reader) -> Iterator[Batch]:
    if not os.path.isdir(path):
        # Whether it is a file that can be read is told when it is read.
        words = ("config", "--file", os.path.abspath(path), *_LIST[1:])
        listing = _listing(words, places) if os.path.isfile(path) else b""
        if listing is None:
            yield Batch("git-remotes", path, reader, fault=_UNREADABLE.format(path))
        else:
            given = SourceFile(b"", path, {git_remotes.LISTING: listing})
            yield Batch("git-remotes", path, reader, given)
        return
    base = ask_git(("-C", path, "rev-parse", "--show-toplevel"), places.environ, bare=True)
    top = os.fsdecode(base.removesuffix(b"\n")) or path
    listing = _listing(("-C", path, *_LIST, "--show-origin", "--show-scope"), places)
    if listing is None:
        yield Batch("git-remotes", path, reader, fault=_UNREADABLE.format(path))
        return
    tops = _own_folders(path, places)
    for origin, (said, is_user) in git_remotes.origins(listing).items():
        kind, _, name = origin.partition(b":")
        if kind == b"file":
            file = os.path.normpath(os.path.join(top, os.fsdecode(name)))
            given = SourceFile(b"", file, {git_remotes.LISTING: said})
            real = os.path.realpath(file)
            is_own = is_user or any(is_below(real, top) for top in tops)
            yield Batch("git-remotes", file, reader, given, foreign=not is_own)


def _own_folders(path: str, places: Places) -> set[str]:
    """Git's folders of the checkout at a path, if they are its own."""
    try:
        configs = git_configs(path, places.environ)
    except SourceError:  # another user's, of which git lists nothing
        return set()
    return {os.path.dirname(config) for config, is_own in configs.items() if is_own}


def _listing(words: Iterable[str], places: Places) -> bytes | None:
    """What git says of the configuration, nothing where there is no git; None if it fails."""
    try:
        done = run_git(words, places.environ, bare=True)
    except ProgramError:
        return b""
    return done.stdout if done.status == 0 else None


def _fill(batch: Batch, places: Places, settings: Settings, *, named: bool) -> None:
    if batch.fault:
        return
    if SharedStore(settings).owns(batch.path):
        raise SourceError(f"'{batch.path}' is the store itself")
    batch.original = userfile.read(batch.path)
    beside = dict(batch.file.beside)
    data = batch.original.data
    try:
        if batch.source == "gh" and batch.path in default_paths("gh", places, named=False):
            beside = _gh_tokens(data, places)
        elif batch.source == "poetry":
            beside = _poetry_files(batch.path, places if named else None)
        batch.file = SourceFile(data, batch.path, beside)
        rows = batch.reader.read(batch.file)
    except SourceError as error:
        raise SourceError(f"cannot read '{batch.path}': {error}") from None
    holds = any(isinstance(row, Found) for row in rows)
    if holds and batch.original.is_writable:
        raise SourceError(f"'{batch.path}' is not read: every user can write to it; 'chmod o-w' it")
    batch.rows = rows
    if holds and batch.original.is_open and not (batch.source == "gcm" and _is_closed(batch.path)):
        batch.warning = f"'{batch.path}' can be read by other users; 'chmod 600' it"


def _is_closed(path: str) -> bool:
    """Whether a folder on the way keeps others out: GCM closes its folder and not its files."""
    return any(not os.stat(folder).st_mode & 0o011 for folder in parents(os.path.abspath(path)))


def _gh_tokens(data: bytes, places: Places) -> dict[str, bytes]:
    """What gh keeps in a keyring, as it gives it."""
    found = {}
    for account in gh.accounts(data):
        token = b"" if account.token else _gh_token(account, places)
        if token:
            found[gh.key_of(account)] = token
    return found


def _gh_token(account: gh.Account, places: Places) -> bytes:
    try:
        split_host(account.host, "https")
    except ServiceError:
        return b""
    question = ("gh", "auth", "token", f"--hostname={account.host}")
    # Before 2.40 gh had one account a host and no such option.
    questions = [(*question, f"--user={account.user}")] if account.user else []
    timeout = _GH_DIALOG_TIMEOUT if os.isatty(0) else _GH_TIMEOUT
    for words in [*questions, *([question] if account.active else [])]:
        try:
            told = run(words, timeout=timeout, environ=places.environ)
        except ProgramError:
            return b""
        token = told.stdout.removesuffix(b"\n")
        if told.status == 0 and token and b"\n" not in token:
            return token
    return b""


def _poetry_files(path: str, places: Places | None) -> dict[str, bytes]:
    """What names repositories. A project's file is read only for who asks for Poetry by name:
    it decides where a secret goes, and whoever wrote the checkout wrote it."""
    files = {poetry.CONFIG: os.path.join(os.path.dirname(path), poetry.CONFIG)}
    if places is not None and places.folder:
        files[poetry.PROJECT] = os.path.join(places.folder, poetry.PROJECT)
    there = {name: file for name, file in files.items() if os.path.exists(file)}
    return {name: userfile.read(file).data for name, file in there.items()}
