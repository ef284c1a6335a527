"""Git's four operations: get, store, erase, capability.

Nothing here prompts. A request without protocol or host is ignored.
"""

from __future__ import annotations

from .credential import Credential, Secret, is_mask
from .errors import AccountError, ProtocolError
from .protocol import Request, build
from .query import Query
from .urls.service import Service, service_from_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .resolver import Resolver

CAPABILITIES = b"version 0\ncapability authtype\n"

_EXPIRY_DIGITS = 12  # seconds since the epoch up to the year 33658


def answer(
    operation: str, request: Request, resolver: Resolver, now: int
) -> tuple[bytes, list[str]]:
    """Carry out `get`, `store` or `erase`. Returns the bytes for Git, and warnings for the user.

    `now` is in seconds since the epoch. Raises UvxError.
    """
    service = _service(request)
    if service is None:
        return b"", []
    query = Query(service, request.get(b"username"), any_authtype=request.can(b"authtype"))
    if operation == "get":
        found = resolver.find(query, now)
        return _answer(found.credential, now), found.warnings
    notice = None
    if operation == "store":
        notice = _store(request, query, resolver, now)
    elif operation == "erase":
        notice = _erase(request, query, resolver, now)
    return b"", [] if notice is None else [notice]


def _service(request: Request) -> Service | None:
    protocol, host = request.get(b"protocol"), request.get(b"host")
    # Git also asks for mail servers and certificates (smtp, imaps, cert).
    if protocol not in (b"https", b"http") or not host:
        return None
    return service_from_git(protocol, host, request.get(b"path"))


def _answer(found: Credential | None, now: int) -> bytes:
    if found is None:
        return b""
    pairs: list[tuple[bytes, bytes]] = []
    if found.authtype is not None:
        pairs.append((b"capability[]", b"authtype"))
    if found.username is not None:
        pairs.append((b"username", found.username))
    if not found.expired(now):
        pairs += _secret_pairs(found)
        if found.expires is not None:
            pairs.append((b"password_expiry_utc", str(found.expires).encode()))
    if found.refresh is not None:
        pairs.append((b"oauth_refresh_token", found.refresh.reveal()))
    return build(pairs)


def _secret_pairs(credential: Credential) -> list[tuple[bytes, bytes]]:
    if credential.authtype is None:
        return [(b"password", credential.secret.reveal())]
    return [(b"authtype", credential.authtype), (b"credential", credential.secret.reveal())]


def _store(request: Request, query: Query, resolver: Resolver, now: int) -> str | None:
    credential = _credential(request)
    if credential is None or credential.expired(now) or request.get(b"ephemeral") == b"1":
        return None
    return accepted(query, credential, resolver, now)


def accepted(query: Query, credential: Credential, resolver: Resolver, now: int) -> str | None:
    """Store what a server accepted, unless it came from a source that is no store.

    Returns a line for the user, or None. Raises UvxError.
    """
    secret = credential.secret
    if is_mask(secret.reveal()):
        raise AccountError("the password is a mask such as '****'; it was not stored")
    store = resolver.store()
    # Most credentials are stored already. Only for a new one are the other sources asked.
    if store.planned(query.service, credential, now) and not resolver.knows_elsewhere(
        query, secret, now
    ):
        return store.apply(query.service, credential, now)
    return None


def _credential(request: Request) -> Credential | None:
    """The credential of a `store` request; None if the request is incomplete."""
    username, authtype = request.get(b"username"), request.get(b"authtype")
    refresh = request.get(b"oauth_refresh_token")
    if authtype:
        secret = request.get(b"credential")
    else:
        secret = request.get(b"password") if username is not None else None
    if secret is None:
        return None
    return Credential(
        username,
        Secret(secret),
        authtype=authtype or None,
        expires=_expiry(request),
        refresh=None if refresh is None else Secret(refresh),
    )


def _expiry(request: Request) -> int | None:
    text = request.get(b"password_expiry_utc")
    if text is None:
        return None
    # int() also reads signs, blanks, underscores and digits of other scripts.
    if not text.isdigit() or len(text) > _EXPIRY_DIGITS:
        raise ProtocolError("'password_expiry_utc' is not a number of seconds")
    return int(text)


def _erase(request: Request, query: Query, resolver: Resolver, now: int) -> str | None:
    authtype = request.get(b"authtype") or None
    given = request.get(b"credential" if authtype else b"password")
    secret = None if given is None else Secret(given)
    notice = refused(query, secret, authtype, resolver, now)
    step = None if secret is None else resolver.keeping(query, secret, now)
    if step is None or step.answer is None:
        return notice
    place = step.answer.place
    if step.source == "environment":
        return f"the server refused the token in {place}; set a new one, or run 'unset {place}'"
    return f"the server refused the password in {place}; correct that line, or remove it"


def refused(
    query: Query, secret: Secret | None, authtype: bytes | None, resolver: Resolver, now: int
) -> str | None:
    """Take what a server refused out of the store; None for `secret` means any.

    Returns a line for the user if uv's file keeps it, or None. Raises UvxError.
    """
    resolver.refused(query, secret)
    return resolver.store().remove(query.service, query.username, secret, authtype, now)
