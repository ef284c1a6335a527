"""`filter-process` as Git runs it, and against a Git that misbehaves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from git_credential_uvx.git.packets import FLUSH, Unpacker, list_of, packets_of
from tests.support import sanitizing
from tests.support.common import SECRET, assert_discreet, cases
from tests.support.machine import COMMAND, Machine
from tests.support.sanitizing import AMBIGUOUS, CLEAN, LINE, commit, committed, put

NEW = f'url = "{CLEAN}"\n'
GREETING = list_of([b"git-filter-client", b"version=2"])
OFFER = list_of([b"capability=clean", b"capability=smudge", b"capability=delay"])
MANY = 60


@pytest.fixture
def starts(machine: Machine) -> Path:
    """A file that gets a line each time that Git starts the command."""
    log = machine.root / "starts"
    wrapper = machine.root / "wrapper" / COMMAND.name
    wrapper.parent.mkdir()
    wrapper.write_text(f"#!/bin/sh\necho \"$@\" >> '{log}'\nexec '{COMMAND}' \"$@\"\n")
    wrapper.chmod(0o755)
    machine.env["PATH"] = f"{wrapper.parent}:{machine.env['PATH']}"
    return log


@pytest.fixture
def checkout(machine: Machine, starts: Path) -> Path:
    """A checkout with the filter for `*.toml`."""
    folder = sanitizing.checkout(machine)
    process = ("filter.uvx.process", "git-credential-uvx filter-process")
    machine.git("config", "--global", *process)
    machine.git("config", "--global", "filter.uvx.required", "true")
    put(folder / ".gitattributes", "*.toml filter=uvx\n")
    commit(machine, folder)
    return folder


def count(starts: Path) -> int:
    """How often the command was started since this was asked last."""
    if not starts.exists():
        return 0
    lines = starts.read_text().splitlines()
    starts.unlink()
    return len(lines)


def test_sixty_files_are_added_by_one_process(
    machine: Machine, checkout: Path, starts: Path
) -> None:
    count(starts)
    for number in range(MANY):
        put(checkout / f"{number}.toml", f"# {number}\r\n\xe9{LINE}")
    machine.git("add", ".", cwd=checkout)
    assert count(starts) == 1
    staged = machine.git("ls-files", "--stage", "7.toml", cwd=checkout).split()[1]
    # The filter for one file writes the same bytes.
    machine.git("config", "--global", "--unset", "filter.uvx.process")
    one_file = "git-credential-uvx sanitize - --stdin-filename=%f"
    machine.git("config", "--global", "filter.uvx.clean", one_file)
    assert machine.git("hash-object", "7.toml", cwd=checkout).strip() == staged
    assert count(starts) == 1


def test_git_sees_no_change_where_only_the_secret_differs(
    machine: Machine, checkout: Path, starts: Path
) -> None:
    paths = [put(checkout / f"{number}.toml") for number in range(3)]
    commit(machine, checkout)
    for path in paths:
        os.utime(path, (1, 1))
    count(starts)
    assert machine.git("status", "--short", cwd=checkout) == ""
    assert count(starts) == 1
    assert [path.read_text() for path in paths] == [LINE] * 3


def test_stash_and_checkout_write_what_was_committed(machine: Machine, checkout: Path) -> None:
    path = put(checkout / "uv.toml")
    commit(machine, checkout)
    put(path, f"{LINE}# more\n")
    machine.git("stash", cwd=checkout)
    assert path.read_text() == NEW
    machine.git("stash", "pop", cwd=checkout)
    assert path.read_text() == f"{NEW}# more\n"
    machine.git("checkout", "--", "uv.toml", cwd=checkout)
    assert path.read_text() == NEW
    assert machine.git("status", "--short", cwd=checkout) == ""
    machine.git("clone", "--quiet", checkout, machine.root / "other")
    assert (machine.root / "other" / "uv.toml").read_text() == NEW


@cases("setting", {"true": "true", "input": "input", "false": "false"})
def test_line_ends_are_converted_as_without_the_filter(
    machine: Machine, checkout: Path, setting: str
) -> None:
    text = LINE.replace("\n", "\r\n") * 2
    for name in ("filtered.toml", "plain.txt"):
        put(
            checkout / name,
            text if name == "filtered.toml" else text.replace(f"alice:{SECRET}@", ""),
        )
    machine.git("-c", f"core.autocrlf={setting}", "add", ".", cwd=checkout)
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    filtered = committed(machine, checkout, "filtered.toml")
    assert filtered == committed(machine, checkout, "plain.txt")


def test_a79_a_path_of_any_bytes_is_filtered_and_shown_on_one_line(
    machine: Machine, checkout: Path
) -> None:
    put(checkout / "a\nb=c \x1b[31m.toml")
    put(checkout / "d\ne.toml", AMBIGUOUS)
    done = machine.run("git", "add", ".", cwd=checkout, check=False)
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(b"git-credential-uvx")]
    assert rb"d\ne.toml:1: " in line
    assert SECRET.encode() not in done.stderr
    (checkout / "d\ne.toml").unlink()
    commit(machine, checkout)
    assert committed(machine, checkout, "a\nb=c \x1b[31m.toml").decode() == NEW


@cases("text", {"UTF-16": LINE.encode("utf-16"), "a URL that is refused": AMBIGUOUS.encode()})
def test_without_required_git_warns_and_adds_the_other_files(
    machine: Machine, checkout: Path, text: bytes
) -> None:
    machine.git("config", "--global", "filter.uvx.required", "false")
    put(checkout / "a.toml", text)
    put(checkout / "b.toml")
    done = machine.run("git", "add", ".", cwd=checkout)
    assert b"git-credential-uvx: a.toml" in done.stderr
    machine.git("commit", "--quiet", "-m", "x", cwd=checkout)
    assert committed(machine, checkout, "a.toml") == text
    assert committed(machine, checkout, "b.toml").decode() == NEW


def test_the_help_has_both_settings_that_a_filter_needs(machine: Machine) -> None:
    folder = sanitizing.checkout(machine)
    shown = machine.run("git-credential-uvx", "filter-process", "--help").stdout.decode()
    settings = [line.strip() for line in shown.splitlines() if line.startswith("  git config ")]
    assert len(settings) == 2
    for line in settings:
        machine.run("sh", "-c", line, cwd=folder)
    put(folder / ".gitattributes", "*.toml filter=uvx\n")
    put(folder / "a.toml", AMBIGUOUS)
    assert machine.run("git", "add", ".", cwd=folder, check=False).returncode == 128
    assert b"ok       filter: " in machine.run("git-credential-uvx", "doctor", check=False).stdout


def test_store_puts_what_is_removed_into_the_store(machine: Machine, checkout: Path) -> None:
    process = "git-credential-uvx filter-process --store"
    machine.git("config", "--global", "filter.uvx.process", process)
    for name in ("one", "two"):
        put(checkout / f"{name}.toml", LINE.replace("git.test", f"{name}.test"))
    commit(machine, checkout)
    assert sorted(sanitizing.stored(machine)) == [
        ("https://one.test/", "alice"),
        ("https://two.test/", "alice"),
    ]


# Without Git


def converse(machine: Machine, text: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    done = machine.run("git-credential-uvx", "filter-process", *words, input=text, check=False)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert_discreet(done)
    return done


def request(path: bytes, content: bytes, command: bytes = b"clean") -> bytes:
    fields = list_of([b"command=" + command, b"pathname=" + path])
    return fields + b"".join(packets_of([content]))


def test_a_large_file_is_filtered_without_being_held_in_memory(machine: Machine) -> None:
    lines = b"# a line without a URL\n" * 50_000
    content = (lines + LINE.encode()) * 80
    text = GREETING + OFFER + request(b"big.toml", content)
    # Enough address space for Python and the spool, and not for this file as well.
    limited = ("sh", "-c", f"ulimit -v 105000; exec '{COMMAND}' filter-process")
    done = machine.run(*limited, input=text)
    assert done.stderr == b""
    packets = Unpacker().feed(done.stdout)
    clean = b"".join(data for data in packets[7:] if data)
    assert clean == (lines + NEW.encode()) * 80


def test_a_command_that_git_does_not_have_yet_is_aborted_and_the_next_file_filtered(
    machine: Machine,
) -> None:
    asked = request(b"a.toml", LINE.encode(), b"polish") + request(b"a.toml", LINE.encode())
    packets = Unpacker().feed(converse(machine, GREETING + OFFER + asked).stdout)
    assert packets[6:] == [
        *(b"status=abort\n", None),
        *(b"status=success\n", None, NEW.encode(), None, None),
    ]


@cases(
    "text",
    {
        "nothing": b"",
        "a text": LINE.encode(),
        "a credential request": b"protocol=https\nhost=git.test\n\n",
        "another version": list_of([b"git-filter-client", b"version=3"]),
        "a greeting without an end": GREETING.removesuffix(FLUSH),
        "a request without a path": GREETING + OFFER + list_of([b"command=clean"]),
        "a content that ends early": GREETING + OFFER + request(b"a", LINE.encode())[:-9],
        "a packet that is no packet": GREETING + OFFER + request(b"a", b"") + LINE.encode(),
        "a packet that is too long": GREETING + OFFER + b"ffff" + b"x" * 70_000,
    },
)
def test_a79_malformed_input_ends_in_one_line(machine: Machine, text: bytes) -> None:
    done = converse(machine, text)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_a79_a_git_that_reads_no_answer_ends_it_in_silence(machine: Machine) -> None:
    with subprocess.Popen(
        [COMMAND, "filter-process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=machine.env,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(GREETING + OFFER)
        process.stdin.flush()
        while not process.stdout.readline().endswith(b"capability=smudge\n"):
            pass
        process.stdout.close()
        process.stdin.write(request(b"a.toml", b"# a line\n" * 100_000))
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141
