"""A project that uses two accounts of one host: no secret is left in it, and both go on working."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from ..support.package import FOO

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost

    from ..support.machine import Machine

pytestmark = pytest.mark.usefixtures("helper")

PASSWORDS = {"alice": "CANARY-alice-pw", "carol": "CANARY-carol-pw"}
PACKAGES = {"foo": ("team", "alice"), "bar": ("team2", "carol")}
ORDERS = pytest.mark.parametrize(
    "names",
    [("foo", "bar"), pytest.param(("bar", "foo"), marks=pytest.mark.slow)],
    ids=("foo-bar", "bar-foo"),
)


@pytest.fixture
def both(host: GitHost) -> GitHost:
    """A host on which each account sees the repository of its own team only."""
    for name, (team, account) in PACKAGES.items():
        files = {key.replace("foo", name): text.replace("foo", name) for key, text in FOO.items()}
        host.create(f"{team}/{name}.git", files)
        host.folders[team] = {account: PASSWORDS[account]}
    return host


@pytest.fixture
def app(machine: Machine, both: GitHost) -> Path:
    machine.env["UV_PYTHON"] = sys.executable
    machine.env["UV_DEFAULT_INDEX"] = both.url("no/index")
    folder = machine.root / "app"
    folder.mkdir()
    return folder


def requirement(host: GitHost, name: str) -> str:
    team, account = PACKAGES[name]
    userinfo = f"{account}:{PASSWORDS[account]}"
    return f"{name} @ git+{host.url(f'{team}/{name}.git', userinfo=userinfo)}"


def project(*requirements: str) -> str:
    lines = "".join(f'    "{one}",\n' for one in requirements)
    return (
        '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
        f"dependencies = [\n{lines}]\n"
    )


def writes(machine: Machine, app: Path, *words: str, status: int = 0) -> str:
    """Run `sanitize --write`; what it says."""
    done = machine.run("git-credential-uvx", "sanitize", "--write", *words, cwd=app, check=False)
    said = done.stderr.decode()
    assert done.returncode == status, said
    assert "CANARY" not in said
    return said


def installs(machine: Machine, host: GitHost, app: Path) -> None:
    """With an empty cache uv locks and installs both, and locks again: each account is still
    there."""
    lock, sync = ("lock", "--upgrade"), ("sync", "--frozen", "--no-install-project")
    for words in (lock, sync, lock):
        shutil.rmtree(machine.root / "uv-cache", ignore_errors=True)
        machine.run("uv", *words, cwd=app)
    machine.run(app / ".venv/bin/python", "-c", "import foo, bar")
    wrong = [r for r in host.requests if r.status == 200 and r.path.startswith("/team/")]
    assert {r.username for r in wrong} == {"alice"}


def url(text: str, name: str) -> str:
    """The URL of a package in a file."""
    line = next(line for line in text.splitlines() if line.strip(' "').startswith(f"{name} @"))
    return line.strip(' ",').removeprefix(f"{name} @ git+")


@ORDERS
@pytest.mark.parametrize(
    "before",
    [
        "nothing",
        *(
            pytest.param(before, marks=pytest.mark.slow)
            for before in ("alice by uv", "carol by uv", "both by uv", "alice by Git")
        ),
    ],
)
def test_one_file_with_two_accounts(
    machine: Machine, both: GitHost, app: Path, names: tuple[str, str], before: str
) -> None:
    for account, password in PASSWORDS.items():
        if before in (f"{account} by uv", "both by uv"):
            machine.uv_login(both.url(), account, password)
        elif before == f"{account} by Git":
            address = {"protocol": "https", "host": f"localhost:{both.port}"}
            machine.put(**address, username=account, password=password)
    path = app / "pyproject.toml"
    path.write_text(project(*(requirement(both, name) for name in names)))
    writes(machine, app, "pyproject.toml")
    text = path.read_text()
    assert "CANARY" not in text
    assert url(text, "foo") == both.url("team/foo.git", userinfo="alice")
    assert url(text, "bar") == both.url("team2/bar.git", userinfo="carol")
    installs(machine, both, app)
    assert "nothing" in writes(machine, app, "pyproject.toml") or path.read_text() == text


@ORDERS
def test_two_files_one_after_the_other(
    machine: Machine, both: GitHost, app: Path, names: tuple[str, str]
) -> None:
    first, second = names
    (app / "pyproject.toml").write_text(project(requirement(both, first)))
    writes(machine, app, "pyproject.toml")
    (app / "more.txt").write_text(requirement(both, second) + "\n")
    writes(machine, app, "more.txt")
    text = (app / "more.txt").read_text().strip()
    assert f"://{PACKAGES[second][1]}@" in text
    merged = url((app / "pyproject.toml").read_text(), first)
    (app / "pyproject.toml").write_text(project(f"{first} @ git+{merged}", text))
    installs(machine, both, app)


def test_two_files_at_once(machine: Machine, both: GitHost, app: Path) -> None:
    (app / "pyproject.toml").write_text(project(requirement(both, "foo")))
    (app / "more.txt").write_text(requirement(both, "bar") + "\n")
    writes(machine, app)
    other = (app / "more.txt").read_text().strip()
    assert url(other, "bar") == both.url("team2/bar.git", userinfo="carol")
    first = url((app / "pyproject.toml").read_text(), "foo")
    assert first == both.url("team/foo.git", userinfo="alice")
    (app / "pyproject.toml").write_text(project(f"foo @ git+{first}", other))
    installs(machine, both, app)


@ORDERS
@pytest.mark.parametrize("times", ["one command", "two commands"])
def test_add_twice(
    machine: Machine, both: GitHost, app: Path, names: tuple[str, str], times: str
) -> None:
    (app / "pyproject.toml").write_text(project())
    words = [requirement(both, name) for name in names]
    for some in [words] if times == "one command" else [[word] for word in words]:
        command = ("git-credential-uvx", "add", "--no-sync", *some)
        done = machine.run(*command, cwd=app, check=False)
        assert done.returncode == 0, done.stderr
        assert b"CANARY" not in done.stderr
    text = (app / "pyproject.toml").read_text() + (app / "uv.lock").read_text()
    assert "CANARY" not in text
    assert f"://{PACKAGES[names[1]][1]}@localhost" in text
    installs(machine, both, app)


def test_add_after_a_token_without_a_name(machine: Machine, both: GitHost, app: Path) -> None:
    both.folders["team"] = {"oauth2": PASSWORDS["alice"], "alice": PASSWORDS["alice"]}
    (app / "pyproject.toml").write_text(project())
    token = both.url("team/foo.git", userinfo=f"oauth2:{PASSWORDS['alice']}")
    for word in (f"foo @ git+{token}", requirement(both, "bar")):
        machine.run("git-credential-uvx", "add", "--no-sync", word, cwd=app)
    shutil.rmtree(machine.root / "uv-cache")
    machine.run("uv", "lock", "--upgrade", cwd=app)
    assert {r.username for r in both.requests if r.path.startswith("/team/")} <= {None, "oauth2"}
