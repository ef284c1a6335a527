"""An index in a project's file covers a whole host; what is said of Git there stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.machine import Machine

HOST = "git.test"
INDEXES = {
    "that covers the host": f"https://{HOST}/simple",
    "that is the host": f"https://{HOST}/",
}
POLICIES = ("auto", "always", "never")


@pytest.fixture(params=[(url, policy) for url in INDEXES.values() for policy in POLICIES])
def project(machine: Machine, request: pytest.FixtureRequest) -> Path:
    del machine.env["UV_NO_CONFIG"]
    machine.env["UV_NO_SYSTEM_CONFIG"] = "1"
    url, policy = request.param
    folder = machine.root / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f'[[tool.uv.index]]\nname = "x"\nurl = "{url}"\nauthenticate = "{policy}"\n'
    )
    return folder


def run(
    machine: Machine, folder: Path, *words: str, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return machine.run("git-credential-uvx", *words, cwd=folder, input=data, check=False)


def test_login_says_that_git_will_not_get_it(machine: Machine, project: Path) -> None:
    words = ("login", HOST, "--username", "alice", "--password", "-")
    errors = run(machine, project, *words, data=b"pw\n").stderr.decode()
    assert "Git will not get it: Git is not configured" in errors
    assert "next: git-credential-uvx setup" in errors


def test_token_and_explain_say_what_git_gets(machine: Machine, project: Path) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "of-alice")
    assert run(machine, project, "token", HOST).stdout == b"of-alice\n"
    assert b"Git" in run(machine, project, "explain", HOST).stdout.splitlines()[-1]
