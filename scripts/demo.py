"""`make demo`: a private clone with a credential that only uv was told, step by step.

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .githost import GitHost

_BIN = Path(sys.executable).parent
_USER = "alice"
_REPOSITORY = "team/notes.git"
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
        self.password = secrets.token_urlsafe(24)
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
        }
        self.home.mkdir()
        recorders.mkdir()
        self._put_recorder(recorders / "git-credential-uvx")

    @property
    def store(self) -> Path:
        """The folder of uv's credentials."""
        return self.home / "credentials"

    def _put_recorder(self, path: Path) -> None:
        log, helper = shlex.quote(str(self._log)), shlex.quote(_tool("git-credential-uvx"))
        path.write_text(_RECORDER.format(log=log, helper=helper))
        path.chmod(0o700)

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.say(f"\n{self._steps}. {title}")

    def say(self, text: str) -> None:
        """Print, unless that would tell the password."""
        if self.password in text:
            raise DemoError("a secret was about to be printed")
        print(text, flush=True)

    def show(
        self, *argv: str, folder: Path | None = None, input: str = "", fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Print and run a command, then what git and the helper said to each other."""
        self.say(f"     $ {shlex.join(argv)}")
        done = self.run(*argv, folder=folder, input=input)
        recorded = self._log.read_text().splitlines() if self._log.exists() else []
        for line in recorded[self._shown :]:
            self.say(f"         {line}")
        self._shown = len(recorded)
        if fails and done.returncode == 0:
            raise DemoError(f"'{shlex.join(argv[:2])}' worked, but should not")
        if not fails and done.returncode != 0:
            error = done.stderr.replace(self.password, "****").split("\n")
            raise DemoError(f"'{shlex.join(argv[:2])}' failed: {error[0]}")
        return done

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
    process.communicate()  # until the whole group has let go of the pipes


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
    """The path of a program: beside this Python, or git from PATH."""
    path = shutil.which(name) if name == "git" else shutil.which(name, path=str(_BIN))
    if path is None:
        where = "on PATH" if name == "git" else "beside this Python"
        raise DemoError(f"there is no '{name}' {where}")
    return path


def _check(true: bool, fault: str) -> None:
    if not true:
        raise DemoError(fault)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _prepare(stage: Stage, host: GitHost) -> None:
    """From a host that refuses Git to the two commands that are all the set-up."""
    stage.step(f"A private Git host at {host.url()} with one repository, for {_USER} only.")
    host.accounts[_USER] = stage.password
    with _interrupts_held():
        host.create(_REPOSITORY, {"README.md": "Private notes.\n"})

    stage.step("Git by itself has no credential.")
    refused = stage.show("git", "clone", "--quiet", host.url(_REPOSITORY), fails=True)
    stage.say(f"     {refused.stderr.strip()}")

    stage.step("uv is told the password, once, by standard input.")
    login = ("uv", "auth", "login", "--quiet", host.url(), "--username", _USER)
    stage.show(*login, "--password", "-", input=f"{stage.password}\n")

    stage.step("Git is told whom to ask, once.")
    stage.show("git", "config", "--global", "credential.helper", "uvx")


def _use(stage: Stage, host: GitHost) -> None:
    """Clone and push, and nothing has changed for uv."""
    kept, clone = _files(stage.store), stage.home / "notes"
    stage.step("Now the clone works. What git and the helper say to each other:")
    stage.show("git", "clone", "--quiet", host.url(_REPOSITORY), clone.name)
    _check((clone / "README.md").exists(), "the clone has no files")

    stage.step("So does a push.")
    (clone / "README.md").write_text("Private notes, and one more.\n")
    stage.show("git", "commit", "--quiet", "--all", "--message", "One more", folder=clone)
    stage.show("git", "push", "--quiet", folder=clone)
    here = stage.run("git", "rev-parse", "HEAD", folder=clone)
    there = stage.run("git", "rev-parse", "main", folder=host.repositories / _REPOSITORY)
    _check(here.stdout == there.stdout, "the commit has not arrived")

    stage.step("uv's store is what it was, byte for byte, and uv answers as before.")
    _check(_files(stage.store) == kept, "the store has changed")
    token = stage.show("uv", "auth", "token", host.url(), "--username", _USER)
    _check(token.stdout == f"{stage.password}\n", "uv has another password")
    stage.say("     ****")


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
            _prepare(stage, host)
            _use(stage, host)
    except KeyboardInterrupt:
        print("\ninterrupted, and tidied up", file=sys.stderr)
        return 130
    except (DemoError, ImportError, OSError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    print("\nAll of it worked, and the folder is gone.")
    return 0


if __name__ == "__main__":
    # Also where the shell has started it in the background, which ignores interrupts.
    signal.signal(signal.SIGINT, _interrupt)
    sys.exit(main())
