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
from ..git.questions import GitQuestions
from ..stores import uvfile
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.commands import command, path_option
from ..urls.service import Service
from ..urls.usernames import who as who_is
from .afterwards import Known, report
from .clone_urls import perhaps_git, stored_for
from .common import (
    NegativeAnswer,
    account,
    as_json,
    manners,
    say,
    show_json,
    text_of,
    warn,
)
from .completion import complete_service
from .prompts import Asking, confirmed, is_terminal
from .readable import warn_if_readable
from .trusting import trusting

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..credential import Credential
    from ..stores.entries import Contents, Entry
    from ..system.settings import Settings

_VISIBLE = "other users and your shell's history can see a {} on the command line; use '-' instead"


@click.command("login")
@click.argument("service", metavar="SERVICE")
@click.option("-u", "--username", metavar="NAME", help="The username to log in with.")
@click.option(
    "--password", metavar="PASSWORD", help="The password; `-` reads it from standard input."
)
@click.option("-t", "--token", metavar="TOKEN", help="A token; `-` reads it from standard input.")
@click.option("--path", metavar="PATH", help="Store it for this path of the host only.")
@click.option(
    "--expires",
    metavar="WHEN",
    help="When the secret expires: a date, a time from now (90d, 12h), or seconds since the epoch.",
)
@click.option(
    "--verify/--no-verify",
    default=None,
    help="Store it only if the server accepts it, or without asking the server.",
)
@trusting
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
    system_certs: bool | None,
    allow_insecure_host: tuple[str, ...],
    as_json: bool,
) -> None:
    """Log in to SERVICE, a host or URL, for Git and for uv.

    In a terminal, it prompts for what you leave out. It then tries the credential at the server. If
    the server rejects it, you are asked again.

    The URL of a repository stands for its whole host, unless Git sends paths to its helpers.
    --path limits the credential to one path. A token needs no username for known hosts and for
    package indexes. The credential replaces the stored one with the same username.
    """
    if token is not None and password is not None:
        raise click.UsageError("'--token' and '--password' cannot be used together.")
    now = int(time())
    named = Named(service, path)
    ends = None if expires is None else accounts.expiry(expires, now)
    settings = from_process()
    target = stored_for(named, settings)
    asking = Asking(target)
    by_convention = token is not None and accounts.knows_username(named)
    by_convention = by_convention and accounts.one_username(named, username) is None
    credential = _credential(asking, named, username, password, token, ends)
    if named.dropped:
        warn("the query or fragment of SERVICE was ignored")
    if _is_attended() if verify is None else verify:
        # httpx takes long to import.
        from .verifying import Verifying, place_of

        verifying = Verifying(
            settings, asking, system_certs=system_certs, insecure_hosts=allow_insecure_host
        )
        who = None if by_convention else credential.username
        again = partial(_again, asking, named, who, token is not None, ends)
        credential, is_git = verifying.verified(
            target,
            credential,
            again,
            place_of(named),
            required=verify is True,
            perhaps_git=perhaps_git(named),
        )
        named.for_git = named.for_git or is_git
        target = stored_for(named, settings)
    SharedStore(settings).login(target, credential, now)
    under = f", under the username {who_is(credential.username)}" if by_convention else ""
    stored_as = account(target, None if by_convention else credential.username)
    say(f"Stored credentials for {stored_as}{under}")
    _report_path(named, target, settings)
    can_be_git = named.only_path and perhaps_git(named)
    known = Known(perhaps_git=[target] if can_be_git else [])
    report(settings, [(target, credential)], known=known)
    warn_if_readable(settings)
    if as_json:
        show_json(_document(target, credential))


def _report_path(named: Named, target: Service, settings: Settings) -> None:
    """Say what became of a path that Git does not send."""
    if target != named.service:
        if not _is_rewritten(named.service, settings):
            host = Service(target.scheme, target.host, target.port)
            again = command("login", *path_option(named.service), service=host)
            say(
                f"Stored for {target}, because Git sends no path; "
                f"'{again}' keeps it to one repository"
            )
    elif target.path == "/" or named.for_git or named.only_path or accounts.is_index(named):
        return  # what Git gets for a repository is in the report of every command
    elif GitQuestions(settings).asked_service(target) != target:
        login = command("login", service=Service(target.scheme, target.host, target.port))
        warn(f"only uv will find it, because Git sends no path; for Git, use '{login}'")


def _is_rewritten(service: Service, settings: Settings) -> bool:
    """Whether an `insteadOf` makes Git use another host, or no password at all."""
    found = GitQuestions(settings).question(str(service))
    return found.service is None or found.service.realm != service.realm


def _is_attended() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _again(
    asking: Asking, named: Named, username: bytes | None, is_token: bool, ends: int | None
) -> Credential:
    """Ask for another secret after a refusal. The username stays, None for that of a token."""
    if is_token:
        return accounts.credential_for_token(named, username, asking.handed_in("token"), ends)
    return accounts.credential_for_password(username or b"", asking.password(), ends)


def _credential(
    asking: Asking,
    named: Named,
    username: str | None,
    password: str | None,
    token: str | None,
    ends: int | None,
) -> Credential:
    who = accounts.one_username(named, username)
    if token is not None:
        if who is None and not accounts.knows_username(named):
            who = _username_for_token(asking, named)
        secret = _secret(asking, token, "token")
        return accounts.credential_for_token(named, who, secret, ends)
    if named.password is not None and password is not None:
        raise AccountError("the password is given both in the URL and with '--password'")
    if who is None:
        who = accounts.text_bytes(asking.username(), "username")
    if not who:
        name = None if accounts.knows_username(named) else b"NAME"
        again = command("login", "--token", "-", service=named.typed, username=name)
        raise AccountError(f"the username is empty; for a token use '{again}'")
    if named.password is not None:
        warn(_VISIBLE.format("password"))
        secret = named.password.reveal()
    elif password is not None:
        secret = _secret(asking, password, "password")
    else:
        secret = asking.password()
    return accounts.credential_for_password(who, secret, ends)


