"""`login` tries a credential first, and stores none that the server rejects."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.ports import silent_port
from ..support.servers import Authority, Seen, basic, challenge, ok, serving, wants
from ..support.terminal import CTRL_C, at_terminal, play

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from ..support.servers import Answer
    from ..support.terminal import Terminal

COMMAND = str(BIN / "git-credential-uvx")
PASSWORD, TOKEN = b"password: ", b"token: "
RIGHT = basic("alice", "wonder")


def usernames(machine: Machine) -> list[str]:
    done = machine.run(COMMAND, "list", "--json")
    return [row["username"] for row in json.loads(done.stdout)]


def login(machine: Machine, url: str, password: str, *options: str, status: int = 0) -> str:
    """Log alice in without a terminal; what standard error has."""
    words = ("login", url, "--username", "alice", "--password", "-", "--verify", *options)
    done = machine.run(COMMAND, *words, input=password.encode() + b"\n", check=False)
    assert done.returncode == status, done
    assert b"Traceback" not in done.stderr
    return done.stderr.decode()


def test_what_a_git_host_takes_is_stored(machine: Machine, host: GitHost) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    host.accounts["alice"] = "wonder"
    told = login(machine, host.url(), "wonder")
    assert told.splitlines() == [
        f"Trying it at https://localhost:{host.port} ...",
        f"Accepted by https://localhost:{host.port}",
        f"Stored credentials for alice@{host.url()}",
    ]
    assert usernames(machine) == ["alice"]


def test_what_it_refuses_is_not_stored_and_takes_nothing_away(
    machine: Machine, host: GitHost
) -> None:
    host.accounts["alice"] = "wonder"
    login(machine, host.url(), "wonder")
    before = machine.files()
    told = login(machine, host.url(), "wrong", status=1)
    assert "is wrong, was revoked or has expired" in told
    assert told.endswith("nothing was stored\n")
    assert machine.files() == before


def test_a_credential_for_one_repository(machine: Machine, host: GitHost) -> None:
    host.folders["r.git"] = {"alice": "wonder"}
    login(machine, host.url("r.git"), "wonder")
    assert "for this repository" in login(machine, host.url("r.git"), "wrong", status=1)


def test_what_is_tried_is_what_is_typed_and_not_what_is_stored(
    machine: Machine, host: GitHost, alice: str
) -> None:
    assert login(machine, host.url(), "wrong", status=1)
    login(machine, host.url(), alice)


@cases(
    "answer",
    {
        "a server that asks nobody": (200, {}, b""),
        "one that has no such page": (404, {}, b""),
        "one that says no and does not ask": (403, {}, b""),
        "one that leads to another": (302, {"Location": "https://evil.test/"}, b""),
        "one that fails": (503, {}, b""),
    },
)
def test_where_nobody_is_asked_it_is_not_sent_and_not_stored(
    machine: Machine, answer: Answer
) -> None:
    with serving(lambda seen: answer) as server:
        told = login(machine, server.url(), "wonder", status=2)
        assert "could not verify it: " in told
        assert told.endswith("nothing was stored\n")
        assert set(server.authorizations) == {None}
    assert usernames(machine) == []


def test_a_token_in_its_own_scheme_of_an_index(machine: Machine) -> None:
    with serving(wants(basic("__token__", "pypi-x"))) as server:
        words = ("login", server.url("/simple/"), "--token", "-", "--verify")
        machine.run(COMMAND, *words, input=b"pypi-x\n")
        machine.run(COMMAND, *words, input=b"pypi-x\n")
        refused = machine.run(COMMAND, *words, input=b"pypi-y\n", check=False)
    assert refused.returncode == 1


def test_where_another_kind_of_login_is_wanted_it_is_never_sent(machine: Machine) -> None:
    with serving(lambda seen: challenge("Digest realm=x, NTLM")) as server:
        told = login(machine, server.url(), "wonder", status=2)
    assert "neither Basic nor Bearer" in told
    assert usernames(machine) == []
    assert set(server.authorizations) == {None}


def test_the_secret_goes_to_no_other_server(machine: Machine) -> None:
    with serving() as other, serving() as server:

        def rule(seen: Seen) -> Answer:
            if seen.authorization:
                return 302, {"Location": other.url("/")}, b""
            return challenge()

        server.rule = rule
        assert "could not verify" in login(machine, server.url(), "wonder", status=2)
    assert RIGHT in server.authorizations
    assert other.seen == []


def test_nobody_listens(machine: Machine) -> None:
    with silent_port() as port:
        told = login(machine, f"http://127.0.0.1:{port}", "wonder", status=2)
    assert f"could not verify it: connection refused by 127.0.0.1:{port}" in told
    assert usernames(machine) == []


def test_a_certificate_that_is_not_trusted(machine: Machine, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert isinstance(authority.context, ssl.SSLContext)
    with serving(lambda seen: challenge(), context=authority.context) as server:
        told = login(machine, server.url(), "wonder", status=2)
        assert "certificate is not trusted" in told
        for option in ("--system-certs", f"--allow-insecure-host {server.authority}"):
            assert option in told
        assert server.seen == []
        off = ("--allow-insecure-host", server.authority)
        login(machine, server.url(), "wonder", *off, status=1)
        login(machine, server.url(), "wonder", "--system-certs", status=2)
        machine.env["SSL_CERT_FILE"] = str(authority.file)
        login(machine, server.url(), "wonder", status=1)
    assert usernames(machine) == []


def test_no_such_host(machine: Machine) -> None:
    told = login(machine, "h.invalid", "wonder", status=2)
    assert "could not verify it: host not found: h.invalid; nothing was stored" in told
    assert usernames(machine) == []


def test_without_a_terminal_nothing_is_tried_unless_asked_for(machine: Machine) -> None:
    with serving(lambda seen: challenge()) as server:
        words = ("login", server.url(), "--username", "alice", "--password", "-")
        machine.run(COMMAND, *words, input=b"x\n")
        assert server.seen == []


def shown(terminal: Terminal) -> str:
    """What a terminal shows, without the ends of lines that it makes itself."""
    return terminal.shown.decode().replace("\r\n", "\n")


class TestAtATerminal:
    @pytest.fixture
    def words(self) -> tuple[str, ...]:
        return (COMMAND, "login", "--username", "alice")

    def test_a_refusal_asks_again(self, machine: Machine, words: tuple[str, ...]) -> None:
        with serving(wants(RIGHT)) as server:
            done = play(
                machine, (*words, server.url()), (PASSWORD, b"wrong\r"), (PASSWORD, b"wonder\r")
            )
        assert done.status == 0
        assert b"is wrong, was revoked or has expired" in done.shown
        assert b"wonder" not in done.shown
        assert done.echo_after
        assert machine.uv_token(server.url(), "alice") == "wonder"

    def test_three_times_at_most(self, machine: Machine, words: tuple[str, ...]) -> None:
        with serving(wants(RIGHT)) as server:
            wrong = (PASSWORD, b"wrong\r")
            done = play(machine, (*words, server.url()), wrong, wrong, wrong)
        assert done.status == 1
        assert done.shown.endswith(b"nothing was stored\r\n")
        assert machine.files() == {}

    def test_a_token_is_asked_for_again(self, machine: Machine) -> None:
        with serving(wants(basic("__token__", "good-token"))) as server:
            argv = (COMMAND, "login", server.url("/simple/"), "--token", "-")
            done = play(machine, argv, (TOKEN, b"bad\r"), (TOKEN, b"good-token\r"))
        assert done.status == 0
        assert usernames(machine) == ["__token__"]

    def test_the_username_stays_and_only_the_password_is_asked_for_again(
        self, machine: Machine
    ) -> None:
        with serving(wants(RIGHT)) as server:
            done = play(
                machine,
                (COMMAND, "login", server.url()),
                (b"username: ", b"alice\r"),
                (PASSWORD, b"wrong\r"),
                (PASSWORD, b"wonder\r"),
            )
        assert done.status == 0
        assert done.shown.count(b"username: ") == 1
        assert usernames(machine) == ["alice"]

    def test_giving_up_stores_nothing(self, machine: Machine, words: tuple[str, ...]) -> None:
        with serving(wants(RIGHT)) as server:
            argv = (*words, server.url())
            done = play(machine, argv, (PASSWORD, b"wrong\r"), (PASSWORD, CTRL_C))
        assert done.status == 130
        assert machine.files() == {}

    def test_a_network_error_stores_with_a_warning(
        self, machine: Machine, words: tuple[str, ...]
    ) -> None:
        with silent_port() as port:
            url = f"http://127.0.0.1:{port}"
            done = play(machine, (*words, url), (PASSWORD, b"wonder\r"))
        assert done.status == 0
        assert f"could not verify it: connection refused by 127.0.0.1:{port}" in shown(done)
        assert f"git-credential-uvx check {url}'" in shown(done)
        assert usernames(machine) == ["alice"]

    @cases(
        "answer, status, stored",
        {"yes": (b"y\r", 0, ["alice"]), "no": (b"\r", 1, []), "Ctrl-D": (b"\x04", 1, [])},
    )
    def test_a_host_that_is_not_found_asks_before_it_stores(
        self,
        machine: Machine,
        words: tuple[str, ...],
        answer: bytes,
        status: int,
        stored: list[str],
    ) -> None:
        with at_terminal(machine, *words, "https://h.invalid") as terminal:
            terminal.wait_for(PASSWORD)
            terminal.wait_for_echo(False)
            terminal.child.send(b"wonder\r")
            terminal.wait_for(b"Store it anyway? [y/N] ")
            terminal.wait_for_echo(True)
            terminal.child.send(answer)
            terminal.end()
        assert terminal.status == status
        assert "host not found: h.invalid" in shown(terminal)
        assert usernames(machine) == stored

    def test_it_can_be_left_out(self, machine: Machine, words: tuple[str, ...]) -> None:
        with serving(lambda seen: challenge()) as server:
            argv = (*words, "--no-verify", server.url())
            assert play(machine, argv, (PASSWORD, b"x\r")).status == 0
            assert server.seen == []

    def test_with_standard_error_in_a_file_nothing_is_tried(
        self, machine: Machine, words: tuple[str, ...]
    ) -> None:
        with serving(lambda seen: ok()) as server:
            line = f"exec {' '.join(words)} {server.url()} 2>err"
            with at_terminal(machine, "sh", "-c", line) as terminal:
                terminal.wait_for(PASSWORD)
                terminal.wait_for_echo(False)
                terminal.child.send(b"x\r")
                terminal.end()
            assert terminal.status == 0
            assert server.seen == []
