"""The server that runs the commands of the tests: it ends with them, and tells what failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .support.machine import Machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server runs on Linux only")


def test_the_server_ends_when_its_standard_input_does_and_leaves_nothing() -> None:
    words = [sys.executable, "-P", "-m", "tests.support.warm"]
    checkout = Path(__file__).parents[1]
    with subprocess.Popen(
        words,
        cwd=checkout,
        env={"PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        path = Path(server.stdout.readline().decode().rstrip("\n"))
        assert path.is_socket()
        server.communicate(timeout=60)
    assert server.returncode == 0
    assert not path.parent.exists()


def test_what_keeps_a_command_from_running_is_told(machine: Machine) -> None:
    with pytest.raises(AssertionError, match=r"could not be started: Traceback[\s\S]*FileNotFound"):
        machine.run("git-credential-uvx", "list", cwd=machine.root / "missing")
