"""Runs `sanitize`, and the files that it is tried with."""

from __future__ import annotations

import json
from pathlib import Path

from .common import SECRET
from .machine import Machine

URL = f"https://alice:{SECRET}@git.test/simple/"
CLEAN = "https://git.test/simple/"
LINE = f'url = "{URL}"\n'
AMBIGUOUS = f"https://alice/x:{SECRET}@git.test/"


def sanitize(
    machine: Machine,
    *words: str | Path,
    status: int = 0,
    input: bytes = b"",
    cwd: Path | None = None,
) -> tuple[str, str]:
    """Standard output and standard error; no secret is in either."""
    done = machine.run(
        *("git-credential-uvx", "sanitize", *words),
        input=input,
        check=False,
        cwd=cwd or machine.home,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert b"CANARY" not in done.stderr
    assert b"CANARY" not in done.stdout
    assert b"Traceback" not in done.stderr
    assert b"unexpectedly" not in done.stderr
    return done.stdout.decode(), done.stderr.decode()


def put(path: Path, text: str | bytes = LINE, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def stored(machine: Machine) -> list[tuple[str, str]]:
    """Service and username of what is in the store."""
    listed = json.loads(machine.run("git-credential-uvx", "list", "--json").stdout)
    return [(entry["service"], entry["username"]) for entry in listed]


def checkout(machine: Machine) -> Path:
    """An empty checkout, in which Git knows who commits."""
    machine.env |= {f"GIT_{who}_NAME": "Alice" for who in ("AUTHOR", "COMMITTER")}
    machine.env |= {f"GIT_{who}_EMAIL": "alice@localhost" for who in ("AUTHOR", "COMMITTER")}
    folder = machine.root / "checkout"
    folder.mkdir()
    machine.git("init", "--quiet", "--initial-branch=main", cwd=folder)
    return folder


def commit(machine: Machine, folder: Path) -> None:
    """Commit all that is in a checkout."""
    machine.git("add", "--all", cwd=folder)
    machine.git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=folder)


def committed(machine: Machine, folder: Path, name: str) -> bytes:
    """The bytes of a file in the last commit."""
    return machine.run("git", "show", f"HEAD:{name}", cwd=folder).stdout
