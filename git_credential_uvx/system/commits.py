"""The versions of files that Git has: those that are staged, and those of past commits."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from ..errors import ProgramError, SourceError
from .files import File
from .programs import ask_git, run_git
from .running_git import FSCK, RunningGit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RAW = ("--raw", "-r", "-z", "--no-renames", "--no-abbrev")
_FILES = (b"100644", b"100755")  # neither a symlink nor a submodule
_UNMERGED = b"U"
# Only this is repeated in an error: a secret may stand where a range belongs.
_RANGE = re.compile(r"HEAD(?:[~^][0-9]*)*|(?:[\w~^/-]{0,40}\.\.\.?[\w~^/-]{1,40})")
_MOST_ENDS = 16 << 20  # bytes of the file with the ends of a shallow clone
_TRUE = ("--no-replace-objects",)  # what replaces an object hides it


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as a commit or the index has it: its path from the top of the checkout, its blob,
    and the commit that brought it, "" for the index."""

    path: str
    blob: str
    commit: str = ""


def staged(paths: Sequence[str], environ: Mapping[str, str]) -> tuple[str, list[FileVersion]]:
    """The top of the checkout, and each file that the next commit adds or changes.

    With paths only what is at or below one of them. Raises SourceError.
    """
    top = _answer(("rev-parse", "--show-toplevel"), environ)
    if not top:
        raise SourceError(f"'{os.getcwd()}' is not in a checkout of Git's")
    head = _answer(("rev-parse", "--verify", "--quiet", "HEAD^{tree}"), environ)
    # Before the first commit, all of the index is new.
    head = head or _answer(("hash-object", "-t", "tree", "--stdin"), environ)
    words = ("--literal-pathspecs", "diff-index", "--cached", *_RAW, head, "--", *paths)
    try:
        done = run_git(words, environ)
    except ProgramError as error:
        raise SourceError(f"cannot read what is staged: {error}") from None
    if done.status != 0:
        raise SourceError(
            "cannot read what is staged: git reports an error for 'git diff --cached'"
        )
    return top, list(_versions(iter(done.stdout.split(b"\0")[:-1])))


def history(ranges: Sequence[str], environ: Mapping[str, str]) -> Iterator[FileVersion]:
    """Each version of a file that a commit of these ranges brought, the oldest commit first.

    Without a range that is every commit that a reference leads to. Raises SourceError.
    """
    words = (*_TRUE, "rev-list", "--reverse", *_revisions(ranges))
    compare = (*_TRUE, "diff-tree", "--stdin", "--root", "-c", *_RAW)
    try:
        with (
            RunningGit(*words, environ=environ) as commits,
            RunningGit(*compare, environ=environ, stdin=commits.stdout) as changes,
        ):
            commits.give(_lines(ranges))
            # Only git reads here, so that `rev-list` notices if the other git ends.
            commits.stdout.close()
            yield from _versions(changes.tokens(b"\0"))
            if not (changes.is_fine() and commits.is_fine()):
                name = changes.faulty_object() or commits.faulty_object()
                which = f": object {name} is missing or damaged" if name else ""
                raise SourceError(f"git cannot read the whole history{which}; {FSCK}")
    except ProgramError as error:
        raise SourceError(f"cannot read the history: {error}") from None


