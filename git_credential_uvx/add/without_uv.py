"""What `uv add --frozen` writes into a pyproject.toml, where there is no uv; no input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ..errors import AddError
from ..urls.parts import origin, split_authority, without_userinfo
from .edit import ProjectFile

if TYPE_CHECKING:
    from .plan import Plan

_REVISIONS = ("rev", "tag", "branch")

# fmt: off
# Options of uv that this does, and those that say nothing about the file.
_DONE = {
    "--dev", "--group", "--optional", "--script", "--raw", "--package", "--project", "--directory",
    "--index", "--default-index", "--marker", "--extra", "--requirements", "--rev", "--tag",
    "--branch",
}
_NOTHING = {
    "--frozen", "--no-sync", "--quiet", "--verbose", "--offline", "--no-progress", "--", "--color",
    "--no-config", "--no-cache", "--cache-dir", "--python", "--active", "--no-install-project",
    "--no-install-workspace", "--no-install-local", "--no-install-package", "--find-links",
    "--index-url", "--extra-index-url",
}
# fmt: on


def edited(text: str, plan: Plan, *, script: bool) -> str:
    """The text of a project's file with what the plan adds. Raises AddError for what only uv can
    do."""
    options = plan.words.options
    for option in options:
        if option not in _DONE | _NOTHING:
            raise AddError(f"there is no uv, and '{option}' needs it")
    if plan.options_in_files:
        raise AddError("there is no uv, and an option in a requirements file needs it")
    edit = ProjectFile(text, script=script)
    if not script and plan.table[0] == "project" and "project" not in edit.tree:
        raise AddError("it has no [project] table")
    given = [one for one in plan.indexes if one[0] in ("--index", "--default-index")]
    indexes = [_index(value, default=option == "--default-index") for option, value in given]
    # Of one index with a name uv knows that the requirement is meant to come from it.
    only = indexes[0].get("name") if len(indexes) == 1 else None
    for line in plan.requirements:
        _add(edit, plan, line, str(only or ""))
    for index in indexes:
        edit.put_index(index)
    return edit.text()


def raw_lines(text: str, plan: Plan, *, script: bool) -> dict[str, int]:
    """The line (from 1) that each requirement will stand in, as it is given."""
    edit = ProjectFile(text, script=script)
    for line in plan.requirements:
        edit.put(line, plan.table)
    text = edit.text()
    quoted = {line: line.replace("\\", "\\\\").replace('"', '\\"') for line in plan.requirements}
    return {line: text.partition(quoted[line])[0].count("\n") + 1 for line in quoted}


def _add(edit: ProjectFile, plan: Plan, line: str, index: str) -> None:
    options = plan.words.options
    new = _requirement(line, options.get("--marker", ""))
    url = new.url
    if any(f"--{key}" in options for key in _REVISIONS) and not _is_git(url):
        raise AddError("there is no uv, and a Git reference needs it where no Git URL is given")
    name, versions, extras = canonicalize_name(new.name), _versions(new), {*new.extras}
    extras.update(plan.words.many.get("--extra", ()))
    marker = _marker(new)
    old = _old(edit.named(name, plan.table), marker, keeps_url=not versions and url is None)
    if old is not None:
        extras |= old.extras
        versions = versions or _versions(old)
    head = name + (f"[{','.join(sorted(map(canonicalize_name, extras)))}]" if extras else "")
    tail = f" ; {marker}" if marker else ""
    whole = any(kept.whole and kept.url in without_userinfo(url or "") for kept in plan.kept)
    if url is not None and ("--raw" in options or whole):
        edit.put(f"{head} @ {url}{tail}", plan.table)
        return
    edit.put(f"{head}{versions}{tail}", plan.table)
    if url is not None:
        edit.put_source(name, _source(url, plan))
    elif index:
        edit.put_source(name, {"index": index})


def _requirement(line: str, marker: str = "") -> Requirement:
    """A requirement, or the URL of a wheel as one, with one more marker."""
    wheel = _wheel(line.strip())
    try:
        found = Requirement(f"{wheel} @ {line}" if wheel else line)
        if marker:
            found.marker = Marker(f"({found.marker}) and ({marker})" if found.marker else marker)
    except InvalidRequirement:
        raise AddError(
            "there is no uv, and it needs uv to add anything but 'NAME' or 'NAME @ URL'"
        ) from None
    except InvalidMarker:
        raise AddError("the marker is not valid") from None
    return found


def _wheel(url: str) -> str | None:
    """The name of the package whose wheel a URL names; or None."""
    scheme, mark, path = url.partition("#")[0].partition("?")[0].partition("://")
    try:
        is_url = mark and scheme.isidentifier()
        return parse_wheel_filename(unquote(path.rpartition("/")[2]))[0] if is_url else None
    except InvalidWheelFilename:
        return None


def _versions(requirement: Requirement) -> str:
    """The versions in the order in which uv writes them."""
    try:
        key = {one: Version(one.version.removesuffix(".*")) for one in requirement.specifier}
    except InvalidVersion:
        raise AddError("there is no uv, and '===' needs it") from None
    return ",".join(str(one) for one in sorted(key, key=key.__getitem__))


def _marker(requirement: Requirement) -> str:
    """The marker as uv writes it, but for its own forms of versions; "" for none."""
    marker = str(requirement.marker or "")
    return marker if "'" in marker else marker.replace('"', "'")


def _old(there: list[str], marker: str, *, keeps_url: bool) -> Requirement | None:
    """The requirement that is there, into which uv merges a new one; None for none. Raises AddError
    where uv would add a second one, or none."""
    if not there:
        return None
    try:
        old = Requirement(there[0])
        if len(there) == 1 and _marker(old) == marker and not (keeps_url and old.url):
            return old
    except InvalidRequirement:
        pass
    raise AddError("there is no uv, and it needs uv to merge it with one of its name")


def _source(url: str, plan: Plan) -> dict[str, str]:
    options = plan.words.options
    base, _, fragment = url.removeprefix("git+").partition("#")
    folder = [part[13:] for part in fragment.split("&") if part.startswith("subdirectory=")]
    inner = {"subdirectory": folder[0]} if folder else {}
    if not _is_git(url):
        return {"url": base} | inner
    scheme, login, host, path = split_authority(base.partition("?")[0], "/")
    path, at, revision = path.rpartition("@") if "@" in path else (path, "", "")
    # uv drops a username that services prescribe, and keeps a login name of ssh.
    scheme = scheme.lower()
    is_kept = any(f"{kept.userinfo}@" == login for kept in plan.kept)
    login = login if scheme == "ssh://" or is_kept else ""
    source = {"git": f"{scheme}{login}{origin(scheme + host)[1]}{path}"} | inner
    given = {key: options[f"--{key}"] for key in _REVISIONS if f"--{key}" in options}
    return source | (given or ({"rev": revision} if at else {}))


def _is_git(url: str | None) -> bool:
    return url is not None and url.lower().startswith("git+")


def _index(value: str, *, default: bool) -> dict[str, str | bool]:
    name, equals, url = value.partition("=")
    named = bool(equals) and "://" not in name and "/" not in name
    found: dict[str, str | bool] = {"name": name} if named else {}
    found["url"] = url if named else value
    if default:
        found["default"] = True
    return found
