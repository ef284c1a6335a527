"""`man`: the manual page."""

from __future__ import annotations

import os
import pkgutil
import sys
from shutil import get_terminal_size

import click

from ..system.programs import show
from .common import NAME, manners, trace

_PAGE = f"{NAME}.1"  # made by `make man`


@click.command("man")
@manners
def man_command() -> None:
    """Show the manual page.

    In a terminal, man(1) shows it, or it is printed as plain text. Elsewhere its source is printed.
    Some installers leave the page out: write it to `~/.local/share/man/man1/git-credential-uvx.1`,
    and `git credential-uvx --help` shows it.
    """
    # Each man takes an absolute path; not every one has `-l`, or reads standard input.
    path = os.path.join(os.path.dirname(__file__), _PAGE)
    trace(f"the manual page is '{path}'")
    if not sys.stdout.isatty():
        click.echo(pkgutil.get_data(__package__, _PAGE), nl=False)
    elif not show(("man", path), os.environ):
        from .plain_page import plain

        page = pkgutil.get_data(__package__, _PAGE) or b""
        click.echo(plain(page.decode(), get_terminal_size().columns), nl=False)
