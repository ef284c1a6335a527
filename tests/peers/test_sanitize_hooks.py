"""The hooks and recipes of docs/sanitizing.md, run by the real git and the real pre-commit."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from git_credential_uvx.cli.sanitize import sanitize_command
from tests.support import sanitizing
from tests.support.common import SECRET, cases
from tests.support.machine import Machine
from tests.support.sanitizing import AMBIGUOUS, CLEAN, LINE, committed, put

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sanitizing.md").read_text()
NEW = f'url = "{CLEAN}"\n'


@pytest.fixture
def checkout(machine: Machine) -> Path:
    """A checkout with the filter of the page, for `*.toml`."""
    folder = sanitizing.checkout(machine)
    recipe = next(block for language, block in blocks() if "filter.uvx.process" in block)
    machine.run("sh", "-ec", recipe, cwd=folder)
    machine.git("add", ".gitattributes", cwd=folder)
    machine.git("commit", "--quiet", "-m", "attributes", cwd=folder)
    return folder


def blocks() -> list[tuple[str, str]]:
    """The blocks of code of the page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


# The clean filter


def test_what_is_committed_is_clean_and_the_file_keeps_its_bytes(
    machine: Machine, checkout: Path
) -> None:
    text = b"\xef\xbb\xbf# \xff\r\n" + LINE.encode() + b"end"
    path = put(checkout / "uv.toml", text)
    put(checkout / "other.txt", "no filter\n")
    machine.git("add", ".", cwd=checkout)
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    assert committed(machine, checkout, "uv.toml") == text.replace(f"alice:{SECRET}@".encode(), b"")
    assert path.read_bytes() == text
    assert machine.git("status", "--short", cwd=checkout) == ""
    os.utime(path, (1, 1))
    assert machine.git("diff", cwd=checkout) == ""
    assert machine.git("status", "--short", cwd=checkout) == ""
    assert machine.files() == {}
    # A change beside the secret is a change, and shows none.
    path.write_bytes(text + b" more")
    changed = machine.run("git", "diff", cwd=checkout).stdout
    assert b"+end more" in changed
    assert SECRET.encode() not in changed
    machine.git("commit", "--quiet", "-am", "y", cwd=checkout)
    assert SECRET.encode() not in committed(machine, checkout, "uv.toml")


def test_a_checkout_writes_the_clean_text_and_stays_clean(machine: Machine, checkout: Path) -> None:
    path = put(checkout / "uv.toml")
    machine.git("add", ".", cwd=checkout)
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    path.unlink()
    machine.git("checkout", "--", "uv.toml", cwd=checkout)
    assert path.read_text() == NEW
    assert machine.git("status", "--short", cwd=checkout) == ""
    machine.git("clone", "--quiet", checkout, machine.root / "other")
    assert (machine.root / "other" / "uv.toml").read_text() == NEW


def test_a_url_that_is_refused_lets_git_add_nothing_at_all(
    machine: Machine, checkout: Path
) -> None:
    for name in ("a.toml", "c.toml"):
        put(checkout / name)
    put(checkout / "b.toml", AMBIGUOUS)
    done = machine.run("git", "add", ".", check=False, cwd=checkout)
    assert done.returncode != 0
    assert b"git-credential-uvx: b.toml:1: cannot be cut safely" in done.stderr
    assert SECRET.encode() not in done.stderr
    assert machine.git("diff", "--cached", "--name-only", cwd=checkout) == ""
    put(checkout / "b.toml", "clean\n")
    machine.git("add", ".", cwd=checkout)
    staged = machine.git("diff", "--cached", "--name-only", cwd=checkout)
    assert staged.split() == ["a.toml", "b.toml", "c.toml"]


@cases("name", {"a script": "deploy.sh", "a name like an option": "--store.sh"})
def test_the_filter_knows_the_templates_of_the_file(
    machine: Machine, checkout: Path, name: str
) -> None:
    text = "git clone https://alice:$TOKEN@git.test/o/r\n"
    put(checkout / name, text)
    put(checkout / ".gitattributes", "*.toml filter=uvx\n*.sh filter=uvx\n")
    machine.git("add", ".", cwd=checkout)
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    assert committed(machine, checkout, name).decode() == text


@cases("fault", {"it cannot be written": "mode", "it has another secret": "conflict"})
def test_a_store_that_takes_nothing_holds_up_no_commit(
    machine: Machine, checkout: Path, fault: str
) -> None:
    if fault == "mode":
        machine.folder.mkdir()
        machine.folder.chmod(0o777)
    else:
        machine.uv_login(CLEAN, "alice", "older")
    process = "git-credential-uvx filter-process --store"
    machine.git("config", "--global", "filter.uvx.process", process)
    path = put(checkout / "uv.toml")
    done = machine.run("git", "add", ".", cwd=checkout)
    assert done.stderr.startswith(b"warning: not stored: ")
    assert SECRET.encode() not in done.stderr
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    assert committed(machine, checkout, "uv.toml").decode() == NEW
    assert path.read_text() == LINE


