"""The companion of uv's file, for what uv cannot hold. No input or output.

A table with a `tie` is a note about an entry of uv's file. Any other is a record, which is a
credential of its own. With `shadows`, Git uses it in place of a person's entry of the same name,
as long as that entry has the same password as then. A record with `erased` answers nobody. A
table with `use` names the account that a person chose for a service. `rank` is there if the
order of the accounts is not that of `stored`. A value that is not UTF-8 has `-base64` at the end
of its key.

    [[credential]]                              [[credential]]
    service = "https://git.example.com/"        service = "https://git.example.com/"
    username = "bob"                            username = "alice"
    secret = "..."                              tie = "0f3a...:c0ffee"
    stored = 1767225600                         git = true
                                                expires = 1767229200
    [[credential]]                              stored = 1767225600
    service = "https://git.example.com/"
    username = "bob"
    use = true
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..errors import DocumentError, ServiceError
from ..urls.service import Service, service_from_url
from .entries import Choice, Entry, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..toml.document import Fields, Table

HEADING = b"# What Git knows and credentials.toml cannot hold. Written by git-credential-uvx.\n"


def contents(
    tables: Iterable[Table],
) -> tuple[list[Entry], list[Note], list[Entry], list[Choice]]:
    """The records, the notes, the erased records and the choices. Raises DocumentError with the
    line."""
    records: list[Entry] = []
    notes: list[Note] = []
    erased: list[Entry] = []
    choices: list[Choice] = []
    for table in tables:
        service = _service(table)
        if service is None:
            continue
        if "tie" in table.fields:
            notes.append(_note(service, table))
        elif table.fields.get("use") is True:
            choices.append(Choice(service, _bytes(table, "username"), table))
        else:
            record = _record(service, table)
            (records if record.erased is None else erased).append(record)
    return records, notes, erased, choices


def _service(table: Table) -> Service | None:
    text = table.fields.get("service")
    if not isinstance(text, str):
        raise DocumentError("an entry has no 'service'", table.line)
    try:
        return service_from_url(text)
    except ServiceError as error:
        raise DocumentError(str(error), table.line) from None


def _note(service: Service, table: Table) -> Note:
    tie = _bytes(table, "tie") or b""
    return Note(
        service,
        _bytes(table, "username"),
        tie.decode(),
        _number(table, "stored") or 0,
        rank=_number(table, "rank"),
        git=table.fields.get("git") is True,
        hidden=table.fields.get("hidden") is True,
        seen=table.fields.get("seen") is True,
        expires=_number(table, "expires"),
        refresh=_secret(table, "refresh-token"),
        table=table,
    )


def _record(service: Service, table: Table) -> Entry:
    secret = _secret(table, "secret")
    if secret is None:
        raise DocumentError("an entry has neither 'secret' nor 'tie'", table.line)
    credential = Credential(
        _bytes(table, "username"),
        secret,
        authtype=_bytes(table, "authtype"),
        expires=_number(table, "expires"),
        refresh=_secret(table, "refresh-token"),
    )
    shadows = _bytes(table, "shadows")
    return Entry(
        service,
        credential,
        [table],
        record=True,
        stored=_number(table, "stored") or 0,
        rank=_number(table, "rank"),
        shadows=None if shadows is None else shadows.decode(),
        erased=_number(table, "erased"),
    )


def _bytes(table: Table, key: str) -> bytes | None:
    value = table.fields.get(key)
    if isinstance(value, str):
        return value.encode()
    encoded = table.fields.get(f"{key}-base64")
    if isinstance(encoded, str):
        from binascii import Error, a2b_base64

        try:
            return a2b_base64(encoded)
        except Error:
            raise DocumentError(f"'{key}-base64' is not base64", table.line) from None
    if value is not None or encoded is not None:
        raise DocumentError(f"'{key}' is not a string", table.line)
    return None


def _secret(table: Table, key: str) -> Secret | None:
    value = _bytes(table, key)
    return None if value is None else Secret(value)


def _number(table: Table, key: str) -> int | None:
    value = table.fields.get(key)
    if value is not None and type(value) is not int:
        raise DocumentError(f"'{key}' is not a whole number", table.line)
    return value


def record_fields(
    service: Service,
    credential: Credential,
    stored: int,
    shadows: str | None = None,
    *,
    rank: int | None = None,
    erased: int | None = None,
) -> Fields:
    """A credential as a record."""
    return {
        "service": str(service),
        **_text_or_base64("username", credential.username),
        **_text_or_base64("authtype", credential.authtype),
        **_text_or_base64("secret", credential.secret.reveal()),
        **({} if shadows is None else {"shadows": shadows}),
        **_metadata(credential.expires, credential.refresh),
        **_times(stored, rank),
        **({} if erased is None else {"erased": erased}),
    }


def note_fields(note: Note) -> Fields:
    """A note as a table."""
    return {
        "service": str(note.service),
        **_text_or_base64("username", note.username),
        "tie": note.tie,
        **({"git": True} if note.git else {}),
        **({"hidden": True} if note.hidden else {}),
        **({"seen": True} if note.seen else {}),
        **_metadata(note.expires, note.refresh),
        **_times(note.stored, note.rank),
    }


def choice_fields(service: Service, username: bytes | None) -> Fields:
    """The table that says which account a person chose for a service."""
    return {"service": str(service), **_text_or_base64("username", username), "use": True}


def _times(stored: int, rank: int | None) -> Fields:
    return {"stored": stored, **({} if rank in (None, stored) else {"rank": rank})}


def _metadata(expires: int | None, refresh: Secret | None) -> Fields:
    return {
        **_text_or_base64("refresh-token", None if refresh is None else refresh.reveal()),
        **({} if expires is None else {"expires": expires}),
    }


def _text_or_base64(key: str, value: bytes | None) -> Fields:
    if value is None:
        return {}
    try:
        return {key: value.decode()}
    except UnicodeDecodeError:
        from binascii import b2a_base64

        return {f"{key}-base64": b2a_base64(value, newline=False).decode()}
