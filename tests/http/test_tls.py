"""Whom a client trusts, and how it says so."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import sys
from pathlib import Path

import httpx
import pytest
import trustme

from git_credential_uvx.errors import HttpError, TlsError, UvxError
from git_credential_uvx.http import transport
from git_credential_uvx.http.tls import Trust

from ..support.common import cases
from ..support.place import Place
from ..support.servers import basic, ok, serving, wants

GOOD = "https://good.test"


def reaches(place: Place, url: str = f"{GOOD}/", **options: object) -> bool:
    """Whether a request gets through TLS."""
    place.server(GOOD, lambda seen: ok())
    try:
        return place.outcome(url, **options) == 200
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise
        return False


def folder(place: Place, name: str, *files: Path) -> str:
    """A fresh folder with copies of files."""
    path = place.root / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for file in files:
        shutil.copy(file, path)
    return str(path)


def test_the_bundled_roots_do_not_know_the_servers_authority(place: Place) -> None:
    del place.environ["SSL_CERT_FILE"]
    assert not reaches(place)


def test_without_options_the_roots_are_certifis() -> None:
    roots = Trust({}).context().get_ca_certs()
    assert len(roots) > 50


def test_ssl_cert_file_takes_the_place_of_the_roots(place: Place) -> None:
    assert reaches(place)
    context = Trust(place.environ).context()
    assert len(context.get_ca_certs()) == 1


def test_ssl_cert_dir_is_any_number_of_folders_with_any_names(place: Place) -> None:
    del place.environ["SSL_CERT_FILE"]
    (place.root / "readme.txt").write_text("no certificate")
    other = folder(place, "other", place.root / "readme.txt")
    certificates = folder(place, "certificates", place.authority.file)
    place.environ["SSL_CERT_DIR"] = other
    assert not reaches(place)
    place.environ["SSL_CERT_DIR"] = os.pathsep.join([other, "/nowhere", certificates])
    assert reaches(place)


def test_both_variables_together_trust_what_either_holds(place: Place) -> None:
    place.environ["SSL_CERT_DIR"] = folder(place, "none")
    assert reaches(place)


NOTHING = {
    "a missing file": {"SSL_CERT_FILE": "/nowhere/ca.pem"},
    "an empty file": {"SSL_CERT_FILE": os.devnull},
    "a missing folder": {"SSL_CERT_DIR": "/nowhere"},
    "a folder for a file": {"SSL_CERT_FILE": "/"},
}


@cases("environ", NOTHING)
@pytest.mark.parametrize("system", [True, False])
def test_what_is_missing_or_empty_trusts_nothing(environ: dict[str, str], system: bool) -> None:
    assert Trust(environ, system_certs=system).context().get_ca_certs() == []


SYSTEM = {
    "the option": ({}, True, True),
    "the variable": ({"UV_SYSTEM_CERTS": "1"}, None, True),
    "its older name": ({"UV_NATIVE_TLS": "true"}, None, True),
    "the option against the variable": ({"UV_SYSTEM_CERTS": "yes"}, False, False),
    "neither": ({"UV_NATIVE_TLS": "0", "UV_SYSTEM_CERTS": ""}, None, False),
}


@cases("environ,option,system", SYSTEM)
def test_system_certificates_come_by_truststore(
    environ: dict[str, str], option: bool | None, system: bool
) -> None:
    context = Trust(environ, system_certs=option).context()
    assert type(context).__module__.startswith("truststore") is system


def test_system_certificates_are_asked_for_good_reasons(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OpenSSL's own variable is how the system of this one process is made to know the authority.
    monkeypatch.setenv("SSL_CERT_FILE", str(place.authority.file))
    del place.environ["SSL_CERT_FILE"]
    assert not reaches(place)
    assert reaches(place, system_certs=True)


def test_a_switch_that_is_neither_is_an_error() -> None:
    with pytest.raises(TlsError, match="UV_SYSTEM_CERTS is neither true nor false"):
        Trust({"UV_SYSTEM_CERTS": "maybe"})


def identity(place: Place, kind: str) -> str:
    """A file for SSL_CLIENT_CERT that is wrong in one way, or right."""
    leaf = trustme.CA().issue_cert("someone@good.test")
    key = leaf.private_key_pem.bytes()
    certificate = leaf.cert_chain_pems[0].bytes()
    texts = {
        "right": place.authority.client.read_bytes(),
        "without a key": certificate,
        "without a certificate": key,
        "empty": b"",
        "of somebody else's key": certificate
        + trustme.CA().issue_cert("x@y").private_key_pem.bytes(),
        "with a passphrase": certificate + key.replace(b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"),
        "damaged": certificate.replace(b"M", b"!") + key,
    }
    path = place.root / "client.pem"
    path.write_bytes(texts[kind])
    return str(path)


def test_a_client_certificate_is_shown_to_a_server_that_asks(place: Place) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    place.authority.leaf.configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(place.authority.file)
    with serving(context=context) as server:
        with pytest.raises(httpx.TransportError):
            place.outcome(server.url())
        place.environ["SSL_CLIENT_CERT"] = identity(place, "right")
        assert place.outcome(server.url()) == 200


WRONG = {
    "without a key": "has no private key in PEM",
    "without a certificate": "has no certificate in PEM",
    "empty": "has no certificate in PEM",
    "of somebody else's key": "do not belong together",
    "with a passphrase": "has a passphrase",
    "damaged": "do not belong together",
    "missing": "cannot read",
}


@cases("kind", {kind: kind for kind in WRONG})
def test_a_wrong_client_certificate_is_a_clear_error(place: Place, kind: str) -> None:
    path = "/nowhere/c.pem" if kind == "missing" else identity(place, kind)
    place.environ["SSL_CLIENT_CERT"] = path
    with pytest.raises(TlsError) as error:
        place.client()
    assert WRONG[kind] in str(error.value)
    assert path in str(error.value)
    assert "SSL_CLIENT_CERT" in str(error.value)


def wild(place: Place) -> None:
    """Nobody's certificate is trusted."""
    place.environ["SSL_CERT_FILE"] = os.devnull


