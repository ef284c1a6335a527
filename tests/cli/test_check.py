"""`check` against real servers: a private Git host, pypiserver, and servers that note all."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from ..support import pypi
from ..support.common import cases, state
from ..support.machine import BIN
from ..support.ports import silent_port
from ..support.servers import Authority, Seen, Server, basic, challenge, ok, serving, wants
from ..support.terminal import at_terminal, play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from ..support.servers import Answer, Rule

SECRET = "CANARY-3f9c"
COMMAND = str(BIN / "git-credential-uvx")


def check(machine: Machine, *words: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """The first result of a check in JSON, with the status; the store is as before."""
    (result,) = checks(machine, *words, env=env)
    assert isinstance(result, dict)
    return result


def checks(machine: Machine, *words: str, env: dict[str, str] | None = None) -> list[Any]:
    before = state(machine)
    done = machine.run(COMMAND, "check", "--json", *words, check=False, env=env)
    assert b"Traceback" not in done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    assert state(machine) == before
    found: list[dict[str, Any]] = json.loads(done.stdout)
    for result in found:
        result["status"] = done.returncode
    return found


def told(machine: Machine, *words: str, status: int) -> str:
    """What a check tells a person, on both streams."""
    done = machine.run(COMMAND, "check", *words, check=False)
    assert done.returncode == status, done
    text = (done.stdout + done.stderr).decode()
    assert text
    assert all(line.isprintable() for line in text.splitlines()), text
    assert SECRET not in text
    return text


def brief(result: dict[str, Any]) -> tuple[int, str]:
    return result["status"], result["reason"]


class TestGit:
    def test_a_right_password(self, machine: Machine, host: GitHost, alice: str) -> None:
        result = check(machine, host.url("r.git"))
        assert brief(result) == (0, "accepted")
        requests = result["hops"][0]["requests"]
        assert requests == [
            {"source": None, "username": None, "status": 401},
            {"source": "store", "username": "alice", "status": 200},
        ]
        assert [(r.method, r.status) for r in host.requests] == [
            ("GET", 401),
            ("GET", 200),
            ("POST", 401),
            ("POST", 200),
        ]

    def test_a_wrong_password(self, machine: Machine, host: GitHost, alice: str) -> None:
        host.accounts["alice"] = "another"
        at = f"localhost:{host.port}"
        headline, advice, *_ = told(machine, host.url("r.git"), status=1).splitlines()
        who = "the password or token of 'alice' from the store"
        words = f"the server rejects {who} for this repository"
        assert headline == f"refused: {host.url('r.git')} (git): {words}"
        assert advice == (
            f"  'git-credential-uvx check {at}' shows whether the host accepts it; "
            f"'git-credential-uvx login {at} --username alice' replaces it"
        )

    def test_nobody(self, machine: Machine, host: GitHost) -> None:
        assert brief(check(machine, host.url("r.git"))) == (1, "missing")

    def test_a_missing_repository_and_a_refused_one_are_told_apart(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        assert brief(check(machine, host.url("none.git"))) == (1, "absent")
        host.folders["r.git"] = {"bob": "x"}
        assert brief(check(machine, host.url("r.git"))) == (1, "rejected")

    def test_a_username_in_the_url_and_by_the_option(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        machine.uv_login(host.url(), "bob", SECRET)
        named = check(machine, host.url("r.git", userinfo="alice"))
        assert [one["status"] for one in named["hops"][0]["requests"]] == [401, 200]  # as Git does
        assert brief(check(machine, host.url("r.git"), "-u", "bob")) == (1, "rejected")

    def test_what_is_hidden_from_git_stays_so_and_is_told(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        fields = {"protocol": "https", "host": f"localhost:{host.port}", "username": "alice"}
        machine.erase(**fields, password=alice)
        result = check(machine, host.url("r.git"))
        assert brief(result) == (1, "missing")
        assert any("hidden from Git" in note for note in result["notes"])
        (everything,) = checks(machine, "--all")
        assert brief(everything) == (0, "accepted")
        assert any(
            f"'git-credential-uvx restore {host.url()}'" in note for note in everything["notes"]
        )

    def test_the_path_is_kept_apart_only_where_git_tells_it(
        self, machine: Machine, host: GitHost
    ) -> None:
        host.accounts["alice"] = "wonder"
        machine.uv_login(host.url("r.git"), "alice", "wonder")
        assert brief(check(machine, host.url("r.git"))) == (1, "missing")
        machine.git("config", "--global", "credential.useHttpPath", "true")
        assert brief(check(machine, host.url("r.git"))) == (0, "accepted")

    def test_a_policy_of_an_index_does_not_apply(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        del machine.env["UV_NO_CONFIG"]
        (machine.root / "uv.toml").write_text(
            f'[[index]]\nname = "i"\nurl = "{host.url()}"\nauthenticate = "never"\n'
        )
        assert brief(check(machine, host.url("r.git"))) == (0, "accepted")
        assert brief(check(machine, "--index", host.url("simple"))) == (1, "never")

    def test_a_host_alone(self, machine: Machine, host: GitHost, alice: str) -> None:
        assert brief(check(machine, host.url())) == (0, "accepted")
        host.accounts["alice"] = "another"
        assert brief(check(machine, host.url())) == (1, "wrong")


class TestAll:
    def test_it_lists_what_has_gone_stale_first(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        machine.uv_login(host.url(), "zoe", SECRET)
        text = told(machine, "--all", status=1)
        lines = [line for line in text.splitlines() if not line.startswith(" ")]
        assert [line.partition(": the")[0] for line in lines] == [
            f"refused: zoe@{host.url()} (credentials.toml)",
            f"accepted: alice@{host.url()} (credentials.toml)",
        ]

    def test_nothing_stored(self, machine: Machine) -> None:
        assert told(machine, "--all", status=0) == "nothing is stored\n"

    @cases(
        "words",
        {
            "nothing to ask": (),
            "all and some": ("--all", "h.test"),
            "all of a kind": ("--all", "--git"),
        },
    )
    def test_what_is_asked_wrongly(self, machine: Machine, words: tuple[str, ...]) -> None:
        assert told(machine, *words, status=2).count("\n") == 1


@pytest.fixture
def index(machine: Machine) -> Iterator[str]:
    """A pypiserver for alice alone, whose password is "wonder"."""
    packages = machine.root / "packages"
    packages.mkdir()
    (packages / "foo-1.0.tar.gz").write_bytes(b"an archive")
    with pypi.serving(packages) as realm:
        yield realm


@cases("password, status", {"right": ("wonder", 0), "wrong": (SECRET, 1)})
def test_pypiserver_as_an_index_and_for_uploads(
    machine: Machine, index: str, password: str, status: int
) -> None:
    machine.uv_login(index, "alice", password)
    folder = machine.root / "packages"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for kind in ("--index", "--publish"):
        url = f"{index}/simple/" if kind == "--index" else f"{index}/"
        result = check(machine, kind, url)
        assert result["status"] == status, result
        assert result["hops"][0]["requests"][0]["status"] == 401
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_pypiserver_by_the_names_of_uvs_configuration(machine: Machine, index: str) -> None:
    machine.uv_login(index, "alice", "wonder")
    del machine.env["UV_NO_CONFIG"]
    (machine.root / "uv.toml").write_text(
        f'[[index]]\nname = "corp"\nurl = "{index}/simple"\npublish-url = "{index}/"\n'
        'authenticate = "always"\n'
    )
    read = check(machine, "--index", "corp")
    assert brief(read) == (0, "accepted")
    assert (read["hops"][0]["policy"], read["hops"][0]["index"]) == ("always", "corp")
    assert read["bare"] == 401
    assert brief(check(machine, "--publish", "corp")) == (0, "accepted")
    assert check(machine, f"{index}/simple/foo/")["kind"] == "index"


def test_several_are_asked_and_told_in_their_order(machine: Machine, index: str) -> None:
    urls = [f"{index}/simple/{name}/" for name in ("foo", "a", "b", "c")]
    results = checks(machine, "--index", *urls)
    assert [result["url"] for result in results] == urls
    assert {result["reason"] for result in results} == {"missing"}


def with_secret(machine: Machine, server: Server, username: str = "alice") -> str:
    """Store the secret for a server; its URL."""
    machine.write_store(
        f'[[credential]]\nservice = "{server.url()}"\nusername = "{username}"\n'
        f'scheme = "basic"\npassword = "{SECRET}"\n'
    )
    return server.url("/simple/")


def then(status: int, headers: dict[str, str] | None = None) -> Rule:
    """A challenge, and for whoever answers it this."""

    def rule(seen: Seen) -> Answer:
        return (status, headers or {}, b"") if seen.authorization else challenge()

    return rule


SSO = {"X-GitHub-SSO": "required; url=https://sso.test/?authorization_request=T"}
HAS = {"X-OAuth-Scopes": "gist", "X-Accepted-OAuth-Scopes": "repo, read:packages"}
ENDS = {"GitHub-Authentication-Token-Expiration": "2027-01-31 08:00:00 UTC"}
BEARER = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="read_api"'}


@cases(
    "rule, status, words",
    {
        "a scope": (then(403, HAS), 1, "needed: repo, read:packages"),
        "a scope by a challenge": (then(403, BEARER), 1, "needed: read_api"),
        "single sign-on": (then(403, SSO), 1, "single sign-on"),
        "an end": (then(200, ENDS), 0, "expires at 2027-01-31 08:00:00 UTC"),
        "too many requests": (then(429), 2, "too many requests"),
        "a broken server": (then(502), 2, "failed with status 502"),
        "everybody reads": (lambda seen: ok(), 0, "readable without a credential"),
        "a scheme that is not spoken": (lambda seen: challenge("Negotiate"), 2, "neither Basic"),
    },
)
def test_a_server_that_tells_more(machine: Machine, rule: Rule, status: int, words: str) -> None:
    with serving(rule) as server:
        text = told(machine, "--index", with_secret(machine, server), status=status)
    assert words in text
    assert "authorization_request" not in text


def test_a_token_that_has_expired_is_told_so(machine: Machine) -> None:
    with serving(lambda seen: challenge()) as server:
        with_secret(machine, server)
        machine.companion.write_text(
            f'[[credential]]\nservice = "{server.url()}"\nusername = "bob"\n'
            f'secret = "{SECRET}"\nexpires = 1000000000\nstored = 1\n'
        )
        machine.companion.chmod(0o600)
        results = checks(machine, "--all")
    assert {r["username"]: r["reason"] for r in results} == {"alice": "wrong", "bob": "expired"}


HOSTILE = "\x1b]52;c;cm0gLXJm\x07\x1b[2K\x9b31m"


def test_v20_no_text_of_a_server_reaches_the_terminal(machine: Machine) -> None:
    """A challenge, a body and headers with live escape sequences."""

    def rule(seen: Seen) -> Answer:
        names = ("X-OAuth-Scopes", "X-Accepted-OAuth-Scopes", "X-GitHub-SSO", "Retry-After")
        headers = dict.fromkeys(names, HOSTILE)
        headers["WWW-Authenticate"] = f'Basic realm="{HOSTILE}", {HOSTILE} error="{HOSTILE}"'
        return 403 if seen.authorization else 401, headers, HOSTILE.encode()

    with serving(rule) as server:
        url = with_secret(machine, server)
        for words in (("--index", url), ("--git", url), ("--publish", url), ("--all",)):
            done = machine.run(COMMAND, "check", *words, check=False)
            assert done.returncode in (1, 2)
            for byte in (b"\x1b", b"\x07", b"\x9b"):
                assert byte not in done.stdout + done.stderr
            told(machine, *words, status=done.returncode)


def test_v38_a_redirect_is_shown_and_gets_no_credential_of_before(machine: Machine) -> None:
    """To another port, with what a server can write into a URL."""
    with serving(lambda seen: challenge()) as other, serving() as server:
        location = other.url("/simple/?token=QUERY-SECRET&x=\x1b[2K", "eve:pass-word")
        server.rule = lambda seen: (302, {"Location": location.replace("\x1b", "%1b")}, b"")
        url = with_secret(machine, server)
        text = told(machine, "--index", url, status=1)
        result = check(machine, "--index", url)
    assert len(result["hops"]) == 2
    assert other.authorizations[0] == basic("eve", "pass-word")
    assert all(SECRET not in str(a) for a in other.authorizations)
    assert "QUERY-SECRET" not in text + json.dumps(result)
    assert "pass-word" not in text + json.dumps(result)
    assert server.authorizations == [None, None]


@pytest.mark.parametrize("authority", ["127.0.0.1:99999", "127.0.0.1:-1", "h.test:4_43", "xn--a"])
def test_a_redirect_to_what_is_no_host_ends_only_the_check_of_its_url(
    machine: Machine, authority: str
) -> None:
    location = {"Location": f"http://{authority}/"}
    with serving(lambda seen: (302, location, b"")) as server, serving() as other:
        urls = (with_secret(machine, server), other.url("/simple/"))
        results = checks(machine, "--index", *urls)
    assert [result["reason"] for result in results] == ["redirect", "open"]


def test_no_certificate_is_asked_for_where_what_answers_over_http_is_no_http(
    machine: Machine,
) -> None:
    with serving(lambda seen: (200, {"No Header": "x"}, b"")) as server:
        text = told(machine, "--index", server.url("/simple/"), status=2)
    assert "not HTTP" in text
    assert "certificate" not in text


def test_a_host_that_no_client_can_read_is_told(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "check", "https://xn--a/r.git", check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"host 'xn--a' has a part in punycode (xn--) that stands for no name" in done.stderr


def test_what_git_is_led_to_is_sent_nothing_more(machine: Machine) -> None:
    """Another server's advertisement does not make the next request one of the user's own."""
    lines = b"000eversion 2\n0014object-format=sha1\n0000"
    kind = {"Content-Type": "application/x-git-upload-pack-advertisement"}
    with serving(lambda seen: (200, kind, lines)) as other, serving() as server:
        to = other.url("/r.git/info/refs?service=git-upload-pack")
        server.rule = lambda seen: (302, {"Location": to}, b"")
        url = with_secret(machine, server).replace("/simple/", "/r.git")
        assert brief(check(machine, url)) == (0, "open")
    assert [seen.method for seen in other.seen] == ["GET"]


def test_an_index_that_leads_to_a_page_for_people(machine: Machine) -> None:
    with serving() as server:
        server.rule = lambda seen: (
            ok() if "sign_in" in seen.path else (302, {"Location": "/users/sign_in"}, b"")
        )
        assert brief(check(machine, "--index", server.url("/simple/"))) == (1, "sign-in")


@cases(
    "rule, reason",
    {
        "nobody is asked": (lambda seen: ok(), "unchallenged"),
        "a 403 that asks for nothing": (lambda seen: (403, {}, b""), "unchallenged"),
        "only one page asks": (
            lambda seen: (
                wants(basic("alice", SECRET))(seen) if seen.path == "/simple/" else (404, {}, b"")
            ),
            "accepted",
        ),
        "one page rejects, another would accept": (
            lambda seen: wants(basic("alice", SECRET))(seen) if seen.path == "/" else challenge(),
            "wrong",
        ),
        "one page says no, another accepts": (
            lambda seen: (
                wants(basic("alice", SECRET))(seen)
                if seen.path == "/simple/"
                else (403, {}, b"")
                if seen.authorization
                else challenge()
            ),
            "accepted",
        ),
        "it leads elsewhere": (lambda seen: (302, {"Location": "/login"}, b""), "unchallenged"),
        "another kind of login": (lambda seen: challenge("NTLM"), "scheme"),
    },
)
def test_a_stored_credential_is_sent_only_where_its_service_asks(
    machine: Machine, rule: Rule, reason: str
) -> None:
    with serving(rule) as server:
        with_secret(machine, server)
        (result,) = checks(machine, "--all")
    assert result["reason"] == reason
    for seen in server.seen:
        if seen.authorization:
            before = [one for one in server.seen if one.path == seen.path]
            assert before[0].authorization is None


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def context(authority: Authority, **options: Any) -> ssl.SSLContext:
    """A server's context with a certificate of the authority's."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority._ca.issue_cert(options.pop("name", "127.0.0.1"), **options).configure_cert(made)
    return made


