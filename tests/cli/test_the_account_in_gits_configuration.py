"""`credential.username` of Git's configuration decides which account Git asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from ..support.machine import Machine

HOST = "git.test"
KEY = f"credential.https://{HOST}.username"


@pytest.fixture
def two(machine: Machine) -> Machine:
    """A machine with two accounts of a host, of which Git would take bob."""
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "of-alice")
    machine.uv_login(HOST, "bob", "of-bob")
    return machine


@pytest.fixture(params=["credential.username", KEY])
def named(two: Machine, request: pytest.FixtureRequest) -> Machine:
    """The same, with a configuration by which Git asks for alice."""
    two.git("config", "--global", request.param, "alice")
    assert filled(two) == "of-alice"
    return two


def run(
    machine: Machine, *words: str, cwd: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    return machine.run("git-credential-uvx", *words, cwd=cwd, check=check)


def filled(machine: Machine) -> str:
    asked = f"url=https://{HOST}\n\n".encode()
    done = machine.run("git", "credential", "fill", input=asked, check=False)
    found = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    return found.get("password", "")


def in_a_checkout(machine: Machine, who: str) -> Path:
    """A checkout whose own configuration names an account."""
    checkout = machine.root / "checkout"
    machine.git("init", "--quiet", checkout)
    machine.git("config", KEY, who, cwd=checkout)
    return checkout


def test_use_says_that_git_goes_on_to_ask_for_another_account(named: Machine) -> None:
    done = run(named, "use", HOST, "--username", "bob")
    said = done.stderr.decode()
    assert filled(named) == "of-alice"
    assert "Git now uses 'bob'" not in said
    assert f"Git still asks for 'alice' at https://{HOST}/" in said
    assert f"in '{named.home}/.gitconfig'" in said


def test_the_command_that_use_names_makes_git_ask_for_the_chosen_account(named: Machine) -> None:
    said = run(named, "use", HOST, "--username", "bob").stderr.decode()
    command = said.partition("; run '")[2].partition("'\n")[0]
    named.run("sh", "-c", command)
    assert filled(named) == "of-bob"


def test_use_of_the_account_that_the_configuration_names_is_what_git_does(named: Machine) -> None:
    said = run(named, "use", HOST, "--username", "alice").stderr.decode()
    assert f"Git now uses 'alice' for https://{HOST}/" in said
    assert "still asks" not in said


def test_use_marks_the_account_that_git_asks_for(named: Machine) -> None:
    assert run(named, "use", HOST).stdout == b"* alice\n  bob\n"
    rows = json.loads(run(named, "use", HOST, "--json").stdout)
    assert [(row["username"], row["default"]) for row in rows] == [("alice", True), ("bob", False)]


def test_list_marks_the_account_that_git_asks_for(named: Machine) -> None:
    rows = json.loads(run(named, "list", "--json").stdout)
    assert {row["username"]: row["default"] for row in rows} == {"alice": True, "bob": False}


def test_an_account_that_is_not_stored_leaves_none_marked(two: Machine) -> None:
    two.git("config", "--global", KEY, "carol")
    assert filled(two) == ""
    rows = json.loads(run(two, "list", "--json").stdout)
    assert [row["default"] for row in rows] == [False, False]
    assert run(two, "use", HOST).stdout == b"  bob\n  alice\n"


def test_token_of_the_host_is_what_git_gets(named: Machine) -> None:
    assert run(named, "token", HOST).stdout == b"of-alice\n"
    run(named, "use", HOST, "--username", "bob")
    assert run(named, "token", HOST).stdout == b"of-alice\n"


def test_token_of_the_host_is_what_git_gets_even_if_there_is_one_of_a_token(
    named: Machine,
) -> None:
    named.uv_login(HOST, "oauth2", "of-token")
    assert filled(named) == "of-alice"
    assert run(named, "token", HOST).stdout == b"of-alice\n"


def test_token_says_that_git_asks_for_an_account_that_is_not_stored(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "of-alice")
    machine.git("config", "--global", KEY, "carol")
    done = run(machine, "token", HOST)
    assert done.stdout == b"of-alice\n"
    assert b"Git does not get this secret, because 'credential.username' in" in done.stderr
    assert done.stderr.endswith(b"names 'carol'\n")


def test_a_checkout_does_not_choose_whose_secret_token_prints(two: Machine) -> None:
    checkout = in_a_checkout(two, "alice")
    done = run(two, "token", HOST, cwd=checkout, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"several accounts" in done.stderr


def test_use_names_a_command_for_the_file_of_the_checkout(two: Machine) -> None:
    checkout = in_a_checkout(two, "alice")
    said = run(two, "use", HOST, "--username", "bob", cwd=checkout).stderr.decode()
    assert f"; run 'git config --local --unset-all {KEY}'" in said
