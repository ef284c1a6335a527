"""`check`: ask the servers whether they accept the stored and configured credentials."""

from __future__ import annotations

import os
import sys
from functools import partial
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import anyio
import click

from ..check.checker import Checker
from ..check.messages import State
from ..check.results import TIMEOUT, CheckOptions, CheckResult
from ..check.targets import ADVERTISEMENT, CheckTarget, target_of
from ..config.discovery import discover
from ..errors import QueryError, UvxError, printable
from ..git.questions import GitQuestions
from ..sanitize.tokens import mask_tokens
from ..stores import uvfile
from ..stores.entries import COMPANION
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.parts import redact
from ..urls.typed import typed
from ..urls.usernames import who
from .clone_urls import can_be_a_page, for_git_instead
from .common import (
    account,
    as_json,
    is_quiet,
    manners,
    show,
    show_json,
    text_of,
    trace,
    warn,
)
from .completion import complete_url
from .trusting import trusting

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ..check.messages import Verdict
    from ..http import Hop, Try
    from ..stores.entries import Entry
    from ..system.settings import Settings

    Work = Callable[[], Coroutine[Any, Any, CheckResult]]

_AT_ONCE = 8  # servers that are asked at the same time
_KINDS = {"publish": "upload"}
_STATUS = {State.ACCEPTED: 0, State.REFUSED: 1, State.MISSING: 1, State.UNKNOWN: 2}
_WORDS = {State.UNKNOWN: "could not verify"}
_COLOURS = {
    State.ACCEPTED: "green",
    State.REFUSED: "red",
    State.MISSING: "red",
    State.UNKNOWN: "yellow",
}
_FAILED_FIRST = (State.REFUSED, State.MISSING, State.UNKNOWN, State.ACCEPTED)


