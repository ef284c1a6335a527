"""What goes out of one run of URLs, and how each URL looks to a person afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import urls
from ..errors import printable
from .authority import is_ambiguous, is_host
from .findings import Cut
from .queries import may_hold_secret, secret_parameters
from .shapes import mask_tokens
from .spans import may_tell, segments
from .userinfo import secret_of

if TYPE_CHECKING:
    from .spans import Run, Segment

# Characters of a URL in a report.
LONGEST_SHOWN = 300

_ENDS = b"?#\\\"'"


def verdicts(text: bytes, run: Run) -> list[tuple[Segment, list[Cut]]]:
    """The URLs of a run that hold a secret, or may, each with what to cut, from left to right."""
    found: list[tuple[Segment, list[Cut]]] = []
    at = text.find(b"@", run.separator, run.end)
    if at < 0 and not (
        may_tell(text, run.separator, run.end) and may_hold_secret(text, run.separator, run.end)
    ):
        return found
    for segment in segments(text, run):
        if segment.glued:
            at = text.rfind(b"@", segment.authority, run.end)
            if at >= 0:
                whole = replace(segment, end=run.end)
                found.append((whole, [_refusal(segment.authority, at + 1)]))
                break
        cuts = cuts_of(text, segment, run.quote)
        if cuts:
            found.append((segment, cuts))
    return found


def cuts_of(text: bytes, segment: Segment, quote: bytes) -> list[Cut]:
    """What to cut out of one URL; a single refusal where that cannot be said."""
    if is_ambiguous(text, segment, quote):
        return [_refusal(segment.authority, text.rfind(b"@", 0, segment.end) + 1)]
    authority = text[segment.authority : segment.authority_end]
    userinfo, at, host = authority.rpartition(b"@")
    secret = secret_of(segment.scheme, userinfo, segment.authority) if at else None
    if secret is not None and not is_host(segment.scheme, host):
        return [_refusal(segment.authority, segment.authority + len(userinfo) + 1)]
    cuts = [] if secret is None else [secret]
    return cuts + secret_parameters(text, segment.authority_end, segment.end, quote)


def _refusal(start: int, end: int) -> Cut:
    return Cut("refused", start, end, b"****@")


def shown(text: bytes, segment: Segment, cuts: list[Cut]) -> str:
    """The URL with every secret masked, in printable characters."""
    if cuts[0].kind == "refused":
        return _short(urls.redact(_text(text[segment.start : segment.end])))
    pieces, position = [], segment.start
    for cut in cuts:
        pieces += [text[position : cut.start], cut.mask]
        position = cut.end
    pieces.append(text[position : segment.end])
    return _short(_text(b"".join(pieces)))


def _text(url: bytes) -> str:
    return url.replace(rb"\/", b"/").decode("utf-8", "backslashreplace")


def _short(url: str) -> str:
    url = mask_tokens(url if url.isprintable() else printable(url))
    return url if len(url) <= LONGEST_SHOWN else url[:LONGEST_SHOWN] + "..."


def path_of(text: bytes, segment: Segment) -> bytes:
    """The path of a URL, with plain slashes."""
    tail = text[segment.authority_end : segment.end].replace(rb"\/", b"/")
    return tail[: min((at for mark in _ENDS if (at := tail.find(mark)) >= 0), default=len(tail))]
