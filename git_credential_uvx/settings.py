"""What the environment says; the one module that reads it for Git operations."""

from __future__ import annotations

import os
import sys

from .errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCK_TIMEOUT = 300.0  # seconds, uv's own default
READ_TIMEOUT = 10.0  # seconds that a `get` waits for the lock at most


class Settings:
    """`folder` is where uv keeps its credentials, `lock_timeout` in seconds.

    `any_owner` is whether a store of another user is fine: for root, but not under sudo, where
    it would be the store of the person who called sudo.
    """

    __slots__ = ("any_owner", "folder", "lock_timeout")

    def __init__(self, folder: str, lock_timeout: float, any_owner: bool) -> None:
        self.folder = folder
        self.lock_timeout = lock_timeout
        self.any_owner = any_owner


def from_process() -> Settings:
    """The settings of this process. Raises StoreError."""
    environ: Mapping[str, str] = os.environ
    if os.getuid() != os.geteuid():
        # Somebody else chose these variables for a program with our rights.
        environ = {}
    return Settings(
        credentials_folder(environ, _home(environ), sys.platform, os.path.isdir),
        lock_timeout(environ),
        os.geteuid() == 0 and "SUDO_UID" not in os.environ,
    )


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME")
    if home:
        return home
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def credentials_folder(
    environ: Mapping[str, str], home: str, platform: str, is_folder: Callable[[str], bool]
) -> str:
    """The folder of uv's credentials, as uv finds it (`uv auth dir`).

    `platform` is `sys.platform`. Raises StoreError for a path that is not absolute: it would
    depend on the working directory, and Git's is a place that others may have filled.
    """
    folder = environ.get("UV_CREDENTIALS_DIR")
    if folder:
        return _absolute(folder, "UV_CREDENTIALS_DIR")
    if platform == "darwin":
        support = os.path.join(home, "Library", "Application Support", "uv")
        if home and is_folder(support):
            return _absolute(os.path.join(support, "credentials"), "HOME")
    data = environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):
        return os.path.join(data, "uv", "credentials")
    if not home:
        raise StoreError("there is no home folder; set HOME or UV_CREDENTIALS_DIR")
    return _absolute(os.path.join(home, ".local", "share", "uv", "credentials"), "HOME")


def _absolute(path: str, variable: str) -> str:
    if not os.path.isabs(path):
        raise StoreError(f"{variable} must be an absolute path")
    return path


def lock_timeout(environ: Mapping[str, str]) -> float:
    """Seconds to wait for the lock: UV_LOCK_TIMEOUT, or uv's default where uv ignores it."""
    text = environ.get("UV_LOCK_TIMEOUT", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else LOCK_TIMEOUT
