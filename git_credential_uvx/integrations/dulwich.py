"""dulwich over HTTP with the credentials that Git would have.

>>> from dulwich import porcelain
>>> from git_credential_uvx.dulwich import clone, pool_manager
>>> repository = clone("https://git.example.com/team/private.git")  # doctest: +SKIP
>>> porcelain.push(repository, pool_manager=pool_manager())  # doctest: +SKIP

What the resolver has for Git answers a server that wants a credential, and what came of it
is reported as Git does: kept if the server took it, forgotten if not.
"""

from __future__ import annotations

import logging
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dulwich import porcelain
from dulwich.client import default_urllib3_manager
from dulwich.config import StackedConfig, apply_instead_of

from .. import helper
from ..errors import HttpError, ServiceError, UvxError, printable
from ..git.config import Setting, effective, uses_path
from ..http.challenges import authorization, schemes
from ..query import Query
from ..resolver import Resolver
from ..system.settings import GUARD, from_process
from ..urls.parts import is_torn
from ..urls.service import Service, service_from_stored
from .urllib3_pool import CredentialPoolManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dulwich.config import Config
    from dulwich.repo import Repo

    from ..credential import Credential
    from ..system.settings import Settings
# Where a request's URL goes on behind the repository's.
_TAILS = ("/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD")

_log = logging.getLogger("git_credential_uvx")


def clone(
    url: str,
    target: str | None = None,
    *,
    username: str | None = None,
    config: Config | None = None,
    **options: Any,
) -> Repo:
    """`dulwich.porcelain.clone` of a private repository; `options` are for it.

    `username` chooses among several accounts. Raises ServiceError for a URL with a username or
    password, which dulwich would write into `.git/config`, and what dulwich raises.
    """
    config = StackedConfig.default() if config is None else config
    source = apply_instead_of(config, url)
    manager = pool_manager(config, source, username=username)
    options["pool_manager"] = manager
    return porcelain.clone(url, target, config=config, **options)


def pool_manager(
    config: Config | None = None,
    base_url: str | None = None,
    *,
    username: str | None = None,
    settings: Settings | None = None,
) -> CredentialPoolManager:
    """For the `pool_manager` of dulwich's clone, pull and push, and of its client.

    `config` is Git's configuration (the user's own for None), of which what is for `base_url`
    counts: proxy, certificates, headers. `username` chooses among several accounts.
    Raises ServiceError for a URL with a username or password, and ConfigError.
    """
    config = StackedConfig.default() if config is None else config
    if base_url is not None and _has_userinfo(base_url):
        raise ServiceError(
            "the URL holds a username or password, which dulwich writes into '.git/config'; "
            "leave it out, and name an account with 'username'"
        )
    manager = default_urllib3_manager(config, base_url=base_url)
    return CredentialPoolManager(manager, _Asking(config, username, settings))


def auth_callback(
    config: Config | None = None,
    *,
    username: str | None = None,
    settings: Settings | None = None,
) -> Callable[[str, str, int], dict[str, str] | None]:
    """For the `auth_callback` of dulwich's own HTTP client.

    It answers the first 401 and reports nothing: dulwich tells it of no success, nor whether
    the host of the URL or one behind a redirect has refused. With `pool_manager` both are known.
    """
    asking = _Asking(StackedConfig.default() if config is None else config, username, settings)

    def answer(url: str, challenge: str, attempt: int) -> dict[str, str] | None:
        query = asking.query(url, None)
        if query is None or attempt > 1 or "basic" not in schemes([challenge]):
            return None
        found = asking.find(query, [])
        if found is None or found.authtype is not None:
            return None
        # urllib3 writes both as latin-1, and what is sent is to be UTF-8.
        return {
            "username": (found.username or b"").decode("latin-1"),
            "password": found.secret.reveal().decode("latin-1"),
        }

    return answer


class _Asking:
    """The resolver, asked and told as Git's helper is."""

    def __init__(self, config: Config, username: str | None, settings: Settings | None) -> None:
        self._settings = settings or from_process()
        self._resolver = Resolver(self._settings)
        self._git = list(_settings_of(config))
        self._username = None if username is None else username.encode()

    def query(self, url: str, username: bytes | None) -> Query | None:
        """What Git would ask its helper for a request's URL; None for no such question."""
        service = service_from_stored(_repository(url))
        if service is None or GUARD in self._settings.environ:
            return None
        names = effective(self._git, "credential", "username", service)
        if username is None:
            username = names[-1].value.encode(errors="surrogateescape") if names else None
        if not uses_path(self._git, service):
            service = Service(service.scheme, service.host, service.port)
        return Query(service, self._username or username, schemes=True)

    def find(self, query: Query, tried: list[Credential]) -> Credential | None:
        """A credential that has not been tried and can be sent."""
        now = int(time())
        answer = self._resolver.find(query, now)
        for warning in answer.warnings:
            self.warn(warning)
        found = answer.credential
        if found is None or found in tried or found.expired(now):
            return None
        try:
            authorization(found)
        except HttpError as error:
            self.warn(f"{query.service.realm} can be sent nothing: {error}")
            return None
        return found

    def warn(self, fault: str) -> None:
        _log.warning("git-credential-uvx: %s", printable(fault))

    def accepted(self, query: Query, credential: Credential) -> None:
        """Report that a server took it."""
        try:
            helper.accepted(_of(query, credential), credential, self._resolver, int(time()))
        except UvxError as error:
            self.warn(str(error))

    def refused(self, query: Query, credential: Credential) -> None:
        """Report that a server did not take it."""
        secret, authtype = credential.secret, credential.authtype
        try:
            helper.refused(_of(query, credential), secret, authtype, self._resolver, int(time()))
        except UvxError as error:
            self.warn(str(error))


def _has_userinfo(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and ("@" in parts.netloc or is_torn(url))


def _of(query: Query, credential: Credential) -> Query:
    # Git reports under the username that it was given, whatever it asked for.
    return Query(query.service, credential.username, schemes=True)


def _settings_of(config: Config) -> Iterator[Setting]:
    """What Git's configuration says of credentials, in its own order: what counts stands last."""
    for backend in reversed(getattr(config, "backends", [config])):
        for section in backend.sections():
            if section[0].lower() != b"credential":
                continue
            name = section[1].decode(errors="surrogateescape") if len(section) > 1 else None
            for key, value in backend.items(section):
                text = value.decode(errors="surrogateescape") if value else ""
                yield Setting("", "", "credential", name, key.decode().lower(), text)


def _repository(url: str) -> str:
    bare = url.partition("?")[0]
    for tail in _TAILS:
        if bare.endswith(tail):
            return bare.removesuffix(tail)
    return bare.rpartition("/objects/")[0] or bare
