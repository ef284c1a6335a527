"""`sanitize --write` looks at all files of a run before it changes one: two accounts of one host
keep their login names wherever they are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ..support.common import SECRET, cases
from ..support.crashes import killed_at, reset
from ..support.sanitizing import put, sanitize, stored

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

GIT = "git+https://{}git.test/o/r.git"
INDEX = "https://{}pypi.test/team/simple/"
KINDS = {"a repository": GIT, "an index": INDEX, "a file": "https://{}files.test/x.whl"}


def userinfo(name: str) -> str:
    return f"{name}:{SECRET}-{name}@"


def put_each(folder: Path, url: str, *names: str) -> list[Path]:
    """A file for each of these accounts."""
    urls = (url.format(userinfo(name)) for name in names)
    return [put(folder / f"{place}.txt", f"{one}\n") for place, one in enumerate(urls)]


@pytest.mark.parametrize("names", [("alice", "carol"), ("carol", "alice"), ("alice", "oauth2")])
@cases("url", KINDS)
def test_two_accounts_in_two_files_keep_their_names(
    machine: Machine, url: str, names: tuple[str, ...]
) -> None:
    paths = put_each(machine.home, url, *names)
    _, err = sanitize(machine, "--write", *paths)
    assert [path.read_text() for path in paths] == [url.format(f"{n}@") + "\n" for n in names]
    assert sorted(name for _, name in stored(machine)) == sorted(names)
    assert err.count("removed 1 secret") == 2
    again = sanitize(machine, "--write", *paths)
    assert "removed" not in again[1]


@cases("url", {"a repository": GIT, "an index": INDEX})
def test_each_name_gets_its_own_secret(machine: Machine, url: str) -> None:
    put_each(machine.home, url, "alice", "carol", "oauth2")
    sanitize(machine, "--write", ".")
    clean = url.removeprefix("git+").format("")
    for name in ("alice", "carol", "oauth2"):
        if url == INDEX:
            command = ("uv", "auth", "token", "--username", name, clean)
            assert machine.run(*command).stdout.decode().strip() == f"{SECRET}-{name}"
        else:
            found = machine.get(protocol="https", host="git.test", username=name)
            assert found[b"password"] == f"{SECRET}-{name}".encode()


def test_the_same_account_in_two_files_needs_no_name(machine: Machine) -> None:
    paths = put_each(machine.home, GIT, "alice", "alice")
    sanitize(machine, "--write", ".")
    assert [path.read_text() for path in paths] == [GIT.format("") + "\n"] * 2


def test_a_stored_account_stays_the_default(machine: Machine) -> None:
    machine.uv_login("https://git.test", "bob", "pw")
    paths = put_each(machine.home, GIT, "alice", "carol")
    sanitize(machine, "--write", ".")
    assert [path.read_text() for path in paths] == [
        GIT.format(f"{name}@") + "\n" for name in ("alice", "carol")
    ]
    assert machine.get(protocol="https", host="git.test")[b"username"] == b"bob"


def test_a_file_that_is_not_written_has_no_say(machine: Machine) -> None:
    first, second = put_each(machine.home, GIT, "alice", "carol")
    (machine.root / "elsewhere").mkdir()
    target = first.rename(machine.root / "elsewhere" / "x")
    first.symlink_to(target)
    _, err = sanitize(machine, "--write", first, second, status=2)
    assert "--follow" in err
    assert userinfo("alice") in target.read_text()
    assert second.read_text() == GIT.format("") + "\n"
    assert stored(machine) == [("https://git.test/", "carol")]


def test_a_conflict_in_one_file_leaves_the_other_to_work(machine: Machine) -> None:
    machine.uv_login("https://git.test", "carol", "another")
    first, second = put_each(machine.home, GIT, "alice", "carol")
    _, err = sanitize(machine, "--write", first, second, status=2)
    assert "another secret for 'carol'" in err
    assert first.read_text() == GIT.format("alice@") + "\n"
    assert second.read_text() == GIT.format(userinfo("carol")) + "\n"
    found = machine.get(protocol="https", host="git.test", username="alice")
    assert found[b"password"] == f"{SECRET}-alice".encode()
    assert machine.get(protocol="https", host="git.test")[b"password"] == b"another"


def test_two_secrets_of_one_account_are_a_conflict(machine: Machine) -> None:
    texts = [GIT.format(f"alice:{SECRET}{n}@") for n in (1, 2)]
    paths = [put(machine.home / f"{n}", text) for n, text in enumerate(texts)]
    _, err = sanitize(machine, "--write", *paths, status=2)
    assert "the store has another secret for 'alice'" in err
    assert paths[0].read_text() == GIT.format("")
    assert paths[1].read_text() == texts[1]


@cases("url", {"a repository": GIT, "an index": INDEX})
def test_killed_at_any_step_each_account_is_in_its_file_or_in_the_store(
    machine: Machine, url: str
) -> None:
    step, killed, states = 0, True, set()
    while killed:
        step += 2
        reset(machine, [])
        paths = put_each(machine.home, url, "alice", "carol")
        words = " ".join(map(str, paths))
        killed = killed_at(machine, step, f"sanitize -q --write {words}", b"")
        in_store = b"".join(machine.files().values())
        state = []
        for path, name in zip(paths, ("alice", "carol"), strict=True):
            text = path.read_text()
            is_clean = text == url.format(f"{name}@") + "\n"
            assert is_clean or text == url.format(userinfo(name)) + "\n"
            assert not is_clean or f"{SECRET}-{name}".encode() in in_store
            state.append(is_clean)
        states.add(tuple(state))
    assert states == {(False, False), (True, False), (True, True)}


REPLACING = {
    "two secrets of one account": ("a:one@", "a:two@"),
    "two accounts": ("a:one@", "b:two@"),
}


@cases("userinfos", REPLACING)
def test_replace_does_not_lose_what_another_file_of_the_run_had(
    machine: Machine, userinfos: tuple[str, str]
) -> None:
    machine.uv_login("https://i.test/", "a", "old")
    paths = [machine.home / "requirements.txt", machine.home / "more.txt"]
    texts = [f"--index-url https://{one}i.test/simple\n" for one in userinfos]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    _, err = sanitize(machine, "--write", "--replace", *map(str, paths), status=2)
    left = "".join(path.read_text() for path in paths)
    kept = machine.store.read_text()
    assert all(any(secret in text for text in (left, kept)) for secret in ("one", "two"))
    assert "more.txt' is left as it was: " in err


def test_a_clean_file_is_read_once(machine: Machine) -> None:
    for number in range(30):
        put(machine.home / f"clean-{number}.txt", "https://git.test/\n")
    put(machine.home / "secret.txt", GIT.format(userinfo("alice")))
    done = machine.run("git-credential-uvx", "-v", "sanitize", "--write", "-q", ".", check=False)
    looked = [line for line in done.stderr.splitlines() if b"looking at" in line]
    assert len(looked) == 32, done.stderr


@cases("options", {"stored": ("--store",), "dropped": ()})
@cases("url", KINDS)
def test_a_pipe_keeps_the_names_of_two_accounts(
    machine: Machine, url: str, options: tuple[str, ...]
) -> None:
    names = ("alice", "b%C3%B6b", "alice")
    text = "".join(url.format(userinfo(name)) + "\n" for name in names)
    expected = "".join(url.format(f"{name}@") + "\n" for name in names)
    out, err = sanitize(machine, "-", *options, input=text.encode())
    assert out == expected
    assert err.count("stored: ") == err.count("\n") == (2 if options else 0)
    assert sorted(name for _, name in stored(machine)) == (["alice", "böb"] if options else [])
    diff, _ = sanitize(machine, "--diff", "-", input=text.encode(), status=1)
    assert [line[1:] for line in diff.splitlines()[-3:]] == expected.splitlines()
    assert sanitize(machine, "-", *options, input=expected.encode())[0] == expected


def test_a_pipe_does_not_look_at_the_store_for_names(machine: Machine) -> None:
    machine.uv_login("https://git.test", "bob", "pw")
    text = GIT.format(userinfo("alice"))
    assert sanitize(machine, "-", input=text.encode())[0] == GIT.format("")


def test_the_names_of_a_large_text_are_put_back_in_their_places(machine: Machine) -> None:
    line = "x" * 999 + "\n"
    urls = [GIT.format(userinfo(name)) + "\n" for name in ("alice", "carol")]
    text = "".join(line * 300 + urls[number % 2] for number in range(6))
    expected = text.replace(f":{SECRET}-alice@", "@").replace(f":{SECRET}-carol@", "@")
    assert sanitize(machine, "-", input=text.encode())[0] == expected


NAMES = {
    "short names": ("alice", "carol"),
    "mail addresses": ("alice.miller%40example.com", "carol.jones%40example.com"),
    "a prescribed name": ("alice", "gitlab-ci-token"),
}


@cases("names", NAMES)
def test_a_name_that_stays_is_no_token_on_another_machine(
    machine: Machine, names: tuple[str, str]
) -> None:
    paths = put_each(machine.home, GIT, *names)
    sanitize(machine, "--write", *paths)
    assert [path.read_text() for path in paths] == [GIT.format(f"{n}@") + "\n" for n in names]
    shutil.rmtree(machine.folder)
    assert sanitize(machine, "--check", *paths)[0] == ""


def test_a_name_that_looks_like_a_token_does_not_stay(machine: Machine) -> None:
    names = ("a-long-account-name", "another-long-account")
    first, second = put_each(machine.home, GIT, *names)
    _, err = sanitize(machine, "--write", first, second, status=2)
    assert first.read_text() == GIT.format("") + "\n"
    assert second.read_text() == GIT.format(userinfo(names[1])) + "\n"
    assert "this one looks like a token, so no URL can keep it" in err
    assert stored(machine) == [("https://git.test/", names[0])]
