"""Attacks on requests (V40, V50, V52, V57, V63, V64, V73, V83, A34 to A39).

The numbers are rows of docs/attacks.md; redirects are in test_redirect_rows.py.
"""

from __future__ import annotations

import io
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import HttpError, UvxError
from git_credential_uvx.http.challenges import authorization, schemes
from git_credential_uvx.http.hop import KEY, Hop, HopState
from git_credential_uvx.http.logs import mask

from ..support.common import SECRET, cases
from ..support.place import Place
from ..support.programs import program
from ..support.servers import Answer, Seen, basic, challenge, ok, wants

GOOD, PORT, CLEAR = "https://good.test", "https://good.test:8443", "http://good.test"
EVIL = "https://evil.test"
VICTIM = basic("victim", SECRET)


def test_v40_two_tokens_on_one_connection_stay_apart(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    with place.client() as http:
        for token in ("T1", "T2"):
            http.get(f"{GOOD}/", headers={"Authorization": f"Bearer {token}"})
        http.get(f"{GOOD}/")
        for user in ("one", "two"):
            http.get(f"https://{user}:{user}@good.test/{user}/")
        http.get("https://one@good.test/two/")
        http.get("https://two@good.test/one/")
    one, two = basic("one", "one"), basic("two", "two")
    assert place.sent(GOOD) == ["Bearer T1", "Bearer T2", None, one, two, one, two]
    assert [asked for asked, _ in place.proxy.asked] == ["CONNECT good.test:443"]


@pytest.mark.parametrize("userinfo", ["good.test:", "good.test:443", "good.test"])
def test_v50_userinfo_is_no_host(place: Place, userinfo: str) -> None:
    place.write_netrc(f"machine good.test login u password {SECRET}\n")
    place.login(f"{GOOD}/", "u", SECRET)
    place.server(EVIL, lambda seen: challenge())
    assert place.outcome(f"https://{userinfo}@evil.test/") == 401
    name, _, password = userinfo.partition(":")
    assert set(place.sent(EVIL)) == {basic(name, password)}


def test_v52_a_host_that_is_not_checked_changes_nothing_for_another(place: Place) -> None:
    place.environ["SSL_CERT_FILE"] = os.devnull
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(PORT, lambda seen: ok())
    place.server(GOOD, lambda seen: ok())
    with place.client(allow_insecure_host=["good.test:8443"]) as http:
        assert http.get(f"{PORT}/").status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            http.get(f"{GOOD}/")
        assert http.get(f"{PORT}/").status_code == 200
    assert place.sent(GOOD) == []


def test_v57_the_last_step_before_the_socket_refuses_what_is_not_meant_for_it(
    place: Place,
) -> None:
    place.server(EVIL, lambda seen: ok())
    with place.client() as http:
        transport = http._transport
        headers = {"Authorization": f"Bearer {SECRET}"}
        strange = httpx.Request("GET", f"{EVIL}/", headers=headers)
        hop = HopState(Hop(httpx.URL(f"{GOOD}/")))
        moved = httpx.Request("GET", f"{EVIL}/", headers=headers, extensions={KEY: hop})
        for request in (strange, moved):
            with pytest.raises(HttpError):
                transport.handle_request(request)
    assert place.sent(EVIL) == []


@pytest.mark.parametrize("link", ["http://good.test/other", "http://good.test:443/other"])
def test_v63_the_scheme_is_part_of_every_key(place: Place, link: str) -> None:
    clear = link.removesuffix("/other")
    place.server(GOOD, lambda seen: ok())
    place.server(clear, lambda seen: challenge())
    with place.client() as http:
        assert http.get(f"https://victim:{SECRET}@good.test/simple").status_code == 200
        assert http.get(link).status_code == 401
    assert place.sent(clear) == [None]


def test_v63_a_port_that_is_the_schemes_own_is_the_same_key(place: Place) -> None:
    place.server(GOOD, wants(VICTIM))
    with place.client() as http:
        http.get(f"https://victim:{SECRET}@good.test:443/simple/")
        assert http.get(f"{GOOD}/simple/").status_code == 200
    assert place.sent(GOOD) == [VICTIM, VICTIM]


def test_v64_a_port_is_part_of_what_is_asked_for(place: Place) -> None:
    asked = place.root / "asked"
    asked.unlink(missing_ok=True)
    bin = place.root / "bin"
    program(
        bin / "keyring",
        f'echo "$*" >>{asked}\n'
        f'case "$2" in good.test|https://good.test/*) echo {SECRET} ;; *) exit 1 ;; esac\n',
    )
    place.environ |= {"PATH": f"{bin}:/usr/bin:/bin", "UV_KEYRING_PROVIDER": "subprocess"}
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(PORT, lambda seen: challenge())
    place.server(GOOD, wants(VICTIM))
    assert place.outcome("https://victim@good.test:8443/simple") == 401
    assert SECRET not in str(place.servers[PORT].seen)
    assert place.sent(PORT) == [basic("victim", "")]
    told = asked.read_text().splitlines()
    assert told
    assert all("good.test:8443" in line for line in told)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that any logger says, to a person who wants to know everything."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET / HTTP/1.1\r\nX: y", {}),
        ("GET\n", {}),
        ("GET", {"X": "a\r\nAuthorization: Basic eA=="}),
        ("GET", {"X\r\nY": "a"}),
        ("GET", {"X": "a\0b"}),
    ],
)
def test_v73_a_line_end_in_a_method_or_header_is_sent_to_nobody(
    place: Place, method: str, headers: dict[str, str]
) -> None:
    place.server(GOOD, lambda seen: ok())
    place.login(f"{GOOD}/", "victim", SECRET)
    with place.client() as http, pytest.raises((httpx.HTTPError, UvxError)):
        http.request(method, f"{GOOD}/", headers=headers)
    assert place.servers[GOOD].seen == []


