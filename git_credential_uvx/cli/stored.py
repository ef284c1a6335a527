"""Completes services with those of the store: never a secret, and not a word about an error.

For click's `shell_complete`: `@click.argument("service", shell_complete=complete_service)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from ..stores.shared import SharedStore
from ..system.settings import from_process
from .common import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from ..stores.entries import Entry, Known

_LOCK_TIMEOUT = 0.5  # seconds that a person waits for the shell at most


def complete_service(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services of what is stored or kept aside, each with its usernames."""
    known = _known()
    return [] if known is None else _items([*known.entries, *known.erased], incomplete)


def complete_url(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services of what is stored, where a URL needs its scheme."""
    known = _known()
    return [] if known is None else _items(known.entries, incomplete, scheme=True)


def complete_restorable(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The services of what Git erased or was refused, each with its usernames."""
    known = _known()
    if known is None:
        return []
    return _items([*known.erased, *(e for e in known.entries if e.hidden)], incomplete)


def _known() -> Known | None:
    try:
        settings = from_process()
        settings.lock_timeout = min(settings.lock_timeout, _LOCK_TIMEOUT)
        return SharedStore(settings).entries()
    except Exception:
        # Whatever it is would be told in the middle of a line that a person types.
        return None


def _items(
    entries: Iterable[Entry], incomplete: str, *, scheme: bool = False
) -> list[CompletionItem[str]]:
    accounts: dict[str, list[str]] = {}
    for entry in entries:
        found = accounts.setdefault(str(entry.service), [])
        username = shown(entry.bare.username)
        if username is not None and username not in found:
            found.append(username)
    return [
        CompletionItem(word, help=", ".join(accounts[service]) or None)
        for service, word in words(accounts, incomplete, scheme=scheme)
    ]


def words(
    services: Iterable[str], incomplete: str, *, scheme: bool = False
) -> list[tuple[str, str]]:
    """Each service that goes on from `incomplete`, with the word for it.

    People leave out `https://` and the last slash. Who has typed the scheme gets it, and with
    `scheme` everybody does.
    """
    full = [(s, s.removesuffix("/") if s.count("/") == 3 else s) for s in services]
    short = [] if scheme else [(s, word.removeprefix("https://")) for s, word in full]
    for pairs in (short, full):
        found = [pair for pair in pairs if pair[1].startswith(incomplete)]
        if found:
            return found
    return []
