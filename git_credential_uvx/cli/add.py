"""`add`: run `uv add` with the secrets in the store instead of the project."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from ..add import run, uv
from ..add.arguments import split
from ..add.plan import STDIN, Plan, plan
from ..add.project import ProjectPlace, base_of, place_of
from ..errors import AddError
from ..git.environment import pairs, variables
from ..resolver import Resolver
from ..sanitize.conflicts import conflict
from ..sanitize.findings import LABELS
from ..sanitize.keep import CONFLICTS, MoveOutcome
from ..stores import uvfile
from ..stores.bulk import BulkResult
from ..stores.entries import COMPANION
from ..stores.names import AccountNames
from ..system import userfile
from ..system.settings import from_process, in_ci
from ..urls.commands import command
from ..urls.usernames import who
from .afterwards import Known, report
from .common import account, manners, print_error, say, speak, trace, warn
from .setup import warn_if_not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..add.arguments import Words
    from ..add.plan import Reader
    from ..sanitize.keep import Move
    from ..urls.tokens import IsAccount


class _Untouched(click.Command):
    """A command that leaves its arguments as they are, because they are uv's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = args[: args.index("--")] if "--" in args else args
        if ctx.resilient_parsing or "--help" in own or "-h" in own:
            return super().parse_args(ctx, ["--help"] if not ctx.resilient_parsing else [])
        ctx.params["arguments"] = tuple(args)
        return []


@click.command(
    "add",
    cls=_Untouched,
    options_metavar="[OPTIONS AND UV'S OPTIONS]",
    context_settings={"ignore_unknown_options": True},
)
@click.option(
    "--yes", is_flag=True, expose_value=False, help="Let --raw write secrets in a CI job."
)
@click.option(
    "--replace",
    is_flag=True,
    expose_value=False,
    help=(
        "Overwrite the secret that the store has for the same account. If the store has another "
        "account, the new one answers from now on, and the other one stays stored."
    ),
)
@click.option(
    "--no-store", is_flag=True, expose_value=False, help="Drop the secrets instead of storing them."
)
@manners
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SPEC...")
def add_command(arguments: tuple[str, ...]) -> int:
    """Run `uv add`, and put the secrets of its URLs into the store instead of the project.

    A secret in a SPEC, an index or a requirements file is stored, so that Git and uv find it there.
    uv gets the URL without the secret. All options of `uv add` can be used.

    If the store has another secret for the account, or another account would stop answering,
    nothing is done; --replace does it anyway. If uv fails, the store is as it was before. If uv is
    not installed, pyproject.toml is changed and nothing is locked.

    Exit status: that of uv, 1 if a file that it changed contains a secret, 2 if nothing was done.
    """
    words = split(list(arguments))
    speak(quiet="--quiet" in words.options, verbose="--verbose" in words.options)
    base = base_of(words.options, os.environ)
    settings = from_process()
    resolver = Resolver(settings)
    todo, wanted = _planned(words, _reader(base), resolver)
    place = place_of(words.options, os.environ)
    program = run.find_uv(os.environ.get("PATH", ""))
    if todo.raw:
        _warn_of_raw(todo, place)
    if program is None:
        change = partial(_without_uv, place, run.without_uv(todo, place))
    else:
        change = partial(_with_uv, program, todo, place, base)
    before = [] if program is None else uv.requirements(place)
    with run.ending_as_interrupted():
        outcomes: list[MoveOutcome] = []
        try:
            outcomes += _store(todo, wanted, resolver)
            on_path = program is None or not todo.findings or warn_if_not_found()
            status = change()
        except BaseException:
            _take_back(resolver, outcomes)
            raise
        if status != 0:
            _take_back(resolver, outcomes)
            return status
    if program is not None:
        for kept in uv.restore(todo, place, before):
            warn(f"{place.file}: '{kept.userinfo}@' of {kept.url} could not be put back")
    stored = [(one.move.service, one.move.credential) for one in outcomes]
    named = [(one.service, one.credential.username) for one in wanted if one.by_name]
    report(settings, stored, known=Known(named, off_path=not on_path))
    return _check(todo, place, AccountNames(resolver.store()))


