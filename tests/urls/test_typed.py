"""What a person types or pastes as a URL or SERVICE: what it means, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import ServiceError
from git_credential_uvx.urls.typed import Typed, typed

# The service, whether the text says that it is for Git, and whether something was ignored.
WEB = {
    "h.test": ("https://h.test/", False, False),
    " h.test\n": ("https://h.test/", False, False),
    "//h.test": ("https://h.test/", False, False),
    "H.Test:8443": ("https://h.test:8443/", False, False),
    "h.test:8443/a/b": ("https://h.test:8443/a/b", False, False),
    "[::1]:8443": ("https://[::1]:8443/", False, False),
    "my_host.corp": ("https://my_host.corp/", False, False),
    "https://h.test/simple/": ("https://h.test/simple/", False, False),
    "HTTPS://h.test/": ("https://h.test/", False, False),
    "http://localhost:8000": ("http://localhost:8000/", False, False),
    "https://h.test/a?b=c": ("https://h.test/a", False, True),
    "https://h.test/a#b": ("https://h.test/a", False, True),
    "https://h.test/o/r.git": ("https://h.test/o/r.git", True, False),
    "h.test/o/r.git/": ("https://h.test/o/r.git/", True, False),
    "git+https://h.test/o/r": ("https://h.test/o/r", True, False),
    "Git+HTTPS://h.test/o/r": ("https://h.test/o/r", True, False),
    "git+https://h.test/o/r.git@v1.0": ("https://h.test/o/r.git", True, False),
    "git+https://h.test/o/r@feature/x#egg=r&subdirectory=s": ("https://h.test/o/r", True, False),
    "git+http://localhost:8000/r": ("http://localhost:8000/r", True, False),
    "git+https://h.test/o/r@v1?x": ("https://h.test/o/r", True, False),
}


@pytest.mark.parametrize("text", WEB)
def test_what_people_type_is_understood(text: str) -> None:
    found = typed(text)
    assert (str(found.web().service), found.for_git, found.dropped) == WEB[text]
    assert not found.ssh


USERINFO = {
    "alice@h.test": (b"alice", None),
    "alice@h.test:8443/a": (b"alice", None),
    "alice:pw@h.test": (b"alice", b"pw"),
    "https://alice@h.test/": (b"alice", None),
    "https://ali%63e:p%40w@h.test/o/r.git": (b"alice", b"p@w"),
    "git+https://alice:pw@h.test/o/r@v1": (b"alice", b"pw"),
    "git+https://alice@h.test/o/r.git@v1#egg=r": (b"alice", None),
    "https://:pw@h.test/": (b"", b"pw"),
}


@pytest.mark.parametrize("text", USERINFO)
def test_the_username_and_password_of_a_url_are_read(text: str) -> None:
    parts = typed(text).web()
    secret = None if parts.password is None else parts.password.reveal()
    assert (parts.username, secret) == USERINFO[text]
    assert parts.service.host == "h.test"


@pytest.mark.parametrize(
    "text",
    [
        "git@h.test:o/r.git",
        "git@h.test:~/r",
        "git@h.test:1a/r",
        "git@[::1]:o/r",
        "gh:owner/repo.git",
        "h.test:o/r.git",
        "ssh://git@h.test/o/r.git",
        "SSH://git@h.test:22/o/r.git",
        "git+ssh://git@h.test/o/r.git@v1",
        "ssh+git://h.test/r",
    ],
)
def test_ssh_needs_no_password(text: str) -> None:
    found = typed(text, "SERVICE")
    assert found.ssh
    assert found.parts is None
    assert found.for_git
    with pytest.raises(ServiceError) as caught:
        found.web()
    assert str(caught.value) == (
        "SERVICE is reached by ssh, which needs no password; use its https URL"
    )


MARK = "SERVICE has a '?' or '#' in its username or password; write it as %3F or %23"
FAULTS = {
    "": "SERVICE is empty",
    "  ": "SERVICE is empty",
    "https://": "SERVICE has no host",
    "https:///r": "SERVICE has no host",
    "https:/h.test": "SERVICE is not of the form scheme://host/path",
    "h.test:/path": "SERVICE is not of the form scheme://host/path",
    "ftp://x": "scheme 'ftp://' is neither https nor http",
    "file:///etc": "SERVICE has no host",
    "git+file://h/etc": "scheme 'file://' is neither https nor http",
    "exa mple.com": "host 'exa mple.com' has a blank",
    "https://h.test/a b": "SERVICE has a blank; write it as %20",
    "example..com": "host 'example..com' has two dots in a row",
    ".example.com": "host '.example.com' begins with a dot",
    "example.com.": "host 'example.com.' ends with a dot",
    "exa!mple.com": "host 'exa!mple.com' has '!', which no host name has",
    "a{}b.com": "host 'a{}b.com' has a character, which no host name has",
    "-x.com": "host '-x.com' has a hyphen at the beginning or end of a part",
    "https://x:99999": "port 99999 of host 'x' is not a number from 1 to 65535",
    "localhost:0": "port 0 of host 'localhost' is not a number from 1 to 65535",
    "localhost:8o80": "the port of host 'localhost' is not a number from 1 to 65535",
    "127.1": "host '127.1' is a number that programs read as different addresses",
    "xn--a.test": "host 'xn--a.test' has a part in punycode (xn--) that stands for no name",
    "[::g]": "the host is not an IPv6 address",
    "h.test/a/../b": "SERVICE has '.' or '..' in its path",
    "https://h.test/%2E%2e/b": "SERVICE has '.' or '..' in its path",
    "https://h.test\\x": "SERVICE has a query, a fragment or a backslash",
    "https://h%2e.test/": "SERVICE has a percent sign in its host",
    "https://a@b@h.test/": "SERVICE has a second '@'; write one in a username or password as %40",
    "https://a:b/c@h.test": "SERVICE has a slash in its username or password; write it as %2F",
    "https://S3cret!part#x@h.test/": MARK,
    "https://S3 cret?x@h.test/": MARK,
    "https://alice:4711?x@h.test/": MARK,
    "https://alice:99999#x@h.test/": MARK,
    "git+https://S3cret#x@h.test/r@v1": MARK,
    "S3cret#x@h.test": MARK,
    "https://h.test/%zz": "SERVICE has a broken percent escape",
    f"{'a' * 64}.test": f"host '{'a' * 64}.test' has a part of more than 63 characters",
    "\u212a.test": "the host is an international name in no normal form",
}


@pytest.mark.parametrize("text", FAULTS)
def test_each_fault_has_a_reason_of_its_own(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        typed(text, "SERVICE")
    assert str(caught.value) == FAULTS[text]


SECRETS = st.text(st.sampled_from("SECRET019/:.-_~@%[]#?! "), min_size=1, max_size=12)


@given(SECRETS, st.sampled_from(["", "https://", "git+https://", "http://", "ftp://", "ssh://"]))
def test_no_message_quotes_what_stands_before_an_at(secret: str, scheme: str) -> None:
    text = f"{scheme}u:{secret}CANARY@h.test/r"
    try:
        found = typed(text)
        message = "" if isinstance(found, Typed) and not found.ssh else str(found.subject)
    except ServiceError as error:
        message = str(error)
    assert "CANARY" not in message
    assert "SECRET" not in message


@given(st.text(max_size=20), st.sampled_from(["", "https://", "git+https://", "git@"]))
def test_any_text_is_read_or_refused(text: str, start: str) -> None:
    fault = ""
    try:
        found = typed(start + text)
    except ServiceError as error:
        fault = str(error)
    else:
        service = None if found.parts is None else found.parts.service
        assert service is None or typed(str(service)).web().service == service
    assert fault.isprintable()
