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

from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
PIP = "pip"  # what installs the others, itself installed first
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
_PLAIN = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet")


def requirements(group: str) -> list[str]:
    """What `pyproject.toml` asks for: the package's own dependencies (not for pip) and those of a
    group."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = set() if group == PIP else set(project["project"]["dependencies"])

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
    same = () if group == GROUPS[0] else ("--constraint", FOLDER / f"{GROUPS[0]}.txt")
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", *_OPTIONS, *_PLAIN, *same, "-"],
        input="\n".join(requirements(group)).encode(),
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
    )
    path.write_text(header(group) + done.stdout.decode())


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for group in GROUPS:
        lock(group)


if __name__ == "__main__":
    main()
