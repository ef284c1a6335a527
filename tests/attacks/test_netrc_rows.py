"""Attacks by what a netrc file holds or is (A40-A48), and published breaks of clients that read
one (V41-V44, V50, V51).

The numbers are rows of docs/attacks.md. The source is asked directly. A redirect is
for it no more than the next question, about another host.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from git_credential_uvx.errors import ServiceError
from git_credential_uvx.query import Query, SourceAnswer, sendable
from git_credential_uvx.sources import netrc, netrc_format
from git_credential_uvx.sources.netrc import NetrcSource
from git_credential_uvx.urls.parts import split_url
from git_credential_uvx.urls.service import service_from_git, service_from_url

from ..support.common import SECRET, cases, let_a_group_write

GOOD = f"machine good.test login a password {SECRET}\n".encode()
USES = ("git", "index", "url", "publish")

Ask = Callable[..., SourceAnswer]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "netrc"


@pytest.fixture
def ask(path: Path) -> Ask:
    """Asks for a URL after writing the file, if it is given, with mode 0600."""

    def asks(
        data: bytes | None,
        url: str = "https://good.test/",
        username: bytes | None = None,
        *,
        use: str = "git",
        default: bool = False,
    ) -> SourceAnswer:
        if data is not None:
            path.write_bytes(data)
            path.chmod(0o600)
        service = service_from_url(url)
        assert service is not None
        query = Query(service, username, use=use)
        found = sendable(NetrcSource(str(path), default=default).find(query, 0), query)
        assert_told_nothing(found)
        return found

    return asks


def assert_told_nothing(found: SourceAnswer) -> None:
    for text in (found.place, found.reason, found.warning or ""):
        assert text.isprintable()
        assert SECRET not in text


def secret(found: SourceAnswer) -> str | None:
    return None if found.credential is None else found.credential.secret.reveal().decode("latin-1")


@pytest.mark.parametrize("use", USES)
@cases(
    "partial",
    {
        "a bare machine": b"machine evil.test\n",
        "a machine with a login": b"machine evil.test login b\n",
        "a machine with a password word and no more": b"machine evil.test login b password",
    },
)
def test_v41_a_partial_entry_gets_nothing_of_the_host_before(
    partial: bytes, use: str, ask: Ask
) -> None:
    for data in (GOOD + partial, partial.rstrip() + b"\n" + GOOD):
        assert secret(ask(data, "https://evil.test/", use=use, default=True)) is None
    assert secret(ask(GOOD + partial, use=use)) == SECRET


@pytest.mark.parametrize("use", USES)
def test_v42_an_empty_default_means_nothing(use: str, ask: Ask) -> None:
    assert secret(ask(GOOD + b"default\n", use=use, default=True)) == SECRET
    assert secret(ask(None, "https://evil.test/", use=use, default=True)) is None


@pytest.mark.parametrize("use", USES)
@cases(
    "data",
    {
        "another login": f"machine good.test login bob password {SECRET}".encode(),
        "another login behind its password": (
            f"machine good.test password {SECRET} login bob".encode()
        ),
        "no login": f"machine good.test password {SECRET}".encode(),
        "a default with another login": f"default login bob password {SECRET}".encode(),
    },
)
def test_v43_a_username_gets_no_other_users_password(data: bytes, use: str, ask: Ask) -> None:
    assert ask(data, username=b"alice", use=use, default=True).credential is None


def test_v44_what_was_found_for_one_host_is_not_found_for_the_next(ask: Ask) -> None:
    data = GOOD + b"default login x password y\n"
    assert secret(ask(data)) == SECRET
    assert secret(ask(None, "https://evil.test/", default=True)) == "y"
    assert secret(ask(None, "https://evil.test/")) is None


@cases(
    "url",
    {
        "the good host as userinfo": "http://good.test:@evil.test/",
        "the good host as a username": "http://good.test@evil.test/",
        "the good host with a port as userinfo": "http://good.test:80@evil.test/",
    },
)
def test_v50_the_host_is_what_the_connection_goes_to(url: str, ask: Ask) -> None:
    for use in USES:
        assert ask(GOOD, url, use=use).credential is None
    assert split_url(url.encode())[1] == b"evil.test"
    with pytest.raises(ServiceError):
        service_from_git(b"http", b"good.test:@evil.test", None)


@cases(
    "url",
    {
        "another port of the host": "https://good.test:8443/",
        "plain http": "http://good.test/",
        "plain http at https's port": "http://good.test:443/",
    },
)
def test_v51_git_gets_nothing_for(url: str, ask: Ask) -> None:
    assert ask(GOOD, url).credential is None


def test_v51_another_port_of_this_machine_gets_nothing(ask: Ask) -> None:
    data = f"machine 127.0.0.1 port 8001 login a password {SECRET}".encode()
    assert secret(ask(data, "http://127.0.0.1:8001/")) == SECRET
    for use in USES:
        assert ask(data, "http://127.0.0.1:8002/", use=use).credential is None


def test_v51_a_default_is_not_for_the_redirects_host(ask: Ask) -> None:
    found = ask(GOOD + b"default login d password D\n", "https://evil.test/")
    assert found.credential is None
    assert "'default' in line 2 is not used" in found.reason


def test_a40_default_is_for_nobody_unless_it_is_wanted(ask: Ask) -> None:
    data = f"default login u password {SECRET}\n".encode()
    assert secret(ask(data, "https://evil.test/")) is None
    assert secret(ask(data, "https://evil.test/", default=True)) == SECRET


def test_a40_a_machine_called_default_is_a_host(ask: Ask) -> None:
    data = f"machine default login u password {SECRET}\n".encode()
    assert secret(ask(data, "https://evil.test/", default=True)) is None
    assert secret(ask(data, "https://default/")) == SECRET


LINES = {
    "a hash inside": (b"password pa#ss", "pa#ss"),
    "a hash in front": (b"password #pass", None),
    "a hash in front in quotes": (b'password "#pass"', "#pass"),
    "a blank in quotes": (b'password "p w"', "p w"),
    "a backslash": (b"password a\\b", None),
    "two backslashes in quotes": (b'password "a\\\\b"', "a\\b"),
    "a line feed as an escape": (b'password "a\\nb"', None),
    "a keyword": (b"password machine", "machine"),
    "CRLF": (b"password p\r", "p"),
}


@cases("line, password", LINES)
def test_a41_a_password_with(line: bytes, password: str | None, ask: Ask) -> None:
    assert secret(ask(b"machine good.test login u\n" + line + b"\n")) == password


def test_a41_keywords_are_values_where_a_value_is_due(ask: Ask) -> None:
    found = ask(b"machine good.test login password password machine\n")
    assert found.credential is not None
    assert (found.credential.username, secret(found)) == (b"password", "machine")


def test_a41_a_file_with_carriage_returns_alone_is_refused(ask: Ask) -> None:
    data = GOOD.rstrip() + b"\r# machine evil.test\rmachine evil.test login u password p\r"
    for url in ("https://good.test/", "https://evil.test/"):
        found = ask(data, url)
        assert found.credential is None
        assert "line 1: a carriage return" in (found.warning or "")


@cases(
    "data",
    {
        "no password": b"machine good.test login u\n",
        "an empty password": b'machine good.test login u password ""\n',
        "two passwords of one user": GOOD + b"machine good.test login a password p\n",
        "two passwords in two spellings of the host": GOOD
        + b"machine Good.Test login a password p\n",
    },
)
def test_a42_no_credential_comes_of(data: bytes, ask: Ask) -> None:
    for use in USES:
        assert ask(data, use=use).credential is None


def test_a42_a_host_in_another_case_is_the_same_host(ask: Ask) -> None:
    assert secret(ask(GOOD.replace(b"good.test", b"Good.Test"))) == SECRET
    assert secret(ask(None, "https://GOOD.test/")) == SECRET


@cases(
    "data, line",
    {
        "an entry in a macro": (b"macdef init\nfoo\n" + GOOD + b"\n", 3),
        "a macro without end": (b"macdef init\nfoo\n", 1),
        "a macro that a blank does not end": (b"macdef init\nfoo\n \n" + GOOD, 4),
    },
)
def test_a43_is_told_and_not_used(data: bytes, line: int, ask: Ask) -> None:
    found = ask(data)
    assert found.credential is None
    assert f"line {line}: " in (found.warning or "")


def test_a43_a_macro_is_passed_over(ask: Ask) -> None:
    data = b"macdef init\nlogin x password y\n!touch ran\n\n" + GOOD
    found = ask(data)
    assert (secret(found), found.warning) == (SECRET, None)


def test_a44_a_byte_order_mark_hides_nothing(ask: Ask) -> None:
    assert secret(ask(b"\xef\xbb\xbf" + GOOD)) == SECRET
    assert ask(b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD).credential is None


def test_a44_bytes_that_are_no_utf_8_are_kept(ask: Ask) -> None:
    assert secret(ask(b"machine good.test login u password p\xe9")) == "p\xe9"


@cases(
    "data",
    {
        "a password with NUL": b"machine good.test login u password p\0q\n",
        "a NUL elsewhere": GOOD + b"# \0\n",
        "UTF-16": GOOD.decode().encode("utf-16"),
    },
)
def test_a44_nul_is_refused(data: bytes, ask: Ask) -> None:
    found = ask(data)
    assert found.credential is None
    assert "NUL" in (found.warning or "")


@pytest.mark.parametrize("login", ["alice", "anonymous"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604])
def test_a45_a_file_that_others_can_open_is_told(
    mode: int, login: str, ask: Ask, path: Path
) -> None:
    path.write_text(f"machine good.test login {login} password {SECRET}\n")
    path.chmod(mode)
    found = ask(None)
    assert found.warning == f"'{path}' is open to other users; run chmod 600 '{path}'"
    assert secret(found) == SECRET


@pytest.mark.parametrize("mode", [0o606, 0o602, 0o666, 0o777])
def test_a45_a_file_that_everyone_may_write_to_is_not_used(mode: int, ask: Ask, path: Path) -> None:
    path.write_bytes(GOOD)
    path.chmod(mode)
    found = ask(None)
    assert found.credential is None
    fault = f"it can be written by every user; run chmod 600 '{path}'"
    assert found.warning == f"'{path}' is not used: {fault}"


@pytest.mark.parametrize("linked", [False, True], ids=["there", "through a symlink"])
def test_a45_a_file_in_a_folder_that_everyone_may_write_to_is_not_used(
    linked: bool, ask: Ask, path: Path
) -> None:
    folder = path.parent
    if linked:
        folder = path.parent / "open"
        folder.mkdir()
        path.symlink_to(folder / "netrc")
    folder.chmod(0o777)
    found = ask(GOOD)
    assert found.credential is None
    fault = f"'{folder}' can be written by every user; run chmod go-w '{folder}'"
    assert found.warning == f"'{path}' is not used: {fault}"
    folder.chmod(0o1777)
    assert secret(ask(GOOD)) == SECRET


def test_a45_a_folder_that_another_group_may_write_to_is_told(ask: Ask, path: Path) -> None:
    let_a_group_write(path.parent)
    found = ask(GOOD)
    assert secret(found) == SECRET
    fault = "can be written by a group that is not your own; run chmod g-w"
    assert found.warning == f"'{path.parent}' {fault} '{path.parent}'"


def test_a45_a_file_of_another_user_is_not_used(
    ask: Ask, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(GOOD)
    if os.geteuid() == 0:
        os.chown(path, 1, 1)
    other = os.geteuid() + 2
    monkeypatch.setattr(os, "geteuid", lambda: other)
    found = ask(None)
    assert found.credential is None
    assert "belongs to another user" in (found.warning or "")


def test_a45_a_symlink_counts_for_the_file_that_it_leads_to(ask: Ask, path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(GOOD)
    target.chmod(0o644)
    path.symlink_to(target)
    found = ask(None)
    assert secret(found) == SECRET
    assert found.warning is not None


def _returns(work: Callable[[], object]) -> None:
    # Not joined by the interpreter: should it hang, the test fails and pytest goes on.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a46_a_fifo_makes_nobody_wait(ask: Ask, path: Path) -> None:
    os.mkfifo(path, 0o600)
    found: list[SourceAnswer] = []
    _returns(lambda: found.append(ask(None)))
    assert found[0].reason == f"'{path}' is not a file"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a46_a_device_is_not_read(device: str, ask: Ask, path: Path) -> None:
    path.symlink_to(device)
    found: list[SourceAnswer] = []
    _returns(lambda: found.append(ask(None)))
    assert (found[0].reason, found[0].warning) == (f"'{path}' is not a file", None)


def test_a46_a_huge_file_is_not_read(ask: Ask, path: Path) -> None:
    path.write_bytes(GOOD)
    path.chmod(0o600)
    os.truncate(path, 1 << 40)
    found = ask(None)
    assert found.credential is None
    assert "larger than" in (found.warning or "")


def test_a46_a_symlink_to_itself_and_a_folder_are_no_files(ask: Ask, path: Path) -> None:
    path.symlink_to(path)
    assert "cannot read" in ask(None).reason
    path.unlink()
    path.mkdir()
    assert "is not a file" in ask(None).reason


@cases(
    "line",
    {
        "half a password": f"password hunter {SECRET}",
        "a password for a keyword": f"{SECRET} p",
        "a password behind a quote": f'password "p"{SECRET}',
        "a password in an open quote": f'password "{SECRET}',
        "a password for a port": f"port 1 port {SECRET}",
        "a password for a number": f"port 1{SECRET}",
        "a password with a backslash": f"password \\{SECRET}",
        "a password behind a hash": f"password #{SECRET}",
    },
)
def test_a47_an_error_names_file_and_line_and_no_more(line: str, ask: Ask, path: Path) -> None:
    found = ask(f"\nmachine good.test login u\n{line}\n".encode())
    assert found.credential is None
    assert f"'{path}', " in (found.warning or "") or not found.warning
    assert f"'{path}': " in found.reason


def test_a48_a_value_over_two_lines_makes_no_entry(ask: Ask) -> None:
    data = b'machine good.test login u password "p\nmachine evil.test login x password y"\n'
    for url in ("https://good.test/", "https://evil.test/"):
        found = ask(data, url)
        assert found.credential is None
        assert "line 1: a quote that does not end" in (found.warning or "")


def test_a48_nothing_here_writes_a_netrc() -> None:
    assert not [n for m in (netrc, netrc_format) for n in dir(m) if "write" in n or "dump" in n]
