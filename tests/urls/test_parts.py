"""The parts of URLs: joined again they are the URL, and no function splits it in its own way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import FormError, ServiceError
from git_credential_uvx.urls.parts import UrlParts, split_authority, typed_host, without_userinfo
from git_credential_uvx.urls.service import first_of, read_url

PIECES = st.lists(st.sampled_from(["https", "://", "@", ":", "/", "?", "#", "\\", "h", "ü"]))


@given(PIECES.map("".join))
def test_the_parts_joined_are_the_url(url: str) -> None:
    assert "".join(split_authority(url)) == url
    assert b"".join(split_authority(url.encode())) == url.encode()


@given(PIECES.map("".join))
def test_text_and_bytes_are_split_alike(url: str) -> None:
    parts = [part.encode() for part in split_authority(url)]
    assert parts == list(split_authority(url.encode()))
    assert without_userinfo(url).encode() == without_userinfo(url.encode())


SPLIT = {
    "https://u:p@h.test:1/a@b?c#d": ("https://", "u:p@", "h.test:1", "/a@b?c#d"),
    "https://h.test?u@x": ("https://", "", "h.test", "?u@x"),
    "https://a@b@h.test": ("https://", "a@b@", "h.test", ""),
    "u:p@h.test": ("", "", "", "u:p@h.test"),
}


@pytest.mark.parametrize("url", SPLIT)
def test_an_authority_is_split(url: str) -> None:
    assert split_authority(url) == SPLIT[url]


@pytest.mark.parametrize(
    ("text", "marks", "place"), [("a/b?c", "/?#", 1), ("a?b/c", "/?#", 1), ("ab", "/", 2)]
)
def test_the_first_of_several_marks(text: str, marks: str, place: int) -> None:
    assert first_of(text, marks) == place


TYPED = {
    "h.test": ("h.test", None),
    "H.Test:443": ("h.test", 443),
    "[::1]": ("[::1]", None),
    "[::1]:80": ("[::1]", 80),
}


@pytest.mark.parametrize("text", TYPED)
def test_a_typed_host_keeps_whether_it_has_a_port(text: str) -> None:
    assert typed_host(text) == TYPED[text]


@pytest.mark.parametrize("text", ["", "h x", "h:0", "h.test/a", "\u212a.test", "http://h.test"])
def test_what_is_no_typed_host_is_refused(text: str) -> None:
    with pytest.raises(ServiceError):
        typed_host(text)


def test_a_fault_can_be_told_about_what_a_person_typed() -> None:
    with pytest.raises(ServiceError) as caught:
        UrlParts("https://a@b@h.test/")
    fault = "has a second '@'; write one in a username or password as %40"
    assert str(caught.value) == f"'url' {fault}"
    assert caught.value.about(url="SERVICE") == f"SERVICE {fault}"
    assert caught.value.about(host="the host") == str(caught.value)


@pytest.mark.parametrize("url", ["ssh://git.test/r", "https://127.1/", "https://h.test/../x"])
def test_a_url_in_another_form_is_told_apart(url: str) -> None:
    with pytest.raises(FormError):
        UrlParts(url)


@pytest.mark.parametrize("url", ["https://alice:99999/x@h.test", "https://S3cret!/x@h.test"])
def test_what_may_be_a_part_of_a_password_is_not_quoted(url: str) -> None:
    with pytest.raises(FormError) as caught:
        read_url(url)
    assert str(caught.value) == "'host' is not a host and port"
