"""The words for what keeps the secrets of a text from being stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..stores.bulk import BulkResult
from ..urls.commands import command
from ..urls.tokens import is_token_alone
from .keep import Hindrance, named

if TYPE_CHECKING:
    from .keep import Move, MoveOutcome

_OTHER_NAME = "write the name of each account into its URL: 'https://alice@HOST/'"


def conflict(outcome: MoveOutcome) -> str:
    """What to tell about a conflict."""
    name = named(outcome.move.credential)
    what = f"{name} at '{outcome.move.service}'"
    if outcome.outcome is BulkResult.DIFFERS:
        return f"the store has another secret for {what}; --replace stores this one instead"
    if outcome.outcome is BulkResult.TWICE:
        return f"there are two secrets for {what}; remove one of them by hand"
    if outcome.outcome is BulkResult.REFUSED:
        return (
            f"the server refused {what} earlier, so Git does not get it; --replace stores it again"
        )
    if outcome.outcome is Hindrance.ELSEWHERE:
        return (
            f"{outcome.rival} answers there with another account or secret than {what}; "
            f"change it there, or {_advice(outcome.move)}"
        )
    if outcome.outcome is Hindrance.DOUBLED:
        return f"{outcome.rival} answers for the same URLs as {what}; {_advice(outcome.move)}"
    if not outcome.rival and outcome.move.service.scheme == "http":
        return f"uv would send {what} unencrypted; --replace stores it anyway"
    if not outcome.rival:
        return f"uv would not find {what} in its store; --replace stores it where uv finds it"
    other = f"the store has another account, {outcome.rival}, which answers instead of {what}"
    return f"{other}; {_remedy(outcome)}"


def _remedy(outcome: MoveOutcome) -> str:
    """What helps if the store has another account."""
    one = outcome.move
    # Of two accounts of one service, uv finds neither unless its URL has a name.
    is_told_apart = one.can_be_named or outcome.rival_at != one.service
    if one.use == "git" or not is_told_apart:
        return f"--replace stores this one instead, or {_advice(one)}"
    login = command("login", service=one.service, username=one.credential.username)
    return f"if both are yours, run '{login}' first; --replace stores this one instead"


def _advice(one: Move) -> str:
    """How two accounts can be told apart where a clean URL cannot have the login name."""
    name = one.credential.username or b""
    if one.use == "git" and is_token_alone(name, one.service):
        return "use a login name instead: this one looks like a token, so no URL can keep it"
    if one.use == "git":
        return _OTHER_NAME
    return "give each account a URL of its own, with another path"