def _planned(words: Words, read: Reader, resolver: Resolver) -> tuple[Plan, list[Move]]:
    """What to do, and what to store. A URL keeps its login name if the host has other accounts."""
    is_account = AccountNames(resolver.store())
    todo = plan(words, os.environ, read, is_account=is_account)
    if "--no-store" in words.ours:
        for finding in todo.findings:
            what = f"dropped, stored nowhere: {LABELS[finding.kind]}: {finding.redacted}"
            warn(what, always=True)
        return todo, []
    for finding in todo.findings:
        if finding.name:
            raise AddError(
                f"no store can hold the parameter '{finding.name}' of {finding.redacted}; --raw "
                "writes it into the project, and --no-store drops it"
            )
        if finding.credential() is None:  # ssh takes no password from a URL
            warn(f"removed a secret that no store can hold: {finding.redacted}", always=True)
    replace = "--replace" in words.ours
    wanted = run.to_store(todo, resolver, int(time.time()), replace=replace)
    named = [one for one in wanted if one.by_name]
    return (plan(words, os.environ, read, named, is_account) if named else todo), wanted


def _reader(base: str) -> Reader:
    given: list[bytes] = []

    def read(path: str) -> bytes:
        if path != STDIN:
            return userfile.read(os.path.join(base, path)).data
        if not given:
            given.append(sys.stdin.buffer.read())
        return given[0]

    return read


def _warn_of_raw(todo: Plan, place: ProjectPlace) -> None:
    """Say what `--raw` writes where, before it does."""
    for where, url in run.raw_secrets(todo, place):
        warn(f"{where}: --raw writes the secret of {url} into this file", always=True)
    if in_ci(os.environ) and "--yes" not in todo.words.ours:
        raise AddError("in CI --raw writes a secret only with '--yes'")


def _store(todo: Plan, wanted: list[Move], resolver: Resolver) -> list[MoveOutcome]:
    """Move the secrets into the store; all of them, or none with an error for each."""
    replace = "--replace" in todo.words.ours
    outcomes = run.store(wanted, resolver, int(time.time()), replace=replace)
    faults = [conflict(outcome) for outcome in outcomes if outcome.outcome in CONFLICTS]
    for fault in faults[:-1]:
        print_error(fault)
    if faults:
        raise AddError(faults[-1])
    for outcome in outcomes:
        name = account(outcome.move.service, outcome.move.credential.username)
        if outcome.outcome is BulkResult.KEPT:
            say(f"stored: {name}")
            _warn_of_replaced(outcome)
        else:
            trace(f"stored before: {name}")
    return outcomes


def _warn_of_replaced(outcome: MoveOutcome) -> None:
    """Name each account that lost its secret, or its place, and the file that it was in."""
    new = outcome.move.credential
    # An account can be in both files; only one of them counts.
    by_name = {item.credential.username: item for item in outcome.before}
    for item in by_name.values():
        name = account(item.service, item.credential.username)
        file = uvfile.NAME if item.for_uv else COMPANION
        if item.credential.username != new.username:
            warn(f"uv gets {who(new.username)} instead of {name}, which is in {COMPANION} now")
        elif item.credential.secret != new.secret:
            warn(f"replaced the secret of {name} in {file}")


def _take_back(resolver: Resolver, outcomes: list[MoveOutcome]) -> None:
    if run.take_back(resolver, outcomes, int(time.time())):
        say("nothing was added; the store is as it was before")


def _with_uv(program: str, todo: Plan, place: ProjectPlace, base: str) -> int:
    asking_us = variables(os.environ, pairs([], use_http_path=False, replace=False))
    return uv.with_uv(program, todo, place, base, {**os.environ, **asking_us})


def _without_uv(place: ProjectPlace, write: Callable[[], None]) -> int:
    write()
    say(f"changed: {place.file}")
    warn("nothing was locked: there is no uv on PATH", always=True)
    return 0


def _check(todo: Plan, place: ProjectPlace, is_account: IsAccount) -> int:
    """Look at what was written: 1 if there is a secret that nobody asked for."""
    status = 0
    for left in run.secrets_left(todo, place, is_account):
        where = f"{left.path}:{left.finding.line}: {left.finding.redacted}"
        if left.wanted:
            warn(f"{where} was written as it was given", always=True)
            continue
        advice = f"'{command('sanitize', '--write', left.path)}'"
        print_error(f"{where} contains a secret; {advice} moves it into the store")
        status = 1
    return status
