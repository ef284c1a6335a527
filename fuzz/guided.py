"""Coverage-guided changes by atheris."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable

    from .harnesses import Harness

_LONGEST = 4096  # bytes
_SLOW = 60  # seconds for one input


def instrumented(load: Callable[[], None]) -> None:
    """Import modules so that their coverage is counted."""
    with atheris.instrument_imports(include=["git_credential_uvx"]):
        load()


def run(
    one: Callable[[bytes], None],
    harness: Harness,
    corpus: Path,
    work: Path,
    *,
    seconds: int,
    seed: int,
) -> None:
    """Change the inputs in the folder `corpus` until the time is over. Ends the process.

    What reached something new is kept in the folder `work`.
    """
    dictionary = work.with_suffix(".dict")
    dictionary.write_text("".join(f'"{_spelled(token)}"\n' for token in harness.tokens))
    options = {
        "max_total_time": seconds,
        "seed": seed,
        "max_len": _LONGEST,
        "timeout": _SLOW,
        "dict": dictionary,
        "print_final_stats": 1,
    }
    words = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([harness.name, *words, str(work), str(corpus)], one)
    atheris.Fuzz()


def _spelled(token: bytes) -> str:
    return "".join(f"\\x{byte:02X}" for byte in token)
