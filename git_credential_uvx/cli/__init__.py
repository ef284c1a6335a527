"""The command line for people, with click; no Git operation imports any of it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..system import platform
from .common import COMPLETION_VARIABLE, NAME, NegativeAnswer, Verbosity, print_error

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELP = """One credential store for Git and Python packaging.

After `git-credential-uvx setup`, Git runs this command by itself. Git then finds the credentials
of `git-credential-uvx login` and `uv auth login`, and uv finds what you type at a prompt of Git's.
"""

_OPERATIONS = (
    ("get", "print the credential for a request"),
    ("store", "store the credential in the request"),
    ("erase", "erase the credential in the request, which a server refused"),
    ("capability", "print what this helper can do"),
)

# Sections of the help: each command with its module, loaded when it is used, and its summary.
SECTIONS = {
    "Set up": {
        "setup": ("setup", "Configure Git to ask this helper."),
        "env": ("env", "Print the variables that make Git ask this helper."),
        "exec": ("env", "Run a command in which Git asks this helper."),
    },
    "Accounts": {
        "login": ("login", "Log in to SERVICE, a host or URL, for Git and for uv."),
        "logout": (
            "login",
            "Remove the credentials for SERVICE from every file that this command and uv keep.",
        ),
        "token": ("token", "Print the secret for SERVICE, and nothing else."),
        "list": (
            "list_",
            "Show what is stored for SERVICE or for all, and where, without secrets.",
        ),
        "restore": (
            "list_",
            "Bring back what Git erased for SERVICE in the last 30 days, or hid after a refusal.",
        ),
        "explain": (
            "explain",
            "Show what each source has for URL, in their order, and which one answers.",
        ),
        "check": (
            "check",
            "Ask the server of each URL whether it accepts the credential that answers for it.",
        ),
    },
    "Move": {
        "import": (
            "import_",
            "Import the credentials of other programs, from PATH or from their own files.",
        ),
        "export": ("export", "Write stored credentials for another program, unencrypted."),
    },
    "Secrets in files": {
        "sanitize": (
            "sanitize",
            "Find the secrets in the URLs of files, and take them out with --write.",
        ),
        "add": (
            "add",
            "Run `uv add`, and put the secrets of its URLs into the store instead of the project.",
        ),
    },
    "For other programs": {
        "dir": ("token", "Print the folder of the credentials, which uv shares."),
        "helper": ("token", "Answer other programs, as `uv auth helper` does."),
    },
    "This command": {
        "completion": (
            "completion",
            "Print the script with which SHELL completes this command.",
        ),
        "man": ("man", "Show the manual page."),
    },
}
_MODULES = {name: row[0] for section in SECTIONS.values() for name, row in section.items()}

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


class _Commands(click.Group):
    """The commands by name, each in a module of this package that has it under its name."""

    @_seeing_readers()
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        return super().make_context(*args, **extra)

    @_seeing_readers()
    def invoke(self, ctx: click.Context) -> Any:
        return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"{__name__}.{_MODULES[cmd_name]}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, summary) for name, (_, summary) in names.items()])
        with formatter.section("Git's own operations, with a request on standard input"):
            formatter.write_dl(list(_OPERATIONS))


@click.group(cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def command(context: click.Context) -> None:
    if os.environ.get("NO_COLOR"):
        context.color = False


def main(arguments: list[str], program: str = NAME) -> int:
    """Run the command line; the exit status. `program` is how this program was called."""
    _open_closed_streams()
    status = _run(arguments, program)
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would complain once more when it closes standard output.
        platform.to_nothing(1)
        gone = isinstance(error, BrokenPipeError)
        status = status or (BROKEN_PIPE if gone else _told(error))
    return status


def _open_closed_streams() -> None:
    """Connect a closed standard stream to the null device.

    Otherwise the next file that is opened, perhaps one with secrets, would get its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, platform.null_stream(number, mode))


def _run(arguments: list[str], program: str) -> int:
    if _is_unknown_operation(arguments):
        return 0
    if COMPLETION_VARIABLE in os.environ:
        from .completion import register

        register()
    try:
        status = command.main(
            arguments or ["--help"],
            prog_name=NAME,
            complete_var=COMPLETION_VARIABLE,
            standalone_mode=False,
            obj=Verbosity(program),
        )
    except _NoReader:
        return BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        return _told(error)
    return int(status or 0)


def _told(error: Exception) -> int:
    """Report an error in one line; the exit status."""
    from .faults import described

    print_error(described(error))
    return 1 if isinstance(error, NegativeAnswer) else 2


def _is_unknown_operation(arguments: list[str]) -> bool:
    """Whether Git asks for an operation that this version does not know.

    gitcredentials(7) wants helpers to ignore it silently. A person in a terminal gets an error
    instead, because it is a typing error there.
    """
    word = arguments[0] if arguments else ""
    for_a_person = COMPLETION_VARIABLE in os.environ or (
        sys.stdin is not None and sys.stdin.isatty()
    )
    # Git gives one word. More words come from a person.
    meant = len(arguments) > 1 and word not in (name for name, _ in _OPERATIONS)
    return not (word.startswith("-") or word in _MODULES or meant or for_a_person)
