"""The store as a command would leave it: changes are made in memory, and nothing is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..system import files
from ..toml.document import Document
from . import uvfile
from .entries import COMPANION
from .shared import SharedStore
from .tomlfile import BothFiles, TomlText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..system.settings import Settings
    from ..urls.service import Service
    from .entries import Contents


class RehearsalStore(SharedStore):
    """Reads the real store once. Later answers include what was stored here since."""

    __slots__ = ("_state",)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._state: BothFiles | None = None

    def _read(self, service: Service | None) -> Contents:
        return self._both().known

    @contextmanager
    def _writing(self, service: Service | None) -> Iterator[BothFiles]:
        both = self._both()
        yield both
        both.refresh()

    def _both(self) -> BothFiles:
        if self._state is None:
            uv = companion = Document(b"", [])
            if files.exists(self._settings.folder):
                with self._reading(None) as state:
                    uv, companion = state.uv.document, state.companion.document
            self._state = BothFiles(None)
            self._state.uv = TomlText(uvfile.NAME, uv)
            self._state.companion = TomlText(COMPANION, companion)
            self._state.refresh()
        return self._state
