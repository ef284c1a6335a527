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
    explanation = ask(
        url_of(url),
        username=username,
        use=use or ("url" if index is None else "index"),
        index=index,
        accept_indexes=accept_index,
        keyring_provider=keyring_provider,
    )
    if as_json:
        show_json(document(explanation))
    else:
        for line in lines(explanation):
            show(line)
    if use == "git":
        warn_of_python_path()
    if explanation.fault is not None:
        raise click.ClickException(explanation.fault)
    return 0 if explanation.credential is not None else 1


def lines(explanation: Explanation) -> list[str]:
    """The explanation for people."""
    asked = f"{explanation.query.service} ({explanation.query.use})"
    if explanation.query.username is not None:
        asked += f", username '{called(explanation.query.username)}'"
    text = [asked]
    if explanation.index is not None:
        name = f"'{explanation.index.name}'" if explanation.index.name else "without a name"
        text.append(
            f"  index {name} ({explanation.index.where}), authenticate = {explanation.policy}"
        )
    text += [f"  {step.source:<{_WIDTH}} {_outcome(step)}" for step in explanation.steps]
    text += [f"  hides {step.source:<6} {_outcome(step)}" for step in explanation.hidden]
    text += [f"  note: {note}" for note in explanation.notes]
    text += [f"  warning: {warning}" for warning in explanation.warnings]
    text.append(
        "no credential"
        if explanation.credential is None
        else f"answer: {explanation.steps[-1].source}"
    )
    return text


def _outcome(step: Step) -> str:
    if step.answer is None:
        return f"not asked: {step.skipped}"
    found = step.answer.credential
    if found is None:
        return f"no: {step.answer.reason}"
    who = "a token" if found.username is None else f"'{called(found.username)}'"
    return f"yes: {who}, from {step.answer.place}"


def document(explanation: Explanation) -> dict[str, Any]:
    """The explanation for programs; its keys are stable."""
    found = explanation.credential
    return {
        "service": str(explanation.query.service),
        "use": explanation.query.use,
        "username": text_of(explanation.query.username),
        "index": None if explanation.index is None else explanation.index.name,
        "policy": explanation.policy,
        "steps": [_step(step) for step in explanation.steps],
        "answer": None
        if found is None
        else {
            "source": explanation.steps[-1].source,
            "username": text_of(found.username),
            "scheme": text_of(found.authtype) or "basic",
            "expires": found.expires,
        },
        "hidden": [_step(step) for step in explanation.hidden],
        "notes": explanation.notes,
        "warnings": explanation.warnings,
        "fault": explanation.fault,
    }


def _step(step: Step) -> dict[str, Any]:
    answer = step.answer
    return {
        "source": step.source,
        "asked": answer is not None,
        "found": answer is not None and answer.credential is not None,
        "place": None if answer is None else answer.place or None,
        "reason": step.skipped if answer is None else answer.reason or None,
    }
