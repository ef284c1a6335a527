"""The `keyring` program, asked as uv asks it (measured with uv 0.13.8).

`keyring get SERVICE USERNAME`, where SERVICE is the URL, then its host and port, and for http
then scheme, host and port: `keyring get http://h:8080/simple bob`, `… h:8080 bob`,
`… http://h:8080 bob`. Without a username `get SERVICE --mode creds`, which writes two lines.
"""

from __future__ import annotations

from time import monotonic

from ..credential import Credential, Secret
from ..errors import UvxError
from ..query import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..query import Query
    from ..urls.service import Service

TIMEOUT = 30.0  # seconds, for all that is asked for one answer

_NOT_FOUND = 1  # the status of `keyring get` for "there is none"


class KeyringSource:
    """What the system's keyring holds, by the program that `keyring` on PATH is.

    Nothing is run unless `provider` is "subprocess". `timeout` is in seconds. With `always`
    (the index says so) it is asked without a username, too.
    """

    name = "keyring"

    def __init__(
        self,
        provider: str | None,
        timeout: float,
        environ: Mapping[str, str],
        *,
        always: bool = False,
    ) -> None:
        self._provider = provider
        self._timeout = timeout
        self._environ = environ
        self._always = always

    def find(self, query: Query, now: int) -> Finding:
        """What keyring has for the query's URL, else for its host.

        Where only what is stored for http may be sent, the host alone is not asked for: that entry
        may as well be the one for https.
        """
        if self._provider != "subprocess":
            return Finding(reason="the keyring provider is not 'subprocess'")
        if query.username is None and not self._always:
            return Finding(reason="keyring is not asked without a username")
        username = _argument(query.username)
        if query.username is not None and username is None:
            return Finding(reason="the username cannot be an argument of a program")
        deadline = monotonic() + self._timeout
        try:
            for service in services(query.service, exact=query.exact_only):
                found = self._ask(service, username, deadline)
                if found is not None:
                    place = f"keyring entry '{service}'"
                    return Finding(found, place=place, exact="://" in service)
        except UvxError as error:
            return Finding(reason=str(error), warning=str(error))
        if query.exact_only:
            return Finding(reason="keyring has no entry for http, and other entries are kept back")
        return Finding(reason="keyring has no entry for it")

    def _ask(self, service: str, username: str | None, deadline: float) -> Credential | None:
        # Only who switched keyring on pays for this.
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
            # Each question had only what the ones before it left.
            message = f"keyring did not answer within {self._timeout:g} s"
            raise ProgramError(message) from None
        if output.status == _NOT_FOUND:
            return None
        if output.status != 0:
            raise ProgramError(f"keyring ended with status {output.status}")
        return _read(output.stdout, username)


def services(service: Service, *, exact: bool = False) -> list[str]:
    """The names under which keyring may hold a service, the first to ask first; with `exact` those
    that tell the scheme."""
    if exact:
        return [str(service), service.realm]
    names = [str(service), service.realm.partition("://")[2]]
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
        raise ProgramError("keyring gave a secret with a line end or NUL")
    if username is not None:
        lines.insert(0, username.encode())
    if len(lines) < 2 or not lines[1]:
        return None
    return Credential(lines[0], Secret(lines[1]))
