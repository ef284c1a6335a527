"""The wire format, both ways, without a process."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import ProtocolError
from git_credential_uvx.protocol import LINE_LIMIT, REQUEST_LIMIT, build, complete, parse

READS = {
    "nothing at all": (b"", {}),
    "a blank line": (b"\n", {}),
    "values with equals signs, blanks and any bytes": (
        b"username= a=b \npassword=\xff\xfe\t \n\n",
        {b"username": b" a=b ", b"password": b"\xff\xfe\t "},
    ),
    "an empty value, which is a value": (b"username=\n", {b"username": b""}),
    "CRLF line ends": (
        b"protocol=https\r\nhost=h\r\n\r\n",
        {b"protocol": b"https", b"host": b"h"},
    ),
    "a last line without its line end": (b"host=h", {b"host": b"h"}),
    "nothing behind the blank line": (b"host=h\n\nhost=i\nrubbish", {b"host": b"h"}),
    "unknown keys, ignored however often": (b"new=1\nnew=2\nhost=h\n", {b"host": b"h"}),
    "separators of other readers as data": (
        b"password=a\x0b\x0c\x1c\x1d\x1e\x85b\xe2\x80\xa8c\n",
        {b"password": b"a\x0b\x0c\x1c\x1d\x1e\x85b\xe2\x80\xa8c"},
    ),
    "a line as long as the format allows": (
        b"password=" + b"x" * (LINE_LIMIT - 10) + b"\n",
        {b"password": b"x" * (LINE_LIMIT - 10)},
    ),
    "a url": (
        b"url=https://al:p%40w@h.test:8443/a%20b/c\n",
        {
            b"protocol": b"https",
            b"host": b"h.test:8443",
            b"path": b"a b/c",
            b"username": b"al",
            b"password": b"p@w",
        },
    ),
    "a url without path or user": (
        b"url=https://h.test\n",
        {b"protocol": b"https", b"host": b"h.test"},
    ),
    "a url with an empty user": (
        b"url=https://@h.test/\n",
        {b"protocol": b"https", b"host": b"h.test", b"username": b""},
    ),
    "a url and a username beside it": (
        b"username=al\nurl=https://h.test/\n",
        {b"protocol": b"https", b"host": b"h.test", b"username": b"al"},
    ),
}

REFUSES = {
    "a line that is no pair": (b"host=h\ntoken CANARY\n", "line 2"),
    "a NUL": (b"host=h\0CANARY\n", "NUL"),
    "a NUL behind the blank line": (b"host=h\n\n\0", "NUL"),
    "a carriage return in a value": (b"host=h\rCANARY\n", "line 1 has a carriage return"),
    "a carriage return in a key": (b"ho\rst=CANARY\n", "line 1 has a carriage return"),
    "a line that ends in CRLF where the first does not": (b"host=h\npassword=CANARY\r\n", "line 2"),
    "a line that ends in LF where the first has CRLF": (
        b"host=h\r\npassword=CANARY\nx=y\r\n",
        "line 2",
    ),
    "two line ends of CR on one line": (b"host=h\r\r\n", "carriage return"),
    "a known key twice": (b"host=CANARY\nhost=i\n", "'host' is given twice"),
    "a line that is one byte too long": (b"host=" + b"x" * (LINE_LIMIT - 5) + b"\n", "line 1"),
    "a request that is too long": (b"k=v\n" * (REQUEST_LIMIT // 4 + 1), "longer than"),
    "a url and a host beside it": (b"host=h\nurl=https://CANARY.test/\n", "'host' are both"),
    "a url with two at signs": (b"url=https://a@CANARY@h/\n", "'url'"),
    "a url without a scheme": (b"url=//CANARY/\n", "'url'"),
    "a url without a host": (b"url=https:///CANARY\n", "'url'"),
    "a url with an encoded line end": (b"url=https://a:CAN%0aARY@h/\n", "line end"),
    "a url with an encoded NUL in its path": (b"url=https://h/CAN%00ARY\n", "NUL"),
    "a url with an escape in its host": (b"url=https://h%2eCANARY/\n", "'url'"),
    "a url with a broken escape": (b"url=https://CANARY%+1@h/\n", "escape"),
    "a url that ends in half an escape": (b"url=https://h/CANARY%2\n", "escape"),
    "a url with a query": (b"url=https://h/?CANARY\n", "query"),
    "a url with a backslash in its host": (b"url=https://h\\CANARY/\n", "'url'"),
    "a url with a blank": (b"url= https://CANARY/\n", "'url'"),
}


@pytest.mark.parametrize(("data", "fields"), READS.values(), ids=READS)
def test_a_request_reads_as(data: bytes, fields: dict[bytes, bytes]) -> None:
    assert parse(data).fields == fields


@pytest.mark.parametrize(("data", "reason"), REFUSES.values(), ids=REFUSES)
def test_a_request_is_refused_and_no_value_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(data)
    assert reason in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_lists_keep_their_order_and_an_empty_value_empties_them() -> None:
    request = parse(b"wwwauth[]=Basic\ncapability[]=state\nwwwauth[]=\nwwwauth[]=B\nwwwauth[]=C\n")
    assert request.lists == {b"wwwauth": [b"B", b"C"], b"capability": [b"state"]}
    assert request.can(b"state")
    assert not request.can(b"authtype")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_request_is_complete_with_its_blank_line_and_not_before(end: bytes) -> None:
    whole = b"protocol=https" + end + b"host=h" + end + end
    assert [complete(whole[:size]) for size in range(len(whole) + 1)] == [False] * len(whole) + [
        True
    ]
    assert complete(end)


VALUE = st.binary(max_size=40).filter(lambda v: not any(c in v for c in b"\0\r\n"))
KEYS = (b"username", b"password", b"oauth_refresh_token", b"authtype", b"credential", b"path")


@given(st.dictionaries(st.sampled_from(KEYS), VALUE))
def test_what_is_built_is_read_back(fields: dict[bytes, bytes]) -> None:
    assert parse(build(list(fields.items()))).fields == fields


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ProtocolError):
        assert all(b"\n" not in value for value in parse(data).fields.values())


@pytest.mark.parametrize("value", [b"a\nquit=1", b"a\rhost=b", b"a\0b", b"x" * LINE_LIMIT])
def test_a_value_that_the_format_cannot_carry_is_not_written(value: bytes) -> None:
    with pytest.raises(ProtocolError, match="'password'"):
        build([(b"username", b"al"), (b"password", value)])
