"""What Git expects of every credential helper, as a table of steps.

The steps run through real `git credential`, through the installed command with what a current
Git sends, and through the code of the helper with the memory store.
"""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from git_credential_uvx.helper import answer
from git_credential_uvx.protocol import parse
from git_credential_uvx.resolver import Answer, Step
from tests.support.hostile import GITS, git_to_try
from tests.support.machine import request
from tests.support.stores import MemoryStore

from . import wrong

if TYPE_CHECKING:
    from git_credential_uvx.credential import Secret
    from git_credential_uvx.query import Query
    from tests.support.machine import Machine

    Fields = dict[str, str | bytes]

_SHOWN = frozenset(
    (
        "username",
        "password",
        "password_expiry_utc",
        "oauth_refresh_token",
        "authtype",
        "credential",
    )
)
_FUTURE, _PAST = "4000000000", "1000000000"
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class Fill:
    """A question of Git, and what it must get; None for no password."""

    fields: Fields
    answer: Fields | None


@dataclass(frozen=True)
class Approve:
    """What Git says after a server accepted a credential."""

    fields: Fields


@dataclass(frozen=True)
class Reject:
    """What Git says after a server refused a credential."""

    fields: Fields


@dataclass(frozen=True)
class Case:
    """Steps in their order. `since` is the first Git that knows these attributes; with `path` Git
    sends paths."""

    steps: tuple[Fill | Approve | Reject, ...]
    since: tuple[int, int] = (2, 0)
    path: bool = False


def at(host: str = "git.test", protocol: str = "https", **more: str | bytes) -> Fields:
    return {"protocol": protocol, "host": host, **more}


def account(username: str | bytes = "alice", password: str | bytes = "pa") -> Fields:
    return {"username": username, "password": password}


def approve(where: Fields, what: Fields, **more: str) -> Approve:
    return Approve({**where, **what, **more})


def come_back(*values: str | bytes) -> Case:
    """Each value is stored and comes back, as a username and as a password."""
    steps: list[Fill | Approve | Reject] = []
    for number, value in enumerate(values):
        where = at(f"h{number}.test")
        steps += [approve(where, account(value, value)), Fill(where, account(value, value))]
    return Case(tuple(steps))


_ALICE, _BOB = account(), account("bob", "pb")
_TOKEN: Fields = {"authtype": "Bearer", "credential": "a.b.c"}
_CAPABLE: Fields = {"capability[]": "authtype"}
_TEAM, _OTHER = at(path="team/repo.git"), at(path="other/repo.git")

