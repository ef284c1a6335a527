"""`sanitize --staged`: what will be committed, whatever the files of the folder hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..support.common import SECRET, cases
from ..support.machine import Machine
from ..support.sanitizing import AMBIGUOUS, CLEAN, LINE, checkout, commit, put, sanitize

FOUND = "1:16: password in URL: https://****@git.test/simple/\n"
ENDED = f'url = "{CLEAN}"\n'


@pytest.fixture
def folder(machine: Machine) -> Path:
    """A checkout with one commit."""
    folder = checkout(machine)
    put(folder / "README", "nothing\n")
    commit(machine, folder)
    return folder


def stage(machine: Machine, folder: Path, name: str, text: str | bytes = LINE) -> Path:
    path = put(folder / name, text)
    machine.git("--literal-pathspecs", "add", "--force", "--", name, cwd=folder)
    return path


def staged(machine: Machine, folder: Path, *words: str, status: int = 1) -> str:
    return sanitize(machine, "--staged", *words, status=status, cwd=folder)[0]


def test_a81_the_staged_text_counts_and_not_the_file(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a.toml")
    put(folder / "a.toml", ENDED)
    stage(machine, folder, "b.toml", ENDED)
    put(folder / "b.toml", LINE)
    put(folder / "untracked.toml", LINE)
    assert staged(machine, folder) == f"a.toml:{FOUND}"


def test_the_last_line_stages_the_files_again(machine: Machine, folder: Path) -> None:
    path = stage(machine, folder, "a b.toml")
    for line in sanitize(machine, "--staged", status=1, cwd=folder)[1].splitlines():
        if line.startswith(("next: ", "then: ")):
            machine.run("sh", "-c", line.partition(": ")[2], cwd=folder)
    assert path.read_text() == ENDED
    assert staged(machine, folder, status=0) == ""


def test_what_was_committed_before_is_not_looked_at(machine: Machine, folder: Path) -> None:
    put(folder / "old.toml")
    put(folder / "other.toml", ENDED)
    commit(machine, folder)
    assert staged(machine, folder, status=0) == ""
    stage(machine, folder, "old.toml", f"{LINE}# more\n")
    assert staged(machine, folder) == f"old.toml:{FOUND}"


def test_the_first_commit_has_every_staged_file(machine: Machine) -> None:
    folder = checkout(machine)
    stage(machine, folder, "a.toml")
    assert staged(machine, folder) == f"a.toml:{FOUND}"
    machine.git("rm", "--quiet", "--cached", "a.toml", cwd=folder)
    assert staged(machine, folder, status=0) == ""


def test_a_renamed_file_counts_and_a_deleted_one_does_not(machine: Machine, folder: Path) -> None:
    for name in ("old.toml", "gone.toml"):
        put(folder / name)
    commit(machine, folder)
    machine.git("mv", "old.toml", "new.toml", cwd=folder)
    machine.git("rm", "--quiet", "gone.toml", cwd=folder)
    assert staged(machine, folder) == f"new.toml:{FOUND}"


def test_in_a_subfolder_all_of_the_commit_is_looked_at(machine: Machine, folder: Path) -> None:
    for name in ("top.toml", "sub/in.toml"):
        stage(machine, folder, name)
    assert staged(machine, folder / "sub") == f"in.toml:{FOUND}../top.toml:{FOUND}"
    assert staged(machine, folder / "sub", ".") == f"in.toml:{FOUND}"
    assert staged(machine, folder / "sub", "../top.toml") == f"../top.toml:{FOUND}"


def test_a_name_of_any_bytes_is_found(machine: Machine, folder: Path) -> None:
    stage(machine, folder, ":(glob)\n\x1b[31m--x.toml")
    output = staged(machine, folder)
    assert (output.count("\n"), "\x1b" in output) == (1, False)


def test_submodules_symlinks_and_binary_files_are_skipped(machine: Machine, folder: Path) -> None:
    (folder / "link").symlink_to(f"https:/alice:{SECRET}@git.test/simple/")
    stage(machine, folder, "binary", b"\0" + LINE.encode())
    other = folder / "other"
    machine.git("init", "--quiet", other)
    put(other / "a.toml")
    commit(machine, other)
    machine.git("add", "link", "other", cwd=folder)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 3\n"
    stage(machine, folder, "big.toml", pointer)
    assert staged(machine, folder, status=0) == ""


def test_a_utf_16_file_with_a_secret_is_an_error(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a.txt", LINE.encode("utf-16"))
    stage(machine, folder, "b.txt")
    output, errors = sanitize(machine, "--staged", status=2, cwd=folder)
    assert output == f"b.txt:{FOUND}"
    assert "'a.txt' is in UTF-16" in errors


@cases("name", {"an escape": "a\x1b[31mb.txt", "a line end": "a\nb.txt", "not UTF-8": "a\udcffb"})
@pytest.mark.parametrize("option", [("--staged",), ()])
def test_a_name_that_cannot_be_pasted_is_in_no_command(
    machine: Machine, folder: Path, name: str, option: tuple[str, ...]
) -> None:
    stage(machine, folder, name)
    words = option or (folder / name,)
    _, errors = sanitize(machine, *words, status=1, cwd=folder)
    assert "next:" not in errors
    assert "git add" not in errors
    stage(machine, folder, "it's.txt")
    words = option or (folder / "it's.txt",)
    _, errors = sanitize(machine, *words, status=1, cwd=folder)
    (line,) = (line for line in errors.splitlines() if line.startswith("next: "))
    machine.run("sh", "-c", line.removeprefix("next: "), cwd=folder)
    assert (folder / "it's.txt").read_text() == f'url = "{CLEAN}"\n'


def test_a_damaged_object_is_an_error_that_names_it(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a.toml")
    stage(machine, folder, "b.toml", CLEAN)
    name = machine.git("rev-parse", ":b.toml", cwd=folder).strip()
    (folder / ".git" / "objects" / name[:2] / name[2:]).unlink()
    output, errors = sanitize(machine, "--staged", status=2, cwd=folder)
    assert f"'b.toml': object {name} is missing or damaged; 'git fsck' shows" in errors
    assert "partial" not in errors
    assert "a.toml:1:16" in output


def test_a_merge_conflict_is_an_error_that_names_the_file(machine: Machine, folder: Path) -> None:
    put(folder / "a.toml", "one\n")
    commit(machine, folder)
    machine.git("checkout", "--quiet", "-b", "other", "HEAD~1", cwd=folder)
    put(folder / "a.toml", "two\n")
    commit(machine, folder)
    machine.git("merge", "--quiet", "main", cwd=folder, check=False)
    output, errors = sanitize(machine, "--staged", status=2, cwd=folder)
    assert output == ""
    assert "'a.toml' has a merge conflict: resolve it and run 'git add' first" in errors


def test_a_diff_shows_what_would_change(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a.toml")
    stage(machine, folder, "b.toml", AMBIGUOUS)
    lines = staged(machine, folder, "--diff").splitlines()
    assert lines[-2:] == ['-url = "https://****@git.test/simple/"', f"+{ENDED}".rstrip()]


def test_a_baseline_and_patterns_leave_findings_out(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a.toml")
    baseline = ("--baseline", "b.json")
    sanitize(machine, *baseline, "--update-baseline", cwd=folder)
    assert staged(machine, folder, *baseline, status=0) == ""
    assert staged(machine, folder, "--exclude", "*.toml", status=0) == ""
    stage(machine, folder, "c.toml")
    assert staged(machine, folder, *baseline) == f"c.toml:{FOUND}"


@cases("form", {"json": "json", "sarif": "sarif", "github": "github"})
def test_a_report_is_made_for_programs(machine: Machine, folder: Path, form: str) -> None:
    stage(machine, folder, "sub/a.toml")
    output = staged(machine, folder, "--format", form)
    if form != "github":
        json.loads(output)
    assert "sub/a.toml" in output


def test_the_next_commands_clean_the_commit(machine: Machine, folder: Path) -> None:
    stage(machine, folder, "a b.toml")
    _, errors = sanitize(machine, "--staged", status=1, cwd=folder)
    assert 'next: git-credential-uvx sanitize --write "a b.toml"\n' in errors
    assert "git add" in errors
    sanitize(machine, "--write", "a b.toml", cwd=folder)
    machine.git("add", "a b.toml", cwd=folder)
    assert staged(machine, folder, status=0) == ""


def test_the_hook_stops_the_commit_and_looks_at_what_git_commits(
    machine: Machine, folder: Path
) -> None:
    hook = "#!/bin/sh\nexec git-credential-uvx sanitize --staged\n"
    put(folder / ".git" / "hooks" / "pre-commit", hook, 0o755)
    put(folder / "README", LINE)
    stage(machine, folder, "a.toml", ENDED)
    # With `--all` or with paths, Git commits from another index than that of the checkout.
    for words in (("--all",), ("--only", "README"), ("--include", "README")):
        done = machine.run("git", "commit", "-m", "x", *words, cwd=folder, check=False)
        assert (done.returncode, SECRET.encode() in done.stderr + done.stdout) == (1, False)
        assert b"README:1:" in done.stdout + done.stderr
    machine.git("commit", "--quiet", "-m", "x", cwd=folder)
    assert "a.toml" in machine.git("show", "--stat", cwd=folder)


@cases(
    "words",
    {
        "to write": ("--write",),
        "to store": ("--store",),
        "a new baseline": ("--baseline", "b.json", "--update-baseline"),
        "standard input": ("-",),
        "what Git ignores": ("--no-ignore",),
        "Git's configuration": ("--git-config",),
        "the history": ("--history",),
    },
)
def test_other_ways_to_look_are_refused(
    machine: Machine, folder: Path, words: tuple[str, ...]
) -> None:
    path = stage(machine, folder, "a.toml")
    output, errors = sanitize(machine, "--staged", *words, status=2, cwd=folder)
    assert output == ""
    assert errors.count("\n") == 1
    assert path.read_text() == LINE
    assert machine.files() == {}


def test_outside_of_a_checkout_it_says_so(machine: Machine) -> None:
    _, errors = sanitize(machine, "--staged", status=2)
    assert f"'{machine.home}' is not in a checkout of Git's" in errors
