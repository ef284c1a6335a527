"""Reports in which each finding also names the commit that brought it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def json_with_commits(report: str, commits: Sequence[str]) -> str:
    """A JSON report whose findings name these commits, in their order."""
    document = json.loads(report)
    for finding, commit in zip(document["findings"], commits, strict=True):
        finding["commit"] = commit
    return json.dumps(document, indent=2) + "\n"


def sarif_with_commits(report: str, commits: Sequence[str]) -> str:
    """A SARIF report whose results name these commits, in their order."""
    document = json.loads(report)
    for result, commit in zip(document["runs"][0]["results"], commits, strict=True):
        result["properties"] = {"commit": commit}
    return json.dumps(document, indent=2) + "\n"
