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
from .common import (
    NegativeAnswer,
    account,
    as_json,
    manners,
    say,
    show,
    show_json,
    text_of,
    trace,
    warn,
)

if TYPE_CHECKING:
    from ..system.settings import Settings

_WIDTH = 9


@click.command("import")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--from", "source", type=click.Choice(list(SOURCES)), help="This source only.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option("--replace", is_flag=True, help="Overwrite what the store has.")
@click.option(
    "--delete-source", is_flag=True, help="Remove from its file what is in the store then."
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

    Without --replace, nothing in the store is overwritten, and nothing is imported that a
    configured command or keyring answers for. No secret is shown. The exit status is 0 if
    everything is in the store, 1 if nothing was found or an account was skipped, and 2 if a file
    could not be read.
    """
    if paths and source is None:
        raise click.UsageError("a path needs --from, which tells what it is")
    if source == "uv" and not paths:
        raise click.UsageError("'--from uv' needs the path of another credentials.toml")
    settings = from_process()
    found = _gather(source, paths, settings)
    resolver = Resolver(settings)
    outcomes = keep_all(found, resolver, int(time.time()), replace=replace, dry_run=dry_run)
    files = [FileOutcome(b, FileState.UNREADABLE, b.fault) for b in found if b.fault]
    if delete_source and not dry_run:
        files += delete_all(found, outcomes, resolver.store(), settings.environ)
    for batch in found:
        if batch.warning:
            warn(batch.warning)
    if as_json:
        show_json(document(found, outcomes, files, dry_run=dry_run))
    else:
        _show(outcomes, files, dry_run=dry_run)
    return _status(outcomes, files)


def _gather(source: str | None, paths: tuple[str, ...], settings: Settings) -> list[Batch]:
    places = places_of(settings)
    found: list[Batch] = []
    for name in SOURCES if source is None else [source]:
        usual = default_paths(name, places, named=source is not None)
        there = paths or [path for path in usual if os.path.exists(path)]
        trace(f"{name}: {', '.join(there) or 'nothing where it would be'}")
        found += batches(name, there, places, settings, named=source is not None)
    if not paths and found:
        looked = dict.fromkeys(batch.source for batch in found)
        say(f"looked at: {', '.join(looked)}")
    return found


def _show(outcomes: list[RowOutcome], files: list[FileOutcome], *, dry_run: bool) -> None:
    for outcome in outcomes:
        line = f"{outcome.state:<{_WIDTH}} {_subject(outcome)}"
        if dry_run and outcome.state in (RowState.IMPORTED, RowState.REPLACED):
            line = f"would be {line}"
        reason = f": {outcome.reason}" if outcome.reason else ""
        show(f"{line}'{outcome.batch.path}', line {outcome.row.line}{reason}")
    for file in files:
        reason = f": {file.reason}" if file.reason else ""
        show(f"{file.state:<{_WIDTH}} '{file.batch.path}'{reason}")


def _subject(outcome: RowOutcome) -> str:
    row = outcome.row
    if not isinstance(row, Found):
        return ""
    return f"{account(row.service, row.credential.username)} from "


def _status(outcomes: list[RowOutcome], files: list[FileOutcome]) -> int:
    states = {outcome.state for outcome in outcomes}
    if RowState.REFUSED in states or any(f.state == FileState.UNREADABLE for f in files):
        return 2
    # What is left of a secret in its file has a reason, also where others were cut out.
    if RowState.CONFLICT in states or any(file.reason for file in files):
        return 1
    if not any(isinstance(outcome.row, Found) for outcome in outcomes):
        raise NegativeAnswer("nothing to import was found")
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
