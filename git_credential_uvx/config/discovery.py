"""Finds the files that configure uv's indexes, in order of precedence.

Two things are simpler than in uv: only the nearest file on the way up counts (uv continues from a
workspace's member to its root), and the headers of scripts are not read.
"""

from __future__ import annotations

import os

from ..errors import DocumentError, IndexesError, printable
from ..system.files import File, failure, parents
from ..system.settings import system_files, truth, user_file, uv_files
from ..toml.values import read_values
from .indexes import Index, Layer, combined, from_environ, from_file, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVE_AUTH = "native-auth"  # the preview feature with which uv uses the store of the system
SIZE_LIMIT = 1024 * 1024  # bytes; a project's file is written by anybody


def discover(
    folder: str, environ: Mapping[str, str], home: str, faults: list[str] | None = None
) -> list[Index]:
    """The indexes that uv knows in a folder; see `layers_of`.

    `folder` is absolute; `home` is the home folder, empty for none.
    """
    return combined(layers_of(folder, environ, home, faults))


def layers_of(
    folder: str, environ: Mapping[str, str], home: str, faults: list[str] | None = None
) -> list[Layer]:
    """What each place says, in order of precedence. Raises IndexesError.

    With `faults`, a pyproject.toml that cannot be used is ignored, as in uv, and the reason is
    added to `faults`.
    """
    layers = [from_environ(environ)]
    own = environ.get("UV_CONFIG_FILE")
    if own is not None:
        # A relative path depends on the folder, so it names a file of the project.
        path = os.path.join(folder, own)
        layer = _layer(path, trusted=os.path.isabs(own))
        if layer is None:
            raise IndexesError(f"cannot read '{printable(path)}' of UV_CONFIG_FILE: file not found")
        layers.append(layer)
    elif not _is_set("UV_NO_CONFIG", environ):
        found = [_project(folder, faults), _user(environ, home)]
        if not _is_set("UV_NO_SYSTEM_CONFIG", environ):
            found.append(_system(environ))
        layers += [layer for layer in found if layer is not None]
    return layers


def _is_set(variable: str, environ: Mapping[str, str]) -> bool:
    said = truth(environ.get(variable, "0"))
    if said is None:
        raise IndexesError(f"{variable} is neither true nor false")
    return said


def _project(folder: str, faults: list[str] | None) -> Layer | None:
    for place in (folder, *parents(folder)):
        for name in ("uv.toml", "pyproject.toml"):
            try:
                layer = _layer(os.path.join(place, name), trusted=False)
            except IndexesError as error:
                if faults is None or name != "pyproject.toml":
                    raise
                faults.append(f"{error}; its indexes are ignored")
                continue
            if layer is not None:
                return layer
    return None


def _user(environ: Mapping[str, str], home: str) -> Layer | None:
    path = user_file(environ, home)
    return None if path is None else _layer(path, trusted=True)


def _system(environ: Mapping[str, str]) -> Layer | None:
    layers = (_layer(path, trusted=True) for path in system_files(environ))
    return next((layer for layer in layers if layer is not None), None)


def keyring_provider(environ: Mapping[str, str], home: str) -> str | None:
    """The `keyring-provider` of the user's or the system's uv.toml; None if neither says.

    A project's file is not read, because it must not decide that a program runs. Raises
    IndexesError.
    """
    for path in _own_files(environ, home):
        data = _read(path)
        if data is not None and b"keyring-provider" in data:
            provider = setting(data, path, "keyring-provider")
            if provider is not None:
                return provider
    return None


def native_auth(environ: Mapping[str, str], home: str) -> list[str]:
    """What makes uv use the system's store instead of its file: variables, and files in quotes.

    Of files, those of the user and the system count. One that cannot be read says nothing.
    """
    found = ["UV_PREVIEW"] if truth(environ.get("UV_PREVIEW", "")) is True else []
    named = environ.get("UV_PREVIEW_FEATURES", "").split(",")
    if NATIVE_AUTH in [one.strip() for one in named]:
        found.append("UV_PREVIEW_FEATURES")
    try:
        paths = _own_files(environ, home)
    except IndexesError:
        return found
    for path in paths:
        tree = _tree(path)
        features = tree.get("preview-features")
        if tree.get("preview") is True or (isinstance(features, list) and NATIVE_AUTH in features):
            found.append(f"'{path}'")
    return found


def _tree(path: str) -> Mapping[str, object]:
    try:
        return read_values(_read(path) or b"").tree
    except (IndexesError, DocumentError, ValueError):
        return {}


def _own_files(environ: Mapping[str, str], home: str) -> list[str]:
    """The uv.toml files of the user and the system. Raises IndexesError."""
    own = environ.get("UV_CONFIG_FILE")
    if own is not None:
        return [own] if os.path.isabs(own) else []
    return [] if _is_set("UV_NO_CONFIG", environ) else uv_files(environ, home)


def _layer(path: str, *, trusted: bool) -> Layer | None:
    data = _read(path)
    return None if data is None else from_file(data, path, trusted=trusted)


def _read(path: str) -> bytes | None:
    try:
        with File(path) as file:
            if not file.is_regular:
                raise IndexesError(f"cannot read '{printable(path)}': it is not a file")
            data = file.read(SIZE_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise IndexesError(str(failure("cannot read", printable(path), error))) from None
    if len(data) > SIZE_LIMIT:
        raise IndexesError(f"cannot read '{printable(path)}': it is larger than {SIZE_LIMIT} bytes")
    return data
