"""What Git and uv will get for a URL, for reports after a change and for `explain`.

Git asks helpers in the order of its configuration. uv asks netrc, its variables and its own file;
it knows nothing of our variables, our companion file and our commands.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from time import time

from .config.discovery import native_auth
from .credential import Credential
from .errors import UvxError, printable
from .explanation import Explanation, explain
from .git.config import called
from .git.questions import GitQuestions
from .resolver import NATIVE_STORE, PROGRAM_NOT_RUN
from .sources.netrc import SIZE_LIMIT as NETRC_LIMIT
from .sources.netrc import netrc_path
from .sources.netrc_peers import read_by_git, read_by_uv
from .stores import uvfile
from .stores.entries import best_first, candidates
from .stores.shared import SharedStore
from .system.files import File
from .urls.usernames import who

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from .git.questions import GitQuestion
    from .query import Query
    from .resolver import Step
    from .sources.netrc_peers import PeerEntry
    from .stores.entries import Entry
    from .system.settings import Settings
    from .urls.service import Service

_OWN_VARIABLES = ("UV_", "HF_TOKEN")  # those that uv reads; all others are ours or a CI system's
_UNREADABLE = "the store cannot be read"


@dataclass(slots=True)
class Prospect:
    """What a program will get for a URL.

    `credential` is from `source` and `place`, or None for a `reason`. `before` are the helpers that
    Git asks before this one, each called by its program. `remedy` has the words of our command that
    makes Git ask this helper. `refused` is whether a server refused the credential to Git,
    `expired` whether it is of uv's file and has expired, which uv does not know. `directly` is
    whether Git has it from a file that it reads by itself, and not from this helper, and then
    `otherwise` what this helper gives if the server refuses it, in words. `unasked` is a source
    that may answer and was not asked, because it runs a program.
    """

    credential: Credential | None = field(default=None, repr=False)
    source: str = ""
    place: str = ""
    reason: str = ""
    before: list[str] = field(default_factory=list)
    remedy: list[str] = field(default_factory=list)
    refused: bool = False
    expired: bool = False
    directly: bool = False
    otherwise: str = ""
    unasked: str = ""

    def __str__(self) -> str:
        """What the program will get, for people: "'alice' from '/home/a/.netrc', line 1"."""
        own = f"nothing, because {self.reason}"
        if self.credential is not None:
            refused = ", which a server refused to Git" if self.refused else ""
            refused += ", which has expired" if self.expired else ""
            directly = ", which Git reads by itself" if self.directly else ""
            own = f"{who(self.credential.username)} from {self.place}{directly}{refused}"
        elif self.unasked:
            own = f"what the source '{self.unasked}' answers, which was not asked"
        if not self.before:
            return own
        return f"what {' or '.join(self.before)} answers, or else {own}"

    def tried(self) -> str:
        """What Git tries before it asks this helper, which has another credential; "" if none."""
        if self.credential is None or not self.otherwise:
            return ""
        first = f"Git tries {who(self.credential.username)} from {self.place} first"
        return f"{first}; if the server refuses it, Git gets {self.otherwise}"


@dataclass(slots=True)
class Outlook:
    """What Git and uv will get for a URL.

    `explanation` is that of the question as it was asked. `question` is what Git asks, and
    `accounts` are the usernames that the store has for it, at the service `at`, `fault` why it
    cannot be read.
    """

    explanation: Explanation
    git: Prospect
    uv: Prospect
    question: GitQuestion | None
    accounts: list[bytes | None] = field(repr=False)
    at: Service | None
    fault: str = ""

    @property
    def is_for_git(self) -> bool:
        """Whether Git may ask for this URL: it is one of a repository, or of a whole host."""
        return self.explanation.kind in ("git", "service")

    @property
    def is_for_uv(self) -> bool:
        """Whether uv alone may ask for this URL: it is one of its indexes, or of an upload."""
        kind = self.explanation.kind
        return kind == "publish" or (kind == "index" and self.explanation.index is not None)

    @property
    def is_ambiguous(self) -> bool:
        """Whether nothing says which of several accounts is meant."""
        one, other = self.explanation, self.explanation.other
        if one.ambiguous or other is None or one.credential is None or other.credential is None:
            return one.ambiguous
        return len(self.accounts) > 1 and one.credential.username != other.credential.username

    def line(self) -> str:
        """One line for people. What uv gets for a repository is what Git gets, which it runs."""
        git, uv = str(self.git), str(self.uv)
        of_git = self.git.tried() or f"Git would get: {git}"
        if self.explanation.kind == "git":
            return of_git
        if self.is_for_uv:
            return f"uv would get: {uv}"
        if git == uv and not self.git.otherwise:
            return f"Git and uv would get: {git}"
        return f"{of_git} · uv would get: {uv}"


def outlook(
    url: str,
    settings: Settings,
    *,
    username: str | None = None,
    use: str | None = None,
    index: str | None = None,
    accept_indexes: Collection[str] = (),
    keyring_provider: str | None = None,
    questions: GitQuestions | None = None,
    programs: bool = True,
) -> Outlook:
    """What Git and uv will get for a URL; the arguments are those of `explain`. Raises UvxError."""
    questions = questions or GitQuestions(settings)
    asked = explain(
        url,
        username=username,
        use=use,
        index=index,
        accept_indexes=accept_indexes,
        keyring_provider=keyring_provider,
        settings=settings,
        git=questions,
        programs=programs,
    )
    both = [asked] if asked.other is None else [asked, asked.other]
    git = next((one for one in both if one.question is not None), None)
    if git is None:
        git = _for_git(url, username, settings, questions)
    uv = next((one for one in both if one.question is None), None)
    entries, fault = _entries_or_fault(settings)
    for_git = git_prospect(git, entries, settings)
    if fault and for_git.reason == fault:
        for_git.reason = _UNREADABLE
    return Outlook(
        asked,
        for_git,
        for_git if uv is None else uv_prospect(uv, entries, fault, settings),
        git.question,
        *_accounts(best_first(candidates(entries, asked.query.service, None))),
        fault,
    )


def outlook_of_uv(url: str, settings: Settings, use: str) -> tuple[Explanation, Prospect]:
    """What uv will get for the URL of packages, with its explanation. No program is run."""
    found = explain(url, use=use, settings=settings, programs=False)
    return found, uv_prospect(found, *_entries_or_fault(settings), settings)


def _for_git(
    url: str, username: str | None, settings: Settings, questions: GitQuestions
) -> Explanation:
    """What Git gets. No program is run, because somebody asked about packages."""
    return explain(
        url, username=username, use="git", settings=settings, git=questions, programs=False
    )


def _entries_or_fault(settings: Settings) -> tuple[list[Entry], str]:
    """The entries of the store, and "" or why it cannot be read."""
    try:
        return SharedStore(settings).entries().entries, ""
    except UvxError as error:
        return [], str(error)


def _accounts(entries: list[Entry]) -> tuple[list[bytes | None], Service | None]:
    """The accounts of the first entry's service, which is the one with the longest path, and that
    service."""
    rivals = [entry for entry in entries if entry.service == entries[0].service]
    names = list(dict.fromkeys(entry.as_stored.username for entry in rivals))
    return names, rivals[0].service if rivals else None


def git_prospect(explanation: Explanation, known: list[Entry], settings: Settings) -> Prospect:
    """What Git will get, from an explanation for Git and the entries of the store."""
    question = explanation.question
    assert question is not None  # noqa: S101 - the explanation is for Git
    found = _from_step(explanation.steps[-1])
    if found.source == "url":
        return found
    directly = _from_netrc(explanation, settings)
    if directly.credential is not None:
        # The same file may also answer Git through this helper.
        same = found.source == "netrc" and found.credential == directly.credential
        directly.directly = bool(question.reason) or not same
        directly.remedy = question.remedy
        if found.credential is not None and not (same or question.reason):
            place = "the store" if found.source == "store" else found.place
            directly.otherwise = f"{who(found.credential.username)} from {place}"
        return directly
    if question.reason:
        found = Prospect(reason=question.reason)
    elif found.credential is None:
        found.reason = _why(explanation)
        found.unasked = _unasked(explanation)
    before = [] if question.standing is None else question.standing.before
    found.before = [called(helper.value) for helper in before]
    found.remedy = question.remedy
    found.refused = _is_refused(found, known, question.service)
    return found


def used_by_git(entries: list[Entry], asked: bytes | None, now: int) -> Entry | None:
    """The entry of these, all of one service, that Git gets; None if it gets none of them.

    `asked` is the account that `credential.username` of its configuration names, or None.
    """
    fitting = [e for e in entries if e.complete]
    if fitting:
        fitting = best_first(candidates(fitting, fitting[0].service, asked))
    usable = (e for e in fitting if not e.hidden and not e.credential.expired(now))
    return next(usable, None)


def _from_netrc(explanation: Explanation, settings: Settings) -> Prospect:
    """What Git's HTTP library finds in `~/.netrc` before Git asks any helper.

    It knows the username of the URL, and none of Git's configuration.
    """
    question = explanation.question
    if question is None or question.service is None or question.standing is None:
        return Prospect()
    path = os.path.join(settings.home, ".netrc")
    data = _read(path)
    if question.standing.header or not data:
        return Prospect()
    username = explanation.query.username
    if question.naming is not None and username == question.username:
        username = None
    return _of_netrc(read_by_git(data, question.service.host, username), path)


def _of_netrc(entry: PeerEntry | None, path: str) -> Prospect:
    if entry is None:
        return Prospect()
    place = f"'{printable(path)}', line {entry.line}"
    return Prospect(Credential(entry.login, entry.password), source="netrc", place=place)


def _read(path: str) -> bytes:
    """A netrc file, empty if it cannot be read. Git and uv do not look at who may write to it."""
    try:
        with File(path) as file:
            return file.read(NETRC_LIMIT) if file.is_regular else b""
    except (OSError, ValueError):
        return b""


def uv_prospect(
    explanation: Explanation, entries: list[Entry], fault: str, settings: Settings
) -> Prospect:
    """What uv itself will get, from an explanation for packages and the entries of the store.

    `fault` is why they cannot be read, or "".
    """
    query = explanation.query
    if explanation.fault is not None or explanation.policy == "never":
        return Prospect(reason=explanation.fault or 'its index says authenticate = "never"')
    skipped = ""
    steps = [*explanation.steps, *explanation.hidden]
    for step in steps:
        if step.credential is None or step.source not in ("url", "environment"):
            continue
        if step.source == "url" or _place(step).startswith(_OWN_VARIABLES):
            return _from_step(step)
        skipped = f"uv does not read {_place(step)}"
    netrc, ignored = _netrc_of_uv(query, settings)
    if netrc.credential is not None:
        return netrc
    skipped = skipped or ignored
    if native_auth(settings.environ, settings.home):
        return Prospect(reason=NATIVE_STORE)
    found = _in_uv_file(query.service, query.username, entries, fault)
    if found.credential is not None or found.reason:
        return found
    last = steps[-1] if steps else None
    if last is not None and last.source == "keyring" and last.credential is not None:
        return _from_step(last)
    unasked = _unasked(explanation)
    if unasked == "keyring":
        return Prospect(reason="keyring was not asked", unasked=unasked)
    return Prospect(reason=skipped or "no source of uv's has a credential for it")


def _netrc_of_uv(query: Query, settings: Settings) -> tuple[Prospect, str]:
    """What uv finds in its netrc file; and a line if it ignores that file, or ""."""
    path = netrc_path(settings.environ, settings.home, os.path.exists)
    data = b"" if path is None else _read(path)
    if path is None or not data:
        return Prospect(), ""
    entry, bad = read_by_uv(data, query.service.host, query.username)
    ignored = f"uv ignores '{printable(path)}' because of its line {bad}" if bad else ""
    return _of_netrc(entry, path), ignored


def _unasked(explanation: Explanation) -> str:
    """The source that may answer and was not asked, because it runs a program."""
    skipped = [step.source for step in explanation.steps if step.skipped == PROGRAM_NOT_RUN]
    return next(iter(skipped), "")


def _place(step: Step) -> str:
    return "" if step.answer is None else step.answer.place


def _in_uv_file(
    service: Service, username: bytes | None, entries: list[Entry], fault: str
) -> Prospect:
    """What uv finds in its own file. Of several accounts of one path it takes none."""
    if fault:
        return Prospect(reason=_UNREADABLE)
    own = [e for e in entries if not e.record]
    covering = candidates(own, service, username, any_account=False)
    if not covering:
        return Prospect()
    longest = max(len(e.service.path) for e in covering)
    rivals = [e for e in covering if len(e.service.path) == longest]
    names = uvfile.usernames(rivals)
    if len(names) > 1:
        return Prospect(reason=f"it has {len(names)} accounts and no username to choose one")
    found = rivals[-1]
    return Prospect(
        found.as_stored,
        source="store",
        place=f"'{found.service}' in credentials.toml",
        refused=found.hidden,
        expired=found.credential.expired(int(time())),
    )


def _is_refused(found: Prospect, known: list[Entry], service: Service | None) -> bool:
    """Whether a server refused this account of the service with this secret to Git."""
    credential = found.credential
    if credential is None or service is None:
        return False
    return any(
        e.hidden
        and e.service.realm == service.realm
        and e.as_stored.username in (None, credential.username)
        and e.as_stored.secret == credential.secret
        for e in known
    )


def _from_step(step: Step) -> Prospect:
    answer = step.answer
    if answer is None or answer.credential is None:
        return Prospect()
    return Prospect(answer.credential, source=step.source, place=answer.place)


def _why(explanation: Explanation) -> str:
    """Why no source answered: the reason of the store, unless it just has nothing."""
    for step in explanation.steps:
        answer = step.answer
        if step.source == "store" and answer is not None:
            return answer.reason
    return "no source has a credential for it"
