"""How Python's netrc module and the program curl read a netrc file."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from base64 import b64decode
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from netrc import NetrcParseError, netrc
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread


@cache
def _file() -> Path:
    folder = Path(mkdtemp(prefix="fuzz-netrc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "netrc"
    path.touch(mode=0o600)
    return path


def of_python(data: bytes) -> dict[str, bytes] | None:
    """The `login:password` of each host, and of "default"; None where Python gives up."""
    _file().write_bytes(data)
    try:
        hosts = netrc(str(_file())).hosts
    except (NetrcParseError, UnicodeDecodeError):
        return None
    return {name: f"{login}:{password}".encode() for name, (login, _, password) in hosts.items()}


class Host(ThreadingHTTPServer):
    """Says no to everybody, and keeps the `login:password` that it was sent, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refusal)
        self.sent: dict[str, bytes | None] = {}


class _Refusal(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        header = self.headers.get("Authorization", "")
        sent = b64decode(header.removeprefix("Basic ")) if header else None
        self.server.sent[self.path] = sent
        self.send_response(403 if header else 401)
        if not header:
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@cache
def _host() -> Host:
    host = Host()
    Thread(target=host.serve_forever, daemon=True).start()
    return host


@cache
def curl() -> str | None:
    """Where curl is."""
    return shutil.which("curl")


def of_curl(data: bytes, hosts: list[str]) -> dict[str, bytes | None]:
    """The `login:password` that curl sends to each host."""
    _file().write_bytes(data)
    server = _host()
    server.sent.clear()
    words = ["--disable", "--silent", "--noproxy", "*", "--netrc", "--netrc-file", str(_file())]
    words += ["--connect-to", f"::127.0.0.1:{server.server_port}"]
    subprocess.run(
        [curl() or "curl", *words, *(f"http://{host}/{host}" for host in hosts)],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        timeout=60,
    )
    return {path.strip("/"): sent for path, sent in server.sent.items()}
