"""`add`: what `uv add` does, with the secrets in the store in place of the files."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from ..add.arguments import split
from ..add.edit import Edit
from ..add.plan import STDIN, Plan, plan
from ..add.project import Place, base_of, place_of
from ..add.uv import change, ending_as_interrupted, find_uv, run_uv
from ..add.without_uv import edited, raw_lines
from ..errors import AddError, SourceError
from ..git.environment import pairs, variables
from ..resolver import Resolver
from ..sanitize.keep import CONFLICTS, Outcome, conflict, move, moves, take_back
from ..sanitize.text import sanitize_chunks
from ..system import userfile as sourcefiles
from ..system.files import failure
from ..system.settings import from_process, in_ci
from ..system.userfile import discard
from .common import Manner, account, complain, manners, say, trace, warn
from .setup import warn_if_not_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..add.plan import Reader
    from ..sanitize.findings import Finding
    from ..sanitize.keep import Move

_CHUNK = 1 << 20  # bytes
_KILLED = 128  # what shells add to the number of a signal


class _Untouched(click.Command):
    """A command whose arguments are another program's: none of them is looked at."""

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
@click.option("--yes", is_flag=True, expose_value=False, help="Write secrets, with --raw in CI.")
@click.option(
    "--replace",
    is_flag=True,
    expose_value=False,
    help="Where the store has another secret or another account for a host, take this one.",
)
@click.option("--no-store", is_flag=True, expose_value=False, help="Drop the secrets.")
@manners
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SPEC...")
def add_command(arguments: tuple[str, ...]) -> int:
    """Do what `uv add` does, and keep the secrets of its URLs out of the project.

    What stands in a SPEC, an index or a file of requirements goes into the store, where Git and uv
    find it again, and uv gets the URLs without. All options of `uv add` are its own. Nothing is
    done if a host has another account in the store; see --replace. What was stored is taken back
    when uv fails. Without uv, pyproject.toml is changed and nothing is locked.

    The status is uv's; 1 if a file that it changed holds a secret, 2 if nothing was done.
    """
    words = split(list(arguments))
    manner = click.get_current_context().find_root().ensure_object(Manner)
    manner.quiet = "--quiet" in words.options
    manner.verbose = "--verbose" in words.options
    base = base_of(words.options, os.environ)
    todo = plan(words, os.environ, _reader(base))
    place = place_of(words.options, os.environ)
    uv = find_uv(os.environ.get("PATH", ""))
    if todo.raw:
        _warn_of_raw(todo, place)
    if uv is None:
        _check_without_uv(todo, place)
    resolver = Resolver(from_process())
    before = _strings(place)
    with ending_as_interrupted():
        outcomes: list[Outcome] = []
        try:
            outcomes += _store(todo, resolver)
            status = _without_uv(todo, place) if uv is None else _with_uv(uv, todo, place, base)
        except BaseException:
            _take_back(resolver, outcomes)
            raise
        if status != 0:
            _take_back(resolver, outcomes)
            return status
    if uv is not None and os.path.isfile(place.file):
        change(place.file, lambda text: _restored(text, todo, place, before))
    return _check(todo, place)


def _reader(base: str) -> Reader:
    def read(path: str) -> bytes:
        if path == STDIN:
            return sys.stdin.buffer.read()
        return sourcefiles.read(os.path.join(base, path)).data

    return read


def _warn_of_raw(todo: Plan, place: Place) -> None:
    """Tell what `--raw` writes where, before it does."""
    lines: dict[str, int] = {}
    try:
        lines = raw_lines((_bytes(place.file) or b"").decode(), todo, script=place.script)
    except (AddError, UnicodeError):
        pass  # uv says what is wrong with the file
    for found in todo.raw:
        url = found.redacted
        host = url.rpartition("@")[2]
        number = next((number for line, number in lines.items() if host in line), 1)
        where = f"{place.file or 'pyproject.toml'}:{number}"
        _loud(f"{where}: --raw writes the secret of {url} into this file")
    if in_ci(os.environ) and "--yes" not in todo.words.ours:
        raise AddError("in CI --raw writes a secret only with '--yes'")


def _loud(text: str) -> None:
    """A warning that no `--quiet` silences."""
    manner = click.get_current_context().find_root().ensure_object(Manner)
    quiet, manner.quiet = manner.quiet, False
    warn(text)
    manner.quiet = quiet