def check_ranges(ranges: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise SourceError unless Git knows the commits of each range, and there is a repository."""
    where = ("rev-parse", "--absolute-git-dir")
    if not _answer(where, environ):
        bare = os.fsdecode(ask_git(where, environ, bare=True)).removesuffix("\n")
        if bare:
            command = f"GIT_DIR={quote(bare)} git-credential-uvx sanitize --history"
            raise SourceError(f"'{bare}' is a bare repository; run {command}")
        raise SourceError(f"'{os.getcwd()}' is not in a repository of Git's")
    for number, one in enumerate(ranges, 1):
        which = f"RANGE {number}" if len(ranges) > 1 else "RANGE"
        if _RANGE.fullmatch(one):
            which = f"'{one}'"
        fault = (
            f"{which} is neither a commit of this repository nor a range such as 'main..feature'"
        )
        if one.startswith("-") or "\n" in one or not one:
            raise SourceError(fault)
        try:
            words = ("rev-list", "--max-count=1", *_revisions([one]))
            done = run_git(words, environ, data=_lines([one]))
        except ProgramError as error:
            raise SourceError(f"cannot read the history: {error}") from None
        if done.status != 0:
            raise SourceError(fault)


def missing_blobs(ranges: Sequence[str], environ: Mapping[str, str]) -> frozenset[str]:
    """What a partial clone lacks of these ranges; nothing for any other repository.

    Git looks for each of them at the remote when it is asked for one by one. Raises SourceError.
    """
    if not is_partial(environ):
        return frozenset()
    words = ("rev-list", "--objects", "--missing=print", *_revisions(ranges))
    try:
        with RunningGit(*_TRUE, *words, environ=environ) as listed:
            listed.give(_lines(ranges))
            lines = listed.tokens(b"\n")
            missing = (line[1:] for line in lines if line.startswith(b"?"))
            return frozenset(line.decode("ascii", "replace") for line in missing)
    except ProgramError as error:
        raise SourceError(f"cannot read the history: {error}") from None


def is_partial(environ: Mapping[str, str]) -> bool:
    """Whether the repository is a partial clone: its remote has objects that it lacks."""
    promisors = r"^(extensions\.partialclone|remote\..*\.promisor)$"
    return bool(_answer(("config", "--get-regexp", promisors), environ))


def cut_off(ranges: Sequence[str], environ: Mapping[str, str]) -> int:
    """The number of commits of these ranges at which the history of a shallow clone ends.

    Raises SourceError.
    """
    if _answer(("rev-parse", "--is-shallow-repository"), environ) != "true":
        return 0
    path = _answer(("rev-parse", "--git-path", "shallow"), environ)
    try:
        with File(path) as file:
            ends = set(file.read(_MOST_ENDS).split())
        with RunningGit(*_TRUE, "rev-list", *_revisions(ranges), environ=environ) as commits:
            commits.give(_lines(ranges))
            return sum(commit in ends for commit in commits.tokens(b"\n"))
    except (ProgramError, OSError):
        return 1  # there is one at least


def _revisions(ranges: Sequence[str]) -> tuple[str, ...]:
    """How `rev-list` gets the ranges: as lines, because arguments can be read by other users."""
    return ("--stdin",) if ranges else ("--all", "--stdin")


def _lines(ranges: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(one) + b"\n" for one in ranges)


def _answer(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """The line that git answers with, "" if it fails. Raises SourceError."""
    try:
        done = run_git(words, environ)
    except ProgramError as error:
        raise SourceError(f"cannot ask git: {error}") from None
    return os.fsdecode(done.stdout).removesuffix("\n") if done.status == 0 else ""


def _versions(tokens: Iterator[bytes]) -> Iterator[FileVersion]:
    """The files of a raw diff (git-diff(1)) that are not gone afterwards. Raises SourceError.

    A line of a merge has one colon for each parent, and the modes and blobs of all of them before
    those of the result.
    """
    commit = ""
    for token in tokens:
        if not token.startswith(b":"):
            commit = token.decode("ascii", "replace")
            continue
        parents = len(token) - len(token.lstrip(b":"))
        fields = token.lstrip(b":").split(b" ")
        mode, blob, status = fields[parents], fields[2 * parents + 1], fields[-1]
        path = os.fsdecode(next(tokens, b""))
        if status == _UNMERGED:
            raise SourceError(f"'{path}' has a merge conflict: resolve it and run 'git add' first")
        if mode in _FILES:
            yield FileVersion(path, blob.decode("ascii", "replace"), commit)
