"""The arguments of `uv add`, taken apart; no input or output.

What an argument is for is known from `uv help add` (0.13.8). An option that is not known
stands for itself, so that what comes after it is read as a requirement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# fmt: off
# Options with a value, by what the value is for. "value" is nothing that matters here.
_ROLES = {
    "requirements": ("--requirements", "--requirement", "-r"),
    "constraints": ("--constraints", "--constraint", "-c"),
    "index": (
        "--index", "--default-index", "--index-url", "-i", "--extra-index-url", "--find-links",
        "-f",
    ),
    "value": (
        "--marker", "-m", "--bounds", "--extra", "--no-install-package", "--index-strategy",
        "--keyring-provider", "--upgrade-package", "-P", "--upgrade-group", "--resolution",
        "--prerelease", "--prerelease-package", "--fork-strategy", "--exclude-newer",
        "--exclude-newer-package", "--no-sources-package", "--reinstall-package", "--link-mode",
        "--config-setting", "-C", "--config-settings", "--config-settings-package",
        "--no-build-isolation-package", "--no-build-package", "--no-binary-package", "--cache-dir",
        "--refresh-package", "--python", "-p", "--color", "--allow-insecure-host",
        "--trusted-host", "--config-file", "--rev", "--tag", "--branch", "--optional", "--group",
        "--package", "--script", "--directory", "--project",
    ),
}
# fmt: on
_VALUES = {name: role for role, names in _ROLES.items() for name in names}
_LONG_FOR = {"-m": "--marker", "-i": "--index-url", "-f": "--find-links", "-p": "--python"}
_LONG_FOR |= {"-q": "--quiet", "-v": "--verbose", "-h": "--help", "-n": "--no-cache"}
_LONG_FOR |= {"-r": "--requirements", "--requirement": "--requirements"}
_OURS = ("--yes", "--replace", "--no-store")


@dataclass(frozen=True)
class Word:
    """One argument: `before` as it stands, then `value`, whose `role` is "requirement",
    "requirements", "constraints", "index", "value" or "option"."""

    before: str = field(repr=False)
    value: str = field(repr=False)
    role: str

    @property
    def text(self) -> str:
        return self.before + self.value


@dataclass(frozen=True)
class Words:
    """The arguments for uv in their order, the options that were given, and those of ours.

    `options` has the last value of each option by its long name, "" for one without a value.
    `many` has all values of options that may be given several times.
    """

    words: list[Word] = field(repr=False)
    options: dict[str, str] = field(repr=False)
    many: dict[str, list[str]] = field(repr=False)
    ours: frozenset[str]


def split(arguments: list[str]) -> Words:
    """Take arguments apart. Raises nothing, because uv reports what is wrong."""
    found = Words([], {}, {}, frozenset(_own(arguments)))
    rest = iter(arguments)
    for text in rest:
        if text == "--":
            found.words.append(Word(text, "", "option"))
            found.words.extend(Word("", value, "requirement") for value in rest)
        elif text.startswith("--"):
            _long(found, text, rest)
        elif text.startswith("-") and text != "-":
            _short(found, text, rest)
        else:
            found.words.append(Word("", text, "requirement"))
    return found


def _own(arguments: list[str]) -> set[str]:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return {name for name in _OURS if name in arguments[:end]}


def _long(found: Words, text: str, rest: Iterator[str]) -> None:
    name, equals, value = text.partition("=")
    if text in _OURS:
        return
    if name not in _VALUES:
        found.words.append(Word("", text, "option"))
        _note(found, name, value)
    elif equals:
        found.words.append(Word(f"{name}=", value, _VALUES[name]))
        _note(found, name, value)
    else:
        _apart(found, name, text, rest)


def _short(found: Words, text: str, rest: Iterator[str]) -> None:
    for at, letter in enumerate(text[1:], 1):
        name = f"-{letter}"
        if name not in _VALUES:
            _note(found, name, "")
            continue
        value = text[at + 1 :].removeprefix("=")
        if not value:
            _apart(found, name, text, rest)
        else:
            before = text[: len(text) - len(value)]
            found.words.append(Word(before, value, _VALUES[name]))
            _note(found, name, value)
        return
    found.words.append(Word("", text, "option"))


def _apart(found: Words, name: str, text: str, rest: Iterator[str]) -> None:
    """An option whose value is the next argument."""
    found.words.append(Word("", text, "option"))
    value = next(rest, None)
    if value is not None:
        found.words.append(Word("", value, _VALUES[name]))
        _note(found, name, value)


def _note(found: Words, name: str, value: str) -> None:
    long = _LONG_FOR.get(name, name)
    found.options[long] = value
    found.many.setdefault(long, []).append(value)
