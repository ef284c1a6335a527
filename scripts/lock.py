"""Write the lock files: each group of development dependencies, pinned and with hashes.

They are resolved for all supported versions of Python and all platforms at once. A lock file
begins with a digest of what was asked for, so that a test sees when `pyproject.toml` is newer.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
PIP = "pip"  # what installs the others, itself installed first
LOWEST = "lowest"  # has the lowest versions of the package's own dependencies
GROUPS = (
    "test",
    "lint",
    "screenshots",
    "demo",
    "audit",
    "fuzz",
    PIP,
)  # the first has most, the others follow
PYTHON = "3.11"

_OPTIONS = ("--universal", "--python-version", PYTHON, "--generate-hashes", "--upgrade")
_OLD = ("--resolution", "lowest-direct")
_PLAIN = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def dependencies() -> list[str]:
    """What the package itself needs."""
    found: list[str] = _project()["project"]["dependencies"]
    return found


def requirements(group: str) -> list[str]:
    """What `pyproject.toml` asks for: the package's own dependencies (not for pip) and those of a
    group."""
    project = _project()
    found = set() if group == PIP else set(dependencies())

    def add(name: str) -> None:
        for item in project["dependency-groups"][name]:
            if isinstance(item, str):
                found.add(item)
            else:
                add(item["include-group"])

    add(group)
    return sorted(found, key=canonicalize_name)


def header(group: str) -> str:
    """The first lines of a group's lock file."""
    digest = hashlib.sha256("\n".join(requirements(group)).encode()).hexdigest()
    return f"# Written by `make lock`; do not edit.\n# Requirements: sha256 {digest}\n"


def lock(group: str) -> None:
    """Resolve one group and write its lock file."""
    path = FOLDER / f"{group}.txt"
    with NamedTemporaryFile("w", suffix=".txt") as same:
        if group != GROUPS[0]:
            same.write("\n".join(pins(GROUPS[0], but=dependencies() if group == LOWEST else [])))
            same.flush()
        old = _OLD if group == LOWEST else ()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", *_OPTIONS, *_PLAIN, *old),
                *("--constraint", same.name, "-"),
            ],
            input="\n".join(requirements(group)).encode(),
            stdout=subprocess.PIPE,
            check=True,
            cwd=ROOT,
        )
    path.write_text(header(group) + done.stdout.decode())


def pins(group: str, but: list[str]) -> list[str]:
    """The versions in a lock file without their hashes, except those of some packages."""
    text = (FOLDER / f"{group}.txt").read_text().replace("\\\n", " ")
    left = {canonicalize_name(Requirement(name).name) for name in but}
    found = [line.partition(" --hash=")[0] for line in text.splitlines() if line[:1].isalnum()]
    return [pin for pin in found if canonicalize_name(Requirement(pin).name) not in left]


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for group in (*GROUPS, LOWEST):
        lock(group)


if __name__ == "__main__":
    main()
