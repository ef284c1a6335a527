"""`import`: credentials of other programs into the store."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from ..resolver import Resolver
from ..system.settings import from_process
from ..transfer.import_files import Batch, batches, default_paths, places_of
from ..transfer.importing import FileOutcome, FileState, RowOutcome, RowState, delete_all, keep_all
from ..transfer.readers import SOURCES
from ..transfer.rows import Found
from .afterwards import Known, report
from .common import (
    NegativeAnswer,
    account,
    as_json,
    counted,
    manners,
    say,
    show,
    show_json,
    text_of,
    trace,
    warn,
)

if TYPE_CHECKING:
    from ..credential import Credential
    from ..system.settings import Settings
    from ..urls.service import Service


@click.command("import")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option(
    "--from", "source", type=click.Choice(list(SOURCES)), help="Import from this source only."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--replace", is_flag=True, help="Overwrite stored credentials that differ.")
@click.option(
    "--delete-source",
    is_flag=True,
    help="After the import, remove the imported secrets from their files.",
)
@as_json
@manners
def import_command(
    paths: tuple[str, ...],
    source: str | None,
    dry_run: bool,
    replace: bool,
    delete_source: bool,
    as_json: bool,
) -> int:
    """Import the credentials of other programs, from PATH or from their own files.

    A credential that is in the store already stays as it is, unless you use the option --replace.
    A host is skipped if a configured command or keyring answers for it. No secret is shown.

    Exit status: 0 if everything is in the store, 1 if nothing was found or a credential was not
    imported, 2 if something could not be read.
    """
    if paths and source is None:
        raise click.UsageError("a path needs --from, which says what it is")
    if source == "uv" and not paths:
        raise click.UsageError("'--from uv' needs the path of another credentials.toml")
    settings = from_process()
    found = _gather(source, paths, settings)
    resolver = Resolver(settings)
    outcomes = keep_all(found, resolver, int(time.time()), replace=replace, dry_run=dry_run)
    files = [FileOutcome(b, FileState.UNREADABLE, b.fault) for b in found if b.fault]
    if delete_source:
        files += delete_all(found, outcomes, resolver.store(), settings.environ, dry_run=dry_run)
    for batch in found:
        if batch.warning:
            warn(batch.warning)
    if as_json:
        show_json(document(found, outcomes, files, dry_run=dry_run))
    else:
        _show(outcomes, files, dry_run=dry_run)
    if not dry_run:
        report(settings, _stored(outcomes), known=Known(undeletable=delete_source))
    return _status(outcomes, files)


def _gather(source: str | None, paths: tuple[str, ...], settings: Settings) -> list[Batch]:
    places = places_of(settings)
    found: list[Batch] = []
    for name in SOURCES if source is None else [source]:
        usual = default_paths(name, places, named=source is not None)
        there = paths or [path for path in usual if os.path.exists(path)]
        trace(f"{name}: {', '.join(there) or 'no file found'}")
        found += batches(name, there, places, settings, named=source is not None)
    if not paths and found:
        looked = dict.fromkeys(batch.source for batch in found)
        say(f"looked at: {', '.join(looked)}")
    return found


def _show(outcomes: list[RowOutcome], files: list[FileOutcome], *, dry_run: bool) -> None:
    """What became of each account and file, grouped by file, and the totals."""
    words = [_word(outcome, dry_run=dry_run) for outcome in outcomes]
    width = max(map(len, words), default=0)
    for file in files:
        if file.state is FileState.UNREADABLE:
            show(f"unreadable '{file.batch.path}': {file.reason}")
    for path in dict.fromkeys(outcome.batch.path for outcome in outcomes):
        show(f"'{path}':")
        for outcome, word in zip(outcomes, words, strict=True):
            if outcome.batch.path == path:
                show(f"  {word:<{width}}  {_details(outcome)}")
        for file in files:
            if file.batch.path == path:
                show(f"  {_of_file(file, dry_run=dry_run)}")
    if outcomes:
        show(_totals(words, files, dry_run=dry_run))


def _stored(outcomes: list[RowOutcome]) -> list[tuple[Service, Credential]]:
    """What is in the store now, whether it was there before or not."""
    there = (RowState.IMPORTED, RowState.REPLACED, RowState.ALREADY_STORED)
    rows = (outcome.row for outcome in outcomes if outcome.state in there)
    return [(row.service, row.credential) for row in rows if isinstance(row, Found)]


def _word(outcome: RowOutcome, *, dry_run: bool) -> str:
    """What became of an account, or would become of it."""
    if outcome.state is RowState.CONFLICT:
        return str(RowState.SKIPPED)
    done = outcome.state in (RowState.IMPORTED, RowState.REPLACED)
    return f"would be {outcome.state}" if dry_run and done else str(outcome.state)


def _details(outcome: RowOutcome) -> str:
    row = outcome.row
    who = f"{account(row.service, row.credential.username)}, " if isinstance(row, Found) else ""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"{who}line {row.line}{reason}"


def _of_file(file: FileOutcome, *, dry_run: bool) -> str:
    """What became of a file, or would become of it."""
    reason = f": {file.reason}" if file.reason else ""
    if file.state is FileState.UNCHANGED:
        return f"the file {'would stay' if dry_run else 'stays'} unchanged{reason}"
    done = "would be" if dry_run else "was" if file.state is FileState.REMOVED else "were"
    if file.state is FileState.REMOVED:
        return f"the file {done} removed{reason}"
    return f"the imported secrets {done} removed from the file{reason}"


def _totals(words: list[str], files: list[FileOutcome], *, dry_run: bool) -> str:
    order = [str(state) for state in RowState]
    states = sorted(set(words), key=lambda word: order.index(word.removeprefix("would be ")))
    counts = [f"{words.count(word)} {word}" for word in states]
    for state in (FileState.UNREADABLE, FileState.EDITED, FileState.REMOVED):
        number = sum(file.state is state for file in files)
        if number:
            would = "would be " if dry_run and state is not FileState.UNREADABLE else ""
            counts.append(f"{counted(number, 'file')} {would}{state}")
    return ", ".join(counts)


def _status(outcomes: list[RowOutcome], files: list[FileOutcome]) -> int:
    states = {outcome.state for outcome in outcomes}
    if RowState.UNREADABLE in states or any(f.state == FileState.UNREADABLE for f in files):
        return 2
    # What is left of a secret in its file has a reason, also where others were cut out.
    if RowState.CONFLICT in states or any(file.reason for file in files):
        return 1
    if not any(isinstance(outcome.row, Found) for outcome in outcomes):
        raise NegativeAnswer("found nothing to import")
    return 0


def document(
    found: list[Batch], outcomes: list[RowOutcome], files: list[FileOutcome], *, dry_run: bool
) -> dict[str, Any]:
    """What was done for programs; its keys are stable."""
    return {
        "dry_run": dry_run,
        "looked_at": [{"source": batch.source, "path": batch.path} for batch in found],
        "entries": [_entry(outcome) for outcome in outcomes],
        "files": [
            {
                "source": file.batch.source,
                "path": file.batch.path,
                "outcome": file.state,
                "reason": file.reason or None,
            }
            for file in files
        ],
    }


def _entry(outcome: RowOutcome) -> dict[str, Any]:
    row = outcome.row
    credential = row.credential if isinstance(row, Found) else None
    return {
        "source": outcome.batch.source,
        "path": outcome.batch.path,
        "line": row.line,
        "service": str(row.service) if isinstance(row, Found) else None,
        "username": None if credential is None else text_of(credential.username),
        "outcome": outcome.state,
        "reason": outcome.reason or None,
    }
