"""The programs that the tests run, the Debian packages that have them, and what each is for.

    python3 scripts/programs.py

installs what is missing as root on Debian and Ubuntu. Elsewhere, or if that fails, one line says
what is missing and how to get it. Needs nothing but Python, and no network if nothing is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from typing import NamedTuple


class Program(NamedTuple):
    """A program by its name, its Debian packages, and what the tests do with it.

    The trial is a command that succeeds where the program can do what it is for.
    """

    name: str
    packages: str
    purpose: str
    trial: tuple[str, ...] = ()


# What makes mounts that nobody else sees. Root needs no other user name space for it.
PRIVATE_MOUNTS = ("unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount")

PROGRAMS = (
    Program("git", "git", "clones, fetches and pushes; asks the helper"),
    Program("bash", "bash", "completion, and the environment that `env` prints"),
    Program("zsh", "zsh", "completion, and the environment that `env` prints"),
    Program("fish", "fish", "completion, and the environment that `env` prints"),
    Program(
        "cc",
        "gcc libc6-dev",
        "the shim that makes system calls fail",
        ("cc", "-E", "-include", "stdio.h", "-x", "c", "/dev/null"),
    ),
    Program("curl", "curl", "reads the netrc files that we read and write"),
    Program("gh", "gh", "writes the hosts.yml that `import` reads"),
    Program("groff", "groff-base", "formats the manual page and reports its mistakes"),
    Program("man", "man-db", "shows the manual page for `--help`"),
    Program("nginx", "nginx-light", "redirects, client certificates and rate limits"),
    Program("ps", "procps", "shows whether a program that was stopped is gone"),
    Program("setpriv", "util-linux", "takes away root's right to write anywhere"),
    Program("tmux", "tmux", "the terminal of the screenshots"),
    Program(
        "unshare",
        "util-linux mount",
        "full disks, read-only folders and mounted files",
        (*PRIVATE_MOUNTS, "mount", "-t", "tmpfs", "none", "/tmp"),
    ),
)
BY_NAME = {program.name: program for program in PROGRAMS}

# Where the tests look: not in the folders of one user, who may have another uv or keyring there.
FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
_SERVERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def find(name: str) -> str | None:
    """The absolute path of a program, or None."""
    return shutil.which(name, path=os.pathsep.join(FOLDERS + _SERVERS))


@cache
def lacking(name: str) -> str | None:
    """Why the tests cannot use a program of the table, or None."""
    program = BY_NAME[name]
    if find(name) is None:
        return f"{name} is not installed (Debian: {program.packages})"
    if program.trial:
        env = {"PATH": os.pathsep.join(FOLDERS)}
        done = subprocess.run(program.trial, env=env, capture_output=True, check=False)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            return f"{name} does not work here: {said or f'status {done.returncode}'}"
    return None


def install(packages: list[str]) -> str:
    """Install Debian packages; what failed, in one line, or nothing."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
        done = subprocess.run(
            ["apt-get", "--quiet=2", *words],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            return f"apt-get {words[0]} failed: {lines[-1] if lines else done.returncode}"
    return ""


def main() -> None:
    """Install what is missing, or report it in one line."""
    missing = [program for program in PROGRAMS if find(program.name) is None]
    if not missing:
        return
    packages = sorted({package for program in missing for package in program.packages.split()})
    apt = f"apt-get install --no-install-recommends {' '.join(packages)}"
    advice = f"as root: {apt}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(apt, flush=True)
        advice = install(packages) or "apt-get succeeded without them"
        missing = [program for program in missing if find(program.name) is None]
    if missing:
        names = ", ".join(program.name for program in missing)
        print(f"not installed: {names}; their tests are skipped ({advice})", file=sys.stderr)


if __name__ == "__main__":
    main()
