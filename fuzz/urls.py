"""URLs: where git, libcurl, httpx, urllib and uv would go is where ours says the secret goes.

A reader that refuses a URL connects to nobody, so only those that read it are compared.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from git_credential_uvx.errors import RefusedError, ServiceError
from git_credential_uvx.sanitize.requirements import read_url
from git_credential_uvx.urls.parts import redact, split_url
from git_credential_uvx.urls.service import (
    DEFAULT_PORTS,
    Service,
    service_from_git,
    service_from_url,
    split_host,
)

from .peers import curl, git, uv
from .sampling import sampled

COVERED = ("urls.service", "sanitize.requirements")
TOKENS = (
    *(
        b"https://",
        b"http://",
        b"HTTPS://",
        b"git+https://",
        b"//",
        b"://",
        b"good.test",
        b"evil.test",
    ),
    *(
        b"@",
        b":",
        b"/",
        b"?",
        b"#",
        b"\\",
        b"%",
        b"%2f",
        b"%40",
        b"%2e",
        b"%00",
        b"%0a",
        b"%5c",
        b"%3a",
    ),
    *(b"[::1]", b"[", b"]", b"[fe80::1%25eth0]", b"[::ffff:127.0.0.1]", b"127.0.0.1", b"0x7f.1"),
    *(
        b"2130706433",
        b":443",
        b":80",
        b":0443",
        b":65536",
        b":+443",
        b"xn--bcher-kva.test",
        b"\t",
        b" ",
    ),
    *("ü".encode(), "\u3002".encode(), "\uff0f".encode(), "\u212a".encode(), b"..", b"/./", b"-"),
    *(
        b"alice:CANARY@",
        b"localhost",
        b".",
        b"_",
        b";",
        b",",
        b"&",
        b"=",
        b"*",
        b"^",
        b"|",
        b"\x7f",
    ),
)

Realm = tuple[str, str, int]


def one(data: bytes) -> None:
    """Read one URL in every way."""
    if b"\0" in data:
        return
    _as_git_asks(data)
    _as_an_attribute(data)
    _as_one_to_clean(data)
    text = data.decode("utf-8", "replace")
    _is_shown_without_secrets(text)
    _as_stored(data, text)


def _as_git_asks(url: bytes) -> None:
    """Git asks for what it makes of a URL, and libcurl connects to what that makes of it."""
    fields = git.from_url(url)
    if b"\n" not in url and b"\r" not in url and sampled(url, 400) and git.program():
        real = git.real_from_url(url)
        if real is None:
            assert fields is None or any(b"\r" in value for value in fields.values())
        else:
            assert fields is not None
            for key in (b"protocol", b"host", b"path"):
                assert fields.get(key) == real.get(key), key
    if fields is None:
        return
    try:
        service = service_from_git(fields[b"protocol"], fields[b"host"], fields.get(b"path"))
    except ServiceError as error:
        _is_clean(error, url)
        return
    if service.host.startswith("[") and b"%" in url:
        # Before it asks, the real `git fetch` takes over libcurl's spelling of an IPv6 zone.
        return
    _agrees("libcurl", _of_curl(url), _realm(service))


def _as_an_attribute(url: bytes) -> None:
    """The `url` attribute: whatever reads this URL goes where ours says."""
    try:
        protocol, host, path, username, password = split_url(url)
        service = service_from_git(protocol, host, path)
    except ServiceError as error:
        _is_clean(error, url)
        return
    everybody(url, _realm(service))
    fields = git.from_url(url)
    assert fields is not None
    assert (fields[b"protocol"], fields[b"host"]) == (protocol, host)
    if b":" not in (username or b"") + (password or b""):
        assert fields.get(b"username") == username
        assert fields.get(b"password") == password


def _as_one_to_clean(url: bytes) -> None:
    """What the sanitizer takes apart, everybody takes apart at the same place."""
    try:
        reading = read_url(url)
    except RefusedError as error:
        _is_clean(error, url)
        return
    scheme = reading.scheme.decode().lower()
    if scheme not in DEFAULT_PORTS or any(mark in reading.host for mark in b"%{$"):
        return
    host, port = split_host(reading.host.decode(), scheme)
    everybody(url, (scheme, host, port or DEFAULT_PORTS[scheme]))


def _as_stored(data: bytes, text: str) -> None:
    """uv's own entries: ours is the service that uv takes them for."""
    try:
        service = service_from_url(text)
    except ServiceError as error:
        _is_clean(error, data)
        service = None
    if service is None:
        return
    again = service_from_url(str(service))
    assert again is not None
    assert str(again) == str(service)
    assert service.covers(service)
    if sampled(data, 100) and uv.program() and text.isprintable() and not set(text) & set("\"\\'"):
        entry = f"[[credential]]\nservice = '{text}'\nusername = 'u'\npassword = 'p'\n"
        readable, sent = uv.sends(entry.encode(), str(service))
        assert readable
        assert sent == b"u:p"


def _is_shown_without_secrets(text: str) -> None:
    shown = redact(text)
    assert shown.isprintable()
    assert redact(shown) == shown
    userinfo, _, after = text.partition("://")[2].rpartition("@")
    if "CANARY" in userinfo and "CANARY" not in after:
        assert "CANARY" not in shown.partition("://")[2]


def _is_clean(error: Exception, url: bytes) -> None:
    """An error quotes nothing that stands before an `@`."""
    assert str(error).isprintable()
    assert "CANARY" not in str(error).upper() or b"CANARY" in url.upper().rpartition(b"@")[2]


def everybody(url: bytes, expected: Realm) -> None:
    """Every reader that would connect, connects there."""
    _agrees("libcurl", _of_curl(url), expected)
    try:
        text = url.decode()
    except UnicodeDecodeError:
        return
    _agrees("httpx", _of_httpx(text), expected)
    _agrees("urllib", _of_urllib(text), expected)


def _agrees(who: str, seen: Realm | None, expected: Realm) -> None:
    scheme, host, port = expected
    same = (scheme, _same_spelling(host), port)
    assert seen in (None, same), f"{who} goes to {seen}, ours is for {expected}"


def _realm(service: Service) -> Realm:
    return service.scheme, service.host, service.port or DEFAULT_PORTS[service.scheme]


def _of_curl(url: bytes) -> Realm | None:
    found = curl.realm(url)
    return None if found is None else (found[0], _same_spelling(found[1]), found[2])


def _of_httpx(text: str) -> Realm | None:
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return None
    if url.scheme not in DEFAULT_PORTS or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    return url.scheme, _same_spelling(host), url.port or DEFAULT_PORTS[url.scheme]


def _of_urllib(text: str) -> Realm | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, _same_spelling(host), port or DEFAULT_PORTS[parts.scheme]


def _same_spelling(host: str) -> str:
    """A host with an IPv6 address as Python spells it: there are many ways."""
    if not host.startswith("["):
        return host
    try:
        address = ip_address(host[1:-1])
    except ValueError:
        return host
    return f"[{address.compressed}]"
