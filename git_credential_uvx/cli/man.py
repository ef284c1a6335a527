"""`man`: the manual page."""

from __future__ import annotations

import os
import pkgutil
import sys

import click

from ..system.programs import show
from .common import NAME, manners

_PAGE = f"{NAME}.1"  # made by `make man`


@click.command("man")
@manners
def man_command() -> None:
    """Show the manual page.

    In a terminal, man(1) shows it. Otherwise its source is printed. Some installers leave the page
    out: write it to `~/.local/share/man/man1/git-credential-uvx.1`, and `git credential-uvx --help`
    shows it.
    """
    # Each man takes an absolute path; not every one has `-l`, or reads standard input.
    path = os.path.join(os.path.dirname(__file__), _PAGE)
    if not (sys.stdout.isatty() and show(("man", path), os.environ)):
        click.echo(pkgutil.get_data(__package__, _PAGE), nl=False)
