"""Show which files of the package a command goes through, and how often it changes between them.

`python -m scripts.walks` runs each walk of docs/design.md in a home of its own, with a profiler.
A file counts as entered if one of its functions is called; what runs while a module is imported
does not count. A move is a call from a function of one file into a function of another.

`python -m scripts.walks --order get` prints the moves of a walk in the order in which they happen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "git_credential_uvx"
_FUNCTION = 1  # CO_OPTIMIZED: the body of a function, not of a module or class

REQUEST = b"protocol=https\nhost=git.test\nusername=alice\npassword=secret-1\n\n"
STORED = (
    '[[credential]]\nservice = "https://git.test/"\nusername = "alice"\n'
    'scheme = "basic"\npassword = "secret-1"\n'
)
PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = []\n'
REQUIREMENTS = "y @ git+https://bob:secret-2@git.example/y\n"


@dataclass(frozen=True)
class Walk:
    """A command to follow, with what is there before it runs."""

    argv: tuple[str, ...]
    input: bytes = b""
    stored: bool = False


WALKS = {
    "get": Walk(("get",), b"protocol=https\nhost=git.test\n\n", stored=True),
    "store": Walk(("store",), REQUEST),
    "erase": Walk(("erase",), REQUEST, stored=True),
    "sanitize --write": Walk(("sanitize", "--write", "requirements.txt")),
    "add": Walk(("add", "y @ git+https://bob:secret-2@git.example/y")),
}


class WalkError(Exception):
    """A walk did not end as it should."""


def follow(walk: Walk) -> list[tuple[str, str, str]]:
    """Run a walk in a temporary home: caller's file, entered file and function of each call."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        project, store, calls = home / "project", home / "credentials", home / "calls.json"
        project.mkdir()
        store.mkdir(mode=0o700)
        (project / "pyproject.toml").write_text(PROJECT)
        (project / "requirements.txt").write_text(REQUIREMENTS)
        if walk.stored:
            (store / "credentials.toml").write_text(STORED)
            (store / "credentials.toml").chmod(0o600)
        done = subprocess.run(
            [sys.executable, "-P", __file__, "--record", calls, *walk.argv],
            input=walk.input,
            cwd=project,
            env={
                "PATH": str(home),  # has neither git nor uv
                "HOME": str(home),
                "UV_CREDENTIALS_DIR": str(store),
                "GIT_CONFIG_NOSYSTEM": "1",
            },
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise WalkError(f"{walk.argv[0]} gave {done.returncode}: {done.stderr.decode()}")
        return [(caller, file, name) for caller, file, name in json.loads(calls.read_bytes())]


def files(calls: list[tuple[str, str, str]]) -> set[str]:
    """The files of which a function was called."""
    return {file for _, file, _ in calls}


def moves(calls: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The calls from one file of the package into another."""
    return [call for call in calls if call[0] not in ("", call[1])]


def _record(path: str, argv: list[str]) -> None:
    """Run the command in this process and write down its calls, with the names of files."""
    package = os.path.join(ROOT, PACKAGE) + os.sep
    calls: list[tuple[str, str, str]] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(package):
            return
        if not code.co_flags & _FUNCTION:
            return
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(package):
            caller = caller.f_back
        outer = caller
        while outer:
            if outer.f_code.co_name == "<module>" and outer.f_code.co_filename.startswith(package):
                return  # a module is being imported
            outer = outer.f_back
        origin = caller.f_code.co_filename.removeprefix(package) if caller else ""
        calls.append((origin, code.co_filename.removeprefix(package), code.co_name))

    def leave(status: int) -> None:
        sys.setprofile(None)
        Path(path).write_text(json.dumps(calls))
        end(status)

    end, os._exit = os._exit, leave  # type: ignore[assignment]
    sys.argv = [PACKAGE, *argv]
    from git_credential_uvx.__main__ import main

    sys.setprofile(look)
    leave(main())


def _table() -> None:
    print(f"{'walk':18} {'files':>5} {'moves':>5}  of these into")
    for name, walk in WALKS.items():
        calls = follow(walk)
        into = Counter(file.removesuffix(".py") for _, file, _ in moves(calls))
        busiest = ", ".join(f"{file} {count}" for file, count in into.most_common(5))
        print(f"{name:18} {len(files(calls)):5} {into.total():5}  {busiest}")


def main() -> None:
    if sys.argv[1:2] == ["--record"]:
        _record(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description="files of the package that a command goes through")
    parser.add_argument("--order", choices=WALKS, help="the moves of one walk, in order")
    walk = parser.parse_args().order
    if walk is None:
        _table()
    else:
        for caller, file, name in moves(follow(WALKS[walk])):
            print(f"{caller:28} -> {file:28} {name}")


if __name__ == "__main__":
    main()
