"""The errors of the package: each is of the tree, and nobody reads the text of one."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import pytest

from git_credential_uvx import errors

from .support.layers import modules

TREE = (errors.__doc__ or "").split("\n\n")[1].splitlines()
TEXTS = modules()
CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.UvxError)
]
# Methods of `str` that look into a text or change it.
READERS = {
    *("startswith", "endswith", "find", "index", "partition", "rpartition", "split"),
    *("replace", "removeprefix", "removesuffix", "strip"),
}


def faults(text: str) -> Iterator[str]:
    """What breaks the rules in a module."""
    tree = ast.parse(text)
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}

    def is_message(node: ast.expr) -> bool:
        """Whether this is `str(error)`, `f"{error}"` or `error.args[0]` of a caught error."""
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & caught
        match node:
            case ast.Call(func=ast.Name(id="str")) | ast.JoinedStr():
                return bool(names)
            case ast.Subscript(value=ast.Attribute(attr="args")):
                return bool(names)
        return False

    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id="UvxError")) | ast.Name(id="UvxError")):
                yield f"line {node.lineno} raises a bare UvxError"
            case ast.Attribute(value=value, attr=attr) if attr in READERS and is_message(value):
                yield f"line {node.lineno} reads a message"
            case ast.Compare() if any(map(is_message, [node.left, *node.comparators])):
                yield f"line {node.lineno} reads a message"


@pytest.mark.parametrize("name", TEXTS)
def test_errors_have_a_class_and_nobody_reads_a_message(name: str) -> None:
    assert list(faults(TEXTS[name])) == []


@pytest.mark.parametrize(
    "planted",
    [
        "raise UvxError('no')",
        "raise UvxError",
        "try:\n    f()\nexcept E as error:\n    if str(error).startswith('no'):\n        pass",
        "try:\n    f()\nexcept E as error:\n    g(f'{error}'.replace('a', 'b'))",
        "try:\n    f()\nexcept E as error:\n    g('no' in str(error))",
        "try:\n    f()\nexcept E as error:\n    g(error.args[0] == 'no')",
    ],
)
def test_a_planted_fault_is_found(planted: str) -> None:
    assert list(faults(planted))


def test_a_message_may_be_passed_on() -> None:
    text = "try:\n    f()\nexcept E as error:\n    raise G(f'{error}', str(error)) from None"
    assert list(faults(text)) == []


def test_the_tree_has_every_error_in_its_place() -> None:
    drawn: dict[str, str] = {}
    above = ["UvxError"]
    for line in TREE[1:]:
        branch, name = line.split("── ")[0], line.split("── ")[1].split()[0]
        depth = 1 + len(branch) // 4
        above[depth:] = [name]
        drawn[name] = above[depth - 1]
    parents = {kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind.__base__}
    assert parents == drawn | {"UvxError": "Exception"}
    columns = {
        len(line) - len(line.split(maxsplit=3 if line[0] == "│" else 2)[-1]) for line in TREE[1:]
    }
    assert len(columns) == 1
