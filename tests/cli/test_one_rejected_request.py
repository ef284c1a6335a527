"""One mistyped password is one rejected request at the server: accounts get locked after a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..support.common import cases
from ..support.machine import BIN
from ..support.servers import Seen, basic, challenge, serving
from ..support.terminal import play

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

    from ..support.servers import Answer

COMMAND = str(BIN / "git-credential-uvx")
PASSWORD = b"password: "


def rejected(host: GitHost) -> list[str]:
    """The paths at which the host rejected a password."""
    return [r.path for r in host.requests if r.username and r.status == 401]


def test_login_with_three_wrong_passwords(machine: Machine, host: GitHost) -> None:
    host.accounts["alice"] = "wonder"
    wrong = (PASSWORD, b"wrong\r")
    words = (COMMAND, "login", host.url(), "--username", "alice")
    done = play(machine, words, wrong, wrong, wrong)
    assert done.status == 1
    assert len(rejected(host)) == 3


@cases(
    "words",
    {
        "a host": ("check", "{host}"),
        "a repository": ("check", "{host}r.git"),
        "an index": ("check", "--index", "{host}simple/"),
        "an upload": ("check", "--publish", "{host}legacy/"),
        "everything stored": ("check", "--all"),
    },
)
def test_check_with_a_wrong_password(
    machine: Machine, host: GitHost, alice: str, words: tuple[str, ...]
) -> None:
    host.accounts["alice"] = "another"
    argv = [word.format(host=host.url()) for word in words]
    assert machine.run(COMMAND, *argv, check=False).returncode == 1
    assert len(rejected(host)) == 1


def test_a_place_that_asks_nobody_is_not_the_last_one_tried(machine: Machine) -> None:
    def rule(seen: Seen) -> Answer:
        return challenge() if seen.path == "/simple/" else (404, {}, b"")

    with serving(rule) as server:
        words = ("login", server.url(), "--username", "alice", "--password", "-", "--verify")
        done = machine.run(COMMAND, *words, input=b"wrong\n", check=False)
    assert done.returncode == 1
    assert [s.path for s in server.seen if s.authorization] == ["/simple/"]
    assert basic("alice", "wrong") in server.authorizations
