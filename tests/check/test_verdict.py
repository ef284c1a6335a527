"""What answers mean: each kind of answer and what a person is told to do next."""

from __future__ import annotations

from typing import Any

import pytest

from git_credential_uvx.check.facts import Facts
from git_credential_uvx.check.messages import State, Verdict, unreachable
from git_credential_uvx.check.verdict import best, is_challenge, judge, probed
from git_credential_uvx.http.hop import Try
from git_credential_uvx.urls.service import Service

from ..support.common import cases

ACCEPTED, REFUSED, MISSING, UNKNOWN = State
ALICE = "store", b"alice", "line 3"


def facts(
    *sent: int, kind: str = "git", host: str = "git.test", who: Any = ALICE, **more: Any
) -> Facts:
    """A bare request and one with a credential, or of a single status that alone."""
    source, username, place = who or (None, None, "")
    requests = [Try(status=sent[0])] if len(sent) == 2 else []
    requests.append(Try(source, username, sent[-1], place))
    return Facts(kind, host, requests, **more)


NOBODY: dict[str, Any] = {"who": None}
OTHER = {"www-authenticate": 'Digest realm="evil", NTLM'}
SCOPE = {"www-authenticate": 'Bearer error="insufficient_scope", scope="read_api"'}

ANSWERS: dict[str, tuple[Facts, str, str, str]] = {
    "a credential that is taken": (facts(401, 200), ACCEPTED, "accepted", "'alice'"),
    "a public repository": (facts(200, **NOBODY), ACCEPTED, "open", "without a credential"),
    "a credential that was not needed": (
        facts(200, bare=200),
        ACCEPTED,
        "open",
        "not put to the test",
    ),
    "what is no Git": (facts(401, 200, spoken=False), UNKNOWN, "no-git", "not a Git repository"),
    "Git never gets that far": (facts(404, 200), REFUSED, "unasked", "Git never sends it"),
    "an index that hides behind 404": (facts(404, 200, kind="index"), ACCEPTED, "accepted", ""),
    "a rejection for one repository": (
        facts(401, 401),
        REFUSED,
        "rejected",
        "check git.test",
    ),
    "a wrong password": (
        facts(401, 401, host="gitlab.com"),
        REFUSED,
        "wrong",
        "login gitlab.com --username alice",
    ),
    "a wrong variable": (
        facts(401, 401, host="gitlab.com", who=("environment", b"alice", "UVX_TOKEN_X")),
        REFUSED,
        "wrong",
        "replace it in UVX_TOKEN_X",
    ),
    "no credential": (facts(401, **NOBODY), MISSING, "missing", "none was found"),
    "another kind of login": (
        facts(401, headers=OTHER, **NOBODY),
        UNKNOWN,
        "scheme",
        "neither Basic nor Bearer",
    ),
    "a password in a URL where another kind is wanted": (
        facts(401, headers=OTHER),
        UNKNOWN,
        "scheme",
        "neither Basic nor Bearer",
    ),
    "a policy that forbids": (facts(401, never=True, **NOBODY), MISSING, "never", '"never"'),
    "a hop where none may go": (
        facts(401, note="x", **NOBODY),
        MISSING,
        "barred",
        "none was sent: x",
    ),
    "an expired token": (facts(401, 401, expires=9, now=10), REFUSED, "expired", "has expired"),
    "one that ends later": (
        facts(401, 401, expires=11, now=10, kind="service"),
        REFUSED,
        "wrong",
        "",
    ),
    "PyPI's username": (
        facts(401, 401, host="pypi.org", kind="index", wanted=b"__token__", fixed=True),
        REFUSED,
        "username",
        "'__token__'",
    ),
    "JFrog and __token__": (
        facts(401, 401, host="a.jfrog.io", wanted=b"", who=("store", b"__token__", "")),
        REFUSED,
        "username",
        "no username",
    ),
    "a username that may be it": (
        facts(401, 401, host="bitbucket.org", wanted=b"x-token-auth"),
        REFUSED,
        "wrong",
        "if it is a token, its username is 'x-token-auth'",
    ),
    "GitHub's peculiarity": (facts(401, 401, host="github.com"), REFUSED, "wrong", "no account"),
    "Azure's peculiarity": (
        facts(401, 401, host="pkgs.dev.azure.com"),
        REFUSED,
        "rejected",
        "Packaging (read)",
    ),
    "no peculiarity of a look-alike": (
        facts(401, 401, host="notgithub.com"),
        REFUSED,
        "rejected",
        "this repository",
    ),
    "a scope of GitHub": (
        facts(401, 403, headers={"x-accepted-oauth-scopes": "repo", "x-oauth-scopes": "gist"}),
        REFUSED,
        "scope",
        "needed: repo",
    ),
    "no scope at all": (
        facts(401, 403, headers={"x-accepted-oauth-scopes": "repo", "x-oauth-scopes": ""}),
        REFUSED,
        "scope",
        "needed: repo",
    ),
    "a scope that is there": (
        facts(401, 403, headers={"x-accepted-oauth-scopes": "repo", "x-oauth-scopes": "a, repo"}),
        REFUSED,
        "forbidden",
        "no access",
    ),
    "a scope by a challenge": (facts(401, 403, headers=SCOPE), REFUSED, "scope", "read_api"),
    "a scope by a 401": (facts(401, 401, headers=SCOPE), REFUSED, "scope", "read_api"),
    "single sign-on": (
        facts(401, 403, headers={"x-github-sso": "required; url=https://evil.test/?a=S"}),
        REFUSED,
        "sso",
        "single sign-on",
    ),
    "too many requests to GitHub": (
        facts(401, 403, headers={"x-ratelimit-remaining": "0"}),
        UNKNOWN,
        "limited",
        "later",
    ),
    "too many requests": (facts(401, 429), UNKNOWN, "limited", "later"),
    "no access": (facts(401, 403), REFUSED, "forbidden", "no access"),
    "403 for nobody": (facts(403, **NOBODY), MISSING, "missing", "login"),
    "no such repository": (facts(401, 404), REFUSED, "absent", "no access to it"),
    "404 for nobody": (facts(404, **NOBODY), MISSING, "absent", "it is private"),
    "an index without a root page": (
        facts(401, 404, kind="index"),
        UNKNOWN,
        "no-page",
        "a package",
    ),
    "an upload that is taken": (
        facts(401, 400, kind="publish"),
        ACCEPTED,
        "accepted",
        "a real upload",
    ),
    "an upload that PyPI takes": (facts(403, 400, kind="publish"), ACCEPTED, "accepted", ""),
    "an upload by nobody": (
        facts(400, kind="publish", **NOBODY),
        UNKNOWN,
        "unchallenged",
        "does not ask",
    ),
    "an upload that anybody makes": (
        facts(400, kind="publish", bare=400),
        UNKNOWN,
        "unchallenged",
        "does not ask",
    ),
    "an upload that is refused": (
        facts(403, 403, kind="publish"),
        REFUSED,
        "forbidden",
        "does not say which",
    ),
    "an index's own page": (facts(405, kind="publish", **NOBODY), UNKNOWN, "no-uploads", "'url'"),
    "no place for uploads": (facts(401, 404, kind="publish"), REFUSED, "absent", "upload URL"),
    "Azure's page to sign in": (facts(401, 203), REFUSED, "sign-in", "sign-in"),
    "a redirect to sign in": (facts(200, signin=True, **NOBODY), MISSING, "sign-in", "sign-in"),
    "a broken server": (facts(401, 503), UNKNOWN, "server", "503"),
    "a proxy": (facts(407, **NOBODY), UNKNOWN, "proxy", "proxy"),
    "nginx and a certificate": (
        facts(400, certificate=True, **NOBODY),
        UNKNOWN,
        "tls-client",
        "SSL_CLIENT_CERT",
    ),
    "something else": (facts(418, **NOBODY), UNKNOWN, "odd", "418"),
}


