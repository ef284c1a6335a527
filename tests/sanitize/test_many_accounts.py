"""A host with many accounts: the work grows with their number, not with its square."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_credential_uvx.sanitize import keep
from git_credential_uvx.sanitize.files import Rules, check, named_in
from git_credential_uvx.sanitize.keep import Move, moves, with_names
from git_credential_uvx.stores.bulk import BulkResult, Item

from ..support.common import SECRET

if TYPE_CHECKING:
    import pytest

MANY = 300


class CrowdedStore:
    """Finds every account crowded that is not asked for by name."""

    def keep(self, items: list[Item], now: int, **_: object) -> list[BulkResult]:
        return [BulkResult.KEPT if item.by_name else BulkResult.CROWDED for item in items]


class OnlyStore:
    """A resolver without other sources."""

    def store(self) -> CrowdedStore:
        return CrowdedStore()


def test_moves_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"git+https://user{n}:{SECRET}@h{n}.test/r.git\n" for n in range(MANY))
    checked = check("a", [text.encode()], Rules())
    compared = []
    equal = Move.__eq__

    def counted(one: Move, other: object) -> bool:
        compared.append(one)
        return equal(one, other)

    monkeypatch.setattr(Move, "__eq__", counted)
    monkeypatch.setattr(keep, "_elsewhere", lambda *_, **__: [])
    wanted = with_names(OnlyStore(), moves(checked.removable), 0, keep.Run())  # type: ignore[arg-type]
    assert all(one.by_name for one in wanted)
    assert named_in(checked.removable, wanted) == checked.removable
    assert len(compared) <= 3 * MANY
