"""What is sent under each policy, against servers that remember it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from git_credential_uvx.errors import BindingError, HttpError
from git_credential_uvx.http import hops

from ..support.common import cases
from ..support.place import Place
from ..support.servers import Answer, Seen, basic, challenge, ok, wants

GOOD = "https://good.test"
ALICE = basic("alice", "wonder")


def alice(place: Place, status: int = 401) -> None:
    """Alice is in the store, and the server asks for her."""
    place.login("https://good.test/", "alice", "wonder")
    place.server(GOOD, wants(ALICE, status=status))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_auto_asks_the_sources_when_a_bare_request_is_refused(place: Place, status: int) -> None:
    alice(place, status)
    assert place.outcome(f"{GOOD}/simple/") == 200
    assert place.sent(GOOD) == [None, ALICE]


@pytest.mark.parametrize("status", [200, 400, 405, 407, 410, 429, 500, 503])
def test_auto_takes_no_other_status_for_a_credential_problem(place: Place, status: int) -> None:
    place.login("https://good.test/", "alice", "wonder")
    place.server(GOOD, lambda seen: (status, {}, b""))
    assert place.outcome(f"{GOOD}/simple/") == status
    assert place.sent(GOOD) == [None]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_auto_gives_the_refusal_back_where_no_source_answers(place: Place, status: int) -> None:
    place.server(GOOD, lambda seen: challenge(status=status))
    assert place.outcome(f"{GOOD}/simple/") == status
    assert place.sent(GOOD) == [None]


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_still_refused_is_not_sent_a_third_time(place: Place, status: int) -> None:
    place.login("https://good.test/", "alice", "wonder")
    place.server(GOOD, lambda seen: challenge(status=status))
    assert place.outcome(f"{GOOD}/simple/") == status
    assert place.sent(GOOD) == [None, ALICE]


def test_a_username_in_the_url_looks_for_its_password_first(place: Place) -> None:
    alice(place)
    place.login("https://good.test/", "bob", "builder")
    assert place.outcome("https://alice@good.test/simple/") == 200
    assert place.sent(GOOD) == [ALICE]


def test_a_username_without_a_password_is_sent_as_it_is(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    place.login("https://good.test/", "bob", "builder")
    watched: list[object] = []
    assert place.outcome("https://token@good.test/simple/", watch=watched.append) == 200
    assert place.sent(GOOD) == [basic("token", "")]
    assert "token" not in repr(watched)


URLS = {
    "username and password": ("alice:wonder", ALICE),
    "an empty username": (":wonder", basic("", "wonder")),
    "an empty password": ("alice:", basic("alice", "")),
    "escapes": ("al%40ice:w%3Ao%2Fn", basic("al@ice", "w:o/n")),
    "letters beyond ASCII": ("alice:%C3%BC%E2%82%AC", basic("alice", "ü€")),
}


@cases("userinfo,header", URLS)
@pytest.mark.parametrize("policy", ["auto", "always"])
def test_credentials_in_the_url_are_used_at_once(
    place: Place, userinfo: str, header: str, policy: str
) -> None:
    place.index(f"{GOOD}/", policy)
    place.server(GOOD, wants(header))
    with place.client() as http:
        response = http.get(f"https://{userinfo}@good.test/simple/?a=b#c")
    assert response.status_code == 200
    assert place.sent(GOOD) == [header]
    assert str(response.url) == f"{GOOD}/simple/?a=b#c"
    assert str(response.request.url) == f"{GOOD}/simple/?a=b#c"


def test_refused_credentials_of_a_url_fall_back_to_nothing(place: Place) -> None:
    alice(place)
    assert place.outcome("https://alice:wrong@good.test/simple/") == 401
    assert place.sent(GOOD) == [basic("alice", "wrong")]


def test_always_never_sends_a_bare_request(place: Place) -> None:
    alice(place)
    place.index(f"{GOOD}/simple/", "always")
    assert place.outcome(f"{GOOD}/simple/foo/") == 200
    assert place.sent(GOOD) == [ALICE]


def test_always_without_a_credential_names_the_index_and_the_command(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    place.index(f"{GOOD}/simple/", "always")
    fault = place.outcome(f"{GOOD}/simple/foo/")
    assert isinstance(fault, HttpError)
    assert "index 'corp'" in str(fault)
    assert "run: uv auth login https://good.test/" in str(fault)
    assert place.sent(GOOD) == []


def test_never_sends_nothing_and_looks_for_nothing(place: Place) -> None:
    alice(place)
    place.index(f"{GOOD}/simple/", "never")
    place.store.write_text("broken")  # which a look-up would tell of
    assert place.outcome(f"{GOOD}/simple/foo/") == 401
    assert place.sent(GOOD) == [None]
    assert place.warnings == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer own"}])
def test_never_with_credentials_is_an_error(place: Place, headers: dict[str, str]) -> None:
    place.server(GOOD, lambda seen: ok())
    place.index(f"{GOOD}/simple/", "never")
    url = f"{GOOD}/simple/" if headers else "https://alice:wonder@good.test/simple/"
    fault = place.outcome(url, headers=headers)
    assert isinstance(fault, HttpError)
    assert "never" in str(fault)
    assert "wonder" not in str(fault)
    assert place.sent(GOOD) == []


def test_never_with_credentials_in_the_url_of_the_index_is_an_error(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    place.index("https://alice:wonder@good.test/simple/", "never")
    assert isinstance(place.outcome(f"{GOOD}/simple/"), HttpError)
    assert place.sent(GOOD) == []


def test_what_the_url_of_an_index_holds_is_for_the_index(place: Place) -> None:
    place.server(GOOD, lambda seen: challenge())
    place.index("https://alice:wonder@good.test/a/simple/")
    assert place.outcome(f"{GOOD}/a/foo/") == 401
    assert place.outcome(f"{GOOD}/b/foo/") == 401
    assert place.sent(GOOD) == [ALICE, None]


def test_the_username_of_an_index_chooses_the_account(place: Place) -> None:
    alice(place)
    place.login("https://good.test/", "bob", "builder")
    place.index("https://alice@good.test/simple/")
    assert place.outcome(f"{GOOD}/simple/foo/") == 200
    assert place.sent(GOOD) == [ALICE]


def test_the_variables_of_an_index_are_used(place: Place) -> None:
    place.server(GOOD, wants(ALICE))
    place.index(f"{GOOD}/simple/")
    place.environ |= {"UV_INDEX_CORP_USERNAME": "alice", "UV_INDEX_CORP_PASSWORD": "wonder"}
    with place.client() as http:
        (hop,) = hops(http.get(f"{GOOD}/simple/foo/"))
    assert (hop.index, hop.policy) == ("corp", "auto")
    assert [(t.source, t.username, t.status) for t in hop.tries] == [
        (None, None, 401),
        ("environment", b"alice", 200),
    ]


def test_an_index_of_a_project_that_moved_gets_no_variables(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place.environ["UV_CONFIG_FILE"]
    place.environ |= {
        "UV_NO_SYSTEM_CONFIG": "1",
        "UV_INDEX_CORP_USERNAME": "alice",
        "UV_INDEX_CORP_PASSWORD": "wonder",
    }
    project = place.root / "project"
    project.mkdir(exist_ok=True)
    monkeypatch.chdir(project)
    place.server(GOOD, wants(ALICE))
    place.server("https://evil.test", lambda seen: challenge())
    for host, seen in (("good.test", [None, ALICE]), ("evil.test", [None])):
        (project / "uv.toml").write_text(
            f'[[index]]\nname = "corp"\nurl = "https://{host}/simple"\n'
        )
        done = place.outcome(f"https://{host}/simple/")
        assert place.sent(f"https://{host}") == seen
    assert isinstance(done, BindingError)


SCHEMES = {
    "Digest": ('Digest realm="x", nonce="y"', "digest"),
    "Negotiate": ("Negotiate", "negotiate"),
    "two": ('NTLM, Digest realm="Basic", qop="auth,auth-int"', "ntlm, digest"),
}


@cases("header,named", SCHEMES)
def test_a_server_that_asks_for_neither_basic_nor_bearer_is_reported(
    place: Place, header: str, named: str
) -> None:
    place.login("https://good.test/", "alice", "wonder")
    place.server(GOOD, lambda seen: challenge(header))
    with place.client() as http:
        response = http.get(f"{GOOD}/")
    assert response.status_code == 401
    assert place.sent(GOOD) == [None]
    (hop,) = hops(response)
    assert hop.notes == [f"the server offers {named}, but neither Basic nor Bearer"]


def test_a_token_goes_as_bearer(place: Place) -> None:
    place.store.write_text(
        '[[credential]]\nservice = "https://good.test/"\nscheme = "bearer"\ntoken = "tok"\n'
    )
    place.store.chmod(0o600)
    place.server(GOOD, wants("Bearer tok"))
    assert place.outcome(f"{GOOD}/x") == 200


def test_a_header_of_the_caller_is_left_alone(place: Place) -> None:
    alice(place)
    assert place.outcome(f"{GOOD}/", headers={"AUTHORIZATION": "Bearer own"}) == 401
    assert place.sent(GOOD) == ["Bearer own"]


CLEAR = "http://good.test"
CLEARTEXT = {
    "credentials in the URL": ("http://alice:wonder@good.test/", "auto", []),
    "what a look-up finds": ("http://good.test/", "auto", [None]),
    "what a look-up finds, under always": ("http://good.test/", "always", []),
    "a username": ("http://alice@good.test/", "auto", []),
    "a header": ("http://good.test/#header", "auto", []),
}


@cases("url,policy,seen", CLEARTEXT)
def test_no_credential_goes_in_clear_to_another_host(
    place: Place, url: str, policy: str, seen: list[str | None]
) -> None:
    place.login("http://good.test/", "alice", "wonder")
    place.index(f"{CLEAR}/", policy)
    place.server(CLEAR, lambda seen: ok() if seen.authorization else challenge())
    headers = {"Authorization": "Bearer own"} if "#" in url else {}
    fault = place.outcome(url, headers=headers)
    assert isinstance(fault, HttpError)
    assert "--allow-insecure-http good.test" in str(fault)
    assert place.sent(CLEAR) == seen
    allowed = place.outcome(url, headers=headers, allow_insecure_http=["GOOD.test"])
    assert allowed == 200


@pytest.mark.parametrize("name", ["good.test:8080", "test", "sub.good.test", "other.test"])
def test_only_the_host_that_is_named_may_be_sent_credentials_in_clear(
    place: Place, name: str
) -> None:
    place.server(CLEAR, lambda seen: ok())
    fault = place.outcome("http://alice:wonder@good.test/", allow_insecure_http=[name])
    assert isinstance(fault, HttpError)
    assert place.sent(CLEAR) == []


@pytest.mark.parametrize("name", ["*", "*.test", "http://good.test", "good.test/", "a:b@c", ""])
def test_a_host_that_is_none_cannot_be_allowed(place: Place, name: str) -> None:
    with pytest.raises(HttpError, match="a host for http is not"):
        place.client(allow_insecure_http=[name])


def test_this_machine_may_be_sent_credentials_in_clear(place: Place) -> None:
    server = place.server("http://direct", lambda seen: ok())
    assert place.outcome(server.url(userinfo="alice:wonder")) == 200
    assert place.sent("http://direct") == [ALICE]


def test_this_machine_behind_a_proxy_is_another_host(place: Place) -> None:
    server = place.server("http://direct", lambda seen: ok())
    place.proxy.routes[server.realm] = server.port
    del place.environ["NO_PROXY"]
    fault = place.outcome(server.url(userinfo="alice:wonder"))
    assert isinstance(fault, HttpError)
    assert place.proxy.asked == []


def test_a_stream_goes_with_a_credential_at_once_and_only_once(place: Place) -> None:
    alice(place)

    def parts() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    assert place.outcome(f"{GOOD}/upload", method="POST", content=parts()) == 200
    assert [(s.authorization, s.body) for s in place.servers[GOOD].seen] == [(ALICE, b"onetwo")]


def test_a_refused_stream_is_not_sent_again(place: Place) -> None:
    place.login("https://good.test/", "alice", "old")
    place.server(GOOD, wants(ALICE))

    def parts() -> Iterator[bytes]:
        yield b"one"

    assert place.outcome(f"{GOOD}/upload", method="POST", content=parts()) == 401
    assert len(place.sent(GOOD)) == 1


def test_a_stream_without_any_credential_goes_bare_and_once(place: Place) -> None:
    place.server(GOOD, lambda seen: challenge())

    def parts() -> Iterator[bytes]:
        yield b"one"

    assert place.outcome(f"{GOOD}/upload", method="POST", content=parts()) == 401
    assert place.sent(GOOD) == [None]


def test_a_body_in_memory_is_sent_again(place: Place) -> None:
    alice(place)
    assert place.outcome(f"{GOOD}/upload", method="POST", content=b"body") == 200
    assert [(s.authorization, s.body) for s in place.servers[GOOD].seen] == [
        (None, b"body"),
        (ALICE, b"body"),
    ]


def test_a_form_with_a_file_goes_with_a_credential_at_once(place: Place) -> None:
    alice(place)
    with place.client() as http:
        response = http.post(f"{GOOD}/upload", files={"content": ("a.whl", b"wheel")})
    assert response.status_code == 200
    assert place.sent(GOOD) == [ALICE]
    assert b"wheel" in place.servers[GOOD].seen[0].body


def test_a_redirect_that_is_not_followed_is_given_back_without_its_userinfo(place: Place) -> None:
    place.server(GOOD, lambda seen: (302, {"Location": "https://u:CANARY@evil.test/x"}, b""))
    with place.client(follow_redirects=False) as http:
        response = http.get(f"{GOOD}/")
        other = http.get(f"{GOOD}/", follow_redirects=False)
    for answer in (response, other):
        assert answer.status_code == 302
        assert answer.headers["Location"] == "https://evil.test/x"
        assert answer.has_redirect_location
        with pytest.raises(httpx.HTTPStatusError) as error:
            answer.raise_for_status()
        assert "CANARY" not in str(error.value)


def test_each_hop_tells_what_was_sent_and_how_it_was_answered(place: Place) -> None:
    place.login("https://good.test/", "alice", "wonder")
    place.index(f"{GOOD}/simple/")

    def rule(seen: Seen) -> Answer:
        if not seen.authorization:
            return challenge()
        return 302, {"Location": "https://bob:given@evil.test/x"}, b""

    place.server(GOOD, rule)
    place.server("https://evil.test", lambda seen: ok())
    watched: list[object] = []
    with place.client(watch=watched.append) as http:
        response = http.get(f"{GOOD}/simple/foo/")
    told = [
        (str(h.url), h.index, h.policy, [(t.source, t.username, t.status) for t in h.tries])
        for h in hops(response)
    ]
    assert watched == hops(response)
    assert told == [
        (f"{GOOD}/simple/foo/", "corp", "auto", [(None, None, 401), ("store", b"alice", 302)]),
        ("https://evil.test/x", None, "auto", [("redirect", b"bob", 200)]),
    ]
    assert [str(r.status_code) for r in response.history] == ["401", "302"]
    assert "given" not in repr(watched)


def test_publishing_uses_the_index_of_the_publish_url(place: Place) -> None:
    place.configure(
        '[[index]]\nname = "corp"\nurl = "https://good.test/simple/"\n'
        'publish-url = "https://evil.test/legacy/"\nauthenticate = "always"\n'
    )
    place.environ |= {"UV_PUBLISH_USERNAME": "alice", "UV_PUBLISH_PASSWORD": "wonder"}
    place.login("https://evil.test/legacy/", "alice", "wonder")
    place.server("https://evil.test", wants(ALICE))
    assert place.outcome("https://evil.test/legacy/", use="publish", method="POST") == 200
    assert place.sent("https://evil.test") == [ALICE]


@pytest.mark.parametrize("ask", [Place.outcome, Place.async_outcome])
def test_a_port_beyond_all_ports_is_no_other_port(
    place: Place, ask: Callable[[Place, str], object]
) -> None:
    server = place.server("http://direct")
    error = ask(place, f"http://127.0.0.1:{server.port + 65536}/")
    assert str(error) == "the port of a URL is not a number from 1 to 65535"
    assert server.seen == []
