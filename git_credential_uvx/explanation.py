"""The public `resolve` and `explain`: which source answers for a URL, and why.

Both ask the same resolver as Git operations. They also know uv's indexes, so they read the files of
a project. These files name indexes and policies. They never make a program run, and never send a
secret anywhere that it was not stored for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from time import time
from urllib.parse import quote

from .config.indexes import always_fault, by_name, index_of, never_fault
from .credential import Credential
from .errors import IndexesError, PolicyError, QueryError, UvxError
from .query import Query, SourceAnswer, variable_name
from .resolver import Resolver, Step
from .sources.environment import not_set
from .sources.variable_names import near_misses
from .system.settings import from_process, in_ci
from .urls.service import Service
from .urls.typed import typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .config.indexes import Index
    from .credential import Secret
    from .git.questions import GitQuestion, GitQuestions
    from .system.settings import Settings
    from .urls.parts import UrlParts
    from .urls.typed import Typed


_PROGRAMS = ("keyring", "command")  # the sources that run one
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
    index forbids credentials, or requires some where there are none. `question` is what Git asks,
    None if the answer is not for Git. `kind` is what the URL is for, as in `config.kinds`. A host
    without a path is for Git and for packages; then `other` is what the one of them gets that this
    explanation is not about. `elsewhere` is the service that an `insteadOf` makes Git ask about if
    that has another host: then the credential must not be used for the URL itself.
    """

    query: Query
    index: Index | None
    kind: str = ""
    question: GitQuestion | None = None
    other: Explanation | None = None
    elsewhere: Service | None = None
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
    use: str | None = None,
    index: str | None = None,
    accept_indexes: Collection[str] = (),
) -> Credential | None:
    """The credential for a URL, as uv and Git would get it; None if there is none.

    `username`, or a username in the URL, limits the answer to that account. `use` is "git",
    "index", "url" or "publish"; without one, the URL says what it is for, as in `config.kinds`. For
    a host without a path, Git's answer counts, or else uv's; if uv cannot choose among several
    accounts, there is none. `index` names the index that the URL belongs to, if uv's configuration
    does not say so. `accept_indexes` are names of indexes that may point to a new realm. For Git,
    the real git is asked for its configuration, in the working directory.

    Raises UvxError for a URL that names no service, for a configuration or store that cannot be
    read, and if the index's policy forbids credentials or requires some that are not found.
    """
    found = explain(url, username=username, use=use, index=index, accept_indexes=accept_indexes)
    if found.fault is not None:
        raise PolicyError(found.fault)
    return None if found.elsewhere is not None else found.credential


def explain(
    url: str,
    *,
    username: str | None = None,
    use: str | None = None,
    index: str | None = None,
    accept_indexes: Collection[str] = (),
    keyring_provider: str | None = None,
    settings: Settings | None = None,
    redirected: bool = False,
    git: GitQuestions | None = None,
    programs: bool = True,
) -> Explanation:
    """What each source answers, in order; the arguments are those of `resolve`.

    `keyring_provider` is "subprocess" or "disabled", in place of the environment's. `redirected`
    is for programs whose URLs a project's file or a server may have chosen. With `git`, Git's
    configuration is not read again. Without `programs`, keyring and commands are not asked.
    """
    settings = settings or from_process()
    if use == "git" and index is not None:
        raise QueryError("an index cannot be combined with '--git': Git has no indexes")
    asking = _Asking(
        settings,
        keyring_provider,
        url.strip(),
        typed(url),
        None if username is None else username.encode(),
        index=index,
        accept=accept_indexes,
        redirected=redirected,
        git=git,
        programs=programs,
    )
    return asking.explanation(use)


