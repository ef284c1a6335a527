"""What get, store and erase do, asked of the installed command; uv is asked for its view."""

from __future__ import annotations

import pytest

from ..support.common import entry as uv_entry
from ..support.machine import Machine, request

HOST = {"protocol": "https", "host": "git.test"}
FUTURE = "99999999999"


def account(username: str, password: str, **more: str | bytes) -> dict[str, str | bytes]:
    return {**HOST, "username": username, "password": password, **more}


ALICE = account("alice", "pa")
BOB = account("bob", "pb")


def pair(username: str, password: str) -> dict[bytes, bytes]:
    return {b"username": username.encode(), b"password": password.encode()}


def test_what_uv_stored_answers_git(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "pä ss\"wo'rd\\")
    assert machine.get(**HOST) == pair("alice", "pä ss\"wo'rd\\")


def test_what_git_stored_answers_uv(machine: Machine) -> None:
    machine.put(**account("alice", "pä ss\"wo'rd\\"))
    assert machine.uv_token("https://git.test", "alice") == "pä ss\"wo'rd\\"


def test_an_entry_looks_as_uv_would_have_written_it(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "pa")
    by_uv = machine.store.read_bytes()
    machine.store.unlink()
    machine.put(**ALICE)
    assert machine.store.read_bytes() == by_uv


@pytest.mark.parametrize(
    "value",
    [b"latin-1 \xe9", b" blanks \t", b"", b"\xff\xfe", b"a=b", b"\x01\x7f\x0b\x85", "ü".encode()],
)
def test_any_bytes_come_back_as_they_were(machine: Machine, value: bytes) -> None:
    machine.put(**HOST, username=b"u" + value, password=value)
    machine.put(**{**HOST, "host": "other.test"}, username=value, password=b"p" + value)
    done = machine.helper("get", request(**HOST))
    assert done.stdout == b"username=u" + value + b"\npassword=" + value + b"\n"
    done = machine.helper("get", request(protocol="https", host="other.test"))
    assert done.stdout == b"username=" + value + b"\npassword=p" + value + b"\n"


def test_an_account_goes_on_answering_and_a_username_chooses_another(machine: Machine) -> None:
    for stored in (ALICE, BOB):
        machine.put(**stored)
    assert machine.get(**HOST) == pair("alice", "pa")
    assert machine.get(**HOST, username="bob") == pair("bob", "pb")
    assert machine.get(**HOST, username="Bob") == {}
    machine.put(**account("bob", "new"))
    assert machine.get(**HOST) == pair("alice", "pa")
    assert machine.get(**HOST, username="bob") == pair("bob", "new")


def test_a_login_by_uv_becomes_the_default_account(machine: Machine) -> None:
    machine.put(**ALICE)
    machine.put(**BOB)
    machine.uv_login("git.test", "carol", "pc")
    assert machine.get(**HOST) == pair("carol", "pc")
    machine.put(**account("dave", "pd"))
    assert machine.get(**HOST) == pair("carol", "pc")
    machine.uv_login("git.test", "carol", "pc2")
    assert machine.get(**HOST) == pair("carol", "pc2")


@pytest.mark.parametrize("name", ["git", "oauth2", "x-access-token", "x-token-auth", "__token__"])
def test_a_name_for_any_account_means_any_account_unless_it_is_one(
    machine: Machine, name: str
) -> None:
    machine.put(**ALICE)
    assert machine.get(**HOST, username=name) == pair("alice", "pa")
    machine.put(**account(name, "token"))
    machine.put(**BOB)
    assert machine.get(**HOST, username=name) == pair(name, "token")


PATHS = {
    "no path, only the whole host": ({}, "root"),
    "a path below": ({"path": "org/repo.git"}, "org"),
    "the path itself": ({"path": "org"}, "org"),
    "a longer path": ({"path": "org/deep/repo.git"}, "deep"),
    "half a segment": ({"path": "organic/repo"}, "root"),
    "another case": ({"path": "ORG/repo"}, "root"),
    "an empty segment before it": ({"path": "/org"}, "org"),
    "two slashes before it": ({"path": "//org"}, "root"),
    "another path and its username": ({"path": "org/deep/x", "username": "org"}, "org"),
}


