"""`make demo`: a private clone with the credential that uv has, and the commands for people.

Real git, real uv and a real Git host on this machine, in a folder that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .package import PACKAGE, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .githost import GitHost

_BIN = Path(sys.executable).parent
_USER = "alice"
_REPOSITORY = "team/notes.git"
_PACKAGE = "team/private"
_STEP_TIMEOUT = 60  # seconds; the slowest takes less than one

# Stands before the helper on PATH. Secrets are masked before anything is written down.
_RECORDER = """\
#!/bin/sh
note() {{
    while IFS= read -r line; do
        case $line in
        password=* | credential=* | oauth_refresh_token=*) line=${{line%%=*}}=**** ;;
        esac
        printf '%s\\n' "$1$line"
    done >>{log}
}}
asked=$(cat)
echo "git credential-uvx $1" >>{log}
printf '%s\\n' "$asked" | note '  git:    '
answer=$(printf '%s\\n\\n' "$asked" | {helper} "$1") || exit
[ -n "$answer" ] || {{ echo '  helper: (nothing)' >>{log}; exit 0; }}
printf '%s\\n' "$answer" | note '  helper: '
printf '%s\\n' "$answer"
"""


class DemoError(Exception):
    """A step did not go as it should."""


class Stage:
    """Shows steps, and runs their commands with nothing of the user's own in reach."""

    def __init__(self, root: Path, host: GitHost) -> None:
        self.root = root
        self.home = root / "home"
        self._secrets: list[str] = []
        self._steps = 0
        self._log = root / "log"
        self._shown = 0
        recorders = root / "bin"
        self._env = {
            "PATH": os.pathsep.join([str(recorders), os.environ.get("PATH", os.defpath)]),
            "HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Alice",
            "GIT_AUTHOR_EMAIL": "alice@localhost",
            "GIT_COMMITTER_NAME": "Alice",
            "GIT_COMMITTER_EMAIL": "alice@localhost",
            "GIT_SSL_CAINFO": str(host.certificate),
            "SSL_CERT_FILE": str(host.certificate),
            # Git's upkeep would go on in the background, in a folder about to go.
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "maintenance.auto",
            "GIT_CONFIG_VALUE_0": "false",
            "UV_CREDENTIALS_DIR": str(self.store),
            "UV_CACHE_DIR": str(root / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        self.home.mkdir()
        recorders.mkdir()
        self._put_recorder(recorders / "git-credential-uvx")
        (recorders / "uv").symlink_to(_tool("uv"))

    @property
    def store(self) -> Path:
        """The folder of uv's credentials."""
        return self.home / "credentials"

    def _put_recorder(self, path: Path) -> None:
        log, helper = shlex.quote(str(self._log)), shlex.quote(_tool("git-credential-uvx"))
        path.write_text(_RECORDER.format(log=log, helper=helper))
        path.chmod(0o700)

    def secret(self) -> str:
        """A new password, which is never printed."""
        self._secrets.append(secrets.token_urlsafe(24))
        return self._secrets[-1]

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.say(f"\n{self._steps}. {title}")

    def say(self, text: str) -> None:
        """Print, unless a password is in it."""
        if any(secret in text for secret in self._secrets):
            raise DemoError("a secret was about to be printed")
        print(text, flush=True)

    def show(
        self,
        *argv: str,
        folder: Path | None = None,
        input: str = "",
        fails: bool = False,
        typed: str = "",
        talk: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Print and run a command, then what git and the helper sent each other, if `talk`.

        `typed` is how a person would type it, if a secret comes from a variable.
        """
        self.say(f"     $ {typed or shlex.join(argv)}")
        done = self.run(*argv, folder=folder, input=input)
        recorded = self._log.read_text().splitlines() if self._log.exists() else []
        for line in recorded[self._shown :] if talk else ():
            self.say(f"         {line}")
        self._shown = len(recorded)
        if fails and done.returncode == 0:
            raise DemoError(f"'{shlex.join(argv[:2])}' worked, but should not")
        if not fails and done.returncode != 0:
            error, _, _ = done.stderr.partition("\n")
            for secret in self._secrets:
                error = error.replace(secret, "****")
            raise DemoError(f"'{shlex.join(argv[:2])}' failed: {error}")
        return done

    def show_ours(
        self,
        *argv: str,
        folder: Path | None = None,
        input: str = "",
        typed: str = "",
        status: int = 0,
    ) -> None:
        """Print and run one of our commands, and what it says."""
        words = ("git-credential-uvx", *argv)
        done = self.show(*words, folder=folder, input=input, typed=typed, fails=status != 0)
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"       {line.replace(str(self.home), '~')}")

    def run(
        self, *argv: str, folder: Path | None = None, input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, in a group of its own: ending it takes along what it has started."""
        process = None
        try:
            with _interrupts_held():
                process = subprocess.Popen(
                    [_tool(argv[0]), *argv[1:]],
                    cwd=folder or self.home,
                    env=self._env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            output, error = process.communicate(input, timeout=_STEP_TIMEOUT)
        except BaseException:
            if process is not None:
                _end(process)
            raise
        return subprocess.CompletedProcess(argv, process.returncode, output, error)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()  # until the whole group has closed the pipes


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Put an interrupt off to the end: a process must be known here before it can be ended."""
    held: list[object] = []
    signal.signal(signal.SIGINT, lambda *_: held.append(None))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _interrupt)
        if held:
            _interrupt()


def _interrupt(*_: object) -> None:
    _ignore_interrupts()
    raise KeyboardInterrupt


def _ignore_interrupts() -> None:
    """Nothing may cut the tidying up short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tool(name: str) -> str:
    """The path of a program: next to this Python, or git from PATH."""
    path = shutil.which(name) if name == "git" else shutil.which(name, path=str(_BIN))
    if path is None:
        where = "on PATH" if name == "git" else "next to this Python"
        raise DemoError(f"'{name}' was not found {where}")
    return path


def _check(true: bool, fault: str) -> None:
    if not true:
        raise DemoError(fault)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _prepare(stage: Stage, host: GitHost) -> str:
    """From a host that refuses Git to the two commands that are all the set-up; the password."""
    stage.step(f"A private Git host at {host.url()} has one repository, for {_USER} only.")
    password = host.accounts[_USER] = stage.secret()
    with _interrupts_held():
        host.create(_REPOSITORY, {"README.md": "Private notes.\n"})

    stage.step("Git by itself has no credential.")
    refused = stage.show("git", "clone", "--quiet", host.url(_REPOSITORY), fails=True)
    stage.say(f"       {refused.stderr.strip()}")

    stage.step(
        "Log in with uv, once. uv keeps the password for packages and does not give it to Git."
    )
    login = ("uv", "auth", "login", "--quiet", host.url(), "--username", _USER)
    stage.show(*login, "--password", "-", input=f"{password}\n")

    stage.step("Make Git ask this helper, once.")
    stage.show_ours("setup")
    return password


def _use(stage: Stage, host: GitHost, password: str) -> None:
    """Clone and push, and nothing has changed for uv."""
    kept, clone = _files(stage.store), stage.home / "notes"
    stage.step("Now the clone works. Git and the helper exchange these lines:")
    stage.show("git", "clone", "--quiet", host.url(_REPOSITORY), clone.name, talk=True)
    _check((clone / "README.md").exists(), "the clone has no files")

    stage.step("A push works, too.")
    (clone / "README.md").write_text("Private notes, and one more.\n")
    stage.show("git", "commit", "--quiet", "--all", "--message", "One more", folder=clone)
    stage.show("git", "push", "--quiet", folder=clone)
    here = stage.run("git", "rev-parse", "HEAD", folder=clone)
    there = stage.run("git", "rev-parse", "main", folder=host.repositories / _REPOSITORY)
    _check(here.stdout == there.stdout, "the commit has not arrived")

    stage.step("uv's file is unchanged, byte for byte, and uv still returns the password.")
    _check(_files(stage.store) == kept, "the store has changed")
    token = stage.show("uv", "auth", "token", host.url(), "--username", _USER)
    _check(token.stdout == f"{password}\n", "uv has another password")
    stage.say("       ****")


def _renew(stage: Stage, host: GitHost) -> str:
    """The host changes the password, and `login` stores the new one; the password."""
    stage.step("The password changes. `login` tries the new one at the server, then stores it.")
    password = host.accounts[_USER] = stage.secret()
    login = ("login", host.url().split("/")[2], "--username", _USER)
    stage.show_ours(*login, "--verify", "--password", "-", input=f"{password}\n")
    return password


def _clean(stage: Stage, host: GitHost, password: str) -> None:
    """Take secrets out of a project, and fetch its private dependency without them."""
    with _interrupts_held():
        host.create(f"{_PACKAGE}.git", PACKAGE)
    project = stage.home / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    clean, dirty = (
        f"private @ git+{host.url(_PACKAGE, userinfo=who)}" for who in ("", f"{_USER}:{password}")
    )

    stage.step("A dependency has the password in its URL. `add` keeps it out of the project.")
    typed = dirty.replace(password, "$PASSWORD")
    stage.show_ours(
        "add", "--quiet", dirty, folder=project, typed=f'git-credential-uvx add --quiet "{typed}"'
    )
    stage.say("     $ tail -n 2 pyproject.toml")
    for line in (project / "pyproject.toml").read_text().splitlines()[-2:]:
        stage.say(f"       {line}")

    stage.step(
        "An older file has it, too. `sanitize` finds it; `sanitize --write` stores and removes it."
    )
    requirements = project / "requirements.txt"
    requirements.write_text(f"{dirty}\n")
    stage.show_ours("sanitize", requirements.name, folder=project, status=1)
    stage.show_ours("sanitize", "--write", requirements.name, folder=project)
    stage.say(f"     $ cat {requirements.name}")
    stage.say(f"       {requirements.read_text().strip()}")
    _check(requirements.read_text() == f"{clean}\n", "the file is not clean")

    stage.step("The project has no secret now, and its private dependency still installs.")
    for path in project.glob("*.*"):
        _check(path.is_dir() or password not in path.read_text(), f"{path.name} has the password")
    stage.run("uv", "cache", "clean", "--quiet")
    stage.show("uv", "sync", "--quiet", "--reinstall", folder=project)
    said = stage.show("uv", "run", "--quiet", "private", folder=project)
    stage.say(f"       {said.stdout.strip()}")


def main() -> int:
    """Run the demo; the exit status."""
    try:
        # The import is inside because it can fail, and be interrupted.
        from .githost import GitHost

        with contextlib.ExitStack() as stack:
            root = Path(stack.enter_context(TemporaryDirectory(prefix="git-credential-uvx-demo-")))
            host = stack.enter_context(GitHost(root / "host"))
            stack.callback(_ignore_interrupts)
            print("One credential for uv and Git, shown in a temporary folder.", flush=True)
            stage = Stage(root, host)
            _use(stage, host, _prepare(stage, host))
            _clean(stage, host, _renew(stage, host))
    except KeyboardInterrupt:
        print("\ninterrupted, and tidied up", file=sys.stderr)
        return 130
    except (DemoError, ImportError, OSError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    print("\nEverything worked, and the folder is removed.")
    return 0


if __name__ == "__main__":
    # Also where the shell has started it in the background, which ignores interrupts.
    signal.signal(signal.SIGINT, _interrupt)
    sys.exit(main())
