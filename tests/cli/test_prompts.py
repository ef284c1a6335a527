"""`login` at a real pseudo-terminal, beside `uv auth login` where both ask the same."""

from __future__ import annotations

import os
import signal
import subprocess
import termios
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import Machine
from ..support.terminal import CTRL_BACKSLASH, CTRL_C, CTRL_D, Terminal, at_terminal, play

if TYPE_CHECKING:
    from ..support.terminal import Step

SECRET = "CANARY-3f9c"
LOGIN = ("git-credential-uvx", "login", "--no-verify", "git.test")
FOR_ALICE = (*LOGIN, "--username", "alice")
FOR_INDEX = (*LOGIN[:-1], "git.test/simple")
USERNAME, PASSWORD, TOKEN = b"username: ", b"password: ", b"token: "
ENTER = SECRET.encode() + b"\r"
BROKEN_OFF = "git-credential-uvx: "


@pytest.fixture(autouse=True)
def helper(machine: Machine) -> None:
    """A machine on which Git asks this helper."""
    machine.git("config", "--global", "credential.helper", "uvx")


def lines(terminal: Terminal) -> list[str]:
    """What the terminal shows, by line."""
    text = terminal.shown.decode(errors="surrogateescape")
    assert "Traceback" not in text
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def stored(machine: Machine) -> list[dict[str, str]]:
    """uv's entries, whatever their order."""
    text = machine.store.read_text() if machine.store.exists() else ""
    found: list[dict[str, str]] = tomllib.loads(text).get("credential", [])
    return sorted(found, key=lambda entry: (entry["service"], entry["username"]))


def assert_well(terminal: Terminal, status: int) -> None:
    """The status, the echo that is back, and neither the secret nor anything for it is shown."""
    assert terminal.status == status, terminal.shown
    assert terminal.echo_after
    assert SECRET.encode() not in terminal.shown
    assert b"*" not in terminal.shown


def test_what_is_missing_is_asked_for_below_the_host(machine: Machine) -> None:
    done = play(machine, LOGIN, (USERNAME, b"alice\r"), (PASSWORD, ENTER))
    assert_well(done, 0)
    assert lines(done) == [
        "https://git.test/",
        "username: alice",
        "password: ",
        "Stored credentials for alice@https://git.test/",
    ]
    (entry,) = stored(machine)
    assert (entry["username"], entry["password"]) == ("alice", SECRET)


def test_a_username_that_is_given_is_not_asked_for(machine: Machine) -> None:
    for words in (
        FOR_ALICE,
        ("git-credential-uvx", "login", "--no-verify", "https://alice@git.test"),
    ):
        done = play(machine, words, (PASSWORD, ENTER))
        assert_well(done, 0)
        assert lines(done)[:2] == ["https://git.test/", "password: "]


@cases(
    "words, prompt, username",
    {
        "a password": ((*FOR_ALICE, "--password", "-"), PASSWORD, "alice"),
        "a token": ((*FOR_ALICE, "--token", "-"), TOKEN, "alice"),
        "a token of an index": ((*FOR_INDEX, "--token", "-"), TOKEN, "__token__"),
    },
)
def test_a_secret_for_a_dash_is_not_echoed_at_a_terminal_either(
    machine: Machine, words: tuple[str, ...], prompt: bytes, username: str
) -> None:
    done = play(machine, words, (prompt, ENTER))
    assert_well(done, 0)
    assert lines(done)[:2] == ["https://git.test/", prompt.decode()]
    (entry,) = stored(machine)
    assert (entry["username"], entry["password"]) == (username, SECRET)


def test_a_username_before_a_dash_is_asked_for_and_the_host_shown_once(machine: Machine) -> None:
    done = play(machine, (*LOGIN, "--password", "-"), (USERNAME, b"alice\r"), (PASSWORD, ENTER))
    assert_well(done, 0)
    assert lines(done).count("https://git.test/") == 1


