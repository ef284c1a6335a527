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


def test_the_source_is_printed_at_a_terminal_without_man(machine: Machine) -> None:
    machine.env["PATH"] = str(BIN)
    terminal = Terminal(machine, str(BIN / "git-credential-uvx"), "man")
    try:
        terminal.wait_for(r"\.TH GIT")
    finally:
        terminal.close()
