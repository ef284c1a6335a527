"""The command without the start of an interpreter: most of the time of the tests was that.

A server with the package imported forks for each command. The command has real descriptors, its own
environment and working folder, and ends as it would; what it imports when it starts by itself is
what test_startup.py and test_package.py look at, with the installed script.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import selectors
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory
from typing import NoReturn

from . import killer

_MESSAGE = 1 << 20  # bytes that an environment and arguments take at most
# What modules of the package import late.
_WARMED = ("certifi", "dulwich.config", "httpx", "tempfile", "tomlkit", "tomllib", "yaml")
_FAILED = 70  # a status that no command has: the server could not start it


class Warm:
    """The server of this test process, started on first use."""

    def __init__(self) -> None:
        self._path = ""

    def run(
        self,
        argv: list[str],
        data: bytes,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float,
        *,
        step: int = 0,
    ) -> subprocess.CompletedProcess[bytes]:
        """As `subprocess.run` with captured output; killed at a step, see `killer`. Raises
        TimeoutExpired."""
        if not self._path:
            self._start()
        ends = [os.pipe() for _ in range(3)]
        theirs = [ends[0][0], ends[1][1], ends[2][1]]
        ours = [ends[0][1], ends[1][0], ends[2][0]]
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.connect(self._path)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _MESSAGE)
            told = json.dumps(
                {"argv": argv, "env": dict(env), "cwd": str(cwd), "step": step}
            ).encode()
            socket.send_fds(line, [told], theirs)
            for descriptor in theirs:
                os.close(descriptor)
            deadline = time.monotonic() + timeout
            try:
                stdout, stderr = _exchange(ours, data, deadline)
                line.settimeout(max(0.0, deadline - time.monotonic()) or 0.001)
                status = int(line.recv(16))
            except TimeoutError:
                raise subprocess.TimeoutExpired(argv, timeout) from None
        if status == _FAILED:
            raise AssertionError(f"{argv[:3]} could not be started: {stderr.decode()}")
        return subprocess.CompletedProcess(argv, status, stdout, stderr)

    def _start(self) -> None:
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.support.warm"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert server.stdout is not None
        self._path = server.stdout.readline().decode().rstrip("\n")
        assert self._path
        atexit.register(server.communicate)  # ends its standard input, and waits


def _exchange(ours: list[int], data: bytes, deadline: float) -> tuple[bytes, bytes]:
    """Write all of standard input while both outputs are read to their ends. Raises
    TimeoutError."""
    source, *outputs = ours
    parts: dict[int, list[bytes]] = {descriptor: [] for descriptor in outputs}
    left = memoryview(data)
    os.set_blocking(source, False)
    with selectors.DefaultSelector() as waiting:
        waiting.register(source, selectors.EVENT_WRITE)
        for descriptor in outputs:
            waiting.register(descriptor, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(max(0.0, deadline - time.monotonic()))
            for key, _ in ready:
                if key.fd == source:
                    left = _written(source, left)
                    more = bool(left)
                else:
                    parts[key.fd].append(os.read(key.fd, 65_536))
                    more = bool(parts[key.fd][-1])
                if not more:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
            if not ready:
                for key in list(waiting.get_map().values()):
                    os.close(key.fd)
                raise TimeoutError
    return b"".join(parts[outputs[0]]), b"".join(parts[outputs[1]])


def _written(descriptor: int, data: memoryview) -> memoryview:
    """What of `data` is left to write; nothing where nobody reads."""
    try:
        return data[os.write(descriptor, data) :] if data else data
    except BrokenPipeError:
        return data[:0]


def _modules() -> list[str]:
    """Every module of the package."""
    import git_credential_uvx as package

    return [found.name for found in walk_packages(package.__path__, f"{package.__name__}.")]


def serve() -> None:
    """Tell the path of a socket, and fork for each command that comes over it, until standard
    input ends: with the process of the tests, however that ends."""
    for name in (*_WARMED, *_modules()):
        import_module(name)
    gc.freeze()  # what a child never looks at is never copied for it
    with (
        TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
    ):
        path = os.path.join(folder, "line")
        door.bind(path)
        door.listen(128)
        os.write(1, f"{path}\n".encode())
        while 0 not in select.select((door.fileno(), 0), (), ())[0]:
            line, _ = door.accept()
            _reap()
            if os.fork() == 0:
                door.close()
                _answer(line)
            line.close()


def _reap() -> None:
    """Wait for the children that have ended, so that their time is counted as this process's."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _answer(line: socket.socket) -> NoReturn:
    """Run one command in a child, and tell its status."""
    told, descriptors, _, _ = socket.recv_fds(line, _MESSAGE, 3)
    command = os.fork()
    if command == 0:
        line.close()
        _become(json.loads(told), descriptors)
    for descriptor in (*descriptors, 0, 1, 2):
        os.close(descriptor)
    status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    try:
        line.send(str(status).encode())
    except OSError:
        pass  # the test gave up
    os._exit(0)


def _become(wanted: dict[str, object], descriptors: list[int]) -> NoReturn:
    status = _FAILED
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(wanted["env"])  # type: ignore[call-overload]
        os.chdir(str(wanted["cwd"]))
        for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
            how = "backslashreplace" if number == 2 else "strict"
            stream = open(number, mode, encoding="utf-8", errors=how, closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
        sys.argv = list(map(str, wanted["argv"]))  # type: ignore[call-overload]
        if wanted["step"]:
            killer.install(int(str(wanted["step"])))
        from git_credential_uvx.__main__ import main

        status = main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                pass
        os._exit(status)


if __name__ == "__main__":
    serve()
