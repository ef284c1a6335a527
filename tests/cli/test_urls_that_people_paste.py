"""Every command takes what people paste: a host, a clone's URL, a requirement, a remote of ssh."""

from __future__ import annotations

import json
import sys

import pytest

from ..support.machine import Machine

HOST = "my_host.test"
REPOSITORY = f"{HOST}/team/app.git"

# All of these mean the host for Git, which asks for whole hosts.
PASTED = {
    "a host": HOST,
    "a host with its port": f"{HOST}:443",
    "a URL": f"https://{HOST}/",
    "a URL in capitals": f"HTTPS://{HOST.upper()}/",
    "a clone's URL": f"https://{REPOSITORY}",
    "a requirement": f"git+https://{REPOSITORY}@v1.0#egg=app",
    "a blank around it": f" {HOST} ",
}
# Commands that look something up, with what stands in their output.
ASKING: dict[str, tuple[tuple[str, ...], bytes]] = {
    "token": (("token",), b"pw-alice"),
    "explain": (("explain",), b"'alice'"),
    "list": (("list",), b"alice"),
    "logout": (("logout",), b"alice"),
    "export": (("export", "--format", "git-credentials", "--host"), b"alice:pw-alice@"),
}
SSH = {
    "a remote": f"git@{HOST}:team/app.git",
    "a URL": f"ssh://git@{HOST}/team/app.git",
    "a requirement": f"git+ssh://git@{HOST}/team/app.git@v1",
}
TAKING = {
    **{name: words for name, (words, _) in ASKING.items()},
    "login": ("login", "--token", "-", "--no-verify"),
    "check": ("check",),
    "restore": ("restore",),
    "setup": ("setup", "--host"),
    "env": ("env", "--host"),
}


def run(machine: Machine, *words: str, data: bytes = b"") -> tuple[int, bytes, bytes]:
    done = machine.run("git-credential-uvx", *words, input=data, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def alice(machine: Machine) -> Machine:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "pw-alice")
    return machine


# The path in a URL of `logout` is the path of an account.
PAIRS = [
    (pasted, command)
    for pasted in PASTED
    for command in ASKING
    if not (command == "logout" and "/team" in PASTED[pasted])
]


@pytest.mark.parametrize(("pasted", "command"), PAIRS)
def test_a_command_finds_the_account_of_a_host(alice: Machine, pasted: str, command: str) -> None:
    words, expected = ASKING[command]
    status, output, errors = run(alice, *words, PASTED[pasted])
    assert status == 0, errors
    assert expected in output + errors


@pytest.mark.parametrize("command", TAKING)
@pytest.mark.parametrize("address", SSH)
def test_ssh_is_said_to_need_no_password(machine: Machine, address: str, command: str) -> None:
    status, output, errors = run(machine, *TAKING[command], SSH[address], data=b"t")
    assert (status, output) == (2, b"")
    assert b"is reached by ssh, which needs no password" in errors
    assert machine.files() == {}


FAULTS = {
    "exa mple.test": "host 'exa mple.test' has a blank",
    "example..test": "host 'example..test' has two dots in a row",
    "https://x:99999": "port 99999 of host 'x' is not a number from 1 to 65535",
    "localhost:8o80": "the port of host 'localhost' is not a number from 1 to 65535",
    "ftp://x": "scheme 'ftp://' is neither https nor http",
    "x.test/a/../b": "has '.' or '..' in its path",
    "": "is empty",
    " ": "is empty",
}


@pytest.mark.parametrize("command", TAKING)
@pytest.mark.parametrize("text", FAULTS)
def test_a_wrong_url_is_named_with_its_fault(machine: Machine, text: str, command: str) -> None:
    status, output, errors = run(machine, *TAKING[command], text, data=b"t")
    assert (status, output) == (2, b"")
    assert errors.count(b"\n") == 1
    assert FAULTS[text] in errors.decode()
    assert machine.files() == {}


@pytest.mark.parametrize("pasted", PASTED)
def test_setup_takes_any_url_of_a_host(machine: Machine, pasted: str) -> None:
    status, _, errors = run(machine, "setup", "--host", PASTED[pasted])
    assert status == 0, errors
    written = machine.run("git", "config", "--global", "--list").stdout.decode()
    assert f"credential.https://{HOST}.helper=uvx\n" in written


