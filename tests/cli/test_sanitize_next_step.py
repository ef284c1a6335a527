"""The `next:` line of `sanitize`: a command that works when it is pasted, or no line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..support.common import SECRET, cases
from ..support.sanitizing import AMBIGUOUS, CLEAN, LINE, checkout, put, sanitize

if TYPE_CHECKING:
    from ..support.machine import Machine

CLEANED = f'url = "{CLEAN}"\n'
OTHER = LINE.replace("git.test", "other.test")


def next_words(err: str) -> list[str] | None:
    """The words after `sanitize` in the `next:` line; None without one."""
    lines = [line for line in err.splitlines() if line.startswith("next: ")]
    assert len(lines) < 2
    if not lines:
        return None
    words = shlex.split(lines[0].removeprefix("next: "))
    assert words[:2] == ["git-credential-uvx", "sanitize"]
    return words[2:]


# What is asked for, and what the next step is after that.
PROPOSED = {
    "a file": (("a.txt",), ("--write", "a.txt")),
    "a file twice": (("a.txt", "a.txt"), ("--write", "a.txt")),
    "a file in two spellings": (("./a.txt", "a.txt"), ("--write", "./a.txt")),
    "a clean file is left out": (("clean.txt", "a.txt"), ("--write", "a.txt")),
    "a clean folder is left out": (("clean", "a.txt"), ("--write", "a.txt")),
    "a file with a blank in its name": (("a b.txt",), ("--write", "a b.txt")),
    "a file that begins with a hyphen": (("--", "-x.txt"), ("--write", "--", "-x.txt")),
    "a folder": (("sub",), ("--write", "sub")),
    "a diff": (("--diff", "a.txt"), ("--write", "a.txt")),
    "secrets that are dropped": (
        ("--no-store", "a.txt"),
        ("--write", "--no-store", "a.txt"),
    ),
    "a baseline": (
        ("--baseline", "known.json", "a.txt"),
        ("--write", "--baseline=known.json", "a.txt"),
    ),
    "with --replace": (("--replace", "a.txt"), ("--write", "--replace", "a.txt")),
}


@cases("case", PROPOSED)
def test_the_next_step_works_when_it_is_pasted(
    machine: Machine, case: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    asked, proposed = case
    for name in ("a.txt", "a b.txt", "-x.txt", "sub/b.txt"):
        put(machine.home / name)
    for name in ("clean.txt", "clean/c.txt"):
        put(machine.home / name, CLEANED)
    put(machine.home / "known.json", '{"version": 1, "findings": []}')
    words = next_words(sanitize(machine, *asked, status=1)[1])
    assert words == list(proposed)
    sanitize(machine, *words)
    assert sanitize(machine, "--check", *asked[asked[0] == "--diff" :])[0] == ""


def test_a_file_in_two_spellings_counts_once(machine: Machine) -> None:
    put(machine.home / "a.txt")
    folder = machine.home / "sub"
    folder.mkdir()
    for names in (("a.txt", "./a.txt"), (machine.home / "a.txt", "a.txt")):
        assert sanitize(machine, *names, status=1)[0].count("\n") == 1
    out, _ = sanitize(machine, "../a.txt", machine.home / "a.txt", cwd=folder, status=1)
    assert out.count("\n") == 1


@cases("mode", {"plain": (), "a diff": ("--diff",)})
@cases(
    "text",
    {
        "what no store can hold": f"postgres://app:{SECRET}@db.test/x\n",
        "a refused URL": f"{AMBIGUOUS}\n",
    },
)
def test_there_is_no_next_step_if_nothing_can_be_moved(
    machine: Machine, mode: tuple[str, ...], text: str
) -> None:
    put(machine.home / "a.txt", text)
    assert next_words(sanitize(machine, *mode, ".", status=1)[1]) is None


def test_a_file_that_write_would_refuse_is_left_out_with_its_reason(machine: Machine) -> None:
    machine.uv_login("https://git.test", "alice", "older")
    put(machine.home / "a.txt")
    put(machine.home / "b.txt", OTHER)
    err = sanitize(machine, status=1)[1]
    assert "a.txt' is left as it was: the store has another secret for 'alice'" in err
    words = next_words(err)
    assert words == ["--write", "b.txt"]
    sanitize(machine, *words)
    assert next_words(sanitize(machine, status=1)[1]) is None
    assert next_words(sanitize(machine, "a.txt", "b.txt", status=1)[1]) is None
    assert next_words(sanitize(machine, "--diff", status=2)[1]) is None


def test_a_symlink_out_of_its_folder_is_left_out(machine: Machine) -> None:
    target = put(machine.root / "elsewhere" / "x")
    (machine.home / "a.txt").symlink_to(target)
    put(machine.home / "b.txt", OTHER)
    err = sanitize(machine, "a.txt", "b.txt", status=1)[1]
    assert "--follow" in err
    assert next_words(err) == ["--write", "b.txt"]


def test_a_name_that_cannot_be_pasted_is_left_out(machine: Machine) -> None:
    put(machine.home / "a\nb.txt")
    assert next_words(sanitize(machine, "a\nb.txt", status=1)[1]) is None


def test_git_s_configuration_is_written_again_as_it_was_asked_for(machine: Machine) -> None:
    folder = checkout(machine)
    put(folder / "clean.txt", CLEANED)
    machine.git("config", "remote.o.url", f"https://alice:{SECRET}@git.test/r", cwd=folder)
    words = next_words(sanitize(machine, "--git-config", "clean.txt", cwd=folder, status=1)[1])
    assert words == ["--write", "--git-config", "clean.txt"]
    sanitize(machine, *words, cwd=folder)
    assert SECRET not in (folder / ".git" / "config").read_text()
