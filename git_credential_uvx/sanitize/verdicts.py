"""What goes out of one run of URLs, and how each URL looks to a person afterwards."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import urls
from ..errors import printable
from .authority import is_ambiguous, is_host, second_host
from .encoded import encoded_secrets
from .endings import is_joined
from .findings import Cut
from .paths import path_tokens
from .queries import may_hold_secret, secret_parameters
from .shapes import mask_tokens
from .spans import Segment, may_tell, segments
from .templates import is_code
from .userinfo import is_http, secret_of

if TYPE_CHECKING:
    from .spans import Run

# Characters of a URL in a report.
LONGEST_SHOWN = 300

# What only regular expressions have.
_PATTERN = re.compile(rb"\[\^|\(\?[:!=<P]|[\])][*+{]|\.[*+]|\\[SwdW]")
_HOST = re.compile(rb"[A-Za-z0-9._:\[\]-]*+")
_ENDS = b"?#\\\"'"


def verdicts(text: bytes, run: Run, styles: frozenset[str]) -> list[tuple[Segment, list[Cut]]]:
    """The URLs of a run that hold a secret, or may, each with what to cut, from left to right.

    `styles` are those of the templates that the file knows.
    """
    at = text.find(b"@", run.separator, run.end)
    if at < 0 and not may_tell(text, run.separator, run.end):
        return []
    found: list[tuple[Segment, list[Cut]]] = []
    for segment in segments(text, run):
        if segment.glued:
            at = text.rfind(b"@", segment.authority, run.end)
            if at >= 0:
                whole = replace(segment, end=run.end)
                return [*found, (whole, [_refusal(segment.authority, at + 1)])]
        cuts = cuts_of(text, segment, run.quote, styles)
        if cuts:
            found.append((segment, cuts))
    for start, cut in encoded_secrets(text, run.separator, run.end, styles):
        _add(text, run.end, found, start, cut)
    return sorted(found, key=lambda one: one[1][0].start)


def _add(
    text: bytes, end: int, found: list[tuple[Segment, list[Cut]]], start: int, cut: Cut
) -> None:
    """Put the refusal of an escaped URL where it belongs: into the URL around it, if there is one
    with a secret. What it overlaps becomes a part of it."""
    for number, (segment, cuts) in enumerate(found):
        if segment.start <= cut.start < segment.end:
            inner = [one for one in cuts if one.start < cut.end and cut.start < one.end]
            first = min([cut.start, *(one.start for one in inner)])
            last = max([cut.end, *(one.end for one in inner)])
            others = [one for one in cuts if one not in inner]
            others.append(_refusal(first, last))
            found[number] = segment, sorted(others, key=lambda one: one.start)
            return
    # Of an escaped URL only the host is shown: nobody has looked at what follows it.
    host = _HOST.match(text, cut.end, end)
    shown_end = cut.end if host is None else host.end()
    own = Segment(b"", start, cut.start, cut.end, shown_end, escaped=False, glued=False)
    found.append((own, [cut]))


def cuts_of(text: bytes, segment: Segment, quote: bytes, styles: frozenset[str]) -> list[Cut]:
    """What to cut out of one URL; a single refusal where that cannot be said."""
    if is_ambiguous(text, segment, quote, styles):
        end = text.rfind(b"@", 0, segment.end) + 1
        # Programs look for URLs with patterns.
        is_pattern = is_code(styles) and _PATTERN.search(text, segment.authority, end)
        return [] if is_pattern else [_refusal(segment.authority, end)]
    authority = text[segment.authority : segment.authority_end]
    userinfo, at, host = authority.rpartition(b"@")
    secret = secret_of(segment.scheme, userinfo, segment.authority, styles) if at else None
    if secret is not None and not is_host(segment.scheme, host):
        return [_refusal(segment.authority, segment.authority + len(userinfo) + 1)]
    if secret is not None:
        tail = text[segment.authority_end : segment.end]
        behind = second_host(segment.scheme, host, tail)
        if behind >= 0:
            return [_refusal(segment.authority, segment.authority_end + behind)]
    cuts = [] if secret is None else [secret]
    host_start = segment.authority + len(userinfo) + len(at)
    cuts += _parameters(text, segment, host_start, quote, styles)
    for token in path_tokens(text, segment, styles):
        if not any(one.start < token.end and token.start < one.end for one in cuts):
            cuts.append(token)
    return sorted(cuts, key=lambda one: one.start)


def _parameters(
    text: bytes, segment: Segment, host_start: int, quote: bytes, styles: frozenset[str]
) -> list[Cut]:
    start = segment.authority_end
    if not is_http(segment.scheme):
        # Drivers of databases have parameters directly behind the host.
        after = text.find(b";", host_start, start)
        start = start if after < 0 else after
    if not may_hold_secret(text, start, segment.end):
        return []
    cuts = secret_parameters(text, start, segment.end, quote, styles)
    joined = cuts and is_joined(text, cuts[-1].end + 1)
    if not joined:
        return cuts
    # The value goes on in the next line.
    return [*cuts[:-1], replace(cuts[-1], kind="refused", end=segment.end, secret=None)]


def _refusal(start: int, end: int) -> Cut:
    return Cut("refused", start, end, b"****@")


def shown(text: bytes, segment: Segment, cuts: list[Cut]) -> str:
    """The URL with every secret masked, in printable characters."""
    pieces, position = [], segment.start
    for cut in cuts:
        pieces += [text[position : cut.start], cut.mask]
        position = cut.end
    rest = text[position : segment.end]
    url = _text(b"".join([*pieces, rest]))
    in_doubt = cuts[0].kind == "refused" and cuts[0].start == segment.authority
    is_plain = b"://" in text[segment.start : segment.authority]
    return _short(urls.redact(url) if in_doubt and is_plain else url)


def _text(url: bytes) -> str:
    return url.replace(rb"\/", b"/").decode("utf-8", "backslashreplace")


def _short(url: str) -> str:
    url = mask_tokens(url if url.isprintable() else printable(url))
    return url if len(url) <= LONGEST_SHOWN else url[:LONGEST_SHOWN] + "..."


def path_of(text: bytes, segment: Segment) -> bytes:
    """The path of a URL, with plain slashes."""
    tail = text[segment.authority_end : segment.end].replace(rb"\/", b"/")
    return tail[: min((at for mark in _ENDS if (at := tail.find(mark)) >= 0), default=len(tail))]
