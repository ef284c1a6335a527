"""Poetry's `auth.toml`: secrets by the name of a repository, whose URL stands elsewhere.

A name is looked up in Poetry's own `config.toml`, and if that does not know it, in the
`[[tool.poetry.source]]` of a project. `pypi` is PyPI's place for uploads.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...credential import Credential, Secret
from ...errors import DocumentError, ServiceError, SourceError
from ...system import userfile
from ...toml.values import read_values
from ...urls.parts import has_slash_in_userinfo
from ...urls.service import Service, root_of, service_from_url, url_extras
from ..rows import Found, Places, Refused, Row, SourceFile, toml_values
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG, PROJECT = "config.toml", "pyproject.toml"  # the names in `beside`

_PYPI = "https://upload.pypi.org/legacy/"


class Poetry(Reader):
    whole = True

    def paths(self, places: Places) -> list[str]:
        """The file in `POETRY_CONFIG_DIR` if that is absolute, else in the platform's folder."""
        named = places.environ.get("POETRY_CONFIG_DIR", "")
        if named.startswith("/"):
            return [f"{named.rstrip('/')}/auth.toml"]
        return places.of_platform("pypoetry", "auth.toml")

    def beside(self, file: SourceFile, places: Places, *, named: bool) -> Mapping[str, bytes]:
        """The files that name repositories.

        A project's file is read only for a person who names Poetry: it decides where a secret
        goes, and the author of the checkout wrote it.
        """
        files = {CONFIG: os.path.join(os.path.dirname(file.path), CONFIG)}
        if named and places.folder:
            files[PROJECT] = os.path.join(places.folder, PROJECT)
        there = {name: path for name, path in files.items() if os.path.exists(path)}
        return {name: userfile.read(path).data for name, path in there.items()}

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each secret. Raises SourceError for what is not TOML."""
        values = toml_values(file.data)
        known = _Names(file)
        rows: list[Row] = []
        for name, fields in _table(values.tree.get("http-basic")).items():
            line = values.line("http-basic", name)
            username, password = (_table(fields).get(key) for key in ("username", "password"))
            if not isinstance(username, str) or not isinstance(password, str) or not password:
                rows.append(Refused("its password is in a keyring, or it has none", line))
            else:
                rows.append(known.row(name, username, password, line))
        for name, token in _table(values.tree.get("pypi-token")).items():
            line = values.line("pypi-token", name)
            if isinstance(token, str) and token:
                rows.append(known.row(name, "__token__", token, line))
            else:
                rows.append(Refused("its token is in a keyring, or it has none", line))
        return rows

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> None:
        """None, which removes the file, if everything in it was found. Raises SourceError."""
        if set(toml_values(file.data).tree) - {"http-basic", "pypi-token"} or b"#" in file.data:
            raise SourceError("it contains more than credentials")


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


class _Names:
    """What the names of repositories mean."""

    def __init__(self, file: SourceFile) -> None:
        self._urls: dict[str, tuple[object, str]] = {}
        self._faults = ""
        for name, url in self._sources(file.beside.get(PROJECT)):
            self._urls[name] = url, f"'{name}' from this project's {PROJECT}"
        config = self._tree(CONFIG, file.beside.get(CONFIG))
        for name, fields in _table(config.get("repositories")).items():
            self._urls[name] = _table(fields).get("url"), f"'{name}'"
        self._urls["pypi"] = _PYPI, "'pypi'"

    def _sources(self, project: bytes | None) -> list[tuple[str, object]]:
        tool = _table(self._tree(PROJECT, project).get("tool"))
        sources = _table(tool.get("poetry")).get("source")
        tables = [_table(entry) for entry in sources] if isinstance(sources, list) else []
        return [(name, t.get("url")) for t in tables if isinstance(name := t.get("name"), str)]

    def _tree(self, name: str, data: bytes | None) -> dict[str, object]:
        try:
            return {} if data is None else read_values(data).tree
        except DocumentError:
            self._faults += f", and '{name}' cannot be read"
            return {}

    def row(self, name: str, username: str, secret: str, line: int) -> Row:
        url, note = self._urls.get(name, (None, ""))
        if url is None:
            return Refused(f"the URL of '{name}' is not configured{self._faults}", line)
        service = _service(url, upload=name == "pypi")
        if service is None:
            return Refused(f"the URL of '{name}' cannot be used", line)
        credential = Credential(username.encode(), Secret(secret.encode()))
        return Found(service, credential, line, note=note)


def _service(url: object, *, upload: bool) -> Service | None:
    if not isinstance(url, str) or not url.isprintable() or has_slash_in_userinfo(url):
        return None
    try:
        service = service_from_url(url)
    except ServiceError:
        return None
    if service is None or url_extras(url):
        return None
    return service if upload else root_of(service)


READER = Poetry()
