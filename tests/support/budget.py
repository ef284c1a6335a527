"""How many examples a property gets.

`HYPOTHESIS_PROFILE` selects: "short" (the default) tries a few examples and "full" (the default
where CI is set) more, the same ones in every run. "long" tries many, others in every run, and keeps
what failed in `.hypothesis/`.
"""

from __future__ import annotations

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE") or ("full" if os.environ.get("CI") else "short")
_LONG = 50
_SHORT = 0.25


def examples(count: int) -> int:
    """The number of examples for a property that gets `count` in a full run."""
    if PROFILE == "short":
        return max(3, round(count * _SHORT))
    return count * _LONG if PROFILE == "long" else count
