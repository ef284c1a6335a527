"""A verdict of `doctor`, and how it is shown. No input or output."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..urls.commands import command, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..system.settings import Settings
    from ..urls.service import Service

OK, NOTE, PROBLEM = "ok", "note", "problem"
INDEX_ENDS = ("_USERNAME", "_PASSWORD", "_URL")  # of variables that belong to one index


@dataclass(slots=True, frozen=True)
class Host:
    """A host or URL, which a report for others leaves out."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class User:
    """A username, which a report for others leaves out."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class Program:
    """The name of a program, which a report for others leaves out unless many people have it."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class Path:
    """A path, of which a report for others keeps only what says nothing about a person."""

    value: str = field(repr=False)


@dataclass(slots=True, frozen=True)
class Word:
    """A path as a word of a command that is pasted into a shell."""

    path: str = field(repr=False)

    @property
    def value(self) -> str:
        """The word."""
        return quoted(self.path)


@dataclass(slots=True, frozen=True)
class Command:
    """A command of ours about a service and one of its accounts."""

    name: str
    service: Service = field(repr=False)
    username: bytes | None = field(default=None, repr=False)

    @property
    def value(self) -> str:
        """The command."""
        return command(self.name, service=self.service, username=self.username)


@dataclass(slots=True, frozen=True)
class Text:
    """A message of another part, which can have names in it."""

    value: str = field(repr=False)


Part = Host | User | Program | Path | Word | Command | Text


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
class Case:
    """What the checks look at."""

    settings: Settings
    now: int
