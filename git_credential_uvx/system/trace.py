"""The trace: what this process does, one line a step, for whoever looks for a fault.

`GIT_CREDENTIAL_UVX_TRACE=1` and `--verbose` write it to standard error, an absolute path in that
variable adds it to that file. It also goes where `GIT_TRACE2_EVENT` sends Git's own trace. Git
operations import this module only if one of them is set.

Callers never put a secret into a line. Each line also goes through a function that masks what looks
like one. A trace that cannot be written never makes an operation fail.
"""

from __future__ import annotations

import os
import time

from .. import system
from ..errors import UvxError, system_fault
from . import platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[str], None]

_OFF = ("", "0", "false", "no", "off")
_ON = ("1", "true", "yes", "on")
_LINE_LIMIT = 4096  # characters


class _Trace:
    """Who gets the lines of this process, and since when it runs."""

    __slots__ = ("clean", "endings", "start", "writers")

    def __init__(self, clean: Callable[[str], str]) -> None:
        self.clean = clean
        self.start = time.monotonic()
        self.writers: list[Write] = []
        self.endings: list[Callable[[int], None]] = []


_current: _Trace | None = None


def begin(
    environ: Mapping[str, str],
    to_person: Write,
    clean: Callable[[str], str],
    about: str,
    *,
    verbose: bool = False,
) -> None:
    """Trace what follows as the environment asks for it, and with `verbose` to `to_person`.

    A second call can only add `to_person`.
    `clean` takes what may be a secret, and control characters, out of a line. The first line is
    `about`.
    """
    global _current
    if _current is not None:
        if verbose and to_person not in _current.writers:
            _current.writers.append(to_person)
        return
    if platform.has_rights_of_another():
        environ = {}  # somebody else chose the file
    traced = _Trace(clean)
    value = environ.get(system.TRACE, "")
    if verbose or value.lower() in _ON:
        traced.writers.append(to_person)
    if os.path.isabs(value):
        _add_file(traced, value, to_person)
    elif value.lower() not in (*_ON, *_OFF):
        to_person(f"{system.TRACE} is neither 1 nor an absolute path, so it is ignored")
    if environ.get(system.GIT_TRACE, "") not in _OFF:
        from . import trace2

        writer = trace2.writer(environ)
        if writer is not None:
            traced.writers.append(writer.write)
            traced.endings.append(writer.end)
    if traced.writers:
        _current = traced
        system.tracer = line
        line(about)


def line(text: str) -> None:
    """Trace one step; nothing happens if nobody wants a trace."""
    traced = _current
    if traced is None:
        return
    passed = 1000 * (time.monotonic() - traced.start)
    text = f"{traced.clean(text)[:_LINE_LIMIT]}  [{passed:.1f} ms]"
    for write in traced.writers:
        write(text)


def end(status: int) -> None:
    """End the trace; `status` is the exit status of this process."""
    global _current
    if _current is not None:
        for ending in _current.endings:
            ending(status)
    _current = system.tracer = None


def _add_file(traced: _Trace, path: str, to_person: Write) -> None:
    from .trace_file import open_trace

    try:
        descriptor = open_trace(path)
    except (UvxError, OSError) as error:
        fault = system_fault(error) if isinstance(error, OSError) else str(error)
        to_person(f"cannot be written: {fault}")
        return

    def write(text: str) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        platform.append_line(descriptor, f"{moment} [{os.getpid()}] {text}")

    traced.writers.append(write)
