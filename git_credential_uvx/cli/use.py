"""`use`: which account of a host answers if nobody names one."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from ..accounts import Named, one_username
from ..git.config import place, unset_command
from ..git.questions import GitQuestions
from ..outlook import outlook, used_by_git
from ..stores.entries import best_first, candidates, command_for
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.usernames import as_typed, shown, whose
from ..urls.usernames import who as who_is
from .afterwards import Known, report
from .common import NegativeAnswer, as_json, manners, say, show, show_json, text_of, warn
from .completion import complete_service

if TYPE_CHECKING:
    from ..git.config import GitSetting
    from ..outlook import Prospect
    from ..stores.entries import Entry
    from ..urls.service import Service


@click.command("use")
@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.option("-u", "--username", metavar="NAME", help="The account that answers from now on.")
@as_json
@manners
def use_command(service: str, username: str | None, as_json: bool) -> None:
    """Choose the account of SERVICE that answers if nobody names one.

    Git uses it for URLs without a username, and so do the commands and the HTTP client of this
    package. uv does not know the choice: it needs a username in the URL if it has several accounts.
    The choice ends when the account is logged out, or when a server refuses it. An account that
    `credential.username` of Git's configuration names comes first.

    Without --username, the accounts are listed, and an asterisk marks the one that Git uses.
    """
    named = Named(service)
    who = one_username(named, username)
    settings, now = from_process(), int(time())
    store = SharedStore(settings)
    there = _accounts(store, named.service)
    if not there:
        raise NegativeAnswer(f"no accounts are stored for {named.service}")
    naming = GitQuestions(settings).naming(there[0].service)
    asked = None if naming is None else naming.value.encode(errors="surrogateescape")
    if who is None:
        _list(there, used_by_git(there, asked, now), as_json=as_json)
        return
    chosen = next((entry for entry in there if entry.as_stored.username == who), None)
    at = there[0].service
    if chosen is None:
        raise NegativeAnswer(f"{at} has no account of this name; it has {_names(there)}")
    if chosen.hidden:
        raise NegativeAnswer(
            f"the server refused {whose(who)} earlier; run '{command_for(chosen, 'login')}' or "
            f"'{command_for(chosen, 'restore')}' first"
        )
    store.use(at, who, now)
    there = _accounts(store, at)
    used = used_by_git(there, asked, now)
    others = [entry for entry in there if entry.as_stored.username not in (who, None)]
    found = outlook(str(at), settings, programs=False)
    if _gets(found.git, who) and not found.git.before:
        say(f"Git now uses {who_is(who)} for {at}{_needs(others)}")
    else:
        say(f"{who_is(who)} is the default account of {at} now")
        if naming is not None and asked != who:
            _warn_of(naming, at)
        report(settings, [(at, chosen.as_stored)], known=Known(chosen=True))
    if any(not entry.record for entry in others) and not _gets(found.uv, who):
        say(f"uv does not know this choice; its URLs need the name: {_with_name(chosen)}")
    if as_json:
        _list(there, used, as_json=True)


def _gets(found: Prospect, username: bytes) -> bool:
    """Whether a program gets an account from the store."""
    is_stored = found.source == "store" and found.credential is not None
    return is_stored and found.credential is not None and found.credential.username == username


def _warn_of(naming: GitSetting, service: Service) -> None:
    """Warn that Git's configuration names another account than the chosen one."""
    name = who_is(naming.value.encode(errors="surrogateescape"))
    command = unset_command(naming)
    advice = f"run '{command}'" if command else "remove that setting"
    warn(
        f"Git still asks for {name} at {service}, because of 'credential.username' in "
        f"{place(naming)}; {advice}"
    )


def _accounts(store: SharedStore, service: Service) -> list[Entry]:
    """The accounts that Git could use for a service, that which it uses first; those of the longest
    path only."""
    found = best_first(candidates(store.entries().entries, service, None))
    there = [entry for entry in found if entry.service == found[0].service]
    once: dict[tuple[bytes | None, bytes | None], Entry] = {}
    # Those that a server refused come last.
    for entry in sorted(there, key=lambda one: one.hidden):
        once.setdefault((entry.as_stored.username, entry.as_stored.authtype), entry)
    return list(once.values())


def _list(there: list[Entry], used: Entry | None, *, as_json: bool) -> None:
    there = sorted(there, key=lambda entry: entry is not used)
    if as_json:
        show_json(
            [
                {
                    "service": str(entry.service),
                    "username": text_of(entry.as_stored.username),
                    "default": entry is used,
                    "chosen": entry.chosen,
                }
                for entry in there
            ]
        )
        return
    for entry in there:
        mark = "*" if entry is used else " "
        words = [" (chosen)"] * entry.chosen + [" (refused by the server)"] * entry.hidden
        show(f"{mark} {_name(entry)}{''.join(words)}")


def _name(entry: Entry) -> str:
    name = entry.as_stored.username
    return shown(name) if name else "(token)"


def _names(there: list[Entry]) -> str:
    return ", ".join(f"'{_name(entry)}'" for entry in there)


def _needs(others: list[Entry]) -> str:
    """How to ask for the other accounts."""
    if not others:
        return ""
    return f"; '{_name(others[0])}' needs its name in the URL: {_with_name(others[0])}"


def _with_name(entry: Entry) -> str:
    """How a URL names an account."""
    if not as_typed(entry.as_stored.username):
        return "'NAME@HOST'"  # a token, or a name that cannot be typed
    # With its scheme, this would be shown with a mask: a name there can be a token.
    host = entry.service.realm.partition("://")[2]
    return f"'{quote(entry.as_stored.username or b'', safe='')}@{host}'"
