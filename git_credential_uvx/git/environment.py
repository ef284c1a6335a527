"""The settings that make Git ask this helper, as variables and as lines for a shell. Pure.

See git-config(1): `GIT_CONFIG_COUNT` is the number of pairs `GIT_CONFIG_KEY_<n>` and
`GIT_CONFIG_VALUE_<n>`. Git reads them after all files, in the order of their numbers.
"""

from __future__ import annotations

from ..errors import GitError, ServiceError
from ..urls.service import LOOPBACK, Service
from ..urls.typed import typed
from .config import HELPER, effective, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .config import GitSetting

    Pairs = list[tuple[str, str]]

COUNT = "GIT_CONFIG_COUNT"
# Git's setting, uv's variable with the same meaning, and Git's own variable. Like uv, curl takes
# the private key from the certificate's file.
_TLS = (
    ("sslCAInfo", "SSL_CERT_FILE", "GIT_SSL_CAINFO"),
    ("sslCert", "SSL_CLIENT_CERT", "GIT_SSL_CERT"),
)
SHELLS = ("sh", "bash", "zsh", "fish", "powershell", "github", "dotenv")

_MOST = 2**31 - 1  # Git refuses a greater count
_BLANK = " \t\n\v\f\r"  # what C's strtoul passes over
# Any of these ends a string in PowerShell, and two of them stand for one.
_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
_NOTHING_SPECIAL = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/@%+,_-"
)


def host_service(text: str) -> Service:
    """The host that a person names, as `host[:port]` or by any URL of it.

    `http://` is for this machine only. What could hide another host is refused: a username, and
    what follows a bare host. Raises ServiceError, which quotes no secret of a URL.
    """
    if not text.isascii():
        raise ServiceError("an international host is given as punycode (xn--...)")
    given = typed(text, "it")
    parts = given.web()
    service = parts.service
    if parts.username is not None:
        raise ServiceError("a host is given without a username")
    if given.dropped or ("://" not in text and service.path != "/"):
        raise ServiceError("a host is given without a path, a query or a fragment")
    if service.host.startswith("["):
        raise ServiceError("a host is given by name or IPv4 address")
    if service.scheme == "http" and service.host not in LOOPBACK:
        raise ServiceError("http is for localhost and 127.0.0.1 only")
    return Service(service.scheme, service.host, service.port)


def key(name: str, service: Service | None) -> str:
    """The full key of a `credential` setting: `credential.helper` for every host, or
    `credential.https://git.example.com.helper`."""
    return f"credential.{name}" if service is None else f"credential.{service.realm}.{name}"


def lacking(
    settings: Iterable[GitSetting], service: Service | None, works: Callable[[str], bool]
) -> list[str]:
    """The keys that need this helper so that Git asks it for a service, or with None for every
    host; none where Git asks it already.

    `works` is whether a helper's value runs this helper. A section of the configuration can cancel
    the helper for a part of the hosts.
    """
    lines = [s for s in settings if (s.section, s.key) == ("credential", "helper")]
    ours = [s for s in effective(lines, "credential", "helper", service) if works(s.value)]
    if not ours:
        return [key("helper", service)]
    last = max(number for number, line in enumerate(lines) if line is ours[-1])
    cleared: dict[str, None] = {}
    for line in lines[last + 1 :]:
        if line.name is None or (service and not line.name.startswith(f"{service.realm}/")):
            continue
        if not line.value:
            cleared[f"credential.{line.name}.helper"] = None
        elif works(line.value):
            cleared.pop(f"credential.{line.name}.helper", None)
    return [*cleared]


def limits(services: Iterable[Service]) -> list[Service | None]:
    """The services that settings are for; None alone means every service."""
    return [*services] or [None]


def tls_paths(environ: Mapping[str, str]) -> Pairs:
    """The files that uv's variables name for TLS, each with Git's setting for it."""
    return [(name, environ[variable]) for name, variable, _ in _TLS if environ.get(variable)]


def tls_key(name: str, service: Service | None) -> str:
    """The full key of one of those settings."""
    return f"http.{name}" if service is None else f"http.{service.realm}.{name}"


def without_own_setting(
    paths: Pairs, environ: Mapping[str, str], settings: Iterable[GitSetting]
) -> Pairs:
    """The paths that Git does not already configure, by a variable or for any host."""
    own = {s.key: s.value for s in settings if s.section == "http"}
    variables = {name: variable for name, _, variable in _TLS}
    return [
        (name, path)
        for name, path in paths
        if own.get(name.lower(), path) == path and variables[name] not in environ
    ]


