"""Fragments that tell nothing are passed by quickly, and hide nothing that stands beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.sanitize.findings import SecretFinding
from git_credential_uvx.sanitize.runs import Finder
from git_credential_uvx.sanitize.text import Sanitizer, sanitize_bytes

from ..support.common import cases


@pytest.mark.parametrize("end", ["\n", '",\n', "' ", "> ", ")]\n"])
@pytest.mark.parametrize("fragment", ["sha256=00ff", "md5=0", "egg=a.b-c_d", "subdirectory=src"])
def test_one_that_tells_nothing_is_not_looked_at(fragment: str, end: str) -> None:
    assert Finder(f"x https://h/a.whl#{fragment}{end}".encode()).separator(0) == -1


FOUND = {
    "beside a checksum": "https://h/x#sha256=00&access_token=CANARY\n",
    "before it": "https://h/x#access_token=CANARY&sha256=00\n",
    "behind an odd quote": 'https://h/x#sha256=00"&access_token=CANARY\n',
    "in a query before it": "https://h/x?token=CANARY#sha256=00\n",
    "in a URL behind it": "https://h/x#sha256=00,https://u:CANARY@h/\n",
    "in the next line": "https://h/x#sha256=00\nhttps://u:CANARY@h/\n",
    "in the userinfo": "https://u:CANARY@h/x#sha256=00\n",
    "of another name": "https://h/x#token=CANARY\n",
    "in a second fragment": "https://h/x#egg=a#token=CANARY\n",
}


@cases("text", FOUND)
def test_a_secret_near_one_is_found(text: str) -> None:
    result = sanitize_bytes(text.encode())
    assert result.findings
    assert b"CANARY" not in result.clean


SHARDS = st.sampled_from(
    [
        *("https://h/x", "#sha256=00", "#egg=a", '"', "'", ",", ")", " ", "\n", "&token=s", "?a=1"),
        *("&", "#", "#token=s", "u:p@h", "/", ";token=s", "]}"),
    ]
)


@given(st.lists(SHARDS, max_size=14).map("".join), st.lists(st.integers(0, 90), max_size=8))
def test_chunks_and_windows_make_no_difference(text: str, cuts: list[int]) -> None:
    data = text.encode()
    whole = sanitize_bytes(data)
    sanitizer = Sanitizer()
    clean, position = b"", 0
    findings: list[SecretFinding] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("git_credential_uvx.sanitize.text.BLOCK", 1)
        patch.setattr("git_credential_uvx.sanitize.runs._WINDOW", 8)
        for cut in [*sorted(cuts), len(data)]:
            given_back = sanitizer.feed(data[position:cut])
            position = max(position, cut)
            clean += given_back.clean
            findings += given_back.findings
        last = sanitizer.close()
    assert clean + last.clean == whole.clean
    assert [*findings, *last.findings] == list(whole.findings)
