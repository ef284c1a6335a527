"""What of a userinfo is a secret.

In the http(s) family a secret takes the whole userinfo with it: a login name that is left
over there would be asked for by name. In other schemes the login name stays, because a
connection without it fails. `x:@` is read as `x`, and an empty password is no secret.

A part that is wholly templates is none either, see `templates`, nor is one of asterisks, which is
what a mask leaves. A text with a template in it is a secret. A password that only other kinds of
files would fill in may be one, so it is refused, and so is a template with a default.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from ..credential import is_mask
from ..urls.conventions import PASSWORD_FOR_TOKEN, PRESCRIBED
from .findings import Cut
from .shapes import is_token
from .templates import ALL, WITH_COLONS, is_filled_in, is_template, literal_in

_NAME = re.compile(rb"(?>(?:" + WITH_COLONS + rb"|[^:])*)")


def is_http(scheme: bytes) -> bool:
    """Whether a scheme, in lower case, is of the http(s) family.

    `-ihttps` is pip's option with its value, and `git+https` is https.
    """
    return scheme.endswith((b"http", b"https"))


def is_harmless(value: bytes, styles: frozenset[str] = ALL) -> bool:
    """Whether a value tells nothing: it is empty, wholly templates, or a mask.

    `styles` are those of the templates that the file knows, by default all of them.
    """
    if not value.strip(b"*") or is_template(value, styles):
        return True
    return is_mask(unquote_to_bytes(value))


def split(userinfo: bytes) -> tuple[bytes, bytes | None]:
    """Username and password; None where there is no colon. The one in `{env:NAME}` is no such."""
    match = _NAME.match(userinfo)
    name = b"" if match is None else match.group()
    return name, userinfo[len(name) + 1 :] if len(name) < len(userinfo) else None


def _has_default(value: bytes) -> bool:
    literal = literal_in(value)
    return literal not in PRESCRIBED and not is_harmless(literal)


def secret_of(
    scheme: bytes, userinfo: bytes, start: int, styles: frozenset[str] = ALL
) -> Cut | None:
    """The secret of a userinfo that begins at `start` and has an `@` after it; None for none."""
    name, password = split(userinfo)
    end = start + len(userinfo) + 1
    if password is not None and not is_harmless(password):
        if password == PASSWORD_FOR_TOKEN or (is_token(name) and not is_token(password)):
            return Cut("token", start, end, b"****@", None, unquote_to_bytes(name))
        username = b"" if not name else None
        if name and not is_harmless(name, styles) and not is_filled_in(name, styles):
            username = unquote_to_bytes(name)
        # A name that has the shape of a token is a second secret, and no login name.
        if is_http(scheme) or not name or is_token(name):
            return Cut("password", start, end, b"****@", username, unquote_to_bytes(password))
        colon = start + len(name)
        return Cut("password", colon, end - 1, b":****", username, unquote_to_bytes(password))
    if password is not None and not is_harmless(password, styles):
        return Cut("refused", start, end, b"****@")
    alone = not password
    if (not alone or is_http(scheme)) and _has_default(name if alone else password or b""):
        return Cut("refused", start, end, b"****@")
    lone_token = alone and is_http(scheme) and name not in PRESCRIBED and not is_harmless(name)
    if lone_token or is_token(name):
        return Cut("token", start, end, b"****@", None, unquote_to_bytes(name))
    return None
