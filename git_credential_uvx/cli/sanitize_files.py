"""The files that `sanitize` looks at, and what it does with each of them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING

import click

from ..errors import SourceError, StoreError, UvxError, system_fault
from ..sanitize.files import Checked, Rules, check, write
from ..sanitize.keep import Run, moves
from ..sanitize.text import has_secret_in_utf16, is_utf16
from ..system.checkout import check_inside, files_of, git_configs
from ..system.userfile import Opened
from .common import print_error, say, trace
from .faults import unexpected
from .sanitize_report import show_diff, tell_of_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..credential import Credential
    from ..resolver import Resolver
    from ..urls.service import Service

_LARGEST_DIFF = 16 * 1024 * 1024  # bytes
_PATIENCE = 1.0  # seconds until a progress bar is worth its lines


@dataclass
class Options:
    """What was asked for; None for `resolver` stores nothing. Unless the mode is "write", its store
    is a rehearsal. With `advises`, the mode "check" tries what "write" would do.

    `stored` collects what was stored, `named` the accounts of it whose names stay in their URLs,
    `perhaps_git` the services of it that may be those of repositories, `written` the files that
    were written, and `writable` the names of those that could be.
    """

    mode: str
    format: str
    resolver: Resolver | None
    overwrite: bool
    follow: bool
    rules: Rules
    advises: bool = False
    stored: list[tuple[Service, Credential]] = field(default_factory=list)
    perhaps_git: set[Service] = field(default_factory=set)
    named: list[tuple[Service, bytes | None]] = field(default_factory=list, repr=False)
    written: list[Checked] = field(default_factory=list)
    writable: list[str] = field(default_factory=list)

    @property
    def looks_twice(self) -> bool:
        """Whether files with secrets are written, or tried to be."""
        return self.mode != "check" or self.advises


@dataclass
class Job:
    """A file to look at, how it is called, and the argument that it is from; `given` if a person
    named it, `config` if it is Git's, `foreign` if that of another checkout."""

    path: str
    shown: str
    argument: str
    given: bool
    config: bool = False
    foreign: bool = False


def jobs_of(
    paths: Sequence[str], *, no_ignore: bool, exclude: tuple[str, ...], git_config: bool
) -> list[Job]:
    os.getcwd()  # raises FileNotFoundError where a walk would find nothing
    jobs: dict[str, Job] = {}
    for path in paths:
        if not path:
            raise click.UsageError("an argument is empty; give a file or a folder")
        if "://" in path and not os.path.lexists(path):
            raise click.UsageError(
                "a URL is not a file; 'git-credential-uvx sanitize -' reads text"
            )
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        if os.path.isdir(path):
            for found in files_of(path, os.environ, ignored=no_ignore, exclude=exclude):
                job = Job(found, shown_path(found), path, given=False)
                jobs.setdefault(os.path.abspath(found), job)
        else:
            before = jobs.get(os.path.abspath(path))
            argument = path if before is None else before.argument
            job = Job(path, shown_path(path), argument, given=True, config=_is_git_config(path))
            jobs[os.path.abspath(path)] = job
        configs = git_configs(folder, os.environ) if git_config else {}
        for found, is_own in configs.items():
            job = Job(found, shown_path(found), path, given=True, config=True, foreign=not is_own)
            jobs[os.path.abspath(found)] = job
    return list(jobs.values())


def _is_git_config(path: str) -> bool:
    # Whoever names Git's own file wants git kept out while it is written.
    real = os.path.realpath(path)
    head = os.path.join(os.path.dirname(real), "HEAD")
    return os.path.basename(real) in ("config", "config.worktree") and os.path.exists(head)


def shown_path(path: str) -> str:
    """A path for people and baselines: from the working folder where it is below that."""
    relative = os.path.relpath(path)
    is_above = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return path if is_above else relative.replace(os.sep, "/")


def look_at_each(jobs: list[Job], options: Options) -> tuple[list[Checked], bool]:
    """The files with findings, and whether any of the files failed; what failed is reported.

    To write or to try that, all files are looked at before the first one changes, because their
    accounts decide together which URLs keep their login names. Only those with secrets are read a
    second time.
    """
    found: list[Checked | None] = []
    dirty: list[tuple[int, Job]] = []
    run = Run()
    failures = _Failures()
    for job in _Progress(jobs):
        checked = failures.caught(job, partial(_one, job, options))
        if checked is not None and checked.open and options.looks_twice:
            dirty.append((len(found), job))
            if options.mode != "check" or _has_its_place(job, options):
                run.add(moves(checked.removable))
        found.append(checked)
    if dirty and options.resolver is not None:
        with suppress(StoreError):  # which the first file reports
            run.know(options.resolver.store().entries().entries)
    for place, job in dirty:
        if options.mode == "check":
            _try(job, options, run)
        else:
            found[place] = failures.caught(job, partial(_one, job, options, run))
    return [one for one in found if one is not None], failures.any


