"""A place to send requests from: its own home, store, configuration, servers and proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from git_credential_uvx.errors import UvxError
from git_credential_uvx.http import AsyncClient, Client, async_client, client
from git_credential_uvx.system.settings import Settings

from .servers import Authority, Proxy, Rule, Seen, Server, proxying, serving


class Place:
    """Servers by `scheme://host[:port]`, which the proxy leads to, and a client's settings."""

    def __init__(self, root: Path, authority: Authority, proxy: Proxy, stack: ExitStack) -> None:
        self.root = root
        self.authority = authority
        self.proxy = proxy
        self._stack = stack
        self.servers: dict[str, Server] = {}
        self.order: list[tuple[str, Seen]] = []
        self.warnings: list[str] = []
        self.environ: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Nothing stored, nothing configured, nothing seen."""
        for name in ("credentials", "home", "config"):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
        for path in (self.store, self.netrc, self.config, self.own):
            path.unlink(missing_ok=True)
        self.configure("")
        self.environ.clear()
        self.environ |= {
            "UV_CONFIG_FILE": str(self.config),
            "SSL_CERT_FILE": str(self.authority.file),
            "HTTP_PROXY": self.proxy.url,
            "HTTPS_PROXY": self.proxy.url,
            "NO_PROXY": "127.0.0.1,127.0.0.2,localhost",
        }
        self.order.clear()
        self.warnings.clear()
        self.proxy.asked.clear()
        for server in self.servers.values():
            server.seen.clear()

    @property
    def store(self) -> Path:
        return self.root / "credentials" / "credentials.toml"

    @property
    def netrc(self) -> Path:
        return self.root / "home" / ".netrc"

    @property
    def config(self) -> Path:
        """uv's configuration, a trusted place."""
        return self.root / "config" / "uv.toml"

    @property
    def own(self) -> Path:
        """Our own configuration."""
        return self.root / "config" / "config.toml"

    def configure(self, text: str) -> None:
        """Write uv's configuration."""
        self.config.write_text(text)

    def index(self, url: str, policy: str = "auto", name: str = "corp") -> None:
        """Add an index to uv's configuration."""
        with self.config.open("a") as file:
            file.write(f'[[index]]\nname = "{name}"\nurl = "{url}"\nauthenticate = "{policy}"\n')

    def login(self, service: str, username: str, password: str) -> None:
        """Put an entry into uv's store; none of the values may need escaping."""
        with self.store.open("a") as file:
            file.write(
                f'[[credential]]\nservice = "{service}"\nusername = "{username}"\n'
                f'scheme = "basic"\npassword = "{password}"\n\n'
            )
        self.store.chmod(0o600)

    def write_netrc(self, text: str) -> None:
        self.netrc.write_text(text)
        self.netrc.chmod(0o600)

    def server(self, origin: str, rule: Rule | None = None) -> Server:
        """The server that `scheme://host[:port]` leads to, through the proxy."""
        scheme, _, authority = origin.partition("://")
        if origin not in self.servers:
            context = self.authority.context if scheme == "https" else None
            server = self._stack.enter_context(serving(context=context))
            self.servers[origin] = server
            port = "" if ":" in authority else ":443" if scheme == "https" else ":80"
            self.proxy.routes[origin + port] = server.port
        server = self.servers[origin]
        if rule is not None:
            # Several servers' requests in the one order in which they came.
            def noting(seen: Seen) -> Any:
                self.order.append((origin, seen))
                return rule(seen)

            server.rule = noting
        return server

    @property
    def settings(self) -> Settings:
        home = self.root / "home"
        return Settings(
            str(self.root / "credentials"),
            environ=self.environ,
            home=str(home),
            config=str(self.own),
            runtime=str(home / "run"),
            state=str(home / "state"),
            any_owner=True,
        )

    def client(self, **options: Any) -> Client:
        return client(settings=self.settings, warn=self.warnings.append, **options)

    def async_client(self, **options: Any) -> AsyncClient:
        return async_client(settings=self.settings, warn=self.warnings.append, **options)

    def outcome(self, url: str, **options: Any) -> int | UvxError:
        """The final status of a GET, or the error that stands in its place."""
        request = {k: options.pop(k) for k in ("headers", "content") if k in options}
        method = options.pop("method", "GET")
        with self.client(**options) as http:
            try:
                return http.request(method, url, **request).status_code
            except UvxError as error:
                return error

    def async_outcome(self, url: str, **options: Any) -> int | UvxError:
        """The same by the asynchronous client."""

        async def get() -> int | UvxError:
            headers = options.pop("headers", {})
            async with self.async_client(**options) as http:
                try:
                    return (await http.get(url, headers=headers)).status_code
                except UvxError as error:
                    return error

        return asyncio.run(get())

    def sent(self, origin: str) -> list[str | None]:
        """The `Authorization` of each request that a server saw."""
        return self.servers[origin].authorizations


@contextmanager
def placed(root: Path) -> Iterator[Place]:
    """A place below a folder."""
    with ExitStack() as stack:
        proxy = stack.enter_context(proxying())
        yield Place(root, Authority(root), proxy, stack)


@pytest.fixture(scope="module")
def module_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place that the tests of a module share."""
    with placed(tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture
def place(module_place: Place) -> Place:
    """The place of a module's tests, as new."""
    module_place.reset()
    return module_place
