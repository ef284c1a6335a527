"""The checks of what else decides: variables, netrc, certificates, proxies, uv's previews and our
configuration."""

from __future__ import annotations

import os
import re

from ..config.discovery import NATIVE_AUTH, keyring_provider, native_auth
from ..config.own import load
from ..errors import ConfigError, HttpError, UvxError
from ..http.proxies import Proxies
from ..query import Query
from ..sources import netrc_format
from ..sources.netrc import SIZE_LIMIT as NETRC_LIMIT
from ..sources.netrc import NetrcSource, netrc_path
from ..sources.netrc_peers import read_by_uv
from ..system.files import File
from ..system.programs import find_program
from ..system.settings import CI_JOBS
from ..urls.service import Service
from .verdicts import NOTE, OK, PROBLEM, Case, Host, Path, Text, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# The variables that count: those of these names, and those that begin so.
_NAMES = frozenset(
    (
        *("CI", "HF_TOKEN", "NETRC", "GITHUB_TOKEN", "GH_TOKEN", "CI_JOB_TOKEN"),
        *("SYSTEM_ACCESSTOKEN", "BITBUCKET_ACCESS_TOKEN"),
        *("GIT_ASKPASS", "SSH_ASKPASS", "GIT_TERMINAL_PROMPT", *CI_JOBS),
    )
)
_STARTS = (
    *("UVX_TOKEN_", "UVX_USERNAME_", "UVX_INDEX_", "UV_INDEX_", "GIT_CREDENTIAL_UVX_"),
    *("UVX_", "UV_", "XDG_", "GIT_CONFIG_", "GCM_"),
)
# What follows then in names that are the same everywhere. Other names can be of a host or an index.
_ENDS = re.compile(
    r"(KEY|VALUE)_\d+|COUNT|GLOBAL|SYSTEM|NOSYSTEM|PARAMETERS|TRACE|CONFIG|RUNNING"
    r"|(DATA|CONFIG|STATE|CACHE)_(HOME|DIRS)|(DATA|RUNTIME|CACHE|CREDENTIALS|TOOL|TOOL_BIN)_DIR"
    r"|INDEX|(DEFAULT_|EXTRA_)?INDEX(_URL)?|INDEX_STRATEGY|FIND_LINKS|CONFIG_FILE|NO_CONFIG"
    r"|PUBLISH_(TOKEN|USERNAME|PASSWORD|URL|CHECK_URL|INDEX)|KEYRING_PROVIDER|INSECURE_HOST"
    r"|PREVIEW(_FEATURES)?|NATIVE_TLS|SYSTEM_CERTS|OFFLINE|NO_CACHE|LOCK_TIMEOUT|HTTP_TIMEOUT"
    r"|PYTHON(_DOWNLOADS|_INSTALL_DIR|_PREFERENCE)?|PROJECT(_ENVIRONMENT)?|FROZEN|LOCKED|NO_SYNC"
    r"|CREDENTIAL_STORE|INTERACTIVE|PROVIDER|GUI_PROMPT"
)
_FILES = ("SSL_CERT_FILE", "SSL_CLIENT_CERT", "GIT_SSL_CAINFO", "GIT_SSL_CERT", "GIT_SSL_KEY")
_FOLDERS = ("SSL_CERT_DIR", "GIT_SSL_CAPATH")


def variables(case: Case) -> Iterator[Verdict]:
    """The names of variables that count, never their values."""
    for name in sorted(case.settings.environ):
        if name in _NAMES:
            yield Verdict("variables", OK, f"{name} is set")
            continue
        start = next((start for start in _STARTS if name.startswith(start)), None)
        if start is None or not name.isprintable():
            continue
        # UV_INDEX_URL and UV_INDEX_STRATEGY are uv's own, and belong to no index.
        start = "UV_" if _ENDS.fullmatch(name.removeprefix("UV_")) else start
        rest = name[len(start) :]
        if _ENDS.fullmatch(rest):
            yield Verdict("variables", OK, f"{name} is set")
        else:
            yield Verdict("variables", OK, f"{start}{{0}} is set", (Host(rest),))


def netrc(case: Case) -> Iterator[Verdict]:
    """The netrc file, if it can be used."""
    path = netrc_path(case.settings.environ, case.settings.home, os.path.exists)
    if path is None or not os.path.lexists(path):
        return
    source = NetrcSource(path, default=False, any_owner=case.settings.any_owner)
    warning = source.find(Query(Service("https", "host.invalid", None)), case.now).warning
    fault, ignored = _lines_of_netrc(path)
    if warning is not None:
        advice = f"repair line {fault}" if fault else ""
        if fault and ignored:
            advice += "; until then, uv ignores the whole file"
        yield Verdict("netrc", PROBLEM, "{0}", (Text(warning),), advice)
    elif ignored:
        text = f"{{0}}: uv ignores the whole file because of line {ignored}"
        yield Verdict("netrc", NOTE, text, (Path(path),), _unlike(path, ignored))
    else:
        yield Verdict("netrc", OK, "{0} is asked before the store", (Path(path),))


