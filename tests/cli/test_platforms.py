"""Systems on which Git is set up differently: an old git, helpers of the system, the Dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.git.config import Standing, parse
from git_credential_uvx.git.setup import dock_warning

from ..support import old_git
from ..support.common import SECRET, cases
from ..support.sanitizing import checkout, sanitize

if TYPE_CHECKING:
    from ..support.machine import Machine

TOO_OLD = f"git 2.31 or newer is needed, and this is git {old_git.VERSION}"


def said(machine: Machine, *words: str, status: int) -> str:
    done = machine.run("git-credential-uvx", *words, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr.decode()


@cases(
    "words",
    {
        "remove": ("setup", "--remove"),
        "replace": ("setup", "--replace"),
        "check": ("setup", "--check"),
    },
)
def test_an_old_git_is_named_where_it_cannot_do_it(machine: Machine, words: tuple[str]) -> None:
    said(machine, "setup", status=0)
    machine.git("config", "--global", "--add", "credential.helper", "other")
    old_git.put_first(machine)
    assert said(machine, *words, status=2) == f"git-credential-uvx: {TOO_OLD}\n"


@cases(
    "words",
    {"env": ("env",), "exec": ("exec", "--", "true"), "setup": ("setup",)},
)
def test_an_old_git_is_named_where_it_would_not_ask(
    machine: Machine, words: tuple[str, ...]
) -> None:
    assert said(machine, *words, status=0).count("warning") == 0
    old_git.put_first(machine)
    assert f"warning: {TOO_OLD}" in said(machine, *words, status=0)


def test_an_old_git_tells_of_its_configuration_too(machine: Machine) -> None:
    folder = checkout(machine)
    machine.git("config", "remote.o.url", f"https://x:{SECRET}@git.test/r", cwd=folder)
    old_git.put_first(machine)
    out, _ = sanitize(machine, "--git-config", str(folder), cwd=machine.home, status=1)
    assert ".git/config:" in out


def with_system_helper(machine: Machine, helper: str) -> None:
    path = machine.root / "system-gitconfig"
    path.write_text(f"[credential]\n\thelper = {helper}\n")
    machine.env.pop("GIT_CONFIG_NOSYSTEM", None)
    machine.env["GIT_CONFIG_SYSTEM"] = str(path)


@pytest.mark.parametrize("name", ["osxkeychain", "manager", "libsecret"])
def test_setup_warns_of_a_helper_that_is_asked_first(machine: Machine, name: str) -> None:
    with_system_helper(machine, name)
    warning = (
        f"warning: Git asks the helper '{name}' first, and stores new credentials there too; "
        "run 'git-credential-uvx setup --replace' to cancel it"
    )
    assert warning in said(machine, "setup", status=0)
    for_host = warning.replace("first,", "first for git.test,")
    for_host = for_host.replace("--replace'", "--replace --host git.test'")
    assert for_host in said(machine, "setup", "--host", "git.test", status=0)
    assert "asks" not in said(machine, "setup", "--replace", status=0)


def test_setup_warns_of_no_helper_that_is_asked_after(machine: Machine) -> None:
    assert "asks" not in said(machine, "setup", status=0)
    machine.git("config", "--global", "--add", "credential.helper", "cache")
    assert "asks" not in said(machine, "setup", status=0)


def test_a_scope_that_git_cannot_name_is_seen_by_uv() -> None:
    standing = Standing(parse(b"unknown\0file:/Apple/gitconfig\0credential.helper\nuvx\0"), None)
    assert standing.asked
    assert not standing.local
    standing = Standing(parse(b"local\0file:.git/config\0credential.helper\nuvx\0"), None)
    assert standing.local


DOCK = {
    "a home folder on macOS": ("/Users/a b/.local/bin", "darwin", True),
    "Homebrew on macOS": ("/opt/homebrew/bin", "darwin", True),
    "a folder of macOS itself": ("/usr/bin", "darwin", False),
    "a home folder on Linux": ("/home/a/.local/bin", "linux", False),
}


@cases("folder, system, warned", DOCK)
def test_programs_of_the_dock_do_not_search_the_folders_of_a_shell(
    folder: str, system: str, warned: bool
) -> None:
    warning = dock_warning(f"{folder}/git-credential-uvx", system)
    assert (warning is not None) is warned
    if warning is not None:
        assert warning.endswith("git config --global credential.helper " + {
            "/Users/a b/.local/bin": "'!'\"'\"'/Users/a b/.local/bin/git-credential-uvx'\"'\"''",
            "/opt/homebrew/bin": "/opt/homebrew/bin/git-credential-uvx",
        }[folder])  # fmt: skip