@pytest.mark.parametrize(("asked", "answer"), PATHS.values(), ids=PATHS)
def test_the_longest_path_answers(machine: Machine, asked: dict[str, str], answer: str) -> None:
    for username, path in (("org", "/org"), ("deep", "/org/deep"), ("root", "/")):
        machine.uv_login(f"git.test{path}", username, "p" + username)
    assert machine.get(**HOST, **asked) == pair(answer, "p" + answer)


def test_without_a_path_no_entry_for_a_path_answers(machine: Machine) -> None:
    machine.put(**ALICE, path="org/repo.git")
    assert machine.get(**HOST) == {}
    assert machine.get(**HOST, path="org/repo.git") == pair("alice", "pa")


def test_storing_what_is_known_writes_nothing(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", "pa")
    machine.put(**BOB, password_expiry_utc=FUTURE, oauth_refresh_token="r")
    before = {p.name: (p.read_bytes(), p.stat()) for p in machine.folder.iterdir()}
    machine.put(**ALICE)
    machine.put(**ALICE, path="org/repo.git")
    machine.put(**BOB, password_expiry_utc=FUTURE, oauth_refresh_token="r")
    assert {p.name: (p.read_bytes(), p.stat()) for p in machine.folder.iterdir()} == before


NOTHING_TO_STORE = {
    "no username": {**HOST, "password": "x"},
    "no password": {**HOST, "username": "x"},
    "no host": {"protocol": "https", "username": "x", "password": "x"},
    "an empty host": {"protocol": "https", "host": "", "username": "x", "password": "x"},
    "no protocol": {"host": "git.test", "username": "x", "password": "x"},
    "an expired password": account("x", "x", password_expiry_utc="1"),
    "an ephemeral one": account("x", "x", ephemeral="1"),
    "a scheme without credential": {**HOST, "authtype": "Bearer", "username": "x"},
}


@pytest.mark.parametrize("fields", NOTHING_TO_STORE.values(), ids=NOTHING_TO_STORE)
def test_nothing_is_stored_of(machine: Machine, fields: dict[str, str]) -> None:
    machine.put(**fields)
    assert not machine.folder.exists()


class TestExpiryAndRefreshTokens:
    def test_they_come_back_with_the_password(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE, oauth_refresh_token=b"r\xe9")
        assert machine.get(**HOST) == {
            **pair("alice", "pa"),
            b"password_expiry_utc": FUTURE.encode(),
            b"oauth_refresh_token": b"r\xe9",
        }
        assert machine.uv_token("https://git.test", "alice") == "pa"

    @pytest.mark.parametrize("word", ["", "-1", "1_0", "+1", " 1", "1e9", "٣", "9" * 13])
    def test_an_expiry_that_is_no_number_stores_nothing(self, machine: Machine, word: str) -> None:
        done = machine.helper("store", request(**ALICE, password_expiry_utc=word))
        assert b"password_expiry_utc" in done.stderr
        assert machine.files() == {}

    @pytest.mark.parametrize("again", ["login", "logout and login", "new password by hand"])
    def test_they_end_with_the_password_they_came_with(self, machine: Machine, again: str) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE, oauth_refresh_token="r")
        if again == "new password by hand":
            text = machine.store.read_text()
            machine.store.write_text(text.replace('"pa"', '"new"'))
        else:
            if again == "logout and login":
                machine.run("uv", "auth", "logout", "git.test", "--username", "alice")
                assert machine.get(**HOST) == {}
            machine.uv_login("git.test", "alice", "new")
        assert machine.get(**HOST) == pair("alice", "new")

    def test_they_leave_the_disk_with_the_next_change_after_a_logout(
        self, machine: Machine
    ) -> None:
        machine.put(**ALICE, oauth_refresh_token="CANARY")
        machine.run("uv", "auth", "logout", "git.test", "--username", "alice")
        machine.put(**BOB)
        assert b"CANARY" not in machine.companion.read_bytes()

    def test_they_survive_that_uv_rewrites_its_file(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE)
        machine.uv_login("elsewhere.test", "x", "y")
        assert machine.get(**HOST)[b"password_expiry_utc"] == FUTURE.encode()

    def test_of_an_expired_password_only_the_refresh_token_is_told(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE, oauth_refresh_token="r")
        machine.put(**BOB, password_expiry_utc=FUTURE)
        text = machine.companion.read_text()
        machine.companion.write_text(text.replace(FUTURE, "1000000000"))
        assert machine.get(**HOST, username="alice") == {
            b"username": b"alice",
            b"oauth_refresh_token": b"r",
        }
        assert machine.get(**HOST, username="bob") == {}

    def test_a_new_expiry_replaces_the_old_one(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE)
        machine.put(**ALICE, password_expiry_utc="88888888888")
        assert machine.get(**HOST)[b"password_expiry_utc"] == b"88888888888"
        machine.put(**account("alice", "new"))
        assert machine.get(**HOST) == pair("alice", "new")

    def test_an_older_git_that_gives_the_password_back_without_them_loses_nothing(
        self, machine: Machine
    ) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE, oauth_refresh_token="r")
        before = machine.files()
        machine.put(**ALICE)
        machine.put(**ALICE, oauth_refresh_token="r")
        assert machine.files() == before
        machine.put(**ALICE, oauth_refresh_token="s")
        answer = machine.get(**HOST)
        assert answer[b"password_expiry_utc"] == FUTURE.encode()
        assert answer[b"oauth_refresh_token"] == b"s"

    def test_a_password_typed_again_after_it_expired_is_valid_again(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE)
        text = machine.companion.read_text()
        machine.companion.write_text(text.replace(FUTURE, "1000000000"))
        machine.put(**ALICE)
        assert machine.get(**HOST) == pair("alice", "pa")

    def test_a_valid_account_comes_before_one_to_be_renewed(self, machine: Machine) -> None:
        machine.put(**BOB)
        machine.put(**ALICE, password_expiry_utc=FUTURE, oauth_refresh_token="r")
        text = machine.companion.read_text()
        machine.companion.write_text(text.replace(FUTURE, "1000000000"))
        assert machine.get(**HOST) == pair("bob", "pb")


