from __future__ import annotations

from ..support.place import module_place, place

__all__ = ["module_place", "place"]
