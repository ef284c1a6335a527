"""Stores the secrets that the sanitizer takes out, before any file changes.

A file does not say who wrote it. So nothing in it changes which account answers Git or uv, unless a
person asks for that with `replace`. Where a host has, or gets, several accounts, the clean URLs
keep their login names, so that each is asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from enum import Enum, auto
from typing import TYPE_CHECKING

from ..query import Query
from ..stores.bulk import BulkResult, Item
from ..stores.entries import Entry, account_key
from ..urls.service import root_of
from ..urls.tokens import is_token_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..credential import Credential
    from ..resolver import Resolver, Step
    from ..stores.entries import Account
    from ..stores.shared import SharedStore
    from ..urls.service import Service
    from .findings import SecretFinding

    _Account = tuple[Service, Credential]
    _Key = tuple[str, bytes | None, str]


class Hindrance(Enum):
    """What besides the store keeps a credential from being stored."""

    DOUBLED = auto()  # the same text has another account for its service
    ELSEWHERE = auto()  # another source than the store answers for its service


# With one of these, neither the credential nor those that come with it are stored.
_STORED_OTHERWISE = frozenset(
    (BulkResult.DIFFERS, BulkResult.TWICE, BulkResult.CROWDED, BulkResult.REFUSED)
)
CONFLICTS: frozenset[BulkResult | Hindrance] = _STORED_OTHERWISE | frozenset(Hindrance)


@dataclass(frozen=True)
class Move:
    """A credential to be stored: for a whole host if Git asks for it, else where uv does.

    `use` is that of a Query: "git", "index" or "url". `can_be_named` is whether its URLs can keep
    the login name, `by_name` whether they do. `is_perhaps_for_git` is whether the URL may be that
    of a repository, though nothing says so.
    """

    service: Service
    credential: Credential
    use: str
    can_be_named: bool = field(default=False, compare=False)
    by_name: bool = field(default=False, compare=False)
    is_perhaps_for_git: bool = field(default=False, compare=False)

    @property
    def key(self) -> _Key:
        """What the moves of one account have in common."""
        return str(self.service), self.credential.username, self.use

    @property
    def item(self) -> Item:
        for_uv = self.use != "git"
        return Item(self.service, self.credential, for_uv=for_uv, by_name=self.by_name)


class Run:
    """The accounts of all texts of one run: `add` those of each, then `know` those of the store.

    `fresh` are the accounts that only this run stores, so nobody asks for them but by name.
    """

    def __init__(self) -> None:
        # For each service the usernames, each with its account if URLs can keep the name.
        self._named: dict[Service, dict[bytes | None, Account | None]] = {}
        self.fresh: frozenset[Account] = frozenset()
        self._stored: dict[Service, list[Move]] = {}

    def add(self, wanted: Iterable[Move]) -> None:
        for one in wanted:
            named = self._named.setdefault(one.service, {})
            name = one.credential.username
            can_be_named = one.can_be_named and named.get(name, one.item.key) is not None
            named[name] = one.item.key if can_be_named else None

    def know(self, known: Iterable[Entry]) -> None:
        there = {account_key(entry.service, entry.as_stored) for entry in known}
        several = (named for named in self._named.values() if len(named) > 1)
        keys = {key for named in several for key in named.values() if key is not None}
        self.fresh = frozenset(keys - there)

    def remember(self, stored: Iterable[Move]) -> None:
        """What another file of this run may not replace."""
        for one in stored:
            self._stored.setdefault(one.service, []).append(one)

    def would_lose(self, one: Move) -> bool:
        """Whether a move would take the place of what this run stored for another file."""
        return any(
            old.credential != one.credential
            and not (one.by_name and old.credential.username != one.credential.username)
            for old in self._stored.get(one.service, ())
        )

    def has_other(self, one: Move) -> bool:
        """Whether the service of a move has another account, too."""
        return any(name != one.credential.username for name in self._named.get(one.service, ()))


@dataclass(frozen=True)
class MoveOutcome:
    """What became of a move.

    `before` are the accounts that it replaced. `rival` says in words what keeps it from answering,
    and `rival_at` is the service of a stored account that does.
    """

    move: Move
    outcome: BulkResult | Hindrance
    before: list[Item] = field(default_factory=list)
    rival: str = ""
    rival_at: Service | None = None


def moves(findings: Iterable[SecretFinding]) -> list[Move]:
    """What to store of these findings, each once; what no store can hold is left out."""
    found: dict[_Key, list[Move]] = {}
    for finding in findings:
        one = move_of(finding)
        if one is None:
            continue
        same = found.setdefault(one.key, [])
        if one not in same:
            same.append(one)
        elif not one.can_be_named:
            same[same.index(one)] = one
    return [one for same in found.values() for one in same]


def move_of(finding: SecretFinding) -> Move | None:
    """What to store of a finding; None if no store can hold it."""
    credential, service = finding.credential(), finding.service
    if credential is None or service is None:
        return None
    is_unclear = finding.use == "index" and root_of(service) == service
    if finding.use == "index":
        service = root_of(service)
    # A name that looks like a token would be reported on a machine whose store does not know it.
    name, path = credential.username, finding.redacted.partition("@")[2].partition("/")[2]
    can_be_named = bool(name) and not is_token_alone(name or b"", service, path.encode())
    return Move(service, credential, finding.use, can_be_named, is_perhaps_for_git=is_unclear)


def named_by_text(wanted: Sequence[Move], run: Run | None = None) -> list[Move]:
    """The moves of a text, with `by_name` where it has another account of the service, or another
    text of the `run` has one."""
    own = Run()
    own.add(wanted)
    runs = [own] if run is None else [own, run]
    return [
        changed(one, by_name=True)
        if one.can_be_named and any(each.has_other(one) for each in runs)
        else one
        for one in wanted
    ]


def with_names(
    resolver: Resolver, wanted: Sequence[Move], now: int, run: Run, *, replace: bool = False
) -> list[Move]:
    """The moves, with `by_name` where another account of the service answers, or gets stored too.

    Raises StoreError.
    """
    decided = named_by_text(wanted, run)
    while True:
        against = [done.move for done in _elsewhere(resolver, decided, now, replace=replace)]
        ordered = _in_order(decided)
        outcomes = resolver.store().keep(
            [one.item for one in ordered],
            now,
            replace=replace,
            behind=not replace,
            alone=True,
            fresh=run.fresh,
            pretend=True,
        )
        for one, outcome in zip(ordered, outcomes, strict=True):
            if outcome is BulkResult.CROWDED:
                against.append(one)
        named = {id(one) for one in against if one.can_be_named and not one.by_name}
        if not named:
            return decided
        decided = [changed(one, by_name=True) if id(one) in named else one for one in decided]


def _in_order(wanted: Iterable[Move]) -> list[Move]:
    """Those without a name first, and the longest path first: then a shorter one never stands in
    the way of its own file."""
    return sorted(wanted, key=lambda one: (one.by_name, -len(one.service.path)))


def move(
    resolver: Resolver,
    wanted: Sequence[Move],
    now: int,
    *,
    replace: bool = False,
    undoable: bool = True,
    run: Run | None = None,
) -> list[MoveOutcome]:
    """Store all of these, or none if one is a conflict; then only the conflicts are returned.

    Each answers for its service afterwards, or for its name, and whatever answered before still
    does. With `replace` each takes the place of the accounts that answer for its service. With
    `undoable` the outcomes say which accounts those were, which takes one more look at the whole
    store. The store is on the disk when this returns. Raises StoreError.
    """
    if not wanted:
        return []
    against = _elsewhere(resolver, wanted, now, replace=replace)
    if against:
        return against
    run = run or Run()
    lost = [MoveOutcome(one, BulkResult.TWICE) for one in wanted if replace and run.would_lose(one)]
    if lost:
        return lost
    store = resolver.store()
    before = store.entries().entries if undoable else []
    ordered = _in_order(wanted)
    outcomes = store.keep(
        [one.item for one in ordered],
        now,
        replace=replace,
        behind=not replace,
        alone=True,
        fresh=run.fresh,
        unless=_STORED_OTHERWISE,
    )
    pairs = list(zip(ordered, outcomes, strict=True))
    if CONFLICTS.isdisjoint(outcomes):
        run.remember(wanted)
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
        name = one.credential.username
        # uv takes the credential of an index from variables even if its URL has another name.
        asked = name if one.by_name and one.use == "git" else None
        query = Query(one.service, asked, use=one.use, index=index)
        username = resolver.username(query)
        if username not in (None, one.credential.username):
            found.append(
                MoveOutcome(
                    one, Hindrance.ELSEWHERE, rival="a variable that names another username"
                )
            )
            continue
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
                service, credential = rival
                said = f"{named(credential)} at '{service}'"
                return MoveOutcome(one, name, rival=said, rival_at=service)
    return MoveOutcome(one, outcome)


def _rival(accounts: Iterable[_Account], one: Move) -> _Account | None:
    """One of these accounts that answers for the service of a move, or is below it."""
    others = [account for account in accounts if account[1] != one.credential]
    above = (account for account in others if account[0].covers(one.service))
    below = (account for account in others if one.service.covers(account[0]))
    return next(above, None) or next(below, None)


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
    gone = sorted((entry for entry in there if entry.as_stored.username in names), key=Entry.order)
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


def named(credential: Credential) -> str:
    """An account for people."""
    return f"'{(credential.username or b'').decode(errors='backslashreplace')}'"
