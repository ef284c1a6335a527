"""What `explain` says that Git and uv would get is what the real git and the real uv send."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from git_credential_uvx.sources.netrc_peers import read_by_git, read_by_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git_credential_uvx.sources.netrc_peers import PeerEntry
    from tests.support.machine import Machine


class Server(ThreadingHTTPServer):
    """Wants a password for every path, takes any, and has nothing."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def first(self) -> str | None:
        """The first username that was offered since the last call."""
        offered, self.offered = self.offered, []
        return offered[0] if offered else None


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            self.server.offered.append(b64decode(value).decode())
        self.send_response(404 if scheme else 401)
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Scene:
    """A machine on which Git asks this helper, and a server with no credential yet."""

    def __init__(self, machine: Machine, server: Server) -> None:
        self.machine = machine
        self.server = server
        self.realm = f"http://{server.host}"
        self.repository = f"{self.realm}/team/r.git"
        self.index = f"{self.realm}/simple"
        self.config("credential.helper", "uvx")

    def config(self, key: str, value: str) -> None:
        self.machine.git("config", "--global", "--add", key, value)

    def unset(self) -> None:
        self.machine.git("config", "--global", "--unset-all", "credential.helper")

    def login(self, name: str, path: str = "", realm: str | None = None) -> None:
        self.machine.uv_login((realm or self.realm) + path, name, f"hush-{name}")

    def approve(self, name: str, password: str) -> None:
        self.machine.put(**self._account(name), password=password)

    def approve_over_refused(self, name: str, password: str) -> None:
        said = self.machine.put_over_refused(**self._account(name), password=password)
        assert "hush-" not in said

    def _account(self, name: str) -> dict[str, str]:
        return {"protocol": "http", "host": self.server.host, "username": name}

    def refuse(self, name: str) -> None:
        self.machine.erase(**self._account(name), password=f"hush-{name}")

    def netrc(self, beginning: str) -> None:
        path = self.machine.home / ".netrc"
        path.write_text(f"{beginning} login netrc password hush-netrc\n")
        path.chmod(0o600)

    def variable(self) -> None:
        name = "UVX_TOKEN_" + self.server.host.replace(".", "_").replace(":", "_")
        self.machine.env[name] = "hush-variable"

    def helper(self, name: str) -> None:
        self.config("credential.helper", f"!echo username={name}; echo password=hush-{name}; :")

    def git(self) -> str | None:
        """What the real git sends first."""
        self.server.first()
        env = {"GIT_SSH_COMMAND": "false", "GIT_ASKPASS": "true"}
        self.machine.run("git", "ls-remote", self.repository, env=env, check=False)
        return self.server.first()

    def uv(self) -> str | None:
        """What the real uv sends first."""
        self.server.first()
        self.machine.run(
            *("uv", "pip", "install", "--no-cache", "--target", self.machine.root / "target"),
            *("--default-index", self.index, "no-such-package"),
            check=False,
        )
        return self.server.first()

    def explained(self, program: str) -> dict[str, Any]:
        url = self.repository if program == "git" else f"{self.index}/no-such-package/"
        words = ("git-credential-uvx", "explain", "--json", url)
        done = self.machine.run(*words, check=False)
        assert b"hush-" not in done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        if program == "git":
            assert done.returncode == int(not (found["git"]["answer"] and found["git"]["asked"]))
        return found


def nothing(scene: Scene) -> None:
    pass


def an_account(scene: Scene) -> None:
    scene.login("alice")


def two_accounts(scene: Scene) -> None:
    scene.login("alice")
    scene.approve("bob", "hush-bob")


def two_accounts_of_uv(scene: Scene) -> None:
    scene.login("alice")
    scene.login("bob")


