"""The private host and its account of the peers' tests, for what a person runs."""

from __future__ import annotations

from tests.peers.conftest import alice, host

__all__ = ["alice", "host"]
