"""What `sanitize` prints: findings, diffs, what was written, and what to do next."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from .. import __version__
from ..errors import printable
from ..sanitize.findings import LABELS
from ..sanitize.programs import is_deployed
from ..sanitize.report.diff import as_diff
from ..sanitize.report.formats import as_annotations, as_json, as_text
from ..sanitize.report.sarif import as_sarif
from ..sources.environment import variable_stem
from ..stores.bulk import BulkResult
from ..urls.commands import command
from ..urls.usernames import who
from .common import account, counted, listed, say, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..sanitize.files import Checked
    from ..sanitize.findings import SecretFinding
    from ..sanitize.keep import MoveOutcome


def show_diff(checked: Checked, text: bytes, named: Iterable[SecretFinding] = ()) -> None:
    """Print what --write would change. The URLs of `named` keep their login names."""
    staying = {id(one.finding) for one in checked.staying}
    findings = [*checked.findings, *checked.names]
    click.echo(as_diff(checked.path, text, findings, staying, named), nl=False)


def tell_of_write(
    checked: Checked, outcomes: list[MoveOutcome], *, stored: bool, pretend: bool = False
) -> None:
    """Report what was taken out of a file, where that is now, and what stays; with `pretend`, what
    would be."""
    if checked.removable:
        verb = "would remove" if pretend else "removed"
        say(f"{checked.path}: {verb} {counted(len(checked.removable), 'secret')}")
    verb = "would store" if pretend else "stored"
    for done in outcomes:
        service, name = done.move.service, done.move.credential.username
        if done.outcome is BulkResult.KEPT:
            say(f"  {verb}: {account(service, name)}")
        else:  # the entry may be that of the host, so this must not look like an entry
            say(f"  already stored for {service}: {who(name)}")
    for lost in () if stored else checked.removable:
        what = "would be dropped and stored nowhere" if pretend else "dropped, stored nowhere"
        warn(f"{checked.path}:{lost.line}: {what}: {LABELS[lost.kind]}", always=True)
    # This is why the status is 1, so it is said even to a person who wants it quiet.
    tell_of_staying(checked, always=True)


def tell_of_staying(checked: Checked, *, always: bool = False) -> None:
    """Say which secrets `--write` leaves in a file, and why; with `always` also with --quiet."""
    for one in checked.staying:
        where = f"{checked.path}:{one.finding.line}"
        advice = f"{one.advice}, or {one.option}" if one.option else one.advice
        say(f"left in the file: {where}: {one.reason}; {advice}", always=always)


def summarize(
    found: Sequence[Checked], looked_at: int, mode: str, written: Sequence[Checked] = ()
) -> None:
    """Report the totals to a person at a terminal, and what is left but is not in a URL."""
    for note in _notes(found):
        say(f"note: {note}")
    if not sys.stderr.isatty():
        return
    if mode == "write":
        if len(written) > 1:
            secrets = sum(len(one.removable) for one in written)
            say(f"removed {counted(secrets, 'secret')} from {counted(len(written), 'file')}")
        return
    files = [one for one in found if one.open]
    if not files:
        say(f"no secrets found in {counted(looked_at, 'file')}")
        return
    secrets = sum(len(one.open) for one in files)
    staying = sum(len(one.staying) for one in files)
    rest = f"; {staying} cannot be moved" if staying else ""
    say(f"{counted(secrets, 'secret')} in {counted(len(files), 'file')}{rest}")


def _notes(found: Sequence[Checked]) -> Iterator[str]:
    """What was left although it may be a secret."""
    names = [(one.path, name) for one in found for name in one.names if not name.allowed]
    if names:
        path, first = names[0]
        more = f" (and {counted(len(names) - 1, 'other')})" if len(names) > 1 else ""
        yield f"{printable(path)}:{first.line}{more}: left a login name without a password"
    if tokens := sum(one.tokens for one in found):
        verb = "is not in a URL and was" if tokens == 1 else "are not in a URL and were"
        yield f"{counted(tokens, 'token')} {verb} left; gitleaks finds such tokens"


def warn_of_history(files: int) -> None:
    """Report that what was committed once stays in Git's history."""
    if files:
        what = "this file" if files == 1 else f"{files} of these files"
        say(
            f"note: Git tracks {what}: a secret that was committed stays in the history; "
            "revoke it at the server"
        )


def warn_of_deployed(cleaned: Iterable[Checked]) -> None:
    """Warn of cleaned files that are used on other machines, where no store has their secrets."""
    files = [one for one in cleaned if is_deployed(os.path.abspath(one.path))]
    if not files:
        return
    findings = [found for one in files for found in one.removable]
    for_git = [one.service for one in findings if one.use == "git" and one.service is not None]
    advice = []
    if for_git:
        variables = sorted({f"UVX_TOKEN_{variable_stem(one) or 'HOST'}" for one in for_git})
        run = command("exec", "--", "uv", "sync")
        advice.append(f"for Git, set {listed(variables)} there and run '{run}'")
    if any(one.use != "git" for one in findings):
        start = "for other URLs, " if for_git else ""
        advice.append(
            f"{start}write ${{NAME}} where the secret was, and give NAME to the job or build as a "
            "secret"
        )
    verb = "is" if len(files) == 1 else "are"
    names = listed([one.path for one in files])
    warn(f"there is no store where {names} {verb} used: {'; '.join(advice)}")


def report(found: list[Checked], form: str, mode: str) -> None:
    """Print the findings in this format; in text, only in the mode "check"."""
    staying = {id(one.finding): one for checked in found for one in checked.staying}
    located = [(checked.path, one) for checked in found for one in checked.open]
    if form == "sarif":
        files = [(checked.path, checked.findings) for checked in found]
        click.echo(as_sarif(files, __version__), nl=False)
    elif form == "json":
        click.echo(as_json(located, staying, _notes(found)), nl=False)
    elif form == "github":
        click.echo(as_annotations(located, staying), nl=False)
    elif mode == "check":
        click.echo(as_text(located), nl=False)
        for checked in found:
            tell_of_staying(checked)
