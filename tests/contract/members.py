"""Every source and every store that the battery asks, each in one line of `SOURCES` or `STORES`.

A member holds the accounts that a question gives it, in its own format, and is then asked as the
resolver asks it. `can` names what the questions may expect of it:

* "http": accounts for plain http
* "path": accounts for a path
* "several": several accounts for one host, of which the first goes on answering
* "expiry": accounts with an end
* "control", "binary": secrets with control characters, or that are not UTF-8
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Protocol

from git_credential_uvx.config.own import parse
from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import ANY_ACCOUNT_NAMES, Query, SourceAnswer, sendable
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.sources.environment import EnvironmentSource, variable_stem
from git_credential_uvx.sources.keyring import KeyringSource
from git_credential_uvx.sources.netrc import NetrcSource
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service, service_from_url
from tests.support.common import entry
from tests.support.keyring_backend import BACKEND
from tests.support.machine import BIN
from tests.support.stores import MemoryStore, NullStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from git_credential_uvx.query import Source

NOW = 1_700_000_000
ALL = frozenset(("http", "path", "several", "expiry", "control", "binary"))


def service(url: str) -> Service:
    found = service_from_url(url)
    assert found is not None
    return found


class Member:
    """A source in a folder of its own."""

    can: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        """Add an account, as a person would."""
        raise NotImplementedError

    def source(self) -> Source:
        raise NotImplementedError

    def find(self, query: Query) -> SourceAnswer:
        """What the resolver would pass on."""
        return sendable(self.source().find(query, NOW), query)


class EnvironmentMember(Member):
    can = frozenset(("control", "binary"))

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environ: dict[str, str] = {}

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        stem = variable_stem(service(url))
        for name, value in (("USERNAME", username), ("TOKEN", secret)):
            self.environ[f"UVX_{name}_{stem}"] = value.decode("utf-8", "surrogateescape")

    def source(self) -> Source:
        return EnvironmentSource(self.environ)


class NetrcMember(Member):
    can = frozenset(("http", "several", "binary"))

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        of = service(url)
        port = "" if of.port is None else f"port {of.port} "
        words = f"machine {of.host} {port}protocol {of.scheme} login ".encode()
        quoted = secret.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        path = self.folder / "netrc"
        line = words + username + b' password "' + quoted + b'"\n'
        before = path.read_bytes() if path.exists() else b""
        # The last line counts, so a new account goes above those that are there.
        is_there = words + username in before
        path.write_bytes(before + line if is_there else line + before)
        path.chmod(0o600)

    def source(self) -> Source:
        (self.folder / "netrc").touch(0o600)
        return NetrcSource(str(self.folder / "netrc"), default=True)


class KeyringMember(Member):
    """The real keyring package, with a backend that keeps its passwords in files."""

    can = frozenset(("http",))

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        of = service(url)
        name = url if of.scheme == "http" else of.realm.partition("://")[2]
        path = self.folder / hashlib.sha256(name.encode()).hexdigest()
        path.write_text(json.dumps({username.decode(): secret.decode()}))

    def source(self) -> Source:
        (self.folder / "ours.py").write_text(BACKEND)
        environ = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(self.folder),
            "PYTHON_KEYRING_BACKEND": "ours.Keyring",
            "TEST_KEYRING_FOLDER": str(self.folder),
        }
        return KeyringSource(60, environ, always=True)


class CommandMember(Member):
    can = frozenset(("http", "path", "control", "binary"))

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.text = ""
        self.count = 0

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        self.count += 1
        output = self.folder / f"output-{self.count}"
        output.write_bytes(secret + b"\n")
        match = url.rstrip("/")
        self.text += (
            f"[[command]]\nmatch = {match!r}\nusername = {username.decode()!r}\n"
            f"argv = ['/bin/cat', {str(output)!r}]\nttl = 600\n"
        )

    def source(self) -> Source:
        commands = parse(self.text.encode(), "/config.toml").commands
        runtime = str(self.folder / "runtime")
        environ = {"PATH": "/usr/bin:/bin"}
        return CommandSource(commands, runtime, environ, accepts_any=ANY_ACCOUNT_NAMES)


class Store(Protocol):
    """What the battery asks of a store."""

    name: str

    def find(self, query: Query, now: int) -> SourceAnswer: ...
    def put(self, service: Service, credential: Credential, now: int) -> None: ...
    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> str | None: ...


class StoreMember(Member):
    """A store, and how to see all that it has and whether it was written."""

    can = ALL
    store: Store

    def hold(self, url: str, username: bytes, secret: bytes) -> None:
        self.put(url, Credential(username, Secret(secret)))

    def put(self, url: str, credential: Credential) -> None:
        self.store.put(service(url), credential, NOW)

    def remove(self, url: str, username: bytes | None = None, secret: bytes | None = None) -> None:
        given = None if secret is None else Secret(secret)
        self.store.remove(service(url), username, given, None, NOW)

    def source(self) -> Source:
        return self.store

    def listed(self) -> set[tuple[str, bytes | None, bytes]]:
        """Service, username and secret of each account."""
        raise NotImplementedError

    def version(self) -> object:
        """Something that changes with every write."""
        raise NotImplementedError


class SharedMember(StoreMember):
    """Both files; `before` is what uv's file has already."""

    before = ""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "credentials"
        self.path.mkdir(mode=0o700)
        self.own = self.path / "credentials.toml"
        if self.before:
            self.own.write_text(self.before)
            self.own.chmod(0o600)
        self.store = SharedStore(Settings(str(self.path), environ={}))

    def listed(self) -> set[tuple[str, bytes | None, bytes]]:
        entries = self.store.entries().entries  # type: ignore[attr-defined]
        return {
            (str(e.service), e.as_stored.username, e.as_stored.secret.reveal())
            for e in entries
            if not e.service.host.endswith(".other.test")
        }

    def version(self) -> object:
        files = [path for path in self.path.iterdir() if path.suffix != ".lock"]
        return {path.name: path.stat().st_ino for path in files if path.suffix == ".toml"}


class CompanionMember(SharedMember):
    """uv's file has an entry that only uv understands, so everything goes into the companion."""

    before = entry("https://127.1/")


class LargeMember(SharedMember):
    """uv's file is so large that its entries are found by their index."""

    before = "\n".join(entry(f"https://h{number}.other.test/") for number in range(400))


class MemoryMember(StoreMember):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.store: MemoryStore = MemoryStore()

    def listed(self) -> set[tuple[str, bytes | None, bytes]]:
        return {(str(s), c.username, c.secret.reveal()) for s, c in self.store.listed()}

    def version(self) -> object:
        return self.store.changes


class NullMember(StoreMember):
    """It holds nothing, so it is asked only what needs no account."""

    can = frozenset()

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.store = NullStore()

    def listed(self) -> set[tuple[str, bytes | None, bytes]]:
        return set()

    def version(self) -> object:
        return None


# A new source or store joins the battery by one line here.
SOURCES: dict[str, Callable[[Path], Member]] = {
    "environment": EnvironmentMember,
    "netrc": NetrcMember,
    "keyring": KeyringMember,
    "command": CommandMember,
}
STORES: dict[str, Callable[[Path], StoreMember]] = {
    "shared store": SharedMember,
    "shared store, companion": CompanionMember,
    "shared store, large": LargeMember,
    "memory store": MemoryMember,
}
EMPTY: dict[str, Callable[[Path], StoreMember]] = {"null store": NullMember}
