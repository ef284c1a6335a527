from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .place import Place, placed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with placed(tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture
def place(_place: Place) -> Place:
    """A place of a module's tests, as new."""
    _place.reset()
    return _place
