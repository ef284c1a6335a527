"""Attacks on the interpreter (A59): modules that Python would import in place of its own.

They are planted in a checkout, and beside the command. Each leaves its name in a file when it is
imported.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.git.setup import python_path_fault
from git_credential_uvx.system.programs import child_environment

from ..support.common import SECRET, cases, victim
from ..support.machine import BIN, Machine, request

if TYPE_CHECKING:
    from pathlib import Path

# `open` is not there yet when `encodings` is imported.
MODULE = f"""
import posix
file = posix.open({{marks!r}}, {os.O_CREAT | os.O_APPEND | os.O_RDWR})
posix.write(file, {{name!r}})
posix.close(file)
"""
PLANTED = (
    *("sitecustomize", "usercustomize", "encodings/__init__", "os", "site", "__future__", "json"),
    *("hashlib", "errno", "posixpath", "click", "runpy", "git_credential_uvx/__init__"),
)
# What `python -m` imports before any line of ours, and after -P no longer from the working folder.
BEFORE_US = {"sitecustomize", "usercustomize", "encodings/__init__", "os", "site", "runpy"}
BEFORE_US |= {"git_credential_uvx/__init__", "posixpath", "__future__", "errno"}
PATHS = {
    "an empty entry first": ":/opt/lib",
    "an empty entry last": "/opt/lib:",
    "only colons": ":",
    "a dot": ".",
    "a relative folder": "src",
    "a parent": "src/..",
    "the folder itself": "{checkout}",
}
COMMANDS = {
    "get": ("git-credential-uvx", "get"),
    "store": ("git-credential-uvx", "store"),
    "list": ("git-credential-uvx", "list"),
}
QUESTION = request(protocol="https", host="good.test")


def plant(folder: Path, marks: Path, names: tuple[str, ...] = PLANTED) -> None:
    for name in names:
        module = folder / f"{name}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(MODULE.format(marks=str(marks), name=f"{name} ".encode()))


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """The file in which planted modules leave their names."""
    return tmp_path / "imported"


@pytest.fixture
def checkout(tmp_path: Path, marks: Path) -> Path:
    """A checkout full of planted modules, in its root and in `src`."""
    folder = tmp_path / "checkout"
    plant(folder, marks)
    plant(folder / "src", marks)
    return folder


@cases("path", PATHS)
@cases("argv", COMMANDS)
def test_a59_no_module_of_a_checkout_is_imported(
    machine: Machine, checkout: Path, marks: Path, argv: tuple[str, ...], path: str
) -> None:
    victim(machine)
    machine.env["PYTHONPATH"] = path.format(checkout=checkout)
    data = b"" if argv[1] == "list" else QUESTION
    done = machine.run(*argv, input=data, cwd=checkout)
    assert not marks.exists(), marks.read_text()
    assert done.stderr == b""
    assert argv[1] == "store" or b"alice" in done.stdout


def test_a59_git_gets_its_answer_in_a_checkout_of_planted_modules(
    machine: Machine, checkout: Path, marks: Path
) -> None:
    victim(machine)
    machine.env["PYTHONPATH"] = ":/opt/lib"
    options = ("-c", "credential.helper=uvx", "credential", "fill")
    done = machine.run("git", *options, input=QUESTION, cwd=checkout)
    assert f"password={SECRET}\n".encode() in done.stdout
    assert not marks.exists(), marks.read_text()


@pytest.mark.parametrize("variable", ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"])
@pytest.mark.parametrize("python", ["v/bin/python", "{checkout}/v/bin/python"])
def test_a59_no_variable_names_another_standard_library(
    machine: Machine, checkout: Path, marks: Path, variable: str, python: str
) -> None:
    victim(machine)
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    evil = checkout / "evil" / "lib" / name
    plant(evil, marks, ("encodings/__init__", "os"))
    (evil / "lib-dynload").mkdir()
    (checkout / "evil" / "bin").mkdir()
    (checkout / "v" / "bin").mkdir(parents=True)
    (checkout / "v" / "pyvenv.cfg").write_text("home = evil/bin\n")
    (checkout / "v" / "bin" / "python").write_text("#!/bin/sh\n")
    (checkout / "v" / "bin" / "python").chmod(0o755)
    machine.env[variable] = python.format(checkout=checkout)
    done = machine.run(BIN / "git-credential-uvx", "get", input=QUESTION, cwd=checkout)
    assert SECRET.encode() in done.stdout
    assert not marks.exists(), marks.read_text()


@pytest.mark.parametrize("variable", ["PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"])
def test_a59_no_other_variable_of_python_is_read(
    machine: Machine, checkout: Path, marks: Path, variable: str
) -> None:
    victim(machine)
    machine.env[variable] = str(checkout)
    assert machine.get(protocol="https", host="good.test")[b"password"] == SECRET.encode()
    assert b"alice" in machine.run("git-credential-uvx", "list", cwd=checkout).stdout
    assert not marks.exists(), marks.read_text()


@pytest.mark.parametrize("name", ["git-credential-uvx", "_git-credential-uvx"])
@pytest.mark.parametrize("command", ["get", "list"])
def test_a59_no_module_beside_the_command_is_imported(
    machine: Machine, tmp_path: Path, marks: Path, name: str, command: str
) -> None:
    folder = tmp_path / "bin"
    plant(folder, marks)
    for script in ("git-credential-uvx", "_git-credential-uvx"):
        shutil.copy(BIN / script, folder)
    victim(machine)
    done = machine.run(folder / name, command, input=QUESTION)
    assert b"alice" in done.stdout
    assert not marks.exists(), marks.read_text()


@cases("path", {"no variable": "", **PATHS})
def test_a59_python_m_imports_nothing_of_the_checkout_once_it_runs_us(
    machine: Machine, checkout: Path, marks: Path, path: str
) -> None:
    for folder in (checkout, checkout / "src"):
        for name in BEFORE_US:
            (folder / f"{name}.py").unlink()
    if path != "{checkout}":  # an absolute folder is the caller's own choice
        machine.env["PYTHONPATH"] = path
    victim(machine)
    argv = (sys.executable, "-m", "git_credential_uvx")
    done = machine.run(*argv, "get", input=QUESTION, cwd=checkout)
    assert f"password={SECRET}\n".encode() in done.stdout
    assert b"alice" in machine.run(*argv, "list", cwd=checkout).stdout
    assert not marks.exists(), marks.read_text()


@cases(
    "path, child",
    {
        "relative folders": (".:src::", None),
        "absolute ones too": (":/opt/lib:src", "/opt/lib"),
        "absolute ones": ("/a:/b", "/a:/b"),
    },
)
def test_a59_programs_that_we_start_get_absolute_folders_only(path: str, child: str | None) -> None:
    assert child_environment({"PYTHONPATH": path}).get("PYTHONPATH") == child


def test_a59_what_exec_starts_gets_the_variables_as_they_are(
    machine: Machine, checkout: Path
) -> None:
    variables = {name: f"own {name}" for name in ("line", "python", "script", "self", "target")}
    variables["PYTHONPATH"] = ".:src"
    machine.env |= variables
    done = machine.run("git-credential-uvx", "exec", "--", "env", cwd=checkout)
    assert {f"{name}={value}" for name, value in variables.items()} <= {
        *done.stdout.decode().splitlines()
    }


@cases(
    "path, warned",
    {
        "no entry": ("", False),
        "absolute entries": ("/opt/lib:/opt/other", False),
        "an empty entry": (":/opt/lib", True),
        "a relative one": ("/opt/lib:src", True),
    },
)
def test_a59_a_relative_entry_is_warned_of(machine: Machine, path: str, warned: bool) -> None:
    assert (python_path_fault({"PYTHONPATH": path}) is not None) == warned
    machine.env["PYTHONPATH"] = path
    for words in (("setup", "--check"), ("explain", "--git", "https://good.test/")):
        done = machine.run("git-credential-uvx", *words, check=False)
        lines = [line for line in done.stderr.decode().splitlines() if "PYTHONPATH" in line]
        assert len(lines) == warned
        assert not warned or "absolute folders" in lines[0]
    done = machine.run("git-credential-uvx", "explain", "https://good.test/", check=False)
    assert b"PYTHONPATH" not in done.stderr


def test_a59_nothing_is_said_without_the_variable() -> None:
    assert python_path_fault({}) is None
