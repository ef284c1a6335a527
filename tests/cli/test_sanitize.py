"""`sanitize`: what it finds, what it writes, what it stores, and what it never shows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.githost import GitHost

from ..support.common import GITHUB_TOKEN, SECRET, cases
from ..support.machine import Machine
from ..support.sanitizing import AMBIGUOUS, CLEAN, LINE, URL, checkout, put, sanitize, stored

if TYPE_CHECKING:
    from collections.abc import Callable


# Modes


def test_check_tells_and_changes_nothing(machine: Machine) -> None:
    path = put(machine.home / "uv.toml", "# é\n" + LINE)
    before = path.stat()
    out, err = sanitize(machine, "--check", "uv.toml", status=1)
    assert out == "uv.toml:2:16: password in URL: https://****@git.test/simple/\n"
    assert err == ""
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert machine.files() == {}


def test_check_is_what_is_done_without_a_mode_and_here_is_where(machine: Machine) -> None:
    put(machine.home / "a" / "uv.toml")
    out, err = sanitize(machine, status=1)
    assert out.startswith("a/uv.toml:1:16: password in URL: ")
    assert err == "next: git-credential-uvx sanitize --write\n"
    assert sanitize(machine, "-q", status=1) == (out, "")


def test_to_store_is_to_write(machine: Machine) -> None:
    path = put(machine.home / "uv.toml")
    sanitize(machine, "--store", "uv.toml")
    assert path.read_text() == f'url = "{CLEAN}"\n'
    assert machine.uv_token(CLEAN, "alice") == SECRET


def test_a_clean_file_is_nothing_to_tell(machine: Machine) -> None:
    put(machine.home / "uv.toml", f'url = "{CLEAN}"\n')
    for mode in ("--check", "--diff", "--write"):
        assert sanitize(machine, mode, "uv.toml") == ("", "")


def test_diff_shows_what_would_change_masked(machine: Machine) -> None:
    path = put(machine.home / "uv.toml", f"a = 1\n{LINE}")
    out, _ = sanitize(machine, "--diff", "uv.toml", status=1)
    assert "--- a/uv.toml\n+++ b/uv.toml\n" in out
    assert '-url = "https://****@git.test/simple/"\n+url = "https://git.test/simple/"\n' in out
    assert path.read_text() == f"a = 1\n{LINE}"


def test_diff_tells_of_what_it_cannot_take_out(machine: Machine) -> None:
    put(machine.home / "a", AMBIGUOUS)
    out, err = sanitize(machine, "--diff", "a", status=1)
    assert out == ""
    assert "left in the file: a:1: cannot be cut safely; " in err


def test_write_moves_the_secret_into_the_store(machine: Machine) -> None:
    path = put(machine.home / "uv.toml")
    out, err = sanitize(machine, "--write", "uv.toml")
    assert out == ""
    assert err.splitlines()[:2] == [
        "uv.toml: removed 1 secret",
        "  stored: alice@https://git.test/",
    ]
    assert path.read_text() == f'url = "{CLEAN}"\n'
    assert machine.uv_token(CLEAN, "alice") == SECRET
    assert sanitize(machine, "--check", "uv.toml") == ("", "")
    put(path)
    _, err = sanitize(machine, "--write", "uv.toml")
    assert "already stored for https://git.test/: 'alice'" in err
    assert sanitize(machine, "--write", "-q", "uv.toml") == ("", "")


def test_standard_input_comes_out_clean(machine: Machine) -> None:
    text = b"\xff\r\n" + LINE.encode() + b"no end"
    done = machine.run("git-credential-uvx", "sanitize", "-", input=text)
    assert done.stdout == text.replace(f"alice:{SECRET}@".encode(), b"")
    assert done.stderr == b""
    assert machine.files() == {}
    done = machine.run("git-credential-uvx", "sanitize", "--store", "-", input=text)
    assert done.stdout == text.replace(f"alice:{SECRET}@".encode(), b"")
    assert done.stderr == b"stored: alice@https://git.test/\n"
    assert machine.uv_token(CLEAN, "alice") == SECRET


def test_standard_input_with_what_cannot_be_cut_gives_nothing(machine: Machine) -> None:
    out, err = sanitize(machine, "-", status=2, input=f"{LINE}{AMBIGUOUS}\n{LINE}".encode())
    assert out == ""
    assert err.count("\n") == 1
    assert "standard input:2: cannot be cut safely" in err
    assert machine.files() == {}


def test_standard_input_is_read_as_the_file_that_it_is_called(machine: Machine) -> None:
    text = b"git clone https://alice:$TOKEN@git.test/o/r\n"
    script, other = "--stdin-filename=deploy.sh", "--stdin-filename=a.txt"
    assert sanitize(machine, "-", script, input=text)[0] == text.decode()
    assert sanitize(machine, "--check", "-", script, input=text)[0] == ""
    out = sanitize(machine, "--check", "-", other, input=text, status=1)[0]
    assert out.startswith("a.txt:1:")
    assert "'--stdin-filename' needs '-'" in sanitize(machine, script, status=2)[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_never_called_clean(machine: Machine, encoding: str) -> None:
    text = ("x\n" + LINE).encode(encoding)
    for words in (("-",), ("--check", "-"), ("--diff", "-")):
        out, err = sanitize(machine, *words, input=text, status=2)
        assert (out, "UTF-16" in err) == ("", True)
    put(machine.home / "a").write_bytes(text)
    assert "UTF-16" in sanitize(machine, "a", status=2)[1]
    assert "UTF-16" in sanitize(machine, ".", status=2)[1]


def test_standard_input_can_be_checked(machine: Machine) -> None:
    out, _ = sanitize(machine, "--check", "-", status=1, input=LINE.encode())
    assert out.startswith("-:1:16: password in URL: ")
    out, _ = sanitize(machine, "--diff", "-", status=1, input=LINE.encode())
    assert "+++ b/-" in out
    assert sanitize(machine, "--check", "-", input=b"clean") == ("", "")
    assert machine.files() == {}


def test_a_text_larger_than_memory_is_to_hold_passes_through(machine: Machine) -> None:
    text = (b"x" * 999 + b"\n") * 20_000
    done = machine.run("git-credential-uvx", "sanitize", "-", input=text + LINE.encode())
    assert done.stdout == text + f'url = "{CLEAN}"\n'.encode()


@cases(
    "words",
    {
        "an unknown option": ("--nonsense",),
        "an unknown format": ("--format", "xml"),
        "standard input and a file": ("-", "a"),
        "standard input to be written": ("--write", "-"),
        "a report without a mode": ("--format", "json", "-"),
        "a baseline to be updated without its name": ("--update-baseline",),
        "both to store and not to": ("--store", "--no-store", "-"),
        "to store what is only checked": ("--store", "--check", "a"),
        "to check and to write": ("--check", "--write", "a"),
        "two formats": ("--json", "--format", "sarif", "a"),
        "an empty argument": ("",),
    },
)
def test_what_is_asked_wrongly_has_status_2(machine: Machine, words: tuple[str, ...]) -> None:
    put(machine.home / "a")
    out, err = sanitize(machine, *words, status=2)
    assert out == ""
    assert err.count("\n") == 1


def test_one_bad_file_keeps_no_other_from_its_turn(machine: Machine) -> None:
    put(machine.home / "a", AMBIGUOUS)
    path = put(machine.home / "b")
    _, err = sanitize(machine, "--write", "a", "missing", "b", status=2)
    assert "left in the file: a:1: cannot be cut safely; escape it, or take it out by hand" in err
    assert "git-credential-uvx: cannot read 'missing': no such file" in err
    assert path.read_text() == f'url = "{CLEAN}"\n'
    assert (machine.home / "a").read_text() == AMBIGUOUS
    out, _ = sanitize(machine, "--check", "a", "missing", "b", status=2)
    assert out == "a:1:9: cannot be cut safely: https://****@git.test/\n"


# Formats


def test_every_format_tells_the_same(machine: Machine) -> None:
    put(machine.home / "a b.toml", LINE + "x = 'https://h.test/?token=CANARY&a=1'\n")
    data: Any = json.loads(sanitize(machine, "--format", "json", "a b.toml", status=1)[0])
    assert [(f["path"], f["line"], f["kind"]) for f in data["findings"]] == [
        ("a b.toml", 1, "password"),
        ("a b.toml", 2, "query"),
    ]
    out, _ = sanitize(machine, "--format", "github", "a b.toml", status=1)
    assert out.count("::error file=a b.toml,line=") == 2
    data = json.loads(sanitize(machine, "--format", "sarif", "a b.toml", status=1)[0])
    assert len(data["runs"][0]["results"]) == 2
    out, _ = sanitize(machine, "--format", "text", "a b.toml", status=1)
    assert len(out.splitlines()) == 2


def test_a_clean_file_gives_a_whole_report(machine: Machine) -> None:
    put(machine.home / "a", "clean")
    assert json.loads(sanitize(machine, "--format", "json", "a")[0]) == {
        "findings": [],
        "notes": [],
    }
    data: Any = json.loads(sanitize(machine, "--format", "sarif", "a")[0])
    assert data["version"] == "2.1.0"
    assert data["runs"][0]["results"] == []


# Folders


def test_what_git_ignores_is_passed_by(machine: Machine) -> None:
    folder = checkout(machine)
    put(folder / ".gitignore", "build/\n*.log\n")
    for name in ("uv.toml", "build/x.toml", "a/b.log", "a/c.txt", "ä ö.txt"):
        put(folder / name)
    machine.git("add", "uv.toml", cwd=folder)
    put(folder / ".git" / "description")

    def found(*words: str) -> list[str]:
        out, _ = sanitize(machine, *words, status=1, cwd=folder)
        return [line.partition(":")[0] for line in out.splitlines()]

    assert found() == ["a/c.txt", "uv.toml", "ä ö.txt"]
    assert found("--no-ignore") == ["a/b.log", "a/c.txt", "build/x.toml", "uv.toml", "ä ö.txt"]
    assert found("a") == ["a/c.txt"]
    assert found("build") == ["build/x.toml"]
    assert found("--exclude", "a", "--exclude", "*ö*") == ["uv.toml"]
    assert found("--no-ignore", "--exclude", "*.log", "--exclude", "a/*", "a", "uv.toml") == [
        *("a/c.txt", "uv.toml"),
    ]
    assert found("a/b.log") == ["a/b.log"]


def test_a_checkout_with_nothing_but_what_is_ignored_is_clean(machine: Machine) -> None:
    folder = checkout(machine)
    put(folder / ".git" / "info" / "exclude", "*\n")
    put(folder / ".venv" / "uv.toml")
    assert sanitize(machine, cwd=folder) == ("", "")


def test_a_folder_that_is_no_checkout_is_walked(machine: Machine) -> None:
    folder = machine.root / "plain"
    put(folder / "a" / "b.txt")
    put(folder / "binary", b"\0" + LINE.encode())
    (folder / "link").symlink_to("a/b.txt")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")
    out, _ = sanitize(machine, folder, status=1)
    assert out.count("\n") == 1
    assert "b.txt:1:16" in out
    out, _ = sanitize(machine, "binary", cwd=folder, status=1)
    assert out.startswith("binary:1:")


def test_a_file_in_utf_16_is_never_called_clean(machine: Machine) -> None:
    folder = machine.root / "plain"
    put(folder / "requirements.txt", LINE.encode("utf-16"))
    put(folder / "notes.txt", "no URL\n".encode("utf-16"))
    _, told = sanitize(machine, folder, status=2)
    assert told.count("\n") == 1
    assert "requirements.txt' is in UTF-16" in told
    _, told = sanitize(machine, "--write", "notes.txt", cwd=folder, status=2)
    assert "notes.txt' is in UTF-16" in told
    assert (folder / "requirements.txt").read_bytes() == LINE.encode("utf-16")


def test_the_name_of_a_file_tells_what_it_fills_in(machine: Machine) -> None:
    folder = machine.root / "plain"
    text = b"https://u:$PASSWORD@h.test/\n"
    put(folder / "install.sh", text)
    put(folder / "requirements.txt", text)
    put(folder / ".github" / "a.yml", text)
    out, _ = sanitize(machine, cwd=folder, status=1)
    assert out == "requirements.txt:1:9: cannot be cut safely: https://****@h.test/\n"
    assert sanitize(machine, cwd=folder / ".github") == ("", "")


# Configuration of Git


def test_a_remote_with_a_token_still_fetches_when_it_is_clean(
    machine: Machine, host: GitHost
) -> None:
    host.accounts["alice"] = SECRET
    machine.git("config", "--global", "credential.helper", "uvx")
    folder = machine.root / "clone"
    machine.git("clone", "--quiet", host.url("r.git", userinfo=f"alice:%43{SECRET[1:]}"), folder)
    config = folder / ".git" / "config"
    assert "%43ANARY" in config.read_text()
    assert sanitize(machine, cwd=folder) == ("", "")
    out, _ = sanitize(machine, "--git-config", cwd=folder, status=1)
    assert out == f".git/config:7:16: password in URL: {host.url('r.git', userinfo='****')}\n"
    sanitize(machine, "--git-config", "--write", cwd=folder)
    assert host.url("r.git") in config.read_text()
    assert stored(machine) == [(host.url(), "alice")]
    assert machine.git("config", "remote.origin.url", cwd=folder).strip() == host.url("r.git")
    host.requests.clear()
    machine.git("fetch", "--quiet", cwd=folder)
    assert {asked.username for asked in host.requests if asked.status == 200} == {"alice"}
    assert sanitize(machine, "--git-config", cwd=folder) == ("", "")


@pytest.mark.parametrize("name", [".git/config", ".git/config.worktree"])
def test_git_is_kept_out_while_its_configuration_is_written(machine: Machine, name: str) -> None:
    folder = checkout(machine)
    path = put(folder / name, f'[remote "o"]\n\turl = https://x:{SECRET}@git.test/r\n')
    lock = put(folder / f"{name}.lock", "")
    _, err = sanitize(machine, "--write", name, cwd=folder, status=2)
    assert "another program is writing" in err
    assert SECRET in path.read_text()
    assert machine.files() == {}
    lock.unlink()
    sanitize(machine, "--write", name, cwd=folder)
    assert "url = https://git.test/r\n" in path.read_text()
    assert not lock.exists()
    assert stored(machine) == [("https://git.test/", "x")]


def test_the_configuration_of_a_worktree_is_that_of_its_checkout(machine: Machine) -> None:
    folder = checkout(machine)
    machine.env |= {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER")
                    for what in ("NAME", "EMAIL")}  # fmt: skip
    machine.git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=folder)
    machine.git("worktree", "add", "--quiet", "../other", cwd=folder)
    machine.git("config", "remote.o.url", f"https://x:{SECRET}@git.test/r", cwd=folder)
    out, _ = sanitize(machine, "--git-config", cwd=machine.root / "other", status=1)
    assert "checkout/.git/config:" in out
    sanitize(machine, "--git-config", "--write", cwd=machine.root / "other")
    assert SECRET not in (folder / ".git" / "config").read_text()


def test_the_configuration_of_a_submodule_is_its_own(machine: Machine) -> None:
    folder = checkout(machine)
    git = folder / ".git" / "modules" / "sub"
    git.parent.mkdir()
    machine.git("init", "--quiet", "--separate-git-dir", git, folder / "sub")
    machine.git("config", "core.worktree", "../../../sub", cwd=folder / "sub")
    machine.git("config", "remote.o.url", f"https://x:{SECRET}@git.test/r", cwd=folder / "sub")
    sanitize(machine, "--git-config", "--write", "sub", cwd=folder)
    assert SECRET not in (git / "config").read_text()


def other_repository(machine: Machine) -> Path:
    other = machine.home / "other"
    machine.git("init", "--quiet", other)
    machine.git("config", "remote.o.url", f"https://x:{SECRET}@git.test/r", cwd=other)
    return other / ".git"


def name_as_git(folder: Path, git: Path) -> None:
    (folder / ".git").write_text(f"gitdir: {git}\n")


def name_as_link(folder: Path, git: Path) -> None:
    (folder / ".git").symlink_to(git)


def name_as_common(folder: Path, git: Path) -> None:
    subprocess.run(["git", "init", "--quiet", folder], check=True, env={"PATH": "/usr/bin:/bin"})
    (folder / ".git" / "commondir").write_text(f"{git}\n")


def name_as_common_of_a_bare_one(folder: Path, git: Path) -> None:
    name_as_common(folder, git)
    for path in (folder / ".git").iterdir():
        path.rename(folder / path.name)
    (folder / ".git").rmdir()


def name_as_that_of_a_worktree(folder: Path, git: Path) -> None:
    own = folder / "worktrees" / "x"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text(f"{git}\n")
    (own / "gitdir").write_text(f"{folder}/.git\n")
    (folder / ".git").write_text("gitdir: worktrees/x\n")


@pytest.mark.parametrize(
    "name",
    [
        name_as_git,
        name_as_link,
        name_as_common,
        name_as_common_of_a_bare_one,
        name_as_that_of_a_worktree,
    ],
)
@pytest.mark.parametrize("home", ["a checkout", "no checkout"])
def test_the_configuration_of_another_repository_is_not_written(
    machine: Machine, name: Callable[[Path, Path], None], home: str
) -> None:
    if home == "a checkout":
        machine.git("init", "--quiet", cwd=machine.home)
    git = other_repository(machine)
    folder = machine.home / "downloads"
    folder.mkdir()
    name(folder, git)
    _, err = sanitize(machine, "--git-config", "--write", cwd=folder, status=2)
    assert "the configuration of another checkout" in err
    assert SECRET in (git / "config").read_text()
    assert machine.files() == {}
    sanitize(machine, "--git-config", "--write", "--follow", cwd=folder)
    assert SECRET not in (git / "config").read_text()


# Allowed


def test_a_comment_on_the_line_allows(machine: Machine) -> None:
    text = f"# git-credential-uvx: allow {URL}\n"
    path = put(machine.home / "a", text)
    for mode in ("--check", "--diff", "--write"):
        assert sanitize(machine, mode, "a") == ("", "")
    assert path.read_text() == text
    assert machine.files() == {}
    put(path, text + LINE)
    assert sanitize(machine, "a", status=1)[0].startswith("a:2:16: ")
    sanitize(machine, "--write", "a")
    assert path.read_text() == text + f'url = "{CLEAN}"\n'
    data: Any = json.loads(sanitize(machine, "--format", "sarif", "a")[0])
    (result,) = data["runs"][0]["results"]
    assert result["suppressions"]


def test_a_baseline_holds_what_a_team_keeps(machine: Machine) -> None:
    put(machine.home / "a")
    options = ("--baseline", "known.json", ".")
    _, err = sanitize(machine, "--update-baseline", *options)
    assert "known.json: 1 finding" in err
    assert SECRET not in (machine.home / "known.json").read_text()
    assert sanitize(machine, "--check", *options) == ("", "")
    assert sanitize(machine, "--write", *options) == ("", "")
    assert (machine.home / "a").read_text() == LINE
    put(machine.home / "a", LINE * 2)
    assert sanitize(machine, "--check", *options, status=1)[0].startswith("a:2:")
    (machine.home / "a").unlink()
    sanitize(machine, "--update-baseline", *options)
    assert json.loads((machine.home / "known.json").read_text())["findings"] == []


@cases("text", {"missing": None, "no JSON": "x", "a list": "[]", "another": '{"version": 9}'})
def test_a_baseline_that_is_none_is_an_error(machine: Machine, text: str | None) -> None:
    put(machine.home / "a")
    if text is not None:
        put(machine.home / "known.json", text)
    out, err = sanitize(machine, "--baseline", "known.json", "a", status=2)
    assert (out, err.count("\n")) == ("", 1)
    assert "known.json" in err


def test_a_baseline_is_written_although_one_file_cannot_be_read(machine: Machine) -> None:
    put(machine.home / "a", LINE)
    put(machine.home / "b", "\ufeff" + LINE).write_bytes(("\ufeff" + LINE).encode("utf-16-le"))
    words = ("--update-baseline", "--baseline", "known.json", "a", "b")
    assert "b" in sanitize(machine, *words, status=2)[1]
    sanitize(machine, "--baseline", "known.json", "a")


def test_the_advice_repeats_what_was_asked_for(machine: Machine) -> None:
    put(machine.home / "-x", LINE)
    put(machine.home / "folder" / "a b", LINE)
    words = ("--exclude=c", "--no-ignore", "--", "-x", "folder")
    err = sanitize(machine, *words, status=1)[1]
    command = "git-credential-uvx sanitize --write --no-ignore --exclude=c -- -x folder"
    assert err == f"next: {command}\n"


def test_a_baseline_that_cannot_be_written_is_an_error(machine: Machine) -> None:
    put(machine.home / "a")
    _, err = sanitize(machine, "--update-baseline", "--baseline", "none/x.json", "a", status=2)
    assert "cannot write 'none/x.json': no such file" in err


def test_a_baseline_is_not_written_through_a_symlink_out_of_the_checkout(machine: Machine) -> None:
    folder = checkout(machine)
    put(folder / "a")
    known = put(machine.home / "known.json", text := '{"version": 1, "findings": []}')
    link(folder / "known.json", known)
    words = ("--update-baseline", "--baseline", "known.json", "a")
    assert "--follow" in sanitize(machine, *words, cwd=folder, status=2)[1]
    assert known.read_text() == text
    sanitize(machine, "--follow", *words, cwd=folder)
    assert known.read_text() != text


# The store


def test_without_a_store_the_secret_is_dropped(machine: Machine) -> None:
    path = put(machine.home / "a")
    out, err = sanitize(machine, "--write", "--no-store", "a")
    dropped = "warning: a:1: dropped, stored nowhere: password in URL\n"
    assert (out, err) == ("", "a: removed 1 secret\n" + dropped)
    assert path.read_text() == f'url = "{CLEAN}"\n'
    done = machine.run("git-credential-uvx", "sanitize", "--no-store", "-", input=LINE.encode())
    assert done.stdout.decode() == f'url = "{CLEAN}"\n'
    assert machine.files() == {}


def test_another_secret_in_the_store_stays_unless_it_is_replaced(machine: Machine) -> None:
    machine.uv_login("https://git.test", "alice", "older")
    path = put(machine.home / "a", LINE + f"https://bob:{SECRET}@other.test/simple\n")
    before = path.read_bytes()
    files = machine.files()
    _, err = sanitize(machine, "--write", "a", status=2)
    assert err.count("\n") == 1
    assert "'a' is left as it was: the store has another secret for 'alice'" in err
    assert path.read_bytes() == before
    assert machine.files() == files
    sanitize(machine, "--write", "--replace", "a")
    assert machine.uv_token("https://git.test", "alice") == SECRET
    assert machine.uv_token("https://other.test", "bob") == SECRET
    assert b"CANARY" not in path.read_bytes()


def test_two_secrets_of_one_account_are_a_conflict(machine: Machine) -> None:
    text = LINE + LINE.replace(SECRET, "CANARY-2")
    path = put(machine.home / "a", text)
    assert "there are two secrets for 'alice'" in sanitize(machine, "--write", "a", status=2)[1]
    assert path.read_text() == text
    assert machine.files() == {}


def test_an_account_that_uv_could_not_find_is_a_conflict(machine: Machine) -> None:
    machine.uv_login("https://git.test", "bob", "his")
    path = put(machine.home / "a")
    _, err = sanitize(machine, "--write", "a", status=2)
    assert (
        "the store has another account, 'bob' at 'https://git.test/', which answers instead of "
        "'alice' at 'https://git.test/'; if both are yours, run 'git-credential-uvx login git.test "
        "--username alice' first; --replace stores this one instead"
    ) in err
    assert path.read_text() == LINE
    assert machine.uv_token("https://git.test", "bob") == "his"
    sanitize(machine, "--write", "--replace", "a")
    assert machine.uv_token("https://git.test", "alice") == SECRET
    bob = machine.get(protocol="https", host="git.test", username="bob")
    assert bob[b"password"] == b"his"


def test_a_pipe_names_what_it_stores(machine: Machine) -> None:
    _, err = sanitize(machine, "--store", "-", input=LINE.encode())
    assert err == "stored: alice@https://git.test/\n"
    assert sanitize(machine, "--store", "-", input=LINE.encode())[1] == ""


def test_a_pipe_passes_a_conflict_and_stores_the_rest(machine: Machine) -> None:
    machine.uv_login("https://git.test", "alice", "older")
    text = LINE + f"https://bob:{SECRET}@other.test/simple\n"
    out, err = sanitize(machine, "--store", "-", input=text.encode())
    assert out == f'url = "{CLEAN}"\nhttps://other.test/simple\n'
    assert "warning: not stored: the store has another secret for 'alice'" in err
    assert machine.uv_token("https://git.test", "alice") == "older"
    assert machine.uv_token("https://other.test", "bob") == SECRET


LONG = f"{SECRET}-long-enough"
PYPI_TOKEN = "py" + "pi-" + SECRET + "x" * 40

STORED = {
    "a git dependency, for the host": (
        f"x @ git+https://bob:{SECRET}@git.test/team/r.git@v1",
        ("https://git.test/", "bob"),
    ),
    "an index, without its end": (
        f"--index-url https://bob:{SECRET}@pypi.test/team/simple/",
        ("https://pypi.test/team", "bob"),
    ),
    "a file, by its path": (
        f"x @ https://bob:{SECRET}@files.test/a/x-1.0-py3-none-any.whl",
        ("https://files.test/a/x-1.0-py3-none-any.whl", "bob"),
    ),
    "a token for GitHub": (
        f"x @ git+https://{GITHUB_TOKEN}@github.com/o/r",
        ("https://github.com/", "x-access-token"),
    ),
    "a token for GitLab": (
        f"x @ git+https://{LONG}@gitlab.com/o/r",
        ("https://gitlab.com/", "oauth2"),
    ),
    "a token for PyPI": (
        f"-i https://{PYPI_TOKEN}@pypi.org/simple",
        ("https://pypi.org/", "__token__"),
    ),
    "a token for nobody that is known, for git": (
        f"x @ git+https://{LONG}@git.test/o/r",
        ("https://git.test/", "oauth2"),
    ),
    "a git source": (
        f'z = {{ git = "https://bob:{SECRET}@git.test/o/r" }}',
        ("https://git.test/", "bob"),
    ),
    "a git source in JSON": (
        f'"git": "https://bob:{SECRET}@git.test/o/r"',
        ("https://git.test/", "bob"),
    ),
    "a git source of Poetry's": (
        f'type = "git"\nurl = "https://bob:{SECRET}@git.test/o/r"',
        ("https://git.test/", "bob"),
    ),
    "a git source of a pylock": (
        f'vcs = {{ type = "git", url = "https://bob:{SECRET}@git.test/o/r", x = 1 }}',
        ("https://git.test/", "bob"),
    ),
    "a clone in a script": (
        f"RUN git clone --depth 1 https://bob:{SECRET}@git.test/o/r && x",
        ("https://git.test/", "bob"),
    ),
    "an escape": (f"-i https://b%6Fb:{SECRET}@pypi.test/", ("https://pypi.test/", "bob")),
}


@cases("case", STORED)
def test_what_is_stored(machine: Machine, case: tuple[str, tuple[str, str]]) -> None:
    line, account = case
    put(machine.home / "requirements.txt", line + "\n")
    sanitize(machine, "--write", "requirements.txt")
    assert stored(machine) == [account]
    assert machine.uv_token(*account) in (SECRET, LONG, GITHUB_TOKEN, PYPI_TOKEN)


def test_a_submodule_is_for_git(machine: Machine) -> None:
    put(machine.home / ".gitmodules", f"[submodule]\n\turl = https://bob:{SECRET}@git.test/o/r\n")
    sanitize(machine, "--write", ".gitmodules")
    assert stored(machine) == [("https://git.test/", "bob")]


def test_what_uv_finds_already_is_known(machine: Machine) -> None:
    machine.uv_login("https://h.test", "u", SECRET)
    path = put(
        machine.home / "a",
        f"-i https://u:{SECRET}@h.test/a/simple\nhttps://u:{SECRET}@h.test/b/x.whl\n",
    )
    before = machine.files()
    sanitize(machine, "--write", "a")
    assert path.read_text() == "-i https://h.test/a/simple\nhttps://h.test/b/x.whl\n"
    assert machine.files() == before
    put(path, f"https://u:{SECRET}-other@h.test/b/x.whl\n")
    err = sanitize(machine, "--write", "a", status=2)[1]
    assert "the store has another account, 'u' at 'https://h.test/'" in err


# Bytes


def test_every_other_byte_of_a_file_stays(machine: Machine) -> None:
    text = b"\xef\xbb\xbf# \xff\xfe\r\n" + LINE.encode() + b"\r\n\x0c last line \xc3"
    path = put(machine.home / "a", text, mode=0o750)
    os.chown(path, 12345, 54321) if os.geteuid() == 0 else None
    before = path.stat()
    sanitize(machine, "--write", "a")
    after = path.stat()
    assert path.read_bytes() == text.replace(f"alice:{SECRET}@".encode(), b"")
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        *(before.st_mode, before.st_uid, before.st_gid),
    )


def test_a_symlink_stays_one(machine: Machine) -> None:
    target = put(machine.home / "dotfiles" / "uv.toml")
    link = machine.home / "uv.toml"
    link.symlink_to("dotfiles/uv.toml")
    sanitize(machine, "--write", "uv.toml")
    assert link.readlink() == Path("dotfiles/uv.toml")
    assert target.read_text() == f'url = "{CLEAN}"\n'
    assert sorted(path.name for path in target.parent.iterdir()) == ["uv.toml"]


def link(path: Path, target: str | Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def test_a_symlink_out_of_the_checkout_is_not_followed(machine: Machine) -> None:
    folder = checkout(machine)
    target = put(machine.home / ".git-credentials", URL)
    link(folder / "sub" / "requirements.txt", "../../home/.git-credentials")
    link(folder / "twice", "sub/requirements.txt")
    link(folder / "folder", machine.home)
    for name in ("sub/requirements.txt", "twice", "folder/.git-credentials", "folder"):
        _, err = sanitize(machine, "--write", name, cwd=folder, status=2)
        assert err.count("\n") == 1
        assert f"a symlink leads to '{target}'" in err or f"leads to '{machine.home}'" in err
        assert "--follow" in err
        assert sanitize(machine, "--check", name, cwd=folder, status=1)[0]
    assert target.read_text() == URL
    assert machine.files() == {}
    sanitize(machine, "--write", "--follow", "sub/requirements.txt", cwd=folder)
    assert target.read_text() == CLEAN
    assert (folder / "sub" / "requirements.txt").is_symlink()


def test_a_symlink_within_the_checkout_is_followed(machine: Machine) -> None:
    folder = checkout(machine)
    target = put(folder / "deep" / "uv.toml")
    link(folder / "sub" / "uv.toml", "../deep/uv.toml")
    link(folder / "other", folder / "deep")
    machine.git("add", "sub", "other", cwd=folder)
    sanitize(machine, "--write", "sub/uv.toml", cwd=folder)
    assert target.read_text() == f'url = "{CLEAN}"\n'
    put(target)
    sanitize(machine, "--write", "uv.toml", cwd=folder / "other")
    put(target)
    sanitize(machine, "--write", "other/uv.toml", cwd=folder)
    assert target.read_text() == f'url = "{CLEAN}"\n'


def test_a_symlink_that_git_does_not_track_is_not_followed(machine: Machine) -> None:
    # What was unpacked below a home folder that is a checkout.
    machine.git("init", "--quiet", cwd=machine.home)
    target = put(machine.home / ".git-credentials", URL)
    folder = machine.home / "downloads" / "archive"
    link(folder / "requirements.txt", "../../.git-credentials")
    link(folder / "conf", machine.home)
    put(machine.home / "downloads" / "tracked" / "a*")
    machine.git("add", "downloads/tracked", cwd=machine.home)
    (machine.home / "downloads" / "tracked" / "a*").unlink()
    link(machine.home / "downloads" / "tracked" / "a*", target)
    for name in ("requirements.txt", "conf/.git-credentials", "conf", "../tracked/a*"):
        assert "--follow" in sanitize(machine, "--write", name, cwd=folder, status=2)[1]
    assert target.read_text() == URL
    link(folder / "beside.txt", "plain.txt")
    put(folder / "plain.txt")
    sanitize(machine, "--write", "beside.txt", cwd=folder)
    assert (folder / "plain.txt").read_text() == f'url = "{CLEAN}"\n'


def test_a_symlink_out_of_its_folder_is_not_followed_without_a_checkout(machine: Machine) -> None:
    target = put(machine.root / "elsewhere" / "uv.toml")
    link(machine.home / "uv.toml", target)
    assert f"'{target}'" in sanitize(machine, "--write", "uv.toml", status=2)[1]
    assert target.read_text() == LINE
    # A person's own way of ordering a disk.
    link(machine.home / "project", target.parent)
    sanitize(machine, "--write", "project/uv.toml")
    assert target.read_text() == f'url = "{CLEAN}"\n'


def test_the_order_of_files_is_that_of_their_names(machine: Machine) -> None:
    for name in ("c", "a", "b/x"):
        put(machine.home / name)
    lines = sanitize(machine, ".", status=1)[0].splitlines()
    assert [line.partition(":")[0] for line in lines] == ["a", "b/x", "c"]
    again = sanitize(machine, ".", "a", "./b", status=1)[0].splitlines()
    assert again == lines


def test_verbose_tells_what_is_looked_at(machine: Machine) -> None:
    put(machine.home / "a")
    assert "trace: looking at 'a'" in sanitize(machine, "-v", "a", status=1)[1]


def test_a_name_cannot_write_to_the_terminal(machine: Machine) -> None:
    name = "a\n\x1b[2J::error::"
    put(machine.home / name)
    for form in ("text", "github", "json", "sarif"):
        out, err = sanitize(machine, "--format", form, name, status=1)
        assert "\x1b" not in out + err
    assert sanitize(machine, "--format", "github", name, status=1)[0].count("\n") == 1
    assert "\x1b" not in "".join(sanitize(machine, "--write", name))
