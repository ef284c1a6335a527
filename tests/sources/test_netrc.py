"""The netrc file: its grammar, which entry answers, and which file is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.credential import Secret
from git_credential_uvx.query import Query, SourceAnswer, sendable
from git_credential_uvx.sources.netrc import SIZE_LIMIT, NetrcSource, netrc_path
from git_credential_uvx.sources.netrc_format import parse
from git_credential_uvx.urls.service import service_from_url

Netrc = Callable[[bytes], str]


def read(data: bytes) -> list[tuple[str | None, bytes | None, bytes | None]]:
    """Machine, login and password of every entry."""
    logins, _ = parse(data)
    return [(e.machine, e.login, e.password.reveal() if e.password else None) for e in logins]


def lines_of_faults(data: bytes) -> list[int]:
    return [fault.line for fault in parse(data)[1]]


def query(url: str, username: bytes | None = None, use: str = "git") -> Query:
    service = service_from_url(url)
    assert service is not None
    return Query(service, username, use=use)


@pytest.fixture
def netrc(tmp_path: Path) -> Netrc:
    """Writes a netrc file and gives its path."""

    def write(data: bytes) -> str:
        path = tmp_path / "netrc"
        path.write_bytes(data)
        path.chmod(0o600)
        return str(path)

    return write


def find(path: str | None, asked: Query, *, default: bool = False) -> SourceAnswer:
    """What the resolver makes of the answer."""
    return sendable(NetrcSource(path, default=default).find(asked, 0), asked)


def answer(found: SourceAnswer) -> tuple[bytes | None, bytes] | None:
    credential = found.credential
    return None if credential is None else (credential.username, credential.secret.reveal())


READ = {
    "one line": (b"machine h.test login u password p", "h.test", b"u", b"p"),
    "a word a line": (b"machine\nh.test\n\tlogin\n u\npassword\np\n", "h.test", b"u", b"p"),
    "the password first": (b"machine h.test password p login u\n", "h.test", b"u", b"p"),
    "CRLF": (b"machine h.test\r\nlogin u\r\npassword p\r\n", "h.test", b"u", b"p"),
    "user for login": (b"machine h.test user u password p\n", "h.test", b"u", b"p"),
    "an account": (b"machine h.test login u account login password p", "h.test", b"u", b"p"),
    "keywords as values": (
        b"machine h.test login password password machine",
        "h.test",
        b"password",
        b"machine",
    ),
    "blanks in quotes": (
        b'machine h.test login "a b" password "\t p "',
        "h.test",
        b"a b",
        b"\t p ",
    ),
    "escapes in quotes": (b'machine h.test login u password "\\"\\\\\\x"', "h.test", b"u", b'"\\x'),
    "a hash in quotes": (b'machine h.test login u password "#p"', "h.test", b"u", b"#p"),
    "a hash inside a value": (b"machine h.test login u password p#p#", "h.test", b"u", b"p#p#"),
    "a quote inside a value": (b'machine h.test login u password p"p"', "h.test", b"u", b'p"p"'),
    "an empty login in quotes": (b'machine h.test login "" password p', "h.test", b"", b"p"),
    "a machine in quotes": (b'machine "h.test" login u password p', "h.test", b"u", b"p"),
    "bytes that are no UTF-8": (
        b"machine h.test login \xe9 password \xff",
        "h.test",
        b"\xe9",
        b"\xff",
    ),
    "upper case in the host": (b"machine H.Test login u password p", "h.test", b"u", b"p"),
    "an international name": (
        "machine bücher.test login u password p".encode(),
        "xn--bcher-kva.test",
        b"u",
        b"p",
    ),
    "an IPv6 address": (b"machine 0::1 login u password p", "[::1]", b"u", b"p"),
    "an IPv6 address in brackets": (b"machine [::1] login u password p", "[::1]", b"u", b"p"),
    "a byte order mark": (b"\xef\xbb\xbfmachine h.test login u password p", "h.test", b"u", b"p"),
    "a comment line": (b"# it's \"mine\nmachine h.test login u password p", "h.test", b"u", b"p"),
    "a comment behind an empty line": (
        b"\n\n#my words\nmachine h.test login u password p",
        "h.test",
        b"u",
        b"p",
    ),
    "a comment behind a value": (
        b"machine h.test login u # password q\npassword p",
        "h.test",
        b"u",
        b"p",
    ),
    "a macro before it": (
        b'macdef init\ncd "x\n\tlogin\n\nmachine h.test login u password p',
        "h.test",
        b"u",
        b"p",
    ),
    "a macro's name and more": (
        b"macdef init x \nfoo\n\nmachine h.test login u password p",
        "h.test",
        b"u",
        b"p",
    ),
    "default": (b"default login u password p", None, b"u", b"p"),
    "a machine called default": (b"machine default login u password p", "default", b"u", b"p"),
}


@pytest.mark.parametrize(("data", "machine", "login", "password"), READ.values(), ids=READ)
def test_an_entry_with(data: bytes, machine: str | None, login: bytes, password: bytes) -> None:
    assert read(data) == [(machine, login, password)]
    assert lines_of_faults(data) == []


PORTS = {
    "a port": (b"machine h.test port 8443", 8443, None),
    "a protocol": (b"machine h.test protocol http", None, "http"),
    "both": (b"machine h.test port 80 protocol http", 80, "http"),
    "a port that is a protocol": (b"machine h.test port https", None, "https"),
    "a port of something else": (b"machine h.test port smtp", None, "smtp"),
}


@pytest.mark.parametrize(("data", "port", "protocol"), PORTS.values(), ids=PORTS)
def test_the_tokens_of_gits_own_helper(data: bytes, port: int, protocol: str) -> None:
    (login,), faults = parse(data + b" login u password p")
    assert (login.port, login.protocol, faults) == (port, protocol, [])


# Put between "machine h.test login u" and "machine next.test …" of three lines.
BROKEN = {
    "a word too much": b"password p word",
    "a value that begins with a hash": b"password #p",
    "a backslash outside quotes": b"password a\\b",
    "an escaped blank outside quotes": b"password a\\ b",
    "a line feed as an escape": b'password "a\\nb"',
    "a tab as an escape": b'password "a\\tb"',
    "a carriage return as an escape": b'password "a\\rb"',
    "something behind a closing quote": b'password "a"b',
    "two quotes side by side": b'password "a""b"',
    "a keyword in quotes": b'"password" p',
    "a keyword in capitals": b"Password p",
    "a vertical tab": b"password a\x0bb",
    "a second login": b"password p login v",
    "a second name for login": b"password p user v",
    "a second password": b"password p password p",
    "a second port": b"password p port 1 port 2",
    "a port and a protocol twice": b"password p port https protocol https",
    "port 0": b"password p port 0",
    "port 65536": b"password p port 65536",
    "a port of many digits": b"password p port " + b"1" * 5000,
}


@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN)
def test_a_broken_entry_has_no_secret_and_the_next_is_sound(words: bytes) -> None:
    data = b"machine h.test login u\n" + words + b"\nmachine next.test login v password q\n"
    assert read(data) == [("h.test", None, None), ("next.test", b"v", b"q")]
    assert lines_of_faults(data) == [2]


LOST = {
    "a quote that never ends": b'password "p',
    "a quote that ends on the next line": b'password "p\nmachine evil.test login x password y"',
    "a quote whose end is escaped": b'password "p\\"',
    "a quote that ends in a backslash": b'password "p\\',
}


@pytest.mark.parametrize("words", LOST.values(), ids=LOST)
def test_behind_an_open_quote_nothing_is_read(words: bytes) -> None:
    data = b"machine h.test login u\n" + words + b"\nmachine next.test login v password q\n"
    assert read(data) == [("h.test", None, None)]
    assert lines_of_faults(data) == [2]


OUTSIDE = {
    "words": (b"some words\nmachine h.test login u password p", [1]),
    "keywords": (b"login machine password q\nmachine h.test login u password p", [1]),
    "words behind a macro": (b"macdef x\n\nmore words\nmachine h.test login u password p", [3]),
    "a machine in capitals": (b"Machine evil\nmachine h.test login u password p", [1]),
}


@pytest.mark.parametrize(("data", "lines"), OUTSIDE.values(), ids=OUTSIDE)
def test_outside_of_any_entry_there_are_no(data: bytes, lines: list[int]) -> None:
    assert read(data) == [("h.test", b"u", b"p")]
    assert lines_of_faults(data) == lines


ENDS = {
    "a machine's name": (b"machine h.test login u password p\nmachine", [2]),
    "a login": (b"machine h.test login u password p\nmachine a\nlogin\n\n", [3]),
    "a macro's end": (b"machine h.test login u password p\nmacdef x\nfoo\n", [2]),
    "a macro's body": (b"machine h.test login u password p\nmacdef x", [2]),
}


@pytest.mark.parametrize(("data", "lines"), ENDS.values(), ids=ENDS)
def test_the_file_ends_before(data: bytes, lines: list[int]) -> None:
    assert read(data)[0] == ("h.test", b"u", b"p")
    assert lines_of_faults(data) == lines


def test_an_entry_in_a_macro_is_not_read_and_told() -> None:
    data = b"macdef x\nfoo\n \n machine h.test login u password p\n\n"
    assert read(data) == []
    assert lines_of_faults(data) == [4]


@pytest.mark.parametrize(
    "odd", [b"\0", b"\r", b"\r\r\n"], ids=["NUL", "a lone CR", "a CR too much"]
)
def test_a_file_is_refused_for(odd: bytes) -> None:
    data = b"machine h.test login u password p\n# " + odd + b"x\nmachine g.test\n"
    assert read(data) == []
    assert lines_of_faults(data) == [2]


NO_HOSTS = [
    *("h.test.", "h~x.test", "h.test:443", "h.test:8443", "[::1]:443", "https://h.test", "127.1"),
    *("u@h.test", "h.test/", "ü@h.test", "ü/h.test", "straße.test", ".h.test", "*.test", "[h]"),
]


@pytest.mark.parametrize("name", NO_HOSTS)
def test_a_machine_that_is_no_host_stays_as_it_stands(name: str) -> None:
    assert read(f"machine {name} login u password p".encode()) == [(name, b"u", b"p")]


WORD = st.sampled_from(
    [b"machine", b"default", b"login", b"password", b"macdef", b"port", b'"', b"\\", b"#", b"\n"]
) | st.binary(max_size=4)


@given(st.lists(st.tuples(WORD, st.sampled_from([b" ", b"\n", b""])), max_size=30))
def test_any_bytes_are_read_and_broken_entries_have_no_secret(
    words: list[tuple[bytes, bytes]],
) -> None:
    data = b"".join(word + gap for word, gap in words)
    logins, faults = parse(data)
    total = data.count(b"\n") + 1
    assert all(1 <= entry.line <= total for entry in logins)
    assert all(1 <= fault.line <= total for fault in faults)
    assert all(b"\n" not in e.password.reveal() for e in logins if e.password)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_what_quotes_can_hold_comes_back(login: bytes, password: bytes) -> None:
    def quoted(text: bytes) -> bytes:
        return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    data = b"machine h.test login " + quoted(login) + b" password " + quoted(password)
    if any(odd in login + password for odd in (b"\n", b"\r", b"\0")):
        assert all(entry != ("h.test", login, password) for entry in read(data))
    else:
        assert read(data) == [("h.test", login, password)]


TWO = b"machine h.test login u password p\nmachine h.test login v password q\n"
GIT = {
    "its machine": (b"machine h.test login u password p", "https://h.test/o/r", None, b"u"),
    "no other machine": (b"machine h.test login u password p", "https://g.test/", None, None),
    "no machine above": (
        b"machine test login u password p",
        "https://h.test/",
        None,
        None,
    ),
    "the last of two": (TWO, "https://h.test/", None, b"v"),
    "the first of two by name": (TWO, "https://h.test/", b"u", b"u"),
    "the second of two by name": (TWO, "https://h.test/", b"v", b"v"),
    "no third by name": (TWO, "https://h.test/", b"w", None),
    "no name in another case": (TWO, "https://h.test/", b"U", None),
    "no empty name": (TWO, "https://h.test/", b"", None),
    "any for such a name": (TWO, "https://h.test/", b"x-access-token", b"v"),
    "the name for any account that is there": (
        b"machine h.test login git password p\n" + TWO,
        "https://h.test/",
        b"git",
        b"git",
    ),
    "no other port": (TWO, "https://h.test:8443/", None, None),
    "no other port of this machine": (
        b"machine localhost login u password p",
        "http://localhost:8080/",
        None,
        None,
    ),
    "its port": (
        b"machine h.test port 8443 login u password p",
        "https://h.test:8443/",
        None,
        b"u",
    ),
    "no port but its own": (
        b"machine h.test port 1 login u password p",
        "https://h.test/",
        None,
        None,
    ),
    "the scheme's port by number": (
        b"machine h.test port 443 login u password p",
        "https://h.test/",
        None,
        b"u",
    ),
    "the entry that names the port": (
        b"machine h.test port 443 login u password p\nmachine h.test login u password q",
        "https://h.test/",
        None,
        b"u",
    ),
    "its protocol": (
        b"machine h.test protocol https login u password p",
        "https://h.test/",
        None,
        b"u",
    ),
    "no other protocol": (
        b"machine h.test protocol imap login u password p",
        "https://h.test/",
        None,
        None,
    ),
    "no https for http": (
        b"machine h.test protocol http login u password p",
        "https://h.test/",
        None,
        None,
    ),
    "no http": (
        b"machine h.test login u password p",
        "http://h.test/",
        None,
        None,
    ),
    "no http by its port": (
        b"machine h.test port 80 login u password p",
        "http://h.test/",
        None,
        None,
    ),
    "http that is allowed": (
        b"machine h.test protocol http login u password p",
        "http://h.test/",
        None,
        b"u",
    ),
    "http on this machine": (
        b"machine 127.0.0.1 login u password p",
        "http://127.0.0.1/",
        None,
        b"u",
    ),
    "no name like this machine's": (
        b"machine 127.0.0.1.test login u password p",
        "http://127.0.0.1.test/",
        None,
        None,
    ),
    "no entry without password": (
        b"machine h.test login u",
        "https://h.test/",
        None,
        None,
    ),
    "no entry without login": (
        b"machine h.test password p",
        "https://h.test/",
        None,
        None,
    ),
    "no login for the asked one": (b"machine h.test password p", "https://h.test/", b"u", None),
    "no empty password": (
        b'machine h.test login u password ""',
        "https://h.test/",
        None,
        None,
    ),
    "the sound one of two": (
        b"machine h.test login u password p\nmachine h.test login v",
        "https://h.test/",
        None,
        b"u",
    ),
    "none of two passwords for one login": (
        b"machine h.test login u password p\nmachine h.test login u password q",
        "https://h.test/",
        None,
        None,
    ),
    "an entry that is there twice": (
        b"machine h.test login u password p\nmachine h.test login u password p",
        "https://h.test/",
        None,
        b"u",
    ),
}


@pytest.mark.parametrize(("data", "url", "username", "login"), GIT.values(), ids=GIT)
def test_git_gets(
    data: bytes, url: str, username: bytes | None, login: bytes | None, netrc: Netrc
) -> None:
    found = find(netrc(data), query(url, username))
    assert (found.credential and found.credential.username) == login
    assert bool(found.place) == (login is not None)
    assert bool(found.reason) == (login is None)
    assert found.warning is None


INDEX = {
    "any port": (b"machine h.test login u password p", "https://h.test:8443/", None, b"u"),
    "any scheme on this machine": (
        b"machine localhost login u password p",
        "http://localhost:8080/",
        None,
        b"u",
    ),
    "no plain http": (
        b"machine h.test login u password p",
        "http://h.test/",
        None,
        None,
    ),
    "plain http that the entry names": (
        b"machine h.test login v password q machine h.test protocol http login u password p",
        "http://h.test/",
        None,
        b"u",
    ),
    "no plain http of another port": (
        b"machine h.test protocol http login u password p",
        "http://h.test:8080/",
        None,
        None,
    ),
    "no port but the one named": (
        b"machine h.test port 1 login u password p",
        "https://h.test/",
        None,
        None,
    ),
    "the entry that names the port": (
        b"machine h.test port 8443 login u password p\nmachine h.test login v password q",
        "https://h.test:8443/",
        None,
        b"u",
    ),
    "no protocol but the one named": (
        b"machine h.test protocol https login u password p",
        "http://h.test/",
        None,
        None,
    ),
    "no name for any account": (TWO, "https://h.test/", b"__token__", None),
    "the last of two": (TWO, "https://h.test/", None, b"v"),
}


@pytest.mark.parametrize(("data", "url", "username", "login"), INDEX.values(), ids=INDEX)
def test_an_index_gets(
    data: bytes, url: str, username: bytes | None, login: bytes | None, netrc: Netrc
) -> None:
    found = find(netrc(data), query(url, username, "index"))
    assert (found.credential and found.credential.username) == login


DEFAULT = {
    "for a host that is not named": (b"default login d password p", None, b"d"),
    "by its login": (b"default login d password p", b"d", b"d"),
    "not by another login": (b"default login d password p", b"u", None),
    "not for a host that is named": (
        b"default login d password p\nmachine h.test login u password p",
        b"d",
        None,
    ),
    "after the host that is named": (
        b"default login d password p\nmachine h.test login u password p",
        None,
        b"u",
    ),
    "not for a host with half an entry": (
        b"machine h.test login u\ndefault login d password p",
        None,
        None,
    ),
    "not in a file with a fault": (
        b"default login d password p\nmachine g.test login u password p q",
        None,
        None,
    ),
    "not when it is empty": (b"machine g.test login u password p\ndefault", None, None),
    "not when it is a machine's name": (b"machine default login u password p", None, None),
}


@pytest.mark.parametrize(("data", "username", "login"), DEFAULT.values(), ids=DEFAULT)
def test_default_answers(
    data: bytes, username: bytes | None, login: bytes | None, netrc: Netrc
) -> None:
    found = find(netrc(data), query("https://h.test/", username), default=True)
    assert (found.credential and found.credential.username) == login


def test_default_that_is_not_wanted_is_told(netrc: Netrc) -> None:
    path = netrc(b"machine g.test login u password p\ndefault login d password p\n")
    found = find(path, query("https://h.test/"))
    assert found.credential is None
    assert found.reason == f"'{path}': no entry for h.test, and 'default' in line 2 is not used"


def test_the_place_names_file_and_line(netrc: Netrc) -> None:
    path = netrc(b"\nmachine h.test\nlogin u password p\ndefault login d password p\n")
    for host, place in (("h.test", "line 2"), ("g.test", "line 4, its 'default'")):
        found = find(path, query(f"https://{host}/"), default=True)
        assert found.place == f"'{path}', {place}"


def test_the_place_says_that_there_are_other_accounts(netrc: Netrc) -> None:
    path = netrc(TWO)
    place = find(path, query("https://h.test/")).place
    assert place == f"'{path}', line 2, the last of several accounts (lines 1, 2)"
    assert find(path, query("https://h.test/", b"v")).place == f"'{path}', line 2"


def test_a_broken_file_is_told_with_its_line_and_still_answers(netrc: Netrc) -> None:
    path = netrc(b"machine g.test login u password p q\n" + TWO + b"machine x y\n")
    found = find(path, query("https://h.test/", b"u"))
    assert answer(found) == (b"u", b"p")
    assert found.warning == (
        f"'{path}', line 1: an unknown keyword (values with blanks need quotes) (and 1 more)"
    )
    broken = find(path, query("https://g.test/"))
    assert broken.reason == (
        f"'{path}': the entry for g.test in line 1 is broken, or has no login or no password"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_is_open_to_others_is_used_with_a_warning(mode: int, netrc: Netrc) -> None:
    path = netrc(TWO)
    Path(path).chmod(mode)
    found = find(path, query("https://h.test/", b"u"))
    assert answer(found) == (b"u", b"p")
    assert found.warning == f"'{path}' is open to other users; run chmod 600 '{path}'"


def test_a_file_with_a_fault_that_is_open_to_others_has_one_warning(netrc: Netrc) -> None:
    path = netrc(b"x\n")
    Path(path).chmod(0o644)
    warning = find(path, query("https://h.test/")).warning or ""
    assert warning.startswith(f"'{path}', line 1: ")
    assert warning.endswith(f"; '{path}' is open to other users; run chmod 600 '{path}'")


def test_a_file_of_another_user_is_used_only_when_that_is_fine(
    netrc: Netrc, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = netrc(TWO)
    if os.geteuid() == 0:
        os.chown(path, 1, 1)
    other = os.geteuid() + 2
    monkeypatch.setattr(os, "geteuid", lambda: other)
    asked = query("https://h.test/", b"u")
    found = find(path, asked)
    assert found.credential is None
    assert found.warning == f"'{path}' is not used: it belongs to another user"
    assert answer(NetrcSource(path, default=False, any_owner=True).find(asked, 0)) == (b"u", b"p")


def test_no_file_costs_one_attempt_to_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def refuse(path: str, flags: int, *, dir_fd: int | None) -> int:
        opened.append(path)
        raise FileNotFoundError

    path = str(tmp_path / "netrc")
    source, asked = NetrcSource(path, default=False), query("https://h.test/")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        found = source.find(asked, 0)
    assert opened == [path]
    assert (found.reason, found.warning) == (f"there is no '{path}'", None)


def test_without_a_home_folder_nothing_is_opened() -> None:
    found = find(None, query("https://h.test/"))
    assert (found.reason, found.warning) == ("there is no home folder", None)


@pytest.mark.parametrize("name", ["folder", "a/\nb", "n\0ul", "\udcff"])
def test_an_odd_path_is_told_in_printable_words(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    found = find(str(tmp_path / "folder") + "/../" + name, query("https://h.test/"))
    assert found.credential is None
    assert found.warning is None
    assert found.reason.isprintable()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    found = find(str(loop), query("https://h.test/"))
    assert found.warning == found.reason
    assert found.reason.startswith(f"cannot read '{loop}': ")


@pytest.mark.parametrize(("size", "used"), [(SIZE_LIMIT, True), (SIZE_LIMIT + 1, False)])
def test_a_file_may_have_one_mebibyte(size: int, used: bool, netrc: Netrc) -> None:
    entry = b"machine h.test login u password p\n"
    path = netrc(entry + b"#" * (size - len(entry)))
    found = find(path, query("https://h.test/"))
    assert (found.credential is not None) is used
    assert (found.warning is None) is used


HOME = "/home/alice"
PATHS = {
    "the home folder's": ({}, HOME, (), "/home/alice/.netrc"),
    "NETRC's": ({"NETRC": "/n"}, HOME, ("/n",), "/n"),
    "NETRC's in the home folder": ({"NETRC": "~/n"}, HOME, ("/home/alice/n",), "/home/alice/n"),
    "the home folder's if NETRC's is not there": ({"NETRC": "/n"}, HOME, (), "/home/alice/.netrc"),
    "the home folder's if NETRC is empty": ({"NETRC": ""}, HOME, ("",), "/home/alice/.netrc"),
    "not NETRC's in the working directory": ({"NETRC": "n"}, HOME, ("n",), "/home/alice/.netrc"),
    "not another user's home": ({"NETRC": "~bob/n"}, HOME, ("~bob/n",), "/home/alice/.netrc"),
    "NETRC's without home": ({"NETRC": "/n"}, "", ("/n",), "/n"),
    "none without home": ({}, "", (), None),
    "none in the root by NETRC without home": ({"NETRC": "~/n"}, "", ("/n", "~/n"), None),
    "none with a relative home": ({}, "home", (), None),
}


@pytest.mark.parametrize(("environ", "home", "there", "path"), PATHS.values(), ids=PATHS)
def test_the_path_is(
    environ: dict[str, str], home: str, there: tuple[str, ...], path: str | None
) -> None:
    assert netrc_path(environ, home, there.__contains__) == path


def test_a_login_shows_no_secret() -> None:
    (entry,), _ = parse(b"machine h.test login u password CANARY")
    assert isinstance(entry.password, Secret)
    assert "CANARY" not in repr(entry) + str(entry.password)
