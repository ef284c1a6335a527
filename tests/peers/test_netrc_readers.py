"""How curl, Python's netrc and uv read the files that the netrc source reads.

The generated files keep to the grammar that `sources/netrc_format.py` says is common ground. Curl
and uv are asked what they send to a host on this machine that answers to every name.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from netrc import netrc
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.peers.netrcs import Host
from git_credential_uvx.query import Query
from git_credential_uvx.sources.netrc import NetrcSource
from git_credential_uvx.sources.netrc_format import parse
from git_credential_uvx.urls.service import Service
from tests.support.budget import examples
from tests.support.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

# A host, and the username in the URL.
Question = tuple[str, bytes | None]

_UNKNOWN = "unknown.test"


@contextmanager
def _host() -> Iterator[Host]:
    with Host() as host:
        thread = Thread(target=host.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield host
        finally:
            host.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with _host() as host:
        yield host


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One machine for all examples of a property."""
    return Machine(tmp_path_factory.mktemp("netrc"))


def _write(place: Machine, data: bytes) -> str:
    path = place.home / "file"
    path.write_bytes(data)
    path.chmod(0o600)
    return str(path)


def _ours(path: str, question: Question) -> bytes | None:
    service = Service("http", question[0], None)
    query = Query(service, question[1], use="index")
    found = NetrcSource(path, default=True).find(query, 0)
    assert found.warning is None
    if found.credential is None:
        return None
    return (found.credential.username or b"") + b":" + found.credential.secret.reveal()


def _curl(place: Machine, host: Host, path: str, questions: list[Question]) -> list[bytes | None]:
    host.sent.clear()
    urls = [
        f"http://{'' if user is None else user.decode() + '@'}{name}/{number}"
        for number, (name, user) in enumerate(questions)
    ]
    here = f"::127.0.0.1:{host.server_port}"
    place.run(
        *("curl", "--disable", "--silent", "--noproxy", "*", "--connect-to", here),
        *("--netrc", "--netrc-file", path, *urls),
    )
    return [host.sent[f"/{number}"] for number in range(len(questions))]


def _python(path: str, name: str) -> bytes | None:
    found = netrc(path).authenticators(name)
    return found and f"{found[0]}:{found[2]}".encode()


_TEXT = st.characters(min_codepoint=0x21, exclude_categories=("C", "Z"))
# Where curl looks for its host it takes the values of others for keywords.
_KEYWORDS = ("machine", "default", "macdef")


