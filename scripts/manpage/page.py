"""The manual page, made of the help texts of the commands; no input or output."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from git_credential_uvx.cli.common import NAME

from . import roff, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[2] / "git_credential_uvx" / "cli" / f"{NAME}.1"

# They have a section of their own.
_COMMON = frozenset(("--quiet", "--verbose", "--help"))


def page(command: click.Group, version: str) -> str:
    """The page of a group of commands, for man(1).

    It holds no date, so it changes only with the texts and the version.
    """
    context = click.Context(command, info_name=NAME)
    summary, _, description = cleandoc(command.help or "").partition("\n\n")
    lines = [
        *roff.title(NAME, f"{NAME} {version}"),
        *roff.section("NAME"),
        *roff.name(NAME, summary),
        *roff.section("SYNOPSIS"),
        *roff.example(texts.SYNOPSIS),
        *roff.section("DESCRIPTION"),
        *roff.prose(description),
        *roff.section("COMMANDS"),
        *_commands(context),
        *roff.section("OPTIONS"),
        *roff.definitions(texts.OPTIONS),
        *roff.section("GIT OPERATIONS"),
        *roff.prose(texts.OPERATIONS),
        *roff.definitions(texts.OPERATION_LIST),
        *roff.section("ENVIRONMENT"),
        *roff.definitions(texts.ENVIRONMENT),
        *roff.section("FILES"),
        *roff.definitions(texts.FILES),
        *roff.section("EXIT STATUS"),
        *roff.definitions(texts.STATUSES),
        *roff.section("EXAMPLES"),
        *(line for text, typed in texts.EXAMPLES for line in _example(text, typed)),
        *roff.section("SEE ALSO"),
        *roff.references(texts.SEE_ALSO),
    ]
    return roff.document(lines)


def _example(text: str, typed: str) -> list[str]:
    return [*roff.prose(text), *roff.example(typed)]


def _commands(context: click.Context, before: str = "") -> Iterator[str]:
    """Each command of the group in `context`, and those of the groups in it."""
    group = context.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        words = f"{before}{name}"
        yield from roff.subsection(" ".join([words, *_usage(command, inner)]))
        yield from roff.prose(cleandoc(command.help or ""))
        yield from roff.definitions(_options(command, inner))
        if isinstance(command, click.Group):
            yield from _commands(inner, f"{words} ")


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    # Spelled here and not by click, whose versions differ in it.
    parameters = command.get_params(context)
    if any(isinstance(p, click.Option) and not _is_common(p) for p in parameters):
        yield "[OPTIONS]"
    for parameter in parameters:
        if isinstance(parameter, click.Argument):
            word = parameter.metavar or _values(parameter) or (parameter.name or "").upper()
            many = "..." if parameter.nargs != 1 else ""
            if word.endswith("..."):
                yield word  # it says itself that there can be several
                continue
            yield f"{word}{many}" if parameter.required else f"[{word.strip('[]')}{many}]"
    if isinstance(command, click.Group):
        yield "COMMAND"


def _options(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """Each option of the command's own with its text."""
    return [
        (_term(parameter), _text(parameter))
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option)
        and not parameter.hidden
        and not _is_common(parameter)
    ]


def _is_common(option: click.Option) -> bool:
    return not _COMMON.isdisjoint(option.opts)


def _term(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} {option.metavar or _values(option) or option.type.name.upper()}"


def _text(option: click.Option) -> str:
    text = option.help or ""
    # To repeat a flag means nothing, even if click collects its values.
    repeats = option.multiple and not option.is_flag
    return f"{text} Can be repeated.".lstrip() if repeats else text


def _values(parameter: click.Parameter) -> str:
    """The choices of a parameter; "" if it has none."""
    if not isinstance(parameter.type, click.Choice):
        return ""
    return f"{{{'|'.join(str(choice) for choice in parameter.type.choices)}}}"
