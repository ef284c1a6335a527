"""The checks of what else decides: variables, netrc, certificates, proxies, uv's previews and our
configuration."""

from __future__ import annotations

import os

from ..config.discovery import NATIVE_AUTH, keyring_provider, native_auth
from ..config.own import load
from ..errors import HttpError, UvxError
from ..http.proxies import Proxies
from ..query import Query
from ..sources.netrc import NetrcSource, netrc_path
from ..system.programs import find_program
from ..urls.service import Service
from .verdicts import NOTE, OK, PROBLEM, Case, Host, Path, Text, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLES = (
    *("UVX_", "UV_", "GIT_CREDENTIAL_UVX_", "HF_TOKEN", "XDG_", "NETRC"),
    *("GITHUB_TOKEN", "GH_TOKEN", "CI_JOB_TOKEN", "SYSTEM_ACCESSTOKEN", "BITBUCKET_ACCESS_TOKEN"),
    *("GIT_CONFIG", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_TERMINAL_PROMPT", "GCM_", "CI"),
)
_FILES = ("SSL_CERT_FILE", "SSL_CLIENT_CERT", "GIT_SSL_CAINFO", "GIT_SSL_CERT", "GIT_SSL_KEY")
_FOLDERS = ("SSL_CERT_DIR", "GIT_SSL_CAPATH")


def variables(case: Case) -> Iterator[Verdict]:
    """The names of variables that count, never their values."""
    hosts = ("UVX_TOKEN_", "UVX_USERNAME_", "UVX_INDEX_", "UV_INDEX_")
    for name in sorted(case.settings.environ):
        if not name.startswith(_VARIABLES) or not name.isprintable():
            continue
        start = next((start for start in hosts if name.startswith(start)), None)
        if start is None:
            yield Verdict("variables", OK, f"{name.replace('{', '').replace('}', '')} is set")
        else:  # the rest of the name is that of a host or an index
            yield Verdict("variables", OK, f"{start}{{0}} is set", (Host(name[len(start) :]),))


def netrc(case: Case) -> Iterator[Verdict]:
    """The netrc file, if it can be used."""
    path = netrc_path(case.settings.environ, case.settings.home, os.path.exists)
    if path is None or not os.path.lexists(path):
        return
    source = NetrcSource(path, default=False, any_owner=case.settings.any_owner)
    warning = source.find(Query(Service("https", "host.invalid", None)), case.now).warning
    if warning is None:
        yield Verdict("netrc", OK, "{0} is asked before the store", (Path(path),))
    else:
        yield Verdict("netrc", PROBLEM, "{0}", (Text(warning),))


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
        yield Verdict("config", PROBLEM, "{0}", (Text(str(error)),), "correct that file")
        return
    if config.warning:
        yield Verdict("config", PROBLEM, "{0}", (Text(config.warning),))
    else:
        yield Verdict("config", OK, "{0}", (Path(path),))


def _has_config(case: Case) -> bool:
    return bool(case.settings.config) and os.path.lexists(case.settings.config)
