"""What `check` says about each verdict, in one table. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..urls.conventions import convention_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .facts import Facts


class State(StrEnum):
    """What a check found out about a credential."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Verdict:
    """A state, its reason in one word for programs, and lines for people without empty ones."""

    state: State
    reason: str
    words: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.words = [word for word in self.words if word]


# The names of the verdicts of each state, with lines for people. A name is the reason, or the
# reason with a case of it behind a slash. `verdict_of` fills in the values in braces.
_LINES: dict[State, dict[str, str]] = {
    State.ACCEPTED: {
        "accepted": "the server takes {who}",
        "accepted/upload": "the server takes {who}, and found no package, as none was sent\n"
        "whether it may upload every project cannot be told",
        "open": "readable without credentials",
        "open/used": "readable without credentials\n"
        "so whether the credential is right cannot be told there",
    },
    State.REFUSED: {
        "absent": "no such {what}, or no access to it with {who}: the server answers both alike",
        "absent/bare": "no such {what}, or none for everybody{hint}",
        "barred": "the server wants a credential, and none was sent",
        "expired": "{who} has expired\n{again}",
        "forbidden": "{who} has no access there, or lacks the right for it\n{service}",
        "forbidden/upload": "{who} is wrong or may not upload there; PyPI answers both alike\n"
        "{service}",
        "missing": "the server wants a credential, and no source has one\n"
        "'git-credential-uvx login {login}' stores one",
        "never": 'the server wants a credential, and its index says "never"',
        "scope": "the token is known, and lacks the right scope\n{needed}\n{has}\n"
        "make a token with it, and 'git-credential-uvx login' again",
        "sign-in": "the server leads to a page where people sign in",
        "sso": "the token is not authorized for the organisation's single sign-on: "
        "'Configure SSO' beside it, in GitHub's settings, does that",
        "unasked": "the credential is right, and Git gets no further than the {without} without "
        "it: it sends credentials after a 401 only",
        "username": "wrong username for {host}: this token goes with {wanted}\n{again}",
        "wrong": "{who} is wrong, was revoked or has expired\n{hint}\n{service}\n{again}",
    },
    State.UNKNOWN: {
        "limited": "the server has had too many requests; try later",
        "no-git": "what answers there is no Git repository",
        "no-page": "the server takes {who}, and has no page there: not every index has one at its "
        "root; check the page of a package",
        "no-uploads": "nothing takes uploads there; is it the index's 'url' and not its "
        "'publish-url'?",
        "odd": "the answer {status} tells nothing of credentials",
        "proxy": "the proxy wants a credential of its own, in its URL",
        "scheme": "the server offers neither Basic nor Bearer, and nothing else can be tried",
        "server": "the server failed with {status}; try later",
        "unchallenged": "nothing there asks for a credential",
        "unchallenged/upload": "the server looks at an upload before it asks who sends it, or "
        "takes it from everybody",
    },
}
_BY_NAME = {name: (state, text) for state, table in _LINES.items() for name, text in table.items()}

_TRUST_ANY = "'--allow-insecure-host {host}' any for this host, which anybody between can use"
# Why a server gave no answer; `unreachable` fills in the values.
_UNREACHABLE = {
    "broken": "the connection was broken off, or what came over it is no HTTP",
    "connection": "nothing listens there, or something between refuses the connection",
    "dns": "there is no such host, or no network",
    "slow": "no answer in {seconds:g} seconds",
    "tls-client": "the server wants a client certificate: SSL_CLIENT_CERT names one",
    "tls-expired": "the server's certificate has expired, or this machine's clock is wrong\n"
    f"{_TRUST_ANY}",
    "tls-name": "the server's certificate is for another name\n"
    f"the URL must have the name that it is for\n{_TRUST_ANY}",
    "tls-none": "what listens there does not speak TLS, or none that is common",
    "tls-untrusted": "the server's certificate is not trusted\n"
    "SSL_CERT_FILE trusts the authority in a file\n"
    f"'--system-certs' those of the system\n{_TRUST_ANY}",
}

_WHAT = {"git": "repository", "index": "index", "publish": "place for uploads"}

# What else is special about services; `urls.conventions` has their usernames.
_SERVICES = {
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


def verdict_of(name: str, facts: Facts, **values: str) -> Verdict:
    """The verdict of a name in the table. `values` are those that the facts do not have."""
    state, text = _BY_NAME[name]
    known = {
        "who": facts.who,
        "host": facts.host,
        "login": facts.login,
        "status": facts.status,
        "without": facts.without,
        "what": _WHAT.get(facts.kind, "place"),
        "again": _again(facts),
        "service": _service(facts.host),
        **values,
    }
    return Verdict(state, name.partition("/")[0], [t.format(**known) for t in text.split("\n")])


def unreachable(
    fault: str, kind: str, authority: str, seconds: float, *, clear: bool = False
) -> Verdict:
    """The verdict if a server gave no answer.

    `fault` is a key of the table, or words. `clear` is whether the server was asked over http.
    """
    if fault not in _UNREACHABLE:
        return Verdict(State.UNKNOWN, "unasked", [fault])
    text = _UNREACHABLE[fault]
    lines = [line.format(host=authority, seconds=seconds) for line in text.split("\n")]
    if fault == "broken" and not clear:
        lines.append("a server that wants a client certificate does so: SSL_CLIENT_CERT names one")
    if fault == "tls-untrusted" and kind == "git":
        lines.append("Git has its own settings for that: 'git-credential-uvx setup --tls'")
    return Verdict(State.UNKNOWN, fault, lines)


def _again(facts: Facts) -> str:
    """What replaces the credential where this one came from."""
    used = facts.used
    if used is None or used.source in ("url", "redirect", "given"):
        return ""
    if used.source == "store":
        return f"'git-credential-uvx login {facts.login}' stores another"
    return f"it comes from {used.place or used.source}; another is to be put there"


def _service(host: str) -> str:
    """What is special about the service of a host, "" for nothing."""
    if convention_for(host) is None:
        return ""
    known = [name for name in _SERVICES if host == name or host.endswith("." + name)]
    return _SERVICES[max(known, key=len)] if known else ""
