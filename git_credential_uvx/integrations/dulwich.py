"""dulwich over HTTP with the credentials that Git would get.

>>> from dulwich import porcelain
>>> from git_credential_uvx.integrations.dulwich import clone, pool_manager
>>> repository = clone("https://git.example.com/team/private.git")  # doctest: +SKIP
>>> porcelain.push(repository, pool_manager=pool_manager())  # doctest: +SKIP

If a server wants a credential, it gets the one that Git would get. The result is reported as Git
reports it: an accepted credential is stored, a refused one is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dulwich import porcelain
from dulwich.client import default_urllib3_manager
from dulwich.config import StackedConfig, apply_instead_of

from ..errors import ServiceError
from ..git.config import GitSetting
from ..http.challenges import schemes
from ..urls.parts import has_slash_in_userinfo
from .git_credentials import GitCredentials
from .urllib3_pool import CredentialPoolManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dulwich.config import Config
    from dulwich.repo import Repo

    from ..system.settings import Settings


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
    password, which dulwich would write into `.git/config`, and dulwich's own errors.
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

    `config` is Git's configuration, by default the user's. Its proxy, certificates and headers for
    `base_url` are used. `username` chooses among several accounts.
    Raises ServiceError for a URL with a username or password, and ConfigError.
    """
    config = StackedConfig.default() if config is None else config
    if base_url is not None and _has_userinfo(base_url):
        raise ServiceError(
            "the URL has a username or password, which dulwich would write into '.git/config'; "
            "remove it, and choose an account with 'username'"
        )
    manager = default_urllib3_manager(config, base_url=base_url)
    credentials = GitCredentials(settings, list(_settings_of(config)), username)
    return CredentialPoolManager(manager, credentials)


def auth_callback(
    config: Config | None = None,
    *,
    username: str | None = None,
    settings: Settings | None = None,
) -> Callable[[str, str, int], dict[str, str] | None]:
    """For the `auth_callback` of dulwich's own HTTP client.

    It answers the first 401 and reports nothing. dulwich does not say whether a credential was
    accepted, and whether the host of the URL or that of a redirect refused it. `pool_manager`
    knows both.
    """
    config = StackedConfig.default() if config is None else config
    credentials = GitCredentials(settings, list(_settings_of(config)), username)

    def answer(url: str, challenge: str, attempt: int) -> dict[str, str] | None:
        target = credentials.target(url)
        if target is None or attempt > 1 or "basic" not in schemes([challenge]):
            return None
        found = credentials.find(target)
        if found is None or found.credential.authtype is not None:
            return None
        # urllib3 encodes both as latin-1, so the bytes of UTF-8 are sent.
        return {
            "username": (found.credential.username or b"").decode("latin-1"),
            "password": found.credential.secret.reveal().decode("latin-1"),
        }

    return answer


def _has_userinfo(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and ("@" in parts.netloc or has_slash_in_userinfo(url))


def _settings_of(config: Config) -> Iterator[GitSetting]:
    """Git's settings for credentials in their order; the last one counts."""
    for backend in reversed(getattr(config, "backends", [config])):
        for section in backend.sections():
            if section[0].lower() != b"credential":
                continue
            name = section[1].decode(errors="surrogateescape") if len(section) > 1 else None
            for key, value in backend.items(section):
                text = value.decode(errors="surrogateescape") if value else ""
                yield GitSetting("", "", "credential", name, key.decode().lower(), text)
