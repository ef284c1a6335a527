"""What `git credential-uvx` alone shows at a terminal: the state, and the next step."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import UvxError
from ..git.config import Standing
from ..git.questions import GitQuestions
from ..git.setup import PROGRAM, is_found, settings_now
from ..outlook import used_by_git
from ..stores.entries import best_first, is_restorable
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.usernames import shown, whose
from .common import NAME, counted, next_step, show, trace

if TYPE_CHECKING:
    from ..stores.entries import Contents, Entry
    from ..system.settings import Settings

_MOST = 3  # services
_MOST_NAMES = 4  # usernames of one service


def overview() -> None:
    """Show whether Git is set up, which accounts are stored, and what to do next."""
    settings = from_process()
    show(f"{NAME} {__version__}: one credential store for Git and Python packaging")
    fault, remedy = _fault(settings)
    show(f"Git does not use it yet: {fault}" if fault else "Git asks this helper")
    try:
        known = SharedStore(settings).entries()
    except UvxError as error:
        show(str(error))
        next_step(*(remedy or ["doctor"]))
        return
    now = int(time())
    _show_accounts(settings, known.entries, now)
    refused = _refused(known, now)
    for entry in refused[:_MOST]:
        show(f"a server refused {whose(entry.as_stored.username)} at {entry.service}")
    if fault:
        next_step(*(remedy or ["doctor"]))
    elif refused:
        next_step("login", service=refused[0].service, username=refused[0].as_stored.username)
    elif not known.entries:
        next_step("login", "HOST")
    else:
        show(f"'{NAME} --help' lists the commands, '{NAME} doctor' checks everything")


def _fault(settings: Settings) -> tuple[str, list[str]]:
    """Why Git does not ask this helper, "" if it does, and the words of our command that changes
    this, none if there is no such command."""
    try:
        configured = settings_now(settings.environ, trace)
    except UvxError as error:
        return str(error), []
    standing = Standing(configured, None)
    if not is_found(settings.environ):
        return f"git finds no '{PROGRAM}' on PATH", []
    remedy = [] if standing.asked or standing.header or standing.cleared else ["setup"]
    return standing.fault, remedy


def _refused(known: Contents, now: int) -> list[Entry]:
    """The entries that a server refused to Git, which has no newer password for them."""
    hidden = [entry for entry in known.entries if entry.hidden and entry.shadow is None]
    there = [(entry.service, entry.as_stored.username) for entry in known.entries]
    erased = [entry for entry in known.erased if is_restorable(entry, now)]
    gone = [e for e in erased if (e.service, e.as_stored.username) not in there]
    return [*hidden, *gone]


def _show_accounts(settings: Settings, entries: list[Entry], now: int) -> None:
    services: dict[str, list[Entry]] = {}
    for entry in entries:
        services.setdefault(str(entry.service), []).append(entry)
    if not entries:
        show("no account is stored yet")
        return
    accounts = {(str(e.service), e.as_stored.username) for e in entries}
    show(f"{counted(len(accounts), 'account')} at {counted(len(services), 'service')}:")
    for service, found in list(services.items())[:_MOST]:
        show(f"  {service}  {_names(found, _used(settings, found, now))}")
    if len(services) > _MOST:
        show(f"  and {len(services) - _MOST} more; '{NAME} list' shows all")


def _used(settings: Settings, entries: list[Entry], now: int) -> Entry | None:
    """The entry that Git uses of those of a service."""
    if len(entries) < 2:
        return None
    return used_by_git(entries, GitQuestions(settings).username(entries[0].service), now)


def _names(entries: list[Entry], used: Entry | None) -> str:
    """The usernames of a service, the one that Git uses first."""
    ranked = sorted(best_first(entries), key=lambda entry: entry is not used)
    names = list(dict.fromkeys(_called(entry.as_stored.username) for entry in ranked))
    if len(names) > 1 and used is not None:
        names[0] += " (default)"
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return ", ".join([*names[:_MOST_NAMES], *more])


def _called(username: bytes | None) -> str:
    return shown(username) if username else "a token"