HOSTS = {
    "the host": ("good.test", True),
    "the host in capitals": ("GOOD.test", True),
    "the host and its port": ("good.test:443", True),
    "another port": ("good.test:8443", False),
    "a part of the name": ("test", False),
    "a longer name": ("sub.good.test", False),
}


@cases("host,insecure", HOSTS)
def test_an_insecure_host_is_that_host_only(place: Place, host: str, insecure: bool) -> None:
    wild(place)
    assert reaches(place, allow_insecure_host=[host]) is insecure
    assert "have no certificates" in place.warnings[0]
    assert len(place.warnings) == 1 + insecure


@pytest.mark.parametrize("host", ["*", "*.test", "http://good.test", "a/b", "good.test:x", "u@h"])
def test_what_is_no_host_is_an_error(place: Place, host: str) -> None:
    with pytest.raises(TlsError, match="an insecure host is not"):
        place.client(allow_insecure_host=[host])


def test_the_variable_and_uvs_own_file_name_insecure_hosts(place: Place) -> None:
    wild(place)
    assert not reaches(place)
    place.environ["UV_INSECURE_HOST"] = "other.test good.test"
    assert reaches(place)
    del place.environ["UV_INSECURE_HOST"]
    place.configure('allow-insecure-host = ["good.test"]\n')
    assert reaches(place)


def test_every_request_to_an_insecure_host_warns(place: Place) -> None:
    wild(place)
    place.server(GOOD, lambda seen: ok())
    with place.client(allow_insecure_host=["good.test"]) as http:
        for _ in range(3):
            http.get(f"{GOOD}/")
    assert (
        place.warnings[1:]
        == ["the certificate of 'good.test' is not checked, because of 'allow-insecure-host'"] * 3
    )


def test_a_person_may_send_credentials_to_an_insecure_host(place: Place) -> None:
    wild(place)
    place.login(f"{GOOD}/", "alice", "wonder")
    place.server(GOOD, wants(basic("alice", "wonder")))
    assert place.outcome(f"{GOOD}/", allow_insecure_host=["good.test"]) == 200


