"""`token`, `dir` and `helper`: answers for scripts and other programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING
from unicodedata import category

import click

from ..accounts import Named, one_username, token_usernames
from ..errors import AccountError, ProtocolError
from ..explanation import explain
from ..http.challenges import authorization
from ..system.settings import from_process
from ..urls.parts import UrlParts
from .common import NegativeAnswer, account, manners, moment, show, show_json, trace, warn
from .completion import complete_service

if TYPE_CHECKING:
    from ..credential import Credential
    from ..explanation import Explanation

_REQUEST_LIMIT = 1024 * 1024  # bytes


@click.command("token")
@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.option("-u", "--username", metavar="NAME", help="The account whose secret it is.")
@manners
def token_command(service: str, username: str | None) -> None:
    """Print the secret for SERVICE, and nothing else.

    It is the secret of the account that `explain` shows, from any source. Without --username: the
    token if there is one, otherwise the only account.
    """
    named = Named(service)
    who = one_username(named, username)
    explanation = _answer(str(named.service), who)
    if explanation.ambiguous:
        tokens = (_answer(str(named.service), name) for name in token_usernames(named.service))
        # Only the store knows which account is a token's; other sources answer to any username.
        explanation = next(
            (t for t in tokens if t.credential and t.steps[-1].source == "store"), explanation
        )
    _check(explanation)
    if explanation.credential is None:
        # It may well be there, where it could not be looked for.
        findings = (step.answer for step in explanation.steps)
        for fault in (found.warning for found in findings if found is not None and found.warning):
            raise AccountError(fault)
        raise NegativeAnswer(f"there are no credentials for {account(named.service, who)}")
    _warn(explanation)
    secret = explanation.credential.secret.reveal()
    fault = _unprintable(secret, terminal=sys.stdout.isatty())
    if fault:
        raise AccountError(f"the secret holds {fault}, so it is not printed")
    sys.stdout.buffer.write(secret + b"\n")


def _unprintable(secret: bytes, *, terminal: bool) -> str:
    """What of a secret must not be printed, "" for nothing: a line end makes two lines of it for
    whoever reads it; control characters steer a terminal."""
    if b"\n" in secret or b"\r" in secret:
        return "a line end"
    text = secret.decode(errors="surrogateescape")
    # Bytes that are not UTF-8 include the control characters of terminals with 8 bits.
    steers = any(category(character) in ("Cc", "Cs") for character in text)
    return "control characters, and this is a terminal" if terminal and steers else ""


def _answer(url: str, username: bytes | None, *, redirected: bool = False) -> Explanation:
    name = None if username is None else username.decode(errors="surrogateescape")
    explanation = explain(url, username=name, redirected=redirected)
    for step in explanation.steps:
        had = step.skipped or (step.answer and (step.answer.place or step.answer.reason))
        trace(f"{step.source}: {had}")
    return explanation


def _check(explanation: Explanation) -> None:
    if explanation.fault is not None:
        raise AccountError(explanation.fault)
    if explanation.ambiguous:
        raise AccountError(f"{explanation.query.service} has several accounts; give a username")


def _warn(explanation: Explanation) -> None:
    for warning in explanation.warnings:
        warn(warning)


@click.command("dir")
@manners
def dir_command() -> None:
    """Print the folder of the credentials, which uv shares."""
    show(from_process().folder)


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
    explanation = _answer(str(asked.service), asked.username, redirected=True)
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
    return UrlParts(uri) if uri.lower().startswith(("https:", "http:")) else None


def _headers(found: Credential | None) -> dict[str, object]:
    if found is None:
        return {"headers": {}}
    answer: dict[str, object] = {"headers": {"Authorization": [authorization(found)]}}
    if found.expires is not None:
        answer["expires"] = moment(found.expires).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer
