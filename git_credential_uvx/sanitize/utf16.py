"""Text in UTF-16, as Windows PowerShell writes it into files and pip reads it.

It is looked into and never rewritten.
"""

from __future__ import annotations

from .text import sanitize_bytes


def has_secret(text: bytes, path: str) -> bool:
    """Whether a text that begins with a byte order mark has a finding that no comment allows."""
    plain = text.decode("utf-16", "replace").encode("utf-8", "replace")
    return any(not found.allowed for found in sanitize_bytes(plain, path=path).findings)
