"""The file that a trace goes to: which may be one, so that a trace never changes a store.

`GIT_CREDENTIAL_UVX_TRACE` and `GIT_TRACE2_EVENT` can name any path, in an environment that a build
script or a CI job has filled.
"""

from __future__ import annotations

import os

from ..errors import StoreError
from . import platform
from .files import chmod, identity
from .settings import from_process


def open_trace(path: str) -> int:
    """A file of this user's that a trace may be added to, made with mode 0600.

    Raises OSError, and StoreError for a file of ours and for one that others can change.
    """
    # This comes first: a file that does not exist yet is not made where one of ours belongs.
    if _is_ours(path):
        raise StoreError(f"'{path}' belongs to the store or the configuration")
    if os.path.islink(path):
        raise StoreError(f"'{path}' is a symlink")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise StoreError(f"'{path}' is not a file")
    descriptor = platform.open_to_append(path)
    status = os.fstat(descriptor)
    if platform.is_writable_by_all(status) or platform.is_writable_by_group(status):
        os.close(descriptor)
        raise StoreError(f"other users can change '{path}'{chmod('go-w', {path: status})}")
    return descriptor


def _is_ours(path: str) -> bool:
    """Whether a path leads to a file of the store or the configuration, or into a folder in which
    every file is ours."""
    settings = from_process()
    folders = [each for each in (settings.folder, settings.state, settings.runtime) if each]
    above = os.path.dirname(os.path.realpath(path))
    if identity(above) in map(identity, folders):
        return True
    files = [settings.config] if settings.config else []
    for folder in folders:
        try:
            files += [os.path.join(folder, name) for name in os.listdir(folder)]
        except OSError:
            continue  # a folder that is not there has no files
    return identity(path) in map(identity, files)
