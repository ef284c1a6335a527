"""The pure parts of requests: challenges, redirects, proxies, the flow; tables and properties."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import HttpError, RedirectError, UvxError
from git_credential_uvx.http.challenges import schemes
from git_credential_uvx.http.flow import Attempt, LookUp, Memory, Reply, RequestTarget, Send, flow
from git_credential_uvx.http.proxies import Proxies
from git_credential_uvx.http.redirects import ALLOWED, headers_after, next_hop
from git_credential_uvx.urls.parts import is_this_machine, origin, split_userinfo
from git_credential_uvx.urls.service import Service

from ..support.common import cases

CHALLENGES: dict[str, tuple[list[str], list[str]]] = {
    "one": (['Basic realm="x"'], ["basic"]),
    "without parameters": (["Negotiate"], ["negotiate"]),
    "two in one header": (['Basic realm="x", Bearer realm="y"'], ["basic", "bearer"]),
    "two headers": (["NTLM", "Basic"], ["ntlm", "basic"]),
    "a comma in quotes": (['Basic realm="a, Bearer b", charset="UTF-8"'], ["basic"]),
    "an escaped quote": (['Digest realm="a\\", Basic", Basic'], ["digest", "basic"]),
    "a parameter with blanks": (['Digest realm = "x", nonce = "y"'], ["digest"]),
    "padding": (["Negotiate abc==, Basic"], ["negotiate", "basic"]),
    "the same twice": (["Basic, BASIC"], ["basic"]),
    "empty parts": ([",, Basic ,"], ["basic"]),
    "nothing": ([""], []),
    "no header": ([], []),
    "an open quote": (['Basic realm="x, Bearer'], ["basic"]),
}


@cases("headers,found", CHALLENGES)
def test_the_schemes_of_challenges(headers: list[str], found: list[str]) -> None:
    assert schemes(headers) == found


@given(st.lists(st.text()))
def test_no_challenge_breaks_anything(headers: list[str]) -> None:
    assert all(name.isascii() and name.isprintable() for name in schemes(headers))


NAMES = st.text("abXY-", min_size=1, max_size=8)
QUOTED = st.text('a,= "\\', max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
PARAMETERS = st.builds(
    lambda name, sign, value: name + sign + value,
    NAMES,
    st.sampled_from(["=", " =", " = "]),
    QUOTED | NAMES,
)


@given(st.lists(st.tuples(NAMES, st.lists(PARAMETERS, max_size=3))), st.sampled_from([",", ", "]))
def test_every_scheme_of_a_well_formed_header_is_found(
    challenges: list[tuple[str, list[str]]], comma: str
) -> None:
    texts = [f"{name} {comma.join(parameters)}" for name, parameters in challenges]
    names = [name.lower() for name, _ in challenges]
    assert schemes([comma.join(texts)]) == list(dict.fromkeys(names))


HOSTS = st.sampled_from(["good.test", "evil.test", "GOOD.test", "[::1]", "127.0.0.1"])
PORTS = st.sampled_from(["", ":443", ":80", ":8443", ":"])
PATHS = st.text("/ab.?#%2F@:\\ \t", max_size=8)
USERS = st.sampled_from(["", "u:p@", "u@", ":@", "a@b@", "u:p%zz@"])
LOCATIONS = st.one_of(
    st.builds(
        lambda scheme, user, host, port, path: f"{scheme}{user}{host}{port}/{path}",
        st.sampled_from(["https://", "http://", "//", "https:", "HTTPS://", "ftp://"]),
        *(USERS, HOSTS, PORTS, PATHS),
    ),
    PATHS,
    st.text(),
)


@given(st.sampled_from(["https://good.test/a/b", "http://good.test:8443/"]), LOCATIONS)
def test_where_a_redirect_leads_is_where_httpx_would_go(current: str, location: str) -> None:
    try:
        hop = next_hop(current, location.encode())
    except RedirectError:
        return
    assert "@" not in hop.url.partition("://")[2].partition("/")[0]
    try:
        url = httpx.URL(hop.url)
    except httpx.InvalidURL:
        return  # it is refused when its request is made
    here = httpx.URL(current)
    if not url.netloc.endswith(b":") and "[" not in hop.url:
        same = (url.scheme, url.netloc) == (here.scheme, here.netloc)
        assert hop.same is same
    assert hop.downgraded is (here.scheme == "https" and url.scheme == "http")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (b"https://[::1", "not a URL"),
        (b"https://u:p%zz@good.test/", "cannot be read"),
        (b"https://good.test:99999/", "port"),
        (b"ftp://good.test/", "other than http"),
        (b"https:///evil.test/", "no host"),
        (b"///evil.test/", "no host"),
        (b"https://:8443/", "no host"),
    ],
)
def test_a_redirect_that_leads_nowhere_says_why(location: bytes, words: str) -> None:
    with pytest.raises(RedirectError, match=words):
        next_hop("https://good.test/", location)


@given(st.lists(st.tuples(st.text("aAcCkKoOiIeE-", min_size=1), st.just("S"))), st.booleans())
def test_only_what_is_on_the_list_goes_to_another_server(
    headers: list[tuple[str, str]], body: bool
) -> None:
    assert {name.lower() for name, _ in headers_after(headers, same=False, body=body)} <= ALLOWED
    assert not any("auth" in name or "cookie" in name or "token" in name for name in ALLOWED)


ORIGINS = {
    "https://Good.test:443/x": ("https", "good.test"),
    "http://good.test:80": ("http", "good.test"),
    "http://good.test:443/": ("http", "good.test:443"),
    "https://good.test:/": ("https", "good.test"),
    "https://[::1]:443/": ("https", "[::1]"),
    "https://[::1]/": ("https", "[::1]"),
    "https://good.test:4430/": ("https", "good.test:4430"),
}


@pytest.mark.parametrize("url", ORIGINS)
def test_the_origin_of_a_url(url: str) -> None:
    assert origin(url) == ORIGINS[url]


MACHINES = {
    "localhost": True,
    "localhost:80": True,
    "127.0.0.1:8080": True,
    "[::1]": True,
    "[::1]:8080": True,
    "127.0.0.2": False,
    "localhost.evil.test": False,
    "evil.test": False,
    "xlocalhost": False,
    "[::2]": False,
}


@pytest.mark.parametrize("authority", MACHINES)
def test_this_machine_is_what_uv_takes_for_it(authority: str) -> None:
    assert is_this_machine(authority) is MACHINES[authority]


@given(st.text())
def test_what_is_taken_out_of_a_url_is_not_left_in_it(url: str) -> None:
    try:
        clean, userinfo = split_userinfo(url)
    except UvxError:
        return
    if userinfo is None and clean == url:
        return
    assert split_userinfo(clean) == (clean, None)


DIRECT = {
    "a network": ("10.0.0.0/8", "10.1.2.3", True),
    "another network": ("10.0.0.0/8", "11.1.2.3:80", False),
    "an address": ("127.0.0.1", "127.0.0.1:8080", True),
    "IPv6": ("::1", "[::1]:80", True),
    "IPv6 in brackets": ("[::1]", "[::1]", True),
    "a star before a dot": ("*.test", "good.test", True),
    "the port": ("good.test:8080", "good.test:8080", True),
    "without the port": ("good.test:8080", "good.test", False),
    "an empty list": (",,", "good.test", False),
    "a name for an address": ("1.2.3", "10.1.2.3", False),
}


@cases("no_proxy,authority,direct", DIRECT)
def test_no_proxy_is_compared_by_whole_names(no_proxy: str, authority: str, direct: bool) -> None:
    proxies = Proxies({"ALL_PROXY": "proxy.test:3128", "NO_PROXY": no_proxy})
    assert (proxies.for_url("http", authority) is None) is direct


def test_in_a_cgi_program_a_client_cannot_name_the_proxy() -> None:
    environ = {"HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"}
    assert Proxies(environ).for_url("http", "good.test") is None
    assert Proxies({**environ, "http_proxy": "http://mine.test"}).for_url("http", "good.test")


def attempt(password: str, *, found: bool = False) -> Attempt:
    return Attempt(Credential(b"alice", Secret(password.encode())), "store", found=found)


SERVICE = Service("https", "good.test", None, "/")

# What the look-ups give in turn, the statuses in turn, and what is done: a look-up, a bare
# request, or one with a password.
FLOWS = {
    "open to all": ([], [200], "-"),
    "found": (["a"], [401, 200], "- ? a"),
    "forbidden, found": (["a"], [403, 200], "- ? a"),
    "hidden, found": (["a"], [404, 200], "- ? a"),
    "not found": ([None], [401], "- ?"),
    "refused, the same again": (["a", "a"], [401, 401], "- ? a ?"),
    "refused, another": (["a", "b"], [401, 401, 200], "- ? a ? b"),
    "refused, another refused": (["a", "b"], [401, 401, 401], "- ? a ? b"),
    "refused, no other": (["a", None], [401, 401], "- ? a ?"),
    "no access": (["a"], [401, 403], "- ? a"),
    "a rate limit": ([], [429], "-"),
    "a rate limit later": (["a"], [401, 429], "- ? a"),
}


# The same for a target that is asked as Git asks it, with a username.
GIT_FLOWS = {
    "open to all": ([], [200], "-"),
    "found": (["a"], [401, 200], "- ? a"),
    "forbidden": ([], [403], "-"),
    "hidden": ([], [404], "-"),
    "not found": ([None], [401], "- ?"),
    "refused, another": (["a", "b"], [401, 401, 200], "- ? a ? b"),
    "refused, another refused": (["a", "b"], [401, 401, 401], "- ? a ? b"),
    "refused, no other": (["a", None], [401, 401], "- ? a ?"),
}


@cases("found,statuses,done", FLOWS)
def test_the_flow_of_auto(found: list[str | None], statuses: list[int], done: str) -> None:
    drive(RequestTarget(SERVICE), found, statuses, done)


@cases("found,statuses,done", GIT_FLOWS)
def test_the_flow_of_git(found: list[str | None], statuses: list[int], done: str) -> None:
    drive(RequestTarget(SERVICE, username=b"alice", as_git=True), found, statuses, done)


@cases(
    "found,statuses,done",
    {
        "accepted": ([], [200], "old"),
        "refused, another": (["a"], [401, 200], "old ? a"),
        "refused, another refused": (["a"], [401, 401], "old ? a"),
        "refused, no other": ([None], [401], "old ?"),
    },
)
@pytest.mark.parametrize("as_git", [True, False])
def test_the_flow_with_what_was_accepted_before(
    as_git: bool, found: list[str | None], statuses: list[int], done: str
) -> None:
    target = RequestTarget(SERVICE, cached=attempt("old", found=True), as_git=as_git)
    drive(target, found, statuses, done)


def drive(target: RequestTarget, found: list[str | None], statuses: list[int], done: str) -> None:
    """Run a flow with these look-ups and statuses, and compare what it did."""
    steps = flow(target, Memory())
    answers, replies = iter(found), iter(statuses)
    told = []
    for step in steps:
        if isinstance(step, LookUp):
            told.append("?")
            password = next(answers)
            step.found = None if password is None else attempt(password, found=True)
        else:
            sent = step.attempt
            told.append("-" if sent is None else sent.credential.secret.reveal().decode())
            step.reply = Reply(next(replies), [])
    assert " ".join(told) == done
    assert not list(answers)
    assert not list(replies)


def test_a_credential_of_a_target_that_is_barred_is_an_error_and_none_is_looked_for() -> None:
    steps = flow(RequestTarget(SERVICE, refusal="not there"), Memory())
    step = next(steps)
    assert isinstance(step, Send)
    step.reply = Reply(401, ["basic"])
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == "not there"
    with pytest.raises(HttpError, match="not there"):
        next(flow(RequestTarget(SERVICE, given=attempt("a"), refusal="not there"), Memory()))
