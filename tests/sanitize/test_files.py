"""The formats that carry URLs: each loses its secrets and stays the document that it was."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from git_credential_uvx.sanitize.report.diff import as_diff
from git_credential_uvx.sanitize.text import sanitize_bytes

from ..support.formats import FILES

_MARK = re.compile(r"\{((?:[^{}\n]|\{env:U\})*CANARY[^{}\n]*)\}")


def plain(marked: str) -> tuple[bytes, bytes]:
    """A text and what has to be left of it."""
    text = _MARK.sub(lambda mark: mark[1], marked)
    return text.encode(), _clean(marked).encode()


def _clean(marked: str) -> str:
    # A first parameter that goes hands its question mark to the next.
    first = re.sub(r"\{\?[^{}\n]*CANARY\}&", "?", marked)
    return _MARK.sub("", first)


@pytest.mark.parametrize("name", FILES)
def test_every_secret_goes_and_every_other_byte_stays(name: str) -> None:
    text, clean = plain(FILES[name])
    assert text.count(b"CANARY") == FILES[name].count("CANARY") > 0
    result = sanitize_bytes(text, path=name)
    assert result.clean.decode() == clean.decode()
    assert len(result.findings) == text.count(b"CANARY")
    assert all(b"CANARY" in text[found.start : found.end] for found in result.findings)
    assert all(found.secret and b"CANARY" in found.secret.reveal() for found in result.findings)
    assert sanitize_bytes(clean, path=name).findings == ()


@pytest.mark.parametrize("name", FILES)
def test_the_diff_shows_each_line_without_its_secret(name: str) -> None:
    text, _ = plain(FILES[name])
    findings = sanitize_bytes(text, path=name).findings
    diff = as_diff(name, text, findings)
    assert "CANARY" not in diff
    lines = diff.splitlines()[2:]
    changed = len({found.line for found in findings})
    assert sum(line[0] == "-" for line in lines) == changed
    assert sum(line[0] == "+" for line in lines) == changed


def urls_gone(value: Any) -> Any:
    """A document with the text of each URL replaced, which is all that may differ."""
    if isinstance(value, dict):
        return {key: urls_gone(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [urls_gone(inner) for inner in value]
    return re.sub(r"://[^\s;]*", "://", value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.endswith((".toml", ".lock")) or name == "Pipfile"]
)
def test_a_document_is_the_same_but_for_its_urls(name: str) -> None:
    text, _ = plain(FILES[name])
    load = json.loads if name == "Pipfile.lock" else tomllib.loads
    before, after = load(text.decode()), load(sanitize_bytes(text).clean.decode())
    assert before != after
    assert urls_gone(before) == urls_gone(after)
    assert "CANARY" not in repr(after)
