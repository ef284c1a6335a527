"""Commands in a working directory that was deleted: a right answer, or one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..support.common import cases, entry
from ..support.machine import COMMAND
from ..support.terminal import play

if TYPE_CHECKING:
    from ..support.machine import Machine

GONE = "the working directory is gone; 'cd' to another"


def run(machine: Machine, *words: str, input: bytes = b"") -> tuple[int, str, list[str]]:
    """Status, standard output, and the lines of standard error without those of the shell, which
    complains of the folder itself."""
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    done = machine.run("sh", "-c", script, "sh", COMMAND, *words, input=input, check=False)
    errors = done.stderr.decode().splitlines()
    shown = [line for line in errors if "getcwd" not in line]
    assert "Traceback" not in done.stderr.decode()
    assert "unexpectedly" not in done.stderr.decode()
    return done.returncode, done.stdout.decode(), shown


@cases(
    "words, wanted",
    {
        "explain": (("explain", "https://git.test"), 2),
        "explain for git": (("explain", "--git", "https://git.test/r.git"), 1),
        "check": (("check", "https://127.0.0.1:1/r.git"), 2),
        "sanitize": (("sanitize",), 2),
        "sanitize a file": (("sanitize", "a.txt"), 2),
        "sanitize what is staged": (("sanitize", "--staged"), 2),
        "sanitize the history": (("sanitize", "--history"), 2),
        "token": (("token", "git.test"), 2),
        "setup --check": (("setup", "--check"), 2),
        "doctor --bundle": (("doctor", "--bundle", "out"), 2),
    },
)
def test_a_command_that_needs_the_folder_says_that_it_is_gone(
    machine: Machine, words: tuple[str, ...], wanted: int
) -> None:
    status, output, errors = run(machine, *words)
    assert status == wanted
    assert (GONE in output) if wanted == 1 else (errors == [f"git-credential-uvx: {GONE}"])


def test_what_needs_no_folder_works(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    status, output, errors = run(machine, "list")
    assert (status, errors) == (0, [])
    assert "alice" in output
    status, output, errors = run(machine, "get", input=b"protocol=https\nhost=git.test\n\n")
    assert (status, errors) == (0, [])
    assert "username=alice" in output


def test_login_and_logout_end_well_after_they_changed_the_store(machine: Machine) -> None:
    words = ("git.test", "-u", "alice")
    status, _, errors = run(machine, "login", *words, "--password", "-", input=b"wonder\n")
    assert (status, errors) == (0, ["Stored credentials for alice@https://git.test/"])
    status, _, errors = run(machine, "logout", *words)
    assert status == 0
    assert errors[0] == "Removed credentials for alice@https://git.test/"


def test_without_a_command_a_terminal_shows_that_it_is_gone(machine: Machine) -> None:
    script = f"mkdir gone && cd gone && rmdir ../gone && exec {COMMAND}"
    terminal = play(machine, ("sh", "-c", script))
    assert terminal.status == 2
    assert f"git-credential-uvx: {GONE}".encode() in terminal.shown
    assert b"Traceback" not in terminal.shown


def test_the_doctor_names_it_and_checks_the_rest(machine: Machine) -> None:
    status, output, errors = run(machine, "doctor")
    assert status == 1
    assert f"problem  helpers: {GONE}" in output
    assert "store: " in output
    assert errors[-1].startswith("1 problem"), output
