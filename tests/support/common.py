"""What the attack tests share: the victim's store, and how nothing looks when nothing is told."""

from __future__ import annotations

import os
import re
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from git_credential_uvx.errors import UvxError
from git_credential_uvx.helper import answer
from git_credential_uvx.protocol import parse
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.system.settings import Settings

from .machine import Machine, request

SECRET = "CANARY-3f9c"
# Put together here, so that no file of the repository looks like it has a token.
GITHUB_TOKEN = "gh" + "p_CANARYtQ7vR2mK9xWbN4jF6sY8aE3gU5hZ1cD"
OPERATIONS = ("get", "store", "erase")

Done = subprocess.CompletedProcess[bytes]
# Status, headers and body for a method, a path and the Authorization header of a request.
Answer = Callable[[str, str, str], tuple[int, dict[str, str], bytes]]

_NAME_AND_PASSWORD_IN_URL = re.compile(rb"//[^/\n]*:[^/\n]*@")


def cases(names: str, table: Mapping[str, object]) -> pytest.MarkDecorator:
    """Parametrise by a table from a sentence to its values."""
    return pytest.mark.parametrize(names, list(table.values()), ids=list(table))


def cases_one_fast(names: str, table: Mapping[str, object]) -> pytest.MarkDecorator:
    """Parametrise by a table of which all rows but the first are slow."""
    rows = [
        pytest.param(
            *(values if isinstance(values, tuple) else (values,)),
            id=name,
            marks=pytest.mark.slow if number else (),
        )
        for number, (name, values) in enumerate(table.items())
    ]
    return pytest.mark.parametrize(names, rows)


def entry(service: str, username: str = "alice", secret: str = SECRET) -> str:
    """One entry of uv's file; none of the values may need escaping."""
    return (
        f'[[credential]]\nservice = "{service}"\nusername = "{username}"\n'
        f'scheme = "basic"\npassword = "{secret}"\n'
    )


def victim(machine: Machine, *services: str) -> Machine:
    """The machine with the victim's secret for `good.test` (or other services) in uv's store."""
    machine.write_store("\n".join(map(entry, services or ("https://good.test/",))))
    return machine


def state(machine: Machine) -> dict[str, tuple[bytes, int, int]]:
    """Every file of the store with its inode and time: equal only if nothing was written."""
    return {
        name: (data, status.st_ino, status.st_mtime_ns)
        for name, data in machine.files().items()
        if (status := (machine.folder / name).stat())
    }


def assert_discreet(done: Done) -> None:
    """At most one line on standard error, printable, of our own making and without a secret."""
    text = done.stderr.decode()
    line = text.removesuffix("\n")
    assert line.isprintable(), done.stderr
    assert SECRET not in text
    assert "Traceback" not in text
    assert "unexpectedly" not in text
    assert not line or line.startswith("git-credential-uvx: ")


def refused(machine: Machine, operation: str, data: bytes) -> None:
    """Run one operation that must tell nothing and change nothing."""
    before = state(machine)
    done = machine.helper(operation, data)
    assert done.stdout == b""
    assert_discreet(done)
    assert state(machine) == before


def refused_by_all(machine: Machine, lines: bytes) -> None:
    """Ask, store and erase with these lines; each must tell nothing and change nothing.

    Only the first is a process: the lines are refused before it matters what is asked.
    """
    refused(machine, "get", lines + b"\n")
    before = state(machine)
    settings = Settings(str(machine.folder), environ=machine.env, home=str(machine.home))
    for operation, data in (("erase", lines), ("store", lines + _planted(lines))):
        try:
            output, warnings = answer(operation, parse(data + b"\n"), Resolver(settings), 0)
        except UvxError as error:
            output, warnings = b"", [str(error)]
        assert output == b""
        assert len(warnings) <= 1
        assert SECRET not in "".join(warnings)
    assert state(machine) == before


def _planted(lines: bytes) -> bytes:
    """What makes a `store` of these lines complete."""
    username = b"" if b"@" in lines or b"username=" in lines else b"username=mallory\n"
    given = b"password=" in lines or _NAME_AND_PASSWORD_IN_URL.search(lines)
    return username + (b"" if given else b"password=planted\n")


def answered(machine: Machine, data: bytes) -> dict[bytes, bytes]:
    """What `get` gives for exact bytes; lines end at LF and nowhere else."""
    done = machine.helper("get", data)
    assert_discreet(done)
    return dict(line.split(b"=", 1) for line in done.stdout.split(b"\n") if line)


def assert_answers(machine: Machine, **fields: str | bytes) -> None:
    """The victim's own question gets the victim's secret."""
    found = answered(machine, request(**{"protocol": "https", "host": "good.test", **fields}))
    assert found[b"password"] == SECRET.encode()


def let_a_group_write(path: Path) -> None:
    """Let another group than the user's own write to a path."""
    groups = [4711] if os.geteuid() == 0 else [g for g in os.getgroups() if g != os.getegid()]
    if not groups:
        pytest.skip("this user is in one group only")
    os.chown(path, -1, groups[0])
    path.chmod(path.stat().st_mode | stat.S_IWGRP)


def git_fill(machine: Machine, lines: bytes) -> bytes:
    """What `git credential fill` gives with this helper; nothing where git gives up."""
    done = machine.run(
        *("git", "-c", "credential.helper=uvx", "-c", "credential.useHttpPath=true"),
        *("credential", "fill"),
        input=lines + b"\n",
        check=False,
    )
    assert SECRET.encode() not in done.stderr
    assert b"Traceback" not in done.stderr
    return done.stdout


class Web:
    """A web server on loopback that remembers what it was asked: path and Authorization, and the
    names of all headers in lower case."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[tuple[str, str]] = []
        self.names: set[str] = set()

    @property
    def authorizations(self) -> set[str]:
        return {authorization for _, authorization in self.seen if authorization}


@contextmanager
def web(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serve `answer` on loopback, over HTTPS with `tls`."""

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            authorization = self.headers.get("Authorization", "")
            served.seen.append((self.path, authorization))
            served.names.update(name.lower() for name in self.headers)
            status, headers, body = answer(self.command, self.path, authorization)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *values: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        served = Web(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
