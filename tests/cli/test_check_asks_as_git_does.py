"""`check` of a repository reaches it as Git does, and sends nothing that Git would not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.machine import BIN

if TYPE_CHECKING:
    from scripts.githost import GitHost
    from tests.support.machine import Machine

COMMAND = str(BIN / "git-credential-uvx")


@pytest.mark.parametrize("start", ["corp:", "git@git.test:"])
def test_an_instead_of_makes_an_address_of_ssh_one_of_https(
    machine: Machine, host: GitHost, alice: str, start: str
) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    done = machine.run(COMMAND, "check", f"{start}r.git", check=False)
    assert done.returncode == 2
    assert b"reached by ssh" in done.stderr
    machine.git("config", "--global", f"url.{host.url()}.insteadOf", start)
    machine.git("ls-remote", f"{start}r.git")
    done = machine.run(COMMAND, "check", f"{start}r.git")
    assert done.stdout.decode().startswith(f"accepted: {host.url('r.git')} (git): ")


def test_a_login_name_alone_is_not_sent(machine: Machine, host: GitHost, alice: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    url = host.url("r.git", userinfo="dave")
    done = machine.run(COMMAND, "check", url, check=False)
    first, advice = done.stdout.decode().splitlines()[:2]
    assert done.returncode == 1
    assert first.startswith("no credential: ")
    assert f"'git-credential-uvx login localhost:{host.port} --username dave' stores one" in advice
    assert {request.username for request in host.requests} == {None}
