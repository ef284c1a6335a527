"""Where a redirect leads, and what the next request takes over. Pure.

Only a hop to the same scheme, host and port keeps all headers. Any other hop keeps only headers of
a list that cannot hold a secret, and no body.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from urllib.parse import urljoin

from ..errors import RedirectError, ServiceError
from ..urls.parts import Userinfo, has_odd_port, is_this_machine, origin, split_userinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 10  # redirects that one request may follow
STATUSES = frozenset((301, 302, 303, 307, 308))

# The headers that go to another server. Nobody puts a secret into one of them.
ALLOWED = frozenset(
    (
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "range",
        "user-agent",
    )
)
# The headers that describe a body, and go with it.
_OF_BODY = frozenset(
    (
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
        "expect",
        "transfer-encoding",
    )
)


@dataclass(slots=True)
class Next:
    """The next hop: its URL, and the userinfo that `Location` had.

    `same` is whether it has the origin of the hop before, `downgraded` whether it leads from https
    to http.
    """

    url: str = field(repr=False)
    userinfo: Userinfo | None = field(repr=False)
    _: KW_ONLY
    same: bool
    downgraded: bool


def next_hop(current: str, location: bytes) -> Next:
    """Where a `Location` leads from a URL without userinfo. Raises RedirectError.

    Strict where programs disagree: no backslash, blank or control character, no scheme without
    two slashes, only http and https.
    """
    if any(byte <= 0x20 or byte == 0x7F for byte in location) or b"\\" in location:
        raise RedirectError("a redirect has a character that a URL cannot have")
    text = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in location)
    head = text.partition("/")[0].partition("?")[0].partition("#")[0]
    if ":" in head and not text.lower().startswith(("https://", "http://")):
        raise RedirectError("a redirect leads to a scheme other than http and https")
    if (text.partition(":")[2] if ":" in head else text).startswith("///"):
        # Some take the next name for the host, others mean the one before.
        raise RedirectError("a redirect has no host")
    try:
        url, userinfo = split_userinfo(urljoin(current, text))
    except ServiceError:
        raise RedirectError("a redirect has a username or password that cannot be read") from None
    except ValueError:
        raise RedirectError("a redirect is not a URL") from None
    here, there = origin(current), origin(url)
    if there[1][:1] in ("", ":") or "%" in there[1] or "@" in there[1]:
        raise RedirectError("a redirect has no host")
    if has_odd_port(there[1]):
        raise RedirectError("the port of a redirect is not a number from 1 to 65535")
    return Next(
        url,
        userinfo,
        same=here == there,
        downgraded=here[0] == "https" and there[0] != "https",
    )


def userinfo_fault(current: str, hop: Next) -> str | None:
    """Why the userinfo of a `Location` may not be used; None if it may."""
    if hop.downgraded:
        return "a redirect from https to http has credentials"
    scheme, authority = origin(current)
    if scheme == "http" and not is_this_machine(authority):
        return "a redirect over http has credentials, which anyone on the network could have added"
    return None


def method_after(status: int, method: str) -> str:
    """The method of the next hop (https://www.rfc-editor.org/rfc/rfc9110#section-15.4)."""
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method


def headers_after(
    headers: Iterable[tuple[str, str]], *, same: bool, body: bool
) -> list[tuple[str, str]]:
    """The headers that the next request keeps; `body` is whether it keeps the body."""
    kept = []
    for name, value in headers:
        lowered = name.lower()
        allowed = same or lowered in ALLOWED
        if allowed and (body or lowered not in _OF_BODY):
            kept.append((name, value))
    return kept