FAULTS: dict[str, tuple[tuple[str, ...], list[Step], str]] = {
    "an empty username": (
        LOGIN,
        [(USERNAME, b"\r")],
        (
            "the username is empty; for a token use 'git-credential-uvx login git.test "
            "--username NAME --token -'"
        ),
    ),
    "a username of blanks": (
        LOGIN,
        [(USERNAME, b"  \t \r")],
        (
            "the username is empty; for a token use 'git-credential-uvx login git.test "
            "--username NAME --token -'"
        ),
    ),
    "an arrow key in the username": (
        LOGIN,
        [(USERNAME, b"alcie\x1b[D\x1b[D\r")],
        "the username contains a control character",
    ),
    "an empty password": (FOR_ALICE, [(PASSWORD, b"\r")], "the password is empty"),
    "a token of blanks": ((*FOR_ALICE, "--token", "-"), [(TOKEN, b"  \r")], "the token is empty"),
    "an empty token": ((*FOR_ALICE, "--token", "-"), [(TOKEN, b"\r")], "the token is empty"),
    "Ctrl-D at the username": (LOGIN, [(USERNAME, CTRL_D)], "nothing was typed"),
    "Ctrl-D at the password": (FOR_ALICE, [(PASSWORD, CTRL_D)], "nothing was typed"),
    "a username that is not UTF-8": (
        LOGIN,
        [(USERNAME, b"\xff\xfe\r")],
        "the username is not UTF-8",
    ),
    "a password that is not UTF-8": (
        FOR_ALICE,
        [(PASSWORD, SECRET.encode() + b"\xff\xfe\r")],
        "what was typed is not UTF-8",
    ),
    "a masked password": (FOR_ALICE, [(PASSWORD, b"[redacted]\r")], "the password is a mask"),
}


@cases("words, steps, fault", FAULTS)
def test_one_line_tells_what_is_wrong_and_nothing_is_stored(
    machine: Machine, words: tuple[str, ...], steps: list[Step], fault: str
) -> None:
    done = play(machine, words, *steps)
    assert_well(done, 2)
    assert lines(done)[-1].startswith(BROKEN_OFF + fault)
    assert len(lines(done)) == 2 + len(steps)
    assert stored(machine) == []


ENDINGS: dict[str, tuple[bytes | signal.Signals, int]] = {
    "Ctrl-C": (CTRL_C, 130),
    "Ctrl-backslash": (CTRL_BACKSLASH, 131),
    "SIGTERM": (signal.SIGTERM, 143),
    "SIGHUP": (signal.SIGHUP, 129),
    "SIGQUIT": (signal.SIGQUIT, 131),
}


@cases("ending, status", ENDINGS)
@cases("words", {"a password": FOR_ALICE, "a token": (*FOR_ALICE, "--token", "-")})
def test_the_echo_is_back_when_a_hidden_prompt_is_broken_off(
    machine: Machine, ending: bytes | signal.Signals, status: int, words: tuple[str, ...]
) -> None:
    prompt = PASSWORD if words == FOR_ALICE else TOKEN
    done = play(machine, words, (prompt, ending))
    assert_well(done, status)
    # The line of the prompt is ended, and no second one is left empty.
    assert lines(done) == ["https://git.test/", prompt.decode()]
    assert stored(machine) == []


@cases("ending, status", ENDINGS)
def test_a_prompt_with_echo_is_broken_off_with_the_same_status(
    machine: Machine, ending: bytes | signal.Signals, status: int
) -> None:
    done = play(machine, LOGIN, (USERNAME, ending))
    assert_well(done, status)
    assert len(lines(done)) == 2
    assert stored(machine) == []


def test_the_password_before_a_broken_off_prompt_is_not_kept(machine: Machine) -> None:
    with at_terminal(machine, *FOR_ALICE) as terminal:
        terminal.wait_for(PASSWORD)
        terminal.wait_for_echo(False)
        terminal.child.send(SECRET.encode())
        terminal.child.kill(signal.SIGTERM)
        terminal.end()
    assert_well(terminal, 143)
    assert stored(machine) == []


