"""How many files of the package a command goes through: a reader of the code has to follow it."""

from __future__ import annotations

import pytest

from scripts.walks import WALKS, files, follow

# The most files of which a function is called; `python -m scripts.walks` prints today's.
MOST_FILES = {"get": 16, "store": 18, "erase": 21, "sanitize --write": 61, "add": 63}


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_enters_few_files(name: str) -> None:
    entered = files(follow(WALKS[name]))
    assert "__main__.py" in entered
    assert len(entered) <= MOST_FILES[name], sorted(entered)
