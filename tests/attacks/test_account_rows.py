"""Attacks on whose secret answers (V21, V79, A60, A61, A67, A68), through the commands for people.

The numbers are rows of docs/attacks.md.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ..support.common import SECRET, cases, entry, victim
from ..support.machine import BIN, request
from ..support.programs import program

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

COMMAND = "git-credential-uvx"


@cases(
    "service",
    {
        "a name that goes on": "github.com.evil.test",
        "a name before it": "evil-github.com",
        "the path of another host": "evil.test/x.github.com",
        "a part of it": "hub.com",
        "a domain below": "x.github.com",
        "a star": "*.com",
        "a path that climbs": "github.com/../../other/secret",
        "an encoded path that climbs": "github.com/%2e%2e/other",
    },
)
def test_v21_no_command_matches_loosely(machine: Machine, service: str) -> None:
    victim(machine, "https://github.com/", "https://github.com/other/secret")
    before = machine.files()
    for words in (
        ("token", service),
        ("logout", service, "--all"),
        ("restore", service),
        ("explain", f"https://{service}"),
    ):
        done = machine.run(COMMAND, *words, check=False)
        assert done.returncode in (1, 2)
        assert SECRET.encode() not in done.stdout + done.stderr
    done = machine.run(COMMAND, "list", service, check=False)
    assert b"alice" not in done.stdout
    assert machine.files() == before


@cases(
    "username",
    {
        "a path that climbs": "../../other/secret",
        "a path": "/etc/passwd",
        "a variable": "${HOME}",
        "a star": "*",
        "an option": "--help",
    },
)
def test_v21_a_username_is_a_name_and_nothing_else(machine: Machine, username: str) -> None:
    words = ("login", "good.test", f"--username={username}", "--password", "-")
    machine.run(COMMAND, *words, input=SECRET.encode())
    assert set(machine.files()) == {"credentials.toml", "git-credential-uvx.toml"}
    done = machine.run(COMMAND, "token", "good.test", f"--username={username}")
    assert done.stdout == SECRET.encode() + b"\n"
    assert machine.run(COMMAND, "token", "good.test", "--username=x", check=False).returncode == 1
    machine.run(COMMAND, "logout", "good.test", f"--username={username}")
    assert SECRET not in machine.store.read_text()


def test_v79_of_two_accounts_none_is_picked_and_no_secret_is_told(machine: Machine) -> None:
    two = entry("https://good.test/", "alice", "one-4711") + entry(
        "https://good.test/", "bob", "two-4711"
    )
    machine.write_store(two)
    asked = b'{"uri": "https://good.test/x"}'
    for words, data in (
        (("token", "good.test"), b""),
        (("helper", "--protocol", "bazel", "get"), asked),
        (("logout", "good.test"), b""),
    ):
        done = machine.run(COMMAND, *words, input=data, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"several accounts" in done.stderr
        assert b"username" in done.stderr
        assert b"4711" not in done.stderr
    assert machine.store.read_text() == two
    assert machine.uv_token("https://good.test") is None
    for name, secret in (("alice", b"one-4711\n"), ("bob", b"two-4711\n")):
        assert machine.run(COMMAND, "token", "good.test", "-u", name).stdout == secret
        assert machine.run(COMMAND, "token", f"https://{name}@good.test").stdout == secret
    done = machine.run(COMMAND, "explain", "https://good.test", check=False)
    assert done.returncode == 1
    assert b"4711" not in done.stdout


def test_v79_a_second_account_is_warned_about_when_it_is_made(machine: Machine) -> None:
    victim(machine)
    words = ("login", "good.test", "-u", "bob", "--password", "-")
    done = machine.run(COMMAND, *words, input=b"x\n")
    assert b"https://good.test/ has 2 accounts" in done.stderr


# Would leave a mark if anything of it were imported, and answers everything.
_EVIL = """
import os
open({mark!r}, "w").close()
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 100

    def get_password(self, service, username):
        return "evil"

    def set_password(self, service, username, password): ...
"""
_CHOICE = "[backend]\ndefault-keyring = evil.Keyring\nkeyring-path = {folder}\n"


def evil(folder: Path, mark: Path) -> None:
    """A keyring backend, and every file by which one is chosen, in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "evil.py").write_text(_EVIL.format(mark=str(mark)))
    for place in (".", "python_keyring", ".config/python_keyring", ".local/share/python_keyring"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / "keyringrc.cfg").write_text(_CHOICE.format(folder=folder))


