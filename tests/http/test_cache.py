"""What a client remembers: how often it looks, and what it sends to which URL."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import StoreError
from git_credential_uvx.http import cache as cache_module
from git_credential_uvx.http.cache import Cache, prefixes
from git_credential_uvx.http.flow import Attempt, LookUp, RequestTarget
from git_credential_uvx.urls.service import Service

from ..support.common import cases
from ..support.place import Place
from ..support.servers import Answer, Counter, Seen, basic, challenge, ok, wants

GOOD = "https://good.test"
ALICE = basic("alice", "wonder")
BOB = basic("bob", "builder")


class Slow:
    """A resolver that takes its time, and counts how often it is asked and for what."""

    def __init__(self, seconds: float = 0.0, *passwords: bytes) -> None:
        self.seconds = seconds
        self.passwords = list(passwords) or [b"wonder"]
        self.asked: list[str] = []
        self.stale: list[bool] = []
        self.count = Counter()
        self.threads = Counter()

    def find(self, asked: LookUp) -> Attempt | None:
        self.count.add()
        self.asked.append(str(asked.service))
        self.stale.append(asked.stale is not None)
        time.sleep(self.seconds)
        password = self.passwords[min(len(self.asked), len(self.passwords)) - 1]
        if not password:
            return None
        name = asked.target.username or b"alice"
        return Attempt(Credential(name, Secret(password)), "store", found=True)

    def paths(self, service: Service) -> tuple[str, ...]:
        return ()


def urls(server_url: str) -> list[str]:
    return [f"{server_url}package{number}/" for number in range(200)]


@pytest.mark.parametrize("policy", ["auto", "always"])
def test_200_threads_that_ask_at_once_cause_one_look_up(place: Place, policy: str) -> None:
    server = place.server("http://direct", wants(ALICE))
    place.index(server.url("/"), policy)
    slow = Slow(0.3)
    with place.client(lookups=slow) as http, ThreadPoolExecutor(200) as pool:
        done = list(pool.map(lambda url: http.get(url).status_code, urls(server.url("/"))))
    assert done == [200] * 200
    assert slow.count.value == 1


@pytest.mark.parametrize("policy", ["auto", "always", None])
def test_200_tasks_that_ask_at_once_cause_one_look_up_and_the_loop_goes_on(
    place: Place, policy: str | None
) -> None:
    server = place.server("http://direct", wants(ALICE))
    if policy is not None:
        place.index(server.url("/"), policy)
    slow = Slow(0.3)
    ticks = 0
    workers = 0

    async def main() -> list[int]:
        async def tick() -> None:
            nonlocal ticks, workers
            while True:
                await asyncio.sleep(0.01)
                ticks += 1
                names = [thread.name for thread in threading.enumerate()]
                workers = max(workers, len([n for n in names if n.startswith("AnyIO")]))

        async def get(url: str) -> int:
            return (await http.get(url)).status_code

        async with place.async_client(lookups=slow) as http:
            ticking = asyncio.create_task(tick())
            done = await asyncio.gather(*map(get, urls(server.url("/"))))
            ticking.cancel()
        return done

    assert asyncio.run(main()) == [200] * 200
    assert slow.count.value == 1
    assert ticks > 3
    assert workers == 1


def test_a_cancelled_task_leaves_the_look_up_to_the_others(place: Place) -> None:
    server = place.server("http://direct", wants(ALICE))
    slow = Slow(0.2)

    async def main() -> int:
        async with place.async_client(lookups=slow) as http:
            first = asyncio.create_task(http.get(server.url("/a")))
            second = asyncio.create_task(http.get(server.url("/b")))
            while not slow.asked:
                await asyncio.sleep(0.01)
            first.cancel()
            return (await second).status_code

    assert asyncio.run(main()) == 200


def test_what_no_source_has_is_looked_for_once(place: Place) -> None:
    place.server(GOOD, lambda seen: challenge())
    slow = Slow(0.0, b"")
    with place.client(lookups=slow) as http:
        assert {http.get(f"{GOOD}/{n}/").status_code for n in range(20)} == {401}
    assert slow.count.value == 1


def test_a_wrong_password_is_looked_for_afresh_once_and_then_not_sent_again(place: Place) -> None:
    place.server(GOOD, lambda seen: challenge())
    slow = Slow()
    with place.client(lookups=slow) as http:
        assert {http.get(f"{GOOD}/{n}/").status_code for n in range(20)} == {401}
    assert slow.stale == [False, True]
    assert place.sent(GOOD) == [None, ALICE, *[None] * 19]


def test_a_wrong_password_is_looked_for_again_after_a_while(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "AGAIN", -1.0)
    place.server(GOOD, wants(basic("alice", "third")))
    slow = Slow(0.0, b"first", b"first", b"third")
    with place.client(lookups=slow) as http:
        assert http.get(f"{GOOD}/a").status_code == 401
        assert http.get(f"{GOOD}/a").status_code == 200


def test_a_token_that_expires_in_between_is_looked_for_afresh(place: Place) -> None:
    valid = b"first"

    def rule(seen: Seen) -> Answer:
        return ok() if seen.authorization == basic("alice", valid.decode()) else challenge()

    place.server(GOOD, rule)
    slow = Slow(0.0, b"first", b"second", b"third")
    with place.client(lookups=slow) as http:
        for valid in (b"first", b"second", b"third"):  # noqa: B007 (the rule looks at it)
            assert [http.get(f"{GOOD}/a/{n}").status_code for n in range(3)] == [200] * 3
    assert slow.stale == [False, True, True]
    first, second, third = (basic("alice", p) for p in ("first", "second", "third"))
    assert place.sent(GOOD) == [None, *[first] * 4, *[second] * 4, *[third] * 3]


def test_a_token_that_expires_before_a_stream_is_afresh_for_the_next_one(place: Place) -> None:
    first, second = (basic("alice", p) for p in ("first", "second"))
    place.server(GOOD, wants(first))
    with place.client(lookups=Slow(0.0, b"first", b"second")) as http:
        assert http.post(f"{GOOD}/a", content=iter([b"body"])).status_code == 200
        place.server(GOOD, wants(second))
        assert http.post(f"{GOOD}/a", content=iter([b"body"])).status_code == 401
        assert http.post(f"{GOOD}/a", content=iter([b"body"])).status_code == 200
    assert place.sent(GOOD) == [first, first, second]


def test_an_expired_credential_is_not_sent(place: Place) -> None:
    place.server(GOOD, lambda seen: ok() if seen.authorization else challenge())
    now = int(time.time())

    class Expiring(Slow):
        def find(self, asked: LookUp) -> Attempt | None:
            self.count.add()
            secret = Secret(str(self.count.value).encode())
            found = Credential(
                b"alice", secret, expires=now - 10 if self.count.value == 1 else None
            )
            return Attempt(found, "command", found=True)

    slow = Expiring()
    with place.client(lookups=slow) as http:
        assert http.get(f"{GOOD}/a").status_code == 200
        assert http.get(f"{GOOD}/a").status_code == 200
        assert http.get(f"{GOOD}/a").status_code == 200
    assert slow.count.value == 2


class Broken(Slow):
    """A resolver that cannot read its store, once it may try."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()

    def find(self, asked: LookUp) -> Attempt | None:
        self.count.add()
        self.may.wait(60)
        raise StoreError("unreadable")


