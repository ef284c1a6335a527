"""Changes one file of Git's configuration for `setup`, with `git config`.

Git takes the file's lock, follows symlinks and keeps all other lines. No shell is involved, and the
caller's GIT_CONFIG_* variables do not change which file is meant.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import GitError, ProgramError
from ..system.files import identity
from ..system.programs import run_git
from .config import (
    COMMAND,
    HELPER,
    YES,
    GitSetting,
    helper_at,
    is_ours,
    is_true,
    needs_path,
    parse,
    path_of,
)
from .environment import after, key, limits, tls_key, to_remove, to_set

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..system.programs import Output
    from ..urls.service import Service
    from .environment import Pairs

PROGRAM = "git-credential-uvx"

_SCOPES = {
    "global": "the global configuration",
    "system": "the system's configuration",
    "local": "the configuration of this repository",
}
_NONE = 1  # git's status for "there is no such value"
_USAGE = 129  # git's status for an option that it does not know
_OLDEST_GIT = (2, 31)  # has GIT_CONFIG_COUNT; --fixed-value and --show-scope are older
# Where programs that launchd starts look for others: those of the Dock and of Finder.
_LAUNCHD_PATH = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")


@dataclass
class SettingChange:
    """A setting, and what happened to it: "set", "already set", "removed" or "not there"."""

    key: str
    value: str = field(repr=False)
    outcome: str


@dataclass
class Result:
    """What was done to a file (None if git names none), and notes for the user."""

    file: str | None
    changes: list[SettingChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return any(change.outcome in ("set", "removed") for change in self.changes)


class Configuration:
    """One file of Git's configuration: `scope` is "global", "system", "local" or "file".

    `tell` is called with every command that is run. Raises GitError if there can be no such file.
    """

    def __init__(
        self,
        scope: str,
        path: str | None,
        environ: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> None:
        self._path = None if path is None else os.path.abspath(path)
        self._where = (f"--{scope}",) if self._path is None else ("--file", self._path)
        self.described = _SCOPES[scope] if self._path is None else f"'{self._path}'"
        self._tell = tell
        if scope == "global" and not os.path.isabs(environ.get("HOME", "")):
            raise GitError("there is no '~/.gitconfig': HOME is not set; name a file with --file")
        written = os.path.join(environ["HOME"], ".gitconfig") if scope == "global" else self._path
        # Git would put a file in the place of a device, of `/dev/null` for one.
        if written is not None and os.path.exists(written) and not os.path.isfile(written):
            raise GitError(f"'{written}' is not a regular file; name another with --file")
        # Only "local" is about a checkout, which the working folder and Git's variables name.
        self._folder = os.getcwd() if scope == "local" else "/"
        unwanted = "GIT_CONFIG" if scope == "local" else "GIT_"
        self._environ = {
            name: value for name, value in environ.items() if not name.startswith(unwanted)
        }

    def set_up(
        self,
        services: Sequence[Service],
        *,
        use_http_path: bool,
        replace: bool,
        tls: Pairs | None = None,
    ) -> Result:
        """Make Git ask this helper for these services, or for every host if there are none.

        The files of `tls` are set too, unless the file of configuration names others.
        """
        result = Result(None)
        for service in limits(services):
            name = key("helper", service)
            done = self._set_helper(name, result, replace=replace)
            result.changes.append(SettingChange(name, HELPER, "set" if done else "already set"))
            if use_http_path:
                name = key("useHttpPath", service)
                done = self._set_true(name)
                result.changes.append(SettingChange(name, "true", "set" if done else "already set"))
            for option, path in tls or ():
                self._set_path(tls_key(option, service), path, result)
        result.file = self.file()
        return result

    def remove(
        self, services: Sequence[Service], *, use_http_path: bool, tls: Pairs | None = None
    ) -> Result:
        """Remove what `set_up` wrote for these services."""
        result = Result(None)
        for service in limits(services):
            name = key("helper", service)
            values = self._values(name)
            steps = to_remove(values)
            self._do(name, steps)
            if steps and after(values, steps)[-1:] == [""]:
                result.notes.append(f"an empty '{name}' is left, which clears helpers before it")
            outcome = "removed" if steps else "not there"
            result.changes.append(SettingChange(name, HELPER, outcome))
            if use_http_path:
                result.changes.append(self._unset(key("useHttpPath", service), "true"))
            for option, path in tls or ():
                result.changes.append(self._unset(tls_key(option, service), path))
        result.file = self.file()
        return result

    def file(self) -> str | None:
        """The path of the file, None if it has no settings yet."""
        if self._path is not None:
            return self._path
        words = ("--show-origin", "--name-only", "-z", "--list")
        origin = _text(self._git(words, also=(_NONE, 128)).stdout).partition("\0")[0]
        return os.path.join(self._folder, origin.removeprefix("file:")) if origin else None

    def _set_helper(self, name: str, result: Result, *, replace: bool) -> bool:
        steps = to_set(self._values(name), replace=replace)
        if steps and not to_set(self._values(name, "--includes"), replace=replace):
            result.notes.append(f"'{name}' is set in a file that {self.described} includes")
            return False
        self._do(name, steps)
        if to_set(self._values(name, "--includes"), replace=replace):
            result.notes.append(f"a file that is included sets another '{name}' after this one")
        return bool(steps)

    def _set_true(self, name: str) -> bool:
        values = self._values(name, "--includes")
        if values and is_true(values[-1]):
            return False
        self._do(name, [("--add", "true")])
        return True

    def _set_path(self, name: str, path: str, result: Result) -> None:
        values = self._values(name, "--includes")
        if values and values[-1] != path:
            result.notes.append(f"'{name}' already names another file, which stays")
            return
        self._do(name, [] if values else [("--add", path)])
        result.changes.append(SettingChange(name, path, "already set" if values else "set"))

    def _unset(self, name: str, value: str) -> SettingChange:
        is_set = value in self._values(name)
        self._do(name, [("--unset-all", value)] if is_set else [])
        return SettingChange(name, value, "removed" if is_set else "not there")

    def _values(self, name: str, *options: str) -> list[str]:
        done = self._git((*options, "-z", "--get-all", name), also=(_NONE,))
        return _text(done.stdout).split("\0")[:-1]

    def _do(self, name: str, steps: Pairs) -> None:
        for option, value in steps:
            exact = () if option == "--add" else ("--fixed-value",)
            self._git((*exact, option, name, value))

    def _git(self, words: Sequence[str], also: Sequence[int] = ()) -> Output:
        argv = ("config", *self._where, *words)
        self._tell(shlex.join(("git", *argv)))
        done = run_git(argv, {**self._environ, "LC_ALL": "C"}, self._folder, bare=True)
        if done.status and done.status not in also:
            raise GitError(_failed(done, self.described, self._folder, self._environ))
        return done


def settings_now(
    environ: Mapping[str, str], tell: Callable[[str], None], folder: str | None = None
) -> list[GitSetting]:
    """All settings that git has in a folder, by default the working folder. Raises GitError."""
    tell(shlex.join(("git", *COMMAND)))
    done = run_git(COMMAND, {**environ, "LC_ALL": "C"}, folder, bare=True)
    if done.status:
        raise GitError(_failed(done, "Git's configuration", os.getcwd(), environ))
    return parse(done.stdout)


def old_git(environ: Mapping[str, str]) -> str | None:
    """One line about a git that does not know what this package needs; None for a newer one."""
    try:
        words = _text(run_git(("--version",), environ).stdout).split()
        version = words[2]
        major, minor = map(int, version.split(".")[:2])
    except (ProgramError, IndexError, ValueError):
        return None
    if (major, minor) >= _OLDEST_GIT:
        return None
    return f"git 2.31 or newer is needed, and this is git {version}"


def _failed(done: Output, described: str, folder: str, environ: Mapping[str, str]) -> str:
    unknown = old_git(environ) if done.status == _USAGE else None
    return unknown or fault(done, described, folder)


def fault(done: Output, described: str, folder: str) -> str:
    """One line about why git failed. Git's messages can quote values, so only parts are used."""
    lines = _text(done.stderr).splitlines()
    for after_it, line in enumerate(lines, 1):
        text = line.removeprefix("error: ").removeprefix("fatal: ")
        if text.startswith("bad config line "):
            number, _, file = text.removeprefix("bad config line ").partition(" in file ")
            return f"{_path(folder, file)} cannot be read by git: line {number} is wrong"
        if text.startswith("invalid config file "):
            return f"{_path(folder, text.removeprefix('invalid config file '))} is no file"
        for beginning in ("could not lock config file ", "could not write config file "):
            if text.startswith(beginning):
                file, _, reason = text.removeprefix(beginning).rpartition(": ")
                return _unwritable(os.path.join(folder, file), reason)
        if text.startswith("exceeded maximum include depth") and lines[after_it:]:
            return (
                f"{_path(folder, lines[after_it].strip())} includes itself, perhaps by other files"
            )
        if "can only be used inside a git repository" in text:
            return f"'{folder}' is not in a Git repository of yours"
        if "GIT_CONFIG_COUNT" in text or "GIT_CONFIG_KEY_" in text or "GIT_CONFIG_VALUE_" in text:
            return "git cannot read the settings in GIT_CONFIG_COUNT, _KEY_<n> and _VALUE_<n>"
    return f"git could not use {described} (status {done.status})"


