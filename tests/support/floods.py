"""Servers that send more than anybody wants, written byte by byte."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain, repeat
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

MB = 1024 * 1024
# A flood ends here, so that a client that takes all of it fails a test and not the machine.
MOST = 64 * MB
# More than the buffers of a connection on loopback hold, and far less than MOST.
BUFFERED = 16 * MB

# What a server writes for the path of a request: the head of the answer, and all that follows.
Script = Callable[[str, bool], Iterable[bytes]]


class Flood:
    """A listening server: its connections, the paths asked for, and how much it got rid of.

    `sent` is by path. A script is told the path and whether the request is authorized.
    """

    def __init__(self, port: int) -> None:
        self.realm = f"http://127.0.0.1:{port}"
        self.connections = 0
        self.paths: list[str] = []
        self.sent: dict[str, int] = {}


def head(status: int, *lines: str) -> bytes:
    """The head of an answer; one that says nothing of a length ends with its connection."""
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode()


def answer(status: int, *lines: str, body: bytes = b"") -> list[bytes]:
    """A whole answer, behind which the connection can be used again."""
    return [head(status, f"Content-Length: {len(body)}", *lines), body]


def zeros() -> Iterator[bytes]:
    """As many bytes as a flood has."""
    return repeat(bytes(64 * 1024), MOST // (64 * 1024))


def chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts as `Transfer-Encoding: chunked` has them, with the end."""
    return chain((b"%x\r\n%b\r\n" % (len(part), part) for part in parts), [b"0\r\n\r\n"])


@cache
def gzip_bomb() -> bytes:
    """As many bytes as a flood has, in a thousandth of them."""
    return gzip.compress(bytes(MOST))


@cache
def deflate_bomb() -> bytes:
    """The same in zlib's own format."""
    return zlib.compress(bytes(MOST))


def huge_bodies(status: int, *lines: str) -> dict[str, Callable[[], Iterable[bytes]]]:
    """Answers with a status whose bodies nobody should read, by name."""
    bomb = gzip_bomb()

    def plain(*more: str) -> Callable[[], Iterable[bytes]]:
        return lambda: chain([head(status, *lines, *more)], zeros())

    return {
        "length": plain(f"Content-Length: {MOST}"),
        "length-with-zeros": plain(f"Content-Length: {MOST:020}"),
        "to-the-end": plain(),
        "chunked": lambda: chain(
            [head(status, *lines, "Transfer-Encoding: chunked")], chunks(zeros())
        ),
        "gzip": lambda: answer(status, *lines, "Content-Encoding: gzip", body=bomb),
        "gzip-chunked": lambda: chain(
            [head(status, *lines, "Content-Encoding: gzip", "Transfer-Encoding: chunked")],
            chunks([bomb]),
        ),
    }


HUGE = tuple(huge_bodies(200))


class _Handler(StreamRequestHandler):
    """Reads requests and writes what the script says, until the client has enough."""

    timeout = 60
    facts: Flood
    script: Script

    def handle(self) -> None:
        self.facts.connections += 1
        try:
            while line := self.rfile.readline():
                self.answer(line.decode("latin-1").split(" ")[1])
        except OSError:
            pass

    def answer(self, path: str) -> None:
        lines = []
        while (line := self.rfile.readline().strip().lower()) != b"":
            lines.append(line)
        length = next(
            (v for k, _, v in (li.partition(b":") for li in lines) if k == b"content-length"), b"0"
        )
        self.rfile.read(int(length))
        self.facts.paths.append(path)
        self.facts.sent.setdefault(path, 0)  # a client may look before a write returns
        authorized = any(line.startswith(b"authorization:") for line in lines)
        ended = True
        for part in type(self).script(path, authorized):
            self.wfile.write(part)
            self.facts.sent[path] = self.facts.sent.get(path, 0) + len(part)
            if part.startswith(b"HTTP/1.1 ") and not part.startswith(b"HTTP/1.1 1"):
                ended = b"\r\nContent-Length:" not in part and b"chunked" not in part
        if ended:
            raise ConnectionAbortedError


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has enough closes its connection."""


@contextmanager
def flooding(script: Script) -> Iterator[Flood]:
    """A server that runs the script for each request."""

    class Handler(_Handler):
        """With what belongs to this server."""

    Handler.script = staticmethod(script)
    with _Listener(("127.0.0.1", 0), Handler) as listener:
        Handler.facts = Flood(listener.server_address[1])
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield Handler.facts
        finally:
            listener.shutdown()
            thread.join()
