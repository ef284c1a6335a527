"""Reading and editing TOML text: the quick ways must agree with tomllib, or step aside."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from git_credential_uvx.errors import DocumentError
from git_credential_uvx.toml import large
from git_credential_uvx.toml.document import (
    BOM,
    Document,
    Table,
    full_document,
    plain_document,
    quoted,
)
from git_credential_uvx.toml.scanner import Scanner
from git_credential_uvx.toml.values import read_values

from ..support.layouts import SERVICES, TEXT, damaged_texts, plain_texts, texts

REALMS = ("https://good.test", "https://evil.test", "https://host1.test:8443", "http://good.test")
ENTRY = b'[[credential]]\nservice = "https://good.test/"\nusername = "al"\npassword = "pw"\n'


def parsed(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(data.removeprefix(BOM).decode()).get(
        "credential", []
    )
    return found


def facts(table: Table) -> tuple[object, ...]:
    return table.start, table.end, table.line, table.fields, table.spans


@given(texts())
def test_the_full_reading_finds_what_tomllib_finds_and_where_it_stands(data: bytes) -> None:
    document = full_document(data)
    assert [table.fields for table in document.tables] == parsed(data)
    for table in document.tables:
        for key, (start, end) in table.spans.items():
            value = tomllib.loads("x = " + data[start:end].decode())["x"]
            assert value == table.fields[key]
            assert table.start < start < end <= table.end


@given(texts() | plain_texts() | damaged_texts())
def test_the_plain_reading_equals_the_full_one_or_declines(data: bytes) -> None:
    plain = plain_document(data)
    event("plain" if plain else "declined")
    if plain is not None:
        full = full_document(data)
        assert full.array is None
        assert [facts(table) for table in plain.tables] == [facts(table) for table in full.tables]


@given(plain_texts() | texts() | damaged_texts(), st.sampled_from(REALMS))
def test_searching_a_plain_text_finds_what_the_full_reading_finds(data: bytes, realm: str) -> None:
    index = large.index_text(data, "uv")
    event("plain" if index is not None else "not plain")
    if index is not None:
        expected = [
            (table.start, table.end, table.fields, table.spans)
            for table in full_document(data).tables
            if str(table.fields["service"]).startswith(realm + "/")
        ]
        searched = large.realm_document(data, realm).tables
        starts = large.starts_in(index, realm)
        indexed = large.tables(starts, realm, lambda at, size: data[at : at + size])
        for found in (searched, indexed):
            assert [(t.start, t.end, t.fields, t.spans) for t in found] == expected


def test_realms_with_the_same_mark_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_PRIME", 1)
    data = b"".join(ENTRY.replace(b"good", b"h%d" % (number % 300)) for number in range(600))
    index = large.index_text(data, "uv")
    assert index is not None
    starts = large.starts_in(index, "https://h7.test")
    assert len(starts) == 600
    found = large.tables(starts, "https://h7.test", lambda at, size: data[at : at + size])
    assert [table.fields["service"] for table in found] == ["https://h7.test/"] * 2


@pytest.mark.parametrize("number", range(0, 70_000, 6_553))
def test_each_position_of_an_index_is_read_as_it_was_written(number: int) -> None:
    data = b"# " + b"x" * number + b"\n" + ENTRY
    index = large.index_text(data, "uv")
    assert index is not None
    assert large.starts_in(index, "https://good.test") == [number + 3]


@pytest.mark.parametrize(
    "text",
    [ENTRY, b"# c\n\n" + ENTRY + b"\n\n# d\n" + ENTRY, ENTRY.replace(b'"pw"', rb"'a\b'")],
)
def test_what_uv_writes_is_plain(text: bytes) -> None:
    assert plain_document(text) is not None
    assert large.index_text(text, "uv") is not None


@given(st.data(), texts(), st.booleans())
def test_an_edit_changes_what_it_should_and_not_one_byte_else(
    data: st.DataObject, text: bytes, plainly: bool
) -> None:
    document = (plain_document(text) if plainly else None) or full_document(text)
    removed = [table for table in document.tables if data.draw(st.booleans())]
    replaced = [
        (table, "password", data.draw(TEXT))
        for table in document.tables
        if table not in removed and "password" in table.spans and data.draw(st.booleans())
    ]
    added: list[dict[str, str | int | bool]] = [
        {"service": data.draw(st.sampled_from(SERVICES)), "password": data.draw(TEXT), "n": 7}
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    edited = document.edited(remove=removed, replace=list(replaced), add=added)

    new = {table.start: value for table, _, value in replaced}
    kept = [table for table in document.tables if table not in removed]
    expected = [
        {**table.fields, **({"password": new[table.start]} if table.start in new else {})}
        for table in kept
    ]
    assert parsed(edited) == expected + added
    assert others(edited) == others(text)
    for table in kept:
        if table.start not in new:
            assert text[table.start : table.end].rstrip(b"\r\n") in edited


def others(data: bytes) -> dict[str, Any]:
    values = tomllib.loads(data.removeprefix(BOM).decode())
    values.pop("credential", None)
    return values


def test_adding_appends_and_removing_takes_one_blank_line_along() -> None:
    first, second = ENTRY, ENTRY.replace(b'"al"', b'"bo"')
    document = plain_document(first + b"\n" + second + b"\n# kept\n")
    assert document is not None
    assert document.edited(remove=[document.tables[0]]) == second + b"\n# kept\n"
    assert document.edited(add=[{"service": "x"}]) == (
        first + b"\n" + second + b'\n# kept\n\n[[credential]]\nservice = "x"\n'
    )
    assert Document(b"", []).edited(add=[{"service": "x"}]) == b'[[credential]]\nservice = "x"\n'


@given(st.text(st.characters(codec="utf-8")))
def test_a_quoted_text_is_what_tomllib_reads(text: str) -> None:
    assert tomllib.loads("x = " + quoted(text).decode())["x"] == text


KEYS = b"".join(b"a%d = 1\n" % number for number in range(20_000))
FAULTS = {
    "a string without end": (b'[[credential]]\nservice = "CANARY\n', "not valid TOML", 2),
    "a key without value": (b"[[credential]]\n\nCANARY\n", "not valid TOML", 3),
    "a key twice": (b'a = 1\n[[credential]]\nx = "CANARY"\nx = 2\n', "not valid TOML", 4),
    "an end too early": (b'[[credential]]\nservice = """CANARY', "not valid TOML", 2),
    "bytes that are no text": (b'a = 1\nb = "CANARY\xff"\n', "not UTF-8", 2),
    "one table": (b'[credential]\nservice = "CANARY"\n', "not an array of tables", 0),
    "an array of texts": (b'credential = ["CANARY"]\n', "not an array of tables", 0),
    "a text": (b'credential = "CANARY"\n', "not an array of tables", 0),
    "nesting without end": (b"x = " + b"[" * 5000 + b"]" * 5000, "cannot be read as TOML", 0),
    "a long key": (b"x." * 20_000 + b"x = 1", "too many dots", 0),
    "many keys below a long header": (b"[%bx]\n%b" % (b"x." * 1000, KEYS), "too many dots", 0),
    "many keys below a long header of arrays": (
        b" [[%bx]]\na = [\n[1],\n]\n%b" % (b"x." * 1000, KEYS),
        "too many dots",
        0,
    ),
}


