"""Attacks by redirects (V15 to V17, V38, V39, V41 to V49, V51, V53 to V56, V58 to V62, A31 to A33).

The numbers are rows of docs/attacks.md. Each runs against servers that remember every
header that they saw; `good.test` is the victim's, `evil.test` the attacker's.
"""

from __future__ import annotations

import pytest

from git_credential_uvx.errors import HttpError, RedirectError, UvxError

from ..support.common import SECRET, cases
from ..support.place import Place
from ..support.servers import Answer, Rule, Seen, basic, challenge, ok, proxying, serving, wants

GOOD, PORT, CLEAR = "https://good.test", "https://good.test:8443", "http://good.test"
EVIL, EVIL2 = "https://evil.test", "https://evil2.test"
VICTIM = basic("victim", SECRET)


def to(location: str, status: int = 302) -> Rule:
    return lambda seen: (status, {"Location": location}, b"")


def asking(then: Rule) -> Rule:
    """A server that asks for a credential and then does as told."""
    return lambda seen: then(seen) if seen.authorization else challenge()


def victim(place: Place, location: str, *, end: str = EVIL) -> None:
    """The victim's secret is in the store for good.test, which sends everybody to `location`;
    whoever is there asks for a credential."""
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(end, lambda seen: challenge())
    place.server(GOOD, asking(to(location)))


def assert_nothing_at(place: Place, *origins: str) -> None:
    """These servers were asked, and saw no secret in any header or body."""
    for origin in origins:
        seen = place.servers[origin].seen
        assert seen
        for request in seen:
            assert SECRET not in str(request)
            assert request.authorization is None


def test_v15_no_credential_follows_a_redirect_to_another_host(place: Place) -> None:
    victim(place, f"{EVIL}/r.git/info/refs")
    assert place.outcome(f"{GOOD}/r.git/info/refs?service=git-upload-pack") == 401
    assert place.sent(GOOD) == [None, VICTIM]
    assert_nothing_at(place, EVIL)


def test_v16_nor_does_it_go_with_the_request_after_the_redirect(place: Place) -> None:
    victim(place, f"{EVIL}/r.git/info/refs")
    with place.client() as http:
        response = http.get(f"{GOOD}/r.git/info/refs")
        moved = str(response.url).removesuffix("/info/refs")
        assert http.post(f"{moved}/git-upload-pack", content=b"want").status_code == 401
    assert_nothing_at(place, EVIL)


def test_v17_a_later_redirect_gets_no_more_than_the_first(place: Place) -> None:
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(EVIL, lambda seen: challenge())
    first = True

    def rule(seen: Seen) -> Answer:
        nonlocal first
        if first:
            first = False
            return ok(b"https://evil.test/objects\n")
        return 302, {"Location": f"{EVIL}/objects"}, b""

    place.server(GOOD, asking(rule))
    with place.client() as http:
        assert http.get(f"{GOOD}/objects/info/http-alternates").status_code == 200
        assert http.get(f"{GOOD}/objects/pack").status_code == 401
    assert place.sent(GOOD)[-1] == VICTIM
    assert_nothing_at(place, EVIL)


ELSEWHERE = {
    "another port": (f"{PORT}/", PORT),
    "http": (f"{CLEAR}/", CLEAR),
    "http on the port of https": ("http://good.test:443/", "http://good.test:443"),
    "another host": (f"{EVIL}/", EVIL),
    "a host that begins so": ("https://good.test.evil.test/", "https://good.test.evil.test"),
    "a host below": ("https://sub.good.test/", "https://sub.good.test"),
    "a dot more": ("https://good.test./", None),
}


