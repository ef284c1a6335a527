"""What `check` learned about one URL; values, without input or output."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from ..urls.service import Service
from ..urls.usernames import is_token, who

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..http.hop import Try


@dataclass(slots=True, eq=False)
class Facts:
    """What `check` learned about one URL.

    `kind` is one of `config.kinds`, `host` the name alone, `login` the service of the
    credential, `check` the one for which it can be tried, None for no other one, `asked` the
    account that the URL names.
    `sent` are the requests to the server that answered last, and `bare` is the status of a further
    request without a credential, None if there was none. `headers` are those of the last answer, by
    names in lower case. `spoken` is whether it was in Git's protocol, `signin` whether a redirect
    led to a page where people sign in. `wanted` is the username that the service wants with this
    secret, None if unknown, and `fixed` whether it takes no other. `expires` and `now` are in
    seconds since the epoch. `never` is whether the index's policy forbids credentials, `note` why
    none was sent, `certificate` whether the server asks for a client certificate in words.
    """

    kind: str
    host: str
    sent: Sequence[Try] = ()
    _: KW_ONLY
    bare: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    spoken: bool = True
    signin: bool = False
    wanted: bytes | None = field(default=None, repr=False)
    fixed: bool = False
    expires: int | None = None
    now: int = 0
    never: bool = False
    note: str = ""
    certificate: bool = False
    login: Service | None = None
    asked: bytes | None = field(default=None, repr=False)
    check: Service | None = field(init=False)

    def __post_init__(self) -> None:
        self.login = self.login or Service("https", self.host, None)
        self.check = self.login

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return self.sent[-1].status if self.sent else 0

    @property
    def used(self) -> Try | None:
        """The last request, if it carried a credential."""
        return self.sent[-1] if self.sent and self.sent[-1].source is not None else None

    @property
    def without(self) -> int | None:
        """The status of a request without a credential; None if there was none."""
        bare = [sent.status for sent in self.sent if sent.source is None]
        return bare[0] if bare else self.bare

    @property
    def who(self) -> str:
        """The credential that was sent and where it is from, for people."""
        used = self.used
        if used is None:
            return "no credential"
        place = "" if used.source == "given" else f" from {self._place(used)}"
        if used.username is None:
            return f"the token{place}"
        if not used.username:
            return f"the token (no username){place}"
        if is_token(used.username):
            return f"the token{place}"
        return f"the password or token of {who(used.username)}{place}"

    @staticmethod
    def _place(used: Try) -> str:
        """Where a credential is from, in the words of people."""
        if used.source == "url":
            return "the URL"
        if used.source == "redirect":
            return "a redirect"
        if used.source == "store":
            return "the store"
        return used.place or used.source or ""
