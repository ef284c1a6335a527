"""docs/attacks.md lists every row that a test's name has, with the files of these tests."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "attacks.md"
ROW = re.compile(r"(?<![a-z0-9])(?:[av]\d\d|s\d)(?![a-z0-9])")


def rows_of_tests() -> dict[str, set[str]]:
    """The test files of each row, without their endings."""
    found = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        file = path.relative_to(TESTS).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name.lower().removeprefix("test").replace("_", " ")
                for row in ROW.findall(name):
                    found[row].add(file)
    return dict(found)


def rows_of_page() -> dict[str, set[str]]:
    """The files that the page names for each row; a row stands once."""
    found: dict[str, set[str]] = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells and ROW.fullmatch(cells[0]):
            row, attack, result, files = cells
            assert row not in found
            assert attack
            assert result
            found[row] = {f if "/" in f else f"attacks/{f}" for f in re.findall(r"`(.+?)`", files)}
    return found


def test_the_page_lists_every_row_and_no_other() -> None:
    rows = rows_of_tests()
    assert len(rows) > 160
    assert rows_of_page() == rows
