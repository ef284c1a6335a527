"""What to cut out of one run of URLs, and how each URL is shown to people."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import printable
from ..urls.parts import redact
from .authority import is_ambiguous, is_host, is_torn_by_slash, second_host, service_of
from .encoded import ESCAPES, encoded_secrets
from .endings import is_joined
from .findings import Cut
from .parameters import may_hold_secret, secret_parameters
from .runs import Segment, line_before, may_tell, segments
from .templates import inside_single_quotes, is_code
from .tokens import mask_tokens, path_tokens
from .userinfo import decided, is_http, secret_of

if TYPE_CHECKING:
    from ..urls.tokens import IsAccount
    from .runs import Run

# Characters of a URL in a report.
LONGEST_SHOWN = 300

# What only regular expressions have.
_PATTERN = re.compile(rb"\[\^|\(\?[:!=<P]|[\])][*+{]|\.[*+]|\\[SwdW]")
_HOST = re.compile(rb"[A-Za-z0-9._:\[\]-]*+")
_NEXT = re.compile(rb"[A-Za-z0-9+.-]{0,64}://")
_ENDS = b"?#\\\"'"


def verdicts(
    text: bytes, run: Run, styles: frozenset[str], is_account: IsAccount | None = None
) -> list[tuple[Segment, list[Cut]]]:
    """The URLs of a run that hold a secret, or may, each with what to cut, from left to right.

    `styles` are those of the templates that the file knows. A login name without a password is a
    cut of the kind "login", which stays.
    """
    at = text.find(b"@", run.separator, run.end)
    if at < 0 and not may_tell(text, run.separator, run.end):
        return []
    if run.quote == b"'":
        styles = inside_single_quotes(line_before(text, run.start), styles)
    found: list[tuple[Segment, list[Cut]]] = []
    for segment in segments(text, run):
        if segment.glued:
            at = text.rfind(b"@", segment.authority, run.end)
            if at >= 0:
                whole = replace(segment, end=run.end)
                return [*found, (whole, [_refusal(segment.authority, at + 1)])]
        cuts = cuts_of(text, segment, run.quote, styles, is_account)
        if cuts:
            found.append((segment, cuts))
    if all(text.find(mark, run.separator, run.end) < 0 for mark in ESCAPES):
        return found
    escaped = list(encoded_secrets(text, run.separator, run.end, styles))
    return _with_escaped(text, run, found, escaped) if escaped else found


def _with_escaped(
    text: bytes, run: Run, found: list[tuple[Segment, list[Cut]]], escaped: list[tuple[int, Cut]]
) -> list[tuple[Segment, list[Cut]]]:
    """The same with the refusals of escaped URLs: each in the URL around it, if there is one with
    a secret. What overlaps becomes one."""
    starts = {cut.start: start for start, cut in escaped}
    waiting = _united([cut for _, cut in escaped])[::-1]
    merged: list[tuple[Segment, list[Cut]]] = []
    for segment, cuts in found:
        while waiting and waiting[-1].end <= segment.start:
            merged.append(_alone(text, run, starts, waiting.pop()))
        inside = []
        while waiting and waiting[-1].start < segment.end:
            inside.append(waiting.pop())
        if inside:
            start = min(segment.start, starts[inside[0].start])
            merged.append((replace(segment, start=start), _united([*cuts, *inside])))
        else:
            merged.append((segment, cuts))
    return merged + [_alone(text, run, starts, cut) for cut in reversed(waiting)]


def _alone(text: bytes, run: Run, starts: dict[int, int], cut: Cut) -> tuple[Segment, list[Cut]]:
    # Of an escaped URL only the host is shown: nobody has looked at what follows it.
    host = _HOST.match(text, cut.end, run.end)
    end = cut.end if host is None else host.end()
    where = Segment(b"", starts[cut.start], cut.start, cut.end, end, escaped=False, glued=False)
    return where, [cut]


def _united(cuts: list[Cut]) -> list[Cut]:
    united: list[Cut] = []
    for cut in sorted(cuts, key=lambda one: one.start):
        if united and cut.start < united[-1].end:
            before = united.pop()
            united.append(_refusal(before.start, max(before.end, cut.end)))
        else:
            united.append(cut)
    return united


def cuts_of(
    text: bytes,
    segment: Segment,
    quote: bytes,
    styles: frozenset[str],
    is_account: IsAccount | None = None,
) -> list[Cut]:
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
        service = service_of(segment.scheme, host, b"/", "git")
        secret = decided(secret, service, path_of(text, segment), is_account)
    cuts = [] if secret is None else [secret]
    host_start = segment.authority + len(userinfo) + len(at)
    parameters = _parameters(text, segment, host_start, quote, styles)
    if parameters and _would_join(_rest(text, segment, parameters), text, segment.end):
        # Without them it would read like another URL, whose password they were part of.
        end = max(parameters[-1].end, text.rfind(b"@", 0, segment.end) + 1)
        return [_refusal(segment.authority, end)]
    # A slash behind the first parameter is part of a value.
    path_end = parameters[0].start if parameters else segment.end
    path = path_tokens(text, segment.authority, segment.authority_end, segment.end, styles)
    return [*cuts, *(token for token in path if token.end <= path_end), *parameters]


def _would_join(rest: bytes, text: bytes, end: int) -> bool:
    """Whether what stays behind an authority, or the URL that follows at `end`, would be read as a
    part of it."""
    if rest[:1] in (b"/", b"?", b"#", b"\\"):
        return is_torn_by_slash(rest)
    return (
        b"@" in rest or is_torn_by_slash(rest) or (not rest and _NEXT.match(text, end) is not None)
    )


def _rest(text: bytes, segment: Segment, cuts: list[Cut]) -> bytes:
    """What stays behind the authority of a URL."""
    ends = [segment.authority_end, *(cut.end for cut in cuts)]
    starts = [*(cut.start for cut in cuts), segment.end]
    return b"".join(text[end:start] for end, start in zip(ends, starts, strict=True))


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
    return _short(redact(url) if in_doubt and is_plain else url)


def _text(url: bytes) -> str:
    return url.replace(rb"\/", b"/").decode("utf-8", "backslashreplace")


def _short(url: str) -> str:
    url = mask_tokens(url if url.isprintable() else printable(url))
    return url if len(url) <= LONGEST_SHOWN else url[:LONGEST_SHOWN] + "..."


def path_of(text: bytes, segment: Segment) -> bytes:
    """The path of a URL, with plain slashes."""
    tail = text[segment.authority_end : segment.end].replace(rb"\/", b"/")
    return tail[: min((at for mark in _ENDS if (at := tail.find(mark)) >= 0), default=len(tail))]
