"""What a reader is given and what it makes of it; values, without input or output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import DocumentError, SourceError
from ..toml.values import read_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..credential import Credential
    from ..toml.values import Values
    from ..urls.service import Service


@dataclass(frozen=True)
class Places:
    """What decides where files are: the environment, the home and the working folder, and the
    folder where programs that follow the platform have their configuration; "" for none."""

    environ: Mapping[str, str] = field(repr=False)
    home: str
    folder: str
    platform_config: str

    def config(self, *names: str) -> list[str]:
        """A path in the user's folder for configuration; none where there is no home folder."""
        named = self.environ.get("XDG_CONFIG_HOME", "")
        if named.startswith("/"):
            return ["/".join([named.rstrip("/"), *names])]
        return self.at_home(".config", *names)

    def of_platform(self, *names: str) -> list[str]:
        """A path in the platform's folder for configuration; none where there is no such folder."""
        return ["/".join([self.platform_config, *names])] if self.platform_config else []

    def at_home(self, *names: str) -> list[str]:
        """A path in the home folder; none where there is none."""
        return ["/".join([self.home.rstrip("/"), *names])] if self.home.startswith("/") else []


@dataclass(frozen=True)
class SourceFile:
    """A file to import from. `beside` is what else its reader needs, under names of its own.

    `foreign` says that a checkout's configuration names it, and that it is not the checkout's.
    """

    data: bytes = field(repr=False)
    path: str = ""
    beside: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    foreign: bool = False


@dataclass(frozen=True)
class Found:
    """A credential and the service that it is for.

    `line` is where it stands, from 1, and `span` the bytes of a URL's userinfo, its `@`
    included, or of a whole line; None if they are not known. `note` says in a few words
    what a person should know about it. `is_alone` is whether the secret stood in the place of a
    username, without a password.
    """

    service: Service
    credential: Credential
    line: int
    span: tuple[int, int] | None = None
    note: str = ""
    is_alone: bool = False


@dataclass(frozen=True)
class Refused:
    """An entry without a credential, and why. `broken` is False if it was not meant to hold one."""

    reason: str
    line: int
    broken: bool = True


Row = Found | Refused


class Lines:
    """Counts lines from where it was last asked: counting from the start each time would take
    quadratic time."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._line = 1

    def of(self, position: int) -> int:
        """The line (from 1) of a position."""
        if position >= self._at:
            self._line += self._data.count(b"\n", self._at, position)
        else:
            self._line -= self._data.count(b"\n", position, self._at)
        self._at = position
        return self._line

    def start(self, line: int) -> int:
        """Where a line starts, of lines that are asked for in their order."""
        while self._line < line:
            self._at = self._data.find(b"\n", self._at) + 1
            self._line += 1
        return self._at


def toml_values(data: bytes) -> Values:
    """The values of a TOML file. Raises SourceError with the line."""
    try:
        return read_values(data)
    except DocumentError as error:
        line = f"line {error.line}: " if error.line else ""
        raise SourceError(f"{line}{error}") from None


def cut(data: bytes, found: list[Found], crowded: set[str]) -> bytes:
    """A file without the userinfo of those that have a span. The username stays if the service is
    in `crowded`, which are those with several accounts."""
    spans = sorted(((row.span, row) for row in found if row.span), key=lambda pair: pair[0])
    pieces, position = [], 0
    for (start, end), row in spans:
        username, colon, _ = data[start:end].partition(b":")
        keep = username + b"@" if colon and username and str(row.service) in crowded else b""
        pieces += [data[position:start], keep]
        position = end
    return b"".join([*pieces, data[position:]])


def lines(numbers: Iterable[int]) -> str:
    """The lines of these numbers, for people: `line 3`, `lines 3, 5`."""
    unique = sorted(set(numbers))
    return f"line{'s' if len(unique) > 1 else ''} {', '.join(map(str, unique))}"
