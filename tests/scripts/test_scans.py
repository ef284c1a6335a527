"""The scripts that compare scanners and revisions count what is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_credential_uvx.sanitize.report.formats import as_json
from git_credential_uvx.sanitize.text import sanitize_bytes
from scripts import corpusbench, falsealarms
from tests.corpus import Sample

TEXT = "é https://u:CANARY@h.test/?a=1&token=CANARY\nhttps://v:CANARY@h.test/\n".encode()
CLEAN = "é https://h.test/?a=1\nhttps://h.test/\n".encode()


def sample(expect: str, content: bytes, clean: bytes) -> Sample:
    return Sample("group", "title", "id", "a.txt", expect, content, clean)


def outcome(expect: str, content: bytes, clean: bytes) -> str:
    report = json.loads(as_json(("a.txt", one) for one in sanitize_bytes(content).findings))
    return corpusbench.outcome(sample(expect, content, clean), report["findings"])


def test_an_outcome_is_told_by_the_bytes_that_would_go() -> None:
    assert outcome("cut", TEXT, CLEAN) == "cut"
    assert outcome("cut", TEXT, CLEAN.replace(b"?a=1", b"")) == "wrong"
    assert outcome("clean", TEXT, TEXT) == "wrong"
    assert outcome("clean", CLEAN, CLEAN) == "silent"
    refused = b"https://u/v:CANARY@h.test/"
    assert outcome("refused", refused, refused) == "refused"


def test_the_page_names_what_is_missed() -> None:
    samples = [sample(expect, TEXT, CLEAN) for expect in ("cut", "refused", "silent", "clean")]
    met = [corpusbench.Result(one, one.expect.replace("clean", "silent"), True) for one in samples]
    page = corpusbench.page(met)
    assert "| title | 2 | 1 | 1 | 0 | 0 | 2 |" in page
    assert "`git-credential-uvx` 0, `detect-secrets` 1" in page
    assert page.count("- pass: ") == 2
    page = corpusbench.page([corpusbench.Result(samples[0], "silent", False)])
    assert "- **missed**: nothing in scope is silent: 1 of 1 (id)" in page


def test_only_its_part_of_the_page_is_replaced() -> None:
    text = f"# Page\n\n{corpusbench.TITLE}\n\nold\n\n## Next\n\nkept\n"
    new = f"{corpusbench.TITLE}\n\nnew\n"
    assert corpusbench.replaced(text, new) == f"# Page\n\n{new}\n## Next\n\nkept\n"


def test_findings_of_a_folder_are_counted_and_compared(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    (tmp_path / "json.py").write_text("raise SystemExit(1)  # no program of the folder runs\n")
    count = falsealarms.count(str(tmp_path), falsealarms.ROOT)
    assert (count.files, dict(count.kinds)) == (2, {"password": 2, "query": 1})
    row = list(falsealarms.table([count]))[-1]
    assert row == f"| {tmp_path.name} | 2 | 0 | 2 | 1 | 3 | 1500.0 |"
    fewer = falsealarms.Count(str(tmp_path), 2, count.size, count.found[1:])
    added, removed = falsealarms.differences([count], [fewer])
    assert (len(added), removed) == (1, [])
    masked = [(*found[:-1], "https://****") for found in count.found]
    other = falsealarms.Count(str(tmp_path), 2, count.size, masked)
    assert falsealarms.differences([count], [other]) == ([], [])
    assert "CANARY" not in added[0]


def test_a_folder_or_revision_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(falsealarms.UncountedError, match="cannot read"):
        falsealarms.count(str(tmp_path / "none"), falsealarms.ROOT)
    with pytest.raises(falsealarms.UncountedError, match="no revision"):
        falsealarms.unpack("no-such-revision", tmp_path)
