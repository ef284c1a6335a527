"""Stores the secrets that the sanitizer takes out, before any file changes.

A file does not say who wrote it. So nothing in it changes which account answers Git or uv, unless a
person asks for that with `replace`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from enum import Enum, auto
from typing import TYPE_CHECKING

from ..query import Query
from ..stores.bulk import BulkResult, Item
from ..stores.entries import Entry
from ..urls.service import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..credential import Credential
    from ..resolver import Resolver, Step
    from ..stores.shared import SharedStore
    from ..urls.service import Service
    from .findings import SecretFinding

    _Account = tuple[Service, Credential]


class Hindrance(Enum):
    """What besides the store keeps a credential from being stored."""

    DOUBLED = auto()  # the same text has another account for its service
    ELSEWHERE = auto()  # another source than the store answers for its service


# With one of these, neither the credential nor those that come with it are stored.
_STORED_OTHERWISE = frozenset(
    (BulkResult.DIFFERS, BulkResult.TWICE, BulkResult.CROWDED, BulkResult.REFUSED)
)
CONFLICTS: frozenset[BulkResult | Hindrance] = _STORED_OTHERWISE | frozenset(Hindrance)

_BY_NAME = "leave its login name in the URL and take the password out by hand"


@dataclass(frozen=True)
class Move:
    """A credential to be stored: for a whole host if Git asks for it, else where uv does.

    `use` is that of a Query: "git", "index" or "url".
    """

    service: Service
    credential: Credential
    use: str

    @property
    def item(self) -> Item:
        return Item(self.service, self.credential, for_uv=self.use != "git")


@dataclass(frozen=True)
class MoveOutcome:
    """What became of a move.

    `before` are the accounts that it replaced. `rival` says in words what keeps it from answering.
    """

    move: Move
    outcome: BulkResult | Hindrance
    before: list[Item] = field(default_factory=list)
    rival: str = ""


def moves(findings: Iterable[SecretFinding]) -> list[Move]:
    """What to store of these findings, each once; what no store can hold is left out."""
    found: dict[tuple[str, bytes | None, str], list[Move]] = {}
    for finding in findings:
        credential, service = finding.credential(), finding.service
        if credential is None or service is None:
            continue
        if finding.use == "index":
            service = root_of(service)
        one = Move(service, credential, finding.use)
        same = found.setdefault((str(service), credential.username, finding.use), [])
        if one not in same:
            same.append(one)
    return [one for same in found.values() for one in same]


def move(
    resolver: Resolver,
    wanted: Sequence[Move],
    now: int,
    *,
    replace: bool = False,
    undoable: bool = True,
) -> list[MoveOutcome]:
    """Store all of these, or none if one is a conflict; then only the conflicts are returned.

    Each answers for its service afterwards, and whatever answered before still does. With
    `replace` each takes the place of the accounts that answer for its service. With `undoable` the
    outcomes say which accounts those were, which takes one more look at the whole store. The store
    is on the disk when this returns. Raises StoreError.
    """
    if not wanted:
        return []
    against = _elsewhere(resolver, wanted, now, replace=replace)
    if against:
        return against
    store = resolver.store()
    before = store.entries().entries if undoable else []
    # The longest path first: then a shorter one never stands in the way of its own file.
    ordered = sorted(wanted, key=lambda one: -len(one.service.path))
    outcomes = store.keep(
        [one.item for one in ordered],
        now,
        replace=replace,
        behind=not replace,
        alone=True,
        unless=_STORED_OTHERWISE,
    )
    pairs = list(zip(ordered, outcomes, strict=True))
    if CONFLICTS.isdisjoint(outcomes):
        return _with_before(before, [MoveOutcome(*pair) for pair in pairs])
    entries = [] if replace else store.entries().entries
    rivals: dict[BulkResult | Hindrance, dict[str, list[_Account]]] = {
        BulkResult.CROWDED: _by_realm((entry.service, entry.as_stored) for entry in entries),
        Hindrance.DOUBLED: _by_realm((one.service, one.credential) for one in ordered),
    }
    return [_met(*pair, rivals) for pair in pairs if pair[1] in CONFLICTS]


def _elsewhere(
    resolver: Resolver, wanted: Sequence[Move], now: int, *, replace: bool
) -> list[MoveOutcome]:
    """The moves to services for which another source than the store answers otherwise."""
    steps: dict[tuple[str, str, bytes | None], Step | None] = {}
    found = []
    # Git asks for no index, and finding the names of all takes reading uv's configuration.
    index_name = None if all(one.use == "git" for one in wanted) else resolver.index_names()
    for one in wanted:
        index = index_name(one.service) if index_name and one.use != "git" else None
        query = Query(one.service, use=one.use, index=index)
        username = resolver.username(query)
        if username not in (None, one.credential.username):
            found.append(
                MoveOutcome(
                    one, Hindrance.ELSEWHERE, rival="a variable that names another username"
                )
            )
            continue
        name = one.credential.username
        key = (str(one.service), one.use, name)
        if key not in steps:
            steps[key] = resolver.elsewhere(query, now, username=name, first=replace)
        step = steps[key]
        if step is None or step.answer is None:
            continue
        answer = step.credential
        if answer is None or answer.secret != one.credential.secret:
            found.append(
                MoveOutcome(one, Hindrance.ELSEWHERE, rival=step.answer.place or step.source)
            )
    return found


def _by_realm(accounts: Iterable[_Account]) -> dict[str, list[_Account]]:
    found: dict[str, list[_Account]] = {}
    for account in accounts:
        found.setdefault(account[0].realm, []).append(account)
    return found


def _met(
    one: Move, outcome: BulkResult, rivals: dict[BulkResult | Hindrance, dict[str, list[_Account]]]
) -> MoveOutcome:
    """The outcome of a move, with the account in its way: a stored one or that of another move."""
    if outcome is BulkResult.CROWDED:
        for name, accounts in rivals.items():
            if rival := _rival(accounts.get(one.service.realm, ()), one):
                return MoveOutcome(one, name, rival=rival)
    return MoveOutcome(one, outcome)


def _rival(accounts: Iterable[_Account], one: Move) -> str:
    """One of these accounts that answers for the service of a move, or is below it."""
    below = ""
    for service, credential in accounts:
        name = f"{_named(credential)} at '{service}'"
        if credential != one.credential and service.covers(one.service):
            return name
        if credential != one.credential and one.service.covers(service):
            below = below or name
    return below


def _with_before(entries: Iterable[Entry], outcomes: Iterable[MoveOutcome]) -> list[MoveOutcome]:
    """The outcomes, each with what it replaced."""
    there: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.complete:
            there.setdefault(str(entry.service), []).append(entry)
    return [
        changed(one, before=_replaced(there.get(str(one.move.service), []), one.move))
        for one in outcomes
    ]


def _replaced(there: list[Entry], one: Move) -> list[Item]:
    """The accounts of a service whose place a move takes, the oldest first; `for_uv` for those of
    uv's file."""
    names = {one.credential.username}
    if one.item.for_uv:
        names |= {entry.as_stored.username for entry in there if not entry.record}
    gone = sorted((entry for entry in there if entry.as_stored.username in names), key=Entry.age)
    return [Item(e.service, e.credential, for_uv=not e.record) for e in gone]


