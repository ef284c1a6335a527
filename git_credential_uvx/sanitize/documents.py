"""Whether a TOML or JSON document says the same after its secrets are gone."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from ..errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

# Dots in a key; no file that people write has as many.
_PARTS = 64

# Of the dots in a value, which can be an inline table; less than a second's work.
_SQUARES = 10**7

_DEEP = "it is nested too deeply to be compared"


def is_same_document(before: bytes, after: bytes) -> bool:
    """Whether a TOML or JSON text says the same after a change, but for its URLs. A text that is
    neither is no document, and so the same.

    Raises SourceError where finding out would take too long, or too much of the stack.
    """
    slow = _is_slow(before)
    old = _json(before)
    if old is None and slow:
        raise SourceError("it has too many dots in a row to be compared")
    readers = (_json,) if slow else (_json, _toml)
    return all(_reads_alike(read, before, after) for read in readers)


def _reads_alike(read: Callable[[bytes], tuple[Any] | None], before: bytes, after: bytes) -> bool:
    old = read(before)
    new = None if old is None else read(after)
    return old is None or (new is not None and _is_same(old[0], new[0]))


def _is_slow(text: bytes) -> bool:
    """Whether tomllib may take longer than a text of this length should.

    Its time for a key grows with the square of the key's parts, and for each line below a
    `[header]` with the parts of that. No key spans lines.
    """
    squares = 0
    for line in text.split(b"\n"):
        if line.count(b".") <= _PARTS:
            continue
        key, equals, values = line.partition(b"=")
        if key.count(b".") > _PARTS and (equals or line.lstrip().startswith(b"[")):
            return True
        squares += sum(part.count(b".") ** 2 for part in values.split(b"="))
    return squares > _SQUARES


def _toml(text: bytes) -> tuple[Any] | None:
    return _read(lambda: tomllib.loads(text.decode("utf-8-sig")))


def _json(text: bytes) -> tuple[Any] | None:
    return _read(lambda: json.loads(text))


def _read(parse: Callable[[], Any]) -> tuple[Any] | None:
    try:
        return (parse(),)
    except RecursionError:
        raise SourceError(_DEEP) from None
    except ValueError:
        return None


def _is_same(old: Any, new: Any) -> bool:
    """Whether two values are equal, but for strings with a URL. They can be nested deeper than
    functions can."""
    pairs = [(old, new)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            pairs += zip(one, other, strict=False)
            one, other = list(one.values()), list(other.values())
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif isinstance(one, str) and isinstance(other, str):
            if one != other and "://" not in one:
                return False
        # NaN is not equal to itself.
        elif type(one) is not type(other) or (one != other and one == one):
            return False
    return True
