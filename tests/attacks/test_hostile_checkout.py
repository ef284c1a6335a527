"""Nothing of a checkout runs: every command that takes a folder or stands in one.

The checkouts are those of `hostile`. Each command runs in one of every kind, with every git that
there is; whether it succeeds does not matter here, only that no program of the checkout ran.
"""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from git_credential_uvx.system.programs import run_git

from ..support.hostile import GITS, KINDS, MISSING, TRAPS, Hostile, git_to_try
from ..support.machine import BIN, Machine, request

URL = "https://good.test/team/private.git"
CLOSED = "http://127.0.0.1:1/private.git"  # a port on which nobody listens
FIELDS = request(protocol="https", host="good.test", username="alice", password="s")
PYTHON = (sys.executable, "-c")

# What starts git: `{}` is the folder, in which the command stands too.
WITH_GIT = {
    "sanitize": ("sanitize",),
    "sanitize --check": ("sanitize", "--check", "--verbose"),
    "sanitize --diff": ("sanitize", "--diff"),
    "sanitize --write": ("sanitize", "--write", "--no-store"),
    "sanitize FOLDER": ("sanitize", "{}"),
    "sanitize FOLDER/..": ("sanitize", "{}/.."),
    "sanitize --git-config": ("sanitize", "--git-config", "--format", "sarif"),
    "sanitize --write --git-config": ("sanitize", "--write", "--git-config", "--no-store", "{}"),
    "sanitize --update-baseline": ("sanitize", "--baseline", "b.json", "--update-baseline"),
    "sanitize --staged": ("sanitize", "--staged"),
    "sanitize --staged --diff": ("sanitize", "--staged", "--diff", "."),
    "sanitize --history": ("sanitize", "--history"),
    "sanitize --history RANGE": ("sanitize", "--history", "HEAD~1..HEAD", "--format", "json"),
    "explain --git": ("explain", "--git", URL),
    "setup --check": ("setup", "--check", "--verbose"),
    "setup --check --host": ("setup", "--check", "--host", "good.test", "--json"),
    "setup": ("setup",),
    "setup --local": ("setup", "--local"),
    "setup --local --remove": ("setup", "--local", "--remove"),
    "import": ("import", "--dry-run"),
    "import --from git-remotes": ("import", "--dry-run", "--from", "git-remotes"),
    "import --delete-source": ("import", "--delete-source", "--from", "git-remotes", "{}"),
    "check --git": ("check", "--git", "--allow-insecure-http=127.0.0.1", CLOSED),
    "env": ("env",),
    "exec": ("exec", "--", "true"),
}
RESOLVE = f"from git_credential_uvx import resolve; resolve({URL!r}, use='git')"
CLIENT = (
    "from git_credential_uvx.http import client\n"
    f"with client(use='git') as http: http.get({CLOSED!r})"
)
# What starts none.
WITHOUT_GIT = {
    "sanitize --no-ignore": ("sanitize", "--no-ignore"),
    "sanitize -": ("sanitize", "-"),
    "filter-process": ("filter-process",),
    "explain": ("explain", URL),
    "add": ("add", "--no-store", "foo @ https://u:s@good.test/foo-1.tar.gz"),
    "login": ("login", "good.test", "--username", "alice", "--password", "-", "--no-verify"),
    "logout": ("logout", "good.test"),
    "token": ("token", "good.test"),
    "restore": ("restore", "good.test"),
    "list": ("list",),
    "export": ("export", "--format", "netrc"),
    "helper": ("helper", "--protocol=bazel", "get"),
    "get": ("get",),
    "store": ("store",),
    "erase": ("erase",),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return Hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=GITS)
def git(request: pytest.FixtureRequest, machine: Machine) -> str:
    """The machine with one of the gits first on PATH, and without uv."""
    folder = machine.root / "git"
    folder.mkdir()
    (folder / "git").symlink_to(git_to_try(request.param))
    machine.env["PATH"] = f"{folder}:/usr/bin:/bin"
    return str(request.param)


def stand(machine: Machine, hostile: Hostile, folder: Path, words: tuple[str, ...]) -> None:
    """Run a command of ours in a folder; nothing of the checkout may run."""
    argv = [word.format(folder) for word in words]
    done = machine.run(
        BIN / "git-credential-uvx", *argv, input=FIELDS, cwd=folder, check=False, timeout=60
    )
    assert hostile.ran() == set()
    assert b"Traceback" not in done.stderr


CHECKOUTS = list(itertools.product(KINDS, TRAPS))


@pytest.mark.parametrize(("kind", "trap"), CHECKOUTS)
def test_the_traps_work_for_who_is_not_careful(
    machine: Machine, git: str, hostile: Hostile, tmp_path: Path, kind: str, trap: str
) -> None:
    folder = hostile.copy(kind, trap, tmp_path)
    listing = ("ls-files", "-o", "--exclude-standard")
    machine.git(*listing, cwd=folder, check=False)
    assert hostile.ran() >= {"uploadpack" if trap == "lazy" else "fsmonitor"}, git


