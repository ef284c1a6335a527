from ..http.conftest import _place, place

__all__ = ["_place", "place"]
