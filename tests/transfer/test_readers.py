"""The readers of files to import: what each finds, what it refuses, and that it tells nothing."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_credential_uvx.errors import SourceError, UvxError
from git_credential_uvx.transfer.readers import (
    SOURCES,
    gcm,
    gh,
    git_remotes,
    git_store,
    netrc,
    pip,
    poetry,
    reader_of,
    uv_config,
    uv_store,
)
from git_credential_uvx.transfer.rows import Found, Places, Refused, Row, SourceFile
from git_credential_uvx.transfer.userinfo import from_url, has_template

from ..support.common import GITHUB_TOKEN, SECRET, cases

READERS = {name: reader_of(name) for name in SOURCES}


def told(rows: list[Row]) -> list[tuple[str, ...]]:
    """Service, username and secret of what was found; the reason of what was not."""
    return [
        (
            str(row.service),
            (row.credential.username or b"-").decode(),
            row.credential.secret.reveal().decode(errors="backslashreplace"),
        )
        if isinstance(row, Found)
        else (row.reason,)
        for row in rows
    ]


def file(text: str | bytes, **beside: bytes) -> SourceFile:
    data = text if isinstance(text, bytes) else text.encode()
    return SourceFile(data, "/p/f", beside)


URLS = {
    "name and password": ("https://u:p@h.test/x", "index", ("https://h.test/x", "u", "p")),
    "escapes are decoded": ("https://u:p%40%2f@h.test/x", "git", ("https://h.test/", "u", "p@/")),
    "an index's simple goes": (
        "https://u:p@h.test/a/+Simple/",
        "index",
        ("https://h.test/a", "u", "p"),
    ),
    "an upload's does not": (
        "https://u:p@h.test/simple/",
        "publish",
        ("https://h.test/simple/", "u", "p"),
    ),
    "a token alone at GitHub": (
        f"https://{GITHUB_TOKEN}@github.com/o/r",
        "git",
        ("https://github.com/", "x-access-token", GITHUB_TOKEN),
    ),
    "a token alone elsewhere": (
        "https://TOKEN-of-16-bytes@h.test/o",
        "git",
        ("https://h.test/", "oauth2", "TOKEN-of-16-bytes"),
    ),
    "a token alone for an index": (
        "https://TOKEN-of-16-bytes@h.test/o",
        "index",
        ("https://h.test/o", "__token__", "TOKEN-of-16-bytes"),
    ),
    "GitHub's own way": (
        "https://T:x-oauth-basic@github.com/",
        "git",
        ("https://github.com/", "x-access-token", "T"),
    ),
    "in clear": ("http://u:p@h.test:80/x", "index", ("http://h.test/x", "u", "p")),
    "a query stays out": ("https://u:p@h.test/x?a=b@c", "index", ("https://h.test/x", "u", "p")),
    "no userinfo": ("https://h.test/x@y", "index", None),
    "a short name alone": (
        "https://alice@h.test/x",
        "git",
        ("its URL has a login name without a password",),
    ),
    "a prescribed name alone": ("https://git@h.test/x", "git", None),
    "another prescribed name": ("https://gitlab-ci-token@h.test/x", "git", None),
    "ssh": ("ssh://T@h.test/x", "git", None),
    "a path": ("/srv/u:p@x", "git", None),
    "a template": (
        "https://u:${TOKEN}@h.test/x",
        "git",
        ("its URL has a template instead of a secret",),
    ),
    "a slash in the password": (
        "https://u:p/x@h.test/",
        "git",
        ("a URL has a '/', '?' or '#' in its username or password",),
    ),
    "a question mark in it": (
        "https://u:p?x@h.test/",
        "index",
        ("a URL has a '/', '?' or '#' in its username or password",),
    ),
    "two at signs": (
        "https://u:p@x@h.test/",
        "git",
        ("a URL has a second '@'; write one in a username or password as %40",),
    ),
    "a broken escape": ("https://u:p%4@h.test/", "git", ("a URL has a broken percent escape",)),
    "a line end in it": (
        "https://u:p%0ahost=evil.test@h.test/",
        "git",
        ("a URL has an encoded line end or NUL",),
    ),
    "an empty password": (
        "https://T:@h.test/",
        "index",
        ("a URL has an empty password, and its username may be a secret",),
    ),
}


@cases("url, use, expected", URLS)
def test_the_credential_in_a_url(url: str, use: str, expected: tuple[str, ...] | None) -> None:
    row = from_url(url.encode(), use, 1)
    assert told([row] if row is not None else []) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("userinfo", "is_one"),
    [
        ("${T}", True),
        ("u:${T}", True),
        ("u:p-${T}-s", True),
        ("u:$TOKEN", True),
        ("u:%TOKEN%", True),
        ("{env:T}", True),
        ("u:$ecret", False),
        ("u:p%41%42", False),
        ("$T:p", False),
    ],
)
def test_a_template_stands_for_the_secret(userinfo: str, is_one: bool) -> None:
    assert has_template(userinfo.encode()) is is_one


@given(st.binary(max_size=40), st.sampled_from(["git", "index", "publish"]))
@example(b"https://u:CANARY-3f9c@[::1", "index")
@example(b"https://u:CANARY-3f9c\xff@h\xff/", "index")
def test_any_url_gives_a_row_or_none(text: bytes, use: str) -> None:
    for url in (text, b"https://" + text, b"https://u:CANARY-3f9c" + text + b"@h.test/"):
        row = from_url(url, use, 1, 0)
        assert row is None or isinstance(row, Found) or SECRET not in row.reason
        if isinstance(row, Found) and row.span is not None:
            assert url[row.span[0] - 3 : row.span[0]] == b"://"
            assert url[row.span[1] - 1 : row.span[1]] == b"@"


GIT_LINES = {
    "a host": ("https://u:p@h.test", ("https://h.test/", "u", "p")),
    "a port and a path": (
        "https://u:p@h.test:8443/a/b.git",
        ("https://h.test:8443/a/b.git", "u", "p"),
    ),
    "a port as git escapes it": ("https://u:p@h.test%3a8443", ("https://h.test:8443/", "u", "p")),
    "an address as git escapes it": (
        "https://u:p@%5b%3a%3a1%5d%3a8443/a",
        ("https://[::1]:8443/a", "u", "p"),
    ),
    "a question mark in a path": (
        "https://u:p@h.test/a?b%20#c",
        ("https://h.test/a%3Fb%20%23c", "u", "p"),
    ),
    "a question mark for a slash": (
        "https://u:p@good.test?x@evil.test/",
        ("it has a second '@'; write one in a username or password as %40",),
    ),
    "another host in an escape": (
        "https://u:CANARY@good.test%2f.evil.test",
        ("it has a percent sign in its host",),
    ),
    "escapes": ("https://u%40x:p%3a%25@h.test", ("https://h.test/", "u@x", "p:%")),
    "no username": ("https://:p@h.test", ("https://h.test/", "-", "p")),
    "a line end of Windows": ("https://u:p@h.test\r", ("https://h.test/", "u", "p")),
    "mail": ("smtp://u:p@h.test", ("it is neither https nor http",)),
    "no URL": ("CANARY", ("Git ignores it: it is not a URL",)),
    "no password": (
        "https://u@h.test",
        ("Git ignores it: it has no password",),
    ),
    "an odd host": ("https://u:p@h!t.test", ("host 'h!t.test' has '!', which no host name has",)),
    "a line end in a value": (
        "https://u:p%0a@h.test",
        ("it has an encoded line end or NUL",),
    ),
}


@cases("line, expected", GIT_LINES)
def test_a_line_of_git_credential_store(line: str, expected: tuple[str, ...]) -> None:
    rows = git_store.READER.read(file(f"\n{line}\n"))
    assert told(rows) == [expected]
    assert rows[0].line == 2


def test_lines_are_taken_out_by_their_bytes() -> None:
    source = file(b"# \xff\r\nhttps://a:1@h.test\r\n\nsmtp://x:y@m.test\nhttps://b:2@h.test")
    found = [row for row in git_store.READER.read(source) if isinstance(row, Found)]
    assert git_store.READER.without(source, found, set()) == b"# \xff\r\n\nsmtp://x:y@m.test\n"


NETRC = {
    "an entry": ("machine h.test login u password p", [("https://h.test/", "u", "p")]),
    "a port and plain http": (
        "machine h.test login u password p port 8080 protocol http",
        [("http://h.test:8080/", "u", "p")],
    ),
    "default": (
        "default login u password CANARY",
        [("'default' is for every host, not for one",)],
    ),
    "no password": ("machine h.test login u", [("it has no login or no password",)]),
    "a word too many": (
        "machine h.test login u password hunter CANARY",
        [("an unknown keyword (values with blanks need quotes)",)],
    ),
    "two passwords": (
        "machine h.test login u password 1\nmachine h.test login u password 2",
        [
            ("line 2 has another password for its login",),
            ("line 1 has another password for its login",),
        ],
    ),
    "ftp": (
        "machine h.test login u password p protocol ftp",
        [("its protocol is neither https nor http",)],
    ),
}


@cases("text, expected", NETRC)
def test_a_netrc(text: str, expected: list[tuple[str, ...]]) -> None:
    assert told(netrc.READER.read(file(text))) == expected


def test_the_entries_of_uv_are_read_one_by_one() -> None:
    text = """\
