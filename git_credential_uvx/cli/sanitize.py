"""`sanitize`: moves the secrets in the URLs of files into the store."""

from __future__ import annotations

import os
from dataclasses import replace as changed
from functools import partial
from typing import TYPE_CHECKING

import click

from ..errors import BaselineError, SourceError
from ..resolver import Resolver
from ..sanitize.baseline import identities, read_baseline, write_baseline
from ..sanitize.files import Rules, check, named_by_text_of
from ..stores.names import AccountNames
from ..stores.rehearsal import RehearsalStore
from ..system.checkout import check_inside, committed
from ..system.settings import from_process
from ..system.userfile import Opened, create
from . import afterwards
from .common import counted, is_quiet, manners, say
from .sanitize_advice import advise_on
from .sanitize_files import Job, Options, jobs_of, look_at_each, shown_path, whole
from .sanitize_filter import as_filter, input_chunks
from .sanitize_git import GitOptions, look_at_history, look_at_staged
from .sanitize_report import (
    report,
    show_diff,
    summarize,
    tell_of_staying,
    warn_of_deployed,
    warn_of_history,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..sanitize.baseline import Identity
    from ..sanitize.files import Checked
    from ..system.settings import Settings

_INPUT = "-"

# The parameters that go with `--staged` and `--history`.
_WITH_GIT = ("paths", "modes", "form", "as_json", "exclude", "baseline")


@click.command("sanitize")
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|RANGE|-]...")
@click.option(
    "--check", "modes", flag_value="check", multiple=True, help="Report secrets (default)."
)
@click.option(
    "--diff", "modes", flag_value="diff", multiple=True, help="Show what --write would change."
)
@click.option(
    "--write", "modes", flag_value="write", multiple=True, help="Move the secrets into the store."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Report for people, programs, a GitHub workflow or code scanning.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--store",
    is_flag=True,
    help="Store the secrets that '-' removes. With files, the same as --write.",
)
@click.option("--no-store", is_flag=True, help="Drop the secrets and store them nowhere.")
@click.option("--all-files", is_flag=True, help="Also change the sources of programs.")
@click.option(
    "--replace",
    is_flag=True,
    help="If the store has another secret for an account, or another account for a host, store "
    "that of the file anyway.",
)
@click.option(
    "--follow", is_flag=True, help="Also write through a symlink that leads out of its folder."
)
@click.option("--no-ignore", is_flag=True, help="Also look at files that Git ignores.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Skip files whose name or path matches."
)
@click.option("--git-config", is_flag=True, help="Also look at the Git configuration.")
@click.option("--staged", is_flag=True, help="Look only at what the next commit adds or changes.")
@click.option("--history", is_flag=True, help="Look at past commits: all, or those of RANGE.")
@click.option("--baseline", metavar="FILE", help="Ignore the findings that this file lists.")
@click.option("--update-baseline", is_flag=True, help="Write the findings into the baseline.")
@click.option("--stdin-filename", metavar="FILE", help="The name of the file that '-' reads.")
@manners
def sanitize_command(
    paths: tuple[str, ...],
    modes: tuple[str, ...],
    form: str,
    as_json: bool,
    store: bool,
    no_store: bool,
    all_files: bool,
    replace: bool,
    follow: bool,
    no_ignore: bool,
    exclude: tuple[str, ...],
    git_config: bool,
    staged: bool,
    history: bool,
    baseline: str | None,
    update_baseline: bool,
    stdin_filename: str | None,
) -> int:
    """Find passwords and tokens in the URLs of files, and move them into the store.

    Without an option, the secrets are only reported. --write stores them, so that Git and uv find
    them there, and then removes them from the files. Every other byte of a file stays as it is.
    --diff shows what --write would do.

    Use --write only for files of your own: Git and uv log in with what you store.

    Some secrets stay in their file: those that no store can hold (a database password, for
    example), those in the source of a program, and those that cannot be cut safely. Each is
    reported with its reason.

    If a host has several accounts, the clean URLs keep their login names, so that Git and uv ask
    for the right account.

    '-' copies standard input to standard output without its secrets, and stores them only with
    --store. Login names stay only if the text itself has several accounts of a host. If a secret
    has to stay, nothing is printed and the status is 2.

    A line with 'git-credential-uvx: allow' is skipped.

    Exit status: 0 if no secret is left, 1 if one is left, 2 if something failed.
    """
    mode = _mode(modes, store=store, no_store=no_store, has_input=_INPUT in paths)
    if as_json and form not in ("text", "json"):
        raise click.UsageError(f"'--json' cannot be combined with '--format {form}'")
    form = "json" if as_json else form
    settings = from_process()
    resolver = Resolver(settings)
    rules = Rules(
        baseline_of(baseline, missing_ok=update_baseline),
        drop=no_store,
        all_files=all_files,
        is_account=AccountNames(resolver.store()),
    )
    if staged or history:
        asked = GitOptions(mode or "check", form, exclude, rules)
        _check_with_git(asked, paths, is_history=history)
        return look_at_history(paths, asked) if history else look_at_staged(paths, asked)
    options = Options(mode or "check", form, None, replace, follow, rules)
    options.advises = mode is None and form == "text" and _INPUT not in paths and not is_quiet()
    if store or (mode == "write" and not no_store):
        options.resolver = resolver
    elif not no_store and options.looks_twice:
        options.resolver = _rehearsal(settings, mode)
    if _INPUT in paths:
        if len(paths) > 1 or options.mode == "write" or git_config:
            raise click.UsageError("'-' cannot be combined with files, '--write' or '--git-config'")
        if mode is None and (baseline is not None or form != "text"):
            raise click.UsageError("'-' prints a report only with '--check' or '--diff'")
        return _standard_input(options, stdin_filename, to_output=mode is None)
    if stdin_filename is not None:
        raise click.UsageError("'--stdin-filename' needs '-'")
    jobs = jobs_of(paths or (".",), no_ignore=no_ignore, exclude=exclude, git_config=git_config)
    if update_baseline:
        return _update_baseline(baseline, mode, jobs, options)
    again = _again(all_files, no_store, replace, follow, baseline)
    of_folders = _again_in_folders(no_ignore, git_config, exclude)
    return _run(jobs, options, partial(advise_on, jobs, again, of_folders, is_all=not paths))