def test_200_tasks_that_wait_for_a_look_up_that_fails_do_not_repeat_it(place: Place) -> None:
    server = place.server("http://direct", wants(ALICE))
    place.index(server.url("/"), "always")
    broken = Broken()

    async def main() -> list[object]:
        async def go() -> None:
            broken.may.set()

        async with place.async_client(lookups=broken) as http:
            asking = [http.get(url) for url in urls(server.url("/"))]
            return await asyncio.gather(*asking, go(), return_exceptions=True)

    assert {str(error) for error in asyncio.run(main())} == {"unreadable", "None"}
    assert broken.count.value == 1


def test_a_thread_that_waited_for_a_look_up_that_fails_does_not_repeat_it() -> None:
    service = Service("https", "good.test", 443, "/")
    asked, broken, cache = LookUp(service, RequestTarget(service)), Broken(), Cache()
    broken.may.set()
    before = time.monotonic()
    for since, count in ((before, 1), (before, 1), (None, 2), (before, 2)):
        with pytest.raises(StoreError):
            cache.find(asked, broken, since)
        assert broken.count.value == count


def test_an_error_of_a_look_up_is_told_to_all_and_not_remembered(place: Place) -> None:
    place.server(GOOD, wants(ALICE))

    class Failing(Slow):
        def find(self, asked: LookUp) -> Attempt | None:
            if not self.asked:
                self.asked.append("")
                raise StoreError("the store is out")
            return super().find(asked)

    with place.client(lookups=Failing()) as http:
        with pytest.raises(StoreError, match="the store is out"):
            http.get(f"{GOOD}/a")
        assert http.get(f"{GOOD}/a").status_code == 200


