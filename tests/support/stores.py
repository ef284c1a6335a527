"""Two small stores that keep nothing on a disk: what a store must do, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_credential_uvx.query import ANY_ACCOUNT_NAMES, SourceAnswer

if TYPE_CHECKING:
    from git_credential_uvx.credential import Credential, Secret
    from git_credential_uvx.query import Query
    from git_credential_uvx.urls.service import Service


class NullStore:
    """Finds nothing and stores nothing."""

    name = "null"

    def find(self, query: Query, now: int) -> SourceAnswer:
        return SourceAnswer(reason="the store has no entry for this service")

    def put(self, service: Service, credential: Credential, now: int) -> None:
        if self.planned(service, credential, now):
            self.apply(service, credential, now)

    def planned(self, service: Service, credential: Credential, now: int) -> object:
        """Something true if `apply` would change something."""
        return False

    def apply(self, service: Service, credential: Credential, now: int) -> None:
        """Store a credential."""

    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> None:
        """Forget what a server refused; None for `secret` means whatever it is."""

    def listed(self) -> list[tuple[Service, Credential]]:
        """All that is stored, the oldest first."""
        return []


class MemoryStore(NullStore):
    """Keeps credentials in a list, the oldest first. `changes` counts how often it changed."""

    name = "memory"

    def __init__(self) -> None:
        self._rows: list[tuple[Service, Credential]] = []
        self.changes = 0

    def find(self, query: Query, now: int) -> SourceAnswer:
        rows = [
            (service, found)
            for service, found in self._matching(query.service, query.username)
            if query.any_authtype or found.authtype is None
        ]
        valid = [(service, found) for service, found in rows if not found.expired(now)]
        if valid:
            service, found = valid[0]
            return SourceAnswer(found, place=f"the entry '{service}'", exact=True)
        renewable = [found for _, found in rows if found.refresh is not None]
        fallback = renewable[0] if renewable else None
        return SourceAnswer(
            reason="the store has no entry for this service", fallback=fallback, exact=True
        )

    def _matching(
        self, service: Service, username: bytes | None
    ) -> list[tuple[Service, Credential]]:
        """The rows for a service and username: the longest path first, then the oldest."""
        rows = [row for row in self._rows if row[0].covers(service)]
        named = [row for row in rows if username in (None, row[1].username)]
        if not named and username in ANY_ACCOUNT_NAMES:
            named = rows
        return sorted(named, key=lambda row: -len(row[0].path))

    def planned(self, service: Service, credential: Credential, now: int) -> object:
        found = [row[1] for row in self._matching(service, credential.username)]
        found = [one for one in found if one.authtype == credential.authtype]
        return not found or found[0].expired(now) or not _has(found[0], credential)

    def apply(self, service: Service, credential: Credential, now: int) -> None:
        account = (service, credential.username, credential.authtype)
        there = [(row[0], *_kind(row[1])) for row in self._rows]
        at = there.index(account) if account in there else len(there)
        self._rows[at : at + 1] = [(service, credential)]
        self.changes += 1

    def remove(
        self,
        service: Service,
        username: bytes | None,
        secret: Secret | None,
        authtype: bytes | None,
        now: int,
    ) -> None:
        rows = self._matching(service, username)
        if secret is None:
            gone = [row for row in rows if len(row[0].path) == len(rows[0][0].path)]
        else:
            gone = [row for row in rows if (row[1].secret, row[1].authtype) == (secret, authtype)]
        self._rows = [row for row in self._rows if row not in gone]
        self.changes += bool(gone)

    def listed(self) -> list[tuple[Service, Credential]]:
        return list(self._rows)


def _kind(credential: Credential) -> tuple[bytes | None, bytes | None]:
    return credential.username, credential.authtype


def _has(stored: Credential, given: Credential) -> bool:
    """Whether a stored credential has all that is given."""
    return (
        stored.secret == given.secret
        and given.expires in (None, stored.expires)
        and given.refresh in (None, stored.refresh)
    )
