"""The parts of URLs: the one place where a URL is split.

`service` decides what a credential is for; this module has what the Git operations do not need.
"""

from __future__ import annotations

from ..credential import Secret
from ..errors import ServiceError
from .service import (
    DEFAULT_PORTS,
    THIS_MACHINE,
    Service,
    first_of,
    is_port,
    nameable,
    read_url,
    split_host,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import AnyStr

_MASK = "****"
_BEHIND_AUTHORITY = "/?#\\"  # as browsers have it


def split_authority(url: AnyStr, ends: str = "/?#") -> tuple[AnyStr, AnyStr, AnyStr, AnyStr]:
    """The scheme with its `://`, the userinfo with its `@`, the host with its port, and the rest.

    Joined, they are the URL again. The authority ends at the first of `ends`, and its userinfo at
    the last `@`. All of a text without `://` is rest.
    """
    if isinstance(url, bytes):
        scheme, userinfo, host, tail = split_authority(url.decode("latin-1"), ends)
        encoded = [part.encode("latin-1") for part in (scheme, userinfo, host, tail)]
        return encoded[0], encoded[1], encoded[2], encoded[3]
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "", "", "", url
    end = first_of(rest, ends)
    userinfo, at, host = rest[:end].rpartition("@")
    return scheme + mark, userinfo + at, host, rest[end:]


def without_userinfo(url: AnyStr) -> AnyStr:
    """A URL without its userinfo, for comparing; any other text as it is."""
    scheme, _, host, rest = split_authority(url, "/")
    return scheme + host + rest


class UrlParts:
    """A URL without its secret: the service, and what its userinfo says.

    Raises ServiceError; FormError for a URL that no request of ours could be for.
    """

    __slots__ = ("password", "service", "username")

    def __init__(self, url: str) -> None:
        if has_mark_in_userinfo(url):
            fault = "{} has a '?' or '#' in its username or password; write it as %3F or %23"
            raise ServiceError(fault, "url")
        bare = url.partition("#")[0].partition("?")[0]
        if has_slash_in_userinfo(bare):
            raise ServiceError("{} has a slash in its username or password; write it as %2F", "url")
        _, _, _, username, password = split_url(bare.encode())
        self.service: Service = read_url(bare)
        self.username = username if username or password is not None else None
        self.password = None if password is None else Secret(password)


def typed_host(text: str, scheme: str = "https") -> tuple[str, int | None]:
    """Host in normal form and port of a `host[:port]` that a person typed; None for no port.

    Raises ServiceError.
    """
    if not text.isascii():
        raise ServiceError("{} is not ASCII (an international name is given as punycode)", "host")
    host, port = split_host(text, scheme)
    has_port = ":" in text.rpartition("]")[2]
    return host, port or DEFAULT_PORTS[scheme] if has_port else None


def has_slash_in_userinfo(url: str) -> bool:
    """Whether a slash in the userinfo of a URL makes programs take the secret for a path."""
    head, at, _ = url.partition("://")[2].partition("@")
    host, slash, _ = head.partition("/")
    if not at or not slash:
        return False
    digits = host.rpartition(":")[2]
    return ":" in (head.removeprefix(host) if digits.isdigit() else head)


def has_mark_in_userinfo(url: str) -> bool:
    """Whether a `?` or `#` in the userinfo of a URL makes programs take the secret for a host."""
    rest = url.partition("://")[2]
    end = first_of(rest, "/?#")
    return rest[end : end + 1] in ("?", "#") and "@" in rest[end:]


class Userinfo:
    """What stands before the `@` of a URL; `password` is None if there is no colon."""

    __slots__ = ("password", "username")

    def __init__(self, username: bytes, password: Secret | None) -> None:
        self.username = username
        self.password = password


def split_userinfo(url: str) -> tuple[str, Userinfo | None]:
    """A URL without its userinfo, and that. Raises ServiceError, which quotes nothing.

    A text without `://` is given back as it is.
    """
    scheme, before, host, rest = split_authority(url, _BEHIND_AUTHORITY)
    if not before:
        return url, None
    # `split_url` checks and decodes it, in a URL that has nothing else.
    _, _, _, username, password = split_url(f"https://{before}host/".encode())
    secret = None if password is None else Secret(password)
    userinfo = Userinfo(username or b"", secret) if username or secret is not None else None
    return scheme + host + rest, userinfo


def origin(url: str) -> tuple[str, str]:
    """Scheme, and host with port unless it is the scheme's own, of a URL without userinfo."""
    scheme, userinfo, host, _ = split_authority(url.lower(), _BEHIND_AUTHORITY)
    scheme = scheme.removesuffix("://")
    default = DEFAULT_PORTS.get(scheme)
    authority = (userinfo + host).removesuffix(":" if default is None else f":{default}")
    return scheme, authority.removesuffix(":")


def has_odd_port(authority: str) -> bool:
    """Whether a `host[:port]` has a port that programs may read differently."""
    _, colon, port = ("", "", "") if authority.endswith("]") else authority.rpartition(":")
    return bool(colon) and not is_port(port)


def is_this_machine(authority: str) -> bool:
    """Whether `host[:port]` is in `THIS_MACHINE`."""
    host = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
    return host in THIS_MACHINE


def redact(url: str) -> str:
    """A URL for showing, with everything masked that can be a secret.

    That is all before the last `@`, because a password can hold an unescaped `/` or `#`, and the
    query and the fragment. Raises nothing.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return _MASK
    _, at, after = rest.rpartition("@")
    end = first_of(after, "?#")
    tail = after[end : end + 1] + _MASK if after[end:] else ""
    shown = scheme + mark + (_MASK + at if at else "") + after[:end] + tail
    return shown if shown.isprintable() else _MASK


def split_url(text: bytes) -> tuple[bytes, bytes, bytes, bytes | None, bytes | None]:
    """Protocol, host, path, username and password of the `url` attribute, decoded.

    Strict: `scheme://`, at most one `@`, a host that is not empty and has no escape, no
    query or fragment. Raises ServiceError; no message quotes the URL.
    """
    protocol, mark, rest = text.partition(b"://")
    authority, _, path = rest.partition(b"/")
    userinfo, at, host = authority.rpartition(b"@")
    if not mark:
        raise ServiceError("{} is not of the form scheme://host/path", "url")
    if not host:
        raise ServiceError("{} has no host", "url")
    if b"@" in userinfo:
        raise ServiceError("{} has a second '@'; write one in a username or password as %40", "url")
    if b" " in host:
        value = "" if b"@" in rest else nameable(host.decode("latin-1"))
        raise ServiceError("{} has a blank", "host", value)
    if b" " in text:
        raise ServiceError("{} has a blank; write it as %20", "url")
    if any(byte < 0x20 or byte == 0x7F for byte in text):
        raise ServiceError("{} has a control character", "url")
    if b"%" in host:
        raise ServiceError("{} has a percent sign in its host", "url")
    if any(c in b"?#\\" for c in userinfo + host + path):
        raise ServiceError("{} has a query, a fragment or a backslash", "url")
    username, colon, password = userinfo.partition(b":")
    return (
        protocol,
        host,
        _unquote(path),
        _unquote(username) if at else None,
        _unquote(password) if colon else None,
    )


def _unquote(text: bytes) -> bytes:
    parts = text.split(b"%")
    try:
        decoded = b"".join([parts[0], *(bytes([int(p[:2], 16)]) + p[2:] for p in parts[1:])])
    except ValueError:
        raise ServiceError("{} has a broken percent escape", "url") from None
    # int() also reads '+1', ' 1' and '1_'; an escape is two hexadecimal digits.
    if any(len(p) < 2 or not p[:2].isalnum() for p in parts[1:]):
        raise ServiceError("{} has a broken percent escape", "url")
    if any(c in decoded for c in (b"\n", b"\r", b"\0")):
        raise ServiceError("{} has an encoded line end or NUL", "url")
    return decoded
