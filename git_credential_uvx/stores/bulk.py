"""What storing many credentials at once changes: those of an import, or of secrets that `sanitize`
takes out of files. No input or output.

A person did not log in with them, so uv finds what it found before. All of them are one change.
"""

from __future__ import annotations

from enum import Enum, auto

from ..query import ANY_ACCOUNT_NAMES
from . import uvfile
from .changes import StoreChange, add_record, drop_notes, note_of, note_the_unnoted, same_kind
from .entries import Entry, Note, account_key, best_first, candidates, tie_to
from .logins import put_into_uv, replace_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

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
    """A credential to be stored. With `for_uv`, only where uv finds it. With `by_name`, its
    username is always asked for, so another account can answer if none is."""

    __slots__ = ("by_name", "credential", "for_uv", "service")

    def __init__(
        self,
        service: Service,
        credential: Credential,
        *,
        for_uv: bool = False,
        by_name: bool = False,
    ) -> None:
        self.service = service
        self.credential = credential
        self.for_uv = for_uv
        self.by_name = by_name

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
    fresh: Collection[Account] = (),
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
    finds it by its name. An item `by_name` must answer for its service and username, and ranks
    behind the other accounts. An entry that a server refused to Git is REFUSED. Accounts in `fresh`
    were stored so lately that nobody asks for them without their names.
    """
    ledger = _Ledger(known, now, replace=replace, behind=behind, alone=alone, fresh=fresh)
    kept = [(item, ledger.keep(item)) for item in items]
    return ledger.change, [ledger.settled(item, outcome) for item, outcome in kept]


class _Ledger:
    """The entries as they will be, found by account and by service."""

    def __init__(
        self,
        known: Contents,
        now: int,
        *,
        replace: bool,
        behind: bool,
        alone: bool,
        fresh: Collection[Account],
    ) -> None:
        self.change = StoreChange()
        self._known = known
        self._now = now
        self._replace = replace
        self._behind = behind
        self._alone = alone
        self._fresh = fresh
        self._new: set[Account] = set()
        self._taken: dict[str, Item] = {}
        self._same: dict[Account, list[Entry]] = {}
        self._there: dict[str, list[Entry]] = {}
        # What was there at a service and below, by the service.
        self._below: dict[str, list[Entry]] = {}
        self._known_at: dict[str, list[Entry]] = {}
        for entry in known.entries:
            self._add(entry)
            if alone:
                self._known_at.setdefault(str(entry.service), []).append(entry)
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
        if self._alone and item.for_uv and into_uv and not item.by_name:
            rivals = self._moved_out(service, rivals)
            self._there[str(service)] = [*same, *rivals]
        stored = (self._now, self._rank(item, same, rivals, into_uv=into_uv))
        if into_uv:
            put_into_uv(self.change, same, service, credential)
            self.change.before.add.append(note_of(service, credential, stored))
        else:
            shadowed = next((tie_to(e.as_stored.secret) for e in same if not e.record), None)
            add_record(self.change, service, credential, stored, shadows=shadowed)
        replace_records(self.change, self._known, same, service, credential)
        self._settle(item, same, record=not into_uv, rank=stored[1])
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

    def _outcome_by_name(self, item: Item, same: list[Entry]) -> BulkResult:
        if self._answers(item):
            return BulkResult.KNOWN
        others = [e for e in same if e.complete and e.as_stored.secret != item.credential.secret]
        if others and item.key in self._new:
            return BulkResult.TWICE
        if others and not self._replace:
            return BulkResult.DIFFERS
        if self._takes_a_place(item):
            return BulkResult.CROWDED
        if not item.for_uv:
            hidden = not self._replace and any(e.complete for e in same)
            return BulkResult.REFUSED if hidden else BulkResult.KEPT
        return BulkResult.KEPT if self._into_uv(item, same) else BulkResult.CROWDED

    def _takes_a_place(self, item: Item) -> bool:
        """Whether something that another account answers now would get an item `by_name`, or the
        item's own URLs something else."""
        username, service = item.credential.username, item.service

        def rivals(entries: Iterable[Entry]) -> list[Entry]:
            return [
                e
                for e in entries
                if e.complete
                and account_key(e.service, e.as_stored) not in self._fresh
                and account_key(e.service, e.as_stored) != item.key
            ]

        above = [e for path in _ancestors(service) for e in self._known_at.get(path, ())]
        if rivals(e for e in above if e.service != service):
            return True
        here_and_below = rivals(self._below.get(str(service), ()))
        # Any account answers for some names, until there is one of that very name.
        if username in ANY_ACCOUNT_NAMES and here_and_below:
            return True
        if any(e.as_stored.username == username for e in here_and_below):
            return True
        uv = [e for e in here_and_below if e.service == service and not e.record]
        # uv can choose between two accounts no better than among three.
        return item.for_uv and (len(uv) == 1 or any(e.record for e in here_and_below))

    def _outcome_alone(self, item: Item, same: list[Entry]) -> BulkResult:
        if item.by_name:
            return self._outcome_by_name(item, same)
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
        asked = item.credential.username if item.by_name else None
        there = [e for path in _ancestors(item.service) for e in self._there.get(path, ())]
        found = [e for e in best_first(candidates(there, item.service, asked)) if not e.hidden]
        return (
            bool(found)
            and found[0].as_stored.username == item.credential.username
            and found[0].as_stored.secret == item.credential.secret
        )

    def _uv_finds(self, item: Item) -> bool:
        """Whether this is what uv finds for the service, by an entry that covers it."""
        found: list[Entry] = []
        for path in sorted(_ancestors(item.service), key=len, reverse=True):
            there = [e for e in self._there.get(path, []) if not e.record]
            if item.by_name:
                there = [e for e in there if e.as_stored.username == item.credential.username]
            found = found or there
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
        if item.by_name and item.for_uv:
            return uvfile.can_hold(service, credential, [])
        if item.by_name and (covering or self._below.get(str(service))):
            return False
        return uvfile.can_hold(service, credential, [e for e in covering if not e.record])

    def _rank(self, item: Item, same: list[Entry], rivals: list[Entry], *, into_uv: bool) -> int:
        """The rank among the accounts of its service: behind them all, or in front."""
        complete = [e for e in rivals if e.complete]
        if complete and (item.by_name or (self._behind and not same)):
            return min([self._now, *(e.order() for e in complete)]) - 1
        # What stands in for an entry of uv's file ranks before that one, too.
        older = rivals if into_uv else [*rivals, *same]
        return note_the_unnoted(self.change, older, item.service, item.credential, self._now)

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
            rank = min(counting.order(), self._now - 1)
            add_record(self.change, service, counting.credential, (counting.stored_at or 0, rank))
            new = Entry(service, counting.credential, [], record=True, rank=rank)
            self._same[account_key(service, new.as_stored)] = [new]
            rest.append(new)
        return rest

    def _settle(self, item: Item, same: list[Entry], *, record: bool, rank: int) -> None:
        there = self._there.setdefault(str(item.service), [])
        gone = same if not record else [e for e in same if e.record]
        self._there[str(item.service)] = [e for e in there if e not in gone]
        self._same[item.key] = [e for e in same if e not in gone]
        new = Entry(item.service, item.credential, [], record=record, rank=rank)
        if not record:
            tie = tie_to(item.credential.secret)
            note = Note(item.service, item.credential.username, tie, self._now, rank=rank)
            new.notes.append(note)
        self._add(new)
        self._new.add(item.key)


def _ancestors(service: Service) -> list[str]:
    """The services that cover a service, as texts: the host and each folder, with and without its
    slash, and itself."""
    path = service.path
    ends = [index for index, char in enumerate(path) if char == "/"]
    folders = {path[:end] for end in ends} | {path[: end + 1] for end in ends} | {path}
    return [service.realm + folder for folder in folders if folder]
