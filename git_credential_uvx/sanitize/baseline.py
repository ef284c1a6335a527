"""The baseline: a file that lists findings to ignore.

It names a finding by its file, kind, redacted URL, and which of those it is in the file. It never
holds a hash of a secret, because a short secret can be guessed from its hash.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .findings import SecretFinding

_VERSION = 1

# Path, kind, redacted URL, and the how-manieth of these in the file, from 1.
Identity = tuple[str, str, str, int]


def identities(
    path: str, findings: Iterable[SecretFinding]
) -> list[tuple[Identity, SecretFinding]]:
    """The findings of one file, in their order, each with what a baseline calls it."""
    counts: dict[tuple[str, str], int] = {}
    named = []
    for finding in findings:
        key = finding.kind, finding.redacted
        counts[key] = counts.get(key, 0) + 1
        named.append(((path, *key, counts[key]), finding))
    return named


def not_in(
    baseline: frozenset[Identity], path: str, findings: Iterable[SecretFinding]
) -> list[SecretFinding]:
    """The findings of one file that neither a comment nor the baseline allows."""
    kept = [finding for finding in findings if not finding.allowed]
    return [finding for name, finding in identities(path, kept) if name not in baseline]


def write_baseline(names: Iterable[Identity]) -> str:
    """A baseline as JSON; the same findings give the same text."""
    entries = [
        {"path": path, "kind": kind, "url": url, "number": number}
        for path, kind, url, number in sorted(set(names))
    ]
    return json.dumps({"version": _VERSION, "findings": entries}, indent=2) + "\n"


def read_baseline(text: str | bytes) -> frozenset[Identity]:
    """What a baseline names. Raises BaselineError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BaselineError("the baseline is not JSON") from None
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise BaselineError(f"the baseline has no 'version' {_VERSION}")
    entries = document.get("findings")
    if not isinstance(entries, list):
        raise BaselineError("the baseline has no list 'findings'")
    return frozenset(_entry(number, entry) for number, entry in enumerate(entries, 1))


def _entry(place: int, entry: object) -> Identity:
    fields = entry if isinstance(entry, dict) else {}
    path, kind, url, number = (fields.get(key) for key in ("path", "kind", "url", "number"))
    if isinstance(path, str) and isinstance(kind, str) and isinstance(url, str):  # noqa: SIM102
        if type(number) is int and number > 0:
            return path, kind, url, number
    raise BaselineError(f"finding {place} of the baseline has no path, kind, url and number")
