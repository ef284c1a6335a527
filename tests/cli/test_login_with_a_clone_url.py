"""`login` with what people paste: the URL of a clone, and which part of it the store keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")


@pytest.fixture(autouse=True)
def helper(machine: Machine) -> None:
    """A machine on which Git asks this helper."""
    machine.git("config", "--global", "credential.helper", "uvx")


def run(machine: Machine, *words: str, status: int = 0) -> str:
    """Run the command with a password on standard input; what standard error has."""
    done = machine.run(COMMAND, *words, input=b"wonder\n", check=False)
    assert done.returncode == status, done
    return done.stderr.decode()


def login(machine: Machine, url: str, *options: str, status: int = 0) -> str:
    return run(machine, "login", url, "-u", "alice", "--password", "-", *options, status=status)


def services(machine: Machine) -> list[str]:
    rows = json.loads(machine.run(COMMAND, "list", "--json").stdout)
    return [row["service"] for row in rows]


@pytest.mark.parametrize("start", ["", "git+"])
def test_git_finds_what_login_stored_for_a_clone_url(
    machine: Machine, host: GitHost, start: str
) -> None:
    host.accounts["alice"] = "wonder"
    shown = login(machine, start + host.url("r.git"))
    assert f"Stored for {host.url()}, because Git sends no path" in shown
    assert "r.git' keeps it to one repository" in shown
    assert services(machine) == [host.url()]
    machine.git("clone", host.url("r.git"), "clone")
    assert machine.run(COMMAND, "token", host.url("r.git")).stdout == b"wonder\n"


def test_logout_with_the_same_url_removes_it(machine: Machine, host: GitHost) -> None:
    login(machine, host.url("r.git"))
    shown = run(machine, "logout", host.url("r.git"))
    assert f"Removed credentials for alice@{host.url()}" in shown
    assert services(machine) == []


class TestARepositoryWithAnEntryOfItsOwn:
    """The host's entry, which other repositories need, stays."""

    @pytest.fixture(autouse=True)
    def two(self, machine: Machine, host: GitHost) -> None:
        machine.uv_login(host.url("r.git"), "alice", "wonder")
        login(machine, host.url("r.git"))

    @pytest.mark.parametrize("options", [(), ("--username", "alice"), ("--all",)])
    def test_logout_removes_the_entry_of_the_repository(
        self, machine: Machine, host: GitHost, options: tuple[str, ...]
    ) -> None:
        run(machine, "logout", host.url("r.git"), *options)
        assert services(machine) == [host.url()]

    def test_a_second_logout_removes_that_of_the_host(
        self, machine: Machine, host: GitHost
    ) -> None:
        for _ in range(2):
            run(machine, "logout", host.url("r.git"))
        assert services(machine) == []

    def test_logout_of_another_name_removes_that_of_the_host(
        self, machine: Machine, host: GitHost
    ) -> None:
        run(machine, "login", host.url(), "-u", "bob", "--password", "-")
        run(machine, "logout", host.url("r.git"), "-u", "bob")
        assert services(machine) == [host.url(), host.url("r.git")]


def test_logout_of_all_accounts_of_a_repository_keeps_those_of_the_host(
    machine: Machine, host: GitHost
) -> None:
    login(machine, host.url("r.git"))
    shown = run(machine, "logout", host.url("r.git"), "--all", status=1)
    command = shown.partition("'git-credential-uvx ")[2].partition("'")[0]
    assert services(machine) == [host.url()]
    run(machine, *command.split())
    assert services(machine) == []


def test_logout_of_two_accounts_asks_which(machine: Machine, host: GitHost) -> None:
    for name in ("alice", "bob"):
        machine.uv_login(host.url(), name, "wonder")
    shown = run(machine, "logout", host.url("r.git"), status=2)
    assert "'alice', 'bob'; use 'git-credential-uvx logout " in shown
    assert len(services(machine)) == 2


def test_where_git_sends_paths_the_path_stays(machine: Machine, host: GitHost) -> None:
    machine.git("config", "--global", "credential.useHttpPath", "true")
    host.folders["r.git"] = {"alice": "wonder"}
    shown = login(machine, host.url("r.git"))
    assert "because Git sends no path" not in shown
    assert services(machine) == [host.url("r.git")]
    machine.git("clone", host.url("r.git"), "clone")
    machine.uv_login(host.url(), "alice", "another")
    run(machine, "logout", host.url("r.git"))
    assert services(machine) == [host.url()]