def _check_with_git(asked: GitOptions, paths: Sequence[str], *, is_history: bool) -> None:
    """Refuse what does not go with --staged or --history."""
    option = "--history" if is_history else "--staged"
    if asked.mode == "write":
        advice = (
            "revoke each secret that it finds"
            if is_history
            else "use 'git-credential-uvx sanitize --write FILE', then 'git add FILE'"
        )
        raise click.UsageError(f"'{option}' writes nothing: {advice}")
    refused = list(_given_besides(click.get_current_context(), option))
    refused += ["-"] if _INPUT in paths else []
    refused += ["--diff"] if is_history and asked.mode == "diff" else []
    refused += ["--format github"] if is_history and asked.format == "github" else []
    if refused:
        raise click.UsageError(f"'{option}' cannot be combined with '{refused[0]}'")


def _given_besides(context: click.Context, option: str) -> Iterator[str]:
    """The options on the command line that do not go with this one."""
    for parameter in context.command.params:
        name = parameter.name or ""
        is_given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if is_given and name not in _WITH_GIT and option not in parameter.opts:
            yield parameter.opts[-1]


def _rehearsal(settings: Settings, mode: str | None) -> Resolver:
    """A resolver that stores nothing. Only --diff may ask a keyring, which can run a program."""
    return Resolver(settings, store=RehearsalStore(settings), programs=mode == "diff")


def _again(
    all_files: bool, no_store: bool, replace: bool, follow: bool, baseline: str | None
) -> list[str]:
    """The options that decide what --write does to a file."""
    switches = {
        "--all-files": all_files,
        "--no-store": no_store,
        "--replace": replace,
        "--follow": follow,
        f"--baseline={baseline}": baseline is not None,
    }
    return [name for name, is_on in switches.items() if is_on]


