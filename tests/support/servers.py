"""Servers on loopback that remember exactly what they were sent, and a real proxy before them.

The proxy lets a test use any host name and port without a hook in the product: it is one that
connects `name:port` to a server of the test, as a company's proxy would.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

import trustme

NAMES = (
    *("good.test", "*.good.test", "evil.test", "evil2.test", "localhost", "127.0.0.1"),
    *("pkgs.dev.azure.com", "*.pkg.dev", "*.d.codeartifact.eu-west-1.amazonaws.com"),
    *("*.jfrog.io", "upload.pypi.org", "huggingface.co", "*.huggingface.co"),
)


class Seen(NamedTuple):
    """One request as it came: header names in small letters, in their order."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The only header of this name."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, self
        return found[0] if found else None

    @property
    def authorization(self) -> str | None:
        return self.header("authorization")

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.headers}


# What a server answers: status, headers and body.
Answer = tuple[int, dict[str, str], bytes]
Rule = Callable[[Seen], Answer]


def basic(username: str, password: str) -> str:
    """The header of HTTP Basic, made here and not by what is tested."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def ok(body: bytes = b"ok") -> Answer:
    return 200, {}, body


def challenge(scheme: str = 'Basic realm="private"', status: int = 401) -> Answer:
    return status, {"WWW-Authenticate": scheme} if status == 401 else {}, b"no"


def wants(header: str, then: Answer | None = None, status: int = 401) -> Rule:
    """A rule that asks for exactly this header."""

    def rule(seen: Seen) -> Answer:
        if seen.authorization == header:
            return then or ok()
        return challenge(status=status)

    return rule


class Server:
    """One listening server."""

    def __init__(self, address: str, port: int, scheme: str) -> None:
        self.address = address
        self.port = port
        self.scheme = scheme
        self.seen: list[Seen] = []
        self.rule: Rule = lambda seen: ok()

    @property
    def authority(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def realm(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def url(self, path: str = "/", userinfo: str = "") -> str:
        return f"{self.scheme}://{userinfo and userinfo + '@'}{self.authority}{path}"

    @property
    def authorizations(self) -> list[str | None]:
        """The `Authorization` of each request."""
        return [seen.authorization for seen in self.seen]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def server_bind(self) -> None:
        # http.server's own looks its name up in the DNS.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "server", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not trust the certificate, is no news."""


class _Handler(BaseHTTPRequestHandler):
    """Notes a request and answers by its server's rule."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart, which costs 40 ms with it
    timeout = 60
    facts: Server
    context: ssl.SSLContext | None

    def handle(self) -> None:
        if self.context is None:
            return super().handle()
        try:
            secured = self.context.wrap_socket(self.connection, server_side=True)
        except OSError:
            return None
        # What the base class has made of the plain socket it closes itself.
        with secured, secured.makefile("rb") as self.rfile, secured.makefile("wb", 0) as wfile:
            self.wfile = wfile  # type: ignore[assignment]
            super().handle()
        return None

    def answer(self) -> None:
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        seen = Seen(self.command, self.path, headers, self.read_body())
        self.facts.seen.append(seen)
        status, extra, content = self.facts.rule(seen)
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *values: object) -> None:
        pass


@contextmanager
def serving(
    rule: Rule | None = None, *, address: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server on an address, with TLS if there is a context."""

    class Handler(_Handler):
        """With what belongs to this server."""

    Handler.context = context
    with _Listener((address, 0), Handler) as listener:
        server = Server(address, listener.server_port, "https" if context else "http")
        Handler.facts = server
        if rule is not None:
            server.rule = rule
        with _running(listener):
            yield server


@contextmanager
def _running(listener: _Listener) -> Iterator[None]:
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown()
        thread.join()


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)
        self.client = folder / "client.pem"
        self._ca.issue_cert("client@good.test").private_key_and_cert_chain_pem.write_to_path(
            self.client
        )
        self.leaf = self._ca.issue_cert(*NAMES)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.leaf.configure_cert(self.context)


class Proxy:
    """A forward proxy: where names lead, and what it was asked.

    `routes` are ports of servers by `scheme://host:port`; `asked` the CONNECTs and the requests
    for http in their order, each with its `Proxy-Authorization`.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.routes: dict[str, int] = {}
        self.asked: list[tuple[str, str | None]] = []


class _Forwarder(BaseHTTPRequestHandler):
    """Connects a client to where its proxy leads."""

    disable_nagle_algorithm = True
    timeout = 60
    proxy: Proxy

    def open(self, authority: str) -> socket.socket | None:
        self.proxy.asked.append(
            (f"{self.command} {authority}", self.headers["Proxy-Authorization"])
        )
        scheme = "https" if self.command == "CONNECT" else "http"
        port = self.proxy.routes.get(f"{scheme}://{authority}")
        if port is None:
            self.send_error(502)
            return None
        upstream = socket.create_connection(("127.0.0.1", port))
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return upstream

    def do_CONNECT(self) -> None:
        upstream = self.open(self.path)
        if upstream is None:
            return
        self.send_response_only(200)
        self.end_headers()
        self.relay(upstream)

    def forward(self) -> None:
        rest = self.path.removeprefix("http://")
        authority, _, path = rest.partition("/")
        upstream = self.open(authority if ":" in authority else f"{authority}:80")
        if upstream is None:
            return
        headers = "".join(
            f"{name}: {value}\r\n"
            for name, value in self.headers.items()
            if name.lower() not in ("proxy-authorization", "connection")
        )
        head = f"{self.command} /{path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with upstream, upstream.makefile("rb") as answer:
            upstream.sendall(head.encode("latin-1") + body)
            self.wfile.write(answer.readline() + b"Connection: close\r\n" + answer.read())

    do_GET = do_POST = do_HEAD = do_PUT = forward  # noqa: N815

    def relay(self, upstream: socket.socket) -> None:
        def pump(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        back = Thread(target=pump, args=(upstream, self.connection), daemon=True)
        back.start()
        pump(self.connection, upstream)
        back.join()
        upstream.close()
        self.close_connection = True

    def log_message(self, format: str, *values: object) -> None:
        pass


@contextmanager
def proxying() -> Iterator[Proxy]:
    """A proxy on loopback."""

    class Handler(_Forwarder):
        """With what belongs to this proxy."""

    with _Listener(("127.0.0.1", 0), Handler) as listener:
        Handler.proxy = Proxy(listener.server_port)
        with _running(listener):
            yield Handler.proxy


class Counter:
    """Counts what several threads do."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.value = 0

    def add(self) -> None:
        with self._lock:
            self.value += 1