def _has_its_place(job: Job, options: Options) -> bool:
    try:
        _check_place(job, options)
    except UvxError:
        return False
    return True


def _try(job: Job, options: Options, run: Run) -> None:
    """Find out whether a file with secrets could be written, and say why not."""
    try:
        _one(job, options, run)
    except (UvxError, OSError) as error:
        fault = system_fault(error) if isinstance(error, OSError) else error
        say(f"note: --write would fail: {fault}")


class _Failures:
    """Reports what fails, so that one file never keeps the others from their turn."""

    any = False

    def caught(self, job: Job, step: Callable[[], Checked | None]) -> Checked | None:
        """What a step finds in a file; None for nothing, and if it fails."""
        try:
            checked = step()
        except UvxError as error:
            fault = str(error)
        except OSError as error:
            fault = f"'{job.shown}': {system_fault(error)}"
        except Exception as error:
            fault = f"'{job.shown}': {unexpected(error)}"
        else:
            is_empty = checked is None or not (checked.findings or checked.names or checked.tokens)
            return None if is_empty else checked
        print_error(fault)
        self.any = True
        return None


def _one(job: Job, options: Options, run: Run | None = None) -> Checked | None:
    """Look at one file, and write it with the accounts of a `run`; None for one that is no text,
    or was there only when its folder was read. Raises UvxError."""
    trace(f"looking at '{job.path}'")
    try:
        opened = Opened(job.path)
    except SourceError:
        if job.given or os.path.lexists(job.path):
            raise
        return None
    with opened as file:
        if is_utf16(file.start()) and (job.given or has_secret_in_utf16(file.chunks(), job.path)):
            raise SourceError(f"'{job.shown}' is in UTF-16; save it as UTF-8")
        if not job.given and file.is_binary():
            return None
        for_git = job.config or os.path.basename(job.path) == ".gitmodules"
        use = "git" if for_git else None
        checked = check(job.shown, file.chunks(), options.rules, use=use)
        if checked.open and (options.mode != "check" or run is not None):
            if checked.removable:
                _check_place(job, options)
            if run is not None:
                _write(job, file, checked, options, run)
        return checked


def _write(job: Job, file: Opened, checked: Checked, options: Options, run: Run) -> None:
    """Write a file, or try that, and show what it would change."""
    pretend = options.mode != "write"
    text = whole(file.chunks(), f"'{job.path}'") if options.mode == "diff" else b""
    done = write(
        file,
        checked,
        options.resolver,
        int(time()),
        overwrite=options.overwrite,
        lock=job.config,
        run=run,
        pretend=pretend,
    )
    options.writable += [job.shown] if checked.removable else []
    if options.mode == "check":
        return
    if options.mode == "diff":
        show_diff(checked, text, done.named)
    else:
        moved = [one.move for one in done.outcomes]
        options.stored += [(one.service, one.credential) for one in moved]
        options.named += [(one.service, one.credential.username) for one in moved if one.by_name]
        options.perhaps_git |= {one.service for one in moved if one.is_perhaps_for_git}
        options.written += [checked] if checked.removable else []
    tell_of_write(checked, done.outcomes, stored=options.resolver is not None, pretend=pretend)


def _check_place(job: Job, options: Options) -> None:
    """Raises SourceError for a file that a symlink or Git puts elsewhere, unless that is wanted."""
    if options.follow:
        return
    if job.foreign:
        raise SourceError(
            f"'{job.path}' is left as it was: it is the configuration of another checkout, which "
            "does not name this one as its own; --follow writes there"
        )
    check_inside(job.path, os.environ)


def whole(chunks: Iterator[bytes], name: str) -> bytes:
    """A text that is shown as a diff. Raises SourceError for one that memory is not to hold."""
    text = bytearray()
    for chunk in chunks:
        text += chunk
        if len(text) > _LARGEST_DIFF:
            raise SourceError(
                f"{name} is too large for '--diff'; use 'git-credential-uvx sanitize --check'"
            )
    return bytes(text)


class _Progress:
    """The jobs one after the other, with a bar at a terminal once it takes long."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs

    def __iter__(self) -> Iterator[Job]:
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
