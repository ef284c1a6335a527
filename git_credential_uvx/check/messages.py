"""What `check` says about each verdict, in one table. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..urls.commands import command
from ..urls.conventions import convention_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .facts import Facts


class State(StrEnum):
    """What a check found out about a credential."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    MISSING = "no credential"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Verdict:
    """A state, its reason in one word for programs, and lines for people without empty ones.

    The first line says what the server did, the others why that can be and what to do.
    """

    state: State
    reason: str
    words: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.words = [word for word in self.words if word]


# The names of the verdicts of each state, with lines for people. A name is the reason, or the
# reason with a case of it behind a slash. `verdict_of` fills in the values in braces.
_LINES: dict[State, dict[str, str]] = {
    State.ACCEPTED: {
        "accepted": "the server accepts {who}",
        "accepted/upload": "the server accepts {who}\n"
        "only a real upload shows which projects it may upload to",
        "open": "readable without a credential",
        "open/used": "readable without a credential, so {who} was not put to the test",
    },
    State.REFUSED: {
        "absent": "no such {what}, or {who} has no access to it; the server does not say which",
        "expired": "{who} has expired\n{again}",
        "forbidden": "{who} has no access there, or lacks a permission\n{service}",
        "forbidden/upload": "{who} is wrong or may not upload there; the server does not say which"
        "\n{service}",
        "rejected": "the server rejects {who} for this {what}\n{service}\n{elsewhere}\n{again}",
        "scope": "the token lacks a scope\n{needed}\n{has}\n"
        "create a token with that scope and store it: '{login}'",
        "sign-in": "the server redirects {who} to a sign-in page",
        "sso": "the token is not authorized for the organization's single sign-on\n"
        "use 'Configure SSO' next to the token in GitHub's settings",
        "unasked": "{who} is right, but Git never sends it: without a credential, the server "
        "answers {without} instead of 401",
        "username": "wrong username for {host}: this token goes with {wanted}\n{again}",
        "wrong": "{who} is wrong, was revoked or has expired\n{hint}\n{service}\n{again}",
    },
    State.MISSING: {
        "absent/bare": "no such {what}, or it is private{hint}",
        "barred": "the server asks for a credential, but none was sent: {note}",
        "missing": "the server asks for a credential, and none was found\n'{login}' stores one",
        "never": "the server asks for a credential, but the index has 'authenticate = \"never\"'",
        "sign-in/bare": "the server redirects to a sign-in page",
    },
    State.UNKNOWN: {
        "limited": "the server got too many requests; try again later",
        "no-git": "what answers there is not a Git repository",
        "no-page": "the server accepts {who}, but has no page there\n"
        "not every index has a page at its root; check the page of a package",
        "no-uploads": "the server takes no uploads there\n"
        "use the index's 'publish-url' instead of its 'url'",
        "odd": "the answer {status} does not show whether {who} is right",
        "odd/bare": "the answer {status} does not show whether a credential is needed",
        "proxy": "the proxy asks for a credential\nput it into the proxy's URL",
        "scheme": "the server offers other logins only, neither Basic nor Bearer",
        "server": "the server failed with status {status}; try again later",
        "unchallenged": "the server does not ask for a credential where it was tried",
        "unchallenged/upload": "the server does not ask for a credential before it reads an upload",
    },
}
_BY_NAME = {name: (state, text) for state, table in _LINES.items() for name, text in table.items()}

_TRUST_ANY = (
    "'git-credential-uvx check {host} --allow-insecure-host {host}' accepts any certificate, which "
    "is unsafe"
)
# Why a server gave no answer; `unreachable` fills in the values.
_UNREACHABLE = {
    "broken": "the connection broke, or the answer is not HTTP",
    "connection": "connection refused by {host}",
    "dns": "host not found: {host}",
    "slow": "no answer in {seconds} seconds",
    "tls-client": "the server asks for a client certificate\nset SSL_CLIENT_CERT to its file",
    "tls-expired": "the server's certificate has expired, or this machine's clock is wrong\n"
    f"{_TRUST_ANY}",
    "tls-name": "the server's certificate is for another host name\n"
    f"use the name in the certificate\n{_TRUST_ANY}",
    "tls-none": "the server does not speak TLS, or no version that this machine accepts",
    "tls-untrusted": "the server's certificate is not trusted\n"
    "set SSL_CERT_FILE to the file of its certificate authority\n"
    "'git-credential-uvx check {host} --system-certs' trusts the system's authorities\n"
    f"{_TRUST_ANY}",
}

