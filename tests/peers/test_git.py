"""Real git against a real host, with what uv was told and with what git's prompt was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from .conftest import Lookup, Typist


@pytest.fixture
def clone(machine: Machine, host: GitHost, alice: str, helper: None) -> Path:
    """A clone of `r.git` by the account that uv was told."""
    machine.git("clone", host.url("r.git"), "clone")
    return machine.root / "clone"


def test_a_login_with_uv_is_enough_for_a_clone(clone: Path) -> None:
    assert (clone / "README").read_text() == "first\n"


def test_a_login_with_uv_is_enough_for_a_fetch(
    machine: Machine, host: GitHost, clone: Path
) -> None:
    host.commit("r.git", {"README": "second\n"})
    machine.git("pull", cwd=clone)
    assert (clone / "README").read_text() == "second\n"


def test_a_login_with_uv_is_enough_for_a_push(machine: Machine, host: GitHost, clone: Path) -> None:
    (clone / "README").write_text("second\n")
    machine.git("commit", "--all", "--message", "Second", cwd=clone)
    machine.git("push", cwd=clone)
    assert machine.git("show", "main:README", cwd=host.repositories / "r.git") == "second\n"


def test_what_git_does_with_a_login_of_uv_writes_nothing(
    machine: Machine, host: GitHost, alice: str, helper: None
) -> None:
    before = machine.files()
    machine.git("clone", host.url("r.git"), "clone")
    machine.git("push", "origin", "main:other", cwd=machine.root / "clone")
    assert machine.files() == before


def test_a_submodule_on_the_same_host_is_cloned_along(
    machine: Machine, host: GitHost, clone: Path
) -> None:
    host.create("part.git", {"part": "a part\n"})
    machine.git("submodule", "add", host.url("part.git"), "part", cwd=clone)
    machine.git("commit", "--message", "Part", cwd=clone)
    machine.git("push", cwd=clone)
    machine.git("clone", "--recurse-submodules", host.url("r.git"), "whole")
    assert (machine.root / "whole/part/part").read_text() == "a part\n"


def test_a_helper_set_by_the_environment_alone_answers(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.env |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "uvx",
    }
    machine.git("clone", host.url("r.git"), "clone")
    assert not (machine.home / ".gitconfig").exists()


@pytest.mark.parametrize("name", ["git", "oauth2", "x-access-token", "x-token-auth", "__token__"])
def test_a_placeholder_in_the_url_stands_for_the_account_that_is_there(
    name: str, machine: Machine, host: GitHost, alice: str, helper: None
) -> None:
    machine.git("clone", host.url("r.git", userinfo=name), "clone")
    assert {r.username for r in host.requests if r.status == 200} == {"alice"}


def test_another_name_in_the_url_is_not_answered_with_alice(
    machine: Machine, host: GitHost, alice: str, helper: None
) -> None:
    done = machine.run("git", "clone", host.url("r.git", userinfo="bob"), check=False)
    assert b"could not read Password" in done.stderr
    assert "alice" not in {r.username for r in host.requests}


def test_what_is_typed_at_the_prompt_is_kept_where_uv_finds_it(
    machine: Machine, host: GitHost, helper: None, prompt: Typist, uv_finds: Lookup
) -> None:
    host.accounts["alice"] = "typed"
    prompt("alice", "typed")
    machine.git("clone", host.url("r.git"), "first")
    assert uv_finds(host.url()) == "alice:typed"
    prompt("", "")
    machine.git("clone", host.url("r.git"), "second")


def test_what_is_mistyped_at_the_prompt_is_not_kept(
    machine: Machine, host: GitHost, helper: None, prompt: Typist, uv_finds: Lookup
) -> None:
    host.accounts["alice"] = "typed"
    prompt("alice", "tpyed")
    assert machine.run("git", "clone", host.url("r.git"), check=False).returncode != 0
    assert uv_finds(host.url()) is None
    assert machine.files() == {}
