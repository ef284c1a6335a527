"""`login` with the URL of a repository without `.git`: only the server knows that it is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.servers import basic, serving, wants
from ..support.terminal import play

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
PASSWORD = b"password: "


@pytest.fixture(autouse=True)
def helper(machine: Machine) -> None:
    """A machine on which Git asks this helper."""
    machine.git("config", "--global", "credential.helper", "uvx")


def login(machine: Machine, url: str, *options: str, status: int = 0) -> str:
    words = ("login", url, "-u", "alice", "--password", "-", *options)
    done = machine.run(COMMAND, *words, input=b"wonder\n", check=False)
    assert done.returncode == status, done
    return done.stderr.decode()


def services(machine: Machine) -> list[str]:
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    return [row["service"] for row in rows]


@pytest.fixture
def team(host: GitHost) -> GitHost:
    host.create("team/private.git", {"README": "first\n"})
    host.accounts["alice"] = "wonder"
    return host


@pytest.mark.parametrize("end", ["", "/"])
def test_a_repository_is_stored_for_its_host_if_the_server_says_so(
    machine: Machine, team: GitHost, end: str
) -> None:
    shown = login(machine, team.url("team/private") + end, "--verify")
    assert services(machine) == [team.url()]
    assert f"Stored for {team.url()}, because Git sends no path" in shown
    assert "only uv will find it" not in shown
    machine.git("ls-remote", team.url("team/private.git"))


def test_the_command_that_is_named_keeps_it_to_one_repository(
    machine: Machine, team: GitHost
) -> None:
    shown = login(machine, team.url("team/private"), "--verify")
    words = shown.partition("'git-credential-uvx login ")[2].partition("'")[0].split()
    login(machine, *words)
    assert team.url("team/private").rstrip("/") in services(machine)


def test_at_a_terminal_the_server_is_asked_too(machine: Machine, team: GitHost) -> None:
    argv = (COMMAND, "login", "-u", "alice", team.url("team/private"))
    done = play(machine, argv, (PASSWORD, b"wonder\r"))
    assert done.status == 0, done.shown
    assert services(machine) == [team.url()]


def test_where_git_sends_paths_the_path_stays(machine: Machine, team: GitHost) -> None:
    machine.git("config", "--global", "credential.useHttpPath", "true")
    login(machine, team.url("team/private"), "--verify")
    assert services(machine) == [team.url("team/private")]


@cases(
    "options",
    {"the server is not asked": (), "a path is given": ("--path", "team/private", "--verify")},
)
def test_the_path_stays_if(machine: Machine, team: GitHost, options: tuple[str, ...]) -> None:
    login(machine, team.url("" if "--path" in options else "team/private"), *options)
    assert services(machine) == [team.url("team/private")]


def test_what_is_no_repository_keeps_its_path(machine: Machine) -> None:
    with serving(wants(basic("alice", "wonder"))) as server:
        shown = login(machine, server.url("/team/private"), "--verify")
        assert services(machine) == [server.url("/team/private")]
    assert "only uv will find it" in shown


def test_a_wrong_password_is_sent_once(machine: Machine, team: GitHost) -> None:
    team.accounts["alice"] = "another"
    login(machine, team.url("team/private"), "--verify", status=1)
    assert [one.username for one in team.requests].count("alice") == 1
    assert services(machine) == []


@pytest.mark.parametrize("path", ["team/private.git", "team/private"])
def test_a_path_that_git_does_not_send_is_a_warning(machine: Machine, path: str) -> None:
    shown = login(machine, "https://git.test", "--path", path)
    assert "warning: Git sends no repository path" in shown
    assert "git-credential-uvx setup --use-http-path" in shown


def test_the_path_of_an_index_is_none(machine: Machine) -> None:
    assert "warning" not in login(machine, "https://git.test", "--path", "team/simple")
