"""A warning to people whose files other users can read."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from ..stores import uvfile
from ..stores.entries import COMPANION
from ..system import files
from .common import warn

if TYPE_CHECKING:
    from ..system.settings import Settings


def warn_if_readable(settings: Settings) -> None:
    """Warn if other users can read the files of the store.

    Git's own questions are not warned of that, because it would be said at every fetch.
    """
    paths = [os.path.join(settings.folder, name) for name in (uvfile.NAME, COMPANION)]
    readable = [path for path in paths if files.is_readable_by_others(path)]
    if readable:
        these = " ".join(map(shlex.quote, readable))
        warn(f"other users may read the passwords in {these}; run: chmod 600 {these}")
