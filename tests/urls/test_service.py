"""Services: their normal form, and which covers which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import ServiceError
from git_credential_uvx.urls.parts import redact
from git_credential_uvx.urls.service import Service, service_from_git, service_from_url

GIT = {
    "a host": ("https", "h.test", None, "https://h.test/"),
    "upper case": ("https", "H.Test", None, "https://h.test/"),
    "a port": ("https", "h.test:8443", None, "https://h.test:8443/"),
    "https's own port": ("https", "h.test:443", None, "https://h.test/"),
    "http's own port": ("http", "h.test:80", None, "http://h.test/"),
    "https's port with http": ("http", "h.test:443", None, "http://h.test:443/"),
    "an IPv4 address": ("https", "127.0.0.1:1", None, "https://127.0.0.1:1/"),
    "an IPv6 address": ("https", "[::1]:8443", None, "https://[::1]:8443/"),
    "a long IPv6 address": ("https", "[0:0:0:0:0:0:0:1]", None, "https://[::1]/"),
    "a mapped IPv6 address": ("https", "[::ffff:1.2.3.4]", None, "https://[::ffff:102:304]/"),
    "two runs of zeros": ("https", "[1:0:0:2:0:0:0:3]", None, "https://[1:0:0:2::3]/"),
    "one zero": ("https", "[1:0:2:3:4:5:6:7]", None, "https://[1:0:2:3:4:5:6:7]/"),
    "punycode": ("https", "xn--bcher-kva.test", None, "https://xn--bcher-kva.test/"),
    "a path": ("https", "h.test", b"o/r.git", "https://h.test/o/r.git"),
    "a path with a slash before it": ("https", "h.test", b"/o", "https://h.test/o"),
    "a path with an empty segment": ("https", "h.test", b"//o", "https://h.test//o"),
    "an empty path": ("https", "h.test", b"", "https://h.test/"),
    "a path that Git decoded": (
        "https",
        "h.test",
        "a b/ü%?#".encode(),
        "https://h.test/a%20b/%C3%BC%25%3F%23",
    ),
}

# Section 3 of many URL parsers' disagreements: none of these is a host to anybody here.
NO_HOSTS = [
    *("", ".", "h.test.", "h..test", ".h.test", "-h.test", "h-.test", "h~x.test", "h test"),
    *("a@h.test", "h.test@evil.test", "h.test/.evil.test", "evil.test#.h.test", "h.test\\evil"),
    *("h.test:", "h.test:0", "h.test:0443", "h.test:65536", "h.test:+443", "h.test:4_43"),
    *("h.test:-1", "h.test: 443", "h.test:٤٤٣", "h:1:2", ":443", "::1", "[::1", "::1]", "[h]"),
    *("[fe80::1%25eth0]", "[fe80::1%eth0]", "pre[::1]post", "[::1]x", "[v1.x]", "[::1]:"),
    *("0x7f000001", "2130706433", "127.1", "0177.0.0.1", "1.2.3.256", "1.2.3.4.5", "h.0x1"),
    *("good\u200b.test", "git\u00adhub.com", "bitbuc\u212aet.test", "\u017fite.test", "ü.test"),
    *("h%2etest", "go\tod.test", "h.test\n", "h.test\u00a0", "h" * 64 + ".test", "h." * 126 + "hh"),
]


@pytest.mark.parametrize(("protocol", "host", "path", "normal"), GIT.values(), ids=GIT)
def test_what_git_asks_for_in_normal_form(
    protocol: str, host: str, path: bytes | None, normal: str
) -> None:
    assert str(service_from_git(protocol.encode(), host.encode(), path)) == normal


@pytest.mark.parametrize("host", NO_HOSTS)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(ServiceError):
        service_from_git(b"https", host.encode(), None)


@pytest.mark.parametrize("protocol", [b"", b"HTTPS", b" https", b"ftp", b"ssh", b"https\n"])
def test_what_is_no_protocol(protocol: bytes) -> None:
    with pytest.raises(ServiceError):
        service_from_git(protocol, b"h.test", None)


@pytest.mark.parametrize(
    "path",
    [b"..", b"org/../other", b"./x", b"a/.", b"org%2f..%2fother", b"a%5Cb", b"a%2Eb", b"a\\b"],
)
def test_what_is_no_path(path: bytes) -> None:
    with pytest.raises(ServiceError):
        service_from_git(b"https", b"h.test", path)


STORED = {
    "uv's own form": ("https://h.test/", "https://h.test/"),
    "no path": ("https://h.test", "https://h.test/"),
    "upper case and the own port": ("HTTPS://H.Test:443/A", "https://h.test/A"),
    "userinfo": ("https://bob:s%40c@h.test/", "https://h.test/"),
    "userinfo with an at sign": ("https://bob:s@c@h.test/", "https://h.test/"),
    "query and fragment": ("https://h.test/a?b#c", "https://h.test/a"),
    "a query right behind the host": ("https://h.test?x=/y", "https://h.test/"),
    "blanks around it": (" https://h.test/ ", "https://h.test/"),
    "an empty port": ("https://h.test:/", "https://h.test/"),
    "an international name": ("https://bücher.test/ü", "https://xn--bcher-kva.test/%C3%BC"),
    "a path that is encoded": ("https://h.test/a%2Fb", "https://h.test/a%2Fb"),
    "a path to be encoded": ("https://h.test/a b{}", "https://h.test/a%20b%7B%7D"),
    "a name that is mapped": ("https://straße.test/", None),
    "full-width letters": ("https://\uff47ithub.com/", None),
    "an ideographic full stop": ("https://github\u3002com/", None),
    "a soft hyphen": ("https://git\u00adhub.com/", None),
    "an escape in the host": ("https://h%2etest/", None),
    "a backslash": ("https://h.test\\evil.test/", None),
    "a tab": ("https://h\t.test/", None),
    "dot segments": ("https://h.test/a/../b", None),
    "encoded dot segments": ("https://h.test/a/%2e%2E/b", None),
    "another scheme": ("ssh://h.test/", None),
    "no slashes": ("https:h.test", None),
    "no host": ("https:///a", None),
    "a number": ("https://127.1/", None),
}


@pytest.mark.parametrize(("text", "normal"), STORED.values(), ids=STORED)
def test_what_is_stored_in_normal_form(text: str, normal: str | None) -> None:
    service = service_from_url(text)
    assert (service and str(service)) == normal


@pytest.mark.parametrize("text", ["", "h.test", "//h.test/", "/a", ":", "1https://h"])
def test_a_stored_service_without_scheme_is_an_error(text: str) -> None:
    with pytest.raises(ServiceError):
        service_from_url(text)


COVERS = {
    "itself": ("https://h/a", "https://h/a", True),
    "the whole host any path": ("https://h/", "https://h/a/b", True),
    "a segment and what is below": ("https://h/a", "https://h/a/b", True),
    "a segment only whole": ("https://h/a", "https://h/ab", False),
    "a folder what is in it": ("https://h/a/", "https://h/a/b", True),
    "a folder not its own name": ("https://h/a/", "https://h/a", False),
    "another case": ("https://h/a", "https://h/A", False),
    "an empty segment": ("https://h/a", "https://h//a", False),
    "a longer path its start": ("https://h/a/b", "https://h/a", False),
    "another scheme": ("https://h/", "http://h/", False),
    "another port": ("https://h/", "https://h:8443/", False),
    "another host": ("https://h/", "https://g/", False),
    "a host below": ("https://h.test/", "https://x.h.test/", False),
}


@pytest.mark.parametrize(("stored", "asked", "expected"), COVERS.values(), ids=COVERS)
def test_a_service_covers(stored: str, asked: str, expected: bool) -> None:
    one, other = service_from_url(stored), service_from_url(asked)
    assert one is not None
    assert other is not None
    assert one.covers(other) is expected


SEGMENT = st.text("abcAB%20.-_~", min_size=1, max_size=4)


@given(st.lists(SEGMENT, max_size=3), st.lists(SEGMENT, max_size=3))
def test_covering_is_what_comparing_segments_says(one: list[str], other: list[str]) -> None:
    shorter = Service("https", "h", None, "/" + "/".join(one))
    longer = Service("https", "h", None, "/" + "/".join(other))
    assert shorter.covers(longer) is (other[: len(one)] == one)


@given(st.text(max_size=30))
def test_normal_form_is_stable(text: str) -> None:
    try:
        service = service_from_url("https://" + text)
    except ServiceError:
        return
    if service is not None:
        assert str(service_from_url(str(service))) == str(service)


REDACTED = {
    "nothing to hide": ("https://h.test:8443/a/b", "https://h.test:8443/a/b"),
    "a password": ("https://al:CANARY@h.test/a", "https://****@h.test/a"),
    "a token": ("git+https://CANARY@h.test/a", "git+https://****@h.test/a"),
    "an at sign in it": ("https://al:CAN@CANARY@h.test/", "https://****@h.test/"),
    "a slash in it": ("https://al:CAN/CANARY@h.test/", "https://****@h.test/"),
    "a number sign in it": ("https://al#name:CANARY@h.test/", "https://****@h.test/"),
    "a URL in a URL": ("git+https://p/https://u:CANARY@h.test/r", "git+https://****@h.test/r"),
    "a query": ("https://h.test/a?token=CANARY", "https://h.test/a?****"),
    "a fragment": ("https://h.test/a#CANARY", "https://h.test/a#****"),
    "a broken bracket": ("https://al:CANARY@[::1/", "https://****@[::1/"),
    "no scheme": ("al:CANARY@h.test:path", "****"),
    "a control character": ("https://h.test/\x1b[2KCANARY", "****"),
    "nothing": ("", "****"),
}


@pytest.mark.parametrize(("url", "shown"), REDACTED.values(), ids=REDACTED)
def test_a_url_is_shown_without_secrets(url: str, shown: str) -> None:
    assert redact(url) == shown


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_redaction_never_raises_is_stable_and_hides(user: str, secret: str, path: str) -> None:
    shown = redact(f"https://{user}:CANARY{secret}@h.test/{path}?t=CANARY#CANARY")
    assert "CANARY" not in shown
    assert redact(shown) == shown
