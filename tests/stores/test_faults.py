"""A sample of `make faults` and `make soak`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from faults.__main__ import try_path
from faults.paths import PATHS
from faults.soak import soak

from ..support.common import cases_one_fast

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux and glibc"),
    pytest.mark.needs("cc"),
]

_EVERY = 150  # one of so many trials; `make faults` does all


@cases_one_fast("name", {name: name for name in PATHS})
def test_a_fault_at_a_system_call_loses_nothing_and_is_reported(name: str) -> None:
    trials, calls, wrong = try_path(name, share=0, shares=1, every=_EVERY)
    assert not wrong
    assert trials
    assert calls > 5


def test_many_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    done, wrong = soak(tmp_path, processes=12, seconds=3)
    assert not wrong
    assert done["get"] >= 12
