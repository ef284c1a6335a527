"""`check`: asks the real servers whether they take the credentials that there are."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import click

from ..check.checker import TIMEOUT, Checked, Checker, Trying, place_of
from ..check.targets import target_of
from ..check.verdict import ACCEPTED, REFUSED, UNKNOWN, Verdict
from ..config.discovery import discover
from ..errors import QueryError, UvxError
from ..sanitize.shapes import mask_tokens
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.parts import redact
from .common import account, as_json, called, is_quiet, manners, show, show_json, text_of, warn
from .stored import complete_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ..http import Hop, Try
    from ..stores.entries import Entry
    from ..system.settings import Settings

    Work = Callable[[], Coroutine[Any, Any, Checked]]

_AT_ONCE = 8  # servers that are asked side by side
_STATUS = {ACCEPTED: 0, REFUSED: 1, UNKNOWN: 2}
_WORDS = {ACCEPTED: "accepted", REFUSED: "refused", UNKNOWN: "could not tell"}
_COLOURS = {ACCEPTED: "green", REFUSED: "red", UNKNOWN: "yellow"}


@click.command("check")
@click.argument("urls", metavar="[URL]...", nargs=-1, shell_complete=complete_url)
@click.option("--git", "kind", flag_value="git", help="They are Git repositories.")
@click.option("--index", "kind", flag_value="index", help="They are indexes, by URL or name.")
@click.option("--publish", "kind", flag_value="publish", help="Uploads go there; none is made.")
@click.option("--all", "every", is_flag=True, help="Everything stored, each at its own service.")
@click.option("--username", metavar="NAME", help="Ask for this account.")
@click.option(
    "--system-certs/--no-system-certs",
    "--native-tls/--no-native-tls",
    "system_certs",
    default=None,
    help="Trust the authorities of the system.",
)
@click.option("--allow-insecure-host", multiple=True, metavar="HOST", help="Trust any certificate.")
@click.option("--allow-insecure-http", multiple=True, metavar="HOST", help="Send it in clear.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600, min_open=True),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="For each URL.",
)
@as_json
@manners
def check_command(
    urls: tuple[str, ...],
    kind: str | None,
    every: bool,
    username: str | None,
    system_certs: bool | None,
    allow_insecure_host: tuple[str, ...],
    allow_insecure_http: tuple[str, ...],
    timeout: float,
    as_json: bool,
) -> int:
    """Ask the servers at each URL whether they take the credential that answers for it.

    Without an option a URL is Git if it ends in `.git`, begins with `git+` or is at a known host
    of repositories; else an index or upload of uv's configuration. A host alone is asked where
    it may want a credential. Nothing is stored, changed or uploaded.

    The status is 0 when all accept, 1 when one refuses, 2 when one could not tell.
    """
    if every == bool(urls):
        raise click.UsageError("give URLs, or '--all'.")
    if every and (kind is not None or username is not None):
        raise click.UsageError("'--all' goes with neither a kind nor '--username'.")
    settings = from_process()
    trying = Trying(
        system_certs=system_certs,
        insecure_hosts=allow_insecure_host,
        clear_hosts=allow_insecure_http,
        timeout=timeout,
    )
    checker = Checker(settings, trying)
    work = _stored(checker, settings) if every else _asked(checker, settings, urls, kind, username)
    results = run(work)
    if as_json:
        show_json([document(result) for result in results])
    else:
        _show_all(results) if every else _show_each(results)
    return max((_STATUS[r.verdict.state] for r in results), key=(0, 2, 1).index, default=0)


def _asked(
    checker: Checker,
    settings: Settings,
    urls: Sequence[str],
    kind: str | None,
    username: str | None,
) -> list[Work]:
    faults: list[str] = []  # each check reports them
    indexes = discover(os.getcwd(), settings.environ, settings.home, faults)
    work: list[Work] = []
    for number, url in enumerate(urls, 1):
        try:
            target = target_of(url, kind, indexes, username)
        except UvxError as error:
            if len(urls) == 1:
                raise
            raise QueryError(f"URL number {number}: {error}") from None
        work.append(partial(checker.url, target))
    return work


def _stored(checker: Checker, settings: Settings) -> list[Work]:
    """A check of each entry of the store by itself, those that are hidden from Git too."""
    entries = [entry for entry in SharedStore(settings).entries().entries if entry.complete]
    entries.sort(key=lambda entry: (str(entry.service), entry.bare.username or b""))

    async def one(entry: Entry) -> Checked:
        found = await checker.credential(entry.service, entry.credential)
        if entry.hidden:
            found.notes.append("hidden from Git, because a server refused it; 'restore' ends that")
        return found

    return [partial(one, entry) for entry in entries]


def run(work: Sequence[Work]) -> list[Checked]:
    """The results in the order of what is asked, some at a time, with a line that tells how far
    it is."""
    found: dict[int, Checked] = {}
    shown = len(work) > 1 and sys.stderr is not None and sys.stderr.isatty() and not is_quiet()

    async def all_of_it() -> None:
        limit = anyio.CapacityLimiter(_AT_ONCE)

        async def one(number: int) -> None:
            async with limit:
                found[number] = await work[number]()
            _progress(len(found), len(work), shown=shown)

        _progress(0, len(work), shown=shown)
        async with anyio.create_task_group() as group:
            for number in range(len(work)):
                group.start_soon(one, number)

    try:
        anyio.run(all_of_it)
    finally:
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
    return [found[number] for number in range(len(work))]


def _progress(done: int, of: int, *, shown: bool) -> None:
    if shown:
        click.echo(f"\r\x1b[Kasked {done} of {of} ...", err=True, nl=False)


def _show_each(results: Sequence[Checked]) -> None:
    for result in results:
        _warn(result)
        name = _url(str(result.service))
        _headline(result.verdict, f"{name} ({result.kind})")
        for line in (*_hops(result), *result.verdict.words):
            show(f"  {line}")
        for note in result.notes:
            show(f"  note: {note}")


def _show_all(results: Sequence[Checked]) -> None:
    """The stale ones with what to do, then the others in a line each."""
    if not results:
        show("nothing is stored")
    for result in sorted(
        results, key=lambda r: (REFUSED, UNKNOWN, ACCEPTED).index(r.verdict.state)
    ):
        _warn(result)
        _headline(result.verdict, account(result.service, result.username))
        if result.verdict.state != ACCEPTED:
            for line in result.verdict.words:
                show(f"  {line}")
        for note in result.notes:
            show(f"  note: {note}")


def _headline(verdict: Verdict, text: str) -> None:
    word = _WORDS[verdict.state]
    click.secho(word, fg=_COLOURS[verdict.state], bold=True, nl=False)
    show(f": {text}")


def _warn(result: Checked) -> None:
    for line in dict.fromkeys(result.warnings):
        warn(line)


def _hops(result: Checked) -> list[str]:
    lines = []
    for hop in result.hops:
        policy = f" (authenticate = {hop.policy}" + (
            f", index '{hop.index}')" if hop.index else ")"
        )
        lines.append(_url(str(hop.url)) + (policy if result.kind in ("index", "publish") else ""))
        for sent in hop.tries:
            answer = str(sent.status) if sent.status else "no answer"
            lines.append(f"  {_sent(sent)}: {answer}")
        lines += [f"  {note}" for note in hop.notes]
    if result.bare is not None:
        lines.append(f"  once more without a credential: {result.bare}")
    return lines


def _sent(sent: Try) -> str:
    if sent.source is None:
        return "without a credential"
    who = "a token" if sent.username is None else f"'{called(sent.username)}'"
    place = place_of(sent.steps)
    return f"{who} from {sent.source}" + (f" ({place})" if place else "")


def _url(url: str) -> str:
    """A URL for showing: a server can have written any part of it."""
    return mask_tokens(redact(url))


def document(result: Checked) -> dict[str, Any]:
    """A result for programs; its keys are stable."""
    return {
        "url": _url(str(result.service)),
        "kind": result.kind,
        "username": text_of(result.username),
        "verdict": result.verdict.state,
        "reason": result.verdict.reason,
        "words": result.verdict.words,
        "hops": [_hop(hop) for hop in result.hops],
        "bare": result.bare,
        "notes": result.notes,
        "warnings": list(dict.fromkeys(result.warnings)),
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "url": _url(str(hop.url)),
        "policy": hop.policy,
        "index": hop.index,
        "unverified": hop.unverified,
        "requests": [
            {"source": t.source, "username": text_of(t.username), "status": t.status or None}
            for t in hop.tries
        ],
        "notes": hop.notes,
    }
