"""What a person changes: log in and out, keep in passing, bring back; uv goes on as before."""

from __future__ import annotations

import json
import tomllib
from time import time
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.stores.bulk import BulkResult, Item
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.urls.service import service_from_url
from tests.support.common import cases, entry

from .test_guest_rule import answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.machine import Machine

HOST = {"protocol": "https", "host": "git.test"}
ALICE = {**HOST, "username": "alice", "password": "pa"}
MONTH = 30 * 24 * 3600  # seconds


def login(machine: Machine, service: str, username: str, password: str, *more: str) -> str:
    words = (service, "--username", username, "--password", "-", *more)
    done = machine.run("git-credential-uvx", "login", *words, input=password.encode())
    assert done.stdout == b""
    return done.stderr.decode()


def listed(machine: Machine, *words: str) -> list[dict[str, object]]:
    done = machine.run("git-credential-uvx", "list", "--json", *words)
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


def keep(
    machine: Machine,
    url: str,
    username: str,
    secret: str,
    *,
    replace: bool = False,
    for_uv: bool = False,
) -> BulkResult:
    service = service_from_url(url)
    assert service is not None
    credential = Credential(username.encode(), Secret(secret.encode()))
    store = SharedStore(Settings(str(machine.folder), environ={}))
    item = Item(service, credential, for_uv=for_uv)
    return store.keep([item], int(time()), replace=replace)[0]


def stored(machine: Machine) -> set[tuple[str, str, str]]:
    found = tomllib.loads(machine.store.read_text()).get("credential", [])
    return {(one["service"], one["username"], one["password"]) for one in found}


