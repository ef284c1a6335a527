"""What one request sends next. Pure: a generator of steps that its driver carries out.

A step is a `LookUp` or a `Send`; the driver puts the result into the step before it asks for the
next one. The generator ends when there is nothing more to send, and returns a note for people, ""
for none. It raises HttpError if a policy forbids what would be sent.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from ..config.indexes import always_fault, never_fault
from ..credential import Credential, Secret
from ..errors import HttpError
from .challenges import SPOKEN, authorization

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from ..config.indexes import Index
    from ..urls.service import Service

    Steps = Generator["Send | LookUp", None, str]

_NOTHING = Secret(b"")
_HIDES = frozenset((403, 404))  # what some indexes answer in place of a 401


@dataclass(slots=True, eq=False)
class Attempt:
    """A credential that can be sent, and where it is from.

    `source` is a source of the resolver, "url" or "redirect"; `place` names the file with its line,
    the variable or the entry, if the resolver knows it. `found` is whether a look-up gave it,
    so that another can be tried if it is refused. `lasting` is whether it may be used for other
    requests after a server has accepted it.
    """

    credential: Credential
    source: str
    _: KW_ONLY
    found: bool = field(default=False, repr=False)
    lasting: bool = field(default=True, repr=False)
    place: str = field(default="", repr=False)
    header: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.header = authorization(self.credential)


@dataclass(slots=True, eq=False, repr=False)
class RequestTarget:
    """What a request is for, and what it brings.

    `service` is None if no credential can be for such a URL. `given` is what its URL holds;
    `username` is what it or the URL of its index asks for. `kept` was sent by the hop before, to
    the same origin, `cached` was accepted for such a URL. `cleartext_refusal` is why no credential
    may go there over plain http, "" if one may. `refusal` is why no credential goes there at all,
    so that there is no look-up either, "" if one may. `once` is whether the body cannot be sent
    again, `redirected` whether another server chose the URL.
    `as_git` is whether only a 401 causes a look-up, and nothing is sent before, as Git does it.
    """

    service: Service | None
    index: Index | None = None
    _: KW_ONLY
    given: Attempt | None = None
    username: bytes | None = None
    kept: Attempt | None = None
    cached: Attempt | None = None
    cleartext_refusal: str = ""
    refusal: str = ""
    once: bool = False
    redirected: bool = False
    as_git: bool = False

    @property
    def policy(self) -> str:
        """uv's `authenticate`, "auto" without an index."""
        return "auto" if self.index is None else self.index.policy


@dataclass(slots=True)
class Reply:
    """What a server answered: the status, and the schemes that it offers."""

    status: int
    schemes: list[str]


@dataclass(slots=True, eq=False)
class Send:
    """Send the request with this attempt, None for none, and put the server's `reply` in here."""

    attempt: Attempt | None
    reply: Reply = field(init=False)


@dataclass(slots=True, eq=False, repr=False)
class LookUp:
    """Look for a credential for a service that is not `stale`, which the server refused.

    What is `found` is put in here.
    """

    service: Service
    target: RequestTarget
    stale: Attempt | None = None
    found: Attempt | None = None


class Memory:
    """What a flow reports its outcome to; a subclass keeps it."""

    def accept(self, target: RequestTarget, attempt: Attempt) -> None:
        """A server accepted it."""

    def refuse(self, target: RequestTarget, attempt: Attempt) -> None:
        """A server refused it, and no look-up gives another one."""


def flow(target: RequestTarget, memory: Memory) -> Steps:
    """The requests of one hop."""
    if target.policy == "never":
        yield from _bare(target)
        return ""
    attempt = yield from _first(target)
    reply = yield from _send(target, attempt)
    challenged = False
    if attempt is None:
        note = _unspoken(reply)
        asks = reply.status == 401 or (reply.status in _HIDES and not target.as_git)
        if not asks or target.once or target.refusal or note:
            return note or (target.refusal if asks else "")
        attempt = yield from _look_up(target)
        if attempt is None:
            return "no source has a credential"
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


def _first(target: RequestTarget) -> Generator[LookUp, None, Attempt | None]:
    """What the first request carries."""
    attempt = target.given or target.kept or target.cached
    if target.as_git:
        return attempt
    if attempt is None and not target.refusal and _needs_first(target):
        attempt = yield from _look_up(target)
    if attempt is not None:
        return attempt
    if target.index is not None and target.policy == "always":
        raise HttpError(target.refusal or always_fault(target.index))
    if target.username and not (target.refusal or target.cleartext_refusal):
        # The username may be the token; uv sends it, too.
        return Attempt(Credential(target.username, _NOTHING), "url", lasting=False)
    return None


def _bare(target: RequestTarget) -> Steps:
    index = target.index
    if index is not None and (target.given is not None or index.password is not None):
        raise HttpError(never_fault(index))
    yield Send(None)
    return ""


def _needs_first(target: RequestTarget) -> bool:
    """Whether to look for a credential before the first request."""
    return target.username is not None or target.policy == "always" or target.once


def _is_renewable(attempt: Attempt, target: RequestTarget) -> bool:
    """Whether another look-up may give another credential; not if the URL itself has one."""
    return attempt.found or (attempt not in (target.given, target.kept) and attempt.lasting)


def _look_up(
    target: RequestTarget, stale: Attempt | None = None
) -> Generator[LookUp, None, Attempt | None]:
    if target.service is None:
        return None
    step = LookUp(target.service, target, stale)
    yield step
    return step.found


def _send(target: RequestTarget, attempt: Attempt | None) -> Generator[Send, None, Reply]:
    if attempt is not None and (target.refusal or target.cleartext_refusal):
        raise HttpError(target.refusal or target.cleartext_refusal)
    step = Send(attempt)
    yield step
    return step.reply


def _unspoken(reply: Reply) -> str:
    """A note if the server offers only schemes that this package does not support."""
    if reply.status != 401 or not reply.schemes or SPOKEN.intersection(reply.schemes):
        return ""
    return f"the server offers {', '.join(reply.schemes[:8])}, but neither Basic nor Bearer"


def _is_accepted(status: int, *, challenged: bool) -> bool:
    """Whether a status means that the server accepted the credential.

    A redirect means that only after a 401, because many servers redirect everybody.
    """
    return 200 <= status < 300 or status == 304 or (challenged and 300 <= status < 400)
