"""Programs of others: found safely, started apart, stopped in time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.errors import ProgramError
from git_credential_uvx.system.programs import OUTPUT_LIMIT, child_environment, find_program, run
from git_credential_uvx.system.settings import GUARD

from ..support.programs import assert_stopped, environment, program, sleeper

if TYPE_CHECKING:
    from pathlib import Path


def test_a_program_gives_status_and_bytes(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "p", "printf 'a\\377\\n'; exit 3\n")
    output = run(("p",), timeout=60, environ=environment(tmp_path / "bin"))
    assert (output.status, output.stdout) == (3, b"a\xff\n")


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    path = program(tmp_path / "p", "printf '%s|' \"$@\"\n")
    words = ("$HOME", "a b", "*", ";touch x", "", "ü\n")
    output = run((str(path), *words), timeout=60, environ=environment())
    assert output.stdout.decode() == "|".join(words) + "|"


@pytest.mark.needs("ps")
def test_a_program_has_no_input_no_terminal_and_no_checkout(tmp_path: Path) -> None:
    script = "cat; pwd; (: < /dev/tty) 2>/dev/null && echo terminal; ps -o sid= -p $$; echo $$\n"
    path = program(tmp_path / "p", script)
    output = run((str(path),), timeout=60, environ=environment())
    folder, session, pid = output.stdout.split()
    assert folder == b"/"
    assert session == pid


def test_a_program_sees_nothing_of_git_or_of_the_checkout() -> None:
    environ = {
        "HOME": "/home/alice",
        "PATH": ":.:relative:/usr/bin:~/bin",
        "PWD": "/checkout",
        "GIT_DIR": "/checkout/.git",
        "GIT_CONFIG_COUNT": "1",
        "GIT_ASKPASS": "/bin/ask",
        "SSH_ASKPASS": "/bin/ask",
        "GH_TOKEN": "T",
        "CI_JOB_TOKEN": "T",
    }
    assert child_environment(environ, ("CI_JOB_TOKEN", "GIT_DIR")) == {
        "HOME": "/home/alice",
        "CI_JOB_TOKEN": "T",
        "PATH": "/usr/bin",
        "GIT_TERMINAL_PROMPT": "0",
        GUARD: "1",
    }


def test_a_program_that_sleeps_is_stopped_with_its_children(tmp_path: Path) -> None:
    path = sleeper(tmp_path / "p", tmp_path)
    with pytest.raises(ProgramError, match=r"^p did not answer within 1 s$"):
        run((str(path),), timeout=1, environ=environment())
    assert_stopped(tmp_path)


def test_a_child_that_keeps_the_output_open_is_stopped(tmp_path: Path) -> None:
    path = program(tmp_path / "p", f"sleep 30 & echo $$ $! > '{tmp_path}/pids'\necho early\n")
    with pytest.raises(ProgramError, match="did not answer"):
        run((str(path),), timeout=1, environ=environment())
    assert_stopped(tmp_path)


def test_a_program_that_closes_its_output_and_stays_is_stopped(tmp_path: Path) -> None:
    script = f"exec >&-\nsleep 30 &\necho $$ $! > '{tmp_path}/pids'\nwait\n"
    with pytest.raises(ProgramError, match="did not answer"):
        run((str(program(tmp_path / "p", script)),), timeout=1, environ=environment())
    assert_stopped(tmp_path)


@pytest.mark.parametrize("size", [OUTPUT_LIMIT, OUTPUT_LIMIT + 1])
def test_output_has_a_limit(tmp_path: Path, size: int) -> None:
    path = program(tmp_path / "p", f"head -c {size} /dev/zero\n")
    if size <= OUTPUT_LIMIT:
        assert len(run((str(path),), timeout=60, environ=environment()).stdout) == size
    else:
        with pytest.raises(ProgramError, match="wrote more than 65536 bytes"):
            run((str(path),), timeout=60, environ=environment())


def test_output_without_end_is_stopped(tmp_path: Path) -> None:
    path = program(tmp_path / "p", "yes\n")
    with pytest.raises(ProgramError, match="wrote more than"):
        run((str(path),), timeout=60, environ=environment())


def test_what_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    path = program(tmp_path / "p", "")
    path.write_text("#!/nowhere/interpreter\n")
    with pytest.raises(ProgramError, match=r"^could not start p$"):
        run((str(path),), timeout=60, environ=environment())


def test_the_first_folder_of_path_wins(tmp_path: Path) -> None:
    one, two = (program(tmp_path / name / "p", "") for name in ("one", "two"))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "p").mkdir()
    folders = [tmp_path / "missing", tmp_path / "none", one.parent, two.parent]
    assert find_program("p", os.pathsep.join(map(str, folders))) == str(one)


@pytest.mark.parametrize("name", ["", ".", "..", "./p", "bin/p", "../p", "bin/"])
def test_a_name_with_a_relative_path_is_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program(tmp_path / "bin" / "p", "")
    program(tmp_path / "p", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProgramError):
        find_program(name, f"{tmp_path}:{tmp_path}/bin")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"^p not found on PATH$"):
        find_program("p", str(tmp_path))
    with pytest.raises(ProgramError, match=r"^p not found$"):
        find_program(f"{tmp_path}/p", "")


def test_a_control_character_never_reaches_a_message(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"^\\x1b\[2J not found on PATH$"):
        find_program("\x1b[2J", str(tmp_path))
