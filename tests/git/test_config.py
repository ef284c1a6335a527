"""What values of Git's configuration mean, compared with the real git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.git.config import is_true

if TYPE_CHECKING:
    from ..support.machine import Machine

VALUES = ("true", "Yes", "on", "1", "2", "-1", "+3", "1k", "0", "0k", "-0", "false", "no", "off")


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_true_where_it_is_for_git(machine: Machine, value: str) -> None:
    found = machine.git("-c", f"x.y={value}", "config", "--type=bool", "x.y").strip()
    assert is_true(value) is (found == "true")
