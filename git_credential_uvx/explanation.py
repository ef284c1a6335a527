"""What people and programs ask: a URL with its index and policy, and how it was answered.

`explain` tells each step, `resolve` the credential alone. Both ask the resolver that Git
operations ask. Unlike those they know uv's indexes, and so read the files of a project: these
name indexes and policies, and never cause a program to run or a secret to go where it was not
stored for.
"""

from __future__ import annotations

import os
from time import time

from .credential import Credential, Secret
from .errors import ServiceError, UvxError
from .query import Finding, Query, variable_name
from .resolver import Resolver, Step
from .system.settings import from_process, in_ci
from .urls.service import Service, is_torn, service_from_stored, split_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from .config.indexes import Index
    from .system.settings import Settings


_LOOSE = (
    "this netrc entry does not name the host and port, so it does not answer Git, Bazel or "
    "keyring, nor where a redirect or a project's index leads"
)


class UrlParts:
    """A URL without its secret: the service, and what its userinfo says."""

    __slots__ = ("password", "service", "username")

    def __init__(self, url: str) -> None:
        bare = url.partition("#")[0].partition("?")[0]
        if is_torn(bare):
            raise ServiceError("'url' has a slash in its username or password; write it as %2F")
        _, _, _, username, password = split_url(bare.encode())
        service = service_from_stored(bare)
        if service is None:
            raise ServiceError("'url' is not an http or https URL in normal form")
        self.service: Service = service
        self.username = username if username or password is not None else None
        self.password = None if password is None else Secret(password)


class Explanation:
    """How a question was answered.

    `steps` are the sources in their order, `credential` what the last of them gave or None.
    `hidden` are later sources that would have answered (none that runs a program is asked), and
    `notes` what Git's configuration changes. `fault` is set where a policy forbids the
    question or its having no answer.
    """

    __slots__ = ("credential", "fault", "hidden", "index", "notes", "query", "steps", "warnings")

    def __init__(self, query: Query, index: Index | None) -> None:
        self.query = query
        self.index = index
        self.steps: list[Step] = []
        self.credential: Credential | None = None
        self.fault: str | None = None
        self.warnings: list[str] = []
        self.hidden: list[Step] = []
        self.notes: list[str] = []

    @property
    def ambiguous(self) -> bool:
        """Whether there is no answer because no username tells which account is meant."""
        findings = [step.finding for step in self.steps if step.finding is not None]
        return self.credential is None and any(finding.ambiguous for finding in findings)

    @property
    def kept_back_reason(self) -> str:
        """What to report of credentials that must not be sent over plain http; "" for none."""
        findings = [step.finding for step in self.steps if step.finding is not None]
        return next((finding.reason for finding in findings if finding.kept_back), "")

    @property
    def policy(self) -> str:
        """uv's `authenticate` for the index, "auto" without one."""
        return "auto" if self.index is None else self.index.policy


def resolve(
    url: str,
    *,
    username: str | None = None,
    use: str = "url",
    index: str | None = None,
    accept_indexes: Collection[str] = (),
) -> Credential | None:
    """The credential for a URL, as uv and Git would get it; None where there is none.

    `username` narrows the answer; a username in the URL does so too. `use` is "git", "index",
    "url" or "publish". `index` names the index that the URL belongs to, where uv's
    configuration does not tell. `accept_indexes` are names of indexes that may point to a new
    realm.
    Raises UvxError for a URL that names no service, a configuration or store that cannot
    be read, and where the index's policy forbids the question or its having no answer. With
    "git" the real git is asked for its configuration, in the working directory.
    """
    found = explain(url, username=username, use=use, index=index, accept_indexes=accept_indexes)
    if found.fault is not None:
        raise UvxError(found.fault)
    return found.credential


def explain(
    url: str,
    *,
    username: str | None = None,
    use: str = "url",
    index: str | None = None,
    accept_indexes: Collection[str] = (),
    keyring_provider: str | None = None,
    settings: Settings | None = None,
    led: bool = False,
) -> Explanation:
    """Each source in its order, and what it had; see `resolve`.

    `keyring_provider` is "subprocess" or "disabled", in place of the environment's. `led` is for
    programs whose URLs a project's file or a server may have chosen.
    """
    settings = settings or from_process()
    resolver = Resolver(settings, keyring_provider=keyring_provider)
    parts = UrlParts(url)
    if use == "git" and index is not None:
        raise UvxError("Git knows no indexes; ask without one")
    faults: list[str] = []
    of = None if use == "git" else _index(parts.service, index, use, settings, faults)
    wanted = parts.username if username is None else username.encode()
    if wanted is None and of is not None:
        wanted = of.username
    bound = of is not None and of.is_for(parts.service)
    query = Query(
        parts.service,
        wanted,
        use=use,
        index=None if of is None else of.name,
        always=of is not None and of.policy == "always",
        schemes=use != "git",
        led=led or (of is not None and not bound),
        bound=bound,
    )
    told = Explanation(query, of)
    if use == "git":
        _look_at_git(told, settings)
    _answer(told, parts, resolver, settings, accept_indexes)
    told.warnings = [*faults, *told.warnings]
    return told


