"""Edits of pyproject.toml and of script headers that keep every other byte; no input or output.

The format of what is new is that of uv.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tomlkit import TOMLDocument, aot, array, document, dumps, item, parse, table, value
from tomlkit.exceptions import TOMLKitError

from ..errors import AddError, DocumentError
from ..toml.document import read_tree
from ..urls.parts import origin, split_authority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .plan import KeptUserinfo

_MOST = 256 * 1024  # characters; tomlkit takes several seconds for 100,000

# https://packaging.python.org/specifications/inline-script-metadata
_HEADER = re.compile(
    r"(?m)^# /// script[ \t]*\r?$\n"
    r"(?P<lines>(?:^#(?! /// script[ \t]*\r?$)(?:|\r| .*)$\n)+?)^# ///[ \t]*\r?$"
)
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?")
_TABLE = re.compile(r"\[\[?[^\[\]]+\]\]?[ \t]*(?:#.*)?$")
_USERINFO = re.compile(r"://[^/@]*@")
_MASKED = re.compile(r"://(?:[^/@:]*:)?\*{4}@")
_LISTS = (
    ("dependencies",),
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("build-system", "requires"),
    ("tool", "uv", "dev-dependencies"),
)
_SOURCE_KEYS = {"git", "rev", "tag", "branch", "subdirectory", "marker"}


class ProjectFile:
    """A text to be changed. Raises AddError where it is not TOML, or not in its own form again.

    With `script` the TOML stands in the header of a Python file, which is made if there is none.
    """

    def __init__(self, text: str, *, script: bool = False) -> None:
        self._text = text
        self._span = (0, len(text))
        self._script = script
        self._toml = toml = self._header() if script else text
        if len(toml) > _MOST:
            raise AddError(f"its TOML has more than {_MOST} characters")
        try:
            read_tree(toml.encode())  # which refuses what would take long
            self.tree: TOMLDocument = parse(toml) if toml else document()
            same = dumps(self.tree) == toml
        except DocumentError as error:
            raise AddError(str(error)) from None
        except (TOMLKitError, ValueError, RecursionError):
            raise AddError("it is not TOML that can be changed") from None
        if not same:
            raise AddError("its TOML cannot be changed without changing its form")

    def _header(self) -> str:
        match = _HEADER.search(self._text)
        if match is None:
            first = re.match(r"#!.*\n", self._text)
            start = first.end() if first else 0
            self._span = (start, start)
            return ""
        self._span = match.span("lines")
        lines = match["lines"].splitlines(keepends=True)
        return "".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)

    def text(self) -> str:
        """The text as it is now."""
        toml = _parted(self._toml, dumps(self.tree))
        # tomlkit loses its place in some layouts: dotted keys, tables in inline arrays.
        if not _says(toml, self.tree):
            raise AddError("its TOML cannot be changed without changing what it says")
        start, end = self._span
        if self._script:
            lines = (f"# {line}" if line.strip() else f"#{line}" for line in toml.splitlines(True))
            toml = "".join(lines)
            if start == end and toml:
                toml = f"# /// script\n{toml}# ///\n\n"
        return self._text[:start] + toml + self._text[end:]

    def restore(self, kept: KeptUserinfo, where: tuple[str, ...]) -> bool:
        """Put back what uv dropped; whether it could be."""
        sources = _find(self.tree, ("tool", "uv", "sources"))
        for name, source in _sources(sources):
            named = kept.name is None or normalized(name) == normalized(kept.name)
            if not named or not _same_repository(str(source.get("git", "")), kept.url):
                continue
            alone = isinstance(sources[name], dict)
            if kept.whole and alone and not set(source) - _SOURCE_KEYS:
                if self._restore_whole(name, source, kept):
                    return True
                continue
            source["git"] = _with_userinfo(str(source["git"]), kept.userinfo)
            return True
        return kept.whole and self._restore_raw(kept, where)

    def _restore_whole(self, name: str, source: Any, kept: KeptUserinfo) -> bool:
        """In every requirement of that name: without its source it would come from an index."""
        url = _with_userinfo(str(source["git"]), kept.userinfo)
        rev = next((source[key] for key in ("rev", "tag", "branch") if key in source), None)
        tail = f"@{rev}" if rev is not None else ""
        if "subdirectory" in source:
            tail += f"#subdirectory={source['subdirectory']}"
        done = False
        for found in self._requirements():
            for at, old in enumerate(found):
                match = _NAME.match(old) if isinstance(old, str) else None
                if match is None or normalized(match[1]) != normalized(name):
                    continue
                # uv keeps the old version. A requirement with a URL has no version.
                marker = old.partition(";")[2].strip()
                marker = f" ; {marker}" if marker else ""
                found[at] = f"{match[1]}{match[2] or ''} @ git+{url}{tail}{marker}"
                done = True
        if done:
            self._drop_source(name)
        return done

    def _requirements(self) -> Iterator[Any]:
        """The arrays whose requirements come from `tool.uv.sources`."""
        for keys in _LISTS:
            found = _find(self.tree, keys)
            for one in found.values() if isinstance(found, dict) else (found,):
                if isinstance(one, list):
                    yield one

    def _restore_raw(self, kept: KeptUserinfo, where: tuple[str, ...]) -> bool:
        """In a requirement that `--raw` wrote with its URL."""
        found = _find(self.tree, self._spelled(where))
        bare = kept.url.partition("://")[2]
        for at, old in enumerate(found or ()):
            if isinstance(old, str) and f"://{bare}" in old:
                found[at] = old.replace(f"://{bare}", f"://{kept.userinfo}@{bare}", 1)
                return True
        return False

    def unmask(self, given: Iterable[str]) -> None:
        """Undo what uv 0.13 does to a requirement with userinfo that is there when it is added
        again: it writes asterisks over it. `given` has the requirements as they should stand."""
        whole = {_USERINFO.sub("://", "".join(one.split())): one for one in given}
        for strings in _arrays(self.tree):
            for at, old in enumerate(strings):
                if isinstance(old, str) and _MASKED.search(old):
                    bare = _USERINFO.sub("://", "".join(old.split()))
                    strings[at] = whole.get(bare, old)

    def strings(self) -> list[str]:
        """All strings that stand in arrays."""
        return [str(one) for found in _arrays(self.tree) for one in found if isinstance(one, str)]

    def _drop_source(self, name: str) -> None:
        tree: Any = self.tree
        sources = tree["tool"]["uv"]["sources"]
        del sources[name]
        if not sources:
            del tree["tool"]["uv"]["sources"]
            if not tree["tool"]["uv"]:
                del tree["tool"]["uv"]
            if not tree["tool"]:
                del tree["tool"]

    def put(self, requirement: str, where: tuple[str, ...]) -> int:
        """Add a requirement to the array there, or put it in the place of the one with its name;
        its position."""
        found = self._array(where)
        match = _NAME.match(requirement)
        name = normalized(match[1]) if match else ""
        for at, old in enumerate(found):
            there = _NAME.match(old) if isinstance(old, str) else None
            if there and name and normalized(there[1]) == name:
                found[at] = requirement
                return at
        items = [item for item in found if isinstance(item, str)]
        ordered = items == sorted(items, key=str.lower) and len(items) == len(found)
        at = len(found)
        if ordered:
            at = sum(item.lower() < requirement.lower() for item in items)
        found.insert(at, requirement)
        found.multiline(True)
        return at

    def named(self, name: str, where: tuple[str, ...]) -> list[str]:
        """The requirements of that name in the array there."""
        return [
            str(old)
            for old in _find(self.tree, self._spelled(where)) or ()
            if isinstance(old, str) and (match := _NAME.match(old)) and normalized(match[1]) == name
        ]

    def _spelled(self, where: tuple[str, ...]) -> tuple[str, ...]:
        """The keys of an array as the file has them, or as uv would write them: a group or extra
        that is there keeps its spelling, a new one gets the normal form."""
        name = normalized(where[-1])
        there = _find(self.tree, where[:-1]) or ()
        return *where[:-1], next((key for key in there if normalized(key) == name), name)

    def _array(self, where: tuple[str, ...]) -> Any:
        where = self._spelled(where)
        tree: Any = self.tree
        for key in where[:-1]:
            if key not in tree:
                tree[key] = table()
            tree = tree[key]
        if where[-1] not in tree:
            tree[where[-1]] = array()
        return tree[where[-1]]

    def put_source(self, name: str, source: dict[str, str]) -> None:
        """Say where a requirement comes from."""
        tree = self._uv()
        if "sources" not in tree:
            tree["sources"] = table()
        fields = ", ".join(f"{key} = {item(text).as_string()}" for key, text in source.items())
        there = next(
            (key for key in tree["sources"] if normalized(key) == normalized(name)),
            name,
        )
        tree["sources"][there] = value(f"{{ {fields} }}")

    def put_index(self, index: dict[str, str | bool]) -> None:
        """Add an index, or put it in the place of the one with its name or URL, or of the
        default."""
        tree = self._uv()
        if "index" not in tree:
            tree["index"] = aot()
        for old in tree["index"]:
            if any(key in index and old.get(key) == index[key] for key in ("name", "default")):
                old.update(index)
                return
        fields = table()
        fields.update(index)
        tree["index"].append(fields)

    def _uv(self) -> Any:
        tree: Any = self.tree
        for key in ("tool", "uv"):
            if key not in tree:
                tree[key] = table(is_super_table=True)
            tree = tree[key]
        return tree


def normalized(name: str) -> str:
    """A package's name for comparing."""
    from packaging.utils import canonicalize_name  # takes 10 ms, and not every edit needs it

    return canonicalize_name(name)


