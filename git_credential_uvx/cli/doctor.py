"""`doctor`: everything that decides what Git and uv get, checked at once."""

from __future__ import annotations

import os
import sys
from time import time
from typing import TYPE_CHECKING

import click

from .. import __version__
from ..doctor import filters, storage, surroundings, tools
from ..doctor.report import WithoutNames
from ..doctor.verdicts import NOTE, OK, PROBLEM, Case, Text, Verdict, with_names
from ..errors import UvxError, printable
from ..sanitize.redact import redact
from ..system.settings import from_process
from ..system.userfile import create
from .common import as_json, counted, is_quiet, manners, say, show, show_json, trace
from .faults import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..doctor.verdicts import Part

    Check = Callable[[Case], Iterator[Verdict]]

# In the order in which they are shown.
CHECKS: tuple[Check, ...] = (
    tools.this_program,
    tools.on_path,
    tools.git,
    tools.uv,
    tools.helpers,
    filters.filters,
    tools.python_path,
    storage.folder,
    storage.entries,
    storage.lock,
    storage.clock,
    surroundings.netrc,
    storage.shadows,
    surroundings.keyring,
    surroundings.uv_previews,
    surroundings.configuration,
    surroundings.certificates,
    surroundings.proxies,
    surroundings.variables,
)
_COLOURS = {OK: "green", NOTE: "yellow", PROBLEM: "red"}
_WIDTH = len(PROBLEM)


@click.command("doctor")
@click.option("--bundle", metavar="FILE", help="Write a report that you can attach to an issue.")
@click.option("--with-names", is_flag=True, help="Keep all names in that report.")
@as_json
@manners
def doctor_command(bundle: str | None, with_names: bool, as_json: bool) -> int:
    """Check everything that decides what Git and uv get.

    Each line is ok, a note or a problem, and says what to do. The exit status is 1 if there is a
    problem. No secret is shown. With --bundle, FILE gets the same lines, in which hosts, usernames,
    paths and uncommon programs are replaced unless --with-names is given.
    """
    if with_names and bundle is None:
        raise click.UsageError("'--with-names' goes with '--bundle FILE' only")
    verdicts = _verdicts()
    problems = sum(verdict.level == PROBLEM for verdict in verdicts)
    if bundle is not None:
        _write(bundle, verdicts, names=with_names)
    if as_json:
        show_json(
            {
                "version": __version__,
                "problems": problems,
                "notes": sum(verdict.level == NOTE for verdict in verdicts),
                "verdicts": [_document(verdict) for verdict in verdicts],
            }
        )
    else:
        _show(verdicts, problems)
    if bundle is not None:
        say(f"wrote '{bundle}'; read it before you attach it to an issue")
    return 1 if problems else 0


def _verdicts() -> list[Verdict]:
    try:
        case = Case(from_process(), int(time()))
    except UvxError as error:
        return [Verdict("settings", PROBLEM, "{0}", (Text(str(error)),), "correct that variable")]
    found: list[Verdict] = []
    for check in CHECKS:
        trace(f"checking {check.__name__}")
        try:
            found += check(case)
        except UvxError as error:
            found.append(Verdict(check.__name__, PROBLEM, "{0}", (Text(str(error)),)))
        except OSError as error:
            found.append(Verdict(check.__name__, PROBLEM, "{0}", (Text(described(error)),)))
    return found


def _shown(verdict: Verdict, name: Callable[[Part], str]) -> tuple[str, str]:
    """The text and the advice, without what could be a secret after all."""
    text, advice = verdict.shown(name)
    return printable(redact(text)), printable(redact(advice))


def _show(verdicts: list[Verdict], problems: int) -> None:
    for verdict in verdicts:
        if is_quiet() and verdict.level != PROBLEM:
            continue
        text, advice = _shown(verdict, with_names)
        label = click.style(f"{verdict.level:{_WIDTH}}", fg=_COLOURS[verdict.level])
        click.echo(f"{label}  {verdict.check}: {text}")
        if advice:
            show(f"{'':{_WIDTH}}  {advice}")
    notes = sum(verdict.level == NOTE for verdict in verdicts)
    say(f"{_count(problems, PROBLEM)}, {_count(notes, NOTE)}")


def _count(number: int, what: str) -> str:
    return counted(number, what) if number else f"no {what}s"


def _document(verdict: Verdict) -> dict[str, str | None]:
    text, advice = _shown(verdict, with_names)
    return {
        "check": verdict.check,
        "verdict": verdict.level,
        "text": text,
        "advice": advice or None,
    }


def _write(path: str, verdicts: list[Verdict], *, names: bool) -> None:
    name: Callable[[Part], str] = with_names
    if not names:
        hide = WithoutNames(os.path.expanduser("~"))
        hide.learn(verdicts)
        name = hide
    lines = [
        f"git-credential-uvx {__version__} doctor --bundle",
        f"Python {sys.version.split()[0]}, {sys.platform}",
        "No secrets." + ("" if names else " Hosts, usernames, programs and paths are replaced."),
        "",
    ]
    for verdict in verdicts:
        text, advice = _shown(verdict, name)
        lines.append(f"{verdict.level:{_WIDTH}}  {verdict.check}: {text}")
        lines += [f"{'':{_WIDTH}}  {advice}"] if advice else []
    create(os.path.abspath(path), "\n".join([*lines, ""]).encode(), is_private=True)
