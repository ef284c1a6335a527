"""The helper protocol: any bytes as a request of `get`, `store` and `erase`.

No secret goes to another place than the one that Git named, the answer holds the lines that it
should and no more, a change is of the named place alone, and only this package's errors come out.
"""

from __future__ import annotations

import atexit
from functools import cache
from ipaddress import ip_address
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, cast

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import ProtocolError, UvxError
from git_credential_uvx.helper import answer
from git_credential_uvx.protocol import Request, build, complete, parse
from git_credential_uvx.resolver import Answer, Resolver, Step
from git_credential_uvx.stores.entries import Contents, Entry
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.toml.document import Table
from git_credential_uvx.urls.service import Service, service_from_url

from .peers import git
from .sampling import sampled

if TYPE_CHECKING:
    from git_credential_uvx.query import Query
    from git_credential_uvx.stores.changes import StoreChange
    from git_credential_uvx.system.settings import Settings

COVERED = (
    "protocol",
    "helper",
    "urls.service",
    "stores.shared",
    "stores.changes",
    "stores.entries",
)
TOKENS = (
    *(b"protocol=", b"host=", b"path=", b"username=", b"password=", b"url=", b"capability[]="),
    *(
        b"authtype=",
        b"credential=",
        b"password_expiry_utc=",
        b"oauth_refresh_token=",
        b"wwwauth[]=",
    ),
    *(
        b"ephemeral=1",
        b"https",
        b"http",
        b"https://",
        b"good.test",
        b"evil.test",
        b":8443",
        b":443",
    ),
    *(b"[::1]", b"127.0.0.1:8080", b"org/repo.git", b"alice", b"git", b"bearer", b"CANARY", b"%0a"),
    *(
        b"%00",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\0",
        b"=",
        b"@",
        b"\x02",
        b"authtype",
        b"%2e",
        b"//",
    ),
)
_LONG = b"a" * 65_500  # stands for the byte 2, so that short inputs reach the limits
_NOW = 1_700_000_000
_ANSWERED = {
    *(b"username", b"password", b"password_expiry_utc", b"oauth_refresh_token"),
    *(b"capability[]", b"authtype", b"credential"),
}

_PLACES = (
    *("https://good.test/", "https://good.test:8443/", "https://good.test/org"),
    *(
        "https://evil.test/",
        "http://127.0.0.1:8080/",
        "https://[::1]/",
        "https://xn--bcher-kva.test/",
    ),
)


def _entry(number: int, place: str, username: bytes | None) -> Entry:
    service = service_from_url(place)
    assert service is not None
    secret = Secret(f"SECRET-{number}-{service.realm}".encode())
    scheme = b"Bearer" if username is None else None
    credential = Credential(username, secret, authtype=scheme, expires=_NOW + 60)
    return Entry(service, credential, [Table(0, 0, number)], record=number % 2 == 0, stored=number)


ENTRIES = [
    _entry(number, place, username)
    for number, (place, username) in enumerate(
        (place, username) for place in _PLACES for username in (b"alice", b"bob", None)
    )
]


class _Writing:
    """What a store is changed by, noted and not written."""

    def __init__(self) -> None:
        self.known = Contents(ENTRIES, [], [])
        self.change: StoreChange | None = None

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def apply(self, change: StoreChange, now: int) -> None:
        self.change = change


