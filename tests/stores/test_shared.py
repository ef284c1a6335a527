"""What the shared store says it would change, and what it then changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query
from git_credential_uvx.stores import stamp
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import Service

HOST = Service("https", "h.test", None)
ALICE = Credential(b"alice", Secret(b"pa"))
NOW = 1_800_000_000


def store(root: Path) -> SharedStore:
    return SharedStore(Settings(str(root / "credentials"), environ={}))


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "credentials").glob("*")}


def test_what_is_planned_is_not_written(tmp_path: Path) -> None:
    assert store(tmp_path).planned(HOST, ALICE, NOW)
    assert files(tmp_path) == {}


def test_a_stored_credential_needs_no_change(tmp_path: Path) -> None:
    store(tmp_path).put(HOST, ALICE, NOW)
    assert not store(tmp_path).planned(HOST, ALICE, NOW)


def test_a_change_is_worked_out_again_when_it_is_made(tmp_path: Path) -> None:
    late = store(tmp_path)
    assert late.planned(HOST, ALICE, NOW)
    store(tmp_path).put(HOST, ALICE, NOW)
    before = files(tmp_path)
    assert before
    late.apply(HOST, ALICE, NOW)
    assert files(tmp_path) == before


@pytest.mark.parametrize("left", [-1, -4, -8, -4000, -7992, -8000])
def test_an_index_that_was_cut_off_hides_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    monkeypatch.setattr(stamp, "_SETTLED", -(10**18))
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "credentials.toml").write_text(
        "".join(
            f'[[credential]]\nservice = "https://h{number}.test/"\n'
            f'username = "u"\nscheme = "basic"\npassword = "p{number}"\n\n'
            for number in range(1000)
        )
    )
    query = Query(Service("https", "h999.test", None))
    assert store(tmp_path).find(query, NOW).credential is not None
    index = folder / ".credentials.toml.plain"
    index.write_bytes(index.read_bytes()[:left])
    assert store(tmp_path).find(query, NOW).credential is not None


@pytest.mark.parametrize(
    ("extras", "reason"),
    [("", "uv cannot choose among its 2 accounts for it"), ("alice@", "")],
    ids=["two accounts of uv's file", "one account of uv's file, twice"],
)
def test_only_accounts_that_uv_has_are_counted_for_uv(
    tmp_path: Path, extras: str, reason: str
) -> None:
    known = store(tmp_path)
    known.login(HOST, ALICE, NOW)
    with (tmp_path / "credentials" / "credentials.toml").open("a") as file:
        file.write(
            f'[[credential]]\nservice = "https://{extras}h.test/"\n'
            f'username = "{"alice" if extras else "bob"}"\nscheme = "basic"\npassword = "pw"\n'
        )
    known.put(HOST, Credential(b"carol", Secret(b"pc")), NOW)  # into our file
    answer = known.find(Query(HOST, use="url"), NOW)
    assert answer.reason == reason
    assert answer.ambiguous == bool(reason)
    assert (answer.credential is None) == bool(reason)


@pytest.mark.parametrize(
    ("name", "authtype", "who"),
    [
        (b"alice", None, "the password of 'alice'"),
        (b"", None, "the token"),
        (None, b"Bearer", "the token"),
    ],
)
def test_a_refused_account_without_a_username_is_called_the_token(
    tmp_path: Path, name: bytes | None, authtype: bytes | None, who: str
) -> None:
    known, secret = store(tmp_path), Secret(b"s")
    known.login(HOST, Credential(name, secret, authtype=authtype), NOW)
    known.remove(HOST, name, secret, authtype, NOW)
    answer = known.find(Query(HOST, any_authtype=True), NOW)
    assert answer.reason.startswith(f"the server refused {who} earlier; run ")
