"""`token`, `dir` and `helper`: answers for scripts and other programs."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING
from unicodedata import category

import click

from ..accounts import Named, one_username, text_bytes, token_usernames
from ..errors import AccountError, ProtocolError
from ..explanation import explain
from ..git.config import place
from ..git.questions import GitQuestions
from ..http.challenges import authorization
from ..outlook import Outlook, outlook
from ..system.settings import from_process
from ..urls.commands import command
from ..urls.typed import typed
from ..urls.usernames import who as who_is
from .common import (
    NegativeAnswer,
    account,
    manners,
    moment,
    next_step,
    show,
    show_json,
    trace,
    warn,
)
from .completion import complete_service

if TYPE_CHECKING:
    from ..credential import Credential
    from ..explanation import Explanation
    from ..urls.parts import UrlParts
    from ..urls.service import Service

_REQUEST_LIMIT = 1024 * 1024  # bytes
_ASKED_ABOUT = ("https:", "http:", "git+https:", "git+http:")


@click.command("token")
@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.option("-u", "--username", metavar="NAME", help="The account whose secret it is.")
@manners
def token_command(service: str, username: str | None) -> None:
    """Print the secret for SERVICE, and nothing else.

    It is the secret of the account that `git-credential-uvx explain SERVICE` names. If SERVICE has
    several accounts and none is named, Git's `credential.username` names it, or else a stored token
    is printed. Without a token, it is an error that names the accounts.

    If Git and uv have different secrets for one account of a host, Git's is printed. A warning says
    if a server refused one of them to Git.
    """
    found = _of(service, username)
    explanation = found.explanation
    _check(explanation)
    if explanation.elsewhere is not None:
        other = explanation.elsewhere
        raise NegativeAnswer(
            f"an 'insteadOf' makes Git use {other} instead; run 'git-credential-uvx token {other}'"
        )
    if explanation.credential is None:
        # It may well be there, where it could not be looked for.
        findings = (step.answer for step in explanation.steps)
        for fault in (one.warning for one in findings if one is not None and one.warning):
            raise AccountError(fault)
        who = account(explanation.query.service, explanation.query.username)
        raise NegativeAnswer(f"there are no credentials for {who}")
    _warn(explanation)
    if username is None:
        _warn_of_index(explanation)
    _warn_of_refused(found, explanation.credential)
    _warn_of_other(found, explanation.credential)
    secret = explanation.credential.secret.reveal()
    fault = _unprintable(secret, terminal=sys.stdout.isatty())
    if fault:
        raise AccountError(f"the secret contains {fault}, so it is not printed")
    sys.stdout.buffer.write(secret + b"\n")


def _of(text: str, username: str | None) -> Outlook:
    """What is there for a SERVICE. Raises AccountError if nothing says which account is meant."""
    settings = from_process()
    who = None if username is None else text_bytes(username, "username")
    given = typed(text, "SERVICE")
    if given.parts is not None:
        who = one_username(Named(text), username)
        text = f"{'git+' if given.for_git else ''}{given.parts.service}"
    name = None if who is None else who.decode(errors="surrogateescape")
    # A checkout does not choose whose secret is printed.
    ask = partial(outlook, text, settings, questions=GitQuestions(settings, checkout=False))
    found = ask(username=name)
    if who is not None or not found.is_ambiguous:
        return found
    naming = None if found.question is None else found.question.naming
    if naming is not None and found.git.credential is not None:
        return ask(username=naming.value)
    # Of several accounts, that of a token counts. Only the store knows which one that is.
    service = found.explanation.query.service
    for candidate in token_usernames(service):
        if candidate in found.accounts:
            return ask(username=candidate.decode())
    names = ", ".join(map(who_is, found.accounts))
    raise AccountError(f"{service} has several accounts, {names}; use '{_with_name(service)}'")


def _warn_of_index(explanation: Explanation) -> None:
    """Warn if the index of a project's file names the account, as uv uses it."""
    index, asked = explanation.index, explanation.query.username
    if index is not None and not index.trusted and index.username == asked is not None:
        warn(f"{index.where} names the account {who_is(asked)}")


