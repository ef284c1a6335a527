"""What all commands share: options, how they speak to a person, and their exit status.

Results go to standard output, everything else to standard error. A command returns its exit status
or None for 0, and raises NegativeAnswer if the answer is no. It lets any UvxError pass, which
becomes one line and status 2. All text for a terminal goes through `printable`, and every message
through `redact`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ..errors import printable
from ..system import platform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ..urls.service import Service

    F = TypeVar("F", bound=Callable[..., Any])

NAME = "git-credential-uvx"
COMPLETION_VARIABLE = "_GIT_CREDENTIAL_UVX_COMPLETE"

_LAST = 253_402_300_799  # seconds since the epoch: the end of the year 9999, the last of RFC 3339
_NAME_WIDTH = 60  # characters of a username; a longer one loses its middle


class NegativeAnswer(click.ClickException):
    """The answer is no: one line, and status 1."""

    exit_code = 1


class Verbosity:
    """How a command speaks: `quiet` leaves out what is no error, `verbose` adds a trace; and how
    this program was called."""

    def __init__(self, program: str = NAME) -> None:
        self.program = program
        self.quiet = False
        self.verbose = False


def _manner() -> Verbosity:
    return click.get_current_context().find_root().ensure_object(Verbosity)


def speak(*, quiet: bool, verbose: bool) -> None:
    """Speak so from now on."""
    manner = _manner()
    manner.quiet, manner.verbose = quiet, verbose


def _set(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            setattr(_manner(), name, True)

    return callback


def manners(function: F) -> F:
    """Give a command `--quiet` and `--verbose`."""
    for flags, name, text in (
        (
            ("-v", "--verbose"),
            "verbose",
            "Show what is done, on standard error and without secrets.",
        ),
        (("-q", "--quiet"), "quiet", "Print results and errors only."),
    ):
        option = click.option(
            *flags, is_flag=True, expose_value=False, callback=_set(name), help=text
        )
        function = option(function)
    return function


as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def program() -> str:
    """How this program was called: its name or path."""
    return _manner().program


def is_quiet() -> bool:
    """Whether a person wants results and errors only."""
    return _manner().quiet


def say(text: str) -> None:
    """Say what was done, unless the person wants it quiet."""
    if not _manner().quiet:
        _tell(_for_people(text))


def warn(text: str, *, always: bool = False) -> None:
    """Warn a person, unless they want it quiet; with `always` even then."""
    if always or not _manner().quiet:
        label = click.style("warning:", fg="yellow", bold=True)
        _tell(f"{label} {_for_people(text)}")


def trace(text: str) -> None:
    """Say what is being done, if the person wants it verbose."""
    if _manner().verbose:
        label = click.style("trace:", dim=True)
        _tell(f"{label} {_for_people(text)}")


def _for_people(text: str) -> str:
    """A message without what could be a secret after all, and without control characters."""
    # A command that says nothing does not pay for this import.
    from ..sanitize.redact import redact

    return printable(redact(text))


def show(text: str) -> None:
    """One line of a result for people."""
    click.echo(printable(text))


def show_json(value: object, *, indent: int | None = 2) -> None:
    """A result for programs."""
    click.echo(json.dumps(value, indent=indent, separators=None if indent else (",", ":")))


def text_of(value: bytes | None) -> str | None:
    """Bytes of a credential that are no secret, as they are, for JSON."""
    return None if value is None else value.decode(errors="backslashreplace")


def shown(value: bytes | None) -> str | None:
    """Bytes of a credential that are no secret, for people; other bytes than text as escapes."""
    return None if value is None else printable(value.decode(errors="backslashreplace"))


def called(username: bytes | None) -> str:
    """A username in a text for people."""
    return shortened(shown(username) or "")


def shortened(name: str) -> str:
    """A name that does not push what follows it off the screen: a long one loses its middle."""
    half = _NAME_WIDTH // 2
    return name if len(name) <= _NAME_WIDTH else f"{name[:half]}...{name[-half:]}"


def moment(seconds: int) -> datetime:
    """Seconds since the epoch as a date; the last possible date for a later one."""
    return datetime.fromtimestamp(max(0, min(seconds, _LAST)), UTC)


def account(service: Service, username: bytes | None) -> str:
    """The name of an account, as uv writes it: `alice@https://git.example.com/`."""
    return str(service) if username is None else f"{called(username)}@{service}"


def print_error(fault: str) -> None:
    """One line about what is wrong."""
    _tell(f"{NAME}: {_for_people(fault)}")


def _tell(line: str) -> None:
    try:
        click.echo(line, err=True)
    except OSError:
        # Nobody reads standard error; the command itself must not fail for that.
        platform.to_nothing(2)
