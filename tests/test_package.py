"""What is built and installed, without a network: the wheel, its script, and what they say."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import git_credential_uvx

from .machine import Machine, request

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


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with nothing but the wheel."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    return environment / "bin"


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


def test_git_shows_the_manual_page_that_is_installed_with_it(
    machine: Machine, installed: Path
) -> None:
    machine.env |= {"PATH": f"{installed}:/usr/bin:/bin", "MANPAGER": "cat", "MANWIDTH": "80"}
    shown = machine.run("git", "credential-uvx", "--help").stdout.decode()
    assert "git-credential-uvx - One credential store for Git and Python packaging" in shown
    assert "explain [OPTIONS] URL" in shown


def test_the_installed_script_imports_nothing_but_the_package(installed: Path) -> None:
    script = (installed / "git-credential-uvx").read_text().splitlines()
    assert script[0].startswith(f"#!{installed}")
    assert [line for line in script if "import" in line] == [
        "import sys",
        "from git_credential_uvx.__main__ import main",
    ]


def test_the_wheel_holds_the_package_its_types_and_licence_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "git_credential_uvx/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    info = f"git_credential_uvx-{git_credential_uvx.__version__}"
    assert tops == {"git_credential_uvx", f"{info}.dist-info", f"{info}.data"}


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