BELOW = {
    "the same URL": ("/a/b/", True),
    "below it": ("/a/b/c", True),
    "in the same folder": ("/a/b/d", True),
    "a name that goes on": ("/a/bc", False),
    "above it": ("/a/", False),
    "beside it": ("/x/", False),
}


@cases("path,covered", BELOW)
def test_an_accepted_credential_is_sent_at_once_below_its_url(
    place: Place, path: str, covered: bool
) -> None:
    place.server(GOOD, wants(ALICE))
    with place.client(lookups=Slow()) as http:
        http.get(f"{GOOD}/a/b/x")
        http.get(f"{GOOD}{path}")
    assert place.sent(GOOD)[2:] == ([ALICE] if covered else [None, ALICE])


def test_accepted_credentials_of_a_url_are_used_for_the_realm_when_it_asks(place: Place) -> None:
    place.server(GOOD, wants(ALICE))
    with place.client() as http:
        http.get("https://alice:wonder@good.test/simple/foo/")
        assert http.get(f"{GOOD}/simple/foo/").status_code == 200
        assert http.get(f"{GOOD}/files/foo.whl").status_code == 200
        assert http.get("https://bob@good.test/files/foo.whl").status_code == 401
    assert place.sent(GOOD) == [ALICE, ALICE, None, ALICE, basic("bob", "")]


def test_refused_credentials_of_a_url_are_used_for_nothing_else(place: Place) -> None:
    place.server(GOOD, wants(ALICE))
    with place.client() as http:
        assert http.get("https://alice:wrong@good.test/simple/foo/").status_code == 401
        assert http.get(f"{GOOD}/simple/foo/").status_code == 401
    assert place.sent(GOOD) == [basic("alice", "wrong"), None]


@pytest.mark.parametrize("status", [302, 404, 403, 500, 429])
def test_only_what_a_server_accepted_is_reused(place: Place, status: int) -> None:
    place.server(GOOD, lambda seen: (status, {}, b"") if seen.authorization else challenge())
    with place.client() as http:
        http.get("https://alice:wonder@good.test/simple/")
        assert http.get(f"{GOOD}/simple/").status_code == 401
    assert place.sent(GOOD) == [ALICE, None]


def test_two_indexes_of_one_host_keep_their_own_credentials(place: Place) -> None:
    place.index(f"{GOOD}/one/simple/", name="one")
    place.index(f"{GOOD}/two/simple/", name="two")
    for name, user, password in (("ONE", "alice", "wonder"), ("TWO", "bob", "builder")):
        place.environ |= {
            f"UV_INDEX_{name}_USERNAME": user,
            f"UV_INDEX_{name}_PASSWORD": password,
        }
    place.server(GOOD, lambda seen: ok() if seen.authorization else challenge())
    with place.client() as http:
        for path in ("/one/simple/a/", "/two/simple/a/", "/one/files/a", "/two/files/a"):
            assert http.get(f"{GOOD}{path}").status_code == 200
    assert place.sent(GOOD) == [None, ALICE, None, BOB, ALICE, BOB]