def _netrc_data(path: str) -> bytes:
    try:
        with File(path) as file:
            return file.read(NETRC_LIMIT) if file.is_regular else b""
    except (OSError, ValueError):
        return b""


def _lines_of_netrc(path: str) -> tuple[int, int]:
    """The first line of a netrc file that is wrong, and that for which uv ignores it; 0 for
    none."""
    data = _netrc_data(path)
    _, faults = netrc_format.parse(data)
    _, ignored = read_by_uv(data, "host.invalid", None)
    return (faults[0].line if faults else 0), ignored


def _unlike(path: str, number: int) -> str:
    """What to do about a line that only uv does not understand."""
    line = _netrc_data(path).split(b"\n")[number - 1]
    if line.lstrip().startswith(b"#"):
        return f"remove the empty line before the comment in line {number}"
    return f"remove 'port' and 'protocol' from line {number}"


def certificates(case: Case) -> Iterator[Verdict]:
    """The files and folders that variables name for TLS."""
    environ = case.settings.environ
    for names, exists in ((_FILES, os.path.isfile), (_FOLDERS, os.path.isdir)):
        for name in names:
            value = environ.get(name)
            if not value:
                continue
            paths = value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]
            missing = [path for path in paths if not exists(path)]
            if missing:
                text = f"{name} names {{0}}, which does not exist"
                yield Verdict("TLS", PROBLEM, text, (Path(missing[0]),), f"correct or unset {name}")
            else:
                yield Verdict("TLS", OK, f"{name} is {{0}}", (Path(value),))
    if "GIT_SSL_NO_VERIFY" in environ:  # for Git, any value means yes, also 'false'
        text = "GIT_SSL_NO_VERIFY is set, so Git sends passwords to any server"
        advice = "run 'unset GIT_SSL_NO_VERIFY', and set SSL_CERT_FILE instead"
        yield Verdict("TLS", PROBLEM, text, advice=advice)
    if environ.get("UV_INSECURE_HOST"):
        yield Verdict("TLS", NOTE, "UV_INSECURE_HOST is set, so some certificates are not checked")


def proxies(case: Case) -> Iterator[Verdict]:
    """The proxies of requests, without their own credentials."""
    try:
        found = Proxies(case.settings.environ)
    except HttpError as error:
        yield Verdict("proxies", PROBLEM, "{0}", (Text(str(error)),), "correct that variable")
        return
    for scheme in ("https", "http"):
        proxy = found.for_url(scheme, "host.invalid")
        if proxy is not None:
            yield Verdict(
                "proxies", OK, f"requests by {scheme} go through {{0}}", (Host(proxy.url),)
            )


def keyring(case: Case) -> Iterator[Verdict]:
    """Whether the keyring command is asked, and there."""
    environ, home = case.settings.environ, case.settings.home
    try:
        config = load(case.settings.config) if _has_config(case) else None
        provider = environ.get("UV_KEYRING_PROVIDER")
        provider = provider or (None if config is None else config.keyring_provider)
        provider = provider or keyring_provider(environ, home)
    except ConfigError:
        return  # the check of the configuration reports it
    except UvxError as error:
        yield Verdict("keyring", PROBLEM, "{0}", (Text(str(error)),))
        return
    if provider != "subprocess":
        yield Verdict("keyring", OK, "the keyring command is not asked")
        return
    try:
        path = find_program("keyring", environ.get("PATH", ""))
    except UvxError as error:
        advice = "install it with 'uv tool install keyring', or unset UV_KEYRING_PROVIDER"
        yield Verdict("keyring", PROBLEM, "{0}", (Text(str(error)),), advice)
        return
    yield Verdict("keyring", OK, "{0} is asked after the store", (Path(path),))


def uv_previews(case: Case) -> Iterator[Verdict]:
    """Whether uv keeps its credentials where this version cannot read them."""
    for where in native_auth(case.settings.environ, case.settings.home):
        text = f"{{0}} switches on uv's preview '{NATIVE_AUTH}', so uv does not use its file"
        advice = f"switch '{NATIVE_AUTH}' off; this version cannot read the system's own store"
        yield Verdict("previews", PROBLEM, text, (Text(where),), advice)


def configuration(case: Case) -> Iterator[Verdict]:
    """Our own configuration file, if it can be read."""
    path = case.settings.config
    if not _has_config(case):
        yield Verdict("config", OK, "there is no configuration file")
        return
    try:
        config = load(path)
    except UvxError as error:
        fault, advice = error.parts
        yield Verdict("config", PROBLEM, "{0}", (Text(fault),), advice)
        return
    if config.warning:
        yield Verdict("config", PROBLEM, "{0}", (Text(config.warning),))
    else:
        yield Verdict("config", OK, "{0}", (Path(path),))


def _has_config(case: Case) -> bool:
    return bool(case.settings.config) and os.path.lexists(case.settings.config)
