"""`check` and `explain` of an index say what uv finds, which reads less than Git's helper."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.machine import BIN
from ..support.servers import basic, challenge, ok, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.machine import Machine

    from ..support.servers import Answer, Seen, Server

COMMAND = str(BIN / "git-credential-uvx")


def only_alice(seen: Seen) -> Answer:
    return ok() if seen.authorization == basic("alice", "good") else challenge()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(only_alice) as server:
        yield server


def told(machine: Machine, *words: str) -> tuple[int, list[str]]:
    done = machine.run(COMMAND, *words, check=False)
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout.decode().splitlines()


def variable(machine: Machine, server: Server) -> str:
    host = server.authority.replace(".", "_").replace(":", "_")
    machine.env |= {f"UVX_TOKEN_{host}": "good", f"UVX_USERNAME_{host}": "alice"}
    return f"UVX_TOKEN_{host}"


def two_accounts(machine: Machine, server: Server) -> None:
    for name, password in (("alice", "good"), ("bob", "of-bob")):
        machine.uv_login(server.url(), name, password)


class TestAVariableThatUvDoesNotRead:
    def test_check_finds_no_credential(self, machine: Machine, server: Server) -> None:
        name = variable(machine, server)
        status, lines = told(machine, "check", server.url("/simple/"))
        assert status == 1
        assert lines[0].startswith("no credential: ")
        assert lines[0].endswith(f"uv has none: uv does not read {name}")
        assert not any(seen.authorization for seen in server.seen)

    def test_explain_says_no_with_its_status(self, machine: Machine, server: Server) -> None:
        name = variable(machine, server)
        status, lines = told(machine, "explain", server.url("/simple/"))
        assert status == 1
        assert f"uv would get: nothing, because uv does not read {name}" in lines[-1]
        (row,) = [line for line in lines if line.startswith("  environment ")]
        assert row.endswith(f"no: uv does not get 'alice' from {name}")

    def test_the_variable_of_the_index_is_advised(self, machine: Machine, server: Server) -> None:
        variable(machine, server)
        machine.env.pop("UV_NO_CONFIG")
        text = f'[[index]]\nname = "corp"\nurl = "{server.url("/simple/")}"\n'
        (machine.root / "uv.toml").write_text(text)
        status, lines = told(machine, "check", "--index", "corp")
        assert status == 1
        assert "set UV_INDEX_CORP_USERNAME and UV_INDEX_CORP_PASSWORD" in lines[1]
        given = {"UV_INDEX_CORP_USERNAME": "alice", "UV_INDEX_CORP_PASSWORD": "good"}
        machine.env |= given
        assert told(machine, "check", "--index", "corp")[0] == 0

    def test_it_is_enough_for_a_host_that_git_gets_it(
        self, machine: Machine, server: Server
    ) -> None:
        variable(machine, server)
        assert told(machine, "explain", server.url())[0] == 1
        machine.git("config", "--global", "credential.helper", "uvx")
        assert told(machine, "explain", server.url())[0] == 0
        assert told(machine, "explain", server.url("/simple/"))[0] == 1


class TestTwoAccounts:
    def test_the_choice_for_git_is_none_for_uv(self, machine: Machine, server: Server) -> None:
        two_accounts(machine, server)
        machine.run(COMMAND, "use", server.url(), "--username", "alice")
        status, lines = told(machine, "check", server.url("/simple/"))
        assert status == 1
        assert "it has 2 accounts and no username to choose one" in lines[0]
        assert f"http://NAME@{server.authority}/simple/" in lines[1]
        status, lines = told(machine, "explain", server.url("/simple/"))
        assert status == 1
        (row,) = [line for line in lines if line.startswith("  store ")]
        assert "no: uv does not get 'alice' from " in row

    def test_explain_advises_the_name_in_the_url(self, machine: Machine, server: Server) -> None:
        two_accounts(machine, server)
        shown = "\n".join(told(machine, "explain", server.url("/simple/"))[1])
        assert f"put one into the URL: 'http://NAME@{server.authority}/simple/'" in shown
        assert "git-credential-uvx use" not in shown
        shown = "\n".join(told(machine, "explain", server.url())[1])
        assert f"run 'git-credential-uvx use {server.realm} --username NAME'" in shown

    def test_a_name_in_the_url_chooses(self, machine: Machine, server: Server) -> None:
        two_accounts(machine, server)
        url = server.url("/simple/", "alice")
        assert told(machine, "check", url)[0] == 0
        assert told(machine, "explain", url)[0] == 0
        assert told(machine, "check", server.url("/simple/", "bob"))[0] == 1


def test_what_only_git_no_longer_gets_is_what_uv_still_sends(
    machine: Machine, server: Server
) -> None:
    machine.uv_login(server.url(), "alice", "good")
    fields = {"protocol": "http", "host": server.authority, "username": "alice"}
    machine.erase(**fields, password="good")
    done = machine.run(COMMAND, "check", "--json", server.url("/simple/"), check=False)
    (result,) = json.loads(done.stdout)
    assert (done.returncode, result["verdict"], result["username"]) == (0, "accepted", "alice")
