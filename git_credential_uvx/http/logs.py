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
# A username or token in a URL without a scheme, as a `Location` can have it.
_RELATIVE = re.compile(r"//[^\s'\"/?#@]++@")


class _Masking(logging.Filter):
    """Masks a record before any handler gets it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


_MASKING = _Masking()


def mask(text: str) -> str:
    """A line of a log without userinfo and without the values of secret headers."""
    from ..sanitize.redact import redact  # takes long to import; most programs log nothing

    text = _HEADER.sub(_without_value, text)
    text = _PAIR.sub("auth=(****)", text)
    return redact(_RELATIVE.sub("//****@", text))


def _without_value(header: re.Match[str]) -> str:
    return f"{header[1]}'****'" if _SECRET.match(header[2]) else header[0]


def quieten() -> None:
    """Mask everything that these loggers log. More than one call changes nothing."""
    for name in _LOGGERS:
        # A filter of a logger does not get the records of the loggers below it.
        logging.getLogger(name).addFilter(_MASKING)