def test_a_signal_that_is_ignored_stays_so_at_a_prompt(machine: Machine) -> None:
    with at_terminal(machine, "sh", "-c", f"trap '' HUP; exec {' '.join(FOR_ALICE)}") as terminal:
        terminal.wait_for(PASSWORD)
        terminal.wait_for_echo(False)
        terminal.child.kill(signal.SIGHUP)
        terminal.child.send(ENTER)
        terminal.end()
    assert_well(terminal, 0)


@pytest.mark.parametrize("columns", [1, 5])
def test_a_narrow_window_changes_nothing(machine: Machine, columns: int) -> None:
    done = play(machine, LOGIN, (USERNAME, b"alice\r"), (PASSWORD, ENTER), columns=columns)
    assert_well(done, 0)
    assert lines(done)[0] == "https://git.test/"
    assert stored(machine)[0]["password"] == SECRET


def test_a_long_path_loses_its_middle_and_never_the_host(machine: Machine) -> None:
    service = f"{'h' * 60}.git.test/start/{'x' * 5000}/end"
    words = ("git-credential-uvx", "login", "--no-verify", service)
    done = play(machine, words, (USERNAME, b"alice\r"), (PASSWORD, ENTER))
    assert_well(done, 0)
    first = lines(done)[0]
    assert first.startswith(f"https://{'h' * 60}.git.test/start/xxx")
    assert first.endswith("xxx/end")
    assert len(first) < 150
    assert stored(machine)[0]["service"] == f"https://{service}"


# uv switches the echo off for the username as well, and shows it itself.
TYPED = {
    "plain": (b"alice", b"pa ss"),
    "UTF-8": ("\u00e9l\u00e8ve".encode(), "p\u00f6w\u20ac\U0001f511".encode()),
    "blanks around the password": (b"alice", b" secret \t"),
    "a password of blanks": (b"alice", b"   "),
    "quotes and backslashes": (b"a\"b'c", b"a\\b\"c'd"),
    "a hash, an at sign and a colon": (b"alice@corp", b"#p@:w"),
}


BOTH = {
    "uv": ("uv", "auth", "login"),
    "ours": ("git-credential-uvx", "login", "--no-verify"),
}


@cases("username, password", TYPED)
def test_uv_stores_the_same_for_the_same_typing(
    tmp_path: Path, username: bytes, password: bytes
) -> None:
    entries = []
    for name, words in BOTH.items():
        (tmp_path / name).mkdir()
        machine = Machine(tmp_path / name)
        with at_terminal(machine, *words, "git.test/team") as terminal:
            for prompt, typed in ((USERNAME, username), (PASSWORD, password)):
                terminal.wait_for(prompt)
                if prompt == PASSWORD or name == "uv":
                    terminal.wait_for_echo(False)
                terminal.child.send(typed + b"\r")
            terminal.end()
        assert terminal.status == 0, terminal.shown
        assert not password.strip() or password not in terminal.shown
        entries.append(stored(machine))
    assert entries[0] == entries[1]


def test_blanks_around_a_username_are_no_part_of_it(machine: Machine) -> None:
    done = play(machine, LOGIN, (USERNAME, b"  alice \r"), (PASSWORD, ENTER))
    assert_well(done, 0)
    assert stored(machine)[0]["username"] == "alice"


def redirected(machine: Machine, words: tuple[str, ...], where: str) -> Terminal:
    return play(machine, ("sh", "-c", f"{' '.join(words)} {where}"), (PASSWORD, ENTER))


@cases(
    "where",
    {
        "standard output": ">out",
        "standard error": "2>err",
        "both": ">out 2>err",
        "standard error to a pipe": "2>&1 >/dev/null | cat >err",
        "standard error to nothing": "2>&-",
    },
)
def test_a_prompt_stands_at_the_terminal_wherever_the_output_goes(
    machine: Machine, where: str
) -> None:
    done = redirected(machine, FOR_ALICE, where)
    assert_well(done, 0)
    assert lines(done)[:2] == ["https://git.test/", "password: "]
    assert stored(machine)[0]["password"] == SECRET
    for path in machine.root.glob("???"):
        assert b"password: " not in path.read_bytes()


