"""A checkout whose `.git/config` rewrites URLs (A68), and one whose `.git` hides its history (A81).

The numbers are rows of docs/attacks.md.
"""

from __future__ import annotations

import base64
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from ..support.common import SECRET, victim
from ..support.machine import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

COMMAND = BIN / "git-credential-uvx"


def rewriting(machine: Machine, evil: str, to: str = "https://good.test") -> Path:
    """A checkout in which Git uses another URL in place of `evil`."""
    checkout = machine.root / "checkout"
    machine.git("init", "--quiet", checkout)
    machine.git(
        "config",
        f"url.{to}/.insteadOf",
        f"{evil.rstrip('/')}/" if "://" in evil else evil,
        cwd=checkout,
    )
    return checkout


@pytest.mark.parametrize("service", ["evil.test", "https://evil.test/r.git"])
def test_a68_a_checkout_makes_token_print_no_secret_of_another_host(
    machine: Machine, service: str
) -> None:
    victim(machine)
    checkout = rewriting(machine, "https://evil.test")
    done = machine.run(COMMAND, "token", service, cwd=checkout, check=False)
    assert SECRET.encode() not in done.stdout


CHOOSING = {
    "credential.username": ("credential.username", "bob"),
    "a username in the URL": ("url.https://bob@good.test/.insteadOf", "https://good.test/"),
    "a password in the URL": ("url.https://x:PLANTED@good.test/.insteadOf", "https://good.test/"),
    "a path": ("url.https://good.test/team/.insteadOf", "https://good.test/"),
}


@pytest.mark.parametrize("service", ["good.test", "https://good.test/", "https://good.test/x.git"])
@pytest.mark.parametrize(("key", "value"), CHOOSING.values(), ids=CHOOSING)
def test_a68_a_checkout_does_not_choose_the_account_of_token(
    machine: Machine, key: str, value: str, service: str
) -> None:
    for name, path in (("alice", ""), ("bob", ""), ("carol", "team")):
        words = ("login", "good.test", "--username", name, "--password", "-", "--no-verify")
        machine.run(COMMAND, *words, *(["--path", path] if path else []), input=name.encode())
    machine.run(COMMAND, "use", "good.test", "--username", "alice")
    checkout = machine.root / "checkout"
    machine.git("init", "--quiet", checkout)
    machine.git("config", key, value, cwd=checkout)
    machine.git("config", "credential.useHttpPath", "true", cwd=checkout)
    done = machine.run(COMMAND, "token", service, cwd=checkout)
    assert done.stdout == b"alice\n"


def test_a68_token_says_that_a_project_names_the_account(machine: Machine) -> None:
    for name in ("alice", "bob"):
        words = ("login", "good.test", "--username", name, "--password", "-", "--no-verify")
        machine.run(COMMAND, *words, input=name.encode())
    project = machine.root / "project"
    project.mkdir()
    (project / "uv.toml").write_text('[[index]]\nurl = "https://bob@good.test/simple"\n')
    machine.env.pop("UV_NO_CONFIG", None)
    done = machine.run(COMMAND, "token", "https://good.test/simple/foo", cwd=project)
    assert done.stdout == b"bob\n"
    assert b"uv.toml, line 2 names the account 'bob'" in done.stderr


@pytest.mark.parametrize("service", ["https://evil.test/", "https://evil.test/r.git"])
def test_a68_a_checkout_makes_resolve_return_no_secret_of_another_host(
    machine: Machine, service: str
) -> None:
    victim(machine)
    checkout = rewriting(machine, "https://evil.test")
    code = f"from git_credential_uvx import resolve; print(resolve({service!r}))"
    done = machine.run(sys.executable, "-P", "-c", code, cwd=checkout)
    assert done.stdout == b"None\n"


def test_a68_a_checkout_gives_an_address_of_ssh_no_secret_of_its_choice(machine: Machine) -> None:
    victim(machine)
    checkout = rewriting(machine, "git@evil.test:")
    done = machine.run(COMMAND, "token", "git@evil.test:r", cwd=checkout, check=False)
    assert SECRET.encode() not in done.stdout


@pytest.mark.parametrize("end", ["", "/x.git"])
@pytest.mark.parametrize("typed", [False, True], ids=["the stored one", "a typed one"])
def test_a68_a_checkout_makes_check_send_no_secret_to_another_host(
    machine: Machine, end: str, typed: bool
) -> None:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        victim(machine)
        if typed:
            checkout = rewriting(machine, "https:/", to=url)
            asked = f"https://alice:{SECRET}@evil.test{end}"
        else:
            checkout = rewriting(machine, url)
            asked = url + end
        machine.run(COMMAND, "check", asked, cwd=checkout, check=False)
    finally:
        server.shutdown()
        server.server_close()
    sent = b"".join(base64.b64decode(one.partition(" ")[2]) for one in seen)
    assert seen or not (typed and end)
    assert SECRET.encode() not in sent


@pytest.fixture
def history(machine: Machine) -> Path:
    """A checkout whose first commit has a secret, and whose second one has none."""
    folder = machine.root / "history"
    machine.git("init", "--quiet", folder)
    author = ("-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "x")
    for text in (f"a = 'https://alice:{SECRET}@good.test/r'\n", "clean\n"):
        (folder / "a.toml").write_text(text)
        machine.git("add", "a.toml", cwd=folder)
        machine.git(*author, cwd=folder)
    return folder


def test_a81_what_a_graft_hides_is_found_or_reported(machine: Machine, history: Path) -> None:
    head = machine.git("rev-parse", "HEAD", cwd=history)
    (history / ".git" / "info" / "grafts").write_text(head)
    done = machine.run(COMMAND, "sanitize", "--history", cwd=history, check=False)
    assert done.returncode != 0


def test_a81_what_a_commit_graph_hides_is_found(machine: Machine, history: Path) -> None:
    machine.git("commit-graph", "write", "--reachable", cwd=history)
    head = machine.git("rev-parse", "HEAD", cwd=history)
    file = history / ".git" / "objects" / "info" / "commit-graph"
    graph = bytearray(file.read_bytes())
    file.unlink()
    # The table of chunks has the place of CDAT: for each commit the hash of its tree, both parents
    # by their number, and eight bytes more. See gitformat-commit-graph(5).
    chunk = graph.index(b"CDAT") + 4
    start = int.from_bytes(graph[chunk : chunk + 8])
    number = int(head > machine.git("rev-parse", "HEAD~1", cwd=history))
    parent = start + 36 * number + 20
    graph[parent : parent + 4] = (0x70000000).to_bytes(4)  # none
    file.write_bytes(graph)
    assert machine.git("rev-list", "--count", "HEAD", cwd=history) == "1\n"
    done = machine.run(COMMAND, "sanitize", "--history", cwd=history, check=False)
    assert done.returncode == 1
    assert b"1 secret in 1 commit" in done.stderr
