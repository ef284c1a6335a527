"""The embedded host itself: what git sends it in earnest, and what it lets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

_TRACE = {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"}


@pytest.fixture
def clone(machine: Machine, host: GitHost) -> Path:
    host.accounts["alice"] = "secret"
    machine.git("clone", host.url("r.git", userinfo="alice:secret"), "clone")
    return machine.root / "clone"


def test_a_push_that_git_sends_in_chunks_arrives(
    machine: Machine, host: GitHost, clone: Path
) -> None:
    size = 200_000  # bytes, and git's least buffer has 65520
    (clone / "blob").write_bytes(bytes(range(250)) * (size // 250))
    machine.git("add", "blob", cwd=clone)
    machine.git("commit", "--message", "Large", cwd=clone)
    settings = ("-c", "http.postBuffer=1", "-c", "core.compression=0")
    pushed = machine.run("git", *settings, "push", cwd=clone, env=_TRACE)
    assert b"Transfer-Encoding: chunked" in pushed.stderr
    stored = machine.git("cat-file", "-s", "main:blob", cwd=host.repositories / "r.git")
    assert stored == f"{size}\n"


def test_a_fetch_that_git_sends_compressed_is_answered(
    machine: Machine, host: GitHost, clone: Path
) -> None:
    # From a kilobyte on git compresses, and each branch that it wants takes 50 bytes.
    head = "commit refs/heads/b{0}\ncommitter Alice <alice@localhost> now\ndata 2\n{0}\n"
    commits = "".join(head.format(number) for number in range(10, 50)).encode()
    repository = host.repositories / "r.git"
    machine.run("git", "fast-import", "--date-format=now", input=commits, cwd=repository)
    fetched = machine.run("git", "fetch", cwd=clone, env=_TRACE)
    assert b"Content-Encoding: gzip" in fetched.stderr
    assert machine.git("log", "-1", "--format=%s", "origin/b49", cwd=clone) == "49\n"


@pytest.mark.parametrize(
    ("header", "admitted"),
    [
        ("Bearer t0ken", True),
        ("Bearer other", False),
        ("Bearer secret", False),
        ("Basic t0ken", False),
        ("Basic YWxpY2U6c2VjcmV0", True),
        ("Basic YWxpY2U6b3RoZXI=", False),
        ("Basic OnQwa2Vu", False),
    ],
)
def test_a_password_or_a_token_opens_it_and_nothing_else(
    header: str, admitted: bool, machine: Machine, host: GitHost
) -> None:
    host.accounts["alice"] = "secret"
    host.tokens.add("t0ken")
    sent = f"http.extraHeader=Authorization: {header}"
    done = machine.run("git", "-c", sent, "ls-remote", host.url("r.git"), check=False)
    assert (done.returncode == 0) == admitted
    assert (host.requests[-1].status == 200) == admitted


@pytest.mark.parametrize(
    ("path", "admitted"),
    [("in/r.git", True), ("in/deep/r.git", False), ("inner/r.git", False), ("r.git", False)],
)
def test_the_account_of_a_folder_opens_just_what_is_below_it(
    path: str, admitted: bool, host: GitHost
) -> None:
    host.folders["in"] = {"alice": "secret"}
    host.folders["in/deep"] = {"bob": "builder"}
    assert host.admits(f"/{path}", "alice", "secret") == admitted


def test_its_record_of_requests_holds_usernames_and_no_secret(host: GitHost, clone: Path) -> None:
    assert {r.username for r in host.requests} == {None, "alice"}
    assert {r.status for r in host.requests} == {401, 200}
    assert "secret" not in repr(host.requests)
