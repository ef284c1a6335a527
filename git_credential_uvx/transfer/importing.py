"""Imports the rows of files into the store, and takes what was imported out of the files.

The first one wins: of two secrets for one account that of the first source, and within a file the
one that its own programs would use. Imported accounts rank behind those that the store had, so Git
and uv get the same answers as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..credential import is_mask
from ..errors import SourceError
from ..query import Query
from ..stores.bulk import BulkResult, Item
from ..stores.entries import account_key
from ..system import userfile
from .rows import Found, Refused, Row, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..credential import Credential, Secret
    from ..resolver import Resolver
    from ..stores.entries import Account, Entry
    from ..stores.shared import SharedStore
    from .import_files import Batch


class RowState(StrEnum):
    """What became of a row, in the order of the totals."""

    PENDING = "pending"  # never shown: every row has another state in the end
    IMPORTED = "imported"
    REPLACED = "replaced"
    ALREADY_STORED = "already stored"
    CONFLICT = "conflict"  # shown to people as skipped
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


class FileState(StrEnum):
    """What became of a file."""

    UNREADABLE = "unreadable"
    EDITED = "edited"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


# What the store says of a credential that it did not take.
_BY_STORE = {BulkResult.KNOWN: RowState.ALREADY_STORED, BulkResult.DIFFERS: RowState.CONFLICT}
_STORED = (RowState.IMPORTED, RowState.REPLACED, RowState.ALREADY_STORED)


@dataclass(slots=True)
class RowOutcome:
    """A row with what became of it, and why."""

    batch: Batch
    row: Row
    state: RowState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """A file with what became of it, and why."""

    batch: Batch
    state: FileState
    reason: str = ""


def keep_all(
    batches: Iterable[Batch], resolver: Resolver, now: int, *, replace: bool, dry_run: bool
) -> list[RowOutcome]:
    """Put what the batches hold into the resolver's store, or with `dry_run` say what would become
    of it.

    Everything is on the disk when this returns. Raises StoreError.
    """
    store = resolver.store()
    entries = store.entries().entries
    names = {(e.service.realm, e.as_stored.username) for e in entries}
    outcomes: list[RowOutcome] = []
    ranked: list[RowOutcome] = []
    for batch in batches:
        rows = [_at_first(batch, row, names) for row in batch.rows]
        outcomes += rows
        pending = [one for one in rows if one.state is RowState.PENDING]
        ranked += pending if batch.reader.first_counts else reversed(pending)
    winners: dict[Account, RowOutcome] = {}
    for one in ranked:
        winners.setdefault(_key(one.row), one)
    known = _secrets(entries)
    items: list[Item] = []
    stored: list[RowOutcome] = []
    for account, one in winners.items():
        row = one.row
        assert isinstance(row, Found)  # noqa: S101
        one.state = _planned(row, known.get(account, []), replace=replace)
        new = one.state is RowState.IMPORTED and not replace
        if new and (rival := _rival(row, resolver, now)):
            one.state = RowState.CONFLICT
            one.reason = f"{rival} answers there; --replace stores this one"
            continue
        items.append(Item(row.service, row.credential))
        stored.append(one)
    if not dry_run:
        for one, kept in zip(
            stored, store.keep(items, now, replace=replace, behind=True), strict=True
        ):
            one.state = _BY_STORE.get(kept, one.state)
    for one in stored:
        if one.state is RowState.CONFLICT:
            one.reason = (
                "the store has another secret for it; remove the line if its secret is the older "
                "one, or --replace overwrites the store's"
            )
    for one in ranked:
        _follow(one, winners[_key(one.row)])
    return outcomes


def _rival(row: Found, resolver: Resolver, now: int) -> str:
    """The source that would no longer answer for the service of a row; "" for none."""
    query = Query(row.service, use="url" if row.service.path.strip("/") else "git")
    step = resolver.elsewhere(query, now, username=row.credential.username)
    # The others are asked before the store, and go on answering.
    if step is None or step.answer is None or step.source not in ("command", "keyring"):
        return ""
    same = step.credential is not None and step.credential.secret == row.credential.secret
    return "" if same else step.answer.place or step.source


def _at_first(batch: Batch, row: Row, names: set[tuple[str, bytes | None]]) -> RowOutcome:
    """The first state of a row: pending, if it has a credential that can be stored.

    `names` are the accounts of the store: their realms and usernames.
    """
    if isinstance(row, Found):
        if row.is_alone and (row.service.realm, row.credential.secret.reveal()) in names:
            reason = "its URL has the login name of a stored account, and no password"
            row = Refused(reason, row.line, broken=False)
            return RowOutcome(batch, row, RowState.SKIPPED, reason)
        if is_mask(row.credential.secret.reveal()):
            return RowOutcome(batch, row, RowState.SKIPPED, "it is a mask, not a secret")
        if _has_line_end(row.credential):
            return RowOutcome(
                batch,
                row,
                RowState.UNREADABLE,
                "it has a line end or NUL, which Git cannot be given",
            )
        return RowOutcome(batch, row, RowState.PENDING, row.note)
    return RowOutcome(
        batch, row, RowState.UNREADABLE if row.broken else RowState.SKIPPED, row.reason
    )


def _has_line_end(credential: Credential) -> bool:
    """Whether Git's lines cannot hold it."""
    text = (credential.username or b"") + credential.secret.reveal()
    return any(byte in text for byte in (b"\n", b"\r", b"\0"))


