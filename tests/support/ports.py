"""Ports for servers that are programs, and one that nobody listens on."""

from __future__ import annotations

import random
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Below what the system gives to who asks for any port (from 32,768 on, in macOS 49,152): a test
# that runs meanwhile and asks for one would else be given what was free a moment ago.
_OURS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, for programs that must be told one."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = random.choice(_OURS)
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            found.append(port)
    return found


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that nobody listens on as long as it lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def running(port: int, *argv: str | Path, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """A server that is a program, from when it listens."""
    words = [str(word) for word in argv]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, env=env, stdout=quiet, stderr=quiet) as run:
        try:
            while run.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            assert run.poll() is None, argv
            yield
        finally:
            run.terminate()