def _store(todo: Plan, resolver: Resolver) -> list[Outcome]:
    """Move the secrets into the store; all of them, or none with an error for each."""
    found = moves(todo.findings)
    for finding in todo.findings:
        if finding.credential() is None:
            warn(f"the secret of {finding.redacted} is taken out, and no store can answer with it")
    if "--no-store" in todo.words.ours or not found:
        return []
    _check_rivals(found)
    outcomes = move(resolver, found, int(time.time()), replace="--replace" in todo.words.ours)
    faults = [conflict(outcome) for outcome in outcomes if outcome.outcome in CONFLICTS]
    for fault in faults[:-1]:
        complain(fault)
    if faults:
        raise AddError(faults[-1])
    for outcome in outcomes:
        name = account(outcome.move.service, outcome.move.credential.username)
        if outcome.outcome == "kept":
            say(f"stored: {name}")
        else:
            trace(f"stored before: {name}")
    return outcomes


def _check_rivals(found: list[Move]) -> None:
    """Two accounts for one service cannot both answer: the clean URLs do not tell them apart."""
    first: dict[str, Move] = {}
    for one in found:
        other = first.setdefault(str(one.service), one)
        if other.credential != one.credential:
            raise AddError(f"two secrets are given for {one.service}; only one of them can answer")


def _take_back(resolver: Resolver, outcomes: list[Outcome]) -> None:
    if any(outcome.outcome == "kept" for outcome in outcomes):
        take_back(resolver.store(), outcomes, int(time.time()))
        say("what was stored is taken back")


def _with_uv(uv: str, todo: Plan, place: Place, base: str) -> int:
    environ = {**os.environ}
    environ |= variables(os.environ, pairs([], use_http_path=False, replace=False))
    if todo.findings:
        warn_if_not_found()
    paths = [path for path in (place.file, *place.others) if path]
    before = {path: _bytes(path) for path in paths}
    missing = [path for path in paths if not os.path.lexists(path)]
    status = run_uv(uv, todo.arguments, base, environ, todo.given)
    if status >= _KILLED:
        # uv puts them back itself when it fails, and had no time for it.
        for path, data in before.items():
            if data is not None:
                _put_back(path, data)
        for path in missing:
            discard(path)
    return status


def _put_back(path: str, data: bytes) -> None:
    change(path, lambda _: data.decode())


def _bytes(path: str) -> bytes | None:
    try:
        return sourcefiles.read(path).data if path else None
    except SourceError:
        return None  # uv says what is wrong with it


def _strings(place: Place) -> list[str]:
    """The requirements, among others, that a file holds now."""
    try:
        return Edit((_bytes(place.file) or b"").decode(), script=place.script).strings()
    except (AddError, UnicodeError):
        return []  # uv says what is wrong with the file


def _restored(text: str, todo: Plan, place: Place, before: list[str]) -> str:
    if not todo.kept and "****" not in text:
        return text
    edit = Edit(text, script=place.script)
    edit.unmask([*before, *todo.requirements])
    for kept in todo.kept:
        if not edit.restore(kept, todo.table):
            warn(f"{place.file}: '{kept.userinfo}@' of {kept.url} could not be put back")
    return edit.text()


def _check_without_uv(todo: Plan, place: Place) -> None:
    """Find out before anything is stored whether it can be done."""
    if not place.file:
        raise AddError("there is no pyproject.toml here or above")
    try:
        text = sourcefiles.read(place.file).data.decode()
    except UnicodeDecodeError:
        raise AddError(f"cannot change '{place.file}': it is not UTF-8") from None
    try:
        edited(text, todo, script=place.script)
    except AddError as error:
        raise AddError(f"cannot change '{place.file}': {error}") from None


def _without_uv(todo: Plan, place: Place) -> int:
    change(place.file, lambda text: edited(text, todo, script=place.script))
    say(f"changed: {place.file}")
    _loud("nothing was locked: there is no uv on PATH")
    return 0


def _check(todo: Plan, place: Place) -> int:
    """Look at what was written: 1 if there is a secret that nobody asked for."""
    wanted = [found.secret for found in todo.raw]
    status = 0
    for path in (place.file, *place.others):
        for found in _findings(path):
            if found.secret in wanted:
                _loud(f"{path}:{found.line}: {found.redacted} was written as it was given")
                continue
            status = 1
            complain(_told(path, found))
    return status


def _findings(path: str) -> Iterator[Finding]:
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            for part in sanitize_chunks(iter(lambda: file.read(_CHUNK), b"")):
                yield from (found for found in part.findings if not found.allowed)
    except OSError as error:
        raise SourceError(str(failure("cannot read", path, error))) from None


def _told(path: str, found: Finding) -> str:
    advice = f"'git-credential-uvx sanitize --write {path}'"
    return f"{path}:{found.line}: {found.redacted} holds a secret; {advice} takes it out"