def _key(row: Row) -> Account:
    assert isinstance(row, Found)  # noqa: S101
    return account_key(row.service, row.credential)


def _secrets(entries: Iterable[Entry]) -> dict[Account, list[Secret]]:
    found: dict[Account, list[Secret]] = {}
    for entry in entries:
        key = account_key(entry.service, entry.as_stored)
        # A record is what counts, where it stands in for an entry of uv's.
        at = 0 if entry.record else len(found.get(key, []))
        found.setdefault(key, []).insert(at, entry.as_stored.secret)
    return found


def _planned(row: Found, there: list[Secret], *, replace: bool) -> RowState:
    if not there:
        return RowState.IMPORTED
    if there[0] == row.credential.secret:
        return RowState.ALREADY_STORED
    return RowState.REPLACED if replace else RowState.CONFLICT


def _follow(outcome: RowOutcome, winner: RowOutcome) -> None:
    """Decide about a row for the same account as another one."""
    row, first = outcome.row, winner.row
    if outcome is winner or not isinstance(row, Found) or not isinstance(first, Found):
        return
    elsewhere = "" if winner.batch is outcome.batch else f"'{winner.batch.path}', "
    where = f"{elsewhere}line {first.line}"
    if row.credential.secret != first.credential.secret:
        outcome.state = RowState.CONFLICT
        outcome.reason = f"{where} has another secret for it and comes first"
    else:
        outcome.state = RowState.ALREADY_STORED if winner.state in _STORED else winner.state
        outcome.reason = f"the same as in {where}"


def delete_all(
    batches: Iterable[Batch],
    outcomes: list[RowOutcome],
    store: SharedStore,
    environ: Mapping[str, str],
    *,
    dry_run: bool,
) -> list[FileOutcome]:
    """Take what is in the store out of the files that it came from, or with `dry_run` find out
    what would become of the files. Raises StoreError.
    """
    crowded = _crowded(store.entries().entries, outcomes)
    files = []
    for batch in batches:
        own = [outcome for outcome in outcomes if outcome.batch is batch]
        if not any(outcome.state in _STORED for outcome in own):
            continue
        try:
            files.append(_delete(batch, own, crowded, environ, dry_run=dry_run))
        except SourceError as error:
            files.append(FileOutcome(batch, FileState.UNCHANGED, str(error)))
    return files


def _crowded(entries: Iterable[Entry], outcomes: Iterable[RowOutcome]) -> set[str]:
    """The services with several accounts, those of a dry run included."""
    names: dict[str, set[bytes | None]] = {}
    for entry in entries:
        names.setdefault(str(entry.service), set()).add(entry.as_stored.username)
    for outcome in outcomes:
        row = outcome.row
        if isinstance(row, Found) and outcome.state in _STORED:
            names.setdefault(str(row.service), set()).add(row.credential.username)
    return {service for service, usernames in names.items() if len(usernames) > 1}


def _delete(
    batch: Batch,
    outcomes: list[RowOutcome],
    crowded: set[str],
    environ: Mapping[str, str],
    *,
    dry_run: bool,
) -> FileOutcome:
    if batch.reader.stays or batch.original is None:
        raise SourceError(batch.reader.stays)
    if batch.file.foreign:
        raise SourceError("it does not belong to this checkout; give its path with --from")
    left = [o.row.line for o in outcomes if o.state in (RowState.CONFLICT, RowState.UNREADABLE)]
    if batch.reader.whole:
        left += [o.row.line for o in outcomes if o.state == RowState.SKIPPED]
    if left:
        raise SourceError(f"{lines(left)} {'is' if len(set(left)) == 1 else 'are'} not imported")
    found = [o.row for o in outcomes if isinstance(o.row, Found)]
    data = batch.reader.without(batch.file, found, crowded)
    if data is None:
        if not dry_run:
            userfile.remove(batch.path, batch.original)
        return FileOutcome(batch, FileState.REMOVED)
    if not _is_clean(batch, data, environ):
        raise SourceError("its passwords cannot be removed without changing something else")
    rest = [row.line for row in found if row.span is None]
    what = "secret" if len(set(rest)) == 1 else "secrets"
    reason = f"{lines(rest)} cannot be changed; remove the {what} yourself" if rest else ""
    if data == batch.file.data:
        raise SourceError(reason)
    if not dry_run:
        userfile.replace(batch.path, batch.original, data)
    return FileOutcome(batch, FileState.EDITED, reason)


def _is_clean(batch: Batch, data: bytes, environ: Mapping[str, str]) -> bool:
    """Whether what was to go is gone from the bytes `data`, and nothing else for git."""
    changed = batch.reader.changed(batch.file, data, environ)
    rows = [] if changed is None else batch.reader.read(changed)
    return changed is not None and not any(
        isinstance(row, Found) and row.span is not None for row in rows
    )
