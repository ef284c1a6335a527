from __future__ import annotations

import json
import shlex
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from scripts.githost import GitHost

from .pypi import serving, write_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.machine import Machine

    Typist = Callable[[str, str], None]
    Lookup = Callable[[str], str | None]


@pytest.fixture
def host(machine: Machine, tmp_path: Path) -> Iterator[GitHost]:
    """A private Git host that git and uv on the machine trust, with one repository `r.git`."""
    with GitHost(tmp_path / "host") as host:
        host.create("r.git", {"README": "first\n"})
        machine.env |= {
            "GIT_SSL_CAINFO": str(host.certificate),
            "SSL_CERT_FILE": str(host.certificate),
            **{f"GIT_{who}_NAME": "Alice" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "alice@localhost" for who in ("AUTHOR", "COMMITTER")},
        }
        yield host


@pytest.fixture
def helper(machine: Machine) -> None:
    """Git on the machine asks the helper."""
    machine.git("config", "--global", "credential.helper", "uvx")


@pytest.fixture
def alice(machine: Machine, host: GitHost) -> str:
    """The password of an account that `uv auth login` was told."""
    password = host.accounts["alice"] = "wonder=land ü"
    machine.uv_login(host.url(), "alice", password)
    return password


@pytest.fixture
def prompt(machine: Machine) -> Typist:
    """Says who sits at git's prompt: `prompt("alice", "password")`; nobody with two blanks."""
    script = machine.root / "askpass"
    machine.env["GIT_ASKPASS"] = str(script)

    def types(username: str, password: str) -> None:
        name, secret = shlex.quote(username), shlex.quote(password)
        script.write_text(
            f"#!/bin/sh\ncase $1 in Username*) echo {name} ;; *) echo {secret} ;; esac\n"
        )
        script.chmod(0o700)

    return types


@pytest.fixture
def uv_finds(machine: Machine) -> Lookup:
    """What uv finds by itself for a URL, as `username:password`; ambiguity fails the test."""

    def finds(url: str) -> str | None:
        asked = json.dumps({"uri": url}).encode()
        argv = ("uv", "auth", "helper", "--protocol=bazel", "get")
        headers = json.loads(machine.run(*argv, input=asked).stdout)["headers"]
        if not headers:
            return None
        return b64decode(headers["Authorization"][0].removeprefix("Basic ")).decode()

    return finds


@pytest.fixture
def index(machine: Machine) -> Iterator[str]:
    """The realm of a pypiserver for alice only, with the package foo."""
    packages = machine.root / "packages"
    packages.mkdir()
    write_wheel(packages, "foo")
    with serving(packages, machine.env) as realm:
        yield realm
