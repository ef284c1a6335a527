"""A word that is no command: silent for Git's requests, an error with a suggestion otherwise."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import COMMAND, Machine, request
from ..support.terminal import CTRL_D, at_terminal, play

if TYPE_CHECKING:
    from pathlib import Path

NAME = "git-credential-uvx"
REQUEST = request(protocol="https", host="git.test")


@cases(
    "words, advice",
    {
        "a British spelling": (("sanitise",), "did you mean 'git-credential-uvx sanitize'?"),
        "with an option": (("sanitise", "--check"), "did you mean 'git-credential-uvx sanitize'?"),
        "a letter missing": (("chck",), "did you mean 'git-credential-uvx check'?"),
        "two letters exchanged": (("lgoin",), "did you mean 'git-credential-uvx login'?"),
        "an upper-case letter": (("List",), "did you mean 'git-credential-uvx list'?"),
        "what git remote calls it": (("rm", "x.test"), "did you mean 'git-credential-uvx logout'?"),
        "what gh calls it": (("status",), "'git-credential-uvx' alone shows the state"),
        "nothing like a command": (("xyzzy",), "see 'git-credential-uvx --help'"),
    },
)
@pytest.mark.parametrize("data", [b"", b"text\n", b"\n", b"KEY=value\n", b"a=b\nnot a pair\n\n"])
def test_a_typing_error_is_an_error(
    machine: Machine, words: tuple[str, ...], advice: str, data: bytes
) -> None:
    done = machine.run(NAME, *words, input=data, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"{NAME}: no such command '{words[0]}'")
    assert advice in line


@cases(
    "data",
    {
        "with the blank line at its end": REQUEST,
        "that ends with the stream, as Git sends it": REQUEST[:-1],
        "with keys of a later Git": b"capability[]=x\nprotocol=cert\npath=/k\n",
        "with other lines than today's": b"newkey=1\n\n",
        "with CRLF": REQUEST.replace(b"\n", b"\r\n"),
    },
)
@pytest.mark.parametrize("words", [("forget",), ("-v", "forget"), ("get", "all"), ("",)])
def test_a_request_of_git_is_ignored_silently(
    machine: Machine, words: tuple[str, ...], data: bytes
) -> None:
    done = machine.run(NAME, *words, input=data)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_an_operation_of_a_later_git_gets_no_answer_from_real_git(machine: Machine) -> None:
    script = machine.root / "later"
    script.write_text(f"#!/bin/sh\nexec {COMMAND} negotiate\n")
    script.chmod(0o755)
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", f"credential.helper={script}"),
        *("credential", "approve"),
        input=request(protocol="https", host="git.test", username="u", password="p"),
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def started(machine: Machine, stdin: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, "sanitise"],
        stdin=stdin,
        capture_output=True,
        env=machine.env,
        cwd=machine.root,
        timeout=60,
        check=False,
    )


def test_a_pipe_that_stays_open_is_not_waited_for(machine: Machine) -> None:
    reader, writer = os.pipe()
    done = started(machine, reader)
    os.close(writer)
    assert done.returncode == 2
    os.close(reader)


def test_a_pipe_that_stays_open_after_half_a_request_is_not_waited_for(machine: Machine) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"protocol=https\n")
    done = started(machine, reader)
    os.close(writer)
    os.close(reader)
    assert done.returncode == 2


@cases(
    "text, most",
    {
        "lines": (b"text\n" * 1_000_000, 4096),
        "one line": (b"x" * 5_000_000, 4096),
        "one line with pairs later on": (b"x" * 100 + b"a=b" * 1_000_000, 4096),
        "pairs": (b"a=b\n" * 1_000_000, 16_384),
        "one pair": (b"a=" + b"b" * 5_000_000, 16_384),
        "bytes": (bytes(range(256)) * 10_000, 4096),
    },
)
def test_a_file_is_read_no_further_than_needed(
    machine: Machine, tmp_path: Path, text: bytes, most: int
) -> None:
    path = tmp_path / "script"
    path.write_bytes(text)
    with path.open("rb") as file:
        assert started(machine, file.fileno()).returncode == 2
        # The process and this test share one position in the file.
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) <= most


@pytest.mark.parametrize("end", [b"", b"x", b"protocol=https\n", b"a" * 60_000])
def test_a_program_that_goes_on_writing_is_not_waited_for(machine: Machine, end: bytes) -> None:
    reader, writer = os.pipe()
    os.write(writer, end)
    done = started(machine, reader)
    assert done.returncode == 2
    assert b"did you mean 'git-credential-uvx sanitize'?" in done.stderr
    os.close(writer)
    os.close(reader)


def test_standard_input_that_is_closed_holds_no_request(machine: Machine) -> None:
    done = machine.run("sh", "-c", f"{NAME} sanitise <&-", check=False)
    assert done.returncode == 2


def test_at_a_terminal_a_typing_error_is_an_error(machine: Machine) -> None:
    terminal = play(machine, (str(COMMAND), "sanitise"))
    assert terminal.status == 2
    assert b"did you mean 'git-credential-uvx sanitize'?" in terminal.shown


def test_a_command_with_a_secret_is_not_repeated(machine: Machine) -> None:
    done = machine.run(NAME, "https://u:CANARY-1@git.test/", check=False)
    assert done.returncode == 2
    assert b"CANARY-1" not in done.stderr


def test_help_shows_the_help(machine: Machine) -> None:
    assert machine.run(NAME, "help").stdout == machine.run(NAME, "--help").stdout
    assert machine.run(NAME, "help", "login").stdout == machine.run(NAME, "login", "--help").stdout


def test_help_explains_what_git_runs(machine: Machine) -> None:
    text = machine.run(NAME, "help", "get").stdout.decode()
    assert text.startswith("Usage: git-credential-uvx get\n")
    assert "standard input" in text
    assert "token HOST" in text


def test_help_for_an_unknown_command_suggests_one(machine: Machine) -> None:
    done = machine.run(NAME, "help", "lgoin", check=False)
    assert done.returncode == 2
    assert (
        "no such command 'lgoin'; did you mean 'git-credential-uvx login'?" in done.stderr.decode()
    )


def test_version_shows_the_version(machine: Machine) -> None:
    assert machine.run(NAME, "version").stdout == machine.run(NAME, "--version").stdout


def test_get_at_a_terminal_says_what_it_waits_for(machine: Machine) -> None:
    with at_terminal(machine, str(COMMAND), "get") as terminal:
        terminal.wait_for(b"git-credential-uvx token")
        terminal.child.send(CTRL_D)
        terminal.end()
    assert terminal.status == 0
    assert b"protocol=https" in terminal.shown


@cases(
    "words, line",
    {
        "an option with a letter missing": (
            ("login", "--usrname"),
            "no such option '--usrname'; did you mean '--username'?",
        ),
        "a value with two letters exchanged": (
            ("export", "--format", "nectrc"),
            "invalid value for '--format'; did you mean 'netrc'?",
        ),
        "a value unlike all": (
            ("export", "--format", "x"),
            (
                "invalid value for '--format'; it can be git-credentials or netrc or env; "
                "see 'git-credential-uvx export --help'"
            ),
        ),
        "an option without its value": (
            ("sanitize", "--exclude"),
            "option '--exclude' requires an argument; see 'git-credential-uvx sanitize --help'",
        ),
        "a host with a hyphen in front": (
            ("login", "-x.com"),
            "no such option '-x'; see 'git-credential-uvx login --help'",
        ),
        "a password that follows an unknown letter": (
            ("login", "git.test", "-pMy.Secret1"),
            "no such option '-p'; see 'git-credential-uvx login --help'",
        ),
        "a password that follows an unknown word": (
            ("login", "git.test", "--pw:My.Secret1"),
            "no such option '--pw'; see 'git-credential-uvx login --help'",
        ),
    },
)
def test_a_wrong_option_is_named_with_the_right_one(
    machine: Machine, words: tuple[str, ...], line: str
) -> None:
    done = machine.run(NAME, *words, check=False)
    assert done.returncode == 2
    assert done.stderr.decode() == f"{NAME}: {line}\n"


@pytest.mark.parametrize("columns", [40, 80])
def test_the_help_fits_the_terminal(machine: Machine, columns: int) -> None:
    for words in ((), ("login",)):
        done = machine.run(NAME, *words, "--help", env={"COLUMNS": str(columns)})
        lines = done.stdout.decode().splitlines()
        # A word alone may be longer, and click does not wrap headings and options.
        wide = [line for line in lines if len(line) > columns and not line.endswith(":")]
        wide = [line for line in wide if not line.startswith("  -")]
        assert all(len(line.split()) <= 2 for line in wide), wide


@pytest.mark.parametrize("operation", ["get", "store", "erase", "capability"])
@pytest.mark.parametrize("words", [("{}", "--help"), ("{}", "-h"), ("-q", "{}", "--help", "x")])
def test_an_operation_has_a_help(machine: Machine, operation: str, words: tuple[str, ...]) -> None:
    done = machine.run(NAME, *(word.format(operation) for word in words))
    assert done.stdout == machine.run(NAME, "help", operation).stdout
    assert done.stderr == b""


def test_the_help_of_an_operation_does_not_wait_for_a_request(machine: Machine) -> None:
    reader, writer = os.pipe()  # to which nobody ever writes
    done = subprocess.run(
        [COMMAND, "get", "--help"],
        stdin=reader,
        env=machine.env,
        capture_output=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    os.close(reader)
    assert (done.returncode, done.stdout[:6]) == (0, b"Usage:")
