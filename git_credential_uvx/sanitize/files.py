"""Checks files for secrets, and writes them without.

The new bytes of a file are on the disk before the store is touched. They replace the file only
after its secrets are on the disk in the store. So a crash in between loses no secret.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import SourceError
from ..system.userfile import Opened
from .baseline import not_in
from .conflicts import conflict
from .documents import is_same_document
from .keep import CONFLICTS, Run, move, move_of, moves, named_by_text, with_names
from .programs import is_program, script_header
from .staying import why_it_stays
from .text import sanitize_chunks
from .token_counter import TokenCounter
from .userinfo import login_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..resolver import Resolver
    from ..urls.tokens import IsAccount
    from .baseline import Identity
    from .findings import SecretFinding, Staying
    from .keep import Move, MoveOutcome

# Bytes; a larger document is not read a second time to compare it with what it was.
_LARGEST_DOCUMENT = 16 * 1024 * 1024

# A document is one by its name: any other text that happens to be one need not stay one.
_DOCUMENTS = (".toml", ".json", ".lock", ".ipynb")


@dataclass
class Checked:
    """What was found in a text.

    `removable` are the secrets that `write` takes out, `staying` those that stay. Those that a
    comment or the baseline allows are in neither. `names` are login names without a password, and
    `tokens` counts the tokens outside of URLs, which stay too.
    """

    path: str
    findings: list[SecretFinding] = field(default_factory=list)
    removable: list[SecretFinding] = field(default_factory=list)
    staying: list[Staying] = field(default_factory=list)
    names: list[SecretFinding] = field(default_factory=list)
    tokens: int = 0

    @property
    def open(self) -> list[SecretFinding]:
        """The findings that neither a comment nor the baseline allows."""
        return [found for found in self.findings if not found.allowed]


@dataclass(frozen=True)
class Rules:
    """What a person allows.

    `baseline` lists findings to ignore. With `drop` the secrets are stored nowhere. With
    `all_files` they are taken out of program sources, too. `is_account` tells which names are
    accounts in the store.
    """

    baseline: frozenset[Identity] = frozenset()
    drop: bool = False
    all_files: bool = False
    is_account: IsAccount | None = None


def check(
    path: str,
    chunks: Iterable[bytes],
    rules: Rules,
    *,
    use: str | None = None,
    clean: Callable[[bytes], object] | None = None,
) -> Checked:
    """Look for secrets in a text; `path` is what a baseline calls it, `use` as in a Query.

    `clean` is given the text without its secrets, up to the first one that stays.
    """
    checked = Checked(path)
    tokens = TokenCounter()
    rest = iter(chunks)
    start = next(rest, b"")
    header = script_header(path, start) if is_program(path, start) else None
    parts = sanitize_chunks(
        map(tokens.feed, chain([start], rest)),
        use=use,
        # From within `.github` the names of the folders above count, too.
        path=os.path.abspath(path) if path else "",
        clean=clean is not None,
        is_account=rules.is_account,
    )
    for part in parts:
        checked.findings += part.findings
        checked.names += part.names
        _sort(checked, part.findings, rules, header)
        if clean is not None and not checked.staying:
            clean(part.clean)
    if rules.baseline:
        _ignore(checked, rules, header)
    checked.tokens = tokens.outside([*checked.findings, *checked.names])
    return checked


def _sort(
    checked: Checked,
    findings: Iterable[SecretFinding],
    rules: Rules,
    header: tuple[int, int] | None,
) -> None:
    """Sort findings into those that are taken out and those that stay; `header` is that of a
    script, None for a file that is not a program."""
    for found in findings:
        if found.allowed:
            continue
        in_header = header is not None and header[0] <= found.start < header[1]
        in_program = header is not None and not in_header and not rules.all_files
        staying = why_it_stays(found, drop=rules.drop, in_program=in_program)
        if staying is None:
            checked.removable.append(found)
        else:
            checked.staying.append(staying)


def _ignore(checked: Checked, rules: Rules, header: tuple[int, int] | None) -> None:
    """Mark what the baseline lists as allowed."""
    left = {id(found) for found in not_in(rules.baseline, checked.path, checked.findings)}
    checked.findings = [
        found if id(found) in left else replace(found, allowed=True) for found in checked.findings
    ]
    checked.removable, checked.staying = [], []
    _sort(checked, checked.findings, rules, header)


def without(
    chunks: Iterable[bytes],
    findings: Iterable[SecretFinding],
    names: Iterable[SecretFinding] = (),
) -> Iterator[bytes]:
    """The text of these chunks without the bytes of the findings, which are in order. Those in
    `names` keep their login name."""
    named = {found.start for found in names}
    rest = iter(findings)
    found = next(rest, None)
    base, cut = 0, b""
    for chunk in chunks:
        position, size = 0, len(chunk)
        while found is not None and found.start < base + size:
            start = max(position, found.start - base)
            yield chunk[position:start]
            position = min(size, found.end - base)
            cut += chunk[start:position]
            if found.end > base + size:
                break
            if found.start in named:
                yield login_name(found, cut)
            found, cut = next(rest, None), b""
        yield chunk[position:]
        base += size


def named_in(findings: Iterable[SecretFinding], wanted: Iterable[Move]) -> list[SecretFinding]:
    """The findings whose clean URLs keep a login name."""
    by_name: dict[object, list[Move]] = {}
    for one in wanted:
        if one.by_name:
            by_name.setdefault(one.key, []).append(one)
    moved = ((found, move_of(found)) for found in findings)
    return [found for found, one in moved if one is not None and one in by_name.get(one.key, ())]


@dataclass(frozen=True)
class Written:
    """What became of each secret that was taken out of a file, and which URLs keep a login name."""

    outcomes: list[MoveOutcome] = field(default_factory=list)
    named: list[SecretFinding] = field(default_factory=list)


def write(
    file: Opened,
    checked: Checked,
    resolver: Resolver | None,
    now: int,
    *,
    overwrite: bool,
    lock: bool = False,
    run: Run | None = None,
    pretend: bool = False,
) -> Written:
    """Take the secrets out of an open file that was checked, and move them into the resolver's
    store; None drops them. Those in `checked.staying` stay.

    `lock` keeps git out meanwhile. `run` has the moves of the other files of this run. With
    `pretend` the file stays as it is, and the resolver's store is a rehearsal. Raises SourceError
    or StoreError, and then the file is as it was.
    """
    unchanged = f"'{file.path}' is left as it was"
    outcomes: list[MoveOutcome] = []
    if not checked.removable:
        return Written()
    run = run or Run()
    wanted = [] if resolver is None else moves(checked.removable)
    if resolver is not None:
        wanted = with_names(resolver, wanted, now, run, replace=overwrite)
    names = named_in(checked.removable, wanted)
    _check_document(file, checked, names)

    def store_first() -> None:
        if resolver is None:
            return
        outcomes.extend(move(resolver, wanted, now, replace=overwrite, undoable=False, run=run))
        against = [one for one in outcomes if one.outcome in CONFLICTS]
        if against:
            raise SourceError(f"{unchanged}: {conflict(against[0])}")

    temporary = f"{file.real}.lock" if lock else None
    if pretend:
        file.rehearse(temporary=temporary, first=store_first)
    else:
        clean = without(file.chunks(), checked.removable, names)
        file.rewrite(clean, temporary=temporary, first=store_first)
    return Written(outcomes, names)


def named_by_text_of(checked: Checked) -> list[SecretFinding]:
    """The findings whose clean URLs keep a login name, whatever is in the store: those of a host
    with several accounts in the text."""
    return named_in(checked.removable, named_by_text(moves(checked.removable)))


def with_login_names(
    clean: Iterable[bytes], checked: Checked, named: Iterable[SecretFinding]
) -> Iterator[bytes]:
    """The text without its secrets, with the login names that stay put back."""
    names = {found.start: login_name(found) for found in named}
    gone = 0
    places: list[tuple[int, bytes]] = []
    for found in checked.removable:
        if found.start in names:
            places.append((found.start - gone, names[found.start]))
        gone += found.end - found.start
    base = 0
    rest = iter(places)
    place = next(rest, None)
    for chunk in clean:
        position = 0
        while place is not None and place[0] < base + len(chunk):
            yield chunk[position : place[0] - base]
            yield place[1]
            position = place[0] - base
            place = next(rest, None)
        yield chunk[position:]
        base += len(chunk)


def keep_what_can_be(
    checked: Checked, resolver: Resolver, now: int, *, overwrite: bool
) -> list[MoveOutcome]:
    """Put what is taken out of a text into the store. A conflict keeps nothing else from being
    stored. Raises StoreError."""
    against: list[MoveOutcome] = []
    wanted = named_by_text(moves(checked.removable))
    run = Run()
    run.add(wanted)
    if any(one.by_name for one in wanted):
        run.know(resolver.store().entries().entries)
    while True:
        outcomes = move(resolver, wanted, now, replace=overwrite, undoable=False, run=run)
        conflicting = {id(done.move) for done in outcomes if done.outcome in CONFLICTS}
        if not conflicting:
            return [*against, *outcomes]
        against += outcomes
        wanted = [one for one in wanted if id(one) not in conflicting]


def _check_document(file: Opened, checked: Checked, names: list[SecretFinding]) -> None:
    if not file.path.endswith(_DOCUMENTS) or file.status.st_size > _LARGEST_DOCUMENT:
        return
    before = b"".join(file.chunks())
    after = b"".join(without([before], checked.removable, names))
    try:
        same = is_same_document(before, after)
    except SourceError as error:
        raise SourceError(f"'{file.path}' is left as it was: {error}") from None
    if not same:
        raise SourceError(f"'{file.path}' is left as it was: it would be another document")