@cases(
    "globally, setting, wanted",
    {
        "a checkout that sends paths": (None, "true", ""),
        "a checkout that sends none": ("true", "false", "r.git"),
        "a checkout with an empty value": ("true", "", "r.git"),
    },
)
@pytest.mark.parametrize("included", [False, True])
def test_a_checkout_has_no_say_in_what_is_stored(
    machine: Machine, host: GitHost, globally: str | None, setting: str, wanted: str, included: bool
) -> None:
    if globally is not None:
        machine.git("config", "--global", "credential.useHttpPath", globally)
    checkout = machine.root / "checkout"
    machine.git("init", "-q", checkout)
    named = f"credential.{host.url()}.useHttpPath"
    file = checkout / ("planted" if included else ".git/config")
    machine.git("config", "--file", file, named, setting)
    if included:
        machine.git("config", "include.path", file, cwd=checkout)
    words = ("login", host.url("r.git"), "-u", "alice", "--password", "-")
    machine.run(COMMAND, *words, input=b"wonder\n", cwd=checkout)
    assert services(machine) == [host.url(wanted)]
    machine.run(COMMAND, "logout", host.url("r.git"), cwd=checkout)
    assert services(machine) == []


def test_a_path_that_is_given_stays_and_what_makes_git_find_it_is_named(
    machine: Machine, host: GitHost
) -> None:
    host.folders["r.git"] = {"alice": "wonder"}
    shown = login(machine, host.url(), "--path", "r.git")
    assert services(machine) == [host.url("r.git")]
    (advice,) = [line for line in shown.splitlines() if "setup --use-http-path" in line]
    assert "Git sends no" in advice
    assert machine.run("git", "ls-remote", host.url("r.git"), check=False).returncode != 0
    words = advice.partition("'git-credential-uvx ")[2].partition("'")[0].split()
    run(machine, *words)
    machine.git("ls-remote", host.url("r.git"))


def test_a_path_and_the_same_path_in_the_url(machine: Machine, host: GitHost) -> None:
    login(machine, host.url("r.git"), "--path", "r.git")
    assert services(machine) == [host.url("r.git")]
    assert "two different paths" in login(machine, host.url("r.git"), "--path", "s", status=2)


def test_a_path_that_only_uv_finds(machine: Machine) -> None:
    assert "only uv will find it" in login(machine, "https://git.test/team")
    assert "only uv" not in login(machine, "https://git.test/team/simple/")
    machine.git("config", "--global", "credential.useHttpPath", "true")
    assert "only uv" not in login(machine, "https://git.test/other")


@cases(
    "url, service",
    {
        "a page of GitHub": ("https://github.com/team/r", "https://github.com/"),
        "a page of GitLab": ("gitlab.com/team/sub/r", "https://gitlab.com/"),
        "packages of GitLab": (
            "https://gitlab.com/api/v4/projects/1/packages/pypi/simple",
            "https://gitlab.com/api/v4/projects/1/packages/pypi",
        ),
        "an index": ("https://git.test/team/simple/", "https://git.test/team"),
        "a path that may be anything": ("https://git.test/team", "https://git.test/team"),
    },
)
def test_only_the_url_of_a_repository_stands_for_its_host(
    machine: Machine, url: str, service: str
) -> None:
    login(machine, url)
    assert services(machine) == [service]


@pytest.mark.parametrize("url", ["git@git.test:team/r.git", "ssh://git@git.test/team/r.git"])
def test_a_url_of_ssh_is_an_error_that_names_https(machine: Machine, url: str) -> None:
    shown = login(machine, url, status=2)
    assert "use its https URL" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("word", ["github", "GitLab", "pypi"])
def test_a_word_that_is_short_for_a_host(machine: Machine, word: str) -> None:
    shown = login(machine, word, status=2)
    assert f"did you mean '{word.lower()}." in shown
    login(machine, f"https://{word.lower()}")
    login(machine, "intranet")
    assert services(machine) == [f"https://{word.lower()}/", "https://intranet/"] or services(
        machine
    ) == ["https://intranet/", f"https://{word.lower()}/"]