@cases("known, state, reason, words", ANSWERS)
def test_an_answer(known: Facts, state: str, reason: str, words: str) -> None:
    verdict = judge(known)
    assert (verdict.state, verdict.reason) == (state, reason)
    text = "\n".join(verdict.words)
    assert words in text
    assert text.isprintable() or "\n" in text
    assert "evil" not in text
    assert ("GitHub accepts" in text) == (known.host == "github.com")


PLACES: dict[str, tuple[Facts, str, str]] = {
    "nobody is asked": (facts(200, kind="service", **NOBODY), UNKNOWN, "unchallenged"),
    "a repository that is not there": (facts(401, 404, kind="service"), ACCEPTED, "accepted"),
    "a page": (facts(401, 200, kind="service"), ACCEPTED, "accepted"),
    "a refusal": (facts(401, 401, kind="service"), REFUSED, "wrong"),
    "a no that is no challenge": (facts(401, 403, kind="service"), UNKNOWN, "forbidden"),
    "a no with a challenge": (
        facts(401, 403, kind="service", headers={"www-authenticate": "Basic"}),
        REFUSED,
        "wrong",
    ),
    "another kind of login": (
        facts(401, kind="service", headers=OTHER, **NOBODY),
        UNKNOWN,
        "scheme",
    ),
    "a page to sign in": (facts(401, 203, kind="service"), REFUSED, "sign-in"),
    "a redirect": (facts(401, 302, kind="service"), UNKNOWN, "odd"),
    "a failure": (facts(401, 500, kind="service"), UNKNOWN, "server"),
}