def _warn_of_other(found: Outlook, printed: Credential) -> None:
    """Warn if Git's configuration names an account that is not stored."""
    question = found.question
    naming = None if question is None else question.naming
    if naming is None or not found.is_for_git or found.git.credential is not None:
        return
    name = naming.value.encode(errors="surrogateescape")
    if name != printed.username:
        why = f"because 'credential.username' in {place(naming)} names {who_is(name)}"
        warn(f"Git does not get this secret, {why}")


def _warn_of_refused(found: Outlook, printed: Credential) -> None:
    """Warn that a server refused the printed secret, or the other one that uv has."""
    uv, service = found.uv, found.explanation.query.service
    if not uv.refused or uv.credential is None:
        return
    if uv.credential.secret == printed.secret:
        warn("a server refused this secret to Git")
    else:
        warn("this is the secret that Git uses; uv has another one, which a server refused to Git")
    next_step("login", service=service, username=uv.credential.username)


def _unprintable(secret: bytes, *, terminal: bool) -> str:
    """What of a secret must not be printed, "" for nothing: a line end makes two lines of it for
    whoever reads it; control characters steer a terminal."""
    if b"\n" in secret or b"\r" in secret:
        return "a line end"
    text = secret.decode(errors="surrogateescape")
    # Bytes that are not UTF-8 include the control characters of terminals with 8 bits.
    steers = any(category(character) in ("Cc", "Cs") for character in text)
    return "control characters, and this is a terminal" if terminal and steers else ""


def _check(explanation: Explanation) -> None:
    if explanation.fault is not None:
        raise AccountError(explanation.fault)
    if explanation.ambiguous:
        service = explanation.query.service
        raise AccountError(f"{service} has several accounts; use '{_with_name(service)}'")


def _with_name(service: Service) -> str:
    """The command that prints the secret of one of several accounts."""
    return command("token", service=service, username=b"NAME")


def _warn(explanation: Explanation) -> None:
    for warning in explanation.warnings:
        warn(warning)


@click.command("dir")
@manners
def dir_command() -> None:
    """Print the folder of the credentials, which uv shares."""
    settings = from_process()
    is_named = bool(settings.environ.get("UV_CREDENTIALS_DIR"))
    trace(f"UV_CREDENTIALS_DIR is {'set' if is_named else 'not set, so the default counts'}")
    show(settings.folder)


@click.group("helper", no_args_is_help=False)
@click.option(
    "--protocol", type=click.Choice(["bazel"]), required=True, help="What the caller speaks."
)
def helper_command(protocol: str) -> None:
    """Answer other programs, as `uv auth helper` does."""


@helper_command.command("get")
@manners
def helper_get() -> None:
    """Answer the question in the JSON on standard input.

    {"uri": "https://..."} is answered with the headers to send, and when they end if that is known.
    """
    asked = _asked(sys.stdin.buffer.read(_REQUEST_LIMIT + 1))
    if asked is None:
        show_json(_headers(None), indent=None)
        return
    # A workspace names the URLs, and which hosts they are asked about.
    name = None if asked.username is None else asked.username.decode(errors="surrogateescape")
    explanation = explain(str(asked.service), username=name, use="url", redirected=True)
    _check(explanation)
    if explanation.credential is None:
        for step in explanation.steps:
            # If the store cannot be read, "not found" would be wrong.
            if step.source == "store" and step.answer is not None and step.answer.warning:
                raise AccountError(step.answer.warning)
    _warn(explanation)
    show_json(_headers(explanation.credential), indent=None)


def _asked(data: bytes) -> UrlParts | None:
    """What is asked about; None for a URL of a scheme for which there are no credentials."""
    try:
        request = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("the request is not JSON") from None
    uri = request.get("uri") if isinstance(request, dict) else None
    if len(data) > _REQUEST_LIMIT or not isinstance(uri, str) or "://" not in uri:
        raise ProtocolError("the request has no 'uri' that is a URL")
    return typed(uri, "'uri'").parts if uri.lower().startswith(_ASKED_ABOUT) else None


def _headers(found: Credential | None) -> dict[str, object]:
    if found is None:
        return {"headers": {}}
    answer: dict[str, object] = {"headers": {"Authorization": [authorization(found)]}}
    if found.expires is not None:
        answer["expires"] = moment(found.expires).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer
