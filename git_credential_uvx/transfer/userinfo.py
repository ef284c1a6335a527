"""The credential in a URL's userinfo; pure. What is a name, a secret or a template there."""

from __future__ import annotations

import re

from ..credential import Credential, Secret
from ..errors import ServiceError
from ..urls.conventions import PASSWORD_FOR_TOKEN, PRESCRIBED, convention_for, username_for
from ..urls.parts import has_slash_in_userinfo, split_authority, split_url
from ..urls.service import Service, root_of, service_from_git, service_from_url
from ..urls.tokens import is_token_alone
from .rows import Found, Refused, Row

_TEMPLATE = re.compile(rb"\$\{[^}]*\}|\{env:[^}]*\}")
_ALL_TEMPLATE = re.compile(rb"\$[A-Z_][A-Z0-9_]*|%[A-Za-z_][A-Za-z0-9_]*%")


def from_url(url: bytes, use: str, line: int, at: int | None = None) -> Row | None:
    """The credential in a URL; None if it has none.

    `use` is "git" (for the whole host), "index" (for the index's root) or "publish" (for the
    very URL). `at` is where the URL begins in its file, None if that is not known.
    """
    scheme, userinfo, _, _ = split_authority(url)
    if scheme.lower() not in (b"https://", b"http://"):
        return None
    bare = re.split(rb"[?#]", url, maxsplit=1)[0]
    userinfo = userinfo.removesuffix(b"@")
    try:
        if has_slash_in_userinfo(bare.decode("latin-1")) or _is_cut(url, bare):
            return Refused("a URL has a '/', '?' or '#' in its username or password", line)
        if not userinfo:
            return None
        if has_template(userinfo):
            return Refused("its URL has a template instead of a secret", line, broken=False)
        protocol, host, path, username, password = split_url(bare)
        service = _service(bare, protocol.lower(), host, use)
        if password is None and username and not is_token_alone(username, service, path or b""):
            known = username in PRESCRIBED
            text = "its URL has a login name without a password"
            return None if known else Refused(text, line, broken=False)
        login = login_of(service, username or b"", password, use)
    except ServiceError as error:
        return Refused(error.about(url="a URL", host="the host of a URL"), line)
    if login is None:
        return None
    start = None if at is None else at + len(scheme)
    span = None if start is None else (start, start + len(userinfo) + 1)
    return Found(service, login, line, span, is_alone=password is None)


def has_template(userinfo: bytes) -> bool:
    """Whether a variable stands in the place of the secret."""
    username, colon, password = userinfo.partition(b":")
    secret = password if colon else username
    # What is open behind the last brace is never closed, and would be looked for again and again.
    closed = userinfo[: userinfo.rfind(b"}") + 1]
    return bool(_TEMPLATE.search(closed) or _ALL_TEMPLATE.fullmatch(secret))


def login_of(
    service: Service, username: bytes, password: bytes | None, use: str
) -> Credential | None:
    """The credential of a username and password; a username alone is a token, or a name that
    services prescribe and no secret. Raises ServiceError where nobody can say."""
    if password is not None and password not in (b"", PASSWORD_FOR_TOKEN):
        return Credential(username, Secret(password))
    if not username or username in PRESCRIBED:
        return None
    if password == b"" and convention_for(service.host) is None:
        raise ServiceError("{} has an empty password, and its username may be a secret", "url")
    name = username_for(service, username, "git" if use == "git" else "index")
    return Credential(name, Secret(username))


def _is_cut(url: bytes, bare: bytes) -> bool:
    # `https://u:p?x@host/`: all that knows URLs ends the host at the mark.
    return b"@" in url[len(bare) :] and b"/" not in bare.partition(b"://")[2] and b"@" not in bare


def _service(bare: bytes, protocol: bytes, host: bytes, use: str) -> Service:
    if use == "git":
        return service_from_git(protocol, host, None)
    service = service_from_url(bare.decode("utf-8", "surrogateescape"))
    if service is None:
        raise ServiceError("{} has a host that programs read differently", "url")
    return root_of(service) if use == "index" else service
