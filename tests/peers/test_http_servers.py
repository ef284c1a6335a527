"""Our client against real servers: pypiserver with a password, and nginx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import trustme

from git_credential_uvx.errors import HttpError, RedirectError
from git_credential_uvx.http import hops
from scripts.programs import find

from ..support.needs import require
from ..support.place import Place
from ..support.place import module_place as module_place
from ..support.ports import free_ports, running
from ..support.pypi import ACCOUNTS, serving
from ..support.servers import basic

ALICE = basic("alice", "wonder")


@pytest.fixture
def place(module_place: Place) -> Place:
    """A place of this module, as new, from which servers are reached without a proxy."""
    module_place.reset()
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        del module_place.environ[name]
    return module_place


@pytest.fixture(scope="module")
def index(module_place: Place) -> Iterator[str]:
    """The realm of a pypiserver that lets alice in and nobody else."""
    packages = module_place.root / "packages"
    packages.mkdir()
    (packages / "foo-1.0.tar.gz").write_bytes(b"an archive")
    with serving(packages) as realm:
        yield realm


@pytest.mark.parametrize("source", ["url", "store", "netrc", "environment", "index"])
@pytest.mark.parametrize("policy", ["auto", "always"])
def test_pypiserver_lets_in_whom_each_source_names(
    place: Place, index: str, source: str, policy: str
) -> None:
    mine = index.replace("://", "://alice:wonder@")
    place.index(f"{mine if source == 'index' else index}/simple/", policy)
    if source == "store":
        place.login(f"{index}/", "alice", "wonder")
    elif source == "netrc":
        place.write_netrc("machine 127.0.0.1 login alice password wonder\n")
    elif source == "environment":
        place.environ |= {"UV_INDEX_CORP_USERNAME": "alice", "UV_INDEX_CORP_PASSWORD": "wonder"}
    with place.client() as http:
        page = http.get(f"{mine if source == 'url' else index}/simple/foo/")
        assert page.status_code == 200
        assert "foo-1.0.tar.gz" in page.text
        assert http.get(f"{index}/packages/foo-1.0.tar.gz").content == b"an archive"
    tries = hops(page)[0].tries
    bare = policy == "auto" and source not in ("url", "index")
    assert [t.status for t in tries] == ([401, 200] if bare else [200])
    assert tries[-1].username == b"alice"


def test_pypiserver_and_never(place: Place, index: str) -> None:
    place.login(f"{index}/", "alice", "wonder")
    place.index(f"{index}/simple/", "never")
    assert place.outcome(f"{index}/simple/foo/") == 401
    fault = place.outcome(f"{index}/simple/foo/".replace("://", "://alice:wonder@"))
    assert isinstance(fault, HttpError)


def test_pypiserver_and_always_without_a_credential(place: Place, index: str) -> None:
    place.index(f"{index}/simple/", "always")
    assert isinstance(place.outcome(f"{index}/simple/foo/"), HttpError)


def test_pypiserver_takes_an_upload_that_is_sent_once(place: Place, index: str) -> None:
    place.login(f"{index}/", "alice", "wonder")
    with place.client(use="publish") as http, (place.root / "htpasswd").open("rb") as file:
        form = {":action": "file_upload", "name": "bar", "version": "1.0"}
        response = http.post(f"{index}/", data=form, files={"content": ("bar-1.0.tar.gz", file)})
    assert response.status_code == 200
    assert (place.root / "packages" / "bar-1.0.tar.gz").read_text() == ACCOUNTS
    assert [t.source for t in hops(response)[0].tries] == ["store"]


class Nginx(NamedTuple):
    """Where nginx serves what."""

    plain: str
    secure: str
    mutual: str
    log: Path


CONFIG = """
daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  log_format seen '$server_port $request_uri $status "$http_authorization" "$http_private_token"';
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  ssl_certificate {root}/server.pem; ssl_certificate_key {root}/server.pem;
  limit_req_zone $server_name zone=slow:1m rate=1r/m;
  limit_req_status 429;
  server {{
    listen 127.0.0.1:{plain}; server_name localhost; access_log {root}/seen.log seen;
    location / {{ auth_basic "private"; auth_basic_user_file {root}/nginx.htpasswd;
                  root {root}/www; }}
    location = /https {{ return 301 https://localhost:{secure}/file; }}
    location = /name {{ return 302 http://127.0.0.1:{plain}/file; }}
    location = /given {{ return 307 https://alice:wonder@localhost:{secure}/file; }}
    location = /limited {{ limit_req zone=slow; auth_basic "private";
                           auth_basic_user_file {root}/nginx.htpasswd; root {root}/www; }}
    location = /loop {{ return 302 /loop; }}
    location = /noted {{ access_log off; return 204; }}
  }}
  server {{
    listen 127.0.0.1:{secure} ssl; server_name localhost; access_log {root}/seen.log seen;
    auth_basic "private"; auth_basic_user_file {root}/nginx.htpasswd; root {root}/www;
    location = /down {{ auth_basic off; return 302 http://localhost:{plain}/file; }}
  }}
  server {{
    listen 127.0.0.1:{mutual} ssl; server_name localhost; access_log {root}/seen.log seen;
    ssl_verify_client on; ssl_client_certificate {root}/ca.pem; root {root}/www;
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx(module_place: Place) -> Iterator[Nginx]:
    """An nginx with a password, redirects, a rate limit and client certificates."""
    require("nginx")
    root = module_place.root
    (root / "www").mkdir()
    for name in ("file", "limited"):
        (root / "www" / name).write_text("content")
    module_place.authority.leaf.private_key_and_cert_chain_pem.write_to_path(root / "server.pem")
    (root / "nginx.htpasswd").write_text(ACCOUNTS)
    # Its worker is another user when the tests run as root.
    for folder in (root, *root.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    plain, secure, mutual = free_ports(3)
    config = root / "nginx.conf"
    config.write_text(CONFIG.format(root=root, plain=plain, secure=secure, mutual=mutual))
    with running(plain, str(find("nginx")), "-c", config, "-e", root / "error.log"):
        yield Nginx(
            f"http://localhost:{plain}",
            f"https://localhost:{secure}",
            f"https://localhost:{mutual}",
            root / "seen.log",
        )


def log(nginx: Nginx) -> list[str]:
    """What nginx noted since the last time, without the port."""
    # It notes a request after it has answered, and before its one worker takes the next.
    assert httpx.get(f"{nginx.plain}/noted", trust_env=False).status_code == 204
    lines = [line.partition(" ")[2] for line in nginx.log.read_text().splitlines()]
    nginx.log.write_text("")
    return lines


@pytest.fixture
def clean(nginx: Nginx) -> Nginx:
    nginx.log.write_text("")
    return nginx


def test_nginx_redirects_to_another_port_and_asks_there(place: Place, clean: Nginx) -> None:
    place.login(f"{clean.secure}/", "alice", "wonder")
    done = place.outcome(f"{clean.plain}/https", headers={"PRIVATE-TOKEN": "T"})
    assert done == 200
    assert log(clean) == [
        '/https 301 "-" "T"',
        '/file 401 "-" "-"',
        f'/file 200 "{ALICE}" "-"',
    ]


def test_nginx_redirects_to_another_name_of_itself(place: Place, clean: Nginx) -> None:
    place.login(f"{clean.plain}/", "alice", "wonder")
    assert place.outcome(f"{clean.plain}/name", headers={"PRIVATE-TOKEN": "T"}) == 401
    assert log(clean) == ['/name 302 "-" "T"', '/file 401 "-" "-"']


def test_nginx_gives_a_login_with_its_redirect(place: Place, clean: Nginx) -> None:
    assert place.outcome(f"{clean.plain}/given") == 200
    assert log(clean) == ['/given 307 "-" "-"', f'/file 200 "{ALICE}" "-"']


def test_nginx_redirects_from_https_to_http(place: Place, clean: Nginx) -> None:
    place.login(f"{clean.plain}/", "alice", "wonder")
    assert place.outcome(f"{clean.secure}/down") == 401
    assert log(clean) == ['/down 302 "-" "-"', '/file 401 "-" "-"']


def test_nginx_goes_round_in_circles(place: Place, clean: Nginx) -> None:
    assert isinstance(place.outcome(f"{clean.plain}/loop"), RedirectError)
    assert len(log(clean)) == 11


def test_a_rate_limit_is_no_credential_problem(place: Place, clean: Nginx) -> None:
    place.login(f"{clean.plain}/", "alice", "wonder")
    with place.client() as http:
        statuses = [http.get(f"{clean.plain}/limited").status_code for _ in range(3)]
        assert 429 in statuses
        assert http.get(f"{clean.plain}/file").status_code == 200
        assert http.get(f"{clean.plain}/limited").status_code == 429
    seen = log(clean)
    # Each 429 was the end of its request, and what was accepted is still sent.
    assert len([line for line in seen if " 429 " in line]) == statuses.count(429) + 1
    assert seen[-1] == f'/limited 429 "{ALICE}" "-"'


def test_nginx_asks_for_a_certificate(place: Place, clean: Nginx) -> None:
    assert place.outcome(f"{clean.mutual}/file") == 400
    place.environ["SSL_CLIENT_CERT"] = str(place.authority.client)
    with place.client() as http:
        assert http.get(f"{clean.mutual}/file").text == "content"
    stranger = place.root / "stranger.pem"
    trustme.CA().issue_cert("x@y").private_key_and_cert_chain_pem.write_to_path(stranger)
    place.environ["SSL_CLIENT_CERT"] = str(stranger)
    try:
        assert place.outcome(f"{clean.mutual}/file") == 400
    except httpx.TransportError:
        pass  # as soon as the handshake is over
