from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .machine import Machine

# How fast an example comes says something about the machine, not about the code.
settings.register_profile("timeless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("timeless")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
