"""The commands of the README, typed as they stand there, in a fresh home.

The private host is on loopback; a proxy shows it under the README's name for it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.githost import GitHost
from scripts.package import PACKAGE, PROJECT
from scripts.tunnel import Tunnel

from ..support.terminal import at_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..support.machine import Machine

README = (Path(__file__).parents[2] / "README.md").read_text()
HOST = "git.example.com"
PASSWORD = "wonder=land ü"
TOKEN = "CANARY-3f9c"


def blocks(language: str) -> list[list[str]]:
    """The commands of each block in a language; a line that is continued is one."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text.replace("\\\n", " ").splitlines() for text in found]


INSTALL, CI_JOB = blocks("sh")
CLONE, DEPENDENCY, QUESTIONS = (
    [line.removeprefix("$ ") for line in block if line.startswith("$ ")]
    for block in blocks("console")
)
(CONTAINER,) = blocks("dockerfile")


@pytest.fixture
def server(machine: Machine, tmp_path: Path) -> Iterator[GitHost]:
    """The README's host, with the repository that it clones."""
    with GitHost(tmp_path / "host", [HOST]) as host, Tunnel(host.port) as tunnel:
        host.create("team/private.git", PACKAGE)
        machine.env |= {
            "GIT_SSL_CAINFO": str(host.certificate),
            "SSL_CERT_FILE": str(host.certificate),
            "https_proxy": tunnel.url,
            "UV_PYTHON": sys.executable,
            "UV_INDEX_URL": f"https://{HOST}/no/index",
        }
        yield host


@pytest.fixture
def project(machine: Machine) -> Path:
    folder = machine.root / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def typed(machine: Machine, line: str, cwd: Path, **env: str) -> str:
    """Run a line in a shell, as a person who pastes it; standard output and error."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=cwd,
        env=machine.env | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, f"{line}\n{said}"
    return said


def test_the_first_clone_and_the_first_dependency_work_as_written(
    machine: Machine, server: GitHost, project: Path
) -> None:
    server.accounts["alice"] = PASSWORD
    install, set_up = INSTALL
    assert install.startswith("uv tool install .")  # tests/test_package.py installs it
    typed(machine, set_up, project)
    login, clone = CLONE
    with at_terminal(machine, *login.split()) as terminal:
        terminal.wait_for(b"password:")
        terminal.child.sendline(PASSWORD)
        terminal.end()
    assert terminal.status == 0, terminal.shown
    typed(machine, clone, machine.root)
    assert (machine.root / "private" / "README.md").exists()
    for line in DEPENDENCY:
        typed(machine, line, project)
    assert "Hello" in typed(machine, "uv run private", project)
    for line in QUESTIONS:
        typed(machine, line.partition("  #")[0], project)


def a_project_with_a_private_dependency(machine: Machine, project: Path) -> None:
    """As it comes from a colleague: with the lock file, and nothing else."""
    machine.run(
        *("git", "config", "--global", f"url.https://oauth2:{TOKEN}@{HOST}/.insteadOf"),
        f"https://{HOST}/",
    )
    add, _ = DEPENDENCY
    typed(machine, f"{add} --no-sync", project)
    (machine.home / ".gitconfig").unlink()
    typed(machine, "uv cache clean --quiet", project)


@pytest.mark.parametrize("place", ["CI job", "container build"])
def test_a_token_in_a_variable_is_enough(
    machine: Machine, server: GitHost, project: Path, place: str
) -> None:
    server.accounts["oauth2"] = TOKEN
    a_project_with_a_private_dependency(machine, project)
    if place == "CI job":
        typed(machine, "\n".join(CI_JOB), project, DEPLOY_TOKEN=TOKEN)
    else:
        (step,) = (line for line in CONTAINER if "--mount=type=secret" in line)
        mount, command = re.fullmatch(r"RUN --mount=(\S+)\s+(.+)", step).groups()  # type: ignore[union-attr]
        (variable,) = re.findall(r"env=(\w+)", mount)
        typed(machine, command, project, **{variable: TOKEN})
    assert "Hello" in typed(machine, "uv run --no-sync private", project)
    assert TOKEN not in (project / "uv.lock").read_text()
    assert not machine.store.exists()