class TestLogin:
    def test_git_and_uv_both_have_it(self, machine: Machine) -> None:
        login(machine, "git.test", "alice", "pa")
        assert machine.get(**HOST) == {b"username": b"alice", b"password": b"pa"}
        assert machine.uv_token("git.test", "alice") == "pa"

    def test_a_new_one_is_what_git_gets_of_several(self, machine: Machine) -> None:
        machine.put(**HOST, username="old", password="po")
        login(machine, "git.test", "alice", "pa")
        login(machine, "git.test", "bob", "pb")
        assert machine.get(**HOST)[b"username"] == b"bob"
        login(machine, "git.test", "alice", "pa2")
        assert machine.get(**HOST)[b"password"] == b"pa2"

    def test_what_git_keeps_for_others_leaves_uv_a_choice(self, machine: Machine) -> None:
        machine.put(**ALICE)
        assert "asks for a username" not in login(machine, "git.test", "bob", "pb")
        assert stored(machine) == {("https://git.test/", "bob", "pb")}
        assert machine.get(**HOST, username="alice")[b"password"] == b"pa"

    def test_a_second_account_of_a_person_is_told_to_make_uv_ask(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        assert "uv gets none unless its URL names one" in login(machine, "git.test", "bob", "pb")

    def test_the_same_password_again_shows_git_what_was_hidden(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.erase(**ALICE)
        login(machine, "git.test", "alice", "pa")
        assert machine.get(**HOST)[b"password"] == b"pa"

    def test_it_ends_what_stood_in_for_it(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="alice", password="typed")
        login(machine, "git.test", "alice", "pa")
        assert machine.get(**HOST)[b"password"] == b"pa"
        assert [row["where"] for row in listed(machine)] == ["credentials.toml"]

    def test_a_secret_that_uv_left_in_a_service_goes(self, machine: Machine) -> None:
        machine.run("uv", "auth", "login", "https://bob:CANARY@git.test")
        assert "CANARY@" in machine.store.read_text()
        login(machine, "git.test", "bob", "new")
        assert stored(machine) == {("https://git.test/", "bob", "new")}

    def test_it_ends_when_it_is_told_to(self, machine: Machine) -> None:
        login(machine, "git.test", "alice", "pa", "--expires", "4102444800")
        answer = machine.get(**HOST)
        assert answer[b"password_expiry_utc"] == b"4102444800"
        assert listed(machine)[0]["expires"] == 4102444800
        login(machine, "git.test", "alice", "pa")
        assert b"password_expiry_utc" not in machine.get(**HOST)

    @pytest.mark.parametrize("expires", ["253402300800", "999999999999"])
    def test_an_end_beyond_the_calendar_is_shown_as_its_last_day(
        self, machine: Machine, expires: str
    ) -> None:
        machine.put(**ALICE, password_expiry_utc=expires)
        assert listed(machine)[0]["expires"] == int(expires)
        assert b"9999-12-31 23:59 UTC" in machine.run("git-credential-uvx", "list").stdout
        command = ("git-credential-uvx", "helper", "--protocol=bazel", "get")
        answer = json.loads(machine.run(*command, input=b'{"uri": "https://git.test/"}').stdout)
        assert answer["expires"] == "9999-12-31T23:59:59Z"

    def test_other_bytes_of_uvs_file_stay(self, machine: Machine) -> None:
        before = "# mine\n" + entry("https://a.test/") + "\n# more\n" + entry("https://b.test/")
        machine.write_store(before)
        login(machine, "b.test", "alice", "new")
        after = before.replace(
            "# more\n" + entry("https://b.test/"),
            "# more\n" + entry("https://b.test/", secret="new"),
        )
        assert machine.store.read_text() == after

    def test_what_it_replaces_leaves_no_note_behind(self, machine: Machine) -> None:
        for password in ("one", "two", "three"):
            login(machine, "git.test", "alice", password, "--expires", "90d")
        assert machine.companion.read_text().count("[[credential]]") == 1


KEPT: dict[str, tuple[str, str, str, BulkResult]] = {
    "a new host": ("https://new.test/", "bob", "pb", BulkResult.KEPT),
    "a second account": ("https://git.test/", "bob", "pb", BulkResult.KEPT),
    "a path below": ("https://git.test/org/deep", "bob", "pb", BulkResult.KEPT),
    "the same account for a path below": ("https://git.test/org", "alice", "px", BulkResult.KEPT),
    "the very same": ("https://git.test/", "alice", "alice/", BulkResult.KNOWN),
    "another password": ("https://git.test/", "alice", "px", BulkResult.DIFFERS),
    "plain http": ("http://git.test/", "bob", "pb", BulkResult.KEPT),
}


class TestKeep:
    @cases("url, username, secret, outcome", KEPT)
    def test_uv_goes_on_as_before(
        self, machine: Machine, url: str, username: str, secret: str, outcome: BulkResult
    ) -> None:
        machine.write_store(entry("https://git.test/", "alice", "alice/"))
        before, found = machine.files(), answers(machine)
        assert keep(machine, url, username, secret) == outcome
        assert answers(machine) == found
        if outcome == BulkResult.KEPT:
            rows = [(row["service"], row["username"]) for row in listed(machine)]
            assert (url, username) in rows
            assert keep(machine, url, username, secret) == BulkResult.KNOWN
        else:
            assert machine.files() == before

    def test_with_replace_a_persons_password_is_changed_in_its_place(
        self, machine: Machine
    ) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="alice", password="typed")
        assert keep(machine, "https://git.test/", "alice", "new", replace=True) == BulkResult.KEPT
        assert stored(machine) == {("https://git.test/", "alice", "new")}
        assert machine.get(**HOST)[b"password"] == b"new"
        assert len(listed(machine)) == 1

    FOR_UV = (
        ("https://new.test/a", "bob", "pb", False, BulkResult.KEPT),
        ("https://git.test/", "bob", "pb", False, BulkResult.CROWDED),
        ("https://git.test/a/b", "bob", "pb", False, BulkResult.CROWDED),
        ("https://git.test/a/b", "bob", "pb", True, BulkResult.KEPT),
        ("http://far.test/", "bob", "pb", False, BulkResult.CROWDED),
    )

    @pytest.mark.parametrize(("url", "username", "secret", "replace", "outcome"), FOR_UV)
    def test_what_uv_must_find_it_finds_or_it_is_not_kept(
        self,
        machine: Machine,
        url: str,
        username: str,
        secret: str,
        replace: bool,
        outcome: BulkResult,
    ) -> None:
        machine.write_store(entry("https://git.test/", "alice", "alice/"))
        before = machine.files()
        assert keep(machine, url, username, secret, replace=replace, for_uv=True) == outcome
        if outcome == BulkResult.KEPT:
            assert machine.uv_token(url, username) == secret
        else:
            assert machine.files() == before

    def test_what_git_typed_becomes_what_uv_finds_where_it_can(self, machine: Machine) -> None:
        machine.write_store(entry("https://git.test/", "alice", "pa"))
        machine.put(**HOST, username="bob", password="pb")
        machine.run("uv", "auth", "logout", "git.test", "--username", "alice")
        assert keep(machine, "https://git.test/", "bob", "pb", for_uv=True) == BulkResult.KEPT
        assert machine.uv_token("git.test", "bob") == "pb"
        assert keep(machine, "https://git.test/", "bob", "pb", for_uv=True) == BulkResult.KNOWN

    def test_many_at_once_are_one_change(self, machine: Machine) -> None:
        def item(url: str, username: str) -> Item:
            service = service_from_url(url)
            assert service is not None
            secret = Secret(f"p{url}{username}".encode())
            return Item(service, Credential(username.encode(), secret))

        items = [item(f"https://h{n}.test/", "a") for n in range(1000)]
        items += [item(f"https://one.test/p{n}", "a") for n in range(1000)]
        items += [item("https://one.test/", f"u{n}") for n in range(1000)]
        store = SharedStore(Settings(str(machine.folder), environ={}))
        assert set(store.keep(items, int(time()))) == {BulkResult.KEPT}
        assert len(listed(machine)) == len(items)
        assert set(store.keep(items, int(time()))) == {BulkResult.KNOWN}
        assert machine.uv_token("https://one.test/p7/x", "a") == "phttps://one.test/p7a"
        again = [Item(i.service, Credential(i.credential.username, Secret(b"x"))) for i in items]
        assert set(store.keep(again, int(time()))) == {BulkResult.DIFFERS}
        assert set(store.keep(again, int(time()), replace=True)) == {BulkResult.KEPT}
        assert set(store.keep(again, int(time()))) == {BulkResult.KNOWN}

    def test_two_secrets_for_one_account_differ_whatever_is_wanted(self, machine: Machine) -> None:
        service = service_from_url("https://git.test/")
        assert service is not None
        items = [Item(service, Credential(b"a", Secret(word))) for word in (b"1", b"2", b"1")]
        store = SharedStore(Settings(str(machine.folder), environ={}))
        assert store.keep(items, int(time()), replace=True) == [
            BulkResult.KEPT,
            BulkResult.DIFFERS,
            BulkResult.KNOWN,
        ]

    def test_what_git_typed_counts_before_what_uv_has(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="alice", password="typed")
        assert keep(machine, "https://git.test/", "alice", "typed") == BulkResult.KNOWN
        assert keep(machine, "https://git.test/", "alice", "pa") == BulkResult.DIFFERS


ADDRESSES = {
    "as scp has it": "git@github.com:o/r.git",
    "ssh": "ssh://git@github.com/o/r.git",
    "ssh for pip": "git+ssh://git@github.com/o/r.git",
}


@cases("address", {name: (address,) for name, address in ADDRESSES.items()})
def test_an_address_of_ssh_is_told_to_need_no_login(machine: Machine, address: tuple[str]) -> None:
    words = ("login", *address, "--token", "-")
    done = machine.run("git-credential-uvx", *words, input=b"t", check=False)
    assert done.returncode == 2
    assert b"reached by ssh" in done.stderr


def test_what_no_service_looks_like_is_shown_whole(machine: Machine) -> None:
    """The form has nothing in it that would be taken for a secret and masked."""
    done = machine.run("git-credential-uvx", "login", "", "--token", "-", input=b"t", check=False)
    assert done.returncode == 2
    line = b"git-credential-uvx: SERVICE is empty\n"
    assert done.stderr == line


SLASHES = {
    "https": ("https:/git.test",),
    "http": ("HTTP:/git.test/path",),
    "a scheme that is none here": ("ssh:/git.test",),
    "a host with nothing for a port": ("git.test:/path",),
}


@cases("service", SLASHES)
def test_a_scheme_without_both_slashes_is_taken_for_no_host(
    machine: Machine, service: tuple[str]
) -> None:
    words = ("login", *service, "--token", "-")
    done = machine.run("git-credential-uvx", *words, input=b"t", check=False)
    assert done.returncode == 2
    assert b"SERVICE is not of the form scheme://host/path" in done.stderr
    assert machine.files() == {}


@pytest.mark.parametrize("command", ["login", "logout"])
def test_a_path_that_is_empty_means_not_the_whole_host(machine: Machine, command: str) -> None:
    machine.uv_login("git.test", "alice", "pa")
    words = (command, "git.test", "--username", "alice", "--path", "")
    more = ("--password", "-") if command == "login" else ()
    done = machine.run("git-credential-uvx", *words, *more, input=b"pb", check=False)
    assert done.returncode == 2
    assert b"'--path' is empty" in done.stderr
    assert stored(machine) == {("https://git.test/", "alice", "pa")}


class TestLogout:
    def test_every_file_forgets_it(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="alice", password="typed")
        machine.erase(**HOST, username="alice", password="typed")
        machine.run("git-credential-uvx", "logout", "git.test", "--username", "alice")
        assert listed(machine) == []
        assert b"pa" not in machine.files()["credentials.toml"]
        assert b"typed" not in machine.files()["git-credential-uvx.toml"]

    def test_all_accounts_of_the_service_and_its_paths_and_no_other(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="bob", password="pb")
        machine.uv_login("git.test/path", "carol", "pc")
        machine.uv_login("other.test", "dave", "pd")
        done = machine.run("git-credential-uvx", "logout", "git.test", "--all")
        assert done.stderr.decode().splitlines() == [
            "Removed credentials for alice@https://git.test/",
            "Removed credentials for carol@https://git.test/path",
            "Removed credentials for bob@https://git.test/",
            "Nothing was revoked at the server",
        ]
        assert [row["username"] for row in listed(machine)] == ["dave"]

    def test_several_accounts_are_named_and_stay(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.put(**HOST, username="bob", password="pb")
        before = machine.files()
        done = machine.run("git-credential-uvx", "logout", "git.test", check=False)
        assert done.returncode == 2
        assert b"'alice', 'bob'; use 'git-credential-uvx logout " in done.stderr
        assert machine.files() == before


class TestRestore:
    def test_what_git_erased_comes_back(self, machine: Machine) -> None:
        machine.put(**ALICE, oauth_refresh_token="rr")
        machine.erase(**ALICE)
        assert machine.get(**HOST) == {}
        done = machine.run("git-credential-uvx", "restore", "git.test")
        assert done.stderr.startswith(b"Restored credentials for alice@https://git.test/\n")
        assert machine.get(**HOST)[b"oauth_refresh_token"] == b"rr"
        assert machine.uv_token("git.test", "alice") == "pa"
        assert "erased" not in machine.companion.read_text()

    def test_what_git_was_refused_is_shown_to_it_again(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.erase(**ALICE)
        machine.run("git-credential-uvx", "restore", "git.test")
        assert machine.get(**HOST)[b"password"] == b"pa"

    def test_several_that_were_refused_come_back_once_uv_has_logged_out_of_another(
        self, machine: Machine
    ) -> None:
        names = ("alice", "bob", "carol")
        for name in names:
            login(machine, "git.test", name, "p")
        for name in names[:2]:
            machine.erase(**HOST, username=name, password="p")
        machine.run("uv", "auth", "logout", "git.test", "--username", "carol")
        machine.run("git-credential-uvx", "restore", "git.test")
        assert [row["notes"] for row in listed(machine)] == [[], []]

    def test_several_accounts_come_back_and_uv_still_has_one_answer(self, machine: Machine) -> None:
        for name in ("alice", "bob", "git"):
            machine.put(**HOST, username=name, password=f"{name}/")
        before = answers(machine)
        machine.erase(**HOST)
        machine.run("git-credential-uvx", "restore", "git.test")
        assert answers(machine) == before
        assert {row["username"] for row in listed(machine)} == {"alice", "bob", "git"}

    def test_one_account_alone(self, machine: Machine) -> None:
        for name in ("alice", "bob"):
            machine.put(**HOST, username=name, password="p")
        machine.erase(**HOST)
        machine.run("git-credential-uvx", "restore", "git.test", "--username", "bob")
        assert machine.get(**HOST)[b"username"] == b"bob"
        assert machine.get(**HOST, username="alice") == {}

    def test_a_password_that_came_since_stays(self, machine: Machine) -> None:
        machine.put(**ALICE)
        machine.erase(**ALICE)
        machine.uv_login("git.test", "alice", "new")
        done = machine.run("git-credential-uvx", "restore", "git.test", check=False)
        assert done.returncode == 1
        assert b"Git has a newer password for alice@https://git.test/" in done.stderr
        assert machine.get(**HOST)[b"password"] == b"new"

    def test_the_same_password_that_came_since_is_what_was_asked_for(
        self, machine: Machine
    ) -> None:
        machine.put(**ALICE)
        machine.erase(**ALICE)
        machine.uv_login("git.test", "alice", "pa")
        machine.run("git-credential-uvx", "restore", "git.test")
        assert "erased" not in machine.companion.read_text()
        assert len(listed(machine)) == 1

    def test_a_new_password_lets_go_of_the_old_one(self, machine: Machine) -> None:
        machine.put(**ALICE)
        machine.erase(**ALICE)
        machine.put(**HOST, username="alice", password="new")
        assert "erased" not in machine.companion.read_text()

    @pytest.mark.parametrize(("age", "status"), [(MONTH - 60, 0), (MONTH + 60, 1)])
    def test_thirty_days_long(self, machine: Machine, age: int, status: int) -> None:
        machine.put(**ALICE)
        machine.erase(**ALICE)
        text = machine.companion.read_text()
        erased = int(text.partition("erased = ")[2])
        machine.companion.write_text(text.replace(f"erased = {erased}", f"erased = {erased - age}"))
        machine.put(**HOST, username="bob", password="pb")
        assert ("erased" in machine.companion.read_text()) == (status == 0)
        done = machine.run("git-credential-uvx", "restore", "git.test", check=False)
        assert done.returncode == status

    def test_what_has_expired_is_not_kept_aside(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc="4102444800")
        text = machine.companion.read_text()
        machine.companion.write_text(text.replace("4102444800", "1000000000"))
        machine.erase(**ALICE)
        assert "erased" not in machine.companion.read_text()

    def test_the_last_one_counts_and_no_heap_of_old_ones_grows(self, machine: Machine) -> None:
        for number in range(4):
            fields = {**HOST, "username": "alice", "password": f"p{number}"}
            machine.put(**fields)
            machine.erase(**fields)
        assert machine.companion.read_text().count("erased") == 1
        machine.run("git-credential-uvx", "restore", "git.test")
        assert machine.get(**HOST)[b"password"] == b"p3"


class TestList:
    def test_nothing(self, machine: Machine) -> None:
        done = machine.run("git-credential-uvx", "list")
        assert (done.stdout, done.stderr) == (b"", b"nothing is stored\n")
        assert listed(machine) == []

    @pytest.fixture
    def rows(self, machine: Machine) -> dict[str, dict[str, object]]:
        """What is told of alice, whom uv stored and a server refused, of bob, whom Git stored, and
        of carol, whom Git stored and erased."""
        machine.uv_login("git.test", "alice", "CANARY")
        machine.erase(**HOST, username="alice", password="CANARY")
        machine.put(**HOST, username="bob", password="CANARY", oauth_refresh_token="CANARY")
        machine.put(protocol="https", host="gone.test", username="carol", password="CANARY")
        machine.erase(protocol="https", host="gone.test")
        return {str(row["username"]): row for row in listed(machine)}

    def test_what_became_of_an_account(self, rows: dict[str, dict[str, object]]) -> None:
        assert "refused by the server" in str(rows["alice"]["notes"])
        assert rows["bob"]["renewable"] is True
        assert "restore gone.test --username carol' brings it back" in str(rows["carol"]["notes"])

    def test_who_stored_it_and_where(self, rows: dict[str, dict[str, object]]) -> None:
        assert (rows["alice"]["by"], rows["bob"]["by"]) == ("person", "git")
        assert rows["bob"]["where"] == "git-credential-uvx.toml"

    @pytest.mark.usefixtures("rows")
    def test_people_get_a_table_with_a_line_for_each(self, machine: Machine) -> None:
        table = machine.run("git-credential-uvx", "list").stdout.decode().splitlines()
        assert table[0].split() == ["SERVICE", "USERNAME", "WHERE", "STORED", "NOTE"]
        assert len(table) == 4

    @pytest.mark.usefixtures("rows")
    @pytest.mark.parametrize("words", [(), ("--json",)], ids=["people", "JSON"])
    def test_no_secret_is_in_a_list(self, machine: Machine, words: tuple[str, ...]) -> None:
        told = machine.run("git-credential-uvx", "list", *words).stdout
        assert b"bob" in told
        assert b"CANARY" not in told

    def test_it_tells_when_only_where_that_is_known(self, machine: Machine) -> None:
        machine.uv_login("git.test", "by-uv", "p")
        login(machine, "git.test", "by-us", "p")
        machine.put(**HOST, username="by-git", password="p")
        keep(machine, "https://git.test/", "kept", "p")
        stored = {row["username"]: row["stored"] for row in listed(machine)}
        assert stored["by-uv"] is None
        assert isinstance(stored["by-us"], int)
        assert isinstance(stored["by-git"], int)

    def test_a_control_character_is_itself_in_json_and_an_escape_for_people(
        self, machine: Machine
    ) -> None:
        machine.put(**HOST, username="\x1b[31mx", password="p")
        assert listed(machine)[0]["username"] == "\x1b[31mx"
        assert b"\x1b" not in machine.run("git-credential-uvx", "list").stdout

    def test_one_service(self, machine: Machine) -> None:
        for host in ("a.test", "b.test"):
            machine.uv_login(host, "alice", "pa")
        assert [row["service"] for row in listed(machine, "b.test")] == ["https://b.test/"]

    def test_a_large_store(self, machine: Machine, tmp_path: Path) -> None:
        machine.write_store("\n".join(entry(f"https://h{n}.test/") for n in range(2000)))
        assert len(listed(machine)) == 2000
        login(machine, "h1234.test", "alice", "new")
        assert machine.uv_token("h1234.test", "alice") == "new"
        machine.run("git-credential-uvx", "logout", "h1.test")
        assert len(listed(machine)) == 1999
