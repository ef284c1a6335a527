"""`-v` shows what every command does, on standard error and without secrets; `-q` shows less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from git_credential_uvx import cli

from ..support.common import cases, entry
from ..support.machine import request

if TYPE_CHECKING:
    from ..support.machine import Machine

NAME = "git-credential-uvx"
CANARY = "CANARY-3f9c7d21"
GIT_LINE = f"x @ git+https://bob:{CANARY}@other.test/x\n"

FILTER = (
    b"0015git-filter-client000dversion=20000"
    b"0014capability=clean0000"
    b"0011command=clean0012pathname=r.txt0000%04x%b0000" % (len(GIT_LINE) + 4, GIT_LINE.encode())
)

# For each command: its arguments, standard input, and a word of a line that `-v` adds.
COMMANDS = {
    "setup": (("--check",), b"", "running 'git config' "),
    "env": ((), b"", "git"),
    "exec": (("true",), b"", "git"),
    "login": (("new.test", "--username", "a", "--password", "-"), CANARY.encode(), "wrote "),
    "logout": (("git.test",), b"", "wrote "),
    "use": (("git.test",), b"", "reading "),
    "list": ((), b"", "reading "),
    "token": (("git.test",), b"", "store: yes: 'alice'"),
    "restore": (("erased.test",), b"", "reading "),
    "explain": (("--git", "https://git.test"), b"", "store: yes: 'alice'"),
    "check": (("--timeout", "1", "https://git.test/x.git"), b"", "running 'git config'"),
    "doctor": ((), b"", "reading "),
    "import": (("--dry-run",), b"", "reading "),
    "export": (("--format", "netrc"), b"", "reading "),
    "sanitize": (("--write", "r.txt"), b"", "wrote "),
    "add": (("--project", "app", "--frozen", "x"), b"", "uv'"),
    "dir": ((), b"", "UV_CREDENTIALS_DIR"),
    "helper": (
        ("--protocol", "bazel", "get"),
        b'{"uri": "https://alice@git.test/"}',
        "store: yes: 'alice'",
    ),
    "man": ((), b"", "git-credential-uvx.1"),
    "filter-process": ((), FILTER, "clean 'r.txt'"),
}
# They show a fixed text.
WITHOUT = ("completion", "help")


@pytest.fixture
def stored(machine: Machine) -> Machine:
    machine.write_store(entry("https://git.test/", "alice", CANARY))
    erased = {"protocol": "https", "host": "erased.test", "username": "dave", "password": CANARY}
    machine.put(**erased)
    machine.helper("erase", request(**erased))
    machine.env["HTTPS_PROXY"] = "http://127.0.0.1:9"  # no request leaves this machine
    (machine.root / "r.txt").write_text(GIT_LINE)
    (machine.home / ".git-credentials").write_text(f"https://erin:{CANARY}@stored.test\n")
    (machine.root / "app").mkdir()
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
    (machine.root / "app" / "pyproject.toml").write_text(project)
    return machine


def offers(name: str) -> bool:
    command = cli.command.get_command(click.Context(cli.command), name)
    assert command is not None
    return any("--verbose" in parameter.opts for parameter in command.params)


def test_every_command_has_its_row() -> None:
    names = cli.command.list_commands(click.Context(cli.command))
    assert set(names) - set(COMMANDS) == set(WITHOUT)
    assert not any(map(offers, WITHOUT))


@cases("name", {name: name for name in COMMANDS})
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_verbose_adds_lines_and_no_secret(stored: Machine, name: str, before: bool) -> None:
    words, data, wanted = COMMANDS[name]
    after = (*words, "-v") if name == "helper" else ("-v", *words)
    line = (NAME, "-v", name, *words) if before else (NAME, name, *after)
    done = stored.run(*line, input=data, check=False)
    text = done.stderr.decode()
    traced = [one for one in text.splitlines() if one.startswith("trace: ")]
    assert f"trace: {NAME} " in text
    assert any(wanted in one for one in traced[1:]), text
    assert CANARY not in text


@cases("name", {name: name for name in COMMANDS})
def test_the_variable_shows_the_same(stored: Machine, name: str) -> None:
    words, data, wanted = COMMANDS[name]
    path = stored.root / "trace"
    env = {"GIT_CREDENTIAL_UVX_TRACE": str(path)}
    done = stored.run(NAME, name, *words, input=data, check=False, env=env)
    assert b"trace: " not in done.stderr
    text = path.read_text()
    assert wanted in text
    assert CANARY not in text


@cases("name", {name: name for name in COMMANDS if name != "add"})  # uv prints lines of its own
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_quiet_leaves_results_and_errors(stored: Machine, name: str, before: bool) -> None:
    words, data, _ = COMMANDS[name]
    after = (*words, "-q") if name == "helper" else ("-q", *words)
    line = (NAME, "-q", name, *words) if before else (NAME, name, *after)
    done = stored.run(*line, input=data, check=False)
    lines = done.stderr.decode().splitlines()
    assert all(one.startswith(f"{NAME}: ") for one in lines), lines


@pytest.mark.parametrize("command", ["token", "explain", "check"])
def test_uvs_native_store_is_named_only_where_it_is_on(stored: Machine, command: str) -> None:
    words = ("git-credential-uvx", "-v", command, "https://git.test/")
    assert b"trace: native" not in stored.run(*words, check=False).stderr
    stored.env["UV_PREVIEW_FEATURES"] = "native-auth"
    assert b"trace: native: not asked: " in stored.run(*words, check=False).stderr


def test_token_traces_each_source_once(stored: Machine) -> None:
    words = ("git-credential-uvx", "-v", "token", "https://git.test/x.git")
    said = stored.run(*words).stderr.decode()
    assert said.count("trace: store: ") == 1, said