def test_a_terminal_that_is_not_the_controlling_one_will_do(machine: Machine) -> None:
    done = play(machine, ("setsid", "--wait", *FOR_ALICE), (PASSWORD, ENTER))
    assert_well(done, 0)
    assert stored(machine)[0]["password"] == SECRET


NO_TERMINAL = {
    "nothing but pipes": "{} <&0 | cat",
    "no input": "{} <&-",
    "an input that is a file": "{} </dev/null",
    "nothing open at all": "{} <&- 2>&1 >&- | cat >&2",
}


@pytest.mark.parametrize("words", [LOGIN, FOR_ALICE], ids=["username", "password"])
@cases("line", NO_TERMINAL)
def test_without_a_terminal_it_fails_at_once_with_one_line(
    machine: Machine, line: str, words: tuple[str, ...]
) -> None:
    what = "username" if words == LOGIN else "password"
    command = f"set -o pipefail; {line.format(' '.join(words))}"
    done = subprocess.run(
        ["setsid", "--wait", "bash", "-c", command],
        input=b"",
        env=machine.env,
        cwd=machine.root,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    text = done.stderr.decode()
    assert text.startswith(f"git-credential-uvx: no {what} given, and there is no terminal to ask")
    assert text.count("\n") == 1
    assert stored(machine) == []


@cases(
    "data, stored_as",
    {
        "an LF": (b"secret\n", "secret"),
        "a CRLF": (b"secret\r\n", "secret"),
        "no line end": (b"secret", "secret"),
        "blanks around": (b"  se cret \n", "se cret"),
        "empty lines after it": (b"secret\n\n", "secret"),
    },
)
@pytest.mark.parametrize("option", [("--username", "a", "--password", "-"), ("--token", "-")])
def test_a_secret_that_is_handed_in_is_stored_as_uv_stores_it(
    tmp_path: Path, data: bytes, stored_as: str, option: tuple[str, ...]
) -> None:
    entries = []
    for name, words in BOTH.items():
        (tmp_path / name).mkdir()
        machine = Machine(tmp_path / name)
        machine.run(*words, "git.test/simple", *option, input=data)
        entries.append(stored(machine))
    assert entries[0] == entries[1]
    assert entries[1][0]["password"] == stored_as


HANDED_IN = {
    "nothing": (b"", "is empty"),
    "an empty line": (b"\n", "is empty"),
    "blanks": (b"   \n", "is empty"),
    "no UTF-8": (b"CANARY-3f9c\xff\n", "is not UTF-8"),
    "NUL": (b"CANARY-3f9c\0x\n", "has a line end or NUL"),
    "a carriage return within": (b"CANARY-3f9c\rx\n", "has a line end or NUL"),
    "too much": (b"CANARY-3f9c" * 10_000, "is longer than 65536 bytes"),
    "a mask": (b"****\n", "is a mask"),
    "two lines": (b"CANARY-3f9c\nother\n", "standard input has more than one line"),
}


@cases("data, fault", HANDED_IN)
@pytest.mark.parametrize("option", [("--username", "a", "--password", "-"), ("--token", "-")])
def test_a_secret_that_cannot_be_one_is_refused_and_not_repeated(
    machine: Machine, data: bytes, fault: str, option: tuple[str, ...]
) -> None:
    done = machine.run(*FOR_INDEX, *option, input=data, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert fault in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert SECRET.encode() not in done.stderr
    assert stored(machine) == []


@cases(
    "words, fault",
    {
        "a group alone": (("helper",), "missing option '--protocol'"),
        "a group without its command": (("helper", "--protocol", "bazel"), "missing command"),
        "an argument too many": (("dir", "x"), "got unexpected extra argument;"),
        "a blank that is missing": (
            ("login", "h", "--tokenx"),
            "no such option; did you mean '--token VALUE'?",
        ),
        "a letter that is missing": (
            ("list", "--jso"),
            "no such option '--jso'; did you mean '--json'?",
        ),
        "a value that is none of its list": (
            ("helper", "--protocol", "x", "get"),
            "invalid value for '--protocol'; it can be bazel;",
        ),
    },
)
def test_what_is_asked_wrongly_is_told_in_one_line(
    machine: Machine, words: tuple[str, ...], fault: str
) -> None:
    done = machine.run("git-credential-uvx", *words, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"git-credential-uvx: {fault}")
    assert done.stderr.count(b"\n") == 1


LONG = "".join(chr(0x21 + number % 94) for number in range(6000))
EDITED: dict[str, tuple[bytes, str]] = {
    "longer than a line of a terminal": (LONG.encode(), LONG),
    "a character erased": (b"abx\x7fc", "abc"),
    "a character of two bytes erased": ("ab\u00e9\x7fc".encode(), "abc"),
    "more erased than typed": (b"ab\x7f\x7f\x7f\x7fcd", "cd"),
    "the other key that erases": (b"abx\x08c", "abc"),
    "a word erased": (b"ab cd \x17ef", "ab ef"),
    "all erased": (b"abc\x15def", "def"),
    "a quoted control character": (b"ab\x16\x15c", "ab\x15c"),
    "Ctrl-D at its end": (b"abc\x04", "abc"),
}


@cases("typed, secret", EDITED)
def test_a_hidden_line_is_edited_as_at_any_prompt_but_may_be_of_any_length(
    machine: Machine, typed: bytes, secret: str
) -> None:
    with at_terminal(machine, *FOR_ALICE) as terminal:
        before = attributes(terminal)
        terminal.wait_for(PASSWORD)
        terminal.wait_for_echo(False)
        terminal.child.send(typed + b"\r")
        terminal.end()
        assert terminal.status == 0, terminal.shown
        assert attributes(terminal) == before
    assert stored(machine)[0]["password"] == secret


def test_a_hidden_line_without_end_is_refused(machine: Machine) -> None:
    done = play(machine, FOR_ALICE, (PASSWORD, b"x" * 70_000 + b"\r"))
    assert_well(done, 2)
    assert lines(done)[-1] == f"{BROKEN_OFF}the password is longer than 65536 bytes"
    assert stored(machine) == []


@cases("ending, status", ENDINGS)
def test_the_terminal_is_as_before_when_a_hidden_prompt_is_broken_off(
    machine: Machine, ending: bytes | signal.Signals, status: int
) -> None:
    with at_terminal(machine, *FOR_ALICE) as terminal:
        before = attributes(terminal)
        terminal.wait_for(PASSWORD)
        terminal.wait_for_echo(False)
        terminal.child.send(LONG.encode())
        if isinstance(ending, bytes):
            terminal.child.send(ending)
        else:
            terminal.child.kill(ending)
        terminal.end()
        assert terminal.status == status
        assert attributes(terminal) == before
    assert stored(machine) == []


def attributes(terminal: Terminal) -> list[object]:
    """How the terminal treats what is typed."""
    return termios.tcgetattr(terminal.child.child_fd)


def test_a_terminal_that_is_closed_at_a_hidden_prompt_is_told_in_one_line(
    machine: Machine,
) -> None:
    ours, theirs = os.openpty()
    # Without a controlling terminal no signal says that it is closed.
    program = subprocess.Popen(
        FOR_ALICE,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.env,
        cwd=machine.root,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while PASSWORD not in shown:
        shown += os.read(ours, 1024)
    os.close(ours)
    assert program.communicate(timeout=60) == (b"", f"{BROKEN_OFF}input/output error\n".encode())
    assert program.returncode == 2
    assert stored(machine) == []
