"""Files, folders, locks, programs and the environment: the only part that touches them.

`platform` holds what depends on the system. `posix` is the only one yet; one for Windows would be
another file with the same names, chosen here.

`tracer` takes one line of a trace, and is None while nobody wants one. Modules that Git operations
load call it directly. All others call `trace.line`.
"""

from __future__ import annotations

from . import posix as platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("GIT_TRACE", "TRACE", "platform", "tracer")

# The variables that ask for a trace: ours, and that of Git's own trace.
TRACE, GIT_TRACE = "GIT_CREDENTIAL_UVX_TRACE", "GIT_TRACE2_EVENT"

tracer: Callable[[str], None] | None = None

# Called with the path of a lock that this process waits for. Only commands for people set it,
# because Git shows what its helpers write.
on_wait: Callable[[str], None] | None = None
