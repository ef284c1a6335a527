"""What is known of one check; values, without input or output."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Sent:
    """One request: its credential's `source` (None for a bare one) with `username` and `place`,
    and the status that answered, 0 for none."""

    __slots__ = ("place", "source", "status", "username")

    def __init__(
        self,
        status: int,
        source: str | None = None,
        username: bytes | None = None,
        place: str = "",
    ) -> None:
        self.status = status
        self.source = source
        self.username = username
        self.place = place


class Facts:
    """What is known of one check.

    `host` is the name alone, `login` what `login` is told for it. `kind` is "git", "index",
    "publish" or "service" (a credential for a whole service), `sent` the requests to the server
    that answered last. `bare` is the status of a request without a credential beside those, None if
    there was none. `headers` are those of the last answer by names in small letters. `spoken` is
    whether Git's protocol came back, `signin` whether a redirect led to a page for people.
    `wanted` is the username that the service wants with this secret, None for not known, `fixed`
    whether it takes no other. `expires` is in seconds since the epoch. `never` tells that the
    index's policy forbids credentials, `note` what stopped the requests, `certificate` that the
    server asks for a client certificate in words.
    """

    __slots__ = (
        "bare",
        "certificate",
        "expires",
        "fixed",
        "headers",
        "host",
        "kind",
        "login",
        "never",
        "note",
        "now",
        "sent",
        "signin",
        "spoken",
        "wanted",
    )

    def __init__(
        self,
        kind: str,
        host: str,
        sent: Sequence[Sent] = (),
        *,
        bare: int | None = None,
        headers: Mapping[str, str] | None = None,
        spoken: bool = True,
        signin: bool = False,
        wanted: bytes | None = None,
        fixed: bool = False,
        expires: int | None = None,
        now: int = 0,
        never: bool = False,
        note: str = "",
        certificate: bool = False,
        login: str = "",
    ) -> None:
        self.kind = kind
        self.host = host
        self.sent = list(sent)
        self.bare = bare
        self.headers = headers or {}
        self.spoken = spoken
        self.signin = signin
        self.wanted = wanted
        self.fixed = fixed
        self.expires = expires
        self.now = now
        self.never = never
        self.note = note
        self.certificate = certificate
        self.login = login or host

    @property
    def status(self) -> int:
        """The last answer's."""
        return self.sent[-1].status if self.sent else 0

    @property
    def used(self) -> Sent | None:
        """The last request, if it carried a credential."""
        return self.sent[-1] if self.sent and self.sent[-1].source is not None else None

    @property
    def without(self) -> int | None:
        """The status of a request without a credential; None if there was none."""
        bare = [sent.status for sent in self.sent if sent.source is None]
        return bare[0] if bare else self.bare

    @property
    def who(self) -> str:
        """The credential that was sent, for people."""
        used = self.used
        if used is None:
            return "no credential"
        if used.username is None:
            return "the token"
        name = used.username.decode(errors="backslashreplace")
        return f"the password or token of '{name}'" if name else "the token with no username"
