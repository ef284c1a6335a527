"""The harnesses by name, and their inputs in the repository.

A harness is a module with three names: `one(data)` runs one input and raises AssertionError for a
fault, `TOKENS` are words that inputs are made of, `COVERED` the modules whose coverage counts.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("wire", "urls", "netrc", "toml", "sanitizer", "redirects")
FOLDER = Path(__file__).parent
FOUND = FOLDER / "found"  # not in the repository


class Harness(NamedTuple):
    """One harness, ready to run."""

    name: str
    one: Callable[[bytes], None]
    tokens: tuple[bytes, ...]


def covered(name: str) -> None:
    """Import the modules whose coverage counts."""
    for module in import_module(f"fuzz.{name}").COVERED:
        import_module(f"git_credential_uvx.{module}")


def load(name: str) -> Harness:
    """The harness of a name."""
    module = import_module(f"fuzz.{name}")
    return Harness(name, module.one, module.TOKENS)


def corpus(name: str) -> dict[str, bytes]:
    """The inputs of a harness in the repository, by file name."""
    folder = FOLDER / "corpus" / name
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
