"""`sanitize --diff` shows what `--write` does: each case is shown, then written, and compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..support.common import SECRET, cases
from ..support.sanitizing import AMBIGUOUS, put, sanitize, stored

if TYPE_CHECKING:
    from ..support.machine import Machine

GIT = "git+https://{}git.test/o/r.git"
INDEX = "--index-url https://{}pypi.test/team/simple/"


def login(name: str, secret: str = SECRET) -> str:
    return f"{name}:{secret}-{name}@"


@dataclass
class Case:
    """Files, the accounts that the store has, and options for both modes."""

    files: dict[str, str]
    has: list[tuple[str, str, str]] = field(default_factory=list)
    options: tuple[str, ...] = ()
    status: int = 0


ALICE, CAROL = GIT.format(login("alice")), GIT.format(login("carol"))
OTHER_ALICE = GIT.format(login("alice", f"{SECRET}-2"))
BOB = ("https://git.test", "bob", "pw")

CASES = {
    "one account loses its name": Case({"a.txt": ALICE}),
    "two accounts of a host in one file keep their names": Case({"a.txt": f"{ALICE}\n{CAROL}"}),
    "two accounts of a host in two files keep their names": Case({"a.txt": ALICE, "b.txt": CAROL}),
    "two accounts of an index keep their names": Case(
        {"a.txt": INDEX.format(login("alice")), "b.txt": INDEX.format(login("carol"))}
    ),
    "a second account of a stored host keeps its name": Case({"a.txt": ALICE}, [BOB]),
    "an account that is stored loses its name": Case(
        {"a.txt": ALICE}, [("https://git.test", "alice", f"{SECRET}-alice")]
    ),
    "another secret in the store is an error": Case(
        {"a.txt": ALICE, "b.txt": INDEX.format(login("bob"))},
        [("https://git.test", "alice", "older")],
        status=2,
    ),
    "another secret in an earlier file is an error": Case(
        {"a.txt": ALICE, "b.txt": OTHER_ALICE}, status=2
    ),
    "with --replace another secret is no error": Case(
        {"a.txt": ALICE}, [("https://git.test", "alice", "older")], ("--replace",)
    ),
    "with --replace another account loses its name": Case(
        {"a.txt": INDEX.format(login("alice"))},
        [("https://pypi.test/team", "bob", "pw")],
        ("--replace",),
    ),
    "what no store can hold stays": Case(
        {"a.txt": f"{ALICE}\npostgres://app:{SECRET}@db.test/x"}, status=1
    ),
    "a program keeps its secrets": Case({"a.py": f'URL = "{ALICE}"', "b.txt": CAROL}, status=1),
    "a refused URL stays": Case({"a.txt": f"{ALICE}\n{AMBIGUOUS}"}, status=1),
    "secrets that are dropped need no account": Case(
        {"a.txt": f"{ALICE}\npostgres://app:{SECRET}@db.test/x"}, options=("--no-store",)
    ),
    "a token that gets a name": Case({"a.txt": f"{ALICE}\n{GIT.format(f'{SECRET}-long-enough@')}"}),
}


def new_lines(diff: str) -> dict[str, list[str]]:
    """The lines of the new side of each file."""
    found: dict[str, list[str]] = {}
    for line in diff.splitlines():
        if line.startswith("+++ b/"):
            lines = found.setdefault(line.removeprefix("+++ b/"), [])
        elif line[:1] in ("+", " ") and not line.startswith(("+++", "---")):
            lines.append(line[1:])
    return found


def masked(text: str) -> str:
    return re.sub(rf"(://)[^@\n]*{SECRET}[^@\n]*@", r"\1****@", text)


# What only one of the two modes says, and how the other one says it.
WORDS = {
    "would remove": "removed",
    "would store": "stored",
    "would be dropped and stored nowhere": "dropped, stored nowhere",
}


def told(err: str) -> list[str]:
    """What is said of files and accounts, in the words of `--write`."""
    for words, of_write in WORDS.items():
        err = err.replace(words, of_write)
    about_files = re.compile(
        r"(warning: )?\w+\.(txt|py):|  |left in the file: |git-credential-uvx: "
    )
    return [line for line in err.splitlines() if about_files.match(line)]


@cases("case", CASES)
def test_the_diff_shows_what_is_written(machine: Machine, case: Case) -> None:
    for service, name, secret in case.has:
        machine.uv_login(service, name, secret)
    for name, text in case.files.items():
        put(machine.home / name, text + "\n")
    before = machine.files()
    diff, err = sanitize(machine, "--diff", *case.options, ".", status=max(1, case.status))
    assert machine.files() == before
    for name, text in case.files.items():
        assert (machine.home / name).read_text() == text + "\n"
    _, written = sanitize(machine, "--write", *case.options, ".", status=case.status)
    shown = new_lines(diff)
    for name, text in case.files.items():
        after = (machine.home / name).read_text()
        if after == text + "\n":
            assert name not in shown
        else:
            assert shown[name] == masked(after).splitlines()
    assert told(err) == told(written)


def test_a_diff_makes_no_store(machine: Machine) -> None:
    put(machine.home / "a.txt", ALICE)
    sanitize(machine, "--diff", "a.txt", status=1)
    assert machine.files() == {}
    assert stored(machine) == []


@cases("fault", {"read-only": "it is read-only", "linked": "a hard link"})
def test_a_diff_reports_a_file_that_cannot_be_written(machine: Machine, fault: str) -> None:
    path = put(machine.home / "a.txt", ALICE, mode=0o444 if "read" in fault else 0o644)
    if "link" in fault:
        (machine.root / "other").hardlink_to(path)
    out, err = sanitize(machine, "--diff", "a.txt", status=2)
    assert out == ""
    assert fault in err
    assert sanitize(machine, "--write", "a.txt", status=2)[1] == err


def test_a_diff_reports_a_symlink_out_of_its_folder(machine: Machine) -> None:
    target = put(machine.root / "elsewhere" / "x", ALICE)
    (machine.home / "a.txt").symlink_to(target)
    assert "--follow" in sanitize(machine, "--diff", "a.txt", status=2)[1]
    assert "+git+https://git.test" in sanitize(machine, "--diff", "--follow", "a.txt", status=1)[0]
