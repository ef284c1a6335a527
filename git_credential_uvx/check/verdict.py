"""What answers mean for a credential, and what a person does next. Pure.

A verdict is "accepted", "refused" or "unknown", with a reason in one word for programs and words
for people. Of what a server says only numbers and the names of scopes are ever quoted.
"""

from __future__ import annotations

import re

from ..http.challenges import SPOKEN, schemes
from ..urls.conventions import convention_for
from .facts import Facts, Sent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCEPTED, REFUSED, UNKNOWN = "accepted", "refused", "unknown"

# Headers that a verdict looks at.
HEADERS = (
    "github-authentication-token-expiration",
    "retry-after",
    "www-authenticate",
    "x-accepted-oauth-scopes",
    "x-github-sso",
    "x-oauth-scopes",
    "x-ratelimit-remaining",
)

_WHAT = {"git": "repository", "index": "index", "publish": "place for uploads"}
_ERROR = re.compile(r"\berror=\"?(insufficient_scope|invalid_token)\b")
_SCOPE = re.compile(r"\bscope=\"([^\"]*)\"")
_SCOPES = re.compile(r"[A-Za-z0-9:_.*/ ,-]{1,200}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z+0-9-]{3,5}")

# What is particular about services, beside the username that `hosts` knows.
_PECULIAR = {
    "github.com": "GitHub takes tokens and no account passwords",
    "gitlab.com": "GitLab takes tokens only, once two-factor authentication is on",
    "bitbucket.org": "Bitbucket takes an API token as 'x-bitbucket-api-token-auth', "
    "an access token as 'x-token-auth'",
    "dev.azure.com": "a token of Azure DevOps is for one organisation, and needs 'Code (read)'",
    "pkgs.dev.azure.com": "a token of Azure DevOps is for one organisation, "
    "and needs 'Packaging (read)'",
    "jfrog.io": "JFrog takes an access token with no username or with its own, "
    "never as '__token__'",
    "pypi.org": "PyPI takes API tokens as '__token__', and no account passwords",
}


class Verdict:
    """`state` is ACCEPTED, REFUSED or UNKNOWN, `reason` one word, `words` lines for people."""

    __slots__ = ("reason", "state", "words")

    def __init__(self, state: str, reason: str, *words: str) -> None:
        self.state = state
        self.reason = reason
        self.words = [word for word in words if word]

    def __repr__(self) -> str:
        return f"Verdict({self.state!r}, {self.reason!r})"


def judge(facts: Facts) -> Verdict:
    """What the last answer to a Git, index or publish URL means."""
    status = facts.status
    if status == 203 or (facts.signin and 200 <= status < 400):
        verdict = Verdict(REFUSED, "sign-in", "the server leads to a page where people sign in")
    elif facts.kind == "publish" and status not in (401, 403, 404):
        verdict = _publish(facts)
    elif 200 <= status < 300:
        verdict = _opened(facts)
    elif is_unspoken(status, facts.headers):
        verdict = _unspoken()
    elif status == 401:
        verdict = _denied(facts)
    elif status == 403:
        verdict = _forbidden(facts)
    elif status in (404, 410):
        verdict = _absent(facts)
    else:
        verdict = _odd(facts)
    verdict.words += _endings(facts)
    return verdict


def probed(facts: Facts) -> Verdict:
    """What an answer at some place of a service says of a credential for the service: only where
    a bare request is challenged it says anything."""
    if is_unspoken(facts.status, facts.headers):
        return _unspoken()
    if facts.used is None or facts.without not in (401, 403):
        return Verdict(UNKNOWN, "unchallenged", "nothing there asks for a credential")
    status = facts.status
    if is_challenge(status, facts.headers):
        verdict = _denied(facts)
    elif status == 203:
        verdict = Verdict(REFUSED, "sign-in", "the server leads to a page where people sign in")
    elif status == 403:
        verdict = _forbidden(facts)
        verdict.state = UNKNOWN
    elif 200 <= status < 300 or status in (400, 404, 405, 410):
        verdict = Verdict(ACCEPTED, "accepted", f"the server takes {facts.who}")
    else:
        verdict = _odd(facts)
    verdict.words += _endings(facts)
    return verdict


