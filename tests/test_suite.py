"""Rules for the tests themselves."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))
SHARED = {"support", "corpus"}


def folder_of(path: Path) -> str:
    """The folder directly below `tests/` that a file is in; empty for `tests/` itself."""
    return path.relative_to(TESTS).parts[0] if path.parent != TESTS else ""


def imported_folders(path: Path, source: str) -> set[str]:
    """The folders below `tests/` that a file imports from."""
    package = ["tests", *path.relative_to(TESTS).parent.parts]
    names: list[list[str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            start = package[: len(package) - node.level + 1] if node.level else []
            names += [[*start, *module, alias.name] for alias in node.names]
    return {
        name[1]
        for name in names
        if name[0] == "tests" and len(name) > 1 and (TESTS / name[1]).is_dir()
    }


def test_test_folders_import_from_no_other_folder_than_support() -> None:
    found = {path: imported_folders(path, path.read_text()) for path in FILES}
    assert set().union(*found.values()) > SHARED
    for path, folders in found.items():
        assert folders <= {folder_of(path)} | SHARED, path


def test_every_way_to_import_from_another_folder_is_seen() -> None:
    path = TESTS / "unit" / "sanitize" / "test_x.py"
    for line in (
        "import tests.attacks.conftest",
        "from tests.attacks import conftest",
        "from tests import attacks",
        "from ... import attacks",
        "from ...attacks import conftest",
        "def f():\n    from ...attacks.conftest import place",
    ):
        assert imported_folders(path, line) == {"attacks"}, line
    assert imported_folders(path, "from .. import programs") == {"unit"}
    assert imported_folders(path, "from ...support.machine import Machine") == {"support"}