@cases("known, state, reason", PLACES)
def test_a_place_of_a_service(known: Facts, state: str, reason: str) -> None:
    verdict = probed(known)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_the_last_place_counts_and_one_that_asks_nobody_counts_least() -> None:
    no, yes = Verdict(REFUSED, "wrong"), Verdict(ACCEPTED, "accepted")
    nothing, failed = Verdict(UNKNOWN, "unchallenged"), Verdict(UNKNOWN, "server")
    assert best([nothing, no, yes]) is yes
    assert best([failed, no]) is no
    assert best([nothing, failed]) is failed
    assert best([nothing]) is nothing


def test_a_no_without_a_challenge_asks_for_nothing() -> None:
    assert is_challenge(401, {})
    assert is_challenge(403, {"www-authenticate": "Basic"})
    assert not is_challenge(403, {})
    assert not is_challenge(404, {"www-authenticate": "Basic"})


HOSTILE = "\x1b]52;c;cm0gLXJm\x07\x1b[2KPassword for good.test:\u202e"


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_v20_nothing_that_a_server_writes_is_repeated(status: int) -> None:
    names = ("www-authenticate", "x-oauth-scopes", "x-accepted-oauth-scopes", "x-github-sso")
    headers = dict.fromkeys((*names, "github-authentication-token-expiration"), HOSTILE)
    headers["www-authenticate"] = f'Bearer error="insufficient_scope", scope="{HOSTILE}"'
    for verdict in (judge(facts(401, status, headers=headers)), probed(facts(401, status))):
        text = "".join(verdict.words)
        assert text.isprintable()
        assert "Password for" not in text


def test_an_expiry_that_the_server_names_is_reported() -> None:
    headers = {"github-authentication-token-expiration": "2027-01-31 08:00:00 UTC"}
    assert "expires at 2027-01-31 08:00:00 UTC" in judge(facts(401, 200, headers=headers)).words[-1]
    alone = judge(facts(200, headers=headers, **NOBODY))
    assert not any("2027" in word for word in alone.words)


@pytest.mark.parametrize(
    "fault", ["dns", "connection", "slow", "broken", "tls-name", "tls-expired", "tls-client"]
)
def test_a_server_that_gives_no_answer_tells_nothing(fault: str) -> None:
    verdict = unreachable(fault, "index", "git.test:8443", 30)
    assert (verdict.state, verdict.reason) == (UNKNOWN, fault)
    assert verdict.words


def test_the_seconds_are_those_that_it_took() -> None:
    assert "no answer in 10.4 seconds" in unreachable("slow", "index", "h", 10.42).words
    assert "no answer in 15 seconds" in unreachable("slow", "index", "h", 15).words


def test_what_is_not_trusted_names_each_option_that_trusts_it() -> None:
    text = "\n".join(unreachable("tls-untrusted", "git", "git.test:8443", 30).words)
    for part in ("SSL_CERT_FILE", "--system-certs", "--allow-insecure-host git.test:8443"):
        assert part in text
    assert "setup --tls" in text
    assert "setup --tls" not in "\n".join(unreachable("tls-untrusted", "index", "h", 30).words)


def test_facts_know_who_was_sent() -> None:
    service = Service("https", "git.test", None)
    assert service == facts(401, 200).login
    assert facts(401, 401, who=("store", b"", "")).who == "the token (no username) from the store"
    assert facts(401, 401, who=("command", None, "")).who == "the token from command"
    assert facts(401, **NOBODY).who == "no credential"
