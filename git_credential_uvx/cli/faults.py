"""Errors as one line for people, and a report of an unexpected one.

The line of a usage error does not repeat the values that were typed: a secret may be among them,
and the line goes to logs. A report says where an error came from, and nothing about the data.
"""

from __future__ import annotations

import os
import sys
import time
from difflib import get_close_matches
from itertools import takewhile

import click

from .. import __version__, errors
from ..errors import NO_FOLDER, UvxError, system_fault
from ..system import files
from ..system.replace import write_new
from ..system.settings import from_process
from .common import NAME

_OF_OPTIONS = frozenset("abcdefghijklmnopqrstuvwxyz-")


def described(error: Exception) -> str:
    """One line about what is wrong."""
    match error:
        case click.UsageError():
            return _usage(error)
        case click.ClickException():
            return error.message
        case UvxError():
            return str(error)
        case UnicodeError():
            return "an argument or input is not UTF-8"
        case FileNotFoundError(filename=None):  # `os.getcwd` has no name to give
            return NO_FOLDER
        case OSError(filename=None) if _is_of_output(error):
            return f"cannot write to standard output: {system_fault(error)}"
        case OSError():
            return system_fault(error)
    return unexpected(error)


def _is_of_output(error: OSError) -> bool:
    """Whether an error is about standard output."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code is click.echo.__code__:
            return True
        step = step.tb_next
    try:
        # What could not be written is still there, and fails again.
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _usage(error: click.UsageError) -> str:
    """What was asked wrongly, in one line, and where to read how it is asked."""
    text = " ".join(_without_values(error).split()).removesuffix(".")
    text = f"{text[:1].lower()}{text[1:]}"
    where = NAME if error.ctx is None else error.ctx.command_path
    return text if text.endswith("?") else f"{text}; see '{where} --help'"


def _without_values(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error)
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return _bad_value(error)
    # Arguments too many stand in brackets.
    return error.format_message().partition(" (")[0]


def _no_such_option(error: click.NoSuchOption) -> str:
    name = error.option_name
    options = [] if error.ctx is None else [o for p in error.ctx.command.params for o in p.opts]
    for option in options:
        if option.startswith("--") and name.startswith(option):
            return f"no such option; did you mean '{option} VALUE'?"
    meant = " or ".join(f"'{option}'" for option in error.possibilities or ())
    # A secret can follow the name: `--pw:SECRET`, `-pSECRET`.
    plain = "".join(takewhile(_OF_OPTIONS.__contains__, name))
    shown = plain if name.startswith("--") else name[:2]
    return f"no such option '{shown}'" + (f"; did you mean {meant}?" if meant else "")


def _bad_value(error: click.BadParameter) -> str:
    if error.param is None or isinstance(error.param.type, (click.Path, click.File)):
        return error.format_message()
    text = f"invalid value for {error.param.get_error_hint(error.ctx)}"
    if isinstance(error.param.type, click.Choice):
        choices = [str(choice) for choice in error.param.type.choices]
        meant = get_close_matches(_given(error.message), choices, n=1)
        text += f"; did you mean '{meant[0]}'?" if meant else f"; it can be {' or '.join(choices)}"
    return text


def _given(message: str) -> str:
    """The value that a message of click's about a choice begins with, in quotes."""
    return message[1:].partition(message[:1])[0] if message[:1] in ("'", '"') else ""


def unexpected(error: Exception) -> str:
    """One line about an error, after writing a report into the state folder."""
    fault = f"this {errors.unexpected(error)}"
    try:
        path = _write(report(error))
    except (UvxError, OSError):
        return f"{fault}, and no report of it could be written"
    return f"{fault}; the report '{path}' shows where, without secrets"


def report(error: BaseException) -> str:
    """Versions, the command, and each frame by file, line and function.

    No message, argument or variable is in it: any of them can hold a secret.
    """
    import platform
    import traceback

    context = click.get_current_context(silent=True)
    lines = [
        f"git-credential-uvx {__version__}",
        f"Python {platform.python_version()}, click {_version('click')}, {platform.system()}",
        f"command: {context.info_name if context else 'none'}",
    ]
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        frames = traceback.extract_tb(seen.__traceback__)
        lines += [f"  {_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines) + "\n"


def _version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def _place(path: str) -> str:
    # A folder can be named for its owner.
    for root in sorted(filter(None, sys.path), key=len, reverse=True):
        if path.startswith(root + os.sep):
            return path[len(root) + 1 :]
    return os.path.basename(path)


def _write(text: str) -> str:
    settings = from_process()
    folder = os.path.join(settings.state, "reports") if settings.state else ""
    files.make_folder(folder, any_owner=settings.any_owner)
    name = f"{time.strftime('%Y-%m-%dT%H%M%SZ', time.gmtime())}-{os.urandom(3).hex()}.txt"
    with files.Folder(folder, any_owner=settings.any_owner) as opened:
        write_new(opened, name, text.encode())
        return opened.describe(name)