def _parted(old: str, new: str) -> str:
    """A blank line before each table that something new was put before."""
    if old == new:
        return new
    lines: list[str] = []
    for line in new.splitlines(keepends=True):
        before = lines[-1] if lines else "\n"
        if _TABLE.match(line) and before.strip() and before + line not in old:
            lines.append("\r\n" if line.endswith("\r\n") else "\n")
        lines.append(line)
    return "".join(lines)


def _says(toml: str, tree: TOMLDocument) -> bool:
    try:
        return bool(parse(toml).unwrap() == tree.unwrap())
    except (TOMLKitError, ValueError, RecursionError):
        return False


def _find(tree: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def _arrays(tree: Any) -> Iterator[Any]:
    """Every array in a tree."""
    if isinstance(tree, list):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(inner, (dict, list)):
            yield from _arrays(inner)


def _sources(sources: Any) -> Iterator[tuple[str, Any]]:
    for name, source in (sources or {}).items():
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict):
                yield name, one


def _with_userinfo(url: str, userinfo: str) -> str:
    return url.replace("://", f"://{userinfo}@", 1)


def _same_repository(written: str, given: str) -> bool:
    return _repository(written) == _repository(given)


def _repository(url: str) -> tuple[str, str, str]:
    bare = re.split(r"[?#]", url.removeprefix("git+"))[0]
    path = split_authority(bare)[3]
    return (*origin(bare), path.rpartition("@")[0] or path)
