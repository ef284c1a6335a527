"""Files, folders, locks, programs and the environment: the only part that touches them.

`platform` holds what depends on the system. `posix` is the only one yet; one for Windows would be
another file with the same names, chosen here.
"""

from . import posix as platform

__all__ = ("platform",)
