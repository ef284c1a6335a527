"""Export: entries of the store as text for other programs; pure.

A writer writes what its format can carry and all its readers read alike. What it writes is
read back by our own reader, and what does not come out as it went in is left out. So no value
can become a second entry, or one for another host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..query import Query
from ..sources.environment import EnvironmentSource, variable_stem
from ..sources.netrc_format import parse
from ..stores.entries import account_key, best_first
from .readers import git_store
from .rows import Found, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..credential import Credential
    from ..stores.entries import Entry
    from ..urls.service import Service

# What curl, git and Python take for themselves in a netrc, and what they take a value for.
_NETRC_ODD = frozenset(b"\"'\\#")
_NETRC_WORDS = (b"machine", b"default", b"login", b"user", b"password", b"account", b"macdef")

_HEADING = b"# For a shell: set -a; . ./FILE; set +a\n"
_QUOTED = b"'\"'\"'"  # a quote inside of single quotes


@dataclass(frozen=True)
class LeftOut:
    """An account that is not in the text, and why."""

    service: Service
    username: bytes | None
    reason: str


@dataclass(frozen=True)
class Text:
    """What was written: the bytes, the entries in them in their order, and the others."""

    data: bytes = field(repr=False)
    written: list[Entry]
    left_out: list[LeftOut]


def accounts(entries: Iterable[Entry]) -> list[Entry]:
    """Of each account the entry that counts, whole hosts first, then the default first."""
    ranked = best_first([entry for entry in entries if entry.complete])
    found: dict[tuple[str, bytes | None, bytes | None], Entry] = {}
    for entry in ranked:
        key = account_key(entry.service, entry.as_stored)
        found.setdefault(key, entry)
    return sorted(found.values(), key=lambda entry: len(entry.service.path))


def write(entries: Iterable[Entry], form: str, now: int) -> Text:
    """The text of these entries; `form` is one of FORMATS, `now` in seconds since the epoch."""
    line, fault, single = FORMATS[form]
    parts: list[bytes] = []
    written: list[Entry] = []
    left: list[LeftOut] = []
    taken: set[str] = set()
    for entry in accounts(entries):
        reason = _unusable(entry, now) or fault(entry.service, entry.credential)
        if not reason and single and entry.service.realm in taken:
            reason = "the format has one account for each host, and this is not the default"
        text = b"" if reason else line(entry.service, entry.credential)
        if not reason and not _reads_back(text, entry, form):
            reason = "other programs would read it differently"
        if reason:
            left.append(LeftOut(entry.service, entry.as_stored.username, reason))
        else:
            taken.add(entry.service.realm)
            parts.append(text)
            written.append(entry)
    heading = _HEADING if form == "env" and parts else b""
    return Text(heading + b"".join(parts), written, left)


def _unusable(entry: Entry, now: int) -> str:
    if entry.credential.expired(now):
        return "it has expired"
    if entry.hidden:
        return "a server refused it"
    if entry.as_stored.authtype is not None:
        return "it uses another scheme than username and password"
    return ""


def _reads_back(text: bytes, entry: Entry, form: str) -> bool:
    want = (
        entry.service,
        entry.as_stored.username,
        entry.as_stored.secret.reveal(),
    )
    return [(s, u, p) for s, u, p in read(text, form, entry.service)] == [want]


def read(data: bytes, form: str, service: Service) -> list[tuple[Service, bytes | None, bytes]]:
    """What a text says: services, usernames and passwords. `service` is the one to ask a text of
    variables for."""
    if form == "git-credentials":
        rows = git_store.READER.read(SourceFile(data))
        return [_triple(r.service, r.credential) for r in rows if isinstance(r, Found)]
    if form == "netrc":
        logins, faults = parse(data)
        if faults or any(login.machine != service.host for login in logins):
            return []
        return [(service, e.login, e.password.reveal()) for e in logins if e.password is not None]
    found = EnvironmentSource(variables(data), job_tokens=False).find(Query(service), 0)
    return [] if found.credential is None else [_triple(service, found.credential)]


def _triple(service: Service, credential: Credential) -> tuple[Service, bytes | None, bytes]:
    return service, credential.username, credential.secret.reveal()


def variables(data: bytes) -> dict[str, str]:
    """The variables of a text that was written here, as Python has an environment."""
    found = {}
    for line in data.removeprefix(_HEADING).split(b"\n"):
        name, equals, value = line.partition(b"=")
        if equals and value.startswith(b"'") and value.endswith(b"'"):
            value = value[1:-1].replace(_QUOTED, b"'")
        if equals:
            found[name.decode("ascii")] = value.decode("utf-8", "surrogateescape")
    return found


def _git_line(service: Service, credential: Credential) -> bytes:
    return git_store.line(service, credential.username or b"", credential.secret.reveal())


def _git_fault(service: Service, credential: Credential) -> str:
    return ""


def _netrc_line(service: Service, credential: Credential) -> bytes:
    username, password = credential.username or b"", credential.secret.reveal()
    host = service.host.encode()
    return b"machine %b\nlogin %b\npassword %b\n" % (host, username, password)


def _netrc_fault(service: Service, credential: Credential) -> str:
    if service.scheme != "https" or service.port is not None:
        return "curl and Python ignore the scheme and port, and would send it elsewhere"
    if service.path != "/":
        return "netrc has no paths"
    if service.host.startswith("["):
        return "programs read an IPv6 address in a netrc differently"
    for name, value in (
        ("username", credential.username or b""),
        ("password", credential.secret.reveal()),
    ):
        plain = all(0x21 <= byte <= 0x7E and byte not in _NETRC_ODD for byte in value)
        if not value or not plain or value.lower() in _NETRC_WORDS:
            return f"its {name} has characters that programs read differently in a netrc"
    return ""


def _env_line(service: Service, credential: Credential) -> bytes:
    stem = (variable_stem(service) or "").encode()
    text = b"UVX_TOKEN_%b=%b\n" % (stem, _shell(credential.secret.reveal()))
    if credential.username:
        text = b"UVX_USERNAME_%b=%b\n" % (stem, _shell(credential.username)) + text
    return text


def _env_fault(service: Service, credential: Credential) -> str:
    if service.path != "/":
        return "a variable is for a whole host"
    if variable_stem(service) is None:
        return "no variable's name can stand for its host"
    if any(byte in (credential.username or b"") + credential.secret.reveal() for byte in b"\n\r\0"):
        return "it has a line end or NUL"
    return ""


def _shell(value: bytes) -> bytes:
    # shlex.quote leaves a leading `=` bare, and zsh puts the path of a program in its place.
    plain = value.replace(b"_", b"").replace(b"-", b"").replace(b".", b"")
    return value if plain.isalnum() else b"'" + value.replace(b"'", _QUOTED) + b"'"


# How a format writes an account, why it cannot, and whether it has place for one a host.
FORMATS: dict[
    str,
    tuple[
        Callable[[Service, Credential], bytes],
        Callable[[Service, Credential], str],
        bool,
    ],
] = {
    "git-credentials": (_git_line, _git_fault, False),
    "netrc": (_netrc_line, _netrc_fault, True),
    "env": (_env_line, _env_fault, True),
}
