"""Findings as text, JSON and annotations of a workflow. No form holds a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ...errors import printable
from ..findings import KINDS, LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..findings import SecretFinding, Staying

    # A path as it is to be shown, with `/`, and a finding in that file.
    Located = tuple[str, SecretFinding]


def as_text(located: Iterable[Located]) -> str:
    """A line `file:line:col: kind: redacted URL` for each."""
    return "".join(
        f"{printable(path)}:{found.line}:{found.column}: {LABELS[found.kind]}: {found.redacted}\n"
        for path, found in located
    )


def as_json(
    located: Iterable[Located],
    staying: Mapping[int, Staying] | None = None,
    notes: Iterable[str] = (),
) -> str:
    """An object with the lists `findings` and `notes`; `staying` has each finding that --write
    leaves, by its `id`."""
    left = staying or {}
    entries = [
        {
            "path": printable(path),
            "line": found.line,
            "column": found.column,
            "end_column": found.end_column,
            "kind": found.kind,
            "url": found.redacted,
            "removable": found.kind != "refused" and id(found) not in left,
            "reason": left[id(found)].reason if id(found) in left else None,
            "allowed": found.allowed,
        }
        for path, found in located
    ]
    return json.dumps({"findings": entries, "notes": [*notes]}, indent=2) + "\n"


def as_annotations(located: Iterable[Located], staying: Mapping[int, Staying] | None = None) -> str:
    """Commands that a GitHub workflow shows beside the lines; `staying` as for `as_json`.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    left = staying or {}
    return "".join(_annotation(path, found, left.get(id(found))) for path, found in located)


def _annotation(path: str, found: SecretFinding, staying: Staying | None) -> str:
    properties = {
        "file": path,
        "line": str(found.line),
        "endLine": str(found.line),
        "col": str(found.column),
        "endColumn": str(found.end_column),
        "title": LABELS[found.kind],
    }
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = f"{KINDS[found.kind]} {found.redacted}"
    if staying is not None:
        text += f" sanitize --write leaves it: {staying.reason}; {staying.advice}."
    return f"::error {shown}::{_data(text)}\n"


def _data(text: str) -> str:
    # GitHub takes these three back, so a line break in a path stays one there.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return printable(_data(text).replace(":", "%3A").replace(",", "%2C"))
