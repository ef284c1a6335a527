"""What the sanitizer finds, and what it took out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..credential import Credential
from ..urls.conventions import username_for

if TYPE_CHECKING:
    from ..credential import Secret
    from ..urls.service import Service

# What is said of a refused URL.
REFUSED = "may have a secret that cannot be cut out safely"

# The kinds, each with one sentence for a report.
KINDS = {
    "password": "A URL has a password.",
    "token": "A URL has a token in the place of a username.",
    "query": "A URL has a secret in its query.",
    "fragment": "A URL has a secret in its fragment.",
    "refused": f"A URL {REFUSED}.",
}

# The kinds in a few words, for people.
LABELS = {
    "password": "password in URL",
    "token": "token in URL",
    "query": "secret in query",
    "fragment": "secret in fragment",
    "refused": "cannot be cut safely",
    "login": "login name in URL",
}

# Of these nothing is taken out.
_STAYS = ("refused", "login")


@dataclass(frozen=True, slots=True)
class SecretFinding:
    """One secret in a text.

    `start` and `end` delimit its bytes in the original. `line` and `column` count from 1,
    columns in code points, and `end_column` is the one after it. Only a refusal may cross a line
    end, which a backslash joins to the next line; its `end_column` is that of the first line.
    `mask` is what a person sees in the place of the bytes, `redacted` the URL around them, which
    has the bytes `url`.

    `service` is what the secret is for, None where that is no http(s) service. `username` is
    None for a token that stood alone. `use` is that of a Query: "git", "index" or "url".
    `name` is that of the parameter, for a query or fragment.

    Nothing was taken out where `kind` is "refused" (then `secret` is None) or "login" (a login
    name without a password, which is not a secret), or where `allowed` is set.
    """

    kind: str
    start: int
    end: int
    line: int
    column: int
    end_column: int
    redacted: str
    mask: bytes
    url: tuple[int, int] = (0, 0)
    service: Service | None = field(default=None, repr=False)
    username: bytes | None = field(default=None, repr=False)
    secret: Secret | None = field(default=None, repr=False)
    use: str = "url"
    name: str = ""
    allowed: bool = False

    @property
    def removed(self) -> bool:
        """Whether its bytes are missing from the clean text."""
        return self.kind not in _STAYS and not self.allowed

    def credential(self) -> Credential | None:
        """What to store; None where there is no service or no userinfo that it came from.

        A token goes under the username that its host expects.
        """
        if self.service is None or self.secret is None or self.kind not in ("password", "token"):
            return None
        username = self.username
        if username is None:
            username = username_for(self.service, self.secret.reveal(), self.use)
        return Credential(username, self.secret)


@dataclass(frozen=True, slots=True)
class Staying:
    """A secret that stays in its file, why, and what a person can do about it: to the file, or with
    an option of `sanitize --write`, "" for none."""

    finding: SecretFinding
    reason: str
    advice: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class Sanitized:
    """A text without its secrets, the secrets, and the login names without a password."""

    clean: bytes = field(repr=False)
    findings: tuple[SecretFinding, ...]
    names: tuple[SecretFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """What one rule says of a URL: the bytes `start` to `end` are a secret of this kind.

    `kind` is "refused" where the bytes may be one and have to stay.
    """

    kind: str
    start: int
    end: int
    mask: bytes
    username: bytes | None = field(default=None, repr=False)
    secret: bytes | None = field(default=None, repr=False)
    name: str = ""