@dataclass(slots=True, eq=False, repr=False)
class _Asking:
    """One call of `explain`: its arguments, and what is read only once."""

    settings: Settings
    keyring_provider: str | None
    text: str
    typed: Typed
    username: bytes | None
    index: str | None
    accept: Collection[str]
    redirected: bool
    git: GitQuestions | None
    programs: bool
    resolver: Resolver = field(init=False)
    indexes: list[Index] | None = None
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resolver = self._resolver(programs=self.programs)

    def _resolver(self, *, programs: bool) -> Resolver:
        return Resolver(self.settings, keyring_provider=self.keyring_provider, programs=programs)

    def explanation(self, use: str | None) -> Explanation:
        """The explanation for a use, or for what the URL is for."""
        kind = use or ("index" if self.index is not None else self._kind())
        if kind == "git":
            found = self._for_git()
        elif kind == "service":
            found = self._for_packages("url")
            git = self._for_git(found)
            own = git.credential is not None and git.elsewhere is None
            if own and not found.ambiguous:
                found, git = git, found
            found.other = git
        else:
            guessed = use is None and self.index is None and kind == "index"
            found = self._for_packages("url" if guessed else kind)
        found.kind = kind
        found.warnings = [*self.faults, *found.warnings]
        return found

    def _kind(self) -> str:
        from .config.kinds import kind_of

        # An 'insteadOf' can make an address of ssh one that needs a password.
        return "git" if self.typed.ssh else kind_of(self.typed, self._known_indexes)

    def _known_indexes(self) -> list[Index]:
        from .config.discovery import discover

        if self.indexes is None:
            environ, home = self.settings.environ, self.settings.home
            self.indexes = discover(os.getcwd(), environ, home, self.faults)
        return self.indexes

    def _for_git(self, packages: Explanation | None = None) -> Explanation:
        """What Git gets. No program is run again that was run for `packages`."""
        from .git.questions import GitQuestions

        given = self.typed.parts
        self.git = self.git or GitQuestions(self.settings)
        question = self.git.question(
            self.text.removeprefix("git+") if given is None else _as_remote(given)
        )
        service = question.service or self.typed.web().service
        username = question.username if self.username is None else self.username
        query = Query(service, username, use="git")
        explanation = Explanation(query, None, question=question)
        explanation.elsewhere = question.elsewhere(None if given is None else given.service)
        explanation.notes = [*question.all_notes, *notes_of_paths(question, self._stored())]
        password = question.password
        if password is None and given is not None:
            password = given.password
        explanation.steps = [_url_step(explanation, question.username, password)]
        explanation.credential = explanation.steps[0].credential
        if question.service is not None:
            self._ask_sources(explanation, [] if packages is None else packages.steps)
        return explanation

    def _stored(self) -> list[Service]:
        try:
            return [entry.service for entry in self.resolver.store().entries().entries]
        except UvxError:
            return []  # the look-up reports it

    def _for_packages(self, use: str) -> Explanation:
        parts = self.typed.web()
        index = self._index_for(use)
        username = parts.username if self.username is None else self.username
        if username is None and index is not None:
            username = index.username
        query = index_query(
            index, parts.service, username, use=use, redirected=self.redirected, schemes=True
        )
        explanation = Explanation(query, index)
        if index is not None and index.policy == "never":
            if parts.password is not None or index.password is not None:
                explanation.fault = never_fault(index)
            explanation.steps = [Step("url", skipped='its index says authenticate = "never"')]
            return explanation
        explanation.steps = [_url_step(explanation, parts.username, parts.password)]
        explanation.credential = explanation.steps[0].credential
        if explanation.credential is None:
            check_binding(index, parts.service, self.resolver, self.settings, self.accept)
        self._ask_sources(explanation)
        if explanation.credential is None and index is not None and index.policy == "always":
            explanation.fault = always_fault(index)
        return explanation

    def _index_for(self, use: str) -> Index | None:
        service, name, indexes = self.typed.web().service, self.index, self._known_indexes()
        if name is None:
            uploads = [i for i in indexes if use == "publish" and i.publish is not None]
            target = next((i for i in uploads if i.publish and i.publish.covers(service)), None)
            return target or index_of(service, indexes)
        index = by_name(name, indexes)
        if index is None:
            if self.faults:
                raise IndexesError(self.faults[0])
            raise QueryError(f"there is no index '{name}' in uv's configuration")
        if service.realm not in (index.service.realm, index.publish and index.publish.realm):
            # What is filed under an index's name is for that index's host.
            raise QueryError(f"'{service.realm}' is not of index '{name}' ({index.service.realm})")
        return index

    def _ask_sources(self, explanation: Explanation, earlier: Sequence[Step] = ()) -> None:
        """Ask the resolver, unless the URL itself answered.

        Of `earlier`, the steps of sources that ran a program stand for asking them again.
        """
        if explanation.credential is not None:
            return
        now = int(time())
        ran = [step for step in earlier if step.source in _PROGRAMS and step.answer is not None]
        resolver = self._resolver(programs=False) if ran else self.resolver
        answer = resolver.find(explanation.query, now)
        steps = answer.steps
        if ran and steps[-1].credential is None:
            steps = [*(step for step in steps if step.source not in _PROGRAMS), *ran]
        explanation.steps += [_with_variable(step, explanation.query) for step in steps]
        explanation.notes += near_misses(self.settings.environ, explanation.query.service)
        explanation.credential = steps[-1].credential  # none that Git could only renew
        explanation.warnings = answer.warnings
        explanation.hidden = resolver.others(explanation.query, answer, now)
        found = steps[-1].answer
        if found is not None and found.loose:
            explanation.notes.append(_LOOSE)


def notes_of_paths(question: GitQuestion, stored: Iterable[Service]) -> list[str]:
    """A note if one of the stored services is for the path of a URL that Git does not send."""
    whole = question.whole
    if whole is None or whole == question.service:
        return []
    paths = [one for one in stored if one.path != "/" and one.covers(whole)]
    if not paths:
        return []
    return [f"Git sends no repository path (useHttpPath is off), so '{paths[0]}' does not count"]


def _as_remote(parts: UrlParts) -> str:
    """A URL as Git would read it in the configuration of a repository, without its password."""
    service = parts.service
    if parts.username is None:
        return str(service)
    return f"{service.scheme}://{quote(parts.username, safe='')}@{service.authority}{service.path}"


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


def _with_variable(step: Step, query: Query) -> Step:
    """A step that names the variable for the host, even if no variable made the source be asked."""
    if step.source != "environment" or not step.skipped:
        return step
    return Step(step.source, answer=SourceAnswer(reason=not_set(query)))


def _url_step(explanation: Explanation, username: bytes | None, password: Secret | None) -> Step:
    """What the userinfo of the URL answers, or that of its index's URL."""
    index, wanted = explanation.index, explanation.query.username
    places = [(username, password, "the URL itself")]
    # The credentials in an index's URL are not for the host of its 'publish-url'.
    if index is not None and index.service.realm == explanation.query.service.realm:
        places.append((index.username, index.password, f"the URL of {index.where}"))
    for name, secret, place in places:
        if secret is not None and wanted in (None, name or b""):
            found = Credential(name or b"", secret)
            return Step("url", answer=SourceAnswer(found, place=place))
    return Step("url", answer=SourceAnswer(reason="it has no password"))


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
