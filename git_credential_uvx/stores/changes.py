"""What a `store` or an `erase` changes in the two files. No input or output.

uv must find for every URL what it found before. So in uv's file, Git changes and removes only
entries that it stored, and adds one only where uv had no answer. All else goes into the companion.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from . import companion, uvfile
from .entries import Contents, Entry, Note, best_first, candidates, command_for, tie_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..toml.document import Fields, Table
    from ..urls.service import Service


class FileEdit:
    """What to remove, replace and add in one file. `replace` has tables, keys and new values."""

    __slots__ = ("add", "remove", "replace")

    def __init__(self) -> None:
        self.remove: list[Table] = []
        self.replace: list[tuple[Table, str, str]] = []
        self.add: list[Fields] = []

    def __bool__(self) -> bool:
        return bool(self.remove or self.replace or self.add)


class StoreChange:
    """The edits of both files, in the order in which they are written: the companion `before`
    uv's file, `uv`'s file, the companion `after` it.

    The process can be killed between any two of them. So a credential is written to its new
    place before it is removed from its old one, and is always in one of the files.

    `outdated` is an entry of uv's file that a server refused and that keeps its password, because
    Git cannot change it; or None.
    """

    __slots__ = ("after", "before", "outdated", "uv")

    def __init__(self) -> None:
        self.before = FileEdit()
        self.uv = FileEdit()
        self.after = FileEdit()
        self.outdated: Entry | None = None

    def __bool__(self) -> bool:
        return bool(self.before or self.uv or self.after)


def reminder(change: StoreChange) -> str | None:
    """A line for the user about what uv keeps after a `store`, or None."""
    if change.outdated is None:
        return None
    login = command_for(change.outdated, "login")
    return f"uv still has the password that was refused; run '{login}' to update it"


def refusal(change: StoreChange) -> str | None:
    """A line for the user about what uv keeps after an `erase`, or None."""
    if change.outdated is None:
        return None
    from ..urls.usernames import whose

    login = command_for(change.outdated, "login")
    what = whose(change.outdated.as_stored.username)
    return f"the server refused {what} in uv's file; run '{login}' to replace it"


def drop_notes(edit: FileEdit, entry: Entry, *, but: Note | None = None) -> None:
    """Remove the notes of an entry, except one.

    If the entry itself goes, this belongs into `after`: without its note, an entry that Git stored
    would count as a person's. A note without its entry is harmless.
    """
    edit.remove += [n.table for n in entry.notes if n is not but and n.table is not None]


def same_kind(one: Credential, other: Credential) -> bool:
    """Whether one of two credentials for a service replaces the other."""
    return one.authtype == other.authtype and one.username == other.username


def drop_erased(edit: FileEdit, known: Contents, service: Service, credential: Credential) -> None:
    """Remove the erased records of an account for good."""
    for entry in known.erased:
        if entry.service == service and same_kind(entry.as_stored, credential):
            edit.remove += entry.tables


def drop_choice(edit: FileEdit, known: Contents, entry: Entry) -> None:
    """End the choice of an entry's account, if a person chose it with `use`."""
    account = (entry.service, entry.as_stored.username)
    for choice in known.choices:
        if (choice.service, choice.username) == account and choice.table not in edit.remove:
            edit.remove.append(choice.table)


def put_change(known: Contents, service: Service, given: Credential, now: int) -> StoreChange:
    """Store a credential, in place of the one with the same service and username.

    If another account answers for the service, it goes on answering: the given one ranks behind
    it. The change is empty if a `get` would already answer this credential.
    """
    change = StoreChange()
    entries = [e for e in known.entries if e.service.realm == service.realm]
    crowding = _crowding(entries, service)
    if _is_known(entries, service, given, now):
        for entry in crowding:
            move_out(change, entry)
        drop_erased(change.before, known, service, given)
        return change
    same = [e for e in entries if e.service == service and same_kind(e.as_stored, given)]
    credential = _completed(given, same, now)
    newest = note_the_unnoted(change, entries, service, credential, now)
    stored = (now, _rank(entries, service, credential, newest, now))
    held = next((e for e in same if not e.record), None)
    for entry in crowding:
        if entry is not held:
            move_out(change, entry)
    if held is None:
        uv = [e for e in entries if not e.record]
        if not known.unclear and uvfile.can_hold(service, credential, uv):
            change.uv.add.append(uvfile.fields(service, credential))
            change.before.add.append(note_of(service, credential, stored, git=True))
        else:
            add_record(change, service, credential, stored)
    else:
        _put_over(change, held, credential, stored, crowded=held in crowding)
    # A credential must be in uv's file before the record that it replaces is removed.
    edit = change.after if change.uv.add or change.uv.replace else change.before
    edit.remove += [table for entry in same if entry.record for table in entry.tables]
    drop_erased(edit, known, service, credential)
    return change


