"""The modules and names that docs/integrations.md offers to other programs."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text()
ROWS = re.findall(r"^\| `(git_credential_uvx[\w.]*)` \| (.*) \|$", PAGE, re.MULTILINE)
IMPORTS = re.findall(r"^from (git_credential_uvx[\w.]*) import (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("module", "text"), ROWS, ids=[module for module, _ in ROWS])
def test_each_name_of_the_table_can_be_imported(module: str, text: str) -> None:
    names = re.findall(r"`(\w+)`", text)
    assert names
    assert all(hasattr(import_module(module), name) for name in names)


def test_each_import_of_an_example_works() -> None:
    assert len(ROWS) == 4
    assert IMPORTS
    for module, names in IMPORTS:
        assert all(hasattr(import_module(module), name.strip()) for name in names.split(","))
