"""The ways to write that are tried: how each begins, what it runs, and what must hold after it.

A way to write is looked at from outside, as a tuple of what Git is answered and what files hold.
Before the command that is the old state and after it the new one; after a fault it must be one of
these, or one of the steps between in which nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.machine import Machine, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "CANARY-1f3c7a"
OLD = "CANARY-0b9d2e"
HOST = {"protocol": "https", "host": "git.test"}
MORE = {"password_expiry_utc": "99999999999", "oauth_refresh_token": "CANARY-r"}

# What Git is answered about an account, or what a file holds; b"" for nothing.
State = tuple[bytes, ...]


@dataclass(frozen=True)
class WritePath:
    """One command that writes.

    `keeps` tells whether a state between the old and the new one loses nothing; `is_git` is for
    the operations of the helper protocol, whose status is always 0. `left` is a file that a kill
    can leave behind, and that the command then says to be there, for a person to remove.
    """

    words: tuple[str, ...]
    data: bytes
    prepare: Callable[[Machine], None]
    look: Callable[[Machine], State]
    keeps: Callable[[State, State, State], bool] = lambda old, new, now: now in (old, new)
    is_git: bool = False
    left: str = ""


def account(username: str, password: str, **more: str) -> bytes:
    return request(**HOST, username=username, password=password, **more)


def answer(machine: Machine, username: str) -> bytes:
    return machine.helper("get", request(**HOST, username=username)).stdout


def _both(machine: Machine) -> State:
    return answer(machine, "alice"), answer(machine, "bob")


def _with(*earlier: tuple[str, bytes]) -> Callable[[Machine], None]:
    def prepare(machine: Machine) -> None:
        for words, data in earlier:
            machine.run("git-credential-uvx", *words.split(), input=data)

    return prepare


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def _requirements(machine: Machine) -> None:
    _put(machine.root / "project" / "requirements.txt", _REQUIREMENTS)


_REQUIREMENTS = f"zebra\n--extra-index-url https://alice:{SECRET}@git.test/simple\n"
_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'


def _file(name: str) -> Callable[[Machine], bytes]:
    def read(machine: Machine) -> bytes:
        path = machine.root / name
        return path.read_bytes() if path.exists() else b""

    return read


def _answer_and(name: str) -> Callable[[Machine], State]:
    def look(machine: Machine) -> State:
        return answer(machine, "alice"), _file(name)(machine)

    return look


def _stored_first(old: State, new: State, now: State) -> bool:
    """The secret may stand in the store and still in the file, never in neither."""
    return now in (old, new, (new[0], old[1]))


def _project(machine: Machine) -> None:
    _put(machine.root / "project" / "pyproject.toml", _PROJECT)


def _git_credentials(machine: Machine) -> None:
    _put(machine.home / ".git-credentials", f"https://alice:{SECRET}@git.test\n")


LOGIN = "login -q git.test -u alice --no-verify --password -"
STORE_BOB = ("store", account("bob", OLD))
STORE_ALICE = ("store", account("alice", OLD, **MORE))

PATHS: dict[str, WritePath] = {
    "store": WritePath(
        ("store",), account("alice", SECRET, **MORE), _with(STORE_BOB), _both, is_git=True
    ),
    "store-first": WritePath(("store",), account("alice", SECRET), _with(), _both, is_git=True),
    "store-new-password": WritePath(
        ("store",), account("alice", SECRET), _with(STORE_ALICE), _both, is_git=True
    ),
    "erase": WritePath(
        ("erase",), account("alice", OLD), _with(STORE_BOB, STORE_ALICE), _both, is_git=True
    ),
    "login": WritePath(tuple(LOGIN.split()), SECRET.encode(), _with(STORE_ALICE), _both),
    "logout": WritePath(
        ("logout", "-q", "git.test", "-u", "alice"), b"", _with(STORE_ALICE, STORE_BOB), _both
    ),
    "restore": WritePath(
        ("restore", "-q", "git.test"),
        b"",
        _with(STORE_ALICE, ("erase", account("alice", OLD))),
        _both,
    ),
    "import": WritePath(
        ("import", "-q", "--from", "git-credentials"), b"", _git_credentials, _both
    ),
    "import-delete-source": WritePath(
        ("import", "-q", "--from", "git-credentials", "--delete-source"),
        b"",
        _git_credentials,
        _answer_and("home/.git-credentials"),
        _stored_first,
        left="home/.git-credentials.lock",
    ),
    "export": WritePath(
        ("export", "-q", "--format", "git-credentials", "--output", "home/out"),
        b"",
        _with(STORE_ALICE),
        _answer_and("home/out"),
        left="home/out",
    ),
    "sanitize": WritePath(
        ("sanitize", "-q", "--write", "project/requirements.txt"),
        b"",
        _requirements,
        _answer_and("project/requirements.txt"),
        _stored_first,
    ),
    "add": WritePath(
        (
            "add",
            "-q",
            "--project",
            "project",
            "--frozen",
            f"foo @ git+https://alice:{SECRET}@git.test/o/r",
        ),
        b"",
        _project,
        _answer_and("project/pyproject.toml"),
        _stored_first,
    ),
    "setup": WritePath(
        ("setup", "-q"),
        b"",
        lambda machine: _put(machine.home / ".gitconfig", "[user]\n\tname = a\n"),
        lambda machine: (_file("home/.gitconfig")(machine),),
    ),
}
