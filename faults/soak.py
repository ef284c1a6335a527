"""python -m faults.soak [--processes N] [--seconds S]: many processes on one store at once.

Each worker has an account of its own, and so knows what every `get` must answer, while Git's
operations, `uv auth login` and people's commands of all the others change the same two files. One
`store` in five is killed at some system call.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
import tomllib
from collections import Counter
from pathlib import Path
from random import Random
from signal import SIGKILL
from tempfile import TemporaryDirectory

from tests.support.machine import Machine, request

from .trial import COMMAND, Fault, build

_SHARED_HOST = "many.test"  # has the accounts of every third worker
_TIMEOUT = 600  # seconds; the queue for the lock is long

_KILLED = 0.2  # of the stores
_CALLS = 70  # system calls in the store's folder that a `store` makes


class Worker:
    """One account, and what Git must be answered about it."""

    def __init__(self, machine: Machine, shim: Path, number: int, until: float) -> None:
        self._machine, self._shim, self._until = machine, shim, until
        self._random = Random(number)
        self._user = f"user{number}"
        self.host = _SHARED_HOST if number % 3 == 0 else f"h{number}.test"
        self._allowed = {b""}
        # What a person gave, which answers again when what Git stored over it is refused.
        self._persons: set[bytes] = set()
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Change and ask in turn until the time is over."""
        steps = [self._store, self._store, self._erase, self._get, self._get]
        if self.host != _SHARED_HOST:  # where uv could not choose among the accounts
            steps.append(self._uv_login)
        steps.append(self._login)
        while time.monotonic() < self._until:
            self._random.choice(steps)()
        self._get()

    def _request(self, **more: str) -> bytes:
        return request(protocol="https", host=self.host, username=self._user, **more)

    def _password(self) -> str:
        return f"p{self._random.getrandbits(48):x}"

    def _run(
        self, name: str, words: tuple[str, ...], data: bytes, fault: Fault | None = None
    ) -> bytes | None:
        env = {} if fault is None else fault.variables(self._shim, self._machine.folder)
        done = self._machine.run(*words, input=data, check=False, env=env, timeout=_TIMEOUT)
        self.done[name] += 1
        if done.returncode == 0 and not done.stderr:
            return done.stdout
        if fault is not None and done.returncode == -SIGKILL:
            self.done["killed"] += 1
            return None
        if name == "get" and b"refused the password" in done.stderr:
            return b""
        if name == "erase" and b"refused the password" in done.stderr:
            return done.stdout
        # What a person gave was refused before, and is still in uv's file.
        if name == "store" and self._persons and b"uv still has the password" in done.stderr:
            return done.stdout
        self.wrong.append(f"{name}: status {done.returncode}, {done.stderr.decode().strip()}")
        return None

    def _change(
        self,
        name: str,
        words: tuple[str, ...],
        data: bytes,
        password: str,
        fault: Fault | None = None,
    ) -> None:
        new = {password.encode()}
        if self._run(name, words, data, fault) is None:
            new |= self._allowed
        self._allowed = new

    def _store(self) -> None:
        password = self._password()
        fault = Fault("kill", self._random.randint(1, _CALLS)) if self._unlucky() else None
        words = (*COMMAND, "store")
        self._change("store", words, self._request(password=password), password, fault)

    def _unlucky(self) -> bool:
        return self._random.random() < _KILLED

    def _erase(self) -> None:
        if len(self._allowed) == 1 and self._allowed != {b""}:
            (known,) = self._allowed
            data = self._request(password=known.decode())
            self._change("erase", (*COMMAND, "erase"), data, "")
            self._allowed |= self._persons - {known}

    def _uv_login(self) -> None:
        password = self._password()
        who = (self.host, "--username", self._user, "--password", "-")
        self._change(
            "uv auth login", ("uv", "auth", "login", "-q", *who), password.encode(), password
        )
        self._persons = self._allowed

    def _login(self) -> None:
        password = self._password()
        who = (self.host, "--username", self._user, "--password", "-")
        words = (*COMMAND, "login", "-q", "--no-verify", *who)
        self._change("login", words, password.encode(), password)
        self._persons = self._allowed

    def _get(self) -> None:
        answer = self._run("get", (*COMMAND, "get"), self._request())
        lines = (answer or b"").splitlines()
        found = dict(line.partition(b"=")[::2] for line in lines).get(b"password", b"")
        if answer is not None and found not in self._allowed:
            self.wrong.append(f"get: another answer than what {self._user} stored last")


def soak(folder: Path, processes: int, seconds: float) -> tuple[Counter[str], list[str]]:
    """Run so many processes at a time for so long: what was done, and what was wrong."""
    machine = Machine(folder)
    until = time.monotonic() + seconds
    shim = build(folder)
    workers = [Worker(machine, shim, number, until) for number in range(processes)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = sum((worker.done for worker in workers), Counter[str]())
    wrong = [line for worker in workers for line in worker.wrong]
    machine.put(protocol="https", host="later.test", username="a", password="b")
    wrong += [
        f"uv does not find {entry['username']} at {entry['service']}"
        for entry in tomllib.loads(machine.store.read_text()).get("credential", [])
        if machine.uv_token(entry["service"], entry["username"]) != entry["password"]
    ]
    wrong += [f"'{name}' is left" for name in machine.files() if name.startswith(".")]
    return done, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.soak", description=__doc__)
    parser.add_argument("--processes", type=int, default=500, help="at a time (500)")
    parser.add_argument("--seconds", type=float, default=60, help="for so long (60)")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        done, wrong = soak(Path(folder).resolve(), options.processes, options.seconds)
    print(f"{done.total():,} commands by {options.processes} processes at a time:", end=" ")
    print(", ".join(f"{count:,} {name}" for name, count in done.most_common()))
    print(f"{len(wrong)} faults")
    for line, count in Counter(wrong).most_common(50):
        print(f"  {count} x {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
