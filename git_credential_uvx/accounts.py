"""What a person means by SERVICE and by the options of `login`, as in `uv auth`.

No input or output.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .credential import Credential, Secret, is_mask
from .errors import AccountError, ServiceError
from .urls.conventions import NEUTRAL, convention_for, username_for
from .urls.parts import UrlParts
from .urls.service import LOOPBACK, Service, root_of, service_from_url

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST = 10**11  # seconds since the epoch; Git's own field takes no more digits


class Named:
    """A SERVICE as somebody typed it.

    `service` is what the credential is stored for. `username` and `password` are those of its
    userinfo, or None. `dropped` says that it had a query or fragment, which were ignored.
    """

    __slots__ = ("dropped", "password", "service", "username")

    def __init__(self, text: str, path: str | None = None) -> None:
        """Read a URL, or a host with perhaps port and path. Raises ServiceError."""
        try:
            text = url_of(text)
            if text.startswith(("ssh://", "git+ssh://")):
                raise ServiceError(
                    "SERVICE is reached by ssh, which needs no password; use its https URL"
                )
            parts = UrlParts(text)
        except ServiceError as error:
            raise ServiceError(error.about(url="SERVICE", host="the host")) from None
        service = parts.service
        if service.scheme != "https" and service.host not in LOOPBACK:
            raise ServiceError("the service must be https; plain http is for localhost only")
        if path is not None:
            service = _with_path(service, path)
        self.service = root_of(service)
        self.username = parts.username
        self.password = parts.password
        self.dropped = "?" in text or "#" in text


def url_of(text: str) -> str:
    """A URL as a person types it: `https://` can be left out. Raises ServiceError."""
    text = text.strip()
    if "://" in text:
        return text
    before, colon, after = text.partition(":")
    if colon and "@" in before and "/" not in before and not after[:1].isdigit():
        return f"ssh://{before}/{after}"
    if text.partition("/")[0].endswith(":"):
        # `https:/git.example.com` is a typing error, and not a host with the name "https".
        raise ServiceError("{} is not of the form scheme://host/path", "url")
    return "https://" + text.removeprefix("//")


def _with_path(service: Service, path: str) -> Service:
    if service.path != "/":
        raise ServiceError("a path is given both in the service and with '--path'")
    if not path:
        # An unset variable in a script must not make the login count for the whole host.
        raise ServiceError("'--path' is empty; '/' is the whole host")
    found = service_from_url(service.realm + "/" + path.removeprefix("/"))
    if found is None or "?" in path or "#" in path:
        raise ServiceError("'--path' is not the path of a URL")
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
        raise AccountError("the username is given both in the service and with '--username'")
    return text_bytes(option, "username")


def credential_for_token(named: Named, token: bytes, expires: int | None) -> Credential:
    """A bare token with the username that its service wants. Raises AccountError."""
    if named.username is not None or named.password is not None:
        raise AccountError("with '--token' the service must not hold a username or password")
    username = username_for(named.service, _usable(token, "token"), "index")
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
        raise AccountError(f"the {what} holds a line end or NUL, which Git cannot be given")
    if is_mask(value):
        raise AccountError(f"the {what} is a mask and no {what}")
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
            "'--expires' is no time; use a date (2027-01-31), a time from now (90d, 12h) "
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
