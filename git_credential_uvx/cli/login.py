"""`login` and `logout`."""

from __future__ import annotations

import sys
from functools import partial
from time import time
from typing import TYPE_CHECKING

import click

from .. import accounts
from ..accounts import Named
from ..errors import AccountError
from ..stores.shared import SharedStore
from ..system.settings import from_process
from .common import NegativeAnswer, account, as_json, called, manners, say, show_json, text_of, warn
from .completion import complete_service
from .prompts import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..credential import Credential
    from ..system.settings import Settings
    from ..urls.service import Service

_TIMES = 3  # a credential is asked for, as Git's own prompts and most others do
_SECONDS = 15.0  # for one try; a login must not hang
_VISIBLE = (
    "a {} on the command line can be seen by other users and in your shell's history; use '-'"
)


@click.command("login")
@click.argument("service", metavar="SERVICE")
@click.option("-u", "--username", metavar="NAME", help="The username to log in with.")
@click.option(
    "--password", metavar="PASSWORD", help="The password; `-` reads it from standard input."
)
@click.option(
    "-t",
    "--token",
    metavar="TOKEN",
    help="A token without a username; `-` reads it from standard input.",
)
@click.option("--path", metavar="PATH", help="Log in for this path of the host only.")
@click.option(
    "--expires",
    metavar="WHEN",
    help="When the secret expires: a date, a time from now (90d, 12h), or seconds since the epoch.",
)
@click.option(
    "--verify/--no-verify",
    default=None,
    help="Try it at the service first (default in a terminal).",
)
@as_json
@manners
def login_command(
    service: str,
    username: str | None,
    password: str | None,
    token: str | None,
    path: str | None,
    expires: str | None,
    verify: bool | None,
    as_json: bool,
) -> None:
    """Log in to SERVICE, a host or URL, for Git and for uv.

    In a terminal, it prompts for what you leave out. A token is stored with the username that the
    service wants for it. The credential is stored where `uv auth login` stores it, and replaces the
    one of the same username.

    In a terminal, the credential is first tried at the service. If the service rejects it, you are
    asked again. If that cannot be found out, it is stored with a warning.
    """
    if token is not None and (username is not None or password is not None):
        raise click.UsageError("'--token' cannot be used with '--username' or '--password'.")
    now = int(time())
    named = Named(service, path)
    ends = None if expires is None else accounts.expiry(expires, now)
    asking = Asking(named.service)
    credential = _credential(asking, named, username, password, token, ends)
    if named.dropped:
        warn("the query or fragment says nothing about a service and is left out")
    settings = from_process()
    if _is_attended() if verify is None else verify:
        again = partial(_again, asking, named, username, credential, token is not None, ends)
        credential = _verified(named.service, credential, again, settings)
    store = SharedStore(settings)
    others = store.login(named.service, credential, now)
    who = account(named.service, None if token is not None else credential.username)
    under = "" if token is None else f", under the username '{called(credential.username)}'"
    say(f"Stored credentials for {who}{under}")
    if others:
        warn(f"uv has {len(others) + 1} accounts for {named.service} now, and asks for a username")
    if as_json:
        show_json(_document(named, credential))


def _is_attended() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _verified(
    service: Service, credential: Credential, again: Callable[[], Credential], settings: Settings
) -> Credential:
    """Try a credential, and return one that the service does not refuse; `again` asks for another.

    Raises No if it is refused and nobody can be asked, or if three are refused.
    """
    # httpx takes long to import.
    from ..check.checker import Checker, CheckOptions
    from ..check.messages import State
    from .check import run

    checker = Checker(settings, CheckOptions(timeout=_SECONDS))
    for left in reversed(range(_TIMES)):
        say(f"Trying it at {service.realm} ...")
        (result,) = run([partial(checker.credential, service, credential)])
        for line in dict.fromkeys(result.warnings):
            warn(line)
        verdict = result.verdict
        if verdict.state == State.ACCEPTED:
            return credential
        reason = "; ".join(verdict.words)
        if verdict.state != State.REFUSED:
            if verdict.reason == "unchallenged":
                reason = f"{service} asks nobody for a credential where it was tried"
            warn(f"it could not be verified, and is stored as it is: {reason}")
            return credential
        if not (left and sys.stdin is not None and sys.stdin.isatty()):
            break
        warn(reason)
        credential = again()
    raise NegativeAnswer(f"{reason}; nothing was stored")


