"""A verdict of `doctor`, and how it is shown with names or without. No input or output."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..system.settings import Settings

OK, NOTE, PROBLEM = "ok", "note", "problem"

# Paths below these say which system it is, and nothing about a person.
_OF_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/etc/", "/opt/", "/nix/", "/Library/", "/Applications/")
# What may stand below the home folder in a report.
_OF_HOME = (
    *(".local", ".config", ".cache", ".netrc", ".gitconfig", ".git-credentials", ".cargo"),
    *("Library", ".venv", "bin"),
)
_URL = re.compile(r"https?://[^\s'\"]+")
_VARIABLE = re.compile(r"\b(UVX_TOKEN_|UVX_USERNAME_|UVX_INDEX_|UV_INDEX_)(\w+)")
_SHORTEST = 3  # characters; replacing shorter names would change half of a text


@dataclass(slots=True, frozen=True)
class Host:
    """A host or URL, which a report for others leaves out."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class User:
    """A username, which a report for others leaves out."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class Path:
    """A path, of which a report for others keeps only what says nothing about a person."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class Text:
    """A message of another part, which can have names in it."""

    value: str = field(repr=False)


Part = Host | User | Path | Text


@dataclass(slots=True)
class Verdict:
    """What one check found: `level` is OK, NOTE or PROBLEM.

    `text` and `advice` are templates for `str.format`, and `parts` are what goes in.
    """

    check: str
    level: str
    text: str
    parts: tuple[Part, ...] = ()
    advice: str = ""

    def shown(self, show: Callable[[Part], str]) -> tuple[str, str]:
        """The text and the advice, with each part as `show` gives it."""
        values = [show(part) for part in self.parts]
        return self.text.format(*values), self.advice.format(*values)


def with_names(part: Part) -> str:
    """A part as it is."""
    return part.value


@dataclass(slots=True)
class WithoutNames:
    """Gives each part without hosts, usernames and the home folder.

    The same name has the same placeholder everywhere. `_known` has the names to replace in texts.
    """

    home: str = field(repr=False)
    _hosts: dict[str, str] = field(default_factory=dict, repr=False)
    _users: dict[str, str] = field(default_factory=dict, repr=False)
    _paths: dict[str, str] = field(default_factory=dict, repr=False)

    def learn(self, verdicts: Iterable[Verdict]) -> None:
        """Remember the names in these verdicts, so that they are replaced in all texts."""
        for verdict in verdicts:
            for part in verdict.parts:
                if not isinstance(part, Text):
                    self(part)

    def __call__(self, part: Part) -> str:
        match part:
            case Host(value):
                return self._host(value)
            case User(value):
                return self._users.setdefault(value, f"user-{len(self._users) + 1}")
            case Path(value):
                return self._path(value)
        return self.text(part.value)

    def text(self, text: str) -> str:
        """A text without the names that are known, and without paths of people."""
        text = _URL.sub(lambda found: self._host(found[0]), text)
        text = _VARIABLE.sub(lambda found: found[1] + self._host(found[2]), text)
        names = {**self._hosts, **self._users}
        for name in sorted(names, key=len, reverse=True):
            if len(name) >= _SHORTEST:
                pattern = rf"(?<![\w.-]){re.escape(name)}(?![\w-])"
                text = re.sub(pattern, names[name], text)
        return re.sub(r"'(/[^']*)'", lambda found: f"'{self._path(found[1])}'", text)

    def _host(self, url: str) -> str:
        scheme, mark, rest = url.rpartition("://")
        authority, slash, path = rest.partition("/")
        name, colon, port = authority.rpartition(":")
        if not (colon and port.isdigit()):
            name, colon, port = authority, "", ""
        shown = self._hosts.setdefault(name, f"host-{len(self._hosts) + 1}")
        return f"{scheme}{mark}{shown}{colon}{port}{slash}{'...' if path else ''}"

    def _path(self, path: str) -> str:
        if self.home and path.startswith(self.home.rstrip("/") + "/"):
            rest = path[len(self.home.rstrip("/")) + 1 :]
            first = rest.partition("/")[0]
            return f"~/{rest}" if first in _OF_HOME else f"~/.../{os.path.basename(rest)}"
        if path.startswith(_OF_SYSTEM):
            return path
        return self._paths.setdefault(path, f"/path-{len(self._paths) + 1}")


@dataclass(slots=True)
class Case:
    """What the checks look at."""

    settings: Settings
    program: str  # how this program was called
    now: int
