"""`man`: at a terminal and elsewhere."""

from __future__ import annotations

import pytest

from ..support.machine import BIN, Machine
from ..support.plain_terminal import Terminal


def test_the_source_of_the_page_is_printed_where_there_is_no_terminal(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "man")
    assert b"\n.TH GIT" in done.stdout
    assert done.stderr == b""


@pytest.mark.needs("man")
def test_man_shows_the_page_at_a_terminal(machine: Machine) -> None:
    machine.env |= {"MANPAGER": "cat", "MANWIDTH": "80"}
    terminal = Terminal(machine, str(BIN / "git-credential-uvx"), "man")
    try:
        terminal.wait_for("git-credential-uvx - One credential store")
    finally:
        terminal.close()


def test_plain_text_is_shown_at_a_terminal_without_man(machine: Machine) -> None:
    machine.env["PATH"] = str(BIN)
    terminal = Terminal(machine, str(BIN / "git-credential-uvx"), "man")
    try:
        terminal.wait_for(r"NAME\s+git-credential-uvx - One credential store")
        terminal.wait_for(r"EXIT STATUS\s+0\s+Done")
    finally:
        terminal.close()


def put_man(machine: Machine, script: str) -> None:
    """Let the first `man` on PATH be this script."""
    man = machine.root / "bin" / "man"
    man.parent.mkdir()
    man.write_text(f"#!/bin/sh\n{script}\n")
    man.chmod(0o755)
    machine.env["PATH"] = f"{man.parent}:{BIN}:/usr/bin:/bin"


def test_a_man_that_has_no_options_is_given_a_file(machine: Machine) -> None:
    put_man(machine, '[ $# = 1 ] && [ -f "$1" ] && echo "shown: ${1##*/}"')
    terminal = Terminal(machine, str(BIN / "git-credential-uvx"), "man")
    try:
        terminal.wait_for(r"shown: git-credential-uvx\.1")
    finally:
        terminal.close()


def test_what_a_failing_man_says_is_not_shown(machine: Machine) -> None:
    put_man(machine, "echo usage: man page >&2; exit 1")
    terminal = Terminal(machine, str(BIN / "git-credential-uvx"), "man")
    try:
        assert "usage: man" not in terminal.wait_for(r"(?s)^.*NAME\s")[0]
    finally:
        terminal.close()