@click.command("check")
@click.argument("urls", metavar="[URL]...", nargs=-1, shell_complete=complete_url)
@click.option("--git", "kind", flag_value="git", help="Check the URLs as Git repositories.")
@click.option(
    "--index", "kind", flag_value="index", help="Check package indexes, given by URL or by name."
)
@click.option(
    "--publish", "kind", flag_value="publish", help="Check upload URLs; nothing is uploaded."
)
@click.option("--all", "every", is_flag=True, help="Check every stored credential.")
@click.option("-u", "--username", metavar="NAME", help="The account to check.")
@trusting
@click.option(
    "--allow-insecure-http",
    multiple=True,
    metavar="HOST",
    help="Send credentials to this host over plain http.",
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
    """Ask the server of each URL whether it accepts the credential that is used for it.

    A URL counts as a Git repository if it ends in `.git`, begins with `git+` or is at a known Git
    host. Otherwise it counts as a package index. A host without a path is checked as a whole.
    Nothing is stored, changed or uploaded.

    The exit status is 0 if every server accepts, 1 if one refuses or has no credential, and 2 if
    one could not be checked. `--verbose` shows each request.
    """
    if every == bool(urls):
        raise click.UsageError(
            "use 'git-credential-uvx check URL' or 'git-credential-uvx check --all'."
        )
    if every and (kind is not None or username is not None):
        raise click.UsageError(
            "'--all' cannot be used with '--git', '--index', '--publish' or '--username'."
        )
    settings = from_process()
    options = CheckOptions(
        system_certs=system_certs,
        insecure_hosts=allow_insecure_host,
        clear_hosts=allow_insecure_http,
        timeout=timeout,
    )
    checker = Checker(settings, options)
    if every:
        rows = _stored(settings)
        results = run([partial(_check_row, checker, row, rows) for row in rows])
        titles = [_row_title(row) for row in rows]
    else:
        targets = _targets(settings, urls, kind, username)
        titles = [_title(target) for target in targets]
        results = run([partial(checker.url, target) for target in targets], titles[0])
        if kind is None:
            _note_pages(results)
    if as_json:
        show_json([document(result) for result in results])
    else:
        _show(titles, results, failed_first=every)
    return max((_STATUS[r.verdict.state] for r in results), key=(0, 2, 1).index, default=0)


def _targets(
    settings: Settings, urls: Sequence[str], kind: str | None, username: str | None
) -> list[CheckTarget]:
    faults: list[str] = []  # each check reports them
    indexes = discover(os.getcwd(), settings.environ, settings.home, faults)
    targets = []
    for url in urls:
        try:
            given = _as_git_reads(settings, url) if kind in (None, "git") else url
            targets.append(target_of(given, kind, indexes, username))
        except UvxError as error:
            if len(urls) == 1:
                raise
            raise QueryError(f"URL number {len(targets) + 1}: {error}") from None
    return targets


def _as_git_reads(settings: Settings, url: str) -> str:
    """A URL, or the one that an 'insteadOf' makes of an address of ssh, which says it is Git's."""
    if not typed(url).ssh:
        return url
    question = GitQuestions(settings).question(url.strip())
    if question.whole is None:
        return url
    target = CheckTarget(question.whole, "git", question.username, question.password)
    return f"git+{target.url()}"


def _note_pages(results: Sequence[CheckResult]) -> None:
    """Say what to do about URLs that nobody said what they are for, and that are no index."""
    for result in results:
        of_index = any(hop.index for hop in result.hops)
        open_to_all = result.verdict.reason == "open"  # as a page of a public project is
        failed = open_to_all or result.verdict.state != State.ACCEPTED
        if failed and not of_index and can_be_a_page(result.kind, result.service):
            result.notes.append(for_git_instead("check", result.service))


def _stored(settings: Settings) -> list[Entry]:
    """The entries of the store, including those that are hidden from Git."""
    entries = [entry for entry in SharedStore(settings).entries().entries if entry.complete]
    return sorted(entries, key=lambda e: (str(e.service), e.as_stored.username or b""))


async def _check_row(checker: Checker, entry: Entry, rows: Sequence[Entry]) -> CheckResult:
    """Check an entry of the store. `rows` are all of them."""
    found = await checker.credential(entry.service, entry.credential, source="store")
    if not entry.hidden:
        return found
    account = (entry.service, entry.as_stored.username)
    newer = [
        row for row in rows if row.shadows and (row.service, row.as_stored.username) == account
    ]
    if newer:
        found.notes.append(
            f"Git uses a newer password of this account, from {COMPANION}; uv still has this one"
        )
    elif found.verdict.state == State.ACCEPTED:
        found.notes.append(
            "hidden from Git, because the server refused it earlier; "
            f"'git-credential-uvx restore {entry.service}' shows it to Git again"
        )
    else:
        found.notes.append("hidden from Git, because the server refused it")
    return found


def _row_title(entry: Entry) -> str:
    """An account of the store and the file that it is in."""
    file = COMPANION if entry.record else uvfile.NAME
    return f"{account(entry.service, entry.as_stored.username)} ({file})"


def _title(target: CheckTarget) -> str:
    """A URL, and what it is checked as."""
    kind = "" if target.kind == "service" else f" ({_KINDS.get(target.kind, target.kind)})"
    return _url(str(target.service)) + kind


def run(work: Sequence[Work], what: str = "") -> list[CheckResult]:
    """Run the checks, some at a time, with a progress line at a terminal.

    The results keep the order. `what` names the work if it is a single check; without it a single
    check shows no progress.
    """
    found: dict[int, CheckResult] = {}
    shown = sys.stderr is not None and sys.stderr.isatty() and not is_quiet()
    shown = shown and bool(len(work) > 1 or what)

    def progress() -> None:
        if shown:
            done = f"asked {len(found)} of {len(work)}" if len(work) > 1 else f"asking {what}"
            click.echo(f"\r\x1b[K{printable(done)} ...", err=True, nl=False)

    async def all_of_it() -> None:
        limit = anyio.CapacityLimiter(_AT_ONCE)

        async def one(number: int) -> None:
            async with limit:
                found[number] = await work[number]()
            progress()

        async with anyio.create_task_group() as group:
            for number in range(len(work)):
                group.start_soon(one, number)

    progress()
    try:
        anyio.run(all_of_it)
    finally:
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
    return [found[number] for number in range(len(work))]


def _show(titles: Sequence[str], results: Sequence[CheckResult], *, failed_first: bool) -> None:
    """Two lines a result: the verdict with its reason, and what else helps."""
    if not results:
        show("nothing is stored")
    rows = list(zip(titles, results, strict=True))
    if failed_first:
        rows.sort(key=lambda row: _FAILED_FIRST.index(row[1].verdict.state))
    for title, result in rows:
        for line in dict.fromkeys(result.warnings):
            warn(line)
        for line in _requests(result):
            trace(line)
        verdict = result.verdict
        word = _word(verdict)
        click.secho(word, fg=_COLOURS[verdict.state], bold=True, nl=False)
        for line in _first_lines(word, title, *verdict.words[:1]):
            show(line)
        if is_quiet():
            continue
        if verdict.words[1:]:
            show(f"  {'; '.join(verdict.words[1:])}")
        for note in result.notes:
            show(f"  note: {note}")


def _word(verdict: Verdict) -> str:
    if verdict.reason == "ssh":
        return "not checked"  # nothing failed
    return _WORDS.get(verdict.state, verdict.state.value)


def _first_lines(word: str, title: str, reason: str = "") -> list[str]:
    """What follows the verdict. Where that is too long for the terminal, the reason has a line of
    its own."""
    line = f": {title}: {reason}" if reason else f": {title}"
    if sys.stdout.isatty() and len(word) + len(line) > get_terminal_size().columns and reason:
        return [f": {title}", f"  {reason}"]
    return [line]


def _requests(result: CheckResult) -> list[str]:
    """The requests of a check, each with its status."""
    lines = []
    for hop in result.hops:
        policy = f" (authenticate = {hop.policy}" + (
            f", index '{hop.index}')" if hop.index else ")"
        )
        lines.append(_url(str(hop.url)) + (policy if result.kind in ("index", "publish") else ""))
        for sent in hop.tries:
            answer = str(sent.status) if sent.status else "no answer"
            lines.append(f"  {answer} {_sent(sent)}")
        lines += [f"  {note}" for note in hop.notes]
    if result.bare is not None:
        lines.append(f"  {result.bare} without a credential")
    return lines


def _sent(sent: Try) -> str:
    if sent.source is None:
        return "without a credential"
    return f"with {who(sent.username)} from {sent.source}" + (
        f" ({sent.place})" if sent.place else ""
    )


def _url(url: str) -> str:
    """A URL for people, with secrets masked: a server can have written any part of it."""
    end = ADVERTISEMENT if url.endswith(ADVERTISEMENT) else ""
    return mask_tokens(redact(url.removesuffix(end))) + end


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
