"""What httpx and httpcore log, without secrets."""

from __future__ import annotations

import logging
import re

_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_WORD = re.compile(r"[^\s'\"]+")
# A header as httpcore shows it, and the names of those that carry secrets.
_HEADER = re.compile(
    r"(\(b['\"]([^'\"]*+)['\"], b)('(?>(?:[^'\\]|\\.)*)'|\"(?>(?:[^\"\\]|\\.)*)\")"
)
_SECRET = re.compile(
    r"(?:set-cookie|cookie|authorization|proxy-authorization)\Z|.*(?:token|key|secret)",
    re.IGNORECASE | re.DOTALL,
)
# The username and password for a SOCKS proxy.
_BYTES = r"b(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_PAIR = re.compile(rf"\bauth=\({_BYTES}, {_BYTES}\)")


class _Masking(logging.Filter):
    """Rewrites a record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


_MASKING = _Masking()


def mask(text: str) -> str:
    """A line of a log without userinfo and without the values of secret headers."""
    text = _WORD.sub(_masked_word, text)
    text = _PAIR.sub("auth=(****)", text)
    return _HEADER.sub(_without_value, text)


def _without_value(header: re.Match[str]) -> str:
    return f"{header[1]}'****'" if _SECRET.match(header[2]) else header[0]


def _masked_word(word: re.Match[str]) -> str:
    """A word without the userinfo of a URL in it, which a slash in its password can break in two.

    In one pass, because a server can have written the word.
    """
    head, mark, rest = word[0].partition("//")
    front, at, tail = rest.rpartition("@")
    if not mark or not at:
        return word[0]
    whole = any("@" in re.split("[/?#]", part, maxsplit=1)[0] for part in rest.split("//"))
    return f"{head}//****@{tail}" if whole or ":" in front else word[0]


def quieten() -> None:
    """Let what these loggers say pass through the mask; once is enough."""
    for name in _LOGGERS:
        # A filter of a parent does not see what its children say.
        logging.getLogger(name).addFilter(_MASKING)
