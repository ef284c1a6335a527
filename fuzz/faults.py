"""Keeps the first input of each fault, made as small as a few seconds of tries make it."""

from __future__ import annotations

import hashlib
import traceback
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 10


class Faults:
    """Runs inputs. Two faults are the same if the same line raised the same exception."""

    def __init__(self, one: Callable[[bytes], None], folder: Path) -> None:
        self._one = one
        self._folder = folder
        self.keys: set[str] = set()

    def run(self, data: bytes) -> None:
        """Run one input. Raises nothing but what ends the process."""
        key, shown = self._key(data)
        if key is None or key in self.keys:
            return
        self.keys.add(key)
        self._keep(key, self._smaller(key, data), shown)

    def _key(self, data: bytes) -> tuple[str | None, str]:
        try:
            self._one(data)
        except Exception as error:
            places = traceback.extract_tb(error.__traceback__)
            place = f"{Path(places[-1].filename).name}:{places[-1].lineno}"
            return f"{type(error).__name__} {place}", traceback.format_exc()
        return None, ""

    def _smaller(self, key: str, data: bytes) -> bytes:
        size = len(data) // 2
        end = monotonic() + _SECONDS
        while size:
            for start in range(0, len(data), size):
                if monotonic() > end:
                    return data
                shorter = data[:start] + data[start + size :]
                if self._key(shorter)[0] == key:
                    data = shorter
                    break
            else:
                size //= 2
        return data

    def _keep(self, key: str, data: bytes, shown: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / hashlib.sha256(data).hexdigest()[:12]
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{key}\n{data!r}\n\n{shown}")
