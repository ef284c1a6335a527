"""The schemes that a server offers in `WWW-Authenticate`, and the header that answers.

The realm of a challenge is never used to look up anything. Of its text, only the names of schemes
are shown.
"""

from __future__ import annotations

from base64 import b64encode

from ..errors import HttpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..credential import Credential

SPOKEN = frozenset(("basic", "bearer"))

_LONGEST = 16 * 1024  # characters of a header that are looked at
_LONGEST_NAME = 32
_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")


def schemes(values: Iterable[str]) -> list[str]:
    """The schemes that `WWW-Authenticate` headers offer, in lower case and without repetition.

    https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1. Malformed parts are left out.
    """
    from urllib.request import parse_http_list  # `authorization` does without it

    found: dict[str, None] = {}
    for value in values:
        for item in parse_http_list(value[:_LONGEST]):
            word, _, rest = item.partition(" ")
            # A parameter of the previous challenge, perhaps with blanks around `=`.
            if rest.lstrip().startswith("=") and rest.strip("= "):
                continue
            if 1 <= len(word) <= _LONGEST_NAME and _TOKEN.issuperset(word):
                found[word.lower()] = None
    return list(found)


def authorization(credential: Credential) -> str:
    """The `Authorization` header for a credential: Basic in UTF-8, or Bearer.

    Raises HttpError if no header can carry the credential; the message quotes nothing.
    """
    secret = credential.secret.reveal()
    if credential.authtype is None:
        username = credential.username or b""
        if b":" in username:
            raise HttpError("a username has a colon, which a header cannot have")
        if any(byte < 0x20 or byte == 0x7F for byte in username + secret):
            raise HttpError("a username or password has a control character")
        return f"Basic {b64encode(username + b':' + secret).decode()}"
    if credential.authtype.lower() != b"bearer":
        raise HttpError("a credential is for a scheme other than Basic and Bearer")
    if not secret or any(byte <= 0x20 or byte >= 0x7F for byte in secret):
        raise HttpError("a token has a blank or another character that a header cannot have")
    return f"Bearer {secret.decode()}"
