"""The URL of a repository's page, as a browser shows it: `explain` and `check` name `--git`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from scripts.githost import GitHost
    from tests.support.machine import Machine

PAGES = ["team/r", "team/r/", "g/p/-/tree/main"]


@pytest.fixture(autouse=True)
def configured(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")


def run(machine: Machine, *words: str) -> subprocess.CompletedProcess[bytes]:
    return machine.run("git-credential-uvx", *words, check=False)


@pytest.mark.parametrize("page", PAGES)
def test_explain_names_the_option_where_git_gets_another_answer(
    machine: Machine, page: str
) -> None:
    machine.uv_login("git.test", "alice", "a")
    machine.uv_login("git.test", "bob", "b")
    url = f"https://git.test/{page}"
    done = run(machine, "explain", url)
    assert done.returncode == 1
    note = (
        "  note: this URL counts as that of a package index; for a repository, run "
        f"'git-credential-uvx explain {url} --git'"
    )
    assert note in done.stdout.decode().splitlines()
    assert run(machine, "explain", "--git", url).returncode == 0


@pytest.mark.parametrize("page", [*PAGES, "simple/x/"])
def test_explain_does_not_name_it_where_both_get_the_same(machine: Machine, page: str) -> None:
    machine.uv_login("git.test", "alice", "a")
    assert b"--git" not in run(machine, "explain", f"https://git.test/{page}").stdout


@pytest.mark.parametrize("page", ["simple/x/", "api/pypi/corp/simple"])
def test_explain_does_not_name_it_for_an_index(machine: Machine, page: str) -> None:
    machine.uv_login("git.test", "alice", "a")
    machine.uv_login("git.test", "bob", "b")
    assert b"--git" not in run(machine, "explain", f"https://git.test/{page}").stdout


@pytest.mark.parametrize("url", ["https://github.com/o/r", "https://github.com/o/r/tree/main"])
def test_a_page_of_a_known_host_is_a_repository(machine: Machine, url: str) -> None:
    machine.uv_login("github.com", "alice", "a")
    machine.uv_login("github.com", "bob", "b")
    done = run(machine, "explain", url)
    assert (done.returncode, b"--git" in done.stdout) == (0, False)
    assert done.stdout.decode().splitlines()[-1].startswith("Git would get: 'bob' from ")


def test_check_names_the_option_where_the_page_is_no_index(
    machine: Machine, host: GitHost, alice: str
) -> None:
    url = host.url("r")
    done = run(machine, "check", url)
    assert done.returncode != 0
    note = (
        "  note: this URL counts as that of a package index; for a repository, run "
        f"'git-credential-uvx check {url} --git'"
    )
    assert note in done.stdout.decode().splitlines()
    (found,) = json.loads(run(machine, "check", "--json", url).stdout)
    assert any("--git'" in one for one in found["notes"])


def test_check_does_not_name_it_for_what_was_asked_for(
    machine: Machine, host: GitHost, alice: str
) -> None:
    for words in ((host.url("r.git"),), ("--index", host.url("r")), ("--git", host.url("r"))):
        assert b"--git" not in run(machine, "check", *words).stdout
