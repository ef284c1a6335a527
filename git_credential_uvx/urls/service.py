"""What a credential is for: services, and which of them answers for which.

Hosts from a request must be plain ASCII names or addresses and are compared for equality
and nothing else; no URL library parses them, because no two of those agree on every host.
What uv or a person wrote into the store is read as WHATWG URLs are (uv's own reading), and
where that reading would need more than this module knows, the entry answers nobody.
"""

from __future__ import annotations

from ..errors import ServiceError

# The hosts that uv takes for this machine.
LOOPBACK = frozenset(("localhost", "127.0.0.1"))
# Plain http to these reaches no network. Other names and addresses are not listed: whether they
# mean this machine is up to the resolver, and hosts are compared for equality only.
THIS_MACHINE = LOOPBACK | {"[::1]"}

DEFAULT_PORTS = {"https": 443, "http": 80}

_MASK = "****"
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_DIGITS = frozenset("0123456789")

# https://url.spec.whatwg.org/#path-percent-encode-set, as uv 0.13 applies it (`^` stays).
_PATH_ESCAPED = frozenset(b' "#<>?`{}')


class Service:
    """Scheme, host, port and path of what a credential is for, in normal form.

    `host` is in lower case, IPv6 in brackets. `port` is None for the scheme's own.
    `path` starts with a slash and is percent-encoded; "/" is the whole host.
    """

    __slots__ = ("host", "path", "port", "scheme")

    def __init__(self, scheme: str, host: str, port: int | None, path: str = "/") -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path

    @property
    def realm(self) -> str:
        """Scheme, host and port: `https://example.com:8443`."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def __str__(self) -> str:
        return self.realm + self.path

    def __repr__(self) -> str:
        return f"Service({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Service) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def covers(self, other: Service) -> bool:
        """Whether a credential for this service answers for `other`.

        Same realm, and this path is a prefix of the other one by whole segments:
        `/api` covers `/api/v1` and not `/apiary`; `/a/` covers `/a/b` and not `/a`.
        """
        if self.realm != other.realm:
            return False
        if self.path == other.path or self.path == "/":
            return True
        folder = self.path if self.path.endswith("/") else self.path + "/"
        return other.path.startswith(folder)


def service_from_git(protocol: bytes, host: bytes, path: bytes | None) -> Service:
    """The service that Git asks about.

    `host` may carry a port; `path` is None or empty for the whole host and comes
    percent-decoded, as Git sends it. Raises ServiceError.
    """
    if protocol not in (b"https", b"http"):
        raise ServiceError("'protocol' is neither https nor http")
    scheme = protocol.decode()
    if not host.isascii():
        raise ServiceError("'host' is not ASCII (an international name is asked for as punycode)")
    name, port = split_host(host.decode(), scheme)
    return Service(scheme, name, port, _path_from_git(path or b""))


def split_host(text: str, scheme: str) -> tuple[str, int | None]:
    """Host in normal form and port (None for the scheme's own) of an ASCII `host[:port]`.

    Raises ServiceError for whatever is not a host name of letters, digits and hyphens, a
    dotted quad, or an IPv6 address in brackets.
    """
    name, colon, digits = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        name = text
    port = _port(digits, scheme) if colon else None
    if name.startswith("["):
        return _ipv6(name), port
    return _host_name(name.lower()), port


def _port(digits: str, scheme: str) -> int | None:
    plain = 1 <= len(digits) <= 5 and _DIGITS.issuperset(digits) and digits[0] != "0"
    if not plain or int(digits) > 65535:
        raise ServiceError("the port in 'host' is not a number from 1 to 65535")
    port = int(digits)
    return None if port == DEFAULT_PORTS.get(scheme) else port


def _host_name(name: str) -> str:
    labels = name.split(".")
    for label in labels:
        if not 1 <= len(label) <= 63 or not _LABEL.issuperset(label):
            raise ServiceError("'host' is not a host name")
        if label[0] == "-" or label[-1] == "-":
            raise ServiceError("'host' is not a host name")
    if "xn--" in name and not _is_sound(labels):
        raise ServiceError("'host' has an international label that stands for no name")
    if len(name) > 253:
        raise ServiceError("'host' is too long")
    # Some clients read 127.1, 2130706433 and 0x7f000001 as 127.0.0.1, others do not.
    if _looks_numeric(labels[-1]) and not _is_dotted_quad(labels):
        raise ServiceError("'host' is a number that not every program reads alike")
    return name


def _is_sound(labels: list[str]) -> bool:
    """Whether the labels that say so are the punycode of a name, as IDNA has them.

    uv refuses its whole file for a name that is not.
    """
    from unicodedata import bidirectional, category, normalize

    directions = []
    for label in labels:
        text = label
        if label.startswith("xn--"):
            try:
                text = label[4:].encode().decode("punycode")
                again = text.encode("punycode").decode()
            except UnicodeError:
                return False
            kinds = [category(character)[0] for character in text]
            if (
                text.isascii()
                or text[-1] == "-"
                or kinds[0] not in "LN"
                or not set(kinds) <= set("LMNP")
            ):
                return False
            if again != label[4:] or not normalize("NFKC", text) == text == text.lower():
                return False
        directions.append([bidirectional(character) for character in text])
    from_right = any(not {"R", "AL", "AN"}.isdisjoint(found) for found in directions)
    return not from_right or all(map(_has_one_direction, directions))


def _has_one_direction(classes: list[str]) -> bool:
    """Whether a label of a name with one from right to left is in one direction (RFC 5893)."""
    found = set(classes)
    if classes[0] == "L":
        return found.isdisjoint(("R", "AL", "AN"))
    both = {"EN", "AN"} <= found
    return classes[0] in ("R", "AL") and "L" not in found and not both


def _looks_numeric(label: str) -> bool:
    return _DIGITS.issuperset(label) or (
        label.startswith("0x") and set(label[2:]) <= set("0123456789abcdef")
    )


def _is_dotted_quad(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        _DIGITS.issuperset(part) and (part == "0" or part[0] != "0") and int(part) <= 255
        for part in labels
    )


def _ipv6(name: str) -> str:
    # Only an address in brackets pays for this import.
    from ipaddress import AddressValueError, IPv6Address

    if not name.endswith("]") or "%" in name:
        raise ServiceError("'host' is not an IPv6 address")
    try:
        packed = IPv6Address(name[1:-1]).packed
    except AddressValueError:
        raise ServiceError("'host' is not an IPv6 address") from None
    return f"[{_compress([packed[i] << 8 | packed[i + 1] for i in range(0, 16, 2)])}]"


def _compress(groups: list[int]) -> str:
    # https://url.spec.whatwg.org/#concept-ipv6-serializer: the first longest run of two or
    # more zeros goes. Python's own spelling of v4-mapped addresses depends on its version.
    best_start, best_length = 0, 1
    start = 0
    while start < 8:
        end = start
        while end < 8 and groups[end] == 0:
            end += 1
        if end - start > best_length:
            best_start, best_length = start, end - start
        start = end + 1
    text = [f"{group:x}" for group in groups]
    if best_length == 1:
        return ":".join(text)
    return ":".join(text[:best_start]) + "::" + ":".join(text[best_start + best_length :])


def _path_from_git(path: bytes) -> str:
    if not path.strip(b"/"):
        return "/"
    lowered = path.lower()
    if b"\\" in path or any(code in lowered for code in (b"%2f", b"%5c", b"%2e")):
        raise ServiceError("'path' holds a backslash or an encoded slash or dot")
    if any(segment in (b".", b"..") for segment in path.split(b"/")):
        raise ServiceError("'path' holds a dot segment")
    # Git decoded the path once, so a percent sign in it stood for itself.
    return "/" + _escape_path(path.removeprefix(b"/"), also=b"%")


def _escape_path(path: bytes, also: bytes = b"") -> str:
    return "".join(
        f"%{byte:02X}"
        if byte <= 0x20 or byte >= 0x7F or byte in _PATH_ESCAPED or byte in also
        else chr(byte)
        for byte in path
    )


def service_from_stored(text: str) -> Service | None:
    """The service that a `service` value of uv's store names, as uv reads it.

    Userinfo, query and fragment are dropped. None where the URL names no http(s) service
    that a request of ours could ask for; such an entry answers nobody. Raises ServiceError
    for a text without a scheme, which makes uv refuse its whole file.
    """
    scheme, colon, rest = text.strip("\0\x01\x02\t\n\r ").partition(":")
    if not colon or not scheme[:1].isalpha() or not scheme.isascii():
        raise ServiceError("'service' is not a URL: it has no scheme")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS or not rest.startswith("//") or "\\" in text:
        return None
    end = min(index for mark in "/?#" if (index := (rest[2:] + mark).find(mark)) >= 0)
    authority, tail = rest[2 : 2 + end], rest[2 + end :]
    path = tail.partition("#")[0].partition("?")[0]
    if any(segment.lower().replace("%2e", ".") in (".", "..") for segment in path.split("/")):
        return None
    try:
        host = _to_ascii(authority.rpartition("@")[2])
        bare = host.removesuffix(":")
        # An empty port is none; `host:80:` has one too many.
        name, port = split_host(host if ":" in bare and bare[-1] != "]" else bare, scheme)
    except ServiceError:
        return None
    return Service(scheme, name, port, _escape_path((path or "/").encode()))


def beside_service(text: str) -> str:
    """What a stored `service` holds beside the service: userinfo, query and fragment."""
    rest = text.partition("://")[2]
    end = min(index for mark in "/?#" if (index := (rest + mark).find(mark)) >= 0)
    userinfo = rest[:end].rpartition("@")[0]
    tail = min(index for mark in "?#" if (index := (rest + mark).find(mark)) >= 0)
    return f"{userinfo}@{rest[tail:]}" if userinfo or rest[tail:] else ""


def _to_ascii(authority: str) -> str:
    """International labels as punycode, where every reading of IDNA agrees on them.

    That is so for labels that no mapping changes. Others raise ServiceError: to guess
    would be to compare hosts loosely.
    """
    if authority.isascii():
        return authority
    from unicodedata import category, normalize

    labels = []
    for label in authority.split("."):
        if not label.isascii():
            stable = normalize("NFKC", label).casefold() == label
            if not stable or not all(category(c)[0] in "LMN" or c == "-" for c in label):
                raise ServiceError("'host' is an international name in no normal form")
            label = "xn--" + label.encode("punycode").decode()
        labels.append(label)
    return ".".join(labels)


def is_torn(url: str) -> bool:
    """Whether a password with a slash ends the host of a URL there, and so makes the secret a
    part of the path."""
    head, at, _ = url.partition("://")[2].partition("@")
    host, slash, _ = head.partition("/")
    if not at or not slash:
        return False
    digits = host.rpartition(":")[2]
    return ":" in (head.removeprefix(host) if digits.isdigit() else head)


def redact(url: str) -> str:
    """A URL for showing: without what in it can be a secret, whatever it looks like.

    All before the last `@` is masked, because an unescaped `/` or `#` in a password moves it
    out of the place where userinfo belongs; so are the query and the fragment. Raises nothing.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return _MASK
    _, at, after = rest.rpartition("@")
    end = min(index for char in "?#" if (index := (after + char).find(char)) >= 0)
    tail = after[end : end + 1] + _MASK if after[end:] else ""
    shown = scheme + mark + (_MASK + at if at else "") + after[:end] + tail
    return shown if shown.isprintable() else _MASK


def split_url(text: bytes) -> tuple[bytes, bytes, bytes, bytes | None, bytes | None]:
    """Protocol, host, path, username and password of the `url` attribute, decoded.

    Strict: `scheme://`, at most one `@`, a host that is not empty and holds no escape, no
    query or fragment. Raises ServiceError; no message quotes the URL.
    """
    protocol, mark, rest = text.partition(b"://")
    authority, _, path = rest.partition(b"/")
    userinfo, at, host = authority.rpartition(b"@")
    if not mark or not host or b"@" in userinfo:
        raise ServiceError("'url' is not of the form scheme://host/path")
    if any(byte <= 0x20 or byte == 0x7F for byte in text) or any(c in b"%?#\\" for c in host):
        raise ServiceError("'url' holds what its host or a URL cannot")
    if any(c in b"?#\\" for c in userinfo + path):
        raise ServiceError("'url' holds a query, a fragment or a backslash")
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
        raise ServiceError("'url' holds a broken percent escape") from None
    # int() also reads '+1', ' 1' and '1_'; an escape is two hexadecimal digits.
    if any(len(p) < 2 or not p[:2].isalnum() for p in parts[1:]):
        raise ServiceError("'url' holds a broken percent escape")
    if any(c in decoded for c in (b"\n", b"\r", b"\0")):
        raise ServiceError("'url' holds an encoded line end or NUL")
    return decoded
