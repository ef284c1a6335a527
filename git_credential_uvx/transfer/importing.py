"""Import: from the rows of files to the store, and out of the files what is in the store then.

What comes first wins: of two secrets for one account that of the first source, and in a file the
one that its own readers would take. Each account stands behind those that came before it, and all
behind what the store had: what Git or uv is answered for any account does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..credential import is_mask
from ..errors import SourceError
from ..query import Query
from ..stores.bulk import Item
from ..stores.entries import account_key
from ..system import userfile
from ..system.programs import ask_git
from .readers import git_remotes
from .rows import Found, Row, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..credential import Credential, Secret
    from ..resolver import Resolver
    from ..stores.entries import Account, Entry
    from ..stores.shared import SharedStore
    from .import_files import Batch

# What became of a row, and of a file.
IMPORTED, REPLACED, KNOWN = "imported", "replaced", "known"
CONFLICT, REFUSED, LEFT_OUT = "conflict", "refused", "left out"
UNREADABLE, EDITED, REMOVED, STAYS = "unreadable", "edited", "removed", "stays"

_DONE = (IMPORTED, REPLACED, KNOWN)
_WHOLE = ("netrc", "uv", "poetry")  # sources whose files go whole or not at all


@dataclass
class Outcome:
    """What became of a row."""

    batch: Batch
    row: Row
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file."""

    batch: Batch
    outcome: str
    reason: str = ""


def keep_all(
    batches: Iterable[Batch], resolver: Resolver, now: int, *, replace: bool, dry_run: bool
) -> list[Outcome]:
    """Put what the batches hold into the resolver's store, or with `dry_run` tell what would become
    of it.

    Each is on the disk when this returns. Raises StoreError.
    """
    told: list[Outcome] = []
    ranked: list[Outcome] = []
    for batch in batches:
        rows = [_first_told(batch, row) for row in batch.rows]
        told += rows
        found = [outcome for outcome in rows if outcome.outcome == CONFLICT]
        ranked += found if batch.reader.FIRST_COUNTS else reversed(found)
    winners: dict[Account, Outcome] = {}
    for outcome in ranked:
        winners.setdefault(_key(outcome.row), outcome)
    store = resolver.store()
    known = _secrets(store.entries().entries)
    items = []
    stored = []
    for outcome in winners.values():
        row = outcome.row
        assert isinstance(row, Found)  # noqa: S101
        there = known.get(_key(row), [])
        outcome.outcome = _planned(row, there, replace=replace)
        rival = _rival(row, resolver, now) if outcome.outcome == IMPORTED and not replace else ""
        if rival:
            outcome.outcome = CONFLICT
            outcome.reason = f"{rival} answers there; --replace takes this one"
            continue
        items.append(Item(row.service, row.credential))
        stored.append(outcome)
    said = [] if dry_run else store.keep(items, now, replace=replace, behind=True)
    for outcome, kept in zip(stored, said, strict=not dry_run):
        if kept != "kept":
            outcome.outcome = {"known": KNOWN, "differs": CONFLICT}[kept]
    for outcome in stored:
        if outcome.outcome == CONFLICT:
            outcome.reason = "the store has another secret for it; --replace takes this one"
    for outcome in ranked:
        _follow(outcome, winners[_key(outcome.row)])
    return told


def _rival(row: Found, resolver: Resolver, now: int) -> str:
    """The source that answers for the service of a row until the store does; "" for none."""
    query = Query(row.service, use="url" if row.service.path.strip("/") else "git")
    step = resolver.elsewhere(query, now, username=row.credential.username)
    # The others are asked before the store, and go on answering.
    if step is None or step.finding is None or step.source not in ("command", "keyring"):
        return ""
    same = step.credential is not None and step.credential.secret == row.credential.secret
    return "" if same else step.finding.place or step.source


def _first_told(batch: Batch, row: Row) -> Outcome:
    if isinstance(row, Found):
        if is_mask(row.credential.secret.reveal()):
            return Outcome(batch, row, LEFT_OUT, "a mask and no secret")
        if _has_line_end(row.credential):
            return Outcome(batch, row, REFUSED, "it holds a line end or NUL")
        return Outcome(batch, row, CONFLICT, row.note)
    return Outcome(batch, row, REFUSED if row.broken else LEFT_OUT, row.reason)


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
        key = account_key(entry.service, entry.bare)
        # A record is what counts, where it stands in for an entry of uv's.
        at = 0 if entry.record else len(found.get(key, []))
        found.setdefault(key, []).insert(at, entry.bare.secret)
    return found


