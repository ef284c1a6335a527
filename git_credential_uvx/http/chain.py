"""A request and its redirects, hop by hop.

Each hop is a request of its own. `redirects` decides what it may take over from the hop before, and
`auth` which credential it carries.
"""

from __future__ import annotations

import httpx

from ..credential import Secret
from ..errors import HttpError, RedirectError
from ..urls.parts import Userinfo
from .hop import KEY, LOCATION, Hop, attach
from .redirects import LIMIT, STATUSES, headers_after, method_after, next_hop, userinfo_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .hop import HopState
    from .redirects import Next

_DOWNGRADED = "a redirect leads from https to http, where no credential is sent"


def chain(
    request: httpx.Request, *, follow: bool
) -> Generator[httpx.Request, httpx.Response, httpx.Response]:
    """Yield the request of each hop, take its response, and return the last response.

    The first request needs its hop already. Raises HttpError; no message holds userinfo.
    """
    history: list[httpx.Response] = []
    redirects = 0
    while True:
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
    before: HopState = request.extensions[KEY]
    try:
        url = httpx.URL(step.url)
        _ = url.host  # decoded only now, and needed for each request
    except (httpx.InvalidURL, UnicodeError):
        raise RedirectError("a redirect is not a URL") from None
    # Two readings of one URL must not differ in where it leads.
    same = (url.scheme, url.netloc) == before.origin
    if same != step.same or url.scheme not in ("http", "https") or url.userinfo:
        raise RedirectError("a redirect is a URL that programs read differently")
    method = method_after(response.status_code, request.method)
    body = method == request.method and _has_body(request)
    if body and not same:
        raise RedirectError("a redirect would send the request's body to another server")
    if body and not isinstance(request.stream, httpx.ByteStream):
        raise RedirectError("a redirect needs the request's body again, but it was already read")
    fault = None if step.userinfo is None else userinfo_fault(str(request.url), step)
    if fault is not None:
        raise HttpError(fault)
    headers = headers_after(request.headers.multi_items(), same=same, body=body)
    if before.sent is not None:  # our own header; the next hop gets its own
        headers = [pair for pair in headers if pair[0].lower() != "authorization"]
    stream = request.stream if body else None
    following = httpx.Request(
        method, url, headers=headers, stream=stream, extensions={**request.extensions}
    )
    given = step.userinfo
    if given is not None and given.password is None:
        # Never completed from the store: the server would choose among the accounts.
        given = Userinfo(given.username, Secret(b""))
    hop = Hop(
        following.url,
        refusal=_refusal(before.hop, step),
        redirected=before.hop.redirected or not same,
    )
    kept = before.sent if same and given is None else None
    attach(following, hop, given, kept=kept, source="redirect")
    return following


def _refusal(before: Hop, step: Next) -> str:
    """Why no credential goes to the next hop, "" if one may.

    After a redirect from https to http, no credential goes over plain http in any later hop.
    """
    clear = step.url.lower().startswith("http:")
    if step.downgraded or (clear and before.refusal == _DOWNGRADED):
        return _DOWNGRADED
    return before.refusal if step.same else ""


def _has_body(request: httpx.Request) -> bool:
    length = request.headers.get("Content-Length", "0")
    return length != "0" or "Transfer-Encoding" in request.headers
