"""The redirect matrix: each kind of redirect, policy, source and status, and what each server saw.

What is expected stands in a table. A row is a kind of redirect; its columns are the sources under
`auto`, under `always` and under `never`. A cell is what is sent after the server that redirects:
`-` is a bare request, another mark a credential, `!` an error of ours in place of a request.
"""

from __future__ import annotations

import pytest

from git_credential_uvx.errors import HttpError, RedirectError, UvxError

from ..support.place import Place
from ..support.servers import Answer, Rule, Seen, basic, challenge, ok

POLICIES = ("auto", "always", "never")
SOURCES = ("url", "store", "netrc")
STATUSES = (301, 302, 303, 307, 308)

GOOD, PORT = "https://good.test", "https://good.test:8443"
EVIL, SUB, CLEAR = "https://evil.test", "https://sub.good.test", "http://good.test"
ORIGINS = (GOOD, PORT, EVIL, SUB, CLEAR)

# U is in the first URL, S in the store for good.test, N in the netrc for good.test. E is in the
# store for evil.test, whichever source the first hop has; G is in the Location.
SENT = {
    "-": None,
    "U": basic("alice", "url"),
    "S": basic("alice", "store"),
    "N": basic("alice", "netrc"),
    "E": basic("erin", "evil"),
    "G": basic("bob", "given"),
}

# What the first server is sent; it redirects whom it knows, and under `never` everybody.
FIRST = {
    "auto": {"url": "U", "store": "- S", "netrc": "- N"},
    "always": {"url": "U", "store": "S", "netrc": "N"},
    "never": {"url": "!", "store": "-", "netrc": "-"},
}

# Kind: where it begins, its Location, where that is, and what is sent there.
#                                                           auto                 always        never
#                                                     url   store  netrc     url store netrc    all
KINDS = {
    "same host": (
        GOOD,
        f"{GOOD}/end",
        GOOD,
        "        U   | S   | N        | U | S | N         | -",
    ),
    "relative": (
        GOOD,
        "/end",
        GOOD,
        "                U   | S   | N        | U | S | N         | -",
    ),
    "relative path": (
        GOOD,
        "end",
        GOOD,
        "            U   | S   | N        | U | S | N         | -",
    ),
    "no scheme": (
        GOOD,
        "//good.test/end",
        GOOD,
        "    U   | S   | N        | U | S | N         | -",
    ),
    "own port": (
        GOOD,
        f"{GOOD}:443/end",
        GOOD,
        "     U   | S   | N        | U | S | N         | -",
    ),
    "capitals": (
        GOOD,
        "HTTPS://Good.TEST/end",
        GOOD,
        "U  | S   | N        | U | S | N         | -",
    ),
    "other port": (
        GOOD,
        f"{PORT}/end",
        PORT,
        "       -   | -   | -        | ! | ! | !         | -",
    ),
    "other host": (
        GOOD,
        f"{EVIL}/end",
        EVIL,
        "       - E | - E | - E      | E | E | E         | -",
    ),
    "sub-domain": (
        GOOD,
        f"{SUB}/end",
        SUB,
        "         -   | -   | -        | ! | ! | !         | -",
    ),
    "https to http": (
        GOOD,
        f"{CLEAR}/end",
        CLEAR,
        "  -   | -   | -        | ! | ! | !         | -",
    ),
    "http to https": (
        CLEAR,
        f"{GOOD}/end",
        GOOD,
        "   -   | - S | - N      | ! | S | N         | -",
    ),
    "userinfo": (
        GOOD,
        "https://bob:given@evil.test/end",
        EVIL,
        "G | G | G     | G | G | G      | !",
    ),
    "userinfo, same host": (
        GOOD,
        "https://bob:given@good.test/end",
        GOOD,
        "G|G|G | G | G | G     | !",
    ),
    "userinfo, to http": (
        GOOD,
        "http://bob:given@good.test/end",
        CLEAR,
        "! | ! | ! | ! | ! | !   | !",
    ),
    "userinfo, from http": (
        CLEAR,
        "https://bob:given@evil.test/end",
        EVIL,
        "!|!|! | ! | ! | !    | !",
    ),
}
CELLS = [(kind, policy, source) for kind in KINDS for policy in POLICIES for source in SOURCES]