def test_v83_no_log_no_repr_and_no_error_shows_a_secret(place: Place) -> None:
    location = f"https://uu:{SECRET}@evil.test/x"
    setting = {"Set-Cookie": f"session={SECRET}"}
    place.server(GOOD, lambda seen: (302, {"Location": location, **setting}, b""))
    place.server(EVIL, lambda seen: (404, setting, b""))
    told = []
    with logged() as log, place.client() as http:
        response = http.get(
            f"https://victim:{SECRET}@good.test/", headers={"PRIVATE-TOKEN": SECRET}
        )
        with pytest.raises(httpx.HTTPStatusError) as error:
            response.raise_for_status()
        told += [str(error.value), repr(response.request), repr(response), str(response.url)]
        told += [str(r.url) for r in response.history]
        with pytest.raises(httpx.ConnectError) as unreachable:
            http.get(f"https://victim:{SECRET}@127.0.0.1:9/")
        told.append("".join(traceback.format_exception(unreachable.value)))
    assert "HTTP Request: GET https://good.test/" in log.getvalue()
    assert "receive_response_headers" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert SECRET not in "".join(told)


BAD_URLS = {
    "a port": f"https://victim:{SECRET}@good.test:port/",
    "two at signs": f"https://victim:{SECRET}@{SECRET}@good.test/",
    "a broken escape": f"https://victim:{SECRET}%zz@good.test/",
    "an encoded line end": f"https://victim:{SECRET}%0d%0aX: 1@good.test/",
    "a control character": f"https://victim:{SECRET}\n@good.test/",
    "no host": f"https://victim:{SECRET}@/",
    "a host that is none": f"https://victim:{SECRET}@-good-.test/",
}


@cases("url", BAD_URLS)
def test_v83_a_url_that_cannot_be_used_is_not_quoted(place: Place, url: str) -> None:
    with place.client() as http, pytest.raises((UvxError, httpx.InvalidURL)) as error:
        http.get(url)
    assert SECRET not in "".join(traceback.format_exception(error.value)).replace(
        "http.get(url)", ""
    )


@pytest.mark.parametrize("mark", "/#?")
def test_v83_a_password_that_ends_the_host_of_a_url_is_not_quoted(place: Place, mark: str) -> None:
    for outcome in (place.outcome, place.async_outcome):
        error = outcome(f"https://user:{SECRET}{mark}x@good.test/")
        assert str(error) == "a URL cannot be read"


LINES = {
    "a URL": f"GET https://u:{SECRET}@h/ 200",
    "a token alone": f"GET https://{SECRET}@h/ 200",
    "a slash in the password": f"GET https://u:a/{SECRET}@h/ 200",
    "a header with a URL": f"[(b'Location', b'https://u:{SECRET}@h/')]",
    "a header with a URL without a scheme": f"[(b'Location', b'//u:{SECRET}@h/')]",
    "a header with a token and no scheme": f"[(b'Location', b'//{SECRET}@h/')]",
    "a slash in it and no scheme": f"[(b'Location', b'//u:a/{SECRET}@h/')]",
    "a parameter": f"GET https://h/?token={SECRET}&x=1 200",
    "a SOCKS proxy's account": f"started port=1 auth=(b'u', b'a)\\'{SECRET}')",
    "a cookie": f"[(b'Set-Cookie', b'a={SECRET}'), (b'x', b'y')]",
    "a header of a forge": f"[(b'PRIVATE-TOKEN', b'{SECRET}')]",
    "with a quote in it": f"[(b'Set-Cookie', b\"a='{SECRET}\")]",
}


