"""Measure what the auth flow costs: `python -m scripts.benchhttp`.

Requests on one kept-alive connection, by our client with a look-up and by plain httpx with
`auth=(user, password)`, in turn. What counts is the client's processor time: the server is another
process, and how long a person waits depends on it and on whatever else the machine does.
"""

from __future__ import annotations

import gc
import multiprocessing
import socket
import statistics
import time
from base64 import b64encode
from collections.abc import Callable

import httpx

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.http import client
from git_credential_uvx.http.flow import Attempt, LookUp
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service

REQUESTS = 1000
ROUNDS = 25

_HEADER = b"Basic " + b64encode(b"alice:wonder")
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"
_NO = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'


class _One:
    """Gives one credential, as the resolver would."""

    def find(self, asked: LookUp) -> Attempt:
        return Attempt(Credential(b"alice", Secret(b"wonder")), "store", found=True)

    def paths(self, service: Service) -> tuple[str, ...]:
        return ()


def _serve(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pending = b""
        while data := connection.recv(65536):
            pending += data
            while b"\r\n\r\n" in pending:
                head, pending = pending.split(b"\r\n\r\n", 1)
                connection.sendall(_OK if _HEADER in head else _NO)


def _ours() -> httpx.Client:
    return client(settings=Settings("/nowhere", environ={}), lookups=_One())


def _plain() -> httpx.Client:
    return httpx.Client(auth=("alice", "wonder"), trust_env=False)


def _microseconds(make: Callable[[], httpx.Client], url: str) -> float:
    with make() as http:
        http.get(url)
        gc.collect()
        begin = time.process_time()
        for _ in range(REQUESTS):
            http.get(url)
        return (time.process_time() - begin) / REQUESTS * 1e6


def _round(number: int, url: str) -> tuple[float, float]:
    """Microseconds a request: plain httpx, and ours."""
    if number % 2:
        plain = _microseconds(_plain, url)
        return plain, _microseconds(_ours, url)
    ours = _microseconds(_ours, url)
    return _microseconds(_plain, url), ours


def measure(rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Medians of microseconds a request: plain httpx, and ours; and how many times as many."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=_serve, args=(listener,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/simple/foo/"
    # An interpreter for each round: where things lie in memory is worth some per cent, and stays.
    spawn = multiprocessing.get_context("spawn")
    try:
        with spawn.Pool(1, maxtasksperchild=1) as pool:
            pairs = pool.starmap(_round, [(n, url) for n in range(rounds)], chunksize=1)
    finally:
        server.terminate()
        server.join()
        listener.close()
    plain, ours = zip(*pairs, strict=True)
    ratio = statistics.median(ours / plain for plain, ours in pairs)
    return statistics.median(plain), statistics.median(ours), ratio


def part(rounds: int) -> str:
    """The part of the page: measure, and say whether the goal is met."""
    plain, ours, ratio = measure(rounds)
    more = 100 * (ratio - 1)
    goal = "pass" if more < 5 else "**missed**"
    us = "\N{MICRO SIGN}s"
    return (
        "## Requests over HTTP\n\n"
        f"Processor time of the client for one of {REQUESTS:,} requests on one connection, "
        f"medians of {rounds} rounds, each in an interpreter of its own:\n"
        f"httpx with `auth=(user, password)` {plain:.0f} {us}, "
        f"our client with a look-up {ours:.0f} {us}.\n\n"
        f"- {goal}: {more:+.1f} % in the median round, less than 5\n"
    )


if __name__ == "__main__":
    print(part(ROUNDS), end="")
