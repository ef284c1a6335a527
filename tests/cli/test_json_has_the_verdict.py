"""`--json`: a program finds there what a person reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..support.common import cases, entry
from ..support.sanitizing import put

if TYPE_CHECKING:
    from ..support.machine import Machine

NAME = "git-credential-uvx"


def document(machine: Machine, *words: str) -> Any:
    return json.loads(machine.run(NAME, *words, "--json", check=False).stdout)


@cases(
    "url",
    {
        "a repository": "https://git.test/r.git",
        "a host": "git.test",
        "an index": "https://i.test/simple",
    },
)
def test_explain_has_the_last_line_and_the_next_command(machine: Machine, url: str) -> None:
    machine.write_store(entry("https://git.test/"))
    for configured in (False, True):
        if configured:
            machine.git("config", "--global", "credential.helper", "uvx")
        done = machine.run(NAME, "explain", url, check=False)
        lines = done.stdout.decode().splitlines()
        found = document(machine, "explain", url)
        assert found["verdict"] == lines[-1]
        steps = [line for line in done.stderr.decode().splitlines() if line.startswith("next: ")]
        assert steps == ([] if found["next"] is None else [f"next: {found['next']}"])


def test_explain_says_that_git_gets_nothing(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    found = document(machine, "explain", "https://git.test/r.git")
    assert found["verdict"].startswith("Git would get: nothing, because Git is not configured")
    assert found["next"] == f"{NAME} setup"


def test_explain_has_the_fault_of_the_store(machine: Machine) -> None:
    machine.write_store("broken")
    found = document(machine, "explain", "https://git.test/r.git")
    assert "credentials.toml" in found["fault"]


def test_the_doctor_counts_problems_and_notes(machine: Machine) -> None:
    found = document(machine, "doctor")
    for level, key in (("problem", "problems"), ("note", "notes")):
        assert found[key] == sum(one["verdict"] == level for one in found["verdicts"])
    text = machine.run(NAME, "doctor", check=False).stderr.decode()
    assert text.startswith(f"{found['problems']} problem")


def test_sanitize_has_the_notes(machine: Machine) -> None:
    put(
        machine.home / "a.txt",
        "https://alice@git.test/r\nghp_16C7e42F292c6912E7710c838347Ae178B4a\n",
    )
    done = machine.run(NAME, "sanitize", machine.home / "a.txt", check=False)
    notes = document(machine, "sanitize", str(machine.home / "a.txt"))["notes"]
    shown = [line.removeprefix("note: ") for line in done.stderr.decode().splitlines()]
    assert notes == [line for line in shown if " left" in line]
    assert len(notes) == 2
