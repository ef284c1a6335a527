"""`ResolverAuth`: httpx asks it what each request carries, it asks the sources.

One generator for sync and async; it opens nothing. What is to be looked up is handed to a
`Lookups`, in the async case in a thread, because the sources read files and run programs.

With a plain httpx client that follows redirects itself, use `client()` instead: httpx keeps
more headers than it should. This class then at least answers no challenge of another server.
"""

from __future__ import annotations

from functools import partial
from time import monotonic

import anyio
import anyio.to_thread
import httpx
from anyio.lowlevel import RunVar

from ..config.indexes import index_of, never_fault
from ..credential import Credential
from ..errors import HttpError
from ..urls.service import service_from_stored
from .bodies import skip
from .cache import Cache
from .challenges import schemes
from .flow import Attempt, LookUp, Reply, Target, flow
from .hop import KEY, first_hop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from ..config.indexes import Index
    from ..urls.service import Service
    from .hop import Hop, HopState
    from .lookups import Lookups

    Requests = Generator[httpx.Request | LookUp, httpx.Response, None]

_MOST_PLACES = 4096


class _Place:
    """What is known of a URL before any request: its service and its index."""

    __slots__ = ("exposed", "index", "own", "service")

    def __init__(self, service: Service | None, index: Index | None, exposed: str) -> None:
        self.service = service
        self.index = index
        self.exposed = exposed
        # What an index's URL holds is not for the host of its `publish-url`.
        here = service is not None and index is not None and service.realm == index.service.realm
        self.own = index if here else None


class ResolverAuth(httpx.Auth):
    """Sends credentials as uv's policies say, found by the one order of sources.

    `lookups` finds them, `indexes` are uv's. `exposure` tells for a scheme and `host[:port]` why no
    credential may go there, "" if it may; without it, none goes in clear but to this machine.
    One may serve any number of clients and threads; it remembers what servers accepted.
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
        self._places: dict[str, _Place] = {}
        # Of each event loop by itself, because a lock of one wakes nobody in another.
        self._locks: RunVar[dict[str, anyio.Lock]] = RunVar("locks")

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """For clients without an event loop; a look-up runs in the calling thread."""
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
                    skip(response)  # httpx would read and keep all of it
                response = yield step
                step = steps.send(response)
        except StopIteration:
            pass

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """For clients in an event loop, which never waits for a look-up."""
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
        # One task per realm takes a thread, so that many that ask at once do not take them all.
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
        """What to send and to look up for one request; who looks up puts it into the `LookUp`."""
        state: HopState | None = request.extensions.get(KEY)
        if state is None or state.used:  # a plain httpx client copies it to the next request
            state = first_hop(request)
        place = self._place(request.url)
        _describe(state.hop, place)
        if "authorization" in request.headers:
            _check_own_header(state, place)
            state.begin(source="header")
            yield request
            return
        steps = flow(self._target(request, state, place), self._cache)
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

    def _place(self, url: httpx.URL) -> _Place:
        text = str(url)
        place = self._places.get(text)
        if place is None:
            if len(self._places) > _MOST_PLACES:
                self._places.clear()
            path = url.raw_path.partition(b"?")[0]
            service = service_from_stored(
                f"{url.scheme}://{url.netloc.decode('ascii')}{path.decode('ascii')}"
            )
            exposed = self._exposure(url.scheme, url.netloc)
            place = _Place(service, self._index(service), exposed)
            self._places[text] = place
        return place

    def _index(self, service: Service | None) -> Index | None:
        if service is None:
            return None
        if self._publish:
            for index in self._indexes:
                if index.publish is not None and index.publish.covers(service):
                    return index
        return index_of(service, self._indexes)

    def _target(self, request: httpx.Request, state: HopState, place: _Place) -> Target:
        given, kept, hop = state.given, state.kept, state.hop
        username = None if given is None else given.username
        attempt = _given(state, place)
        own = place.own
        if own is not None and kept is None:
            if username is None:
                username = own.username
            if attempt is None and own.password is not None and username in (None, own.username):
                attempt = Attempt(Credential(own.username or b"", own.password), "url")
        target = Target(
            place.service,
            place.index,
            given=attempt,
            username=username,
            kept=kept,
            exposed=place.exposed,
            barred=hop.barred,
            once=not isinstance(request.stream, httpx.ByteStream),
            led=hop.led,
        )
        if attempt is None and kept is None and not (hop.barred or place.exposed):
            target.cached = self._cache.cached(target)
        return target


def _describe(hop: Hop, place: _Place) -> None:
    index = place.index
    if index is not None:
        hop.policy = index.policy
        hop.index = index.name or str(index.root)


def _check_own_header(state: HopState, place: _Place) -> None:
    """A request that brings its own header goes out as it is, or not at all. Raises HttpError."""
    index, barred = place.index, state.hop.barred
    if state.given is not None:
        raise HttpError("a request has credentials both in its URL and in a header")
    if index is not None and index.policy == "never":
        raise HttpError(never_fault(index))
    if barred or place.exposed:
        raise HttpError(barred or place.exposed)


def _given(state: HopState, place: _Place) -> Attempt | None:
    """The credential that a URL holds, None if it holds none."""
    userinfo = state.given
    if userinfo is None or userinfo.password is None:
        return None
    if place.service is None:
        raise HttpError("a URL with credentials is in no normal form")
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