CASES = {
    "nothing is known": Case((Fill(at(), None),)),
    "what is approved is filled": Case((approve(at(), _ALICE), Fill(at(), _ALICE))),
    "approved twice": Case(
        (approve(at(), _ALICE), approve(at(), _ALICE), Fill(at(), _ALICE)),
    ),
    "a new password replaces the old one": Case(
        (
            approve(at(), _ALICE),
            approve(at(), account(password="new")),
            Fill(at(), account(password="new")),
        )
    ),
    "another protocol": Case((approve(at(), _ALICE), Fill(at(protocol="http"), None))),
    "each protocol has its own": Case(
        (
            approve(at(), _ALICE),
            approve(at(protocol="http"), _BOB),
            Fill(at(), _ALICE),
            Fill(at(protocol="http"), _BOB),
        )
    ),
    "another host": Case((approve(at(), _ALICE), Fill(at("other.test"), None))),
    "another port": Case(
        (
            approve(at("git.test:8443"), _ALICE),
            Fill(at(), None),
            Fill(at("git.test:8444"), None),
            Fill(at("git.test:8443"), _ALICE),
        )
    ),
    "another username": Case(
        (
            approve(at(), _ALICE),
            Fill(at(username="bob"), None),
            Fill(at(username="alice"), _ALICE),
        )
    ),
    "several usernames": Case(
        (
            approve(at(), _ALICE),
            approve(at(), _BOB),
            Fill(at(username="alice"), _ALICE),
            Fill(at(username="bob"), _BOB),
            Fill(at(), _ALICE),
        )
    ),
    "a path": Case(
        (approve(_TEAM, _ALICE), Fill(_TEAM, _ALICE), Fill(_OTHER, None)),
        path=True,
    ),
    "each path has its own": Case(
        (
            approve(_TEAM, _ALICE),
            approve(_OTHER, _BOB),
            Fill(_TEAM, _ALICE),
            Fill(_OTHER, _BOB),
            Reject({**_TEAM, **_ALICE}),
            Fill(_TEAM, None),
            Fill(_OTHER, _BOB),
        ),
        path=True,
    ),
    "the whole host answers for a path": Case(
        (approve(at(), _ALICE), Fill(_TEAM, _ALICE)), path=True
    ),
    "what is rejected is gone": Case(
        (approve(at(), _ALICE), Reject({**at(), **_ALICE}), Fill(at(), None))
    ),
    "approved again after that": Case(
        (
            approve(at(), _ALICE),
            Reject({**at(), **_ALICE}),
            approve(at(), account(password="new")),
            Fill(at(), account(password="new")),
        )
    ),
    "another protocol is rejected": Case(
        (approve(at(), _ALICE), Reject({**at(protocol="http"), **_ALICE}), Fill(at(), _ALICE))
    ),
    "another host is rejected": Case(
        (approve(at(), _ALICE), Reject({**at("other.test"), **_ALICE}), Fill(at(), _ALICE))
    ),
    "another username is rejected": Case(
        (
            approve(at(), _ALICE),
            approve(at(), _BOB),
            Reject({**at(), **_BOB}),
            Fill(at(), _ALICE),
            Fill(at(username="bob"), None),
        )
    ),
    "another password is rejected": Case(
        (approve(at(), _ALICE), Reject({**at(), **account(password="old")}), Fill(at(), _ALICE))
    ),
    "a rejection without a password": Case(
        (approve(at(), _ALICE), Reject(at(username="alice")), Fill(at(), None))
    ),
    "a rejection without a username": Case(
        (approve(at(), _ALICE), approve(at(), _BOB), Reject(at()), Fill(at(), None))
    ),
    "a rejection of what nobody stored": Case((Reject({**at(), **_ALICE}), Fill(at(), None))),
    "no password is approved": Case((Approve(at(username="alice")), Fill(at(), None))),
    "no username is approved": Case((Approve(at(password="pa")), Fill(at(), None))),
    "blanks": come_back(" a b ", "\ta\t", " "),
    "signs": come_back("a=b", "a:b@c/d", "%20%", "\"'\\", "[x]#;"),
    "other scripts": come_back("äöü", "日本語", "a\u2028b"),
    "bytes that are not UTF-8": come_back(b"p\xe9\xff"),
    "long values": come_back("x" * 5000),
    "an empty username and password": come_back(""),
    "an end in the future": Case(
        (
            approve(at(), _ALICE, password_expiry_utc=_FUTURE),
            Fill(at(), {**_ALICE, "password_expiry_utc": _FUTURE}),
        ),
        since=(2, 40),
    ),
    "an end in the past": Case(
        (approve(at(), _ALICE, password_expiry_utc=_PAST), Fill(at(), None)), since=(2, 40)
    ),
    "a new password without an end": Case(
        (
            approve(at(), _ALICE, password_expiry_utc=_FUTURE),
            approve(at(), account(password="new")),
            Fill(at(), account(password="new")),
        ),
        since=(2, 40),
    ),
    "a refresh token": Case(
        (
            approve(at(), _ALICE, oauth_refresh_token="again"),
            Fill(at(), {**_ALICE, "oauth_refresh_token": "again"}),
            approve(at(), _ALICE, oauth_refresh_token="and again"),
            Fill(at(), {**_ALICE, "oauth_refresh_token": "and again"}),
        ),
        since=(2, 41),
    ),
    "a refresh token goes with its password": Case(
        (
            approve(at(), _ALICE, oauth_refresh_token="again"),
            Reject({**at(), **_ALICE}),
            Fill(at(), None),
            approve(at(), account(password="new")),
            Fill(at(), account(password="new")),
        ),
        since=(2, 41),
    ),
    "a scheme and a token": Case(
        (
            approve(at(), {**_CAPABLE, **_TOKEN}),
            Fill({**_CAPABLE, **at()}, _TOKEN),
            Fill(at(), None),
        ),
        since=(2, 46),
    ),
    "a token that must not be stored": Case(
        (approve(at(), {**_CAPABLE, **_TOKEN, "ephemeral": "1"}), Fill({**_CAPABLE, **at()}, None)),
        since=(2, 46),
    ),
    "a token that is rejected": Case(
        (
            approve(at(), {**_CAPABLE, **_TOKEN}),
            Reject({**_CAPABLE, **at(), **_TOKEN, "credential": "another"}),
            Fill({**_CAPABLE, **at()}, _TOKEN),
            Reject({**_CAPABLE, **at(), **_TOKEN}),
            Fill({**_CAPABLE, **at()}, None),
        ),
        since=(2, 46),
    ),
}
_GIT_WORDS = {"get": "fill", "store": "approve", "erase": "reject"}


