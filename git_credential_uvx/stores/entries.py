"""The entries of both files of the shared store, and which of them answers. No input or output.

uv's file has the entries that uv can use. The companion has records, which are credentials that
uv's file cannot hold, and notes about entries of uv's file. A note counts as long as its entry
has the secret that the note was made for, so a login, logout or new password of uv ends it. What
Git erased stays in the companion for a while. It answers nobody, and `restore` brings it back.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..query import ANY_ACCOUNT_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..toml.document import Table
    from ..urls.service import Service

    Account = tuple[str, bytes | None, bytes | None]

COMPANION = "git-credential-uvx.toml"  # in the folder of uv's file

_AFTER_ALL_TIMES = 2**63  # no integer of a TOML file is larger

# What a shell takes as it is.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")

KEPT_ASIDE = 30 * 24 * 3600  # seconds for which `restore` can bring back what Git erased


class Note:
    """What is known about the entry of uv's file with this service, username and secret.

    `git` is whether Git stored it, `hidden` whether a server refused it to Git. `stored` is when
    it was stored, in seconds since the epoch; with `seen` nobody knows, and it is only a guess.
    `rank` orders the accounts of a service. `tie` is `tie_to` of the entry's secret.
    """

    __slots__ = (
        "expires",
        "git",
        "hidden",
        "rank",
        "refresh",
        "seen",
        "service",
        "stored",
        "table",
        "tie",
        "username",
    )

    def __init__(
        self,
        service: Service,
        username: bytes | None,
        tie: str,
        stored: int,
        *,
        rank: int | None = None,
        git: bool = False,
        hidden: bool = False,
        seen: bool = False,
        expires: int | None = None,
        refresh: Secret | None = None,
        table: Table | None = None,
    ) -> None:
        self.service = service
        self.username = username
        self.tie = tie
        self.stored = stored
        self.rank = stored if rank is None else rank
        self.git = git
        self.hidden = hidden
        self.seen = seen
        self.expires = expires
        self.refresh = refresh
        self.table = table


def tie_to(secret: Secret) -> str:
    """A fingerprint of a secret: a salt and 24 bits of a hash.

    That is enough to notice a changed password, and too little to find one: of all passwords that
    a thief could try, one in 16 million fits, and most of those are wrong.
    """
    import os

    salt = os.urandom(8)
    return f"{salt.hex()}:{_digest(secret, salt)}"


def is_tied(tie: str, secret: Secret) -> bool:
    """Whether `tie` was made for `secret`."""
    salt, _, digest = tie.partition(":")
    try:
        return _digest(secret, bytes.fromhex(salt)) == digest
    except ValueError:
        return False


def _digest(secret: Secret, salt: bytes) -> str:
    # This import takes as long as all others together, so only entries with notes pay for it.
    from hashlib import blake2b

    return blake2b(secret.reveal(), salt=salt, digest_size=3).hexdigest()


class Entry:
    """A credential in one of the two files.

    `as_stored` is what the file itself says; `credential` adds the note in force. `tables`
    are its tables, several if uv's file repeats it. `complete` is False for an entry of uv's file
    without a password, which cannot answer. `url_extras` is what its URL has besides the service
    (userinfo, query, fragment), by which uv tells entries apart. `record` is whether it is in the
    companion; then `stored` is when it was put there, `rank` orders the accounts of a service, and
    `shadows` is the tie to a person's entry of the same name, in whose place Git uses it. That
    entry has it as `shadow`. `erased` is when Git erased it, or None. `chosen` is whether a person
    chose its account with `use`.
    """

    __slots__ = (
        "as_stored",
        "chosen",
        "complete",
        "erased",
        "notes",
        "rank",
        "record",
        "service",
        "shadow",
        "shadows",
        "stored",
        "tables",
        "url_extras",
    )

    def __init__(
        self,
        service: Service,
        as_stored: Credential,
        tables: list[Table],
        *,
        complete: bool = True,
        url_extras: str = "",
        record: bool = False,
        stored: int = 0,
        rank: int | None = None,
        shadows: str | None = None,
        erased: int | None = None,
    ) -> None:
        self.service = service
        self.as_stored = as_stored
        self.erased = erased
        self.tables = tables
        self.complete = complete
        self.url_extras = url_extras
        self.record = record
        self.stored = stored
        self.rank = stored if rank is None else rank
        self.shadows = shadows
        self.shadow: Entry | None = None
        self.chosen = False
        self.notes: list[Note] = []

    @property
    def note(self) -> Note | None:
        """The note in force."""
        return next(
            (n for n in reversed(self.notes) if is_tied(n.tie, self.as_stored.secret)), None
        )

    @property
    def hidden(self) -> bool:
        """Whether a server refused it to Git."""
        note = self.note if any(n.hidden for n in self.notes) else None
        return note is not None and note.hidden

    @property
    def by_git(self) -> bool:
        """Whether Git stored it, and so may change and remove it."""
        note = None if self.record or self.url_extras else self.note
        return self.record or (note is not None and note.git)

    @property
    def credential(self) -> Credential:
        """The credential with all that is known about it."""
        note = None
        if any(n.expires is not None or n.refresh is not None for n in self.notes):
            note = self.note
        if note is None:
            return self.as_stored
        return Credential(
            self.as_stored.username,
            self.as_stored.secret,
            authtype=self.as_stored.authtype,
            expires=note.expires,
            refresh=note.refresh,
        )

    @property
    def stored_at(self) -> int | None:
        """When it was stored, in seconds since the epoch; None if nobody knows."""
        if self.record:
            return self.stored or None
        note = self.note
        return None if note is None or note.seen else note.stored or None

    def order(self) -> int:
        """Its rank among the accounts of its service. An entry without a note came after all
        others, because each `store` notes the entries that it finds."""
        if self.record:
            return self.rank
        if self.shadow is not None:
            return self.shadow.rank - 1
        note = self.note
        return _AFTER_ALL_TIMES if note is None else note.rank


def account_key(service: Service, credential: Credential) -> Account:
    """A key that two credentials share if they are for the same account."""
    return (str(service), credential.username, credential.authtype)


class Choice:
    """The account that a person chose for a service with `use`."""

    __slots__ = ("service", "table", "username")

    def __init__(self, service: Service, username: bytes | None, table: Table) -> None:
        self.service = service
        self.username = username
        self.table = table


class Contents:
    """What both files say.

    `entries` are those in force, uv's in the order of its file and then the companion's, with
    their notes. `erased` is what Git erased, `choices` what people chose with `use`, `gone` the
    companion's tables about entries that are no longer there. `unclear` is whether uv's file has
    entries that only uv understands. `warning` is one line about who may write to the files.
    """

    __slots__ = ("choices", "entries", "erased", "gone", "unclear", "warning")

    def __init__(
        self,
        entries: list[Entry],
        erased: list[Entry],
        gone: list[Table],
        *,
        choices: list[Choice] | None = None,
        unclear: bool = False,
    ) -> None:
        self.entries = entries
        self.erased = erased
        self.gone = gone
        self.choices = choices or []
        self.unclear = unclear
        self.warning: str | None = None

    def outdated(self, now: int) -> list[Table]:
        """The tables of erased records whose time is over."""
        return [t for e in self.erased if not is_restorable(e, now) for t in e.tables]


def is_restorable(entry: Entry, now: int) -> bool:
    """Whether `restore` can still bring back an entry that Git erased."""
    return entry.erased is not None and now < entry.erased + KEPT_ASIDE


def merged(
    uv: Iterable[Entry],
    records: Iterable[Entry],
    notes: Iterable[Note],
    erased: list[Entry],
    choices: Iterable[Choice] = (),
    *,
    unclear: bool = False,
) -> Contents:
    """What both files say together.

    Of entries of uv's file with the same key the last one counts, as for uv.
    """
    by_key: dict[tuple[str, bytes | None, str], Entry] = {}
    for entry in uv:
        key = (str(entry.service), entry.as_stored.username, entry.url_extras)
        earlier = by_key.pop(key, None)
        if earlier is not None:
            entry.tables[:0] = earlier.tables
        by_key[key] = entry
    named: dict[tuple[str, bytes | None], list[Entry]] = {}
    for entry in by_key.values():
        named.setdefault((str(entry.service), entry.as_stored.username), []).append(entry)
    gone = _attach(notes, named)
    in_force = []
    for record in records:
        shadowed = named.get((str(record.service), record.as_stored.username), [])
        tie = record.shadows
        if tie is not None:
            shadowed = [e for e in shadowed if is_tied(tie, e.as_stored.secret)]
            for entry in shadowed:
                entry.shadow = record
        if tie is None or shadowed:
            in_force.append(record)
        else:
            gone += record.tables
    known = Contents([*by_key.values(), *in_force], erased, gone, unclear=unclear)
    for choice in choices:
        _choose(known, choice)
    return known


def _attach(
    notes: Iterable[Note], named: dict[tuple[str, bytes | None], list[Entry]]
) -> list[Table]:
    """Give each note to its entry. Returns the tables of notes without one."""
    gone: list[Table] = []
    for note in notes:
        noted = named.get((str(note.service), note.username), [])
        if len(noted) > 1:
            noted = [e for e in noted if is_tied(note.tie, e.as_stored.secret)]
        for entry in noted:
            entry.notes.append(note)
        if not noted and note.table is not None:
            gone.append(note.table)
    return gone


def _choose(known: Contents, choice: Choice) -> None:
    """Mark the entries of the account that a person chose, if it is still there."""
    account = (choice.service, choice.username)
    chosen = [e for e in known.entries if (e.service, e.as_stored.username) == account]
    if chosen:
        known.choices.append(choice)
    else:
        known.gone.append(choice.table)
    for entry in chosen:
        entry.chosen = True


def candidates(
    entries: Iterable[Entry],
    service: Service,
    username: bytes | None,
    *,
    any_account: bool = True,
) -> list[Entry]:
    """The entries that are for this service and username, in their order.

    A username must be equal; None accepts any, and so do the names for
    any account with `any_account`, if they are not stored.
    """
    covering = [e for e in entries if e.complete and e.service.covers(service)]
    if username is None:
        return covering
    exact = [e for e in covering if e.as_stored.username == username]
    return exact if exact or not any_account or username not in ANY_ACCOUNT_NAMES else covering


def typed(command: str, entry: Entry) -> str:
    """The words of a command about an account, as a person types them."""
    service = entry.service
    is_host = service.scheme == "https" and service.path == "/"
    words = [command, service.realm.removeprefix("https://") if is_host else str(service)]
    if entry.as_stored.username:
        words += ["--username", entry.as_stored.username.decode(errors="backslashreplace")]
    return " ".join(word if _PLAIN.issuperset(word) else _quoted(word) for word in words)


def _quoted(word: str) -> str:
    """A word in double quotes for a shell, because messages have commands in single quotes."""
    return '"' + "".join(f"\\{c}" if c in '\\"$`' else c for c in word) + '"'


def best_first(entries: list[Entry]) -> list[Entry]:
    """Longest path first, among equal ones the chosen account first, then by rank."""
    by_length: dict[int, list[Entry]] = {}
    for entry in entries:
        by_length.setdefault(len(entry.service.path), []).append(entry)
    ranked: list[Entry] = []
    for length in sorted(by_length, reverse=True):
        equal = by_length[length]
        if len(equal) > 1:
            # Of two with one rank, the later in the file comes first.
            equal.sort(key=_order)
            equal.reverse()
        ranked += equal
    return ranked


def _order(entry: Entry) -> tuple[bool, int]:
    return entry.chosen, entry.order()