def test_a_url_with_a_username_asks_for_that_account(alice: Machine) -> None:
    alice.uv_login(HOST, "bob", "pw-bob")
    for text in (f"bob@{HOST}", f"https://bob@{HOST}/", f"git+https://bob@{REPOSITORY}@v1"):
        assert run(alice, "token", text)[1] == b"pw-bob\n"


def test_a_program_that_asks_for_a_requirement_gets_its_header(alice: Machine) -> None:
    data = json.dumps({"uri": f"git+https://{REPOSITORY}@v1"}).encode()
    status, output, _ = run(alice, "helper", "--protocol", "bazel", "get", data=data)
    assert status == 0
    assert json.loads(output)["headers"]["Authorization"][0].startswith("Basic ")


PYTHON = """
import git_credential_uvx as g
from git_credential_uvx.integrations.keyring import Keyring
print(g.resolve(URL).secret.reveal().decode(), Keyring().get_password(URL, "alice"))
"""


@pytest.mark.parametrize("url", [f"https://{HOST}", f"git+https://{REPOSITORY}@v1#egg=app"])
def test_python_and_keyring_take_it_too(alice: Machine, url: str) -> None:
    done = alice.run(sys.executable, "-c", f"URL = {url!r}\n{PYTHON}")
    assert done.stdout == b"pw-alice pw-alice\n"


class TestAnUnderscoreInAHost:
    """Private networks have such names; git, curl and uv send requests there."""

    def test_what_git_stores_is_found_by_git_and_uv(self, machine: Machine) -> None:
        machine.run("git", "config", "--global", "credential.helper", "uvx")
        asked = f"protocol=https\nhost={HOST}\n"
        login = f"{asked}username=alice\npassword=pw-alice\n\n".encode()
        machine.run("git", "credential", "approve", input=login)
        found = machine.run("git", "credential", "fill", input=f"{asked}\n".encode()).stdout
        assert b"password=pw-alice\n" in found
        token = machine.run("uv", "auth", "token", f"https://{HOST}", "--username", "alice").stdout
        assert token == b"pw-alice\n"
        machine.run("git", "credential", "reject", input=login)
        done = machine.run("git", "credential", "fill", input=f"{asked}\n".encode(), check=False)
        assert done.returncode != 0

    def test_what_uv_stores_is_found_by_git(self, alice: Machine) -> None:
        alice.run("git", "config", "--global", "credential.helper", "uvx")
        asked = f"url=https://{REPOSITORY}\n\n".encode()
        assert b"password=pw-alice\n" in alice.run("git", "credential", "fill", input=asked).stdout

    @pytest.mark.parametrize("other", ["my-host.test", "my.host.test", "myhost.test", "host.test"])
    def test_no_other_host_gets_its_secret(self, alice: Machine, other: str) -> None:
        assert run(alice, "token", other)[0] == 1
        asked = f"protocol=https\nhost={other}\n\n".encode()
        assert alice.helper("get", asked).stdout == b""

    def test_a_variable_of_another_host_does_not_answer(self, machine: Machine) -> None:
        machine.env["UVX_TOKEN_my_host_test"] = "CANARY"  # of my.host.test
        asked = f"protocol=https\nhost={HOST}\n\n".encode()
        assert machine.helper("get", asked).stdout == b""
        assert run(machine, "token", "my.host.test")[1] == b"CANARY\n"
        status, output, _ = run(machine, "explain", HOST)
        assert status == 1
        assert b"no variable name can stand for a host with an underscore" in output

    def test_a_netrc_entry_answers(self, machine: Machine) -> None:
        netrc = machine.home / ".netrc"
        netrc.write_text(f"machine {HOST} login alice password pw-alice\n")
        netrc.chmod(0o600)
        asked = f"protocol=https\nhost={HOST}\n\n".encode()
        assert b"password=pw-alice\n" in machine.helper("get", asked).stdout


def test_git_s_own_request_with_a_bad_host_names_the_host(machine: Machine) -> None:
    done = machine.helper("get", b"protocol=https\nhost=example..test\n\n")
    assert done.stdout == b""
    assert b"host 'example..test' has two dots in a row" in done.stderr


def test_a_part_of_a_password_that_git_took_for_a_host_is_not_named(machine: Machine) -> None:
    # What Git makes of https://alice:CAN@ARY@git.test/.
    done = machine.helper("get", b"protocol=https\nhost=ARY@git.test\nusername=alice\n\n")
    assert b"ARY" not in done.stderr
    assert b"second '@'; write one in a username or password as %40" in done.stderr
