"""`explain`: which credential, from where, and why."""

from __future__ import annotations

from typing import Any

import click

from ..accounts import url_of
from ..explanation import Explanation
from ..explanation import explain as ask
from ..resolver import Step
from .common import as_json, called, manners, show, show_json, text_of
from .completion import complete_url
from .setup import warn_of_python_path

_WIDTH = 12


@click.command("explain")
@click.argument("url", shell_complete=complete_url)
@click.option("--username", help="Ask for this account.")
@click.option("--git", "use", flag_value="git", help="What Git would get.")
@click.option("--publish", "use", flag_value="publish", help="What an upload would get.")
@click.option("--index", metavar="NAME", help="The index that the URL belongs to.")
@click.option(
    "--accept-index",
    multiple=True,
    metavar="NAME",
    help="Let this index be at another host than before.",
)
@click.option(
    "--keyring-provider",
    type=click.Choice(["disabled", "subprocess"]),
    help="Use this instead of UV_KEYRING_PROVIDER.",
)
@as_json
@manners
def explain_command(
    url: str,
    username: str | None,
    use: str | None,
    index: str | None,
    accept_index: tuple[str, ...],
    keyring_provider: str | None,
    as_json: bool,
) -> int:
    """Show what each source has for URL, in their order, and which one answers.

    No secret is shown. The exit status is 0 if a source answers, 1 if none does, and 2 if the URL
    or an option is wrong.
    """
    told = ask(
        url_of(url),
        username=username,
        use=use or ("url" if index is None else "index"),
        index=index,
        accept_indexes=accept_index,
        keyring_provider=keyring_provider,
    )
    if as_json:
        show_json(document(told))
    else:
        for line in lines(told):
            show(line)
    if use == "git":
        warn_of_python_path()
    if told.fault is not None:
        raise click.ClickException(told.fault)
    return 0 if told.credential is not None else 1


def lines(told: Explanation) -> list[str]:
    """The explanation for people."""
    asked = f"{told.query.service} ({told.query.use})"
    if told.query.username is not None:
        asked += f", username '{called(told.query.username)}'"
    text = [asked]
    if told.index is not None:
        name = f"'{told.index.name}'" if told.index.name else "without a name"
        text.append(f"  index {name} ({told.index.where}), authenticate = {told.policy}")
    text += [f"  {step.source:<{_WIDTH}} {_outcome(step)}" for step in told.steps]
    text += [f"  hides {step.source:<6} {_outcome(step)}" for step in told.hidden]
    text += [f"  note: {note}" for note in told.notes]
    text += [f"  warning: {warning}" for warning in told.warnings]
    text.append("no credential" if told.credential is None else f"answer: {told.steps[-1].source}")
    return text


def _outcome(step: Step) -> str:
    if step.finding is None:
        return f"not asked: {step.skipped}"
    found = step.finding.credential
    if found is None:
        return f"no: {step.finding.reason}"
    who = "a token" if found.username is None else f"'{called(found.username)}'"
    return f"yes: {who}, from {step.finding.place}"


def document(told: Explanation) -> dict[str, Any]:
    """The explanation for programs; its keys are stable."""
    found = told.credential
    return {
        "service": str(told.query.service),
        "use": told.query.use,
        "username": text_of(told.query.username),
        "index": None if told.index is None else told.index.name,
        "policy": told.policy,
        "steps": [_step(step) for step in told.steps],
        "answer": None
        if found is None
        else {
            "source": told.steps[-1].source,
            "username": text_of(found.username),
            "scheme": text_of(found.authtype) or "basic",
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
