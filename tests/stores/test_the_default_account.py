"""Whatever happens to two accounts of a host, the one that answers Git goes on answering it."""

from __future__ import annotations

from random import Random
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.sanitize.keep import Move, Run, move, with_names
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service

if TYPE_CHECKING:
    from tests.support.machine import Machine

HOST = Service("https", "git.test", None)
NAMES = (b"alice", b"carol")
NOW = 1_000_000_000


class Host:
    """A store with two accounts of a host, to which things happen."""

    def __init__(self, machine: Machine) -> None:
        rmtree(machine.folder, ignore_errors=True)
        self.resolver = Resolver(Settings(str(machine.folder), environ={}))
        self.store = self.resolver.store()
        self.now = NOW

    def default(self) -> bytes | None:
        found = self.store.find(Query(HOST), self.now).credential
        return None if found is None else found.username

    def secret(self, name: bytes) -> Secret | None:
        found = self.store.find(Query(HOST, name), self.now).credential
        return None if found is None else found.secret

    def do(self, what: str, name: bytes, secret: bytes) -> None:
        self.now += 1
        credential = Credential(name, Secret(secret))
        match what:
            case "store":
                self.store.put(HOST, credential, self.now)
            case "login":
                self.store.login(HOST, credential, self.now)
            case "erase":
                self.store.remove(HOST, name, self.secret(name), None, self.now)
            case "logout":
                self.store.logout(HOST, [name], self.now)
            case "use" if self.secret(name) is not None:
                self.store.use(HOST, name, self.now)
            case "sanitize":
                wanted = [Move(HOST, credential, "git", can_be_named=True)]
                wanted = with_names(self.resolver, wanted, self.now, Run())
                move(self.resolver, wanted, self.now)


def may_change(what: str, name: bytes, before: bytes | None) -> bool:
    """Whether an event about an account may make another one answer."""
    if before is None or what in ("login", "use"):
        return True
    return what in ("logout", "erase") and name == before


@pytest.mark.parametrize("seed", range(20))
def test_only_what_a_person_does_changes_the_default_account(machine: Machine, seed: int) -> None:
    random = Random(seed)
    events = ("store", "store", "erase", "login", "use", "logout", "sanitize", "sanitize")
    host = Host(machine)
    done = []
    for _ in range(25):
        what, name = random.choice(events), random.choice(NAMES)
        before, others = host.default(), {one: host.secret(one) for one in NAMES if one != name}
        chosen = [e.as_stored.username for e in host.store.entries().entries if e.chosen]
        host.do(what, name, random.choice((b"1", b"2")))
        done.append((what, name, host.default()))
        if not may_change(what, name, before) or (what == "login" and before in chosen):
            assert host.default() == before, done[-6:]
        if what == "use" and any(e.chosen for e in host.store.entries().entries):
            assert host.secret(name) is None or host.default() == name, done[-6:]
        # Nothing that happens to one account takes the other out of service.
        assert {one: host.secret(one) for one in others} == others, done[-6:]


class TestAChosenAccountThatExpired:
    @pytest.fixture
    def host(self, machine: Machine) -> Host:
        """Bob's password, and alice's that expires at NOW + 10; alice is chosen."""
        host = Host(machine)
        host.store.login(HOST, Credential(b"bob", Secret(b"of-bob")), NOW)
        refresh = Secret(b"refresh")
        alice = Credential(b"alice", Secret(b"of-alice"), expires=NOW + 10, refresh=refresh)
        host.store.login(HOST, alice, NOW)
        host.store.use(HOST, b"alice", NOW)
        assert host.default() == b"alice"
        host.now = NOW + 20
        return host

    @pytest.mark.parametrize("use", ["git", "url"])
    def test_does_not_keep_the_others_from_answering(self, host: Host, use: str) -> None:
        query = Query(HOST, use=use, any_authtype=True)
        answer = host.store.find(query, host.now)
        assert answer.credential is not None, answer.reason
        assert answer.credential.username == b"bob"

    def test_is_renewed_if_no_other_one_answers(self, host: Host) -> None:
        host.store.logout(HOST, [b"bob"], host.now)
        answer = host.store.find(Query(HOST), host.now)
        assert answer.credential is None
        assert answer.fallback is not None
        assert answer.fallback.username == b"alice"

    def test_answers_again_after_a_new_login(self, host: Host) -> None:
        host.store.login(HOST, Credential(b"alice", Secret(b"new")), host.now)
        assert host.default() == b"alice"
