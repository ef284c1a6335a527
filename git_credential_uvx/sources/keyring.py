"""Asks the `keyring` program as uv does (measured with uv 0.13.8).

The command is `keyring get SERVICE USERNAME`. SERVICE is first the URL, then host and port, and for
http then scheme, host and port: `keyring get http://h:8080/simple bob`, `… h:8080 bob`,
`… http://h:8080 bob`. Without a username it is `get SERVICE --mode creds`, which writes two lines.
"""

from __future__ import annotations

from time import monotonic

from ..credential import Credential, Secret
from ..errors import UvxError
from ..query import SourceAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..query import Query
    from ..urls.service import Service

TIMEOUT = 30.0  # seconds, for all that is asked for one answer

_NOT_FOUND = 1  # the status of `keyring get` if there is no entry


class KeyringSource:
    """The credentials in the system's keyring, by the program `keyring` on PATH.

    `timeout` is in seconds. With `always` (the index says so) it is also asked without a username.
    """

    name = "keyring"

    def __init__(self, timeout: float, environ: Mapping[str, str], *, always: bool = False) -> None:
        self._timeout = timeout
        self._environ = environ
        self._always = always

    def find(self, query: Query, now: int) -> SourceAnswer:
        """What keyring has for the query's URL, or else for its host.

        If only a credential for http may be sent, the host alone is not asked for: that entry may
        be the one for https.
        """
        if query.username is None and not self._always:
            return SourceAnswer(reason="keyring is not asked without a username")
        username = _argument(query.username)
        if query.username is not None and username is None:
            return SourceAnswer(reason="the username cannot be an argument of a program")
        deadline = monotonic() + self._timeout
        try:
            for service in services(query.service, exact=query.exact_only):
                found = self._ask(service, username, deadline)
                if found is not None:
                    place = f"keyring entry '{service}'"
                    return SourceAnswer(found, place=place, exact="://" in service)
        except UvxError as error:
            return SourceAnswer(reason=str(error), warning=str(error))
        if query.exact_only:
            return SourceAnswer(
                reason="keyring has no entry for http, and its other entries are kept back"
            )
        return SourceAnswer(reason="keyring has no entry for it")

    def _ask(self, service: str, username: str | None, deadline: float) -> Credential | None:
        # Importing this takes time, and most users have not switched keyring on.
        from ..errors import ProgramError, SlowError
        from ..system.programs import run

        who = ("--mode", "creds") if username is None else (username,)
        try:
            output = run(
                ("keyring", "get", service, *who),
                timeout=max(0.0, deadline - monotonic()),
                environ=self._environ,
            )
        except SlowError:
            # The time limit is for all questions together.
            message = f"keyring did not answer within {self._timeout:g} s"
            raise ProgramError(message) from None
        if output.status == _NOT_FOUND:
            return None
        if output.status != 0:
            raise ProgramError(f"keyring ended with status {output.status}")
        return _read(output.stdout, username)


def services(service: Service, *, exact: bool = False) -> list[str]:
    """The names under which keyring may have a service, in the order to ask for them.

    With `exact`, only those that contain the scheme.
    """
    if exact:
        return [str(service), service.realm]
    names = [str(service), service.authority]
    return names if service.scheme == "https" else [*names, service.realm]


def _argument(username: bytes | None) -> str | None:
    """A username that is safe among a program's arguments, else None."""
    if not username or username.startswith(b"-") or b"\0" in username:
        return None
    try:
        return username.decode()
    except UnicodeDecodeError:
        return None


def _read(stdout: bytes, username: str | None) -> Credential | None:
    from ..errors import ProgramError

    lines = stdout.removesuffix(b"\n").split(b"\n")
    lines = [line.removesuffix(b"\r") for line in lines]
    if len(lines) > (2 if username is None else 1) or any(
        c in line for line in lines for c in b"\r\0"
    ):
        raise ProgramError("keyring printed a secret with a line end or NUL")
    if username is not None:
        lines.insert(0, username.encode())
    if len(lines) < 2 or not lines[1]:
        return None
    return Credential(lines[0], Secret(lines[1]))
