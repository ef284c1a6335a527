"""`man`: the manual page."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys

import click

from ..errors import ProgramError
from ..system.programs import find_program
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
    if not (sys.stdout.isatty() and _is_shown(os.path.join(os.path.dirname(__file__), _PAGE))):
        click.echo(pkgutil.get_data(__package__, _PAGE), nl=False)


def _is_shown(path: str) -> bool:
    """Let man(1) show a file; False if it cannot."""
    try:
        man = find_program("man", os.environ.get("PATH", ""))
        # Each man takes an absolute path; not every one has `-l`, or reads standard input.
        done = subprocess.run([man, path], stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    except (ProgramError, OSError):
        return False
    return done.returncode == 0
