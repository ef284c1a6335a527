"""What all commands share: options, how they speak to a person, and their exit status.

Results go to standard output, everything else to standard error. A command returns its exit status
or None for 0, and raises NegativeAnswer if the answer is no. It lets any UvxError pass, which
becomes one line and status 2. All text for a terminal goes through `printable`, and every message
through `redact`.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from .. import system
from ..errors import printable
from ..system import platform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from ..urls.service import Service

    F = TypeVar("F", bound=Callable[..., Any])

NAME = "git-credential-uvx"
_MOST_LISTED = 3

COMPLETION_VARIABLE = "_GIT_CREDENTIAL_UVX_COMPLETE"

_LAST = 253_402_300_799  # seconds since the epoch: the end of the year 9999, the last of RFC 3339


class NegativeAnswer(click.ClickException):
    """The answer is no, which is one line and status 1."""

    exit_code = 1


class Verbosity:
    """How much a command prints, and how this program was called.

    With `quiet` it prints results and errors only, with `verbose` also a trace.
    """

    def __init__(self, program: str = NAME) -> None:
        self.program = program
        self.quiet = False
        self.verbose = False


def _manner() -> Verbosity:
    return click.get_current_context().find_root().ensure_object(Verbosity)


def speak(*, quiet: bool, verbose: bool) -> None:
    """Set how much this command prints from now on."""
    manner = _manner()
    manner.quiet, manner.verbose = manner.quiet or quiet, manner.verbose or verbose
    if verbose:
        begin_trace(verbose=True)


def begin_trace(*, verbose: bool = False) -> None:
    """Trace what this command does, if the environment asks for it or with `verbose`."""
    from ..system import trace
    from ..tracing import about

    trace.begin(os.environ, _write_trace, _for_people, about(), verbose=verbose)


def end_trace(status: int) -> None:
    """End the trace with the exit status."""
    from ..system import trace

    trace.end(status)


def _write_trace(text: str) -> None:
    _tell(f"{click.style('trace:', dim=True)} {text}")


def _set(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    speak(quiet=value and parameter.name == "quiet", verbose=value and parameter.name == "verbose")


def manners(function: F) -> F:
    """Give a command `--quiet` and `--verbose`."""
    for flags, text in (
        (("-v", "--verbose"), "Show each step on standard error, without secrets."),
        (("-q", "--quiet"), "Print results and errors only."),
    ):
        option = click.option(*flags, is_flag=True, expose_value=False, callback=_set, help=text)
        function = option(function)
    return function


as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def counted(count: int, name: str) -> str:
    """A number with what it counts: `1 file`, `2 files`."""
    return f"{count} {name}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and 3 others`."""
    if len(names) > _MOST_LISTED:
        names = [*names[:2], f"{len(names) - 2} others"]
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def program() -> str:
    """The name or path that this program was called by."""
    return _manner().program


def is_quiet() -> bool:
    """Whether only results and errors are printed."""
    return _manner().quiet


def is_verbose() -> bool:
    """Whether a person wants to see every step."""
    return _manner().verbose


def say(text: str, *, always: bool = False) -> None:
    """Report what was done, unless --quiet is given; with `always` even then."""
    if always or not _manner().quiet:
        _tell(_for_people(text))


def warn(text: str, *, always: bool = False) -> None:
    """Print a warning, unless --quiet is given; with `always` even then."""
    if always or not _manner().quiet:
        label = click.style("warning:", fg="yellow", bold=True)
        _tell(f"{label} {_for_people(text)}")


def next_step(
    name: str, *others: str, service: Service | None = None, username: bytes | None = None
) -> None:
    """Name the command that comes next, on standard error, unless --quiet is given; the arguments
    are those of `command`."""
    from ..urls.commands import command

    line = command(name, *others, service=service, username=username)
    # A command that cannot be shown as it is does not work when it is pasted.
    if not _manner().quiet and line == _for_people(line):
        _tell(f"{click.style('next:', bold=True)} {line}")


def say_waiting(path: str) -> None:
    """Say why nothing happens."""
    say(f"waiting for another process to release the lock '{path}'")


def trace(text: str) -> None:
    """Trace a step, if somebody wants a trace."""
    # A command whose steps nobody wants to see does not import the module.
    if system.tracer is not None:
        system.tracer(text)


def _for_people(text: str) -> str:
    """A message without control characters, and with everything masked that looks like a secret."""
    # A command that says nothing does not pay for this import.
    from ..sanitize.redact import redact

    return printable(redact(text))


def is_shown_as_it_is(text: str) -> bool:
    """Whether a message can have a text in it, such as a path, without any change."""
    return _for_people(text) == text


def show(text: str) -> None:
    """One line of a result for people."""
    click.echo(printable(text))


def show_json(value: object, *, indent: int | None = 2) -> None:
    """A result for programs."""
    click.echo(json.dumps(value, indent=indent, separators=None if indent else (",", ":")))


def text_of(value: bytes | None) -> str | None:
    """A username or scheme as text for JSON; a username that is a token is masked."""
    from ..urls import usernames

    return None if value is None else usernames.text_of(value)


def moment(seconds: int) -> datetime:
    """Seconds since the epoch as a date; the last possible date for a later one."""
    return datetime.fromtimestamp(max(0, min(seconds, _LAST)), UTC)


def account(service: Service, username: bytes | None) -> str:
    """The name of an account, as uv writes it: `alice@https://git.example.com/`."""
    from ..urls.usernames import shown

    return str(service) if username is None else f"{shown(username)}@{service}"


def print_error(fault: str) -> None:
    """Print one line about an error."""
    _tell(f"{NAME}: {_for_people(fault)}")


def _tell(line: str) -> None:
    try:
        click.echo(line, err=True)
    except OSError:
        # Nobody reads standard error; the command itself must not fail for that.
        platform.to_nothing(2)
