"""`sanitize`: files without the secrets of their URLs, which go into the store."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from time import monotonic, time
from typing import TYPE_CHECKING

import click

from .. import __version__
from ..errors import BaselineError, SourceError, UvxError, system_fault
from ..resolver import Resolver
from ..sanitize.baseline import identities, read_baseline, write_baseline
from ..sanitize.files import Checked, check, write
from ..sanitize.report.diff import as_diff
from ..sanitize.report.formats import as_annotations, as_json, as_text
from ..sanitize.report.sarif import as_sarif
from ..sanitize.text import has_secret_in_utf16, is_utf16
from ..stores.bulk import BulkResult
from ..system.checkout import check_inside, files_of, git_configs
from ..system.settings import from_process
from ..system.userfile import Opened, create
from .common import account, manners, print_error, say, trace, warn
from .faults import unexpected
from .sanitize_filter import as_filter, input_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..sanitize.baseline import Identity
    from ..sanitize.keep import MoveOutcome

_INPUT = "-"
_LARGEST_DIFF = 16 * 1024 * 1024  # bytes
_PATIENCE = 1.0  # seconds until a progress bar is worth its lines


@dataclass
class _Options:
    """What was asked for; None for `resolver` stores nothing."""

    mode: str
    format: str
    resolver: Resolver | None
    overwrite: bool
    follow: bool
    baseline: frozenset[Identity]


@dataclass
class _Job:
    """A file to look at, and how it is called; `given` if a person named it, `config` if it is
    Git's, `foreign` if that of another checkout."""

    path: str
    shown: str
    given: bool
    config: bool = False
    foreign: bool = False


@click.command("sanitize")
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|-]...")
@click.option("--check", "mode", flag_value="check", help="Tell what is found (default).")
@click.option("--diff", "mode", flag_value="diff", help="Show what would change, masked.")
@click.option("--write", "mode", flag_value="write", help="Take the secrets out of the files.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to tell: for people, programs, a workflow's annotations, code scanning.",
)
@click.option(
    "--store", is_flag=True, help="Store what is taken out. --write does; '-' does only with this."
)
@click.option("--no-store", is_flag=True, help="Drop the secrets instead of storing them.")
@click.option(
    "--replace",
    is_flag=True,
    help="Where the store has another secret or another account for a host, take the one of "
    "the file: Git and uv use it from then on.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Write through a symlink that leads out of its folder and that Git does not track within "
    "the checkout.",
)
@click.option("--no-ignore", is_flag=True, help="Look into what Git ignores, too.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out such files.")
@click.option("--git-config", is_flag=True, help="Look into the checkout's Git configuration, too.")
@click.option("--baseline", metavar="FILE", help="Leave out what this file lists.")
@click.option("--update-baseline", is_flag=True, help="Write what is found into the baseline.")
@click.option("--stdin-filename", metavar="FILE", help="The name of the file that '-' reads.")
@manners
def sanitize_command(
    paths: tuple[str, ...],
    mode: str | None,
    form: str,
    store: bool,
    no_store: bool,
    replace: bool,
    follow: bool,
    no_ignore: bool,
    exclude: tuple[str, ...],
    git_config: bool,
    baseline: str | None,
    update_baseline: bool,
    stdin_filename: str | None,
) -> int:
    """Find the secrets in the URLs of files, and take them out with --write.

    What --write takes out goes into the store first, where Git and uv find it again. Every other
    byte of a file stays. Use --write for your own files only: what you store, you log in with.
    A file stays as it is if a host in it has another account in the store; see --replace.

    `-` takes standard input to standard output, and stores nothing without --store. With files,
    --store means --write. A line with `git-credential-uvx: allow` in it is left alone.

    The status is 0 when all is clean, 1 when --check or --diff found something, 2 when something
    could not be read, written or kept.
    """
    if store and no_store:
        raise click.UsageError("'--store' and '--no-store' exclude each other")
    if store and mode in ("check", "diff"):
        raise click.UsageError("'--store' goes with '--write' or '-'")
    known = _read_baseline(baseline, missing_ok=update_baseline)
    options = _Options(mode or "check", form, None, replace, follow, known)
    if store and _INPUT not in paths:
        options.mode = mode = "write"
    if store or (mode == "write" and not no_store):
        options.resolver = Resolver(from_process())
    if _INPUT in paths:
        if len(paths) > 1 or options.mode == "write" or git_config:
            raise click.UsageError("'-' stands alone, and goes to standard output")
        if mode is None and (baseline is not None or form != "text"):
            raise click.UsageError("'-' without '--check' or '--diff' takes no report")
        return _standard_input(options, stdin_filename, to_output=mode is None)
    if stdin_filename is not None:
        raise click.UsageError("'--stdin-filename' goes with '-'")
    jobs = _jobs(paths or (".",), no_ignore=no_ignore, exclude=exclude, git_config=git_config)
    if update_baseline:
        return _update_baseline(baseline, mode, jobs, options)
    switches = {"--no-ignore": no_ignore, "--git-config": git_config}
    flags = [name for name, is_on in switches.items() if is_on]
    flags += [f"--exclude={pattern}" for pattern in exclude]
    return _run(jobs, options, None if mode is not None else (flags, paths))