[[credential]]
service = "https://h.test/"
username = "u"
scheme = "basic"
password = "p"

[[credential]]
service = "https://t.test/"
scheme = "bearer"
token = "t"

[[credential]]
service = "https://h.test/"
scheme = "basic"

[[credential]]
service = "https://2130706433/"
username = "u"
scheme = "basic"
password = "CANARY"
"""
    assert told(uv_store.READER.read(file(text))) == [
        ("https://h.test/", "u", "p"),
        ("https://t.test/", "-", "t"),
        ("a basic entry has no 'username'",),
        ("its service is a URL that only uv can read",),
    ]


GH = {
    "one account": (
        "github.com:\n    user: mona\n    oauth_token: gho_1\n    git_protocol: https\n",
        [("https://github.com/", "mona", "gho_1")],
    ),
    "several, the active one last": (
        (
            "github.com:\n    users:\n        mona:\n            oauth_token: gho_1\n"
            "        octo:\n            oauth_token: gho_2\n    user: mona\n"
            "    oauth_token: gho_1\n"
        ),
        [("https://github.com/", "octo", "gho_2"), ("https://github.com/", "mona", "gho_1")],
    ),
    "the active one under users alone": (
        "ghe.test:\n    users:\n        mona:\n            oauth_token: gho_1\n    user: mona\n",
        [("https://ghe.test/", "mona", "gho_1")],
    ),
    "no name": (
        "github.com:\n    oauth_token: gho_1\n",
        [("https://github.com/", "x-access-token", "gho_1")],
    ),
    "a token that looks like a number": (
        "github.com:\n    user: 0123\n    oauth_token: 0777\n",
        [("https://github.com/", "0123", "0777")],
    ),
    "one in a keyring": (
        "github.com:\n    users:\n        mona:\n    user: mona\n",
        [("its token is in a keyring, and 'gh auth token' does not print it",)],
    ),
    "no host": (
        "'evil.test/x':\n    oauth_token: CANARY\n",
        [("its key is not a host name",)],
    ),
    "empty": ("", []),
}


@cases("text, expected", GH)
def test_the_hosts_of_gh(text: str, expected: list[tuple[str, ...]]) -> None:
    assert told(gh.READER.read(file(text))) == expected


def test_a_token_that_gh_gave_is_taken() -> None:
    source = file("h.test:\n    user: mona\n", **{"h.test\nmona": b"gho_1"})
    assert told(gh.READER.read(source)) == [("https://h.test/", "mona", "gho_1")]


AUTH = """\
[http-basic.corp]
username = "u"
password = "p"
[http-basic.src]
username = "u2"
password = "p2"
[http-basic.ring]
username = "u3"
[http-basic.lost]
username = "u4"
password = "CANARY"
[pypi-token]
pypi = "pypi-1"
corp = "tok"
"""


def test_the_names_of_poetry_lead_to_urls() -> None:
    config = b'[repositories.corp]\nurl = "https://corp.test/legacy/"\n'
    project = (
        b'[[tool.poetry.source]]\nname = "src"\nurl = "https://src.test/a/simple/"\n'
        b'[[tool.poetry.source]]\nname = "corp"\nurl = "https://evil.test/"\n'
    )
    source = file(AUTH, **{"config.toml": config, "pyproject.toml": project})
    rows = poetry.READER.read(source)
    assert told(rows) == [
        ("https://corp.test/legacy/", "u", "p"),
        ("https://src.test/a", "u2", "p2"),
        ("its password is in a keyring, or it has none",),
        ("the URL of 'lost' is not configured",),
        ("https://upload.pypi.org/legacy/", "__token__", "pypi-1"),
        ("https://corp.test/legacy/", "__token__", "tok"),
    ]
    assert [row.line for row in rows] == [1, 4, 7, 9, 13, 14]


GCM = {
    "a file of GCM's": (
        "p w\nservice=https://h.test:8443/a\naccount=u\n",
        [("https://h.test:8443/a", "u", "p w")],
    ),
    "line ends of Windows": (
        "p\r\nservice=https://h.test\r\naccount=u\r\n",
        [("https://h.test/", "u", "p")],
    ),
    "no account": (
        "CANARY\nservice=https://h.test\n",
        [("it has no line 'service=' or 'account='",)],
    ),
    "no password": ("\nservice=https://h.test\naccount=u\n", [("it has no password",)]),
    "another protocol": (
        "CANARY\nservice=ftp://h.test\naccount=u\n",
        [("it is neither https nor http",)],
    ),
    "an odd host": (
        "CANARY\nservice=https://h.test#x\naccount=u\n",
        [("its service is not a URL of a host",)],
    ),
}


@cases("text, expected", GCM)
def test_a_file_of_gcm(text: str, expected: list[tuple[str, ...]]) -> None:
    assert told(gcm.READER.read(file(text))) == expected


PIP = b"""\
# index-url = https://c:CANARY@comment.test/simple
[global]
index-url = https://u:p@h.test/simple
extra_index_url:
    https://a:1@a.test/simple https://b.test/simple

    ; https://c:CANARY@comment.test/
    https://TOKEN-of-16-bytes@t.test/x/simple/
