"""The command that `sanitize` proposes: it writes what can be written of the files asked for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from .common import is_shown_as_it_is, next_step, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sanitize.files import Checked
    from .sanitize_files import Job


def advise(options: Sequence[str], named: Sequence[str]) -> None:
    """Show a person the command that writes these files and folders."""
    end = ["--"] if any(path.startswith("-") for path in named) else []
    if all(map(is_shown_as_it_is, named)):
        next_step("sanitize", "--write", *options, *end, *named)


def advise_to_stage(named: Sequence[str]) -> None:
    """Show a person the command of git that stages these files again."""
    if all(map(is_shown_as_it_is, named)):
        say(f"then: {shlex.join(['git', 'add', '--', *named])}")


def advise_on(
    jobs: Sequence[Job],
    options: Sequence[str],
    folder_options: Sequence[str],
    found: Sequence[Checked],
    writable: Sequence[str],
    *,
    is_all: bool,
) -> None:
    """Show a person the command that writes the files of `writable`; nothing for none.

    If these are all files with secrets that can be taken out, it names the arguments as they were
    given, or none with `is_all`. Otherwise it names the files, and `folder_options` do not count.
    """
    named: list[str] = []
    removable = {one.path for one in found if one.removable}
    if removable - set(writable):
        named = [path for path in writable if is_shown_as_it_is(path)]
        if named:
            advise(options, named)
    elif writable:
        if not is_all:
            named = list(dict.fromkeys(job.argument for job in jobs if job.shown in removable))
        advise([*options, *folder_options], named)
