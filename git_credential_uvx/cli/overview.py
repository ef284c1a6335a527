"""What `git credential-uvx` alone shows at a terminal: the state, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import __version__
from ..errors import UvxError
from ..git.config import Standing
from ..git.setup import PROGRAM, is_found, settings_now
from ..stores.entries import best_first
from ..stores.shared import SharedStore
from ..system.settings import from_process
from .common import NAME, called, next_step, show, trace

if TYPE_CHECKING:
    from ..stores.entries import Entry
    from ..system.settings import Settings

_MOST = 3  # services
_MOST_NAMES = 4  # usernames of one service


def overview() -> None:
    """Show whether Git is set up, which accounts are stored, and what to do next."""
    settings = from_process()
    show(f"{NAME} {__version__}: one credential store for Git and Python packaging")
    fault = _fault(settings)
    show("Git asks this helper" if fault is None else f"Git does not use it yet: {fault}")
    stored, has_fault = _accounts(settings)
    if fault is not None:
        next_step("setup")
    elif has_fault:
        next_step("doctor")
    elif not stored:
        next_step("login HOST")
    else:
        show(f"'{NAME} --help' lists the commands, '{NAME} doctor' checks everything")


def _fault(settings: Settings) -> str | None:
    """Why Git does not ask this helper, or None."""
    try:
        configured = settings_now(settings.environ, trace)
    except UvxError as error:
        return str(error)
    if not is_found(settings.environ):
        return f"git finds no '{PROGRAM}' on PATH"
    return Standing(configured, None).fault or None


def _accounts(settings: Settings) -> tuple[int, bool]:
    """Show the accounts. Returns how many there are, and whether something is wrong with one."""
    try:
        entries = SharedStore(settings).entries().entries
    except UvxError as error:
        show(str(error))
        return 0, True
    services: dict[str, list[Entry]] = {}
    for entry in entries:
        services.setdefault(str(entry.service), []).append(entry)
    if not entries:
        show("no account is stored yet")
        return 0, False
    accounts = {(str(e.service), e.as_stored.username) for e in entries}
    show(f"{_count(len(accounts), 'account')} at {_count(len(services), 'service')}:")
    for service, found in list(services.items())[:_MOST]:
        show(f"  {service}  {_names(found)}")
    if len(services) > _MOST:
        show(f"  and {len(services) - _MOST} more; '{NAME} list' shows all")
    return len(accounts), any(entry.hidden for entry in entries)


def _names(entries: list[Entry]) -> str:
    """The usernames of a service, the default account first."""
    usernames = dict.fromkeys(entry.as_stored.username for entry in best_first(entries))
    names = ["a token" if name is None else called(name) for name in usernames]
    if len(names) > 1:
        names[0] += " (default)"
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return ", ".join([*names[:_MOST_NAMES], *more])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