@cases("line", LINES)
def test_v83_a_line_of_a_log_is_masked(line: str) -> None:
    assert SECRET not in mask(line)
    assert "****" in mask(line)


def test_v83_a_long_line_that_a_server_wrote_is_masked_in_one_pass() -> None:
    # A search that begins anew at each of them would not come to an end.
    assert mask("//:" * 100_000) == "//:" * 100_000


def test_a34_userinfo_and_a_header_together_are_an_error(place: Place) -> None:
    place.server(GOOD, lambda seen: ok())
    fault = place.outcome("https://uu:pp@good.test/", headers={"Authorization": f"Bearer {SECRET}"})
    assert isinstance(fault, HttpError)
    assert "both in its URL and in a header" in str(fault)
    assert place.sent(GOOD) == []


@pytest.mark.parametrize("password", ["p€", "ü", "x" * 100, "a:b", "", "\u00ff", "p\u20ac" * 50])
def test_a35_basic_is_utf_8_in_one_line(place: Place, password: str) -> None:
    header = authorization(Credential(b"user", Secret(password.encode())))
    assert header == basic("user", password)
    assert "\n" not in header
    place.server(GOOD, wants(header))
    place.login(f"{GOOD}/", "user", password or "other")
    if password:
        assert place.outcome(f"{GOOD}/") == 200


def test_a35_a_colon_in_a_username_is_refused(place: Place) -> None:
    with pytest.raises(HttpError, match="a username has a colon"):
        authorization(Credential(b"a:b", Secret(SECRET.encode())))
    place.server(GOOD, lambda seen: challenge())
    place.login(f"{GOOD}/", "a:b", SECRET)
    fault = place.outcome(f"{GOOD}/")
    assert isinstance(fault, HttpError)
    assert "'store'" in str(fault)
    assert place.sent(GOOD) == [None]


INJECTIONS = [b"a\r\nX-Evil: 1", b"a\n", b"a\0", b"a\rb", b"\x7f", b"a\x1bb"]


@pytest.mark.parametrize("secret", INJECTIONS)
@pytest.mark.parametrize("scheme", [None, b"Bearer", b"bearer"])
def test_a36_control_characters_never_reach_a_header(secret: bytes, scheme: bytes | None) -> None:
    name = None if scheme else b"user"
    with pytest.raises(HttpError) as error:
        authorization(Credential(name, Secret(secret), authtype=scheme))
    assert str(error.value).isprintable()
    assert "Evil" not in str(error.value)
    if scheme is None:
        with pytest.raises(HttpError):
            authorization(Credential(secret, Secret(b"password")))


@pytest.mark.parametrize("scheme", [b"Negotiate", b"Digest", b"Basic x", b"", b"Bearer\r\nX: 1"])
def test_a36_a_scheme_is_basic_or_bearer(scheme: bytes) -> None:
    with pytest.raises(HttpError, match="other than Basic and Bearer"):
        authorization(Credential(None, Secret(b"token"), authtype=scheme))


HOSTILE = {
    "the realm of another host": 'Basic realm="https://good.test/"',
    "a long one": f'Basic realm="{"x" * 60000}"',
    "an escape": 'Basic realm="\x1b[2J"',
    "a URL": 'Bearer realm="https://good.test/token",service="good.test"',
}


@cases("header", HOSTILE)
def test_a37_nothing_is_looked_up_or_shown_by_what_a_challenge_says(
    place: Place, header: str
) -> None:
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(GOOD, lambda seen: ok())
    place.server(EVIL, lambda seen: challenge(header))
    said: list[Hop] = []
    with place.client(watch=said.append) as http:
        assert http.get(f"{EVIL}/").status_code == 401
    assert place.sent(EVIL) == [None]
    assert place.sent(GOOD) == []
    assert "realm" not in str([hop.notes for hop in said])
    assert place.warnings == []


@pytest.mark.parametrize("value", ["\x1b[2J x", "\udcff", 'a"b', "=", ",,,", "x" * 33, ""])
def test_a37_the_name_of_a_scheme_is_a_plain_word_or_left_out(value: str) -> None:
    assert schemes([value]) == []
    assert schemes(["Basic", value, "x" * 32]) == ["basic", "x" * 32]


def test_a38_a_refused_token_is_not_followed_by_a_broader_one(place: Place) -> None:
    place.login(f"{GOOD}/", "broad", SECRET)
    place.login(f"{GOOD}/team/", "narrow", "small")
    place.server(GOOD, lambda seen: challenge())
    place.server(CLEAR, lambda seen: challenge())
    assert place.outcome(f"{GOOD}/team/x") == 401
    assert place.outcome("https://narrow:small@good.test/x") == 401
    assert SECRET not in str(place.servers[GOOD].seen)
    assert set(place.sent(GOOD)) == {None, basic("narrow", "small")}
    assert place.sent(CLEAR) == []


