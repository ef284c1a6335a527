"""The sources in their order, asked of the installed command."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from ..support.machine import BIN, Machine, request

HOST = {"protocol": "https", "host": "git.test"}
SECRET = "secret-of-{}"


class Sources:
    """Switches sources on, each with a secret that tells which one it is."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.bin = machine.root / "bin"
        self.bin.mkdir()
        # Without the other programs of the environment that the tests run in: it has a keyring.
        for name in ("git-credential-uvx", "uv"):
            (self.bin / name).symlink_to(BIN / name)
        machine.env["PATH"] = f"{self.bin}:/usr/bin:/bin"
        machine.env["GIT_CREDENTIAL_UVX_CONFIG"] = str(machine.home / "config.toml")
        machine.env["XDG_RUNTIME_DIR"] = str(machine.home)

    def program(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def environment(self) -> None:
        self.machine.env["UVX_TOKEN_git_test"] = SECRET.format("environment")
        self.machine.env["UVX_USERNAME_git_test"] = "alice"

    def netrc(self) -> None:
        path = self.machine.home / ".netrc"
        path.write_text(f"machine git.test login alice password {SECRET.format('netrc')}\n")
        path.chmod(0o600)

    def store(self) -> None:
        self.machine.uv_login("git.test", "alice", SECRET.format("store"))

    def keyring(self) -> None:
        self.program("keyring", f"echo {SECRET.format('keyring')}")
        self.machine.env["UV_KEYRING_PROVIDER"] = "subprocess"

    def command(self, script: str = "", **more: str) -> None:
        program = self.program("give", script or f"echo {SECRET.format('command')}")
        settings = "".join(f"{key} = {value}\n" for key, value in more.items())
        path = self.machine.home / "config.toml"
        path.write_text(
            f'[[command]]\nmatch = "https://git.test"\nusername = "alice"\n'
            f'argv = ["{program}"]\n{settings}'
        )
        path.chmod(0o600)


ORDER = ("environment", "netrc", "store", "keyring", "command")


@pytest.fixture
def sources(machine: Machine) -> Sources:
    return Sources(machine)


def asked(machine: Machine, username: str = "alice") -> bytes:
    done = machine.helper("get", request(**HOST, username=username))
    return done.stdout


def answer(name: str) -> bytes:
    return f"username=alice\npassword={SECRET.format(name)}\n".encode()


@pytest.mark.parametrize("name", ORDER)
def test_each_source_answers_by_itself(sources: Sources, name: str) -> None:
    getattr(sources, name)()
    found = asked(sources.machine)
    assert found.startswith(answer(name))
    assert (b"password_expiry_utc=" in found) is (name == "command")


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(ORDER, 2)))
def test_of_two_sources_the_earlier_one_wins(sources: Sources, first: str, second: str) -> None:
    for name in (second, first):
        getattr(sources, name)()
    assert asked(sources.machine).startswith(answer(first))


@pytest.mark.parametrize("name", ORDER)
def test_no_source_answers_for_another_username_or_host(sources: Sources, name: str) -> None:
    getattr(sources, name)()
    if name != "keyring":  # which this one would for anybody
        assert asked(sources.machine, "bob") == b""
    for host in ("sub.git.test", "git.test.evil.test", "git.test:8443"):
        done = sources.machine.helper("get", request(protocol="https", host=host))
        assert done.stdout == b""
    done = sources.machine.helper("get", request(protocol="http", host="git.test"))
    assert done.stdout == b""


@pytest.mark.parametrize("name", [name for name in ORDER if name != "store"])
def test_what_another_source_answers_is_not_copied_into_the_store(
    sources: Sources, name: str
) -> None:
    getattr(sources, name)()
    machine = sources.machine
    asked(machine)
    machine.put(**HOST, username="alice", password=SECRET.format(name))
    assert machine.files() == {}
    machine.put(**HOST, username="alice", password="another")
    # A command may have given that one before: of what it is for, nothing is kept.
    expected = None if name == "command" else "another"
    assert machine.uv_token("git.test", "alice") == expected


def test_a_token_that_a_command_renewed_meanwhile_is_not_kept(sources: Sources) -> None:
    machine = sources.machine
    runs = machine.root / "runs"
    sources.command(f"echo x >> {shlex.quote(str(runs))}; echo token-$(wc -l < {runs})", ttl="1")
    first = asked(machine)
    assert b"password=token-1\n" in first
    (kept,) = (machine.home / "git-credential-uvx").glob("[!.]*[!k]")
    kept.unlink()
    assert b"password=token-2\n" in asked(machine)
    machine.put(**HOST, username="alice", password="token-1")
    assert machine.files() == {}


