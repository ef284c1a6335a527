"""The real dulwich against a private Git host, with credentials of the store and nowhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ..support.common import web
from ..support.machine import request

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

CLONE = """
import io, sys
from git_credential_uvx.integrations.dulwich import clone
url, target, *names = sys.argv[1:]
clone(url, target, errstream=io.BytesIO(), username=names[0] if names else None)
"""
PLAIN_CLONE = """
import io, sys
from dulwich import porcelain
from git_credential_uvx.integrations.dulwich import pool_manager
porcelain.clone(*sys.argv[1:], errstream=io.BytesIO(), pool_manager=pool_manager())
"""
CALLBACK = """
import io, sys
from dulwich import porcelain
from dulwich.client import default_urllib3_manager
from git_credential_uvx.integrations.dulwich import auth_callback
manager = default_urllib3_manager(None, auth_callback=auth_callback())
porcelain.clone(*sys.argv[1:], errstream=io.BytesIO(), pool_manager=manager)
"""
PUSH_AND_FETCH = """
import io, os, sys
from dulwich import porcelain
from dulwich.client import get_transport_and_path
from git_credential_uvx.integrations.dulwich import pool_manager
folder = sys.argv[1]
with open(os.path.join(folder, "large"), "wb") as file:
    file.write(os.urandom(3 * 1024 * 1024))
porcelain.add(folder, [os.path.join(folder, "large")])
porcelain.commit(folder, message=b"large", author=b"A <a@b>", committer=b"A <a@b>")
quiet = {"outstream": io.BytesIO(), "errstream": io.BytesIO()}
porcelain.push(folder, "origin", "main", pool_manager=pool_manager(), **quiet)
porcelain.pull(folder, "origin", "main", pool_manager=pool_manager(), **quiet)
# `porcelain.fetch` takes no pool manager.
with porcelain.open_repo(folder) as repository:
    url = repository.get_config().get((b"remote", b"origin"), b"url").decode()
    client, path = get_transport_and_path(url, pool_manager=pool_manager())
    assert client.fetch(path, repository).refs