def pairs(
    services: Iterable[Service],
    *,
    use_http_path: bool,
    replace: bool,
    tls: Pairs | None = None,
    helper: str = HELPER,
    needed: Callable[[Service | None], list[str]] | None = None,
) -> Pairs:
    """The settings for these services, or for every host if there are none.

    `tls` are the files of `tls_paths`. `helper` is what Git runs. `needed` gives the keys that need
    the helper, as `lacking` does.
    """
    found = []
    for service in limits(services):
        if replace:
            found.append((key("helper", service), ""))
        names = [key("helper", service)] if replace or needed is None else needed(service)
        found += [(name, helper) for name in names]
        if use_http_path:
            found.append((key("useHttpPath", service), "true"))
        found += [(tls_key(name, service), path) for name, path in tls or ()]
    return found


def variables(environ: Mapping[str, str], settings: Pairs) -> dict[str, str]:
    """The variables that add settings to those of an environment.

    If the environment ends with these settings already, nothing is added. Raises GitError if Git
    itself could not read the settings of the environment.
    """
    there = existing(environ)
    if not settings:
        return {}
    if there[-len(settings) :] == settings:
        there = there[: -len(settings)]
    found = {COUNT: str(len(there) + len(settings))}
    for number, (name, value) in enumerate(settings, len(there)):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = value
    return found


def existing(environ: Mapping[str, str]) -> Pairs:
    """The settings of an environment. Raises GitError if Git could not read them."""
    count = _count(environ.get(COUNT, ""))
    found = []
    for number in range(count):
        names = (f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}")
        for name in names:
            if name not in environ:
                raise GitError(f"{COUNT} announces {count} settings and there is no {name}")
        found.append((environ[names[0]], environ[names[1]]))
    return found


def _count(text: str) -> int:
    digits = text.lstrip(_BLANK).removeprefix("+") if text else "0"
    # Longer numbers are too great for Git, and much longer ones make `int` fail.
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        raise GitError(f"{COUNT} is not a number that Git can read")
    if int(digits) > _MOST:
        raise GitError(f"{COUNT} is greater than Git can read")
    return int(digits)


def to_set(values: list[str], *, replace: bool) -> Pairs:
    """The steps that make the values of a helper key name this helper; none if they do already.

    A step is an option of `git config` and a value.
    """
    clearing = "" in values
    active = values[len(values) - values[::-1].index("") :] if clearing else values
    ours = [value for value in active if is_ours(value)]
    if ours and (not replace or (clearing and active == ours)):
        return []
    if not replace:
        return [("--add", HELPER)]
    steps = to_remove(values)
    left = after(values, steps)
    if left[-1:] != [""]:
        steps.append(("--add", ""))
    return [*steps, ("--add", HELPER)]


def to_remove(values: list[str]) -> Pairs:
    """The steps that undo `to_set`.

    The empty value is removed too, if it is the only one and stands directly before this helper.
    """
    if HELPER not in values:
        return []
    # The helpers that it canceled come back before this one is removed, so there is always one.
    alone = values.count("") == 1 and values[values.index("") + 1 :][:1] == [HELPER]
    clearing = [("--unset", "")] if alone else []
    return [*clearing, ("--unset-all", HELPER)]


def after(values: list[str], steps: Pairs) -> list[str]:
    """The values after `git config` did these steps."""
    for option, value in steps:
        if option == "--add":
            values = [*values, value]
        else:
            values = [other for other in values if other != value]
    return values


def render(shell: str, settings: Mapping[str, str]) -> str:
    """Lines that set variables in a shell, or in a file that a tool reads (of `SHELLS`).

    Raises GitError for a value that this shell or file cannot hold.
    """
    return "".join(f"{_line(shell, name, value)}\n" for name, value in settings.items())


def _line(shell: str, name: str, value: str) -> str:
    match shell:
        case "fish":
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"set -gx {name} '{escaped}'"
        case "powershell":
            if not value:
                # Before 7.5 an empty value removes the variable, and Git then fails.
                raise GitError(
                    "PowerShell cannot hold an empty variable; use 'git-credential-uvx exec -- CMD'"
                )
            return f"$env:{name} = '{_doubled(value, _POWERSHELL_QUOTES)}'"
        case "github" if "\n" not in value and "\r" not in value:
            return f"{name}={value}"
        case "dotenv" if _NOTHING_SPECIAL.issuperset(value):
            # Programs differ in how they read quotes in such files, so the value must need none.
            return f"{name}={value}"
        case "github" | "dotenv":
            raise GitError(f"the value of {name} cannot be written for '{shell}'")
        case _:
            escaped = value.replace("'", "'\\''")
            return f"export {name}='{escaped}'"


def _doubled(text: str, characters: str) -> str:
    return "".join(2 * char if char in characters else char for char in text)
