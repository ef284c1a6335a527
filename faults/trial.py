"""One trial: a way to write, with one fault, and what must hold after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.machine import BIN, Machine, request

from .paths import OLD, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .paths import State, WritePath

# Without the shell script that starts it: the shim is for one process.
COMMAND = (sys.executable, "-EPS", str(BIN / "_git-credential-uvx"))

_TIMEOUT = 60  # seconds; a command that takes longer hangs

# Each error at the n-th call alone, and two that stay from there on, as on a disk that died.
ERRORS = ("EIO", "ENOSPC", "EACCES", "short")
STAYING = ("EIO", "EROFS")
KILLS = ("kill", "after")


def build(folder: Path) -> Path:
    """Compile the shim into a folder. Raises CalledProcessError, or FileNotFoundError without a
    compiler."""
    shim = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    words = ("cc", "-O1", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl")
    subprocess.run(words, check=True)
    return shim


class Fault:
    """What happens at which call: `how` as in shim.c, from the `at`-th call or the byte `room`."""

    def __init__(self, how: str, at: int = 0, *, room: int | None = None, on: bool = False) -> None:
        self.how, self.at, self.room, self.on = how, at, room, on

    def __str__(self) -> str:
        if self.room is not None:
            return f"disk full after {self.room} bytes"
        return f"{self.how} {'from' if self.on else 'at'} call {self.at}"

    @property
    def kills(self) -> bool:
        return self.how in KILLS

    def variables(self, shim: Path, root: Path) -> dict[str, str]:
        """What a process needs in its environment to have this fault below `root`."""
        return {
            "LD_PRELOAD": str(shim),
            "FAULTS_ROOT": str(root),
            "FAULTS_HOW": self.how,
            "FAULTS_AT": str(self.at),
            **({} if self.room is None else {"FAULTS_BYTES": str(self.room)}),
            **({"FAULTS_ON": "1"} if self.on else {}),
        }


def _calls(report: list[str]) -> list[str]:
    return [line for line in report if not line.startswith("+")]


class Bench:
    """A machine that is set back to the same old state before each trial.

    `calls` are the system calls of the command without a fault, `size` the bytes that it writes.
    """

    def __init__(self, folder: Path, shim: Path, path: WritePath) -> None:
        self._shim, self._path = shim, path
        self._root, self._saved = folder / "machine", folder / "saved"
        self._root.mkdir()
        self.machine = Machine(self._root)
        path.prepare(self.machine)
        shutil.copytree(self._root, self._saved, symlinks=True)
        self.old = path.look(self.machine)
        report, done = self._run(Fault("count"))
        self.calls = _calls(report)
        self.size = sum(int(line) for line in report if line.startswith("+"))
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"fails without a fault: {done.stderr.decode()}")
        self.new = path.look(self.machine)
        if self.new == self.old:
            raise AssertionError("changes nothing")

    def try_out(self, fault: Fault) -> Iterator[str]:
        """Do it with a fault; what is wrong afterwards, a line each."""
        self._reset()
        report, done = self._run(fault)
        if fault.room is None and len(_calls(report)) < fault.at:
            return  # an earlier answer of the system made it take another way
        was_killed = fault.kills and done.returncode == -9
        yield from self._told(done, was_killed=was_killed)
        now = self._path.look(self.machine)
        yield from self._files()
        if not self._path.keeps(self.old, self.new, now):
            yield "the state is neither the old one nor the new one"
        if self._says_done(done) and not was_killed and now != self.new:
            yield "it says that it is done, and the state is not the new one"
        yield from self._again(now)

    def _reset(self) -> None:
        shutil.rmtree(self._root)
        shutil.copytree(self._saved, self._root, symlinks=True)

    def _run(self, fault: Fault | None) -> tuple[list[str], subprocess.CompletedProcess[bytes]]:
        reader, writer = os.pipe()
        with open(reader, "rb") as report, open(writer, "wb") as told:
            variables = {} if fault is None else fault.variables(self._shim, self._root)
            variables["FAULTS_REPORT"] = str(writer)
            done = subprocess.run(
                [*COMMAND, *self._path.words],
                input=self._path.data,
                env={**self.machine.env, **variables},
                cwd=self._root,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
                pass_fds=(writer,),
            )
            told.close()
            return report.read().decode().split(), done

    def _says_done(self, done: subprocess.CompletedProcess[bytes]) -> bool:
        return done.returncode == 0 and not (self._path.is_git and done.stderr)

    def _told(self, done: subprocess.CompletedProcess[bytes], *, was_killed: bool) -> Iterator[str]:
        text = (done.stdout + done.stderr).decode(errors="replace")
        if "Traceback" in text or "unexpectedly" in text:
            yield f"it does not say what failed: {text.strip()[-200:]}"
        if SECRET in text or OLD in text:
            yield "it shows a secret"
        if was_killed:
            return
        if done.returncode not in ((0,) if self._path.is_git else (0, 1, 2)):
            yield f"the status is {done.returncode}: {text.strip()[-200:]}"
        if done.returncode != 0 and not text:
            yield f"the status is {done.returncode} and nothing is said"

    def _files(self) -> Iterator[str]:
        for path in self._root.rglob("*"):
            if not path.is_file():
                continue
            data = path.read_bytes()
            holds = SECRET.encode() in data or OLD.encode() in data
            is_ours = path.parent == self.machine.folder
            if holds and is_ours and path.stat().st_mode & 0o077:
                yield f"others can read {path.name}"
            if holds and not is_ours and path.suffix in (".tmp", ".old", ".new"):
                yield f"a secret is left in {path.name}"
        if self.machine.store.exists():
            try:
                tomllib.loads(self.machine.store.read_text())
            except (tomllib.TOMLDecodeError, UnicodeDecodeError):
                yield "uv cannot read its file"

    def _again(self, now: State) -> Iterator[str]:
        """Without the fault the same command must bring the new state about, and clean up."""
        if now != self.new:
            if self._path.left:
                (self._root / self._path.left).unlink(missing_ok=True)
            self._run(None)
            if self._path.look(self.machine) != self.new:
                yield "the same command does not work afterwards"
        later = request(protocol="https", host="later.test", username="a", password="b")
        if told := self.machine.helper("store", later).stderr:
            yield f"a later store says {told.decode().strip()}"
        left = [name for name in self.machine.files() if name.startswith(".")]
        if left:
            yield f"{len(left)} temporary files stay in the store's folder"
        if self.machine.uv_token("https://later.test", "a") != "b":
            yield "uv does not find what was stored afterwards"
