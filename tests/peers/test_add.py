"""`add` against a private Git host and a private index: what is added installs again elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.package import FOO, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.githost import GitHost

    from ..support.machine import Machine

TOKEN = "CANARY-3f9c4e81d2"


@pytest.fixture
def app(machine: Machine) -> Path:
    machine.env["UV_PYTHON"] = sys.executable
    folder = machine.root / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def git_url(machine: Machine, host: GitHost) -> str:
    """A private package, with the token that opens it."""
    host.create("foo.git", FOO)
    host.accounts["oauth2"] = TOKEN
    machine.env["UV_DEFAULT_INDEX"] = host.url("no/index")
    return f"git+{host.url('foo.git', userinfo=TOKEN)}"


def add(
    machine: Machine, cwd: Path, *words: str, status: int = 0, env: dict[str, str] | None = None
) -> str:
    """Run the command; what it said. Nothing may show the secret."""
    done = machine.run("git-credential-uvx", "add", *words, cwd=cwd, check=False, env=env)
    said = done.stderr.decode()
    assert done.returncode == status, said
    assert "Traceback" not in said
    assert TOKEN not in said + done.stdout.decode()
    return said


def syncs(machine: Machine, app: Path, *words: str) -> None:
    """Everything but the project and the store goes; then it installs."""
    shutil.rmtree(app / ".venv", ignore_errors=True)
    shutil.rmtree(machine.root / "uv-cache")
    machine.run("git-credential-uvx", "exec", "--", "uv", "sync", "--locked", *words, cwd=app)
    machine.run(app / ".venv/bin/python", "-c", "import foo")


def clean(folder: Path, *secrets: str) -> None:
    """No file of a project holds a secret."""
    for path in folder.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


class TestPeers:
    def test_a_git_dependency_with_a_token(self, machine: Machine, app: Path, git_url: str) -> None:
        said = add(machine, app, f"foo @ {git_url}")
        assert "stored: oauth2@https://localhost" in said
        clean(app, TOKEN)
        assert (app / "uv.lock").exists()
        syncs(machine, app)

    def test_a_git_dependency_without_its_name(
        self, machine: Machine, app: Path, git_url: str
    ) -> None:
        add(machine, app, git_url)
        clean(app, TOKEN)
        syncs(machine, app)

    def test_a_wheel_with_a_password(self, machine: Machine, app: Path, index: str) -> None:
        machine.env["UV_DEFAULT_INDEX"] = f"{index}/none"
        url = f"{index}/packages/foo-1.0-py3-none-any.whl"
        add(machine, app, f"foo @ {url.replace('//', '//alice:wonder@')}")
        clean(app, "wonder")
        assert url in (app / "uv.lock").read_text()
        assert machine.uv_token(url, "alice") == "wonder"
        syncs(machine, app)

    def test_an_index_with_a_password(self, machine: Machine, app: Path, index: str) -> None:
        url = f"{index}/simple".replace("//", "//alice:wonder@")
        add(machine, app, "--default-index", f"priv={url}", "foo")
        clean(app, "wonder")
        assert f'url = "{index}/simple"' in (app / "pyproject.toml").read_text()
        syncs(machine, app)

    def test_requirements_with_secrets(self, machine: Machine, app: Path, git_url: str) -> None:
        folder = app / "lists"
        folder.mkdir()
        (folder / "all.txt").write_text(f"-r more.txt\nfoo @ {git_url}  # private\n")
        (folder / "more.txt").write_text("-e ./member\n")
        (app / "member").mkdir()
        (app / "member/pyproject.toml").write_text('[project]\nname = "member"\nversion = "1"\n')
        add(machine, app, "--no-sync", "-r", "lists/all.txt")
        assert sorted(path.name for path in folder.iterdir()) == ["all.txt", "more.txt"]
        (folder / "all.txt").unlink()
        clean(app, TOKEN)
        assert 'members = [\n    "member",' in (app / "pyproject.toml").read_text()
        syncs(machine, app, "--no-install-package", "member")

    def test_requirements_on_standard_input(
        self, machine: Machine, app: Path, git_url: str
    ) -> None:
        line = f"foo @ {git_url}\n".encode()
        machine.run("git-credential-uvx", "add", "-r", "-", cwd=app, input=line)
        clean(app, TOKEN)
        syncs(machine, app)

    @cases(
        "option, extra",
        {
            "--dev": (("--dev",), ()),
            "--group": (("--group", "docs"), ("--group", "docs")),
            "--optional": (("--optional", "gui"), ("--extra", "gui")),
        },
    )
    def test_where_uv_puts_it(
        self,
        machine: Machine,
        app: Path,
        git_url: str,
        option: tuple[str, ...],
        extra: tuple[str, ...],
    ) -> None:
        add(machine, app, *option, f"foo @ {git_url}")
        clean(app, TOKEN)
        syncs(machine, app, *extra)

    @cases(
        "words, cwd",
        {
            "in the member": ((), "app/member"),
            "by --package": (("--package", "Member"), "app"),
            "by --project": (("--project", "member"), "app"),
            "by --directory": (("--directory=app/member",), "."),
        },
    )
    def test_a_member_of_a_workspace(
        self, machine: Machine, app: Path, git_url: str, words: tuple[str, ...], cwd: str
    ) -> None:
        member = app / "member/pyproject.toml"
        member.parent.mkdir()
        member.write_text(PROJECT.replace("app", "member"))
        (app / "pyproject.toml").write_text(f'{PROJECT}\n[tool.uv.workspace]\nmembers = ["mem*"]\n')
        ssh = "bar @ git+ssh://alice@localhost/bar.git"
        add(machine, machine.root / cwd, *words, f"foo @ {git_url}")
        add(machine, machine.root / cwd, *words, "--frozen", ssh)
        assert "ssh://alice@localhost" in member.read_text()
        member.write_text(member.read_text().replace('    "bar",\n', ""))
        clean(app, TOKEN)
        machine.run("uv", "lock", cwd=app)
        syncs(machine, app, "--all-packages")

    def test_a_script(self, machine: Machine, app: Path, git_url: str) -> None:
        script = app / "run.py"
        script.write_text("#!/usr/bin/env python3\nimport foo\n\nprint(foo.origin)\n")
        script.chmod(0o755)
        add(machine, app, "--script", "run.py", f"foo @ {git_url}")
        add(machine, app, "--frozen", "--script", "run.py", "bar @ git+ssh://alice@good.test/r")
        text = script.read_text()
        assert '# bar = { git = "ssh://alice@good.test/r" }' in text
        assert script.stat().st_mode & 0o777 == 0o755
        clean(app, TOKEN)
        script.write_text(text.replace('#     "bar",\n', ""))
        shutil.rmtree(machine.root / "uv-cache")
        done = machine.run("git-credential-uvx", "exec", "--", "uv", "run", "run.py", cwd=app)
        assert done.stdout == b"private\n"

    def test_a_template_installs_where_it_is_set(
        self, machine: Machine, app: Path, host: GitHost, git_url: str
    ) -> None:
        spec = f"foo @ git+{host.url('foo.git', userinfo='oauth2:${SECRET}')}"
        env = {"SECRET": TOKEN}
        add(machine, app, spec, env=env)
        assert spec in (app / "pyproject.toml").read_text()
        clean(app, TOKEN)
        # Git told the helper what it got in with.
        shutil.rmtree(machine.folder)
        shutil.rmtree(app / ".venv")
        shutil.rmtree(machine.root / "uv-cache")
        machine.run("uv", "sync", "--locked", cwd=app, env=env)
        clean(app, TOKEN)

    def test_a_template_that_is_not_set_is_added_with_what_is_stored(
        self, machine: Machine, app: Path, host: GitHost, git_url: str
    ) -> None:
        machine.uv_login(host.url(), "oauth2", TOKEN)
        spec = f"foo @ git+{host.url('foo.git', userinfo='oauth2:${SECRET}')}"
        add(machine, app, spec)
        assert spec in (app / "pyproject.toml").read_text()

    def test_a_login_name_of_ssh_is_in_the_project_and_the_clone(
        self, machine: Machine, app: Path, host: GitHost
    ) -> None:
        host.create("foo.git", FOO)
        machine.env["UV_DEFAULT_INDEX"] = host.url("no/index")
        ssh = machine.root / "ssh"
        ssh.write_text(
            f'#!/bin/sh\necho "$@" >>{machine.root}/asked\n'
            f'for last; do :; done\ncd {host.repositories} && eval "$(echo "$last" | sed s,/,,)"\n'
        )
        ssh.chmod(0o755)
        machine.env["GIT_SSH_COMMAND"] = str(ssh)
        add(machine, app, "git+ssh://bob@good.test/foo.git")
        assert (
            'foo = { git = "ssh://bob@good.test/foo.git" }' in (app / "pyproject.toml").read_text()
        )
        syncs(machine, app)
        asked = (machine.root / "asked").read_text().splitlines()
        assert len(asked) == 2
        assert all("bob@good.test" in line for line in asked)

    @cases(
        "again",
        {
            "by its name": ("foo",),
            "as it was": (),
            "beside another": ("bar",),
        },
    )
    def test_a_template_outlives_the_next_add(
        self, machine: Machine, app: Path, again: tuple[str, ...]
    ) -> None:
        spec = "foo[a] @ git+https://u:${SECRET}@good.test/r@v1"
        add(machine, app, "--frozen", spec)
        add(machine, app, "--frozen", *(again or (spec,)))
        assert f'"{spec}",' in (app / "pyproject.toml").read_text()
        assert (app / "pyproject.toml").read_text().count("foo") == 1

    def test_a_login_name_of_ssh_outlives_the_next_add(self, machine: Machine, app: Path) -> None:
        spec = "foo @ git+ssh://bob@good.test/r"
        for words in ((spec,), (spec,), ("foo",), ("bar",)):
            add(machine, app, "--frozen", *words)
            text = (app / "pyproject.toml").read_text()
            assert 'foo = { git = "ssh://bob@good.test/r" }' in text


class TestFailures:
    def test_what_was_stored_goes_when_uv_fails(
        self, machine: Machine, app: Path, host: GitHost, git_url: str
    ) -> None:
        wrong = git_url.replace("foo.git", "other.git")
        said = add(machine, app, f"foo @ {wrong}", status=1)
        assert "as it was before" in said
        assert (app / "pyproject.toml").read_text() == PROJECT
        assert not any(TOKEN.encode() in data for data in machine.files().values())

    def test_what_was_there_before_stays_when_uv_fails(
        self, machine: Machine, app: Path, host: GitHost, git_url: str
    ) -> None:
        machine.uv_login(host.url(), "oauth2", TOKEN)
        add(machine, app, f"foo @ {git_url.replace('foo.git', 'other.git')}", status=1)
        assert machine.uv_token(host.url(), "oauth2") == TOKEN

    @cases(
        "number, alone",
        {
            "Ctrl-C at a terminal": (signal.SIGINT, False),
            "an interrupt": (signal.SIGINT, True),
            "an end": (signal.SIGTERM, True),
            "a lost terminal": (signal.SIGHUP, True),
        },
    )
    def test_an_interrupt_takes_back(
        self, machine: Machine, app: Path, number: signal.Signals, alone: bool
    ) -> None:
        slow = machine.root / "bin"
        slow.mkdir()
        # git that waits: uv is in the middle of its work then.
        version = 'case "$*" in *--version*) echo git version 2.40.0; exit;; esac'
        (slow / "git").write_text(f"#!/bin/sh\n{version}\ntouch {slow}/started\nexec sleep 60\n")
        (slow / "git").chmod(0o755)
        env = machine.env | {"PATH": f"{slow}{os.pathsep}{machine.env['PATH']}"}
        words = ("git-credential-uvx", "add", f"foo @ git+https://{TOKEN}@localhost:1/r")
        with subprocess.Popen(
            words, cwd=app, env=env, stderr=subprocess.PIPE, start_new_session=True
        ) as run:
            while not (slow / "started").exists():
                assert run.poll() is None
                time.sleep(0.02)
            assert any(TOKEN.encode() in data for data in machine.files().values())
            if alone:
                run.send_signal(number)
            else:
                os.killpg(run.pid, number)
            said = run.communicate(timeout=60)[1].decode()
        assert run.returncode == 128 + number
        assert "as it was before" in said
        assert "Traceback" not in said
        assert not any(TOKEN.encode() in data for data in machine.files().values())
        assert (app / "pyproject.toml").read_text() == PROJECT

    @cases("number", {"Ctrl-C": signal.SIGINT, "an end": signal.SIGTERM})
    def test_an_interrupted_uv_that_fails_first_counts_as_interrupted(
        self, machine: Machine, app: Path, number: signal.Signals
    ) -> None:
        # As when the git that uv runs ends before uv itself has heard of the signal.
        folder = machine.root / "bin"
        folder.mkdir()
        wait = "sleep 60 >&- 2>&- & wait $!"
        trap = f"trap 'kill $!; exit 1' {number.name.removeprefix('SIG')}"
        (folder / "uv").write_text(f"#!/bin/sh\n{trap}\ntouch {folder}/started\n{wait}\n")
        (folder / "uv").chmod(0o755)
        env = machine.env | {"PATH": f"{folder}{os.pathsep}{machine.env['PATH']}"}
        words = ("git-credential-uvx", "add", f"foo @ git+https://{TOKEN}@localhost:1/r")
        with subprocess.Popen(
            words, cwd=app, env=env, stderr=subprocess.PIPE, start_new_session=True
        ) as run:
            while not (folder / "started").exists():
                assert run.poll() is None
                time.sleep(0.02)
            os.killpg(run.pid, number)
            said = run.communicate(timeout=60)[1].decode()
        assert run.returncode == 128 + number
        assert "as it was before" in said
        assert (app / "pyproject.toml").read_text() == PROJECT

    def test_no_child_gets_the_secret_as_an_argument(
        self, machine: Machine, app: Path, git_url: str
    ) -> None:
        """A62: what is in arguments and variables can be read by others."""
        seen = machine.root / "seen"
        spy = machine.root / "bin"
        spy.mkdir()
        real = shutil.which("uv", path=machine.env["PATH"])
        (spy / "uv").write_text(
            f'#!/bin/sh\n{{ printf "%s\\n" "$@"; env; ls -A; cat .*.txt 2>/dev/null; }} >>{seen}\n'
            f'exec {real} "$@"\n'
        )
        (spy / "uv").chmod(0o755)
        (app / "all.txt").write_text(f"foo @ {git_url}\n")
        env = {"PATH": f"{spy}{os.pathsep}{machine.env['PATH']}"}
        add(machine, app, f"foo @ {git_url}", env=env)
        add(machine, app, "-r", "all.txt", env=env)
        add(machine, app, "--raw", "--frozen", f"foo @ {git_url}", env=env)
        assert "foo.git" in seen.read_text()
        assert TOKEN not in seen.read_text()
        assert TOKEN in (app / "pyproject.toml").read_text()
