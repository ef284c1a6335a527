"""Events for Git's own trace (`GIT_TRACE2_EVENT`): JSON, one object a line, as Git writes them.

Git gives its session in `GIT_TRACE2_PARENT_SID` to whatever it starts. Our session stands below it,
so tools that read such files see this helper as a child of that Git.
"""

from __future__ import annotations

import json
import os
import sys
import time

from .. import system
from ..errors import UvxError
from . import platform
from .trace_file import open_trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PARENT = "GIT_TRACE2_PARENT_SID"
_STDERR = ("1", "2", "true")  # 2 is the descriptor; Git inherits no other one to its helpers
_FORMAT = "3"  # of the events below, which no later version has changed
_MILLION = 1_000_000


class Writer:
    """One session in Git's trace. It begins when it is made."""

    __slots__ = ("_descriptor", "_sid", "_start")

    def __init__(self, descriptor: int, sid: str) -> None:
        self._descriptor = descriptor
        self._sid = sid
        self._start = time.monotonic()
        self._event("version", evt=_FORMAT, exe="git-credential-uvx")
        # Arguments can hold what nobody should see, so only the name of the command is there.
        self._event("start", t_abs=0.0, argv=["git-credential-uvx", *_command(sys.argv[1:])])
        self._event("cmd_name", name="credential-uvx", hierarchy="credential-uvx")

    def write(self, text: str) -> None:
        """One line of the trace, as an event."""
        passed = self._passed()
        self._event(
            "data",
            t_abs=passed,
            t_rel=passed,
            nesting=1,
            category="credential-uvx",
            key="trace",
            value=text,
        )

    def end(self, status: int) -> None:
        """The end of the session."""
        for event in ("exit", "atexit"):
            self._event(event, t_abs=self._passed(), code=status)

    def _passed(self) -> float:
        return round(time.monotonic() - self._start, 6)

    def _event(self, event: str, **fields: object) -> None:
        head = {"event": event, "sid": self._sid, "thread": "main", "time": _moment("-", ":")}
        platform.append_line(
            self._descriptor, json.dumps({**head, **fields}, separators=(",", ":"))
        )


def writer(environ: Mapping[str, str]) -> Writer | None:
    """The writer for where Git sends its trace; None if that is neither a file nor standard
    error."""
    target = environ.get(system.GIT_TRACE, "")
    sid = f"{_moment('', '')}-Localhost-P{os.getpid():08x}"
    if environ.get(_PARENT):
        sid = f"{environ[_PARENT]}/{sid}"
    if target.lower() in _STDERR:
        return Writer(2, sid)
    if not os.path.isabs(target):
        return None
    if os.path.isdir(target):  # Git makes a file for each session
        target = os.path.join(target, sid.rpartition("/")[2])
    try:
        return Writer(open_trace(target), sid)
    except (UvxError, OSError):
        return None


def _command(arguments: list[str]) -> list[str]:
    names = (word for word in arguments if not word.startswith("-"))
    return [word for word in names if word.replace("-", "").isalpha()][:1]


def _moment(dash: str, colon: str) -> str:
    now = time.time_ns() // 1000
    form = f"%Y{dash}%m{dash}%dT%H{colon}%M{colon}%S"
    return f"{time.strftime(form, time.gmtime(now // _MILLION))}.{now % _MILLION:06d}Z"