def _again_in_folders(no_ignore: bool, git_config: bool, exclude: tuple[str, ...]) -> list[str]:
    """The options that decide which files a folder has."""
    switches = {"--no-ignore": no_ignore, "--git-config": git_config}
    names = [name for name, is_on in switches.items() if is_on]
    return names + [f"--exclude={pattern}" for pattern in exclude]


def _mode(modes: tuple[str, ...], *, store: bool, no_store: bool, has_input: bool) -> str | None:
    """What to do: "check", "diff" or "write"; None if that was not said."""
    if len(set(modes)) > 1:
        raise click.UsageError("use only one of '--check', '--diff' and '--write'")
    if store and no_store:
        raise click.UsageError("'--store' cannot be combined with '--no-store'")
    mode = modes[0] if modes else None
    if store and mode in ("check", "diff"):
        raise click.UsageError(f"'--store' cannot be combined with '--{mode}'")
    return "write" if store and not has_input else mode


def _run(
    jobs: list[Job],
    options: Options,
    advise: Callable[[Sequence[Checked], Sequence[str]], None],
) -> int:
    """Do all files; `advise` is called with those that have findings, and the writable ones."""
    found, failed = look_at_each(jobs, options)
    if options.mode != "diff":
        report(found, options.format, options.mode)
    if options.format == "text":
        summarize(found, len(jobs), options.mode, options.written)
    if options.advises or (options.mode == "diff" and options.format == "text"):
        advise(found, options.writable)
    if options.mode != "check" and options.resolver is not None:
        warn_of_deployed(one for one in found if one.path in options.writable)
    if options.mode == "write":
        written = [one.path for one in options.written]
        warn_of_history(committed(written, os.environ))
    if options.stored:
        known = afterwards.Known(options.named, options.perhaps_git)
        afterwards.report(from_process(), options.stored, known=known)
    if failed:
        return 2
    left = (one.staying if options.mode == "write" else one.open for one in found)
    return int(any(left))


def _standard_input(options: Options, name: str | None, *, to_output: bool) -> int:
    """Look at standard input as at a file called `name`, or write it without secrets."""
    if to_output:
        return as_filter(options.resolver, name or "", options.rules, overwrite=options.overwrite)
    chunks = input_chunks(name or "")
    if options.mode == "diff":
        text = whole(chunks, name or "standard input")
        checked = check(name or _INPUT, [text], options.rules)
        show_diff(checked, text, named_by_text_of(checked))
        tell_of_staying(checked)
    else:
        checked = check(name or _INPUT, chunks, options.rules)
        report([checked], options.format, options.mode)
        if options.format == "text":
            summarize([checked], 1, options.mode)
    return 1 if checked.open else 0


def baseline_of(path: str | None, *, missing_ok: bool) -> frozenset[Identity]:
    if path is None or (missing_ok and not os.path.exists(path)):
        return frozenset()
    try:
        with Opened(path) as file:
            return read_baseline(b"".join(file.chunks()))
    except BaselineError as error:
        raise SourceError(f"'{path}' cannot be used: {error}") from None


def _update_baseline(path: str | None, mode: str | None, jobs: list[Job], options: Options) -> int:
    if path is None or mode not in (None, "check"):
        raise click.UsageError("'--update-baseline' needs '--baseline FILE' and no other mode")
    options.mode, options.advises = "check", False
    options.rules = changed(options.rules, baseline=frozenset())
    found, failed = look_at_each([job for job in jobs if job.shown != shown_path(path)], options)
    names = [name for one in found for name, _ in identities(one.path, one.open)]
    text = write_baseline(names).encode()
    if os.path.lexists(path):
        if not options.follow:
            check_inside(path, os.environ)
        with Opened(path) as file:
            file.rewrite([text])
    else:
        create(path, text)
    say(f"{path}: {counted(len(names), 'finding')}")
    return 2 if failed else 0
