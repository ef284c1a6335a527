"""The command line for people, with click; no Git operation imports any of it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from .. import __version__, system
from ..system import platform
from .common import (
    COMPLETION_VARIABLE,
    NAME,
    NegativeAnswer,
    Verbosity,
    begin_trace,
    end_trace,
    manners,
    print_error,
    say_waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HELP = """One credential store for Git and Python packaging.

After `git-credential-uvx setup`, Git asks this command for credentials. Git then finds what you
stored with `git-credential-uvx login` or `uv auth login`, and uv finds what you typed at Git's
prompt.
"""

# Git's own operations, which never come through this module when Git runs them.
OPERATIONS = {
    "get": "Print the credential for a request.",
    "store": "Save the credential in the request.",
    "erase": "Remove the credential in the request, which a server rejected.",
    "capability": "Print what this helper supports.",
}

# Sections of the help: each command with its module, loaded when it is used, and its summary, which
# fits a line.
SECTIONS = {
    "Set up": {
        "setup": ("setup", "Configure Git to ask this helper."),
        "env": ("env", "Print the variables that make Git ask this helper."),
        "exec": ("env", "Run a command in which Git asks this helper."),
    },
    "Accounts": {
        "login": ("login", "Log in to SERVICE, a host or URL, for Git and uv."),
        "logout": ("login", "Log out of SERVICE: remove its stored credentials."),
        "use": ("use", "Choose the account of SERVICE that answers by default."),
        "list": ("list_", "List the stored accounts, without secrets."),
        "token": ("token", "Print the secret for SERVICE."),
        "restore": ("list_", "Bring back accounts that Git erased or stopped using."),
    },
    "Find faults": {
        "explain": ("explain", "Show which credential Git and uv get for URL, and why."),
        "check": ("check", "Ask the server of URL whether it accepts the credential."),
        "doctor": ("doctor", "Check everything that decides what Git and uv get."),
    },
    "Move": {
        "import": ("import_", "Import credentials from netrc, gh, pip and others."),
        "export": ("export", "Export credentials to another program, unencrypted."),
    },
    "Secrets in files": {
        "sanitize": ("sanitize", "Find secrets in the URLs of files, and remove them."),
        "add": ("add", "Run `uv add`, and store the secrets of its URLs."),
        "filter-process": ("filter_process", "Run as a Git filter that removes secrets."),
    },
    "For other programs": {
        "dir": ("token", "Print the folder of the store."),
        "helper": ("token", "Answer other programs, as `uv auth helper` does."),
    },
    "This command": {
        "completion": ("completion", "Print the completion script for SHELL."),
        "man": ("man", "Show the manual page."),
        "help": ("help_", "Show the help of this command, or of COMMAND."),
    },
}
_MODULES = {name: row[0] for section in SECTIONS.values() for name, row in section.items()}
_ALSO = {"version": "help_"}  # works, because people type it, but no help lists it

_HELP_OPTIONS = ("-h", "--help")
_CLICKS_LEAST, _NARROWEST = 52, 30  # columns

INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended
BROKEN_PIPE = 141  # and for one whose reader went away


class _NoReader(Exception):  # noqa: N818
    """Nobody reads standard output any more. click would make exit status 1 of that."""


@contextmanager
def _seeing_readers() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise _NoReader from None


class _Help(click.HelpFormatter):
    """A help whose options take at most half of a narrow terminal."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl(rows, min(col_max, self.width // 2), col_spacing)


class _Context(click.Context):
    formatter_class = _Help


class _Commands(click.Group):
    """The commands by name, each in a module of this package that has it under its name."""

    context_class = _Context

    @_seeing_readers()
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        return super().make_context(*args, **extra)

    @_seeing_readers()
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            if error.ctx is None and name is not None:
                # click's parser does not say which command it was working for.
                command = self.get_command(ctx, name)
                assert command is not None  # noqa: S101
                error.ctx = click.Context(command, info_name=name, parent=ctx)
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = _MODULES.get(cmd_name) or _ALSO.get(cmd_name)
        if name is None:
            return None
        module = import_module(f"{__name__}.{name}")
        found: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        found.context_class = _Context
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word in OPERATIONS and any(option in args for option in _HELP_OPTIONS):
            return super().resolve_command(ctx, ["help", word])
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            from .unknown import error

            raise click.UsageError(error(word, OPERATIONS, _MODULES), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, summary) for name, (_, summary) in names.items()])
        with formatter.section("Operations that Git runs itself"):
            formatter.write_dl(list(OPERATIONS.items()))


@click.group(
    cls=_Commands,
    help=_HELP,
    context_settings={"help_option_names": [*_HELP_OPTIONS]},
    invoke_without_command=True,
)
@manners
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def command(context: click.Context) -> None:
    if os.environ.get("NO_COLOR"):
        context.color = False
    system.on_wait = say_waiting
    if context.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from .overview import overview

        overview()
    else:
        click.echo(context.get_help())


def main(arguments: list[str], program: str = NAME) -> int:
    """Run the command line; the exit status. `program` is how this program was called."""
    _open_closed_streams()
    if system.TRACE in os.environ or system.GIT_TRACE in os.environ:
        begin_trace()
    status = _run(arguments, program)
    if system.tracer is not None:
        end_trace(status)
    try:
        sys.stdout.flush()
    except OSError as error:
        gone = isinstance(error, BrokenPipeError)
        status = status or (BROKEN_PIPE if gone else _reported(error))
        # Python would complain once more when it closes standard output.
        platform.to_nothing(1)
    return status


def _open_closed_streams() -> None:
    """Connect a closed standard stream to the null device.

    Otherwise the next file that is opened, perhaps one with secrets, would get its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, platform.null_stream(number, mode))


def _run(arguments: list[str], program: str) -> int:
    if COMPLETION_VARIABLE in os.environ:
        from .completion import register

        register()
    elif _may_be_operation(arguments):
        from .unknown import is_request

        if is_request():
            return 0
    try:
        status = command.main(
            arguments,
            prog_name=NAME,
            complete_var=COMPLETION_VARIABLE,
            standalone_mode=False,
            obj=Verbosity(program),
            terminal_width=_width(),
        )
    except _NoReader:
        return BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        return _reported(error)
    return int(status or 0)


def _width() -> int | None:
    """The width of the help in a narrow terminal, for which click's own least is too wide."""
    columns = get_terminal_size().columns
    return max(columns, _NARROWEST) if columns < _CLICKS_LEAST else None


def _reported(error: Exception) -> int:
    """Report an error in one line; the exit status."""
    from .faults import described

    print_error(described(error))
    return 1 if isinstance(error, NegativeAnswer) else 2


def _may_be_operation(arguments: list[str]) -> bool:
    """Whether Git may have called this program, for an operation that this version does not know.

    Git gives the operation alone, after the options that `credential.helper` has.
    """
    words = [word for word in arguments if not word.startswith("-")]
    first = words[0] if words else ""
    if len(words) > 1:
        return first in OPERATIONS
    return first not in _MODULES and first not in _ALSO and arguments[-1:] == words
