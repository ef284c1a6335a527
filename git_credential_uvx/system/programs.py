"""Running a program of somebody else: found safely, started apart, stopped in time.

* A program is found on PATH only by absolute folders, never in the working directory, and
  only where nobody else can put another one in its place.
* It starts in `/` with nothing to read and no terminal, so it can neither ask nor see a
  checkout; nothing of the repository that Git is working on is in its environment, and no secret
  that is for another host or for a CI job.
* It has a time limit and a size limit, and is stopped with all that it started in its session.

git is the exception, because it must see the folder that it is asked about. Somebody else may have
filled that folder, and git runs programs that a repository's configuration names. Every git of ours
is therefore started by `run_git`, which switches all of those off.
"""

from __future__ import annotations

import os
import stat
import time

from .. import system
from ..errors import NoProgramError, ProgramError, SlowError, printable
from . import platform
from .files import identity, open_above
from .secret_variables import is_secret
from .settings import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Mapping
    from typing import IO

    Process = subprocess.Popen[bytes]

OUTPUT_LIMIT = 64 * 1024  # bytes; tokens have a few thousand

_GIT_TIMEOUT = 10.0  # seconds; it reads a few files
_LAST_WORDS = 1.0  # seconds for the system to take down what was killed

# Settings that stop git from running what a repository names, and from trusting its commit-graph.
# Git reads a `-c` last, so these win over the repository and leave everything else that the person
# has set in force.
_SAFE = (
    # It would hide commits, because git does not compare it with them.
    *("-c", "core.commitGraph=false"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    # A lazy fetch downloads this before git looks at the protocols that are allowed.
    *("-c", "fetch.bundleURI="),
    "--no-pager",
)
# A folder of ordinary tracked files can look like a bare repository, with a configuration that
# came by `git clone`.
_NO_BARE = ("-c", "safe.bareRepository=explicit")
_SAFE_VARIABLES = {
    "GIT_GRAFT_FILE": os.devnull,  # a graft of the checkout would hide commits
    "GIT_NO_LAZY_FETCH": "1",  # git 2.45 and newer do not even try; most older ones ignore it
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}

# Who asks a person for a password does it with these; where the shell believes it is, with PWD.
_UNWANTED = frozenset(("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "PWD", "OLDPWD"))


class Output:
    """What a program left: its exit status, standard output, and standard error if it was kept."""

    __slots__ = ("status", "stderr", "stdout")

    def __init__(self, status: int, stdout: bytes, stderr: bytes = b"") -> None:
        self.status = status
        self.stdout = stdout
        self.stderr = stderr


def run(
    argv: Iterable[str], *, timeout: float, environ: Mapping[str, str], keep: Iterable[str] = ()
) -> Output:
    """Run a program and wait for its end, for `timeout` seconds at most.

    `argv[0]` is a name to be found on the PATH of `environ` or an absolute path; `keep` names
    variables with secrets that it needs. Its standard error goes nowhere. Raises ProgramError, and
    of these SlowError when the time is over.
    """
    # Half of what an answer of Git's takes; nothing that is switched off pays for it.
    import subprocess

    name, *arguments = argv
    program = find_program(name, environ.get("PATH", ""))
    deadline = time.monotonic() + timeout
    try:
        process = subprocess.Popen(  # noqa: S603
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=platform.NEUTRAL_FOLDER,
            env=child_environment(environ, keep),
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError):
        raise ProgramError(f"could not start {_shown(name)}") from None
    try:
        stdout = _output(process, deadline)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        platform.kill_session(process.pid)
        raise SlowError(f"{_shown(name)} did not answer within {timeout:g} s") from None
    except BaseException:
        platform.kill_session(process.pid)
        raise
    finally:
        _close(process)
    if len(stdout) > OUTPUT_LIMIT:
        raise ProgramError(f"{_shown(name)} wrote more than {OUTPUT_LIMIT} bytes")
    return Output(status, stdout)


def ask_git(
    words: Iterable[str], environ: Mapping[str, str], data: bytes = b"", *, bare: bool = False
) -> bytes:
    """What the real git writes in the working directory; nothing where it is not there or fails.

    `bare` is that of `run_git`.
    """
    try:
        done = run_git(words, environ, data=data, bare=bare)
    except ProgramError:
        return b""
    return done.stdout if done.status == 0 else b""


def run_git(
    words: Iterable[str],
    environ: Mapping[str, str],
    cwd: str | None = None,
    data: bytes = b"",
    *,
    bare: bool = False,
) -> Output:
    """Run the real git to its end, in the working directory unless `cwd` names another, with
    `data` to read.

    Nothing that a repository names is run, and nothing is fetched. With `bare` git also accepts a
    bare repository that it finds by itself. That is for `git config` and `git rev-parse`, which
    read settings and run nothing: a person who stands in such a repository is told what their
    own git does there. Raises ProgramError, and of these SlowError after ten seconds.
    """
    import subprocess

    program = find_program("git", environ.get("PATH", ""))
    words = [*words]
    _trace_git(words, cwd)
    try:
        done = subprocess.run(  # noqa: S603
            [program, *_SAFE, *(() if bare else _NO_BARE), *words],
            input=data,
            capture_output=True,
            cwd=cwd,
            env=_git_environment(environ),
            timeout=_GIT_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SlowError(f"git did not answer within {_GIT_TIMEOUT:g} s") from None
    except (OSError, ValueError):
        raise ProgramError("could not start git") from None
    return Output(done.returncode, done.stdout, done.stderr)


def start_git(
    words: Iterable[str], environ: Mapping[str, str], stdin: IO[bytes] | None, stderr: IO[bytes]
) -> Process:
    """Start the real git in the working directory, as safely as `run_git` does.

    It reads from `stdin`, or from a pipe without it. Its standard output is a pipe, its standard
    error goes to the file `stderr`. Raises ProgramError.
    """
    import subprocess

    program = find_program("git", environ.get("PATH", ""))
    words = [*words]
    _trace_git(words)
    try:
        return subprocess.Popen(  # noqa: S603
            [program, *_SAFE, *_NO_BARE, *words],
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=_git_environment(environ),
            bufsize=0,
        )
    except (OSError, ValueError):
        raise ProgramError("could not start git") from None


def _trace_git(words: list[str], cwd: str | None = None) -> None:
    """Trace which command of git runs in which folder; its arguments can hold a secret."""
    if system.tracer is None:
        return
    folder, command, rest = cwd or os.curdir, "", iter(words)
    for word in rest:
        if word in ("-C", "-c"):
            value = next(rest, "")
            folder = value if word == "-C" else folder
        elif not word.startswith("-"):
            command = word
            break
    system.tracer(f"running 'git {command}' in '{folder}'")


def _git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {**_without_secrets(environ), **_SAFE_VARIABLES, **_nowhere(environ)}


def _nowhere(environ: Mapping[str, str]) -> dict[str, str]:
    """What keeps git from fetching a missing object: the remote can be a command of the repository.

    Only one protocol is allowed, and nobody can have a program for it: none knows its name.
    """
    return {
        "GIT_ALLOW_PROTOCOL": f"none-{os.urandom(8).hex()}",
        "PATH": os.pathsep.join(absolute_folders(environ.get("PATH", ""))),
    }


def _output(process: Process, deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    descriptor = process.stdout.fileno()
    stdout = b""
    while len(stdout) <= OUTPUT_LIMIT:
        left = deadline - time.monotonic()
        if left <= 0 or not platform.wait_readable(descriptor, left):
            raise TimeoutError
        part = os.read(descriptor, OUTPUT_LIMIT + 1 - len(stdout))
        if not part:
            return stdout
        stdout += part
    platform.kill_session(process.pid)
    return stdout


def _close(process: Process) -> None:
    import subprocess

    if process.stdout is not None:
        process.stdout.close()
    try:
        process.wait(_LAST_WORDS)
    except subprocess.TimeoutExpired:
        pass  # it hangs in the system itself; not a reason to hang as well


def show(argv: Iterable[str], environ: Mapping[str, str]) -> bool:
    """Let a program use the terminal until it ends; whether it could. What is wrong is not said."""
    import subprocess

    name, *arguments = argv
    try:
        program = find_program(name, environ.get("PATH", ""))
        done = subprocess.run([program, *arguments], stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    except (ProgramError, OSError):
        return False
    return done.returncode == 0


def start(
    program: str, arguments: Iterable[str], environ: Mapping[str, str], *, is_fed: bool
) -> Process:
    """Start a program with the streams of this process; with `is_fed` it reads from `stdin` of what
    is returned. Raises ProgramError."""
    import subprocess

    try:
        return subprocess.Popen(  # noqa: S603
            [program, *arguments], stdin=subprocess.PIPE if is_fed else None, env=dict(environ)
        )
    except (OSError, ValueError):
        raise ProgramError(f"could not start {_shown(program)}") from None


def ended(process: Process, seconds: float) -> int | None:
    """The exit status of a program, below 0 for a signal; None if it does not end in time."""
    import subprocess

    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def child_environment(environ: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """The environment of a program: without Git's variables and ours, with the guard set.

    Secrets that are for one host or one job are left out, but for those that `keep` names. PATH and
    PYTHONPATH keep their absolute folders only: the program and what it starts must not load
    anything from a folder that the caller did not choose.
    """
    child = {
        name: value
        for name, value in _without_secrets(environ, keep).items()
        if not name.startswith("GIT_") and name not in _UNWANTED
    }
    child["PATH"] = os.pathsep.join(absolute_folders(environ.get("PATH", "")))
    modules = os.pathsep.join(absolute_folders(child.pop("PYTHONPATH", "")))
    if modules:
        child["PYTHONPATH"] = modules
    child["GIT_TERMINAL_PROMPT"] = "0"
    child[GUARD] = "1"
    return child


def _without_secrets(environ: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    kept = frozenset(keep)
    return {n: value for n, value in environ.items() if n in kept or not is_secret(n, value)}


def absolute_folders(path: str) -> list[str]:
    """The entries of a search path that do not depend on the working directory."""
    return [folder for folder in path.split(os.pathsep) if os.path.isabs(folder)]


def find_program(name: str, path: str) -> str:
    """The absolute path of a program, from its name and a PATH or from its absolute path.

    The first one in a folder that nobody else can write to. Raises ProgramError.
    """
    if os.path.isabs(name):
        candidates = [name]
    elif "/" in name or name in ("", ".", ".."):
        raise ProgramError(f"{_shown(name)} is neither a program's name nor an absolute path")
    else:
        here = identity(os.curdir)
        folders = [folder for folder in absolute_folders(path) if identity(folder) != here]
        candidates = [os.path.join(folder, name) for folder in folders]
    doubts = []
    for candidate in filter(_is_program, candidates):
        doubt = _doubt(candidate)
        if doubt is None:
            if system.tracer is not None:
                # Its arguments can hold a secret.
                system.tracer(f"found the program '{candidate}'")
            return candidate
        doubts.append(doubt)
    if doubts:
        raise ProgramError(f"{_shown(name)} is not run: {doubts[0]}")
    raise NoProgramError(f"{_shown(name)} not found" + ("" if name[0] == "/" else " on PATH"))


def _is_program(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _doubt(program: str) -> str | None:
    """Why others could have put the program there, or what it links to; None if they cannot."""
    try:
        return _others_hold(program, os.path.realpath(program))
    except OSError:
        return f"cannot read the permissions of '{program}'"


def _others_hold(program: str, real: str) -> str | None:
    for path in (real, os.path.dirname(real), os.path.dirname(program)):
        status = os.stat(path)
        if not platform.is_own(status):
            return f"'{path}' belongs to another user"
        if platform.is_writable_by_all(status):
            return f"'{path}' can be written by every user"
    found = open_above(program)
    return f"'{found}' can be written by every user" if found else None


def _shown(name: str) -> str:
    return printable(os.path.basename(name))
