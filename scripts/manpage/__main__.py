"""Write the manual page into the package."""

from __future__ import annotations

from git_credential_uvx import __version__
from git_credential_uvx.cli import command

from .page import FILE, page

if __name__ == "__main__":
    FILE.write_text(page(command, __version__))
