"""The filters that Git runs leave binary files as they are, and clean files in UTF-16."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..support import sanitizing
from ..support.common import SECRET, cases
from ..support.sanitizing import CLEAN, LINE, commit, committed, put, sanitize

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

FILTERS = {
    "one process for all files": ("process", "git-credential-uvx filter-process"),
    "one process for each file": (
        "clean",
        "git-credential-uvx sanitize - --stdin-filename=%f",
    ),
}
LEFT = {
    "a binary file with a URL": b"\0\0" + LINE.encode() + b"\0",
    "a large binary file": b"\0" + LINE.encode() * 20_000,
    "a clean file in UTF-16": f"\u20ac {CLEAN}\n".encode("utf-16"),
    "a clean file in UTF-16 without a mark": f"{CLEAN}\n".encode("utf-16-le"),
    "a text with a UTF-16 mark in the middle": b"a\n" * (1 << 17) + b"\xff\xfe",
}


def _folder(machine: Machine, kind: str, command: str) -> Path:
    folder = sanitizing.checkout(machine)
    machine.git("config", "--global", f"filter.uvx.{kind}", command)
    machine.git("config", "--global", "filter.uvx.required", "true")
    put(folder / ".gitattributes", "*.bin filter=uvx\n")
    return folder


@cases("filter", FILTERS)
@cases("data", LEFT)
def test_git_commits_each_byte_of(machine: Machine, filter: tuple[str, str], data: bytes) -> None:
    folder = _folder(machine, *filter)
    put(folder / "a.bin", data)
    commit(machine, folder)
    assert committed(machine, folder, "a.bin") == data


@cases("filter", FILTERS)
def test_git_commits_no_utf_16_with_a_secret(machine: Machine, filter: tuple[str, str]) -> None:
    folder = _folder(machine, *filter)
    put(folder / "a.bin", LINE.encode("utf-16"))
    done = machine.run("git", "add", ".", cwd=folder, check=False)
    assert done.returncode != 0
    assert b"a.bin is in UTF-16; save it as UTF-8" in done.stderr
    assert SECRET.encode() not in done.stderr


@cases("data", LEFT)
def test_standard_input_is_passed_on(machine: Machine, data: bytes) -> None:
    done = machine.run("git-credential-uvx", "sanitize", "-", input=data)
    assert (done.stdout, done.stderr) == (data, b"")


def test_a_check_of_standard_input_looks_at_each_byte(machine: Machine) -> None:
    data = LEFT["a binary file with a URL"]
    assert sanitize(machine, "--check", "-", input=data, status=1)[0].startswith("-:1:")
