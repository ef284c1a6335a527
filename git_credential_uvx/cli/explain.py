"""`explain`: which credential, from where, and why."""

from __future__ import annotations

import json
from typing import Any

import click

from ..errors import UvxError, printable
from ..questions import Explanation
from ..questions import explain as ask
from ..resolver import Step

_WIDTH = 12


@click.command("explain")
@click.argument("url")
@click.option("--username", help="Ask for this account.")
@click.option("--git", "use", flag_value="git", help="What Git would get.")
@click.option("--publish", "use", flag_value="publish", help="What an upload would get.")
@click.option("--index", metavar="NAME", help="The index that the URL belongs to.")
@click.option("--accept-index", multiple=True, metavar="NAME", help="It may be elsewhere now.")
@click.option("--keyring-provider", type=click.Choice(["disabled", "subprocess"]))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(
    url: str,
    username: str | None,
    use: str | None,
    index: str | None,
    accept_index: tuple[str, ...],
    keyring_provider: str | None,
    as_json: bool,
) -> int:
    """Show each source in its order, what it has for URL, and which one answers.

    No secret is shown. The status is 0 when something answers, 1 when nothing does, 2 when the
    question cannot be asked.
    """
    try:
        told = ask(
            url,
            username=username,
            use=use or ("url" if index is None else "index"),
            index=index,
            accept_indexes=accept_index,
            keyring_provider=keyring_provider,
        )
    except UvxError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(document(told), indent=2))
    else:
        for line in lines(told):
            click.echo(printable(line))
    if told.fault is not None:
        raise click.ClickException(told.fault)
    return 0 if told.credential is not None else 1


def lines(told: Explanation) -> list[str]:
    """The explanation for people."""
    asked = f"{told.query.service} ({told.query.use})"
    if told.query.username is not None:
        asked += f", username '{_text(told.query.username)}'"
    shown = [asked]
    if told.index is not None:
        name = f"'{told.index.name}'" if told.index.name else "without a name"
        shown.append(f"  index {name} ({told.index.where}), authenticate = {told.policy}")
    shown += [f"  {step.source:<{_WIDTH}} {_outcome(step)}" for step in told.steps]
    shown += [f"  hides {step.source:<6} {_outcome(step)}" for step in told.hidden]
    shown += [f"  note: {note}" for note in told.notes]
    shown += [f"  warning: {warning}" for warning in told.warnings]
    shown.append("no credential" if told.credential is None else f"answer: {told.steps[-1].source}")
    return shown


def _outcome(step: Step) -> str:
    if step.finding is None:
        return f"not asked: {step.skipped}"
    found = step.finding.credential
    if found is None:
        return f"no: {step.finding.reason}"
    who = "a token" if found.username is None else f"'{_text(found.username)}'"
    return f"yes: {who}, from {step.finding.place}"


def document(told: Explanation) -> dict[str, Any]:
    """The explanation for programs; its keys are stable."""
    found = told.credential
    return {
        "service": str(told.query.service),
        "use": told.query.use,
        "username": _text(told.query.username),
        "index": None if told.index is None else told.index.name,
        "policy": told.policy,
        "steps": [_step(step) for step in told.steps],
        "answer": None
        if found is None
        else {
            "source": told.steps[-1].source,
            "username": _text(found.username),
            "scheme": _text(found.authtype) or "basic",
            "expires": found.expires,
        },
        "hidden": [_step(step) for step in told.hidden],
        "notes": told.notes,
        "warnings": told.warnings,
        "fault": told.fault,
    }


def _step(step: Step) -> dict[str, Any]:
    finding = step.finding
    return {
        "source": step.source,
        "asked": finding is not None,
        "found": finding is not None and finding.credential is not None,
        "place": None if finding is None else finding.place or None,
        "reason": step.skipped if finding is None else finding.reason or None,
    }


def _text(value: bytes | None) -> str | None:
    """For showing: bytes that are no text, and control characters, as escapes."""
    if value is None:
        return None
    return printable(value.decode(errors="backslashreplace"))
