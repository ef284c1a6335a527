"""TOML texts: all of our readings equal tomllib's, and an edit changes what it should and no more.

An entry that is added is read by the real uv, with every other entry as before.
"""

from __future__ import annotations

import re
import tomllib
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32

from git_credential_uvx.errors import DocumentError
from git_credential_uvx.stores import companion, uvfile
from git_credential_uvx.toml import large
from git_credential_uvx.toml.document import BOM, Document, Table, full_document, plain_document
from git_credential_uvx.toml.values import read_values

from .peers import uv
from .sampling import sampled

if TYPE_CHECKING:
    from git_credential_uvx.toml.document import Fields

COVERED = (
    "toml.document",
    "toml.scanner",
    "toml.large",
    "toml.values",
    "stores.uvfile",
    "stores.companion",
)
TOKENS = (
    *(
        b"[[credential]]\n",
        b"[[ credential ]]",
        b'[["credential"]]',
        b"credential = [",
        b"[credential.x]",
    ),
    *(
        b"service = ",
        b'"https://good.test/"',
        b"'https://evil.test:8443/'",
        b"username = ",
        b'"alice"',
    ),
    *(
        b"password = ",
        b'"CANARY"',
        b"scheme = ",
        b'"basic"',
        b'"bearer"',
        b"token = ",
        b"secret = ",
    ),
    *(
        b"tie = ",
        b"git = true\n",
        b"stored = 1\n",
        b"expires = 1_000",
        b"{ ",
        b" }",
        b"]",
        b"[",
        b", ",
    ),
    *(
        b'"""',
        b"'''",
        b'"',
        b"'",
        b"\\",
        b'\\"',
        b"\\u0041",
        b"\\U0001F600",
        b"\\\n",
        b"#",
        b"# x\n",
    ),
    *(
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\r",
        b"\t",
        b" = ",
        b"=",
        b".",
        b"a.b = 1\n",
        b"1.5",
        b"1979-05-27",
    ),
    *(b"0x1f", b"inf", b"true", b"\xef\xbb\xbf", b"\xff", b"\0", b"\x7f", "é\u2028".encode()),
    *(b"[other]\n", b"x = [\n  1,\n]\n", b'service = "https://127.1/"\n', b"credential = []\n"),
)
_REALMS = ("https://good.test", "https://evil.test:8443", "http://good.test")
_DEEP = 80
_HUGE = re.compile(rb"[0-9A-Fa-f_]{16}")
_ADDED = "https://added.test/"


def one(data: bytes) -> None:
    """Read one text in every way, and edit it."""
    tree = _tree(data)
    plain = plain_document(data)
    layouts = [
        layout for layout in ("uv", "companion") if large.index_text(data, layout) is not None
    ]
    try:
        document = full_document(data)
    except DocumentError as error:
        _is_clean(error)
        assert plain is None
        assert not layouts
        assert tree is None or not _is_array_of_tables(tree.get("credential")) or b"." in data
        return
    assert tree is not None
    if sum(map(data.count, (b".", b"[", b"{"))) > _DEEP:
        return  # uv reads no more than 80 levels, and to compare them takes the stack
    entries: list[dict[str, Any]] = tree.pop("credential", [])
    assert [table.fields for table in document.tables] == entries
    assert document.others == tree
    _spans_hold_the_values(document)
    if plain is not None:
        assert document.array is None or not data.strip().removeprefix(b"credential = []")
        assert [_facts(t) for t in plain.tables] == [_facts(t) for t in document.tables]
    if layouts:
        _is_found_by_searching(data, document)
    _lines_are_where_they_stand(data, document)
    _edit(data, document, entries, tree)
    _is_read(document, uvfile.entries)
    _is_read(document, companion.contents)
    if sampled(data, 400) and uv.program():
        _uv_reads_on(data, document)


def _tree(data: bytes) -> dict[str, Any] | None:
    try:
        return tomllib.loads(data.removeprefix(BOM).decode())
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None


def _is_array_of_tables(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(x, dict) for x in value))


