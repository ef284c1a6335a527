"""`man`: the manual page."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from .. import __version__
from ..errors import ProgramError
from ..system.programs import find_program
from .common import manners
from .page import page


@click.command("man")
@manners
@click.pass_context
def man_command(context: click.Context) -> None:
    """Show the manual page.

    On a terminal it is shown by man(1). Elsewhere its source is printed: what some installers
    leave out can be written to `~/.local/share/man/man1/git-credential-uvx.1`, and then
    `git credential-uvx --help` shows it.
    """
    group = context.find_root().command
    assert isinstance(group, click.Group)  # noqa: S101
    text = page(group, __version__)
    if not (sys.stdout.isatty() and _is_shown(text)):
        click.echo(text, nl=False)


def _is_shown(text: str) -> bool:
    """Let man(1) show it; False where it cannot."""
    try:
        man = find_program("man", os.environ.get("PATH", ""))
        done = subprocess.run([man, "-l", "-"], input=text.encode(), check=False)  # noqa: S603
    except (ProgramError, OSError):
        return False
    return done.returncode == 0
