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
from ..errors import HttpError, ServiceError
from ..urls.parts import Userinfo, split_userinfo
from ..urls.service import service_from_stored
from .bodies import skip
from .cache import Cache
from .challenges import schemes
from .flow import Attempt, LookUp, Reply, Send, Target, flow
from .hop import KEY, Hop, Try, hop_of, origin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from ..config.indexes import Index
    from ..urls.service import Service
    from .lookups import Lookups

    Requests = Generator[httpx.Request | LookUp, httpx.Response | Attempt | None, None]

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
                    step = steps.send(self._cache.find(step, self._lookups))
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
                    step = steps.send(await self._find(step))
                    continue
                if response is not None:
                    skip(response)
                response = yield step
                step = steps.send(response)
        except StopIteration:
            pass

    async def _find(self, asked: LookUp) -> Attempt | None:
        since = monotonic()
        known, answer = self._cache.ready(asked)
        if known:
            return answer
        # One task per realm takes a thread, so that many that ask at once do not take them all.
        locks = self._locks.get(None)
        if locks is None:
            self._locks.set(locks := {})
        async with locks.setdefault(asked.service.realm, anyio.Lock()):
            known, answer = self._cache.ready(asked)
            if known:
                return answer
            find = partial(self._cache.find, asked, self._lookups, since)
            return await anyio.to_thread.run_sync(find)

    def _steps(self, request: httpx.Request) -> Requests:
        """What to send and to look up for one request."""
        hop = hop_of(request)
        if hop is None or hop.tries:  # a plain httpx client gives a hop to every copy of a request
            hop = first_hop(request)
        place = self._place(request.url)
        _describe(hop, place)
        if "authorization" in request.headers:
            yield from _as_given(request, hop, place)
            return
        steps = flow(self._target(request, hop, place), self._cache)
        try:
            step = next(steps)
            while True:
                if isinstance(step, Send):
                    _attach(request, hop, step.attempt)
                    reply = _reply((yield request), hop)
                    if reply is None:
                        return
                    step = steps.send(reply)
                else:
                    found = yield step
                    step = steps.send(found if isinstance(found, Attempt) else None)
        except StopIteration as end:
            if end.value:
                hop.notes.append(end.value)

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

    def _target(self, request: httpx.Request, hop: Hop, place: _Place) -> Target:
        given = hop.given
        username = None if given is None else given.username
        attempt = _given(given, hop, place)
        own = place.own
        if own is not None and hop.kept is None:
            if username is None:
                username = own.username
            if attempt is None and own.password is not None and username in (None, own.username):
                attempt = Attempt(Credential(own.username or b"", own.password), "url")
        target = Target(
            place.service,
            place.index,
            given=attempt,
            username=username,
            kept=hop.kept,
            exposed=place.exposed,
            barred=hop.barred,
            once=not isinstance(request.stream, httpx.ByteStream),
            led=hop.led,
        )
        if attempt is None and hop.kept is None and not (hop.barred or place.exposed):
            target.cached = self._cache.cached(target)
        return target


def first_hop(request: httpx.Request) -> Hop:
    """A new hop for a request: its URL made clean, and nothing left of an earlier use but what
    its URL held then, unless it goes to another server now."""
    url, given = clean(request.url)
    before, led = hop_of(request), False
    if before is not None:
        if before.sent is not None and "authorization" in request.headers:
            del request.headers["Authorization"]
        led = before.led or before.origin != (url.scheme, url.netloc)
        if given is None and not led:
            given = before.given
    request.url = url
    hop = Hop(url, given, led=led, source="redirect" if led else "url")
    request.extensions = {**request.extensions, KEY: hop}
    return hop


def clean(url: httpx.URL) -> tuple[httpx.URL, Userinfo | None]:
    """A URL without userinfo, and that. Raises HttpError."""
    if not url.userinfo:
        return url, None
    try:
        _, userinfo = split_userinfo(f"https://{url.userinfo.decode('ascii')}@host/")
    except ServiceError:
        raise HttpError("the username or password of a URL cannot be read") from None
    return url.copy_with(userinfo=b""), userinfo


def _describe(hop: Hop, place: _Place) -> None:
    index = place.index
    if index is not None:
        hop.policy = index.policy
        hop.index = index.name or str(index.root)


def _as_given(
    request: httpx.Request, hop: Hop, place: _Place
) -> Generator[httpx.Request, httpx.Response, None]:
    """A request that brings its own header: as it is, or not at all."""
    index = place.index
    if hop.given is not None:
        raise HttpError("a request has credentials both in its URL and in a header")
    if index is not None and index.policy == "never":
        raise HttpError(never_fault(index))
    if hop.barred or place.exposed:
        raise HttpError(hop.barred or place.exposed)
    hop.tries.append(Try(source="header"))
    response = yield request
    hop.tries[-1].status = response.status_code


def _given(userinfo: Userinfo | None, hop: Hop, place: _Place) -> Attempt | None:
    """The credential that a URL holds, if it is one."""
    if userinfo is None or userinfo.password is None:
        return None
    if place.service is None:
        raise HttpError("a URL with credentials is in no normal form")
    credential = Credential(userinfo.username, userinfo.password)
    return Attempt(credential, hop.source, lasting=hop.source == "url")


def _reply(response: httpx.Response | Attempt | None, hop: Hop) -> Reply | None:
    """What a server answered; None if it is not the one that was asked."""
    if not isinstance(response, httpx.Response):
        raise TypeError
    status = response.status_code
    hop.tries[-1].status = status
    if origin_of(response.request) != hop.origin:
        return None
    offered = schemes(response.headers.get_list("www-authenticate")) if status == 401 else []
    return Reply(status, offered)


def _attach(request: httpx.Request, hop: Hop, attempt: Attempt | None) -> None:
    hop.tries.append(Try(attempt))
    hop.sent = attempt
    if attempt is not None:
        request.headers["Authorization"] = attempt.header
    elif "authorization" in request.headers:
        del request.headers["Authorization"]