@cases("location,end", ELSEWHERE)
@pytest.mark.parametrize("source", ["store", "url", "header"])
def test_v38_v39_v53_a_secret_stays_with_scheme_host_and_port(
    place: Place, location: str, end: str | None, source: str
) -> None:
    if end is not None and end.endswith(".evil.test"):
        place.proxy.routes[f"{end}:443"] = place.server(EVIL).port
        end = EVIL
    headers = {"Cookie": f"session={SECRET}"}
    url = GOOD
    victim(place, location, end=end or EVIL)
    if source != "store":
        place.store.unlink()
    if source == "url":
        url = f"https://victim:{SECRET}@good.test"
    elif source == "header":
        headers["Authorization"] = f"Bearer {SECRET}"
    try:
        done: object = place.outcome(f"{url}/", headers=headers)
    except Exception as error:
        done = error
    assert SECRET in str([s.headers for s in place.servers[GOOD].seen])
    if end is None:
        assert isinstance(done, Exception)
        assert place.sent(EVIL) == []
    elif "evil" in end and location != f"{EVIL}/":
        # Its certificate is for another name, so it is not even asked.
        assert place.sent(EVIL) == []
    else:
        assert_nothing_at(place, end)


@pytest.mark.parametrize(
    "location", ["ftp://good.test/", "imap://good.test/", "file:///etc/passwd", "git://evil.test/"]
)
def test_v38_v45_a_redirect_to_another_protocol_is_an_error(place: Place, location: str) -> None:
    place.server(GOOD, to(location))
    fault = place.outcome(f"{GOOD}/", headers={"Authorization": f"Bearer {SECRET}"})
    assert isinstance(fault, RedirectError)
    assert "other than http and https" in str(fault)


PARTIAL = {
    "V41: no password": "machine evil.test\n",
    "V41: a login alone": "machine evil.test login b\n",
    "V41: a login before the good one": "machine evil.test login b\nmachine good.test ",
    "V42: default without anything": "default\n",
    "V42: default with a login": "default login b\n",
}


@cases("text", PARTIAL)
def test_v41_v42_a_partial_netrc_entry_is_not_completed_by_another(place: Place, text: str) -> None:
    victim(place, f"{EVIL}/")
    place.store.unlink()
    good = f"machine good.test login victim password {SECRET}\n"
    place.write_netrc(good + text if not text.endswith(" ") else text + good[18:])
    assert place.outcome(f"{GOOD}/") == 401
    assert place.sent(GOOD) == [None, VICTIM]
    assert_nothing_at(place, EVIL)


def test_v43_a_username_in_the_url_gets_no_other_users_password(place: Place) -> None:
    place.write_netrc(f"machine good.test login bob password {SECRET}\n")
    place.server(GOOD, lambda seen: challenge())
    assert place.outcome("https://alice@good.test/") == 401
    assert set(place.sent(GOOD)) == {basic("alice", "")}


def test_v44_a_token_does_not_follow_to_a_host_that_netrc_knows(place: Place) -> None:
    place.write_netrc("machine evil.test login x password y\n")
    victim(place, f"{EVIL}/")
    assert place.outcome(f"{GOOD}/", headers={"Authorization": f"Bearer {SECRET}"}) == 401
    assert place.sent(GOOD) == [f"Bearer {SECRET}"]
    assert place.sent(EVIL) == [None, basic("x", "y")]


@pytest.mark.parametrize("name", ["default", "machine default"])
def test_v44_v51_a_default_entry_is_for_no_host_that_a_server_chose(
    place: Place, name: str
) -> None:
    victim(place, f"{EVIL}/")
    place.write_netrc(f"{name} login x password {SECRET}\n")
    assert place.outcome(f"{GOOD}/") == 401
    assert_nothing_at(place, EVIL)


