"""Attacks on Python programs that ask us (V51-V64, V85, A31-A39, A60, A61): dulwich and keyring.

The numbers are rows of docs/attacks.md. The servers record what they are sent.
"""

from __future__ import annotations

import os
import socket
import ssl
from base64 import b64encode
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import trustme
from dulwich.config import ConfigDict
from urllib3.exceptions import HTTPError

from git_credential_uvx.errors import ServiceError
from git_credential_uvx.integrations.dulwich import clone, pool_manager
from git_credential_uvx.integrations.keyring import Keyring
from git_credential_uvx.system.settings import Settings

from ..support.common import SECRET, cases, entry, state, web
from ..support.machine import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git_credential_uvx.integrations.urllib3_pool import CredentialPoolManager

    from ..support.common import Answer, Web
    from ..support.machine import Machine

REFS = "/r.git/info/refs?service=git-upload-pack"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="x"'}


def basic(username: str, password: str = SECRET) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def guarded(answer: tuple[int, dict[str, str], bytes], username: str = "alice") -> Answer:
    """What a server says to who has the password of an account; to others 401."""
    return lambda method, path, sent: answer if sent == basic(username) else (401, CHALLENGE, b"")


def to(location: str, status: int = 302) -> tuple[int, dict[str, str], bytes]:
    return status, {"Location": location}, b""


OPEN: Answer = lambda *_: (200, {}, b"refs")  # noqa: E731
CLOSED: Answer = lambda *_: (401, CHALLENGE, b"")  # noqa: E731


