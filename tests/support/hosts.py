"""A private Git host for a test, and an account of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.githost import GitHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machine import Machine


@pytest.fixture
def host(machine: Machine, tmp_path: Path) -> Iterator[GitHost]:
    """A private Git host that git and uv on the machine trust, with one repository `r.git`."""
    with GitHost(tmp_path / "host") as host:
        host.create("r.git", {"README": "first\n"})
        machine.env |= {
            "GIT_SSL_CAINFO": str(host.certificate),
            "SSL_CERT_FILE": str(host.certificate),
            **{f"GIT_{who}_NAME": "Alice" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "alice@localhost" for who in ("AUTHOR", "COMMITTER")},
        }
        yield host


@pytest.fixture
def alice(machine: Machine, host: GitHost) -> str:
    """The password of an account that `uv auth login` was told."""
    password = host.accounts["alice"] = "wonder=land ü"
    machine.uv_login(host.url(), "alice", password)
    return password