def test_v46_the_credentials_of_one_proxy_do_not_go_to_the_next(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    place.server(CLEAR, to(f"{GOOD}/"))
    with proxying() as second:
        second.routes = place.proxy.routes
        place.environ["HTTP_PROXY"] = f"http://victim:{SECRET}@127.0.0.1:{place.proxy.port}"
        place.environ["HTTPS_PROXY"] = second.url
        assert place.outcome(f"{CLEAR}/") == 200
        assert place.proxy.asked == [("GET good.test:80", VICTIM)]
        assert second.asked == [("CONNECT good.test:443", None)]
    for server in place.servers.values():
        assert SECRET not in str(server.seen)


def test_v47_a_server_that_asks_for_the_users_identity_gets_none(place: Place) -> None:
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(EVIL, lambda seen: challenge("Negotiate"))
    place.server(GOOD, to(f"{EVIL}/"))
    assert place.outcome(f"{GOOD}/") == 401
    assert_nothing_at(place, EVIL)


def test_v48_nothing_goes_from_https_to_http_not_even_where_it_is_allowed(place: Place) -> None:
    victim(place, f"{CLEAR}/", end=CLEAR)
    place.login(f"{CLEAR}/", "victim", SECRET)
    assert place.outcome(f"{GOOD}/", allow_insecure_http=["good.test"]) == 401
    assert place.sent(GOOD) == [None, VICTIM]
    assert_nothing_at(place, CLEAR)


def test_v48_nothing_goes_there_by_way_of_another_http_host_either(place: Place) -> None:
    place.login(f"{CLEAR}/", "victim", SECRET)
    place.server(GOOD, to("http://evil.test/"))
    place.server("http://evil.test", to(f"{CLEAR}/x"))
    place.server(CLEAR, lambda seen: challenge())
    assert place.outcome(f"{GOOD}/x", allow_insecure_http=["good.test"]) == 401
    assert_nothing_at(place, "http://evil.test", CLEAR)


def test_v49_v56_proxy_credentials_are_not_sent_through_a_tunnel(place: Place) -> None:
    place.environ["HTTPS_PROXY"] = f"http://victim:{SECRET}@127.0.0.1:{place.proxy.port}"
    place.server(EVIL, lambda seen: ok())
    place.server(GOOD, to(f"{EVIL}/"))
    assert place.outcome(f"{GOOD}/", headers={"ProXy-AuthoriZation": f"Basic {SECRET}"}) == 200
    assert place.proxy.asked == [
        ("CONNECT good.test:443", VICTIM),
        ("CONNECT evil.test:443", VICTIM),
    ]
    assert_nothing_at(place, GOOD, EVIL)


def test_v51_netrc_does_not_follow_to_another_port(place: Place) -> None:
    with serving(lambda seen: challenge()) as other:
        first = place.server("http://direct", asking(to(other.url())))
        place.write_netrc(
            f"machine 127.0.0.1 login victim password {SECRET}\ndefault login d password {SECRET}\n"
        )
        assert place.outcome(first.url()) == 401
        assert first.authorizations == [None, VICTIM]
        assert other.authorizations == [None]


SECRET_HEADERS = [
    *("Authorization", "AUTHORIZATION", "authorization", "aUTHORIZATION"),
    *("Cookie", "COOKIE", "Cookie2", "Proxy-Authorization", "ProXy-AuthoriZation"),
    *("PRIVATE-TOKEN", "JOB-TOKEN", "DEPLOY-TOKEN", "X-JFrog-Art-Api", "X-Api-Key"),
    *("X-Amz-Security-Token", "WWW-Authenticate", "X-Never-Heard-Of", "Referer", "Origin"),
]


@pytest.mark.parametrize("name", SECRET_HEADERS)
@pytest.mark.parametrize("kind", [str, bytes])
def test_v54_v55_v56_v60_v61_a31_no_header_that_can_be_secret_crosses(
    place: Place, name: str, kind: type
) -> None:
    place.server(EVIL, lambda seen: ok())
    place.server(GOOD, to(f"{EVIL}/"))
    headers = [(name, SECRET)] if kind is str else [(name.encode(), SECRET.encode())]
    with place.client() as http:
        assert http.get(f"{GOOD}/", headers=headers).status_code == 200
        # A header of the client itself is one of each request's.
    with place.client(headers={name: SECRET}) as http:
        assert http.get(f"{GOOD}/").status_code == 200
    if name.lower() != "proxy-authorization":
        assert SECRET in str(place.servers[GOOD].seen)
    assert_nothing_at(place, EVIL)


def test_v55_a_cookie_that_a_server_sets_is_sent_to_nobody(place: Place) -> None:
    place.server(PORT, lambda seen: ok())
    setting = {"Set-Cookie": f"session={SECRET}; Domain=good.test; Path=/"}
    place.server(GOOD, lambda seen: (302, {"Location": f"{PORT}/", **setting}, b""))
    with place.client() as http:
        for _ in range(2):
            assert http.get(f"{GOOD}/").status_code == 200
    assert_nothing_at(place, GOOD, PORT)


def test_v58_a_redirect_that_is_not_to_be_followed_is_not(place: Place) -> None:
    victim(place, f"{EVIL}/")
    place.index(f"{GOOD}/", "always")
    assert place.outcome(f"{GOOD}/", follow_redirects=False) == 302
    with place.client() as http:
        assert http.get(f"{GOOD}/", follow_redirects=False).status_code == 302
    assert place.sent(EVIL) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_v59_a_body_is_never_sent_to_another_server(place: Place, status: int, method: str) -> None:
    place.server(EVIL, lambda seen: ok())
    place.server(GOOD, to(f"{EVIL}/", status))
    done = place.outcome(f"{GOOD}/", method=method, content=f"password={SECRET}".encode())
    assert done == 200 or isinstance(done, RedirectError)
    assert SECRET not in str(place.servers[EVIL].seen)
    assert [seen.body for seen in place.servers[EVIL].seen] == ([b""] if done == 200 else [])


def test_v61_not_even_an_upgrade_to_https_keeps_a_header(place: Place) -> None:
    place.server(GOOD, lambda seen: challenge())
    place.server(CLEAR, to(f"{GOOD}/"))
    headers = {"Authorization": f"Bearer {SECRET}", "PRIVATE-TOKEN": SECRET}
    assert place.outcome(f"{CLEAR}/", headers=headers, allow_insecure_http=["good.test"]) == 401
    assert_nothing_at(place, GOOD)


def test_v62_the_scheme_is_part_of_what_is_compared(place: Place) -> None:
    clear = "http://good.test:8443"
    place.login(f"{PORT}/", "victim", SECRET)
    place.server(clear, lambda seen: challenge())
    place.server(PORT, asking(to(f"{clear}/")))
    assert place.outcome(f"{PORT}/") == 401
    assert place.sent(PORT) == [None, VICTIM]
    assert_nothing_at(place, clear)


def test_a32_what_was_stripped_on_leaving_does_not_come_back(place: Place) -> None:
    # good.test gets its own credential again, by its own policy; the caller's headers stay away,
    # and neither of the attacker's servers sees anything.
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(EVIL2, to(f"{GOOD}/back"))
    place.server(EVIL, to(f"{EVIL2}/"))
    place.server(GOOD, asking(lambda s: ok() if s.path == "/back" else to(f"{EVIL}/")(s)))
    done = place.outcome(f"{GOOD}/", headers={"PRIVATE-TOKEN": SECRET, "Cookie": SECRET})
    assert done == 200
    assert_nothing_at(place, EVIL, EVIL2)
    back = [seen for seen in place.servers[GOOD].seen if seen.path == "/back"]
    assert back
    assert all(seen.header("private-token") is None for seen in back)
    assert all(seen.header("cookie") is None for seen in back)


def test_a32_what_the_caller_sent_does_not_come_back_either(place: Place) -> None:
    place.server(EVIL, to(f"{GOOD}/back"))
    place.server(GOOD, lambda s: challenge() if s.path == "/back" else to(f"{EVIL}/")(s))
    assert place.outcome(f"{GOOD}/", headers={"Authorization": f"Bearer {SECRET}"}) == 401
    assert place.sent(GOOD) == [f"Bearer {SECRET}", None]
    assert place.outcome(f"https://victim:{SECRET}@good.test/") == 401
    assert place.sent(GOOD)[2:] == [VICTIM, None]


def test_a32_a_chain_has_an_end(place: Place) -> None:
    place.server(GOOD, to(f"{EVIL}/"))
    place.server(EVIL, to(f"{GOOD}/"))
    assert isinstance(place.outcome(f"{GOOD}/"), RedirectError)
    assert len(place.order) == 11


STRANGE = {
    "a backslash for a slash": "/\\evil.test/x",
    "two backslashes": "\\\\evil.test\\x",
    "a scheme without slashes": "https:evil.test",
    "one slash": "https:/evil.test/x",
    "a blank": "https://evil.test /x",
    "a tab": "https://evil\t.test/x",
    "an escape in the host": "https://evil%2etest/x",
    "no host": "https:///x",
    "two at signs": "https://a@good.test@evil.test/",
    "a port that is none": "https://evil.test:x/",
    "a script": "javascript:alert(1)",
}


@cases("location", STRANGE)
def test_a33_a_location_that_programs_read_differently_is_an_error(
    place: Place, location: str
) -> None:
    victim(place, location)
    fault = place.outcome(f"{GOOD}/")
    assert isinstance(fault, RedirectError)
    assert place.sent(EVIL) == []


def test_a33_a_location_without_a_scheme_is_another_host(place: Place) -> None:
    victim(place, "//evil.test/x")
    assert place.outcome(f"{GOOD}/") == 401
    assert_nothing_at(place, EVIL)


FORBIDDEN = {
    "to http": (GOOD, f"http://uu:{SECRET}@good.test/x", "auto"),
    "under never": (GOOD, f"https://uu:{SECRET}@evil.test/x", "never"),
    "read over http": (CLEAR, f"https://uu:{SECRET}@evil.test/x", "auto"),
}


@cases("start,location,policy", FORBIDDEN)
def test_a33_userinfo_of_a_location_is_refused_where_it_must_not_be_used(
    place: Place, start: str, location: str, policy: str
) -> None:
    place.index(f"{EVIL}/", policy)
    for origin in (EVIL, CLEAR, GOOD):
        place.server(origin, to(location) if origin == start else lambda seen: ok())
    fault = place.outcome(f"{start}/")
    assert isinstance(fault, HttpError)
    assert SECRET not in str(fault)
    assert len(place.order) == 1


def test_a33_userinfo_of_a_location_is_used_for_its_hop_and_kept_for_nothing(place: Place) -> None:
    given = basic("uu", SECRET)
    place.server(EVIL, wants(given))
    place.server(GOOD, to(f"https://uu:{SECRET}@evil.test/x"))
    with place.client() as http:
        response = http.get(f"{GOOD}/")
        assert response.status_code == 200
        assert http.get(f"{EVIL}/x").status_code == 401
        assert http.get("https://uu@evil.test/x").status_code == 401
    assert place.sent(EVIL) == [given, None, basic("uu", "")]
    told = [repr(response), repr(response.history), str(response.url), repr(response.request)]
    for answer in (response, *response.history):
        told += [str(answer.headers), repr(answer.request), str(answer.next_request)]
    assert SECRET not in "".join(told)


def test_a33_a_username_alone_chooses_no_account(place: Place) -> None:
    place.login(f"{EVIL}/", "admin", SECRET)
    place.login(f"{EVIL}/", "reader", "small")
    place.server(EVIL, lambda seen: challenge())
    place.server(GOOD, to("https://admin@evil.test/x"))
    assert place.outcome(f"{GOOD}/") == 401
    assert place.sent(EVIL) == [basic("admin", "")]


def test_a_fault_is_one_of_ours_and_in_one_line(place: Place) -> None:
    for location in STRANGE.values():
        place.server(GOOD, to(location))
        fault = place.outcome(f"{GOOD}/")
        assert isinstance(fault, UvxError)
        assert str(fault).isprintable()
