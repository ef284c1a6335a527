"""netrc files: what ours answers, Python and curl answer too, or refuse the file.

Their readings differ from ours where docs say so: those files are read, and not compared.
"""

from __future__ import annotations

import re

from git_credential_uvx.credential import Secret
from git_credential_uvx.query import Query
from git_credential_uvx.sources.netrc import choose
from git_credential_uvx.sources.netrc_format import Fault, Login, parse
from git_credential_uvx.urls.service import Service

from .peers import netrcs
from .sampling import sampled

COVERED = ("sources.netrc_format", "sources.netrc", "urls.service")
TOKENS = (
    *(
        b"machine ",
        b"default ",
        b"login ",
        b"user ",
        b"password ",
        b"account ",
        b"port ",
        b"protocol ",
    ),
    *(
        b"macdef init\n",
        b"\n\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b" ",
        b"#",
        b"# ",
        b'"',
        b'\\"',
        b"\\",
    ),
    *(b"good.test", b"evil.test", b"h3.test", b"[::1]", b"127.0.0.1", b"alice", b"bob", b"CANARY"),
    *(b"\\n", b"\0", b"\xef\xbb\xbf", b"\xff", "ü".encode(), b"8443", b"https", b"MACHINE "),
)
_UNKNOWN = "unknown.test"
_BLANK_AT_END = re.compile(rb"(?:machine|login|password)[ \t\r]+\n")
_KEYWORDS = {
    *(b"machine", b"default", b"macdef", b"login", b"user", b"password", b"account"),
    *(b"port", b"protocol"),
}


def one(data: bytes) -> None:
    """Read one file and ask for every host in it."""
    logins, faults = parse(data)
    _is_sound(data, logins, faults)
    hosts = list(dict.fromkeys(entry.machine for entry in logins if entry.machine))[:8]
    hosts = [host for host in hosts if _is_name(host)]
    answers = {
        host: found
        for host in (*hosts, _UNKNOWN)
        if (found := _ours(logins, host, default=not faults)) is not None
    }
    if faults or not answers or not _is_common_ground(data, logins):
        return
    python = netrcs.of_python(data)
    if python is not None:
        for host, found in answers.items():
            assert python.get(host, python.get("default")) == found, host
    if sampled(data, 20) and netrcs.curl():
        single = [host for host in answers if sum(e.machine == host for e in logins) < 2]
        for host, sent in netrcs.of_curl(data, single).items():
            assert sent in (None, answers[host]), host


def _is_sound(data: bytes, logins: list[Login], faults: list[Fault]) -> None:
    lines = data.count(b"\n") + 1
    assert all(1 <= entry.line <= lines for entry in logins)
    assert all(1 <= fault.line <= lines and fault.text.isprintable() for fault in faults)
    assert not any("CANARY" in fault.text for fault in faults)
    for entry in logins:
        # No value has what was not in the file, or what no line can hold.
        for value in (entry.login, None if entry.password is None else entry.password.reveal()):
            assert value is None or not set(value) & set(b"\0\n\r")


def _is_name(host: str) -> bool:
    return host.isascii() and all(c.isalnum() or c in ".-" for c in host)


def _ours(logins: list[Login], host: str, *, default: bool) -> bytes | None:
    query = Query(Service("https", host, None), use="index")
    entry, _, reason = choose(logins, query, default=default)
    assert "CANARY" not in reason.replace(host, "")
    if entry is None:
        return None
    assert entry.machine in (host, None)
    assert entry.login is not None
    assert entry.password not in (None, Secret(b""))
    return b"%b:%b" % (entry.login, entry.password.reveal() if entry.password else b"")


def _is_common_ground(data: bytes, logins: list[Login]) -> bool:
    """Whether the file keeps to what all three read alike, as `netrc_format` lists it."""
    if any(e.login is None or e.password is None for e in logins):
        return False  # to the others an empty value
    if any(e.port is not None or e.protocol is not None for e in logins):
        return False  # unknown words to the others
    if any(e.machine is None for e in logins[:-1]):
        return False  # behind `default` curl reads no more
    if _BLANK_AT_END.search(data):
        return False  # curl takes the end of such a line for an empty value
    words = data.replace(b'"', b" ").split()
    names = {words[at + 1] for at, word in enumerate(words[:-1]) if word == b"machine"}
    if names != {entry.machine.encode() for entry in logins if entry.machine}:
        return False  # names in another spelling
    if b"default" in names or b"user" in words:
        return False  # a host of that name; and curl knows `login` alone
    if any(word.startswith(b"#") or b"macdef" in word for word in words):
        return False  # Python takes words of some comments for keywords
    values = {value for e in logins if e.password for value in (e.login, e.password.reveal())}
    return not any(value.lower() in _KEYWORDS for value in values if value)