def _username_for_token(asking: Asking, named: Named) -> bytes:
    """The username that goes with a token at a host whose convention is unknown."""
    if not is_terminal():
        raise AccountError(
            f"no username is known for a token at {named.service.authority}; "
            f"use '{command('login', '--token', '-', service=named.service, username=b'NAME')}'"
        )
    return accounts.text_bytes(asking.username(), "username")


def _secret(asking: Asking, option: str, what: str) -> bytes:
    if option == "-":
        return asking.handed_in(what)
    if option:
        warn(_VISIBLE.format(what))
    return accounts.text_bytes(option, what)


def _document(service: Service, credential: Credential) -> dict[str, object]:
    return {
        "service": str(service),
        "username": text_of(credential.username),
        "expires": credential.expires,
    }


@click.command("logout")
@click.argument("service", metavar="[SERVICE]", required=False, shell_complete=complete_service)
@click.option("-u", "--username", metavar="NAME", help="The account to log out of.")
@click.option("--path", metavar="PATH", help="Log out of this path of the host.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Log out of every account of SERVICE and of its paths, or of everything.",
)
@click.option("-y", "--yes", is_flag=True, help="Log out of everything without a prompt.")
@as_json
@manners
def logout_command(
    service: str | None,
    username: str | None,
    path: str | None,
    every: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove the stored credentials for SERVICE, for Git and for uv.

    Without --username, it removes the token if one is stored, and otherwise the only account, also
    if you chose another one. --all without SERVICE removes everything that is stored; without a
    terminal it needs --yes. Nothing is revoked at the server.
    """
    settings = from_process()
    if service is not None:
        gone = _removed(Named(service, path), username, settings, every=every)
    elif username is not None or path is not None:
        raise click.UsageError("'--username' and '--path' need a SERVICE.")
    elif every:
        gone = _removed_everything(settings, yes=yes)
    else:
        raise click.UsageError(
            "give a SERVICE; 'git-credential-uvx logout --all' logs out of everything."
        )
    for one in dict.fromkeys(account(e.service, e.as_stored.username) for e in gone):
        say(f"Removed credentials for {one}")
    say("Nothing was revoked at the server")
    report(settings, [], [(e.service, e.as_stored.username) for e in gone])
    if as_json:
        show_json(
            [{"service": str(e.service), "username": text_of(e.as_stored.username)} for e in gone]
        )


def _removed_everything(settings: Settings, *, yes: bool) -> list[Entry]:
    """Remove all that is stored, if a person or `--yes` agrees, and return it."""
    store = SharedStore(settings)
    known = store.entries()
    there = {(e.service, e.as_stored.username) for e in (*known.entries, *known.erased)}
    if not there:
        raise NegativeAnswer("nothing is stored")
    number = "the only account" if len(there) == 1 else f"all {len(there)} accounts"
    if not yes and not confirmed(
        f"Remove {number} from the store, for Git and uv?", command("logout", "--all", "--yes")
    ):
        raise NegativeAnswer("nothing was removed")
    gone = store.logout(None, None, int(time()))
    if known.unclear:
        warn(f"{uvfile.NAME} still has entries that only uv can read; run 'uv auth logout HOST'")
    return gone


def _removed(named: Named, username: str | None, settings: Settings, *, every: bool) -> list[Entry]:
    """Remove the accounts of a service that a person means, and return them."""
    store = SharedStore(settings)
    who = accounts.one_username(named, username)
    if every and who is not None:
        raise click.UsageError("'--all' cannot be used with a username.")
    known = store.entries()
    at, host = named.service, stored_for(named, settings)
    there = _usernames(known, at)
    # Without an entry of its own, a repository has the one that `login` of its URL stored.
    if not every and not (there if who is None else who in there):
        at = host
        there = _usernames(known, at)
    usernames = None if every else _meant(at, there) if who is None else {who}
    gone = store.logout(at, usernames, int(time()), below=every)
    if not gone and every and _usernames(known, host):
        raise NegativeAnswer(
            f"no stored credentials for {at}; its host has some, and "
            f"'{command('logout', '--all', service=host)}' removes them"
        )
    if not gone:
        asked = account(at, who)
        raise NegativeAnswer(
            f"no stored credentials for {asked}; 'git-credential-uvx list' shows all"
        )
    return gone


def _usernames(known: Contents, service: Service) -> Collection[bytes | None]:
    """The usernames of the accounts of a service, also of those that Git erased."""
    there = (e for e in (*known.entries, *known.erased) if e.service == service)
    return {entry.as_stored.username for entry in there}


def _meant(service: Service, usernames: Collection[bytes | None]) -> Collection[bytes | None]:
    """The usernames that a person means without one: those of a token, or the only one."""
    tokens = {None, *accounts.token_usernames(service)}.intersection(usernames)
    if not tokens and len(usernames) > 1:
        several = ", ".join(who_is(name) for name in sorted(filter(None, usernames)))
        again = command("logout", service=service, username=b"NAME")
        raise AccountError(f"several accounts for {service}: {several}; use '{again}'")
    return tokens or usernames