class TestTls:
    @pytest.mark.parametrize("kind", ["--index", "--git", "--publish"])
    def test_not_trusted(self, machine: Machine, authority: Authority, kind: str) -> None:
        with serving(context=authority.context) as server:
            text = told(machine, kind, server.url("/x"), status=2)
            assert server.seen == []
            assert f"--allow-insecure-host {server.authority}" in text
            machine.env["SSL_CERT_FILE"] = str(authority.file)
            assert (
                "not trusted"
                not in machine.run(
                    COMMAND, "check", kind, server.url("/x"), check=False
                ).stdout.decode()
            )

    def test_a_host_that_is_let_off(self, machine: Machine, authority: Authority) -> None:
        with serving(context=authority.context) as server:
            words = ("--index", server.url("/"), "--allow-insecure-host", server.authority)
            result = check(machine, *words)
        assert brief(result) == (0, "open")
        assert result["hops"][0]["unverified"] is True
        assert "is not checked" in result["warnings"][0]

    def test_another_name_and_an_end(self, machine: Machine, authority: Authority) -> None:
        machine.env["SSL_CERT_FILE"] = str(authority.file)
        long_ago = datetime.datetime(2020, 1, 1)
        with (
            serving(context=context(authority, name="other.test")) as named,
            serving(context=context(authority, not_after=long_ago)) as ended,
        ):
            results = checks(machine, "--index", named.url(), ended.url())
        assert [brief(r) for r in results] == [(2, "tls-name"), (2, "tls-expired")]

    def test_a_client_certificate(self, machine: Machine, authority: Authority) -> None:
        wanting = context(authority)
        wanting.verify_mode = ssl.CERT_REQUIRED
        wanting.load_verify_locations(authority.file)
        machine.env["SSL_CERT_FILE"] = str(authority.file)
        with serving(context=wanting) as server:
            text = told(machine, "--index", server.url(), status=2)
            assert "SSL_CLIENT_CERT" in text
            machine.env["SSL_CLIENT_CERT"] = str(authority.client)
            assert brief(check(machine, "--index", server.url())) == (0, "open")

    def test_no_tls_at_all(self, machine: Machine) -> None:
        with serving() as server:
            result = check(machine, "--index", f"https://{server.authority}/simple/")
        assert brief(result) == (2, "tls-none")

    def test_a_certificate_that_cannot_be_used(self, machine: Machine) -> None:
        machine.env["SSL_CLIENT_CERT"] = str(machine.root / "missing.pem")
        text = told(machine, "--index", "https://127.0.0.1:1/", status=2)
        assert "SSL_CLIENT_CERT" in text


