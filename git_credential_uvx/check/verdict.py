"""What the answers of a server mean for a credential. Pure.

Of the texts that a server sends, a verdict quotes only numbers and the names of scopes.
"""

from __future__ import annotations

import re

from ..http.challenges import SPOKEN, schemes
from ..urls.conventions import BITBUCKET, GITHUB, GITLAB, convention_for
from .facts import Facts
from .messages import State, Verdict, unreachable, verdict_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The headers that a verdict depends on.
HEADERS = (
    "github-authentication-token-expiration",
    "retry-after",
    "www-authenticate",
    "x-accepted-oauth-scopes",
    "x-github-sso",
    "x-oauth-scopes",
    "x-ratelimit-remaining",
)

_ERROR = re.compile(r"\berror=\"?(insufficient_scope|invalid_token)\b")
_SCOPE = re.compile(r"\bscope=\"([^\"]*)\"")
_SCOPES = re.compile(r"[A-Za-z0-9:_.*/ ,-]{1,200}")
# They answer an account that has no access with 403 or 404, so a 401 is about the credential.
_TELLS_ACCESS = (GITHUB, GITLAB, BITBUCKET)
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z+0-9-]{3,5}")


def judge(facts: Facts) -> Verdict:
    """What the last answer to a Git, index or publish URL means."""
    status = facts.status
    if status == 203 or (facts.signin and 200 <= status < 400):
        verdict = verdict_of("sign-in" if facts.used else "sign-in/bare", facts)
    elif facts.kind == "publish" and status not in (401, 403, 404):
        verdict = _publish(facts)
    elif 200 <= status < 300:
        verdict = _opened(facts)
    elif is_unspoken(status, facts.headers):
        verdict = verdict_of("scheme", facts)
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
    """What an answer at one place of a service means for a credential of the service.

    It means something only if the place challenges a request without a credential.
    """
    if is_unspoken(facts.status, facts.headers):
        return verdict_of("scheme", facts)
    if facts.used is None or facts.without not in (401, 403):
        return verdict_of("unchallenged", facts)
    status = facts.status
    if is_challenge(status, facts.headers):
        verdict = _denied(facts)
    elif status == 203:
        verdict = verdict_of("sign-in", facts)
    elif status == 403:
        verdict = _forbidden(facts)
        verdict.state = State.UNKNOWN
    elif 200 <= status < 300 or status in (400, 404, 405, 410):
        verdict = verdict_of("accepted", facts)
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
    """The verdict of several places of a service together: the last one that is about its login."""
    found = list(verdicts)
    telling = [verdict for verdict in found if verdict.reason != "unchallenged"]
    return telling[-1] if telling else found[0]


def _opened(facts: Facts) -> Verdict:
    without = facts.without
    if facts.kind == "git" and not facts.spoken:
        return verdict_of("no-git", facts)
    if facts.used is None:
        return verdict_of("open", facts)
    if without is not None and 200 <= without < 300:
        return verdict_of("open/used", facts)
    if facts.kind == "git" and without in (403, 404):
        return verdict_of("unasked", facts)
    return verdict_of("accepted", facts)


def _denied(facts: Facts) -> Verdict:
    if facts.used is None:
        return _nothing(facts)
    if facts.expires is not None and facts.expires <= facts.now:
        return verdict_of("expired", facts)
    if _lacks_scope(facts):
        return _scope(facts)
    used, wanted, hint = facts.used.username, facts.wanted, ""
    if wanted is not None and used != wanted:
        if facts.fixed or (wanted == b"" and used == b"__token__"):  # the second is JFrog's
            name = f"the username '{wanted.decode()}'" if wanted else "no username"
            return verdict_of("username", facts, wanted=name)
        if wanted and used is not None:
            hint = f"if it is a token, its username is '{wanted.decode()}'"
    if facts.kind == "service" or convention_for(facts.host) in _TELLS_ACCESS:
        return verdict_of("wrong", facts, hint=hint)
    return verdict_of("rejected", facts)


def _nothing(facts: Facts) -> Verdict:
    return verdict_of("never" if facts.never else "barred" if facts.note else "missing", facts)


def _forbidden(facts: Facts) -> Verdict:
    headers = facts.headers
    if facts.used is None:
        return _nothing(facts)
    if headers.get("x-github-sso", "").startswith("required"):
        return verdict_of("sso", facts)
    if headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers:
        return verdict_of("limited", facts)
    accepted, has = headers.get("x-accepted-oauth-scopes", ""), headers.get("x-oauth-scopes")
    needed = {scope.strip() for scope in accepted.split(",")} - {""}
    scopes = {scope.strip() for scope in (has or "").split(",")}
    if _lacks_scope(facts) or (needed and has is not None and not needed & scopes):
        return _scope(facts)
    return verdict_of("forbidden/upload" if facts.kind == "publish" else "forbidden", facts)


def _lacks_scope(facts: Facts) -> bool:
    error = _ERROR.search(facts.headers.get("www-authenticate", ""))
    return error is not None and error[1] == "insufficient_scope"


def _scope(facts: Facts) -> Verdict:
    headers = facts.headers
    challenge = _SCOPE.search(headers.get("www-authenticate", ""))
    needed = _scopes(headers.get("x-accepted-oauth-scopes", "")) or (
        _scopes(challenge[1]) if challenge else ""
    )
    has = _scopes(headers.get("x-oauth-scopes", ""))
    return verdict_of(
        "scope",
        facts,
        needed=f"needed: {needed}" if needed else "",
        has=f"the token has: {has}" if has else "",
    )


def _scopes(text: str) -> str:
    return text.strip() if _SCOPES.fullmatch(text) else ""


def _absent(facts: Facts) -> Verdict:
    if facts.used is None:
        hint = "" if facts.never or facts.note else "; no credential was found for it"
        return verdict_of("absent/bare", facts, hint=hint)
    hides_page = facts.kind == "index" and facts.without == 401
    return verdict_of("no-page" if hides_page else "absent", facts)


def _publish(facts: Facts) -> Verdict:
    status = facts.status
    if status == 405:
        return verdict_of("no-uploads", facts)
    if status in (400, 411, 415, 422) or 200 <= status < 300:
        is_asked = facts.used is not None and facts.without in (401, 403)
        return verdict_of("accepted/upload" if is_asked else "unchallenged/upload", facts)
    return _odd(facts)


def _odd(facts: Facts) -> Verdict:
    status = facts.status
    if status >= 500:
        return verdict_of("server", facts)
    if facts.certificate and status not in (407, 429):
        return unreachable("tls-client", facts.kind, facts.host, 0)
    odd = "odd" if facts.used else "odd/bare"
    return verdict_of({407: "proxy", 429: "limited"}.get(status, odd), facts)


def _endings(facts: Facts) -> list[str]:
    """When a token expires, if the server says it."""
    text = facts.headers.get("github-authentication-token-expiration", "")
    if facts.used is not None and _DATE.fullmatch(text):
        return [f"the server says that the token expires at {text}"]
    return []
