"""A package index with a password, and a package for it."""

from __future__ import annotations

import sys
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .ports import free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# alice's password is "wonder", as `htpasswd -s` hashes it.
ACCOUNTS = "alice:{SHA}w3QkzGJswDXW5OKZHAJw0FELjfM=\n"


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
def serving(packages: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The realm of a pypiserver that lets alice in and nobody else."""
    accounts = packages.with_name("htpasswd")
    accounts.write_text(ACCOUNTS)
    (port,) = free_ports(1)
    command = (sys.executable, "-W", "ignore", "-m", "pypiserver", "run", "-i", "127.0.0.1")
    options = ("-p", str(port), "-a", "list,download,update", "-P", accounts, packages)
    with running(port, *command, *options, env=env):
        yield f"http://127.0.0.1:{port}"
