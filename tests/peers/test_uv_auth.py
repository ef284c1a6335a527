"""The same words to `uv auth` and to us, in two folders: status, output and store must agree.

Where they differ on purpose, the case names the reason, and docs/compatibility.md gives it.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.common import cases, entry

if TYPE_CHECKING:
    from tests.support.machine import Machine

STORE = "\n".join(
    (
        entry("https://one.test/", "alice", "pa"),
        entry("https://two.test/", "alice", "pa"),
        entry("https://two.test/", "bob", "pb"),
        entry("https://tok.test/", "__token__", "tt"),
        entry("https://both.test/", "__token__", "tt"),
        entry("https://both.test/", "carol", "pc"),
        entry("https://path.test/", "root", "pr"),
        entry("https://path.test/api", "api", "pp"),
        entry("https://port.test:8443/", "__token__", "p8"),
        entry("http://localhost:8080/", "__token__", "pl"),
        entry("https://slash.test/a/", "__token__", "ps"),
    )
)

# What docs/compatibility.md says about each difference, in its words.
REASONS = {
    "status 1": "`token` and `logout` for an unknown service have status 1.",
    "only account": "Without a username, the only account is used",
    "query": "A query or fragment of a service is ignored.",
    "userinfo": "A `service` has no username or secret.",
    "port": "A host with a port needs no `https://`.",
    "strict": "A host must be letters, digits, hyphens, underscores and dots",
    "twice": "If an option is given twice, the last one counts.",
    "control": "A line end in a secret is refused.",
}

LOGIN: dict[str, tuple[list[str], bytes, str | None]] = {
    "a username and a password": (
        ["one.test", "--username", "alice", "--password", "x"],
        b"",
        None,
    ),
    "short options": (["new.test", "-u", "alice", "--password", "x"], b"", None),
    "a URL": (["https://new.test/", "-u", "alice", "--password", "x"], b"", None),
    "a URL without a slash": (["https://new.test", "-u", "alice", "--password", "x"], b"", None),
    "a path": (["https://new.test/a/b", "-u", "alice", "--password", "x"], b"", None),
    "a path that ends in a slash": (["new.test/a/", "-u", "alice", "--password", "x"], b"", None),
    "a path in capitals": (["new.test/Team/R", "-u", "alice", "--password", "x"], b"", None),
    "an escape in the path": (["new.test/a%20b", "-u", "alice", "--password", "x"], b"", None),
    "an index": (["new.test/simple", "-u", "alice", "--password", "x"], b"", None),
    "an index with a slash": (["new.test/simple/", "-u", "alice", "--password", "x"], b"", None),
    "an index in capitals": (["new.test/Simple", "-u", "alice", "--password", "x"], b"", None),
    "an index of devpi": (["new.test/root/+simple/", "-u", "a", "--password", "x"], b"", None),
    "an index below a path": (["new.test/api/simple", "-u", "a", "--password", "x"], b"", None),
    "what only looks like an index": (
        ["new.test/asimple", "-u", "a", "--password", "x"],
        b"",
        None,
    ),
    "capitals in the host": (["NEW.Test", "-u", "alice", "--password", "x"], b"", None),
    "the port of https": (["https://new.test:443/", "-u", "alice", "--password", "x"], b"", None),
    "a port": (["https://new.test:8443/", "-u", "alice", "--password", "x"], b"", None),
    "a port without a scheme": (["new.test:8443", "-u", "alice", "--password", "x"], b"", "port"),
    "two slashes": (["//new.test", "-u", "alice", "--password", "x"], b"", None),
    "an address": (["https://127.0.0.1:9/", "-u", "alice", "--password", "x"], b"", None),
    "an IPv6 address": (["https://[::1]:9/", "-u", "alice", "--password", "x"], b"", None),
    "an international name": (["müller.test", "-u", "alice", "--password", "x"], b"", None),
    "plain http": (["http://new.test", "-u", "alice", "--password", "x"], b"", None),
    "plain http to this machine": (["http://localhost/", "-u", "a", "--password", "x"], b"", None),
    "plain http to 127.0.0.1": (["http://127.0.0.1:81/", "-u", "a", "--password", "x"], b"", None),
    "plain http to 127.0.0.2": (["http://127.0.0.2:81/", "-u", "a", "--password", "x"], b"", None),
    "another scheme": (["ftp://new.test", "-u", "alice", "--password", "x"], b"", None),
    "no host": (["https://", "-u", "alice", "--password", "x"], b"", None),
    "nothing": (["", "-u", "alice", "--password", "x"], b"", None),
    "blanks in the host": (["not a host", "-u", "alice", "--password", "x"], b"", None),
    "a blank in the path": (["new.test/a b", "-u", "alice", "--password", "x"], b"", "strict"),
    "an underscore in the host": (["my_host.test", "-u", "a", "--password", "x"], b"", None),
    "a number as host": (["2130706433", "-u", "alice", "--password", "x"], b"", "strict"),
    "dot segments": (["new.test/a/../b", "-u", "alice", "--password", "x"], b"", "strict"),
    "a port that is none": (["https://new.test:99999", "-u", "a", "--password", "x"], b"", None),
    "a query": (["https://new.test/a?x=1", "-u", "alice", "--password", "x"], b"", "query"),
    "a fragment": (["https://new.test/a#f", "-u", "alice", "--password", "x"], b"", "query"),
    "all in the URL": (["https://bob:s%40c@new.test/"], b"", "userinfo"),
    "a username in the URL": (["https://bob@new.test/", "--password", "x"], b"", "userinfo"),
    "an escaped username": (["https://b%40b@new.test/", "--password", "x"], b"", "userinfo"),
    "the username twice": (["https://bob@new.test", "-u", "bob", "--password", "x"], b"", None),
    "two usernames": (["https://bob@new.test", "-u", "al", "--password", "x"], b"", None),
    "the password twice": (["https://bob:x@new.test", "--password", "x"], b"", None),
    "a password and no username": (["https://:x@new.test"], b"", None),
    "an empty username": (["new.test", "-u", "", "--password", "x"], b"", None),
    "an empty password": (["new.test", "-u", "alice", "--password", ""], b"", None),
    "no username": (["new.test", "--password", "x"], b"", None),
    "no password": (["new.test", "-u", "alice"], b"", None),
    "neither": (["new.test"], b"", None),
    "a password from input": (["new.test", "-u", "a", "--password", "-"], b"  se cret \n", None),
    "input without a line end": (["new.test", "-u", "a", "--password", "-"], b"one", None),
    "input that ends as Windows has it": (
        ["new.test", "-u", "a", "--password", "-"],
        b"x\r\n",
        None,
    ),
    "no input": (["new.test", "-u", "a", "--password", "-"], b"", None),
    "a blank line of input": (["new.test", "-u", "a", "--password", "-"], b"  \n", None),
    "input that is no text": (["new.test", "-u", "a", "--password", "-"], b"\xff\n", None),
    "a password beyond ASCII": (["new.test", "-u", "ä", "--password", "ü 🔑"], b"", None),
    "quotes in a password": (["new.test", "-u", "a", "--password", 'a"b\\c'], b"", None),
    "blanks around a password": (["new.test", "-u", "a", "--password", " x "], b"", None),
    "a line end in a password": (["new.test", "-u", "a", "--password", "a\nb"], b"", "control"),
    "a hyphen as username": (["new.test", "-u", "-", "--password", "x"], b"", None),
    "a token": (["new.test/simple", "--token", "T"], b"", None),
    "a short token": (["new.test/simple", "-t", "T"], b"", None),
    "a token from input": (["new.test/simple", "--token", "-"], b"T\n", None),
    "an empty token": (["new.test", "--token", ""], b"", None),
    "a token and a password": (["new.test", "--token", "T", "--password", "x"], b"", None),
    "a token over another": (["tok.test/simple", "--token", "T"], b"", None),
    "another account": (["one.test", "-u", "bob", "--password", "x"], b"", None),
    "a password over another": (["two.test", "-u", "bob", "--password", "x"], b"", None),
    "the same password again": (["two.test", "-u", "bob", "--password", "pb"], b"", None),
    "an option twice": (["new.test", "-u", "a", "-u", "b", "--password", "x"], b"", "twice"),
    "no service": ([], b"", None),
    "two services": (["a.test", "b.test", "--token", "T"], b"", None),
    "an option that is none": (["a.test", "--nope"], b"", None),
}

TOKEN: dict[str, tuple[list[str], str | None]] = {
    "a token": (["tok.test"], None),
    "a token beside an account": (["both.test"], None),
    "one account": (["one.test"], "only account"),
    "one of two accounts": (["two.test", "-u", "bob"], None),
    "two accounts and no username": (["two.test"], None),
    "an account that is not there": (["one.test", "-u", "nobody"], "status 1"),
    "a service that is not there": (["none.test"], "status 1"),
    "a username in the URL": (["https://bob@two.test"], None),
    "a password in the URL": (["https://bob:zz@two.test"], None),
    "the username twice": (["https://bob@two.test", "-u", "bob"], None),
    "a path below": (["path.test/other", "-u", "root"], None),
    "the longest path": (["path.test/api/v1", "-u", "api"], None),
    "a path beside": (["path.test/apiary", "-u", "api"], "status 1"),
    "a folder with its slash": (["slash.test/a/"], None),
    "a folder without its slash": (["slash.test/a"], "status 1"),
    "an index": (["tok.test/simple/"], None),
    "a port": (["https://port.test:8443"], None),
    "without the port": (["port.test"], "status 1"),
    "this machine": (["http://localhost:8080/x"], None),
    "plain http": (["http://tok.test"], None),
    "capitals": (["TOK.test"], None),
    "nothing": ([""], None),
    "no service": ([], None),
}

LOGOUT: dict[str, tuple[list[str], str | None]] = {
    "a token": (["tok.test"], None),
    "a token beside an account": (["both.test"], None),
    "one account": (["one.test"], "only account"),
    "one of two accounts": (["two.test", "-u", "bob"], None),
    "two accounts and no username": (["two.test"], None),
    "an account that is not there": (["one.test", "-u", "nobody"], "status 1"),
    "a service that is not there": (["none.test"], "status 1"),
    "a username in the URL": (["https://bob@two.test"], "userinfo"),
    "the username twice": (["https://bob@two.test", "-u", "bob"], None),
    "an index": (["tok.test/simple"], None),
    "a path that is not stored": (["path.test/other", "-u", "root"], "status 1"),
    "a path": (["path.test/api", "-u", "api"], None),
    "a folder without its slash": (["slash.test/a"], "status 1"),
    "a port": (["https://port.test:8443"], None),
    "plain http": (["http://tok.test"], None),
    "no service": ([], None),
}

BAZEL: dict[str, tuple[str, str | None]] = {
    "an account": ('{"uri": "https://one.test/x"}', None),
    "two accounts": ('{"uri": "https://two.test/x"}', None),
    "a username in the URL": ('{"uri": "https://bob@two.test/x"}', None),
    "a password in the URL": ('{"uri": "https://bob:zz@two.test/x"}', None),
    "another username in the URL": ('{"uri": "https://zoe@two.test/x"}', None),
    "a path": ('{"uri": "https://path.test/api/v1?q=1#f"}', None),
    "none": ('{"uri": "https://none.test/"}', None),
    "plain http": ('{"uri": "http://one.test/"}', None),
    "a scheme without credentials": ('{"uri": "grpcs://one.test/x"}', None),
    "a scheme without a host": ('{"uri": "file:///x"}', None),
    "a scheme in capitals": ('{"uri": "HTTPS://one.test/x"}', None),
    "more keys": ('{"uri": "https://one.test/", "more": [1]}', None),
    "no URL": ('{"uri": "nope"}', None),
    "a number": ('{"uri": 1}', None),
    "no uri": ("{}", None),
    "no JSON": ("x", None),
    "nothing": ("", None),
}


class Side:
    """One of the two programs, with a folder of its own."""

    def __init__(self, machine: Machine, name: str, argv: tuple[str, ...]) -> None:
        self.machine = machine
        self.folder = machine.root / name
        self.folder.mkdir(mode=0o700)
        self.store = self.folder / "credentials.toml"
        self.store.write_text(STORE)
        self.store.chmod(0o600)
        self.argv = argv

    def run(self, command: list[str], words: list[str], data: bytes) -> tuple[int, bytes]:
        done = self.machine.run(
            *self.argv,
            *command,
            *words,
            input=data,
            env={"UV_CREDENTIALS_DIR": str(self.folder)},
            check=False,
        )
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stdout.replace(str(self.folder).encode(), b"FOLDER")

    def stored(self) -> set[tuple[str, ...]]:
        found = tomllib.loads(self.store.read_text()).get("credential", [])
        keys = ("service", "username", "scheme", "password")
        return {tuple(str(one.get(key)) for key in keys) for one in found}


@pytest.fixture
def sides(machine: Machine) -> tuple[Side, Side]:
    return (
        Side(machine, "uv", ("uv", "auth")),
        Side(machine, "ours", ("git-credential-uvx",)),
    )


def compare(
    sides: tuple[Side, Side],
    command: list[str],
    words: list[str],
    data: bytes,
    reason: str | None,
) -> None:
    uv, ours = ((side.run(command, words, data), side.stored()) for side in sides)
    if reason is None:
        assert ours == uv
    else:
        assert ours != uv, "they agree, so docs/compatibility.md needs no row for it"


@cases("words, data, reason", LOGIN)
def test_login(sides: tuple[Side, Side], words: list[str], data: bytes, reason: str | None) -> None:
    compare(sides, ["login"], words, data, reason)


@cases("words, reason", TOKEN)
def test_token(sides: tuple[Side, Side], words: list[str], reason: str | None) -> None:
    compare(sides, ["token"], words, b"", reason)


@cases("words, reason", LOGOUT)
def test_logout(sides: tuple[Side, Side], words: list[str], reason: str | None) -> None:
    compare(sides, ["logout"], words, b"", reason)


@pytest.mark.parametrize("words", [[], ["x"]], ids=["alone", "with an argument"])
def test_dir(sides: tuple[Side, Side], words: list[str]) -> None:
    compare(sides, ["dir"], words, b"", None)


@cases("question, reason", BAZEL)
def test_the_bazel_helper(sides: tuple[Side, Side], question: str, reason: str | None) -> None:
    command = ["helper", "--protocol=bazel", "get"]
    uv, ours = (side.run(command, [], question.encode()) for side in sides)
    assert ours[0] == uv[0]
    if uv[0] == 0:
        assert json.loads(ours[1]) == json.loads(uv[1])
    else:
        assert ours[1] == uv[1] == b""


def test_the_bazel_helper_does_not_say_none_where_the_store_cannot_be_read(
    sides: tuple[Side, Side],
) -> None:
    command = ["helper", "--protocol=bazel", "get"]
    for side in sides:
        side.store.write_text("no TOML")
        assert side.run(command, [], b'{"uri": "https://one.test/"}') == (2, b"")


def test_every_difference_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "compatibility.md"
    text = " ".join(page.read_text().split())
    found = [case[-1] for case in (*LOGIN.values(), *TOKEN.values(), *LOGOUT.values())]
    used = {reason for reason in found if isinstance(reason, str)}
    assert used == set(REASONS)
    assert [reason for reason in used if REASONS[reason] not in text] == []


# Each with what docs/login.md says about it.
TOKENS: dict[str, tuple[list[str], bytes, str]] = {
    "a token for a host": (["new.test", "--token", "T"], b"", "a script must give it"),
    "a token and a username": (
        ["new.test", "--token", "T", "-u", "alice"],
        b"",
        "`--username NAME --token -` a token with its username",
    ),
    "a token and a username in the URL": (
        ["https://al@new.test", "--token", "T"],
        b"",
        "`--username NAME --token -` a token with its username",
    ),
    "two lines of input": (
        ["new.test", "-u", "a", "--password", "-"],
        b"one\ntwo\n",
        "Standard input must have one line",
    ),
    "a clone URL": (
        ["https://new.test/r.git", "-u", "a", "--password", "x"],
        b"",
        "the whole host, because Git sends no path",
    ),
}


@cases("words, data, reason", TOKENS)
def test_login_stores_what_git_will_find(
    sides: tuple[Side, Side], words: list[str], data: bytes, reason: str
) -> None:
    page = Path(__file__).parents[2] / "docs" / "login.md"
    assert reason in " ".join(page.read_text().split())
    compare(sides, ["login"], words, data, reason)
