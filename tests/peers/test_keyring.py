"""The real keyring package, and the arguments that the real uv gives its program."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.sources.keyring import KeyringSource
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import service_from_git, service_from_url

from ..support.common import web
from ..support.keyring_backend import BACKEND
from ..support.machine import BIN
from ..support.programs import assert_stopped, environment, program, sleeper

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

NOW = 1_700_000_000
SECRET = "CANARY-3f9c"


# A backend that keeps its passwords in a folder, one file for each.
def query(host: str, username: bytes | None, path: bytes = b"", scheme: bytes = b"https") -> Query:
    return Query(service_from_git(scheme, host.encode(), path), username)


@pytest.fixture
def keyring(machine: Machine) -> Machine:
    """A machine whose keyring is the real package with a backend of ours."""
    folder = machine.root / "keyring"
    folder.mkdir()
    (folder / "ours.py").write_text(BACKEND)
    machine.env |= {
        "PYTHONPATH": str(folder),
        "PYTHON_KEYRING_BACKEND": "ours.Keyring",
        "TEST_KEYRING_FOLDER": str(folder),
    }
    return machine


def keep(machine: Machine, service: str, username: str, password: str) -> None:
    machine.run(BIN / "keyring", "set", service, username, input=password.encode() + b"\n")


def test_keyring_is_here() -> None:
    assert shutil.which("keyring", path=str(BIN))


def test_the_entry_of_the_url_comes_before_that_of_the_host(keyring: Machine) -> None:
    source = KeyringSource(60, keyring.env)
    asked = query("h.test:8443", b"bob", b"team/simple")
    assert source.find(asked, NOW).reason == "keyring has no entry for it"
    keep(keyring, "h.test:8443", "bob", "of host")
    found = source.find(asked, NOW)
    assert found.credential == Credential(b"bob", Secret(b"of host"))
    assert found.place == "keyring entry 'h.test:8443'"
    keep(keyring, "https://h.test:8443/team/simple", "bob", " öf url ")
    found = source.find(asked, NOW)
    assert found.credential == Credential(b"bob", Secret(" öf url ".encode()))
    assert (found.reason, found.warning) == ("", None)


@pytest.mark.parametrize(
    ("host", "username"), [("h.test", b"bob"), ("x.h.test", b"alice"), ("h.test:8443", b"alice")]
)
def test_another_account_or_host_has_no_entry(keyring: Machine, host: str, username: bytes) -> None:
    keep(keyring, "h.test", "alice", SECRET)
    assert KeyringSource(60, keyring.env).find(query(host, username), NOW).reason


def test_without_a_username_only_always_asks(keyring: Machine) -> None:
    keep(keyring, "https://h.test/", "carol", "pa ss")
    asked = query("h.test", None)
    found = KeyringSource(60, keyring.env).find(asked, NOW)
    assert (found.credential, found.reason) == (None, "keyring is not asked without a username")
    found = KeyringSource(60, keyring.env, always=True).find(asked, NOW)
    assert found.credential == Credential(b"carol", Secret(b"pa ss"))


@pytest.mark.parametrize("provider", [None, "disabled", "import"])
def test_nothing_runs_unless_it_is_switched_on(tmp_path: Path, provider: str | None) -> None:
    program(tmp_path / "keyring", f"touch '{tmp_path}/ran'\n")
    settings = Settings(str(tmp_path / "store"), environ=environment(tmp_path))
    answer = Resolver(settings, keyring_provider=provider).find(query("h.test", b"bob"), NOW)
    skipped = {step.source: step.skipped for step in answer.steps}
    assert skipped["keyring"] == "no keyring provider is set"
    assert answer.warnings == []
    assert not (tmp_path / "ran").exists()


URLS = {
    "a path": ("http", "/team/simple", "bob"),
    "no path": ("http", "", "bob"),
    "a slash": ("http", "/", "bob"),
    "a username with an at sign": ("http", "/x/y", "b@c"),
    "https": ("https", "/team/simple", "bob"),
}


@pytest.mark.parametrize(("scheme", "path", "username"), URLS.values(), ids=URLS)
def test_keyring_is_asked_as_uv_asks_it(
    machine: Machine, scheme: str, path: str, username: str
) -> None:
    log = machine.root / "log"
    program(machine.root / "bin" / "keyring", f"echo \"$*\" >> '{log}'\nexit 1\n")
    machine.env |= {"PATH": f"{machine.root}/bin:{machine.env['PATH']}", "UV_HTTP_RETRIES": "0"}
    user = username.replace("@", "%40")
    with web(lambda *_: (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")) as server:
        host = f"127.0.0.1:{server.port}{path}"
        machine.run(
            *("uv", "pip", "install", "--dry-run", "--python", BIN / "python"),
            *("--keyring-provider", "subprocess", "not-there"),
            *("--index-url", f"{scheme}://{user}@{host}"),
            check=False,
        )
    asked_by_uv = log.read_text().splitlines()
    log.unlink()
    service = service_from_url(f"{scheme}://{host}")
    assert service is not None
    asked = Query(service, username.encode(), use="index")
    found = KeyringSource(60, machine.env).find(asked, NOW)
    assert found.reason == "keyring has no entry for it"
    assert log.read_text().splitlines() == asked_by_uv


def test_keyring_is_asked_without_a_username_as_uv_asks_it(machine: Machine) -> None:
    log = machine.root / "log"
    program(machine.root / "bin" / "keyring", f"echo \"$*\" >> '{log}'\nexit 1\n")
    machine.env["PATH"] = f"{machine.root}/bin:{machine.env['PATH']}"
    del machine.env["UV_NO_CONFIG"]
    project = machine.root / "project"
    project.mkdir()
    with web(lambda *_: (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")) as server:
        url = f"http://127.0.0.1:{server.port}/team/simple"
        (project / "pyproject.toml").write_text(
            '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["not-there"]\n[[tool.uv.index]]\nname = "i"\n'
            f'url = "{url}"\nauthenticate = "always"\ndefault = true\n'
        )
        machine.run(
            *("uv", "lock", "--python", BIN / "python", "--keyring-provider", "subprocess"),
            cwd=project,
            check=False,
        )
    asked_by_uv = log.read_text().splitlines()
    log.unlink()
    service = service_from_url(url)
    assert service is not None
    KeyringSource(60, machine.env, always=True).find(Query(service), NOW)
    assert log.read_text().splitlines() == asked_by_uv


def test_a_keyring_that_sleeps_is_stopped(tmp_path: Path) -> None:
    sleeper(tmp_path / "bin" / "keyring", tmp_path)
    source = KeyringSource(1, environment(tmp_path / "bin"))
    found = source.find(query("h.test", b"bob"), NOW)
    assert found.credential is None
    assert found.reason == found.warning == "keyring did not answer within 1 s"
    assert_stopped(tmp_path)


def test_a_keyring_that_asks_gets_nothing(tmp_path: Path) -> None:
    script = "read word && echo 'told $word' && exit\n(: < /dev/tty) && echo terminal\nexit 1\n"
    program(tmp_path / "keyring", script)
    source = KeyringSource(60, environment(tmp_path))
    assert source.find(query("h.test", b"bob"), NOW).credential is None


ANSWERS = {
    "an error": (f"echo {SECRET} >&2; exit 2", "keyring ended with status 2"),
    "two lines": (f"printf '{SECRET}\\nx\\n'", "keyring printed a secret with a line end or NUL"),
    "NUL": (f"printf '{SECRET}\\0\\n'", "keyring printed a secret with a line end or NUL"),
    "CR": (f"printf '{SECRET}\\rx\\n'", "keyring printed a secret with a line end or NUL"),
    "too much": ("yes", "keyring wrote more than 65536 bytes"),
}


@pytest.mark.parametrize(("script", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_a_broken_keyring_is_told_in_one_line(tmp_path: Path, script: str, reason: str) -> None:
    program(tmp_path / "keyring", script + "\n")
    source = KeyringSource(60, environment(tmp_path))
    found = source.find(query("h.test", b"bob"), NOW)
    assert (found.credential, found.reason, found.warning) == (None, reason, reason)


def test_no_keyring_is_told_in_one_line(tmp_path: Path) -> None:
    found = KeyringSource(60, {"PATH": str(tmp_path)}).find(query("h", b"b"), NOW)
    assert found.reason == found.warning == "keyring not found on PATH"


@pytest.mark.parametrize("stdout", ["", "\\n"])
def test_an_empty_password_is_none(tmp_path: Path, stdout: str) -> None:
    program(tmp_path / "keyring", f"printf '{stdout}'\n")
    source = KeyringSource(60, environment(tmp_path))
    assert source.find(query("h.test", b"bob"), NOW).reason == "keyring has no entry for it"