@pytest.mark.parametrize("words", WITH_GIT.values(), ids=WITH_GIT)
@pytest.mark.parametrize(("kind", "trap"), CHECKOUTS)
def test_a_command_that_starts_git_runs_nothing_of_the_checkout(
    machine: Machine,
    git: str,
    hostile: Hostile,
    tmp_path: Path,
    kind: str,
    trap: str,
    words: tuple[str, ...],
) -> None:
    stand(machine, hostile, hostile.copy(kind, trap, tmp_path), words)


@pytest.mark.parametrize("words", WITHOUT_GIT.values(), ids=WITHOUT_GIT)
def test_any_other_command_runs_nothing_of_the_checkout(
    machine: Machine, hostile: Hostile, tmp_path: Path, words: tuple[str, ...]
) -> None:
    machine.env["PATH"] = "/usr/bin:/bin"
    stand(machine, hostile, hostile.copy("archive", "monitor", tmp_path), words)


@pytest.mark.parametrize("script", [RESOLVE, CLIENT], ids=["resolve", "client"])
@pytest.mark.parametrize(("kind", "trap"), CHECKOUTS)
def test_a_program_that_uses_the_package_runs_nothing_of_the_checkout(
    machine: Machine, git: str, hostile: Hostile, tmp_path: Path, kind: str, trap: str, script: str
) -> None:
    folder = hostile.copy(kind, trap, tmp_path)
    machine.run(*PYTHON, script, cwd=folder, check=False, timeout=60)
    assert hostile.ran() == set()


@pytest.mark.parametrize("words", [("--history",), ("--history", "main~1..main"), ("--staged",)])
def test_a80_what_a_hostile_history_lacks_is_not_fetched(
    machine: Machine, git: str, hostile: Hostile, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = hostile.copy("archive", "lazy", tmp_path)
    commit = ""
    for path in ("one.txt", "two.txt"):
        line = f"100644 blob {MISSING}\t{path}\n".encode()
        tree = machine.run("git", "mktree", "--missing", input=line, cwd=folder).stdout.decode()
        parents = ("-p", commit) if commit else ()
        author = ("-c", "user.name=m", "-c", "user.email=m@evil.test")
        made = ("commit-tree", "-m", "x", *parents, tree.strip())
        commit = machine.git(*author, *made, cwd=folder).strip()
    machine.git("update-ref", "refs/heads/main", commit, cwd=folder)
    machine.git("symbolic-ref", "HEAD", "refs/heads/main", cwd=folder)
    hostile.ran()
    program = BIN / "git-credential-uvx"
    done = machine.run(program, "sanitize", *words, cwd=folder, check=False, timeout=60)
    assert hostile.ran() == set()
    assert (done.returncode, b"partial clone" in done.stderr) == (2, True), done.stderr


def test_a_folder_of_tracked_files_is_no_repository_where_git_lists_files(
    machine: Machine, git: str, hostile: Hostile, tmp_path: Path
) -> None:
    folder = hostile.copy("embedded", "monitor", tmp_path)
    words = ("rev-parse", "--git-dir")
    assert run_git(words, machine.env, str(folder)).status != 0
    assert run_git(words, machine.env, str(folder), bare=True).status == 0


def test_a_folder_of_tracked_files_cannot_hide_what_is_in_it(
    machine: Machine, git: str, hostile: Hostile, tmp_path: Path
) -> None:
    folder = hostile.copy("embedded", "monitor", tmp_path)
    config = folder / "config"
    config.write_text(config.read_text().replace("worktree = ..", "worktree = ."))
    (folder / "notes.txt").write_text("https://u:s3cret@good.test/\n")
    program = BIN / "git-credential-uvx"
    done = machine.run(program, "sanitize", "--check", folder, check=False)
    assert (done.returncode, b"notes.txt:1:" in done.stdout) == (1, True)


def forge(folder: Path, path: str) -> None:
    """Put a path into the index of a checkout that git itself would refuse to add."""
    index = folder / ".git" / "index"
    stand_in = "x" * len(path)
    (folder / stand_in).touch()
    subprocess.run(["git", "add", stand_in], cwd=folder, check=True)
    (folder / stand_in).unlink()
    data = index.read_bytes()[:-20].replace(stand_in.encode(), path.encode())
    index.write_bytes(data + hashlib.sha1(data).digest())


OUTSIDE = {
    "a path upwards": "../victim.txt",
    "an absolute path": "{}/victim.txt",
    "a path through a symlink": "link/victim.txt",
    "a path into the repository": ".git/victim.txt",
}


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
def test_a_file_outside_of_the_folder_is_not_touched_however_it_is_listed(
    machine: Machine, git: str, tmp_path: Path, path: str
) -> None:
    folder = tmp_path / "outside" / "checkout"
    folder.mkdir(parents=True)
    machine.git("init", "-q", folder)
    text = "https://u:s3cret-of-the-victim@good.test/\n"
    victims = [folder.parent / "victim.txt", folder / ".git" / "victim.txt"]
    for victim in victims:
        victim.write_text(text)
    (folder / "link").symlink_to(folder.parent)
    forge(folder, path.format(folder.parent))
    program = BIN / "git-credential-uvx"
    done = machine.run(program, "sanitize", "--write", "--no-store", folder, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [victim.read_text() for victim in victims] == [text, text]
