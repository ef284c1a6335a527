"""The recipe of docs/ci.md for a private index, with the real uv."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..support.pypi import serving, write_wheel

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from ..support.machine import Machine

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
SECTION = PAGE.partition("## A private package index\n")[2].partition("\n## ")[0]
TOML, SH = (re.findall(rf"```{name}\n(.*?)```", SECTION, re.DOTALL)[0] for name in ("toml", "sh"))
URL = "https://pkg.example.com/team/simple/"
PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["privpkg"]

"""


@pytest.fixture
def realm(machine: Machine, tmp_path: Path) -> Iterator[str]:
    packages = tmp_path / "packages"
    packages.mkdir()
    write_wheel(packages, "privpkg")
    with serving(packages) as found:
        del machine.env["UV_NO_CONFIG"]
        machine.env |= {"UV_PYTHON": sys.executable, "INDEX_TOKEN": "wonder"}
        yield found


def job(machine: Machine, realm: str, script: str) -> subprocess.CompletedProcess[bytes]:
    project = machine.root / "app"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT + TOML.replace(URL, f"{realm}/simple/"))
    script = script.replace("=__token__ ", "=alice ")
    return machine.run("sh", "-ec", script, cwd=project, check=False)


def test_uv_installs_from_the_index(machine: Machine, realm: str) -> None:
    done = job(machine, realm, SH)
    assert done.returncode == 0, done
    assert b"wonder" not in (machine.root / "app/uv.lock").read_bytes()
    assert not machine.store.exists()


def test_explain_shows_what_uv_gets(machine: Machine, realm: str) -> None:
    (question,) = re.findall(r"`(git-credential-uvx explain --index [^`]*)`", SECTION)
    done = job(
        machine,
        realm,
        SH.rpartition("git-credential-uvx exec")[0] + question.replace(URL, f"{realm}/simple/"),
    )
    assert done.returncode == 0, done
    assert b"uv would get: 'alice' from UV_INDEX_CORP_PASSWORD" in done.stdout


def test_a_variable_of_the_host_is_not_enough(machine: Machine, realm: str) -> None:
    name = realm.removeprefix("http://").replace(".", "_").replace(":", "_")
    lines = f"export UVX_TOKEN_{name}=wonder UVX_USERNAME_{name}=alice\n"
    done = job(machine, realm, lines + "git-credential-uvx exec -- uv sync")
    assert done.returncode != 0
    assert b"401" in done.stderr
