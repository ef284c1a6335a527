"""Which parameters of a query or a fragment are secrets, and how they go.

A parameter goes with the one of `?` and `&` that leaves the others as they are. Its name counts
without case and after percent-decoding. HTML writes the separator as `&amp;`, JSON as `\\u0026`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from ..urls.tokens import has_token_shape
from .findings import Cut
from .templates import ALL, is_harmless
from .tokens import AT_PATH

# Names are compared without case, `-`, `_`, and what stands before a `.` or around a `[...]`:
# `access-token`, `accessToken`, `user[access_token]` and `auth.access_token` are all one.
ALWAYS = frozenset(
    b"privatetoken accesstoken jobtoken authtoken token idtoken refreshtoken clientsecret"
    b" apikey accesskey secretkey password passwd pwd"
    b" xamzsignature xamzcredential xamzsecuritytoken xgoogsignature xgoogcredential".split()
)

# Words with many other meanings: a secret is a value that is no word, number or name.
OFTEN = frozenset(
    (b"secret", b"pass", b"auth", b"key", b"jwt", b"authorization", b"clientassertion")
)

# So are other names that end like this, unless they are for pages and forms.
_LAST_WORDS = tuple(b"token secret password passwd apikey accesskey privatekey secretkey".split())
_NO_SECRET = tuple(
    b"pagetoken pagingtoken nexttoken continuationtoken skiptoken synctoken csrftoken xsrftoken"
    b" middlewaretoken".split()
)

# People choose these, so they may look like a template. A token never does.
_PASSWORDS = frozenset((b"password", b"passwd", b"pwd"))

# A secret only beside one of these; the names mean other things elsewhere.
BESIDE = {
    b"sig": frozenset((b"se", b"sv", b"sp")),
    b"signature": frozenset((b"awsaccesskeyid", b"googleaccessid")),
}

# A second `?` and a `;` separate only where a name follows. What stops a value: the marker of a
# PEP 508 requirement, a quote, and a backslash, which belongs to the text around the URL.
_KEY = rb"[A-Za-z0-9_.~%\[\]-]{1,64}="
_MARKER = rb"(?:python_|os_name|sys_platform|platform_|implementation_|extra\b)"
# JSON may write any of these so, `+` and `=` above all: they are part of a value.
_OF_VALUE = rb"(?:2[145ABDEFabdef]|3[0-9ADad]|[46][0-9A-Fa-f]|[57][0-9Aa])"
_MARK = re.compile(
    rb"(?P<lead>\?(?=" + _KEY + rb")|#)|(?P<stop>;(?=" + _MARKER + rb"))"
    rb"|&(?:amp;|#38;|#[xX]26;)?|\\u0026|;(?="
    + _KEY
    + rb")|(?P<slash>\\/|\\u00"
    + _OF_VALUE
    + rb")|(?P<odd>[\\\"'])"
)


# Every name above holds one of these, or an escape, and so does every token.
_HINT = re.compile(
    rb"token|key|pass|pwd|sig|cred|secret|auth|jwt|assertion|%|" + AT_PATH, re.IGNORECASE
)

# What such a secret is made of; a pattern of source code has brackets.
_CHOSEN = re.compile(rb"[^()\[\]{}]{6,}+")

# A value that is written by hand: words, in lower or upper case or with one capital each.
_WORD = rb"(?:[A-Z]?[a-z]{1,15}+|[A-Z]{1,15}+|[0-9]{1,6}+)"
_WORDS = re.compile(_WORD + rb"(?>(?:[-_.:/+]" + _WORD + rb")*)")


@dataclass(slots=True)
class _Parameter:
    mark: int
    start: int
    end: int
    name: bytes = field(repr=False)
    value: bytes = field(repr=False)


@dataclass(slots=True)
class _Group:
    """Parameters after one `?` or `#`; `lead` is b"" for those after a `&` alone."""

    lead: bytes
    parameters: list[_Parameter]


def may_hold_secret(text: bytes, start: int, end: int) -> bool:
    """Whether a look at the parameters of these bytes is worth it: False is certain."""
    return text.find(b"=", start, end) >= 0 and _HINT.search(text, start, end) is not None


def secret_parameters(
    text: bytes, start: int, end: int, quote: bytes, styles: frozenset[str] = ALL
) -> list[Cut]:
    """The secrets among the parameters of the URL tail `start` to `end`.

    `quote` is the quote that is open around the URL; the other kind is part of a value. `styles`
    are those of the templates that the file knows.
    """
    cuts = []
    for group in _groups(text, start, end, quote):
        names = {_folded(parameter.name) for parameter in group.parameters}
        secret = [_is_secret(parameter, names, styles) for parameter in group.parameters]
        kept_before = not group.lead
        for number, parameter in enumerate(group.parameters):
            if not secret[number]:
                kept_before = True
                continue
            first, last = parameter.mark, parameter.end
            if not kept_before and not all(secret):
                first, last = parameter.start, group.parameters[number + 1].start
            cut = _cut(text, group, parameter, first, last)
            in_doubt = is_harmless(parameter.value)
            cuts.append(replace(cut, kind="refused", secret=None) if in_doubt else cut)
    return cuts


def _folded(name: bytes) -> bytes:
    name = name.rstrip(b"[]")
    for mark in (b"[", b"."):
        name = name.rpartition(mark)[2]
    return name.translate(None, b"-_")


def _is_secret(parameter: _Parameter, names: set[bytes], styles: frozenset[str]) -> bool:
    name, value = _folded(parameter.name), parameter.value
    if is_harmless(value, styles if name in _PASSWORDS else ALL):
        return False
    if name in ALWAYS or has_token_shape(value):
        return True
    if name in OFTEN or (name.endswith(_LAST_WORDS) and not name.endswith(_NO_SECRET)):
        return _CHOSEN.fullmatch(value) is not None and _WORDS.fullmatch(value) is None
    return not names.isdisjoint(BESIDE.get(name, ()))


def _cut(text: bytes, group: _Group, parameter: _Parameter, start: int, end: int) -> Cut:
    name = parameter.name.decode("ascii", "replace")
    shown = name.encode() + b"=****"
    return Cut(
        "fragment" if group.lead == b"#" else "query",
        start,
        end,
        text[start : parameter.start] + shown + text[parameter.end : end],
        secret=unquote_to_bytes(parameter.value),
        name=name,
    )


def _groups(text: bytes, start: int, end: int, quote: bytes) -> list[_Group]:
    content = {b'"': b"'", b"'": b'"'}.get(quote[-1:])
    marks = [
        match
        for match in _MARK.finditer(text, start, end)
        if match["slash"] is None and (match["odd"] is None or match["odd"] != content)
    ]
    groups: list[_Group] = []
    open_group = False
    for number, match in enumerate(marks):
        if match["stop"] is not None or match["odd"] is not None:
            open_group = False
            continue
        if match["lead"] is not None or not open_group:
            groups.append(_Group(match["lead"] or b"", []))
            open_group = True
        limit = marks[number + 1].start() if number + 1 < len(marks) else end
        groups[-1].parameters.append(_parameter(text, match.start(), match.end(), limit))
    return groups


def _parameter(text: bytes, mark: int, start: int, end: int) -> _Parameter:
    name, _, value = text[start:end].partition(b"=")
    return _Parameter(mark, start, end, unquote_to_bytes(name).lower(), value)