class TestSchemes:
    ASKED = b"protocol=https\nhost=git.test\ncapability[]=authtype\n"

    def store(self, machine: Machine, scheme: bytes, **more: str) -> None:
        extra = b"".join(f"{k}={v}\n".encode() for k, v in more.items())
        data = self.ASKED + b"authtype=" + scheme + b"\ncredential=TT\n" + extra + b"\n"
        assert machine.helper("store", data).stderr == b""

    @pytest.mark.parametrize("scheme", [b"Bearer", b"Digest"])
    def test_they_come_back_when_the_caller_can_take_them(
        self, machine: Machine, scheme: bytes
    ) -> None:
        self.store(machine, scheme)
        assert machine.get(**HOST) == {}
        assert machine.helper("get", self.ASKED + b"\n").stdout == (
            b"capability[]=authtype\nauthtype=" + scheme + b"\ncredential=TT\n"
        )

    def test_uv_gets_a_bearer_token_and_no_other_scheme(self, machine: Machine) -> None:
        self.store(machine, b"Digest")
        assert "credentials.toml" not in machine.files()
        self.store(machine, b"Bearer")
        assert b'scheme = "bearer"\ntoken = "TT"\n' in machine.store.read_bytes()

    def test_a_bearer_token_never_makes_uv_ambiguous(self, machine: Machine) -> None:
        machine.uv_login("git.test", "__token__", "pa")
        before = machine.store.read_bytes()
        self.store(machine, b"Bearer")
        assert machine.store.read_bytes() == before
        machine.erase(**HOST, username="__token__", password="pa")
        assert b"credential=TT" in machine.helper("get", self.ASKED + b"\n").stdout

    def test_a_new_bearer_token_takes_the_place_of_the_old_one(self, machine: Machine) -> None:
        for token in ("old", "new"):
            data = self.ASKED + f"authtype=Bearer\ncredential={token}\n\n".encode()
            assert machine.helper("store", data).stderr == b""
        text = machine.store.read_text()
        assert text.count("[[credential]]") == 1
        assert 'token = "new"' in text

    def test_an_erase_forgets_the_token_it_names(self, machine: Machine) -> None:
        self.store(machine, b"Bearer")
        for token, left in ((b"UU", True), (b"TT", False)):
            data = self.ASKED + b"authtype=Bearer\ncredential=" + token + b"\n\n"
            assert machine.helper("erase", data).stdout == b""
            assert bool(machine.helper("get", self.ASKED + b"\n").stdout) is left

    def test_a_username_can_come_with_them(self, machine: Machine) -> None:
        self.store(machine, b"Bearer", username="alice")
        asked = self.ASKED + b"username=alice\n\n"
        assert b"credential=TT\n" in machine.helper("get", asked).stdout
        asked = self.ASKED + b"username=bob\n\n"
        assert machine.helper("get", asked).stdout == b""


