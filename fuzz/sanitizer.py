"""The sanitizer: any text, in which each `CANARY` stands for another secret.

What is found is in no report, a plain URL with a password is always found, chunks make no
difference, a second pass finds nothing new, and the work grows with the length alone.
"""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING
from zlib import crc32

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.sanitize.redact import redact
from git_credential_uvx.sanitize.text import sanitize_bytes, sanitize_chunks

from .sampling import sampled

if TYPE_CHECKING:
    from git_credential_uvx.sanitize.findings import Sanitized, SecretFinding

COVERED = (
    *("sanitize.text", "sanitize.runs", "sanitize.authority", "sanitize.userinfo"),
    *("sanitize.parameters", "sanitize.cuts", "sanitize.findings", "sanitize.baseline"),
    *("sanitize.tokens", "sanitize.redact"),
)
TOKENS = (
    *(
        b"https://",
        b"http://",
        b"git+https://",
        b"ssh://",
        b"postgres://",
        b"://",
        b":\\/\\/",
        b"//",
    ),
    *(
        b"CANARY",
        b"u:CANARY@",
        b"CANARY@",
        b":",
        b"@",
        b"/",
        b"?",
        b"#",
        b"\\",
        b"h.test",
        b"localhost",
    ),
    *(b"token=CANARY", b"?sig=CANARY", b"&a=b", b";", b"&amp;", b"\\u0026", b"%40", b"%3A", b"%2F"),
    *(b'"', b"'", b"`", b"<", b">", b"(", b")", b"[", b"]", b"{", b"}", b",", b"|", b"*", b"****"),
    *(b" ", b"\n", b"\r\n", b"\t", b"\0", b"\xff", "é".encode(), "\u2028".encode(), b"\x1b[31m"),
    *(
        b"${T}",
        b"$T",
        b"{{ user }}",
        b"${{ secrets.X }}",
        b"<user>",
        b"<%= u %>",
        b"%USER%",
        b"$(x)",
    ),
    *(
        b"# git-credential-uvx: allow",
        b"git clone ",
        b"-i ",
        b"url = ",
        b"index-url=",
        b"export X=",
    ),
    *(
        b"Authorization: Basic CANARY",
        b"password=CANARY",
        b"ghp_",
        b"sha256:",
        b"@sha256:",
        b"don't ",
    ),
    *(
        b":8080",
        b"[::1]",
        b"//h/t/CANARY/simple",
        b"\\\n",
        b"\\u003a",
        b"\\u002F",
        b"it''s",
        b"\"'",
    ),
)
_CANARY = re.compile(rb"CANARY(?![0-9])")
_NAMED = re.compile(rb"CANARY[0-9]{4}")
_DUE = re.compile(
    rb"(?:\A|(?<=[\s=]))https?://[a-z]{0,9}:(CANARY[0-9]{4})@[a-z]{1,9}\.test(?:/[a-z/]{0,20})?"
    rb"(?=\s|\Z)"
)
_ALLOWING = b"git-credential-uvx"
_CALLS = 80  # of functions, for a byte; the worst known texts take 20
_CALLS_AT_LEAST = 25_000


def one(data: bytes) -> None:
    """Clean one text, and redact it."""
    text = _numbered(data)
    whole = sanitize_bytes(text)
    _adds_up(text, whole)
    found = _inside(text, whole)
    _is_not_reported(found, whole)
    if _ALLOWING not in text:
        assert set(_DUE.findall(text)) <= found, "a plain URL with a password is not found"
    _is_all(whole)
    random = Random(crc32(data))
    cuts = sorted({0, len(text), *(random.randint(0, len(text)) for _ in range(3))})
    chunked = list(sanitize_chunks([text[left:right] for left, right in pairwise(cuts)]))
    assert b"".join(part.clean for part in chunked) == whole.clean
    assert tuple(f for part in chunked for f in part.findings) == whole.findings
    _is_redacted(text)
    if sampled(data, 1000):
        _is_linear(text)


def _numbered(data: bytes) -> bytes:
    """The text with a secret of its own for each `CANARY`."""
    count = 0

    def name(_: re.Match[bytes]) -> bytes:
        nonlocal count
        count += 1
        return b"CANARY%04d" % count

    return _CANARY.sub(name, _NAMED.sub(b"CANARY", data))


def _adds_up(text: bytes, whole: Sanitized) -> None:
    """What was not found is in the clean text as it was, and each finding has its line."""
    pieces, position = [], 0
    for finding in whole.findings:
        assert position <= finding.start <= finding.end <= len(text)
        assert finding.line == text.count(b"\n", 0, finding.start) + 1
        if finding.removed:
            assert finding.secret is not None
            pieces.append(text[position : finding.start])
            position = finding.end
    assert b"".join([*pieces, text[position:]]) == whole.clean


def _is_all(whole: Sanitized) -> None:
    """A second pass finds nothing outside of what the first one reported and left."""
    again = sanitize_bytes(whole.clean)
    gone = 0
    left = []
    for finding in whole.findings:
        if finding.removed:
            gone += finding.end - finding.start
        else:
            left.append((finding.start - gone, finding.end - gone))
    for finding in again.findings:
        if any(start < finding.end and finding.start < end for start, end in left):
            continue
        assert finding.kind == "refused", "a second pass takes more"
        raise AssertionError("a second pass refuses more")


def _is_not_reported(found: set[bytes], whole: Sanitized) -> None:
    shown = repr(whole).encode() + b"".join(_texts(f) for f in whole.findings)
    assert not [secret for secret in found if secret in shown], "a secret is in a report"


def _texts(finding: SecretFinding) -> bytes:
    return b"%b %b %b" % (finding.redacted.encode(), finding.mask, finding.name.encode())


def _is_redacted(text: bytes) -> None:
    # What is no UTF-8 is redacted as a text with escapes, so that is what it is held to.
    plain = text.decode("utf-8", "backslashreplace")
    data = plain.encode()
    found = _inside(data, sanitize_bytes(data))
    shown = redact(text)
    assert not [secret for secret in found if secret.decode() in shown], "a secret is shown"
    assert redact(shown) == shown, "a second redaction changes more"
    if not sampled(text, 4):
        return
    known = [Credential(None, Secret(secret)) for secret in set(_NAMED.findall(text))]
    assert not _NAMED.search(redact(text, known).encode("utf-8", "replace"))


def _inside(text: bytes, whole: Sanitized) -> set[bytes]:
    """The secrets that a finding covers."""
    parts = (text[finding.start : finding.end] for finding in whole.findings)
    return {secret for part in parts for secret in _NAMED.findall(part)}


def _is_linear(text: bytes) -> None:
    """Repeated to 64 KB and more, the text takes a bounded number of calls for each byte."""
    much = text * (70_000 // max(1, len(text)) + 1) if len(text) > 16 else text
    assert _calls(much) <= _CALLS * len(much) + _CALLS_AT_LEAST


def _calls(text: bytes) -> int:
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        sanitize_bytes(text)
    finally:
        sys.setprofile(before)
    return calls
