"""A proxy on loopback that leads every host to one port: real programs can then use a private
server under a name such as git.example.com, without a change to the machine."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Tunnel:
    """Takes `CONNECT` for any host while it is entered, and connects to `port` on loopback."""

    def __init__(self, port: int) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.target = port

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address for `https_proxy`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    target = 0


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = self.request.recv(1)
            if not part:
                return
            head += part
        if not head.startswith(b"CONNECT "):
            self.request.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.server.target)) as server,
        ):
            _relay(self.request, server)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends."""
    others = {one: other, other: one}
    while True:
        for ready in select.select(list(others), [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            others[ready].sendall(data)
