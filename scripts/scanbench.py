"""Measure `sanitize --check` on a large clean lock file and on many small files.

Whole processes, every command in turn. Beside it what others need for the same bytes: grep, and
detect-secrets and gitleaks where they are installed. No file holds a secret. And what the filter
costs Git, beside `cat`.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE = 100_000_000  # bytes
PEERS_LARGE = 2_000_000  # bytes; detect-secrets takes seconds for each million
FILES = 10_000
PATTERN = "://[^/ ]*@"

OURS, GREP = "git-credential-uvx sanitize --check", "grep -cE"
LOCK, HASHED, SMALL = "100 MB lock file", "the same with #sha256=", f"{FILES:,} small files"
SHORT = "2 MB of it, as .txt"
FILTERED = "60 TOML files as Git adds them"
PROCESS, CAT = "filter-process", "cat as a clean filter"


@dataclass
class Scan:
    """A command over some bytes, and what it took."""

    tool: str
    subject: str
    size: int
    argv: list[str]
    statuses: tuple[int, ...] = (0,)
    seconds: list[float] = field(default_factory=list)

    def measure(self, env: dict[str, str]) -> None:
        start = time.perf_counter()
        done = subprocess.run(self.argv, env=env, capture_output=True, check=False)
        self.seconds.append(time.perf_counter() - start)
        if done.returncode not in self.statuses:
            raise OSError(0, f"'{self.tool}' failed with status {done.returncode}")

    @property
    def time(self) -> float:
        return statistics.median(self.seconds)


def lock_file(size: int, *, fragment: bool = False) -> str:
    """What uv.lock looks like, of at least `size` bytes; with `fragment` as indexes link files."""
    draw = random.Random(size)
    pieces: list[str] = []
    length = number = 0
    while length < size:
        number += 1
        name = f"package-{number:06}"
        lines = [f'[[package]]\nname = "{name}"\nversion = "1.0.0"\nwheels = [\n']
        for version in range(8):
            path = f"{draw.getrandbits(8):02x}/{draw.getrandbits(240):060x}"
            digest = f"{draw.getrandbits(256):064x}"
            url = f"https://files.example.com/packages/{path}/{name}-1.{version}-py3-none-any.whl"
            tail = f"#sha256={digest}" if fragment else ""
            lines.append(f'    {{ url = "{url}{tail}", hash = "sha256:{digest}", size = 4096 }},\n')
        pieces.append("".join(lines) + "]\n\n")
        length += len(pieces[-1])
    return "".join(pieces)


def write_small(folder: Path) -> None:
    """Source files of some hundred bytes, a hundred a folder."""
    text = '"""See https://docs.example.com/a/b?version=1#top."""\n\nimport os\n\nX = os.sep\n' * 8
    for number in range(FILES):
        below = folder / f"{number // 100:03}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"m{number}.py").write_text(text)


def scans(base: Path, ours: str) -> Iterator[Scan]:
    """Everything to measure; the files are made below `base`."""
    peers = {name: program(name) for name in ("detect-secrets", "gitleaks")}
    for subject, fragment in ((LOCK, False), (HASHED, True)):
        path = base / f"{'hashed' if fragment else 'plain'}.lock"
        path.write_text(lock_file(LARGE, fragment=fragment))
        yield Scan(OURS, subject, LARGE, [ours, "sanitize", "--check", str(path)])
        yield Scan(GREP, subject, LARGE, ["grep", "-cE", PATTERN, str(path)], (1,))
    folder = base / "many"
    write_small(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*.py"))
    yield Scan(OURS, SMALL, size, [ours, "sanitize", "--check", str(folder)])
    yield Scan(GREP, SMALL, size, ["grep", "-rcE", PATTERN, str(folder)], (1,))
    short = base / "short" / "short.txt"
    short.parent.mkdir()
    short.write_text(lock_file(PEERS_LARGE))
    yield Scan(OURS, SHORT, PEERS_LARGE, [ours, "sanitize", "--check", str(short)])
    yield from _filters(base / "filtered", ours)
    wholes = ((SMALL, folder, size), (SHORT, short.parent, PEERS_LARGE))
    if secrets := peers["detect-secrets"]:
        for subject, path, amount in wholes:
            # It looks at nothing outside its working folder, and says so by no word.
            argv = [secrets, "-C", str(path), "scan", "--all-files"]
            yield Scan("detect-secrets scan", subject, amount, argv)
    if gitleaks := peers["gitleaks"]:
        for subject, path, amount in wholes:
            yield Scan("gitleaks dir", subject, amount, [gitleaks, "dir", str(path)])


def _filters(folder: Path, ours: str) -> Iterator[Scan]:
    """What Git's filters cost: `hash-object` runs them as `add` does, and changes nothing."""
    folder.mkdir()
    (folder / ".gitattributes").write_text("*.toml filter=bench\n")
    names = [f"{number}.toml" for number in range(60)]
    text = lock_file(3_000)
    for name in names:
        (folder / name).write_text(text)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    filters = {PROCESS: f"process='{ours}' filter-process", CAT: "clean=cat"}
    for tool, setting in filters.items():
        argv = [*git, "-c", f"filter.bench.{setting}", "-c", "filter.bench.required=true"]
        yield Scan(tool, FILTERED, 60 * len(text), [*argv, "hash-object", *names])


def program(name: str) -> str | None:
    """A program beside this Python, or on PATH; None for none."""
    beside = shutil.which(name, path=os.path.dirname(sys.executable))
    return beside or shutil.which(name)


def part(base: Path, ours: str, env: dict[str, str], rounds: int) -> str:
    """The part of the page: measure everything, `ours` being the installed command."""
    base.mkdir()
    found = list(scans(base, ours))
    slow = [scan for scan in found if scan.tool not in (OURS, GREP, PROCESS, CAT)]
    for number in range(rounds + 1):
        for scan in found:
            if number <= 1 or scan not in slow:
                scan.measure({**env, "LC_ALL": "C"})
            if number == 0 and scan not in slow:
                scan.seconds.clear()  # the files were not in memory yet
    lines = ["## Looking for secrets in files", "", *_table(found), "", "Goals:", ""]
    return "\n".join([*lines, *_goals(found)]) + "\n"


def _table(found: list[Scan]) -> Iterator[str]:
    yield "| command | files | time | MB/s |"
    yield "|---|---|--:|--:|"
    for scan in sorted(found, key=lambda scan: (scan.subject, scan.time)):
        speed = scan.size / scan.time / 1e6
        shown = f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"
        yield f"| {scan.tool} | {scan.subject} | {scan.time:.2f} s | {shown} |"


def _goals(found: list[Scan]) -> Iterator[str]:
    taken = {(scan.tool, scan.subject): scan.time for scan in found}
    for subject in (LOCK, HASHED):
        speed = LARGE / taken[OURS, subject] / 1e6
        times = taken[OURS, subject] / taken[GREP, subject]
        yield _goal(speed >= 150, f"{subject}: {speed:.0f} MB/s, at least 150")
        yield _goal(times <= 5, f"{subject}: {times:.1f} x grep, at most 5")
    many = taken[OURS, SMALL]
    yield _goal(many < 2, f"{SMALL}: {many:.2f} s, less than 2")
    times = taken[PROCESS, FILTERED] / taken[CAT, FILTERED]
    yield _goal(times <= 3, f"{FILTERED}: {times:.1f} x {CAT}, at most 3")


def _goal(met: bool, text: str) -> str:
    return f"- {'pass' if met else '**missed**'}: {text}"
