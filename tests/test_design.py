"""docs/design.md and CONTRIBUTING.md name what exists: modules, functions of the walks, tables."""

from __future__ import annotations

import ast
import re

from .support.layers import PACKAGE, modules

ROOT = PACKAGE.parent
PAGE = (ROOT / "docs" / "design.md").read_text()


def tree() -> set[str]:
    """The modules that the tree lists: a folder's files stand below it, with more blanks."""
    block = PAGE.split(f"```\n{PACKAGE.name}/\n")[1].split("```")[0]
    found, folder = set(), ""
    for line in block.splitlines():
        names = line.partition("#")[0].split()
        if line.startswith("      "):
            found |= {f"{folder}{name}" for name in names}
        elif names and names[0].endswith("/"):
            (folder,) = (name.replace("/", ".") for name in names)
        else:
            found |= set(names)
    return found


def test_the_tree_lists_every_module() -> None:
    texts = modules()
    folders = {name.rpartition(".")[0] for name in texts}
    assert tree() == {name or "__init__" for name in texts if not name or name not in folders}


def defined(name: str) -> set[str]:
    """The functions, classes and methods of a module."""
    nodes = ast.walk(ast.parse(modules()[name]))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in nodes if isinstance(node, kinds)}


def test_each_step_of_a_walk_names_what_exists() -> None:
    walks = PAGE.split("## Four walks")[1].split("\n## ")[0]
    steps = re.findall(r"`([a-z_/]+)`\s→\s+((?:`[\w.]+`(?:,\s+)?)+)", walks)
    assert len(steps) > 35
    for file, functions in steps:
        for name in re.findall(r"\w+(?=`)", functions):
            assert name in defined(file.replace("/", ".")), file


def test_contributing_names_what_exists() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    words = re.findall(r"`([\w./]+)`", page)
    paths = [word for word in words if re.search(r"/|\.(py|toml|md)$", word) and "NAME" not in word]
    assert len(paths) > 30
    outside = ("docs/", "tests/", "scripts/", "CHANGELOG.md", f"{PACKAGE.name}/")
    for path in paths:
        start = ROOT if path.startswith(outside) else PACKAGE
        assert (start / path).exists(), path
    tables = dict(re.findall(r"`(_?[A-Z_]+)`(?: and `\w+`)? (?:in|of) `([\w./]+\.py)`", page))
    assert len(tables) > 7
    for name, path in tables.items():
        start = ROOT if path.startswith("tests/") else PACKAGE
        assert re.search(rf"^ *{name}\b", (start / path).read_text(), re.MULTILINE), name
