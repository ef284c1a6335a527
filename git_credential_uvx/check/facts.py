"""What `check` learned about one URL; values, without input or output."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..http.hop import Try


@dataclass(slots=True, eq=False)
class Facts:
    """What `check` learned about one URL.

    `kind` is one of `config.kinds`, `host` the name alone, `login` the argument of `login` that
    replaces the credential, `check` the one of `check` that tries it elsewhere, "" for none.
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
    login: str = ""
    check: str = field(init=False)

    def __post_init__(self) -> None:
        self.login = self.login or self.host
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
    def name(self) -> str:
        """The username that was sent, "" for none."""
        used = self.used
        username = None if used is None else used.username
        return "" if username is None else username.decode(errors="backslashreplace")

    @property
    def who(self) -> str:
        """The credential that was sent and where it is from, for people."""
        used = self.used
        if used is None:
            return "no credential"
        place = "" if used.source == "given" else f" from {self._place(used)}"
        if used.username is None:
            return f"the token{place}"
        if not self.name:
            return f"the token (no username){place}"
        return f"the password or token of '{self.name}'{place}"

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