class TestErase:
    def test_what_git_stored_is_gone_for_uv_too(self, machine: Machine) -> None:
        machine.put(**ALICE)
        machine.erase(**ALICE)
        assert machine.get(**HOST) == {}
        assert machine.uv_token("https://git.test", "alice") is None
        assert machine.files()["credentials.toml"] == b""

    def test_what_uv_stored_is_hidden_from_git_only(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "pa")
        before = machine.store.read_bytes()
        machine.erase(**ALICE)
        advice = "earlier; run 'git-credential-uvx login git.test --username alice'"
        machine.get_nothing_but(advice, **HOST)
        assert machine.store.read_bytes() == before
        assert machine.uv_token("https://git.test", "alice") == "pa"

    @pytest.mark.parametrize("by", ["uv", "git, typed again"])
    def test_a_hidden_entry_is_back_with(self, machine: Machine, by: str) -> None:
        machine.uv_login("git.test", "alice", "pa")
        machine.erase(**ALICE)
        if by == "uv":
            machine.uv_login("git.test", "alice", "new")
            assert machine.get(**HOST) == pair("alice", "new")
        else:
            machine.put(**ALICE)
            assert machine.get(**HOST) == pair("alice", "pa")

    def test_what_git_then_learns_leaves_uvs_password_alone(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "packages")
        machine.erase(**account("alice", "packages"))
        said = machine.put_over_refused(**account("alice", "git"))
        assert "run 'git-credential-uvx login git.test --username alice' to update it" in said
        machine.put(**account("alice", "git"))
        assert machine.get(**HOST) == pair("alice", "git")
        assert machine.uv_token("https://git.test", "alice") == "packages"
        machine.erase(**account("alice", "git"))
        machine.get_nothing_but("refused", **HOST)
        assert machine.uv_token("https://git.test", "alice") == "packages"

    def test_what_git_then_learned_goes_with_the_login_it_stood_in_for(
        self, machine: Machine
    ) -> None:
        machine.uv_login("git.test", "alice", "packages")
        machine.erase(**account("alice", "packages"))
        machine.put_over_refused(**account("alice", "CANARY"))
        machine.run("uv", "auth", "logout", "git.test", "--username", "alice")
        assert machine.get(**HOST) == {}
        machine.put(**BOB)
        assert b"CANARY" not in b"".join(machine.files().values())

    def test_an_entry_that_only_uv_tells_from_gits_is_left_alone(self, machine: Machine) -> None:
        machine.put(**ALICE)
        text = machine.store.read_text().replace("https://", "https://alice:p9@")
        machine.store.write_text(machine.store.read_text() + "\n" + text.replace('"pa"', '"p9"'))
        machine.erase(**ALICE)
        assert machine.get(**HOST) == pair("alice", "p9")

    def test_another_password_survives(self, machine: Machine) -> None:
        machine.put(**ALICE)
        machine.erase(**account("alice", "other"))
        machine.erase(**account("bob", "pa"))
        assert machine.get(**HOST) == pair("alice", "pa")

    def test_no_username_means_every_account(self, machine: Machine) -> None:
        for stored in (ALICE, BOB):
            machine.put(**stored)
        machine.put(**{**ALICE, "host": "other.test"})
        machine.erase(**HOST)
        assert machine.get(**HOST) == {}
        assert machine.get(protocol="https", host="other.test") == pair("alice", "pa")

    def test_an_entry_that_git_stored_and_uv_rewrote_is_still_gits(self, machine: Machine) -> None:
        machine.put(**ALICE)
        machine.uv_login("elsewhere.test", "x", "y")
        machine.erase(**ALICE)
        assert machine.uv_token("https://git.test", "alice") is None

    def test_an_entry_that_uv_repeats_does_not_come_back(self, machine: Machine) -> None:
        machine.put(**ALICE)
        text = machine.store.read_text()
        machine.store.write_text(text.replace("pa", "older") + "\n" + text)
        machine.erase(**ALICE)
        assert machine.get(**HOST) == {}

    def test_git_makes_room_when_uv_is_told_another_account(self, machine: Machine) -> None:
        machine.put(**ALICE, password_expiry_utc=FUTURE)
        machine.uv_login("git.test", "bob", "pb")
        # uv cannot choose between the two now; the next use of Git's own account mends that.
        machine.put(**ALICE)
        assert machine.uv_token("git.test", "alice") is None
        assert machine.uv_token("git.test", "bob") == "pb"
        assert machine.get(**HOST) == pair("bob", "pb")
        answer = machine.get(**HOST, username="alice")
        assert answer == {**pair("alice", "pa"), b"password_expiry_utc": FUTURE.encode()}
        before = machine.files()
        machine.put(**ALICE)
        assert machine.files() == before

    def test_a_login_with_a_password_that_git_had_long_replaced_is_a_persons(
        self, machine: Machine
    ) -> None:
        machine.put(**ALICE)
        machine.put(**account("alice", "second"))
        machine.uv_login("git.test", "alice", "pa")
        machine.erase(**ALICE)
        assert machine.uv_token("git.test", "alice") == "pa"

    def test_nothing_to_erase_writes_nothing(self, machine: Machine) -> None:
        machine.erase(**ALICE)
        assert not machine.folder.exists()
        machine.uv_login("git.test", "alice", "pa")
        before = machine.files()
        machine.erase(**BOB)
        assert machine.files() == before


