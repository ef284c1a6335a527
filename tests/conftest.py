from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from scripts.programs import FOLDERS

from .support.budget import PROFILE, examples
from .support.machine import Machine
from .support.needs import NO_SKIPS, require

# How fast an example comes says something about the machine, not about the code.
_TIMELESS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# A test that fails in one run of ten hides what broke it, so only long runs draw lots.
settings.register_profile("short", _TIMELESS, max_examples=examples(40), derandomize=True)
settings.register_profile("full", _TIMELESS, max_examples=examples(40), derandomize=True)
settings.register_profile("long", _TIMELESS, max_examples=examples(40), print_blob=True)
settings.load_profile(PROFILE)

# What runs in the background or by `nohup` ignores signals, and so would all that tests start and
# then interrupt. A handler is not passed on as that is.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

# `require` looks for programs in these folders, and tests start them by their names.
os.environ["PATH"] = os.pathsep.join([*filter(None, [os.environ.get("PATH")]), *FOLDERS])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*names): programs that the test cannot do without")
    config.addinivalue_line("markers", "slow: run where CI is set, and by a plain `pytest`")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        require(*mark.args)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if NO_SKIPS and report.skipped:
        assert isinstance(report.longrepr, tuple)
        report.outcome = "failed"
        report.longrepr = f"UVX_NO_SKIPS is set, and this test was skipped: {report.longrepr[2]}"
    return report


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
