"""`python -m fuzz [HARNESS...]`: run harnesses for a while each, and print a table."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .harnesses import FOUND, NAMES

_COVERAGE = re.compile(r"^#\d+\s+(?:INITED|NEW|REDUCE|pulse|DONE)\s+cov: (\d+) ft: (\d+)", re.M)
_EXECUTIONS = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.M)
_GRACE = 180  # seconds beyond the time of a harness, for its start and for a slow last input


class Result(NamedTuple):
    """What one run of a harness gave; `error` is why it ended before its time, "" if it did not."""

    name: str
    executions: int
    seconds: float
    coverage: str
    faults: list[Path]
    error: str


def main() -> int:
    """Run what the command line names; 1 if there were faults."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("name", nargs="*", metavar="HARNESS", help=f"of: {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each harness (20)")
    parser.add_argument("--seed", type=int, help="repeats a run of the plain driver exactly")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    given = parser.parse_args()
    unknown = set(given.name) - set(NAMES)
    if unknown:
        parser.error(f"there is no harness '{unknown.pop()}', only: {', '.join(NAMES)}")
    plain = given.plain or find_spec("atheris") is None
    seed = SystemRandom().randrange(1, 2**31) if given.seed is None else given.seed
    driver = "random changes (atheris is not installed)" if plain else "atheris"
    print(f"driver: {driver}, seed {seed}, {given.seconds} s for each harness", flush=True)
    results = [run(name, given.seconds, seed, plain=plain) for name in given.name or NAMES]
    print(table(results))
    for result in results:
        for path in result.faults:
            print(f"\n{result.name}: {path}\n{path.with_suffix('.txt').read_text()}")
        if result.error:
            print(f"\n{result.name}: {result.error}")
    return int(any(result.faults or result.error for result in results))


def run(name: str, seconds: int, seed: int, *, plain: bool) -> Result:
    """Run one harness in a process of its own."""
    with TemporaryDirectory(prefix="fuzz-") as root:
        work, faults = Path(root, "work"), Path(root, "faults")
        work.mkdir()
        words = [sys.executable, "-m", "fuzz.session", name, *(["--plain"] if plain else [])]
        words += [f"--seconds={seconds}", f"--seed={seed}", f"--work={work}", f"--faults={faults}"]
        began = time.monotonic()
        error = ""
        try:
            done = subprocess.run(
                words, capture_output=True, check=False, timeout=seconds + _GRACE, cwd=root,
                env=_environment(root),
            )  # fmt: skip
            said = (done.stdout + done.stderr).decode(errors="replace")
            if done.returncode:
                error = f"exit status {done.returncode}:\n{said[-3000:]}"
        except subprocess.TimeoutExpired:
            said, error = "", "it did not end"
        executions = _EXECUTIONS.search(said)
        return Result(
            name,
            int(executions[1]) if executions else 0,
            time.monotonic() - began,
            _coverage(said),
            _kept(faults, FOUND / name),
            error,
        )


def _environment(root: str) -> dict[str, str]:
    # A harness starts programs: none of them may find the user's own files.
    path = str(Path(__file__).parents[1])
    return {**os.environ, "HOME": root, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _coverage(said: str) -> str:
    """Edges and features of the inputs in the repository, and what was new."""
    counts = [(int(edges), int(features)) for edges, features in _COVERAGE.findall(said)]
    if not counts:
        return "not counted"
    (edges, features), (more, most) = counts[0], counts[-1]
    return f"{more} edges (+{more - edges}), {most} features (+{most - features})"


def _kept(faults: Path, folder: Path) -> list[Path]:
    kept = []
    for text in sorted(faults.glob("*.txt")):
        folder.mkdir(parents=True, exist_ok=True)
        for path in (text, text.with_suffix("")):
            shutil.copy(path, folder / path.name)
        kept.append(folder / text.stem)
    return kept


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    rows = [("harness", "executions", "a second", "coverage", "faults")]
    rows += [
        (
            result.name,
            f"{result.executions:,}",
            f"{result.executions / result.seconds:,.0f}",
            result.coverage,
            "stopped" if result.error else str(len(result.faults)),
        )
        for result in results
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
