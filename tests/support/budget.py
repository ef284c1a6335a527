"""How many examples a property gets.

`HYPOTHESIS_PROFILE` selects: "everyday" (the default, in CI too) tries a few examples, the same
ones in every run. "long" tries many, others in every run, and keeps what failed in `.hypothesis/`.
"""

from __future__ import annotations

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "everyday")
_LONG = 50


def examples(count: int) -> int:
    """The number of examples for a property that gets `count` in an everyday run."""
    return count * _LONG if PROFILE == "long" else count
