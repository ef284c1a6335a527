"""Masks what can be a secret in a line for people: a log, a message of somebody else's program.

Here too much is better than too little, and nothing is ever changed back. What is known to be a
secret is masked by its value, in every form that it may have taken; what only looks like one, by
its place or its shape. For one URL by itself `urls.redact` masks more.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .runs import SEPARATOR, scheme_start
from .text import sanitize_bytes
from .tokens import mask_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..credential import Credential

MASK = "****"

# Characters. Shorter values are words of any text: masking them would tell what they are.
_SHORTEST = 6

# What is left of a masked URL may look like another one; beyond that a text is masked whole.
_ROUNDS = 6

# ECMA-48: control sequences, then operating system commands. They may stand inside a secret.
_ANSI = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")

# A word is what no quote, angle bracket or white space parts.
_WORD = re.compile(r"[^\s\"'<>`]++")
_READABLE = re.compile(r"git|\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%|\{env:[A-Za-z_]\w*\}|\*+")

_HEADER = re.compile(
    r"(?i)((?:proxy-)?authorization|(?:set-)?cookie2?|private-token|job-token|deploy-token"
    r"|x-[a-z0-9-]{0,40}(?:token|key|secret|password|signature|credential)"
    r"|api-key|www-authenticate-token)"
    r"([\"']?+\s*+[:=,]\s*+)(?:([bru]{0,2}\")(?>(?:[^\"\\\r\n]|\\.)*)|([bru]{0,2}')(?>(?:[^'\\\r\n]|\\.)*)"
    r"|[^\]\r\n\"']*+)"
)
# A header as httpcore logs it, of any name that tells of a secret, and a SOCKS proxy's account.
_LOGGED_HEADER = re.compile(
    r"(\(b['\"])([^'\"]*+)(['\"], b)('(?>(?:[^'\\]|\\.)*)'|\"(?>(?:[^\"\\]|\\.)*)\")"
)
_SECRET_HEADER = re.compile(r"(?i)token|key|secret")
_BYTES = r"b(?:'(?>(?:[^'\\]|\\.)*)'|\"(?>(?:[^\"\\]|\\.)*)\")"
_ACCOUNT = re.compile(rf"\bauth=\({_BYTES}, {_BYTES}\)")
# `git-credential-uvx token HOST` is a command, which messages advise.
_SCHEME = re.compile(
    r"(?i)\b(?<!credential-uvx )(Basic|Bearer|Negotiate|Token)(\s++)(?!realm\b)"
    r"[A-Za-z0-9+/_.~=-]{6,}+"
)

# A path that ends in `credentials`, which is where uv and Git keep theirs, is no field.
_FIELD = re.compile(
    r"(?i)(passw(?:or)?d|passphrase|secret|token|api[_-]?key|apikey|signature"
    r"|(?<!git-)(?!(?<=/)credentials': )credential"
    r"|jsessionid|sessionid|\bsig\b|private[_-]?key)"
    r"([A-Za-z0-9_-]{0,32}+(?>(?:%22|\\?[\"'])?)\s*+(?:=|:|%3[ad])\s*+)"
    r"(?:(\")(?>(?:[^\"\\\r\n]|\\.)*)|(')(?>(?:[^'\\\r\n]|\\.)*)|(\\\")[^\"\\\r\n]*+"
    r"|[^\s&;#,\"'<>)\]}]++)",
)
# A line of Git's protocol is a value to its end, blanks and all.
_PROTOCOL = re.compile(
    r"(?m)^(password|credential|oauth_refresh_token|username_password)=[^\r\n]++"
)
_PARAMETER = re.compile(r"(?<=[?&;#])([A-Za-z0-9_.~%-]{1,64})(=)[^\s&;#,\"'<>)\]}]++")
_SECRET_NAME = re.compile(_FIELD.pattern.partition("([A-Za-z0-9_-]{0,32}+")[0])
# `image:tag@sha256:...` names a container.
_DIGEST = re.compile(r"sha(?:256|384|512):[0-9a-f]{2,}+.{0,2}")
_BEFORE_NAME = re.compile(r".*[=(\[{,;|]", re.DOTALL)


def redact(text: object, known: Iterable[Credential] = ()) -> str:
    """Mask whatever can be a secret in a text, such as a line of a log.

    The secrets of `known` are masked in every form, except those of fewer than 6 characters. Bytes
    are read as UTF-8. Raises nothing: a text that cannot be searched becomes the mask.
    """
    try:
        shown = _as_text(text)
        forms = sorted({form for one in known for form in _forms(one)}, key=len, reverse=True)
        for _ in range(_ROUNDS):
            before, shown = shown, _redact(shown, forms)
            if shown == before:
                return shown
    except Exception:
        # The caller would log the text itself otherwise.
        return MASK
    return MASK


def _forms(credential: Credential) -> list[str]:
    """The forms in which a secret appears in texts: escaped, encoded, and as Basic sends it."""
    value = credential.secret.reveal()
    if len(value) < _SHORTEST:
        return []
    text = value.decode("utf-8", "backslashreplace")
    once = quote(value, safe="")
    forms = [text, once, once.lower(), quote(once, safe=""), quote(value)]
    forms += [once.replace("%20", "+"), value.hex(), value.hex().upper()]
    forms += [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]]
    forms += [repr(text)[1:-1], repr(value)[2:-1]]
    for plain in (value, (credential.username or b"") + b":" + value):
        for encoded in (b64encode(plain), urlsafe_b64encode(plain)):
            forms += [encoded.decode(), encoded.decode().rstrip("=")]
    return [form for form in forms if len(form) >= _SHORTEST]


def _as_text(text: object) -> str:
    if isinstance(text, (bytes, bytearray)):
        return bytes(text).decode("utf-8", "backslashreplace")
    return text if isinstance(text, str) else str(text)


def _redact(text: str, known: list[str]) -> str:
    text = _known_masked(text, known)
    # First of all: whatever else is masked or dropped can take along what makes a URL one.
    text = _without_findings(text)
    if "\x1b" in text:
        text = _without_findings(_known_masked(_ANSI.sub("", text), known))
    text = _PROTOCOL.sub(lambda match: f"{match[1]}={MASK}", text)
    text = _ACCOUNT.sub(f"auth=({MASK})", text)
    text = _LOGGED_HEADER.sub(_logged_header, text)
    text = _HEADER.sub(_masked_value, text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _WORD.sub(lambda match: _word(match.group()), text)
    text = _FIELD.sub(_masked_value, text)
    text = _PARAMETER.sub(_parameter, text)
    return mask_tokens(text, MASK)


def _known_masked(text: str, known: list[str]) -> str:
    for form in known:
        text = text.replace(form, MASK)
    return text


def _logged_header(match: re.Match[str]) -> str:
    if not _SECRET_HEADER.search(match[2]):
        return match[0]
    return f"{match[1]}{match[2]}{match[3]}'{MASK}'"


def _masked_value(match: re.Match[str]) -> str:
    opening = "".join(mark or "" for mark in match.groups()[2:])
    return f"{match[1]}{match[2]}{opening}{MASK}"


def _without_findings(text: str) -> str:
    """What the sanitizer would take out or refuse, masked: it knows which quotes end a URL."""
    data = text.encode("utf-8", "surrogatepass")
    pieces, position = [], 0
    result = sanitize_bytes(data)
    # A login name may be a short password after all.
    for found in sorted((*result.findings, *result.names), key=lambda one: one.start):
        pieces += [data[position : found.start], found.mask]
        position = found.end
    return b"".join([*pieces, data[position:]]).decode("utf-8", "surrogatepass")


def _parameter(match: re.Match[str]) -> str:
    # A name may be escaped, in part or as a whole.
    if "%" not in match[1] or not _SECRET_NAME.search(unquote(match[1])):
        return match[0]
    return f"{match[1]}={MASK}"


def _word(word: str) -> str:
    if "@" not in word:
        return word
    if "://" in word or r":\/\/" in word:
        return _urls(word)
    return _location(word)


def _urls(word: str) -> str:
    """A word with URLs: each loses what stands before the last `@` that can end a userinfo."""
    data = word.encode("utf-8", "surrogatepass")
    marks = [match.span() for match in SEPARATOR.finditer(data)]
    # What stands before the first may be the end of another one, which a quote has parted.
    position = scheme_start(data, 0, marks[0][0])
    before = data[:position].decode("utf-8", "surrogatepass")
    pieces = [_location(before).encode("utf-8", "surrogatepass")]
    for number, (_, authority) in enumerate(marks):
        end = len(data)
        if number + 1 < len(marks):
            end = scheme_start(data, authority, marks[number + 1][0])
        pieces.append(data[position:authority])
        pieces.append(_masked_authority(data[authority:end]))
        position = end
    return b"".join(pieces).decode("utf-8", "surrogatepass")


def _masked_authority(rest: bytes) -> bytes:
    ends = [at for mark in (b"/", b"?", b"#", b"\\") if (at := rest.find(mark)) >= 0]
    authority = rest[: min(ends)] if ends else rest
    at = authority.rfind(b"@")
    last = rest.rfind(b"@")
    # An unescaped slash in a password leaves its colon before an `@` of the path.
    if last > at and (b":" in authority[at + 1 :] or b":" in rest[len(authority) : last]):
        at = last
    if at < 0 or _READABLE.fullmatch(rest[:at].decode("utf-8", "replace")):
        return rest
    return MASK.encode() + rest[at:]


def _location(word: str) -> str:
    """A word like `name:password@host:path`, which is no URL."""
    head, _, host = word.rpartition("@")
    if ":" not in head or not head.strip(":") or _DIGEST.fullmatch(host):
        return word
    prefix = _BEFORE_NAME.match(head.partition(":")[0])
    kept = prefix.group() if prefix else ""
    return f"{kept}{MASK}@{host}"
