"""The public `resolve` and `explain`: which source answers for a URL, and why.

Both ask the same resolver as Git operations. They also know uv's indexes, so they read the files of
a project. These files name indexes and policies. They never make a program run, and never send a
secret anywhere that it was not stored for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from time import time

from .credential import Credential
from .errors import IndexesError, PolicyError, QueryError
from .query import Query, SourceAnswer, variable_name
from .resolver import Resolver, Step
from .system.settings import from_process, in_ci
from .urls.parts import UrlParts
from .urls.service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from .config.indexes import Index
    from .system.settings import Settings


_LOOSE = (
    "this netrc entry does not name the host and port, so it does not answer Git, Bazel or "
    "keyring, nor where a redirect or a project's index leads"
)


@dataclass(slots=True)
class Explanation:
    """How a question was answered.

    `steps` are the sources in their order, `credential` what the last of them gave or None.
    `hidden` are later sources that would have answered; sources that run a program are not asked
    for it. `notes` are about what Git's configuration changes. `fault` says that the policy of the
    index forbids credentials, or requires some where there are none.
    """

    query: Query
    index: Index | None
    steps: list[Step] = field(default_factory=list)
    credential: Credential | None = None
    fault: str | None = None
    warnings: list[str] = field(default_factory=list)
    hidden: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ambiguous(self) -> bool:
        """Whether there is no answer because there are several accounts and no username."""
        answers = [step.answer for step in self.steps if step.answer is not None]
        return self.credential is None and any(answer.ambiguous for answer in answers)

    @property
    def kept_back_reason(self) -> str:
        """What to report of credentials that must not be sent over plain http; "" for none."""
        answers = [step.answer for step in self.steps if step.answer is not None]
        return next((answer.reason for answer in answers if answer.kept_back), "")

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
    """The credential for a URL, as uv and Git would get it; None if there is none.

    `username`, or a username in the URL, limits the answer to that account. `use` is "git",
    "index", "url" or "publish". `index` names the index that the URL belongs to, if uv's
    configuration does not say so. `accept_indexes` are names of indexes that may point to a new
    realm. With "git", the real git is asked for its configuration, in the working directory.

    Raises UvxError for a URL that names no service, for a configuration or store that cannot be
    read, and if the index's policy forbids credentials or requires some that are not found.
    """
    found = explain(url, username=username, use=use, index=index, accept_indexes=accept_indexes)
    if found.fault is not None:
        raise PolicyError(found.fault)
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
    redirected: bool = False,
) -> Explanation:
    """What each source answers, in order; the arguments are those of `resolve`.

    `keyring_provider` is "subprocess" or "disabled", in place of the environment's. `redirected`
    is for programs whose URLs a project's file or a server may have chosen.
    """
    settings = settings or from_process()
    resolver = Resolver(settings, keyring_provider=keyring_provider)
    parts = UrlParts(url)
    if use == "git" and index is not None:
        raise QueryError("Git knows no indexes; ask without one")
    faults: list[str] = []
    entry = None if use == "git" else _index(parts.service, index, use, settings, faults)
    wanted = parts.username if username is None else username.encode()
    if wanted is None and entry is not None:
        wanted = entry.username
    query = index_query(
        entry, parts.service, wanted, use=use, redirected=redirected, schemes=use != "git"
    )
    explanation = Explanation(query, entry)
    if use == "git":
        _look_at_git(explanation, settings)
    _answer(explanation, parts, resolver, settings, accept_indexes)
    explanation.warnings = [*faults, *explanation.warnings]
    return explanation


def index_query(
    index: Index | None,
    service: Service,
    username: bytes | None,
    *,
    use: str,
    redirected: bool,
    schemes: bool,
    clear: bool = False,
) -> Query:
    """The query for a service that belongs to this index, or to none."""
    if index is None:
        return Query(
            service, username, use=use, redirected=redirected, any_authtype=schemes, clear=clear
        )
    bound = index.is_for(service)
    return Query(
        service,
        username,
        use=use,
        index=index.name,
        always=index.policy == "always",
        any_authtype=schemes,
        redirected=redirected or not bound,
        bound=bound,
        clear=clear,
    )


def _look_at_git(explanation: Explanation, settings: Settings) -> None:
    """Ask as Git would, and note what else it would do."""
    from .git.questions import GitQuestions

    git = GitQuestions(settings)
    service = explanation.query.service
    explanation.notes = git.notes(service)
    explanation.query = Query(git.asked(service), explanation.query.username, use="git")


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
            raise IndexesError(faults[0])
        raise QueryError(f"there is no index '{name}' in uv's configuration")
    if service.realm not in (index.service.realm, index.publish and index.publish.realm):
        # What is filed under an index's name is for that index's host.
        raise QueryError(f"'{service.realm}' is not of index '{name}' ({index.service.realm})")
    return index


def _answer(
    explanation: Explanation,
    parts: UrlParts,
    resolver: Resolver,
    settings: Settings,
    accept_indexes: Collection[str],
) -> None:
    from .config.indexes import always_fault, never_fault

    index = explanation.index
    if index is not None and index.policy == "never":
        if parts.password is not None or index.password is not None:
            explanation.fault = never_fault(index)
        explanation.steps = [Step("url", skipped='its index says authenticate = "never"')]
        return
    explanation.steps = [_url_step(explanation, parts)]
    explanation.credential = explanation.steps[0].credential
    if explanation.credential is None:
        check_binding(index, explanation.query.service, resolver, settings, accept_indexes)
        answer = resolver.find(explanation.query, int(time()))
        explanation.steps += answer.steps
        explanation.credential = answer.steps[-1].credential  # none that Git could only renew
        explanation.warnings = answer.warnings
        explanation.hidden = resolver.others(explanation.query, answer, int(time()))
        found = answer.steps[-1].answer
        if found is not None and found.loose:
            explanation.notes.append(_LOOSE)
    if explanation.credential is None and index is not None and index.policy == "always":
        explanation.fault = always_fault(index)


def _url_step(explanation: Explanation, parts: UrlParts) -> Step:
    """The URL's own userinfo, or that of its index's URL."""
    index, wanted = explanation.index, explanation.query.username
    places = [(parts.username, parts.password, "the URL itself")]
    # What an index's URL holds is not for the host of its 'publish-url'.
    if index is not None and index.service.realm == explanation.query.service.realm:
        places.append((index.username, index.password, f"the URL of {index.where}"))
    for username, password, place in places:
        if password is not None and wanted in (None, username or b""):
            found = Credential(username or b"", password)
            return Step("url", answer=SourceAnswer(found, place=place))
    return Step("url", answer=SourceAnswer(reason="it holds no password"))


def check_binding(
    index: Index | None,
    service: Service,
    resolver: Resolver,
    settings: Settings,
    accept: Collection[str],
) -> None:
    """Make sure that the variables of an index may be sent to a service.

    Raises BindingError if a project's file sends them to another realm, by its `url` or its
    `publish-url`, and UnboundError if nothing but such a file names the realm to a CI job.
    """
    if index is None or index.name is None or index.trusted:
        return
    variables = f"UV_INDEX_{variable_name(index.name)}_"
    if not any(settings.environ.get(variables + end) for end in ("USERNAME", "PASSWORD")):
        return
    from .config.bindings import Bindings

    accepted = [*accept, *resolver.accepted_indexes]
    bindings = Bindings(settings.state, any_owner=settings.any_owner)
    first = not in_ci(settings.environ)
    bindings.check(index.name, service.realm, accepted, pinned=index.pinned, first=first)
