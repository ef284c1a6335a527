"""A package index with a password, and a package for it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine

# alice's password is "wonder", as `htpasswd -s` hashes it.
_ACCOUNTS = "alice:{SHA}w3QkzGJswDXW5OKZHAJw0FELjfM=\n"


def write_wheel(folder: Path, name: str) -> Path:
    """The wheel of a package without a line in it."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, text in files.items():
            wheel.writestr(inner, text)
    return path


@contextmanager
def serving(machine: Machine) -> Iterator[str]:
    """The realm of a pypiserver for alice only, with the package foo."""
    packages = machine.root / "packages"
    packages.mkdir()
    write_wheel(packages, "foo")
    accounts = machine.root / "htpasswd"
    accounts.write_text(_ACCOUNTS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-W", "ignore", "-m", "pypiserver", "run", "-i", "127.0.0.1")
    options = ("-p", str(port), "-a", "list,download,update", "-P", str(accounts), str(packages))
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*command, *options], env=machine.env, stdout=quiet, stderr=quiet) as run:
        try:
            _wait_for(port, run)
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("pypiserver ended")
