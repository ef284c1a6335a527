"""One request and its redirects, hop by hop.

Each hop is a request of its own. What it may carry from the hop before is decided here by
`redirects`, what else it carries by its own policy in `auth`.
"""

from __future__ import annotations

import httpx

from ..credential import Secret
from ..errors import HttpError, RedirectError
from ..urls.parts import Userinfo
from .redirects import LIMIT, STATUSES, headers_after, method_after, next_hop, userinfo_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from ..resolver import Step
    from .flow import Attempt
    from .redirects import Next

KEY = "git_credential_uvx"  # of a request's and a response's extensions
LOCATION = "git_credential_uvx.location"

_DOWNGRADED = "a redirect leads from https to http, where no credential goes"


class Try:
    """One request that was sent: with which credential, and how it was answered.

    `source` is None for a bare one, else where the credential is from: a source of the
    resolver, "url", "redirect" or "header". `username` is None too for one without a password
    in a URL: it may be the secret. `status` is 0 while there is no answer.
    """

    __slots__ = ("source", "status", "steps", "username")

    def __init__(self, attempt: Attempt | None = None, *, source: str | None = None) -> None:
        self.source = source if attempt is None else attempt.source
        self.username = None if attempt is None else _shown_name(attempt)
        self.steps: tuple[Step, ...] = () if attempt is None else attempt.steps
        self.status = 0

    def __repr__(self) -> str:
        return f"Try({self.source!r}, {self.username!r}, {self.status})"


def _shown_name(attempt: Attempt) -> bytes | None:
    alone = not attempt.lasting and not attempt.credential.secret.reveal()
    return None if alone else attempt.credential.username


class Hop:
    """What became of one hop: for people, no secret is in it.

    `url` has no userinfo (its query can hold what a server put there). `policy` is uv's, `index`
    the name or URL of the index or None, `tries` the requests in their order, `notes` what else is
    worth telling. `barred` is why no credential goes there, "" if it may. `unverified` is whether
    the server's certificate was not checked.
    """

    __slots__ = (
        "barred",
        "given",
        "index",
        "kept",
        "led",
        "notes",
        "origin",
        "policy",
        "sent",
        "source",
        "tries",
        "unverified",
        "url",
    )

    def __init__(
        self,
        url: httpx.URL,
        given: Userinfo | None = None,
        *,
        kept: Attempt | None = None,
        led: bool = False,
        barred: str = "",
        source: str = "url",
    ) -> None:
        self.url = url
        self.given = given
        self.kept = kept
        self.led = led
        self.barred = barred
        self.source = source
        self.origin = (url.scheme, url.netloc)
        self.policy = "auto"
        self.index: str | None = None
        self.tries: list[Try] = []
        self.notes: list[str] = []
        self.sent: Attempt | None = None
        self.unverified = False

    def __repr__(self) -> str:
        return f"Hop({str(self.url.copy_with(query=None))!r}, {self.policy!r}, {self.tries!r})"


def hops(response: httpx.Response) -> list[Hop]:
    """The hops that led to a response, the last one its own."""
    found = [r.extensions.get(KEY) for r in (*response.history, response)]
    return list(dict.fromkeys(hop for hop in found if isinstance(hop, Hop)))


def hop_of(request: httpx.Request) -> Hop | None:
    """The hop that a request belongs to; None for one that no client of ours sends."""
    hop = request.extensions.get(KEY)
    return hop if isinstance(hop, Hop) else None


def origin_of(request: httpx.Request) -> tuple[str, bytes]:
    """The scheme and `host[:port]` that a request goes to."""
    hop, url = hop_of(request), request.url
    # httpx puts them together anew each time that it is asked.
    return hop.origin if hop is not None and hop.url is url else (url.scheme, url.netloc)


def chain(
    request: httpx.Request, *, follow: bool, watch: Callable[[Hop], None] | None
) -> Generator[httpx.Request, httpx.Response, httpx.Response]:
    """Yields the request of each hop, is sent its response, and gives the last one.

    Raises HttpError; no message holds userinfo.
    """
    history: list[httpx.Response] = []
    redirects = 0
    while True:
        hop = hop_of(request)
        if hop is not None and watch is not None:
            watch(hop)
        response = yield request
        response.history = history = [*history, *response.history]
        location = response.extensions.get(LOCATION)
        if location is None:
            return response
        if not follow or response.status_code not in STATUSES:
            _show_location(response, location)
            return response
        step = next_hop(str(request.url), location)
        response.headers["Location"] = step.url
        redirects += 1
        if redirects > LIMIT:
            raise RedirectError(f"more than {LIMIT} redirects")
        request = _following(request, response, step)
        history = [*history, response]


def _show_location(response: httpx.Response, location: bytes) -> None:
    """Give a redirect that is not followed its header back, without userinfo."""
    try:
        response.headers["Location"] = next_hop(str(response.request.url), location).url
    except RedirectError:
        response.headers["Location"] = ""


def _following(request: httpx.Request, response: httpx.Response, step: Next) -> httpx.Request:
    """The request of the next hop."""
    before: Hop = request.extensions[KEY]
    try:
        url = httpx.URL(step.url)
        _ = url.host  # decoded only now, and needed for each request
    except (httpx.InvalidURL, UnicodeError):
        raise RedirectError("a redirect is no URL") from None
    # Two readings of one URL must not differ in where it leads.
    same = (url.scheme, url.netloc) == before.origin
    if same != step.same or url.scheme not in ("http", "https") or url.userinfo:
        raise RedirectError("a redirect is a URL that not every program reads alike")
    method = method_after(response.status_code, request.method)
    body = method == request.method and _has_body(request)
    if body and not same:
        raise RedirectError("a redirect would send the request's body to another server")
    if body and not isinstance(request.stream, httpx.ByteStream):
        raise RedirectError("a redirect needs the request's body again, and it is used up")
    fault = None if step.userinfo is None else userinfo_fault(str(request.url), step)
    if fault is not None:
        raise HttpError(fault)
    headers = headers_after(request.headers.multi_items(), same=same, body=body)
    if before.sent is not None:  # our own header, which the next hop decides upon itself
        headers = [pair for pair in headers if pair[0].lower() != "authorization"]
    given = step.userinfo
    if given is not None and given.password is None:
        # Not to be completed from here: the server would choose among the accounts.
        given = Userinfo(given.username, Secret(b""))
    extensions: dict[str, Any] = {**request.extensions}
    extensions[KEY] = Hop(
        url,
        given,
        kept=before.sent if same and step.userinfo is None else None,
        led=before.led or not same,
        barred=_barred(before, step),
        source="redirect",
    )
    if body:
        stream = request.stream
        return httpx.Request(method, url, headers=headers, stream=stream, extensions=extensions)
    return httpx.Request(method, url, headers=headers, extensions=extensions)


def _barred(before: Hop, step: Next) -> str:
    """Why nothing goes to the next hop: https is behind it, and it is in clear, however far."""
    clear = step.url.lower().startswith("http:")
    if step.downgraded or (clear and before.barred == _DOWNGRADED):
        return _DOWNGRADED
    return before.barred if step.same else ""


def _has_body(request: httpx.Request) -> bool:
    length = request.headers.get("Content-Length", "0")
    return length != "0" or "Transfer-Encoding" in request.headers
