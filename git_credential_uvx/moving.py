"""Where the secrets go that the sanitizer takes out: into the store, before any file changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .indexes import root_of
from .stores.keeping import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .credential import Credential
    from .sanitize.findings import Finding
    from .stores.shared import SharedStore
    from .urls import Service

# What `keeping` says where nothing may be written.
CONFLICTS = frozenset(("differs", "crowded"))


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
class Outcome:
    """What became of a move, as `keeping` calls it; `before` is what it replaced."""

    move: Move
    outcome: str
    before: Credential | None = None


def moves(findings: Iterable[Finding]) -> list[Move]:
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
    store: SharedStore, wanted: Sequence[Move], now: int, *, replace: bool = False
) -> list[Outcome]:
    """Store all of these, or none if one is a conflict. On the disk when this returns.

    Raises StoreError.
    """
    if not wanted:
        return []
    before = {
        (str(entry.service), entry.bare.username): entry.credential
        for entry in store.entries().entries
    }
    items = [one.item for one in wanted]
    said = store.keep(items, now, replace=replace, unless=CONFLICTS)
    return [
        Outcome(one, outcome, before.get((str(one.service), one.credential.username)))
        for one, outcome in zip(wanted, said, strict=True)
    ]


def take_back(store: SharedStore, outcomes: Iterable[Outcome], now: int) -> None:
    """Take out of the store what `move` kept, and bring back what it replaced.

    Raises StoreError.
    """
    for done in outcomes:
        if done.outcome == "kept":
            service, credential = done.move.service, done.move.credential
            store.logout(service, [credential.username], now, secret=credential.secret)
            if done.before is not None:
                store.keep([Item(service, done.before)], now)


def conflict(outcome: Outcome) -> str:
    """What to tell about a conflict."""
    who = (outcome.move.credential.username or b"").decode(errors="backslashreplace")
    where = f"'{who}' at '{outcome.move.service}'"
    if outcome.outcome == "differs":
        return f"the store has another secret for {where}; --replace takes this one"
    return f"uv has another account for {where}, and could not find this one; see --replace"