class TestNoAnswer:
    def test_nobody_listens(self, machine: Machine) -> None:
        with silent_port() as port:
            result = check(machine, "--git", f"http://127.0.0.1:{port}/r")
        assert brief(result) == (2, "connection")
        assert result["hops"][0]["requests"][0]["status"] is None

    def test_no_such_host(self, machine: Machine) -> None:
        assert brief(check(machine, "https://h.invalid/r.git")) == (2, "dns")

    @pytest.mark.parametrize("kind", ["--git", "--index", "--publish"])
    def test_a_server_that_hangs(self, machine: Machine, kind: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/r"
            text = told(machine, kind, url, "--timeout", "0.5", status=2)
        assert "no answer in 0.5 seconds" in text

    def test_a_server_that_sends_without_end(self, machine: Machine) -> None:
        def rule(seen: Seen) -> Answer:
            return 200, {"Content-Length": str(1 << 40)}, b"x" * (1 << 20)

        with serving(rule) as server:
            assert brief(check(machine, "--index", server.url("/simple/"))) == (0, "open")

    def test_one_refusal_among_others_is_what_the_status_tells(self, machine: Machine) -> None:
        with serving(lambda seen: challenge()) as no, serving() as yes, silent_port() as port:
            urls = (yes.url("/a"), f"http://127.0.0.1:{port}/", no.url("/a"))
            results = checks(machine, "--index", *urls)
        assert [r["verdict"] for r in results] == ["accepted", "unknown", "no credential"]
        assert results[0]["status"] == 1

    def test_no_credential_goes_in_clear_beyond_this_machine(self, machine: Machine) -> None:
        url = f"http://alice:{SECRET}@good.test/simple/"
        result = check(machine, "--index", url)
        assert brief(result) == (2, "unasked")
        assert "unencrypted" in result["words"][0]


def test_a_terminal_shows_how_far_it_is(machine: Machine) -> None:
    with serving() as server:
        words = ("--index", server.url("/a"), server.url("/b"))
        done = play(machine, (COMMAND, "check", *words))
        quiet = play(machine, (COMMAND, "check", "--quiet", *words))
    assert done.status == 0
    assert b"asked 0 of 2 ..." in done.shown
    assert b"\r\x1b[K" in done.shown
    assert b"asked" not in quiet.shown


def test_ctrl_c_ends_it_at_once(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/r"
        with at_terminal(machine, COMMAND, "check", "--index", url, url + "2") as done:
            done.wait_for(b"of 2 ...")
            with listening.accept()[0]:
                done.child.send(b"\x03")
                done.end()
    assert done.status == 130
    assert b"Traceback" not in done.shown
