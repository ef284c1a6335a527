"""`help`, and `version`, for people who type these words in place of options."""

from __future__ import annotations

import click

from . import OPERATIONS
from .common import NAME
from .unknown import error

_OPERATION = """\
Usage: {name} {operation}

  {summary}

  Git runs this by itself; people use '{name} {instead}'.
{reads}"""
_READS = """
  It reads a request from standard input: lines such as 'protocol=https' and
  'host=git.example.com', then an empty line. git-credential(1) has all keys.
"""


# What people use in place of an operation.
_INSTEAD = {
    "get": "token HOST",
    "store": "login HOST",
    "erase": "logout HOST",
    "capability": "doctor",
}


@click.command("help")
@click.argument("command", required=False)
@click.pass_context
def help_command(context: click.Context, command: str | None) -> None:
    """Show the help of this command, or of COMMAND."""
    root = context.find_root()
    if command is None:
        click.echo(root.get_help())
    elif command in OPERATIONS:
        click.echo(_help_of_operation(command), nl=False)
    else:
        click.echo(_help_of(root, command))


def _help_of_operation(name: str) -> str:
    return _OPERATION.format(
        name=NAME,
        operation=name,
        summary=OPERATIONS[name],
        instead=_INSTEAD[name],
        reads="" if name == "capability" else _READS,
    )


def _help_of(root: click.Context, name: str) -> str:
    group = root.command
    assert isinstance(group, click.Group)  # noqa: S101
    found = group.get_command(root, name)
    if found is None:
        raise click.UsageError(error(name, (), group.list_commands(root)), root)
    return found.get_help(click.Context(found, info_name=name, parent=root))


@click.command("version")
@click.pass_context
def version_command(context: click.Context) -> None:
    """Show the version."""
    root = context.find_root()
    option = next(o for o in root.command.params if o.name == "version")
    option.handle_parse_result(root, {"version": True}, [])
