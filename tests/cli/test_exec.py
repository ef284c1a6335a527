"""`exec`: a command in which git asks the helper, and that is its own in all else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN
from ..support.package import DEPENDENT, FOO

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine


def run(
    machine: Machine, *words: str, status: int = 0, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    done = machine.run("git-credential-uvx", "exec", *words, input=data, check=False)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    return done


class TestPeers:
    def test_uv_sync_gets_a_private_dependency(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        host.create("foo.git", FOO)
        machine.env["UV_PYTHON"] = sys.executable
        machine.env["UV_DEFAULT_INDEX"] = host.url("no/such/index")
        app = machine.root / "app"
        app.mkdir()
        (app / "pyproject.toml").write_text(DEPENDENT.format(url=host.url("foo.git")))
        assert machine.run("uv", "sync", cwd=app, check=False).returncode != 0
        machine.run("git-credential-uvx", "exec", "--", "uv", "sync", cwd=app)
        code = "import foo; print(foo.origin)"
        assert machine.run(app / ".venv/bin/python", "-c", code).stdout == b"private\n"
        assert not (machine.home / ".gitconfig").exists()

    @pytest.mark.parametrize("words", [("--",), (), ("--replace", "--use-http-path", "--")])
    def test_git_clones(
        self, words: tuple[str, ...], machine: Machine, host: GitHost, alice: str
    ) -> None:
        run(machine, *words, "git", "clone", "--quiet", host.url("r.git"), "clone")
        assert (machine.root / "clone/README").read_text() == "first\n"

    def test_only_the_host_that_is_named_is_answered(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        clone = ("git", "clone", "--quiet", host.url("r.git"))
        run(machine, "--host", f"localhost:{host.port}", *clone, "one")
        run(machine, "--host", "localhost", *clone, "two", status=128)


EVERY = "[credential]\nhelper = uvx\n"
HERE = '[credential "{host}"]\nhelper = uvx\n'
CLEARED = '[credential "{host}"]\nhelper =\n'
# Lines of ~/.gitconfig and of the configuration of a checkout, and whether `--host` is given.
SET_UP = {
    "not set up": ("", "", False),
    "for every host": (EVERY, "", False),
    "for every host, by its path": ("[credential]\nhelper = {command}\n", "", False),
    "for every host, and asked for one": (EVERY, "", True),
    "for this host, and asked for it": (HERE, "", True),
    "for every host and this one": (EVERY + CLEARED + HERE, "", False),
    "behind another helper": ("[credential]\nhelper = cache\nhelper = uvx\n", "", False),
    "and cleared": (EVERY + "helper =\n", "", False),
    "and cleared for this host": (EVERY + CLEARED, "", False),
    "and cleared for this host, and asked for it": (EVERY + CLEARED, "", True),
    "and cleared by the checkout": (EVERY, CLEARED, False),
    "by a path that is gone": ("[credential]\nhelper = /gone/git-credential-uvx\n", "", False),
}


@cases("setting", SET_UP)
def test_git_asks_the_helper_once(
    machine: Machine, host: GitHost, setting: tuple[str, str, bool]
) -> None:
    known = {"host": host.url().rstrip("/"), "command": BIN / "git-credential-uvx"}
    *files, only = setting
    ours, local = (text.format(**known) for text in files)
    (machine.home / ".gitconfig").write_text(ours)
    machine.git("init", "--quiet", "checkout")
    checkout = machine.root / "checkout"
    with (checkout / ".git/config").open("a") as file:
        file.write(local)
    machine.env["GIT_TRACE"] = "1"
    words = ("--host", f"localhost:{host.port}") if only else ()
    command = ("exec", *words, "--", "git", "ls-remote", host.url("r.git"))
    done = machine.run("git-credential-uvx", *command, cwd=checkout, check=False)
    lines = done.stderr.decode().splitlines()
    # Git writes a line for the command that it runs, and one for what it makes of it.
    runs = [
        line for line in lines if "run_command: " in line and line.endswith("credential-uvx get'")
    ]
    assert len([line for line in runs if "/gone/" not in line]) == 1, lines


def test_uv_asks_the_helper_that_only_a_checkout_sets_up(
    machine: Machine, host: GitHost, alice: str
) -> None:
    """uv runs Git in its cache, where the configuration of the checkout does not count."""
    machine.git("init", "--quiet", "checkout")
    checkout = machine.root / "checkout"
    machine.git("-C", str(checkout), "config", "credential.helper", "uvx")
    clone = ("git", "clone", "--quiet", host.url("r.git"), str(machine.root / "clone"))
    machine.run("git-credential-uvx", "exec", "--", *clone, cwd=checkout)
    assert (machine.root / "clone/README").exists()


class TestNotOnPath:
    """Run by its path, it gives Git its own path."""

    def test_git_clones(self, machine: Machine, host: GitHost, alice: str) -> None:
        clone = ("git", "clone", "--quiet", host.url("r.git"), "clone")
        done = self._run(machine, BIN / "git-credential-uvx", "exec", "--", *clone)
        assert done.stderr == b""
        assert (machine.root / "clone/README").read_text() == "first\n"

    def test_git_clones_where_the_path_has_a_blank_and_a_quote(
        self, machine: Machine, host: GitHost, alice: str
    ) -> None:
        folder = machine.root / "it's My Projects" / "bin"
        folder.mkdir(parents=True)
        for name in ("git-credential-uvx", "_git-credential-uvx"):
            shutil.copy(BIN / name, folder)
        clone = ("git", "clone", "--quiet", host.url("r.git"), "clone")
        done = self._run(machine, folder / "git-credential-uvx", "exec", "--", *clone)
        assert done.stderr == b""
        assert (machine.root / "clone/README").read_text() == "first\n"

    def test_a_second_one_adds_nothing(self, machine: Machine) -> None:
        command = str(BIN / "git-credential-uvx")
        listing = ("git", "config", "--get-all", "credential.helper")
        done = self._run(machine, command, "exec", command, "exec", *listing)
        assert done.stdout == f"{command}\n".encode()

    def _run(self, machine: Machine, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
        machine.env["PATH"] = os.pathsep.join(
            folder for folder in machine.env["PATH"].split(os.pathsep) if folder != str(BIN)
        )
        return machine.run(*words)


class TestTheCommand:
    @pytest.mark.parametrize("status", [0, 1, 2, 77, 255])
    def test_its_status_is_its_own(self, status: int, machine: Machine) -> None:
        done = run(machine, "--", "sh", "-c", f"exit {status}", status=status)
        assert (done.stdout, done.stderr) == (b"", b"")

    def test_its_streams_are_its_own(self, machine: Machine) -> None:
        done = run(machine, "sh", "-c", "cat; echo told >&2", data=b"a\0b")
        assert (done.stdout, done.stderr) == (b"a\0b", b"told\n")

    def test_its_arguments_reach_it_as_they_are(self, machine: Machine) -> None:
        words = ["--json", "-q", "--", "", " ", "a\nb", "$x", "--host", "\udcff"]
        script = "import os, sys; os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
        done = run(machine, "--", sys.executable, "-c", script, *words)
        assert done.stdout.split(b"\0") == [os.fsencode(word) for word in words]

    def test_it_is_the_same_process(self, machine: Machine) -> None:
        process = subprocess.Popen(
            ["git-credential-uvx", "exec", "sh", "-c", "echo $$"],
            env=machine.env,
            executable=BIN / "git-credential-uvx",
            stdout=subprocess.PIPE,
        )
        assert process.communicate()[0] == f"{process.pid}\n".encode()

    def test_a_signal_ends_it_as_it_would(self, machine: Machine) -> None:
        run(machine, "sh", "-c", "kill -TERM $$", status=-signal.SIGTERM)

    @pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no /proc")
    def test_it_inherits_what_a_shell_gives_it(self, machine: Machine) -> None:
        words = ("grep", "^Sig[IB]", "/proc/self/status")
        assert run(machine, *words).stdout == machine.run(*words).stdout

    def test_its_limits_stay(self, machine: Machine) -> None:
        limits = machine.run("sh", "-c", "ulimit -c; ulimit -n").stdout
        assert run(machine, "sh", "-c", "ulimit -c; ulimit -n").stdout == limits

    def test_its_environment_has_the_settings_and_all_else(self, machine: Machine) -> None:
        machine.env |= {"ODD": "a\nb", "GIT_CONFIG_COUNT": "0"}
        # The command is a shell script, and a shell adds PWD, some of them SHLVL.
        shell = ("sh", "-c", "exec env -0")
        before = dict(line.split(b"=", 1) for line in self._environ(machine, *shell))
        argv = (str(BIN / "git-credential-uvx"), "exec", "env", "-0")
        after = dict(line.split(b"=", 1) for line in self._environ(machine, *argv))
        assert after == before | {
            b"GIT_CONFIG_COUNT": b"1",
            b"GIT_CONFIG_KEY_0": b"credential.helper",
            b"GIT_CONFIG_VALUE_0": b"uvx",
        }

    def test_one_in_another_adds_nothing(self, machine: Machine) -> None:
        words = ("git-credential-uvx", "exec", "git", "config", "--get-all", "credential.helper")
        assert run(machine, *words).stdout == b"uvx\n"

    def _environ(self, machine: Machine, *argv: str) -> list[bytes]:
        return machine.run(*argv, forked=False).stdout.split(b"\0")[:-1]


UNSTARTABLE = {
    "no command": ((), "there is no command to run"),
    "nothing after the dashes": (("--",), "there is no command to run"),
    "a name that is nowhere": (("no-such-command",), "command not found"),
    "a path that is nowhere": (("./no/such",), "command not found"),
    "an empty name": (("",), "could not be started"),
    "a folder": (("/etc",), "permission denied"),
    "a file that is no program": (("./text",), "permission denied"),
    "a program of another machine": (("./broken",), "exec format error"),
    "a line end in the name": (("no\nsuch",), "'no\\nsuch' could not be started"),
    "a host that is none": (("--host", "", "true"), "'--host' cannot be used: it is empty"),
}


@cases("words, told", UNSTARTABLE)
def test_what_cannot_be_started_is_one_line_and_2(
    words: tuple[str, ...], told: str, machine: Machine
) -> None:
    (machine.root / "text").write_text("text")
    (machine.root / "broken").write_bytes(b"\x7fELF broken")
    (machine.root / "broken").chmod(0o755)
    done = run(machine, *words, status=2)
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_settings_that_git_cannot_read_start_nothing(machine: Machine) -> None:
    machine.env["GIT_CONFIG_COUNT"] = "x"
    run(machine, "touch", "started", status=2)
    assert not (machine.root / "started").exists()
