"""Whether all programs read the same host and userinfo out of a URL.

Where they may not, no rule can tell what the secret is: such a URL is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import ServiceError
from ..urls.service import Service, service_from_url, split_host
from .endings import may_be_password
from .templates import WITHOUT_TAGS, is_harmless
from .userinfo import is_http, split

if TYPE_CHECKING:
    from .runs import Segment

# Bytes before a URL that tell what it is for.
USE_REACH = 96

# A parameter begins there: from then on `:` and `@` are what values may hold.
_PARAMETER = re.compile(rb"[?#&;](?::~:)?[A-Za-z0-9_.~%\[\]-]{1,64}=")
_DIGEST = re.compile(rb"sha(?:256|384|512):[0-9a-f]{32}")
_FOR_GIT = re.compile(
    rb"(?:\bgit[\"']?\s*[=:]"
    rb"|\btype[\"']?\s*[=:]\s*[\"']git[\"']\s*,?\s*[\"']?url[\"']?\s*[=:])\s*[\"']?$"
    rb"|\bgit (?:clone|fetch|pull|push|ls-remote|submodule add)\b[^\n;|&]*$"
)
# Templates, and what is one where nothing else is in the userinfo.
_TEMPLATES = re.compile(WITHOUT_TAGS)
_TAGS = re.compile(rb"<%[^%\n]*%>|\{%[^%\n]*%\}|<[^<>\n]*>|`[^`\n]*`")
_BAD_BYTES = re.compile(rb"[\x00-\x20\x7f-\xff\\<>`]")
_NAME_ODD = re.compile(rb"[,;()|]")
_PORT = re.compile(rb"[0-9]{0,5}")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]+)?")
_NAME_WITH_DOT = re.compile(rb"[^/]@(?=[A-Za-z0-9_-]++(?>(?:\.[A-Za-z0-9_-]++)+)[:/])")
_ANY_NAME = re.compile(rb"[^/]@(?=[A-Za-z0-9._-]++(?:[:/]|\Z))")
# Neither a version number nor the branch of a repository.
_NAME_WITH_LETTERS = re.compile(
    rb"(?<![/?#])(?<!\.git)@(?=(?>(?:[A-Za-z0-9_-]++\.)+)[A-Za-z_]{2,}+(?:[:/]|\Z))"
)
_FILE = re.compile(
    r"\.(?:whl|zip|tgz|egg|exe|jar|conda|json|txt|tar(?:\.[a-z0-9]+)?)(?:\.metadata)?$", re.I
)


def is_ambiguous(text: bytes, segment: Segment, quote: bytes, styles: frozenset[str]) -> bool:
    """Whether an `@` stands where one program sees userinfo before it and another does not.

    That is so for a second `@`, a control character, a byte that is not ASCII, a backslash or
    a foreign quote in the authority; and where a `/`, `?` or `#` ends an authority
    without `@` whose rest reads like `name:password@host`.
    """
    tail_end = segment.end
    if segment.scheme.endswith(b"file") and segment.authority == segment.authority_end:
        return False
    if text.find(b"@", segment.authority, tail_end) < 0:
        return False
    authority = text[segment.authority : segment.authority_end]
    userinfo, at, host = authority.rpartition(b"@")
    if at:
        userinfo = _without_templates(userinfo, styles)
        odd = b"@" in userinfo or _BAD_BYTES.search(userinfo + host) or b'"' in userinfo
        foreign = b"'" in userinfo and quote[-1:] != b'"'
        name = split(userinfo)[0]
        if odd or foreign or (_NAME_ODD.search(name) and not is_harmless(name)):
            return True
    tail = text[segment.authority_end : tail_end]
    escaped = segment.escaped and tail[1:2] == b"/"
    if tail[:1] == b"\\" and not escaped and b"@" in tail.partition(b"/")[0]:
        return True
    port = host.rpartition(b":")[2] if not host.endswith(b"]") and b":" in host else b""
    if not at and not _PORT.fullmatch(port) and not is_harmless(port) and b"@" in tail:
        return True
    return is_torn_by_slash(tail) or (not at and _is_cut_off(segment.scheme, host, tail))


def _is_cut_off(scheme: bytes, host: bytes, tail: bytes) -> bool:
    """Whether a host and a port may be a username and the digits that a password begins with, as
    in `name:12/word@h.test`."""
    name, _, port = host.rpartition(b":")
    if not is_http(scheme) or not name or not port.isdigit() or not may_be_password(name):
        return False
    parameter = _PARAMETER.search(tail)
    end = len(tail) if parameter is None else parameter.start()
    return _NAME_WITH_LETTERS.search(tail, 0, end) is not None


def _without_templates(userinfo: bytes, styles: frozenset[str]) -> bytes:
    if is_harmless(split(userinfo)[1] or b"", styles):
        userinfo = _TAGS.sub(b"", userinfo)
    return _TEMPLATES.sub(b"", userinfo)


def is_torn_by_slash(tail: bytes) -> bool:
    """Whether what follows an authority reads like `name:password@host`, the host or its first
    half taken for the authority."""
    parameter = _PARAMETER.search(tail)
    zone = tail if parameter is None else tail[: parameter.start()]
    colon, at = zone.find(b":"), zone.rfind(b"@")
    if colon < 0 or at <= colon + 1:
        return False
    only = zone.find(b"@", colon + 1) == at
    return not (only and _DIGEST.match(zone, at + 1))


def second_host(scheme: bytes, host: bytes, tail: bytes) -> int:
    """Where in the tail of a URL with a secret the true host may begin; -1 if nowhere.

    `u:p@ss/word@h.test/` has such a host, and `u:p@server/o/r.git@v1.0` has not.
    """
    if not may_be_password(host):
        return -1
    parameter = _PARAMETER.search(tail)
    zone = tail if parameter is None else tail[: parameter.start()]
    # The path of a repository may hold an `@`, that of a database does not.
    has_path = is_http(scheme) or scheme.endswith((b"ssh", b"git", b"ftp"))
    pattern = _NAME_WITH_DOT if has_path else _ANY_NAME
    if tail[:1] in (b"?", b"#"):
        # Hosts without a dot have a path before their parameters.
        zone, pattern = tail, _ANY_NAME
    return max((match.end() for match in pattern.finditer(zone)), default=-1)


def is_host(scheme: bytes, host: bytes) -> bool:
    """Whether what follows the userinfo is a host to every program.

    In text a template may stand there, and punctuation may follow. Other schemes than http(s)
    have hosts of many forms (lists, sockets, none), so only http(s) ones are judged.
    """
    if not is_http(scheme):
        return True
    match = _HOST.match(host)
    if match is None:
        return host.startswith((b"$", b"{", b"%")) and is_harmless(host.partition(b":")[0])
    rest = host[match.end() :]
    if rest and rest[:1] not in b",;)]}|*'\"!":
        port = rest.removeprefix(b":")
        if not port or not is_harmless(port):
            return False
    return _host_and_port(match.group(), scheme) is not None


def is_plain_host(scheme: bytes, host: bytes) -> bool:
    """Whether a URL's host is one, or a template, with nothing after it."""
    if _HOST.fullmatch(host) is None:
        name, _, port = host.partition(b":") if host[:1] != b"{" else (host, b"", b"")
        return bool(name) and is_harmless(name) and b"*" not in name and is_harmless(port)
    return _host_and_port(host, scheme) is not None


