"""What `login`, `logout` and `restore` change in the two files. No input or output.

A login writes into uv's file what `uv auth login` would write, and replaces what is there.
"""

from __future__ import annotations

from . import companion, uvfile
from .changes import (
    StoreChange,
    drop_choice,
    drop_erased,
    drop_notes,
    hide,
    move_out,
    note_of,
    note_the_unnoted,
    same_kind,
)
from .entries import is_restorable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ..credential import Credential, Secret
    from ..urls.service import Service
    from .entries import Contents, Entry


def login_change(known: Contents, service: Service, given: Credential, now: int) -> StoreChange:
    """Put a person's credential into uv's file, in place of the one with its username.

    Entries that Git stored for other accounts of the service move to the companion, so that uv
    does not have to choose. uv's file must be able to hold `given`.
    """
    change = StoreChange()
    same = same_account(known, service, given)
    others = [e for e in known.entries if e not in same]
    rank = note_the_unnoted(change, others, service, given, now)
    put_into_uv(change, same, service, given)
    change.before.add.append(note_of(service, given, (now, rank)))
    for entry in known.entries:
        other = entry.service == service and entry not in same
        if other and not entry.record and entry.by_git:
            move_out(change, entry)
    replace_records(change, known, same, service, given)
    return change


def same_account(known: Contents, service: Service, given: Credential) -> list[Entry]:
    """The entries for the same service and username, not the erased ones."""
    return [e for e in known.entries if e.service == service and same_kind(e.as_stored, given)]


def put_into_uv(
    change: StoreChange, same: list[Entry], service: Service, given: Credential
) -> None:
    """Put a credential into uv's file in place of those of the same account."""
    held = [e for e in same if not e.record]
    if len(held) == 1 and len(held[0].tables) == 1 and held[0].complete and not held[0].url_extras:
        if held[0].as_stored.secret != given.secret:
            key = "password" if given.authtype is None else "token"
            text = given.secret.reveal().decode()
            change.uv.replace.append((held[0].tables[0], key, text))
    else:
        # Several entries, or one with userinfo in its URL, become a single clean one.
        change.uv.remove += [table for entry in held for table in entry.tables]
        change.uv.add.append(uvfile.fields(service, given))
    for entry in held:
        drop_notes(change.after, entry)


def replace_records(
    change: StoreChange, known: Contents, same: list[Entry], service: Service, given: Credential
) -> None:
    """Remove the records that a credential replaces from the companion."""
    # A credential must be in uv's file before the record that it replaces is removed.
    edit = change.after if change.uv else change.before
    edit.remove += [table for entry in same if entry.record for table in entry.tables]
    drop_erased(edit, known, service, given)


def logging_out(
    known: Contents,
    service: Service | None,
    usernames: Collection[bytes | None] | None,
    secret: Secret | None = None,
    *,
    below: bool = False,
) -> tuple[StoreChange, list[Entry]]:
    """Remove the entries of a service, with `below` also those below it, that have one of these
    usernames and this secret, erased ones too. None means all services or usernames, or any secret.
    Returns the change and what it removes."""
    everything = [*known.entries, *known.erased]
    gone = [
        entry
        for entry in everything
        if (service is None or _is_at(entry, service, below=below))
        and (usernames is None or entry.as_stored.username in usernames)
        and secret in (None, entry.as_stored.secret)
    ]
    return _removal(known, gone), gone


def pruning(known: Contents, service: Service | None, now: int) -> tuple[StoreChange, list[Entry]]:
    """Remove what Git erased, and what has expired without a refresh token, at a service and below
    it. None means everywhere. Returns the change and what it removes."""

    def is_over(entry: Entry) -> bool:
        expired = entry.credential.expired(now) and entry.credential.refresh is None
        return entry.erased is not None or expired

    everything = [*known.entries, *known.erased]
    gone = [
        entry
        for entry in everything
        if is_over(entry) and (service is None or service.covers(entry.service))
    ]
    return _removal(known, gone), gone


def _is_at(entry: Entry, service: Service, *, below: bool) -> bool:
    return service.covers(entry.service) if below else service == entry.service


def _removal(known: Contents, gone: list[Entry]) -> StoreChange:
    change = StoreChange()
    for entry in gone:
        drop_choice(change.after, known, entry)
        if entry.record:
            change.before.remove += entry.tables
        else:
            change.uv.remove += entry.tables
            drop_notes(change.after, entry)
    return change


def restorable(
    known: Contents, service: Service, username: bytes | None, now: int, *, below: bool = True
) -> tuple[list[Entry], list[Entry]]:
    """What Git was refused at a service and with `below` also below it: the hidden entries, and the
    erased ones. None for `username` means any.

    A hidden entry is left out if a newer password of its account was erased, which is the one that
    worked last.
    """

    def wanted(entry: Entry) -> bool:
        is_at = _is_at(entry, service, below=below)
        return is_at and username in (None, entry.as_stored.username)

    hidden = [e for e in known.entries if e.hidden and wanted(e)]
    erased = [e for e in known.erased if is_restorable(e, now) and wanted(e)]
    return [e for e in hidden if not any(_is_newer(one, e) for one in erased)], erased


def _is_newer(erased: Entry, hidden: Entry) -> bool:
    same = erased.service == hidden.service and same_kind(erased.as_stored, hidden.as_stored)
    note = hidden.note
    return same and note is not None and erased.stored >= note.stored


def use_change(known: Contents, service: Service, username: bytes | None) -> StoreChange:
    """Let the account of a service answer if nobody names one."""
    change = StoreChange()
    there = [choice for choice in known.choices if choice.service == service]
    if [choice.username for choice in there] != [username]:
        change.before.remove += [choice.table for choice in there]
        change.before.add.append(companion.choice_fields(service, username))
    return change


def forget_change(erased: Entry) -> StoreChange:
    """Remove an erased record for good."""
    change = StoreChange()
    change.before.remove += erased.tables
    return change


def unhiding(entries: list[Entry], now: int) -> StoreChange:
    """Show hidden entries of uv's file to Git again."""
    change = StoreChange()
    for entry in entries:
        hide(change.before, entry, now, hidden=False)
    return change