def take_back(store: SharedStore, outcomes: Sequence[MoveOutcome], now: int) -> None:
    """Take out of the store what `move` kept, and bring back what it replaced.

    Raises StoreError.
    """
    kept = [done for done in outcomes if done.outcome is BulkResult.KEPT]
    for done in kept:
        service, credential = done.move.service, done.move.credential
        store.logout(service, [credential.username], now, secret=credential.secret)
    for item in (item for done in kept for item in done.before):
        if item.for_uv:
            store.keep([item], now, replace=True)
        else:
            store.put(item.service, item.credential, now)


def conflict(outcome: MoveOutcome) -> str:
    """What to tell about a conflict."""
    name = _named(outcome.move.credential)
    what = f"{name} at '{outcome.move.service}'"
    if outcome.outcome is BulkResult.DIFFERS:
        return f"the store has another secret for {what}; --replace takes this one"
    if outcome.outcome is BulkResult.TWICE:
        return f"it has two secrets for {what}; take one of them out by hand"
    if outcome.outcome is BulkResult.REFUSED:
        return (
            f"the server refused {what} before, so Git is not given it; --replace stores it again"
        )
    if outcome.outcome is Hindrance.ELSEWHERE:
        return f"{outcome.rival} answers there with another account or secret than {what}"
    if outcome.outcome is Hindrance.DOUBLED:
        return f"it has {outcome.rival} as well, so {what} would not be asked for; {_BY_NAME}"
    if not outcome.rival and outcome.move.service.scheme == "http":
        return f"uv would send {what} unencrypted; --replace stores it for uv all the same"
    if not outcome.rival:
        return f"uv cannot find {what} in its store; see --replace"
    return (
        f"the store has another account, {outcome.rival}, so {what} would not be asked for; "
        f"--replace takes this one, or {_BY_NAME}"
    )


def _named(credential: Credential) -> str:
    return f"'{(credential.username or b'').decode(errors='backslashreplace')}'"
