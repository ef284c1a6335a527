"""`list` and `restore`: what is stored, and what Git erased."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

import click

from ..accounts import Named, one_username
from ..stores import uvfile
from ..stores.entries import COMPANION, KEPT_ASIDE, is_restorable
from ..stores.shared import SharedStore
from ..system.settings import from_process
from .common import (
    NegativeAnswer,
    account,
    as_json,
    manners,
    moment,
    say,
    shortened,
    show,
    show_json,
    text_of,
    warn,
)
from .completion import complete_restorable, complete_service

if TYPE_CHECKING:
    from ..stores.entries import Entry

_HEADINGS = ("SERVICE", "USERNAME", "WHERE", "STORED", "EXPIRES", "NOTE")
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


@click.command("list")
@click.argument("service", metavar="[SERVICE]", required=False, shell_complete=complete_service)
@as_json
@manners
def list_command(service: str | None, as_json: bool) -> None:
    """Show what is stored for SERVICE or for all, and where, without secrets."""
    now = int(time())
    known = SharedStore(from_process()).entries()
    named = None if service is None else Named(service)
    entries = [
        entry
        for entry in (*known.entries, *(e for e in known.erased if is_restorable(e, now)))
        if named is None
        or named.service.covers(entry.service)
        or entry.service.covers(named.service)
    ]
    rows = [_row(entry, now) for entry in sorted(entries, key=_order)]
    if as_json:
        show_json(rows)
        return
    if not rows:
        say("nothing is stored" + ("" if service is None else " for it"))
    else:
        for line in _table([_cells(row, now) for row in rows]):
            show(line)
    if known.unclear:
        warn(f"{uvfile.NAME} has entries too whose host only uv can make out")


def _order(entry: Entry) -> tuple[str, bytes, bool]:
    return str(entry.service), entry.as_stored.username or b"", entry.erased is not None


def _row(entry: Entry, now: int) -> dict[str, object]:
    found = entry.credential
    note = None if entry.record else entry.note
    stored = entry.stored if note is None or note.seen else note.stored
    return {
        "service": str(entry.service),
        "username": text_of(found.username),
        "scheme": text_of(found.authtype) or "basic",
        "where": COMPANION if entry.record else uvfile.NAME,
        "by": "git" if entry.by_git else "person",
        "stored": stored or None,
        "expires": found.expires,
        "renewable": found.refresh is not None,
        "notes": _notes(entry, now),
    }


def _notes(entry: Entry, now: int) -> list[str]:
    notes = []
    if entry.erased is not None:
        days = (entry.erased + KEPT_ASIDE - now) // 86_400
        notes.append(f"erased by Git, 'restore' can bring it back for {days} more days")
    if entry.hidden:
        notes.append("refused by the server, hidden from Git until 'restore' or a new password")
    if entry.shadows is not None:
        notes.append("Git uses it in place of uv's of the same username")
    if not entry.complete:
        notes.append("has no password and answers nobody")
    if entry.url_extras:
        notes.append("uv wrote a username or query into its service; log in again to clean it")
    if entry.credential.expired(now):
        notes.append("expired")
    return notes


def _cells(row: dict[str, object], now: int) -> list[str]:
    stored, expires, notes = row["stored"], row["expires"], row["notes"]
    username = "(token)" if row["username"] is None else row["username"] or "(empty)"
    return [
        str(row["service"]),
        shortened(str(username)),
        "uv" if row["where"] == uvfile.NAME else "companion",
        f"{_span(now - stored)} ago" if isinstance(stored, int) else "-",
        f"{moment(expires):%Y-%m-%d %H:%M} UTC" if isinstance(expires, int) else "-",
        "; ".join(notes) if isinstance(notes, list) else "",
    ]


def _span(seconds: int) -> str:
    """A time for people, in its largest unit: `3 days`."""
    for size, unit in _UNITS:
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}" + ("" if number == 1 else "s")
    return "a moment"


def _table(rows: list[list[str]]) -> list[str]:
    rows = [list(_HEADINGS), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


@click.command("restore")
@click.argument("service", metavar="SERVICE", shell_complete=complete_restorable)
@click.option("-u", "--username", metavar="NAME", help="Only this account.")
@as_json
@manners
def restore_command(service: str, username: str | None, as_json: bool) -> int:
    """Bring back what Git erased for SERVICE in the last 30 days, or hid after a refusal.

    Git erases a credential as soon as a server refuses it once, also by mistake.
    """
    named = Named(service)
    who = one_username(named, username)
    restored = SharedStore(from_process()).restore(named.service, who, int(time()))
    if not restored:
        raise NegativeAnswer(
            f"Git erased and hid nothing for {account(named.service, who)} in the last 30 days"
        )
    for entry, done in restored:
        name = account(entry.service, entry.as_stored.username)
        if done:
            say(f"Restored credentials for {name}")
        else:
            warn(f"another secret was stored for {name} since; 'logout' of it first")
    if as_json:
        show_json(
            [
                {
                    "service": str(entry.service),
                    "username": text_of(entry.as_stored.username),
                    "restored": done,
                }
                for entry, done in restored
            ]
        )
    return 0 if all(done for _, done in restored) else 1
