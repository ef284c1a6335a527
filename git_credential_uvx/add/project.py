"""Which files `uv add` changes: a project's or a member's pyproject.toml, or a script, and the lock
(https://docs.astral.sh/uv/concepts/projects)."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import AddError, DocumentError, SourceError
from ..system import userfile
from ..toml.document import read_tree
from .edit import normalized

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = "pyproject.toml"
_MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class ProjectPlace:
    """The file that gets the requirements ("" if there is none), and others that may change."""

    file: str
    script: bool
    others: tuple[str, ...] = ()


def base_of(options: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The folder that the paths of arguments start from, as uv has it; "" for the working one."""
    return options.get("--directory") or environ.get("UV_WORKING_DIR", "")


def place_of(options: Mapping[str, str], environ: Mapping[str, str]) -> ProjectPlace:
    """Where requirements go with these options of uv. Raises AddError, and SourceError for a file
    that cannot be read."""
    base = base_of(options, environ)
    if "--script" in options:
        script = os.path.join(base, options["--script"])
        return ProjectPlace(script, script=True, others=(f"{script}.lock",))
    project = options.get("--project") or environ.get("UV_PROJECT", "")
    folder = os.path.abspath(os.path.join(base, project))
    own = next((path for path in _above(folder) if os.path.isfile(path)), "")
    if not own:
        return ProjectPlace("", script=False)
    root = _root(own)
    others = (os.path.join(os.path.dirname(root), "uv.lock"), root)
    name = options.get("--package")
    if name is None:
        return ProjectPlace(_shown(own), script=False, others=_shown_all(others, own))
    for path in (root, *_members(root)):
        if _name(path) == normalized(name):
            return ProjectPlace(_shown(path), script=False, others=_shown_all(others, path))
    raise AddError(f"there is no '{name}' in the workspace of '{_shown(root)}'")


def _above(folder: str) -> Iterator[str]:
    while True:
        yield os.path.join(folder, _NAME)
        if folder == (folder := os.path.dirname(folder)):
            return


def _root(own: str) -> str:
    """The pyproject.toml of a project's workspace, or its own if it has no workspace."""
    if _workspace(own) is not None:
        return own
    for path in _above(os.path.dirname(os.path.dirname(own))):
        if not os.path.isfile(path):
            continue
        if _workspace(path) is not None and own in _members(path):
            return path
    return own


def _workspace(path: str) -> dict[str, Any] | None:
    found = _find(path, "tool", "uv", "workspace")
    return found if isinstance(found, dict) else None


def _name(path: str) -> str:
    """The normal form of a project's name; "" for one without."""
    found = _find(path, "project", "name")
    return normalized(found) if isinstance(found, str) else ""


def _find(path: str, *keys: str) -> object:
    found: Any = _read(path)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _members(root: str) -> Iterator[str]:
    workspace = _workspace(root) or {}
    folder = os.path.dirname(root)
    left_out = set(_matches(folder, workspace.get("exclude")))
    for match in _matches(folder, workspace.get("members")):
        path = os.path.join(match, _NAME)
        if match not in left_out and os.path.isfile(path):
            yield path


def _matches(folder: str, patterns: object) -> Iterator[str]:
    for pattern in patterns if isinstance(patterns, list) else ():
        found = glob.iglob(os.path.join(glob.escape(folder), str(pattern)), recursive=True)
        for number, match in enumerate(found):
            if number > _MOST_MEMBERS:
                raise AddError(f"the workspace of '{folder}' has too many members")
            yield os.path.normpath(match)


def _read(path: str) -> dict[str, Any]:
    try:
        return read_tree(userfile.read(path).data)
    except DocumentError as error:
        place = f", line {error.line}" if error.line else ""
        raise SourceError(f"cannot read '{path}'{place}: {error}") from None


def _shown(path: str) -> str:
    """The path as a person in the working folder would write it, if it is below."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


def _shown_all(paths: tuple[str, ...], but: str) -> tuple[str, ...]:
    return tuple(_shown(path) for path in dict.fromkeys(paths) if path != but)
