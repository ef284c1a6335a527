"""The corpus of tests/corpus: what has to go from each file, and that nothing else does."""

from __future__ import annotations

import codecs
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.sanitize.report.diff import as_diff
from git_credential_uvx.sanitize.text import sanitize_bytes
from git_credential_uvx.sanitize.tokens import mask_tokens
from tests.corpus import CANARY, FOLDER, Sample, samples

if TYPE_CHECKING:
    from pathlib import Path

    from git_credential_uvx.sanitize.findings import Sanitized
    from tests.support.machine import Machine

SAMPLES = samples()


def sanitized(sample: Sample, content: bytes) -> Sanitized:
    return sanitize_bytes(content, path=sample.file)


def is_utf_16(sample: Sample) -> bool:
    return sample.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def named(chosen: list[Sample]) -> list[object]:
    return [pytest.param(one, id=one.id) for one in chosen]


@pytest.mark.parametrize("sample", named([one for one in SAMPLES if not is_utf_16(one)]))
def test_a_sample_has_the_expected_bytes_and_findings(sample: Sample) -> None:
    result = sanitized(sample, sample.content)
    assert result.clean == sample.clean
    kinds = {"refused" if found.kind == "refused" else "cut" for found in result.findings}
    assert kinds == ({sample.expect} if sample.in_scope else set())
    shown = [found.redacted for found in result.findings]
    assert CANARY not in "".join([*shown, as_diff(sample.file, sample.content, result.findings)])
    if sample.expect == "cut":
        assert sanitized(sample, result.clean).findings == ()


@pytest.mark.parametrize("sample", named([one for one in SAMPLES if is_utf_16(one)]))
def test_a_named_file_that_is_not_read_is_an_error(
    machine: Machine, tmp_path: Path, sample: Sample
) -> None:
    path = tmp_path / sample.file
    path.write_bytes(sample.content)
    done = machine.run("git-credential-uvx", "sanitize", "--check", str(path), check=False)
    assert done.returncode == 2
    assert sample.file.encode() in done.stderr
    assert path.read_bytes() == sample.content


def test_each_sample_is_unique_and_fits_what_it_expects() -> None:
    assert [one for one, count in Counter(s.id for s in SAMPLES).items() if count > 1] == []
    counts = Counter(sample.expect for sample in SAMPLES)
    assert counts["cut"] + counts["refused"] >= 159
    assert counts["clean"] >= 40
    assert counts["silent"] >= 18
    for sample in SAMPLES:
        if sample.in_scope and not is_utf_16(sample):
            assert CANARY.encode() in sample.content, sample.id
        assert (CANARY.encode() in sample.clean) <= (sample.expect != "cut"), sample.id
        assert (sample.clean != sample.content) == (sample.expect == "cut"), sample.id


def test_no_file_of_the_corpus_looks_like_it_holds_a_token() -> None:
    texts = [path.read_text("utf-8") for path in FOLDER.iterdir() if path.is_file()]
    assert [text for text in texts if mask_tokens(text) != text] == []
    assert sum(map(len, texts)) < 300_000