class _Store(SharedStore):
    """A store that holds ENTRIES, without files."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        super().__init__(cast("Settings", None))
        self.written = _Writing()

    def _read(self, service: Service | None) -> Contents:
        return Contents(ENTRIES, [], [])

    def _writing(self, service: Service | None) -> _Writing:  # type: ignore[override]
        return self.written


class _Resolver:
    """Asks the store alone."""

    def __init__(self) -> None:
        self._store = _Store()

    def store(self) -> _Store:
        return self._store

    def find(self, query: Query, now: int) -> Answer:
        return Answer([Step("store", answer=self._store.find(query, now))])

    def refused(self, query: Query, secret: Secret | None) -> None:
        pass

    def knows_elsewhere(self, query: Query, secret: Secret, now: int) -> bool:
        return False

    def keeping(self, query: Query, secret: Secret, now: int) -> Step | None:
        return None


def one(data: bytes) -> None:
    """Run one request."""
    data = data.replace(b"\x02", _LONG)
    request = _parsed(data)
    _ends_at_the_blank_line(data, request)
    if request is None:
        return
    _comes_back(request)
    told = git.from_request(data)
    for operation in ("get", "store", "erase"):
        resolver = _Resolver()
        try:
            out, warnings = answer(operation, request, cast(Resolver, resolver), _NOW)
        except UvxError as error:
            _is_clean(error, host=request.get(b"host") or b"")
            continue
        assert all(line.isprintable() and "SECRET" not in line for line in warnings)
        if operation == "get":
            _answers_only_who_asked(data, told, request, out)
        else:
            assert out == b""
            _changes_only_what_was_named(told, resolver.store().written.change)


def _parsed(data: bytes) -> Request | None:
    try:
        return parse(data)
    except ProtocolError as error:
        _is_clean(error)
        return None


def _is_clean(error: UvxError, host: bytes = b"") -> None:
    """An error quotes nothing, except a host as Git sent it."""
    text = str(error)
    assert text.isprintable()
    for quoted in (host.decode("latin-1").lower(), host.rpartition(b":")[0].decode("latin-1")):
        text = text.replace(f"'{quoted}'", "")
    assert "CANARY" not in text.upper()
    assert "SECRET" not in text.upper()


def _ends_at_the_blank_line(data: bytes, request: Request | None) -> None:
    ends = [data.find(mark) + len(mark) for mark in (b"\n\n", b"\n\r\n") if mark in data]
    ends += [len(mark) for mark in (b"\n", b"\r\n") if data.startswith(mark)]
    assert complete(data) is bool(ends)
    if not ends:
        return
    first = _parsed(data[: min(ends)])
    if request is not None:
        assert first is not None
        assert (first.fields, first.lists) == (request.fields, request.lists)


def _comes_back(request: Request) -> None:
    try:
        written = build(list(request.fields.items()))
    except ProtocolError as error:
        _is_clean(error)
        return
    assert parse(written).fields == request.fields


def _answers_only_who_asked(
    data: bytes, told: git.Fields | None, request: Request, out: bytes
) -> None:
    if not out:
        return
    assert out.endswith(b"\n")
    lines = [line.partition(b"=") for line in out[:-1].split(b"\n")]
    keys = [key for key, _, _ in lines]
    assert len(keys) == len(set(keys))
    assert set(keys) <= _ANSWERED
    fields = {key: value for key, _, value in lines}
    secret = fields.get(b"credential", fields.get(b"password", b""))
    (entry,) = (e for e in ENTRIES if e.as_stored.secret == Secret(secret))
    assert told is not None, "git would not read this request"
    _is_named(told, entry.service)
    username = request.get(b"username")
    assert username in (
        None,
        b"git",
        b"oauth2",
        b"x-access-token",
        entry.as_stored.username,
    )
    if entry.as_stored.authtype is not None:
        assert request.can(b"authtype")
    if sampled(data, 50) and git.program():
        theirs = git.real_from_request(data, _file_for_git())
        if b"password" in theirs:
            answered = next(e for e in ENTRIES if e.as_stored.secret == Secret(theirs[b"password"]))
            assert answered.service.realm == entry.service.realm


def _is_named(told: git.Fields, service: Service) -> None:
    """The service is at the very place that Git named, and covers its path."""
    assert told[b"protocol"].decode() == service.scheme
    host, colon, port = told[b"host"].decode().lower().rpartition(":")
    if not colon or told[b"host"].endswith(b"]"):
        host, port = told[b"host"].decode().lower(), ""
    expected = service.port or {"https": 443, "http": 80}[service.scheme]
    assert int(port or {"https": 443, "http": 80}[service.scheme]) == expected
    if host.startswith("["):
        assert ip_address(host[1:-1]) == ip_address(service.host[1:-1])
    else:
        assert host == service.host
    path = "/" + told.get(b"path", b"").decode("latin-1").strip("/")
    assert f"{path}/".startswith(service.path.rstrip("/") + "/")


def _changes_only_what_was_named(told: git.Fields | None, change: StoreChange | None) -> None:
    if change is None:
        return
    assert told is not None, "git would not read this request"
    by_line = {entry.tables[0].line: entry for entry in ENTRIES}
    for edit in (change.before, change.uv, change.after):
        for fields in edit.add:
            service = service_from_url(str(fields["service"]))
            assert service is not None
            _is_at(told, service)
        for table in [*edit.remove, *(table for table, _, _ in edit.replace)]:
            if table.line in by_line:
                _is_at(told, by_line[table.line].service)


def _is_at(told: git.Fields, service: Service) -> None:
    _is_named(told, Service(service.scheme, service.host, service.port))


@cache
def _file_for_git() -> str:
    """The entries as git's own helper keeps them; whole hosts first, which it takes first."""
    file = NamedTemporaryFile()  # noqa: SIM115
    atexit.register(file.close)
    for entry in sorted(ENTRIES, key=lambda entry: len(entry.service.path)):
        if entry.as_stored.username is not None:
            userinfo = b"%b:%b@" % (
                entry.as_stored.username,
                entry.as_stored.secret.reveal().replace(b":", b"%3a").replace(b"/", b"%2f"),
            )
            scheme, mark, rest = str(entry.service).encode().partition(b"://")
            file.write(scheme + mark + userinfo + rest.removesuffix(b"/") + b"\n")
    file.flush()
    return file.name
