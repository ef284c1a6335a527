"""`list` and `restore`: what is stored, and what Git erased."""

from __future__ import annotations

from shutil import get_terminal_size
from textwrap import wrap
from time import time
from typing import TYPE_CHECKING

import click

from ..accounts import Named, one_username
from ..errors import printable
from ..git.questions import GitQuestions
from ..outlook import used_by_git
from ..stores import uvfile
from ..stores.entries import COMPANION, KEPT_ASIDE, command_for, is_restorable
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.usernames import shortened
from .afterwards import report
from .clone_urls import stored_for
from .common import (
    NegativeAnswer,
    account,
    as_json,
    counted,
    manners,
    moment,
    say,
    show,
    show_json,
    text_of,
    warn,
)
from .completion import complete_restorable, complete_service
from .readable import warn_if_readable

if TYPE_CHECKING:
    from ..stores.entries import Entry
    from ..system.settings import Settings

_HEADINGS = ("SERVICE", "USERNAME", "WHERE", "STORED", "EXPIRES", "NOTE")
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))
_UNLIMITED = 100_000  # columns of an output that is not a terminal

_UV, _OURS = "uv's file", "our file"


@click.command("list")
@click.argument("service", metavar="[SERVICE]", required=False, shell_complete=complete_service)
@click.option(
    "--prune", is_flag=True, help="Remove expired entries, and what Git erased, for good."
)
@as_json
@manners
def list_command(service: str | None, prune: bool, as_json: bool) -> None:
    """Show what is stored for SERVICE or for all, and where, without secrets.

    WHERE is "uv's file" for credentials.toml, which uv reads, or "our file" for
    git-credential-uvx.toml, which has what uv's file cannot hold. `git-credential-uvx dir` prints
    their folder.
    """
    now = int(time())
    settings = from_process()
    store = SharedStore(settings)
    named = None if service is None else Named(service)
    if prune:
        for entry in store.prune(None if named is None else named.service, now):
            say(f"Removed {account(entry.service, entry.as_stored.username)}")
    known = store.entries()
    entries = [
        entry
        for entry in (*known.entries, *(e for e in known.erased if is_restorable(e, now)))
        if named is None
        or named.service.covers(entry.service)
        or entry.service.covers(named.service)
    ]
    warn_if_readable(settings)
    if known.unclear:
        warn(f"{uvfile.NAME} also has entries that only uv can read, because of their hosts")
    if not entries and named is not None and not prune:
        raise NegativeAnswer(f"nothing is stored for {named.service}")
    defaults = _defaults(known.entries, settings, now)
    rows = [_row(entry, defaults, now) for entry in sorted(entries, key=_order)]
    if as_json:
        show_json(rows)
    elif rows:
        for line in _lines([_cells(row, now) for row in rows]):
            show(line)
    else:
        say("nothing is stored")


def _defaults(entries: list[Entry], settings: Settings, now: int) -> list[Entry]:
    """The entries that Git uses for services with several accounts."""
    there: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.complete:
            there.setdefault(str(entry.service), []).append(entry)
    several = [same for same in there.values() if len({e.as_stored.username for e in same}) > 1]
    if not several:
        return []
    git = GitQuestions(settings)
    used = (used_by_git(same, git.username(same[0].service), now) for same in several)
    return [entry for entry in used if entry is not None]


def _order(entry: Entry) -> tuple[str, bytes, bool]:
    return str(entry.service), entry.as_stored.username or b"", entry.erased is not None


def _row(entry: Entry, defaults: list[Entry], now: int) -> dict[str, object]:
    found = entry.credential
    return {
        "service": str(entry.service),
        "username": text_of(found.username),
        "scheme": text_of(found.authtype) or "basic",
        "where": COMPANION if entry.record else uvfile.NAME,
        "by": "git" if entry.by_git else "person",
        "stored": entry.stored_at,
        "expires": found.expires,
        "renewable": found.refresh is not None,
        "default": entry in defaults,
        "chosen": entry.chosen,
        "notes": _notes(entry, now),
    }


