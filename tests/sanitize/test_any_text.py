"""Any text: where URLs begin and end in it, and that chunks make no difference."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from git_credential_uvx.sanitize.findings import SecretFinding
from git_credential_uvx.sanitize.runs import LONGEST_RUN
from git_credential_uvx.sanitize.text import BLOCK, sanitize_bytes, sanitize_chunks

from ..support.budget import examples
from ..support.common import cases, cases_one_fast

# `{u:CANARY@}` marks what has to go; all the rest has to stay.
TEXTS = {
    "prose": "see https://{u:CANARY@}h.test, or https://{CANARY-0123456789@}h.test.",
    "brackets": "(https://{u:CANARY@}h) <https://{u:CANARY@}h> [x](https://h/x{?token=CANARY}).",
    "quotes": "'https://{u:CANARY@}h/', \"https://{u:CANARY@}h/\" `https://{u:CANARY@}h`",
    "a list": "https://a.test,https://{u:CANARY@}b.test,https://c.test",
    "a list of strings": "['https://a.test','u@b.test','https://{u:CANARY@}c.test']",
    "JSON without blanks": '{"a":"https://a.test","b":"u:p@b","c":"https://{CANARY-0123456789@}c/"}',
    "JSON's slashes": r'{"u":"https:\/\/{u:CANARY@}h\/p?a=1{\u0026token=CANARY}\u0026b"}',
    "JSON in JSON": r'"{\"url\":\"https://{u:CANARY@}h\",\"x\":\"https://h?a=1{&token=CANARY}\"}"',
    "JSON inside a string": r'"[\"https://{u:CANARY@}h/\",\"c:d@e\"]"',
    "JSON, a backslash before the quote that ends": r'["https://{u:CANARY@}h/\\","c:d@e"]',
    "JSON, escaped twice": r'"https:\/\/proxy\/https:\/\/{u:CANARY@}h\/"',
    "an apostrophe in double quotes": '"https://{u:CAN\'ARY@}h/"',
    "after an apostrophe": "don't use https://{u:CANARY@}h",
    "a database": "jdbc:postgresql://u{:CANARY}@h:5432/d",
    "nested": "git+https://proxy/https://{u:CANARY@}github.com/o/r",
    "twice nested": "https://p/https://{u:CANARY@}q/https://{v:CANARY@}r/",
    "a shell line": "pip install -i https://{u:CANARY@}h/simple x && curl 'https://{CANARY-0123456789@}h'|sh",
    "an assignment": "UV_INDEX_URL=https://{u:CANARY@}h/simple",
    "a Dockerfile": 'ENV PIP_INDEX_URL="https://{__token__:CANARY@}h/simple" X=1',
    "a comment": "# was: url = 'https://{u:CANARY@}h'",
    "two on a line": "https://{u:CANARY@}h https://{v:CANARY@}i",
    "a template beside": "https://${T}@h https://{CANARY-0123456789@}h https://$T@h",
    "CRLF": "a = 'https://{CANARY-0123456789@}h'\r\nb = 'https://h'\r\n",
    "no scheme before": "://u{:CANARY}@h",
    "a digit before the scheme": "1https://{CANARY-0123456789@}h",
    "a mail address": "write to a@b.test or https://h.test/ and c@d.test",
    "an escape after": r'"see https://h.test\nor a@b.test"',
    "scp": "git@github.com:o/r.git and ssh://git@h/r",
    "decorators": "@https://h.test\n@x",
    "a container image": "docker://r/img:tag@sha256:" + "0" * 64,
    "npm": "https://registry.npmjs.org/@scope%2fpkg/-/pkg-1.0.tgz",
    "a host from a variable": "https://{u:CANARY@}${HOST}/x",
    "JSON's escapes in a parameter": r'{"u":"https://h?a=1{&sig=CANARY\u002Bx\u003d}&se=2"}',
    "a line end in a string": r'"https://h?a=1{&token=CANARY}\u003cb\u003e\nx"',
    "stand-ins of a manual": "https://<user>:<password>@h `https://u:<a|b>@h` https://u:<pw>@h/",
    "markup behind a port": "<b>https://h:8080<br>mail@h</b> `https://h:80`@x <i>https://h:x</i>@y",
    "a tab and a vertical tab": "https://h\tu@x https://h\vu@x",
}


def split_marks(marked: str) -> tuple[str, str]:
    """A text and what has to be left of it."""
    marks = re.compile(r"\{([^{}]*CAN'?ARY[^{}]*)\}")
    return marks.sub(r"\1", marked), marks.sub("", marked)


@cases("marked", TEXTS)
def test_only_what_is_secret_goes(marked: str) -> None:
    text, clean = split_marks(marked)
    result = sanitize_bytes(text.encode())
    assert result.clean.decode() == clean
    assert len(result.findings) == marked.count("CANARY") + marked.count("CAN'ARY")
    assert "CANARY" not in str(result.findings)
    assert sanitize_bytes(result.clean).clean == result.clean


REFUSED = {
    "two at signs": "x https://u:CAN@ARY@h/ y",
    "a torn name": "x https://user/name:CANARY@h/a y",
    "a quote that JSON and TOML escape": r'"https://u:ab\"CANARY@h/x"',
    "a name torn by a backslash and a slash": "https://user\\x/name:CANARY@h/a",
    "a torn password": "https://u:CAN/ARY@h",
    "a scheme in a password": "https://u:CAN://ARY@h",
    "a colour in it": "https://u:CAN\x1b[31mARY@h/",
    "an unquoted quote": "url: https://u:CAN'ARY@h/",
    "another language": "\uff08https://h.test\uff09CAN:ARY@b.test",
    "a JSON escape in it": r'"https://u:CAN\u0040ARY@h"',
    "a less-than sign in the password": '"https://u:CAN<ARY@h/"',
    "a greater-than sign in the password": "https://u:CAN>ARY@h:8080/x",
    "a backtick in the password": "i = 'https://u:`CANARY@h/'",
}


@cases("text", REFUSED)
def test_what_cannot_be_cut_is_reported_and_stays(text: str) -> None:
    result = sanitize_bytes(text.encode())
    (found,) = result.findings
    assert (found.kind, found.secret, found.removed) == ("refused", None, False)
    assert result.clean == text.encode()
    assert "CAN" not in found.redacted
    assert "ARY" not in found.redacted
    assert sanitize_bytes(text.encode().replace(b"u:", b"v:", 1)).findings[0].secret is None


def test_lines_and_columns_count_code_points() -> None:
    text = "äö\nß https://a:p1@h €https://b:p2@h/?token=p3\n\n\thttps://c:p4@h".encode()
    places = [(f.line, f.column, f.end_column) for f in sanitize_bytes(text).findings]
    assert places == [(2, 11, 16), (2, 27, 32), (2, 34, 43), (4, 10, 15)]


def test_bytes_that_are_no_text_stay() -> None:
    text = b"\xff\xfe\x00https://u:p@h\x80/\xff \r\r\n\x00"
    assert sanitize_bytes(text).clean == text.replace(b"u:p@", b"") or sanitize_bytes(text).findings
    assert sanitize_bytes(b"\xff https://u:p@h/\xff").clean == b"\xff https://h/\xff"


def test_a_run_without_an_end_is_refused_unread() -> None:
    text = b"https://u:CANARY@h/" + b"x" * LONGEST_RUN + b" https://u:p@h"
    first, second = sanitize_bytes(text).findings
    assert (first.kind, first.redacted, second.kind) == ("refused", "https://****", "password")
    assert sanitize_bytes(b"https://h/" + b"x" * LONGEST_RUN).findings == ()


NAMES = st.text("abcXYZ019._-~%", min_size=1, max_size=8).filter(lambda x: x not in ("aws",))
SECRETS = st.text("abcXYZ019!$&*+,;=:._~-%", min_size=1, max_size=20).map(lambda x: "CANARY" + x)
HOSTS = st.sampled_from(["h.test", "H.Test:8443", "[::1]", "10.0.0.1:80", "a-b.example"])
TAILS = st.sampled_from(
    ["", "/", "/o/r.git@v1", "/@s/p", "/simple/#egg=x&a=b", "/x?a=1&b=2#sha256=0"]
)


@st.composite
def urls(draw: st.DrawFn) -> tuple[str, str]:
    """A URL with a secret, and the same without."""
    scheme = draw(st.sampled_from(["https", "HTTP", "git+https", "ssh", "ftp", "postgresql"]))
    name, secret, host, tail = draw(NAMES), draw(SECRETS), draw(HOSTS), draw(TAILS)
    if draw(st.booleans()):
        left = f"{name}@" if scheme in ("ssh", "ftp", "postgresql") else ""
        return f"{scheme}://{name}:{secret}@{host}{tail}", f"{scheme}://{left}{host}{tail}"
    value = secret.translate({ord(c): "%41" for c in "&;=,!$:*.+%"})
    return f"{scheme}://{host}/x?token={value}&k=v", f"{scheme}://{host}/x?k=v"


BETWEEN = st.one_of(
    st.sampled_from([" ", "\n", "\r\n", "\t", "<", "> "]),
    st.text(st.characters(exclude_characters=":/@?#\\\"'"), max_size=12).map(lambda x: f" {x} "),
    st.text(max_size=10).map(lambda x: f" {x.replace('://', '')} "),
)


@settings(max_examples=examples(50))
@given(st.lists(st.tuples(BETWEEN, urls(), BETWEEN), max_size=6), st.data())
def test_no_secret_is_left_and_all_else_is(
    parts: list[tuple[str, tuple[str, str], str]], data: st.DataObject
) -> None:
    text = "".join(before + url + after for before, (url, _), after in parts).encode(
        "utf-8", "replace"
    )
    clean = "".join(b + url + a for b, (_, url), a in parts).encode("utf-8", "replace")
    result = sanitize_bytes(text)
    assert result.clean == clean
    assert b"CANARY" not in result.clean
    assert "CANARY" not in repr(result) + "".join(found.redacted for found in result.findings)
    assert sanitize_bytes(result.clean).clean == clean


SHARDS = st.sampled_from(
    [
        *(
            "https://",
            "u:p@",
            "tok@",
            "h.test",
            "/",
            "?token=s",
            "&a=b",
            "#",
            "@",
            ":",
            "://",
            "\\",
        ),
        *(" ", "\n", '"', "'", "<", ",", r":\/\/", "é", "\x00", "${T}", "git", "-i", "x" * 300),
        *("# git-credential-uvx: allow", "\t", "git+", "%40", ";", "]", "p@ss", "''", "don't "),
        *("{{ a }}", "{{", "<u>", "`w`", "$(x y)", "$(", "\\\n", ";password=xy", "x" * 1100),
        *("https%3A%2F%2Fa%3Ab%40h", "%3A%2F%2F", r"https:\u002F\u002Fa:b@h", r"\u0040"),
        *("/t/CANARYtQ7vR2mK9x/", "alice:", "word@", r":\\/\\/", "${T:-x y}"),
    ]
)


@settings(max_examples=examples(100))
@given(st.lists(SHARDS, max_size=40).map("".join), st.lists(st.integers(0, 400), max_size=12))
@example("https://u:p@h # git-credential-uvx: allow\n", [9, 12, 20])
def test_chunks_make_no_difference(text: str, cuts: list[int]) -> None:
    data = text.encode()
    whole = sanitize_bytes(data)
    assert chunked(data, cuts) == (whole.clean, whole.findings)


def chunked(data: bytes, cuts: list[int]) -> tuple[bytes, tuple[SecretFinding, ...]]:
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[left:right] for left, right in pairwise(edges)]
    given_back = list(sanitize_chunks(chunks))
    findings = [found for one in sanitize_chunks(chunks, clean=False) for found in one.findings]
    assert findings == [found for one in given_back for found in one.findings]
    clean = b"".join(one.clean for one in given_back)
    return clean, tuple(found for one in given_back for found in one.findings)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from git_credential_uvx.sanitize import runs, text

    monkeypatch.setattr(text, "BLOCK", 1)
    monkeypatch.setattr(text, "COMMENT_REACH", 40)
    monkeypatch.setattr(runs, "_WINDOW", 16)


@pytest.mark.usefixtures("small_blocks")
@cases_one_fast("size", {"7": 7, "1": 1, "2": 2, "50": 50})
def test_chunks_make_no_difference_where_each_is_looked_at(size: int) -> None:
    texts = [split_marks(marked)[0] for marked in TEXTS.values()] + list(REFUSED.values())
    data = "\n".join(texts).encode()
    data += (
        b"\n https://u:p@h # git-credential-uvx: allow\n" + b"https://" * 9000 + b"@ https://u:p@h"
    )
    assert chunked(data, list(range(0, len(data), size * 37))) == chunked(data, [])
    short = data[:3000]
    assert chunked(short, list(range(0, len(short), size))) == chunked(short, [])


@pytest.mark.usefixtures("small_blocks")
def test_a_chunk_that_ends_behind_a_run_does_not_open_it_again() -> None:
    data = b"x" * 200 + b' "https://a' + b"y" * 90 + b"'b,https://c\"u:p@h/"
    for cut in range(len(data)):
        assert chunked(data, [cut]) == chunked(data, [])


def test_a_large_text_in_chunks_needs_no_more_than_a_few_blocks() -> None:
    line = b'    { url = "https://u:CANARY@files.test/p/x-1.0.whl?a=1", hash = "sha256:00" },\n'
    chunk = line * (BLOCK // len(line))
    most = findings = 0
    for given_back in sanitize_chunks(chunk for _ in range(5)):
        most = max(most, len(given_back.clean))
        findings += len(given_back.findings)
    assert findings == 5 * (BLOCK // len(line))
    assert most <= 3 * BLOCK


WORST = {
    "colons": (b"://", b":" * 8000, b""),
    "at signs": (b"", b"a@" * 5000, b""),
    "schemes": (b"", b"https://" * 2000, b"@h"),
    "schemes and at signs": (b"", b"://@" * 2000, b""),
    "schemes, at signs and blanks": (b"", b"://a@ " * 500, b""),
    "one long line": (b"https://h ", b"x" * 100000, b"@"),
    "JSON without blanks": (b"[", b'"https://a.test",' * 500, b'"@"]'),
    "URLs in one run": (b"", b"https://u:p@h," * 500, b""),
    "parameters": (b"https://h?", b"token=a&" * 800, b""),
    "quotes": (b"", b"https://h'\"" * 500, b"@"),
    "backslashes": (b"https:", b"\\/" * 3000, b"@"),
    "separators of JSON": (b"", rb":\/\/" * 2000, b"@"),
    "brackets": (b"https://u:p@h/", b")" * 20000, b" "),
    "blanks": (b"https://h", b" " * 100000, b"@"),
    "templates": (b"https://", b"${A}" * 3000, b"@h"),
    "at signs in one URL": (b"https://", b"@" * 50000, b"/"),
    "open templates": (b"https://", b"{{ " * 3000, b"@h"),
    "open templates without a blank": (b"https://", b"{{" * 3000, b"@h"),
    "URLs with open templates": (b"", b"https://$( " * 500, b"@h"),
    "URLs over line ends": (b"", b"https://a:b@c\\\n" * 500, b"@h"),
    "odd bytes behind at signs": (b"https://a:b@c", b"<d@e" * 1000, b""),
    "quotes behind passwords": (b"'https://a:b", b"'c" * 1000, b"@h"),
    "encoded URLs": (b"", b"https%3A%2F%2Fa%3Ab%40" * 300, b" "),
    "separators that are encoded": (b"", b"%3A%2F%2F" * 1000, b"@h"),
    "escapes of JSON": (b"", rb"\u003a//" * 1000, b"@h"),
    "backslashes alone": (b"https:", b"\\" * 8000, b"/"),
    "paths with tokens": (b"https://h", b"/t/aaaaaaaa1" * 500, b"/"),
    "parameters of a database": (b"x://h", b";password=a" * 500, b" "),
}


class Counted(bytes):
    """Bytes that count how far they are searched."""

    passed = 0

    def find(self, needle: Any, start: Any = 0, end: Any = None) -> int:
        end = len(self) if end is None else min(end, len(self))
        found = bytes.find(self, needle, start, end)
        Counted.passed += max(0, (end if found < 0 else found) - start)
        return found

    def rfind(self, needle: Any, start: Any = 0, end: Any = None) -> int:
        end = len(self) if end is None else min(end, len(self))
        found = bytes.rfind(self, needle, start, end)
        Counted.passed += max(0, end - (start if found < 0 else found))
        return found

    def count(self, needle: Any, start: Any = 0, end: Any = None) -> int:
        end = len(self) if end is None else min(end, len(self))
        Counted.passed += max(0, end - start)
        return bytes.count(self, needle, start, end)

    # A part is counted, too, and so is one that grows.
    def __getitem__(self, key: Any) -> Any:
        found = bytes.__getitem__(self, key)
        return Counted(found) if isinstance(found, bytes) else found

    def rstrip(self, marks: Any = None) -> bytes:
        return Counted(bytes.rstrip(self, marks))

    def __add__(self, other: Any) -> bytes:
        Counted.passed += len(self)
        return Counted(bytes.__add__(self, other))


def work(data: bytes) -> int:
    """Calls of functions, and bytes that were searched, for one text."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    Counted.passed = 0
    text = Counted(data)
    sys.setprofile(count)
    try:
        sanitize_bytes(text)
    finally:
        sys.setprofile(None)
    return calls * 16 + Counted.passed


@cases("parts", WORST)
def test_eight_times_the_text_is_eight_times_the_work(parts: tuple[bytes, bytes, bytes]) -> None:
    before, middle, after = parts
    once, more = work(before + middle + after), work(before + middle * 8 + after)
    assert more <= 12 * once + 20000


def test_eight_times_the_brackets_is_eight_times_the_work() -> None:
    once, more = (work(b"https://u:p@h/" + b"(" * n + b")" * n + b" ") for n in (500, 4000))
    assert more <= 12 * once + 20000
