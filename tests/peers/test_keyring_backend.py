"""The real keyring package, and those who ask it, with this project's backend in it."""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.programs import program
from ..support.pypi import write_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.common import Done
    from ..support.machine import Machine

# A backend that its owner made the better one; it has one password and keeps none.
OTHER = """
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = {priority}

    def get_password(self, service, username):
        return "of other" if username == "carol" else None

    def set_password(self, service, username, password):
        raise NotImplementedError
"""


def keyring(machine: Machine, *words: str, data: bytes = b"", cwd: Path | None = None) -> Done:
    return machine.run(BIN / "keyring", *words, input=data, cwd=cwd, check=False)


def counted(machine: Machine) -> Path:
    """Put a `keyring` first on PATH that notes each run and is the real one; the notes."""
    log = machine.root / "log"
    log.touch()
    script = f"echo \"$*\" >> '{log}'\nexec '{BIN}/keyring' \"$@\"\n"
    program(machine.root / "bin" / "keyring", script)
    machine.env["PATH"] = f"{machine.root}/bin:{machine.env['PATH']}"
    return log


def configure(machine: Machine, text: str) -> None:
    folder = machine.home / ".config" / "git-credential-uvx"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)


def commanded(machine: Machine, realm: str, secret: str) -> Path:
    """A command of ours has the secret for a realm, where uv cannot look; its runs."""
    runs = machine.root / "runs"
    path = program(machine.root / "commands" / "mint", f"echo >> '{runs}'\necho '{secret}'\n")
    configure(machine, f'[[command]]\nmatch = "{realm}"\nusername = "alice"\nargv = ["{path}"]\n')
    return runs


def test_the_backend_is_found_without_being_named(machine: Machine) -> None:
    done = keyring(machine, "--list-backends")
    assert b"git_credential_uvx.integrations.keyring.Keyring (priority: 0.1)" in done.stdout


SERVICES = {
    "a host": "https://h.test",
    "a path": "https://h.test:8443/team/x",
    "an index": "https://h.test/simple/",
    "this machine": "http://localhost:8080/simple",
}


@cases("service", SERVICES)
def test_what_is_set_is_got_and_deleted(machine: Machine, service: str) -> None:
    set_ = keyring(machine, "set", service, "alice", data=b" w\xc3\xb6nder\n")
    assert (set_.returncode, set_.stdout + set_.stderr) == (0, b"")
    assert keyring(machine, "get", service, "alice").stdout == b" w\xc3\xb6nder\n"
    creds = keyring(machine, "get", service, "--mode", "creds")
    assert creds.stdout == b"alice\n w\xc3\xb6nder\n"
    assert keyring(machine, "get", service, "bob").returncode == 1
    deleted = keyring(machine, "del", service, "alice")
    assert (deleted.returncode, deleted.stderr) == (0, b"")
    done = keyring(machine, "get", service, "alice")
    assert (done.returncode, done.stdout + done.stderr) == (1, b"")


def test_git_uv_and_keyring_have_one_store(machine: Machine) -> None:
    keyring(machine, "set", "https://h.test/simple", "alice", data=b"one\n")
    assert machine.get(protocol="https", host="h.test")[b"password"] == b"one"
    assert machine.uv_token("https://h.test", "alice") == "one"
    machine.uv_login("https://g.test", "bob", "two")
    assert keyring(machine, "get", "https://g.test/x", "bob").stdout == b"two\n"
    machine.put(protocol="https", host="i.test", username="carol", password="three")
    assert keyring(machine, "get", "https://i.test/", "carol").stdout == b"three\n"


REFUSED = {
    "no URL": ("set", "h.test", "alice", "for URLs only"),
    "an application": ("set", "my application", "alice", "for URLs only"),
    "plain http": ("set", "http://h.test/", "alice", "SERVICE must be https"),
    "two usernames": ("set", "https://bob@h.test/", "alice", "the username is given both"),
    "no such account": ("del", "https://h.test/", "alice", "the store has no account of this name"),
    "no URL to delete": ("del", "h.test", "alice", "for URLs only"),
}


@cases("operation, service, username, words", REFUSED)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    machine: Machine, operation: str, service: str, username: str, words: str
) -> None:
    machine.uv_login("https://h.test", "bob", "CANARY-old")
    before = machine.files()
    done = keyring(machine, operation, service, username, data=b"CANARY-new\n")
    kind = "PasswordSetError" if operation == "set" else "PasswordDeleteError"
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith(f"keyring.errors.{kind}: ")
    assert words in last
    assert b"During handling" not in done.stderr
    assert b"CANARY" not in done.stderr
    assert machine.files() == before