def _rank(
    entries: list[Entry], service: Service, credential: Credential, newest: int, now: int
) -> int:
    """The rank of a credential that Git stores: the newest, or just behind another account that
    answers for the service."""
    there = [e for e in entries if e.service == service and e.complete and not e.hidden]
    answering = best_first([e for e in there if not e.credential.expired(now)])
    if not answering or same_kind(answering[0].as_stored, credential):
        return newest
    return answering[0].order() - 1


def _is_known(entries: list[Entry], service: Service, given: Credential, now: int) -> bool:
    found = best_first(candidates(entries, service, given.username))
    best = next((e for e in found if not e.hidden and same_kind(e.as_stored, given)), None)
    if best is None or best.as_stored.secret != given.secret:
        return False
    known = best.credential
    # A Git that does not know these attributes sends a password back without them.
    return not known.expired(now) and (
        given.expires in (None, known.expires) and given.refresh in (None, known.refresh)
    )


def _completed(given: Credential, same: list[Entry], now: int) -> Credential:
    """A credential with the expiry and refresh token that the store has for the same secret."""
    known = next((e.credential for e in same if e.as_stored.secret == given.secret), given)
    if known.expired(now):
        return given
    return Credential(
        given.username,
        given.secret,
        authtype=given.authtype,
        expires=known.expires if given.expires is None else given.expires,
        refresh=known.refresh if given.refresh is None else given.refresh,
    )


def _crowding(entries: list[Entry], service: Service) -> list[Entry]:
    """Git's entries in uv's file for a service for which a person added another account there: uv
    could not choose between them."""
    uv = [e for e in entries if e.service == service and not e.record]
    if len(uv) < 2 or all(e.by_git for e in uv):
        return []
    return [e for e in uv if e.by_git]


def move_out(change: StoreChange, entry: Entry) -> None:
    """Move an entry that Git stored from uv's file to the companion.

    The record is written first, and the notes are removed last: killed in between, the store has
    the credential twice, which answers like one.
    """
    add_record(change, entry.service, entry.credential, (entry.stored_at or 0, entry.order()))
    change.uv.remove += entry.tables
    drop_notes(change.after, entry)


def note_the_unnoted(
    change: StoreChange, entries: list[Entry], service: Service, credential: Credential, now: int
) -> int:
    """Add a note for each other entry of the service in uv's file that has none, and return a rank
    above all of theirs, for the credential that is stored now."""
    ranks = [e.rank for e in entries] + [n.rank for e in entries for n in e.notes]
    stored = max([now, *(rank + 1 for rank in ranks)])
    for entry in entries:
        other = (
            not same_kind(entry.as_stored, credential)
            or entry.as_stored.secret != credential.secret
        )
        rival = other and entry.complete and not entry.record and entry.service == service
        if rival and entry.note is None:
            drop_notes(change.before, entry)
            tie = tie_to(entry.as_stored.secret)
            note = Note(service, entry.as_stored.username, tie, stored, seen=True)
            change.before.add.append(companion.note_fields(note))
            entry.notes = [note]
            stored += 1
    return stored


