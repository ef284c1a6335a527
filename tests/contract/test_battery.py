"""The battery itself: each question finds a store that answers it wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import wrong
from .members import MemoryMember
from .questions import SOURCE_QUESTIONS, STORE_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.stores import MemoryStore

QUESTIONS = {**SOURCE_QUESTIONS, **STORE_QUESTIONS}

# A wrong store, and questions that must find it.
WRONG: tuple[tuple[type[MemoryStore], tuple[str, ...]], ...] = (
    (wrong.AnswersAnything, ("nothing_is_known_of_an_empty_one", "another_host_gets_nothing")),
    (wrong.FindsNothing, ("an_account_answers_for_its_host", "plain_http_gets_its_own")),
    (wrong.SecondsAnswerDiffers, ("an_account_answers_for_its_host",)),
    (wrong.MatchesTheEndOfAHost, ("another_host_gets_nothing",)),
    (
        wrong.IgnoresThePort,
        ("another_port_gets_nothing", "a_redirect_to_another_host_gets_nothing"),
    ),
    (wrong.SendsOverPlainHttp, ("plain_http_gets_nothing_of_https", "plain_http_gets_its_own")),
    (wrong.NotExact, ("plain_http_gets_its_own",)),
    (wrong.IgnoresTheUsername, ("a_username_must_be_equal", "a_removed_account_is_gone")),
    (wrong.ComparesUsernamesWithoutCase, ("a_username_must_be_equal",)),
    (wrong.MatchesPathsByCharacters, ("a_path_answers_below_it_by_whole_segments",)),
    (wrong.ShortestPathFirst, ("the_longest_path_answers",)),
    (wrong.NewestAccountFirst, ("an_account_goes_on_answering",)),
    (wrong.KnowsNoNameForAnyAccount, ("a_name_that_means_any_account_gets_one",)),
    (wrong.TellsTheSecret, ("the_texts_of_an_answer_hide_the_secret",)),
    (wrong.StripsBlanks, ("odd_texts_come_back",)),
    (wrong.DropsControlCharacters, ("control_characters_come_back",)),
    (wrong.DecodesUtf8, ("bytes_beyond_utf8_come_back",)),
    (wrong.IgnoresTheEnd, ("an_expired_account_does_not_answer",)),
    (wrong.KeepsTheOldSecret, ("a_new_secret_replaces_the_old_one",)),
    (wrong.ListsOneAccountAHost, ("all_that_is_stored_is_listed",)),
    (wrong.AlwaysWrites, ("the_same_again_writes_nothing",)),
    (wrong.RemovesNothing, ("a_removed_account_is_gone",)),
    (wrong.RemovesTheWholeHost, ("a_removed_account_is_gone", "another_secret_stays")),
    (wrong.RemovesAnySecret, ("another_secret_stays",)),
    (wrong.RemovesOneAccountAtATime, ("without_a_secret_all_accounts_of_the_host_are_removed",)),
    (wrong.ForgetsTheRefreshToken, ("expiry_and_refresh_token_go_with_their_secret",)),
    (wrong.GivesEverybodyASchemeAndToken, ("a_scheme_is_only_for_those_who_can_send_it",)),
    (wrong.LosesTheFirstOfMany, ("nothing_is_lost_if_many_write_at_once",)),
)


def test_each_question_has_a_store_that_it_must_find() -> None:
    assert {name for _, names in WRONG for name in names} == set(QUESTIONS)


@pytest.mark.parametrize(
    ("kind", "question"),
    [(kind, name) for kind, names in WRONG for name in names],
)
def test_a_wrong_store_is_found(tmp_path: Path, kind: type[MemoryStore], question: str) -> None:
    member = MemoryMember(tmp_path)
    member.store = kind()
    ask: Callable[[MemoryMember], None] = QUESTIONS[question][0]
    with pytest.raises(AssertionError):
        ask(member)