timeout = 60
[install]
find-links = https://f:2@f.test/links
    /srv/wheels
trusted-host = https://no:CANARY@no.test/
"""


def test_pips_configuration() -> None:
    source = file(PIP)
    rows = pip.READER.read(source)
    assert told(rows) == [
        ("https://h.test/", "u", "p"),
        ("https://a.test/", "a", "1"),
        ("https://t.test/x", "__token__", "TOKEN-of-16-bytes"),
        ("https://f.test/links", "f", "2"),
    ]
    assert [row.line for row in rows] == [3, 5, 8, 11]
    found = [row for row in rows if isinstance(row, Found)]
    kept = PIP
    for userinfo in (b"u:p@", b"a:1@", b"TOKEN-of-16-bytes@", b"f:2@"):
        kept = kept.replace(b"//" + userinfo, b"//")
    assert pip.READER.without(source, found, set()) == kept


def test_a_username_stays_where_accounts_must_be_told_apart() -> None:
    source = file(b"[global]\nindex-url = https://u:p@h.test/simple\n")
    found = [row for row in pip.READER.read(source) if isinstance(row, Found)]
    cut = pip.READER.without(source, found, {"https://h.test/"})
    assert cut == b"[global]\nindex-url = https://u@h.test/simple\n"


UV = (
    r"""
