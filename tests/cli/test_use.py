"""`use` chooses the account that answers when nobody names one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..support.machine import Machine

HOST = {"protocol": "https", "host": "git.test"}


@pytest.fixture
def two(machine: Machine) -> Machine:
    """A machine with two accounts of a host, of which Git uses bob."""
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login("git.test", "alice", "CANARY-a")
    machine.uv_login("git.test", "bob", "CANARY-b")
    machine.run("git-credential-uvx", "use", "git.test", "--username", "bob")
    return machine


def use(machine: Machine, *words: str, status: int = 0) -> str:
    done = machine.run("git-credential-uvx", "use", *words, check=False)
    assert done.returncode == status, done.stderr
    assert b"CANARY" not in done.stdout + done.stderr
    return (done.stdout + done.stderr).decode()


def default(machine: Machine) -> bytes:
    return machine.get(**HOST)[b"username"]


def test_the_chosen_account_answers_git_and_the_other_needs_its_name(two: Machine) -> None:
    before = two.store.read_bytes()
    said = use(two, "git.test", "--username", "alice")
    assert "Git now uses 'alice' for https://git.test/" in said
    assert "'bob' needs its name in the URL: 'bob@git.test'" in said
    assert "uv does not know this choice" in said
    assert default(two) == b"alice"
    assert two.get(**HOST, username="bob")[b"password"] == b"CANARY-b"
    assert two.store.read_bytes() == before


def test_a_choice_that_git_does_not_follow_yet(two: Machine) -> None:
    two.git("config", "--global", "--unset", "credential.helper")
    said = use(two, "git.test", "--username", "alice")
    assert said.startswith("'alice' is the default account of https://git.test/ now\n")
    assert "Git will not get it: Git is not configured to ask this helper" in said
    assert "next: git-credential-uvx setup\n" in said
    assert "Git now uses" not in said


def test_a_choice_while_a_netrc_answers_first(two: Machine) -> None:
    netrc = two.home / ".netrc"
    netrc.write_text("machine git.test login zed password CANARY-z\n")
    netrc.chmod(0o600)
    said = use(two, "git.test", "--username", "alice")
    assert "'alice' is the default account" in said
    assert f"will get 'zed' from '{netrc}', line 1" in said


def test_a_choice_while_another_helper_is_asked_first(two: Machine) -> None:
    two.git("config", "--global", "--replace-all", "credential.helper", "store")
    two.git("config", "--global", "--add", "credential.helper", "uvx")
    said = use(two, "git.test", "--username", "alice")
    assert "'alice' is the default account" in said
    assert "Git asks the helper 'store' first" in said


def test_uv_is_not_mentioned_where_it_gets_the_chosen_account(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login("git.test", "alice", "CANARY-a")
    machine.put(**HOST, username="bob", password="CANARY-b")
    assert "uv" not in use(machine, "git.test", "--username", "alice").replace(
        "git-credential-uvx", ""
    )


def test_a_mask_is_in_no_command(two: Machine) -> None:
    two.erase(**HOST, username="bob", password="CANARY-b")
    said = use(two, "bob:secretpw9@git.test", status=1)
    assert "'git-credential-uvx login git.test --username bob' or" in said
    assert "'git-credential-uvx restore git.test --username bob' first" in said


def test_without_a_username_it_lists_them(two: Machine) -> None:
    assert use(two, "git.test") == "* bob (chosen)\n  alice\n"
    rows = json.loads(two.run("git-credential-uvx", "use", "git.test", "--json").stdout)
    assert [(row["username"], row["default"], row["chosen"]) for row in rows] == [
        ("bob", True, True),
        ("alice", False, False),
    ]


def test_an_unknown_account_is_no_and_the_accounts_are_named(two: Machine) -> None:
    files = two.files()
    said = use(two, "git.test", "--username", "carol", status=1)
    assert "https://git.test/ has no account of this name; it has 'bob', 'alice'" in said
    assert "no accounts are stored" in use(two, "other.test", status=1)
    assert two.files() == files


def test_our_own_commands_use_it_where_uv_could_not_choose(two: Machine) -> None:
    two.git("config", "--global", "credential.helper", "uvx")
    assert two.uv_token("git.test") is None
    assert two.run("git-credential-uvx", "token", "git.test").stdout == b"CANARY-b\n"
    said = two.run("git-credential-uvx", "explain", "--git", "https://git.test/").stdout.decode()
    assert "your choice of 2 accounts" in said


@pytest.mark.parametrize("change", ["uv", "our own", "new password", "git's prompt"])
def test_the_choice_survives(two: Machine, change: str) -> None:
    match change:
        case "uv":
            two.uv_login("git.test", "carol", "CANARY-c")
        case "our own":
            login = ("git-credential-uvx", "login", "git.test", "--username", "carol")
            two.run(*login, "--password", "-", input=b"CANARY-c\n")
        case "new password":
            two.uv_login("git.test", "bob", "CANARY-d")
        case _:
            two.put(**HOST, username="carol", password="CANARY-c")
    assert default(two) == b"bob"


@pytest.mark.parametrize("end", ["erase", "logout", "uv auth logout"])
def test_the_choice_ends_with_its_account(two: Machine, end: str) -> None:
    if end == "erase":
        two.erase(**HOST, username="bob", password="CANARY-b")
    elif end == "logout":
        two.run("git-credential-uvx", "logout", "git.test", "--username", "bob")
    else:
        two.run("uv", "auth", "logout", "git.test", "--username", "bob")
    assert default(two) == b"alice"
    assert "(chosen)" not in use(two, "git.test")


def test_what_a_server_refused_cannot_be_chosen(two: Machine) -> None:
    two.erase(**HOST, username="bob", password="CANARY-b")
    said = use(two, "git.test", "--username", "bob", status=1)
    assert "restore git.test" in said


NAMES = {
    "a mail address": ("bob@corp.test", "bob%40corp.test@git.test"),
    "the end of a host": ("x@evil.test/", "x%40evil.test%2F@git.test"),
    "a token": ("ghp_" + "a" * 36, "NAME@HOST"),
}


@pytest.mark.parametrize(("name", "shown"), NAMES.values(), ids=NAMES)
def test_a_url_that_it_names_is_one_of_this_host(machine: Machine, name: str, shown: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    for username in (name, "alice"):
        machine.uv_login("https://git.test/", username, "CANARY")
    assert f"URL: '{shown}'" in use(machine, "git.test", "--username", "alice")