def is_challenge(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer asks for a credential, and does not just say no."""
    return status == 401 or (status == 403 and "www-authenticate" in headers)


def is_unspoken(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer asks for a login that this package cannot make."""
    offered = schemes([headers.get("www-authenticate", "")])
    return status == 401 and bool(offered) and not SPOKEN.intersection(offered)


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """What several places of a service say together: one that accepts is enough."""
    found = list(verdicts)
    for state in (ACCEPTED, REFUSED):
        for verdict in found:
            if verdict.state == state:
                return verdict
    telling = [verdict for verdict in found if verdict.reason != "unchallenged"]
    return (telling or found)[0]


def _opened(facts: Facts) -> Verdict:
    without = facts.without
    if facts.kind == "git" and not facts.spoken:
        return Verdict(UNKNOWN, "no-git", "what answers there is no Git repository")
    if facts.used is None or (without is not None and 200 <= without < 300):
        return Verdict(
            ACCEPTED,
            "open",
            "readable without credentials",
            "" if facts.used is None else "so whether the credential is right cannot be told there",
        )
    if facts.kind == "git" and without in (403, 404):
        return Verdict(
            REFUSED,
            "unasked",
            f"the credential is right, and Git gets no further than the {without} without it: "
            "it sends credentials after a 401 only",
        )
    return Verdict(ACCEPTED, "accepted", f"the server takes {facts.who}")


def _denied(facts: Facts) -> Verdict:
    used = facts.used
    if used is None:
        return _nothing(facts)
    if facts.expires is not None and facts.expires <= facts.now:
        return Verdict(REFUSED, "expired", f"{facts.who} has expired", _again(facts, used))
    error = _ERROR.search(facts.headers.get("www-authenticate", ""))
    if error is not None and error[1] == "insufficient_scope":
        return _scope(facts)
    name = used.username
    jfrog = facts.wanted == b"" and name == b"__token__"
    if facts.wanted is not None and name != facts.wanted and (facts.fixed or jfrog):
        wanted = facts.wanted.decode()
        called = f"the username '{wanted}'" if wanted else "no username"
        return Verdict(
            REFUSED,
            "username",
            f"wrong username for {facts.host}: this token goes with {called}",
            _again(facts, used),
        )
    hint = ""
    if facts.wanted and name is not None and name != facts.wanted:
        hint = f"if it is a token, its username is '{facts.wanted.decode()}'"
    return Verdict(
        REFUSED,
        "wrong",
        f"{facts.who} is wrong, was revoked or has expired",
        hint,
        _peculiar(facts.host),
        _again(facts, used),
    )


def _nothing(facts: Facts) -> Verdict:
    if facts.never:
        return Verdict(
            REFUSED, "never", 'the server wants a credential, and its index says "never"'
        )
    if facts.note:
        return Verdict(REFUSED, "barred", "the server wants a credential, and none was sent")
    return Verdict(
        REFUSED,
        "missing",
        "the server wants a credential, and no source has one",
        f"'git-credential-uvx login {facts.login}' stores one",
    )


def _unspoken() -> Verdict:
    return Verdict(
        UNKNOWN,
        "scheme",
        "the server offers neither Basic nor Bearer, and nothing else can be tried",
    )


def _forbidden(facts: Facts) -> Verdict:
    headers = facts.headers
    if facts.used is None:
        return _nothing(facts)
    if headers.get("x-github-sso", "").startswith("required"):
        return Verdict(
            REFUSED,
            "sso",
            "the token is not authorized for the organisation's single sign-on: "
            "'Configure SSO' beside it, in GitHub's settings, does that",
        )
    if headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers:
        return Verdict(UNKNOWN, "limited", "the server has had too many requests; try later")
    accepted, has = headers.get("x-accepted-oauth-scopes", ""), headers.get("x-oauth-scopes")
    needed = {scope.strip() for scope in accepted.split(",")} - {""}
    scopes = {scope.strip() for scope in (has or "").split(",")}
    error = _ERROR.search(headers.get("www-authenticate", ""))
    if (error is not None and error[1] == "insufficient_scope") or (
        needed and has is not None and not needed & scopes
    ):
        return _scope(facts)
    if facts.kind == "publish":
        return Verdict(
            REFUSED,
            "forbidden",
            f"{facts.who} is wrong or may not upload there; PyPI answers both alike",
            _peculiar(facts.host),
        )
    return Verdict(
        REFUSED,
        "forbidden",
        f"{facts.who} has no access there, or lacks the right for it",
        _peculiar(facts.host),
    )


def _scope(facts: Facts) -> Verdict:
    headers = facts.headers
    challenge = _SCOPE.search(headers.get("www-authenticate", ""))
    needed = _scopes(headers.get("x-accepted-oauth-scopes", "")) or (
        _scopes(challenge[1]) if challenge else ""
    )
    has = _scopes(headers.get("x-oauth-scopes", ""))
    return Verdict(
        REFUSED,
        "scope",
        "the token is known, and lacks the right scope",
        f"needed: {needed}" if needed else "",
        f"it has: {has}" if has else "",
        "make a token with it, and 'git-credential-uvx login' again",
    )


def _scopes(text: str) -> str:
    return text.strip() if _SCOPES.fullmatch(text) else ""


def _absent(facts: Facts) -> Verdict:
    what = _WHAT.get(facts.kind, "place")
    if facts.used is None:
        hint = "" if facts.never or facts.note else "; no source has a credential for it"
        return Verdict(REFUSED, "absent", f"no such {what}, or none for everybody{hint}")
    if facts.kind == "index" and facts.without == 401:
        return Verdict(
            UNKNOWN,
            "no-page",
            f"the server takes {facts.who}, and has no page there: not every index has one at "
            "its root; check the page of a package",
        )
    return Verdict(
        REFUSED,
        "absent",
        f"no such {what}, or no access to it with {facts.who}: the server answers both alike",
    )


def _publish(facts: Facts) -> Verdict:
    status, without = facts.status, facts.without
    if status == 405:
        return Verdict(
            UNKNOWN,
            "no-uploads",
            "nothing takes uploads there; is it the index's 'url' and not its 'publish-url'?",
        )
    if status in (400, 411, 415, 422) or 200 <= status < 300:
        if facts.used is not None and without in (401, 403):
            return Verdict(
                ACCEPTED,
                "accepted",
                f"the server takes {facts.who}, and found no package, as none was sent",
                "whether it may upload every project cannot be told",
            )
        return Verdict(
            UNKNOWN,
            "unchallenged",
            "the server looks at an upload before it asks who sends it, or takes it from everybody",
        )
    return _odd(facts)


def _odd(facts: Facts) -> Verdict:
    status = facts.status
    if status == 407:
        return Verdict(UNKNOWN, "proxy", "the proxy wants a credential of its own, in its URL")
    if status == 429:
        return Verdict(UNKNOWN, "limited", "the server has had too many requests; try later")
    if status >= 500:
        return Verdict(UNKNOWN, "server", f"the server failed with {status}; try later")
    if facts.certificate:
        return unreachable("tls-client", facts.kind, facts.host, 0)
    return Verdict(UNKNOWN, "odd", f"the answer {status} tells nothing of credentials")


def _again(facts: Facts, used: Sent) -> str:
    """What puts another credential where this one came from."""
    if used.source == "store":
        return f"'git-credential-uvx login {facts.login}' stores another"
    if used.source in ("url", "redirect", "given"):
        return ""
    return f"it comes from {used.place or used.source}; another is to be put there"


def _endings(facts: Facts) -> list[str]:
    """What is known of the end of a token."""
    text = facts.headers.get("github-authentication-token-expiration", "")
    if facts.used is not None and _DATE.fullmatch(text):
        return [f"the server says that the token ends at {text}"]
    return []


def _peculiar(host: str) -> str:
    if convention_for(host) is None:
        return ""
    known = [name for name in _PECULIAR if host == name or host.endswith("." + name)]
    return _PECULIAR[max(known, key=len)] if known else ""


_TRUST = (
    "SSL_CERT_FILE trusts the authority in a file",
    "'--system-certs' those of the system",
    "'--allow-insecure-host {host}' any for this host, which anybody between can use",
)


def unreachable(
    fault: str, kind: str, authority: str, seconds: float, *, clear: bool = False
) -> Verdict:
    """What a server that gave no answer means; `fault` is one of those below, or words. `clear`
    is whether it was asked over http."""
    wants = "a server that wants a client certificate does so: SSL_CLIENT_CERT names one"
    for_git = "Git has its own settings for that: 'git-credential-uvx setup --tls'"
    words = {
        "dns": ("there is no such host, or no network",),
        "connection": ("nothing listens there, or something between refuses the connection",),
        "slow": (f"no answer in {seconds:g} seconds",),
        "broken": (
            "the connection was broken off, or what came over it is no HTTP",
            *(() if clear else (wants,)),
        ),
        "tls-untrusted": (
            "the server's certificate is not trusted",
            *(line.format(host=authority) for line in _TRUST),
            *((for_git,) if kind == "git" else ()),
        ),
        "tls-name": (
            "the server's certificate is for another name",
            "the URL must have the name that it is for",
            _TRUST[2].format(host=authority),
        ),
        "tls-expired": (
            "the server's certificate has expired, or this machine's clock is wrong",
            _TRUST[2].format(host=authority),
        ),
        "tls-client": ("the server wants a client certificate: SSL_CLIENT_CERT names one",),
        "tls-none": ("what listens there does not speak TLS, or none that is common",),
    }.get(fault)
    if words is None:
        return Verdict(UNKNOWN, "unasked", fault)
    return Verdict(UNKNOWN, fault, *words)