def test_of_several_accounts_none_is_picked(machine: Machine) -> None:
    for name in ("alice", "bob"):
        machine.uv_login("https://h.test", name, f"CANARY-{name}")
    done = keyring(machine, "get", "https://h.test/", "--mode", "creds")
    assert (done.returncode, done.stdout) == (1, b"")
    line = b"git-credential-uvx: https://h.test/ has several accounts; give a username\n"
    assert done.stderr == line


BROKEN = {
    "a store": ("store", "cannot read"),
    "a configuration": ("config", "unknown key"),
    "no working directory": ("cwd", "failed unexpectedly (FileNotFoundError)"),
}


@cases("what, words", BROKEN)
def test_a_fault_is_one_line_and_no_answer(machine: Machine, what: str, words: str) -> None:
    cwd = machine.root / "cwd"
    cwd.mkdir()
    argv: tuple[str | Path, ...] = (BIN / "keyring", "get", "https://h.test/", "alice")
    if what == "store":
        machine.write_store("CANARY = [")
    elif what == "config":
        configure(machine, "nonsense = 'CANARY'\n")
    else:
        argv = ("sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", *argv)
    done = machine.run(*argv, cwd=cwd, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"git-credential-uvx: ")
    assert done.stderr.count(b"\n") == 1
    assert words in done.stderr.decode()
    assert b"CANARY" not in done.stderr