def _planned(row: Found, there: list[Secret], *, replace: bool) -> str:
    if not there:
        return IMPORTED
    if there[0] == row.credential.secret:
        return KNOWN
    return REPLACED if replace else CONFLICT


def _follow(outcome: Outcome, winner: Outcome) -> None:
    """What becomes of a row for the account of another."""
    row, first = outcome.row, winner.row
    if outcome is winner or not isinstance(row, Found) or not isinstance(first, Found):
        return
    where = f"'{winner.batch.path}', line {first.line}"
    if row.credential.secret != first.credential.secret:
        outcome.outcome = CONFLICT
        outcome.reason = f"{where} has another secret for it, which comes first"
    else:
        outcome.outcome = KNOWN if winner.outcome in _DONE else winner.outcome
        outcome.reason = f"as in {where}"


def delete_all(
    batches: Iterable[Batch],
    outcomes: list[Outcome],
    store: SharedStore,
    environ: Mapping[str, str],
) -> list[FileOutcome]:
    """Take what is in the store out of the files that it came from. Raises StoreError."""
    crowded = _crowded(store.entries().entries)
    told = []
    for batch in batches:
        own = [outcome for outcome in outcomes if outcome.batch is batch]
        if not any(outcome.outcome in _DONE for outcome in own):
            continue
        try:
            told.append(_delete(batch, own, crowded, environ))
        except SourceError as error:
            told.append(FileOutcome(batch, STAYS, str(error)))
    return told


def _crowded(entries: Iterable[Entry]) -> set[str]:
    """The services with several accounts."""
    names: dict[str, set[bytes | None]] = {}
    for entry in entries:
        names.setdefault(str(entry.service), set()).add(entry.bare.username)
    return {service for service, usernames in names.items() if len(usernames) > 1}


def _delete(
    batch: Batch, outcomes: list[Outcome], crowded: set[str], environ: Mapping[str, str]
) -> FileOutcome:
    if not hasattr(batch.reader, "without") or batch.original is None:
        raise SourceError("it is gh's own; 'gh auth logout' removes what it has")
    if batch.foreign:
        raise SourceError("it is not of this checkout; name the file itself with --from")
    left = [o.row.line for o in outcomes if o.outcome in (CONFLICT, REFUSED)]
    if batch.source in _WHOLE:
        left += [o.row.line for o in outcomes if o.outcome == LEFT_OUT]
    if left:
        numbers = ", ".join(map(str, sorted(set(left))))
        raise SourceError(f"what is in line {numbers} was not imported")
    found = [o.row for o in outcomes if isinstance(o.row, Found)]
    data = batch.reader.without(batch.file, found, crowded)
    if data is None:
        userfile.remove(batch.path, batch.original)
        return FileOutcome(batch, REMOVED)
    if not _is_clean(batch, data, environ):
        raise SourceError("its URLs cannot be cut without changing something else")
    rest = [str(row.line) for row in found if row.span is None]
    reason = f"what is in line {', '.join(rest)} cannot be cut out" if rest else ""
    if data == batch.file.data:
        raise SourceError(reason)
    userfile.replace(batch.path, batch.original, data)
    return FileOutcome(batch, EDITED, reason)


def _is_clean(batch: Batch, data: bytes, environ: Mapping[str, str]) -> bool:
    """Whether what was to go is gone from the bytes `data`, and nothing else for git."""
    beside = dict(batch.file.beside)
    if batch.source == "git-remotes":
        words = ("config", "--file", "-", "--list", "-z")
        old, new = (ask_git(words, environ, text) for text in (batch.file.data, data))
        if not new or not git_remotes.same(old, new):
            return False
        beside[git_remotes.LISTING] = new
    rows = batch.reader.read(SourceFile(data, batch.path, beside))
    return not any(isinstance(row, Found) and row.span is not None for row in rows)
