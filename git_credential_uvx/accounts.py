"""What a person means by SERVICE and by the options of `login`, as in `uv auth`.

No input or output.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .credential import Credential, Secret, is_mask
from .errors import AccountError, ServiceError
from .urls.conventions import NEUTRAL, convention_for, is_repository, username_for
from .urls.service import LOOPBACK, Service, root_of, service_from_url
from .urls.typed import typed

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_INDEX_PARTS = frozenset(("simple", "+simple", "packages", "pypi"))
_LONGEST = 10**11  # seconds since the epoch; Git's own field takes no more digits


# A bare word of these is a typing error more often than a host of a private network.
_WORDS = {
    "bitbucket": "bitbucket.org",
    "github": "github.com",
    "gitlab": "gitlab.com",
    "huggingface": "huggingface.co",
    "pypi": "pypi.org",
}


class Named:
    """A SERVICE as somebody typed it.

    `service` is what uv stores a credential for, `typed` the service of the URL itself: an index
    has its credentials above `/simple`. `username` and `password` are those of the userinfo, or
    None. `for_git` is whether it is the URL of a Git repository, `only_path` whether `--path` was
    given, `dropped` whether there was a query or fragment, which were ignored.
    """

    __slots__ = ("dropped", "for_git", "only_path", "password", "service", "typed", "username")

    def __init__(self, text: str, path: str | None = None) -> None:
        """Read a URL, or a host with perhaps port and path. Raises ServiceError."""
        if text.strip().lower() in _WORDS:
            word = text.strip().lower()
            raise ServiceError(
                f"did you mean '{_WORDS[word]}'? For a host named '{word}', give 'https://{word}'"
            )
        given = typed(text, "SERVICE")
        parts = given.web()
        service = parts.service
        if service.scheme != "https" and service.host not in LOOPBACK:
            raise ServiceError("SERVICE must be https; plain http is for localhost only")
        if path is not None:
            service = _with_path(service, path)
        self.typed = service
        self.service = root_of(service)
        self.username = parts.username
        self.password = parts.password
        self.for_git = given.for_git or is_repository(service)
        self.only_path = path is not None
        self.dropped = given.dropped


def is_index(named: Named) -> bool:
    """Whether a URL looks like that of a package index."""
    return not named.for_git and has_index_path(named.typed)


def has_index_path(service: Service) -> bool:
    """Whether a path has a part that the paths of package indexes have, and few others."""
    return not _INDEX_PARTS.isdisjoint(service.path.lower().split("/"))


def _with_path(service: Service, path: str) -> Service:
    if not path:
        # An unset variable in a script must not make the login count for the whole host.
        raise ServiceError("'--path' is empty; '/' is the whole host")
    found = service_from_url(service.realm + "/" + path.removeprefix("/"))
    if found is None or "?" in path or "#" in path:
        raise ServiceError("'--path' is not the path of a URL")
    if service.path not in ("/", found.path):
        raise ServiceError("SERVICE and '--path' name two different paths")
    return found


def token_usernames(service: Service) -> list[bytes]:
    """The usernames under which a bare token for a service can be stored."""
    convention = convention_for(service.host)
    if convention is None:
        return [NEUTRAL]
    shapes = [username for _, username in convention.shapes]
    return [convention.username, convention.job, *shapes, NEUTRAL]


def one_username(named: Named, option: str | None) -> bytes | None:
    """The username that the URL or `--username` gives. Raises AccountError if both do."""
    if option is None:
        return named.username
    if named.username is not None:
        raise AccountError("the username is given both in the URL and with '--username'")
    return text_bytes(option, "username")


def knows_username(named: Named) -> bool:
    """Whether the username that goes with a bare token is known.

    It is for services with a convention, and for package indexes, which expect `__token__`. A Git
    server that nobody knows could expect any.
    """
    return convention_for(named.service.host) is not None or is_index(named)


def credential_for_token(
    named: Named, username: bytes | None, token: bytes, expires: int | None
) -> Credential:
    """A token with its username, or with the one that its service wants. Raises AccountError."""
    if named.password is not None:
        raise AccountError("the URL has a password, and '--token' gives a token; give only one")
    _usable(token, "token")
    if username is None:
        username = username_for(named.service, token, "index")
    else:
        _usable(username, "username")
    return Credential(username, Secret(token), expires=expires)


def credential_for_password(username: bytes, password: bytes, expires: int | None) -> Credential:
    """A username and password. Raises AccountError."""
    _usable(username, "username")
    return Credential(username, Secret(_usable(password, "password")), expires=expires)


def text_bytes(text: str, what: str) -> bytes:
    """An argument as bytes. Raises AccountError for one that is not UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise AccountError(f"the {what} is not UTF-8") from None


def _usable(value: bytes, what: str) -> bytes:
    if not value:
        raise AccountError(f"the {what} is empty")
    if any(byte in value for byte in (b"\n", b"\r", b"\0")):
        raise AccountError(f"the {what} has a line end or NUL, which Git does not accept")
    if is_mask(value):
        raise AccountError(f"the {what} is a mask; copy the {what} itself")
    try:
        value.decode()
    except UnicodeDecodeError:
        raise AccountError(f"the {what} is not UTF-8") from None
    return value


def expiry(text: str, now: int) -> int:
    """An expiry date in seconds since the epoch.

    The text is a date or time in ISO 8601 (UTC without a zone), a time from now (`90d`, `12h`,
    `30m`, `2w`) or seconds since the epoch. Raises AccountError.
    """
    at = _instant(text.strip(), now)
    if at is None:
        raise AccountError(
            "'--expires' is not a time; give a date (2027-01-31), a time from now (90d, 12h) "
            "or seconds since the epoch"
        )
    if not now < at < _LONGEST:
        raise AccountError("'--expires' is in the past or too far away")
    return at


def _instant(text: str, now: int) -> int | None:
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdigit() and len(number) < 9:
        return now + int(number) * _UNITS[unit]
    if text.isascii() and text.isdigit() and len(text) >= 9:
        return int(text) if len(text) < 13 else _LONGEST
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
