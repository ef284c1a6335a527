"""How servers are asked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .messages import State, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..http import Hop
    from ..urls.service import Service

TIMEOUT = 30.0  # seconds for one URL with all its redirects


@dataclass(slots=True, kw_only=True)
class CheckOptions:
    """How servers are asked: what the options of a command say."""

    system_certs: bool | None = None
    insecure_hosts: Collection[str] = ()
    clear_hosts: Collection[str] = ()
    timeout: float = TIMEOUT


@dataclass(slots=True, eq=False)
class CheckResult:
    """The result of one check: its verdict, and the hops, warnings and notes on the way.

    `bare` is the status of a further request without a credential, None if there was none.
    `is_repository` is whether the server said so of a service of which nobody knew it.
    """

    service: Service
    kind: str
    username: bytes | None = field(default=None, repr=False)
    hops: list[Hop] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bare: int | None = None
    is_repository: bool = False
    verdict: Verdict = field(default_factory=lambda: Verdict(State.UNKNOWN, "unasked"))
