"""A store or a configuration that cannot be read: one clear line, with the file and the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.common import cases, entry

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from ..support.machine import Machine

HOST = "git.test"
CANARY = b"CANARY"

# The text after three good lines, and the line that is named.
BROKEN = {
    "a list without an end": ("x = [", 4),
    "a list without an end, and a line end": ("x = [\n", 4),
    "a list without an end before empty lines": ("x = [\n\n\n", 4),
    "a list of several lines without an end": ('x = [\n  "CANARY",\n', 4),
    "a text of several lines without an end": ('\nx = """\nCANARY\n', 5),
    "a table in one line without an end": ("x = {", 4),
    "a text without an end": ('x = "CANARY', 4),
    "a text without an end on its line": ('x = "CANARY\ny = 1\n', 4),
    "line ends of Windows": ("y = 1\r\nx = [\r\n", 5),
    "no key": ("CANARY\n", 4),
    "a key without a value": ("\nservice =\n", 5),
    "a key twice": ("a = 1\na = 2\n", 5),
    "bytes that are no text": ("\udcff\n", 4),
}
WORDS = {
    "list": ("list",),
    "token": ("token", HOST),
    "explain": ("explain", HOST),
    "check": ("check", HOST),
    "check --all": ("check", "--all"),
    "use": ("use", HOST),
    "restore": ("restore", HOST),
    "logout": ("logout", HOST),
    "export": ("export", "--format", "netrc"),
    "login": ("login", HOST, "--username", "u", "--password", "-"),
}


def run(machine: Machine, *words: str) -> subprocess.CompletedProcess[bytes]:
    done = machine.run("git-credential-uvx", *words, input=b"secret\n", check=False)
    assert CANARY not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    return done


def config(machine: Machine, text: str) -> Path:
    path = machine.home / ".config" / "git-credential-uvx" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode(errors="surrogateescape"))
    path.chmod(0o600)
    return path


@cases("end, line", BROKEN)
def test_a_configuration_is_named_with_its_line(machine: Machine, end: str, line: int) -> None:
    path = config(machine, f"netrc-default = true\n#\n#\n{end}")
    done = run(machine, "token", HOST)
    assert done.returncode == 2
    (said,) = done.stderr.decode().splitlines()
    assert said.startswith(f"git-credential-uvx: cannot use '{path}', line {line}: it is not ")
    assert said.endswith(f"; repair line {line} or move the file away")


@cases("end, line", BROKEN)
def test_a_store_is_named_with_its_line(machine: Machine, end: str, line: int) -> None:
    machine.write_store(f"#\n#\n#\n{end}".encode(errors="surrogateescape"))
    done = run(machine, "list")
    assert done.returncode == 2
    (said,) = done.stderr.decode().splitlines()
    assert said.startswith(f"git-credential-uvx: cannot read '{machine.store}', line {line}: it ")
    assert said.endswith(f"; repair line {line} or move the file away")


@pytest.mark.parametrize("place", ["store", "companion", "a large store"])
@cases("words", WORDS)
def test_every_command_says_it_once(machine: Machine, words: tuple[str, ...], place: str) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.uv_login(HOST, "alice", "secret")
    machine.put(protocol="https", host=HOST, username="bob", password="secret")
    path = machine.companion if place == "companion" else machine.store
    more = entry("https://other.test/") * 500 if place == "a large store" else ""
    path.write_text(path.read_text() + more.replace("CANARY", "x") + "x = [\n")
    done = run(machine, *words)
    assert done.returncode == 2
    said = (done.stdout + done.stderr).decode()
    assert said.count("cannot read '") == 1
    assert said.count("move the file away") == 1


def test_doctor_says_it_once_and_the_advice_below(machine: Machine) -> None:
    machine.write_store("x = [\n")
    path = config(machine, "x = [\n")
    lines = run(machine, "doctor", "-q").stdout.decode().splitlines()
    for kind, fault in (
        ("entries", f"cannot read '{machine.store}', line 1: it is not valid TOML"),
        ("config", f"cannot use '{path}', line 1: it is not valid TOML"),
    ):
        at = lines.index(f"problem  {kind}: {fault}")
        assert lines[at + 1].strip() == "repair line 1 or move the file away"
        assert sum(fault in line for line in lines) == 1
