from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .support.budget import PROFILE, examples
from .support.machine import Machine

# How fast an example comes says something about the machine, not about the code.
_TIMELESS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# A test that fails in one run of ten hides what broke it, so everyday runs draw no lots.
settings.register_profile("everyday", _TIMELESS, max_examples=examples(40), derandomize=True)
settings.register_profile("long", _TIMELESS, max_examples=examples(40), print_blob=True)
settings.load_profile(PROFILE)

# What runs in the background or by `nohup` ignores signals, and so would all that tests start and
# then interrupt. A handler is not passed on as that is.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