def test_a_store_of_what_is_known_does_not_run_keyring(sources: Sources) -> None:
    machine = sources.machine
    sources.store()
    sources.keyring()
    marker = machine.root / "ran"
    sources.program("keyring", f"touch {marker}")
    asked(machine)
    machine.put(**HOST, username="alice", password=SECRET.format("store"))
    assert not marker.exists()


def test_a_renewable_account_comes_after_all_that_answers(sources: Sources) -> None:
    machine = sources.machine
    fields = {**HOST, "username": "alice", "password": "pa", "oauth_refresh_token": "r"}
    machine.put(**fields, password_expiry_utc="99999999999")
    text = machine.companion.read_text()
    machine.companion.write_text(text.replace("99999999999", "1000000000"))
    assert asked(machine) == b"username=alice\noauth_refresh_token=r\n"
    sources.command()
    assert asked(machine).startswith(answer("command"))


@pytest.mark.parametrize("variable", ["GH_TOKEN", "GITHUB_TOKEN"])
def test_tokens_of_jobs_count_outside_of_them_when_configured(
    sources: Sources, variable: str
) -> None:
    machine = sources.machine
    machine.env[variable] = "token"
    github = {"protocol": "https", "host": "github.com"}
    assert machine.get(**github) == {}
    (machine.home / "config.toml").write_text("job-tokens = true\n")
    assert machine.get(**github) == {b"username": b"x-access-token", b"password": b"token"}


def test_a_command_gives_a_token_the_username_that_its_service_wants(sources: Sources) -> None:
    machine = sources.machine
    sources.command()
    config = machine.home / "config.toml"
    text = config.read_text().replace('username = "alice"\n', "")
    config.write_text(text.replace("https://git.test", "https://x.jfrog.io"))
    fields = {"protocol": "https", "host": "x.jfrog.io", "username": "__token__"}
    assert machine.helper("get", request(**fields)).stdout.startswith(b"username=\npassword=")


def test_a_variable_that_cannot_be_used_is_told(sources: Sources) -> None:
    sources.machine.env["UVX_TOKEN_git_test"] = "CANARY\n"
    done = sources.machine.helper("get", request(**HOST))
    assert done.stdout == b""
    assert b"UVX_TOKEN_git_test has a line end or NUL" in done.stderr


def test_a_program_beside_the_checkout_is_not_run(sources: Sources) -> None:
    machine = sources.machine
    sources.keyring()
    data = request(**HOST, username="alice")
    done = machine.run("git-credential-uvx", "get", input=data, cwd=sources.bin)
    assert done.stdout == b""


@pytest.mark.parametrize("place", ["user", "project"])
def test_keyring_is_switched_on_by_the_users_uv_toml_and_by_no_projects(
    sources: Sources, place: str
) -> None:
    machine = sources.machine
    sources.keyring()
    del machine.env["UV_KEYRING_PROVIDER"], machine.env["UV_NO_CONFIG"]
    folder = machine.home / ".config" / "uv" if place == "user" else machine.root
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "uv.toml").write_text('keyring-provider = "subprocess"\n')
    words = ("explain", "--json", "https://alice@git.test/")
    done = machine.run("git-credential-uvx", *words, cwd=machine.root, check=False)
    assert done.returncode == (0 if place == "user" else 1)
    assert asked(machine) == (answer("keyring") if place == "user" else b"")


def test_a_username_in_the_environment_chooses_the_account(sources: Sources) -> None:
    machine = sources.machine
    for name in ("alice", "bob"):
        machine.put(**HOST, username=name, password=f"of-{name}")
    assert machine.get(**HOST)[b"username"] == b"alice"
    machine.env["UVX_USERNAME_git_test"] = "bob"
    assert machine.get(**HOST) == {b"username": b"bob", b"password": b"of-bob"}


