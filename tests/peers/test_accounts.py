"""Several accounts on one host, and passwords that the host no longer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from .conftest import Lookup, Typist

pytestmark = pytest.mark.usefixtures("helper")


def test_a_second_account_joins_the_first_and_uv_finds_what_it_found(
    machine: Machine, host: GitHost, alice: str, prompt: Typist, uv_finds: Lookup
) -> None:
    before = machine.store.read_bytes()
    host.accounts["bob"] = "builder"
    prompt("", "builder")
    machine.git("clone", host.url("r.git", userinfo="bob"), "typed")
    assert machine.store.read_bytes() == before
    assert uv_finds(host.url()) == f"alice:{alice}"
    prompt("", "")
    for name in ("alice", "bob", "alice"):
        host.requests.clear()
        machine.git("ls-remote", host.url("r.git", userinfo=name))
        assert {r.username for r in host.requests if r.status == 200} == {name}


def test_two_accounts_known_to_uv_are_told_apart_by_the_url(
    machine: Machine, host: GitHost, alice: str
) -> None:
    host.accounts["bob"] = "builder"
    machine.uv_login(host.url(), "bob", "builder")
    for name in ("alice", "bob"):
        host.requests.clear()
        machine.git("ls-remote", host.url("r.git", userinfo=name))
        assert {r.username for r in host.requests if r.status == 200} == {name}


@pytest.mark.parametrize("told", ["uv auth login", "git's prompt"])
def test_with_use_http_path_each_path_has_its_own_account(
    told: str, machine: Machine, host: GitHost, prompt: Typist, uv_finds: Lookup
) -> None:
    machine.git("config", "--global", "credential.useHttpPath", "true")
    accounts = {"red": ("rita", "ruby"), "blue": ("bill", "azure")}
    for path, (name, password) in accounts.items():
        host.create(f"{path}/r.git", {"README": path})
        host.folders[path] = {name: password}
        if told == "uv auth login":
            machine.uv_login(host.url(path), name, password)
        else:
            prompt(name, password)
            machine.git("ls-remote", host.url(f"{path}/r.git"))
    prompt("", "")
    for path, (name, password) in accounts.items():
        host.requests.clear()
        machine.git("clone", host.url(f"{path}/r.git"), path)
        assert {r.username for r in host.requests if r.status == 200} == {name}
        assert uv_finds(host.url(f"{path}/r.git")) == f"{name}:{password}"


def test_a_refused_login_of_uv_is_hidden_from_git_and_stays_with_uv(
    machine: Machine, host: GitHost, alice: str, uv_finds: Lookup
) -> None:
    before = machine.store.read_bytes()
    host.accounts["alice"] = "changed"
    for offered in ("alice", None):
        host.requests.clear()
        assert machine.run("git", "ls-remote", host.url("r.git"), check=False).returncode != 0
        assert host.requests[-1].username == offered
    assert uv_finds(host.url()) == f"alice:{alice}"
    assert machine.store.read_bytes() == before


def test_a_refused_entry_that_git_stored_is_removed(
    machine: Machine, host: GitHost, prompt: Typist, uv_finds: Lookup
) -> None:
    host.accounts["alice"] = "typed"
    prompt("alice", "typed")
    machine.git("ls-remote", host.url("r.git"))
    host.accounts["alice"] = "changed"
    assert machine.run("git", "ls-remote", host.url("r.git"), check=False).returncode != 0
    assert uv_finds(host.url()) is None
    assert b"typed" not in machine.files()["credentials.toml"]


def test_a_new_login_with_uv_makes_git_work_again(
    machine: Machine, host: GitHost, alice: str, uv_finds: Lookup
) -> None:
    host.accounts["alice"] = "changed"
    assert machine.run("git", "ls-remote", host.url("r.git"), check=False).returncode != 0
    machine.uv_login(host.url(), "alice", "changed")
    machine.git("ls-remote", host.url("r.git"))
    assert uv_finds(host.url()) == "alice:changed"


def test_a_new_password_at_the_prompt_serves_git_until_uv_gets_it(
    machine: Machine, host: GitHost, alice: str, prompt: Typist, uv_finds: Lookup
) -> None:
    host.accounts["alice"] = "changed"
    prompt("", "")
    assert machine.run("git", "ls-remote", host.url("r.git"), check=False).returncode != 0
    prompt("alice", "changed")
    machine.git("ls-remote", host.url("r.git"))
    prompt("", "")
    machine.git("ls-remote", host.url("r.git"))
    assert uv_finds(host.url()) == f"alice:{alice}"
    machine.uv_login(host.url(), "alice", "changed")
    machine.git("ls-remote", host.url("r.git"))
    assert uv_finds(host.url()) == "alice:changed"
