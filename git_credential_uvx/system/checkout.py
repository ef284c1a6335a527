"""The files of a folder that may be a checkout: which there are, and which may be written."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..errors import ProgramError, SlowError, SourceError
from .files import File, failure, parents
from .programs import ask_git, run_git

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_MOST_NAMES = 500  # of files, in one command line
_LIST = ("ls-files", "-z", "--cached", "--others")


def check_inside(path: str, environ: Mapping[str, str]) -> None:
    """Raise SourceError for a path that leads out of its folder by a symlink."""
    target = _outside(path, environ)
    if target is not None:
        raise SourceError(
            f"'{path}' is left as it was: a symlink leads to '{target}', outside of its folder; "
            "'git-credential-uvx sanitize --write --follow' writes there"
        )


def _outside(path: str, environ: Mapping[str, str]) -> str | None:
    """Where a path leads by a symlink out of its own folder; None for a path that stays.

    In a checkout a link that Git tracks may lead anywhere in that checkout. Any
    other link may have been unpacked there: a home folder can be a checkout, too. Outside of any
    checkout only a link to the file itself counts, because people order their disks with links to
    folders.
    """
    at = os.path.realpath(os.curdir) if not os.path.isabs(path) else os.sep
    names = [name for name in path.split(os.sep) if name not in ("", os.curdir)]
    for number, name in enumerate(names, 1):
        link = os.path.join(at, name)
        following = os.path.realpath(link)
        if os.path.islink(link) and not is_below(following, at):
            top = _checkout_of(at)
            if top is None and number == len(names):
                return following
            if top and not (is_below(following, top) and _is_tracked(link, top, environ)):
                return following
        at = following
    return None


def is_below(path: str, folder: str) -> bool:
    """Whether a path is that of a folder or below it; both are real ones."""
    return os.path.commonpath((folder, path)) == folder


def _is_tracked(link: str, top: str, environ: Mapping[str, str]) -> bool:
    """Whether Git tracks a symlink as a symlink in the checkout at `top`."""
    words = ("--literal-pathspecs", "-C", top, "ls-files", "-s", "-z", "--")
    listed = ask_git((*words, os.path.relpath(link, top)), environ)
    return listed.startswith(b"120000 ")


def committed(paths: Iterable[str], environ: Mapping[str, str]) -> int:
    """How many of these files are in the last commit; 0 if Git cannot be asked."""
    found: dict[str, list[str]] = {}
    for path in map(os.path.realpath, paths):
        if top := _checkout_of(os.path.dirname(path)):
            found.setdefault(top, []).append(os.path.relpath(path, top))
    count = 0
    for top, names in found.items():
        for start in range(0, len(names), _MOST_NAMES):
            words = ("-C", top, "ls-tree", "-z", "--name-only", "HEAD", "--")
            listed = ask_git((*words, *names[start : start + _MOST_NAMES]), environ)
            count += listed.count(b"\0")
    return count


def _checkout_of(folder: str) -> str | None:
    """The top of the checkout that a folder, given by its real path, is in."""
    places = (folder, *parents(folder))
    return next((top for top in places if os.path.lexists(os.path.join(top, ".git"))), None)


def files_of(
    folder: str, environ: Mapping[str, str], *, ignored: bool, exclude: Collection[str]
) -> list[str]:
    """The paths of the files below a folder, in order; with `ignored` also those that Git ignores.

    `exclude` are patterns for a path below the folder, or for any part of it. No symlink is
    followed, and Git's own folder is left out. Raises SourceError.
    """
    found = None if ignored else _listed(folder, environ)
    names = _walked(folder) if found is None else found
    kept = [name for name in names if not is_excluded(name, exclude)]
    return [path for name in sorted(kept) if _is_file(path := os.path.join(folder, name))]


def _listed(folder: str, environ: Mapping[str, str]) -> list[str] | None:
    """What Git does not ignore; None for a folder that is in no checkout, or ignored itself."""
    try:
        done = run_git(("-C", folder, *_LIST, "--exclude-standard"), environ)
        if done.status != 0:
            return None
        listed = list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))
        # Whoever names an ignored folder wants it to be searched.
        if not listed and _is_ignored(folder, environ):
            return None
    except SlowError as error:
        raise SourceError(
            f"cannot list '{folder}': {error}; try 'git-credential-uvx sanitize --no-ignore'"
        ) from None
    except ProgramError:
        return None
    return _below(folder, listed)


def _below(folder: str, names: Iterable[str]) -> list[str]:
    """The names of what is really in the folder and not in Git's own.

    An index that somebody made by hand can hold `../x`, `/x`, and a path through a symlink.
    """
    top = os.path.realpath(folder)
    found: dict[str, bool] = {}
    for above in {os.path.dirname(name) for name in names}:
        path = os.path.join(top, above, "")
        own = ".git" in above.lower().split(os.sep)
        found[above] = not own and os.path.join(os.path.realpath(path), "") == path
    return [name for name in names if not os.path.isabs(name) and found[os.path.dirname(name)]]


def _is_ignored(folder: str, environ: Mapping[str, str]) -> bool:
    # Git calls the top of a checkout ignored, too, if everything in it is.
    is_top = not run_git(("-C", folder, "rev-parse", "--show-prefix"), environ).stdout.strip()
    return not is_top and run_git(("-C", folder, "check-ignore", "-q", "."), environ).status == 0


def _walked(folder: str) -> list[str]:
    def fail(error: OSError) -> None:
        path = error.filename if isinstance(error.filename, str) else folder
        raise SourceError(str(failure("cannot read", path, error))) from None

    found = []
    for above, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if name != ".git"]
        found += [os.path.relpath(os.path.join(above, name), folder) for name in names]
    return found


def is_excluded(name: str, patterns: Collection[str]) -> bool:
    """Whether a path below a folder, or a part of it, fits one of these patterns."""
    if sys.platform == "darwin":
        from unicodedata import normalize

        # A name can come back in another normal form than it was given or typed in.
        name = normalize("NFC", name)
        patterns = [normalize("NFC", pattern) for pattern in patterns]
    parts = name.split(os.sep)
    return any(
        fnmatchcase(name, pattern) or any(fnmatchcase(part, pattern) for part in parts)
        for pattern in patterns
    )


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def git_configs(folder: str, environ: Mapping[str, str]) -> dict[str, bool]:
    """The configuration files of the checkout that a folder is in, each with whether it is the
    checkout's own; none if the folder is in none. Raises SourceError for a checkout of another
    user, which git does not read."""
    words = ("-C", folder, "rev-parse", "--git-common-dir", "--git-dir")
    try:
        done = run_git(words, {**environ, "LC_ALL": "C"}, bare=True)
    except ProgramError:
        return {}
    if b"safe.directory" in done.stderr:
        raise SourceError(
            f"git does not read '{folder}', because it belongs to another user; to allow it, run "
            f"git config --global --add safe.directory {shlex.quote(os.path.realpath(folder))}"
        )
    answers = os.fsdecode(done.stdout if done.status == 0 else b"").splitlines()
    if len(answers) != 2:
        return {}
    folders = [os.path.realpath(os.path.join(os.path.realpath(folder), each)) for each in answers]
    common, own = folders
    is_own = _is_own(folder, common, own, environ)
    paths = [os.path.join(f, name) for f in folders for name in ("config", "config.worktree")]
    return {path: is_own for path in paths if _is_file(path)}


def _is_own(folder: str, common: str, own: str, environ: Mapping[str, str]) -> bool:
    """Whether Git's folders are of the checkout that a folder is in. What its `.git` or a
    `commondir` names counts only if it names the checkout in turn, as it does for a worktree or a
    submodule. Otherwise whoever filled the folder could name any repository."""
    here = os.path.realpath(folder)
    top = _checkout_of(here)
    is_linked = os.path.dirname(own) == os.path.join(common, "worktrees")
    if is_below(here, own) or (top and own == os.path.join(top, ".git")):
        return own == common or is_linked
    if top and is_linked:
        back = _first_line(os.path.join(own, "gitdir"))
        return bool(back) and os.path.realpath(back) == os.path.join(top, ".git")
    words = ("config", "--file", os.path.join(own, "config"), "core.worktree")
    back = os.fsdecode(ask_git(words, environ)).removesuffix("\n")
    return bool(back) and own == common and os.path.realpath(os.path.join(own, back)) == top


def _first_line(path: str) -> str:
    try:
        with File(path) as file:
            return os.fsdecode(file.read(4096).partition(b"\n")[0])
    except OSError:
        return ""
