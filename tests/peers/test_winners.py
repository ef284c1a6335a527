"""Of several sources at once the same one wins for the real uv and for `explain`."""

from __future__ import annotations

import itertools
import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.machine import Machine


class Index(ThreadingHTTPServer):
    """A package index that wants a password, takes any, and has no package."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def realm(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            self.server.offered.append(b64decode(value).decode())
        self.send_response(404 if scheme else 401)
        self.send_header("WWW-Authenticate", "Basic")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Sources:
    """Switches a source on, with an account of its own name, or for `username`."""

    def __init__(self, machine: Machine, index: Index, username: str | None) -> None:
        self.machine = machine
        self.index = index
        self.username = username
        self.userinfo = "" if username is None else f"{username}@"

    def who(self, name: str) -> str:
        return name if self.username is None else self.username

    def url(self) -> None:
        self.userinfo = f"{self.who('url')}:of-url@"

    def variables(self) -> None:
        self.machine.env["UV_INDEX_CORP_USERNAME"] = self.who("variables")
        self.machine.env["UV_INDEX_CORP_PASSWORD"] = "of-variables"

    def netrc(self) -> None:
        path = self.machine.home / ".netrc"
        path.write_text(f"machine 127.0.0.1 login {self.who('netrc')} password of-netrc\n")
        path.chmod(0o600)

    def store(self) -> None:
        self.machine.uv_login(self.index.realm, self.who("store"), "of-store")

    def keyring(self) -> None:
        folder = self.machine.root / "bin"
        folder.mkdir()
        program = folder / "keyring"
        program.write_text("#!/bin/sh\necho of-keyring\n")
        program.chmod(0o755)
        self.machine.env["PATH"] = f"{folder}:{self.machine.env['PATH']}"
        self.machine.env["UV_KEYRING_PROVIDER"] = "subprocess"


def winners(sources: Sources) -> tuple[str, str]:
    """The password that uv sends, and the source that `explain` names."""
    machine, index = sources.machine, sources.index
    url = f"{index.realm}/simple".replace("://", f"://{sources.userinfo}")
    machine.env["UV_DEFAULT_INDEX"] = f"corp={url}"
    target = machine.root / "target"
    machine.run(
        *("uv", "pip", "install", "--no-cache", "--target", target, "no-such-package"),
        check=False,
    )
    asked = f"{index.realm}/simple/no-such-package/"
    done = machine.run("git-credential-uvx", "explain", "--json", asked)
    told: dict[str, Any] = json.loads(done.stdout)
    return index.offered[-1].partition(":")[2], told["answer"]["source"]


NAMES = {
    "of-url": "url",
    "of-variables": "environment",
    "of-netrc": "netrc",
    "of-store": "store",
    "of-keyring": "keyring",
}


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.combinations(["url", "variables", "netrc", "store"], 2))
)
def test_without_a_username(machine: Machine, index: Index, first: str, second: str) -> None:
    sources = Sources(machine, index, None)
    getattr(sources, second)()
    getattr(sources, first)()
    password, source = winners(sources)
    assert NAMES[password] == source


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.combinations(["url", "netrc", "store", "keyring"], 2))
)
def test_for_the_username_in_the_url(
    machine: Machine, index: Index, first: str, second: str
) -> None:
    sources = Sources(machine, index, "alice")
    getattr(sources, second)()
    getattr(sources, first)()
    password, source = winners(sources)
    assert NAMES[password] == source