_WHAT = {"git": "repository", "index": "index", "publish": "upload URL"}

# What else is special about services; `urls.conventions` has their usernames.
_SERVICES = {
    "github.com": "GitHub accepts tokens, but no account passwords",
    "gitlab.com": "with two-factor authentication, GitLab accepts tokens only",
    "bitbucket.org": "for Bitbucket, the username is 'x-bitbucket-api-token-auth' with an API "
    "token and 'x-token-auth' with an access token",
    "dev.azure.com": "an Azure DevOps token is for one organization and needs 'Code (read)'",
    "pkgs.dev.azure.com": "an Azure DevOps token is for one organization and needs "
    "'Packaging (read)'",
    "jfrog.io": "JFrog accepts an access token with no username or with its own, "
    "but not with '__token__'",
    "pypi.org": "PyPI accepts API tokens with the username '__token__', but no account passwords",
}


def verdict_of(name: str, facts: Facts, **values: str) -> Verdict:
    """The verdict of a name in the table. `values` are those that the facts do not have."""
    state, text = _BY_NAME[name]
    known = {
        "who": facts.who,
        "host": facts.host,
        "login": command("login", service=facts.login, username=facts.asked),
        "status": facts.status,
        "without": facts.without,
        "note": facts.note,
        "what": _WHAT.get(facts.kind, "URL"),
        "again": _again(facts),
        "elsewhere": _elsewhere(facts),
        "service": _service(facts.host),
        **values,
    }
    return Verdict(state, name.partition("/")[0], [t.format(**known) for t in text.split("\n")])


def unreachable(
    fault: str, kind: str, authority: str, seconds: float, *, clear: bool = False
) -> Verdict:
    """The verdict if a server gave no answer.

    `fault` is a key of the table, or words. `clear` is whether the server was asked over http,
    `seconds` how long it took to give up.
    """
    if fault not in _UNREACHABLE:
        return Verdict(State.UNKNOWN, "unasked", [fault])
    text = _UNREACHABLE[fault]
    waited = f"{seconds:.1f}".removesuffix(".0")
    lines = [line.format(host=authority, seconds=waited) for line in text.split("\n")]
    if fault == "broken" and not clear:
        lines.append("if the server wants a client certificate, set SSL_CLIENT_CERT to its file")
    if fault == "tls-untrusted" and kind == "git":
        lines.append("Git has its own settings for this: 'git-credential-uvx setup --tls'")
    return Verdict(State.UNKNOWN, fault, lines)


def _again(facts: Facts) -> str:
    """What replaces the credential in the place that it came from."""
    used = facts.used
    if used is None or used.source in ("url", "redirect", "given"):
        return ""
    if used.source == "store":
        login = command("login", service=facts.login, username=used.username)
        return f"'{login}' replaces it"
    return f"replace it in {used.place or used.source}"


def _elsewhere(facts: Facts) -> str:
    """How to find out whether a rejected credential is wrong, or its account lacks access."""
    used = facts.used
    if used is None or used.source in ("url", "redirect", "given") or facts.check is None:
        return ""
    return f"'{command('check', service=facts.check)}' shows whether the host accepts it"


def _service(host: str) -> str:
    """What is special about the service of a host, "" for nothing."""
    if convention_for(host) is None:
        return ""
    known = [name for name in _SERVICES if host == name or host.endswith("." + name)]
    return _SERVICES[max(known, key=len)] if known else ""
