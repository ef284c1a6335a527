"""After a command changed what is stored: whether Git and uv will really use it.

The command asks the question that Git and uv ask next, and warns of each difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import UvxError
from ..git.config import OF_CHECKOUT, place
from ..git.questions import GitQuestions
from ..outlook import Prospect, outlook
from ..urls.commands import command
from ..urls.service import LOOPBACK
from ..urls.usernames import who
from .common import counted, is_quiet, listed, next_step, warn

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Sequence

    from ..credential import Credential
    from ..git.config import GitSetting
    from ..outlook import Outlook
    from ..system.settings import Settings
    from ..urls.service import Service

_MOST = 5  # warnings; after an import of many hosts, the rest are counted
_MOST_ASKED = 20  # services; each question reads the whole store


@dataclass(frozen=True, slots=True)
class Known:
    """What a command knows of what it stored.

    `named` are the accounts whose names stand in the URLs of a project, so they are asked for by
    name. `perhaps_git` has the services of which nobody knows whether they are repositories. With
    `chosen`, the person just chose one of several accounts. With `undeletable`, imported lines that
    are left could not be removed. With `off_path`, the person was told that Git does not find this
    helper.
    """

    named: Collection[tuple[Service, bytes | None]] = field(default=(), repr=False)
    perhaps_git: Container[Service] = ()
    chosen: bool = False
    undeletable: bool = False
    off_path: bool = False


@dataclass(frozen=True, slots=True)
class _InFront:
    """A source that answers a program before the store does; `same` if with the stored secret, and
    `remedy` if `import` may be able to remove it."""

    program: str
    found: Prospect
    service: Service
    same: bool
    remedy: bool

    @property
    def group(self) -> object:
        """What several have in common that can be reported in one line."""
        if self.found.source != "netrc" or self.found.otherwise:
            return self.program, self.found.place, self.service
        return self.program, _file(self.found), self.same, self.remedy


def report(
    settings: Settings,
    stored: Iterable[tuple[Service, Credential]],
    removed: Iterable[tuple[Service, bytes | None]] = (),
    known: Known = Known(),
) -> None:
    """Warn a person, once each, where Git or uv will not get what was stored, or still get what was
    removed. Only the first services are asked about.

    `stored` are credentials with the service that each was stored for, `removed` the accounts that
    were removed.
    """
    if is_quiet():
        return
    warnings: list[str | _InFront] = []
    remedies: list[list[str]] = []
    questions = GitQuestions(settings)
    credentials = dict(stored)
    for service, credential in islice(credentials.items(), _MOST_ASKED):
        name = credential.username
        asked = name if (service, name) in known.named else None
        found = _outlook(service, settings, questions, asked)
        if found is None:
            continue
        warnings += _of_stored(found, service, credential, known)
        if not known.chosen:
            warnings += _of_several(found, service, credential)
        is_known = found.is_for_git or found.explanation.index is not None
        if service in known.perhaps_git and not is_known:
            warnings += _of_path(found, service)
        if found.is_for_git and found.git.remedy:
            remedies.append(found.git.remedy)
    for service in islice(dict(removed), _MOST_ASKED):
        found = _outlook(service, settings, questions)
        warnings += [] if found is None else _of_removed(found, service)
    _warn_of_each(_lines(warnings), not_asked=len(credentials) - _MOST_ASKED)
    if remedies:
        next_step(*remedies[0])


def _lines(warnings: Iterable[str | _InFront]) -> list[str]:
    """The lines of these warnings, each once; what the same file answers is one line."""
    groups: dict[object, list[str | _InFront]] = {}
    for one in warnings:
        groups.setdefault(one if isinstance(one, str) else one.group, []).append(one)
    lines = []
    for alike in groups.values():
        first, in_front = alike[0], [one for one in alike if isinstance(one, _InFront)]
        lines.append(first if isinstance(first, str) else _line(in_front))
    return lines


def _line(in_front: Sequence[_InFront]) -> str:
    first = in_front[0]
    services = list(dict.fromkeys(str(one.service) for one in in_front))
    s = "" if len(services) == 1 else "s"
    told = _from(first.found) if len(services) == 1 else f"the entries of {_file(first.found)}"
    instead = f"before the stored one{s}" if first.same else f"and not the stored one{s}"
    end = _end(first.found, is_imported=first.remedy, lines=len(services))
    if first.found.otherwise:
        return f"{first.found.tried()}{end}"
    return f"{first.program} will get {told} for {listed(services)}, {instead}{end}"


def _file(found: Prospect) -> str:
    """The netrc file of an entry, without its line."""
    return found.place.rpartition(", line ")[0]


def _warn_of_each(lines: list[str], *, not_asked: int) -> None:
    for line in lines[:_MOST]:
        warn(line)
    explain = "'git-credential-uvx explain HOST' shows what a host gets"
    if len(lines) > _MOST:
        warn(f"{counted(len(lines) - _MOST, 'more warning')}; {explain}")
    if not_asked > 0:
        were = "was" if not_asked == 1 else "were"
        warn(f"{counted(not_asked, 'more service')} {were} not looked at; {explain}")


def _outlook(
    service: Service, settings: Settings, questions: GitQuestions, asked: bytes | None = None
) -> Outlook | None:
    username = None if asked is None else asked.decode(errors="surrogateescape")
    try:
        return outlook(
            str(service), settings, username=username, questions=questions, programs=False
        )
    except (UvxError, FileNotFoundError):  # the latter if the working directory is gone
        return None  # the change itself is done, and its own errors were reported


def _of_stored(
    found: Outlook, service: Service, credential: Credential, known: Known
) -> Iterator[str | _InFront]:
    """Warnings about a service for which a credential was stored."""
    alike = found.git.place == found.uv.place and not found.git.otherwise
    if service.scheme == "http" and service.host not in LOOPBACK:
        yield (
            f"{service} is plain http, so others on the network can read the password; use an "
            "https URL"
        )
    if found.is_for_git:
        yield from _of_git(found, service, credential, known)
        if found.question is not None and found.question.is_asked:
            program = "Git and uv" if alike else "Git"
            yield from _in_front(found.git, program, service, credential, known)
    if not (found.is_for_git and alike):
        yield from _in_front(found.uv, "uv", service, credential, known)


def _of_several(found: Outlook, service: Service, credential: Credential) -> Iterator[str]:
    """Warnings about several accounts of a service for which nobody chose one."""
    if len(found.accounts) < 2:
        return
    naming = None if found.question is None else found.question.naming
    if naming is not None and found.is_for_git and not _is_named(found):
        yield from _of_configuration(found, naming, service, credential)
    elif not _is_named(found):
        yield _accounts(found, service)


def _of_git(
    found: Outlook, service: Service, credential: Credential, known: Known
) -> Iterator[str]:
    git, question = found.git, found.question
    if question is None or not question.known:
        return
    if question.reason:
        if question.on_path or not known.off_path:
            yield f"Git will not get it: {question.reason}"
        return
    for helper in git.before:
        yield f"Git asks {helper} first; run 'git-credential-uvx setup --replace' to cancel it"
    asked, setting = question.service, question.rewritten
    if asked is not None and setting is not None and asked.realm != service.realm:
        yield _rewritten(setting, asked, credential)
    elif asked is not None and not service.covers(asked):
        yield (
            f"Git sends no repository path, so it will not find {service}; log in to the host, or "
            "run 'git-credential-uvx setup --use-http-path'"
        )
    elif git.credential is None:
        yield f"Git will not get it: {git.reason}"


def _rewritten(setting: GitSetting, service: Service, credential: Credential) -> str:
    """A warning about an `insteadOf` that makes Git use another host."""
    # A checkout could name any host, and a password must not be typed for that one.
    advice = "remove that setting if you do not trust it"
    if setting.scope not in OF_CHECKOUT:
        login = command("login", service=service, username=credential.username)
        advice = f"run '{login}' for that host"
    reason = f"an 'insteadOf' in {place(setting)} makes Git use '{service}'"
    return f"Git will not get it: {reason}; {advice}"


def _of_path(found: Outlook, service: Service) -> Iterator[str]:
    """A warning if Git would not send the path that a credential was stored for."""
    question = found.question
    if question is None or not question.known or question.reason or question.service is None:
        return
    if not service.covers(question.service):
        yield (
            f"Git sends no repository path: if {service} is a repository, run "
            "'git-credential-uvx setup --use-http-path', or Git will not find it"
        )


def _in_front(
    found: Prospect, program: str, service: Service, credential: Credential, known: Known
) -> Iterator[_InFront]:
    """A warning if another source than the store answers first."""
    if found.credential is not None and found.source != "store":
        same = found.credential.secret == credential.secret
        yield _InFront(program, found, service, same, same and not known.undeletable)


def _of_removed(found: Outlook, service: Service) -> Iterator[str]:
    """Warnings about a service of which an account was removed."""
    alike = found.git.place == found.uv.place
    asked = {"Git and uv" if alike else "Git": found.git, **({} if alike else {"uv": found.uv})}
    for helper in found.git.before if found.is_for_git else ():
        yield f"Git still asks {helper} for {service}"
    for program, one in asked.items():
        if one.credential is None:
            continue
        if one.source == "store":
            # Another account, or one of a shorter path.
            yield f"{program} will now get {_from(one)} for {service}"
        else:
            end = _end(one, is_imported=False)
            yield f"{program} will still get {_from(one)} for {service}{end}"


def _from(found: Prospect) -> str:
    name = None if found.credential is None else found.credential.username
    return f"{who(name)} from {found.place}"


def _end(found: Prospect, *, is_imported: bool, lines: int = 1) -> str:
    """What makes a source stop answering; `lines` is of how many lines of a netrc file."""
    if found.source == "environment":
        return f"; run 'unset {found.place}'"
    if found.source != "netrc":
        return ""
    if is_imported:
        return "; run 'git-credential-uvx import --from netrc --delete-source'"
    return "; remove that line" if lines == 1 else "; remove those lines"


def _is_named(found: Outlook) -> bool:
    """Whether the question itself named an account, and not Git's configuration."""
    one, other = found.explanation, found.explanation.other
    packages = one if one.question is None else other
    return (one if packages is None else packages).query.username is not None


def _of_configuration(
    found: Outlook, naming: GitSetting, service: Service, credential: Credential
) -> Iterator[str]:
    """Warnings about several accounts, of which Git's configuration names one."""
    asked = naming.value.encode(errors="surrogateescape")
    if asked != credential.username:
        yield (
            f"Git asks for {who(asked)} at {service}, because of 'credential.username' in "
            f"{place(naming)}"
        )
    if found.uv.credential is None:
        yield f"{service} has {_names(found)}, and uv gets none unless its URL names one"


def _names(found: Outlook) -> str:
    *names, last = map(who, found.accounts)
    return f"{len(found.accounts)} accounts, {', '.join(names)} and {last}"


def _accounts(found: Outlook, service: Service) -> str:
    git, uv = found.git.credential, found.uv.credential
    ends = [f"Git gets {'none' if git is None else who(git.username)}"]
    ends.append(
        "uv gets none unless its URL names one" if uv is None else f"uv gets {who(uv.username)}"
    )
    told = f"{service} has {_names(found)}: {', '.join(ends)}"
    use = command("use", service=found.at or service, username=b"NAME")
    return f"{told}; run '{use}' to choose one for Git"
