"""What a source is asked, and what it answers. No input or output."""

from __future__ import annotations

from .urls.service import THIS_MACHINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .credential import Credential
    from .urls.service import Service

    class Source(Protocol):
        """Where a credential can come from.

        `name` is how `explain` and the configuration call it.
        """

        name: str

        def find(self, query: Query, now: int) -> SourceAnswer:
            """What this source has for the query; `now` is in seconds since the epoch.

            Raises nothing. The answer says what is wrong, so that the next source is asked.
            """


# If Git asks for one of these usernames and no entry has it, any account of the host will do. URLs
# hold them for services that look at the token alone.
ANY_ACCOUNT_NAMES = frozenset((b"git", b"oauth2", b"x-access-token", b"x-token-auth", b"__token__"))


def variable_name(index: str) -> str:
    """The NAME in `UV_INDEX_<NAME>_USERNAME` and `UV_INDEX_<NAME>_PASSWORD` of an index.

    Several names share one: `a-b`, `a.b` and `A_B`.
    """
    return "".join(c.upper() if c.isascii() and c.isalnum() else "_" for c in index)


class Query:
    """A request for the credential of a service, perhaps of one username.

    `use` is "git", "index" (package requests to an index), "url" (a file by its URL) or
    "publish". `index` is the name of the index that the service belongs to, or None; Git never asks
    for one. The flags mean:

    * `always`: the index requires a credential.
    * `any_authtype`: the answer may have a scheme other than username and password.
    * `redirected`: a redirect or a file of a project named the service.
    * `bound`: the user's own configuration gives the index this realm.
    * `clear`: the user lets credentials go to the service unencrypted.
    """

    __slots__ = (
        "always",
        "any_authtype",
        "bound",
        "clear",
        "index",
        "redirected",
        "service",
        "use",
        "username",
    )

    def __init__(
        self,
        service: Service,
        username: bytes | None = None,
        *,
        use: str = "git",
        index: str | None = None,
        always: bool = False,
        any_authtype: bool = False,
        redirected: bool = False,
        bound: bool = False,
        clear: bool = False,
    ) -> None:
        self.service = service
        self.username = username
        self.use = use
        self.index = index
        self.always = always
        self.any_authtype = any_authtype
        self.redirected = redirected
        self.bound = bound
        self.clear = clear

    @property
    def steered(self) -> bool:
        """Whether a server or a file of a checkout may have chosen the host.

        For Git this is always so: a submodule can name any URL.
        """
        return self.redirected or self.use == "git"

    @property
    def exact_only(self) -> bool:
        """Whether only a credential for exactly this scheme, host and port may answer.

        This is the one rule for plain http, where anybody on the way can read what is sent.
        """
        return self.unencrypted and not self.clear

    @property
    def unencrypted(self) -> bool:
        """Whether a credential would go over plain http to another machine."""
        return self.service.scheme == "http" and self.service.host not in THIS_MACHINE

    def narrowed(self, username: bytes | None) -> Query:
        """The query for one username. It stays as it is if it has one, or `username` is None."""
        if self.username is not None or username is None:
            return self
        return Query(
            self.service,
            username,
            use=self.use,
            index=self.index,
            always=self.always,
            any_authtype=self.any_authtype,
            redirected=self.redirected,
            bound=self.bound,
            clear=self.clear,
        )


class SourceAnswer:
    """What a source answered: a credential and its `place`, or the `reason` why there is none.

    `place` names a file with its line, a variable or an entry. `warning` is one line for the
    user about a failure, `notice` one about anything else. `fallback` is an expired credential with
    a refresh token, for a caller that can renew it if no other source answers. No text holds a
    secret; all are in lower case, without a full stop. The flags mean:

    * `ambiguous`: there are several accounts, and a username would decide.
    * `exact`: the credential is for exactly the scheme, host and port of the query.
    * `loose`: the credential counts only if the user chose the host.
    * `kept_back`: there is a credential that must not be sent over plain http.
    """

    __slots__ = (
        "ambiguous",
        "credential",
        "exact",
        "fallback",
        "kept_back",
        "loose",
        "notice",
        "place",
        "reason",
        "warning",
    )

    def __init__(
        self,
        credential: Credential | None = None,
        *,
        place: str = "",
        reason: str = "",
        warning: str | None = None,
        fallback: Credential | None = None,
        ambiguous: bool = False,
        exact: bool = False,
        loose: bool = False,
        kept_back: bool = False,
    ) -> None:
        self.credential = credential
        self.fallback = fallback
        self.ambiguous = ambiguous
        self.place = place
        self.reason = reason
        self.warning = warning
        self.exact = exact
        self.loose = loose
        self.kept_back = kept_back
        self.notice: str | None = None


def sendable(answer: SourceAnswer, query: Query) -> SourceAnswer:
    """The answer, or one without a credential if that must not be sent over plain http."""
    found = answer.credential or answer.fallback
    if found is None or answer.exact or not query.exact_only:
        return answer
    return not_for_http(answer.place, answer.warning)


def not_for_http(place: str, warning: str | None = None) -> SourceAnswer:
    """What to report of a credential that was not stored for http."""
    where = f" ({place})" if place else ""
    reason = f"kept back: it was not stored for http{where}"
    return SourceAnswer(reason=reason, warning=warning, kept_back=True)


def with_username(answer: SourceAnswer, query: Query) -> SourceAnswer:
    """The answer; a bare token in it gets the username that its service wants."""
    token = answer.credential
    if token is not None and token.username is None and token.authtype is None:
        from .credential import Credential
        from .urls.conventions import username_for

        name = username_for(query.service, token.secret.reveal(), query.use)
        answer.credential = Credential(
            name, token.secret, expires=token.expires, refresh=token.refresh
        )
    return answer
