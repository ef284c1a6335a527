"""`env` in real shells and files, and what git does there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    import subprocess

    from scripts.githost import GitHost
    from tests.support.machine import Machine

SHELLS = {
    "sh": ("sh", 'eval "$(git-credential-uvx env)"'),
    "bash": ("bash", 'eval "$(git-credential-uvx env --shell bash)"'),
    "zsh": ("zsh", 'eval "$(git-credential-uvx env --shell zsh)"'),
    "fish": ("fish", "git-credential-uvx env --shell fish | source"),
}
ONE = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "credential.helper",
    "GIT_CONFIG_VALUE_0": "uvx",
}


def env(machine: Machine, *words: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = machine.run("git-credential-uvx", "env", *words, check=False)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    if status:
        assert done.stdout == b""
        assert done.stderr.count(b"\n") == 1
    return done


def line_by_line(output: bytes) -> dict[str, str]:
    """As a reader of `NAME=value` lines has it."""
    lines = output.decode().splitlines()
    assert lines
    assert all("=" in line for line in lines)
    return dict(line.split("=", 1) for line in lines)


class TestAClone:
    @cases("shell, line", SHELLS)
    def test_in_a_shell(
        self, shell: str, line: str, machine: Machine, host: GitHost, alice: str
    ) -> None:
        before = sorted(path.name for path in machine.home.iterdir())
        machine.run(shell, "-c", f"{line}\ngit clone {host.url('r.git')} clone")
        assert (machine.root / "clone/README").read_text() == "first\n"
        assert not (machine.home / ".gitconfig").exists()
        if shell != "fish":  # it keeps files of its own
            assert sorted(path.name for path in machine.home.iterdir()) == before

    @cases("shell, line", SHELLS)
    def test_in_a_shell_for_the_host_and_no_other_helper(
        self, shell: str, line: str, machine: Machine, host: GitHost, alice: str
    ) -> None:
        asked = machine.root / "asked"
        machine.git("config", "--global", "credential.helper", f"!touch {asked}; :")
        line = line.replace(" env", f" env --replace --host localhost:{host.port}")
        machine.run(shell, "-c", f"{line}\ngit clone {host.url('r.git')} clone")
        assert (machine.root / "clone/README").read_text() == "first\n"
        assert not asked.exists()

    @pytest.mark.parametrize("shell", ["github", "dotenv"])
    def test_with_the_lines_of_a_file(
        self, shell: str, machine: Machine, host: GitHost, alice: str
    ) -> None:
        machine.env |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "a.b",
            "GIT_CONFIG_VALUE_0": "c",
        }
        words = ("--shell", shell, "--replace", "--host", f"localhost:{host.port}")
        machine.env |= line_by_line(env(machine, *words).stdout)
        assert machine.env["GIT_CONFIG_COUNT"] == "3"
        machine.git("clone", host.url("r.git"), "clone")
        assert machine.git("config", "a.b") == "c\n"


class TestVariables:
    def test_json_has_them_by_name(self, machine: Machine) -> None:
        assert json.loads(env(machine, "--json").stdout) == ONE

    @pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
    def test_a_second_time_in_a_shell_adds_nothing(self, shell: str, machine: Machine) -> None:
        line = SHELLS[shell][1]
        listed = machine.run(shell, "-c", f"{line}\n{line}\ngit config --list").stdout
        assert listed.count(b"credential.helper=uvx") == 1

    def test_a_second_time_in_a_job_adds_nothing(self, machine: Machine) -> None:
        first = env(machine, "--shell", "github").stdout
        machine.env |= line_by_line(first)
        assert env(machine, "--shell", "github").stdout == first

    def test_where_git_asks_the_helper_already_nothing_is_set(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.helper", "uvx")
        assert env(machine).stdout == b""

    def test_a_file_for_a_container_has_all_of_it(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.helper", "uvx")
        assert line_by_line(env(machine, "--shell", "dotenv").stdout) == ONE

    def test_the_path_is_asked_for(self, machine: Machine) -> None:
        machine.env |= line_by_line(env(machine, "--shell", "dotenv", "--use-http-path").stdout)
        assert machine.git("config", "--bool", "credential.useHttpPath") == "true\n"

    def test_quiet_and_plain_are_the_same_on_standard_output(self, machine: Machine) -> None:
        assert env(machine).stdout == env(machine, "-q").stdout
        assert env(machine).stderr == b""

    def test_the_path_of_the_command_stands_for_it_where_git_does_not_find_it(
        self, machine: Machine
    ) -> None:
        machine.env["PATH"] = "/usr/bin:/bin"
        done = machine.run(BIN / "git-credential-uvx", "env", "--json")
        assert done.stderr == b""
        assert json.loads(done.stdout) == ONE | {
            "GIT_CONFIG_VALUE_0": str(BIN / "git-credential-uvx")
        }


REFUSED = {
    "a count that is none": ({"GIT_CONFIG_COUNT": "CANARY"}, ()),
    "a key that is missing": ({"GIT_CONFIG_COUNT": "1"}, ()),
    "an empty variable in PowerShell": ({}, ("--shell", "powershell", "--replace")),
    "a host with a port that is none": ({}, ("--host", "a.test:CANARY")),
    "an empty host": ({}, ("--host", "")),
}


@cases("environ, words", REFUSED)
def test_it_prints_nothing_where_something_is_wrong(
    environ: dict[str, str], words: tuple[str, ...], machine: Machine
) -> None:
    machine.env |= environ
    assert b"CANARY" not in env(machine, *words, status=2).stderr