ALICES = {
    "private-token": "CANARY",
    "cookie": "session=CANARY",
    "proxy-authorization": "Basic CANARY",
    "x-api-key": "CANARY",
}
PLAIN = {"host", "accept", "accept-encoding", "user-agent"}


def expected(kind: str, policy: str, source: str) -> list[tuple[str, str]]:
    """Who sees what, in order, by the table alone: origin and mark."""
    start, _, end, row = KINDS[kind]
    marks = FIRST[policy][source].split()
    cells = [cell.split() for cell in row.split("|")]
    column = 6 if policy == "never" else 3 * POLICIES.index(policy) + SOURCES.index(source)
    seen = [(start, mark) for mark in marks]
    return seen if marks == ["!"] else [*seen, *((end, mark) for mark in cells[column])]


def prepare(place: Place, policy: str, source: str, start: str) -> str:
    """Put the credentials where the cell wants them; the first URL."""
    for number, origin in enumerate(ORIGINS):
        place.index(f"{origin}/", policy, f"index{number}")
    place.login("https://evil.test/", "erin", "evil")
    if source == "store":
        place.login("https://good.test/", "alice", "store")
        if start == CLEAR:
            place.login("http://good.test/", "alice", "store")
    if source == "netrc":
        place.write_netrc(
            "machine good.test login alice password netrc\n"
            + ("machine good.test protocol http login alice password netrc\n" * (start == CLEAR))
            + "default login trap password CANARY\n"
        )
    userinfo = "alice:url@" if source == "url" else ""
    return start.replace("://", f"://{userinfo}") + "/start"


def rules(place: Place, policy: str, answer: Answer, start: str) -> None:
    """Servers that ask for a credential, any one; the first redirects."""

    def asks(seen: Seen) -> Answer:
        return ok() if seen.authorization else challenge()

    def first(seen: Seen) -> Answer:
        if seen.path != "/start":
            return asks(seen)
        return answer if seen.authorization or policy == "never" else challenge()

    for origin in ORIGINS:
        rule: Rule = first if origin == start else asks
        place.server(origin, rule)


@pytest.mark.parametrize(("kind", "policy", "source"), CELLS, ids=lambda value: str(value))
def test_each_server_sees_exactly_this(place: Place, kind: str, policy: str, source: str) -> None:
    start, location, _, _ = KINDS[kind]
    url = prepare(place, policy, source, start)
    marks = expected(kind, policy, source)
    for status in STATUSES:
        place.order.clear()
        rules(place, policy, (status, {"Location": location}, b""), start)
        done = place.outcome(url, headers=ALICES, allow_insecure_http=["good.test"])
        want = [(origin, SENT[mark]) for origin, mark in marks if mark != "!"]
        assert [(origin, seen.authorization) for origin, seen in place.order] == want, status
        if marks[-1][1] == "!":
            assert isinstance(done, HttpError)
            assert not any(word in str(done) for word in ("CANARY", "given", "bob", "alice"))
        else:
            assert done == (401 if marks[-1][1] == "-" else 200)
        for origin, seen in place.order:
            own = {"authorization"} if seen.authorization else set()
            names = seen.names - {"connection"}  # which is about the connection to the proxy
            if origin == start:
                assert names == PLAIN | own | (ALICES.keys() - {"proxy-authorization"})
            else:
                assert names == PLAIN | own