def _jobs(
    paths: Sequence[str], *, no_ignore: bool, exclude: tuple[str, ...], git_config: bool
) -> list[_Job]:
    jobs: dict[str, _Job] = {}
    for path in paths:
        if "://" in path and not os.path.lexists(path):
            raise click.UsageError("a URL is no file; `sanitize -` reads a text")
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        if os.path.isdir(path):
            for found in files_of(path, os.environ, ignored=no_ignore, exclude=exclude):
                shown = _shown(found)
                jobs.setdefault(shown, _Job(found, shown, given=False))
        else:
            shown = _shown(path)
            jobs[shown] = _Job(path, shown, given=True, config=_is_git_config(path))
        configs = git_configs(folder, os.environ) if git_config else {}
        for found, is_own in configs.items():
            shown = _shown(found)
            jobs[shown] = _Job(found, shown, given=True, config=True, foreign=not is_own)
    return list(jobs.values())


def _is_git_config(path: str) -> bool:
    # Whoever names Git's own file wants git kept out while it is written.
    real = os.path.realpath(path)
    head = os.path.join(os.path.dirname(real), "HEAD")
    return os.path.basename(real) in ("config", "config.worktree") and os.path.exists(head)


def _shown(path: str) -> str:
    """A path for people and baselines: from the working folder where it is below that."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative.replace(os.sep, "/")


def _run(
    jobs: list[_Job], options: _Options, asked: tuple[Sequence[str], Sequence[str]] | None
) -> int:
    """Do all files; `asked` are the flags and paths to repeat in an advice, None for no advice."""
    found, failed = _each(jobs, options)
    if options.mode != "diff":
        _report(found, options)
    if asked is not None and options.format == "text":
        _advise(*asked, {one.path for one in found if one.removable})
    if failed:
        return 2
    return 1 if options.mode != "write" and any(checked.open for checked in found) else 0


def _advise(flags: Sequence[str], paths: Sequence[str], found: set[str]) -> None:
    """Tell a person who named no mode how to go on, with the files that have something."""
    if not found:
        return
    named = [path for path in paths if os.path.isdir(path) or _shown(path) in found]
    end = ["--"] if any(path.startswith("-") for path in named) else []
    command = shlex.join(("git-credential-uvx", "sanitize", "--write", *flags, *end, *named))
    say(f"to move them into the store: {command}")


def _each(jobs: list[_Job], options: _Options) -> tuple[list[Checked], bool]:
    """The files with findings, and whether any of the files failed; what failed is reported."""
    found: list[Checked] = []
    failed = False
    for job in _Progress(jobs):
        try:
            checked = _one(job, options)
        except UvxError as error:
            fault = str(error)
        except OSError as error:
            fault = f"'{job.shown}': {system_fault(error)}"
        except Exception as error:  # one file never keeps the others from their turn
            fault = f"'{job.shown}': {unexpected(error)}"
        else:
            if checked is not None and checked.findings:
                found.append(checked)
            continue
        print_error(fault)
        failed = True
    return found, failed


def _one(job: _Job, options: _Options) -> Checked | None:
    """Do one file; None for one that is no text, or was there only when its folder was read.
    Raises UvxError."""
    trace(f"looking at '{job.path}'")
    try:
        opened = Opened(job.path)
    except SourceError:
        if job.given or os.path.lexists(job.path):
            raise
        return None
    with opened as file:
        if is_utf16(file.start()) and (job.given or has_secret_in_utf16(file.chunks(), job.path)):
            raise SourceError(f"'{job.path}' is UTF-16, which is not read: save it as UTF-8")
        if not job.given and file.is_binary():
            return None
        for_git = job.config or os.path.basename(job.path) == ".gitmodules"
        use = "git" if for_git else None
        checked = check(job.shown, file.chunks(), options.baseline, use=use)
        if options.mode == "diff" and checked.open:
            _show_diff(checked, _whole(file.chunks(), f"'{job.path}'"))
        elif options.mode == "write" and checked.open:
            if not options.follow:
                _check_place(job)
            outcomes = write(
                file,
                checked,
                options.resolver,
                int(time()),
                overwrite=options.overwrite,
                lock=job.config,
            )
            _tell(checked, outcomes, stored=options.resolver is not None)
        return checked


def _check_place(job: _Job) -> None:
    """Raises SourceError for a file that a symlink or Git puts elsewhere."""
    if job.foreign:
        raise SourceError(
            f"'{job.path}' is left as it was: it is the configuration of another checkout, which "
            "does not name this one as its own; --follow writes there"
        )
    check_inside(job.path, os.environ)


def _show_diff(checked: Checked, text: bytes) -> None:
    click.echo(as_diff(checked.path, text, checked.findings), nl=False)
    # No diff has what cannot be taken out.
    for line in as_text((checked.path, found) for found in checked.refused).splitlines():
        warn(line)


def _tell(checked: Checked, outcomes: list[MoveOutcome], *, stored: bool) -> None:
    count = len(checked.removable)
    say(f"{checked.path}: took out {count} secret{'' if count == 1 else 's'}")
    for done in outcomes:
        who = account(done.move.service, done.move.credential.username)
        say(f"  {'stored' if done.outcome is BulkResult.KEPT else 'known'}: {who}")
    for lost in checked.lost if stored else ():
        warn(f"{checked.path}:{lost.line}: no store can hold this one: {lost.redacted}")


def _report(found: list[Checked], options: _Options) -> None:
    located = [(checked.path, one) for checked in found for one in checked.open]
    if options.format == "sarif":
        files = [(checked.path, checked.findings) for checked in found]
        click.echo(as_sarif(files, __version__), nl=False)
    elif options.format == "json":
        click.echo(as_json(located), nl=False)
    elif options.format == "github":
        click.echo(as_annotations(located), nl=False)
    elif options.mode == "check":
        click.echo(as_text(located), nl=False)


def _standard_input(options: _Options, name: str | None, *, to_output: bool) -> int:
    """Look at standard input as at a file called `name`, or write it without secrets."""
    if to_output:
        return as_filter(options.resolver, name or "", overwrite=options.overwrite)
    chunks = input_chunks(name or "")
    if options.mode == "diff":
        text = _whole(chunks, name or "standard input")
        checked = check(name or _INPUT, [text], options.baseline)
        _show_diff(checked, text)
    else:
        checked = check(name or _INPUT, chunks, options.baseline)
        _report([checked], options)
    return 1 if checked.open else 0


def _whole(chunks: Iterator[bytes], name: str) -> bytes:
    """A text that is shown as a diff. Raises SourceError for one that memory is not to hold."""
    text = bytearray()
    for chunk in chunks:
        text += chunk
        if len(text) > _LARGEST_DIFF:
            raise SourceError(f"{name} is too large for '--diff': use '--check'")
    return bytes(text)


def _read_baseline(path: str | None, *, missing_ok: bool) -> frozenset[Identity]:
    if path is None or (missing_ok and not os.path.exists(path)):
        return frozenset()
    try:
        with Opened(path) as file:
            return read_baseline(b"".join(file.chunks()))
    except BaselineError as error:
        raise SourceError(f"'{path}' cannot be used: {error}") from None


def _update_baseline(
    path: str | None, mode: str | None, jobs: list[_Job], options: _Options
) -> int:
    if path is None or mode not in (None, "check"):
        raise click.UsageError("'--update-baseline' needs '--baseline FILE', and no other mode")
    options.mode, options.baseline = "check", frozenset()
    found, failed = _each([job for job in jobs if job.shown != _shown(path)], options)
    names = [name for one in found for name, _ in identities(one.path, one.open)]
    text = write_baseline(names).encode()
    if os.path.lexists(path):
        if not options.follow:
            check_inside(path, os.environ)
        with Opened(path) as file:
            file.rewrite([text])
    else:
        create(path, text)
    say(f"{path}: {len(names)} findings")
    return 2 if failed else 0


class _Progress:
    """The jobs one after the other, with a bar at a terminal once it takes long."""

    def __init__(self, jobs: list[_Job]) -> None:
        self._jobs = jobs

    def __iter__(self) -> Iterator[_Job]:
        if not sys.stderr.isatty():
            yield from self._jobs
            return
        start = monotonic()
        done = 0
        rest = iter(self._jobs)
        for job in rest:
            yield job
            done += 1
            if monotonic() - start > _PATIENCE:
                break
        else:
            return
        with click.progressbar(length=len(self._jobs), file=sys.stderr, show_pos=True) as bar:
            bar.update(done)
            for job in rest:
                yield job
                bar.update(1)