"""


def dulwich(machine: Machine, script: str, *words: str | Path, check: bool = True) -> str:
    """Standard error of a script, without secrets and, if it succeeded, empty."""
    # dulwich writes a log of changes, with the name of the user.
    env = {"USER": "alice"}
    done = machine.run(sys.executable, "-c", script, *words, check=check, env=env)
    assert done.stdout == b""
    if check:
        assert done.stderr == b""
    return done.stderr.decode()


def usernames(host: GitHost) -> list[str | None]:
    """Whom the requests named, without repetitions."""
    named = [r.username for r in host.requests]
    return [name for i, name in enumerate(named) if i == 0 or named[i - 1] != name]


@pytest.mark.parametrize("script", [CLONE, PLAIN_CLONE, CALLBACK], ids=["ours", "pool", "callback"])
def test_a_private_repository_is_cloned_with_a_login_of_uv(
    machine: Machine, host: GitHost, alice: str, script: str
) -> None:
    before = machine.files()
    dulwich(machine, script, host.url("r.git"), machine.root / "r")
    assert (machine.root / "r" / "README").read_text() == "first\n"
    assert {r.status for r in host.requests if r.username == "alice"} == {200}
    assert host.requests[0].username is None
    # The guest rule: what uv has is stored already.
    assert machine.files() == before


def test_only_the_first_request_goes_out_bare(machine: Machine, host: GitHost, alice: str) -> None:
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    assert usernames(host) == [None, "alice"]
    assert [r.status for r in host.requests].count(401) == 1


def test_a_large_push_a_pull_and_a_fetch_go_with_it(
    machine: Machine, host: GitHost, alice: str
) -> None:
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    dulwich(machine, PUSH_AND_FETCH, machine.root / "r")
    sizes = machine.run("git", "cat-file", "-s", "main:large", cwd=host.repositories / "r.git")
    assert sizes.stdout == b"%d\n" % (3 * 1024 * 1024)


def test_a_token_goes_out_as_bearer(machine: Machine, host: GitHost) -> None:
    host.tokens.add("t0ken")
    machine.put(
        **{"capability[]": "authtype", "protocol": "https", "host": f"localhost:{host.port}"},
        authtype="Bearer",
        credential="t0ken",
    )
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    assert {r.status for r in host.requests} == {401, 200}


def test_the_config_of_a_clone_holds_no_secret(machine: Machine, host: GitHost, alice: str) -> None:
    dulwich(machine, PLAIN_CLONE, host.url("r.git"), machine.root / "r")
    for path in (machine.root / "r" / ".git").rglob("*"):
        if path.is_file():
            assert alice.encode() not in path.read_bytes()
    assert f"url = {host.url('r.git')}\n" in (machine.root / "r/.git/config").read_text()


def test_nothing_stored_is_an_error_of_dulwich(machine: Machine, host: GitHost) -> None:
    told = dulwich(machine, CLONE, host.url("r.git"), machine.root / "r", check=False)
    assert "HTTPUnauthorized" in told
    assert [r.status for r in host.requests] == [401]
    assert machine.files() == {}


def test_a_refused_password_is_reported_and_the_other_account_tried(
    machine: Machine, host: GitHost
) -> None:
    host.accounts["alice"] = "right"
    where = {"protocol": "https", "host": f"localhost:{host.port}"}
    machine.put(**where, username="bob", password="wrong")
    machine.put(**where, username="alice", password="right")
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    assert usernames(host) == [None, "bob", "alice"]
    assert machine.get(**where)[b"username"] == b"alice"
    assert machine.get(**where, username="bob") == {}


def test_after_a_second_refusal_nobody_else_is_tried(machine: Machine, host: GitHost) -> None:
    where = {"protocol": "https", "host": f"localhost:{host.port}"}
    for name in ("one", "two", "three"):
        machine.put(**where, username=name, password="wrong")
    told = dulwich(machine, CLONE, host.url("r.git"), machine.root / "r", check=False)
    assert "HTTPUnauthorized" in told
    assert "wrong" not in told
    assert usernames(host) == [None, "one", "three"]
    assert machine.get(**where)[b"username"] == b"two"


def test_the_callback_alone_reports_nothing(machine: Machine, host: GitHost) -> None:
    where = {"protocol": "https", "host": f"localhost:{host.port}"}
    machine.put(**where, username="alice", password="wrong")
    dulwich(machine, CALLBACK, host.url("r.git"), machine.root / "r", check=False)
    assert [r.status for r in host.requests] == [401, 401]
    assert machine.get(**where)[b"password"] == b"wrong"


def test_what_netrc_has_is_used_and_not_copied(machine: Machine, host: GitHost) -> None:
    host.accounts["alice"] = "wonder"
    netrc = machine.home / ".netrc"
    netrc.write_text(f"machine localhost port {host.port} login alice password wonder\n")
    netrc.chmod(0o600)
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    assert machine.files() == {}


def test_what_a_refused_netrc_has_is_tried_once(machine: Machine, host: GitHost) -> None:
    netrc = machine.home / ".netrc"
    netrc.write_text(f"machine localhost port {host.port} login alice password wonder\n")
    netrc.chmod(0o600)
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r", check=False)
    assert usernames(host) == [None, "alice"]


@pytest.mark.parametrize("way", ["argument", "url", "config"])
def test_one_of_several_accounts_is_chosen(machine: Machine, host: GitHost, way: str) -> None:
    host.accounts |= {"alice": "pa", "bob": "pb"}
    for name in ("alice", "bob"):
        machine.put(
            protocol="https", host=f"localhost:{host.port}", username=name, password=f"p{name[0]}"
        )
    if way == "config":
        machine.git("config", "--global", f"credential.{host.url()}.username", "alice")
    url = host.url("r.git", userinfo="alice" if way == "url" else "")
    script = PLAIN_CLONE if way == "url" else CLONE
    dulwich(machine, script, url, machine.root / "r", *(["alice"] if way == "argument" else []))
    assert usernames(host) == [None, "alice"]


@pytest.mark.parametrize("uses_path", [True, False])
def test_the_path_is_asked_for_as_git_is_configured(
    machine: Machine, host: GitHost, uses_path: bool
) -> None:
    host.create("team/r.git", {"README": "team\n"})
    host.folders["team"] = {"alice": "team"}
    where = {"protocol": "https", "host": f"localhost:{host.port}"}
    machine.put(**where, path="team/r.git", username="alice", password="team")
    machine.git("config", "--global", "credential.useHttpPath", str(uses_path).lower())
    told = dulwich(machine, CLONE, host.url("team/r.git"), machine.root / "r", check=False)
    assert ("HTTPUnauthorized" in told) is not uses_path


def test_a_program_of_ours_that_runs_dulwich_is_not_answered(
    machine: Machine, host: GitHost, alice: str
) -> None:
    machine.env["GIT_CREDENTIAL_UVX_RUNNING"] = "1"
    told = dulwich(machine, CLONE, host.url("r.git"), machine.root / "r", check=False)
    assert "HTTPUnauthorized" in told


def test_git_and_dulwich_have_one_answer(machine: Machine, host: GitHost, alice: str) -> None:
    done = machine.helper("get", request(protocol="https", host=f"localhost:{host.port}"))
    assert f"password={alice}\n" in done.stdout.decode()
    dulwich(machine, CLONE, host.url("r.git"), machine.root / "r")
    assert usernames(host) == [None, "alice"]


def test_a_host_that_moved_is_followed_and_asked_for_its_own_account(
    machine: Machine, host: GitHost, alice: str
) -> None:
    def moved(method: str, path: str, sent: str) -> tuple[int, dict[str, str], bytes]:
        return 301, {"Location": host.url(path.removeprefix("/"))}, b""

    with web(moved) as old:
        dulwich(machine, CLONE, f"http://localhost:{old.port}/r.git", machine.root / "r")
    assert (machine.root / "r" / "README").exists()
    assert old.authorizations == set()
    assert len(old.seen) == 1
    assert usernames(host) == [None, "alice"]
