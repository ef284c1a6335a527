"""Attacks by URLs and origins (A16-A30), and URLs that no two parsers read alike.

The numbers are rows of docs/attacks.md. Each URL is asked three ways: as `url=`, as
the fields that git makes of it, and through real git. A secret may come out only where the
host that git names is the very host that it is stored for.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ..support.common import (
    SECRET,
    answered,
    assert_answers,
    cases,
    entry,
    git_fill,
    refused,
    refused_by_all,
    victim,
)
from ..support.machine import Machine, request

# Everything that some parser makes of one of the URLs below.
VICTIMS = (
    "https://good.test/",
    "https://bitbucket.test/",
    "https://github.com/",
    "https://site.test/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[fe80::1]/",
)

BACKSLASHES = {
    "a backslash before the at sign": ("https://good.test\\@evil.test/p", None),
    "a backslash in the host": (
        "https://evil.test\\.good.test/p",
        b"evil.test\\.good.test",
    ),
    "a backslash behind the host": ("https://good.test\\evil.test/", b"good.test\\evil.test"),
    "backslashes for slashes": ("https:\\\\good.test\\p", b"\\\\good.test\\p"),
}
AT_SIGNS = {
    "two at signs": ("https://a@b@evil.test/", b"b@evil.test"),
    "two at signs before the right host": ("https://a@b@good.test/", b"b@good.test"),
    "the right host as username": ("https://good.test@evil.test/", b"evil.test"),
    "the right host and an encoded at sign": ("https://good.test%40x@evil.test/", b"evil.test"),
    "an encoded at sign for the real one": ("https://a%40good.test/", b"a@good.test"),
}
REMOVED = {
    "a tab": ("https://go\tod.test/", b"go\tod.test"),
    "a carriage return": ("https://go\rod.test/", b"go\rod.test"),
    "a newline": ("https://good.test\n.evil.test/", b"good.test\n.evil.test"),
    "a blank in front": (" https://good.test/", None),
    "a blank in the host": ("https://good.test evil.test/", b"good.test evil.test"),
    "a blank behind the host": ("https://good.test /", b"good.test "),
}
SLASHES = {
    "no slash": ("https:good.test/p", b""),
    "one slash": ("https:/good.test/p", b""),
    "three slashes": ("https:///good.test/p", b""),
    "four slashes": ("https:////good.test/p", b""),
}
PORTS = {
    "an underscore": ("https://good.test:4_43/", b"good.test:4_43"),
    "other digits": (
        "https://good.test:\u0664\u0664\u0663/",
        "good.test:\u0664\u0664\u0663".encode(),
    ),
    "a plus sign": ("https://good.test:+443/", b"good.test:+443"),
    "a blank in front": ("https://good.test: 443/", b"good.test: 443"),
    "a zero in front": ("https://good.test:0443/", b"good.test:0443"),
    "more than there are": ("https://good.test:65536/", b"good.test:65536"),
    "more that wrap around to the right one": ("https://good.test:65979/", b"good.test:65979"),
    "less than there are": ("https://good.test:-1/", b"good.test:-1"),
    "zero": ("https://good.test:0/", b"good.test:0"),
    "none": ("https://good.test:/", b"good.test:"),
    "hexadecimal": ("https://good.test:0x1bb/", b"good.test:0x1bb"),
    "thousands of digits": (f"https://good.test:{'4' * 5000}/", b"good.test:" + b"4" * 5000),
}
DOTS = {
    "one": ("https://good.test./", b"good.test."),
    "two": ("https://good.test../", b"good.test.."),
    "two inside": ("https://good..test/", b"good..test"),
    "one and a port": ("https://good.test.:443/", b"good.test.:443"),
}
LETTERS = {
    "a Kelvin sign": ("https://bitbuc\u212aet.test/", "bitbuc\u212aet.test".encode()),
    "a long s": ("https://\u017fite.test/", "\u017fite.test".encode()),
    "a Cyrillic i": ("https://g\u0456thub.com/", "g\u0456thub.com".encode()),
    "a Cyrillic i as punycode": ("https://xn--gthub-n2e.com/", b"xn--gthub-n2e.com"),
    "an ideographic full stop": ("https://github\u3002com/", "github\u3002com".encode()),
    "the other ideographic full stop": ("https://good\uff61test/", "good\uff61test".encode()),
    "a full-width letter": ("https://\uff47ithub.com/", "\uff47ithub.com".encode()),
    "a soft hyphen": ("https://git\u00adhub.com/", "git\u00adhub.com".encode()),
    "a zero-width space": ("https://good\u200b.test/", "good\u200b.test".encode()),
    "a zero-width joiner": ("https://good\u200d.test/", "good\u200d.test".encode()),
    "a full-width number sign": ("https://good.test\uff03@evil.test/", b"evil.test"),
    "a full-width number sign in the host": (
        "https://evil.test\uff03.good.test/",
        "evil.test\uff03.good.test".encode(),
    ),
}
ADDRESSES = {
    "an encoded zone": ("https://[fe80::1%25eth0]/", b"[fe80::1%25eth0]"),
    "a zone": ("https://[fe80::1%eth0]/", b"[fe80::1%eth0]"),
    "no brackets": ("https://::1/", b"::1"),
    "one bracket": ("https://[::1/", b"[::1"),
    "text around brackets": ("https://pre[::1]post/", b"pre[::1]post"),
    "text behind brackets": ("https://[::1]good.test/", b"[::1]good.test"),
    "brackets around a name": ("https://[good.test]/", b"[good.test]"),
    "brackets around a dotted quad": ("https://[127.0.0.1]/", b"[127.0.0.1]"),
    "a dotted quad in IPv6": ("https://[::ffff:127.0.0.1]/", b"[::ffff:127.0.0.1]"),
    "nothing in brackets": ("https://[]/", b"[]"),
}
NUMBERS = {
    "hexadecimal": ("https://0x7f000001/", b"0x7f000001"),
    "one number": ("https://2130706433/", b"2130706433"),
    "two parts": ("https://127.1/", b"127.1"),
    "three parts": ("https://127.0.1/", b"127.0.1"),
    "octal": ("https://0177.0.0.1/", b"0177.0.0.1"),
    "hexadecimal parts": ("https://0x7f.0.0.0x1/", b"0x7f.0.0.0x1"),
    "five parts": ("https://127.0.0.0.1/", b"127.0.0.0.1"),
    "a part too large": ("https://127.0.0.257/", b"127.0.0.257"),
    "a zero in front": ("https://127.0.0.01/", b"127.0.0.01"),
    "full-width digits": ("https://\uff11\uff12\uff17.0.0.1/", "\uff11\uff12\uff17.0.0.1".encode()),
    "a number as last label": ("https://good.test.1/", b"good.test.1"),
}
# Git decodes an escape in a host before it asks; a host with an escape itself is refused.
ESCAPES = {
    "an encoded slash": ("https://good.test%2F.evil.test/", b"good.test/.evil.test"),
    "an encoded number sign": ("https://evil.test%23.good.test/", b"evil.test#.good.test"),
    "an encoded question mark": ("https://good.test%3F.evil.test/", b"good.test?.evil.test"),
    "an encoded backslash": ("https://good.test%5C.evil.test/", b"good.test\\.evil.test"),
    "an encoded colon": ("https://good.test%3A443/", b"good.test%3A443"),
    "an encoded dot": ("https://good%2etest/", b"good%2etest"),
    "an encoded letter": ("https://%67ood.test/", b"%67ood.test"),
    "an option": ("https://-oProxyCommand=x/", b"-oProxyCommand=x"),
    "a comma": ("https://good.test,evil.test/", b"good.test,evil.test"),
}

ROWS: dict[str, Mapping[str, tuple[str, bytes | None]]] = {
    "a16 backslash": BACKSLASHES,
    "a17 at signs": AT_SIGNS,
    "a18 what some remove": REMOVED,
    "a19 slashes": SLASHES,
    "a20 port": PORTS,
    "a26 dots at the end": DOTS,
    "a27 and a28 letters": LETTERS,
    "a29 IPv6": ADDRESSES,
    "a30 IPv4": NUMBERS,
    "others": ESCAPES,
}
MATRIX = {f"{row}, {what}": case for row, table in ROWS.items() for what, case in table.items()}


# Plain names of other hosts, which may have credentials of their own.
ANOTHER_HOST = (
    AT_SIGNS["the right host as username"],
    AT_SIGNS["the right host and an encoded at sign"],
    LETTERS["a full-width number sign"],
    LETTERS["a Cyrillic i as punycode"],
    ADDRESSES["a dotted quad in IPv6"],
)


def _asked_every_way(machine: Machine, url: str, host: bytes | None) -> None:
    """Ask for the URL as `url=` and as the host that git makes of it."""
    victim(machine, *VICTIMS)
    check = _tells_nothing if (url, host) in ANOTHER_HOST else refused_by_all
    check(machine, b"url=%b\n" % url.encode())
    if host is not None:
        check(machine, b"protocol=https\nhost=%b\n" % host)


def _tells_nothing(machine: Machine, lines: bytes) -> None:
    refused(machine, "get", lines + b"\n")
    refused(machine, "erase", lines + b"\n")


@cases("url, host", BACKSLASHES)
def test_a16_a_backslash_is_refused(machine: Machine, url: str, host: bytes | None) -> None:
    _asked_every_way(machine, url, host)


@cases("url, host", AT_SIGNS)
def test_a17_the_host_is_behind_the_only_at_sign(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


def test_a17_a_username_in_a_url_is_a_username(machine: Machine) -> None:
    victim(machine)
    refused(machine, "get", b"url=https://evil.test@good.test/\n\n")
    assert answered(machine, b"url=https://alice@good.test/\n\n")[b"password"] == SECRET.encode()


@cases("url, host", REMOVED)
def test_a18_nothing_is_removed_from_a_url(machine: Machine, url: str, host: bytes | None) -> None:
    _asked_every_way(machine, url, host)


@cases("url, host", SLASHES)
def test_a19_two_slashes_come_before_a_host(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


@cases("url, host", PORTS)
def test_a20_a_port_has_one_spelling(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


@cases(
    "stored, asked",
    {
        "stored without, asked with": ("https://good.test/", "https://good.test:443"),
        "stored with, asked without": ("https://good.test:443/", "https://good.test"),
        "the port of http": ("http://good.test/", "http://good.test:80"),
        "the port of http stored": ("http://good.test:80/", "http://good.test"),
    },
)
def test_a21_the_default_port_is_no_port(machine: Machine, stored: str, asked: str) -> None:
    victim(machine, stored)
    protocol, host = asked.split("://")
    found = answered(machine, request(protocol=protocol, host=host))
    assert found[b"password"] == SECRET.encode()


def test_a21_a_credential_stored_with_the_default_port_is_stored_once(machine: Machine) -> None:
    machine.put(protocol="https", host="good.test:443", username="alice", password=SECRET)
    same = request(protocol="https", host="good.test", username="alice", password=SECRET)
    refused(machine, "store", same)
    assert_answers(machine)
    assert machine.store.read_text().count("[[credential]]") == 1


@cases(
    "stored, asked",
    {
        "the port of http with https": ("https://good.test:80/", "https://good.test"),
        "the port of http asked with https": ("https://good.test/", "https://good.test:80"),
        "the port of https with http": ("http://good.test:443/", "https://good.test"),
        "the port of https asked with http": ("https://good.test/", "http://good.test:443"),
        "the ports the other way round": ("http://good.test:443/", "http://good.test"),
    },
)
def test_a21_the_ports_of_http_and_https_stay_apart(
    machine: Machine, stored: str, asked: str
) -> None:
    victim(machine, stored)
    protocol, host = asked.split("://")
    _tells_nothing(machine, f"protocol={protocol}\nhost={host}\n".encode())


@cases(
    "stored, host",
    {
        "another port": ("https://good.test/", "good.test:8080"),
        "no port": ("https://good.test:8080/", "good.test"),
        "a port more": ("https://good.test:8080/", "good.test:8081"),
        "a longer port": ("https://good.test:808/", "good.test:8080"),
        "another service of this machine": ("https://localhost/", "localhost:3000"),
        "another port of this machine": ("https://127.0.0.1:3000/", "127.0.0.1:3001"),
        "another port of an IPv6 address": ("https://[::1]/", "[::1]:8443"),
    },
)
def test_a22_another_port_is_another_service(machine: Machine, stored: str, host: str) -> None:
    _tells_nothing(victim(machine, stored), f"protocol=https\nhost={host}\n".encode())


@cases(
    "stored, asked",
    {
        "a secret of https": ("https://good.test/", "http"),
        "a secret of http": ("http://good.test/", "https"),
        "a secret of https in upper case": ("HTTPS://GOOD.TEST/", "http"),
    },
)
def test_a23_http_and_https_stay_apart(machine: Machine, stored: str, asked: str) -> None:
    _tells_nothing(victim(machine, stored), f"protocol={asked}\nhost=good.test\n".encode())


def test_a23_uv_is_given_no_secret_to_send_in_clear(machine: Machine) -> None:
    machine.put(protocol="http", host="good.test", username="alice", password=SECRET)
    assert not machine.store.exists()
    found = answered(machine, request(protocol="http", host="good.test"))
    assert found[b"password"] == SECRET.encode()
    refused(machine, "get", request(protocol="https", host="good.test"))


@cases(
    "host",
    {
        "the name as an ending": "evilgood.test",
        "the name as a beginning": "good.test.evil.test",
        "a sub-domain": "sub.good.test",
        "any character for the dot": "goodXtest",
        "the top": "test",
        "a part": "ood.test",
        "a hyphen": "evil-good.test",
        "the name of a relative": "www.good.test",
    },
)
def test_a24_only_the_whole_name_answers(machine: Machine, host: str) -> None:
    _tells_nothing(victim(machine), f"protocol=https\nhost={host}\n".encode())


@cases(
    "stored",
    {
        "an asterisk": "https://*.test/",
        "an asterisk alone": "https://*/",
        "a regular expression": "https://good.tes./",
        "a dot in front": "https://.test/",
        "a character class": "https://[a-z]ood.test/",
    },
)
def test_a24_a_stored_pattern_is_none(machine: Machine, stored: str) -> None:
    refused(victim(machine, stored), "get", request(protocol="https", host="good.test"))


@cases(
    "path",
    {
        "a longer segment": b"org-evil/r",
        "a segment that goes on": b"organ",
        "a step up": b"org/../other",
        "a step up in front": b"x/../org/r",
        "a step that stays": b"./org/r",
        "an encoded step up": b"org%2f..%2fother",
        "an encoded dot": b"org/%2e%2e/other",
        "two slashes in front": b"//org",
        "upper case": b"ORG",
        "a backslash": b"org\\..\\other",
        "a query": b"org?x",
        "a fragment": b"org#x",
        "an encoded letter": b"%6frg/r",
        "another folder": b"other",
        "the folder deeper down": b"x/org/r",
        "nothing": b"",
    },
)
def test_a25_a_path_is_compared_by_whole_segments(machine: Machine, path: bytes) -> None:
    victim(machine, "https://good.test/org")
    _tells_nothing(machine, b"protocol=https\nhost=good.test\npath=%b\n" % path)


@pytest.mark.parametrize("path", [b"org", b"org/", b"org/r.git", b"org//r.git"])
def test_a25_a_path_below_is_answered(machine: Machine, path: bytes) -> None:
    victim(machine, "https://good.test/org")
    assert_answers(machine, path=path)


@cases("url, host", DOTS)
def test_a26_a_dot_at_the_end_is_refused(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


def test_a26_a_stored_dot_at_the_end_answers_nobody_else(machine: Machine) -> None:
    victim(machine, "https://good.test./")
    _tells_nothing(machine, b"protocol=https\nhost=good.test\n")


@cases("url, host", {what: case for what, case in LETTERS.items() if "Cyrillic" not in what})
def test_a27_no_other_letter_folds_into_ascii(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


@pytest.mark.parametrize("stored", ["https://good.test/", "https://GOOD.test/"])
@pytest.mark.parametrize("host", ["GOOD.TEST", "Good.Test", "good.test"])
def test_a27_ascii_letters_are_equal_in_both_cases(
    machine: Machine, stored: str, host: str
) -> None:
    assert_answers(victim(machine, stored), host=host)


@cases("url, host", LETTERS)
def test_a28_a_look_alike_is_another_host(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


@cases(
    "stored",
    {
        "an ideographic full stop": "https://good\u3002test/",
        "full-width letters": "https://\uff47ood.test/",
        "a soft hyphen": "https://go\u00adod.test/",
        "an encoded dot": "https://good%2etest/",
        "an encoded letter": "https://%67ood.test/",
        "a long s": "https://good.te\u017ft/",
    },
)
def test_a28_a_stored_look_alike_is_not_guessed_at(machine: Machine, stored: str) -> None:
    victim(machine, stored)
    _tells_nothing(machine, b"protocol=https\nhost=good.test\n")


def test_a28_a_stored_international_name_is_asked_for_as_punycode(machine: Machine) -> None:
    victim(machine, "https://g\u0456thub.com/")
    assert_answers(machine, host="xn--gthub-n2e.com")
    refused(machine, "get", request(protocol="https", host="github.com"))


@cases("url, host", ADDRESSES)
def test_a29_an_ipv6_address_has_brackets_and_no_zone(
    machine: Machine, url: str, host: bytes
) -> None:
    _asked_every_way(machine, url, host)


@cases(
    "stored, host",
    {
        "short and long": ("https://[::1]/", "[0:0:0:0:0:0:0:1]"),
        "long and short": ("https://[0:0:0:0:0:0:0:1]/", "[::1]"),
        "upper case": ("https://[FE80::A]/", "[fe80::a]"),
        "zeros in front": ("https://[fe80::a]/", "[fe80:0000::000a]"),
        "a dotted quad and hexadecimal": ("https://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]"),
        "a default port": ("https://[::1]/", "[::1]:443"),
    },
)
def test_a29_spellings_of_one_ipv6_address_are_equal(
    machine: Machine, stored: str, host: str
) -> None:
    assert_answers(victim(machine, stored), host=host)


@cases("url, host", NUMBERS)
def test_a30_a_number_is_no_address(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


def test_a30_a_dotted_quad_is_one(machine: Machine) -> None:
    assert_answers(victim(machine, *VICTIMS), host="127.0.0.1")


@cases("url, host", ESCAPES)
def test_s3_an_escape_or_an_option_is_no_host(machine: Machine, url: str, host: bytes) -> None:
    _asked_every_way(machine, url, host)


# What real git makes of these is a stored host in its one spelling.
_DECODED_BY_GIT = {
    "https://good%2etest/": b"good.test",
    "https://%67ood.test/": b"good.test",
    "https://good.test%3A443/": b"good.test:443",
}


@cases("url", {what: url for what, (url, _) in MATRIX.items()})
def test_s3_git_gets_a_secret_only_for_the_host_it_names(machine: Machine, url: str) -> None:
    victim(machine, *VICTIMS)
    found = git_fill(machine, b"url=%b\n" % url.encode()).split(b"\n")
    if url in _DECODED_BY_GIT:
        assert b"host=%b" % _DECODED_BY_GIT[url] in found
        assert b"protocol=https" in found
    else:
        assert b"password=%b" % SECRET.encode() not in found


def test_s3_git_gets_the_secret_of_a_plain_url(machine: Machine) -> None:
    machine.write_store(entry("https://good.test/"))
    found = git_fill(machine, b"url=https://good.test/r.git\n").split(b"\n")
    assert b"password=%b" % SECRET.encode() in found