def a_netrc_line(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1")


def a_netrc_line_for_another_host(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine localhost")


def the_default_of_a_netrc(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("default")


def a_netrc_line_and_no_helper(scene: Scene) -> None:
    scene.netrc("machine 127.0.0.1")
    scene.unset()


def a_netrc_line_and_a_helper_before(scene: Scene) -> None:
    scene.unset()
    scene.helper("other")
    scene.config("credential.helper", "uvx")
    scene.netrc("machine 127.0.0.1")


def a_netrc_line_with_a_port(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1 port 1")


def a_netrc_line_with_a_protocol(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1 protocol https")


def a_netrc_line_of_a_host_with_a_port(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc(f"machine {scene.server.host}")


def a_bad_line_after_a_netrc_line(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1 login netrc password hush-netrc\nrubbish\nmachine other.test")


def a_bad_line_in_the_netrc_entry(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1 token x")


def two_netrc_lines(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1 login first password hush-first\nmachine 127.0.0.1")


def a_netrc_line_of_another_account_than_the_configured_one(scene: Scene) -> None:
    a_username_in_the_configuration(scene)
    scene.netrc("machine 127.0.0.1")


def a_netrc_line_that_is_shown_to_others(scene: Scene) -> None:
    scene.login("alice")
    scene.netrc("machine 127.0.0.1")
    (scene.machine.home / ".netrc").chmod(0o666)


def a_variable_of_ours(scene: Scene) -> None:
    scene.login("alice")
    scene.variable()


def no_helper(scene: Scene) -> None:
    scene.login("alice")
    scene.unset()


def a_helper_that_is_cleared(scene: Scene) -> None:
    scene.login("alice")
    scene.config(f"credential.{scene.realm}.helper", "")


def a_helper_that_is_set_again(scene: Scene) -> None:
    scene.login("alice")
    scene.config("credential.helper", "")
    scene.config("credential.helper", "uvx")


def a_path_that_git_does_not_send(scene: Scene) -> None:
    scene.login("alice", "/team")


def a_path_that_git_sends(scene: Scene) -> None:
    scene.login("alice", "/team")
    scene.login("bob")
    scene.config("credential.useHttpPath", "true")


def an_instead_of(scene: Scene) -> None:
    other = f"http://localhost:{scene.server.server_port}"
    scene.login("alice")
    scene.login("bob", realm=other)
    scene.config(f"url.{other}/.insteadOf", f"{scene.realm}/")


def an_instead_of_with_a_name(scene: Scene) -> None:
    two_accounts(scene)
    base = f"http://alice@{scene.server.host}/"
    scene.config(f"url.{base}.insteadOf", f"{scene.realm}/")


def an_instead_of_to_ssh(scene: Scene) -> None:
    scene.login("alice")
    scene.config("url.ssh://git@127.0.0.1/.insteadOf", f"{scene.realm}/")


def an_alias_of_ssh_to_http(scene: Scene) -> None:
    scene.login("alice")
    scene.config(f"url.{scene.realm}/.insteadOf", "git@git.test:")
    scene.repository = "git@git.test:team/r.git"


def a_username_in_the_configuration(scene: Scene) -> None:
    two_accounts(scene)
    scene.config(f"credential.{scene.realm}.username", "alice")


def a_username_in_the_url(scene: Scene) -> None:
    two_accounts(scene)
    scene.repository = scene.repository.replace("://", "://alice@")
    scene.index = scene.index.replace("://", "://alice@")


def a_password_in_the_url(scene: Scene) -> None:
    scene.login("alice")
    scene.repository = scene.repository.replace("://", "://url:hush-url@")
    scene.index = scene.index.replace("://", "://url:hush-url@")


def a_refused_account(scene: Scene) -> None:
    scene.login("alice")
    scene.refuse("alice")


def a_new_password_for_git(scene: Scene) -> None:
    a_refused_account(scene)
    scene.approve_over_refused("alice", "hush-git")


def an_account_that_only_git_has(scene: Scene) -> None:
    scene.login("alice", "/other")
    scene.approve("bob", "hush-bob")


SCENES: list[Callable[[Scene], None]] = [
    nothing,
    an_account,
    two_accounts,
    two_accounts_of_uv,
    a_netrc_line,
    a_netrc_line_for_another_host,
    the_default_of_a_netrc,
    a_netrc_line_and_no_helper,
    a_netrc_line_and_a_helper_before,
    a_netrc_line_with_a_port,
    a_netrc_line_with_a_protocol,
    a_netrc_line_of_a_host_with_a_port,
    a_bad_line_after_a_netrc_line,
    a_bad_line_in_the_netrc_entry,
    two_netrc_lines,
    a_netrc_line_of_another_account_than_the_configured_one,
    a_netrc_line_that_is_shown_to_others,
    a_variable_of_ours,
    no_helper,
    a_helper_that_is_cleared,
    a_helper_that_is_set_again,
    a_path_that_git_does_not_send,
    a_path_that_git_sends,
    an_instead_of,
    an_instead_of_with_a_name,
    an_instead_of_to_ssh,
    an_alias_of_ssh_to_http,
    a_username_in_the_configuration,
    a_username_in_the_url,
    a_password_in_the_url,
    a_refused_account,
    a_new_password_for_git,
    an_account_that_only_git_has,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_it_is_what_they_send(
    machine: Machine, server: Server, scene: Callable[[Scene], None]
) -> None:
    here = Scene(machine, server)
    scene(here)
    for program, sent in (("git", here.git), ("uv", here.uv)):
        # A server that took a password would have Git report it, so the answer comes first.
        found = here.explained(program)
        answer = found[program]["answer"]
        offered = sent()
        name = None if answer is None else answer["username"]
        assert name == (None if offered is None else offered.partition(":")[0]), found[program]


def test_of_one_account_with_two_passwords_each_gets_its_own(
    machine: Machine, server: Server
) -> None:
    here = Scene(machine, server)
    a_new_password_for_git(here)
    assert here.explained("git")["git"]["refused"] is False
    assert here.explained("uv")["uv"]["refused"] is True
    assert (here.git(), here.uv()) == ("alice:hush-git", "alice:hush-alice")


def test_a_helper_before_this_one_is_named_and_answers(machine: Machine, server: Server) -> None:
    here = Scene(machine, server)
    here.login("alice")
    here.unset()
    here.helper("other")
    here.config("credential.helper", "uvx")
    assert here.explained("git")["git"]["before"] == ["the helper 'echo'"]
    assert here.git() == "other:hush-other"


def test_a_header_that_git_sends_by_itself(machine: Machine, server: Server) -> None:
    here = Scene(machine, server)
    here.login("alice")
    here.config("http.extraHeader", "Authorization: Basic Y2k6aHVzaC1oZWFkZXI=")
    found = here.explained("git")["git"]
    assert (found["answer"], found["asked"]) == (None, False)
    assert "is sent instead" in found["reason"]
    assert here.git() == "ci:hush-header"


def test_check_sends_what_git_sends(machine: Machine, server: Server) -> None:
    here = Scene(machine, server)
    a_username_in_the_configuration(here)
    assert here.git() == "alice:hush-alice"
    words = ("git-credential-uvx", "check", "--allow-insecure-http", server.host, here.repository)
    machine.run(*words, check=False)
    assert server.first() == "alice:hush-alice"


_ENTRY = "machine 127.0.0.1 login a password pa\n"
NETRCS = {
    "one entry": _ENTRY,
    "two entries": _ENTRY + _ENTRY.replace(" a ", " b ").replace("pa", "pb"),
    "port at the end": "machine 127.0.0.1 login a password pa port 1\n",
    "port at the beginning": "machine 127.0.0.1 port 1 login a password pa\n",
    "a host with its port": "machine 127.0.0.1:80 login a password pa\n",
    "a bad word in another entry": "machine other.test login x password y z\n" + _ENTRY,
    "a bad line at the end": _ENTRY + "rubbish\n",
    "a password without login": "machine 127.0.0.1 password pa\n",
    "a login without password": "machine 127.0.0.1 login a\n" + _ENTRY.replace(" a ", " b "),
    "the password first": "machine 127.0.0.1 password pa login a\n",
    "default first": "default login d password pd\n" + _ENTRY,
    "default last": _ENTRY + "default login d password pd\n",
    "a machine of this name": "machine default login d password pd\n",
    "an open quote before it": 'machine x login a password "pa\n' + _ENTRY,
    "an open quote after it": _ENTRY + 'machine x login a password "pa\n',
    "a value in quotes": 'machine 127.0.0.1 login a password "p \\"a"\n',
    "a backslash": "machine 127.0.0.1 login a password p\\a\n",
    "capitals": "MACHINE 127.0.0.1 LOGIN a PASSWORD pa\n",
    "user for login": "machine 127.0.0.1 user a password pa\n",
    "an account": "machine 127.0.0.1 login a account c password pa\n",
    "a comment": "# c d\n" + _ENTRY,
    "a comment without a blank": "#c d\n" + _ENTRY,
    "a comment after an empty line": "\n# c d\n" + _ENTRY,
    "a comment at the end of a line": _ENTRY.rstrip() + " # c d\n",
    "a password with a hash": "machine 127.0.0.1 login a password #pa\n",
    "a macro": "macdef x\ny z\n\n" + _ENTRY,
    "a macro without an end": "macdef x\n" + _ENTRY,
    "a macro in the entry": "machine 127.0.0.1 login a macdef x\ny z\n\npassword pa\n",
    "values on lines of their own": "machine 127.0.0.1\nlogin a\npassword\npa\n",
    "line ends of Windows": _ENTRY.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + _ENTRY,
}


def _sent(offered: str | None) -> str | None:
    """What was sent, if it had a password: both send an empty one to a server that asks."""
    return None if offered is None or offered.endswith(":") else offered


def _said(entry: PeerEntry | None) -> str | None:
    """What we say that was sent."""
    if entry is None or not entry.password.reveal():
        return None
    return f"{entry.login.decode()}:{entry.password.reveal().decode()}"


@pytest.mark.parametrize("name", NETRCS)
def test_git_and_uv_read_a_netrc_file_as_we_say(
    machine: Machine, server: Server, name: str
) -> None:
    here = Scene(machine, server)
    here.unset()
    path, data = machine.home / ".netrc", NETRCS[name].encode()
    path.write_bytes(data)
    path.chmod(0o600)
    assert _sent(here.git()) == _said(read_by_git(data, "127.0.0.1", None))
    assert _sent(here.uv()) == _said(read_by_uv(data, "127.0.0.1", None)[0])


@pytest.mark.parametrize("first", ["a", "b"])
def test_of_two_netrc_entries_git_takes_that_of_the_login_in_the_url(
    machine: Machine, server: Server, first: str
) -> None:
    here = Scene(machine, server)
    here.unset()
    second = "b" if first == "a" else "a"
    lines = [f"machine 127.0.0.1 login {who} password p{who}\n" for who in (first, second)]
    path = machine.home / ".netrc"
    path.write_text("".join(lines))
    path.chmod(0o600)
    here.repository = here.repository.replace("://", "://a@")
    assert _sent(here.git()) == _said(read_by_git(path.read_bytes(), "127.0.0.1", b"a")) == "a:pa"
