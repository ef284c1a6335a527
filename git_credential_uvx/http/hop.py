"""A hop: one request of a chain of redirects, and the answers to its tries.

`Hop` is the report for people and holds no secret. `HopState` is what the client needs until the
hop is over; it travels in the extensions of the request and of its response.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from ..errors import HttpError, ServiceError
from ..urls.parts import Userinfo, split_userinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .flow import Attempt

KEY = "git_credential_uvx"  # the HopState, in the extensions of a request and its response
LOCATION = "git_credential_uvx.location"  # what a response's `Location` was, in its extensions


@dataclass(slots=True, eq=False)
class Try:
    """One request that was sent: with which credential, and how the server answered.

    `source` is where the credential is from: a source of the resolver, "url", "redirect" or
    "header". It is None for a request without one. `username` is also None if a URL has a username
    and no password: that username may be the secret. `status` is 0 while there is no answer.
    `place` names the file with its line, the variable or the entry, "" if that is not known.
    """

    source: str | None = None
    username: bytes | None = None
    status: int = 0
    place: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Hop:
    """The report about one hop.

    `url` has no userinfo; its query can hold anything that a server put there. `policy` is uv's,
    `index` the name or URL of the index or None. `tries` are the requests in their order, `notes`
    are lines for people. `refusal` says why no credential goes there, "" if one may.
    `redirected` is whether another server chose the URL, `unverified` whether the server's
    certificate was not checked.
    """

    url: httpx.URL
    policy: str = "auto"
    index: str | None = None
    tries: list[Try] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusal: str = ""
    redirected: bool = False
    unverified: bool = False

    def __repr__(self) -> str:
        return f"Hop({str(self.url.copy_with(query=None))!r}, {self.policy!r}, {self.tries!r})"


@dataclass(slots=True, eq=False, repr=False)
class HopState:
    """What the client needs to know of a hop until its last response is there.

    `given` is the userinfo of its URL, and `source` says who wrote that URL: "url" for the caller,
    "redirect" for a server. `kept` is what the hop before sent to the same origin, `sent` what the
    last request carried. `used` is whether a request was sent.
    """

    hop: Hop
    given: Userinfo | None = None
    kept: Attempt | None = None
    source: str = "url"
    sent: Attempt | None = None
    used: bool = False
    # httpx puts both together anew each time that it is asked.
    origin: tuple[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.origin = (self.hop.url.scheme, self.hop.url.netloc)

    def begin(self, attempt: Attempt | None = None, *, source: str | None = None) -> None:
        """Report a request that is about to be sent; the transport adds the status."""
        self.sent = attempt
        self.used = True
        if attempt is None:
            self.hop.tries.append(Try(source))
        else:
            name = _shown_name(attempt)
            self.hop.tries.append(Try(attempt.source, name, place=attempt.place))


def _shown_name(attempt: Attempt) -> bytes | None:
    is_name_alone = not attempt.lasting and not attempt.credential.secret.reveal()
    return None if is_name_alone else attempt.credential.username


def hops(response: httpx.Response) -> list[Hop]:
    """The hops that led to a response, the last one its own."""
    found = [r.extensions.get(KEY) for r in (*response.history, response)]
    return list(dict.fromkeys(state.hop for state in found if isinstance(state, HopState)))


def sent_with(response: httpx.Response) -> Attempt | None:
    """The credential that the request of a response carried, None for none of ours."""
    state: HopState | None = response.extensions.get(KEY)
    return None if state is None else state.sent


def first_hop(request: httpx.Request) -> HopState:
    """Make the hop of a caller's request, and take the userinfo out of its URL.

    If the request was used before, the userinfo of that time still counts for the same server.
    """
    url, given = clean(request.url)
    before: HopState | None = request.extensions.get(KEY)
    redirected = False
    if before is not None:
        if before.sent is not None and "authorization" in request.headers:
            del request.headers["Authorization"]
        redirected = before.hop.redirected or before.origin != (url.scheme, url.netloc)
        if given is None and not redirected:
            given = before.given
    request.url = url
    return attach(
        request, Hop(url, redirected=redirected), given, source="redirect" if redirected else "url"
    )


def attach(
    request: httpx.Request,
    hop: Hop,
    given: Userinfo | None,
    *,
    kept: Attempt | None = None,
    source: str = "url",
) -> HopState:
    """Make the state of a hop and put it into the request's extensions."""
    state = HopState(hop, given, kept, source)
    request.extensions = {**request.extensions, KEY: state}
    return state


def clean(url: httpx.URL) -> tuple[httpx.URL, Userinfo | None]:
    """Split a URL into the URL without userinfo, and the userinfo. Raises HttpError."""
    if not url.userinfo:
        return url, None
    try:
        _, userinfo = split_userinfo(f"https://{url.userinfo.decode('ascii')}@host/")
    except ServiceError:
        raise HttpError("the username or password of a URL cannot be read") from None
    return url.copy_with(userinfo=b""), userinfo
