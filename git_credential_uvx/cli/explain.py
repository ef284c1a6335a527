"""`explain`: which credential Git and uv would get, from where, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import StoreError
from ..outlook import outlook
from ..resolver import PROGRAM_NOT_RUN
from ..system.settings import from_process
from ..urls.commands import command, url_with_name
from ..urls.usernames import who
from .clone_urls import can_be_a_page, for_git_instead
from .common import (
    as_json,
    is_verbose,
    manners,
    next_step,
    show,
    show_json,
    text_of,
)
from .completion import complete_url
from .readable import warn_if_readable
from .setup import warn_of_python_path

if TYPE_CHECKING:
    from ..credential import Credential
    from ..outlook import Outlook, Prospect
    from ..resolver import Step

_WIDTH = 12
_FOR = {"git": "Git", "service": "Git and packages", "publish": "an upload"}


@click.command("explain")
@click.argument("url", shell_complete=complete_url)
@click.option("--username", metavar="NAME", help="Ask for this account.")
@click.option("--git", "use", flag_value="git", help="Show what Git would get.")
@click.option("--publish", "use", flag_value="publish", help="Show what an upload would get.")
@click.option("--index", metavar="NAME", help="The index that the URL belongs to.")
@click.option(
    "--accept-index",
    multiple=True,
    metavar="NAME",
    help="Accept that this index is at another host than before.",
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
    """Show which credential Git and uv would get for URL, and from which source.

    Without an option, the URL says what it is for: `git+https://` and `.git` are for Git, the URLs
    of uv's indexes for packages, and a host alone is for both. No secret is shown.

    The exit status is 0 if a credential is found, 1 if not, and 2 if the URL or an option is wrong,
    or the store cannot be read. For Git, it is 1 if Git does not ask this helper. For packages, it
    is 1 if uv finds none.
    """
    settings = from_process()
    found = outlook(
        url,
        settings,
        username=username,
        use=use,
        index=index,
        accept_indexes=accept_index,
        keyring_provider=keyring_provider,
    )
    explanation = found.explanation
    if as_json:
        show_json(document(found))
    else:
        for line in lines(found, every=is_verbose()):
            show(line)
    if explanation.kind == "git":
        warn_of_python_path()
    warn_if_readable(settings)
    if explanation.fault is not None:
        raise click.ClickException(explanation.fault)
    if explanation.credential is None and found.fault:
        raise StoreError(found.fault)
    if words := _next(found):
        next_step(*words)
    return 0 if _is_answered(found) else 1


def _is_answered(found: Outlook) -> bool:
    """Whether the program that is asked about gets a credential; for a host, one of the two."""
    question = found.question
    asked = found.git.source == "url" or question is None or question.is_asked
    git = asked and found.git.credential is not None
    if found.explanation.kind == "git":
        return git
    uv = found.uv.credential is not None and not found.uv.expired
    return git or uv if found.explanation.kind == "service" else uv


def lines(found: Outlook, *, every: bool = False) -> list[str]:
    """The explanation for people, with `every` also the sources that are not there."""
    explanation = found.explanation
    asked = f"{explanation.query.service} (for {_FOR.get(explanation.kind, 'packages')})"
    if explanation.query.username is not None:
        asked += f", username {who(explanation.query.username)}"
    text = [asked]
    if explanation.index is not None:
        name = f"'{explanation.index.name}'" if explanation.index.name else "without a name"
        text.append(
            f"  index {name} ({explanation.index.where}), authenticate = {explanation.policy}"
        )
    text += _of_steps(found, every=every)
    if len(found.accounts) > 1:
        names = ", ".join(map(who, found.accounts))
        is_named = explanation.query.username is not None
        use = command("use", service=found.at or explanation.query.service, username=b"NAME")
        advice = "" if is_named else f"; run '{use}' to choose one"
        if explanation.kind in ("index", "publish") and advice:
            advice = f"; put one into the URL: '{url_with_name(explanation.query.service)}'"
        text.append(f"  {'accounts':<{_WIDTH}} {names}{advice}")
    text += [f"  note: {note}" for note in explanation.notes if note != found.git.reason]
    if _differs_for_git(found):
        text.append(f"  note: {for_git_instead('explain', explanation.query.service)}")
    reasons = [step.answer.reason for step in explanation.steps if step.answer is not None]
    warnings = [one for one in explanation.warnings if one not in (*reasons, found.fault)]
    text += [f"  warning: {warning}" for warning in warnings]
    return [*text, found.line()]


def _differs_for_git(found: Outlook) -> bool:
    """Whether it matters if the URL is that of a repository, which it does not say."""
    explanation = found.explanation
    if explanation.index is not None or explanation.query.use == "index":
        return False
    is_open = can_be_a_page(explanation.kind, explanation.query.service)
    return is_open and (found.git.credential, found.git.before) != (found.uv.credential, [])


def _of_steps(found: Outlook, *, every: bool) -> list[str]:
    """A line a source; of a host, two where Git and packages get different answers."""
    explanation, fault = found.explanation, found.fault
    text, other = [], explanation.other
    labels = ("packages", "Git") if explanation.question is None else ("Git", "packages")
    second = {} if other is None else {step.source: _outcome(step) for step in other.steps}
    for step in explanation.steps:
        if not every and _is_absent(step):
            continue
        outcome = _outcome(step)
        if explanation.kind in ("index", "publish") and not _is_read_by_uv(step, found.uv):
            outcome = f"no: uv does not get {outcome.removeprefix('yes: ')}"
        outcomes = [outcome, second.get(step.source, outcome)]
        if fault and step.source == "store":
            outcomes = ["no: it cannot be read"] * 2
        if outcomes[0] != outcomes[1]:
            pairs = sorted(zip(labels, outcomes, strict=True))
            outcomes = [f"for {who}: {one}" for who, one in pairs]
        text += [f"  {step.source:<{_WIDTH}} {one}" for one in dict.fromkeys(outcomes)]
    text += [f"  hides {step.source:<6} {_outcome(step)}" for step in explanation.hidden]
    return text


def _is_read_by_uv(step: Step, uv: Prospect) -> bool:
    """Whether what a source answered, if anything, is what uv gets."""
    return step.credential is None or (
        uv.credential is not None and uv.credential.secret == step.credential.secret
    )


def _is_absent(step: Step) -> bool:
    """Whether there is nothing to say of a source: nobody switched it on."""
    if step.answer is not None:
        return step.source == "url" and step.credential is None
    return step.source in ("netrc", "keyring", "command") and step.skipped != PROGRAM_NOT_RUN


def _outcome(step: Step) -> str:
    if step.answer is None:
        # The environment is always there.
        return f"{'no' if step.source == 'environment' else 'not asked'}: {step.skipped}"
    found = step.answer.credential
    if found is None:
        return f"no: {step.answer.reason}"
    return f"yes: {who(found.username)} from {step.answer.place}"


def document(found: Outlook) -> dict[str, Any]:
    """The explanation for programs; its keys are stable."""
    explanation = found.explanation
    return {
        "service": str(explanation.query.service),
        "use": explanation.query.use,
        "kind": explanation.kind,
        "username": text_of(explanation.query.username),
        "index": None if explanation.index is None else explanation.index.name,
        "policy": explanation.policy,
        "steps": [_step(step) for step in explanation.steps],
        "answer": _answer(explanation.steps[-1].source, explanation.credential),
        "hidden": [_step(step) for step in explanation.hidden],
        "accounts": [text_of(name) for name in found.accounts],
        "git": {
            **_prospect(found.git),
            "asked": found.question is not None and found.question.is_asked,
            "before": found.git.before,
        },
        "uv": _prospect(found.uv),
        "notes": explanation.notes,
        "warnings": explanation.warnings,
        "fault": explanation.fault or found.fault or None,
        "verdict": found.line(),
        "next": command(*words) if (words := _next(found)) else None,
    }


def _next(found: Outlook) -> list[str]:
    """The words of the command that makes Git ask this helper, if the answer depends on that."""
    return found.git.remedy if found.is_for_git and not _is_answered(found) else []


def _prospect(prospect: Prospect) -> dict[str, Any]:
    return {
        "answer": _answer(prospect.source, prospect.credential),
        "place": prospect.place or None,
        "reason": prospect.reason or None,
        "refused": prospect.refused,
        "expired": prospect.expired,
    }


def _answer(source: str, found: Credential | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "source": source,
        "username": text_of(found.username),
        "scheme": text_of(found.authtype) or "basic",
        "expires": found.expires,
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
