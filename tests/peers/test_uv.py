"""uv's dependencies in private Git repositories, which it leaves to git to open."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from ..support.package import DEPENDENT, FOO, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from .conftest import Lookup

pytestmark = pytest.mark.usefixtures("helper")

_TOKEN = "t0ken-of-alice"


@pytest.fixture
def app(machine: Machine, host: GitHost) -> Path:
    """A project without dependencies, on a machine that has no package index."""
    host.create("foo.git", FOO)
    host.accounts["alice"] = _TOKEN
    machine.env["UV_PYTHON"] = sys.executable
    machine.env["UV_DEFAULT_INDEX"] = host.url("no/such/index")
    folder = machine.root / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def _origin(machine: Machine, app: Path) -> str:
    """What the private package says where the project's own Python imports it."""
    code = "import foo; print(foo.origin)"
    return machine.run(app / ".venv/bin/python", "-c", code).stdout.decode()


def _add(machine: Machine, host: GitHost, app: Path) -> None:
    url = host.url("foo.git", userinfo=f"alice:{_TOKEN}")
    machine.run("uv", "add", f"foo @ git+{url}", cwd=app)


def test_a_token_given_to_uv_add_goes_into_no_file_of_the_project(
    machine: Machine, host: GitHost, app: Path
) -> None:
    _add(machine, host, app)
    assert _origin(machine, app) == "private\n"
    for name in ("pyproject.toml", "uv.lock"):
        text = (app / name).read_text()
        assert "foo.git" in text
        assert _TOKEN not in text


def test_a_token_given_to_uv_add_is_kept_where_uv_finds_it(
    machine: Machine, host: GitHost, app: Path, uv_finds: Lookup
) -> None:
    _add(machine, host, app)
    assert uv_finds(host.url()) == f"alice:{_TOKEN}"


def test_a_token_given_to_uv_add_serves_the_sync_of_another_checkout(
    machine: Machine, host: GitHost, app: Path
) -> None:
    _add(machine, host, app)
    other = machine.root / "other"
    other.mkdir()
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(app / name, other)
    machine.env["UV_CACHE_DIR"] = str(machine.root / "empty-cache")
    machine.run("uv", "sync", "--locked", cwd=other)
    assert _origin(machine, other) == "private\n"


def test_a_login_with_uv_is_enough_for_a_private_dependency(
    machine: Machine, host: GitHost, app: Path
) -> None:
    (app / "pyproject.toml").write_text(DEPENDENT.format(url=host.url("foo.git")))
    machine.uv_login(host.url(), "alice", _TOKEN)
    before = machine.files()
    machine.run("uv", "sync", cwd=app)
    assert _origin(machine, app) == "private\n"
    assert machine.files() == before


def test_a_private_dependency_on_a_machine_that_knows_nothing_fails(
    machine: Machine, host: GitHost, app: Path
) -> None:
    (app / "pyproject.toml").write_text(DEPENDENT.format(url=host.url("foo.git")))
    assert b"foo.git" in machine.run("uv", "sync", cwd=app, check=False).stderr
    assert not (app / "uv.lock").exists()