def _put_over(
    change: StoreChange,
    held: Entry,
    credential: Credential,
    stored: tuple[int, int],
    *,
    crowded: bool,
) -> None:
    """Store a credential whose service and username an entry of uv's file has."""
    service = held.service
    if held.as_stored.secret == credential.secret and not crowded:
        # Only expiry or refresh token are new. Git's entry stays Git's, a person's stays theirs.
        change.before.add.append(note_of(service, credential, stored, git=held.by_git))
        drop_notes(change.before, held)
    elif not held.by_git:
        add_record(change, service, credential, stored, shadows=tie_to(held.as_stored.secret))
        change.outdated = held if held.hidden else None
    elif uvfile.can_replace(credential) and not crowded:
        key = "password" if credential.authtype is None else "token"
        change.uv.replace.append((held.tables[-1], key, credential.secret.reveal().decode()))
        change.before.add.append(note_of(service, credential, stored, git=True))
        # The note of the old password must stay until that password is gone.
        known = held.note
        drop_notes(change.before, held, but=known)
        change.after.remove += [known.table] if known and known.table else []
    else:
        add_record(change, service, credential, stored)
        change.uv.remove += held.tables
        drop_notes(change.after, held)


def add_record(
    change: StoreChange,
    service: Service,
    credential: Credential,
    stored: tuple[int, int],
    shadows: str | None = None,
) -> None:
    """Add a record to the companion, before anything that it replaces is removed. `stored` is the
    time and the rank."""
    time, rank = stored
    fields = companion.record_fields(service, credential, time, shadows, rank=rank)
    change.before.add.append(fields)


def note_of(
    service: Service,
    credential: Credential,
    stored: tuple[int, int],
    *,
    git: bool = False,
) -> Fields:
    """A note about the entry of uv's file with this credential. `stored` is the time and the
    rank."""
    time, rank = stored
    return companion.note_fields(
        Note(
            service,
            credential.username,
            tie_to(credential.secret),
            time,
            rank=rank,
            git=git,
            expires=credential.expires,
            refresh=credential.refresh,
        )
    )


def remove_change(
    known: Contents,
    service: Service,
    username: bytes | None,
    secret: Secret | None,
    authtype: bytes | None,
    now: int,
) -> StoreChange:
    """Take a credential that a server refused from Git: every entry with this secret that could
    have answered, or without a secret all that come first.

    An entry that Git stored becomes an erased record, and is removed after that. One that a person
    or uv put into uv's file is hidden from Git. If a person chose the account with `use`, the
    choice ends.
    """
    change = StoreChange()
    found = candidates(known.entries, service, username)
    if secret is not None:
        found = [
            e for e in found if e.as_stored.secret == secret and e.as_stored.authtype == authtype
        ]
    elif found:
        longest = max(len(e.service.path) for e in found)
        found = [e for e in found if len(e.service.path) == longest]
    for entry in found:
        drop_choice(change.after, known, entry)
        if entry.by_git:
            _set_aside(change, known, entry, now)
            if entry.record:
                change.before.remove += entry.tables
            else:
                change.uv.remove += entry.tables
                drop_notes(change.after, entry)
        elif not entry.hidden:
            hide(change.after, entry, now, hidden=True)
            change.outdated = entry
    return change


def _set_aside(change: StoreChange, known: Contents, entry: Entry, now: int) -> None:
    """Add an erased record of an entry, in place of an earlier one of the same account."""
    credential = entry.credential
    if not credential.expired(now):
        stored, rank = entry.stored_at or 0, entry.order()
        fields = companion.record_fields(entry.service, credential, stored, rank=rank, erased=now)
        change.before.add.append(fields)
    drop_erased(change.before, known, entry.service, credential)


def hide(edit: FileEdit, entry: Entry, now: int, *, hidden: bool) -> None:
    """Note whether an entry of uv's file is hidden from Git."""
    known = entry.note
    note = Note(
        entry.service,
        entry.as_stored.username,
        known.tie if known else tie_to(entry.as_stored.secret),
        known.stored if known else now,
        rank=known.rank if known else None,
        hidden=hidden,
        seen=known is None or known.seen,
        expires=known.expires if known else None,
        refresh=known.refresh if known else None,
    )
    drop_notes(edit, entry)
    edit.add.append(companion.note_fields(note))
