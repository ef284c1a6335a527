"""Git's credential helper protocol: bytes to values and back. No input or output.

The rules are those of gitcredentials(7) and git-credential(1), and strict where these leave room:

* Lines end with LF, or all of them with CRLF. Any other CR and any NUL is refused, because some
  programs take it for a line end, and dropping it could change a password.
* A line is `key=value`. The bytes of the value are kept as they are. A blank line ends the request.
* `key[]=value` adds to a list, `key[]=` empties it. A known key without brackets may be given only
  once, because programs differ in which of two they take.
* `url` replaces its parts, which may not be given as well.
* Unknown keys are ignored. An empty value is a value.
"""

from __future__ import annotations

from .errors import ProtocolError, ServiceError

LINE_LIMIT = 65_535  # bytes with the newline, git-credential(1)
REQUEST_LIMIT = 262_144  # bytes; Git's own requests are far below 10,000

_URL_PARTS = (b"protocol", b"host", b"path", b"username", b"password")
_SINGLE = frozenset(
    (
        *_URL_PARTS,
        b"password_expiry_utc",
        b"oauth_refresh_token",
        b"authtype",
        b"credential",
        b"ephemeral",
        b"url",
    )
)


class Request:
    """The attributes of one request: `fields` by key, `lists` by key without brackets."""

    __slots__ = ("fields", "lists")

    def __init__(self) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.lists: dict[bytes, list[bytes]] = {}

    def __repr__(self) -> str:
        return f"Request(keys={sorted(self.fields)!r})"

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, which can be empty; None if it was not given."""
        return self.fields.get(key)

    def can(self, capability: bytes) -> bool:
        """Whether the caller announced `capability`."""
        return capability in self.lists.get(b"capability", ())


def complete(data: bytes) -> bool:
    """Whether `data` has the blank line that ends a request."""
    return data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data


def parse(data: bytes) -> Request:
    """Read a request. Raises ProtocolError, whose text names keys and never values."""
    if len(data) > REQUEST_LIMIT:
        raise ProtocolError(f"the request is longer than {REQUEST_LIMIT} bytes")
    if b"\0" in data:
        raise ProtocolError("the request has a NUL byte")
    request = Request()
    newline = b"\r\n" if data.partition(b"\n")[0].endswith(b"\r") else b"\n"
    for number, line in enumerate(data.split(newline), 1):
        if len(line) + len(newline) > LINE_LIMIT:
            raise ProtocolError(f"line {number} is longer than {LINE_LIMIT} bytes")
        if not line:
            break
        if b"\r" in line or b"\n" in line:
            raise ProtocolError(
                f"line {number} has a carriage return, or another line end than the first"
            )
        key, equals, value = line.partition(b"=")
        if not equals:
            raise ProtocolError(f"line {number} is not of the form key=value")
        _add(request, key, value)
    _spell_out_url(request)
    return request


def _add(request: Request, key: bytes, value: bytes) -> None:
    if key.endswith(b"[]"):
        name = key[:-2]
        if value:
            request.lists.setdefault(name, []).append(value)
        else:
            request.lists.pop(name, None)
    elif key in _SINGLE:
        if key in request.fields:
            raise ProtocolError(f"'{key.decode()}' is given twice")
        request.fields[key] = value


def _spell_out_url(request: Request) -> None:
    url = request.fields.pop(b"url", None)
    if url is None:
        return
    from .urls.parts import split_url

    try:
        parts = dict(zip(_URL_PARTS, split_url(url), strict=True))
    except ServiceError as error:
        raise ProtocolError(str(error)) from None
    for key, value in parts.items():
        if value is None or (key == b"path" and not value):
            continue
        if key in request.fields:
            raise ProtocolError(f"'url' and '{key.decode()}' are both given")
        request.fields[key] = value


def build(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """Write an answer, without a blank line at its end.

    Raises ProtocolError for a value that the format cannot carry.
    """
    for key, value in pairs:
        if b"\n" in value or b"\r" in value or b"\0" in value:
            raise ProtocolError(f"the stored '{key.decode()}' has a line end or NUL")
        if len(key) + len(value) + 2 > LINE_LIMIT:
            raise ProtocolError(f"the stored '{key.decode()}' is too long for Git")
    return b"".join(b"%b=%b\n" % pair for pair in pairs)
