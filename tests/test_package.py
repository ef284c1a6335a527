"""What is built and installed, without a network: the wheel, its script, and what they say."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import git_credential_uvx

from .support.machine import Machine, request

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def requirements(wheel: Path) -> list[str]:
    """What the wheel's metadata says that it needs."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        return email.message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


INSTALLED_BY = (
    "pip",
    "pip, into a folder",
    "uv",
    "uv, relocatable",
    "uv, as a tool",
    "pipx, as a tool",
)


def install(by: str, root: Path, wheel: Path, machine: Machine) -> Path:
    """Install the wheel without other packages, by a real installer; the command."""
    name = "git-credential-uvx"
    if by == "uv, as a tool":
        dropped = machine.root / "dropped.txt"
        needed = [requirement.split(">")[0] for requirement in requirements(wheel)]
        dropped.write_text("".join(f"{other}; python_version < '3'\n" for other in needed))
        words = ("--quiet", "--offline", "--no-index", "--overrides", dropped, "--python")
        machine.run("uv", "tool", "install", *words, sys.executable, wheel)
        return machine.home / ".local/bin" / name
    options = ("--quiet", "--no-deps", "--no-index", wheel)
    if by == "pip, into a folder":
        machine.run(sys.executable, "-m", "pip", "install", "--target", root, *options)
        return root / "bin" / name
    relocatable = ("--relocatable",) if "relocatable" in by else ()
    machine.run("uv", "venv", "--quiet", *relocatable, "--python", sys.executable, root)
    python = root / "bin" / "python"
    if by == "pip":
        machine.run(sys.executable, "-m", "pip", "--python", python, "install", *options)
    else:
        machine.run("uv", "pip", "install", "--python", python, *options)
    if by == "pipx, as a tool":
        script = root / "bin" / f"_{name}"
        first, _, rest = script.read_text().partition("\n")
        script.write_text(f"{first} -E\n{rest}")  # pipx does so since 1.0
        (root / "links").mkdir()
        for link in (name, f"_{name}"):
            (root / "links" / link).symlink_to(root / "bin" / link)
        return root / "links" / name
    return root / "bin" / name


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with nothing but the wheel."""
    root = tmp_path_factory.mktemp("environment")
    return install("uv", root / "environment", wheel, Machine(root)).parent


def test_git_finds_the_installed_command_and_it_needs_no_other_package(
    machine: Machine, installed: Path
) -> None:
    machine.env["PATH"] = f"{installed}:/usr/bin:/bin"
    fields = {"protocol": "https", "host": "git.test", "username": "alice", "password": "pa"}
    options = ("-c", "credential.helper=uvx", "credential")
    machine.run("git", *options, "approve", input=request(**fields))
    asked = request(protocol="https", host="git.test")
    answer = machine.run("git", *options, "fill", input=asked).stdout
    assert b"username=alice\npassword=pa\n" in answer


@pytest.mark.needs("man")
def test_git_shows_the_manual_page_that_is_installed_with_it(
    machine: Machine, installed: Path
) -> None:
    machine.env |= {"PATH": f"{installed}:/usr/bin:/bin", "MANPAGER": "cat", "MANWIDTH": "80"}
    shown = machine.run("git", "credential-uvx", "--help").stdout.decode()
    assert "git-credential-uvx - One credential store for Git and Python packaging" in shown
    assert "explain [OPTIONS] URL" in shown


@pytest.mark.parametrize(
    ("by", "folder"),
    [
        *((by, "environment") for by in INSTALLED_BY),
        *((by, "it's an environment") for by in INSTALLED_BY if by != "pipx, as a tool"),
    ],
)
def test_the_command_is_isolated_whoever_installed_it(
    machine: Machine, wheel: Path, tmp_path: Path, by: str, folder: str
) -> None:
    machine.env["UV_TOOL_DIR"] = str(tmp_path / folder)
    command = install(by, tmp_path / folder, wheel, machine)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "sitecustomize.py").write_text("open('imported', 'w')")
    for program in ("readlink", "realpath", "dirname", "sh", "python", "python3"):
        (checkout / program).write_text("#!/bin/sh\n: >imported\n")
        (checkout / program).chmod(0o755)
    machine.env |= {"PATH": f".:{command.parent}:/usr/bin:/bin", "PYTHONPATH": "."}
    machine.put(protocol="https", host="git.test", username="alice", password="pa")
    link = tmp_path / "link"
    link.symlink_to(os.path.relpath(command, tmp_path))
    for path in (command, link, os.path.relpath(command, checkout)):
        asked = request(protocol="https", host="git.test")
        done = machine.run(path, "get", input=asked, cwd=checkout)
        assert done.stdout.endswith(b"username=alice\npassword=pa\n")
        assert done.stderr == b""
    done = machine.run("sh", command.name, "get", input=asked, cwd=command.parent)
    assert done.stdout.endswith(b"username=alice\npassword=pa\n")
    assert not (checkout / "imported").exists()


def test_a_copy_of_the_command_alone_says_what_is_missing(
    machine: Machine, installed: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(installed / "git-credential-uvx", tmp_path))
    done = machine.run(copy, "get", check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"git-credential-uvx: '{tmp_path}/_git-credential-uvx' is missing; "
        "install git-credential-uvx again\n"
    )


def test_the_shell_script_is_installed_as_it_is(installed: Path) -> None:
    name = "git-credential-uvx"
    assert (installed / name).read_bytes() == (CHECKOUT / "bin" / name).read_bytes()


def test_the_wheel_holds_the_package_its_types_page_and_licence_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "git_credential_uvx/py.typed" in names
    assert "git_credential_uvx/cli/git-credential-uvx.1" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    info = f"git_credential_uvx-{git_credential_uvx.__version__}"
    assert tops == {"git_credential_uvx", f"{info}.dist-info", f"{info}.data"}


def test_the_source_archive_holds_the_pages_that_the_tests_read(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert tops >= {"docs", "tests", "scripts", ".ci", "README.md", "CONTRIBUTING.md", "Makefile"}
    assert not tops & {".git", ".venv", "dist"}


def test_the_changelog_begins_with_this_version() -> None:
    headings = [
        x for x in (CHECKOUT / "CHANGELOG.md").read_text().splitlines() if x.startswith("## ")
    ]
    assert headings[0].split()[1] == git_credential_uvx.__version__


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_the_help_tells_how_git_is_set_up(machine: Machine, words: list[str]) -> None:
    done = machine.run("git-credential-uvx", *words)
    assert b"git-credential-uvx setup" in done.stdout
    assert done.stderr == b""


def test_an_option_that_does_not_exist_is_an_error_in_status_and_words(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "--nope", check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--nope" in done.stderr
