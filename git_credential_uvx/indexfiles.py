"""Where uv's indexes are written down: the files, in the order in which they count.

Two things are simpler than in uv: the nearest file on the way up counts (uv goes on from a
workspace's member to its root), and the headers of scripts are not read.
"""

from __future__ import annotations

import os
import stat

from .errors import IndexesError
from .files import failure
from .indexes import Index, Layer, combined, from_environ, from_file, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE_LIMIT = 4 * 1024 * 1024  # bytes; a project's file is written by anybody

# What uv takes for yes and no (clap's BoolishValueParser).
_YES = frozenset(("1", "true", "t", "yes", "y", "on"))
_NO = frozenset(("0", "false", "f", "no", "n", "off"))


def discover(folder: str, environ: Mapping[str, str], home: str) -> list[Index]:
    """The indexes that uv knows in a folder. Raises IndexesError.

    `folder` is absolute; `home` is the home folder, empty for none.
    """
    layers = [from_environ(environ)]
    own = environ.get("UV_CONFIG_FILE")
    if own is not None:
        # A relative path leads into the folder, and so to a file of the project.
        path = os.path.join(folder, own)
        layer = _layer(path, trusted=os.path.isabs(own))
        if layer is None:
            raise IndexesError(f"cannot read '{shown(path)}' of UV_CONFIG_FILE: there is none")
        layers.append(layer)
    elif not _is_set("UV_NO_CONFIG", environ):
        found = [_project(folder), _user(environ, home)]
        if not _is_set("UV_NO_SYSTEM_CONFIG", environ):
            found.append(_system(environ))
        layers += [layer for layer in found if layer is not None]
    return combined(layers)


def _is_set(variable: str, environ: Mapping[str, str]) -> bool:
    text = environ.get(variable, "0").lower()
    if text not in _YES | _NO:
        raise IndexesError(f"{variable} is neither true nor false")
    return text in _YES


def _project(folder: str) -> Layer | None:
    while True:
        for name in ("uv.toml", "pyproject.toml"):
            layer = _layer(os.path.join(folder, name), trusted=False)
            if layer is not None:
                return layer
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)


def _user(environ: Mapping[str, str], home: str) -> Layer | None:
    config = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(config):
        if not os.path.isabs(home):
            return None
        config = os.path.join(home, ".config")
    return _layer(os.path.join(config, "uv", "uv.toml"), trusted=True)


def _system(environ: Mapping[str, str]) -> Layer | None:
    # uv takes relative folders too, from where it runs; a checkout would be one.
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    for folder in [*filter(os.path.isabs, folders), "/etc"]:
        layer = _layer(os.path.join(folder, "uv", "uv.toml"), trusted=True)
        if layer is not None:
            return layer
    return None


def _layer(path: str, *, trusted: bool) -> Layer | None:
    data = _read(path)
    return None if data is None else from_file(data, path, trusted=trusted)


def _read(path: str) -> bytes | None:
    try:
        # Without the flag, opening a FIFO would wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise IndexesError(str(failure("cannot read", shown(path), error))) from None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise IndexesError(f"cannot read '{shown(path)}': it is not a file")
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise IndexesError(f"cannot read '{shown(path)}': it is larger than {SIZE_LIMIT} bytes")
    return data
