"""A machine of its own for one test: home, store, PATH, and the programs under test in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.programs import BY_NAME, FOLDERS

from .needs import require
from .warm import Warm

BIN = Path(sys.executable).parent
COMMAND = BIN / "git-credential-uvx"


REFUSED = b"git-credential-uvx: the server refused the "  # what `erase` can say

# One server a test process, see `warm`.
_WARM = Warm()


def _can_fork(program: str, env: Mapping[str, str]) -> bool:
    """Whether a program is the command beside this interpreter, and nothing in the environment is
    for the interpreter or the loader, which only a new process would see. Only on Linux: macOS has
    no local sockets that keep messages apart."""
    odd = ("PYTHON", "__PYVENV", "LD_", "DYLD_")
    return (
        sys.platform == "linux"
        and program.endswith(COMMAND.name)
        and shutil.which(program, path=env["PATH"]) == str(COMMAND)
        and not any(name.startswith(odd) for name in env)
    )


def request(**fields: str | bytes) -> bytes:
    """A request of the helper protocol: `request(protocol="https", host="good.test")`."""
    lines = [
        key.encode() + b"=" + (value if isinstance(value, bytes) else value.encode())
        for key, value in fields.items()
    ]
    return b"".join(line + b"\n" for line in lines) + b"\n"


class Machine:
    """Runs the installed command, git and uv with nothing of the real user's in reach."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir(mode=0o700)
        self.folder = self.home / "credentials"
        self.env = {
            "PATH": os.pathsep.join([str(BIN), *FOLDERS]),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "UV_CREDENTIALS_DIR": str(self.folder),
            "UV_CACHE_DIR": str(root / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }

    @property
    def store(self) -> Path:
        """uv's file."""
        return self.folder / "credentials.toml"

    @property
    def companion(self) -> Path:
        """The file beside it that holds what uv cannot."""
        return self.folder / "git-credential-uvx.toml"

    def write_store(self, text: str | bytes) -> None:
        """Put a text into uv's file, as a person would."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.store.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.store.chmod(0o600)

    def run(
        self,
        *argv: str | Path,
        input: bytes = b"",
        cwd: Path | None = None,
        check: bool = True,
        env: dict[str, str] | None = None,
        timeout: float = 120,
        step: int = 0,
        forked: bool = True,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run any program here; with `check` a status other than 0 fails the test. One that this
        machine lacks skips it. On Linux our own can be killed at a `step` of its writing. It is
        forked where that makes no difference, unless a test wants its script."""
        words = [str(word) for word in argv]
        if words[0] in BY_NAME:
            require(words[0])
        given = {**self.env, **(env or {})}
        folder = cwd or self.root
        if forked and _can_fork(words[0], given):
            done = _WARM.run(words, input, given, folder, timeout, step=step)
        else:
            assert not step, "only what is forked can be killed at a step"
            done = subprocess.run(
                words,
                input=input,
                cwd=folder,
                env=given,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{argv[:3]} gave {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}"
            )
        return done

    def helper(
        self, operation: str, data: bytes, *, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one Git operation of the installed command; whatever it says, it exits with 0."""
        done = self.run("git-credential-uvx", operation, input=data, env=env)
        assert b"Traceback" not in done.stderr
        assert done.stderr.count(b"\n") <= 1, done.stderr
        return done

    def get(self, **fields: str | bytes) -> dict[bytes, bytes]:
        """What `get` answers, by key; nothing may be on standard error."""
        done = self.helper("get", request(**fields))
        assert done.stderr == b""
        return dict(line.split(b"=", 1) for line in done.stdout.splitlines())

    def get_nothing_but(self, line: str, **fields: str | bytes) -> None:
        """`get` must answer nothing, and tell one line that holds `line`."""
        done = self.helper("get", request(**fields))
        assert done.stdout == b""
        assert line in done.stderr.decode()

    def put(self, **fields: str | bytes) -> None:
        """Run `store`; it must say nothing."""
        done = self.helper("store", request(**fields))
        assert (done.stdout, done.stderr) == (b"", b"")

    def put_over_refused(self, **fields: str | bytes) -> str:
        """Run `store` for an account of uv's file that was refused; the line that it prints."""
        done = self.helper("store", request(**fields))
        assert done.stdout == b""
        assert b"uv still has the password that was refused" in done.stderr
        return done.stderr.decode()

    def erase(self, **fields: str | bytes) -> None:
        """Run `erase`; it says at most that a secret stays where Git cannot remove it."""
        done = self.helper("erase", request(**fields))
        assert done.stdout == b""
        assert not done.stderr or REFUSED in done.stderr

    def git(self, *argv: str | Path, cwd: Path | None = None, check: bool = True) -> str:
        """Standard output of git."""
        return self.run("git", *argv, cwd=cwd, check=check).stdout.decode()

    def uv_login(self, service: str, username: str, password: str) -> None:
        """`uv auth login`, the password by standard input."""
        self.run(
            *("uv", "auth", "login", "--quiet", service),
            *("--username", username, "--password", "-"),
            input=password.encode() + b"\n",
        )

    def uv_token(self, service: str, username: str | None = None) -> str | None:
        """What `uv auth token` gives; None where uv has no answer."""
        who = () if username is None else ("--username", username)
        done = self.run("uv", "auth", "token", service, *who, check=False)
        return done.stdout.decode().removesuffix("\n") if done.returncode == 0 else None

    def files(self) -> dict[str, bytes]:
        """Every file of the store's folder but the lock, by name."""
        if not self.folder.exists():
            return {}
        return {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if path.is_file() and path.suffix != ".lock"
        }
