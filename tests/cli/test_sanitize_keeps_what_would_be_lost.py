"""`sanitize` never loses a secret: what no store can hold stays, is reported, and sets status 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ..support.common import GITHUB_TOKEN, SECRET, cases
from ..support.sanitizing import AMBIGUOUS, CLEAN, LINE, checkout, put, sanitize, stored
from ..support.terminal import play

if TYPE_CHECKING:
    from ..support.machine import Machine

UNSTORABLE = {
    "a database": (f"postgres://app:{SECRET}@db/app", "a database password"),
    "a database for SQLAlchemy": (f"postgresql+psycopg://app:{SECRET}@db/app", "a database"),
    "a database for Java": (f"jdbc:mysql://app:{SECRET}@db/app", "a database password"),
    "a parameter": (f"https://ci.test/hook?token={SECRET}", "the parameter 'token'"),
    "FTP": (f"ftp://u:{SECRET}@h.test/f", "an FTP password"),
    "SSH": (f"ssh://u:{SECRET}@h.test/r", "an SSH password"),
    "another scheme": (f"foo://u:{SECRET}@h.test/r", "the password of such a URL"),
}


@cases("case", UNSTORABLE)
def test_a_secret_that_no_store_can_hold_stays(machine: Machine, case: tuple[str, str]) -> None:
    url, what = case
    path = put(machine.home / "settings.ini", f"A={url}\n{LINE}")
    _, checked = sanitize(machine, "--check", "settings.ini", status=1)
    _, err = sanitize(machine, "--write", "-q", "settings.ini", status=1)
    assert err.startswith(f"left in the file: settings.ini:1: no store can hold {what}")
    advice = "; write ${NAME} in its place and set that variable, or --no-store drops it\n"
    assert err.endswith(advice)
    assert f"left in the file: settings.ini:1: no store can hold {what}" in checked
    document = json.loads(sanitize(machine, "--json", "settings.ini", status=1)[0])
    assert document["findings"][0]["reason"].startswith(f"no store can hold {what}")
    annotations, _ = sanitize(machine, "--format=github", "settings.ini", status=1)
    assert f"leaves it: no store can hold {what}" in annotations
    assert path.read_text() == f'A={url}\nurl = "{CLEAN}"\n'
    assert stored(machine) == [("https://git.test/", "alice")]


def test_only_no_store_drops_it_and_says_so(machine: Machine) -> None:
    path = put(machine.home / "a", f"postgres://app:{SECRET}@db/app\n")
    _, err = sanitize(machine, "--write", "--no-store", "-q", "a")
    assert err == "warning: a:1: dropped, stored nowhere: password in URL\n"
    assert path.read_text() == "postgres://app@db/app\n"
    assert machine.files() == {}


def test_a_url_that_cannot_be_cut_leaves_only_itself(machine: Machine) -> None:
    path = put(machine.home / "a", f"{AMBIGUOUS}\n{LINE}")
    _, err = sanitize(machine, "--write", "a", status=1)
    assert "left in the file: a:1: cannot be cut safely; escape it, or take it out by hand\n" in err
    assert "a: removed 1 secret\n" in err
    assert path.read_text() == f'{AMBIGUOUS}\nurl = "{CLEAN}"\n'
    assert stored(machine) == [("https://git.test/", "alice")]


# Program sources


PROGRAMS = {
    "Python": ("config.py", ""),
    "JavaScript": ("a/config.JS", ""),
    "a shell script": ("deploy.sh", ""),
    "a script without an ending": ("deploy", "#!/usr/bin/env python3\n"),
}


@cases("case", PROGRAMS)
def test_a_program_keeps_its_secret_unless_asked(machine: Machine, case: tuple[str, str]) -> None:
    name, start = case
    path = put(machine.home / name, start + LINE)
    line = 2 if start else 1
    assert f"{name}:{line}:16: password in URL" in sanitize(machine, name, status=1)[0]
    _, err = sanitize(machine, "--write", name, status=1)
    assert err == (
        f"left in the file: {name}:{line}: the program would lose it; "
        "read it from the environment, or --all-files takes it out\n"
    )
    assert path.read_text() == start + LINE
    assert machine.files() == {}
    sanitize(machine, "--write", "--all-files", name)
    assert SECRET not in path.read_text()
    assert stored(machine) == [("https://git.test/", "alice")]


def test_the_dependencies_of_a_script_are_still_cleaned(machine: Machine) -> None:
    header = '# /// script\n# dependencies = ["x @ {}"]\n# ///\n'
    url = "https://alice:{}@git.test/x.whl"
    body = f'URL = "{url.format(SECRET)}"\n'
    path = put(machine.home / "tool.py", header.format(url.format(SECRET)) + body)
    _, err = sanitize(machine, "--write", "tool.py", status=1)
    assert "left in the file: tool.py:4: the program would lose it" in err
    assert path.read_text() == header.format("https://git.test/x.whl") + body


def test_a_header_that_does_not_end_is_part_of_the_program(machine: Machine) -> None:
    path = put(machine.home / "tool.py", f"# /// script\n# {LINE}x = 1\n# ///\n")
    sanitize(machine, "--write", "tool.py", status=1)
    assert SECRET in path.read_text()


# Standard input


@cases(
    "case",
    {
        "a database": ((), f"postgres://app:{SECRET}@db/app\n", "no store can hold a database"),
        "a program": (("--stdin-filename=a.py",), LINE, "the program would lose it"),
    },
)
@pytest.mark.parametrize("store", [(), ("--store",)])
def test_a_pipe_gives_nothing_if_a_secret_has_to_stay(
    machine: Machine, case: tuple[tuple[str, ...], str, str], store: tuple[str, ...]
) -> None:
    words, text, why = case
    out, err = sanitize(machine, "-", *words, *store, input=(LINE + text).encode(), status=2)
    assert out == ""
    assert why in err
    assert err.count("\n") == 1
    assert machine.files() == {}


def test_a_pipe_drops_it_with_no_store(machine: Machine) -> None:
    text = f"postgres://app:{SECRET}@db/app\n"
    out, err = sanitize(machine, "-", "--no-store", "-q", input=text.encode())
    assert out == "postgres://app@db/app\n"
    assert err == "warning: standard input:1: dropped, stored nowhere: password in URL\n"


# Notes


def test_a_login_name_without_a_password_stays_with_a_note(machine: Machine) -> None:
    text = "https://alice@git.test/o/r\n"
    path = put(machine.home / "a", text)
    for mode in ("--check", "--write"):
        out, err = sanitize(machine, mode, "a")
        assert (out, err) == ("", "note: a:1: left a login name without a password\n")
    assert path.read_text() == text
    assert sanitize(machine, "-", input=text.encode()) == (text, "")


def test_the_name_of_a_stored_account_is_a_login_name(machine: Machine) -> None:
    text = "git+https://a-very-long-login-name@git.test/o/r\n"
    path = put(machine.home / "a", text)
    assert sanitize(machine, "--check", "a", status=1)[0].startswith("a:1:13: token in URL: ")
    machine.uv_login("https://git.test", "a-very-long-login-name", "pw")
    assert sanitize(machine, "--check", "a")[0] == ""
    sanitize(machine, "--write", "a")
    assert path.read_text() == text


def test_a_token_outside_a_url_is_counted(machine: Machine) -> None:
    put(machine.home / "a", f'T = "{GITHUB_TOKEN}"\nhttps://u:{GITHUB_TOKEN}@h.test/\n')
    out, err = sanitize(machine, "a", status=1)
    assert out.count("\n") == 1
    assert "note: 1 token is not in a URL and was left; gitleaks finds such tokens\n" in err
    put(machine.home / "a", f'T = "{GITHUB_TOKEN}"\nU = "{"gh" + "p_" + "x" * 36}"\n')
    out, err = sanitize(machine, "--check", "a")
    assert (out, err.count("\n")) == ("", 1)
    assert "1 token is" in err


def test_what_git_tracks_is_in_its_history(machine: Machine) -> None:
    folder = checkout(machine)
    for name in ("a", "b", "c"):
        put(folder / name)
    machine.git("add", "a", "b", cwd=folder)
    machine.git("commit", "--quiet", "-m", "x", cwd=folder)
    _, err = sanitize(machine, "--write", cwd=folder)
    assert (
        "note: Git tracks 2 of these files: a secret that was committed stays in the history; "
        "revoke it at the server\n"
    ) in err
    put(folder / "c")
    machine.git("add", "c", cwd=folder)  # staged, but in no commit
    assert "history" not in sanitize(machine, "--write", cwd=folder)[1]


# At a terminal


def test_a_person_at_a_terminal_gets_totals_and_the_next_step(machine: Machine) -> None:
    put(machine.root / "a", LINE * 2)
    put(machine.root / "b", f"{AMBIGUOUS}\n")
    shown = play(machine, ("git-credential-uvx", "sanitize", "a", "b")).shown
    assert b"3 secrets in 2 files; 1 cannot be moved" in shown
    assert b"git-credential-uvx sanitize --write a" in shown
    put(machine.root / "a", "clean\n")
    shown = play(machine, ("git-credential-uvx", "sanitize", "a")).shown
    assert b"no secrets found in 1 file" in shown


def test_a_person_at_a_terminal_gets_the_totals_of_what_was_written(machine: Machine) -> None:
    put(machine.root / "a", LINE * 2)
    put(machine.root / "b", LINE)
    shown = play(machine, ("git-credential-uvx", "sanitize", "--write", "a", "b")).shown
    assert b"removed 3 secrets from 2 files" in shown


def test_a_folder_that_is_gone_is_an_error(machine: Machine) -> None:
    script = "mkdir gone && cd gone && rmdir ../gone && git-credential-uvx sanitize"
    done = machine.run("sh", "-c", script, check=False, cwd=machine.home)
    assert done.returncode == 2
    assert b"the working directory is gone" in done.stderr
