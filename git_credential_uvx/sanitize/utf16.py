"""Text in UTF-16, as Windows PowerShell writes it into files and pip reads it.

It is looked into and never rewritten.
"""

from __future__ import annotations

from .text import sanitize_bytes

_SEPARATOR = ":/".encode("utf-16-le")


def is_utf16(text: bytes) -> bool:
    """Whether a text, or the start of one, has a byte order mark or a URL in UTF-16."""
    return _encoding(text) is not None


def _encoding(text: bytes) -> str | None:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    at = text.find(_SEPARATOR)
    return None if at < 0 else "utf-16-be" if at % 2 else "utf-16-le"


def has_secret(text: bytes, path: str) -> bool:
    """Whether a text in UTF-16 has a finding that no comment allows."""
    plain = text.decode(_encoding(text) or "utf-16", "replace").encode("utf-8", "replace")
    return any(not found.allowed for found in sanitize_bytes(plain, path=path).findings)
