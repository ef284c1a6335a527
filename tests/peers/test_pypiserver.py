"""A real package index with a password: what `explain` names is what lets the real uv in."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine

# alice's password is "wonder", as `htpasswd -s` hashes it.
_ACCOUNTS = "alice:{SHA}w3QkzGJswDXW5OKZHAJw0FELjfM=\n"


def _write_wheel(folder: Path) -> None:
    info = "foo-1.0.dist-info"
    files = {
        "foo.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "foo-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


@pytest.fixture
def index(machine: Machine) -> Iterator[str]:
    """The realm of a pypiserver for alice only."""
    packages = machine.root / "packages"
    packages.mkdir()
    _write_wheel(packages)
    accounts = machine.root / "htpasswd"
    accounts.write_text(_ACCOUNTS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-W", "ignore", "-m", "pypiserver", "run", "-i", "127.0.0.1")
    options = ("-p", str(port), "-a", "list,download", "-P", str(accounts), str(packages))
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


@pytest.mark.parametrize("source", ["nothing", "store", "git", "netrc", "environment"])
def test_uv_installs_where_explain_has_an_answer(machine: Machine, index: str, source: str) -> None:
    host = index.removeprefix("http://")
    if source == "store":
        machine.uv_login(index, "alice", "wonder")
    elif source == "git":
        machine.put(protocol="http", host=host, username="alice", password="wonder")
    elif source == "netrc":
        netrc = machine.home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login alice password wonder\n")
        netrc.chmod(0o600)
    elif source == "environment":
        machine.env |= {"UV_INDEX_CORP_USERNAME": "alice", "UV_INDEX_CORP_PASSWORD": "wonder"}
    machine.env["UV_DEFAULT_INDEX"] = f"corp={index}/simple"
    told = machine.run(
        "git-credential-uvx", "explain", "--json", f"{index}/simple/foo/", check=False
    )
    target = machine.root / "target"
    done = machine.run(
        *("uv", "pip", "install", "--no-cache", "--target", target, "foo"), check=False
    )
    assert (done.returncode == 0) is (source != "nothing")
    assert told.returncode == (0 if source != "nothing" else 1)
    named = {"git": "store", "nothing": None}.get(source, source)
    answer = json.loads(told.stdout)["answer"]
    assert (answer and answer["source"]) == named