def test_what_a_host_of_uploads_accepted_is_not_for_the_host_of_the_index(place: Place) -> None:
    uploads = "https://evil.test"
    place.configure(
        f'[[index]]\nname = "corp"\nurl = "{GOOD}/simple"\npublish-url = "{uploads}/legacy/"\n'
    )
    place.login(f"{uploads}/", "alice", "wonder")
    place.server(uploads, wants(ALICE))
    place.server(GOOD, lambda seen: ok())
    with place.client(use="publish") as http:
        assert http.post(f"{uploads}/legacy/").status_code == 200
        assert http.get(f"{GOOD}/simple/").status_code == 200
    assert place.sent(GOOD) == [None]


def test_accounts_of_two_paths_of_one_host_are_kept_apart(place: Place) -> None:
    place.login(f"{GOOD}/one", "alice", "wonder")
    place.login(f"{GOOD}/two", "bob", "builder")

    def rule(seen: Seen) -> Answer:
        return ok() if seen.authorization == {"o": ALICE, "t": BOB}[seen.path[1]] else challenge()

    place.server(GOOD, rule)
    with place.client() as http:
        for path in ("/one/a/x", "/two/a/x", "/one/b/x", "/two/b/x", "/onefold/x"):
            assert http.get(f"{GOOD}{path}").status_code == (401 if "fold" in path else 200)
    assert place.sent(GOOD) == [None, ALICE, None, BOB, None, ALICE, None, BOB, None]


def test_what_is_for_a_path_is_not_sent_beside_it_after_its_very_path(place: Place) -> None:
    place.login(f"{GOOD}/one", "alice", "wonder")
    place.server(GOOD, wants(ALICE))
    with place.client() as http:
        for path in ("/one", "/one/x", "/two/x"):
            http.get(f"{GOOD}{path}")
    assert place.sent(GOOD) == [None, ALICE, ALICE, None]


def test_what_a_redirect_led_to_another_path_is_not_remembered_there(place: Place) -> None:
    place.login(f"{GOOD}/one", "alice", "wonder")
    place.server(
        GOOD,
        lambda seen: (302, {"Location": "/two/x"}, b"") if seen.path == "/one/x" else ok(),
    )
    with place.client() as http:
        assert http.get("https://alice@good.test/one/x").status_code == 200
        assert http.get(f"{GOOD}/two/y").status_code == 200
    assert place.sent(GOOD) == [ALICE, ALICE, None]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_is_for_the_host_is_not_sent_to_a_path_that_has_its_own(
    place: Place, status: int
) -> None:
    place.login(f"{GOOD}/", "alice", "wonder")
    place.login(f"{GOOD}/own", "bob", "builder")

    def rule(seen: Seen) -> Answer:
        wanted = BOB if seen.path.startswith("/own/") else ALICE
        return ok() if seen.authorization == wanted else challenge(status=status)

    place.server(GOOD, rule)
    with place.client() as http:
        assert http.get(f"{GOOD}/x").status_code == 200
        assert http.get(f"{GOOD}/own/x").status_code == 200
    assert place.sent(GOOD) == [None, ALICE, None, BOB]


def test_the_prefixes_of_a_path_are_whole_segments() -> None:
    assert prefixes("/a/b") == ["/a/b", "/a/", "/a", "/"]
    assert prefixes("/a/b/") == ["/a/b/", "/a/b", "/a/", "/a", "/"]
    assert prefixes("/") == ["/"]
    service = Service("https", "good.test", None, "/a//b")
    covering = prefixes(service.path)
    assert len(covering) > 4
    assert all(Service("https", "good.test", None, path).covers(service) for path in covering)
