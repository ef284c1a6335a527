"""`check` and `login` at servers that send without end: what they take, and their memory."""

from __future__ import annotations

import json
import sys
from gzip import compress
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from ..support.floods import (
    BUFFERED,
    Flood,
    answer,
    deflate_bomb,
    flooding,
    gzip_bomb,
    head,
    huge_bodies,
    zeros,
)
from ..support.machine import BIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..support.machine import Machine

MEMORY = 100_000  # KiB
SECRET = "CANARY-3f9c"
COMMAND = str(BIN / "git-credential-uvx")
CHALLENGE = 'WWW-Authenticate: Basic realm="x"'
GIT = "Content-Type: application/x-git-upload-pack-advertisement"
ADVERTISED = b"001e# service=git-upload-pack\n0000000eversion 2\n0015agent=git/2.5.0\n\n0000"


def _pages() -> dict[str, Callable[[], Iterable[bytes]]]:
    """Answers by path, of which some are about bodies and some about heads."""
    json_type = "Content-Type: application/vnd.pypi.simple.v1+json"
    file = b'{"filename": "a-1.tar.gz", "url": "https://h.test/a", "hashes": {}},'
    bombs = {"gzip": gzip_bomb(), "deflate": deflate_bomb(), "br": bytes(60_000)}
    pages: dict[str, Callable[[], Iterable[bytes]]] = {
        **{f"/200-{name}": body for name, body in huge_bodies(200).items()},
        **{f"/401-{name}": body for name, body in huge_bodies(401, CHALLENGE).items()},
        **{f"/403-{name}": body for name, body in huge_bodies(403).items()},
        **{
            f"/bomb-{coding}": lambda coding=coding, body=body: answer(  # type: ignore[misc]
                200, f"Content-Encoding: {coding}", body=body
            )
            for coding, body in bombs.items()
        },
        "/deep.json": lambda: [head(200, json_type), *repeat(b"[" * 65536, 1000)],
        "/huge.json": lambda: [head(200, json_type), b'{"files": [', *repeat(file * 1000, 900)],
        "/huge.html": lambda: [
            head(200, "Content-Type: text/html"),
            *repeat(b'<a href="a-1.tar.gz">a-1.tar.gz</a>\n' * 1000, 1800),
        ],
        "/early": lambda: repeat(head(103, "Link: </a>; rel=preload"), 10**7),
        "/headers": lambda: [head(200, *(f"X-{n}: {n:090}" for n in range(900)))],
        "/endless-headers": lambda: [b"HTTP/1.1 200 OK\r\n", *repeat(b"X: y\r\n" * 1000, 9000)],
        "/endless-line": lambda: [b"HTTP/1.1 200 ", *zeros()],
        "/trailers": lambda: [
            head(200, "Transfer-Encoding: chunked"),
            b"0\r\n",
            *repeat(b"X: y\r\n" * 1000, 9000),
        ],
    }
    for number in range(15):
        # More redirects than are followed, each with a body.
        step = f"Location: /hop-{number + 1}"
        body = "gzip" if number % 2 else "length-with-zeros"
        pages[f"/hop-{number}"] = huge_bodies(302, step)[body]
    return pages


PAGES = _pages()
ASKED = [path for path in PAGES if not path.startswith("/hop-") or path == "/hop-0"]


@pytest.fixture(scope="module")
def flood() -> Iterator[Flood]:
    def script(path: str, authorized: bool) -> Iterable[bytes]:
        path, _, query = path.partition("/info/refs?")
        if path.startswith("/refs/"):
            return _repository(path.removeprefix("/refs"), advertised=bool(query))
        return PAGES.get(path, lambda: answer(404))()

    with flooding(script) as flood:
        yield flood


def _repository(path: str, *, advertised: bool) -> Iterable[bytes]:
    """One that Git can talk to, up to the refs themselves."""
    page = PAGES[path.removesuffix("/git-upload-pack")]
    return answer(200, GIT, body=ADVERTISED) if advertised else page()


# A process starts with the peak of the one that it comes from, so a small one is in between.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""


def peak(machine: Machine, *words: str, input: bytes = b"") -> tuple[int, bytes, int]:
    """The exit status of the installed command, its output, and the most memory it had in KiB."""
    peak = machine.root / "peak"
    argv = (sys.executable, "-c", MEASURE, str(peak), str(COMMAND), *words)
    done = machine.run(*argv, input=input, check=False)
    unit = 1024 if sys.platform == "darwin" else 1
    return done.returncode, done.stdout + done.stderr, int(peak.read_text()) // unit


def entry(machine: Machine, realm: str) -> None:
    machine.write_store(
        f'[[credential]]\nservice = "{realm}/"\nusername = "alice"\n'
        f'scheme = "basic"\npassword = "{SECRET}"\n'
    )


@pytest.mark.parametrize(
    ("kind", "folder"), [("--index", ""), ("--publish", ""), ("--git", "/refs")]
)
def test_no_server_makes_check_take_much(
    machine: Machine, flood: Flood, kind: str, folder: str
) -> None:
    entry(machine, flood.realm)
    flood.sent.clear()
    # What ends with the time limit only is asked once.
    asked = [path for path in ASKED if path != "/early" or kind == "--index"]
    urls = [f"{flood.realm}{folder}{path}" for path in asked]
    status, told, memory = peak(machine, "check", "--json", "--timeout", "4", kind, *urls)
    assert status in (0, 1, 2)
    assert memory < MEMORY
    assert SECRET.encode() not in told
    assert [result["kind"] for result in json.loads(told)] == [kind.strip("-")] * len(urls)
    # Each is asked up to four times.
    assert max(size for path, size in flood.sent.items() if "early" not in path) < 4 * BUFFERED


@pytest.mark.parametrize("path", ["401-gzip", "401-chunked", "200-gzip-chunked", "deep.json"])
def test_no_server_makes_login_take_much(machine: Machine, flood: Flood, path: str) -> None:
    def everywhere(asked: str, authorized: bool) -> Iterable[bytes]:
        return PAGES[f"/{path}"]()

    with flooding(everywhere) as flood:
        words = ("login", "--verify", flood.realm, "--username", "alice", "--password", "-")
        status, told, memory = peak(machine, *words, input=SECRET.encode() + b"\n")
    assert status in (1, 2), told
    assert memory < MEMORY
    assert b"Traceback" not in told
    assert SECRET.encode() not in told


def test_a_packed_advertisement_is_read_all_the_same(machine: Machine) -> None:
    """Some servers pack what they were asked to send as it is."""
    first = b"0" * 40 + b" refs/heads/main\n"
    body = b"001e# service=git-upload-pack\n0000%04x%b0000" % (len(first) + 4, first)
    told = [
        answer(200, GIT, body=body),
        answer(200, GIT, "Content-Encoding: gzip", body=compress(body)),
    ]
    reasons = []
    for script in told:
        with flooding(lambda path, authorized, script=script: script) as flood:  # type: ignore[misc]
            _, out, _ = peak(machine, "check", "--json", "--git", f"{flood.realm}/r.git")
        reasons.append(json.loads(out)[0]["reason"])
    assert reasons[0] == reasons[1] != "unasked"