@pytest.mark.parametrize("url", [f"{GOOD}/", "https://alice:wonder@good.test/"])
def test_a_project_cannot_make_a_credential_go_to_an_insecure_host(
    place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild(place)
    place.login(f"{GOOD}/", "alice", "wonder")
    place.server(GOOD, wants(basic("alice", "wonder")))
    project = place.root / "insecure"
    project.mkdir(exist_ok=True)
    (project / "pyproject.toml").write_text('[tool.uv]\nallow-insecure-host = ["good.test"]\n')
    monkeypatch.chdir(project)
    del place.environ["UV_CONFIG_FILE"]
    place.environ["UV_NO_SYSTEM_CONFIG"] = "1"
    done = place.outcome(url)
    assert done == 401 or isinstance(done, HttpError)
    assert set(place.sent(GOOD)) <= {None}
    assert "good.test" in place.warnings[1]


def test_an_insecure_host_counts_for_no_redirect(place: Place) -> None:
    wild(place)
    evil = "https://evil.test"
    place.server(evil, lambda seen: ok())
    place.server(GOOD, lambda seen: (302, {"Location": f"{evil}/"}, b""))
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        place.outcome(f"{GOOD}/", allow_insecure_host=["good.test"])
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        place.outcome(f"{GOOD}/", allow_insecure_host=["good.test", "evil.test"])
    assert place.sent(evil) == []


def test_an_insecure_connection_is_never_used_again_for_a_request_that_is_checked(
    place: Place,
) -> None:
    # The second request comes by a redirect, so it is to be checked, and must not be led over
    # the open connection of the first.
    wild(place)
    clear = "http://good.test"
    place.server(GOOD, lambda seen: ok())
    place.server(clear, lambda seen: (302, {"Location": f"{GOOD}/"}, b""))
    with place.client(allow_insecure_host=["good.test"]) as http:
        assert http.get(f"{GOOD}/").status_code == 200
        with pytest.raises(httpx.ConnectError):
            http.get(f"{clear}/")


PROXIES = {
    "by its scheme": ({}, True),
    "not by another scheme": ({"HTTPS_PROXY": "", "HTTP_PROXY": "x"}, False),
    "by ALL_PROXY": ({"HTTPS_PROXY": "", "ALL_PROXY": "x"}, True),
    "small letters first": ({"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "x"}, True),
    "NO_PROXY with the name": ({"NO_PROXY": "a.test, good.test"}, False),
    "NO_PROXY with what it ends in": ({"NO_PROXY": ".test"}, False),
    "NO_PROXY with the port": ({"NO_PROXY": "good.test:8443"}, True),
    "NO_PROXY with all": ({"NO_PROXY": "*"}, False),
    "NO_PROXY with letters it ends in": ({"NO_PROXY": "ood.test"}, True),
    "no_proxy": ({"no_proxy": "good.test"}, False),
}


@cases("environ,used", PROXIES)
def test_the_usual_variables_name_proxies(
    place: Place, environ: dict[str, str], used: bool
) -> None:
    place.server(GOOD, lambda seen: ok())
    for name, value in environ.items():
        place.environ[name] = place.proxy.url if value == "x" else value
    if used:
        assert place.outcome(f"{GOOD}/") == 200
    else:
        with pytest.raises(httpx.ConnectError):  # there is no such host
            place.outcome(f"{GOOD}/")
    assert [asked for asked, _ in place.proxy.asked] == ["CONNECT good.test:443"] * used


def test_a_server_that_is_not_trusted_behind_a_proxy_keeps_no_other_request_waiting(
    place: Place,
) -> None:
    url = "https://another-name.test/"
    place.server(url.removesuffix("/"))
    with place.client() as http:
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                http.get(url, timeout=20)


def test_nor_in_an_event_loop(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    url = "https://another-name.test/"
    place.server(url.removesuffix("/"))

    async def ask() -> None:
        async with place.async_client() as http:
            for _ in range(2):
                with pytest.raises(httpx.ConnectError):
                    await http.get(url, timeout=20)

    asyncio.run(ask())


def test_a_proxys_own_credentials_go_to_the_proxy_alone(place: Place) -> None:
    place.environ["HTTPS_PROXY"] = f"http://pat:p%40ss@127.0.0.1:{place.proxy.port}"
    place.server(GOOD, lambda seen: ok())
    assert place.outcome(f"{GOOD}/") == 200
    assert place.proxy.asked == [("CONNECT good.test:443", basic("pat", "p@ss"))]
    assert not place.servers[GOOD].seen[0].names & {"proxy-authorization", "authorization"}


@pytest.mark.parametrize(
    "url", ["ftp://x", "http://a:b:c@d@e", "http://127.0.0.1:99999", "socks5://127.0.0.1:9"]
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_only(
    place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # as where it is not installed
    place.environ["HTTPS_PROXY"] = url
    place.server(GOOD, lambda seen: ok())
    with pytest.raises(UvxError) as error, place.client() as http:
        http.get(f"{GOOD}/")
    assert url not in str(error.value)


TIMES = {"UV_HTTP_TIMEOUT": "7", "UV_REQUEST_TIMEOUT": "8", "HTTP_TIMEOUT": "9"}


def test_time_limits_come_from_uvs_variables(place: Place) -> None:
    with place.client() as http:
        assert http.timeout == httpx.Timeout(30.0, connect=10.0, pool=None)
    for name, seconds in reversed(TIMES.items()):
        place.environ[name] = seconds
        with place.client() as http:
            assert http.timeout.read == float(seconds)
    with place.client(timeout=1.5) as http:
        assert http.timeout == httpx.Timeout(1.5, pool=None)
    place.environ["UV_HTTP_TIMEOUT"] = "soon"
    with pytest.raises(HttpError, match="UV_HTTP_TIMEOUT is not a number of seconds"):
        place.client()
