"""`check`: ask the servers whether they accept the stored and configured credentials."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import click

from ..check.checker import TIMEOUT, Checker, CheckOptions, CheckResult
from ..check.messages import State, Verdict
from ..check.targets import target_of
from ..config.discovery import discover
from ..errors import QueryError, UvxError
from ..sanitize.tokens import mask_tokens
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.parts import redact
from .common import account, as_json, called, is_quiet, manners, show, show_json, text_of, warn
from .completion import complete_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ..http import Hop, Try
    from ..stores.entries import Entry
    from ..system.settings import Settings

    Work = Callable[[], Coroutine[Any, Any, CheckResult]]

_AT_ONCE = 8  # servers that are asked side by side
_STATUS = {State.ACCEPTED: 0, State.REFUSED: 1, State.UNKNOWN: 2}
_WORDS = {State.ACCEPTED: "accepted", State.REFUSED: "refused", State.UNKNOWN: "could not tell"}
_COLOURS = {State.ACCEPTED: "green", State.REFUSED: "red", State.UNKNOWN: "yellow"}


@click.command("check")
@click.argument("urls", metavar="[URL]...", nargs=-1, shell_complete=complete_url)
@click.option("--git", "kind", flag_value="git", help="The URLs are Git repositories.")
@click.option("--index", "kind", flag_value="index", help="They are indexes, given by URL or name.")
@click.option(
    "--publish", "kind", flag_value="publish", help="They are upload URLs; nothing is uploaded."
)
@click.option(
    "--all", "every", is_flag=True, help="Check everything stored, each at its own service."
)
@click.option("--username", metavar="NAME", help="Ask for this account.")
@click.option(
    "--system-certs/--no-system-certs",
    "--native-tls/--no-native-tls",
    "system_certs",
    default=None,
    help="Trust the authorities of the system.",
)
@click.option("--allow-insecure-host", multiple=True, metavar="HOST", help="Trust any certificate.")
@click.option(
    "--allow-insecure-http", multiple=True, metavar="HOST", help="Send the credential unencrypted."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600, min_open=True),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for each URL.",
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
    """Ask the server of each URL whether it accepts the credential that answers for it.

    Without an option, a URL is a Git repository if it ends in `.git`, begins with `git+` or is at a
    known Git host, and otherwise an index or upload URL of uv's configuration. For a host alone,
    paths that may want a credential are tried. Nothing is stored, changed or uploaded.

    The exit status is 0 if all accept, 1 if one refuses, and 2 if one could not be checked.
    """
    if every == bool(urls):
        raise click.UsageError("give URLs, or '--all'.")
    if every and (kind is not None or username is not None):
        raise click.UsageError("'--all' goes with neither a kind nor '--username'.")
    settings = from_process()
    options = CheckOptions(
        system_certs=system_certs,
        insecure_hosts=allow_insecure_host,
        clear_hosts=allow_insecure_http,
        timeout=timeout,
    )
    checker = Checker(settings, options)
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
    """One check for each entry of the store, including those that are hidden from Git."""
    entries = [entry for entry in SharedStore(settings).entries().entries if entry.complete]
    entries.sort(key=lambda entry: (str(entry.service), entry.as_stored.username or b""))

    async def one(entry: Entry) -> CheckResult:
        found = await checker.credential(entry.service, entry.credential)
        if entry.hidden:
            found.notes.append("hidden from Git, because a server refused it; 'restore' ends that")
        return found

    return [partial(one, entry) for entry in entries]


def run(work: Sequence[Work]) -> list[CheckResult]:
    """Run the checks, some at a time, with a progress line. The results keep the order."""
    found: dict[int, CheckResult] = {}
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


def _show_each(results: Sequence[CheckResult]) -> None:
    for result in results:
        _warn(result)
        name = _url(str(result.service))
        _headline(result.verdict, f"{name} ({result.kind})")
        for line in (*_hops(result), *result.verdict.words):
            show(f"  {line}")
        for note in result.notes:
            show(f"  note: {note}")


def _show_all(results: Sequence[CheckResult]) -> None:
    """Refused credentials with what to do, then the others in one line each."""
    if not results:
        show("nothing is stored")
    for result in sorted(
        results, key=lambda r: (State.REFUSED, State.UNKNOWN, State.ACCEPTED).index(r.verdict.state)
    ):
        _warn(result)
        _headline(result.verdict, account(result.service, result.username))
        if result.verdict.state != State.ACCEPTED:
            for line in result.verdict.words:
                show(f"  {line}")
        for note in result.notes:
            show(f"  note: {note}")


def _headline(verdict: Verdict, text: str) -> None:
    word = _WORDS[verdict.state]
    click.secho(word, fg=_COLOURS[verdict.state], bold=True, nl=False)
    show(f": {text}")


def _warn(result: CheckResult) -> None:
    for line in dict.fromkeys(result.warnings):
        warn(line)


def _hops(result: CheckResult) -> list[str]:
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
    return f"{who} from {sent.source}" + (f" ({sent.place})" if sent.place else "")


def _url(url: str) -> str:
    """A URL for people, with secrets masked: a server can have written any part of it."""
    return mask_tokens(redact(url))


def document(result: CheckResult) -> dict[str, Any]:
    """A result for programs. The keys are stable."""
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