class GitQuestions:
    """How Git asks: the real git is asked once for its configuration, in the working directory.

    Where git cannot tell it, it counts as empty.
    """

    __slots__ = ("_settings",)

    def __init__(self, settings: Settings) -> None:
        from .git import config
        from .system.programs import ask_git

        self._settings = config.parse(ask_git(config.COMMAND, settings.environ, bare=True))

    def asked(self, service: Service) -> Service:
        """What Git asks helpers about for a URL: the whole host unless it tells the path."""
        from .git import config

        if service.path == "/" or config.uses_path(self._settings, service):
            return service
        return Service(service.scheme, service.host, service.port)

    def notes(self, service: Service) -> list[str]:
        """What else its configuration changes."""
        from .git import config

        lines = config.notes(self._settings, service, str(service))
        if self.asked(service) != service:
            lines.append("'credential.useHttpPath' is off, so Git asks for the whole host")
        return lines


def _look_at_git(told: Explanation, settings: Settings) -> None:
    """Ask as Git would, and note what else it would do."""
    git = GitQuestions(settings)
    service = told.query.service
    told.notes = git.notes(service)
    told.query = Query(git.asked(service), told.query.username, use="git")


def _index(
    service: Service, name: str | None, use: str, settings: Settings, faults: list[str]
) -> Index | None:
    from .config.discovery import discover
    from .config.indexes import by_name, index_of

    indexes = discover(os.getcwd(), settings.environ, settings.home, faults)
    if name is None:
        uploads = [i for i in indexes if use == "publish" and i.publish is not None]
        target = next((i for i in uploads if i.publish and i.publish.covers(service)), None)
        return target or index_of(service, indexes)
    index = by_name(name, indexes)
    if index is None:
        if faults:
            raise UvxError(faults[0])
        raise UvxError(f"there is no index '{name}' in uv's configuration")
    if service.realm not in (index.service.realm, index.publish and index.publish.realm):
        # What is filed under an index's name is for that index's host.
        raise UvxError(f"'{service.realm}' is not of index '{name}' ({index.service.realm})")
    return index


def _answer(
    told: Explanation,
    parts: UrlParts,
    resolver: Resolver,
    settings: Settings,
    accept_indexes: Collection[str],
) -> None:
    from .config.indexes import always_fault, never_fault

    index = told.index
    if told.policy == "never" and index is not None:
        if parts.password is not None or index.password is not None:
            told.fault = never_fault(index)
        told.steps = [Step("url", skipped='its index says authenticate = "never"')]
        return
    told.steps = [_url_step(told, parts)]
    told.credential = told.steps[0].credential
    if told.credential is None:
        if index is not None:
            check_binding(index, told.query.service, resolver, settings, accept_indexes)
        answer = resolver.find(told.query, int(time()))
        told.steps += answer.steps
        told.credential = answer.credential
        told.warnings = answer.warnings
        told.hidden = resolver.others(told.query, answer, int(time()))
        found = answer.steps[-1].finding
        if found is not None and found.loose:
            told.notes.append(_LOOSE)
    if told.credential is None and told.policy == "always" and index is not None:
        told.fault = always_fault(index)


def _url_step(told: Explanation, parts: UrlParts) -> Step:
    """The URL's own userinfo, or that of its index's URL."""
    index, wanted = told.index, told.query.username
    if index is not None and index.service.realm != told.query.service.realm:
        index = None  # what its URL holds is not for the host of its 'publish-url'
    for username, password, place in (
        (parts.username, parts.password, "the URL itself"),
        *([(index.username, index.password, f"the URL of {index.where}")] if index else []),
    ):
        if password is not None and wanted in (None, username or b""):
            found = Credential(username or b"", password)
            return Step("url", finding=Finding(found, place=place))
    return Step("url", finding=Finding(reason="it holds no password"))


def check_binding(
    index: Index,
    service: Service,
    resolver: Resolver,
    settings: Settings,
    accept: Collection[str],
) -> None:
    """Raise BindingError if a project's file sends an index's variables to another realm, by its
    `url` or its `publish-url`, and UnboundError if nothing else names one to a CI job; `service` is
    what they would be sent to."""
    if index.name is None or index.trusted:
        return
    variables = f"UV_INDEX_{variable_name(index.name)}_"
    if not any(settings.environ.get(variables + end) for end in ("USERNAME", "PASSWORD")):
        return
    from .config.bindings import Bindings

    accepted = [*accept, *resolver.accepted_indexes]
    bindings = Bindings(settings.state, any_owner=settings.any_owner)
    first = not in_ci(settings.environ)
    bindings.check(index.name, service.realm, accepted, pinned=index.pinned, first=first)