def _again(
    asking: Asking,
    named: Named,
    username: str | None,
    refused: Credential,
    token: bool,
    ends: int | None,
) -> Credential:
    """Ask for another credential after a refusal; a username that was given stays."""
    if token:
        return accounts.credential_for_token(named, asking.handed_in("token"), ends)
    who = accounts.one_username(named, username)
    if who is None:
        who = accounts.text_bytes(asking.username(), "username") or refused.username
    return accounts.credential_for_password(who or b"", asking.password(), ends)


def _credential(
    asking: Asking,
    named: Named,
    username: str | None,
    password: str | None,
    token: str | None,
    ends: int | None,
) -> Credential:
    if token is not None:
        return accounts.credential_for_token(named, _secret(asking, token, "token"), ends)
    if named.password is not None and password is not None:
        raise AccountError("the password is given both in the service and with '--password'")
    who = accounts.one_username(named, username)
    if who is None:
        who = accounts.text_bytes(asking.username(), "username")
    if not who:
        raise AccountError("the username is empty; for a token use '--token -'")
    if named.password is not None:
        warn(_VISIBLE.format("password"))
        secret = named.password.reveal()
    elif password is not None:
        secret = _secret(asking, password, "password")
    else:
        secret = asking.password()
    return accounts.credential_for_password(who, secret, ends)


def _secret(asking: Asking, option: str, what: str) -> bytes:
    if option == "-":
        return asking.handed_in(what)
    if option:
        warn(_VISIBLE.format(what))
    return accounts.text_bytes(option, what)


def _document(named: Named, credential: Credential) -> dict[str, object]:
    return {
        "service": str(named.service),
        "username": text_of(credential.username),
        "expires": credential.expires,
    }


@click.command("logout")
@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.option("-u", "--username", metavar="NAME", help="The account to log out of.")
@click.option("--path", metavar="PATH", help="Log out of this path of the host.")
@click.option("--all", "every", is_flag=True, help="Log out of every account of SERVICE.")
@as_json
@manners
def logout_command(
    service: str, username: str | None, path: str | None, every: bool, as_json: bool
) -> None:
    """Remove the credentials for SERVICE from every file that this command and uv keep.

    Without --username: the token if there is one, otherwise the only account. Nothing is revoked at
    the server.
    """
    named = Named(service, path)
    store = SharedStore(from_process())
    who = accounts.one_username(named, username)
    if every and who is not None:
        raise click.UsageError("'--all' cannot be used with a username.")
    usernames = None if every else _meant(store, named) if who is None else {who}
    gone = store.logout(named.service, usernames, int(time()))
    removed = list(dict.fromkeys(account(e.service, e.as_stored.username) for e in gone))
    if not removed:
        asked = account(named.service, who)
        raise NegativeAnswer(
            f"there are no credentials for {asked}; 'git-credential-uvx list' shows all"
        )
    for one in removed:
        say(f"Removed credentials for {one}")
    say("Nothing was revoked at the server")
    if as_json:
        show_json(
            [{"service": str(e.service), "username": text_of(e.as_stored.username)} for e in gone]
        )


def _meant(store: SharedStore, named: Named) -> Collection[bytes | None]:
    """The usernames that a person means without one: those of a token, or the only one."""
    known = store.entries()
    entries = [e for e in (*known.entries, *known.erased) if e.service == named.service]
    usernames = {entry.as_stored.username for entry in entries}
    tokens = {None, *accounts.token_usernames(named.service)} & usernames
    if not tokens and len(usernames) > 1:
        names = ", ".join(f"'{called(name)}'" for name in sorted(filter(None, usernames)))
        raise AccountError(f"{named.service} has several accounts, {names}; give '--username'")
    return tokens or usernames
