"""Which parameters of a query or a fragment are secrets, and how they go.

A parameter goes with the one of `?` and `&` that leaves the others as they are. Its name counts
without case and after percent-decoding. HTML writes the separator as `&amp;`, JSON as `\\u0026`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from .findings import Cut
from .userinfo import is_harmless

ALWAYS = frozenset(
    (
        *(b"private_token", b"access_token", b"job_token", b"auth_token", b"token"),
        *(b"api_key", b"apikey", b"password"),
        *(b"x-amz-signature", b"x-amz-credential", b"x-amz-security-token"),
        *(b"x-goog-signature", b"x-goog-credential"),
    )
)

# A secret only beside one of these; the names mean other things elsewhere.
BESIDE = {
    b"sig": frozenset((b"se", b"sv")),
    b"signature": frozenset((b"awsaccesskeyid", b"googleaccessid")),
}

# A second `?` and a `;` separate only where a name follows. What stops a value: the marker of a
# PEP 508 requirement, a quote, and a backslash, which belongs to the text around the URL.
_KEY = rb"[A-Za-z0-9_.~%-]{1,64}="
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


# Every name above holds one of these, or an escape.
_HINT = re.compile(rb"token|key|passw|sig|cred|%", re.IGNORECASE)


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


def secret_parameters(text: bytes, start: int, end: int, quote: bytes) -> list[Cut]:
    """The secrets among the parameters of the URL tail `start` to `end`.

    `quote` is the quote that is open around the URL; the other kind is part of a value.
    """
    cuts = []
    for group in _groups(text, start, end, quote):
        names = {parameter.name for parameter in group.parameters}
        secret = [_is_secret(parameter, names) for parameter in group.parameters]
        kept_before = not group.lead
        for number, parameter in enumerate(group.parameters):
            if not secret[number]:
                kept_before = True
                continue
            first, last = parameter.mark, parameter.end
            if not kept_before and not all(secret):
                first, last = parameter.start, group.parameters[number + 1].start
            cuts.append(_cut(text, group, parameter, first, last))
    return cuts


def _is_secret(parameter: _Parameter, names: set[bytes]) -> bool:
    companions = BESIDE.get(parameter.name)
    if parameter.name not in ALWAYS and (companions is None or not companions & names):
        return False
    return not is_harmless(parameter.value)


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