class TestPlainHttp:
    @pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1"])
    def test_of_this_machine_is_uvs_too(self, machine: Machine, host: str) -> None:
        machine.put(protocol="http", host=host, username="alice", password="pa")
        assert machine.uv_token(f"http://{host}", "alice") == "pa"

    @pytest.mark.parametrize("host", ["git.test", "[::1]", "localhost.test", "127.0.0.2"])
    def test_of_another_host_never_reaches_uv(self, machine: Machine, host: str) -> None:
        fields = {"protocol": "http", "host": host, "username": "alice", "password": "pa"}
        machine.put(**fields)
        assert "credentials.toml" not in machine.files()
        assert machine.get(protocol="http", host=host) == pair("alice", "pa")
        assert machine.get(protocol="https", host=host) == {}
        machine.erase(**fields)
        assert machine.get(protocol="http", host=host) == {}


def test_a_command_that_is_none_is_told_where_git_would_not_have_asked(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "loginn", "git.test", check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no such command" in done.stderr


@pytest.mark.parametrize("operation", ["get2", "approve", "", "Get", "fill"])
def test_an_unknown_operation_is_silent_and_changes_nothing(
    machine: Machine, operation: str
) -> None:
    machine.put(**ALICE)
    before = machine.files()
    done = machine.run("git-credential-uvx", *operation.split(), input=request(**BOB))
    assert (done.stdout, done.stderr) == (b"", b"")
    assert machine.files() == before


def test_capability_tells_what_the_helper_can(machine: Machine) -> None:
    assert machine.helper("capability", b"").stdout == b"version 0\ncapability authtype\n"


@pytest.mark.parametrize("entries", [1, 500])
def test_a_change_for_one_host_keeps_what_is_known_about_others(
    machine: Machine, entries: int
) -> None:
    others = (uv_entry(f"https://h{number}.test/") for number in range(entries))
    machine.write_store("\n".join([*others, uv_entry("https://person.test/", "carol", "hers")]))
    dated = account("alice", "pa", password_expiry_utc="4000000000", oauth_refresh_token="again")
    machine.put(**dated)
    person = {"protocol": "https", "host": "person.test", "username": "carol"}
    machine.put(**person, password="typed")
    answers = machine.get(**HOST), machine.get(**person)
    assert answers[0][b"oauth_refresh_token"] == b"again"
    assert answers[1][b"password"] == b"typed"
    machine.put(protocol="https", host="new.test", username="dave", password="pd")
    assert (machine.get(**HOST), machine.get(**person)) == answers
    machine.erase(**ALICE)
    assert machine.get(**HOST) == {}
    assert b"git.test" not in machine.store.read_bytes()


def refused(machine: Machine) -> str:
    """What `erase` says of what `get` answered."""
    given = machine.get(**HOST)
    words = request(**HOST, username=given[b"username"], password=given[b"password"])
    done = machine.helper("erase", words)
    assert done.stdout == b""
    assert b"CANARY" not in done.stderr
    return done.stderr.decode()


class TestTheOriginOfARefusedSecretIsNamed:
    """Git says that a server refused a password, and only a person can end that."""

    def test_of_a_variable(self, machine: Machine) -> None:
        machine.env["UVX_TOKEN_git_test"] = "CANARY"
        assert refused(machine) == (
            "git-credential-uvx: the server refused the token in UVX_TOKEN_git_test; set a new "
            "one, or run 'unset UVX_TOKEN_git_test'\n"
        )

    def test_of_a_line_of_the_netrc(self, machine: Machine) -> None:
        netrc = machine.home / ".netrc"
        netrc.write_text("# mine\nmachine git.test login alice password CANARY\n")
        netrc.chmod(0o600)
        assert refused(machine) == (
            f"git-credential-uvx: the server refused the password in '{netrc}', line 2; correct "
            "that line, or remove it\n"
        )

    def test_of_an_entry_of_uv(self, machine: Machine) -> None:
        machine.uv_login("git.test", "alice", "CANARY")
        assert refused(machine) == (
            "git-credential-uvx: the server refused the password of 'alice' in uv's file; run "
            "'git-credential-uvx login git.test --username alice' to replace it\n"
        )
        machine.uv_login("git.test", "alice", "new")
        assert machine.get(**HOST)[b"password"] == b"new"

    def test_of_an_entry_of_uv_for_a_path(self, machine: Machine) -> None:
        machine.write_store(uv_entry("https://git.test/team", "alice", "CANARY"))
        asked = request(**HOST, path="team/r.git", username="alice", password="CANARY")
        said = machine.helper("erase", asked).stderr.decode()
        assert "run 'git-credential-uvx login https://git.test/team --username alice'" in said

    def test_but_not_of_what_git_stored(self, machine: Machine) -> None:
        machine.put(**account("alice", "CANARY"))
        assert refused(machine) == ""

    def test_but_not_of_a_password_that_no_source_has(self, machine: Machine) -> None:
        machine.env["UVX_TOKEN_git_test"] = "CANARY"
        machine.uv_login("git.test", "alice", "right")
        assert machine.helper("erase", request(**account("alice", "other"))).stderr == b""