@pytest.mark.slow
def test_a_large_file_passes_the_filter(machine: Machine, checkout: Path) -> None:
    text = ("# a line without a secret, https://example.com/x?a=1#b\n" * 20) + LINE
    put(checkout / "big.toml", text * (5 * 1024 * 1024 // len(text)))
    machine.git("add", ".", cwd=checkout)
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    data = committed(machine, checkout, "big.toml")
    assert SECRET.encode() not in data
    assert data.decode().count(NEW) == 5 * 1024 * 1024 // len(text)


# pre-commit


@pytest.fixture
def repository(machine: Machine) -> Path:
    """What the project's repository has that an installation needs, with one commit."""
    folder = machine.root / "repository"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("git_credential_uvx", "bin", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    files = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
    for name in (*files, "git-credential-uvx.cdx.json"):
        shutil.copy(ROOT / name, folder)
    machine.git("init", "--quiet", "--initial-branch=main", cwd=folder)
    machine.git("add", ".", cwd=folder)
    machine.git("commit", "--quiet", "-m", "all", cwd=folder)
    return folder


@pytest.mark.slow  # and installs from a package index
def test_pre_commit_checks_and_mends(machine: Machine, checkout: Path, repository: Path) -> None:
    # How this machine reaches the package index is its own affair.
    real = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    config = Path(real.get("PIP_CONFIG_FILE", Path.home() / ".config" / "pip" / "pip.conf"))
    machine.env |= real | {"PRE_COMMIT_HOME": str(machine.root / "pre-commit")}
    if config.exists():
        machine.env["PIP_CONFIG_FILE"] = str(config)
    # Nothing of this environment may be what the hook runs.
    tools = machine.root / "tools"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    (tools / "git-credential-uvx").write_text("#!/bin/sh\nexit 77\n")
    (tools / "git-credential-uvx").chmod(0o755)
    machine.env["PATH"] = f"{tools}:/usr/local/bin:/usr/bin:/bin"

    def run(hook: str) -> tuple[int, str]:
        words = (sys.executable, "-m", "pre_commit", "run", "--all-files", hook)
        done = machine.run(*words, check=False, cwd=checkout, timeout=300)
        output = (done.stdout + done.stderr).decode()
        assert SECRET not in output
        assert "Traceback" not in output
        return done.returncode, output

    rev = machine.git("rev-parse", "HEAD", cwd=repository).strip()
    told = {"id": "sanitize", "alias": "told", "args": ["--store"]}
    hooks = [
        {"id": "sanitize-check"},
        {"id": "sanitize-staged"},
        {"id": "sanitize", "alias": "untold"},
        told,
    ]
    text = yaml.safe_dump({"repos": [{"repo": str(repository), "rev": rev, "hooks": hooks}]})
    put(checkout / ".pre-commit-config.yaml", text)
    (checkout / ".gitattributes").unlink()
    path = put(checkout / "requirements.txt", f"--index-url {CLEAN}\n")
    machine.git("add", "--all", cwd=checkout)
    status, output = run("sanitize-check")
    assert (status, "Passed" in output) == (0, True), output
    put(path, f"--index-url {LINE}")
    machine.git("add", "--all", cwd=checkout)
    status, output = run("sanitize-check")
    assert status == 1
    assert "requirements.txt:1:28: password in URL: https://****@git.test/simple/" in output
    status, output = run("untold")
    assert status == 1
    assert "git-credential-uvx sanitize --write requirements.txt" in output
    assert SECRET in path.read_text()
    assert machine.files() == {}
    status, output = run("told")
    assert status == 1
    assert "files were modified by this hook" in output
    assert path.read_text() == f"--index-url {NEW}"
    machine.git("add", "--all", cwd=checkout)
    for hook in ("sanitize-check", "sanitize-staged", "untold", "told"):
        assert run(hook)[0] == 0
    assert SECRET in machine.store.read_text()


# The page


@pytest.mark.parametrize("text", [block for language, block in blocks() if language == "yaml"])
def test_the_yaml_of_the_page_is_valid(text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict)


def test_the_page_and_the_hooks_name_options_and_hooks_that_exist() -> None:
    known = {name for option in sanitize_command.params for name in option.opts} | {"--"}
    hooks: Any = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    commands = re.findall(r"git-credential-uvx sanitize ([^\n'>|]*)", PAGE)
    commands += [hook["entry"].partition("sanitize ")[2] for hook in hooks]
    options = {word for words in commands for word in re.findall(r"--[a-z-]+", words)}
    rows = re.findall(r"^\| (`.*?`[^|]*) \|", PAGE.replace(r"\|", "/"), re.MULTILINE)
    options |= {word for row in rows for word in re.findall(r"--[a-z-]+", row)}
    assert options <= known
    assert len(options) > 10
    named = [
        hook["id"]
        for language, block in blocks()
        if language == "yaml"
        for repository in (yaml.safe_load(block).get("repos") or ())
        for hook in repository["hooks"]
    ]
    assert named
    assert set(named) <= {hook["id"] for hook in hooks}


def test_the_workflow_of_the_page_writes_both_reports() -> None:
    (workflow,) = (
        document
        for language, block in blocks()
        if language == "yaml" and "jobs" in (document := yaml.safe_load(block))
    )
    steps = workflow["jobs"]["sanitize"]["steps"]
    runs = " ".join(step.get("run", "") for step in steps)
    assert "--format sarif" in runs
    assert "--format github" in runs
    assert workflow["permissions"]["security-events"] == "write"
