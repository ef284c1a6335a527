"""A private Git host inside the process, for `make demo` and the tests.

HTTPS on the loopback interface with a certificate made on the spot, HTTP Basic and Bearer, and
Git's own `http-backend` for everything below: fetch and push as a real host does them. It notes
who asked for what and with which username, never a secret.
"""

from __future__ import annotations

import hmac
import io
import os
import socketserver
import ssl
import subprocess
import sys
import threading
from base64 import b64decode
from http.client import parse_headers
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self


class Request(NamedTuple):
    """What was asked and how it was answered; `username` is the one offered by HTTP Basic."""

    method: str
    path: str
    username: str | None
    status: int


class GitHost:
    """Serves the repositories below `root` while it is entered.

    The certificate is for localhost and `names`.
    `accounts` are passwords by username, `folders` the accounts of a path and all below it in
    place of those, `tokens` what Bearer accepts anywhere. Each may change at any time.
    """

    def __init__(self, root: Path, names: Iterable[str] = ()) -> None:
        self.accounts: dict[str, str] = {}
        self.folders: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.requests: list[Request] = []
        self._names = names
        self.repositories = root / "repositories"
        self.certificate = root / "ca.pem"
        self._backend = Path(_git("--exec-path").decode().rstrip("\n"), "git-http-backend")

    def __enter__(self) -> Self:
        if not self._backend.exists():
            raise FileNotFoundError("this git comes without 'git http-backend'")
        self.repositories.mkdir(parents=True)
        self._server = _Server(self, self._tls())
        # A daemon, so that an interrupt right here leaves nothing that goes on for ever.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _tls(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", *self._names).configure_cert(context)
        return context

    @property
    def port(self) -> int:
        return self._server.port

    def url(self, path: str = "", *, userinfo: str = "") -> str:
        """The address of a path: `url("r.git", userinfo="alice")`."""
        at = f"{userinfo}@" if userinfo else ""
        return f"https://{at}localhost:{self.port}/{path}"

    def create(self, name: str, files: Mapping[str, str], date: str = "now") -> None:
        """Make a repository with one commit; `date` is "now" or seconds since the epoch."""
        folder = self.repositories / name
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
        _git("config", "http.receivepack", "true", folder=folder)
        # Would go on in the background, in a folder that may be about to go.
        _git("config", "receive.autogc", "false", folder=folder)
        self.commit(name, files, date)

    def commit(self, name: str, files: Mapping[str, str], date: str = "now") -> None:
        """Add a commit that adds or replaces files, as if somebody had pushed it."""
        folder = self.repositories / name
        when, form = (date, "now") if date == "now" else (f"{date} +0000", "raw")
        lines = [
            "commit refs/heads/main",
            f"committer Host <host@localhost> {when}",
            _data("Files"),
        ]
        if _git("for-each-ref", "refs/heads/main", folder=folder):
            lines.append("from refs/heads/main^0")
        for path, text in files.items():
            lines += [f"M 100644 inline {path}", _data(text)]
        stream = "\n".join(lines).encode() + b"\n"
        _git("fast-import", "--quiet", f"--date-format={form}", folder=folder, data=stream)

    def admits(self, path: str, username: str | None, secret: str) -> bool:
        """Whether a password, or without a username a token, opens this path."""
        if username is None:
            return any(_equal(secret, token) for token in list(self.tokens))
        password = self._accounts(path).get(username)
        return password is not None and _equal(secret, password)

    def _accounts(self, path: str) -> dict[str, str]:
        covering = [f for f in self.folders if f"{path}/".startswith(f"/{f.strip('/')}/")]
        return self.folders[max(covering, key=len)] if covering else self.accounts

    def run_backend(
        self, request: Mapping[str, str], body: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `git http-backend` as the CGI program that it is."""
        env = {
            **_isolated(),
            "GIT_PROJECT_ROOT": str(self.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            **request,
        }
        return subprocess.run(
            [self._backend], input=body, env=env, capture_output=True, check=False
        )


class _Server(socketserver.ThreadingTCPServer):
    """Not http.server's: that one looks its own name up in the DNS."""

    request_queue_size = 64

    def __init__(self, host: GitHost, context: ssl.SSLContext) -> None:
        self.host = host
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port: int = self.server_address[1]
        # The handshake is left to the thread of the connection, so that none holds up the rest.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or trusts another certificate, is no news."""
        if not isinstance(sys.exception(), OSError):
            sys.excepthook(*sys.exc_info())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"  # to 1.0 curl sends no chunked body
    timeout = 60  # seconds; a client gone silent must not hold up the shutdown

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        path = unquote(path)
        # Read even if refused: closing on unread data would reset the answer's connection.
        body = self._body()
        username, secret = _offered(self.headers.get("Authorization", ""))
        if not self.server.host.admits(path, username, secret):
            return self._answer(401, self._challenges(), b"", path, username)
        done = self.server.host.run_backend(self._cgi(path, query, username, body), body)
        output = io.BytesIO(done.stdout)
        headers = parse_headers(output)
        status = headers.get("Status", "500" if done.returncode else "200")
        del headers["Status"]
        return self._answer(int(status.split()[0]), headers.items(), output.read(), path, username)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = []
        while size := int(self._line().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self._line()
        while self._line().strip():
            pass  # trailers
        return b"".join(parts)

    def _line(self) -> bytes:
        line = self.rfile.readline()
        if not line:
            raise ConnectionAbortedError
        return line

    def _cgi(self, path: str, query: str, username: str | None, body: bytes) -> dict[str, str]:
        return {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_USER": username or "token",
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            # The backend undoes gzip itself.
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }

    def _challenges(self) -> list[tuple[str, str]]:
        schemes = ["Basic", "Bearer"] if self.server.host.tokens else ["Basic"]
        return [("WWW-Authenticate", f'{scheme} realm="private"') for scheme in schemes]

    def _answer(
        self,
        status: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        path: str,
        username: str | None,
    ) -> None:
        # Noted first: who has the answer must find it among the requests.
        self.server.host.requests.append(Request(self.command, path, username, status))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        # An idle connection would keep its thread, and so the host, from ending.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the record of requests is the log."""


def _offered(header: str) -> tuple[str | None, str]:
    """Username and secret of an `Authorization` header; only Basic has a username."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None, value if scheme.lower() == "bearer" else ""
    try:
        username, _, password = b64decode(value).decode().partition(":")
    except ValueError:
        return None, ""
    return username, password


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}"


def _git(*argv: str, folder: Path | None = None, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *argv], cwd=folder, input=data, env=_isolated(), capture_output=True, check=True
    )
    return done.stdout


def _isolated() -> dict[str, str]:
    """An environment in which no git reads the user's or the system's configuration."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
