"""The netrc file, `NETRC` or `~/.netrc`: where it is, and which of its entries answers.

`netrc_format` reads the file. Hosts are compared in normal form; `machine default` is a host of
that name. The login must be the requested username. Without one, the last entry answers, as in
Python and uv; in curl it is the first. Two passwords for one login give no answer. Neither does an
entry without login or password; uv, Python and curl take the missing one as empty.

The `default` entry answers only for a host that no entry names, wherever it stands in the file
(curl stops reading there). It is not used in a file with a fault, which may be the host's entry.

If a checkout or a server chose the host, an entry answers only for the port that it names, or for
the scheme's own. Otherwise an entry without a port answers for any port, as in uv. For plain http
an entry counts as stored only if it says `protocol http` and names the port, unless that is 80.
"""

from __future__ import annotations

import os

from ..credential import Credential, Secret
from ..errors import printable
from ..query import ANY_ACCOUNT_NAMES, SourceAnswer
from ..system import platform
from ..system.files import File, chmod, failure, group_warning, open_above
from ..urls.service import DEFAULT_PORTS
from .netrc_format import Login, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..query import Query

SIZE_LIMIT = 1024 * 1024  # bytes; curl reads an eighth of that


def choose(
    logins: list[Login], query: Query, *, default: bool
) -> tuple[Login | None, list[Login], str]:
    """The entry that answers, all entries that could, and the reason if none does.

    `default` is whether the `default` entry answers for a host that no entry names.
    """
    host = query.service.host
    entries = [entry for entry in logins if entry.machine == host]
    subject = f"the entry for {host}"
    if not entries:
        subject = "the 'default' entry"
        entries = [entry for entry in logins if entry.machine is None]
        if not entries:
            return None, [], f"no entry for {host}"
        if not default:
            return None, [], f"no entry for {host}, and 'default' in {_lines(entries)} is not used"
    for fits, reason in (
        (_is_complete, "is broken, or has no login or no password"),
        (_is_for_realm, "is for another port or protocol"),
        (_accepts, "has another login"),
    ):
        fitting = [entry for entry in entries if fits(entry, query)]
        if not fitting:
            return None, [], f"{subject} in {_lines(entries)} {reason}"
        entries = fitting
    if query.exact_only:
        entries = [entry for entry in entries if _is_exact(entry, query)] or entries
    entries = _preferred(entries, query)
    chosen = entries[-1]
    rivals = [e for e in entries if e.login == chosen.login]
    if any(e.password != chosen.password for e in rivals):
        return None, [], f"{_lines(rivals)} have different passwords for one login"
    return chosen, entries, ""


def _lines(entries: list[Login]) -> str:
    numbers = [str(entry.line) for entry in entries]
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _is_complete(entry: Login, query: Query) -> bool:
    return entry.login is not None and entry.password is not None and entry.password != Secret(b"")


def _is_for_realm(entry: Login, query: Query) -> bool:
    if entry.protocol not in (None, query.service.scheme):
        return False
    return _is_for_port(entry, query) or (entry.port is None and not query.steered)


def _is_for_port(entry: Login, query: Query) -> bool:
    own = DEFAULT_PORTS[query.service.scheme]
    return (entry.port or own) == (query.service.port or own)


def _is_exact(entry: Login, query: Query) -> bool:
    """Whether an entry names the scheme, the host and the port of the query."""
    named = entry.machine is not None and entry.protocol == query.service.scheme
    return named and _is_for_port(entry, query)


def _accepts(entry: Login, query: Query) -> bool:
    # uv takes these names as they are; only Git's URLs carry them for any account.
    takes_any = query.use == "git" and query.username in ANY_ACCOUNT_NAMES
    return takes_any or query.username in (None, entry.login)


def _preferred(entries: list[Login], query: Query) -> list[Login]:
    """The entries with exactly the requested login that say the most about the realm."""
    exact = [e for e in entries if e.login == query.username] or entries
    most = max(_precision(entry) for entry in exact)
    return [entry for entry in exact if _precision(entry) == most]


def _precision(entry: Login) -> int:
    return (entry.port is not None) + (entry.protocol is not None)