def _unwritable(file: str, reason: str) -> str:
    if reason == "File exists":
        lock = os.path.realpath(file) + ".lock"
        return f"'{file}' is locked: it is being changed, or '{lock}' was left behind"
    return f"'{file}' cannot be written ({reason.lower()})"


def _path(folder: str, file: str) -> str:
    return f"'{os.path.join(folder, file)}'"


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def is_found(environ: Mapping[str, str]) -> bool:
    """Whether git finds the program of this helper, on PATH or in git's own folder."""
    if shutil.which(PROGRAM, path=environ.get("PATH", "")):
        return True
    try:
        own = _text(run_git(("--exec-path",), environ).stdout).removesuffix("\n")
    except ProgramError:
        return False
    return shutil.which(PROGRAM, path=own) is not None


def runs_ours(value: str, *, on_path: bool) -> bool:
    """Whether a `credential.helper` runs this helper; `on_path` is whether git finds it there."""
    path = path_of(value)
    there = os.access(path, os.X_OK) if path else on_path or not needs_path(value)
    return is_ours(value) and there


def dock_warning(program: str, system: str) -> str | None:
    """One line if programs of the Dock do not find this helper; `system` is `sys.platform`."""
    folder = os.path.dirname(program)
    if system != "darwin" or folder in _LAUNCHD_PATH:
        return None
    value = shlex.quote(helper_at(program))
    return (
        f"programs started from the Dock do not find '{folder}'; for them, run "
        f"git config --global credential.helper {value}"
    )


def reads_another(scope: str, file: str | None, environ: Mapping[str, str]) -> str | None:
    """The variable that makes Git read another file than that of the scope, or None."""
    variable = {"global": "GIT_CONFIG_GLOBAL", "system": "GIT_CONFIG_SYSTEM"}.get(scope, "")
    named = environ.get(variable)
    if named is not None and (file is None or identity(named) != identity(file)):
        return variable
    if scope == "system" and environ.get("GIT_CONFIG_NOSYSTEM", "0").lower() in YES:
        return "GIT_CONFIG_NOSYSTEM"
    return None


def python_path_fault(environ: Mapping[str, str]) -> str | None:
    """One line about entries of PYTHONPATH that depend on the working folder, or None."""
    paths = environ.get("PYTHONPATH", "")
    if all(os.path.isabs(entry) for entry in paths.split(os.pathsep) if paths):
        return None
    return (
        "PYTHONPATH has an empty or relative entry, so Python programs import modules from their "
        f"working folder; {PROGRAM} ignores it, others do not: use absolute folders"
    )
