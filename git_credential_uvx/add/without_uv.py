"""What `uv add --frozen` writes into a pyproject.toml, where there is no uv; no input or output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import AddError
from ..urls.parts import origin, split_authority, without_userinfo
from .edit import Edit, normalized

if TYPE_CHECKING:
    from .plan import Plan

_REQUIREMENT = re.compile(
    r"\s*+(?P<name>(?>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))"
    r"\s*+(?P<extras>\[[^\]]*+\])?\s*+"
    r"(?:@\s*+(?P<url>[A-Za-z][A-Za-z0-9+.-]*+://\S+)|(?P<versions>[^;@]*+))\s*+"
    r"(?:;\s*+(?P<marker>.*+))?\s*+$"
)
_WHEEL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s?#]*/([A-Za-z0-9._]+)-[0-9][^/\s?#]*\.whl(?:[?#]\S*)?"
)
_REVISIONS = ("rev", "tag", "branch")

# Options of uv that this does, and those that say nothing about the file.
_DONE = frozenset(
    (
        *("--dev", "--group", "--optional", "--script", "--raw", "--package", "--project"),
        *("--directory", "--index", "--default-index", "--marker", "--extra", "--requirements"),
        *(f"--{name}" for name in _REVISIONS),
    )
)
_NOTHING = frozenset(
    (
        *("--frozen", "--no-sync", "--quiet", "--verbose", "--offline", "--no-progress", "--"),
        *("--color", "--no-config", "--no-cache", "--cache-dir", "--python", "--active"),
        *("--no-install-project", "--no-install-workspace", "--no-install-local"),
        *("--no-install-package", "--find-links", "--index-url", "--extra-index-url"),
    )
)


def edited(text: str, plan: Plan, *, script: bool) -> str:
    """The text of a project's file with what the plan adds. Raises AddError for what only uv can
    do."""
    options = plan.words.options
    for option in options:
        if option not in _DONE | _NOTHING:
            raise AddError(f"there is no uv, and '{option}' needs it")
    if plan.options_in_files:
        raise AddError("there is no uv, and an option in a requirements file needs it")
    edit = Edit(text, script=script)
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
    edit = Edit(text, script=script)
    for line in plan.requirements:
        edit.put(line, plan.table)
    text = edit.text()
    quoted = {line: line.replace("\\", "\\\\").replace('"', '\\"') for line in plan.requirements}
    return {line: text.partition(quoted[line])[0].count("\n") + 1 for line in quoted}


def _add(edit: Edit, plan: Plan, line: str, index: str) -> None:
    options = plan.words.options
    match = _REQUIREMENT.match(line)
    if "://" in line and (match is None or match["url"] is None):
        wheel = _WHEEL.fullmatch(line.strip())
        match = _REQUIREMENT.match(f"{wheel[1]} @ {line.strip()}") if wheel else None
    if match is None or "/" in match["name"] or match["versions"] in ("/", "\\"):
        raise AddError("there is no uv, and it needs uv to add anything but 'NAME' or 'NAME @ URL'")
    if any(f"--{key}" in options for key in _REVISIONS) and not _is_git(match["url"]):
        raise AddError("there is no uv, and a Git reference needs it where no Git URL is given")
    name, url = normalized(match["name"]), match["url"]
    inner = [*_extras(match), *plan.words.many.get("--extra", ())]
    marker = " and ".join(filter(None, ((match["marker"] or "").rstrip(), options.get("--marker"))))
    versions = (match["versions"] or "").strip()
    old = _old(edit.named(name, plan.table), marker, keeps_url=not versions and url is None)
    if old is not None:
        inner = sorted({*inner, *_extras(old)})
        versions = versions or (old["versions"] or "").strip()
    extras = f"[{','.join(dict.fromkeys(inner))}]" if inner else ""
    tail = f" ; {marker}" if marker else ""
    whole = any(kept.whole and kept.url in without_userinfo(url or "") for kept in plan.kept)
    if url is not None and ("--raw" in options or whole):
        edit.put(f"{name}{extras} @ {url}{tail}", plan.table)
        return
    edit.put(f"{name}{extras}{versions}{tail}", plan.table)
    if url is not None:
        edit.put_source(name, _source(url, options))
    elif index:
        edit.put_source(name, {"index": index})


def _extras(match: re.Match[str]) -> list[str]:
    return [part.strip() for part in (match["extras"] or "").strip("[]").split(",") if part.strip()]


def _old(there: list[str], marker: str, *, keeps_url: bool) -> re.Match[str] | None:
    """The requirement that is there, into which uv merges a new one; None for none. Raises AddError
    where uv would add a second one, or none."""
    if not there:
        return None
    match = _REQUIREMENT.match(there[0])
    alike = match is not None and _plain(match["marker"] or "") == _plain(marker)
    if len(there) > 1 or match is None or not alike or (keeps_url and match["url"]):
        raise AddError("there is no uv, and it needs uv to merge it with one of its name")
    return match


def _plain(marker: str) -> str:
    return "".join(marker.split()).replace('"', "'")


def _source(url: str, options: dict[str, str]) -> dict[str, str]:
    base, _, fragment = url.removeprefix("git+").partition("#")
    folder = [part[13:] for part in fragment.split("&") if part.startswith("subdirectory=")]
    inner = {"subdirectory": folder[0]} if folder else {}
    if not _is_git(url):
        return {"url": base} | inner
    scheme, login, host, path = split_authority(base.partition("?")[0], "/")
    path, at, revision = path.rpartition("@") if "@" in path else (path, "", "")
    scheme = scheme.lower()
    # A name that services prescribe goes, as uv has it; a login name of ssh stays.
    login = login if scheme == "ssh://" else ""
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
