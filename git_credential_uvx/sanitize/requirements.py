"""One URL, and one requirement with a URL in it.

Here the bytes are known to be a URL, so more is refused than in a text: whatever programs that read
it may understand in two ways, also where it would not hide a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ..errors import RefusedError
from .authority import is_plain_host
from .findings import REFUSED, Sanitized, SecretFinding
from .runs import LONGEST_RUN
from .templates import is_harmless
from .text import sanitize_bytes
from .userinfo import is_http, split

if TYPE_CHECKING:
    from ..urls.tokens import IsAccount

_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*+\Z")
_AUTHORITY_END = re.compile(rb"[/?#]")
_IN_NO_URL = re.compile(rb"[\x00-\x20\x7f\\\"]")
_IN_NO_VALUE = re.compile(rb"[\x00\r\n]")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_IN_NO_AUTHORITY = re.compile(rb"[\x80-\xff<>`^|]")

# https://packaging.python.org/specifications/dependency-specifiers, and pip's options with URLs.
_BEFORE_URL = re.compile(
    rb"\s*+(?:#\s*+)?(?:[A-Za-z0-9][A-Za-z0-9._-]*+\s*+(?:\[[^\]]*+\]\s*+)?@\s*+"
    rb"|(?:-e|-i|-f)\s*+|--(?:editable|index-url|extra-index-url|find-links)(?:\s++|\s*+=\s*+))?"
)
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*+://[^\s]*+")
_AFTER_URL = re.compile(rb"\s*+(?:;|#|--|\\\s*\Z|\Z)")
_MARKER = re.compile(
    rb";\s*+(?:python_|os_name|sys_platform|platform_|implementation_|extra\b|\(|\Z)"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a URL that every program reads alike, as they are spelled."""

    scheme: bytes
    userinfo: bytes | None = field(repr=False)
    host: bytes
    rest: bytes = field(repr=False)


def read_url(url: bytes) -> Reading:
    """Take a URL apart. Raises RefusedError where programs would not agree on the host."""
    scheme, mark, rest = url.partition(b"://")
    if not mark or not _SCHEME.match(scheme) or len(url) >= LONGEST_RUN:
        raise RefusedError("the URL is not of the form scheme://host/path")
    if _IN_NO_URL.search(url):
        raise RefusedError("the URL contains a blank, a control character, a quote or a backslash")
    end = _AUTHORITY_END.search(rest)
    authority = rest if end is None else rest[: end.start()]
    userinfo, at, host = authority.rpartition(b"@")
    if b"@" in userinfo or _IN_NO_AUTHORITY.search(authority):
        raise RefusedError("the URL's host or userinfo contains a character that has to be escaped")
    if not all(map(_decodes, split(userinfo))):
        raise RefusedError("the URL's userinfo is escaped so that no program can use it")
    if is_http(scheme.lower()) and not is_plain_host(scheme.lower(), host):
        raise RefusedError("programs do not read the URL's host alike")
    return Reading(scheme, userinfo if at else None, host, rest[len(authority) :])


def _decodes(part: bytes | None) -> bool:
    if part is None or is_harmless(part):
        return True
    # requests escapes the percent signs of a part again if one of them escapes nothing.
    if _BROKEN_ESCAPE.search(part):
        return False
    # Git decodes nothing before a colon in a password: it takes that for a scheme.
    before, colon, _ = part.partition(b":")
    if colon and b"%" in before:
        return False
    decoded = unquote_to_bytes(part)
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return False
    return not _IN_NO_VALUE.search(decoded)


def sanitize_url(
    url: bytes, *, use: str | None = None, is_account: IsAccount | None = None
) -> Sanitized:
    """One URL without its secrets; `use` and `is_account` as for `sanitize_bytes`.

    A location without a scheme (`git@host:path`) stays. Raises RefusedError, which shows nothing
    of the URL, for one that programs may read differently.
    """
    if b"://" not in url:
        before, at, _ = url.rpartition(b"@")
        if at and b":" in before:
            raise RefusedError("the location contains a password and is no URL")
        return Sanitized(url, ())
    read_url(url)
    # Quotes around it tell where it ends.
    quoted = sanitize_bytes(b'"' + url + b'"', use=use, is_account=is_account)
    _no_refusal(quoted)
    findings = tuple(map(_unquoted, quoted.findings))
    return Sanitized(quoted.clean[1:-1], findings, tuple(map(_unquoted, quoted.names)))


def _unquoted(found: SecretFinding) -> SecretFinding:
    """The same in the text without the quote before it."""
    return replace(
        found,
        start=found.start - 1,
        end=found.end - 1,
        column=found.column - 1,
        end_column=found.end_column - 1,
        url=(found.url[0] - 1, found.url[1] - 1),
        allowed=False,
    )


def sanitize_requirement(
    line: bytes, *, use: str | None = None, is_account: IsAccount | None = None
) -> Sanitized:
    """One line of a requirements file, or one PEP 508 requirement, without its secrets.

    Everything around a URL keeps its spelling. A comment is text like any other. Raises
    RefusedError, which shows nothing of the URL.
    """
    before = _BEFORE_URL.match(line)
    url = _URL.match(line, before.end() if before else 0)
    if url is not None:
        marker = _MARKER.search(url.group())
        if marker is None and not _AFTER_URL.match(line, url.end()) and b"@" in line[url.end() :]:
            raise RefusedError("the URL of the requirement contains a blank")
        read_url(url.group() if marker is None else url.group()[: marker.start()])
    result = sanitize_bytes(line, use=use, is_account=is_account)
    _no_refusal(result)
    return result


def _no_refusal(result: Sanitized) -> None:
    if any(found.kind == "refused" for found in result.findings):
        raise RefusedError(f"the URL {REFUSED}")
