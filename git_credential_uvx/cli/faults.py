"""What is kept of an error that nobody foresaw: where it came from, and nothing that it handled."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback

import click

from .. import __version__
from ..errors import UvxError
from ..system import files
from ..system.replace import write_new
from ..system.settings import from_process


def unexpected(error: Exception) -> str:
    """One line about an error, after writing a report beside what we remember."""
    kind = type(error).__name__
    try:
        path = _write(report(error))
    except (UvxError, OSError):
        return f"this failed unexpectedly ({kind}), and no report of it could be written"
    return f"this failed unexpectedly ({kind}); '{path}' tells where, and holds no secret"


def report(error: BaseException) -> str:
    """Versions, the command, and each frame by file, line and function.

    No message, argument or variable is in it: any of them can hold a secret.
    """
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
