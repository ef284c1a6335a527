"""Every source and every store answers the questions of the battery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.stores import stamp

from .members import EMPTY, SOURCES, STORES, Member
from .questions import SOURCE_QUESTIONS, STORE_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMBERS: dict[str, Callable[[Path], Member]] = {**SOURCES, **STORES, **EMPTY}


def _pairs() -> list[tuple[str, str]]:
    """Each member with each question that it can be asked."""
    pairs = []
    for name, member in MEMBERS.items():
        can: frozenset[str] = member.can | (frozenset() if name in EMPTY else {"holds"})  # type: ignore[attr-defined]
        pairs += [
            (name, question) for question, (_, needs) in SOURCE_QUESTIONS.items() if needs <= can
        ]
    return pairs


@pytest.mark.parametrize(("name", "question"), _pairs())
def test_a_member_answers_as_a_source(tmp_path: Path, name: str, question: str) -> None:
    SOURCE_QUESTIONS[question][0](MEMBERS[name](tmp_path))


@pytest.mark.parametrize("name", STORES)
@pytest.mark.parametrize("question", STORE_QUESTIONS)
def test_a_store_keeps_what_it_is_given(tmp_path: Path, name: str, question: str) -> None:
    STORE_QUESTIONS[question][0](STORES[name](tmp_path))


@pytest.fixture(autouse=True)
def _remember_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a large store have its index from its first reading on."""
    monkeypatch.setattr(stamp, "_SETTLED", -(10**18))
