"""A secret, and the credential that contains it."""

_WORDS = (b"[redacted]", b"<redacted>")


def is_mask(value: bytes) -> bool:
    """Whether a program showed this in place of a secret."""
    return (len(value) > 2 and not value.strip(b"*")) or value.lower() in _WORDS


class Secret:
    """Bytes that are never shown by accident.

    `str`, `repr` and `format` give a mask of fixed width. A secret cannot be pickled or hashed.
    Only `reveal` gives the clear bytes.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """The clear bytes."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Secret('****')"

    def __str__(self) -> str:
        return "****"

    def __format__(self, spec: str) -> str:
        return "****"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a secret cannot be pickled")


class Credential:
    """A username with its secret, or a scheme with its token.

    `username` is None for a scheme that has none; an empty username is a username.
    `authtype` is None for username and password, else the scheme to send (`Bearer`).
    `expires` is in seconds since the epoch, None for no known end.
    `refresh` is the OAuth refresh token that came with the secret.
    """

    __slots__ = ("authtype", "expires", "refresh", "secret", "username")

    def __init__(
        self,
        username: bytes | None,
        secret: Secret,
        *,
        authtype: bytes | None = None,
        expires: int | None = None,
        refresh: Secret | None = None,
    ) -> None:
        self.username = username
        self.secret = secret
        self.authtype = authtype
        self.expires = expires
        self.refresh = refresh

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Credential)
            and (self.username, self.authtype) == (other.username, other.authtype)
            and (self.secret, self.refresh) == (other.secret, other.refresh)
            and self.expires == other.expires
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Credential(username={self.username!r}, secret={self.secret!r})"

    def expired(self, now: int) -> bool:
        """Whether the secret has expired at `now`, in seconds since the epoch."""
        return self.expires is not None and self.expires <= now