class Site:
    """Certificates for loopback, and dulwich with what the machine has stored."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        authority = trustme.CA()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(self.tls)
        self.config = ConfigDict()
        path = machine.root / "ca.pem"
        authority.cert_pem.write_to_path(path)
        self.config.set((b"http",), b"sslCAInfo", str(path).encode())

    def knows(self, server: Web, username: str = "alice", scheme: str = "https") -> None:
        """The store has an account for a server."""
        text = self.machine.store.read_text() if self.machine.store.exists() else ""
        one = entry(f"{scheme}://localhost:{server.port}/", username)
        self.machine.write_store(f"{text}\n{one}")

    def pool(self) -> CredentialPoolManager:
        machine = self.machine
        settings = Settings(str(machine.folder), environ=machine.env, home=str(machine.home))
        return pool_manager(self.config, settings=settings)

    def ask(self, url: str, method: str = "GET", body: bytes | None = None) -> int:
        """The status that dulwich would see."""
        response = self.pool().request(method, url, body=body, preload_content=False)
        response.close()
        status: int = response.status
        return status


@pytest.fixture
def site(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return Site(machine)


ELSEWHERE = {
    "another port": "https://localhost:{port}/r.git",
    "another host": "https://127.0.0.1:{port}/r.git",
    "a password in it": "https://alice:planted@localhost:{port}/r.git",
    "a username in it": "https://alice@localhost:{port}/r.git",
    "its scheme left out": "//localhost:{port}/r.git",
}


@cases("location", ELSEWHERE)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_v53_a_redirect_to_another_realm_takes_nothing_along(
    site: Site, location: str, status: int
) -> None:
    with web(OPEN, site.tls) as evil:
        target = location.format(port=evil.port) + REFS.removeprefix("/r.git")
        with web(guarded(to(target, status)), site.tls) as good:
            site.knows(good)
            assert site.ask(f"https://localhost:{good.port}{REFS}") == 200
            assert good.authorizations == {basic("alice")}
    assert evil.seen == [(REFS, "")]


@pytest.mark.parametrize("status", [302, 307])
def test_v62_nothing_follows_from_https_to_http(site: Site, status: int) -> None:
    with web(OPEN) as evil:
        site.knows(evil, "bob", "http")
        target = f"http://localhost:{evil.port}{REFS}"
        with web(guarded(to(target, status)), site.tls) as good:
            site.knows(good)
            assert site.ask(f"https://localhost:{good.port}{REFS}") == status
    assert evil.seen == []


def test_a33_a_location_of_its_own_kind_leads_nowhere(site: Site) -> None:
    for location in (
        "file:///etc/passwd",
        "https:\\\\evil.test/x",
        "https://[::1",
        "https://2130706433/",
    ):
        with web(guarded(to(location)), site.tls) as good:
            site.knows(good)
            assert site.ask(f"https://localhost:{good.port}{REFS}") == 302
            site.machine.store.unlink()


def test_a32_who_is_led_to_has_its_own_account_and_no_other(site: Site) -> None:
    with web(guarded((200, {}, b"refs"), "bob"), site.tls) as other:
        site.knows(other, "bob")
        target = f"https://localhost:{other.port}{REFS}"
        with web(guarded(to(target)), site.tls) as good:
            site.knows(good)
            assert site.ask(f"https://localhost:{good.port}{REFS}") == 200
    assert [sent for _, sent in other.seen] == ["", basic("bob")]
    assert good.authorizations == {basic("alice")}


def test_a38_a_refusal_by_another_realm_forgets_nothing(site: Site) -> None:
    with web(CLOSED, site.tls) as evil:
        target = f"https://localhost:{evil.port}{REFS}"
        with web(guarded(to(target)), site.tls) as good:
            site.knows(good)
            before = state(site.machine)
            assert site.ask(f"https://localhost:{good.port}{REFS}") == 401
    assert evil.authorizations == set()
    assert state(site.machine) == before


def test_a32_eleven_redirects_are_too_many(site: Site) -> None:
    with web(guarded(to(REFS)), site.tls) as good:
        site.knows(good)
        assert site.ask(f"https://localhost:{good.port}{REFS}") == 302
    assert len(good.seen) <= 12


@cases("path", {"absolute": "/other.git/info/refs", "relative": "refs2"})
def test_v53_a_redirect_in_the_same_realm_goes_on_with_it(site: Site, path: str) -> None:
    def answer(method: str, asked: str, sent: str) -> tuple[int, dict[str, str], bytes]:
        if sent != basic("alice"):
            return 401, CHALLENGE, b""
        return to(path) if asked == REFS else (200, {}, b"refs")

    with web(answer, site.tls) as good:
        site.knows(good)
        assert site.ask(f"https://localhost:{good.port}{REFS}") == 200
    assert [bool(sent) for _, sent in good.seen] == [False, True, True]


@pytest.mark.parametrize("status", [302, 307, 308])
def test_v59_what_is_sent_is_not_sent_elsewhere(site: Site, status: int) -> None:
    with web(OPEN, site.tls) as evil:
        target = f"https://localhost:{evil.port}/r.git/git-upload-pack"
        with web(guarded(to(target, status)), site.tls) as good:
            site.knows(good)
            url = f"https://localhost:{good.port}/r.git/git-upload-pack"
            assert site.ask(url, "POST", b"secret body") == status
    assert evil.seen == []


def test_a31_headers_of_the_configuration_stay_in_their_realm(site: Site) -> None:
    given = {"PRIVATE-TOKEN": "t", "Cookie": "c=d", "X-Api-Key": "k", "aUTHORIZATION": "Bearer z"}
    for name, value in given.items():
        site.config.add((b"http",), b"extraHeader", f"{name}: {value}".encode())
    with web(OPEN, site.tls) as evil:
        target = f"https://localhost:{evil.port}{REFS}"
        with web(lambda *_: to(target), site.tls) as good:
            assert site.ask(f"https://localhost:{good.port}{REFS}") == 200
    names = {name.lower() for name in given}
    assert names <= good.names
    assert not names & evil.names
    assert good.authorizations == {"Bearer z"}


@cases(
    "challenge",
    {
        "none": {},
        "another scheme": {"WWW-Authenticate": 'Negotiate, Digest realm="Basic x", qop="Basic"'},
    },
)
def test_a37_a_password_goes_only_where_basic_is_asked_for(
    site: Site, challenge: dict[str, str]
) -> None:
    with web(lambda *_: (401, challenge, b""), site.tls) as server:
        site.knows(server)
        assert site.ask(f"https://localhost:{server.port}{REFS}") == 401
    assert server.authorizations == set()


def test_a39_without_a_look_at_certificates_no_credential_goes_out(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.config.set((b"http",), b"sslVerify", b"false")
    with web(CLOSED, site.tls) as server:
        site.knows(server)
        before = state(site.machine)
        with pytest.warns(Warning, match="Unverified"):
            assert site.ask(f"https://localhost:{server.port}{REFS}") == 401
    assert server.authorizations == set()
    assert "sslVerify" in caplog.text
    assert SECRET not in caplog.text
    assert state(site.machine) == before


def test_a38_a_secret_that_ends_on_the_way_is_looked_up_afresh_once(site: Site) -> None:
    passwords = [SECRET]
    with web(
        lambda method, path, sent: (
            (200, {}, b"") if sent == basic("alice", passwords[0]) else (401, CHALLENGE, b"")
        ),
        site.tls,
    ) as server:
        site.knows(server)
        url = f"https://localhost:{server.port}{REFS}"
        pool = site.pool()
        assert [pool.request("GET", url).status for _ in range(2)] == [200, 200]
        passwords[0] = "new"
        site.machine.write_store(entry(f"https://localhost:{server.port}/", "alice", "new"))
        before = state(site.machine)
        assert pool.request("GET", url).status == 200
        # Nor is the new one forgotten for what the old one was refused.
        assert state(site.machine) == before
    sent = [authorization for _, authorization in server.seen]
    assert sent == ["", *3 * [basic("alice")], basic("alice", "new")]


def test_v59_a_body_that_can_be_read_once_is_sent_once(site: Site) -> None:
    with web(CLOSED, site.tls) as server:
        site.knows(server)
        url = f"https://localhost:{server.port}/r.git/git-receive-pack"
        response = site.pool().request(
            "POST", url, headers={"Content-Length": "4"}, body=iter([b"pack"]), chunked=False
        )
        assert response.status == 401
    assert [sent for _, sent in server.seen] == [""]


def test_v59_nor_is_it_sent_again_when_the_server_hangs_up(site: Site) -> None:
    """What is left of it would arrive as the whole."""
    hung_up = Event()
    asked = []

    def hang_up(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, site.tls.wrap_socket(connection, server_side=True) as peer:
                asked.append(peer.recv(65536).split(b"\r\n")[0])
            hung_up.set()

    def pack() -> Iterator[bytes]:
        yield b"pack"
        hung_up.wait(60)
        for _ in range(64):
            yield bytes(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=hang_up, args=(listener,))
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}/r.git/git-receive-pack"
        with pytest.raises(HTTPError):
            site.pool().request("POST", url, body=pack())
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert asked == [b"POST /r.git/git-receive-pack HTTP/1.1"]


@cases(
    "username, password",
    {
        "UTF-8": ("älice", "p€ü"),
        "what latin-1 has": ("alice", "ü"),
        "a hundred letters": ("alice", "x" * 100),
    },
)
def test_a35_basic_is_one_line_of_utf_8(site: Site, username: str, password: str) -> None:
    with web(CLOSED, site.tls) as server:
        site.machine.write_store(entry(f"https://localhost:{server.port}/", username, password))
        site.ask(f"https://localhost:{server.port}{REFS}")
    assert server.authorizations == {basic(username, password)}


@cases(
    "fields",
    {
        "a colon in the username": {"username": "al:ice", "password": SECRET},
        "a control character": {"username": "alice", "password": SECRET + "\x0b"},
        "a token with a blank": {"authtype": "Bearer", "credential": SECRET + " x"},
    },
)
def test_a36_what_would_make_another_header_is_not_sent(
    site: Site, fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    both = {"WWW-Authenticate": 'Basic realm="x", Bearer'}
    with web(lambda *_: (401, both, b""), site.tls) as server:
        host = f"localhost:{server.port}"
        site.machine.put(
            **{"capability[]": "authtype", "protocol": "https", "host": host, **fields}
        )
        assert site.ask(f"https://{host}{REFS}") == 401
    assert server.authorizations == set()
    assert "no credential is sent to" in caplog.text
    assert SECRET not in caplog.text


@cases(
    "url",
    {
        "a password": "https://alice:CANARY-3f9c@localhost/r.git",
        "a token alone": "https://CANARY-3f9c@localhost/r.git",
        "a password with a slash": "https://alice:CANARY/3f9c@localhost/r.git",
        "plain http": "http://alice:CANARY-3f9c@localhost/r.git",
    },
)
def test_v85_a_url_with_a_secret_is_refused_before_anything_is_written(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(ServiceError) as raised:
        clone(url, str(tmp_path / "r"))
    assert "CANARY" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert not (tmp_path / "r").exists()


def test_v85_a_configuration_that_puts_one_into_the_url_is_refused(tmp_path: Path) -> None:
    config = ConfigDict()
    base = f"https://alice:{SECRET}@localhost/".encode()
    config.set((b"url", base), b"insteadOf", b"https://localhost/")
    with pytest.raises(ServiceError):
        clone("https://localhost/r.git", str(tmp_path / "r"), config=config)
    assert not (tmp_path / "r").exists()


def keyring(machine: Machine, *words: str, cwd: Path | None = None) -> bytes:
    """What `keyring get` tells, with nothing of it among the errors."""
    done = machine.run(BIN / "keyring", "get", *words, cwd=cwd, check=False)
    assert SECRET.encode() not in done.stderr
    assert b"Traceback" not in done.stderr
    return done.stdout


BESIDE = {
    "its name alone": "good.test",
    "its name and port": "good.test:443",
    "plain http": "http://good.test/",
    "plain http at its port": "http://good.test:443/",
    "another port": "https://good.test:8443/",
    "a domain below": "https://x.good.test/",
    "a name that goes on": "https://good.test.evil.test/",
    "userinfo that looks like it": "https://good.test@evil.test/",
    "a star": "https://*/",
    "nothing": "",
    "another scheme": "ftp://good.test/",
    "no host": "https:///",
    "no end": "https://[good.test",
}


@cases("service", BESIDE)
@pytest.mark.parametrize("username", ["alice", "oauth2accesstoken", None])
def test_v63_and_a61_keyring_answers_for_the_exact_realm_only(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, service: str, username: str | None
) -> None:
    machine.write_store(entry("https://good.test/"))
    for name, value in machine.env.items():
        monkeypatch.setenv(name, value)
    backend = Keyring()  # type: ignore[no-untyped-call]
    found = backend.get_credential("https://good.test/", None)
    assert found is not None
    assert found.password == SECRET
    assert backend.get_credential(service, username) is None
    assert username is None or backend.get_password(service, username) is None


@pytest.mark.parametrize("service", ["https://good.test", "https://good.test:443/simple/x"])
def test_v63_the_port_of_the_scheme_is_no_other_port(machine: Machine, service: str) -> None:
    machine.write_store(entry("https://good.test/"))
    assert keyring(machine, service, "alice") == SECRET.encode() + b"\n"


def test_v63_what_netrc_has_for_a_host_is_not_given_for_plain_http(machine: Machine) -> None:
    netrc = machine.home / ".netrc"
    netrc.write_text(f"machine good.test login alice password {SECRET}\n")
    netrc.chmod(0o600)
    assert keyring(machine, "http://good.test/", "alice") == b""
    assert keyring(machine, "https://good.test/", "alice") == SECRET.encode() + b"\n"


def test_v64_an_entry_for_a_port_does_not_answer_for_another(machine: Machine) -> None:
    machine.write_store(entry("https://good.test:8443/"))
    assert keyring(machine, "https://good.test:8443/", "alice") == SECRET.encode() + b"\n"
    for service in ("https://good.test/", "https://good.test:8444/", "good.test:8443"):
        assert keyring(machine, service, "alice") == b""


def test_v63_pip_sends_nothing_to_a_link_over_plain_http(machine: Machine) -> None:
    """pip keeps what it was told by host and port; only the realm that was asked about counts."""
    link = b'<a href="/files/foo-1.0-py3-none-any.whl">foo</a>'

    def answer(method: str, path: str, sent: str) -> tuple[int, dict[str, str], bytes]:
        if sent != basic("alice"):
            return 401, CHALLENGE, b""
        return 200, {"Content-Type": "text/html"}, link

    with web(answer) as index:
        # The same host and port over https has the account, plain http has none.
        machine.write_store(entry(f"https://127.0.0.1:{index.port}/"))
        machine.run(
            *(BIN / "python", "-m", "pip", "download", "--no-deps", "--no-input"),
            *("--no-cache-dir", "--disable-pip-version-check", "--dest", machine.root),
            *("--index-url", f"http://127.0.0.1:{index.port}/simple"),
            *("--keyring-provider", "import", "foo"),
            env={"PIP_CONFIG_FILE": os.devnull},
            check=False,
        )
    assert index.seen
    assert index.authorizations == set()


@cases(
    "environ",
    {
        "a method": {"KEYRING_PROPERTY_GET_CREDENTIAL": "evil"},
        "the priority": {"KEYRING_PROPERTY_PRIORITY": "99"},
    },
)
def test_a60_no_variable_puts_anything_into_the_backend(
    machine: Machine, environ: dict[str, str]
) -> None:
    machine.write_store(entry("https://good.test/"))
    # The other backends take them, and stumble over some.
    machine.env |= {
        **environ,
        "PYTHON_KEYRING_BACKEND": "git_credential_uvx.integrations.keyring.Keyring",
    }
    assert keyring(machine, "https://good.test/", "alice") == SECRET.encode() + b"\n"


def test_a60_a_checkout_changes_nothing_about_the_backend(machine: Machine) -> None:
    machine.write_store(entry("https://good.test/"))
    checkout, mark = machine.root / "checkout", machine.root / "mark"
    (checkout / "git_credential_uvx" / "integrations").mkdir(parents=True)
    planted = f"open({str(mark)!r}, 'w').close()\n"
    for name in (
        "keyring.py",
        "dulwich.py",
        "evil.py",
        "git_credential_uvx/integrations/keyring.py",
    ):
        (checkout / name).write_text(planted)
    (checkout / "keyringrc.cfg").write_text(
        "[backend]\ndefault-keyring = evil.Keyring\nkeyring-path = .\n"
    )
    assert keyring(machine, "https://good.test/", "alice", cwd=checkout) == SECRET.encode() + b"\n"
    assert not mark.exists()


def test_a61_what_a_command_mints_is_for_its_own_services_only(machine: Machine) -> None:
    """A command answers for what it is configured for, also when keyring asks."""
    mint = machine.root / "mint"
    mint.write_text(f"#!/bin/sh\necho {SECRET}\n")
    mint.chmod(0o700)
    folder = machine.home / ".config" / "git-credential-uvx"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[[command]]\nmatch = "https://good.test"\nusername = "oauth2accesstoken"\n'
        f'argv = ["{mint}"]\n'
    )
    assert keyring(machine, "https://good.test/x", "oauth2accesstoken") == SECRET.encode() + b"\n"
    for service in ("https://evil.test/x", "good.test", "http://good.test/x"):
        assert keyring(machine, service, "oauth2accesstoken") == b""