@pytest.mark.parametrize(("data", "reason", "line"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_by_its_line_and_never_quoted(data: bytes, reason: str, line: int) -> None:
    assert plain_document(data) is None
    with pytest.raises(DocumentError, match=reason) as caught:
        full_document(data)
    assert caught.value.line == line
    assert "CANARY" not in str(caught.value)


class Watched(bytes):
    """A text that notes how many of its bytes were looked at to count lines."""

    counted = 0

    def count(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        self.counted += (len(self) if end is None else end) - start
        return super().count(sub, start, end)


def test_the_lines_of_many_entries_are_counted_once() -> None:
    text = Watched((ENTRY + b"# not plain\n\n") * 1000)
    assert [table.line for table in full_document(text).tables] == list(range(1, 6001, 6))
    assert 0 < text.counted <= len(text)


def test_the_lines_of_many_values_are_counted_a_few_times() -> None:
    text = Watched(b"list = [\n" + b'  { a = "x" },\n' * 1000 + b"]\n" + ENTRY * 1000)
    values = read_values(text)
    assert [values.line("list", 999, "a"), values.line("credential", 0)] == [1001, 1003]
    assert 0 < text.counted <= 4 * len(text)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b"{a=", b"}"), (b"[{a=", b"}]")])
def test_nested_values_are_looked_at_once(
    opening: bytes, closing: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def value(self: Scanner, *place: Any) -> tuple[int, int]:
        nonlocal looks
        looks += 1
        return once(self, *place)

    once = Scanner.value
    monkeypatch.setattr(Scanner, "value", value)
    values = read_values(b"x = [\n" + opening * 50 + b"1" + closing * 50 + b"]\ny = 1\n")
    assert (values.line("x", 0), values.line("y")) == (2, 3)
    assert looks == 50 * len(opening.replace(b"a=", b"")) + 3
