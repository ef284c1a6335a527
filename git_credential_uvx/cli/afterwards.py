"""After a command changed what is stored: whether Git and uv will really use it.

The command asks the question that Git and uv ask next, and warns of each difference.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import UvxError
from ..git.config import OF_CHECKOUT, place
from ..git.questions import GitQuestions
from ..outlook import Prospect, outlook
from ..urls.commands import command
from ..urls.service import LOOPBACK
from ..urls.usernames import who
from .common import is_quiet, next_step, warn

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator

    from ..credential import Credential
    from ..git.config import GitSetting
    from ..outlook import Outlook
    from ..system.settings import Settings
    from ..urls.service import Service

_MOST = 5  # warnings; after an import of many hosts, the rest are counted
_MOST_ASKED = 20  # services; each question reads the whole store


def report(
    settings: Settings,
    stored: Iterable[tuple[Service, Credential]],
    removed: Iterable[tuple[Service, bytes | None]] = (),
    *,
    named: Collection[tuple[Service, bytes | None]] = (),
    on_path: bool = True,
    perhaps_git: Container[Service] = (),
    is_choice: bool = False,
    tried_to_delete: bool = False,
) -> None:
    """Warn a person, once each, where Git or uv will not get what was stored, or still get what was
    removed. Only the first services are asked about.

    `stored` are credentials with the service that each was stored for, `removed` the accounts that
    were removed. `named` are the accounts of `stored` whose names stand in the URLs of a project,
    so they are asked for by name. With `on_path` False, the person knows that Git does not find
    this helper. `perhaps_git` has the services of which nobody knows whether they are repositories.
    With `is_choice`, the person just chose one of several accounts; with `tried_to_delete`,
    imported lines that are left could not be removed.
    """
    if is_quiet():
        return
    lines: dict[str, None] = {}
    remedies: list[list[str]] = []
    questions = GitQuestions(settings)
    credentials = dict(stored)
    for service, credential in islice(credentials.items(), _MOST_ASKED):
        name = credential.username
        asked = name if (service, name) in named else None
        found = _outlook(service, settings, questions, asked)
        if found is None:
            continue
        lines |= dict.fromkeys(
            _of_stored(found, service, credential, on_path=on_path, can_delete=not tried_to_delete)
        )
        if not is_choice:
            lines |= dict.fromkeys(_of_several(found, service, credential))
        is_known = found.is_for_git or found.explanation.index is not None
        if service in perhaps_git and not is_known:
            lines |= dict.fromkeys(_of_path(found, service))
        if found.is_for_git and found.git.remedy:
            remedies.append(found.git.remedy)
    for service in islice(dict(removed), _MOST_ASKED):
        found = _outlook(service, settings, questions)
        lines |= dict.fromkeys([] if found is None else _of_removed(found, service))
    _warn_of_each(list(lines), not_asked=len(credentials) - _MOST_ASKED)
    if remedies:
        next_step(*remedies[0])


def _warn_of_each(lines: list[str], *, not_asked: int) -> None:
    for line in lines[:_MOST]:
        warn(line)
    if len(lines) > _MOST:
        more = len(lines) - _MOST
        warn(f"{more} more warnings; 'git-credential-uvx explain HOST' shows what a host gets")
    if not_asked > 0:
        warn(
            f"{not_asked} more services were not looked at; 'git-credential-uvx explain HOST' "
            "shows what a host gets"
        )


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
    found: Outlook,
    service: Service,
    credential: Credential,
    *,
    on_path: bool,
    can_delete: bool,
) -> Iterator[str]:
    """Warnings about a service for which a credential was stored. With `can_delete`, `import` may
    be able to remove what answers instead."""
    elsewhere = partial(_elsewhere, can_delete=can_delete)
    alike = found.git.place == found.uv.place and not found.git.otherwise
    if service.scheme == "http" and service.host not in LOOPBACK:
        yield (
            f"{service} is plain http, so others on the network can read the password; use an "
            "https URL"
        )
    if found.is_for_git:
        yield from _of_git(found, service, credential, on_path=on_path)
        if found.question is not None and found.question.is_asked:
            yield from elsewhere(found.git, "Git and uv" if alike else "Git", service, credential)
    if not (found.is_for_git and alike):
        yield from elsewhere(found.uv, "uv", service, credential)


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
    found: Outlook, service: Service, credential: Credential, *, on_path: bool
) -> Iterator[str]:
    git, question = found.git, found.question
    if question is None or not question.known:
        return
    if question.reason:
        if on_path or question.on_path:
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


def _elsewhere(
    found: Prospect, program: str, service: Service, credential: Credential, *, can_delete: bool
) -> Iterator[str]:
    """A warning if another source than the store answers first."""
    if found.credential is None or found.source == "store":
        return
    same = found.credential.secret == credential.secret
    instead = "before the stored one" if same else "and not the stored one"
    end = _end(found, is_imported=same and can_delete)
    if found.otherwise:
        yield f"{found.tried()}{end}"
        return
    yield f"{program} will get {_from(found)} for {service}, {instead}{end}"


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


def _end(found: Prospect, *, is_imported: bool) -> str:
    """What makes a source stop answering."""
    if found.source == "environment":
        return f"; run 'unset {found.place}'"
    if found.source != "netrc":
        return ""
    if is_imported:
        return "; run 'git-credential-uvx import --from netrc --delete-source'"
    return "; remove that line"


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
    ends = [] if git is None else [f"Git gets {who(git.username)}"]
    ends.append(
        "uv gets none unless its URL names one" if uv is None else f"uv gets {who(uv.username)}"
    )
    told = f"{service} has {_names(found)}: {', '.join(ends)}"
    use = command("use", service=found.at or service, username=b"NAME")
    return f"{told}; run '{use}' to choose one for Git"
