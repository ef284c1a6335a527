"""The attack on our own installer (A69): a host that is more than a host.

The numbers are rows of docs/attacks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.common import cases

if TYPE_CHECKING:
    from ..support.machine import Machine

HOSTS = {
    "a section of its own": 'good.test"]\n[credential]\n helper = !touch pwned #',
    "a key of its own": "good.test\n\thelper = !touch pwned #",
    "the same behind a carriage return": "good.test\r\thelper = !touch pwned",
    "a quote": 'good.test"',
    "a bracket": "good.test]",
    "a backslash": "good.test\\",
    "nothing, which would be every host": "",
    "a blank, which would be none": " ",
    "every host by its scheme": "https://",
    "every host by a star": "*",
    "every host of a parent": "https://*.test",
    "another key": "good.test.helper=!touch pwned;",
    "an option of git's": "--global",
    "a file of git's": "--file=pwned",
    "a command of a shell": "$(touch pwned)",
    "another command of a shell": "good.test; touch pwned",
    "another host behind a username": "good.test@evil.test",
    "another host behind a fragment": "evil.test#.good.test",
    "another host behind an escape": "evil.test%23.good.test",
    "a host that a URL library reads as another": "go\tod.test",
    "a host that only looks like another": "g\u043e\u043ed.test",
    "a path": "good.test/evil",
    "a host in clear": "http://good.test",
}
COMMANDS = {
    "setup": ("setup",),
    "setup after a good host": ("setup", "--host", "good.test"),
    "setup with all options": ("setup", "--replace", "--use-http-path"),
    "remove": ("setup", "--remove"),
    "check": ("setup", "--check"),
    "env": ("env",),
    "env for GitHub": ("env", "--shell", "github"),
}


class TestA69:
    @cases("words", COMMANDS)
    @cases("host", HOSTS)
    def test_a_host_that_is_more_than_a_host_is_refused_and_nothing_written(
        self, host: str, words: tuple[str, ...], machine: Machine
    ) -> None:
        file = machine.home / ".gitconfig"
        file.write_text("[user]\n\tname = A\n")
        done = machine.run("git-credential-uvx", *words, "--host", host, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.count(b"\n") == 1
        assert done.stderr.removesuffix(b"\n").decode().isprintable()
        assert file.read_text() == "[user]\n\tname = A\n"
        assert not list(machine.root.rglob("pwned"))

    @cases("host", HOSTS)
    def test_exec_runs_nothing_for_it(self, host: str, machine: Machine) -> None:
        argv = ("git-credential-uvx", "exec", "--host", host, "--", "touch", "pwned")
        assert machine.run(*argv, check=False).returncode == 2
        assert not list(machine.root.rglob("pwned"))

    @pytest.mark.parametrize("name", ["a b", "$(touch pwned)", "-v", "--global", "a;touch pwned"])
    def test_a_file_of_any_name_is_that_file(self, name: str, machine: Machine) -> None:
        machine.run("git-credential-uvx", "setup", f"--file={name}")
        assert (machine.root / name).read_text() == "[credential]\n\thelper = uvx\n"
        assert not (machine.root / "pwned").exists()
        assert not (machine.home / ".gitconfig").exists()

    def test_git_is_the_one_on_path_and_not_one_of_the_checkout(self, machine: Machine) -> None:
        planted = machine.root / "git"
        planted.write_text(f"#!/bin/sh\ntouch {machine.root}/pwned\n")
        planted.chmod(0o755)
        machine.env["PATH"] = f":.:{machine.env['PATH']}"
        for words in (("setup",), ("setup", "--check"), ("env",)):
            machine.run("git-credential-uvx", *words)
        assert not (machine.root / "pwned").exists()
