"""Completion in real shells, with what is in a real store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.cli.completion import words

from ..support.machine import Machine
from ..support.plain_terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "git-credential-uvx"

# What is typed, and a word that is offered for it.
OFFERED = {
    "a command": ("expl", "explain"),
    "an option": ("explain --acc", "--accept-index"),
    "a choice": ("explain --keyring-provider dis", "disabled"),
    "a choice after an equals sign": (
        "explain --keyring-provider=dis",
        "--keyring-provider=disabled",
    ),
    "a choice of an argument": ("completion zs", "zsh"),
    "an option of the whole": ("--vers", "--version"),
}


@pytest.fixture
def scripts(machine: Machine) -> Path:
    """A folder with the script of each shell."""
    for shell in SHELLS:
        done = machine.run(PROGRAM, "completion", shell)
        assert done.stderr == b""
        (machine.root / shell).write_bytes(done.stdout)
    return machine.root


def bash(machine: Machine, scripts: Path, typed: str) -> list[str]:
    """What the function for bash replies, which replaces the part after the last break."""
    part = re.split(r"[\s:=]", typed)[-1]
    code = (
        f'. {scripts}/bash; COMP_LINE="$1" COMP_POINT=${{#1}}; '
        '_git_credential_uvx_completion git-credential-uvx "$2" x; '
        '[ ${#COMPREPLY[@]} = 0 ] || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    line = f"{PROGRAM} {typed}"
    done = machine.run("bash", "--norc", "-c", code, "bash", line, part)
    assert done.stderr == b""
    before = typed[: len(typed) - len(part)].split(" ")[-1]
    return [before + reply for reply in done.stdout.decode().splitlines()]


def fish(machine: Machine, scripts: Path, typed: str) -> list[str]:
    code = f"source {scripts}/fish; complete -C '{PROGRAM} {typed}'"
    done = machine.run("fish", "--no-config", "-c", code)
    return [line.split("\t")[0] for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize(("typed", "word"), OFFERED.values(), ids=OFFERED)
def test_bash_offers(machine: Machine, scripts: Path, typed: str, word: str) -> None:
    assert bash(machine, scripts, typed) == [word]


@pytest.mark.parametrize(("typed", "word"), OFFERED.values(), ids=OFFERED)
def test_fish_offers(machine: Machine, scripts: Path, typed: str, word: str) -> None:
    assert fish(machine, scripts, typed) == [word]


def test_fish_shows_all_of_a_description(machine: Machine, scripts: Path) -> None:
    code = f"source {scripts}/fish; complete -C '{PROGRAM} explain --verb'"
    done = machine.run("fish", "--no-config", "-c", code)
    assert done.stdout == (b"--verbose\tShow each step on standard error, without secrets.\n")


SET_UP = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), ". ./bash"),
    "zsh": (
        ("zsh", "-f", "-i"),
        "bindkey -e; autoload -Uz compinit; compinit -u -D; . ./zsh",
    ),
}


def completed(machine: Machine, shell: str, typed: str) -> list[str]:
    """The words of the line after a tabulator key."""
    argv, setup = SET_UP[shell]
    terminal = Terminal(machine, *argv)
    try:
        terminal.type(f"{setup}; printf '%s-%s' set up\n")
        terminal.wait_for("set-up")
        # At the start of the line goes what prints the words of it, each by itself.
        terminal.type(f"{PROGRAM} {typed}\t\x01printf '<%s>' \n")
        told = terminal.wait_for(rf"<{PROGRAM}>((?:<[^<>]*>)*)")
    finally:
        terminal.close()
    return re.findall("<([^<>]*)>", told[1])


@pytest.mark.parametrize("shell", SET_UP)
@pytest.mark.parametrize(("typed", "word"), OFFERED.values(), ids=OFFERED)
def test_a_person_who_presses_tab_gets(
    machine: Machine, scripts: Path, shell: str, typed: str, word: str
) -> None:
    assert completed(machine, shell, typed) == [*typed.split(" ")[:-1], word]


@pytest.fixture
def stocked(machine: Machine, scripts: Path) -> Machine:
    machine.uv_login("https://git.test/team", "alice", "CANARY")
    machine.uv_login("https://git.test/team", "bob", "CANARY")
    return machine


@pytest.mark.parametrize("shell", SET_UP)
@pytest.mark.parametrize("typed", ["https://git.te", "https:", "https://git.test/te", "ht"])
def test_a_url_of_the_store_is_completed_across_its_colon(
    stocked: Machine, shell: str, typed: str
) -> None:
    assert completed(stocked, shell, f"explain {typed}") == ["explain", "https://git.test/team"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("token git.test/team --username ", ["alice", "bob"]),
        ("logout -u b", ["bob"]),
        ("logout --username=a", ["--username=alice"]),
    ],
)
def test_usernames_are_completed(
    stocked: Machine, scripts: Path, typed: str, offered: list[str]
) -> None:
    assert bash(stocked, scripts, typed) == offered


def test_usernames_of_another_service_are_left_out(stocked: Machine, scripts: Path) -> None:
    stocked.uv_login("https://other.test", "carol", "CANARY")
    assert bash(stocked, scripts, "token other.test --username ") == ["carol"]


@pytest.mark.parametrize(("typed", "word"), [("expl", "explain"), ("sanitize --wr", "--write")])
def test_gits_own_completion_offers_the_same(
    machine: Machine, scripts: Path, typed: str, word: str
) -> None:
    line = f"git credential-uvx {typed}"
    words = " ".join(line.split())
    code = (
        f'. {scripts}/bash; COMP_LINE="$1" COMP_POINT=${{#1}} COMP_WORDS=({words}); '
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _git_credential_uvx; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = machine.run("bash", "--norc", "-c", code, "bash", line)
    assert done.stdout.decode().splitlines() == [word]


@pytest.mark.parametrize("shell", SET_UP)
def test_a_path_that_the_shell_would_run_is_quoted(
    machine: Machine, scripts: Path, shell: str
) -> None:
    # Git stores the paths of submodules, which somebody else has chosen.
    url = "https://git.test/$(id)"
    machine.uv_login(url, "alice", "pa")
    assert completed(machine, shell, "explain https://g") == ["explain", url]


@pytest.mark.parametrize("shell", SET_UP)
def test_a_service_of_the_store_is_completed_without_its_scheme(
    stocked: Machine, shell: str
) -> None:
    assert completed(stocked, shell, "logout git") == ["logout", "git.test/team"]


def test_what_git_erased_is_offered_to_be_restored(machine: Machine, scripts: Path) -> None:
    machine.put(protocol="https", host="git.test", username="alice", password="pa")
    machine.put(protocol="https", host="other.test", username="alice", password="pa")
    assert fish(machine, scripts, "restore ") == []
    machine.erase(protocol="https", host="git.test", username="alice", password="pa")
    assert fish(machine, scripts, "restore ") == ["git.test"]


def test_accounts_are_told_with_a_service_and_no_secret(stocked: Machine, scripts: Path) -> None:
    code = f"source {scripts}/fish; complete -C '{PROGRAM} explain https://g'"
    done = stocked.run("fish", "--no-config", "-c", code)
    assert done.stdout == b"https://git.test/team\talice, bob\n"
    assert b"CANARY" not in done.stdout + done.stderr


@pytest.mark.parametrize("state", ["broken", "refused", "absent"])
def test_what_is_wrong_with_the_store_is_not_told(
    machine: Machine, scripts: Path, state: str
) -> None:
    if state != "absent":
        machine.write_store("[[credential]\nCANARY")
    env = {"_GIT_CREDENTIAL_UVX_COMPLETE": "zsh_complete", "COMP_CWORD": "2"}
    env["COMP_WORDS"] = f"{PROGRAM} explain h"
    if state == "refused":
        machine.folder.chmod(0o777)
    done = machine.run(PROGRAM, env=env)
    assert (done.stdout.strip(), done.stderr) == (b"", b"")


def test_a_program_of_the_working_folder_is_not_run(machine: Machine, scripts: Path) -> None:
    program = machine.root / PROGRAM
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o700)
    code = f'. {scripts}/bash; COMP_LINE="./{PROGRAM} e" COMP_POINT=22; '
    code += f"_git_credential_uvx_completion ./{PROGRAM} e x"
    machine.run("bash", "--norc", "-c", code)
    assert not (machine.root / "ran").exists()


def test_printing_a_script_runs_no_program(machine: Machine) -> None:
    for shell in SHELLS:
        tool = machine.root / "bin" / shell
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\ntouch {machine.root}/ran\n")
        tool.chmod(0o700)
        path = f"{tool.parent}:{machine.env['PATH']}"
        machine.run(PROGRAM, "completion", shell, env={"PATH": path})
    assert not (machine.root / "ran").exists()


WORDS = {
    "without a scheme": ("", ["git.test", "git.test:8443/team", "other.test"]),
    "the start of a host": ("git", ["git.test", "git.test:8443/team"]),
    "with a scheme": ("https://o", ["https://other.test"]),
    "plain http needs its scheme": ("http:", ["http://plain.test"]),
    "nothing like it": ("x", []),
}


@pytest.mark.parametrize(("incomplete", "expected"), WORDS.values(), ids=WORDS)
def test_a_service_is_completed(incomplete: str, expected: list[str]) -> None:
    services = ["https://git.test/", "https://git.test:8443/team", "https://other.test/"]
    if incomplete.startswith("http:"):
        services.append("http://plain.test/")
    assert [word for _, word in words(services, incomplete)] == expected
