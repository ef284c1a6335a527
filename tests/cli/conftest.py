from __future__ import annotations

from ..support.hosts import alice, host

__all__ = ["alice", "host"]
