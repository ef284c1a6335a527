"""The corpus of tests/corpus: what has to go from each file, and that nothing else does."""

from __future__ import annotations

import codecs
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.sanitize.diff import as_diff
from git_credential_uvx.sanitize.shapes import mask_tokens
from git_credential_uvx.sanitize.text import sanitize_bytes
from tests.corpus import CANARY, FOLDER, Sample, samples

if TYPE_CHECKING:
    from pathlib import Path

    from git_credential_uvx.sanitize.findings import Sanitized
    from tests.machine import Machine

SAMPLES = samples()

# Samples that do not have the expected result yet. A sample that is mended has to leave the list.
KNOWN_SILENT = frozenset(
    [
        "actions-user-from-secrets",
        "dockerfile-continued-url",
        "helm-template",
        "ansible-playbook",
        "jinja-template",
        "jinja-filter",
        "erb-template",
        "json-in-json-escaped-slashes",
        "json-escaped-at",
        "html-state-of-a-page",
        "html-state-all-escaped",
        "encoded-as-a-parameter",
        "encoded-in-lower-case",
        "yaml-doubled-apostrophe",
        "utf-16-script",
        "git-config-continued",
        "database-dollar-password",
        "database-blank-in-password",
        "jdbc-sqlserver",
        "jdbc-sqlserver-first",
        "parameter-client-secret",
        "parameter-refresh-token",
        "parameter-id-token",
        "parameter-access-token-hyphen",
        "parameter-camel-case",
        "parameter-passwd",
        "parameter-pwd",
        "parameter-pass",
        "parameter-secret",
        "parameter-api-key-hyphen",
        "parameter-access-key",
        "parameter-auth",
        "parameter-key",
        "parameter-jwt",
        "parameter-nested-name",
        "parameter-nested-name-escaped",
        "parameter-dotted-name",
        "parameter-token-shaped-value",
        "signed-azure-permissions-only",
        "dollar-in-requirements",
        "braces-in-requirements",
        "percent-in-requirements",
        "parentheses-in-requirements",
        "braces-in-pip-conf",
        "dollar-in-git-config",
        "dollar-in-json",
        "angle-user",
        "less-than-after-at",
        "backtick-after-at",
        "blank-after-at",
        "path-conda-token",
        "path-conda-token-own-host",
        "path-token-shaped",
        "path-token-shaped-raw-file",
        "path-gemfury",
        "path-cloudsmith",
        "pyproject-continued-string",
        "pyproject-escaped-at",
        "pyproject-dollar-password",
        "pyproject-percent-password",
        "pip-conf-dollar",
        "requirements-comment-apostrophe",
        "requirements-continued-line",
        "requirements-continued-before-at",
        "requirements-utf-16",
        "shell-user-command",
        "shell-user-or-message",
        "gitlab-component-input",
        "shell-quotes-in-password",
        "shell-doubled-apostrophe",
        "shell-continued-url",
    ]
)

# Clean texts with a finding.
KNOWN_FALSE_ALARMS = frozenset(
    [
        "clean-terraform",
        "clean-f-string-call",
        "clean-javascript-environment",
        "clean-ruby-template",
        "clean-php-template",
        "clean-regex-python",
        "clean-regex-javascript",
        "clean-text-fragment",
    ]
)


def sanitized(sample: Sample, content: bytes) -> Sanitized:
    return sanitize_bytes(content)


def is_utf_16(sample: Sample) -> bool:
    return sample.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def parameter(sample: Sample) -> object:
    is_known = sample.id in KNOWN_SILENT | KNOWN_FALSE_ALARMS
    return pytest.param(sample, id=sample.id, marks=[pytest.mark.xfail] if is_known else [])


@pytest.mark.parametrize("sample", [parameter(one) for one in SAMPLES if not is_utf_16(one)])
def test_a_sample_has_the_expected_bytes_and_findings(sample: Sample) -> None:
    result = sanitized(sample, sample.content)
    assert result.clean == sample.clean
    kinds = {"refused" if found.kind == "refused" else "cut" for found in result.findings}
    assert kinds == ({sample.expect} if sample.in_scope else set())
    shown = [found.redacted for found in result.findings]
    assert CANARY not in "".join([*shown, as_diff(sample.file, sample.content, result.findings)])
    if sample.expect == "cut":
        assert sanitized(sample, result.clean).findings == ()


@pytest.mark.parametrize("sample", [parameter(one) for one in SAMPLES if is_utf_16(one)])
def test_a_named_file_that_is_not_read_is_an_error(
    machine: Machine, tmp_path: Path, sample: Sample
) -> None:
    path = tmp_path / sample.file
    path.write_bytes(sample.content)
    done = machine.run("git-credential-uvx", "sanitize", "--check", str(path), check=False)
    assert done.returncode == 2
    assert sample.file.encode() in done.stderr
    assert path.read_bytes() == sample.content


def test_the_corpus_is_what_its_readme_says() -> None:
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


def test_the_lists_of_exceptions_name_samples() -> None:
    assert {s.id for s in SAMPLES} >= KNOWN_SILENT | KNOWN_FALSE_ALARMS
