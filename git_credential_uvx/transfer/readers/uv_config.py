"""uv's configuration, a uv.toml or a pyproject.toml's `[tool.uv]`: index URLs with userinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SourceError
from ...system.settings import user_file
from ...urls.parts import without_userinfo
from ..rows import Found, Lines, Places, Row, SourceFile, cut, toml_values
from ..userinfo import from_url
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...toml.values import Values

    Path = tuple[str | int, ...]

_TABLES: tuple[Path, ...] = ((), ("pip",), ("tool", "uv"), ("tool", "uv", "pip"))
_LISTS = ("extra-index-url", "find-links")


class UvConfig(Reader):
    first_counts = True

    def paths(self, places: Places) -> list[str]:
        """The user's uv.toml, and `UV_CONFIG_FILE` if it is absolute."""
        user = user_file(places.environ, places.home)
        named = places.environ.get("UV_CONFIG_FILE", "")
        return [*([user] if user else []), *([named] if named.startswith("/") else [])]

    def checkout_paths(self, places: Places) -> list[str]:
        """Those of the working folder, whose author chose the hosts: for who asks for them only."""
        return [
            f"{places.folder}/{name}" for name in ("uv.toml", "pyproject.toml") if places.folder
        ]

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each URL with userinfo. Raises SourceError for what is not TOML."""
        values = toml_values(file.data)
        rows = []
        lines = Lines(file.data)
        used = 0
        for path, url, use in sorted(_urls(values), key=lambda found: values.line(*found[0])):
            text, line = url.encode(), values.line(*path)
            at = _position(file.data, text, max(lines.start(line), used))
            row = from_url(text, use, line, at)
            if row is not None:
                rows.append(row)
                used = used if at is None else at + len(text)
        return rows

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> bytes:
        """The file without the userinfo of these URLs. Raises SourceError."""
        data = cut(file.data, found, crowded)
        if _masked(toml_values(data).tree) != _masked(toml_values(file.data).tree):
            raise SourceError("its passwords cannot be removed without changing something else")
        return data


def _position(data: bytes, text: bytes, start: int) -> int | None:
    """Where a value begins in the rest of a line; None where escapes hide it."""
    end = data.find(b"\n", start)
    at = data.find(text, start, len(data) if end < 0 else end)
    return at if at >= 0 else None


def _urls(values: Values) -> Iterator[tuple[Path, str, str]]:
    for prefix in _TABLES:
        table: object = values.tree
        for key in prefix:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict):
            yield from _of_table(table, prefix)


def _of_table(table: dict[str, object], prefix: Path) -> Iterator[tuple[Path, str, str]]:
    for key, use in (("index-url", "index"), ("publish-url", "publish")):
        if isinstance(url := table.get(key), str):
            yield (*prefix, key), url, use
    for key in _LISTS:
        for number, url in enumerate(_list(table.get(key))):
            if isinstance(url, str):
                yield (*prefix, key, number), url, "index"
    for number, entry in enumerate(_list(table.get("index"))):
        for key, use in (("url", "index"), ("publish-url", "publish")):
            if isinstance(entry, dict) and isinstance(url := entry.get(key), str):
                yield (*prefix, "index", number, key), url, use


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _masked(value: object) -> object:
    """A tree without the userinfo of any URL in it, for comparing."""
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return without_userinfo(value.encode()) if isinstance(value, str) else value


READER = UvConfig()
