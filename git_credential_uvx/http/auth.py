"""`ResolverAuth` puts the right credential into each request that an httpx client sends.

The sync and the async client share one generator, which opens nothing. A `Lookups` finds the
credentials; for the async client it runs in a thread, because sources read files and run programs.

Prefer `client()` to a plain httpx client that follows redirects itself: httpx keeps more headers
than it should. With such a client, this class does not answer the challenge of another server.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic

import anyio
import anyio.to_thread
import httpx
from anyio.lowlevel import RunVar

from ..config.indexes import index_of, never_fault
from ..credential import Credential
from ..errors import HttpError
from ..urls.service import service_from_url
from .bodies import skip
from .cache import Cache
from .challenges import schemes
from .flow import Attempt, LookUp, Reply, RequestTarget, flow
from .hop import KEY, first_hop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from ..config.indexes import Index
    from ..urls.service import Service
    from .hop import Hop, HopState
    from .lookups import Lookups

    Requests = Generator[httpx.Request | LookUp, httpx.Response, None]

_MOST_URLS = 4096


@dataclass(slots=True, eq=False, repr=False)
class _Destination:
    """What is known of a URL before any request."""

    service: Service | None
    index: Index | None
    cleartext_refusal: str

    @property
    def own_index(self) -> Index | None:
        """The index whose own userinfo is for this URL; it is not for its `publish-url`."""
        service, index = self.service, self.index
        here = service is not None and index is not None and service.realm == index.service.realm
        return index if here else None


class ResolverAuth(httpx.Auth):
    """Sends credentials as uv's policies say.

    `lookups` finds them, `indexes` are uv's. `exposure` takes a scheme and `host[:port]` and gives
    the reason why no credential may go there, else "". By default, credentials go over plain
    http to this machine only. One object can serve many clients and threads. It remembers what
    servers accepted.
    """

    def __init__(
        self,
        lookups: Lookups,
        *,
        indexes: Sequence[Index] = (),
        exposure: Callable[[str, bytes], str] | None = None,
        publish: bool = False,
    ) -> None:
        if exposure is None:
            from .proxies import Proxies
            from .tls import Trust
            from .transport import Routes

            exposure = Routes(Trust({}), Proxies({}), frozenset()).exposure
        self._lookups = lookups
        self._indexes = indexes
        self._exposure = exposure
        self._publish = publish
        self._cache = Cache()
        self._destinations: dict[str, _Destination] = {}
        # Each event loop has its own: a lock of one loop does not wake tasks of another.
        self._locks: RunVar[dict[str, anyio.Lock]] = RunVar("locks")

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """For sync clients; a look-up runs in the calling thread."""
        steps = self._steps(request)
        response = None
        try:
            step = next(steps)
            while True:
                if isinstance(step, LookUp):
                    step.found = self._cache.find(step, self._lookups)
                    step = next(steps)
                    continue
                if response is not None:
                    skip(response)  # httpx would read all of it and keep it
                response = yield step
                step = steps.send(response)
        except StopIteration:
            pass

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """For async clients; the event loop goes on during a look-up."""
        steps = self._steps(request)
        response = None
        try:
            step = next(steps)
            while True:
                if isinstance(step, LookUp):
                    step.found = await self._find(step)
                    step = next(steps)
                    continue
                if response is not None:
                    skip(response)
                response = yield step
                step = steps.send(response)
        except StopIteration:
            pass

    async def _find(self, asked: LookUp) -> Attempt | None:
        since = monotonic()
        known, answer = self._cache.answer_for(asked)
        if known:
            return answer
        # One task per realm uses a thread, so that many requests at once do not use up all threads.
        locks = self._locks.get(None)
        if locks is None:
            self._locks.set(locks := {})
        async with locks.setdefault(asked.service.realm, anyio.Lock()):
            known, answer = self._cache.answer_for(asked)
            if known:
                return answer
            find = partial(self._cache.find, asked, self._lookups, since)
            return await anyio.to_thread.run_sync(find)

    def _steps(self, request: httpx.Request) -> Requests:
        """What to send and to look up for one request; the result of a look-up goes into it."""
        state: HopState | None = request.extensions.get(KEY)
        if state is None or state.used:  # a plain httpx client copies it to the next request
            state = first_hop(request)
        destination = self._destination(request.url)
        _describe(state.hop, destination)
        if "authorization" in request.headers:
            _check_own_header(state, destination)
            state.begin(source="header")
            yield request
            return
        steps = flow(self._target(request, state, destination), self._cache)
        try:
            while True:
                step = next(steps)
                if isinstance(step, LookUp):
                    yield step
                    continue
                _authorize(request, state, step.attempt)
                response = yield request
                if _is_elsewhere(response, request, state):
                    return
                step.reply = _reply(response)
        except StopIteration as end:
            if end.value:
                state.hop.notes.append(end.value)

    def _destination(self, url: httpx.URL) -> _Destination:
        text = str(url)
        destination = self._destinations.get(text)
        if destination is None:
            if len(self._destinations) > _MOST_URLS:
                self._destinations.clear()
            path = url.raw_path.partition(b"?")[0]
            service = service_from_url(
                f"{url.scheme}://{url.netloc.decode('ascii')}{path.decode('ascii')}"
            )
            exposed = self._exposure(url.scheme, url.netloc)
            destination = _Destination(service, self._index(service), exposed)
            self._destinations[text] = destination
        return destination

    def _index(self, service: Service | None) -> Index | None:
        if service is None:
            return None
        if self._publish:
            for index in self._indexes:
                if index.publish is not None and index.publish.covers(service):
                    return index
        return index_of(service, self._indexes)

    def _target(
        self, request: httpx.Request, state: HopState, destination: _Destination
    ) -> RequestTarget:
        given, kept, hop = state.given, state.kept, state.hop
        username = None if given is None else given.username
        attempt = _given(state, destination)
        own = destination.own_index
        if own is not None and kept is None:
            if username is None:
                username = own.username
            if attempt is None and own.password is not None and username in (None, own.username):
                attempt = Attempt(Credential(own.username or b"", own.password), "url")
        target = RequestTarget(
            destination.service,
            destination.index,
            given=attempt,
            username=username,
            kept=kept,
            cleartext_refusal=destination.cleartext_refusal,
            refusal=hop.refusal,
            once=not isinstance(request.stream, httpx.ByteStream),
            redirected=hop.redirected,
        )
        if attempt is None and kept is None and not (hop.refusal or destination.cleartext_refusal):
            target.cached = self._cache.cached(target)
        return target


def _describe(hop: Hop, destination: _Destination) -> None:
    index = destination.index
    if index is not None:
        hop.policy = index.policy
        hop.index = index.name or str(index.root)


def _check_own_header(state: HopState, destination: _Destination) -> None:
    """Refuse a request with a header of its own that may not be sent. Raises HttpError."""
    index, refusal = destination.index, state.hop.refusal
    if state.given is not None:
        raise HttpError("a request has credentials both in its URL and in a header")
    if index is not None and index.policy == "never":
        raise HttpError(never_fault(index))
    if refusal or destination.cleartext_refusal:
        raise HttpError(refusal or destination.cleartext_refusal)


def _given(state: HopState, destination: _Destination) -> Attempt | None:
    """The credential that a URL holds, None if it holds none."""
    userinfo = state.given
    if userinfo is None or userinfo.password is None:
        return None
    if destination.service is None:
        raise HttpError("a URL with credentials is one that programs read differently")
    credential = Credential(userinfo.username, userinfo.password)
    return Attempt(credential, state.source, lasting=state.source == "url")


def _is_elsewhere(response: httpx.Response, request: httpx.Request, state: HopState) -> bool:
    """Whether another server answered: a plain httpx client follows redirects by itself."""
    url = response.request.url
    return response.request is not request and (url.scheme, url.netloc) != state.origin


def _reply(response: httpx.Response) -> Reply:
    status = response.status_code
    offered = schemes(response.headers.get_list("www-authenticate")) if status == 401 else []
    return Reply(status, offered)


def _authorize(request: httpx.Request, state: HopState, attempt: Attempt | None) -> None:
    state.begin(attempt)
    if attempt is not None:
        request.headers["Authorization"] = attempt.header
    elif "authorization" in request.headers:
        del request.headers["Authorization"]
