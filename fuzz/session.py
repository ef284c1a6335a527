"""Runs one harness in this process: what `python -m fuzz` starts for each.

Prints the statistics in the words of libFuzzer, which atheris prints by itself.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from . import plain
from .faults import Faults
from .harnesses import FOLDER, NAMES, corpus, covered, load


def main() -> None:
    """Run the harness that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.session")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--faults", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    if not given.plain:
        from .guided import instrumented

        instrumented(partial(covered, given.name))
    harness = load(given.name)
    faults = Faults(harness.one, given.faults)
    if given.plain:
        seeds = list(corpus(given.name).values())
        budget = {"seconds": given.seconds, "seed": given.seed}
        executions = plain.run(faults.run, seeds, harness.tokens, **budget)
        print(f"stat::number_of_executed_units: {executions}")
        return
    from .guided import run

    folder = FOLDER / "corpus" / given.name
    run(faults.run, harness, folder, given.work, seconds=given.seconds, seed=given.seed)


if __name__ == "__main__":
    main()
