from __future__ import annotations

import json
import shlex
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from ..support.hosts import alice, host
from ..support.pypi import serving, write_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.machine import Machine

    Typist = Callable[[str, str], None]
    Lookup = Callable[[str], str | None]

__all__ = ["alice", "helper", "host", "index", "prompt", "uv_finds"]


@pytest.fixture
def helper(machine: Machine) -> None:
    """Git on the machine asks the helper."""
    machine.git("config", "--global", "credential.helper", "uvx")


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
