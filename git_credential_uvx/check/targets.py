"""What an argument of `check` means: a URL, and what to ask it as. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from ..config.indexes import by_name
from ..config.kinds import kind_of
from ..errors import AccountError, QueryError
from ..urls.service import Service
from ..urls.tokens import is_token_alone
from ..urls.typed import typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.indexes import Index
    from ..credential import Secret
    from ..git.questions import GitQuestion


ADVERTISEMENT = "/info/refs?service=git-upload-pack"  # Git's first request


@dataclass(slots=True)
class CheckTarget:
    """What is checked: a service, as one of `config.kinds`, with the userinfo of its URL."""

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

    @property
    def is_login_name(self) -> bool:
        """Whether the userinfo is the name of an account alone, and no token."""
        name = self.username
        if name is None or self.password is not None:
            return False
        return not is_token_alone(name, self.service, self.service.path.encode())

    def remote(self) -> str:
        """The URL without its password, as a remote of Git."""
        return CheckTarget(self.service, self.kind, self.username).url()


def target_of(
    text: str, kind: str | None, indexes: Sequence[Index], username: str | None = None
) -> CheckTarget:
    """What an argument means: a URL, a host, or, with `kind` "index" or "publish", an index's name.

    Raises UvxError; its message quotes no userinfo.
    """
    named = by_name(text, indexes) if kind in ("index", "publish") else None
    if named is not None:
        return _of_index(named, kind or "", username)
    if kind is None and "." not in text and by_name(text, indexes) is not None:
        raise QueryError(f"'{text}' is an index: run 'git-credential-uvx check --index {text}'")
    given = typed(text)
    parts = given.web()
    who = parts.username
    if username is not None:
        if who is not None:
            raise AccountError("the username is given both in the URL and with '--username'")
        who = username.encode()
    found = kind or kind_of(given, lambda: indexes)
    service = parts.service
    if found == "index":
        service = page(service)
    return CheckTarget(service, found, who, parts.password)


def _of_index(index: Index, kind: str, username: str | None) -> CheckTarget:
    who = None if username is None else username.encode()
    if kind == "publish":
        if index.publish is None:
            raise QueryError(f"index '{index.name}' has no 'publish-url'")
        return CheckTarget(index.publish, kind, who)
    return CheckTarget(page(index.service), kind, who)


def as_git_asks(target: CheckTarget, question: GitQuestion) -> CheckTarget:
    """A repository with the URL and the username that Git's configuration makes of it."""
    service = question.whole or target.service
    if service.realm != target.service.realm:
        # A checkout can choose this host. It must not get what was typed for another one.
        return CheckTarget(service, target.kind, question.username, question.password)
    password = question.password or target.password
    return CheckTarget(service, target.kind, question.username or target.username, password)


def page(service: Service) -> Service:
    """The root page of an index, with a slash after `simple`: every index answers that."""
    if service.path.rpartition("/")[2].lower() in ("simple", "+simple"):
        return Service(service.scheme, service.host, service.port, service.path + "/")
    return service


@dataclass(slots=True)
class Place:
    """A path of a service at which a credential is tried.

    `kind` is what the path is known to be, "service" for one that need not exist.
    """

    path: str
    kind: str = "service"


def places(service: Service, name: str, wanted: Place | None = None) -> list[Place]:
    """Where a service may ask for a credential, the most telling place first.

    After `wanted` these are a repository that need not exist (`name` is one that nobody else uses),
    an index's page, and the service's own path.
    """
    path = service.path.rstrip("/")
    repositories = [path, f"{path}/{name}.git"] if path else [f"/{name}/{name}.git"]
    if path.endswith(".git"):
        repositories = [path]
    found = [Place(repository + ADVERTISEMENT) for repository in repositories]
    found += [Place(f"{path}/simple/"), Place(service.path)]
    if wanted is None:
        return found
    return [wanted, *(place for place in found if place.path != wanted.path)]