@cases(
    "environ",
    {
        "its files alone": {},
        "a relative configuration": {"XDG_CONFIG_HOME": ".", "XDG_DATA_HOME": "."},
        "an empty one": {"XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""},
        "a relative path of modules": {"PYTHONPATH": ".", "PYTHON_KEYRING_BACKEND": "evil.Keyring"},
        "an empty path of modules": {"PYTHONPATH": "", "PYTHON_KEYRING_BACKEND": "evil.Keyring"},
        "a name of its module": {"PYTHON_KEYRING_BACKEND": "evil.Keyring"},
    },
)
@pytest.mark.parametrize("operation", ["token", "get"])
def test_a60_a_checkout_cannot_choose_the_backend_of_keyring(
    machine: Machine, environ: dict[str, str], operation: str
) -> None:
    checkout, mark = machine.root / "checkout", machine.root / "mark"
    evil(checkout, mark)
    machine.env |= {"UV_KEYRING_PROVIDER": "subprocess", **environ}
    words = ("token", "https://bob@good.test") if operation == "token" else ("get",)
    data = request(protocol="https", host="good.test", username="bob")
    done = machine.run(BIN / COMMAND, *words, input=data, cwd=checkout, check=False)
    assert b"evil" not in done.stdout
    assert not mark.exists()
    assert done.stderr.count(b"\n") <= 1


@pytest.mark.parametrize("how", ["the variable", "the file in the home"])
def test_a60_the_users_own_choice_of_a_backend_is_obeyed(machine: Machine, how: str) -> None:
    folder, mark = machine.root / "own", machine.root / "mark"
    evil(folder, mark)
    machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    if how == "the variable":
        machine.env |= {"PYTHONPATH": str(folder), "PYTHON_KEYRING_BACKEND": "evil.Keyring"}
    else:
        shutil.copytree(folder / ".config", machine.home / ".config")
    done = machine.run(COMMAND, "token", "https://bob@good.test")
    assert done.stdout == b"evil\n"
    assert mark.exists()


def test_a61_a_keyring_that_answers_everything_is_asked_for_exact_names_only(
    machine: Machine,
) -> None:
    log = machine.root / "log"
    program(machine.root / "bin" / "keyring", f"echo \"$*\" >> '{log}'\nexit 1\n")
    machine.env |= {
        "PATH": f"{machine.root}/bin:{machine.env['PATH']}",
        "UV_KEYRING_PROVIDER": "subprocess",
    }
    for service in ("https://x.good.test:8443/a/b", "http://localhost:8080/a"):
        url = service.replace("://", "://oauth2accesstoken@")
        done = machine.run(COMMAND, "explain", url, check=False)
        assert done.returncode == 1
    assert log.read_text().splitlines() == [
        "get https://x.good.test:8443/a/b oauth2accesstoken",
        "get x.good.test:8443 oauth2accesstoken",
        "get http://localhost:8080/a oauth2accesstoken",
        "get localhost:8080 oauth2accesstoken",
        "get http://localhost:8080 oauth2accesstoken",
    ]


def test_a61_a_keyring_is_not_asked_without_a_username_or_when_it_is_off(machine: Machine) -> None:
    mark = machine.root / "mark"
    program(machine.root / "bin" / "keyring", f"touch '{mark}'\necho minted\n")
    machine.env["PATH"] = f"{machine.root}/bin:{machine.env['PATH']}"
    assert machine.run(COMMAND, "token", "https://bob@evil.test", check=False).returncode == 1
    machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    assert machine.run(COMMAND, "token", "evil.test", check=False).returncode == 1
    assert not mark.exists()


PROJECT = """
[project]
name = "p"
version = "1"

[tool.git-credential-uvx]
credential-command = "sh -c 'touch {mark}'"

[[tool.git-credential-uvx.command]]
match = "https://*"
argv = ["touch", "{mark}"]

[tool.uv]
keyring-provider = "subprocess"

[[tool.uv.index]]
name = "corp"
url = "https://evil.test/simple"
"""
EVERY = (
    ("login", "good.test", "-u", "alice", "--token", "-"),
    ("token", "https://bob@evil.test"),
    ("list",),
    ("list", "evil.test"),
    ("explain", "https://bob@evil.test/simple"),
    ("explain", "https://bob@evil.test/simple", "--git"),
    ("restore", "evil.test"),
    ("dir",),
    ("logout", "good.test"),
)


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_a67_a68_no_command_obeys_a_checkout_or_tells_it_a_secret(
    machine: Machine, words: tuple[str, ...]
) -> None:
    """Planted programs, modules, commands, an index of a known name and a rewritten URL."""
    victim(machine)
    del machine.env["UV_NO_CONFIG"]
    checkout, mark = machine.root / "checkout", machine.root / "mark"
    machine.git("init", "--quiet", checkout)
    machine.git("config", "url.https://evil.test/.insteadOf", "https://good.test/", cwd=checkout)
    machine.git("config", "core.fsmonitor", f"touch '{mark}'", cwd=checkout)
    machine.git("config", "credential.helper", f"!touch '{mark}'", cwd=checkout)
    evil(checkout, mark)
    for name in ("git", "keyring", "uv", "gh"):
        program(checkout / name, f"touch '{mark}'\n")
    for name in ("click", "json", "netrc", "getpass", "tomllib"):
        (checkout / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (checkout / "pyproject.toml").write_text(PROJECT.format(mark=mark))
    machine.env |= {
        "PATH": f":.:{machine.env['PATH']}",
        "UV_INDEX_CORP_USERNAME": "alice",
        "UV_INDEX_CORP_PASSWORD": "corp-4711",
    }
    done = machine.run(BIN / COMMAND, *words, input=b"x\n", cwd=checkout, check=False)
    assert not mark.exists()
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"4711" not in done.stdout + done.stderr
    assert b"evil.test" not in machine.store.read_bytes()


def test_a68_no_variable_is_expanded_in_a_service(machine: Machine) -> None:
    machine.env["TOKEN"] = SECRET
    for service in ("https://${TOKEN}@evil.test/", "$TOKEN.evil.test", "evil.test/$TOKEN"):
        words = ("login", service, "-u", "alice", "--token", "-")
        done = machine.run(COMMAND, *words, input=b"x\n", check=False)
        assert SECRET.encode() not in done.stderr
        machine.run(COMMAND, "explain", service, check=False)
    assert SECRET.encode() not in b"".join(machine.files().values())
