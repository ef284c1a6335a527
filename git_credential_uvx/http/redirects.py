"""Where a redirect leads, and what may go along. Pure.

Only a hop to the same scheme, host and port keeps the headers of the request before. Any other
is built anew from a list of headers that cannot hold a secret, and takes no body along.
"""

from __future__ import annotations

from urllib.parse import urljoin

from ..errors import RedirectError, ServiceError
from ..urls.parts import Userinfo, has_odd_port, is_this_machine, origin, split_userinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 10  # redirects that one request may follow
STATUSES = frozenset((301, 302, 303, 307, 308))

# What goes to another server: nothing that a caller or a server could have put a secret into.
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
# What tells of a body, and goes with it.
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


class Next:
    """The next hop: its clean URL, the userinfo of its `Location`, and how it stands to the one
    before: `same` origin, or `downgraded` from https to http."""

    __slots__ = ("downgraded", "same", "url", "userinfo")

    def __init__(self, url: str, userinfo: Userinfo | None, *, same: bool, downgraded: bool):
        self.url = url
        self.userinfo = userinfo
        self.same = same
        self.downgraded = downgraded


def next_hop(current: str, location: bytes) -> Next:
    """Where a `Location` leads from a URL without userinfo. Raises RedirectError.

    Strict where programs disagree: no backslash, blank or control character, no scheme without
    two slashes, only http and https.
    """
    if any(byte <= 0x20 or byte == 0x7F for byte in location) or b"\\" in location:
        raise RedirectError("a redirect holds what a URL cannot")
    text = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in location)
    head = text.partition("/")[0].partition("?")[0].partition("#")[0]
    if ":" in head and not text.lower().startswith(("https://", "http://")):
        raise RedirectError("a redirect leads to other than http and https")
    if (text.partition(":")[2] if ":" in head else text).startswith("///"):
        # Some take the next name for the host, others mean the one before.
        raise RedirectError("a redirect names no host")
    try:
        url, userinfo = split_userinfo(urljoin(current, text))
    except ServiceError:
        raise RedirectError(
            "a redirect holds a username and password that cannot be read"
        ) from None
    except ValueError:
        raise RedirectError("a redirect is no URL") from None
    here, there = origin(current), origin(url)
    if there[1][:1] in ("", ":") or "%" in there[1] or "@" in there[1]:
        raise RedirectError("a redirect names no host")
    if has_odd_port(there[1]):
        raise RedirectError("a redirect names a port that is no number from 1 to 65535")
    return Next(
        url,
        userinfo,
        same=here == there,
        downgraded=here[0] == "https" and there[0] != "https",
    )


def userinfo_fault(current: str, hop: Next) -> str | None:
    """Why the userinfo of a `Location` may not be used; None if it may."""
    if hop.downgraded:
        return "a redirect from https to http holds credentials"
    scheme, authority = origin(current)
    if scheme == "http" and not is_this_machine(authority):
        return "a redirect that was read over http holds credentials, and anybody can have put them"
    return None


def method_after(status: int, method: str) -> str:
    """The method of the next hop (https://www.rfc-editor.org/rfc/rfc9110#section-15.4)."""
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method


def headers_after(
    headers: Iterable[tuple[str, str]], *, same: bool, body: bool
) -> list[tuple[str, str]]:
    """The headers that go along; `body` is whether the body does."""
    kept = []
    for name, value in headers:
        lowered = name.lower()
        allowed = same or lowered in ALLOWED
        if allowed and (body or lowered not in _OF_BODY):
            kept.append((name, value))
    return kept
