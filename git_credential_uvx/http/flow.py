"""What one request sends next. Pure: a generator from replies and findings to what to do.

It yields `LookUp` and is sent an `Attempt` or None, or yields `Send` and is sent a `Reply`. It
ends when there is nothing more to send, and then gives a note for people, "" for none. Raises
HttpError where a policy forbids to send what there is, or to send nothing.
"""

from __future__ import annotations

from ..config.indexes import always_fault, never_fault
from ..credential import Credential, Secret
from ..errors import HttpError
from .challenges import SPOKEN, authorization

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from ..config.indexes import Index
    from ..resolver import Step
    from ..urls.service import Service

    Flow = Generator["Send | LookUp", "Reply | Attempt | None", str]

_NOTHING = Secret(b"")
_ASKS = frozenset((401, 403, 404))  # what an index answers to somebody whom it does not know


class Attempt:
    """A credential that can be sent, and where it is from.

    `source` is that of the resolver, "url", "redirect" or "header". `found` tells that a look-up
    gave it, so that another can be tried when it is refused. `lasting` is whether it may be used
    for other requests once a server has accepted it.
    """

    __slots__ = ("credential", "found", "header", "lasting", "source", "steps")

    def __init__(
        self,
        credential: Credential,
        source: str,
        *,
        found: bool = False,
        lasting: bool = True,
        steps: tuple[Step, ...] = (),
    ) -> None:
        self.credential = credential
        self.header = authorization(credential)
        self.source = source
        self.found = found
        self.lasting = lasting
        self.steps = steps

    def __repr__(self) -> str:
        return f"Attempt({self.credential!r}, {self.source!r})"


class Target:
    """What a request is for, and what it brings.

    `service` is None where no credential can be for such a URL. `given` is what its URL holds;
    `username` is what it or the URL of its index asks for. `kept` was sent by the hop before, to
    the same origin, `cached` was accepted for such a URL. `exposed` is why none may go there in
    clear, `barred` why none goes there at all, so that none is looked for either; "" if it may.
    `once` tells that the body cannot be sent again, `led` that another server named the URL.
    """

    __slots__ = (
        "barred",
        "cached",
        "exposed",
        "given",
        "index",
        "kept",
        "led",
        "once",
        "service",
        "username",
    )

    def __init__(
        self,
        service: Service | None,
        index: Index | None = None,
        *,
        given: Attempt | None = None,
        username: bytes | None = None,
        kept: Attempt | None = None,
        cached: Attempt | None = None,
        exposed: str = "",
        barred: str = "",
        once: bool = False,
        led: bool = False,
    ) -> None:
        self.service = service
        self.index = index
        self.given = given
        self.username = username
        self.kept = kept
        self.cached = cached
        self.exposed = exposed
        self.barred = barred
        self.once = once
        self.led = led

    @property
    def policy(self) -> str:
        """uv's `authenticate`, "auto" without an index."""
        return "auto" if self.index is None else self.index.policy


class Send:
    """Send the request with this, None for bare."""

    __slots__ = ("attempt",)

    def __init__(self, attempt: Attempt | None) -> None:
        self.attempt = attempt


class LookUp:
    """Look for a credential for a service; not `stale`, which the server refused."""

    __slots__ = ("service", "stale", "target")

    def __init__(self, service: Service, target: Target, stale: Attempt | None = None) -> None:
        self.service = service
        self.target = target
        self.stale = stale


class Reply:
    """What a server answered: the status, and the schemes that it offers."""

    __slots__ = ("schemes", "status")

    def __init__(self, status: int, schemes: list[str]) -> None:
        self.status = status
        self.schemes = schemes


class Memory:
    """What a flow tells of its outcome; `cache.Cache` keeps it."""

    __slots__ = ()

    def accept(self, target: Target, attempt: Attempt) -> None:
        """A server accepted it."""

    def refuse(self, target: Target, attempt: Attempt) -> None:
        """A server refused it, and no look-up gives another."""


def flow(target: Target, memory: Memory) -> Flow:
    """The requests of one hop."""
    if target.policy == "never":
        yield from _bare(target)
        return ""
    attempt = yield from _first(target)
    reply = yield from _send(target, attempt)
    challenged = False
    if attempt is None:
        note = _unspoken(reply)
        if reply.status not in _ASKS or target.once or target.barred or note:
            return note or (target.barred if reply.status in _ASKS else "")
        attempt = yield from _look_up(target)
        if attempt is None:
            return "no source has a credential for it"
        challenged = reply.status == 401
        reply = yield from _send(target, attempt)
    if reply.status == 401 and _is_renewable(attempt, target):
        fresh = yield from _look_up(target, stale=attempt)
        if fresh is None or fresh.header == attempt.header:
            memory.refuse(target, fresh or attempt)
            return _unspoken(reply)
        if target.once:
            return _unspoken(reply)  # the next request has it
        attempt, challenged = fresh, True
        reply = yield from _send(target, attempt)
        if reply.status == 401:
            memory.refuse(target, attempt)
    if _is_accepted(reply.status, challenged=challenged):
        memory.accept(target, attempt)
    return _unspoken(reply)


def _first(target: Target) -> Generator[LookUp, Reply | Attempt | None, Attempt | None]:
    """What the first request carries."""
    attempt = target.given or target.kept or target.cached
    if attempt is None and not target.barred and _needs_first(target):
        attempt = yield from _look_up(target)
    if attempt is not None:
        return attempt
    if target.index is not None and target.policy == "always":
        raise HttpError(target.barred or always_fault(target.index))
    if target.username and not (target.barred or target.exposed):
        # As uv does: the username may be the token.
        return Attempt(Credential(target.username, _NOTHING), "url", lasting=False)
    return None


def _bare(target: Target) -> Flow:
    index = target.index
    if index is not None and (target.given is not None or index.password is not None):
        raise HttpError(never_fault(index))
    yield Send(None)
    return ""


def _needs_first(target: Target) -> bool:
    """Whether a bare request would be one too many."""
    return target.username is not None or target.policy == "always" or target.once


def _is_renewable(attempt: Attempt, target: Target) -> bool:
    """Whether another look-up may give another: not for what the URL itself says."""
    return attempt.found or (attempt not in (target.given, target.kept) and attempt.lasting)


def _look_up(
    target: Target, stale: Attempt | None = None
) -> Generator[LookUp, Reply | Attempt | None, Attempt | None]:
    if target.service is None:
        return None
    found = yield LookUp(target.service, target, stale)
    return found if isinstance(found, Attempt) else None


def _send(
    target: Target, attempt: Attempt | None
) -> Generator[Send, Reply | Attempt | None, Reply]:
    if attempt is not None and (target.barred or target.exposed):
        raise HttpError(target.barred or target.exposed)
    reply = yield Send(attempt)
    if not isinstance(reply, Reply):
        raise TypeError
    return reply


def _unspoken(reply: Reply) -> str:
    """What to tell of a server that asks for nothing that this package speaks."""
    if reply.status != 401 or not reply.schemes or SPOKEN.intersection(reply.schemes):
        return ""
    return f"the server offers {', '.join(reply.schemes[:8])}, and neither Basic nor Bearer"


def _is_accepted(status: int, *, challenged: bool) -> bool:
    """Whether a status says that the server took the credential; a redirect says so only after
    a 401, because many servers redirect everybody."""
    return 200 <= status < 300 or status == 304 or (challenged and 300 <= status < 400)
