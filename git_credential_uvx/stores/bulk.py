"""What storing many credentials at once changes: those of an import, or of secrets that `sanitize`
takes out of files. No input or output.

A person did not log in with them, so uv finds what it found before. All of them are one change.
"""

from __future__ import annotations

from enum import Enum, auto

from ..query import ANY_ACCOUNT_NAMES
from . import uvfile
from .changes import StoreChange, add_record, drop_notes, note_of, note_the_unnoted, same_kind
from .entries import Entry, account_key, best_first, candidates, tie_to
from .logins import put_into_uv, replace_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..credential import Credential
    from ..urls.service import Service
    from .entries import Account, Contents


class BulkResult(Enum):
    """What becomes of an item, see `bulk_change`."""

    KEPT = auto()  # it will be in the store
    KNOWN = auto()  # it is in the store already
    DIFFERS = auto()  # the store has another secret for its account
    TWICE = auto()  # an earlier item is for its account, with another secret
    CROWDED = auto()  # another account would answer for its service
    REFUSED = auto()  # a server refused it to Git


class Item:
    """A credential to be stored. With `for_uv`, only where uv finds it."""

    __slots__ = ("credential", "for_uv", "service")

    def __init__(self, service: Service, credential: Credential, *, for_uv: bool = False) -> None:
        self.service = service
        self.credential = credential
        self.for_uv = for_uv

    @property
    def key(self) -> Account:
        """The account that it is for."""
        return account_key(self.service, self.credential)


def bulk_change(
    known: Contents,
    items: Iterable[Item],
    now: int,
    *,
    replace: bool = False,
    behind: bool = False,
    alone: bool = False,
) -> tuple[StoreChange, list[BulkResult]]:
    """The change that stores these items, and what becomes of each.

    A secret that the store has for the same account stays without `replace`, and of two items for
    one account the first counts: the other DIFFERS. With `for_uv`, an item is KNOWN if uv finds
    it already, and CROWDED if uv has another account for its service. With `replace` it goes to
    uv's file all the same.

    With `behind`, a new account counts as older than those that its service has. So whoever asks
    for any account gets the same one as before.

    With `alone`, each item must answer for its service if no username is asked for, and what
    answered before must go on answering. If another account prevents that, the item is CROWDED.
    With `replace` it takes that account's place: the other moves to the companion, where Git
    finds it by its name. An entry that a server refused to Git is REFUSED.
    """
    ledger = _Ledger(known, now, replace=replace, behind=behind, alone=alone)
    kept = [(item, ledger.keep(item)) for item in items]
    return ledger.change, [ledger.settled(item, outcome) for item, outcome in kept]


