"""The questions of the battery: each is a function that asks one member, named by the answer.

`needs` says what a member must be able to do, see `members`.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query

from .members import NOW, Member, StoreMember, service

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = "https://git.test/"
SECRET = b"CANARY-3f9c"

SOURCE_QUESTIONS: dict[str, tuple[Callable[[Member], None], frozenset[str]]] = {}
STORE_QUESTIONS: dict[str, tuple[Callable[[StoreMember], None], frozenset[str]]] = {}


def of_source(*needs: str) -> Callable[[Callable[[Member], None]], Callable[[Member], None]]:
    def add(question: Callable[[Member], None]) -> Callable[[Member], None]:
        SOURCE_QUESTIONS[question.__name__] = question, frozenset(needs)
        return question

    return add


def of_store(question: Callable[[StoreMember], None]) -> Callable[[StoreMember], None]:
    STORE_QUESTIONS[question.__name__] = question, frozenset()
    return question


def asked(
    member: Member,
    url: str = HERE,
    username: bytes | None = None,
    *,
    use: str = "git",
    redirected: bool = False,
) -> tuple[bytes | None, bytes] | None:
    """The username and the secret of an answer."""
    found = member.find(Query(service(url), username, use=use, redirected=redirected)).credential
    return None if found is None else (found.username, found.secret.reveal())


@of_source("holds")
def an_account_answers_for_its_host(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    assert asked(member) == (b"alice", SECRET)
    assert asked(member, HERE + "team/repo.git") == (b"alice", SECRET)
    assert asked(member) == (b"alice", SECRET)


@of_source()
def nothing_is_known_of_an_empty_one(member: Member) -> None:
    found = member.find(Query(service(HERE)))
    assert (found.credential, found.fallback, found.warning) == (None, None, None)
    assert found.reason
    assert found.reason.isprintable()
    assert found.reason[-1] != "."


@of_source("holds")
def another_host_gets_nothing(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    for host in ("x.git.test", "agit.test", "git.tes", "git.test.evil.test"):
        assert asked(member, f"https://{host}/") is None, host


@of_source("holds")
def another_port_gets_nothing(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    assert asked(member, "https://git.test:8443/") is None


@of_source("holds")
def a_redirect_to_another_host_gets_nothing(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    assert asked(member, "https://evil.test/", use="url", redirected=True) is None
    assert asked(member, "https://git.test:8443/", use="url", redirected=True) is None
    assert asked(member, HERE, use="url", redirected=True) == (b"alice", SECRET)


@of_source("holds")
def plain_http_gets_nothing_of_https(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    for use in ("git", "index"):
        assert asked(member, "http://git.test/", b"alice", use=use) is None
    assert asked(member, "http://git.test:443/", b"alice") is None


@of_source("holds", "http")
def plain_http_gets_its_own(member: Member) -> None:
    member.hold("http://git.test:8080/", b"alice", SECRET)
    assert asked(member, "http://git.test:8080/", b"alice") == (b"alice", SECRET)
    assert asked(member, "https://git.test:8080/", b"alice") is None
    assert asked(member, "http://git.test/", b"alice") is None


@of_source("holds")
def a_username_must_be_equal(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    assert asked(member, HERE, b"alice") == (b"alice", SECRET)
    for other in (b"bob", b"Alice", b"alic", b"alice2", b""):
        assert asked(member, HERE, other) is None, other


@of_source("holds", "path")
def a_path_answers_below_it_by_whole_segments(member: Member) -> None:
    member.hold("https://git.test/team", b"alice", SECRET)
    for path in ("team", "team/", "team/repo", "team/a/b"):
        assert asked(member, HERE + path) == (b"alice", SECRET), path
    for path in ("", "teams", "teams/repo", "tea", "other/team", "Team"):
        assert asked(member, HERE + path) is None, path


@of_source("holds", "path", "several")
def the_longest_path_answers(member: Member) -> None:
    member.hold("https://git.test/team/deep", b"carol", b"3")
    member.hold("https://git.test/team", b"bob", b"2")
    member.hold(HERE, b"alice", b"1")
    assert asked(member, HERE + "team/deep/r") == (b"carol", b"3")
    assert asked(member, HERE + "team/r") == (b"bob", b"2")
    assert asked(member, HERE + "r") == (b"alice", b"1")
    assert asked(member, HERE + "team/deep/r", b"alice") == (b"alice", b"1")


@of_source("holds", "several")
def an_account_goes_on_answering(member: Member) -> None:
    for name in (b"alice", b"carol", b"bob"):
        member.hold(HERE, name, b"of " + name)
    assert asked(member) == (b"alice", b"of alice")
    for name in (b"alice", b"bob", b"carol"):
        assert asked(member, HERE, name) == (name, b"of " + name)


@of_source("holds")
def the_texts_of_an_answer_hide_the_secret(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    for query in (Query(service(HERE)), Query(service("http://git.test/"), b"alice")):
        found = member.find(query)
        texts = (found.place, found.reason, found.warning, found.notice, repr(found.credential))
        assert SECRET.decode() not in "".join(map(str, texts))
        assert (found.credential is None) == bool(found.reason)


def _comes_back(member: Member, *secrets: bytes) -> None:
    for number, secret in enumerate(secrets):
        url = f"https://h{number}.test/"
        member.hold(url, b"alice", secret)
        assert asked(member, url, b"alice") == (b"alice", secret)


@of_source("holds")
def odd_texts_come_back(member: Member) -> None:
    _comes_back(member, b" blanks ", "ü\u2028é".encode(), b"q\"\\\\'#", b"a=b&c%25", b"x" * 3000)


@of_source("holds", "control")
def control_characters_come_back(member: Member) -> None:
    _comes_back(member, b"a\x01\x1b[0m\x7fb\tc")


@of_source("holds", "binary")
def bytes_beyond_utf8_come_back(member: Member) -> None:
    _comes_back(member, b"p\xe9\xff\xfe", b"\x80")


@of_source("holds", "expiry")
def an_expired_account_does_not_answer(member: Member) -> None:
    assert isinstance(member, StoreMember)
    alice = Credential(b"alice", Secret(SECRET), expires=NOW + 60)
    member.put(HERE, alice)
    query = Query(service(HERE))
    found = member.source().find(query, NOW + 59).credential
    assert found == alice
    for later in (NOW + 60, NOW + 10**6):
        assert member.source().find(query, later).credential is None


@of_source("holds", "several")
def a_name_that_means_any_account_gets_one(member: Member) -> None:
    member.hold(HERE, b"alice", SECRET)
    for name in (b"git", b"oauth2", b"x-access-token", b"x-token-auth", b"__token__"):
        assert asked(member, HERE, name) == (b"alice", SECRET)
    member.hold(HERE, b"git", b"its own")
    assert asked(member, HERE, b"git") == (b"git", b"its own")


@of_store
def a_new_secret_replaces_the_old_one(member: StoreMember) -> None:
    for secret in (b"one", b"two", b"three"):
        member.hold(HERE, b"alice", secret)
    assert asked(member) == (b"alice", b"three")
    assert member.listed() == {(HERE, b"alice", b"three")}


@of_store
def all_that_is_stored_is_listed(member: StoreMember) -> None:
    rows = {
        (HERE, b"alice", b"1"),
        (HERE, b"bob", b"2"),
        ("https://git.test/team", b"alice", b"3"),
        ("http://git.test:8080/", b"alice", b"4"),
        ("https://[::1]:8443/", b"", b"5"),
    }
    for url, username, secret in rows:
        member.hold(url, username, secret)
    assert member.listed() == rows


@of_store
def the_same_again_writes_nothing(member: StoreMember) -> None:
    alice = Credential(b"alice", Secret(SECRET), expires=NOW + 60, refresh=Secret(b"again"))
    member.put(HERE, alice)
    member.hold("https://git.test/team", b"bob", b"2")
    before = member.version()
    member.put(HERE, alice)
    member.hold(HERE, b"alice", SECRET)
    member.hold("https://git.test/team/r", b"bob", b"2")
    asked(member)
    member.remove("https://absent.test/")
    assert member.version() == before
    member.hold(HERE, b"alice", b"new")
    assert member.version() != before


@of_store
def a_removed_account_is_gone(member: StoreMember) -> None:
    member.hold(HERE, b"alice", SECRET)
    member.hold(HERE, b"bob", b"2")
    member.remove(HERE, b"alice", SECRET)
    assert asked(member, HERE, b"alice") is None
    assert member.listed() == {(HERE, b"bob", b"2")}
    member.hold(HERE, b"alice", b"new")
    assert asked(member, HERE, b"alice") == (b"alice", b"new")


@of_store
def without_a_secret_all_accounts_of_the_host_are_removed(member: StoreMember) -> None:
    for username in (b"alice", b"bob"):
        member.hold(HERE, username, SECRET)
    member.hold("https://other.test/", b"alice", SECRET)
    member.remove(HERE)
    assert asked(member) is None
    assert member.listed() == {("https://other.test/", b"alice", SECRET)}


@of_store
def another_secret_stays(member: StoreMember) -> None:
    member.hold(HERE, b"alice", SECRET)
    before = member.version()
    for url, username, secret in (
        (HERE, b"alice", b"an older one"),
        (HERE, b"bob", SECRET),
        ("https://x.git.test/", b"alice", SECRET),
        ("http://git.test/", b"alice", SECRET),
    ):
        member.remove(url, username, secret)
    assert asked(member) == (b"alice", SECRET)
    assert member.version() == before


@of_store
def expiry_and_refresh_token_go_with_their_secret(member: StoreMember) -> None:
    alice = Credential(b"alice", Secret(SECRET), expires=NOW + 60, refresh=Secret(b"again"))
    member.put(HERE, alice)
    assert member.find(Query(service(HERE))).credential == alice
    found = member.source().find(Query(service(HERE)), NOW + 60)
    assert (found.credential, found.fallback) == (None, alice)
    member.hold(HERE, b"alice", b"new")
    assert member.find(Query(service(HERE))).credential == Credential(b"alice", Secret(b"new"))


@of_store
def a_scheme_is_only_for_those_who_can_send_it(member: StoreMember) -> None:
    token = Credential(None, Secret(SECRET), authtype=b"Negotiate")
    member.put(HERE, token)
    assert member.find(Query(service(HERE))).credential is None
    assert member.find(Query(service(HERE), any_authtype=True)).credential == token


@of_store
def nothing_is_lost_if_many_write_at_once(member: StoreMember) -> None:
    rows = {(f"https://h{number}.test/", b"alice", b"%d" % number) for number in range(8)}
    threads = [Thread(target=member.hold, args=row) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert member.listed() == rows
