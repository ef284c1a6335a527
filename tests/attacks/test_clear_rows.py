"""Attacks by plain http and by who chooses the host (A23, A40, V63): each door, each source.

The numbers are rows of docs/attacks.md. Nothing is connected to: the table says what a
program that asks would be given to send.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from dulwich.config import ConfigDict

from git_credential_uvx import helper, protocol
from git_credential_uvx.cli.check import check_command
from git_credential_uvx.cli.token import helper_command, token_command
from git_credential_uvx.config.discovery import discover
from git_credential_uvx.config.indexes import index_of
from git_credential_uvx.errors import HttpError
from git_credential_uvx.explanation import explain, resolve
from git_credential_uvx.http.flow import LookUp, RequestTarget
from git_credential_uvx.http.lookups import ResolverLookups
from git_credential_uvx.http.proxies import Proxies
from git_credential_uvx.http.tls import Trust
from git_credential_uvx.http.transport import Routes
from git_credential_uvx.integrations.dulwich import auth_callback
from git_credential_uvx.integrations.keyring import _find
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.system.settings import from_process

from ..support.clear import SOURCES, URLS, Victim, service_of
from ..support.common import SECRET, cases, git_fill
from ..support.machine import COMMAND, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from ..support.machine import Machine

ALLOWED = frozenset(("good.test", "good.test:443", "good.test:8080"))


def named(url: str) -> str:
    return url.replace("://", "://alice@")


def by_git(url: str) -> bool:
    scheme, _, host = url.removesuffix("/").partition("://")
    asked = protocol.parse(request(protocol=scheme, host=host, username="alice"))
    return SECRET.encode() in helper.answer("get", asked, Resolver(from_process()), 0)[0]


def by_dulwich(url: str) -> bool:
    answer = auth_callback(ConfigDict(), username="alice", settings=from_process())
    return answer(url, "Basic", 1) is not None


def by_bazel(url: str) -> bool:
    data = json.dumps({"uri": named(url)})
    done = CliRunner().invoke(helper_command, ["--protocol", "bazel", "get"], input=data)
    assert done.exit_code == 0, done.output
    return bool(json.loads(done.stdout)["headers"])


def by_keyring(url: str) -> bool:
    return _find(url, "alice") is not None


def by_token(url: str) -> bool:
    done = CliRunner().invoke(token_command, [named(url)])
    if done.exit_code:
        assert SECRET not in done.output
    return done.exit_code == 0 and SECRET in done.stdout


def by_resolve(url: str) -> bool:
    return resolve(named(url)) is not None


def by_client(
    url: str, *, use: str = "url", allowed: frozenset[str] = frozenset(), redirected: bool = False
) -> bool:
    settings, service = from_process(), service_of(url)
    scheme, _, authority = url.removesuffix("/").partition("://")
    exposed = Routes(Trust({}), Proxies({}), allowed).exposure(scheme, authority.encode())
    index = index_of(service, discover(os.getcwd(), settings.environ, ""))
    target = RequestTarget(
        service, index, username=b"alice", cleartext_refusal=exposed, redirected=redirected
    )
    lookups = ResolverLookups(settings, use=use, warn=lambda line: None)
    if not exposed:
        return lookups.find(LookUp(service, target)) is not None
    # Something that was found is refused by the next step, and what is kept back already here.
    with suppress(HttpError):
        lookups.find(LookUp(service, target))
    return False


def by_client_allowed(url: str) -> bool:
    return by_client(url, allowed=ALLOWED)


def by_redirect(url: str) -> bool:
    return by_client(url, allowed=ALLOWED, redirected=True)


def by_client_for_git(url: str) -> bool:
    return by_client(url, use="git", allowed=ALLOWED)


# Who asks, and the row of a source's table that tells what it is given.
DOORS: dict[str, tuple[int, Callable[[str], bool]]] = {
    "Git": (0, by_git),
    "dulwich": (0, by_dulwich),
    "the client for Git": (0, by_client_for_git),
    "Bazel": (1, by_bazel),
    "a redirect": (1, by_redirect),
    "keyring": (1, by_keyring),
    "resolve": (2, by_resolve),
    "token": (3, by_token),
    "the client": (3, by_client),
    "the client, with --allow-insecure-http": (4, by_client_allowed),
}


@pytest.fixture
def victim(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Victim:
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("os.environ", machine.env)
    return Victim(machine, folder)


@cases("source, table, unasked", SOURCES)
def test_a23_each_door_gives_a_secret_only_where_it_was_stored_for(
    victim: Victim, source: Callable[[Victim], None], table: str, unasked: str
) -> None:
    rows = [row.replace("k", "-") for row in table.split()]
    expected, found = {}, {}
    for door, (row, asks) in DOORS.items():
        if door == unasked:
            continue
        expected[door] = rows[row]
        found[door] = "".join("Y" if asks(victim.of(url, source)) else "-" for url in URLS)
        if asks is by_token:  # it takes plain http for this machine's two names only, as uv does
            expected[door] = expected[door][:-1] + "-"
    assert found == expected


def outcome(url: str, **options: Any) -> str:
    """The letter of what `explain` tells."""
    told = explain(named(url), **options)
    if told.credential is not None:
        return "Y"
    found = [step.answer.reason for step in told.steps if step.answer is not None]
    return "k" if any("kept back" in reason for reason in found) else "-"


@cases("source, table", {name: row[:2] for name, row in SOURCES.items()})
def test_a23_explain_tells_what_is_kept_back(
    victim: Victim, source: Callable[[Victim], None], table: str
) -> None:
    options: list[dict[str, Any]] = [{"use": "git"}, {"redirected": True}, {}]
    found = [
        "".join(outcome(victim.of(url, source), **option) for url in URLS) for option in options
    ]
    assert found == table.split()[:3]


def test_a23_what_is_kept_back_is_not_asked_for(victim: Victim) -> None:
    victim.of("http://good.test/", lambda v: v.keyring("{}"))
    assert not by_git("http://good.test/")
    assert set(victim.runs.read_text().split()) == {"http://good.test/", "http://good.test"}
    victim.of("http://good.test/", lambda v: v.command("http://*.test"))
    assert not by_git("http://good.test/")
    assert not victim.runs.exists()


# What git asks for a submodule, and whether the entries of the host may answer.
SUBMODULES = {"https": True, "http": False}


@cases("scheme, answers", {scheme: (scheme, yes) for scheme, yes in SUBMODULES.items()})
@pytest.mark.parametrize("source", ["netrc", "keyring"])
def test_a23_git_itself_gets_nothing_for_plain_http(
    machine: Machine, scheme: str, answers: bool, source: str
) -> None:
    victim = Victim(machine, machine.root)
    victim.host = "good.test"
    if source == "netrc":
        victim.netrc("machine {}")
    else:
        victim.keyring("{}")
        victim.variables(PATH=f"{machine.root}/bin:{machine.env['PATH']}")
    filled = git_fill(machine, f"protocol={scheme}\nhost=good.test\nusername=alice\n".encode())
    assert (SECRET.encode() in filled) is answers


def test_a23_check_tells_what_is_kept_back(victim: Victim) -> None:
    victim.of("http://good.test/", lambda v: v.netrc("machine {}"))
    done = CliRunner().invoke(check_command, ["http://good.test"], standalone_mode=False)
    assert done.return_value == 1
    assert "kept back: it was not stored for http" in done.output
    assert "login" not in done.output
    assert SECRET not in done.output


PUBLISHING = {
    "nothing says where to": ("", "-"),
    "the user says where to": ("http://good.test/legacy/", "Y"),
    "the user says https": ("https://good.test/legacy/", "-"),
}


@cases("to, letter", PUBLISHING)
def test_a23_an_uploads_password_goes_in_clear_only_where_the_user_says(
    victim: Victim, to: str, letter: str
) -> None:
    variables = {"UV_PUBLISH_USERNAME": "alice", "UV_PUBLISH_PASSWORD": SECRET}
    victim.of("http://good.test/", lambda v: v.variables(UV_PUBLISH_URL=to, **variables))
    found = resolve("http://good.test/legacy/", use="publish")
    assert ("-" if found is None else "Y") == letter


def test_a40_a_netrc_entry_that_answers_the_user_alone_is_noted(victim: Victim) -> None:
    asks_us = f"[credential]\n\thelper = {COMMAND}\n"
    victim.of("https://good.test/", lambda v: v.netrc("default"))
    (victim.machine.home / ".gitconfig").write_text(asks_us)
    (note,) = explain("https://good.test/").notes
    assert note.startswith("this netrc entry does not name the host and port")
    config = victim.machine.home / "config.toml"
    config.write_text("netrc-default = true\n")
    victim.variables(GIT_CREDENTIAL_UVX_CONFIG=str(config))
    assert explain("https://good.test/").notes == []
    assert explain("https://good.test/", use="git").credential is not None
    victim.of("https://good.test/", lambda v: v.netrc("machine {}"))
    (victim.machine.home / ".gitconfig").write_text(asks_us)
    assert explain("https://good.test/").notes == []


def test_a23_a_warning_about_a_file_is_told_with_what_is_kept_back(victim: Victim) -> None:
    victim.of("http://good.test/", lambda v: v.netrc("machine {}"))
    (victim.machine.home / ".netrc").chmod(0o644)
    told = explain("http://good.test/")
    assert told.kept_back_reason
    assert "chmod" in told.warnings[0]
    victim.of("http://good.test/", lambda v: v.index(trusted=False))
    told = explain("http://good.test/simple/")
    assert told.kept_back_reason
    assert told.warnings == []  # nothing goes anywhere
