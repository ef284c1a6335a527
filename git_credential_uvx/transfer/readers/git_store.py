"""git-credential-store's files: a line each, `https://user:password@host[/path]`, percent-encoded.

git reads them from the top and takes the first that fits, so the first of two is the one that
counts. It writes the newest at the top.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from ...errors import ServiceError
from ...urls.parts import split_authority, split_url
from ...urls.service import Service, service_from_git
from ..rows import Found, Places, Refused, Row, SourceFile
from ..userinfo import login_of
from . import Reader

# What git leaves as it is everywhere, and in paths only (RFC 3986).
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
_RESERVED = b"!*'();:@&=+$,/?#[]"


class GitStore(Reader):
    first_counts = True

    def paths(self, places: Places) -> list[str]:
        """The two that git reads by itself."""
        return places.at_home(".git-credentials") + places.config("git", "credentials")

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each line but the empty ones; a span is the whole line with its end."""
        rows: list[Row] = []
        start = 0
        for number, line in enumerate(file.data.split(b"\n"), 1):
            end = min(start + len(line) + 1, len(file.data))
            text = line.removesuffix(b"\r")
            if text:
                rows.append(_row(text, number, (start, end)))
            start = end
        return rows

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> bytes:
        """The file without these lines."""
        pieces, position = [], 0
        for row in sorted(found, key=lambda row: row.line):
            assert row.span is not None  # noqa: S101
            pieces.append(file.data[position : row.span[0]])
            position = row.span[1]
        return b"".join([*pieces, file.data[position:]])


def _row(text: bytes, number: int, span: tuple[int, int]) -> Row:
    protocol, mark, _ = text.partition(b"://")
    if not mark:
        return Refused("Git ignores it: it is not a URL", number, broken=False)
    if protocol not in (b"https", b"http"):
        return Refused("it is neither https nor http", number, broken=False)
    try:
        service, username, password = _parts(text)
        lacking = username is None or password is None
        login = None if lacking else login_of(service, username or b"", password, "git")
    except ServiceError as error:
        return Refused(error.about(url="it"), number)
    if lacking:
        missing = "username" if username is None else "password"
        return Refused(f"Git ignores it: it has no {missing}", number, broken=False)
    if login is None:
        return Refused("it has no secret", number, broken=False)
    note = ""
    if service.path != "/":
        note = "Git sends a path only with credential.useHttpPath"
    return Found(service, login, number, span, note)


def _parts(text: bytes) -> tuple[Service, bytes | None, bytes | None]:
    scheme, userinfo, name, tail = split_authority(text, "/")
    # git escapes the host too, for the colon before a port; any other escape is none of its own.
    decoded = unquote_to_bytes(name)
    # In a path git leaves these two as they are.
    tail = tail.replace(b"?", b"%3f").replace(b"#", b"%23")
    if not any(byte in decoded for byte in b"/@?#\\%"):
        name = decoded
    protocol, host, path, username, password = split_url(scheme + userinfo + name + tail)
    return service_from_git(protocol, host, path.strip(b"/")), username, password


def line(service: Service, username: bytes, password: bytes) -> bytes:
    """A line, as git-credential-store writes it."""
    text = service.scheme.encode() + b"://" + encoded(username) + b":" + encoded(password)
    port = "" if service.port is None else f":{service.port}"
    text += b"@" + encoded(f"{service.host}{port}".encode())
    path = unquote_to_bytes(service.path).strip(b"/")
    return text + (b"/" + encoded(path, _RESERVED) if path else b"") + b"\n"


def encoded(value: bytes, also: bytes = b"") -> bytes:
    """Percent-encoded as git does it, but for the unreserved and `also`."""
    plain = _UNRESERVED + also
    return b"".join(bytes([b]) if b in plain else b"%%%02x" % b for b in value)


READER = GitStore()