[tool.uv]
extra-index-url = ["https://e:1@e.test/simple", # https://e:1@e.test/simple
  "https://e:1@e.test/simple", 'https://${T}@p.test/']
publish-url = "https://up:2@up.test/legacy/"
[tool.uv.pip]
index-url = "https://p:3@p.test/simple"
[[tool.uv.index]]
name = "x"
url = "https://x:\u0034@x.test/a"
publish-url = """
    '"""https://x:5@x.test/up"""\n'
)


def test_uvs_configuration() -> None:
    source = file(UV)
    rows = uv_config.READER.read(source)
    assert sorted(told(rows)) == [
        ("https://e.test/", "e", "1"),
        ("https://e.test/", "e", "1"),
        ("https://p.test/", "p", "3"),
        ("https://up.test/legacy/", "up", "2"),
        ("https://x.test/a", "x", "4"),
        ("https://x.test/up", "x", "5"),
        ("its URL has a template instead of a secret",),
    ]
    found = [row for row in rows if isinstance(row, Found)]
    left = uv_config.READER.without(source, found, set()).decode()
    # What stands behind an escape cannot be found in the bytes; a comment is not the value.
    assert left == (
        UV.replace('"https://e:1@', '"https://')
        .replace("up:2@", "")
        .replace("p:3@", "")
        .replace("x:5@", "")
    )


def listing(*pairs: tuple[str, str]) -> bytes:
    return b"".join(f"{key}\n{value}\0".encode() for key, value in pairs)


def test_gits_configuration() -> None:
    basic = b64encode(b"x-access-token:ghs_1").decode()
    said = listing(
        ("remote.origin.url", f"https://{GITHUB_TOKEN}@github.com/a/b"),
        ("remote.origin.pushurl", "https://u:p@h.test/a/b"),
        ("remote.other.url", "git@github.com:a/b"),
        ("url.https://r:4@r.test/.insteadof", "gh:"),
        ("http.https://github.com/.extraheader", f"AUTHORIZATION: basic {basic}"),
        ("http.https://b.test/.extraheader", "Authorization: Bearer tok"),
        ("http.https://b.test/.extraheader", "X-Other: CANARY"),
        ("http.extraheader", "Authorization: basic CANARY"),
        ("http.https://c.test/.extraheader", "Authorization: basic CANARY"),
        ("branch.main.remote", "https://u:CANARY@no.test/"),
    )
    assert told(git_remotes.READER.read(file(b"", listing=said))) == [
        ("https://github.com/", "x-access-token", GITHUB_TOKEN),
        ("https://h.test/", "u", "p"),
        ("https://r.test/", "r", "4"),
        ("https://github.com/", "x-access-token", "ghs_1"),
        ("https://b.test/", "-", "tok"),
        ("the header is not limited to a host",),
        ("a header is not for a URL, or has no credential",),
    ]