def _facts(table: Table) -> tuple[object, ...]:
    return table.start, table.end, table.line, table.fields, table.spans


def _spans_hold_the_values(document: Document) -> None:
    position = 0
    for table in document.tables:
        assert position <= table.start < table.end <= len(document.data)
        position = table.end
        for key, (start, end) in table.spans.items():
            assert table.start < start < end <= table.end
            text = document.data[start:end].decode()
            assert repr(tomllib.loads(f"x = {text}")["x"]) == repr(table.fields[key])


def _is_found_by_searching(data: bytes, document: Document) -> None:
    for realm in _REALMS:
        expected = [
            (table.start, table.end, table.fields, table.spans)
            for table in document.tables
            if str(table.fields["service"]).startswith(realm + "/")
        ]
        found = large.realm_document(data, realm).tables
        assert [(t.start, t.end, t.fields, t.spans) for t in found] == expected


def _lines_are_where_they_stand(data: bytes, document: Document) -> None:
    values = read_values(data)
    for number, table in enumerate(document.tables):
        assert 1 <= values.line("credential", number) <= data.count(b"\n") + 1
        assert table.line == data.count(b"\n", 0, table.start) + 1


def _edit(
    data: bytes, document: Document, entries: list[dict[str, Any]], others: dict[str, Any]
) -> None:
    """Remove, replace and add what the checksum of the text says."""
    random = Random(crc32(data))
    removed = [table for table in document.tables if random.random() < 0.3]
    replaced = {
        id(table): (table, "password", random.choice(("new", 'q"\\\n\u00e9', "")))
        for table in document.tables
        if table not in removed and "password" in table.spans and random.random() < 0.5
    }
    fields: Fields = {"service": _ADDED, "username": "u", "scheme": "basic", "password": "p'\"\\"}
    added = [fields] * random.randrange(3)
    edited = document.edited(remove=removed, replace=list(replaced.values()), add=added)
    expected = [
        entry | ({"password": replaced[id(table)][2]} if id(table) in replaced else {})
        for table, entry in zip(document.tables, entries, strict=True)
        if table not in removed
    ]
    tree = _tree(edited)
    assert tree is not None
    assert repr(tree.pop("credential", [])) == repr([*expected, *added])
    if tree != others and any(isinstance(x, dict) for t in removed for x in t.fields.values()):
        return  # another table stood inside of the entry: the store reads that back and refuses
    assert repr(tree) == repr(others)
    if not (removed or replaced or added):
        assert edited == data or not document.data
    for table in document.tables:
        if table not in removed and id(table) not in replaced:
            assert data[table.start : table.end].rstrip(b"\r\n") in edited
    if document.array is None:
        edges = [0, *(edge for t in document.tables for edge in (t.start, t.end)), len(data)]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            assert data[start:end].strip(b"\r\n") in edited, "what is between entries is gone"


def _is_read(document: Document, read: Any) -> None:
    try:
        read(document.tables)
    except DocumentError as error:
        _is_clean(error)


def _is_clean(error: DocumentError) -> None:
    assert str(error).isprintable()
    assert "CANARY" not in str(error)


def _uv_reads_on(data: bytes, document: Document) -> None:
    """uv reads what ours reads, goes on reading it after an addition, and finds what is new."""
    try:
        entries, unclear = uvfile.entries(document.tables)
    except DocumentError:
        return
    if unclear or sum(len(entry.tables) for entry in entries) < len(document.tables):
        return  # one of the services may be no URL, and then uv reads nothing of the file
    if _HUGE.search(data):
        return  # the same holds for an integer of more than 64 bits
    asked = [str(entry.service) for entry in entries[:2]]
    before = [uv.sends(data, url) for url in asked]
    assert all(readable for readable, _ in before)
    if any(entry.service.host == "added.test" for entry in entries):
        return
    fields: Fields = {"service": _ADDED, "username": "u", "scheme": "basic", "password": "p'\"\\"}
    edited = document.edited(add=[fields])
    assert uv.sends(edited, _ADDED) == (True, b"u:p'\"\\")
    assert [uv.sends(edited, url) for url in asked] == before
