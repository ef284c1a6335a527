"""`setup` on real files with the real git, and what git does then."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from git_credential_uvx.git.config import Standing, parse
from git_credential_uvx.git.environment import host_service

from ..support.common import cases
from ..support.machine import BIN
from ..support.needs import with_mounts

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

    Done = subprocess.CompletedProcess[bytes]


NEEDS_ROOT = pytest.mark.skipif(
    os.getuid() != 0, reason="with mounts of its own, only root's git is not another user's"
)


def setup(machine: Machine, *words: str | Path, status: int = 0, cwd: Path | None = None) -> Done:
    """Run `setup`; its errors are one line."""
    done = machine.run("git-credential-uvx", "setup", *words, cwd=cwd, check=False)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    if status == 2:
        assert done.stdout == b""
        assert done.stderr.count(b"\n") == 1
    return done


def check(machine: Machine, *words: str, cwd: Path | None = None) -> dict[str, Any]:
    """What `setup --check --json` tells, with its status."""
    argv = ("git-credential-uvx", "setup", "--check", "--json", *words)
    done = machine.run(*argv, cwd=cwd, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "status": done.returncode}


def helpers(machine: Machine, key: str = "credential.helper") -> list[str]:
    return machine.git("config", "--get-all", "-z", key, check=False).split("\0")[:-1]


@pytest.fixture
def file(machine: Machine) -> Path:
    """The global configuration; it is not there yet."""
    return machine.home / ".gitconfig"


@pytest.fixture
def read_only(machine: Machine) -> tuple[str, ...]:
    """A prefix for commands that see the home folder read-only, also as root."""
    home = machine.home
    return with_mounts(f'mount --bind "{home}" "{home}" && mount -o remount,bind,ro "{home}"')


class TestAFile:
    def test_it_is_made_and_told_of(self, machine: Machine, file: Path) -> None:
        done = setup(machine)
        assert file.read_text() == "[credential]\n\thelper = uvx\n"
        assert done.stdout == b""
        assert done.stderr.decode().splitlines() == [
            f"set: credential.helper = uvx, in '{file}'",
            "next: git-credential-uvx login HOST",
        ]

    def test_a_second_time_changes_nothing_and_says_so(self, machine: Machine, file: Path) -> None:
        setup(machine)
        before = file.stat()
        done = setup(machine)
        assert done.stderr.startswith(b"already set: ")
        after = file.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_quiet_says_nothing(self, machine: Machine) -> None:
        assert setup(machine, "--quiet").stderr == b""

    def test_verbose_tells_the_commands_that_are_run(self, machine: Machine) -> None:
        lines = setup(machine, "-v").stderr.decode().splitlines()
        command = "trace: git config --global --add credential.helper uvx"
        assert [line for line in lines if line.startswith(command)]

    def test_json_tells_what_was_done(self, machine: Machine, file: Path) -> None:
        done = setup(machine, "--host", "git.test", "--json", "-q")
        assert json.loads(done.stdout) == {
            "scope": "global",
            "file": str(file),
            "changed": True,
            "settings": [
                {
                    "key": "credential.https://git.test.helper",
                    "value": "uvx",
                    "outcome": "set",
                }
            ],
            "notes": [],
        }

    def test_it_goes_where_git_puts_it_for_xdg(self, machine: Machine, file: Path) -> None:
        del machine.env["GIT_CONFIG_GLOBAL"]
        other = machine.home / ".config/git/config"
        other.parent.mkdir(parents=True)
        other.touch()
        setup(machine)
        assert not file.exists()
        assert helpers(machine) == ["uvx"]

    def test_file_names_any_file(self, machine: Machine, file: Path, tmp_path: Path) -> None:
        setup(machine, "--file", "mine", cwd=tmp_path)
        assert (tmp_path / "mine").read_text() == "[credential]\n\thelper = uvx\n"
        assert not file.exists()

    @pytest.mark.parametrize("words", [("--global",), ("--file", "mine"), ()])
    def test_no_variable_of_git_decides_which_file_is_written(
        self, words: tuple[str, ...], machine: Machine, tmp_path: Path
    ) -> None:
        for name in ("GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
            machine.env[name] = str(tmp_path / "elsewhere")
        machine.env["GIT_DIR"] = ".git"
        machine.env["GIT_CONFIG_PARAMETERS"] = "'include.path=/nowhere'"
        done = setup(machine, *words, cwd=tmp_path)
        assert not (tmp_path / "elsewhere").exists()
        assert (tmp_path / "mine").exists() == bool(words[1:])
        warned = b"GIT_CONFIG_GLOBAL is set, so Git in this shell does not read" in done.stderr
        assert warned == (not words[1:])

    @NEEDS_ROOT
    def test_system_is_for_every_user(self, machine: Machine, tmp_path: Path) -> None:
        etc = tmp_path / "etc"
        etc.mkdir()
        argv = with_mounts(f'mount --bind "{etc}" /etc')
        del machine.env["GIT_CONFIG_NOSYSTEM"]
        machine.run(*argv, "git-credential-uvx", "setup", "--system")
        assert (etc / "gitconfig").read_text() == "[credential]\n\thelper = uvx\n"

    def test_several_files_at_once_are_refused(self, machine: Machine, file: Path) -> None:
        setup(machine, "--global", "--local", status=2)
        setup(machine, "--system", "--file", "x", status=2)
        setup(machine, "--file", "", status=2)
        assert not file.exists()

    def test_a_program_that_git_does_not_find_is_warned_of(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        machine.env["PATH"] = "/usr/bin:/bin"
        argv = (BIN / "git-credential-uvx", "setup")
        assert f"add '{BIN}' to PATH" in machine.run(*argv).stderr.decode()
        assert machine.run(*argv, "--quiet").stderr == b""


ODD = {
    "nothing before": "",
    "no line end at the end": "[user]\n\tname = A",
    "odd blanks and tabs": "  [user]\t\n name=A  ; x\n\n\n\t\temail = \t a@b\n[core]\n",
    "comments": "# first\n[credential] ; mine\n\t# helper = x\n\tusername = a ; b\n# last\n",
    "another case": "[Credential]\n\tHelper = store\n[CORE]\n\tX = 1\n",
    "CRLF": "[user]\r\n\tname = A\r\n[credential]\r\n\thelper = store\r\n[core]\r\n\tx = 1\r\n",
    "an entry on the line of its section": "[credential] helper = store\n[a] b = c\n",
    "continued lines": "[alias]\n\tx = !a \\\n  b\n[credential]\n\thelper = !f() { \\\n  x; }; f\n",
    "two sections of one name": "[credential]\n\thelper = a\n[core]\nx=1\n[credential]\nx = b\n",
    "bytes that are no UTF-8": "[user]\n\tname = \udcff\n",
    "a byte order mark": "\ufeff[user]\n\tname = A\n",
}


class TestOtherLines:
    @cases("text", ODD)
    @pytest.mark.parametrize("words", [(), ("--replace", "--use-http-path"), ("--host", "a.test")])
    def test_every_byte_of_them_stays(
        self, text: str, words: tuple[str, ...], machine: Machine, file: Path
    ) -> None:
        before = text.encode(errors="surrogateescape")
        file.write_bytes(before)
        setup(machine, *words)
        written = file.read_bytes()
        left = written.splitlines(keepends=True)
        for line in before.splitlines(keepends=True):
            # Git ends the last line before it adds another.
            assert line in left or line + b"\n" in left
            left.remove(line if line in left else line + b"\n")
        added = {b" ".join(line.split()) for line in left}
        sections = {b"[credential]", b'[credential "https://a.test"]'}
        assert added <= sections | {b"helper =", b"helper = uvx", b"useHttpPath = true"}
        again = setup(machine, *words)
        notes = (b"warning: Git asks", b"warning: Git does not ask", b"next: ")
        lines = [line for line in again.stderr.splitlines() if not line.startswith(notes)]
        assert all(b"already set" in line for line in lines)
        assert file.read_bytes() == written

    @cases("text", ODD)
    @pytest.mark.parametrize("words", [(), ("--replace", "--use-http-path"), ("--host", "a.test")])
    def test_what_is_taken_back_leaves_the_file_as_it_was(
        self, text: str, words: tuple[str, ...], machine: Machine, file: Path
    ) -> None:
        before = text.encode(errors="surrogateescape")
        file.write_bytes(before)
        setup(machine, *words)
        setup(machine, "--remove", *(word for word in words if word != "--replace"))
        # Git ends the last line, and leaves a section that a comment before it can be about.
        section = b'[credential "https://a.test"]\n' if before.endswith(b"# last\n") else b"\n"
        assert file.read_bytes() in (before, before + section)


class TestSettings:
    def test_hosts_have_their_own(self, machine: Machine) -> None:
        setup(machine, "--host", "a.test", "--host", "https://b.test:8443", "--use-http-path")
        assert helpers(machine) == []
        for host in ("https://a.test", "https://b.test:8443"):
            assert helpers(machine, f"credential.{host}.helper") == ["uvx"]
            assert helpers(machine, f"credential.{host}.useHttpPath") == ["true"]

    def test_one_bad_host_of_several_and_nothing_is_written(
        self, machine: Machine, file: Path
    ) -> None:
        done = setup(machine, "--host", "a.test", "--host", "b..test", status=2)
        assert b"'--host' number 2" in done.stderr
        assert not file.exists()

    def test_replace_clears_what_is_set_before(self, machine: Machine, file: Path) -> None:
        file.write_text("[credential]\n\thelper = store\n")
        setup(machine, "--replace")
        assert helpers(machine) == ["store", "", "uvx"]
        setup(machine, "--remove")
        assert helpers(machine) == ["store"]

    def test_a_half_done_replacement_is_finished(self, machine: Machine, file: Path) -> None:
        file.write_text("[credential]\n\thelper = store\n\thelper =\n")
        setup(machine, "--replace")
        assert helpers(machine) == ["store", "", "uvx"]

    def test_remove_leaves_the_clearing_that_is_not_its_own(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text("[credential]\n\thelper =\n\thelper = store\n\thelper = uvx\n")
        setup(machine, "--remove")
        assert helpers(machine) == ["", "store"]

    def test_remove_tells_of_a_clearing_that_is_left(self, machine: Machine, file: Path) -> None:
        file.write_text("[credential]\n\thelper =\n\thelper = store\n\thelper =\n\thelper = uvx\n")
        done = setup(machine, "--remove")
        assert b"an empty 'credential.helper' is left" in done.stderr

    def test_remove_leaves_the_path_unless_told(self, machine: Machine) -> None:
        setup(machine, "--use-http-path")
        setup(machine, "--remove")
        assert helpers(machine, "credential.useHttpPath") == ["true"]
        setup(machine, "--remove", "--use-http-path")
        assert helpers(machine, "credential.useHttpPath") == []

    def test_remove_of_nothing_is_no(self, machine: Machine, file: Path) -> None:
        setup(machine, "--host", "a.test")
        done = setup(machine, "--remove", status=1)
        assert done.stderr.decode().endswith("has nothing to remove for these options\n")
        assert helpers(machine, "credential.https://a.test.helper") == ["uvx"]

    def test_remove_of_one_host_leaves_the_other(self, machine: Machine) -> None:
        setup(machine, "--host", "a.test", "--host", "b.test")
        setup(machine, "--remove", "--host", "a.test")
        assert helpers(machine, "credential.https://a.test.helper") == []
        assert helpers(machine, "credential.https://b.test.helper") == ["uvx"]

    def test_a_path_that_is_switched_off_is_switched_on(self, machine: Machine, file: Path) -> None:
        file.write_text("[credential]\n\tuseHttpPath = false\n")
        setup(machine, "--use-http-path")
        assert machine.git("config", "--bool", "credential.useHttpPath") == "true\n"
        setup(machine, "--remove", "--use-http-path")
        assert file.read_text() == "[credential]\n\tuseHttpPath = false\n"


class TestIncludes:
    def test_what_an_included_file_sets_is_set_already(self, machine: Machine, file: Path) -> None:
        file.write_text("[include]\n\tpath = more\n")
        (machine.home / "more").write_text("[credential]\n\thelper = uvx\n")
        done = setup(machine)
        assert b"already set" in done.stderr
        assert b"is set in a file that the global configuration includes" in done.stderr
        assert file.read_text() == "[include]\n\tpath = more\n"

    def test_what_is_included_for_some_folders_only_is_not_enough(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text(f'[includeIf "gitdir:{machine.root}/work/"]\n\tpath = more\n')
        (machine.home / "more").write_text("[credential]\n\thelper = uvx\n")
        machine.git("init", "--quiet", "work")
        setup(machine, cwd=machine.root / "work")
        assert file.read_text().endswith("[credential]\n\thelper = uvx\n")

    def test_an_included_helper_that_no_replacement_can_clear_is_told_of(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text("[credential]\n\tusername = a\n[include]\n\tpath = more\n")
        (machine.home / "more").write_text("[credential]\n\thelper = store\n")
        done = setup(machine, "--replace")
        assert helpers(machine) == ["", "uvx", "store"]
        assert b"a file that is included sets another 'credential.helper'" in done.stderr
        assert (machine.home / "more").read_text() == "[credential]\n\thelper = store\n"

    def test_remove_never_writes_an_included_file(self, machine: Machine, file: Path) -> None:
        file.write_text("[include]\n\tpath = more\n")
        (machine.home / "more").write_text("[credential]\n\thelper = uvx\n")
        setup(machine, "--remove", status=1)
        assert (machine.home / "more").read_text() == "[credential]\n\thelper = uvx\n"


class TestLinks:
    @pytest.mark.parametrize("words", [(), ("--file", "home/.gitconfig")])
    def test_a_symlink_stays_one(
        self, words: tuple[str, ...], machine: Machine, file: Path
    ) -> None:
        real = machine.home / "dotfiles/gitconfig"
        real.parent.mkdir()
        real.write_text("[user]\n\tname = A\n")
        file.symlink_to("dotfiles/gitconfig")
        for step in ((), ("--remove",)):
            setup(machine, *words, *step)
            assert file.is_symlink()
            assert not real.is_symlink()
            assert (b"uvx" in real.read_bytes()) == (not step)

    def test_the_lock_of_what_a_symlink_names_is_named(self, machine: Machine, file: Path) -> None:
        (machine.home / "real").touch()
        (machine.home / "real.lock").touch()
        file.symlink_to("real")
        done = setup(machine, status=2)
        assert f"'{machine.home}/real.lock' was left behind" in done.stderr.decode()


class TestFaults:
    def test_a_locked_file(self, machine: Machine, file: Path) -> None:
        file.write_text("[user]\n\tname = A\n")
        lock = file.with_name(".gitconfig.lock")
        lock.touch()
        done = setup(machine, status=2)
        assert f"'{file}' is locked" in done.stderr.decode()
        assert f"'{lock}'" in done.stderr.decode()
        assert file.read_text() == "[user]\n\tname = A\n"

    @NEEDS_ROOT
    def test_a_read_only_folder(self, machine: Machine, read_only: tuple[str, ...]) -> None:
        done = machine.run(*read_only, "git-credential-uvx", "setup", check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        told = f"'{machine.home}/.gitconfig' cannot be written (read-only file system)"
        assert done.stderr.decode() == f"git-credential-uvx: {told}\n"

    @pytest.mark.parametrize("words", [(), ("--check",), ("--remove",)])
    def test_a_file_that_git_cannot_read(
        self, words: tuple[str, ...], machine: Machine, file: Path
    ) -> None:
        file.write_text("[user]\n\tname = A\n[token CANARY\n")
        done = setup(machine, *words, status=2)
        assert f"'{file}' cannot be read by git: line 3 is wrong" in done.stderr.decode()
        assert b"CANARY" not in done.stderr

    @pytest.mark.parametrize("words", [(), ("--check",)])
    def test_a_file_that_includes_itself(
        self, words: tuple[str, ...], machine: Machine, file: Path
    ) -> None:
        file.write_text(f"[include]\n\tpath = {file}\n")
        done = setup(machine, *words, status=2)
        assert f"'{file}' includes itself" in done.stderr.decode()

    @pytest.mark.parametrize("home", [None, "", "home"])
    def test_no_home(self, home: str | None, machine: Machine, tmp_path: Path) -> None:
        del machine.env["HOME"]
        if home is not None:
            machine.env["HOME"] = home
        done = setup(machine, status=2)
        assert b"there is no '~/.gitconfig': HOME is not set" in done.stderr
        setup(machine, "--file", tmp_path / "mine")

    def test_a_folder_that_is_not_there(self, machine: Machine, tmp_path: Path) -> None:
        done = setup(machine, "--file", tmp_path / "no/such", status=2)
        assert f"'{tmp_path}/no/such' cannot be written" in done.stderr.decode()

    def test_a_folder_for_a_file(self, machine: Machine, tmp_path: Path) -> None:
        done = setup(machine, "--file", tmp_path, status=2)
        assert f"'{tmp_path}'" in done.stderr.decode()

    def test_what_is_no_file_stays_what_it_is(self, machine: Machine, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        done = setup(machine, "--file", pipe, status=2)
        assert f"'{pipe}' is not a regular file" in done.stderr.decode()
        (machine.home / ".gitconfig").unlink(missing_ok=True)
        (machine.home / ".gitconfig").symlink_to(pipe)
        setup(machine, status=2)
        assert pipe.is_fifo()

    def test_local_outside_of_a_repository(self, machine: Machine) -> None:
        done = setup(machine, "--local", status=2)
        assert f"'{machine.root}' is not in a Git repository of yours" in done.stderr.decode()

    def test_no_git(self, machine: Machine, tmp_path: Path) -> None:
        machine.env["PATH"] = str(BIN)
        assert b"git not found on PATH" in setup(machine, status=2).stderr

    @pytest.mark.parametrize("count", ["CANARY", "1"])
    def test_an_environment_that_git_cannot_read(self, count: str, machine: Machine) -> None:
        machine.env["GIT_CONFIG_COUNT"] = count
        done = setup(machine, "--check", status=2)
        assert b"GIT_CONFIG_COUNT" in done.stderr
        assert b"CANARY" not in done.stderr
        setup(machine)

    def test_check_with_what_changes_something(self, machine: Machine) -> None:
        for word in ("--global", "--replace", "--remove", "--use-http-path"):
            setup(machine, "--check", word, status=2)

    def test_a_checkout_that_git_cannot_read_matters_to_its_own_file_only(
        self, machine: Machine
    ) -> None:
        machine.git("init", "--quiet", "work")
        work = machine.root / "work"
        (work / ".git/config").write_text("[broken\n")
        setup(machine, cwd=work)
        done = setup(machine, "--local", status=2, cwd=work)
        assert f"'{work}/.git/config'" in done.stderr.decode()


class TestLocal:
    @pytest.fixture
    def work(self, machine: Machine) -> Path:
        machine.git("init", "--quiet", "work")
        return machine.root / "work"

    def test_that_uv_does_not_see_it_is_said(
        self, machine: Machine, work: Path, file: Path
    ) -> None:
        told = setup(machine, "--local", cwd=work).stderr.decode()
        assert f"set: credential.helper = uvx, in '{work}/.git/config'" in told
        assert "uv runs Git in its cache and does not see" in told
        assert "setup --global'" in told
        assert "'git-credential-uvx exec -- uv sync'" in told
        assert not file.exists()

    def test_a_worktree_shares_it(self, machine: Machine, work: Path) -> None:
        tree = self._worktree(machine, work)
        setup(machine, "--local", cwd=tree)
        assert "helper = uvx" in (work / ".git/config").read_text()
        for folder in (tree, work):
            assert check(machine, cwd=folder)["status"] == 0
        setup(machine, "--local", "--remove", cwd=work)
        assert check(machine, cwd=tree)["status"] == 1

    def test_a_worktree_s_own_configuration_can_clear_it(
        self, machine: Machine, work: Path
    ) -> None:
        tree = self._worktree(machine, work)
        setup(machine, "--local", cwd=work)
        machine.git("config", "extensions.worktreeConfig", "true", cwd=work)
        machine.git("config", "--worktree", "credential.helper", "", cwd=tree)
        assert check(machine, cwd=work)["status"] == 0
        told = check(machine, cwd=tree)
        assert told["status"] == 1
        assert [helper["scope"] for helper in told["helpers"]] == ["local", "worktree"]
        (note,) = told["asked"][0]["notes"]
        assert "config.worktree' clears this helper" in note

    def _worktree(self, machine: Machine, work: Path) -> Path:
        name = ("-c", "user.name=A", "-c", "user.email=a@b.test")
        machine.git(*name, "commit", "--quiet", "--allow-empty", "--message", "x", cwd=work)
        machine.git("worktree", "add", "--quiet", "../tree", cwd=work)
        return machine.root / "tree"


class TestWhatIsLeftToDo:
    def test_after_setup_comes_login_while_the_store_is_empty(self, machine: Machine) -> None:
        assert b"next: git-credential-uvx login HOST\n" in setup(machine).stderr
        assert b"login git.test" in setup(machine, "--host", "git.test").stderr
        machine.uv_login("git.test", "alice", "pa")
        assert b"next:" not in setup(machine).stderr

    def test_a_host_for_which_another_program_clears_it(self, machine: Machine, file: Path) -> None:
        file.write_text(
            '[credential]\n\thelper = uvx\n[credential "https://git.test"]\n\thelper =\n'
        )
        _, warning, step = setup(machine).stderr.decode().splitlines()
        assert warning == (
            "warning: Git does not ask this helper for git.test: an empty 'credential.helper' in "
            f"'{file}' clears this helper"
        )
        assert step == "next: git-credential-uvx setup --host git.test"

    def test_a_helper_before_this_one(self, machine: Machine, file: Path) -> None:
        file.write_text("[credential]\n\thelper = store\n")
        assert "Git asks the helper 'store' first, and" in setup(machine).stderr.decode()

    def test_a_helper_before_this_one_for_one_host(self, machine: Machine, file: Path) -> None:
        file.write_text('[credential "https://git.test"]\n\thelper = other\n')
        warning = setup(machine).stderr.decode()
        assert "Git asks the helper 'other' first for git.test, and stores new" in warning
        last = setup(machine, "--check").stdout.decode().splitlines()[-1]
        assert last.removeprefix("Git would get: ") == (
            "what this helper answers; for git.test, the helper 'other' answers first"
        )

    def test_a_file_that_git_does_not_read(self, machine: Machine) -> None:
        for words in ((), ("--host", "git.test")):
            done = setup(machine, "--file", "my file", *words)
            path = machine.root / "my file"
            (warning,) = done.stderr.decode().splitlines()[-1:]
            command = f"git config --global --add include.path '{path}'"
            assert warning == f"warning: Git does not read this file; run: {command}"
        machine.run("sh", "-c", command)
        assert check(machine)["status"] == 0

    def test_no_login_where_git_does_not_ask(self, machine: Machine, tmp_path: Path) -> None:
        machine.git("init", "--quiet", "work")
        for value in ("uvx", ""):
            words = ("--local", "--add", "credential.helper", value)
            machine.git("config", *words, cwd=machine.root / "work")
        shown = setup(machine, cwd=machine.root / "work").stderr.decode()
        assert "Git does not ask this helper for any host: an empty" in shown
        assert "next: git-credential-uvx login" not in shown


def paste(machine: Machine, shown: str) -> int:
    """Run each command that `setup --remove` names; how many there were."""
    lines = shown.splitlines()
    commands = [line.removeprefix("next: ") for line in lines if line.startswith("next: ")]
    commands += [line.partition("; run: ")[2] for line in lines if "; run: " in line]
    for command in commands:
        machine.run("sh", "-c", command)
    return len(commands)


class TestWhatIsLeftAfterRemove:
    """Git can be told of this helper in several places; each command that is named removes one."""

    def _words(self, shown: str) -> list[str]:
        """The words of the command that comes next."""
        (line,) = (line for line in shown.splitlines() if line.startswith("next: "))
        return line.removeprefix("next: git-credential-uvx setup ").split()

    def test_a_host(self, machine: Machine, file: Path) -> None:
        setup(machine, "--host", "a.test")
        setup(machine)
        for status in (0, 1):
            shown = setup(machine, "--remove", status=status).stderr.decode()
            assert (
                "warning: Git still asks this helper for a.test, because of "
                f"'credential.https://a.test.helper' in '{file}'\n"
            ) in shown
            words = self._words(shown)
            assert words == ["--remove", "--host", "a.test"]
        assert b"still" not in setup(machine, *words).stderr
        assert check(machine)["status"] == 1

    def test_every_host_although_one_was_removed(self, machine: Machine, file: Path) -> None:
        setup(machine)
        setup(machine, "--host", "a.test")
        shown = setup(machine, "--remove", "--host", "a.test").stderr.decode()
        assert f"because of 'credential.helper' in '{file}', which is for every host\n" in shown
        assert "next:" not in shown

    def test_a_checkout(self, machine: Machine) -> None:
        machine.git("init", "--quiet", "work")
        work = machine.root / "work"
        setup(machine)
        setup(machine, "--local", cwd=work)
        words = self._words(setup(machine, "--remove", cwd=work).stderr.decode())
        assert words == ["--remove", "--local"]
        assert b"still" not in setup(machine, *words, cwd=work).stderr

    def test_an_included_file(self, machine: Machine, file: Path) -> None:
        setup(machine, "--file", machine.home / "other")
        setup(machine)
        machine.git("config", "--global", "--add", "include.path", "other")
        words = self._words(setup(machine, "--remove").stderr.decode())
        assert words == ["--remove", "--file", str(machine.home / "other")]
        assert b"still" not in setup(machine, *words).stderr

    def test_a_value_that_this_command_did_not_write(self, machine: Machine) -> None:
        setup(machine)
        machine.git("config", "--global", "--add", "credential.helper", "!git-credential-uvx")
        shown = setup(machine, "--remove").stderr.decode()
        assert "Git still asks this helper for any host, because of 'credential.helper'" in shown
        assert "next:" not in shown
        paste(machine, shown)
        assert check(machine)["status"] == 1

    def test_every_host_and_path_is_named_with_a_command_that_works(
        self, machine: Machine, file: Path
    ) -> None:
        setup(machine, "--use-http-path")
        setup(machine, "--host", "a.test", "--host", "b.test:8443", "--use-http-path")
        machine.git("config", "--global", "credential.https://c.test/team.helper", "uvx")
        machine.git("config", "--global", "credential.c.test.useHttpPath", "yes")
        machine.git("config", "--global", "credential.useHttpPath", "yes")
        shown = setup(machine, "--remove").stderr.decode()
        for host in ("a.test", "b.test:8443"):
            assert f"warning: Git still asks this helper for {host}, because of" in shown
            assert f"helpers for {host}, because of" in shown
        assert paste(machine, shown) == 6
        assert file.read_text().strip() in ("", '[credential "c.test"]\n\tuseHttpPath = yes')
        assert b"still" not in setup(machine, "--remove", status=1).stderr

    def test_the_path_of_a_host_that_was_not_meant_is_not_named(self, machine: Machine) -> None:
        setup(machine, "--host", "a.test", "--host", "b.test", "--use-http-path")
        shown = setup(machine, "--remove", "--host", "a.test").stderr.decode()
        assert ("for a.test" in shown, "b.test" in shown) == (True, False)


class TestCheck:
    def test_nothing_is_set(self, machine: Machine) -> None:
        done = setup(machine, "--check", status=1)
        assert done.stdout.startswith(b"Git has no credential helper\n")
        assert b"any host: Git does not ask this helper" in done.stdout

    def test_helpers_come_in_git_s_order_with_where_they_stand(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text("[credential]\n\thelper = store\n\thelper =\n\thelper = uvx\n")
        lines = setup(machine, "--check").stdout.decode().splitlines()
        assert lines[1:4] == [
            f"  1. credential.helper: the helper 'store' (global, '{file}')",
            f"  2. credential.helper: empty, clears those before (global, '{file}')",
            f"  3. credential.helper: this helper (global, '{file}')",
        ]

    def test_what_is_limited_to_a_host_is_for_that_host(self, machine: Machine) -> None:
        setup(machine, "--host", "a.test", "--use-http-path")
        assert check(machine, "--host", "a.test")["status"] == 0
        assert check(machine, "--host", "b.test")["status"] == 1
        assert check(machine, "--host", "a.test", "--host", "b.test")["status"] == 1
        told = check(machine)
        found = [(asked["url"], asked["asked"], asked["use_http_path"]) for asked in told["asked"]]
        assert found == [(None, False, False), ("https://a.test", True, True)]

    def test_what_comes_before_is_told_without_its_secret(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text(
            '[credential]\n\thelper = "!echo password=CANARY"\n\thelper = cache --socket CANARY\n'
            '\thelper = uvx\n[credential "https://u:CANARY@h.test"]\n\thelper = x\n'
        )
        told = check(machine)
        assert told["asked"][0]["before"] == ["the helper 'echo'", "the helper 'cache'"]
        assert "CANARY" not in json.dumps(told)
        done = setup(machine, "--check", "-v")
        assert b"CANARY" not in done.stdout + done.stderr
        assert b"credential.https://****@h.test.helper" in done.stdout

    def test_a_clearing_of_the_environment_is_told(self, machine: Machine) -> None:
        setup(machine)
        machine.env |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": "",
        }
        told = check(machine)
        assert told["status"] == 1
        assert told["asked"][0]["resets"]
        assert "in the environment or a '-c' of git clears" in told["asked"][0]["notes"][0]

    def test_a_header_that_beats_every_helper_is_told(self, machine: Machine) -> None:
        setup(machine)
        header = "Authorization: Basic CANARY"
        machine.git("config", "--global", "http.https://a.test.extraHeader", header)
        assert check(machine, "--host", "b.test")["status"] == 0
        told = check(machine, "--host", "a.test")
        assert told["status"] == 1
        assert told["asked"][0]["header_beats"]
        assert "CANARY" not in json.dumps(told)

    def test_a_host_for_which_gh_clears_it_is_named(self, machine: Machine, file: Path) -> None:
        file.write_text(
            "[credential]\n\thelper = uvx\n"
            '[credential "https://git.test"]\n\thelper =\n'
            "\thelper = !/usr/bin/gh auth git-credential\n"
        )
        done = setup(machine, "--check", status=1)
        assert done.stdout.decode().splitlines()[-1] == (
            "Git would get for git.test: nothing from this helper, because an empty "
            f"'credential.helper' in '{file}' clears this helper"
        )
        assert done.stderr == b"next: git-credential-uvx setup --host git.test\n"
        setup(machine, "--host", "git.test")
        assert setup(machine, "--check").stderr == b""
        assert [h["helper"] for h in check(machine)["helpers"]][2] == "the helper 'gh'"

    def test_a_helper_that_git_asks_first_is_in_the_last_line(
        self, machine: Machine, file: Path
    ) -> None:
        file.write_text("[credential]\n\thelper = gcloud.sh\n\thelper = uvx\n")
        lines = setup(machine, "--check").stdout.decode().splitlines()
        assert lines[-1] == (
            "Git would get: what the helper 'gcloud.sh' answers, or else what this helper answers"
        )

    def test_a_command_that_git_does_not_find_is_status_1(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        setup(machine)
        git = machine.run("sh", "-c", "command -v git").stdout.decode().strip()
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/git").symlink_to(git)
        done = machine.run(
            *(BIN / "git-credential-uvx", "setup", "--check"),
            env={"PATH": str(tmp_path / "bin")},
            check=False,
        )
        assert done.returncode == 1
        last = "Git would get: nothing, because it finds no 'git-credential-uvx' on PATH"
        assert done.stdout.decode().splitlines()[-1] == last

    def test_it_changes_nothing(self, machine: Machine, file: Path) -> None:
        setup(machine, "--check", status=1)
        assert not file.exists()


# Names of sections, and the hosts that Git asks their helpers for.
SECTIONS = {
    "every host": None,
    "a host": "https://a.test",
    "another host": "https://b.test",
    "a host without a scheme": "a.test",
    "a scheme without a host": "https://",
    "another scheme without a host": "http://",
    "a star for a label": "https://*.test",
    "a star too many": "https://*.*.test",
    "capitals and the port": "HTTPS://A.test:443",
    "a port that is another": "https://a.test:8443",
    "a path": "https://a.test/team",
    "a path without a scheme": "a.test/team",
    "a host that only ends so": "test",
}


class TestAsGit:
    """`--check` says which helpers are asked; git itself is asked which it runs."""

    @cases("name", SECTIONS)
    @pytest.mark.parametrize("first", [True, False])
    def test_the_helpers_of_a_section_are_asked_where_git_asks_them(
        self, name: str | None, first: bool, machine: Machine, file: Path
    ) -> None:
        section = f'[credential "{name}"]' if name else "[credential]"
        lines = ['[credential]\n\thelper = "!echo first >&2; :"\n']
        lines.insert(int(first), f'{section}\n\thelper = "!echo second >&2; :"\n')
        file.write_text("".join(lines))
        done = machine.run(
            *("git", "credential", "fill"),
            input=b"protocol=https\nhost=a.test\n\n",
            check=False,
        )
        asked = [line for line in done.stderr.decode().splitlines() if line in ("first", "second")]
        settings = parse(
            machine.run("git", "config", "--list", "--show-origin", "--show-scope", "-z").stdout
        )
        standing = Standing(settings, host_service("a.test"))
        assert [helper.value.split()[1] for helper in standing.before] == asked

    @cases("name", SECTIONS)
    @pytest.mark.parametrize("first", [True, False])
    def test_the_path_is_told_where_git_tells_it(
        self, name: str | None, first: bool, machine: Machine, file: Path
    ) -> None:
        section = f'[credential "{name}"]' if name else "[credential]"
        lines = ['[credential]\n\tuseHttpPath = false\n\thelper = "!cat >&2; :"\n']
        lines.insert(int(first), f"{section}\n\tuseHttpPath = true\n")
        file.write_text("".join(lines))
        told = machine.run(
            *("git", "credential", "fill"),
            input=b"protocol=https\nhost=a.test\npath=other\n\n",
            check=False,
        ).stderr
        found = check(machine, "--host", "a.test")["asked"][0]["use_http_path"]
        assert found == (b"path=other" in told)


class TestAClone:
    def test_after_setup(self, machine: Machine, host: GitHost, alice: str) -> None:
        setup(machine)
        machine.git("clone", host.url("r.git"), "clone")
        assert (machine.root / "clone/README").read_text() == "first\n"

    def test_after_setup_for_the_host(self, machine: Machine, host: GitHost, alice: str) -> None:
        setup(machine, "--host", f"localhost:{host.port}")
        machine.git("clone", host.url("r.git"), "clone")
        assert (machine.root / "clone/README").read_text() == "first\n"

    def test_not_after_setup_for_another_host(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        setup(machine, "--host", "localhost")
        assert not self._clones(machine, host)

    def test_not_after_remove(self, machine: Machine, host: GitHost, alice: str) -> None:
        setup(machine)
        setup(machine, "--remove")
        assert not self._clones(machine, host)

    def test_with_replace_no_other_helper_is_asked(
        self, machine: Machine, host: GitHost, alice: str, file: Path, tmp_path: Path
    ) -> None:
        file.write_text(f'[credential]\n\thelper = "!touch {tmp_path}/asked; :"\n')
        setup(machine, "--replace")
        machine.git("clone", host.url("r.git"), "clone")
        assert not (tmp_path / "asked").exists()

    def _clones(self, machine: Machine, host: GitHost) -> bool:
        return machine.run("git", "clone", host.url("r.git"), "x", check=False).returncode == 0
