"""netrc: the entries of `sources.netrc_format`, as services.

An entry names a host and not a scheme: it is for https, unless it says `protocol http`. If one
login has two passwords, neither is imported.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ...errors import ServiceError, SourceError
from ...sources.netrc_format import Fault, Login, parse
from ...urls.service import DEFAULT_PORTS, Service, split_host
from ..rows import Found, Places, Refused, Row, SourceFile, lines
from ..userinfo import login_of
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_RIVALS = 5  # that are named


class Netrc(Reader):
    whole = True

    def paths(self, places: Places) -> list[str]:
        """`NETRC` if it is absolute, else `~/.netrc`."""
        named = places.environ.get("NETRC", "")
        return [named] if named.startswith("/") else places.at_home(".netrc")

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each entry, and one for each fault."""
        logins, faults = parse(file.data)
        rows: list[Row] = [Refused(_reason(fault, logins), fault.line) for fault in faults]
        entries = [_row(login) for login in logins if not login.is_broken]
        rivals_of = _rivals(entries)
        for row in entries:
            rivals = rivals_of(row)
            if rivals:
                verb = "has" if len(rivals) == 1 else "have"
                fault = f"{lines(rivals)} {verb} another password for its login"
                rows.append(Refused(fault, row.line))
            else:
                rows.append(row)
        return sorted(rows, key=lambda row: row.line)

    def without(self, file: SourceFile, found: list[Found], crowded: set[str]) -> None:
        """None, which removes the file, if everything in it was found. Raises SourceError."""
        if any(word in file.data for word in (b"macdef", b"account", b"#")):
            raise SourceError("it may contain a macro, an account or a comment")


def _reason(fault: Fault, logins: list[Login]) -> str:
    """What is wrong in a line, with the entry that is lost because of it."""
    before = [login for login in logins if login.line <= fault.line]
    if not before or not before[-1].is_broken or before[-1].line == fault.line:
        return fault.text
    return f"{fault.text}; the entry that begins in line {before[-1].line} is not imported"


def _rivals(rows: list[Row]) -> Callable[[Row], list[int]]:
    """A function that gives the first few lines with other passwords for the login of a row."""
    known: dict[tuple[str, bytes | None], dict[bytes, int]] = {}
    for row in rows:
        if isinstance(row, Found):
            by_secret = known.setdefault(_login(row), {})
            by_secret.setdefault(row.credential.secret.reveal(), row.line)

    def rivals(row: Row) -> list[int]:
        if not isinstance(row, Found):
            return []
        own = row.credential.secret.reveal()
        others = (line for secret, line in known[_login(row)].items() if secret != own)
        return list(islice(others, _MOST_RIVALS))

    return rivals


def _login(row: Found) -> tuple[str, bytes | None]:
    return str(row.service), row.credential.username


def _row(login: Login) -> Row:
    if login.machine is None:
        return Refused("'default' is for every host, not for one", login.line, broken=False)
    if login.login is None or login.password is None or not login.password.reveal():
        return Refused("it has no login or no password", login.line, broken=False)
    scheme = login.protocol or "https"
    if scheme not in DEFAULT_PORTS:
        return Refused("its protocol is neither https nor http", login.line, broken=False)
    try:
        host, none = split_host(login.machine, scheme)
    except ServiceError:
        return Refused("its machine is not a host name", login.line)
    if none is not None:
        return Refused("its machine has a port; write it as 'port NUMBER'", login.line)
    port = None if login.port == DEFAULT_PORTS[scheme] else login.port
    service = Service(scheme, host, port)
    credential = login_of(service, login.login, login.password.reveal(), "git")
    if credential is None:
        return Refused("it has no secret", login.line)
    return Found(service, credential, login.line)


READER = Netrc()
