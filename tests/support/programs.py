"""Programs of a test's own, and whether one that was stopped is really gone."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from typing import TYPE_CHECKING

from .needs import require

if TYPE_CHECKING:
    from pathlib import Path

SYSTEM = "/usr/bin:/bin"


def program(path: Path, script: str) -> Path:
    """A shell script that can be run, in folders made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def sleeper(path: Path, marks: Path) -> Path:
    """A program that says nothing for 30 s and then leaves a mark; it has a child that sleeps."""
    return program(
        path,
        f"sleep 30 &\necho $$ $! > '{marks}/pids'\nwait $!\necho late\ntouch '{marks}/woke'\n",
    )


def assert_stopped(marks: Path) -> None:
    """The sleeper and its child are gone, and it never woke."""
    require("ps")
    told = marks / "pids"
    # On a very busy machine it may be stopped before it could tell.
    for pid in told.read_text().split() if told.exists() else ():
        # What is killed takes a moment to go; who has no parent left stays as a zombie.
        for _ in range(1000):
            if not _running(pid):
                break
            time.sleep(0.01)
        assert not _running(pid)
    assert not (marks / "woke").exists()


def _running(pid: str) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith(b"Z")


def environment(*folders: Path | str, **more: str) -> dict[str, str]:
    """An environment with these folders and the system's on PATH."""
    return {"PATH": os.pathsep.join([*map(str, folders), SYSTEM]), **more}


def web_token(**claims: object) -> bytes:
    """A token that says this, signed by nobody."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return b".".join([*(base64.urlsafe_b64encode(p).rstrip(b"=") for p in parts), b"sig"])