def _notes(entry: Entry, now: int) -> list[str]:
    notes = []
    if entry.erased is not None:
        days = (entry.erased + KEPT_ASIDE - now) // 86_400
        restore = command_for(entry, "restore")
        notes.append(f"erased by Git; '{restore}' brings it back, for {days} more days")
    if entry.hidden:
        login = command_for(entry, "login")
        hint = "" if entry.shadow else f"; Git does not get it; '{login}' stores a new password"
        notes.append(f"refused by the server{hint}")
    if entry.shadows is not None:
        notes.append("used by Git instead of the password in uv's file")
    elif entry.shadow is not None:
        notes.append("Git uses the password in our file instead")
    if not entry.complete:
        notes.append("has no password, so it is not used")
    if entry.url_extras:
        notes.append("its service has a username or query in it; log in again to clean it")
    if entry.credential.expired(now):
        notes.append("expired")
    return notes


def _cells(row: dict[str, object], now: int) -> list[str]:
    stored, expires, notes = row["stored"], row["expires"], row["notes"]
    words = ["used by Git, your choice" if row["chosen"] else "used by Git"]
    words = (words if row["default"] else []) + (notes if isinstance(notes, list) else [])
    username = "(token)" if row["username"] is None else row["username"] or "(empty)"
    return [
        str(row["service"]),
        shortened(printable(str(username))),
        _UV if row["where"] == uvfile.NAME else _OURS,
        f"{_span(now - stored)} ago" if isinstance(stored, int) else "",
        f"{moment(expires):%Y-%m-%d %H:%M} UTC" if isinstance(expires, int) else "",
        "; ".join(words),
    ]


def _span(seconds: int) -> str:
    """A time for people, in its largest unit: `3 days`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return counted(seconds // size, unit)
    return "a moment"


def _lines(rows: list[list[str]]) -> list[str]:
    """The rows as a table, or in several lines each if the terminal is too narrow for that."""
    width = get_terminal_size((_UNLIMITED, 0)).columns
    lines = _table([list(_HEADINGS), *rows])
    if max(map(len, lines)) <= width:
        return lines
    return [line for row in rows for line in _paragraph(row, width)]


def _table(rows: list[list[str]]) -> list[str]:
    """The rows in columns, without those that are empty but for their heading."""
    used = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in used]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*used, strict=True)
    ]


def _paragraph(row: list[str], width: int) -> list[str]:
    service, username, where, stored, expires, notes = row
    facts = [where, stored and f"stored {stored}", expires and f"expires {expires}", notes]
    lines = [f"{service}  {username}"]
    for fact in filter(None, facts):
        lines += wrap(
            fact,
            max(width, 20),
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


@click.command("restore")
@click.argument("service", metavar="SERVICE", shell_complete=complete_restorable)
@click.option("-u", "--username", metavar="NAME", help="Only this account.")
@as_json
@manners
def restore_command(service: str, username: str | None, as_json: bool) -> int:
    """Bring back what Git erased for SERVICE in the last 30 days, or hid after a refusal.

    Git erases a credential as soon as a server refuses it once, even if that was a mistake of the
    server.
    """
    named = Named(service)
    who = one_username(named, username)
    settings, now = from_process(), int(time())
    store = SharedStore(settings)
    restored = store.restore(named.service, who, now)
    host = stored_for(named, settings)
    if host != named.service:
        restored += store.restore(host, who, now, below=False)
    if not restored:
        raise NegativeAnswer(
            f"nothing to restore: in the last 30 days Git erased nothing for {account(host, who)}"
        )
    newer = []
    for entry, done in restored:
        name = account(entry.service, entry.as_stored.username)
        if done:
            say(f"Restored credentials for {name}")
        else:
            newer.append(f"Git has a newer password for {name}")
    back = [(entry.service, entry.as_stored) for entry, done in restored if done]
    for line in newer if back else []:
        warn(f"not restored: {line}")
    report(settings, back)
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
    if not back:
        raise NegativeAnswer(f"nothing to restore: {newer[0]}; 'git-credential-uvx list' shows all")
    return 1 if newer else 0
