"""Finds the URLs of a text.

A run is a stretch of bytes that begins with a scheme. White space, `<`, `>`, a backtick and the
quote that was opened before the URL end it, unless they belong to a password (see `endings`). A run
holds one URL or several, nested or in a list without blanks. Each of them is a segment.

The work is linear in the length of the text: each byte is searched a bounded number of times, and a
run of more than `LONGEST_RUN` bytes is not looked into.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .encoded import BY_BACKSLASH, BY_ENTITY, BY_PERCENT, ESCAPED_AT, LONGEST_SCHEME
from .endings import REACH, TEMPLATE_IN_NAME, goes_on, is_templated
from .tokens import TELLING_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes. What servers and clients take ends far below.
LONGEST_RUN = 1 << 16

# How far back the quote before a run is looked for.
QUOTE_REACH = 256

_WINDOW = 1 << 17

# JSON may write a slash as `\/`.
SEPARATOR = re.compile(rb":(?://|\\/\\/)")

_SCHEME_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-"
_NOT_FIRST = b"0123456789+.-"
_RUN_ENDS = {
    b"": re.compile(rb"[\t-\r <>`]"),
    # JSON and TOML escape a quote inside a string; two backslashes before it are one of their own.
    b'"': re.compile(rb'[\t-\r <>`]|(?<!\\)"|(?<=[^\\]\\\\)"'),
    # A string inside a string ends with either.
    rb"\"": re.compile(rb'[\t-\r <>`"]'),
    b"'": re.compile(rb"[\t-\r <>`']"),
}
# What a string may have before its quote.
_STRING_PREFIX = re.compile(rb"(?<![A-Za-z0-9])[bBfFrRuU]{1,2}\Z")
_AUTHORITY = re.compile(rb"(?>(?:" + TEMPLATE_IN_NAME + rb"|[^/?#\\])*)")

# How often a run goes on behind what seems to end it.
_MOST_ENDS = 32

# What lock files and indexes put behind every URL, with what may stand between it and the end of
# the run. `_LONGEST_HARMLESS` is the most bytes of it, the end included.
_PLAIN_FRAGMENT = (
    rb"(?:sha(?:1|224|256|384|512)|md5|egg|subdirectory)=[A-Za-z0-9._-]{0,160}[\"',)\]}]{0,4}"
)
_HARMLESS_HASH = re.compile(rb"#" + _PLAIN_FRAGMENT)
_TELLING_HASH = re.compile(rb"#(?!" + _PLAIN_FRAGMENT + rb"[\t-\r <>`])")
_TELLING_PARAMETER = re.compile(
    rb";(?:(?=[A-Za-z_ -]{0,24}(?i:passw|pwd|token|secret))|(?<=&commat;))"
)
_LONGEST_MARK = 192

# What shows that a run may hold a secret, each with the bytes that it begins with.
_ENCODED = ((BY_PERCENT, b"%"), (BY_BACKSLASH, b"\\"))
_RARES = (
    *_ENCODED,
    (_TELLING_HASH, b"#"),
    (_TELLING_PARAMETER, b";"),
    (ESCAPED_AT, b"\\"),
    (TELLING_PATH, b"/"),
)
_ANY_SEPARATOR = re.compile(
    rb"|".join((SEPARATOR.pattern, BY_PERCENT.pattern, BY_BACKSLASH.pattern, BY_ENTITY.pattern))
)

# What stands between two URLs of a list, or around one in prose.
_BETWEEN = b",;|()[]{}=&"
_CLOSERS = b".,;:!)]}*_|'\""
_OPENERS = {0x29: b"(", 0x5D: b"[", 0x7D: b"{"}


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run begins, its first separator is, and it ends.

    `quote` is the quote that was open, with the backslash before it, b"" for none; `closed` tells
    that it ended the run.
    """

    start: int
    separator: int
    end: int
    quote: bytes
    closed: bool = False


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run whose end is not known: the text ended first, or the run is `overlong`."""

    start: int
    separator: int
    quote: bytes
    overlong: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """One URL of a run.

    The authority is `authority` to `authority_end`, the rest of the URL ends at `end`.
    `escaped` tells that slashes are written as `\\/`. `glued` tells that another scheme follows
    inside the authority, where no list could have one.
    """

    scheme: bytes
    start: int
    authority: int
    authority_end: int
    end: int
    escaped: bool
    glued: bool


def may_tell(text: bytes, start: int, end: int) -> bool:
    """Whether these bytes of a run, up to its end, have a mark that a secret may follow."""
    if text.find(b"@", start, end) >= 0 or text.find(b"?", start, end) >= 0:
        return True
    at = text.find(b"#", start, end)
    if at >= 0 and _HARMLESS_HASH.fullmatch(text, at, end) is None:
        return True
    rares = (_TELLING_PARAMETER, ESCAPED_AT, TELLING_PATH, BY_PERCENT, BY_BACKSLASH)
    return any(rare.search(text, start, end) for rare in rares)


class _Search:
    """The matches of a pattern, each searched for once while the position only goes forward."""

    def __init__(self, text: bytes, pattern: re.Pattern[bytes], first: bytes) -> None:
        self._text, self._pattern, self._first = text, pattern, first
        self._looked = self._found = 0
        self._is_found = False

    def at(self, position: int, end: int) -> int:
        """The first match from `position` on; `end` if there is none before it."""
        known = self._looked <= position <= self._found
        if known and (self._is_found or end <= self._found):
            return min(self._found, end)
        start = self._found if known else position
        # Bytes are found far faster than a pattern.
        start = self._text.find(self._first, start, end + len(self._first) - 1)
        match = None
        if start >= 0:
            match = self._pattern.search(self._text, start, end + _LONGEST_MARK)
        self._is_found = match is not None and match.start() < end
        if not known:
            self._looked = position
        self._found = match.start() if match is not None and self._is_found else end
        return self._found


class Finder:
    """Finds the runs of a text that can hold a secret.

    A secret needs an `@`, `?` or `#` after the scheme, one of their escapes, or the beginning of a
    token in a path. These are searched for as bytes, so a text without them costs nothing else. A
    `#` that only a checksum or `egg=` follows does not count, see `may_tell`. The colon of a
    scheme as an HTML entity counts only in `markup`.
    """

    def __init__(self, text: bytes, *, markup: bool = True) -> None:
        encoded = (*_ENCODED, (BY_ENTITY, b";//")) if markup else _ENCODED
        self._text = text
        self._next: dict[bytes, int] = {}
        self._rares = [_Search(text, *rare) for rare in _RARES]
        self._encoded = [_Search(text, *mark) for mark in encoded]
        self._rare = self._gap = -1

    def _at(self, needle: bytes, position: int, end: int) -> int:
        # What was found before, or that there was nothing up to there, holds on.
        found = self._next.get(needle, -1)
        if found < position or (found == position and not self._text.startswith(needle, found)):
            found = self._text.find(needle, position, end)
            found = self._next[needle] = end if found < 0 else found
        return found

    def _rare_at(self, position: int) -> int:
        # Window by window, so that a large text goes through the processor's cache once.
        while position < len(self._text):
            end = min(len(self._text), (position | (_WINDOW - 1)) + 1)
            found = min(self._at(b"@", position, end), self._at(b"?", position, end))
            for rare in self._rares:
                found = min(found, rare.at(position, found))
            if found < end:
                return found
            position = end
        return len(self._text)

    def _encoded_at(self, position: int) -> int:
        while position < len(self._text):
            end = min(len(self._text), (position | (_WINDOW - 1)) + 1)
            found = min(mark.at(position, end) for mark in self._encoded)
            if found < end:
                return _mark_start(self._text, found)
            position = end
        return len(self._text)

    def separator(self, position: int) -> int:
        """The first separator from `position` on whose run may hold a secret; -1 for none."""
        found = min(self._plain(position), self._encoded_at(position))
        return -1 if found == len(self._text) else found

    def _plain(self, position: int) -> int:
        nowhere = len(self._text)
        while self._rare_at(position) < nowhere:
            separator = min(self._at(mark, position, nowhere) for mark in (b"://", rb":\/\/"))
            rare = nowhere if separator == nowhere else self._rare_at(separator)
            if rare == nowhere:
                return nowhere
            gap = self._gap_before(rare, separator)
            if gap < separator:
                return separator
            over = self._over_gap(rare, separator)
            if over >= 0:
                return over
            position = gap + 1
        return nowhere

    def _gap_before(self, rare: int, position: int) -> int:
        # A run ends there, so none from before it holds `rare`. Searched for once per `rare`.
        if rare != self._rare:
            self._rare = rare
            self._gap = max(self._text.rfind(mark, position, rare) for mark in (b" ", b"\n"))
        return self._gap

    def _over_gap(self, rare: int, position: int) -> int:
        # A template or a joined line goes over the gap.
        start = max(position, rare - REACH)
        over = max(self._text.rfind(mark, start, rare) for mark in (b"://", rb":\/\/"))
        authority = over + (3 if self._text.startswith(b"://", over) else 5)
        return over if over >= 0 and is_templated(self._text, authority, rare) else -1


def run_at(text: bytes, separator: int, *, final: bool) -> Run | OpenRun:
    """The run that has its first separator there; `final` tells that no more text follows."""
    start = scheme_start(text, 0, separator)
    quote = _open_quote(text, start)
    limit = separator + LONGEST_RUN
    authority = at = separator + (5 if text.startswith(rb":\/\/", separator) else 3)
    end = at
    for _ in range(_MOST_ENDS):
        match = _RUN_ENDS[quote].search(text, at, limit)
        if match is None:
            return OpenRun(start, separator, quote, overlong=len(text) >= limit)
        end = match.start()
        plain, escaped = (text.rfind(mark, at, end) for mark in (b"://", rb":\/\/"))
        authority = max(authority, plain + 3, escaped + 5 if escaped >= 0 else 0)
        at = goes_on(text, authority, end, quote)
        if at < 0:
            break
    if not final and end + REACH >= len(text):
        return OpenRun(start, separator, quote)
    return Run(start, separator, end, quote, closed=text[end : end + 1] == quote[-1:])


def open_run(text: bytes, position: int) -> tuple[OpenRun | None, int]:
    """The run that the end of the text cuts off, and where the run before it ends.

    The search begins at `position`.
    """
    # What ends a run shows only `REACH` bytes later whether it does.
    known = max(position, len(text) - REACH)
    ends = (text.rfind(bytes([byte]), position, known) for byte in b"\t\n\v\f\r ")
    separator = _any_separator(text, max(position, *ends))
    while separator >= 0:
        run = run_at(text, separator, final=False)
        if isinstance(run, OpenRun):
            return run, position
        position = run.end
        separator = _any_separator(text, position)
    return None, position


def _any_separator(text: bytes, position: int) -> int:
    match = _ANY_SEPARATOR.search(text, position)
    if match is None:
        return -1
    return match.start() if match.group()[:1] == b":" else _mark_start(text, match.start())


def _mark_start(text: bytes, found: int) -> int:
    """Where the colon of an escaped separator begins; `found` is where its pattern matched."""
    if text.startswith(b";", found):
        return text.rfind(b"&", 0, found)
    return found - (text[found - 1 : found] == b":")


def end_of_overlong(text: bytes, position: int, quote: bytes) -> int:
    """Where a run that is too long ends; -1 if the text ends first."""
    match = _RUN_ENDS[quote].search(text, position)
    return -1 if match is None else match.start()


def scheme_start(text: bytes, floor: int, separator: int) -> int:
    """Where the scheme before a separator begins; the separator itself if there is none."""
    before = text[max(floor, separator - LONGEST_SCHEME) : separator]
    rest = before.rstrip(_SCHEME_BYTES)
    return separator - len(before[len(rest) :].lstrip(_NOT_FIRST))


def line_before(text: bytes, start: int) -> bytes:
    """What stands on the line before a run, as far back as quotes are looked for."""
    return text[max(0, start - QUOTE_REACH) : start].rpartition(b"\n")[2]


def _open_quote(text: bytes, start: int) -> bytes:
    floor = max(0, start - QUOTE_REACH)
    floor = max(floor, text.rfind(b"\n", floor, start) + 1)
    double, single = text.rfind(b'"', floor, start), text.rfind(b"'", floor, start)
    while single > double and _is_apostrophe(text, single, start):
        single = text.rfind(b"'", floor, single)
    if double == single:
        return b""
    if double < single:
        return b"'"
    return rb"\"" if text[double - 1 : double] == b"\\" else b'"'


def _is_apostrophe(text: bytes, quote: int, start: int) -> bool:
    """Whether this quote belongs to a word, as in `don't`, and opens nothing."""
    before, after = text[quote - 1 : quote], text[quote + 1 : quote + 2]
    if quote + 1 == start or not before.isalnum() or not after.isalpha():
        return False
    return _STRING_PREFIX.search(text, max(0, quote - 3), quote) is None


def segments(text: bytes, run: Run) -> Iterator[Segment]:
    """The URLs of a run that has an end, in order."""
    marks = [match.span() for match in SEPARATOR.finditer(text, run.separator, run.end)]
    starts = [run.start]
    starts += [scheme_start(text, left[1], right[0]) for left, right in pairwise(marks)]
    ends = [*starts[1:], run.end]
    for number, (separator, authority) in enumerate(marks):
        start, end = starts[number], ends[number]
        last = number == len(marks) - 1
        stop = _AUTHORITY.match(text, authority, end)
        authority_end = end if stop is None else stop.end()
        glued = False
        if not last and authority < end:
            if authority_end == end and text[end - 1] not in _BETWEEN:
                glued = True
            end = trimmed(text, authority, end, _BETWEEN)
        elif last and not run.closed:
            end = trimmed(text, authority, end, _CLOSERS)
        yield Segment(
            text[start:separator].lower(),
            start,
            authority,
            min(authority_end, end),
            end,
            authority - separator == 5,
            glued,
        )


def trimmed(text: bytes, start: int, end: int, marks: bytes) -> int:
    """The end of a URL without the punctuation after it; a closing bracket needs its opener."""
    stop = start + len(text[start:end].rstrip(marks))
    unclosed: dict[int, int] = {}
    for byte in text[stop:end]:
        opener = _OPENERS.get(byte)
        if opener is None:
            break
        if byte not in unclosed:
            closed = text.count(bytes([byte]), start, stop)
            unclosed[byte] = text.count(opener, start, stop) - closed
        if unclosed[byte] <= 0:
            break
        unclosed[byte] -= 1
        stop += 1
    return stop