def test_a_command_runs_once_until_its_secret_is_refused(sources: Sources) -> None:
    machine = sources.machine
    runs = machine.root / "runs"
    sources.command(f"echo x >> {shlex.quote(str(runs))}; echo token-$(wc -l < {runs})", ttl="3600")
    for _ in range(3):
        assert b"password=token-1\n" in asked(machine)
    machine.erase(**HOST, username="alice", password="other")
    assert b"password=token-1\n" in asked(machine)
    machine.erase(**HOST, username="alice", password="token-1")
    assert b"password=token-2\n" in asked(machine)
    kept = list((machine.home / "git-credential-uvx").iterdir())
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


HANGING = "sleep 300"


@pytest.mark.parametrize("name", ["keyring", "command"])
def test_a_program_that_hangs_does_not_hang_git(sources: Sources, name: str) -> None:
    machine = sources.machine
    if name == "command":
        sources.command(HANGING, timeout="1")
    else:
        sources.keyring()
        sources.program("keyring", HANGING)
        (machine.home / "config.toml").write_text("keyring-timeout = 1\n")
    done = machine.helper("get", request(**HOST, username="alice"))
    assert done.stdout == b""
    assert b"did not answer within 1 s\n" in done.stderr


FAULTS: dict[str, tuple[Callable[[Machine], object], str]] = {
    "a broken netrc": (
        lambda m: (m.home / ".netrc").write_text("machine git.test login alice password\n"),
        ".netrc",
    ),
    "a netrc that others can read": (
        lambda m: (m.home / ".netrc").write_text("machine x.test login a password b\n"),
        "chmod 600",
    ),
    "a keyring that is not there": (
        lambda m: m.env.update(UV_KEYRING_PROVIDER="subprocess"),
        "keyring",
    ),
}


@pytest.mark.parametrize(("spoil", "told"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_one_source_is_told_and_stops_no_other(
    sources: Sources, spoil: Callable[[Machine], object], told: str
) -> None:
    spoil(sources.machine)
    sources.command()
    done = sources.machine.helper("get", request(**HOST, username="alice"))
    assert done.stdout.startswith(answer("command"))
    assert told in done.stderr.decode()


def test_a_broken_configuration_is_told_by_file_line_and_key(sources: Sources) -> None:
    path = sources.machine.home / "config.toml"
    path.write_text('job-tokens = true\nkeyring-provder = "CANARY"\n')
    done = sources.machine.helper("get", request(**HOST))
    assert done.stdout == b""
    assert f"'{path}', line 2: unknown key 'keyring-provder'" in done.stderr.decode()
    assert b"CANARY" not in done.stderr


def test_a_command_that_runs_git_is_not_asked_by_itself_again(sources: Sources) -> None:
    machine = sources.machine
    machine.git("config", "--global", "credential.helper", "uvx")
    count = machine.root / "runs"
    sources.command(
        f"echo x >> {shlex.quote(str(count))}; "
        "printf 'url=https://git.test\\n\\n' | git credential fill >/dev/null 2>&1; echo token"
    )
    assert b"password=token\n" in asked(machine)
    assert count.read_text() == "x\n"


def test_nothing_of_the_working_directory_is_read_or_run(sources: Sources) -> None:
    machine = sources.machine
    checkout = machine.root / "checkout"
    checkout.mkdir()
    marker = machine.root / "pwned"
    for name in ("keyring", "give", "git", "sh"):
        planted = checkout / name
        planted.write_text(f"#!/bin/sh\ntouch {marker}\necho CANARY\n")
        planted.chmod(0o755)
    (checkout / "pyproject.toml").write_text(
        '[tool.uv]\nkeyring-provider = "subprocess"\n[[tool.uv.index]]\nname = "corp"\n'
        'url = "https://git.test/simple"\n'
    )
    (checkout / ".netrc").write_text("machine git.test login alice password CANARY\n")
    (checkout / "credentials.toml").write_text("CANARY")
    for module in ("netrc", "tomllib", "fcntl", "errno", "os"):
        (checkout / f"{module}.py").write_text(f"open({str(marker)!r}, 'w')\n")
    env = {
        **machine.env,
        "PATH": f".:{machine.env['PATH']}:",
        "UV_INDEX_CORP_USERNAME": "alice",
        "UV_INDEX_CORP_PASSWORD": "CANARY",
        "UV_KEYRING_PROVIDER": "subprocess",
        "NETRC": ".netrc",
    }
    done = machine.run(
        BIN / "git-credential-uvx",
        "get",
        input=request(**HOST, username="alice"),
        cwd=checkout,
        env=env,
    )
    assert b"CANARY" not in done.stdout
    assert not marker.exists()