@pytest.mark.parametrize(("kind", "policy", "source"), CELLS, ids=str)
def test_the_asynchronous_client_sends_the_same(
    place: Place, kind: str, policy: str, source: str
) -> None:
    start, location, _, _ = KINDS[kind]
    url = prepare(place, policy, source, start)
    rules(place, policy, (302, {"Location": location}, b"moved"), start)
    done = place.async_outcome(url, headers=ALICES, allow_insecure_http=["good.test"])
    marks = expected(kind, policy, source)
    want = [(origin, SENT[mark]) for origin, mark in marks if mark != "!"]
    assert [(origin, seen.authorization) for origin, seen in place.order] == want
    assert isinstance(done, HttpError) is (marks[-1][1] == "!")
    for origin, seen in place.order:
        assert ("CANARY" in str(seen)) is (origin == start)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("source", SOURCES)
def test_a_loop_ends_after_ten_redirects(place: Place, policy: str, source: str) -> None:
    url = prepare(place, policy, source, GOOD)
    rules(place, policy, (302, {"Location": "/start"}, b""), GOOD)
    done = place.outcome(url)
    if (policy, source) == ("never", "url"):
        assert isinstance(done, HttpError)
        assert place.order == []
        return
    assert isinstance(done, RedirectError)
    redirected = [s for _, s in place.order if s.authorization or policy == "never"]
    assert len(redirected) == 11
    mark = {"url": "U", "store": "S", "netrc": "N"}[source] if policy != "never" else "-"
    assert {seen.authorization for seen in redirected} == {SENT[mark]}


@pytest.mark.parametrize(("count", "followed"), [(10, True), (11, False)])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("source", SOURCES)
def test_ten_redirects_are_followed_and_eleven_are_not(
    place: Place, policy: str, source: str, count: int, followed: bool
) -> None:
    url = prepare(place, policy, source, GOOD).replace("/start", "/0")

    def countdown(seen: Seen) -> Answer:
        number = int(seen.path[1:])
        if policy != "never" and not seen.authorization:
            return challenge()
        return ok() if number == count else (307, {"Location": f"/{number + 1}"}, b"")

    place.server(GOOD, countdown)
    done = place.outcome(url)
    if (policy, source) == ("never", "url"):
        assert isinstance(done, UvxError)
        assert place.order == []
    elif followed:
        assert done == 200
    else:
        assert isinstance(done, RedirectError)
        assert max(int(seen.path[1:]) for _, seen in place.order) == 10
    bare = [seen.path for _, seen in place.order if not seen.authorization]
    if policy == "auto" and source != "url":
        assert bare == ["/0"]


METHODS = {
    # Status and method: the method that follows, and whether the body does.
    (301, "POST"): ("GET", False),
    (302, "POST"): ("GET", False),
    (303, "POST"): ("GET", False),
    (307, "POST"): ("POST", True),
    (308, "POST"): ("POST", True),
    (301, "PUT"): ("PUT", True),
    (302, "PUT"): ("PUT", True),
    (303, "PUT"): ("GET", False),
    (307, "PUT"): ("PUT", True),
    (308, "PUT"): ("PUT", True),
    (301, "HEAD"): ("HEAD", False),
    (302, "HEAD"): ("HEAD", False),
    (303, "HEAD"): ("HEAD", False),
    (307, "HEAD"): ("HEAD", False),
    (303, "DELETE"): ("GET", False),
    (302, "DELETE"): ("DELETE", False),
}


@pytest.mark.parametrize(("status", "method"), METHODS, ids=str)
@pytest.mark.parametrize("end", [GOOD, EVIL])
def test_method_and_body_after_a_redirect(place: Place, status: int, method: str, end: str) -> None:
    then, kept = METHODS[status, method]
    place.server(EVIL, lambda seen: ok())
    place.server(
        GOOD,
        lambda seen: ok() if seen.path == "/end" else (status, {"Location": f"{end}/end"}, b""),
    )
    content = b"BODY" if method in ("POST", "PUT") else None
    done = place.outcome(f"{GOOD}/start", method=method, content=content)
    if kept and end == EVIL:
        assert isinstance(done, RedirectError)
        assert place.sent(EVIL) == []
        return
    assert done == 200
    origin, last = place.order[-1]
    assert (origin, last.method, last.body) == (end, then, b"BODY" if kept else b"")
    if not kept:
        assert not last.names & {"content-type", "transfer-encoding", "content-length"}