def test_uvs_policies_count(machine: Machine) -> None:
    machine.uv_login("https://h.test", "alice", "CANARY")
    del machine.env["UV_NO_CONFIG"]
    project = machine.root / "project"
    project.mkdir()
    (project / "uv.toml").write_text(
        '[[index]]\nname = "a"\nurl = "https://h.test/a/simple"\nauthenticate = "never"\n'
        '[[index]]\nname = "b"\nurl = "https://b.test/simple"\nauthenticate = "always"\n'
    )
    done = keyring(machine, "get", "https://h.test/a/simple", "alice", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    assert keyring(machine, "get", "https://h.test/c", "alice", cwd=project).returncode == 0
    done = keyring(machine, "get", "https://b.test/simple", "alice", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"'b'" in done.stderr


def install(machine: Machine, priority: float) -> None:
    """The other backend, installed as a package is."""
    folder = machine.root / "site"
    info = folder / "other-1.dist-info"
    info.mkdir(parents=True)
    (folder / "other.py").write_text(OTHER.format(priority=priority))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[keyring.backends]\nother = other\n")
    machine.env["PYTHONPATH"] = str(folder)


@pytest.mark.parametrize("priority", [0.5, 5])
def test_another_backend_is_asked_first(machine: Machine, priority: float) -> None:
    for name in ("alice", "carol"):
        machine.put(protocol="https", host="h.test", username=name, password="of ours")
    assert keyring(machine, "get", "https://h.test/", "carol").stdout == b"of ours\n"
    install(machine, priority)
    assert keyring(machine, "get", "https://h.test/", "carol").stdout == b"of other\n"
    assert keyring(machine, "get", "https://h.test/", "alice").stdout == b"of ours\n"
    # What the other one does not keep comes to ours, or is refused aloud.
    assert keyring(machine, "set", "https://i.test/", "alice", data=b"new").returncode == 0
    assert keyring(machine, "get", "https://i.test/", "alice").stdout == b"new\n"
    assert keyring(machine, "set", "i.test", "alice", data=b"new").returncode == 1


@pytest.mark.parametrize("chosen", ["by itself", "by the variable", "by its file"])
def test_our_own_keyring_source_gets_no_answer_and_asks_no_more(
    machine: Machine, chosen: str
) -> None:
    machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    machine.uv_login("https://h.test", "bob", "pb")
    log = counted(machine)
    choose(machine, chosen)
    done = machine.run("git-credential-uvx", "explain", "https://alice@h.test/x", check=False)
    assert done.returncode == 1
    assert log.read_text().splitlines() == ["get https://h.test/x alice", "get h.test alice"]


def test_what_a_command_has_does_not_come_by_way_of_keyring(machine: Machine) -> None:
    machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    runs = commanded(machine, "http://127.0.0.1:8080", "minted")
    log = counted(machine)
    url = "http://alice@127.0.0.1:8080/x"
    done = machine.run("git-credential-uvx", "explain", "--json", url, check=False)
    assert done.returncode == 1  # uv itself asks no command
    assert json.loads(done.stdout)["answer"]["source"] == "command"
    assert len(log.read_text().splitlines()) == 3
    assert runs.read_text() == "\n"


def choose(machine: Machine, how: str) -> None:
    if how == "by the variable":
        machine.env["PYTHON_KEYRING_BACKEND"] = "git_credential_uvx.integrations.keyring.Keyring"
    elif how == "by its file":
        folder = machine.home / ".config" / "python_keyring"
        folder.mkdir(parents=True)
        name = "git_credential_uvx.integrations.keyring.Keyring"
        (folder / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring = {name}\n")


@pytest.mark.parametrize("how", ["variable", "configuration"])
def test_an_answer_of_the_backend_asks_no_keyring(machine: Machine, how: str) -> None:
    if how == "variable":
        machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    else:
        configure(machine, 'keyring-provider = "subprocess"\n')
    log = counted(machine)
    assert keyring(machine, "get", "https://h.test/x", "alice").returncode == 1
    assert log.read_text() == ""


def test_uv_asks_keyring_once_and_gets_what_only_we_have(machine: Machine, index: str) -> None:
    runs = commanded(machine, index, "wonder")
    log = counted(machine)
    url = index.replace("://", "://alice@") + "/simple"
    target = machine.root / "target"
    machine.run(
        *("uv", "pip", "install", "--no-cache", "--target", target, "foo"),
        *("--keyring-provider", "subprocess", "--index-url", url),
    )
    assert (target / "foo.py").exists()
    assert log.read_text().splitlines() == [f"get {index}/simple alice"]
    assert runs.read_text() == "\n"


@pytest.fixture
def stored(machine: Machine, index: str) -> str:
    """The index, whose password is in the store."""
    keyring(machine, "set", f"{index}/simple", "alice", data=b"wonder")
    return index


@pytest.mark.parametrize("provider", ["import", "subprocess", "disabled"])
def test_pip_downloads(machine: Machine, stored: str, provider: str) -> None:
    # pip does not run the keyring beside itself.
    program(machine.root / "bin" / "keyring", f"exec '{BIN}/keyring' \"$@\"\n")
    machine.env |= {
        "PATH": f"{machine.root}/bin:{machine.env['PATH']}",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = machine.run(
        *(BIN / "python", "-m", "pip", "download", "--no-deps", "--no-input", "--no-cache-dir"),
        *("--disable-pip-version-check", "--dest", machine.root, "--index-url", f"{stored}/simple"),
        *("--keyring-provider", provider, "foo"),
        check=False,
    )
    assert (done.returncode == 0) is (provider != "disabled"), done.stderr
    assert (machine.root / "foo-1.0-py3-none-any.whl").exists() is (provider != "disabled")
    assert b"wonder" not in done.stdout + done.stderr


def test_twine_uploads(machine: Machine, index: str) -> None:
    keyring(machine, "set", f"{index}/", "alice", data=b"wonder")
    wheel = write_wheel(machine.root, "bar")
    machine.run(
        *(BIN / "twine", "upload", "--non-interactive", "--disable-progress-bar"),
        *("--repository-url", f"{index}/", wheel),
    )
    assert (machine.root / "packages" / wheel.name).exists()


PROJECT = """
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = ["foo"]

[[tool.{tool}.source]]
name = "{name}"
url = "{index}/simple"
"""


@pytest.mark.parametrize("tool", ["poetry", "pdm"])
def test_poetry_and_pdm_lock(machine: Machine, stored: str, tool: str) -> None:
    project = machine.root / "project"
    project.mkdir()
    name = "corp" if tool == "poetry" else "pypi"
    text = PROJECT.format(tool=tool, name=name, index=stored)
    (project / "pyproject.toml").write_text(text)
    machine.env |= {"PDM_CHECK_UPDATE": "0", "PDM_PYTHON": str(BIN / "python")}
    machine.run(BIN / tool, "lock", cwd=project)
    lock = tomllib.loads((project / f"{tool}.lock").read_text())
    assert [package["name"] for package in lock["package"]] == ["foo"]


def test_poetry_tells_that_its_own_names_are_no_urls(machine: Machine) -> None:
    done = machine.run(BIN / "poetry", "config", "http-basic.corp", "alice", "pa", check=False)
    assert done.returncode == 1
    assert b"git-credential-uvx login https://host/path" in done.stdout + done.stderr
    assert machine.files() == {}