def _plain(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return (
        st.text(alphabet, min_size=1, max_size=8)
        .filter(lambda t: t[0] not in '#"' and "\\" not in t and t.lower() not in _KEYWORDS)
        .map(lambda text: (text, text))
    )


@st.composite
def _quoted(draw: st.DrawFn) -> tuple[str, str]:
    text = draw(st.text(_TEXT | st.sampled_from(' \t"\\#nrt'), min_size=1, max_size=8))
    spelled = ""
    for character in text:
        must = character in '"\\'
        may = must or character not in "nrt"
        spelled += "\\" * (must or (may and draw(st.booleans()))) + character
    return f'"{spelled}"', text


# As it is spelled, and what it means.
_VALUE = (_plain(_TEXT) | _quoted()).filter(lambda value: value[1].lower() not in _KEYWORDS)
_LOGIN = _VALUE.filter(lambda value: ":" not in value[1])
# What stands in a URL as it is.
_URL_LOGIN = _plain(st.sampled_from("abcXYZ019-_.~"))
_GAP = st.sampled_from([" ", "\t", "  ", " \t"])
_BREAK = st.sampled_from([" ", "\t", "\n", "\n\t", "\n  "])
# A whole line of comment has one word: Python may take the second one for a keyword.
_COMMENT_WORD = st.text(st.sampled_from("abcXYZ,.'#()="), max_size=8)
_COMMENT = st.lists(_COMMENT_WORD, max_size=3).map(" ".join)
_END = st.one_of(
    st.sampled_from(["\n", "\n\n", "\n\n\n", " \n", "\t\n\n"]),
    _COMMENT.map(lambda words: f" # {words}\n"),
    _COMMENT_WORD.map(lambda word: f"\n#{word}\n"),
    _COMMENT_WORD.map(lambda word: f"\n\n\t#{word}\n"),
)
_MACRO = st.lists(
    st.text(st.sampled_from('abc "#\\'), min_size=1, max_size=8).map(lambda line: f"!{line}"),
    max_size=3,
).map(lambda lines: "macdef init\n" + "".join(f"{line}\n" for line in lines) + "\n")


@st.composite
def _entry(draw: st.DrawFn, head: str, login: tuple[str, str], *, first: bool) -> tuple[str, str]:
    """The text of an entry and its password; with `first` the login comes first."""
    password = draw(_VALUE)
    words = [("login", login[0]), ("password", password[0])]
    if draw(st.booleans()):
        account = draw(_VALUE.filter(lambda v: v[1] not in ("login", "password", "account")))
        words.append(("account", account[0]))
    if not first:
        words = draw(st.permutations(words))
    text = head
    for keyword, value in words:
        text += draw(_BREAK) + keyword + draw(_GAP) + value
    return text + draw(_END), password[1]


class _File:
    """A netrc file: its text, and its accounts by host in their order."""

    def __init__(self) -> None:
        self.text = ""
        self.accounts: dict[str, list[tuple[str, str]]] = {}

    def __repr__(self) -> str:
        return repr(self.text)


@st.composite
def _files(draw: st.DrawFn) -> _File:
    file = _File()
    if draw(st.booleans()):
        file.text += "# " + draw(_COMMENT) + "\n"
    for number in range(draw(st.integers(1, 6))):
        name = f"h{number}.test"
        several = draw(st.booleans())
        logins = (
            draw(st.lists(_URL_LOGIN, min_size=2, max_size=3, unique=True))
            if several
            else [draw(_LOGIN)]
        )
        file.accounts[name] = []
        for login in logins:
            head = f"machine{draw(_GAP)}{name}"
            text, password = draw(_entry(head, login, first=several))
            file.text += text
            file.accounts[name].append((login[1], password))
        if draw(st.booleans()):
            file.text += draw(_MACRO)
    if draw(st.booleans()):
        login = draw(_LOGIN)
        text, password = draw(_entry("default", login, first=False))
        file.text += text
        file.accounts[_UNKNOWN] = [(login[1], password)]
    return file


@settings(max_examples=examples(40))
@given(file=_files())
def test_curl_and_python_read_what_we_read(file: _File, place: Machine, host: Host) -> None:
    path = _write(place, file.text.encode())
    expected: dict[Question, bytes | None] = {(_UNKNOWN, None): None}
    for name, accounts in file.accounts.items():
        if len(accounts) == 1:
            expected[name, None] = ":".join(accounts[0]).encode()
        else:
            expected |= {(name, u.encode()): f"{u}:{p}".encode() for u, p in accounts}
    questions = list(expected)
    assert [_ours(path, question) for question in questions] == list(expected.values())
    assert _curl(place, host, path, questions) == list(expected.values())
    for name in (*file.accounts, _UNKNOWN):
        assert _python(path, name) == _ours(path, (name, None))


def test_with_crlf_curl_and_python_read_what_we_read(place: Machine, host: Host) -> None:
    lines = b"# mine\nmachine h.test login u\n password p\n\nmachine g.test login v password q\n"
    data = lines.replace(b"\n", b"\r\n")
    path = _write(place, data)
    questions: list[Question] = [("h.test", None), ("g.test", None), (_UNKNOWN, None)]
    assert _curl(place, host, path, questions) == [b"u:p", b"v:q", None]
    assert [_ours(path, question) for question in questions] == [b"u:p", b"v:q", None]
    assert [_python(path, name) for name, _ in questions] == [b"u:p", b"v:q", None]


# What we call broken or leave out, and what the two make of it: never the same.
APART = {
    "a backslash": (b"machine h.test login u password a\\b\n", b"u:a\\b", b"u:ab"),
    "an escaped line feed": (b'machine h.test login u password "a\\nb"\n', b"u:a\nb", b"u:anb"),
    "an entry without password": (b"machine h.test login u\n", b"u:", b"u:"),
}


@pytest.mark.parametrize(("data", "by_curl", "by_python"), APART.values(), ids=APART)
def test_curl_and_python_read_differently_or_too_much(
    data: bytes, by_curl: bytes, by_python: bytes, place: Machine, host: Host
) -> None:
    path = _write(place, data)
    assert _curl(place, host, path, [("h.test", None)]) == [by_curl]
    assert _python(path, "h.test") == by_python
    (entry,), _ = parse(data)
    assert entry.password is None


def test_of_two_accounts_curl_takes_the_first_and_python_the_last(
    place: Machine, host: Host
) -> None:
    path = _write(place, b"machine h login u password p\nmachine h login v password q\n")
    assert _curl(place, host, path, [("h", None)]) == [b"u:p"]
    assert _python(path, "h") == _ours(path, ("h", None)) == b"v:q"


ENTRY = b"machine localhost login u password p\n"
UV = {
    "a machine": (ENTRY, None, b"u:p"),
    "the last of two accounts": (ENTRY + b"machine localhost login v password q\n", None, b"v:q"),
    "an account by name": (ENTRY, b"u", b"u:p"),
    "no other machine": (b"machine h.test login u password p\n", None, None),
    "default": (b"default login d password p\n", None, b"d:p"),
    "a machine behind default": (b"default login d password p\n" + ENTRY, None, b"u:p"),
    "a password in quotes": (b'machine localhost login u password "p \\"q"\n', None, b'u:p "q'),
    "a macro": (b"macdef x\ny\n\n" + ENTRY, None, b"u:p"),
}


@pytest.mark.parametrize(("data", "username", "sent"), UV.values(), ids=UV)
def test_uv_sends_what_we_find_to_any_port(
    data: bytes, username: bytes | None, sent: bytes | None, machine: Machine, host: Host
) -> None:
    path = _write(machine, data)
    host.sent.clear()
    userinfo = "" if username is None else f"{username.decode()}@"
    index = f"http://{userinfo}localhost:{host.server_port}/simple"
    target = ("--python", sys.executable, "--target", machine.root / "target")
    machine.run(
        *("uv", "pip", "install", "--no-cache", "--default-index", index, *target, "foo"),
        env={"NETRC": path, "NO_PROXY": "localhost"},
        check=False,
    )
    assert host.sent == {"/simple/foo/": sent}
    assert _ours(path, ("localhost", username)) == sent
