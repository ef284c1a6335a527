"""uv's certificates for Git: `exec`, `env` and `setup --tls` name them where it has no others."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.git.config import GitSetting
from git_credential_uvx.git.environment import tls_paths, without_own_setting

from ..support.common import cases
from ..support.machine import BIN
from ..support.servers import Authority, serving

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")
PATHS = [("sslCAInfo", "/ca.pem"), ("sslCert", "/me.pem")]


def setting(key: str, value: str, name: str | None = None, section: str = "http") -> GitSetting:
    return GitSetting("global", "file:x", section, name, key, value)


@cases(
    "settings, environ, left",
    {
        "nothing": ([], {}, PATHS),
        "its own authority": ([setting("sslcainfo", "/x")], {}, PATHS[1:]),
        "the same authority": ([setting("sslcainfo", "/ca.pem")], {}, PATHS),
        "one for a host": ([setting("sslcainfo", "/x", "https://h.test")], {}, PATHS[1:]),
        "its own certificate": ([setting("sslcert", "/x")], {}, PATHS[:1]),
        "a variable of Git's": ([], {"GIT_SSL_CAINFO": "/x"}, PATHS[1:]),
        "another variable of Git's": ([], {"GIT_SSL_CERT": "/x"}, PATHS[:1]),
        "another section": ([setting("sslcainfo", "/x", section="imap")], {}, PATHS),
    },
)
def test_what_git_has_of_its_own_stays(
    settings: list[GitSetting], environ: dict[str, str], left: list[tuple[str, str]]
) -> None:
    assert without_own_setting(PATHS, environ, settings) == left


def test_variables_that_are_not_set_or_empty_name_nothing() -> None:
    assert tls_paths({"SSL_CERT_FILE": "", "SSL_CERT_DIR": "/x"}) == []


@pytest.fixture
def strange(machine: Machine, host: GitHost) -> str:
    """A repository at a host whose certificate Git is told nothing of; uv is."""
    del machine.env["GIT_SSL_CAINFO"]
    host.accounts["alice"] = "wonder"
    machine.uv_login(host.url(), "alice", "wonder")
    return host.url("r.git")


def test_exec_makes_git_trust_it(machine: Machine, strange: str) -> None:
    ls = ("git", "ls-remote", strange)
    assert machine.run(*ls, check=False).returncode == 128
    assert b"refs/heads/main" in machine.run(COMMAND, "exec", "--", *ls).stdout
    again = (COMMAND, "exec", "--", COMMAND, "exec", "--", "env")
    assert b"GIT_CONFIG_COUNT=2\n" in machine.run(*again).stdout


def test_a_path_is_the_same_in_every_folder(machine: Machine, strange: str) -> None:
    machine.env["SSL_CERT_FILE"] = os.path.relpath(machine.env["SSL_CERT_FILE"], machine.root)
    ls = ("git", "-C", machine.home, "ls-remote", strange)
    assert b"refs/heads/main" in machine.run(COMMAND, "exec", "--", *ls).stdout


def test_exec_leaves_what_git_has(machine: Machine, strange: str) -> None:
    machine.git("config", "--global", "http.sslCAInfo", "/nowhere.pem")
    done = machine.run(COMMAND, "exec", "--", "git", "ls-remote", strange, check=False)
    assert done.returncode == 128
    assert b"http.ssl" not in machine.run(COMMAND, "env").stdout


def test_env_prints_them(machine: Machine, strange: str) -> None:
    script = f'eval "$({COMMAND} env)"; git ls-remote {strange}'
    assert b"refs/heads/main" in machine.run("sh", "-c", script).stdout


def test_env_without_them_is_as_before(machine: Machine) -> None:
    assert b"GIT_CONFIG_COUNT='1'" in machine.run(COMMAND, "env").stdout


def test_a_configuration_that_git_cannot_read_stops_nothing(machine: Machine, strange: str) -> None:
    (machine.home / ".gitconfig").write_text("[broken\n")
    done = machine.run(COMMAND, "exec", "-v", "--", "true")
    assert b"trace: Git gets no settings for TLS" in done.stderr


def test_a_client_certificate_is_shown_with_its_key(machine: Machine, tmp_path: Path) -> None:
    """The key stands behind the certificate in one file, and Git needs no other setting."""
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.leaf.configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file)
    machine.env |= {
        "SSL_CERT_FILE": str(authority.file),
        "SSL_CLIENT_CERT": str(authority.client),
    }
    with serving(context=context) as server:
        ls = ("git", "ls-remote", server.url("/r.git"))
        machine.run(*ls, check=False)
        assert server.seen == []
        machine.run(COMMAND, "exec", "--", *ls, check=False)
        assert [seen.path for seen in server.seen][:1] == [
            "/r.git/info/refs?service=git-upload-pack"
        ]


class TestSetup:
    def test_it_writes_them_and_takes_them_back(self, machine: Machine, strange: str) -> None:
        told = machine.run(COMMAND, "setup", "--tls").stderr.decode()
        assert f"set: http.sslCAInfo = {machine.env['SSL_CERT_FILE']}" in told
        assert b"refs/heads/main" in machine.run("git", "ls-remote", strange).stdout
        assert b"already set: http.sslCAInfo" in machine.run(COMMAND, "setup", "--tls").stderr
        machine.run(COMMAND, "setup", "--remove", "--tls")
        assert (machine.home / ".gitconfig").read_text() == ""

    def test_only_when_it_is_told_to(self, machine: Machine, strange: str) -> None:
        machine.run(COMMAND, "setup")
        assert "ssl" not in (machine.home / ".gitconfig").read_text()

    def test_for_a_host_only(self, machine: Machine, host: GitHost, strange: str) -> None:
        machine.run(COMMAND, "setup", "--tls", "--host", f"localhost:{host.port}")
        assert machine.git("config", f"http.https://localhost:{host.port}.sslCAInfo")
        assert machine.git("config", "http.sslCAInfo", check=False) == ""
        assert b"refs/heads/main" in machine.run("git", "ls-remote", strange).stdout

    def test_another_file_stays(self, machine: Machine, strange: str) -> None:
        machine.git("config", "--global", "http.sslCAInfo", "/mine.pem")
        done = machine.run(COMMAND, "setup", "--tls")
        assert b"'http.sslCAInfo' already names another file" in done.stderr
        machine.run(COMMAND, "setup", "--remove", "--tls")
        assert machine.git("config", "http.sslCAInfo") == "/mine.pem\n"

    def test_without_a_variable_there_is_nothing_to_name(self, machine: Machine) -> None:
        done = machine.run(COMMAND, "setup", "--tls", check=False)
        assert done.returncode == 2
        assert b"neither is set" in done.stderr
        assert not (machine.home / ".gitconfig").exists()
