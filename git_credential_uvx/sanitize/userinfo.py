"""Finds the secret in a userinfo.

In the http(s) family a secret takes the whole userinfo with it, because Git and uv would ask for
the login name that is left. In other schemes the login name stays, because a connection without it
fails. `x:@` is read as `x`, and an empty password is not a secret.

A part that consists of templates is not a secret (see `templates`), and neither are asterisks,
which a mask leaves. Text with a template in it is a secret. A password that only other kinds of
files would fill in may be a secret, so it is refused. So is a template with a default.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from ..urls.conventions import PASSWORD_FOR_TOKEN, PRESCRIBED
from ..urls.tokens import has_token_shape, is_token_alone
from .findings import Cut
from .templates import ALL, WITH_COLONS, is_filled_in, is_harmless, literal_in

if TYPE_CHECKING:
    from ..urls.service import Service
    from ..urls.tokens import IsAccount
    from .findings import SecretFinding

_FILLED_IN = re.compile(rb"[${}]")
_NAME = re.compile(rb"(?>(?:" + WITH_COLONS + rb"|[^:])*)")


def is_http(scheme: bytes) -> bool:
    """Whether a scheme, in lower case, is of the http(s) family: `git+https` is, and so is pip's
    option `-i` with its value, `-ihttps`."""
    return scheme.endswith((b"http", b"https"))


def split(userinfo: bytes) -> tuple[bytes, bytes | None]:
    """Username and password: split at the first colon that is not inside `{env:NAME}`. The password
    is None without such a colon."""
    match = _NAME.match(userinfo)
    name = b"" if match is None else match.group()
    return name, userinfo[len(name) + 1 :] if len(name) < len(userinfo) else None


def login_name(found: SecretFinding, userinfo: bytes | None = None) -> bytes:
    """What stays of a userinfo with its `@`: the login name as it is spelled, or for a token alone
    and for an unknown spelling the name under which it is stored."""
    credential = found.credential()
    if credential is not None and (found.username is None or userinfo is None):
        return quote(credential.username or b"", safe="").encode() + b"@"
    return split((userinfo or b"")[:-1])[0] + b"@"


def _has_default(value: bytes) -> bool:
    literal = literal_in(value)
    return literal not in PRESCRIBED and not is_harmless(literal)


def secret_of(
    scheme: bytes, userinfo: bytes, start: int, styles: frozenset[str] = ALL
) -> Cut | None:
    """The secret of a userinfo that begins at `start` and has an `@` after it; None if it has none.

    The kind "login" stands for a username alone, of which `decided` says whether it is a token.
    """
    name, password = split(userinfo)
    end = start + len(userinfo) + 1
    if password is not None and not is_harmless(password):
        is_mere_password = not has_token_shape(password)
        if password == PASSWORD_FOR_TOKEN or (has_token_shape(name) and is_mere_password):
            return Cut("token", start, end, b"****@", None, unquote_to_bytes(name))
        if not name:
            username: bytes | None = b""
        elif is_harmless(name, styles) or is_filled_in(name, styles):
            username = None  # a template, which is nobody's name
        else:
            username = unquote_to_bytes(name)
        # A name that has the shape of a token is a second secret, and no login name.
        if is_http(scheme) or not name or has_token_shape(name):
            return Cut("password", start, end, b"****@", username, unquote_to_bytes(password))
        colon = start + len(name)
        return Cut("password", colon, end - 1, b":****", username, unquote_to_bytes(password))
    if password is not None and not is_harmless(password, styles):
        return Cut("refused", start, end, b"****@")
    alone = not password
    if (not alone or is_http(scheme)) and _has_default(name if alone else password or b""):
        return Cut("refused", start, end, b"****@")
    if has_token_shape(name):
        return Cut("token", start, end, b"****@", None, unquote_to_bytes(name))
    if not alone or not is_http(scheme) or name in PRESCRIBED or is_harmless(name):
        return None
    # No login name has a part that is filled in later.
    kind = "token" if _FILLED_IN.search(name) else "login"
    return Cut(kind, start, end, b"****@", None, unquote_to_bytes(name))


def decided(
    cut: Cut, service: Service | None, path: bytes = b"", is_account: IsAccount | None = None
) -> Cut:
    """The same cut, with the kind "token" for a username alone that is a token."""
    if cut.kind != "login" or not is_token_alone(cut.secret or b"", service, path, is_account):
        return cut
    return replace(cut, kind="token")
