"""Rows V24, V25, V35 and V37: programs planted in a checkout, challenges, and odd separators."""

from __future__ import annotations

import json

import pytest

from ..support.machine import BIN, Machine, request

URL = "https://good.test/"
FIELDS = {"protocol": "https", "host": "good.test"}


def plant(machine: Machine, *names: str) -> None:
    """Programs in the working directory that leave a mark when they are run."""
    for name in names:
        path = machine.root / name
        path.write_text(f"#!/bin/sh\necho run > {machine.root}/pwned\necho CANARY\n")
        path.chmod(0o755)


@pytest.mark.parametrize("path", [".:{}", ":{}", "{}:", "{}:.", "checkout:{}"])
def test_v24_a_git_in_the_checkout_is_not_run(machine: Machine, path: str) -> None:
    plant(machine, "git", "git.exe", "git.bat")
    env = {"PATH": path.format("/usr/bin:/bin")}
    words = (BIN / "git-credential-uvx", "explain", "--git", "--json", URL)
    done = machine.run(*words, env=env, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["notes"]
    assert not (machine.root / "pwned").exists()


@pytest.mark.parametrize("name", ["keyring", "gh", "gcloud"])
def test_v25_no_program_of_a_project_folder_is_run(machine: Machine, name: str) -> None:
    plant(machine, name)
    config = machine.home / "config.toml"
    config.write_text(
        'keyring-provider = "subprocess"\n'
        + "".join(f'[[command]]\nmatch = "{URL}"\npreset = "{p}"\n' for p in ("gh", "gcloud"))
    )
    env = {"PATH": ".:/usr/bin:/bin", "GIT_CREDENTIAL_UVX_CONFIG": str(config)}
    data = request(**FIELDS, username="alice")
    done = machine.run(BIN / "git-credential-uvx", "get", input=data, env=env)
    assert done.stdout == b""
    assert not (machine.root / "pwned").exists()


CHALLENGES = [
    'Bearer realm="http://169.254.169.254/token"',
    'Bearer realm="https://evil.test/token",service="good.test"',
    'Basic realm="https://evil.test/"',
]


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_v35_a_challenge_never_says_whose_credential_answers(
    machine: Machine, challenge: str
) -> None:
    machine.uv_login("good.test", "alice", "of-good")
    machine.uv_login("evil.test", "alice", "of-evil")
    for host in ("good", "evil"):
        lines = f"protocol=https\nhost={host}.test\nwwwauth[]={challenge}\n\n"
        answer = machine.helper("get", lines.encode()).stdout
        assert answer == f"username=alice\npassword=of-{host}\n".encode()


SEPARATORS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("separator", SEPARATORS, ids=[f"U+{ord(c):04X}" for c in SEPARATORS])
def test_v37_output_of_a_program_is_split_at_line_feeds_only(
    machine: Machine, separator: str
) -> None:
    token = f"before{separator}after"
    program = machine.root / "bin" / "give"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{token}'\n")
    program.chmod(0o755)
    config = machine.home / "config.toml"
    config.write_text(f'[[command]]\nmatch = "{URL}"\nusername = "alice"\nargv = ["{program}"]\n')
    env = {"GIT_CREDENTIAL_UVX_CONFIG": str(config), "XDG_RUNTIME_DIR": str(machine.home)}
    done = machine.run("git-credential-uvx", "get", input=request(**FIELDS), env=env)
    assert f"password={token}\n".encode() in done.stdout
