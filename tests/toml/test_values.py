"""Secrets stay hidden, and what the companion writes it reads back."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.stores import companion
from git_credential_uvx.stores.entries import Note, tie_to
from git_credential_uvx.system.replace import is_mixture
from git_credential_uvx.toml.document import Document, full_document, plain_document
from git_credential_uvx.toml.large import index_text
from git_credential_uvx.urls.service import Service

SECRET = Secret(b"CANARY")


@pytest.mark.parametrize(
    "show",
    [str, repr, format, lambda s: f"{s:>40}", lambda s: f"{s} {s!r}", lambda s: f"{[s]}"],
)
def test_a_secret_never_shows(show: Any) -> None:
    for value in (SECRET, Credential(b"al", SECRET, refresh=SECRET)):
        if isinstance(value, Secret) or show in (str, repr):
            assert "CANARY" not in show(value)
            assert "Q0FO" not in show(value)


def test_a_secret_does_not_show_in_a_traceback_with_its_variables() -> None:
    try:
        credential = Credential(b"al", SECRET)
        raise ValueError(credential.username)
    except ValueError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "credential = " in shown
    assert "CANARY" not in shown.replace('Secret(b"CANARY")', "")


def test_a_secret_is_neither_pickled_nor_hashed() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError):
        hash(SECRET)
    assert Secret(b"a") == Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"


@pytest.mark.parametrize(
    ("expires", "expired"), [(None, False), (99, True), (100, True), (101, False)]
)
def test_a_credential_expires_at_its_second(expires: int | None, expired: bool) -> None:
    assert Credential(b"al", SECRET, expires=expires).expired(100) is expired


BYTES = st.binary(max_size=12) | st.text(max_size=8).map(str.encode)
MAYBE_SECRET = st.none() | BYTES.map(Secret)
TIME = st.none() | st.integers(0, 10**12)
SERVICE = Service("https", "good.test", 8443, "/org")


@given(st.lists(st.tuples(BYTES, BYTES, MAYBE_SECRET, TIME, st.none() | st.just(b"Digest"))))
def test_records_come_back_as_they_were_written(rows: list[tuple[Any, ...]]) -> None:
    credentials = [
        Credential(username, Secret(secret), authtype=authtype, expires=expires, refresh=refresh)
        for username, secret, refresh, expires, authtype in rows
    ]
    fields = [companion.record_fields(SERVICE, item, n) for n, item in enumerate(credentials)]
    data = Document(b"", []).edited(add=list(fields))
    assert index_text(data, "companion") is not None
    records, notes, *_ = companion.contents((plain_document(data) or full_document(data)).tables)
    assert notes == []
    assert [(r.service, r.as_stored, r.stored) for r in records] == [
        (SERVICE, item, n) for n, item in enumerate(credentials)
    ]


@given(st.none() | BYTES, MAYBE_SECRET, TIME, st.booleans(), st.booleans())
def test_a_note_comes_back_as_it_was_written(
    username: bytes | None, refresh: Secret | None, expires: int | None, git: bool, hidden: bool
) -> None:
    note = Note(
        SERVICE,
        username,
        tie_to(SECRET),
        7,
        git=git,
        hidden=hidden,
        expires=expires,
        refresh=refresh,
    )
    data = Document(b"", []).edited(add=[companion.note_fields(note)])
    assert index_text(data, "companion") is not None
    records, (read,), *_ = companion.contents((plain_document(data) or full_document(data)).tables)
    assert records == []
    for name in Note.__slots__:
        if name != "table":
            assert getattr(read, name) == getattr(note, name)


@given(st.binary(max_size=9), st.binary(max_size=9), st.data())
def test_a_mixture_of_old_and_new_is_told_from_other_texts(
    old: bytes, new: bytes, data: st.DataObject
) -> None:
    size = data.draw(st.integers(*sorted((len(old), len(new)))))
    choices = [sorted(set(old[at : at + 1] + new[at : at + 1])) for at in range(size)]
    mixture = bytes(data.draw(st.sampled_from(choice)) for choice in choices)
    assert is_mixture(mixture, old, new)
    if size:
        at = data.draw(st.integers(0, size - 1))
        foreign = data.draw(st.integers(1, 255).filter(lambda byte: byte not in choices[at]))
        assert not is_mixture(mixture[:at] + bytes([foreign]) + mixture[at + 1 :], old, new)


def test_what_a_file_grew_by_may_still_be_zero() -> None:
    assert is_mixture(b"old\0\0\0", b"old", b"newnew")
    assert not is_mixture(b"o\0d", b"old", b"newnew")
