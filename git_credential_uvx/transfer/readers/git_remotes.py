"""Git's configuration: remotes and rewrites with userinfo, and headers with an Authorization.

git itself says what the configuration is (`git config --list -z`), with every include and each
file apart; a URL is then looked for in the bytes of its file. What it holds goes in for the
whole host, because that is what Git asks for.
"""

from __future__ import annotations

from binascii import Error, a2b_base64

from ...credential import Credential, Secret
from ...errors import ServiceError
from ...urls.parts import split_url, without_userinfo
from ...urls.service import service_from_git
from ..rows import Found, Lines, Places, Refused, Row, SourceFile, cut
from ..userinfo import from_url

FIRST_COUNTS = True
LISTING = "listing"  # the name in `beside` of what git says about the file

_NOTE = "a header, which 'git config --unset-all' can remove"


def paths(places: Places) -> list[str]:
    """The user's own configuration."""
    named = places.environ.get("GIT_CONFIG_GLOBAL")
    if named is not None:
        return [named] if named.startswith("/") else []
    return [*places.config("git", "config"), *places.at_home(".gitconfig")]


def checkout_paths(places: Places) -> list[str]:
    """The working folder, whose author chose the hosts: for who asks for it only. What git reads
    there is git's to say."""
    return [places.folder] if places.folder else []


def origins(listing: bytes) -> dict[bytes, tuple[bytes, bool]]:
    """What `git config --list --show-origin --show-scope -z` says, by the file or other origin,
    and whether that is the user's own or the machine's."""
    words = listing.split(b"\0")
    found: dict[bytes, tuple[bytes, bool]] = {}
    for scope, origin, pair in zip(words[::3], words[1::3], words[2::3], strict=False):
        said, is_user = found.get(origin, (b"", False))
        found[origin] = said + pair + b"\0", is_user or scope in (b"system", b"global")
    return found


def pairs(listing: bytes) -> list[tuple[bytes, bytes]]:
    """Keys and values of `git config --list -z`."""
    lines = (line.partition(b"\n") for line in listing.split(b"\0") if line)
    return [(key, value) for key, _, value in lines]


def read(file: SourceFile) -> list[Row]:
    """A row for each secret in what git says about a file."""
    rows: list[Row] = []
    lines = Lines(file.data)
    used = 0
    for key, value in pairs(file.beside.get(LISTING, b"")):
        section, _, rest = key.partition(b".")
        subsection, _, name = rest.rpartition(b".")
        if section == b"http" and name == b"extraheader":
            row = _header(subsection, value, lines.of(max(file.data.find(value), 0)))
        else:
            url = _url(section, subsection, name, value)
            at = file.data.find(url, used) if url else -1
            row = from_url(url, "git", lines.of(at), at) if at >= 0 else None
            row = row if at >= 0 else from_url(url, "git", 1)
            used = at + len(url) if row is not None and at >= 0 else used
        if row is not None:
            rows.append(row)
    return rows


def _url(section: bytes, subsection: bytes, name: bytes, value: bytes) -> bytes:
    if section == b"remote" and name in (b"url", b"pushurl"):
        return value
    return subsection if section == b"url" and name in (b"insteadof", b"pushinsteadof") else b""


def _header(url: bytes, value: bytes, line: int) -> Row | None:
    name, _, text = value.partition(b":")
    if name.strip().lower() != b"authorization":
        return None
    scheme, _, secret = text.strip().partition(b" ")
    if not url:
        return Refused("a header for every host names none", line, broken=False)
    try:
        protocol, host, _, _, _ = split_url(url)
        credential = _authorization(scheme.lower(), secret.strip())
        return Found(service_from_git(protocol, host, None), credential, line, note=_NOTE)
    except ServiceError:
        return Refused("a header is for no URL, or holds no credential", line)


def _authorization(scheme: bytes, secret: bytes) -> Credential:
    if scheme == b"bearer" and secret:
        return Credential(None, Secret(secret), authtype=b"Bearer")
    try:
        username, colon, password = a2b_base64(secret, strict_mode=True).partition(b":")
    except Error:
        raise ServiceError("it is not base64") from None
    odd = any(byte in username + password for byte in b"\n\r\0")
    if scheme != b"basic" or not colon or not password or odd:
        raise ServiceError("it is no username and password")
    return Credential(username, Secret(password))


def without(file: SourceFile, found: list[Found], crowded: set[str]) -> bytes:
    """The file without the userinfo of these URLs; whoever writes it asks git whether it still
    says the same."""
    return cut(file.data, found, crowded)


def same(before: bytes, after: bytes) -> bool:
    """Whether two listings differ in nothing but the userinfo of URLs."""
    return [_bare(pair) for pair in pairs(before)] == [_bare(pair) for pair in pairs(after)]


def _bare(pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    return tuple(without_userinfo(text) for text in pair)
