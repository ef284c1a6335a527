"""The guest rule, asked of the real uv: what it could read and resolve, it goes on resolving.

Each case puts entries into uv's file, lets Git do something, and compares uv's answers for many
URLs with those before. Where uv had no answer it may get one.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..support.budget import examples
from ..support.machine import REFUSED, Machine, request

PATHS = ("/", "/org", "/org/deep", "/organic", "/simple/")
NAMES = ("alice", "bob", "git")

Login = tuple[str, str]  # username and path
Question = tuple[str, dict[str, str]]  # operation and fields


def answers(machine: Machine) -> dict[str, str | None]:
    """uv's answers: with and without a username, for URLs at and below every path."""
    found = {}
    for path in PATHS:
        for who in ("", *(f"{name}@" for name in NAMES)):
            uri = f"https://{who}git.test{path}"
            done = machine.run(
                *("uv", "auth", "helper", "--protocol=bazel", "get"),
                input=json.dumps({"uri": uri}).encode(),
                check=False,
            )
            headers = json.loads(done.stdout)["headers"] if done.returncode == 0 else {}
            found[uri] = headers.get("Authorization", [None])[0]
    return found


def check(machine: Machine, logins: list[Login], questions: list[Question]) -> None:
    blocks = [
        f'[[credential]]\nservice = "https://git.test{path}"\nusername = "{name}"\n'
        f'password = "{name}{path}"\n'
        for name, path in logins
    ]
    machine.folder.mkdir(mode=0o700, exist_ok=True)
    for path in machine.folder.iterdir():
        path.unlink()
    machine.write_store("\n".join(blocks))
    before = answers(machine)
    for operation, fields in questions:
        data = request(protocol="https", host="git.test", **fields)
        said = machine.helper(operation, data).stderr
        allowed = REFUSED if operation == "erase" else b"uv still has the password that was refused"
        assert not said or allowed in said
    after = answers(machine)
    assert {uri: after[uri] for uri, answer in before.items() if answer} == {
        uri: answer for uri, answer in before.items() if answer
    }


STORE_BOB = ("store", {"username": "bob", "password": "new"})
CASES: dict[str, tuple[list[Login], list[Question]]] = {
    "a second account of the host": ([("alice", "/")], [STORE_BOB]),
    "a new password for uv's own entry": (
        [("alice", "/")],
        [("store", {"username": "alice", "password": "new"})],
    ),
    "an account for a path below uv's entry": (
        [("alice", "/")],
        [("store", {"username": "bob", "password": "new", "path": "org/deep/repo.git"})],
    ),
    "the same account for a path below": (
        [("alice", "/")],
        [("store", {"username": "alice", "password": "new", "path": "org"})],
    ),
    "an account above uv's entries": ([("alice", "/org"), ("bob", "/simple/")], [STORE_BOB]),
    "a refused password": (
        [("alice", "/")],
        [("erase", {"username": "alice", "password": "alice/"})],
    ),
    "a refused host": ([("alice", "/"), ("bob", "/org")], [("erase", {})]),
    "a refused password, then another": (
        [("alice", "/")],
        [
            ("erase", {"username": "alice", "password": "alice/"}),
            ("store", {"username": "alice", "password": "new"}),
            ("erase", {"username": "alice", "password": "new"}),
        ],
    ),
    "uv's entries were ambiguous before": ([("alice", "/"), ("bob", "/")], [STORE_BOB]),
}


@pytest.mark.parametrize(("logins", "questions"), CASES.values(), ids=CASES)
def test_uv_finds_what_it_found_after(
    machine: Machine, logins: list[Login], questions: list[Question]
) -> None:
    check(machine, logins, questions)


@pytest.mark.parametrize(
    ("stored", "host"),
    [
        ("https://127.1/", "127.0.0.1"),
        ("https:git.test", "git.test"),
        ("https:///git.test", "git.test"),
        ("https://git.test:0443/", "git.test"),
        ("https://%67it.test/", "git.test"),
        ("https://git.test/a/..", "git.test"),
        ("https:\\\\\\\\git.test\\\\", "git.test"),
        ("https://stra\u00dfe.test/", "xn--strae-oqa.test"),
        ("https://git.test/a/../b/", "git.test"),
    ],
)
@pytest.mark.parametrize("filler", [0, 600])
def test_uv_finds_what_it_found_where_only_uv_can_tell_for_whom_it_is(
    machine: Machine, stored: str, host: str, filler: int
) -> None:
    entry = '[[credential]]\nservice = "{}"\nusername = "alice"\npassword = "pa"\n'
    others = [entry.format(f"https://host{number}.test/") for number in range(filler)]
    machine.write_store("\n".join([entry.format(stored), *others]))

    def answer(path: str) -> bytes:
        asked = json.dumps({"uri": f"https://{host}{path}"}).encode()
        return machine.run("uv", "auth", "helper", "--protocol=bazel", "get", input=asked).stdout

    before = [answer(path) for path in ("/", "/b/c")]
    assert b"Basic" in before[0] + before[1]
    machine.put(protocol="https", host=host, username="bob", password="pb")
    after = [answer(path) for path in ("/", "/b/c")]
    assert [b for b in before if b"Basic" in b] == [
        a for a, b in zip(after, before, strict=True) if b"Basic" in b
    ]
    answered = machine.get(protocol="https", host=host)
    assert answered == {b"username": b"bob", b"password": b"pb"}


LOGIN = st.tuples(st.sampled_from(NAMES), st.sampled_from(PATHS))
FIELDS = st.fixed_dictionaries(
    {"username": st.sampled_from(NAMES), "password": st.sampled_from(["new", "alice/", "bob/org"])},
    optional={"path": st.sampled_from(["org", "org/deep", "simple", "organic"])},
)
QUESTION = st.tuples(st.sampled_from(["store", "erase"]), FIELDS)


@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LOGIN, max_size=4, unique=True), st.lists(QUESTION, min_size=1, max_size=4))
def test_uv_finds_what_it_found_whatever_git_does(
    machine: Machine, logins: list[Login], questions: list[Question]
) -> None:
    check(machine, logins, questions)


@pytest.mark.parametrize(
    "host",
    ["xn--bcher-kv", "xn--a.test", "xn--99999.test", "a.xn--0", "xn--a-0hc.test", "1.xn--4dbc"],
)
def test_a_host_that_uv_cannot_read_never_gets_into_its_file(machine: Machine, host: str) -> None:
    machine.uv_login("good.test", "alice", "pa")
    data = request(protocol="https", host=host, username="bob", password="pb")
    assert machine.helper("store", data).stdout == b""
    words = ("git-credential-uvx", "login", host, "-u", "bob", "--no-verify", "--password", "-")
    assert machine.run(*words, input=b"pb\n", check=False).returncode == 2
    assert machine.uv_token("good.test", "alice") == "pa"


@pytest.mark.parametrize("host", ["xn--bcher-kva.test", "xn--strae-oqa.test", "xn--e1afmkfd.test"])
def test_an_international_host_is_stored_where_uv_finds_it(machine: Machine, host: str) -> None:
    machine.put(protocol="https", host=host, username="bob", password="pb")
    assert machine.uv_token(host, "bob") == "pb"
