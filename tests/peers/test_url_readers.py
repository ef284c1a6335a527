"""requests, httpx, git and uv read host and userinfo of a URL as the sanitizer does.

That holds for every URL that the sanitizer does not refuse; what they disagree on it has to refuse.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import httpx
import pytest
import requests
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from git_credential_uvx.errors import RefusedError
from git_credential_uvx.sanitize.requirements import read_url
from git_credential_uvx.sanitize.userinfo import split
from git_credential_uvx.urls.service import DEFAULT_PORTS, service_from_url

from ..support.budget import examples
from ..support.common import cases
from ..support.machine import Machine

# Host in lower case, port, username, password; what is empty or left out is "".
Parts = tuple[str, int, str, str]

LIMITED = settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)

ESCAPES = st.sampled_from(["%40", "%2F", "%3a", "%25", "%20", "%C3%A9", "%5C", "%23", "%3F", "%"])
WORDS = st.lists(st.one_of(st.sampled_from("abZ09-._~!$&'()*+,;=:{}%@"), ESCAPES), max_size=8).map(
    "".join
)
HOSTS = st.one_of(
    st.sampled_from(["h.test", "H.Test:8443", "[::1]:80", "[2001:DB8::1]", "127.0.0.1", "a_b:443"]),
    st.text("aB1.-_:[]%", min_size=1, max_size=8),
)
TAILS = st.sampled_from(["", "/", "/@s/p@1.0", "/a:b", "?a=b@c", "#x@y", "/o/r.git@v1", "//x"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    """A URL that the sanitizer does not refuse."""
    userinfo = draw(st.one_of(st.none(), WORDS))
    at = "" if userinfo is None else f"{userinfo}@"
    url = f"{draw(st.sampled_from(['https', 'HTTPS']))}://{at}{draw(HOSTS)}{draw(TAILS)}"
    assume(is_taken(url))
    return url


def is_taken(url: str) -> bool:
    try:
        reading = read_url(url.encode())
    except RefusedError:
        return False
    # A template is no host before somebody puts one there.
    return not any(mark in reading.host for mark in b"%{$")


def ours(url: str) -> Parts:
    reading = read_url(url.encode())
    name, password = split(reading.userinfo or b"")
    host, port = host_of(f"{reading.scheme.decode()}://{reading.host.decode()}/")
    return host, port, unquote_to_bytes(name).decode(), unquote_to_bytes(password or b"").decode()


def host_of(url: str) -> tuple[str, int]:
    service = service_from_url(url)
    assert service is not None
    return service.host, service.port or DEFAULT_PORTS[service.scheme]


def of_requests(url: str) -> Parts:
    prepared = requests.Request("GET", url).prepare()
    assert prepared.url is not None
    parts = urlsplit(prepared.url)
    host, port = host_of(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/")
    # Without a password requests sends nothing, but this is what it would read.
    if parts.password is not None:
        username, password = requests.utils.get_auth_from_url(prepared.url)
        return host, port, username, password
    return host, port, unquote(parts.username or ""), ""


def of_httpx(url: str) -> Parts:
    parts = httpx.URL(url)
    name, _, password = parts.userinfo.decode().partition(":")
    raw = parts.raw_host.decode()
    host = f"[{raw}]" if ":" in raw else raw
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return *host_of(f"{parts.scheme}://{host}:{port}/"), unquote(name), unquote(password)


def of_git(machine: Machine, url: str) -> Parts:
    # What the URL has not comes from the helper, or git would ask a person.
    helper = (
        "!f() { test $1 = get && { grep -q ^username= || echo username=; echo password=; }; }; f"
    )
    done = machine.run(
        *("git", "-c", f"credential.helper={helper}", "credential", "fill"),
        input=f"url={url}\n\n".encode(),
    )
    fields = dict(line.split(b"=", 1) for line in done.stdout.splitlines())
    values = {key.decode(): value.decode() for key, value in fields.items()}
    # Git compares the scheme as it is spelled.
    address = f"{values['protocol'].lower()}://{values['host']}/"
    return *host_of(address), values["username"], values["password"]


def of_uv(machine: Machine, url: str) -> Parts:
    _, _, username, password = ours(url)
    words = ["uv", "auth", "login", "--quiet", url]
    words += [] if username else ["--username", "nobody"]
    words += [] if password else ["--password", "-"]
    machine.store.unlink(missing_ok=True)
    machine.run(*words, input=b"" if password else b"nothing\n")
    (entry,) = tomllib.loads(machine.store.read_text())["credential"]
    authority = urlsplit(entry["service"]).netloc.rpartition("@")[2]
    return (
        *host_of(f"https://{authority}/"),
        entry["username"] if username else "",
        entry["password"] if password else "",
    )


EXAMPLES = {
    "a name and a password": "https://u:p@h.test/",
    "an escaped password": "https://u:p%40%2F%3A%25@h.test/",
    "an escaped name": "https://a%40b.test:p@h.test/",
    "a password alone": "https://:p@h.test/",
    "a token": "https://tok@h.test:8443/p",
    "an empty password": "https://tok:@h.test/",
    "colons in a password": "https://u:a:b:@h.test/",
    "marks in a password": "https://u:!$&'()*+,;=~@h.test/",
    "braces": "https://{u}:${P}@h.test/",
    "an at sign in the path": "https://u:p@h.test/@s/p@1",
    "an at sign in the query": "https://h.test?x=a@b",
    "an at sign in the fragment": "https://h.test#a@b",
    "upper case": "HTTPS://U:P@H.TEST/",
    "an IPv6 address": "https://u:p@[2001:DB8:0:0::1]:8443/",
    "an underscore": "https://u:p@a_b.test/",
    "https's own port": "https://u:p@h.test:443/",
}

# Section 3 of the attacks: programs read different hosts, or none.
DIFFERENT = [
    *(
        "https://good.test\\@evil.test/p",
        "https://evil.test\\.good.test/p",
        "https://a@b@evil.test/",
    ),
    *("https://go\tod.test/", "https://good.test\n.evil.test/", " https://good.test/"),
    *("https:good.test/p", "https:///good.test/p", "https://good.test:4_43/"),
    *("https://good.test:\u0664\u0664\u0663/", "https://good.test:65536/"),
    *("https://[fe80::1%25eth0]/", "https://pre[::1]post/", "https://0x7f000001/"),
    *("https://good%2etest/", "https://good.test%2F.evil.test/", "https://evil.test%23.good.test/"),
    *("https://bitbuc\u212aet.test/", "https://good\u3002test/", "https://good\u200b.test/"),
    *("https://good.test\uff03@evil.test/", "https://-oProxyCommand=x/"),
    *(
        "https://good.test evil.test/",
        "https://[good.test]/",
        "https://[v1.x]/",
        "https://h.test./",
    ),
    *(
        "https://user:\uff03@evil.test",
        "https://good.test\u2100.evil.test",
        "\x01https://evil.test/",
    ),
    *(
        "http://example.com%2F127.0.0.1/",
        "https://2130706433/",
        "https://1.2.3/",
        "https://h:0443/",
    ),
]


@pytest.mark.parametrize("url", DIFFERENT)
def test_what_programs_read_differently_is_refused(url: str) -> None:
    assert not is_taken(url)


@cases("url", EXAMPLES)
def test_all_read_the_same(machine: Machine, url: str) -> None:
    expected = ours(url)
    assert of_requests(url) == expected
    assert of_httpx(url) == expected
    assert of_git(machine, url) == expected
    assert of_uv(machine, url) == expected


@settings(LIMITED, max_examples=examples(100))
@given(urls())
@example("http://good.test#@evil.test/x.txt")
def test_http_clients_read_any_url_as_we_do(url: str) -> None:
    assert of_requests(url) == ours(url)
    assert of_httpx(url) == ours(url)


@LIMITED
@given(url=urls())
def test_git_reads_any_url_as_we_do(machine: Machine, url: str) -> None:
    assert of_git(machine, url) == ours(url)


@LIMITED
@given(url=urls())
def test_uv_reads_any_url_as_we_do(machine: Machine, url: str) -> None:
    assert of_uv(machine, url) == ours(url)


def test_the_store_of_uv_is_the_tests_own(machine: Machine) -> None:
    of_uv(machine, "https://u:p@h.test/")
    assert Path(machine.store).is_relative_to(machine.root)
