"""What `check` is asked about: a text becomes a URL to ask, and as what. Pure.

Without an option it is, in this order: Git for a URL with `git+` before it or `.git` at its end; an
index if one of uv's configuration has this URL, and an upload if one uploads there; Git for the
known hosts of repositories; a whole service if there is no path; and an index for all else.
"""

from __future__ import annotations

from urllib.parse import quote

from ..accounts import url_of
from ..config.indexes import by_name
from ..errors import AccountError, QueryError, ServiceError
from ..urls.conventions import AZURE, BITBUCKET, GITHUB, GITLAB, HUGGING_FACE, convention_for
from ..urls.parts import UrlParts, is_torn, split_authority
from ..urls.service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.indexes import Index
    from ..credential import Secret

KINDS = ("git", "index", "publish", "service")

_FOR_GIT = (GITHUB, GITLAB, BITBUCKET, AZURE, HUGGING_FACE)


class Target:
    """What is asked: `service` as what (of KINDS), with the userinfo that its URL holds."""

    __slots__ = ("kind", "password", "service", "username")

    def __init__(
        self,
        service: Service,
        kind: str,
        username: bytes | None = None,
        password: Secret | None = None,
    ) -> None:
        self.service = service
        self.kind = kind
        self.username = username
        self.password = password

    def url(self, end: str = "") -> str:
        """The URL with its userinfo, for a client of `http` and for no eyes."""
        service, userinfo = self.service, ""
        if self.username is not None:
            secret = "" if self.password is None else ":" + quote(self.password.reveal(), safe="")
            userinfo = f"{quote(self.username, safe='')}{secret}@"
        path = service.path.rstrip("/") + end if end else service.path
        return f"{service.scheme}://{userinfo}{service.authority}{path}"


def target_of(
    text: str, kind: str | None, indexes: Sequence[Index], username: str | None = None
) -> Target:
    """What a text means: a URL, a host, or with `kind` "index" or "publish" an index's name.

    Raises UvxError, which quotes nothing of the text.
    """
    named = by_name(text, indexes) if kind in ("index", "publish") else None
    if named is not None:
        return _of_index(named, kind or "", username)
    for_git = text.startswith("git+")
    text = url_of(text.removeprefix("git+"))
    if text.startswith(("ssh://", "git+ssh://")):
        raise ServiceError("a URL is reached by ssh, which needs no password; use its https URL")
    if for_git and not is_torn(text):
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
    return Target(service, found, who, parts.password)


def _of_index(index: Index, kind: str, username: str | None) -> Target:
    who = None if username is None else username.encode()
    if kind == "publish":
        if index.publish is None:
            raise QueryError(f"index '{index.name}' has no 'publish-url'")
        return Target(index.publish, kind, who)
    return Target(_page(index.service), kind, who)


def _without_revision(text: str) -> str:
    """A URL of a requirement without the `@revision` behind its path, which can hold slashes."""
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
    """Whether a URL at a host of repositories is of its package registry."""
    return (
        service.host.startswith("pkgs.")
        or ".pkgs." in service.host
        or ("/packages/" in service.path or service.path.rstrip("/").endswith("/simple"))
    )


def _page(service: Service) -> Service:
    """The root page of an index: with a slash behind `simple`, as all of them answer."""
    if service.path.rpartition("/")[2].lower() in ("simple", "+simple"):
        return Service(service.scheme, service.host, service.port, service.path + "/")
    return service


def places(service: Service, name: str) -> list[str]:
    """The paths of a service where a credential for it may be asked for: Git's, of a repository
    that need not exist (`name`, which nobody else has), then an index's page and its own."""
    path = service.path.rstrip("/")
    end = "/info/refs?service=git-upload-pack"
    repositories = [path, f"{path}/{name}.git"] if path else [f"/{name}/{name}.git"]
    if path.endswith(".git"):
        repositories = [path]
    found = [repository + end for repository in repositories]
    return [*found, f"{path}/simple/", service.path]
