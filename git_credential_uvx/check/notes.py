"""What `check` says besides its verdicts: about the accounts of the store, and about Git. Pure."""

from __future__ import annotations

from ..query import variable_name
from ..stores.entries import best_first, candidates
from ..urls.commands import command, url_with_name
from ..urls.usernames import who
from .messages import State, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..git.questions import GitQuestion
    from ..stores.entries import Entry
    from ..urls.service import Service


def note_of_accounts(entries: Iterable[Entry], service: Service) -> list[str]:
    """A note if there are several accounts of a service, and a person chose none of them."""
    rivals = best_first(candidates(list(entries), service, None))
    rivals = [entry for entry in rivals if entry.service == rivals[0].service]
    names = list(dict.fromkeys(who(entry.as_stored.username) for entry in rivals))
    if len(names) < 2 or any(entry.chosen for entry in rivals):
        return []
    return [f"there are {len(names)} accounts: {', '.join(names)}; {advice_to_choose(rivals[0])}"]


def advice_to_choose(entry: Entry) -> str:
    """Advice: the command that chooses one of several accounts."""
    return f"'{command('use', service=entry.service, username=b'NAME')}' chooses one"


def advice_to_name(service: Service) -> str:
    """Advice: how the URL of an index chooses one of several accounts, of which uv takes none."""
    return f"put the username into the URL of the index: '{url_with_name(service)}'"


def why_uv_has_none(fault: str, service: Service, index: str | None) -> Verdict:
    """The verdict if this package has a credential for an index, and uv has none."""
    advice = advice_to_name(service) if "accounts" in fault else ""
    if index is not None and not advice:
        start = f"UV_INDEX_{variable_name(index)}"
        advice = f"set {start}_USERNAME and {start}_PASSWORD, which uv reads"
    elif not advice:
        advice = f"'{command('login', service=service)}' stores one that uv finds"
    asks = f"the server asks for a credential, and uv has none: {fault}"
    return Verdict(State.MISSING, "missing", [asks, advice])


def why_unsent(question: GitQuestion) -> str:
    """Why Git needs no credential for a URL for which it uses ssh."""
    return f"{question.reason}, so it sends no credential"


def why_unasked(question: GitQuestion) -> str:
    """Why Git does not ask this helper, and the command that changes it."""
    advice = f"; run '{command(*question.remedy)}'" if question.remedy else ""
    return f"Git will not get it: {question.reason}{advice}"
