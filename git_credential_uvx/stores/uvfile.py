"""uv's `credentials.toml`: from its tables to entries and back. No input or output.

uv refuses the whole file for one wrong entry. So does this module, and it names the line.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..errors import DocumentError, ServiceError
from ..toml.document import is_text
from ..urls.service import LOOPBACK, Service, service_from_url, url_extras
from .entries import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..toml.document import Fields, Table

NAME = "credentials.toml"
LOCK_NAME = "credentials.toml.lock"


def entries(tables: Iterable[Table]) -> tuple[list[Entry], bool]:
    """The entries of uv's file, and whether it has others that only uv understands.

    Raises DocumentError with the line.
    """
    found = []
    unclear = False
    for table in tables:
        service, credential, complete = _read(table)
        text = str(table.fields["service"])
        if service is not None:
            extras = url_extras(text)
            found.append(Entry(service, credential, [table], complete=complete, url_extras=extras))
        elif text.strip().lower().startswith("http"):
            unclear = True
    return found, unclear


def _read(table: Table) -> tuple[Service | None, Credential, bool]:
    text = _text(table, "service")
    if text is None:
        raise DocumentError("an entry has no 'service'", table.line)
    try:
        service = service_from_url(text)
    except ServiceError as error:
        raise DocumentError(str(error), table.line) from None
    scheme = _text(table, "scheme") or "basic"
    username, password = _text(table, "username"), _text(table, "password")
    token = _text(table, "token")
    if scheme == "basic":
        if username is None:
            raise DocumentError("a basic entry has no 'username'", table.line)
        if token is not None:
            raise DocumentError("a basic entry has a 'token'", table.line)
        secret = Secret((password or "").encode())
        return service, Credential(username.encode(), secret), password is not None
    if scheme != "bearer":
        raise DocumentError("'scheme' is neither basic nor bearer", table.line)
    if token is None:
        raise DocumentError("a bearer entry has no 'token'", table.line)
    if username is not None or password is not None:
        raise DocumentError("a bearer entry has a 'username' or 'password'", table.line)
    return service, Credential(None, Secret(token.encode()), authtype=b"Bearer"), True


def _text(table: Table, key: str) -> str | None:
    value = table.fields.get(key)
    if value is not None and not isinstance(value, str):
        raise DocumentError(f"'{key}' is not a string", table.line)
    return value


def can_hold(service: Service, credential: Credential, uv: Iterable[Entry]) -> bool:
    """Whether uv's file may get this credential as a new entry, next to the entries `uv`.

    It may not if uv would send it unencrypted or its format cannot hold it. It may not either if
    an entry answers for the service already: a second username would make uv's look-up ambiguous,
    and a longer path would win over the entry that uv used until now.
    """
    if service.scheme == "http" and service.host not in LOOPBACK:
        return False
    if credential.authtype is not None and not _is_bare_bearer(credential):
        return False
    if not is_text(credential.username or b"") or not is_text(credential.secret.reveal()):
        return False
    return not any(entry.service.covers(service) for entry in uv)


def _is_bare_bearer(credential: Credential) -> bool:
    # uv's bearer entries have no username.
    return credential.authtype == b"Bearer" and credential.username is None


def can_replace(credential: Credential) -> bool:
    """Whether uv's file can hold this in place of an entry's secret."""
    expressible = credential.authtype is None or _is_bare_bearer(credential)
    return expressible and is_text(credential.secret.reveal())


def fields(service: Service, credential: Credential) -> Fields:
    """An entry as uv writes it."""
    if credential.authtype is not None:
        token = credential.secret.reveal().decode()
        return {"service": str(service), "scheme": "bearer", "token": token}
    return {
        "service": str(service),
        "username": (credential.username or b"").decode(),
        "scheme": "basic",
        "password": credential.secret.reveal().decode(),
    }


def usernames(rivals: Iterable[Entry]) -> list[bytes | None]:
    """The accounts that uv has among entries of one service. With several, it chooses none."""
    return list(dict.fromkeys(e.as_stored.username for e in rivals if not e.record))