class Driver(Protocol):
    def tell(self, operation: str, fields: Fields) -> bytes:
        """Run `get`, `store` or `erase`; the lines of the answer."""


class Installed:
    """The installed command."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def tell(self, operation: str, fields: Fields) -> bytes:
        done = self.machine.helper(operation, request(**fields))
        assert done.stderr == b""
        return done.stdout


class Alone:
    """A resolver without any source but one store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def find(self, query: Query, now: int) -> Answer:
        return Answer([Step("store", answer=self._store.find(query, now))])

    def store(self) -> MemoryStore:
        return self._store

    def keeping(self, query: Query, secret: Secret, now: int) -> None:
        pass

    def knows_elsewhere(self, query: Query, secret: Secret, now: int) -> bool:
        return False

    def refused(self, query: Query, secret: Secret | None) -> None:
        pass


class InMemory:
    """The code of the helper with a memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self.resolver = Alone(store)

    def tell(self, operation: str, fields: Fields) -> bytes:
        asked = parse(request(**fields))
        output, warnings = answer(operation, asked, self.resolver, int(time.time()))  # type: ignore[arg-type]
        assert warnings == []
        return output


class RealGit:
    """`git credential`, which runs the installed command."""

    def __init__(self, machine: Machine, git: str, *, path: bool) -> None:
        self.machine = machine
        settings = ("helper=", "helper=uvx", f"useHttpPath={str(path).lower()}")
        self.argv = (git, *(word for one in settings for word in ("-c", f"credential.{one}")))

    def tell(self, operation: str, fields: Fields) -> bytes:
        argv = (*self.argv, "credential", _GIT_WORDS[operation])
        done = self.machine.run(*argv, input=request(**fields), check=operation != "get")
        assert b"git-credential-uvx" not in done.stderr
        return done.stdout if done.returncode == 0 else b""


def carry_out(case: Case, driver: Driver) -> None:
    for step in case.steps:
        if isinstance(step, Approve):
            assert driver.tell("store", step.fields) == b""
        elif isinstance(step, Reject):
            assert driver.tell("erase", step.fields) == b""
        else:
            lines = driver.tell("get", step.fields).splitlines()
            pairs = dict(line.split(b"=", 1) for line in lines)
            found = {key.decode(): pairs[key] for key in pairs if key.decode() in _SHOWN}
            if not found.keys() & {"password", "credential"}:
                found = {}
            wanted = step.answer or {}
            assert found == {key: _bytes(value) for key, value in wanted.items()}


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_installed_command(machine: Machine, case: Case) -> None:
    carry_out(case, Installed(machine))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_helper_with_a_memory_store(case: Case) -> None:
    carry_out(case, InMemory(MemoryStore()))


WRONG = {
    "another port": wrong.IgnoresThePort,
    "another host": wrong.AnswersAnything,
    "another protocol": wrong.IgnoresTheScheme,
    "another username": wrong.IgnoresTheUsername,
    "several usernames": wrong.NewestAccountFirst,
    "what is rejected is gone": wrong.RemovesNothing,
    "another password is rejected": wrong.RemovesAnySecret,
    "another username is rejected": wrong.RemovesTheWholeHost,
    "blanks": wrong.StripsBlanks,
    "bytes that are not UTF-8": wrong.DecodesUtf8,
    "a refresh token": wrong.ForgetsTheRefreshToken,
    "a scheme and a token": wrong.GivesEverybodyASchemeAndToken,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_store_is_found(name: str) -> None:
    with pytest.raises(AssertionError):
        carry_out(CASES[name], InMemory(WRONG[name]()))


def _with_git() -> list[tuple[str, str]]:
    """Each git with each case whose attributes it knows; a missing one with one case."""
    pairs = []
    for git, path in GITS.items():
        if path is None:
            pairs.append((git, next(iter(CASES))))
            continue
        done = subprocess.run([path, "--version"], capture_output=True, check=True, text=True)
        match = _VERSION.search(done.stdout)
        assert match
        number = (int(match[1]), int(match[2]))
        pairs += [(git, name) for name, case in CASES.items() if case.since <= number]
    return pairs


@pytest.mark.parametrize(("git", "name"), _with_git())
def test_real_git(machine: Machine, git: str, name: str) -> None:
    case = CASES[name]
    carry_out(case, RealGit(machine, git_to_try(git), path=case.path))
