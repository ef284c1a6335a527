"""The names of the accounts in the store, read when the first one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import StoreError

if TYPE_CHECKING:
    from ..urls.service import Service
    from .shared import SharedStore


class AccountNames:
    """Tells whether the store has an account of some name in the realm of a service."""

    def __init__(self, store: SharedStore) -> None:
        self._store = store
        self._names: frozenset[tuple[str, bytes]] | None = None

    def __call__(self, service: Service, name: bytes) -> bool:
        """Whether there is such an account. A store that cannot be read has none."""
        if self._names is None:
            self._names = self._read()
        return (service.realm, name) in self._names

    def _read(self) -> frozenset[tuple[str, bytes]]:
        try:
            entries = self._store.entries().entries
        except StoreError:
            return frozenset()
        named = ((entry.service.realm, entry.as_stored.username) for entry in entries)
        return frozenset((realm, name) for realm, name in named if name is not None)
