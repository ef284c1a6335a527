"""Git's packets and its long-running filter protocol as bytes, without a process."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_credential_uvx.errors import ProtocolError
from git_credential_uvx.git.filtering import FilterConversation
from git_credential_uvx.git.packets import (
    DATA_LIMIT,
    FLUSH,
    Unpacker,
    lines_of,
    list_of,
    packets_of,
)

from ..support.budget import examples
from ..support.common import cases

GREETING = list_of([b"git-filter-client", b"version=2"])
OFFER = list_of([b"capability=clean", b"capability=smudge", b"capability=delay"])
DATA = st.lists(st.binary(min_size=1, max_size=40) | st.none(), max_size=8)


def packed(packets: list[bytes | None]) -> bytes:
    return b"".join(
        FLUSH if data is None else b"".join(packets_of([data])).removesuffix(FLUSH)
        for data in packets
    )


def request(path: bytes, content: bytes, command: bytes = b"clean") -> bytes:
    fields = list_of([b"command=" + command, b"pathname=" + path])
    return fields + b"".join(packets_of([content]))


@settings(max_examples=examples(200))
@given(DATA, st.data())
def test_any_split_of_the_bytes_gives_the_same_packets(
    packets: list[bytes | None], data: st.DataObject
) -> None:
    text = packed(packets)
    ends = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    unpacker = Unpacker()
    found = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        found += unpacker.feed(text[start:end])
    assert found == packets
    assert not unpacker.is_inside


@settings(max_examples=examples(100))
@given(DATA.filter(bool), st.data())
def test_packets_that_are_cut_off_are_never_complete(
    packets: list[bytes | None], data: st.DataObject
) -> None:
    text = packed(packets)
    unpacker = Unpacker()
    found = unpacker.feed(text[: data.draw(st.integers(0, len(text) - 1))])
    assert found == packets[: len(found)]
    assert len(found) < len(packets)


@cases(
    "size, count",
    {"nothing": (0, 0), "one packet": (DATA_LIMIT, 1), "a byte more": (DATA_LIMIT + 1, 2)},
)
def test_a_text_becomes_packets_of_the_greatest_length_and_a_flush(size: int, count: int) -> None:
    found = Unpacker().feed(b"".join(packets_of([b"x" * size])))
    assert found[-1] is None
    assert len(found) == count + 1
    assert b"".join(data or b"" for data in found) == b"x" * size


@cases(
    "text",
    {
        "no digits": b"clean",
        "a sign": b"+005x",
        "blanks": b"   5x",
        "another protocol's delimiter": b"0001",
        "a length below its own": b"0003",
        "a length above the greatest": b"fff1",
    },
)
def test_malformed_packets_are_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        Unpacker().feed(text)


# The conversation


def converse(text: bytes) -> tuple[list[tuple[str, str, bytes]], bytes]:
    """The requests in a text, answered with their content in capitals, and all that was written."""
    output = BytesIO()
    conversation = FilterConversation(BytesIO(text).read1, output.write)
    conversation.greet(["clean"])
    seen = []
    for one in conversation.requests():
        content = b"".join(one.chunks)
        seen.append((one.command, one.path, content))
        one.succeed([content.upper()])
    return seen, output.getvalue()


@cases(
    "text,lines",
    {
        "nothing": (b"", []),
        "lines and a flush": (b"000eversion 2\n0007abc0000", [b"version 2", b"abc"]),
        "the parts of a message": (b"0007abc00010007def0000", [b"abc", b"def"]),
        "one that is cut off": (b"0007abc0010short", [b"abc"]),
        "a broken length": (b"0007abczzzz0007def", [b"abc"]),
        "a length that means nothing": (b"0007abc00030007def", [b"abc"]),
        "a page of HTML": (b"<!DOCTYPE html>", []),
    },
)
def test_lines_of_a_server_end_at_the_first_broken_packet(text: bytes, lines: list[bytes]) -> None:
    assert lines_of(text) == lines


def test_one_conversation_answers_many_files() -> None:
    text = GREETING + OFFER + request(b"a.toml", b"one") + request(b"b\nc=d.toml", b"")
    seen, output = converse(text)
    assert seen == [("clean", "a.toml", b"one"), ("clean", "b\nc=d.toml", b"")]
    assert Unpacker().feed(output) == [
        *(b"git-filter-server\n", b"version=2\n", None, b"capability=clean\n", None),
        *(b"status=success\n", None, b"ONE", None, None),
        *(b"status=success\n", None, None, None),
    ]


def test_a_file_that_was_not_read_to_its_end_does_not_confuse_the_next() -> None:
    text = GREETING + OFFER + request(b"a", b"x" * 3 * DATA_LIMIT) + request(b"b", b"")
    output = BytesIO()
    conversation = FilterConversation(BytesIO(text).read1, output.write)
    conversation.greet(["clean"])
    paths = []
    for one in conversation.requests():
        paths.append(one.path)
        one.fail()
    assert paths == ["a", "b"]
    assert Unpacker().feed(output.getvalue())[5:] == [b"status=error\n", None] * 2


def test_what_git_does_not_offer_is_not_announced() -> None:
    _, output = converse(GREETING + list_of([b"capability=smudge"]))
    assert Unpacker().feed(output)[3:] == [None]


@cases(
    "text",
    {
        "nothing": b"",
        "text": b"hello, is this a filter?",
        "another client": list_of([b"git-foo-client", b"version=2"]) + OFFER,
        "another version": list_of([b"git-filter-client", b"version=3"]) + OFFER,
        "no version": list_of([b"git-filter-client"]) + OFFER,
        "no end of the greeting": GREETING.removesuffix(FLUSH),
        "no offer": GREETING,
        "a line without a value": GREETING + OFFER + list_of([b"clean"]),
        "no path": GREETING + OFFER + list_of([b"command=clean"]) + FLUSH,
        "no command": GREETING + OFFER + list_of([b"pathname=a"]) + FLUSH,
        "an endless list": GREETING + OFFER + list_of([b"a=b"] * 2000),
        "a content that is cut off": GREETING + OFFER + request(b"a", b"text").removesuffix(FLUSH),
        "a packet that is cut off": GREETING + OFFER + request(b"a", b"text")[:-6],
    },
)
def test_a_broken_conversation_ends_in_one_error(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        converse(text)
