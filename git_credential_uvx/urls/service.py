"""Services: what a credential is for, and which service covers which.

A host in a request must be a plain ASCII name or an address. Hosts are compared for equality and
nothing else. No URL library parses them, because no two libraries agree on every host. A URL in the
store is read as uv reads it, by the WHATWG standard. If that would need more than this module
knows, the entry is ignored.
"""

from __future__ import annotations

from ..errors import FormError, ServiceError

# The hosts that uv takes for this machine.
LOOPBACK = frozenset(("localhost", "127.0.0.1"))
# Plain http to these hosts does not reach the network. No other name or address is listed: the
# system's name resolution decides whether it means this machine, and we compare for equality only.
THIS_MACHINE = LOOPBACK | {"[::1]"}

DEFAULT_PORTS = {"https": 443, "http": 80}

# Underscores are not in the standards of host names. Private networks have them, and git, curl and
# uv send requests there.
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST_NAME = 253
_NOT_NAMED = frozenset("@:=&/?#\\%\"'")  # not in a host, and perhaps between a name and a secret
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
    def authority(self) -> str:
        """Host and port: `example.com:8443`."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def realm(self) -> str:
        """Scheme, host and port: `https://example.com:8443`."""
        return f"{self.scheme}://{self.authority}"

    @property
    def as_typed(self) -> str:
        """What a person types for it in a command: the host alone, if that means the same."""
        return self.authority if self.scheme == "https" and self.path == "/" else str(self)

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
        raise ServiceError("{} is neither https nor http", "protocol")
    scheme = protocol.decode()
    if not host.isascii():
        raise ServiceError(
            "{} is not ASCII (an international name is asked for as punycode)", "host"
        )
    name, port = split_host(host.decode(), scheme)
    return Service(scheme, name, port, _path_from_git(path or b""))


def split_host(text: str, scheme: str) -> tuple[str, int | None]:
    """Host in normal form and port (None for the scheme's own) of an ASCII `host[:port]`.

    Raises ServiceError for whatever is not a host name of letters, digits, hyphens and underscores,
    a dotted quad, or an IPv6 address in brackets.
    """
    name, colon, digits = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        name = text
    port = _port(name, digits, scheme) if colon else None
    if name.startswith("["):
        return _ipv6(name), port
    name = name.lower()
    fault = _fault_of(name)
    if fault:
        raise ServiceError(fault, "host", nameable(name))
    return name, port


def is_port(digits: str) -> bool:
    """Whether all programs read this as the same port, from 1 to 65535."""
    plain = 1 <= len(digits) <= 5 and _DIGITS.issuperset(digits) and digits[0] != "0"
    return plain and int(digits) <= 65535


def _port(name: str, digits: str, scheme: str) -> int | None:
    if not is_port(digits):
        # Other digits, and all other texts, could be the password of a URL that lost its host.
        given = f"port {digits}" if 1 <= len(digits) <= 5 and digits.isdigit() else "the port"
        fault = f"{given} of {{}} is not a number from 1 to 65535"
        raise ServiceError(fault, "host", nameable(name))
    port = int(digits)
    return None if port == DEFAULT_PORTS.get(scheme) else port


def nameable(name: str) -> str:
    """A host for a message; "" for one that can have a part of a password, or is too long."""
    return "" if len(name) > _LONGEST_NAME or _NOT_NAMED.intersection(name) else name


def _fault_of(name: str) -> str:
    """Why a text in lower case is no name of a host that every program reads alike; "" if it is."""
    if not name:
        return "{} is empty"
    labels = name.split(".")
    for label in labels:
        if not _LABEL.issuperset(label):
            return _bad_character(label)
        if not label:
            return _empty_label(name)
        if len(label) > 63:
            return "{} has a part of more than 63 characters"
        if label[0] == "-" or label[-1] == "-":
            return "{} has a hyphen at the beginning or end of a part"
    if "xn--" in name and not _is_sound(labels):
        return "{} has a part in punycode (xn--) that stands for no name"
    if len(name) > _LONGEST_NAME:
        return "{} is longer than 253 characters"
    # Some clients read 127.1, 2130706433 and 0x7f000001 as 127.0.0.1, others do not.
    if _looks_numeric(labels[-1]) and not _is_dotted_quad(labels):
        return "{} is a number that programs read as different addresses"
    return ""


def _bad_character(label: str) -> str:
    found = next(character for character in label if character not in _LABEL)
    if found == "@":
        return "{} has a second '@'; write one in a username or password as %40"
    if found.isspace():
        return "{} has a blank"
    shown = f"'{found}'" if found.isprintable() and found not in "{}'" else "a character"
    return "{} has " + shown + ", which no host name has"


def _empty_label(name: str) -> str:
    if name[0] == ".":
        return "{} begins with a dot"
    return "{} has two dots in a row" if ".." in name else "{} ends with a dot"


def _is_sound(labels: list[str]) -> bool:
    """Whether each `xn--` label is valid punycode of a name that IDNA allows.

    For a name that is not, uv rejects its whole file.
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
    """Whether a label may stand in a name with right-to-left labels (RFC 5893)."""
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
        raise ServiceError("{} is not an IPv6 address", "host")
    try:
        packed = IPv6Address(name[1:-1]).packed
    except AddressValueError:
        raise ServiceError("{} is not an IPv6 address", "host") from None
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
        raise ServiceError("{} has a backslash or an encoded slash or dot", "path")
    if any(segment in (b".", b"..") for segment in path.split(b"/")):
        raise ServiceError("{} has '.' or '..' as a segment", "path")
    # Git decoded the path once, so a percent sign in it stood for itself.
    return "/" + _escape_path(path.removeprefix(b"/"), also=b"%")


def _escape_path(path: bytes, also: bytes = b"") -> str:
    return "".join(
        f"%{byte:02X}"
        if byte <= 0x20 or byte >= 0x7F or byte in _PATH_ESCAPED or byte in also
        else chr(byte)
        for byte in path
    )


def service_from_url(text: str) -> Service | None:
    """The service that a `service` value of uv's store names, as uv reads it.

    Userinfo, query and fragment are dropped. None if no request of ours could be for the URL; such
    an entry is ignored. Raises ServiceError for a text without a scheme, for which uv rejects its
    whole file.
    """
    try:
        return read_url(text)
    except FormError:
        return None


def read_url(text: str) -> Service:
    """As `service_from_url`, but raises FormError with the reason in place of None."""
    scheme, colon, rest = text.strip("\0\x01\x02\t\n\r ").partition(":")
    if not colon or not scheme[:1].isalpha() or not scheme.isascii():
        raise ServiceError("{} is not a URL: it has no scheme", "service")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        value = f"{scheme}://" if scheme.isalnum() and len(scheme) < 10 else ""
        raise FormError("{} is neither https nor http", "scheme", value)
    if not rest.startswith("//"):
        raise FormError("{} has no '//' after its scheme", "url")
    if "\\" in text:
        raise FormError("{} has a backslash", "url")
    end = 2 + first_of(rest[2:], "/?#")
    authority, tail = rest[2:end], rest[end:]
    path = tail.partition("#")[0].partition("?")[0]
    if any(segment.lower().replace("%2e", ".") in (".", "..") for segment in path.split("/")):
        raise FormError("{} has '.' or '..' in its path", "url")
    try:
        host = _to_ascii(authority.rpartition("@")[2])
        bare = host.removesuffix(":")
        # `host:` has no port. `host:80:` is not a host.
        name, port = split_host(host if ":" in bare and bare[-1] != "]" else bare, scheme)
    except ServiceError as error:
        if "@" in tail:
            # What looks like a host and port is a part of the userinfo, perhaps of a password.
            raise FormError("{} is not a host and port", "host") from None
        raise FormError(error.fault, error.subject, error.value) from None
    return Service(scheme, name, port, _escape_path((path or "/").encode()))


def url_extras(text: str) -> str:
    """The userinfo, query and fragment of a stored `service`."""
    rest = text.partition("://")[2]
    userinfo = rest[: first_of(rest, "/?#")].rpartition("@")[0]
    tail = rest[first_of(rest, "?#") :]
    return f"{userinfo}@{tail}" if userinfo or tail else ""


def first_of(text: str, marks: str) -> int:
    """Where the first of these characters stands in a text; its length if none does."""
    return min((text + mark).index(mark) for mark in marks)


def root_of(service: Service) -> Service:
    """The service that an index's credentials are for: its URL without `/simple` or `/+simple`.

    Case does not matter, nor does a slash at the end.
    """
    path, _, last = service.path.removesuffix("/").rpartition("/")
    if last.lower() not in ("simple", "+simple"):
        return service
    return Service(service.scheme, service.host, service.port, path or "/")


def _to_ascii(authority: str) -> str:
    """A host with its international labels as punycode, if all versions of IDNA agree on them.

    They agree on labels that no mapping changes. Raises ServiceError for others, because a guess
    could take one host for another.
    """
    if authority.isascii():
        return authority
    from unicodedata import category, normalize

    labels = []
    for label in authority.split("."):
        if not label.isascii():
            stable = normalize("NFKC", label).casefold() == label
            if not stable or not all(category(c)[0] in "LMN" or c == "-" for c in label):
                raise ServiceError("{} is an international name in no normal form", "host")
            label = "xn--" + label.encode("punycode").decode()
        labels.append(label)
    return ".".join(labels)
