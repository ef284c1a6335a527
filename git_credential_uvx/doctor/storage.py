"""The checks of the store: its folder and files, the lock, the clock and the entries."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

from ..errors import UvxError
from ..git.questions import GitQuestions
from ..outlook import outlook
from ..stores import uvfile
from ..stores.entries import COMPANION, is_restorable
from ..stores.shared import SharedStore
from ..system import files, holders, platform
from .verdicts import NOTE, OK, PROBLEM, Case, Host, Path, Text, User, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stores.entries import Entry

_NAMES = (uvfile.NAME, COMPANION)
_MOST = 200  # entries, for each of which all sources are asked
_LEEWAY = 120  # seconds by which clocks of file servers differ
_LAST = 253_402_300_799  # seconds since the epoch: the end of the year 9999


def folder(case: Case) -> Iterator[Verdict]:
    """The folder of the store and its files: who may read and write them."""
    path = case.settings.folder
    try:
        found = files.exists(path)
        status = os.stat(path) if found else None
    except (UvxError, OSError) as error:
        yield Verdict("store", PROBLEM, "{0}", (Text(str(error)),))
        return
    if status is None:
        advice = "run 'git-credential-uvx login HOST'"
        yield Verdict("store", NOTE, "nothing is stored yet in {0}", (Path(path),), advice)
        return
    yield from _mode(case, path, status, "chmod 700")
    for name in _NAMES:
        file = os.path.join(path, name)
        try:
            yield from _mode(case, file, os.stat(file), "chmod 600")
        except FileNotFoundError:
            continue
        except OSError as error:
            fault = str(files.failure("cannot read", file, error))
            yield Verdict("store", PROBLEM, "{0}", (Text(fault),))


def _mode(case: Case, path: str, status: os.stat_result, advice: str) -> Iterator[Verdict]:
    mode = f"mode {stat.S_IMODE(status.st_mode):03o}"
    own = platform.is_own(status)
    if not own and not case.settings.any_owner:
        yield Verdict("store", PROBLEM, f"{{0}} belongs to another user, {mode}", (Path(path),))
    elif platform.is_open_to_others(status):
        text = f"other users can use {{0}}, {mode}"
        yield Verdict("store", PROBLEM, text, (Path(path),), f"run '{advice} {{0}}'")
    else:
        whose = "" if own else ", of another user, which is fine for root"
        yield Verdict("store", OK, f"{{0}}, {mode}{whose}", (Path(path),))


def lock(case: Case) -> Iterator[Verdict]:
    """Whether another process has the store locked."""
    path = os.path.join(case.settings.folder, uvfile.LOCK_NAME)
    held = holders.is_locked(path)
    if held:
        who = holders.described(path)
        text = "{0} is locked by another process" + (f", {who}" if who else "")
        yield Verdict("lock", PROBLEM, text, (Path(path),), "wait for it, or end that process")
    elif held is False:
        yield Verdict("lock", OK, "nobody has locked the store")


def clock(case: Case) -> Iterator[Verdict]:
    """Times in the future, which a wrong clock leaves behind."""
    for name in _NAMES:
        path = os.path.join(case.settings.folder, name)
        try:
            written = int(os.stat(path).st_mtime)
        except OSError:
            continue
        if written > case.now + _LEEWAY:
            text = f"{{0}} was written in the future ({_moment(written)})"
            yield Verdict("clock", PROBLEM, text, (Path(path),), "set the clock of this machine")
    for entry in _entries(case):
        at = entry.stored_at
        if at is not None and case.now + _LEEWAY < at < _LAST:
            when = f"in the future ({_moment(at)})"
            text = f"{{0}} of {{1}} was stored {when}, so it stays the default"
            advice = "set the clock, and run 'git-credential-uvx login {1}' again"
            yield Verdict("clock", PROBLEM, text, _account(entry), advice)


def entries(case: Case) -> Iterator[Verdict]:
    """What is stored, and which entries Git does not get."""
    try:
        known = SharedStore(case.settings).entries()
    except UvxError as error:
        fault, advice = error.parts
        yield Verdict("entries", PROBLEM, "{0}", (Text(fault),), advice)
        return
    own = sum(entry.record for entry in known.entries)
    text = f"{_count(len(known.entries) - own)} in {uvfile.NAME}, {own} in {COMPANION}"
    yield Verdict("entries", OK, text)
    if known.unclear:
        yield Verdict("entries", NOTE, f"{uvfile.NAME} has entries whose host only uv understands")
    if known.warning is not None:
        yield Verdict("entries", PROBLEM, "{0}", (Text(known.warning),))
    for entry in known.entries:
        if entry.hidden and entry.shadow is not None:
            text = "uv still has the refused password of {0} of {1}; Git has a newer one"
            yield Verdict("entries", NOTE, text, _account(entry), _login(entry))
        elif entry.hidden:
            text = "the server refused the password of {0} of {1}, so Git does not get it"
            advice = f"{_login(entry)} with a new password"
            yield Verdict("entries", PROBLEM, text, _account(entry), advice)
        elif entry.credential.expired(case.now):
            advice = "run 'git-credential-uvx login {1}' again"
            yield Verdict("entries", NOTE, "{0} of {1} has expired", _account(entry), advice)
    for entry in known.erased:
        if is_restorable(entry, case.now):
            text = "the server refused the password of {0} of {1}, so Git erased it"
            advice = f"{_login(entry)}, or 'git-credential-uvx restore {{1}}' if that was a mistake"
            yield Verdict("entries", NOTE, text, _account(entry), advice)


def _login(entry: Entry) -> str:
    """The advice to log in again, as a template with the account."""
    named = " --username {0}" if entry.as_stored.username else ""
    return f"run 'git-credential-uvx login {{1}}{named}'"


def shadows(case: Case) -> Iterator[Verdict]:
    """What Git or uv gets instead of a stored entry, from a line or a variable."""
    questions = GitQuestions(case.settings)
    for entry in _entries(case)[:_MOST]:
        name = entry.as_stored.username
        who = None if name is None else name.decode(errors="surrogateescape")
        for username in dict.fromkeys((who, None)):
            before = _before(case, entry, username, questions)
            for place, programs in before.items():
                text = (
                    f"{{2}} answers {' and '.join(programs)} before the stored entry {{0}} of {{1}}"
                )
                parts = (*_account(entry), Text(place))
                advice = "remove that line or variable if it is old"
                yield Verdict("shadows", PROBLEM, text, parts, advice)
            if before:
                break


def _before(
    case: Case, entry: Entry, username: str | None, questions: GitQuestions
) -> dict[str, list[str]]:
    """The places that answer before a stored entry, with the programs that they answer."""
    service = str(entry.service)
    try:
        found = outlook(
            service, case.settings, username=username, questions=questions, programs=False
        )
    except UvxError:
        return {}  # the check of the configuration reports it
    places: dict[str, list[str]] = {}
    for program, one in (("Git", found.git), ("uv", found.uv)):
        if one.credential is None or one.source == "store":
            continue
        if one.credential.secret != entry.as_stored.secret:
            places.setdefault(one.place, []).append(program)
    return places


def _entries(case: Case) -> list[Entry]:
    try:
        return SharedStore(case.settings).entries().entries
    except UvxError:
        return []  # `entries` reports it


def _account(entry: Entry) -> tuple[User, Host]:
    name = entry.as_stored.username
    text = "a token" if name is None else name.decode(errors="backslashreplace")
    return User(text), Host(str(entry.service))


def _count(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(min(seconds, _LAST), UTC).strftime("%Y-%m-%d %H:%M UTC")