def netrc_path(environ: Mapping[str, str], home: str, exists: Callable[[str], bool]) -> str | None:
    """Where the netrc file is, None for nowhere.

    `NETRC` (`~` is `home`) counts if it is absolute and exists. A relative path would depend on the
    working folder, and others may have filled Git's.
    """
    named = environ.get("NETRC", "")
    if os.path.isabs(home) and (named == "~" or named.startswith("~/")):
        named = home + named[1:]
    if os.path.isabs(named) and exists(named):
        return named
    return os.path.join(home, ".netrc") if os.path.isabs(home) else None


class NetrcSource:
    """Finds credentials in a netrc file; `path` is None if there can be no such file.

    `default` is whether its `default` entry answers for hosts that it does not name, and
    `default_for_all` whether it does so wherever a checkout or a server chose the host.
    `any_owner` is whether a file of another user is fine, as for `files.Folder`.
    """

    name = "netrc"

    def __init__(
        self,
        path: str | None,
        *,
        default: bool,
        default_for_all: bool = False,
        any_owner: bool = False,
    ) -> None:
        self._path = path
        self._shown = printable(path or "")
        self._default = default
        self._default_for_all = default_for_all
        self._any_owner = any_owner

    def find(self, query: Query, now: int) -> SourceAnswer:
        """What the file has for the query. Raises nothing."""
        if self._path is None:
            return SourceAnswer(reason="there is no home folder")
        try:
            with File(self._path) as file:
                data, warning = self._read(file)
        except (FileNotFoundError, NotADirectoryError):
            return SourceAnswer(reason=f"there is no '{self._shown}'")
        except ValueError:
            return SourceAnswer(reason=f"'{self._shown}' is not a path")
        except OSError as error:
            return self._unread(error)
        if data is None:
            return SourceAnswer(reason=warning or f"'{self._shown}' is not a file", warning=warning)
        return self._answer(data, warning, query)

    def _unread(self, error: OSError) -> SourceAnswer:
        warning = str(failure("cannot read", self._shown, error))
        return SourceAnswer(reason=warning, warning=warning)

    def _read(self, file: File) -> tuple[bytes | None, str | None]:
        """The bytes of the file, None if they are not to be used; and a warning."""
        status = file.status
        if not file.is_regular:
            # No warning: people set NETRC=/dev/null to have no netrc.
            return None, None
        if not self._any_owner and not platform.is_own(status):
            return None, f"'{self._shown}' is not used: it belongs to another user"
        if platform.is_writable_by_all(status):
            fault = f"it can be written by every user{chmod('600', {self._shown: status})}"
            return None, f"'{self._shown}' is not used: {fault}"
        above = open_above(self._path or "")
        if above is not None:
            advice = chmod("go-w", {above: os.stat(above)})
            fault = f"'{above}' can be written by every user{advice}"
            return None, f"'{self._shown}' is not used: {fault}"
        folders = self._folders()
        data = file.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            return None, f"'{self._shown}' is not used: it is larger than {SIZE_LIMIT} bytes"
        if platform.is_open_to_others(status):
            advice = chmod("600", {self._shown: status})
            return data, f"'{self._shown}' is open to other users{advice}"
        shared = [(f, s) for f, s in folders.items() if platform.is_writable_by_group(s)]
        return data, group_warning(shared)

    def _folders(self) -> dict[str, os.stat_result]:
        """The folder of the file and, for a symlink, the folder of its target."""
        path = self._path or ""
        paths = [path, os.path.realpath(path)] if os.path.islink(path) else [path]
        return {above: os.stat(above) for above in map(os.path.dirname, paths)}

    def _answer(self, data: bytes, warning: str | None, query: Query) -> SourceAnswer:
        logins, faults = parse(data)
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            fault = f"'{self._shown}', line {faults[0].line}: {faults[0].text}{more}"
            warning = fault if warning is None else f"{fault}; {warning}"
        default = self._default and not faults
        entry, others, reason = choose(logins, query, default=default)
        if entry is None or entry.password is None:
            return SourceAnswer(reason=f"'{self._shown}': {reason}", warning=warning)
        place = f"'{self._shown}', line {entry.line}"
        named = entry.machine is not None or self._default_for_all
        if entry.machine is None:
            place += ", its 'default'"
        if len({other.login for other in others}) > 1:
            place += f", the last of several accounts ({_lines(others)})"
        return SourceAnswer(
            Credential(entry.login, entry.password),
            place=place,
            warning=warning,
            exact=_is_exact(entry, query),
            loose=not query.steered and not (named and _is_for_port(entry, query)),
        )
