"""`git credential-uvx` alone: at a terminal the state and the next step, elsewhere the help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..support.common import entry
from ..support.machine import COMMAND
from ..support.terminal import play

if TYPE_CHECKING:
    from ..support.machine import Machine

NAME = "git-credential-uvx"


def shown(machine: Machine, *words: str) -> list[str]:
    machine.env["NO_COLOR"] = "1"
    terminal = play(machine, words or (str(COMMAND),))
    assert terminal.status == 0
    lines = terminal.shown.decode().splitlines()
    assert len(lines) <= 8
    return lines


def test_the_first_time_it_names_setup(machine: Machine) -> None:
    lines = shown(machine)
    assert "Git is not configured to ask this helper" in lines[1]
    assert lines[-1] == f"next: {NAME} setup"


def test_then_it_names_login(machine: Machine) -> None:
    machine.run(NAME, "setup")
    lines = shown(machine)
    assert lines[1:] == [
        "Git asks this helper",
        "no account is stored yet",
        f"next: {NAME} login HOST",
    ]


def test_it_shows_the_accounts_and_the_default(machine: Machine) -> None:
    machine.run(NAME, "setup")
    for name in ("alice", "bob"):
        machine.put(protocol="https", host="git.test", username=name, password="x")
    for number in range(5):
        machine.put(protocol="https", host=f"h{number}.test", username="u", password="x")
    lines = shown(machine, "git", "credential-uvx")
    assert "7 accounts at 6 services:" in lines
    assert any(line.split(maxsplit=1)[1] == "alice (default), bob" for line in lines[2:-2])
    assert any("and 3 more" in line for line in lines)
    assert f"'{NAME} --help'" in lines[-1]


def test_a_fault_that_setup_does_not_mend_leads_to_the_doctor(machine: Machine) -> None:
    machine.run(NAME, "setup")
    machine.git("config", "--global", "http.extraHeader", "Authorization: Basic x")
    lines = shown(machine)
    assert "Git does not use it yet: an 'http.extraHeader'" in lines[1]
    assert lines[-1] == f"next: {NAME} doctor"
    (machine.home / ".gitconfig").write_text("[broken\n")
    assert shown(machine)[-1] == f"next: {NAME} doctor"


def test_what_is_wrong_leads_to_the_doctor(machine: Machine) -> None:
    machine.run(NAME, "setup")
    machine.write_store(entry("https://git.test/") + "broken\n")
    assert shown(machine)[-1] == f"next: {NAME} doctor"


def test_it_names_the_account_that_a_server_refused(machine: Machine) -> None:
    machine.run(NAME, "setup")
    machine.uv_login("git.test", "alice", "x")
    machine.erase(protocol="https", host="git.test", username="alice", password="x")
    lines = shown(machine)
    assert "a server refused the password of 'alice' at https://git.test/" in lines
    assert lines[-1] == f"next: {NAME} login git.test --username alice"
    machine.put_over_refused(protocol="https", host="git.test", username="alice", password="y")
    assert not any("refused" in line for line in shown(machine))


def test_it_names_the_account_that_git_erased(machine: Machine) -> None:
    machine.run(NAME, "setup")
    machine.put(protocol="https", host="git.test", username="alice", password="x")
    machine.erase(protocol="https", host="git.test", username="alice", password="x")
    lines = shown(machine)
    assert "a server refused the password of 'alice' at https://git.test/" in lines
    assert lines[-1] == f"next: {NAME} login git.test --username alice"


def test_the_default_is_the_account_that_git_asks_for(machine: Machine) -> None:
    machine.run(NAME, "setup")
    machine.git("config", "--global", "credential.username", "bob")
    for name in ("alice", "bob"):
        machine.put(protocol="https", host="git.test", username=name, password="x")
    assert any(line.endswith("bob (default), alice") for line in shown(machine))


def test_elsewhere_it_shows_the_help(machine: Machine) -> None:
    done = machine.run(NAME)
    assert done.stdout == machine.run(NAME, "--help").stdout
    assert done.stderr == b""
