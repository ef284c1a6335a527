"""A git that knows as little as one of 2020, for what newer ones have and the system's git has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .hostile import GITS

if TYPE_CHECKING:
    from .machine import Machine

VERSION = "2.25.1"

# It repeats an option of rev-parse that it does not know, as the real one did.
SCRIPT = """#!/bin/sh
unset GIT_CONFIG_COUNT
for word; do
  shift
  case $word in
    --version) echo "git version {version}"; exit ;;
    --show-scope | --fixed-value) echo "error: unknown option" >&2; exit 129 ;;
    --path-format=*) echo "$word" ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec {git} "$@"
"""


def put_first(machine: Machine) -> None:
    """Let the machine find this git before any other."""
    folder = machine.root / "old-git"
    folder.mkdir()
    program = folder / "git"
    program.write_text(SCRIPT.format(version=VERSION, git=GITS["git"]))
    program.chmod(0o755)
    machine.env["PATH"] = f"{folder}:{machine.env['PATH']}"