class _Ledger:
    """The entries as they will be, found by account and by service."""

    def __init__(
        self, known: Contents, now: int, *, replace: bool, behind: bool, alone: bool
    ) -> None:
        self.change = StoreChange()
        self._known = known
        self._now = now
        self._replace = replace
        self._behind = behind
        self._alone = alone
        self._new: set[Account] = set()
        self._taken: dict[str, Item] = {}
        self._same: dict[Account, list[Entry]] = {}
        self._there: dict[str, list[Entry]] = {}
        # What was there at a service and below, by the service.
        self._below: dict[str, list[Entry]] = {}
        for entry in known.entries:
            self._add(entry)
            if alone and entry.complete:
                for path in _ancestors(entry.service):
                    self._below.setdefault(path, []).append(entry)

    def _add(self, entry: Entry) -> None:
        self._same.setdefault(account_key(entry.service, entry.as_stored), []).append(entry)
        self._there.setdefault(str(entry.service), []).append(entry)

    def keep(self, item: Item) -> BulkResult:
        same = self._same.get(item.key, [])
        outcome = self._outcome(item, same)
        if outcome is not BulkResult.KEPT:
            return outcome
        service, credential = item.service, item.credential
        rivals = [e for e in self._there.get(str(service), []) if e not in same]
        into_uv = self._into_uv(item, same)
        if self._alone and item.for_uv and into_uv:
            rivals = self._moved_out(service, rivals)
            self._there[str(service)] = [*same, *rivals]
        stored = self._stored(item, same, rivals, into_uv=into_uv)
        if into_uv:
            put_into_uv(self.change, same, service, credential)
            if stored is not None:
                note = note_of(service, credential, stored, seen=self._behind)
                self.change.before.add.append(note)
        else:
            shadowed = next((tie_to(e.as_stored.secret) for e in same if not e.record), None)
            add_record(self.change, service, credential, stored or self._now, shadows=shadowed)
        replace_records(self.change, self._known, same, service, credential)
        self._settle(item, same, record=not into_uv, stored=stored)
        return BulkResult.KEPT

    def _outcome(self, item: Item, same: list[Entry]) -> BulkResult:
        if self._alone:
            return self._outcome_alone(item, same)
        if item.for_uv:
            counting = [e for e in same if not e.record]
        else:
            counting = [e for e in same if e.record] or same
        if any(e.as_stored.secret == item.credential.secret and e.complete for e in counting):
            return BulkResult.KNOWN
        if item.key in self._new or (counting and not self._replace):
            return BulkResult.DIFFERS
        if item.for_uv and not self._replace and not self._into_uv(item, same):
            return BulkResult.KNOWN if self._uv_finds(item) else BulkResult.CROWDED
        return BulkResult.KEPT

    def _outcome_alone(self, item: Item, same: list[Entry]) -> BulkResult:
        # Of two in `items` for one service only the first can answer.
        first = self._taken.setdefault(str(item.service), item)
        if first.credential != item.credential:
            return BulkResult.TWICE if first.key == item.key else BulkResult.CROWDED
        if self._answers(item):
            return BulkResult.KNOWN
        secret = item.credential.secret
        if not self._replace and any(e.complete and e.as_stored.secret != secret for e in same):
            return BulkResult.DIFFERS
        if not self._replace and self._is_crowded(item):
            return BulkResult.CROWDED
        if not item.for_uv:
            hidden = not self._replace and any(e.complete for e in same)
            return BulkResult.REFUSED if hidden else BulkResult.KEPT
        return BulkResult.KEPT if self._into_uv(item, same) else BulkResult.CROWDED

    def settled(self, item: Item, outcome: BulkResult) -> BulkResult:
        """The outcome, once all is kept: a later item can have taken the place of an account that
        answered for this one."""
        if (
            self._alone
            and outcome in (BulkResult.KEPT, BulkResult.KNOWN)
            and not self._answers(item)
        ):
            return BulkResult.CROWDED
        return outcome

    def _answers(self, item: Item) -> bool:
        return self._uv_finds(item) if item.for_uv else self._git_finds(item)

    def _is_crowded(self, item: Item) -> bool:
        """Whether another account answers for the service, or would no longer answer for what is
        below it."""
        username, secret = item.credential.username, item.credential.secret

        def differs(entry: Entry) -> bool:
            return entry.as_stored.username != username or entry.as_stored.secret != secret

        for path in _ancestors(item.service):
            if any(differs(e) and e.complete for e in self._there.get(path, ())):
                return True
        # Any account answers for some names, until there is one of that very name; and for what is
        # no Git operation an entry of uv's file comes before all records.
        name = username if username in ANY_ACCOUNT_NAMES else None
        below = self._below.get(str(item.service), ())
        return any(
            differs(e) and (e.record or name not in (None, e.as_stored.username)) for e in below
        )

    def _git_finds(self, item: Item) -> bool:
        """Whether this is what Git finds for the service."""
        there = [e for path in _ancestors(item.service) for e in self._there.get(path, ())]
        found = [e for e in best_first(candidates(there, item.service, None)) if not e.hidden]
        return (
            bool(found)
            and found[0].as_stored.username == item.credential.username
            and found[0].as_stored.secret == item.credential.secret
        )

    def _uv_finds(self, item: Item) -> bool:
        """Whether this is what uv finds for the service, by an entry that covers it."""
        found: list[Entry] = []
        for path in sorted(_ancestors(item.service), key=len, reverse=True):
            found = found or [e for e in self._there.get(path, []) if not e.record]
        return (
            len(found) == 1
            and found[0].as_stored.username == item.credential.username
            and found[0].as_stored.secret == item.credential.secret
        )

    def _into_uv(self, item: Item, same: list[Entry]) -> bool:
        service, credential = item.service, item.credential
        if self._known.unclear:
            return False
        if any(not e.record for e in same) or (item.for_uv and self._replace):
            return uvfile.can_replace(credential)
        covering = [e for path in _ancestors(service) for e in self._there.get(path, [])]
        return uvfile.can_hold(service, credential, [e for e in covering if not e.record])

    def _stored(
        self, item: Item, same: list[Entry], rivals: list[Entry], *, into_uv: bool
    ) -> int | None:
        """When it counts as stored; None for an entry of uv's file that needs no note."""
        complete = [e for e in rivals if e.complete]
        if self._behind and complete and not same:
            return min([self._now, *(e.age() for e in complete)]) - 1
        # What stands in for an entry of uv's file has to be newer than that one, too.
        older = rivals if into_uv else [*rivals, *same]
        stored = note_the_unnoted(self.change, older, item.service, item.credential, self._now)
        known_end = item.credential.expires is not None or item.credential.refresh is not None
        return stored if known_end or not into_uv else None

    def _moved_out(self, service: Service, rivals: list[Entry]) -> list[Entry]:
        """The other accounts of a service, with those of uv's file in the companion: uv could not
        choose among them."""
        rest = [e for e in rivals if e.record or not e.complete]
        for entry in [e for e in rivals if e not in rest]:
            self.change.uv.remove += entry.tables
            drop_notes(self.change.after, entry)
            # A record that stands in for this entry counts, and would go with it.
            stand_in = next(
                (e for e in rest if e.record and same_kind(e.as_stored, entry.as_stored)),
                None,
            )
            if stand_in is not None:
                self.change.before.remove += stand_in.tables
                rest.remove(stand_in)
            counting = stand_in or entry
            stored = min(counting.age(), self._now - 1)
            add_record(self.change, service, counting.credential, stored)
            new = Entry(service, counting.credential, [], record=True, stored=stored)
            self._same[account_key(service, new.as_stored)] = [new]
            rest.append(new)
        return rest

    def _settle(self, item: Item, same: list[Entry], *, record: bool, stored: int | None) -> None:
        there = self._there.setdefault(str(item.service), [])
        gone = same if not record else [e for e in same if e.record]
        self._there[str(item.service)] = [e for e in there if e not in gone]
        self._same[item.key] = [e for e in same if e not in gone]
        self._add(Entry(item.service, item.credential, [], record=record, stored=stored or 0))
        self._new.add(item.key)


def _ancestors(service: Service) -> list[str]:
    """The services that cover a service, as texts: the host and each folder, with and without its
    slash, and itself."""
    path = service.path
    ends = [index for index, char in enumerate(path) if char == "/"]
    folders = {path[:end] for end in ends} | {path[: end + 1] for end in ends} | {path}
    return [service.realm + folder for folder in folders if folder]
