"""What click has against a command line, said without what was typed: a secret may stand where it
does not belong, and the line goes to logs.
"""

from __future__ import annotations

import click

from .common import NAME


def fault(error: click.UsageError) -> str:
    """What was asked wrongly, in one line, and where to read how it is asked."""
    text = " ".join(_without_values(error).split()).removesuffix(".")
    where = NAME if error.ctx is None else error.ctx.command_path
    return f"{text[:1].lower()}{text[1:]}; see '{where} --help'"


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
            return f"there is no such option; did you mean '{option}', a blank and a value?"
    return error.format_message()


def _bad_value(error: click.BadParameter) -> str:
    if error.param is None or isinstance(error.param.type, (click.Path, click.File)):
        return error.format_message()
    text = f"invalid value for {error.param.get_error_hint(error.ctx)}"
    if isinstance(error.param.type, click.Choice):
        text += f"; it can be {' or '.join(map(str, error.param.type.choices))}"
    return text
