"""python -m faults [PATH...] [--every N]: a fault at every system call of every way to write.

Needs a C compiler, and Linux. Prints a line a way to write, and what did not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .paths import PATHS
from .trial import ERRORS, KILLS, STAYING, Bench, Fault, build

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORKERS = os.cpu_count() or 1


def faults(calls: int) -> list[Fault]:
    """Every fault for a way to write that makes so many calls."""
    return [
        fault
        for at in range(1, calls + 1)
        for fault in (
            *(Fault(how, at) for how in (*ERRORS, *KILLS)),
            *(Fault(how, at, on=True) for how in STAYING),
        )
    ]


def try_path(name: str, share: int, shares: int, every: int) -> tuple[int, int, list[str]]:
    """Do a share of the trials of a way to write: how many, its calls, and what did not hold."""
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        bench = Bench(root, build(root), PATHS[name])
        todo = faults(len(bench.calls))
        todo += [Fault("count", room=n) for n in range(bench.size)]
        Random(0).shuffle(todo)  # so that every n-th are of all kinds
        todo = todo[share::shares][::every]
        wrong = [f"{name}, {fault}: {line}" for fault in todo for line in bench.try_out(fault)]
        return len(todo), len(bench.calls), wrong


def run(names: Iterable[str], every: int) -> int:
    """Try ways to write, print what came of it; the number of faults found."""
    found = 0
    with ProcessPoolExecutor(_WORKERS) as pool:
        for name in names:
            shares = [pool.submit(try_path, name, n, _WORKERS, every) for n in range(_WORKERS)]
            results = [share.result() for share in shares]
            trials = sum(result[0] for result in results)
            wrong = [line for result in results for line in result[2]]
            print(
                f"{name}: {results[0][1]} calls, {trials} trials, {len(wrong)} faults", flush=True
            )
            for line in wrong:
                print(f"  {line}", flush=True)
            found += len(wrong)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("path", nargs="*", metavar="PATH", help=f"of: {', '.join(PATHS)}")
    parser.add_argument("--every", type=int, default=1, help="every N-th trial only")
    options = parser.parse_args()
    unknown = set(options.path) - set(PATHS)
    if unknown:
        parser.error(f"there is no way to write '{unknown.pop()}', only: {', '.join(PATHS)}")
    return 1 if run(options.path or PATHS, options.every) else 0


if __name__ == "__main__":
    sys.exit(main())