OF_ALL_USERS = [
    "/etc/xdg/pip/pip.conf",
    "/Library/Application Support/pip/pip.conf",
    "/etc/pip.conf",
]
HOMES = {
    "git-credentials": [
        "/h/.git-credentials",
        "/c/git/credentials",
    ],
    "netrc": ["/h/.netrc"],
    "uv": [],
    "gh": ["/c/gh/hosts.yml"],
    "poetry": ["/c/pypoetry/auth.toml"],
    "gcm": ["/h/.gcm/store"],
    "pip": [*OF_ALL_USERS, "/h/.pip/pip.conf", "/c/pip/pip.conf"],
    "uv-config": ["/c/uv/uv.toml"],
    "git-remotes": ["/c/git/config", "/h/.gitconfig"],
}


@pytest.mark.parametrize("name", SOURCES)
def test_where_a_source_is(name: str) -> None:
    places = Places({"XDG_CONFIG_HOME": "/c"}, "/h", "/w", "/c")
    assert READERS[name].paths(places) == HOMES[name]


@pytest.mark.parametrize("name", SOURCES)
def test_without_a_home_no_path_is_relative(name: str) -> None:
    names = (
        "NETRC",
        "GIT_CONFIG_GLOBAL",
        "GH_CONFIG_DIR",
        "POETRY_CONFIG_DIR",
        "GCM_PLAINTEXT_STORE_PATH",
    )
    odd = dict.fromkeys((*names, "XDG_CONFIG_HOME", "PIP_CONFIG_FILE", "UV_CONFIG_FILE"), "rel")
    found = READERS[name].paths(Places(odd, "", "", ""))
    assert found == (OF_ALL_USERS if name == "pip" else [])


MARKED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(b"https://", b"u:", b"@h.test/", b"\n", b"[", b"]", b'"', b"=", b":", b" ", b"#"),
                *(b"machine ", b"login ", b"password ", b"[[credential]]\n", b"service", b"\xff"),
                *(b"oauth_token: ", b"[http-basic.x]\n", b"index-url", b"extra-index-url = ["),
                *(b"&a ", b"*a", b"!!python/object:x ", b"\0", b"\r\n", b"%", b"'", b"{", b"- "),
            ]
        ),
        st.just(SECRET.encode()),
    ),
    max_size=12,
).map(b"".join)


@pytest.mark.parametrize("name", SOURCES)
@given(MARKED)
@example(b"[" * 5000)
@example(b"{a: " * 5000)
@example(b"a: &a [*a]\n")
@example(b"CANARY-3f9c: [")
@example(b"\x80CANARY-3f9c")
def test_a_reader_takes_any_bytes_and_quotes_none(name: str, data: bytes) -> None:
    beside = {"listing": data, "config.toml": data, "pyproject.toml": data}
    source = SourceFile(data, "/p/f", beside)
    fault = ""
    rows: list[Row] = []
    try:
        rows = READERS[name].read(source)
    except UvxError as error:
        fault = f"{error} {error.__cause__ or ''}"
    assert SECRET not in fault
    for row in rows:
        assert row.line >= 1
        if isinstance(row, Refused):
            assert SECRET not in row.reason or name == "poetry"
        else:
            assert SECRET not in row.note
    assert SECRET not in repr(source)


@pytest.mark.parametrize("name", ["pip", "uv-config"])
@given(MARKED)
def test_what_is_cut_out_is_gone_and_the_rest_is_as_it_was(name: str, data: bytes) -> None:
    try:
        rows = READERS[name].read(SourceFile(data))
        found = [row for row in rows if isinstance(row, Found) and row.span]
        left = READERS[name].without(SourceFile(data), found, set()) or b""
    except SourceError:
        return
    spans = [row.span for row in found if row.span]
    assert len(left) == len(data) - sum(end - start for start, end in spans)
    again = [row for row in READERS[name].read(SourceFile(left)) if isinstance(row, Found)]
    assert len(again) == sum(isinstance(row, Found) for row in rows) - len(found)
