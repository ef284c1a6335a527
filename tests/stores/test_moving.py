"""Credentials out of files meet random stores: what answered before still does, and each that is
stored answers where its file asks."""

from __future__ import annotations

from itertools import product
from random import Random
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.sanitize.keep import CONFLICTS, Move, Run, move, take_back, with_names
from git_credential_uvx.stores.bulk import BulkResult
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service

if TYPE_CHECKING:
    from git_credential_uvx.stores.shared import SharedStore
    from tests.support.machine import Machine

NAMES = (b"alice", b"bob", b"oauth2", b"__token__")
PATHS = ("/", "/a", "/a/", "/a/b", "/z")
NOW = 1_000_000_000

Answers = dict[tuple[str, str, bytes | None], tuple[bytes | None, bytes]]


def service(path: str) -> Service:
    return Service("https", "git.test", None, path)


def credential(random: Random) -> Credential:
    return Credential(random.choice(NAMES), Secret(random.choice((b"1", b"2", b"3"))))


def answers(store: SharedStore) -> Answers:
    """What the store answers, as Git and as uv ask."""
    found = {}
    for use, path, name in product(("git", "index"), (*PATHS, "/a/q"), (None, b"git", *NAMES)):
        got = store.find(Query(service(path), name, use=use), NOW).credential
        if got is not None:
            found[use, path, name] = (got.username, got.secret.reveal())
    return found


def filled(store: SharedStore, random: Random) -> None:
    """What Git stored and refused, and a person logged in to."""
    for _ in range(random.randrange(4)):
        where, who = service(random.choice(PATHS)), credential(random)
        change = random.choice((store.put, store.put, store.login, store.login, None))
        if change is None:
            store.remove(where, who.username, None, None, NOW)
        else:
            change(where, who, NOW)


def found_in_a_file(random: Random) -> list[Move]:
    wanted = []
    for use in random.choices(("git", "index", "url"), k=random.randrange(1, 4)):
        where = service("/" if use == "git" else random.choice(PATHS))
        nameable = random.random() < 0.8
        wanted.append(Move(where, credential(random), use, can_be_named=nameable))
    return wanted


def stored_out_of_a_file(machine: Machine, random: Random, *, replace: bool) -> bool:
    """Whether anything out of a file was stored into a new store: all must hold either way."""
    rmtree(machine.folder, ignore_errors=True)
    resolver = Resolver(Settings(str(machine.folder), environ={}))
    store = resolver.store()
    filled(store, random)
    before, files = answers(store), machine.files()
    wanted = found_in_a_file(random)
    wanted = with_names(resolver, wanted, NOW + 5, Run(), replace=replace)
    assert machine.files() == files
    outcomes = move(resolver, wanted, NOW + 5, replace=replace)
    if any(done.outcome in CONFLICTS for done in outcomes):
        assert machine.files() == files
        return False
    after = answers(store)
    if not replace:
        assert {asked: after.get(asked) for asked in before} == before
    for done in outcomes:
        one = done.move
        name = one.credential.username if one.by_name else None
        asked = ("git" if one.use == "git" else "index", one.service.path, name)
        assert after[asked] == (one.credential.username, one.credential.secret.reveal())
    take_back(store, outcomes, NOW + 6)
    again = answers(store)
    # What was moved aside counts as the newest of its service for Git when it is back.
    uses = ("index",) if replace else ("git", "index")
    assert {k: v for k, v in again.items() if k[0] in uses} == {
        k: v for k, v in before.items() if k[0] in uses
    }
    return any(done.outcome is BulkResult.KEPT for done in outcomes)


@pytest.mark.parametrize("seed", range(40))
def test_what_answered_before_still_does(machine: Machine, seed: int) -> None:
    random = Random(seed)
    replace = seed % 4 == 0
    assert any(stored_out_of_a_file(machine, random, replace=replace) for _ in range(30))
