"""What an argument of `check` means: a URL, and what to ask it as. Pure.

Without an option, a URL is checked as

1. Git, if it begins with `git+` or ends in `.git`,
2. an upload or an index, if uv's configuration has such an index,
3. a whole service, if it has no path,
4. Git, if its host is known for repositories,
5. an index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from ..accounts import url_of
from ..config.indexes import by_name
from ..errors import AccountError, QueryError, ServiceError
from ..urls.conventions import AZURE, BITBUCKET, GITHUB, GITLAB, HUGGING_FACE, convention_for
from ..urls.parts import UrlParts, has_slash_in_userinfo, split_authority
from ..urls.service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.indexes import Index
    from ..credential import Secret

KINDS = ("git", "index", "publish", "service")

_FOR_GIT = (GITHUB, GITLAB, BITBUCKET, AZURE, HUGGING_FACE)


@dataclass(slots=True)
class CheckTarget:
    """What is checked: a service, as which of KINDS, with the userinfo that its URL holds."""

    service: Service
    kind: str
    username: bytes | None = field(default=None, repr=False)
    password: Secret | None = None

    def url(self, end: str = "") -> str:
        """The URL with its userinfo, for a client of `http`. It must not be shown."""
        service, userinfo = self.service, ""
        if self.username is not None:
            secret = "" if self.password is None else ":" + quote(self.password.reveal(), safe="")
            userinfo = f"{quote(self.username, safe='')}{secret}@"
        path = service.path.rstrip("/") + end if end else service.path
        return f"{service.scheme}://{userinfo}{service.authority}{path}"


def target_of(
    text: str, kind: str | None, indexes: Sequence[Index], username: str | None = None
) -> CheckTarget:
    """What an argument means: a URL, a host, or, with `kind` "index" or "publish", an index's name.

    Raises UvxError; its message quotes nothing of the argument.
    """
    named = by_name(text, indexes) if kind in ("index", "publish") else None
    if named is not None:
        return _of_index(named, kind or "", username)
    for_git = text.startswith("git+")
    text = url_of(text.removeprefix("git+"))
    if text.startswith(("ssh://", "git+ssh://")):
        raise ServiceError("a URL is reached by ssh, which needs no password; use its https URL")
    if for_git and not has_slash_in_userinfo(text):
        text = _without_revision(text)
    parts = UrlParts(text)
    who = parts.username
    if username is not None:
        if who is not None:
            raise AccountError("the username is given both in the URL and with '--username'")
        who = username.encode()
    found = kind or ("git" if for_git else _kind(parts.service, indexes))
    service = parts.service
    if found == "index":
        service = _page(service)
    return CheckTarget(service, found, who, parts.password)


def _of_index(index: Index, kind: str, username: str | None) -> CheckTarget:
    who = None if username is None else username.encode()
    if kind == "publish":
        if index.publish is None:
            raise QueryError(f"index '{index.name}' has no 'publish-url'")
        return CheckTarget(index.publish, kind, who)
    return CheckTarget(_page(index.service), kind, who)


def _without_revision(text: str) -> str:
    """A requirement's URL without `@revision`, which follows the path and can have slashes."""
    scheme, userinfo, host, path = split_authority(text.partition("#")[0], "/")
    return scheme + userinfo + host + (path.rpartition("@")[0] or path)


def _kind(service: Service, indexes: Sequence[Index]) -> str:
    path = service.path.rstrip("/")
    if path.endswith(".git"):
        return "git"
    if any(index.publish == service for index in indexes):
        return "publish"
    if any(index.root.covers(service) for index in indexes):
        return "index"
    if not path:
        return "service"
    return "git" if convention_for(service.host) in _FOR_GIT and not _packages(service) else "index"


def _packages(service: Service) -> bool:
    """Whether a URL at a host of repositories belongs to its package registry."""
    return (
        service.host.startswith("pkgs.")
        or ".pkgs." in service.host
        or ("/packages/" in service.path or service.path.rstrip("/").endswith("/simple"))
    )


def _page(service: Service) -> Service:
    """The root page of an index, with a slash after `simple`: every index answers that."""
    if service.path.rpartition("/")[2].lower() in ("simple", "+simple"):
        return Service(service.scheme, service.host, service.port, service.path + "/")
    return service


def places(service: Service, name: str) -> list[str]:
    """The paths of a service at which it may ask for a credential.

    First a repository that need not exist (`name` is one that nobody else uses), then an index's
    page, then the service's own path.
    """
    path = service.path.rstrip("/")
    end = "/info/refs?service=git-upload-pack"
    repositories = [path, f"{path}/{name}.git"] if path else [f"/{name}/{name}.git"]
    if path.endswith(".git"):
        repositories = [path]
    found = [repository + end for repository in repositories]
    return [*found, f"{path}/simple/", service.path]
