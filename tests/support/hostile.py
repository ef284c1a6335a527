"""Checkouts that run a program of their author as soon as git looks at them.

Git reads the names of programs from the configuration of the repository that it finds. Such a
repository comes by a plain `git clone` as the *tracked* folder `data/repo` (`HEAD`, `config`,
`index`, `objects`, `refs`: git takes it for a bare repository when it stands in it), or as the
`.git` of an archive. Whatever runs appends its name to a mark.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from scripts.programs import find

from .machine import Machine

KINDS = ("embedded", "archive")
# "monitor" makes Git ignore everything, so that whoever lists the folder also asks `check-ignore`.
# "lazy" has a `.gitignore` in the index whose blob the remote must be asked for.
TRAPS = ("monitor", "lazy")

STOOD_IN = "repo"  # the folder below the top of the work tree

MISSING = "1234567890123456789012345678901234567890"
_HOOKS = ("post-checkout", "post-index-change", "pre-auto-gc", "reference-transaction")

# Every setting that names a program, and what keeps them apart in the mark.
_CONFIG = """\
[core]
	repositoryformatversion = 1
	bare = false
	{worktree}
	fsmonitor = "echo fsmonitor >> '{mark}'; false"
	sshCommand = "echo ssh >> '{mark}'; false"
	askPass = {askpass}
	pager = "echo pager >> '{mark}'; cat"
	editor = "echo editor >> '{mark}'; false"
	alternateRefsCommand = "echo alternates >> '{mark}'; false"
	gitProxy = {askpass}
[extensions]
	partialClone = origin
[remote "origin"]
	url = {remote}
	promisor = true
	partialclonefilter = blob:none
	uploadpack = "echo uploadpack >> '{mark}'; false"
	fetch = +refs/heads/*:refs/remotes/origin/*
[pager]
	config = "echo pager >> '{mark}'; cat"
	ls-files = "echo pager >> '{mark}'; cat"
[alias]
	ls-files = "!echo alias >> '{mark}'"
	config = "!echo alias >> '{mark}'"
	rev-parse = "!echo alias >> '{mark}'"
	check-ignore = "!echo alias >> '{mark}'"
	credential-uvx = "!echo alias >> '{mark}'"
[credential]
	helper = "!echo helper >> '{mark}'"
[diff]
	external = "echo diff >> '{mark}'; true"
[filter "evil"]
	clean = "echo filter >> '{mark}'; cat"
	smudge = "echo filter >> '{mark}'; cat"
	process = "echo filter >> '{mark}'; false"
	required = true
[gpg]
	program = {askpass}
[fetch]
	bundleURI = https://127.0.0.1:1/bundle
"""
_PROJECT = '[project]\nname = "evil"\nversion = "1"\nrequires-python = ">=3.11"\n'


class Hostile:
    """The templates of one test process: each test gets a copy of its own."""

    def __init__(self, root: Path) -> None:
        self.mark = root / "ran"
        self._root = root
        machine = Machine(root)
        for trap in TRAPS:
            self._archive(machine, root / f"archive-{trap}", trap)
            self._embedded(machine, root / f"embedded-{trap}", trap)

    def copy(self, kind: str, trap: str, to: Path) -> Path:
        """A copy of a checkout below `to`; the folder in which git finds the repository."""
        shutil.copytree(self._root / f"{kind}-{trap}", to / "checkout", symlinks=True)
        return to / "checkout" / ("data" if kind == "embedded" else "") / STOOD_IN

    def ran(self) -> set[str]:
        """What ran since this was asked last."""
        try:
            names = self.mark.read_text().split()
        except FileNotFoundError:
            return set()
        self.mark.unlink()
        return set(names)

    def _archive(self, machine: Machine, folder: Path, trap: str) -> None:
        (folder / STOOD_IN).mkdir(parents=True)
        machine.git("init", "-q", "--template=", folder)
        (folder / "pyproject.toml").write_text(_PROJECT)
        (folder / STOOD_IN / "pyproject.toml").write_text(_PROJECT)
        (folder / ".gitattributes").write_text("* filter=evil diff=evil\n")
        self._plant(machine, folder / ".git", folder, trap, worktree="")

    def _embedded(self, machine: Machine, folder: Path, trap: str) -> None:
        origin = folder.with_suffix(".origin")
        repo = origin / "data" / STOOD_IN
        machine.git("init", "-q", "--template=", origin)
        machine.git("init", "-q", "--template=", "--bare", repo)
        (repo / "pyproject.toml").write_text(_PROJECT)
        self._plant(machine, repo, repo.parent, trap, worktree="worktree = ..")
        for name in ("objects", "refs/heads"):
            (repo / name / ".keep").touch()
        machine.git("add", ".", cwd=origin)
        author = ("-c", "user.name=m", "-c", "user.email=m@evil.test")
        machine.git(*author, "commit", "-qm", "data", cwd=origin)
        machine.git("clone", "-q", origin, folder)

    def _plant(self, machine: Machine, git: Path, top: Path, trap: str, *, worktree: str) -> None:
        if trap == "lazy":
            update = ("--git-dir", git, "--work-tree", top, "update-index")
            for path in (".gitignore", f"{STOOD_IN}/.gitignore"):
                machine.git(*update, "--add", "--cacheinfo", f"100644,{MISSING},{path}", cwd=top)
                machine.git(*update, "--skip-worktree", path, cwd=top)
        else:
            (git / "info").mkdir(exist_ok=True)
            (git / "info" / "exclude").write_text("*\n")
        askpass = _program(git / "ask", f"echo askpass >> '{self.mark}'")
        for name in _HOOKS:
            _program(git / "hooks" / name, f"echo hook >> '{self.mark}'")
        (git / "config").write_text(
            _CONFIG.format(worktree=worktree, mark=self.mark, askpass=askpass, remote=top)
        )


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


# Every git to try, by what it is.
GITS = {"git": find("git"), "newer git": os.environ.get("UVX_TEST_GIT")}


def git_to_try(name: str) -> str:
    """The path of a git; skips without it."""
    path = GITS[name]
    if path is None:
        pytest.skip(f"no {name}: UVX_TEST_GIT does not name one (.ci/newer-git gets it)")
    return path