def _host_and_port(host: bytes, scheme: bytes) -> tuple[str, int | None] | None:
    try:
        return split_host(host.decode("ascii", "replace"), web_scheme(scheme))
    except ServiceError:
        return None


def web_scheme(scheme: bytes) -> str:
    """`https` or `http`, for a scheme of that family."""
    return "https" if scheme.endswith(b"https") else "http"


def service_of(scheme: bytes, host: bytes, path: bytes, use: str) -> Service | None:
    """What a secret of this URL is for; None where a stored credential could not answer.

    Git asks for the whole host. Anything else is asked for by its URL.
    """
    if not is_http(scheme):
        return None
    try:
        where = "/" if use == "git" else path.decode()
        return service_from_url(f"{web_scheme(scheme)}://{host.decode('ascii')}{where}")
    except (ServiceError, UnicodeError):
        return None


def use_of(scheme: bytes, path: bytes, before: bytes = b"") -> str:
    """What a URL is used for: "git", "url" for a file, else "index".

    `before` is what stands before it: `git = "`, `type = "git"` with `url = "`, `git clone`.
    """
    text = path.decode("utf-8", "replace")
    if scheme.startswith(b"git+") or scheme == b"git" or _FOR_GIT.search(before):
        return "git"
    last = text.rstrip("/").rpartition("/")[2]
    if last.endswith(".git") or ".git@" in last:
        return "git"
    return "url" if _FILE.search(last) else "index"
