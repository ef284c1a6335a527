"""What a `store` or an `erase` changes in the two files; no input or output.

The guest rule decides: uv goes on reading its file and finds for every URL what it found
before. So Git changes and removes in uv's file only what Git put there, adds only where uv had
no answer, and everything else goes into the companion.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from . import companion, uvfile
from .entries import Entry, Note, best_first, candidates, tie_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..tomltext import Fields, Table
    from ..urls import Service


class Edit:
    """What to do with one file's tables."""

    __slots__ = ("add", "remove", "replace")

    def __init__(self) -> None:
        self.remove: list[Table] = []
        self.replace: list[tuple[Table, str, str]] = []
        self.add: list[Fields] = []

    def __bool__(self) -> bool:
        return bool(self.remove or self.replace or self.add)


class Change:
    """The edits of both files. Whatever stands between them after a crash must be harmless, so
    what is put goes into the companion first and what is removed leaves uv's file first."""

    __slots__ = ("companion", "companion_first", "uv")

    def __init__(self, *, companion_first: bool) -> None:
        self.uv = Edit()
        self.companion = Edit()
        self.companion_first = companion_first

    def __bool__(self) -> bool:
        return bool(self.uv or self.companion)

    def note(self, note: Note) -> None:
        self.companion.add.append(companion.note_fields(note))

    def drop_notes(self, entry: Entry, *, but: Note | None = None) -> None:
        self.companion.remove += [n.table for n in entry.notes if n is not but and n.table]


def is_known(entries: list[Entry], service: Service, credential: Credential) -> bool:
    """Whether a `get` would answer with just this credential already."""
    found = best_first(candidates(entries, service, credential.username))
    return any(
        entry.credential == credential
        for entry in [e for e in found if not e.hidden and _same_kind(e.bare, credential)][:1]
    )


def _same_kind(one: Credential, other: Credential) -> bool:
    return one.authtype == other.authtype and one.username == other.username


def putting(entries: list[Entry], service: Service, credential: Credential, now: int) -> Change:
    """Keep a credential, in place of the one with the same service and username."""
    change = Change(companion_first=True)
    in_realm = [e for e in entries if e.service.realm == service.realm]
    same = [e for e in in_realm if e.service == service and _same_kind(e.bare, credential)]
    for entry in same:
        if entry.record:
            change.companion.remove += entry.tables
    stored = max([now, *(e.stored + 1 for e in in_realm), *_note_times(in_realm)])
    stored = _sight(change, in_realm, service, credential, stored)
    held = next((e for e in same if not e.record), None)
    _place(change, in_realm, held, service, credential, stored)
    return change


def _note_times(entries: list[Entry]) -> list[int]:
    return [note.stored + 1 for entry in entries for note in entry.notes]


def _sight(
    change: Change, entries: list[Entry], service: Service, credential: Credential, stored: int
) -> int:
    """Note entries of uv's file that nobody noted yet, so that what is stored now is newer."""
    unseen = [
        e
        for e in entries
        if e.service == service
        and e.complete
        and not e.record
        and not (_same_kind(e.bare, credential) and e.bare.secret == credential.secret)
        and e.note is None
    ]
    for index, entry in enumerate(unseen):
        change.drop_notes(entry)
        tie = tie_to(entry.bare.secret)
        entry.notes = [Note(service, entry.bare.username, tie, stored + index)]
        change.note(entry.notes[0])
    return stored + len(unseen)


def _place(
    change: Change,
    entries: list[Entry],
    held: Entry | None,
    service: Service,
    credential: Credential,
    stored: int,
) -> None:
    if held is None:
        uv = [e for e in entries if not e.record]
        if uvfile.can_hold(service, credential, uv):
            change.uv.add.append(uvfile.fields(service, credential))
            change.note(_git_note(service, credential, stored))
            return
    elif held.bare.secret == credential.secret:
        # Only what is known about it is new; whose it is stays as it was.
        note = _git_note(service, credential, stored)
        note.git = held.by_git
        change.drop_notes(held)
        change.note(note)
        return
    elif held.by_git:
        if uvfile.can_replace(credential):
            key = "password" if credential.authtype is None else "token"
            text = credential.secret.reveal().decode()
            change.uv.replace += [(held.tables[-1], key, text)]
            # The old note stays in force until uv's file has the new password.
            change.drop_notes(held, but=held.note)
            change.note(_git_note(service, credential, stored))
            return
        change.uv.remove += held.tables
    change.companion.add.append(companion.record_fields(service, credential, stored))


def _git_note(service: Service, credential: Credential, stored: int) -> Note:
    return Note(
        service,
        credential.username,
        tie_to(credential.secret),
        stored,
        git=True,
        expires=credential.expires,
        refresh=credential.refresh,
    )


def removing(
    entries: list[Entry],
    service: Service,
    username: bytes | None,
    secret: Secret | None,
    authtype: bytes | None,
    now: int,
) -> Change:
    """Take a refused credential from Git: every one with this secret that could have answered,
    without a secret all that come first. What a person or uv put into uv's file is hidden."""
    change = Change(companion_first=False)
    found = candidates(entries, service, username)
    if secret is not None:
        found = [e for e in found if e.bare.secret == secret and e.bare.authtype == authtype]
    elif found:
        longest = max(len(e.service.path) for e in found)
        found = [e for e in found if len(e.service.path) == longest]
    for entry in found:
        if entry.record:
            change.companion.remove += entry.tables
        elif entry.by_git:
            change.uv.remove += entry.tables
            change.drop_notes(entry)
        elif not entry.hidden:
            _hide(change, entry, now)
    return change


def _hide(change: Change, entry: Entry, now: int) -> None:
    known = entry.note
    note = Note(
        entry.service,
        entry.bare.username,
        known.tie if known else tie_to(entry.bare.secret),
        known.stored if known else now,
        hidden=True,
        expires=known.expires if known else None,
        refresh=known.refresh if known else None,
    )
    change.drop_notes(entry)
    change.note(note)
