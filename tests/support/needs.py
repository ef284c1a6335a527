"""Skips a test where a program that it needs is missing, with the name of its Debian package.

`@pytest.mark.needs("zsh")` names the program, and so does `require("zsh")` in a fixture. They are
the ones of `scripts/programs.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scripts.programs import PRIVATE_MOUNTS, lacking

if TYPE_CHECKING:
    from collections.abc import Iterable

# In CI, a test that was skipped says nothing about the commit: set there by `.ci/run`.
NO_SKIPS = bool(os.environ.get("UVX_NO_SKIPS"))


def require(*names: str) -> None:
    """Skip the running test unless it can use these programs."""
    for name in names:
        if reason := lacking(name):
            pytest.skip(reason)


def needs(names: Iterable[str]) -> list[object]:
    """Parameters that are programs; each skips where that one is missing."""
    return [pytest.param(name, marks=pytest.mark.needs(name)) for name in names]


def with_mounts(script: str) -> tuple[str, ...]:
    """A prefix for commands that run after a shell script, which may mount what nobody else sees;
    skips where the user may not."""
    require("unshare")
    return (*PRIVATE_MOUNTS, "sh", "-c", f'{script} && exec "$@"', "sh")
