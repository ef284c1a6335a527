"""How Git reads requests and URLs: a model in this process, and the real git to hold it to.

The model says what git-credential(1) and `git help credentials` say, as git 2.39 and later do it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from urllib.parse import unquote_to_bytes

KEYS = (b"protocol", b"host", b"path", b"username", b"password")

Fields = dict[bytes, bytes]


def from_url(url: bytes) -> Fields | None:
    """What git takes from a URL; None where it gives up."""
    protocol, mark, rest = url.partition(b"://")
    if not mark or not protocol:
        return None
    end = min((rest + sign).find(sign) for sign in (b"/", b"?", b"#"))
    authority, path = rest[:end], rest[end:]
    userinfo, at, host = authority.partition(b"@")
    fields: Fields = {}
    if at:
        username, colon, password = userinfo.partition(b":")
        fields[b"username"] = _decoded(username)
        if colon:
            fields[b"password"] = _decoded(password)
    else:
        host = authority
    fields[b"protocol"] = protocol
    fields[b"host"] = _decoded(host)
    path = path.lstrip(b"/")
    if path:
        decoded = _decoded(path)
        fields[b"path"] = decoded.rstrip(b"/") or decoded[:1]
    return None if any(b"\n" in value for value in fields.values()) else fields


def _decoded(text: bytes) -> bytes:
    # What stands before the first colon is taken for a scheme and left alone.
    at = max(text.find(b":"), 0)
    head, tail = text[:at], text[at:]
    pieces = tail.split(b"%")
    out = [pieces[0]]
    for piece in pieces[1:]:
        one = unquote_to_bytes(b"%" + piece[:2])
        # Git leaves `%00` as it stands: a string of C would end there.
        out.append(one + piece[2:] if len(one) == 1 and one != b"\0" else b"%" + piece)
    return head + b"".join(out)


def from_request(data: bytes) -> Fields | None:
    """What git's own helpers take from a request; None where they give up."""
    fields: Fields = {}
    for raw in data.split(b"\n"):
        line = raw.removesuffix(b"\r")
        if not line:
            break
        key, equals, value = line.partition(b"=")
        if not equals:
            return None
        if key == b"url":
            found = from_url(value)
            if found is None:
                return None
            fields = found
        elif key in KEYS:
            fields[key] = value
    return fields


@cache
def program() -> str | None:
    """Where git is."""
    return shutil.which("git")


def run(words: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run git with nothing of the user's in reach."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_CEILING_DIRECTORIES": "/",
    }
    return subprocess.run(
        ["git", *words], input=data, capture_output=True, check=False, cwd="/", env=environment,
        timeout=60,
    )  # fmt: skip


def real_from_url(url: bytes) -> Fields | None:
    """The same as `from_url` without userinfo, by the real git."""
    # With a username and a password it asks nobody for any.
    data = b"url=%b\nusername=u\npassword=p\n\n" % url
    done = run(["-c", "credential.useHttpPath=true", "credential", "fill"], data)
    if done.returncode:
        return None
    return _pairs(done.stdout)


def real_from_request(data: bytes, file: str) -> Fields:
    """What the real git's `credential-store` answers from a file of URLs."""
    return _pairs(run(["credential-store", f"--file={file}", "get"], data).stdout)


def _pairs(text: bytes) -> Fields:
    parts = (line.partition(b"=") for line in text.split(b"\n") if line)
    return {key: value for key, _, value in parts}