@pytest.mark.parametrize("failing", ["store", "keyring"])
def test_a38_a_source_that_fails_gives_nothing(place: Place, failing: str) -> None:
    place.server(GOOD, lambda seen: challenge())
    if failing == "store":
        place.store.write_text("[[credential]]\nbroken")
        place.store.chmod(0o600)
    else:
        program(place.root / "bin" / "keyring", f"echo {SECRET}\nexit 1\n")
        place.environ |= {"PATH": f"{place.root}/bin:/bin", "UV_KEYRING_PROVIDER": "subprocess"}
    assert place.outcome(f"{GOOD}/") == 401
    assert place.sent(GOOD) == [None]


def test_a38_an_unreachable_https_is_not_tried_over_http(place: Place) -> None:
    place.login(f"{CLEAR}/", "victim", SECRET)
    place.server(CLEAR, lambda seen: ok())
    place.proxy.routes.pop("https://good.test:443", None)
    place.servers.pop(GOOD, None)
    with pytest.raises(httpx.ProxyError):
        place.outcome(f"{GOOD}/")
    assert place.sent(CLEAR) == []


CHECKOUT = {
    ".env": "HTTPS_PROXY=http://127.0.0.1:9\nSSL_CERT_FILE=/nowhere\nUV_INSECURE_HOST=good.test\n",
    "uv.toml": 'allow-insecure-host = ["good.test"]\n',
    "pyproject.toml": "[tool.x]\nverify-ssl = false\n",
    ".netrc": f"machine good.test login u password {SECRET}\n",
}


@pytest.mark.parametrize("checked", [True, False])
def test_a39_a_checkout_names_no_proxy_and_gets_no_credential_by_tls_switches(
    place: Place, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    folder = place.root / "checkout"
    folder.mkdir(exist_ok=True)
    for name, text in CHECKOUT.items():
        if not (checked and name == "uv.toml"):
            (folder / name).write_text(text)
        else:
            (folder / name).unlink(missing_ok=True)
    monkeypatch.chdir(folder)
    del place.environ["UV_CONFIG_FILE"]
    place.environ["UV_NO_SYSTEM_CONFIG"] = "1"
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(GOOD, wants(VICTIM))
    assert place.outcome(f"{GOOD}/") == (200 if checked else 401)
    assert [asked for asked, _ in place.proxy.asked] == ["CONNECT good.test:443"]
    assert place.sent(GOOD) == ([None, VICTIM] if checked else [None])


def test_a_redirect_of_a_project_index_asks_for_no_other_hosts_secret(place: Place) -> None:
    def rule(seen: Seen) -> Answer:
        return 302, {"Location": f"{GOOD}/private"}, b""

    place.index(f"{EVIL}/simple/", "never")
    place.index(f"{GOOD}/", "never", name="mine")
    place.login(f"{GOOD}/", "victim", SECRET)
    place.server(EVIL, rule)
    place.server(GOOD, wants(VICTIM))
    assert place.outcome(f"{EVIL}/simple/") == 401
    assert place.sent(GOOD) == [None]


def _of_paths(place: Place, trusted: bool) -> list[str | None]:
    """What a server is sent that asks for a credential on two paths, with an index of the host."""
    text = f'[[tool.uv.index]]\nname = "all"\nurl = "{GOOD}/simple"\n'
    if trusted:
        place.index(f"{GOOD}/simple", name="all")
    else:
        (place.root / "pyproject.toml").write_text(text)
        del place.environ["UV_CONFIG_FILE"]
    place.server(GOOD, lambda seen: ok() if seen.authorization else challenge())
    with place.client() as http:
        for path in ("/team-a/one/", "/team-a/two/", "/team-b/one/", "/simple/one/"):
            http.get(f"{GOOD}{path}")
    return place.sent(GOOD)


@pytest.mark.parametrize("trusted", [True, False])
def test_a25_an_index_does_not_widen_what_a_path_has(
    place: Place, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.root)
    place.login(f"{GOOD}/team-a", "victim", SECRET)
    assert _of_paths(place, trusted) == [None, VICTIM, VICTIM, None, None]


def test_a25_an_index_does_not_send_a_path_what_the_host_has(place: Place) -> None:
    place.login(f"{GOOD}/", "all", "of-host")
    place.login(f"{GOOD}/team-b", "victim", SECRET)
    whole = basic("all", "of-host")
    assert _of_paths(place, True) == [None, whole, whole, None, VICTIM, whole]
