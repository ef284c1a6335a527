"""Finds and reads the files that credentials are imported from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import SourceError, system_fault, unexpected
from ..stores.shared import SharedStore
from ..system import userfile
from ..system.files import chmod, identity
from .readers import reader_of
from .rows import Found, Places, Row, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..system.settings import Settings
    from ..system.userfile import Original
    from .readers import Reader


@dataclass
class Batch:
    """A file of a source with its rows, or with the fault for which there are none."""

    source: str
    reader: Reader
    file: SourceFile
    original: Original | None = None
    rows: list[Row] = field(default_factory=list)
    fault: str = ""
    warning: str = ""

    @property
    def path(self) -> str:
        return self.file.path


def places_of(settings: Settings) -> Places:
    """Where to look, of this process."""
    return Places(settings.environ, settings.home, _folder(), _platform_config(settings))


def _platform_config(settings: Settings) -> str:
    # platformdirs reads the environment by itself, also one that `settings` does not trust.
    if not settings.environ or not os.path.isabs(settings.home):
        return ""
    from platformdirs import user_config_dir

    return user_config_dir()


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def default_paths(source: str, places: Places, *, named: bool) -> list[str]:
    """Where a source is on this machine, whether it exists or not; with `named` in a checkout,
    too."""
    reader = reader_of(source)
    found = reader.paths(places) + (reader.checkout_paths(places) if named else [])
    return list(dict.fromkeys(found))


def batches(
    source: str, paths: Iterable[str], places: Places, settings: Settings, *, named: bool
) -> Iterator[Batch]:
    """What is read from these paths; `named` says that a person gave them or the source."""
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
                batch.fault = _without_path(str(error), batch.path)
            except OSError as error:
                batch.fault = system_fault(error)
            except Exception as error:  # no file may keep the others from being imported
                batch.fault = f"this {unexpected(error)}"
            yield batch


def _of_path(source: str, path: str, places: Places) -> Iterator[Batch]:
    reader = reader_of(source)
    try:
        for file in reader.files_at(path, places):
            yield Batch(source, reader, file)
    except SourceError as error:
        yield Batch(source, reader, SourceFile(b"", path), fault=_without_path(str(error), path))


def _without_path(fault: str, path: str) -> str:
    """A fault of a file that is named before it."""
    return fault.removeprefix(f"cannot read '{path}': ")


def _fill(batch: Batch, places: Places, settings: Settings, *, named: bool) -> None:
    if batch.fault:
        return
    if SharedStore(settings).owns(batch.path):
        raise SourceError("it is the store itself")
    original = batch.original = userfile.read(batch.path)
    batch.file = replace(batch.file, data=original.data)
    beside = batch.reader.beside(batch.file, places, named=named)
    batch.file = replace(batch.file, beside=beside)
    rows = batch.reader.read(batch.file)
    has_credentials = any(isinstance(row, Found) for row in rows)
    if has_credentials and original.is_writable:
        advice = chmod("600", {batch.path: original.status})
        raise SourceError(f"it can be written by every user{advice}")
    batch.rows = rows
    if has_credentials and original.is_open and not batch.reader.is_closed(batch.path):
        advice = chmod("600", {batch.path: original.status})
        batch.warning = f"'{batch.path}' can be read by other users{advice}"
