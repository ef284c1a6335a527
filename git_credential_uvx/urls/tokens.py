"""Tokens that can be recognized by their shape, and usernames that are tokens.

In `https://NAME@host/`, NAME is either a token or a login name. `is_token_alone` decides that for
every command, so that all of them store, keep and report the same.
"""

from __future__ import annotations

import re

from .conventions import PRESCRIBED, convention_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .service import Service

    # Whether the store has an account of this name in the realm of the service.
    IsAccount = Callable[[Service, bytes], bool]

# Bytes. Every token has at least as many, and most login names have fewer.
SHORTEST = 16

# Beginnings that issuers document, each with the fewest characters that follow.
SHAPES = (
    rb"gh[opusr]_[A-Za-z0-9]{20,255}",
    rb"github_pat_[A-Za-z0-9_]{20,255}",
    rb"gl(?:pat|cbt|dt|rt|ft|oas|soat|ptt|imt|agent|ffct)-[A-Za-z0-9_.=-]{16,512}",
    rb"pypi-[A-Za-z0-9_-]{40,1024}",
    rb"npm_[A-Za-z0-9]{30,64}",
    rb"hf_[A-Za-z0-9]{20,64}",
    rb"AT(?:ATT|CTT|BB)[A-Za-z0-9_=.-]{20,1024}",
    rb"xox[abeoprs]-[A-Za-z0-9-]{10,255}",
    rb"ya29\.[A-Za-z0-9_-]{20,2048}",
    rb"dckr_pat_[A-Za-z0-9_-]{20,64}",
    rb"hv[sbr]\.[A-Za-z0-9_-]{20,255}",
    rb"eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,4096}",
)
TOKEN = re.compile(rb"(?<![A-Za-z0-9])(?:" + rb"|".join(SHAPES) + rb")")

# People log in with these, and no token has an `@`.
_MAIL_ADDRESS = re.compile(rb"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")

# Until April 2021 GitHub's tokens had no beginning of their own; no login name is that long.
OLD_GITHUB = re.compile(rb"[0-9a-f]{40}")


def has_token_shape(value: bytes) -> bool:
    """Whether a value is a token by its shape."""
    return TOKEN.match(value) is not None


def is_token_alone(
    name: bytes, service: Service | None, path: bytes = b"", is_account: IsAccount | None = None
) -> bool:
    """Whether a username without a password, in an http(s) URL, is a token and not a login name.

    It is a token if it has the shape of one. Otherwise it is one if it has at least `SHORTEST`
    bytes, unless services prescribe it, it is a mail address, the store has such an account there,
    the path begins with it (`https://myorg@dev.azure.com/myorg/project`), or every token of the
    host has a known shape.

    `name` is decoded, `path` is as the URL has it. `service` is None if the URL has no usable host.
    """
    if has_token_shape(name):
        return True
    if len(name) < SHORTEST or name in PRESCRIBED or _MAIL_ADDRESS.fullmatch(name):
        return False
    if path.strip(b"/").partition(b"/")[0].lower() == name.lower():
        return False
    if service is None:
        return True
    convention = convention_for(service.host)
    if convention is not None and convention.shaped:
        return OLD_GITHUB.fullmatch(name) is not None
    return is_account is None or not is_account(service, name)
