"""Attacks on the files of the store (A49-A57).

The numbers are rows of docs/attacks.md. Of A57, these tests cover the requests that Git sends;
test_sanitizer_rows.py covers texts.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import socket
import stat
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_credential_uvx.errors import UvxError
from git_credential_uvx.protocol import parse
from git_credential_uvx.toml.document import quoted

from ..support.budget import examples
from ..support.common import (
    OPERATIONS,
    SECRET,
    Done,
    answered,
    assert_answers,
    assert_discreet,
    cases,
    cases_one_fast,
    entry,
    let_a_group_write,
    refused,
    state,
    victim,
)
from ..support.machine import REFUSED, Machine, request

if TYPE_CHECKING:
    from _typeshed import TraceFunction

GOOD = b"protocol=https\nhost=good.test\n"
EVIL = b"protocol=https\nhost=evil.test\n"

ANOTHER_USER = 12345
ENTRY_AS_TEXT = 'x"\n\n[[credential]]\nservice = "https://evil.test"\nusername = "a"\npassword = "b'

INJECTIONS = {
    "an entry on one line": 'x" [[credential]] service = "https://evil.test" password = "b',
    "an entry with escaped newlines": 'x"\\n\\n[[credential]]\\nservice = "https://evil.test"',
    "an inline table": 'x" }, { service = "https://evil.test", username = "a", password = "b',
    "a quotation mark": '"',
    "three quotation marks": '"""',
    "three apostrophes": "'''",
    "a backslash": "\\",
    "a backslash and a quotation mark": '\\"',
    "an escaped quotation mark": "\\u0022",
    "a comment": 'x" # y',
    "a header": "[[credential]]",
    "brackets": "]]}}",
    "a number": "0",
    "a truth value": "true",
}
CHARACTERS = {
    "outside the first plane": "\U0001f600",
    "the last one": "\U0010ffff",
    "a C1 control": "a\x9b31m",
    "delete": "a\x7f",
    "a bell and an escape": "\x07\x1b]0;x",
    "next line": "a\x85b",
    "a line separator": "a\u2028b",
    "a byte order mark": "\ufeffx\ufeff",
    "a bidi override": "\u202ex",
    "combining marks": "e\u0301\u0301",
    "no character": "\uffff",
}


def _entries(machine: Machine) -> list[dict[str, object]]:
    found = tomllib.loads(machine.store.read_text(encoding="utf-8"))["credential"]
    assert isinstance(found, list)
    return found


def _sent_by_uv(machine: Machine, url: str) -> bytes:
    """What uv would send there: `username:password`. Its other commands clean what they print."""
    done = machine.run(
        *("uv", "auth", "helper", "--protocol=bazel", "get"),
        input=json.dumps({"uri": url}).encode(),
    )
    (header,) = json.loads(done.stdout)["headers"]["Authorization"]
    return base64.b64decode(header.removeprefix("Basic "))


def _stored_as_given(machine: Machine, username: str, password: str) -> None:
    """Store, and compare what the helper, a TOML parser and uv read."""
    machine.put(protocol="https", host="evil.test", username=username, password=password)
    expected = {b"username": username.encode(), b"password": password.encode()}
    assert answered(machine, EVIL + b"\n") == expected
    others = [found for found in _entries(machine) if found["service"] != "https://good.test/"]
    assert others == [
        {
            "service": "https://evil.test/",
            "username": username,
            "scheme": "basic",
            "password": password,
        }
    ]
    assert _sent_by_uv(machine, "https://evil.test/") == f"{username}:{password}".encode()
    assert machine.uv_token("https://good.test", "alice") == SECRET
    assert_answers(machine)


@cases("text", INJECTIONS)
def test_a49_a_password_stays_a_password(machine: Machine, text: str) -> None:
    _stored_as_given(victim(machine), "a", text)


@cases("text", INJECTIONS)
def test_a49_a_username_stays_a_username(machine: Machine, text: str) -> None:
    _stored_as_given(victim(machine), text, "b")


@cases("text", INJECTIONS)
def test_a49_a_path_stays_a_path(machine: Machine, text: str) -> None:
    victim(machine)
    fields = {"protocol": "https", "host": "evil.test", "path": text}
    done = machine.helper("store", request(**fields, username="a", password="b"))
    assert_discreet(done)
    stored = "\\" not in text
    assert len(_entries(machine)) == (2 if stored else 1)
    assert answered(machine, request(**fields)) == (
        {b"username": b"a", b"password": b"b"} if stored else {}
    )
    assert_answers(machine)


@cases("text", INJECTIONS)
def test_a49_what_only_the_companion_can_hold_stays_in_it(machine: Machine, text: str) -> None:
    victim(machine)
    machine.put(protocol="http", host="evil.test", username=text, password=text)
    found = answered(machine, request(protocol="http", host="evil.test"))
    assert found == {b"username": text.encode(), b"password": text.encode()}
    assert len(tomllib.loads(machine.companion.read_text())["credential"]) == 1


def test_a49_the_whole_entry_as_a_password_ends_at_its_first_line(machine: Machine) -> None:
    victim(machine)
    lines = EVIL + b"username=bob\npassword=%b\n\n" % ENTRY_AS_TEXT.encode()
    assert_discreet(machine.helper("store", lines))
    assert answered(machine, EVIL + b"\n") == {b"username": b"bob", b"password": b'x"'}
    assert len(_entries(machine)) == 2
    assert_answers(machine)


@pytest.mark.parametrize("text", [ENTRY_AS_TEXT, *INJECTIONS.values(), *CHARACTERS.values()])
def test_a49_a_written_string_reads_as_it_was(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text).decode()}") == {"x": text}


@cases("text", CHARACTERS)
def test_a50_a_character_comes_back_as_it_was(machine: Machine, text: str) -> None:
    _stored_as_given(victim(machine), text, text)


@cases(
    "value",
    {
        "a byte that is none": b"\xff",
        "a surrogate": b"\xed\xa0\x80",
        "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
        "an overlong quotation mark": b"\xc0\xa2",
        "half a character and a quotation mark": b'\xe2\x80"',
        "every byte but line ends": bytes(set(range(1, 256)) - set(b"\r\n")),
    },
)
@pytest.mark.parametrize("key", [b"username", b"password"])
def test_a50_bytes_that_are_no_text_come_back_as_they_were(
    machine: Machine, key: bytes, value: bytes
) -> None:
    before = victim(machine).store.read_bytes()
    expected = {b"username": b"a", b"password": b"b"} | {key: value}
    lines = b"".join(b"%b=%b\n" % pair for pair in expected.items())
    done = machine.helper("store", EVIL + lines + b"\n")
    assert (done.stdout, done.stderr) == (b"", b"")
    assert answered(machine, EVIL + b"\n") == expected
    assert machine.store.read_bytes() == before
    assert machine.uv_token("https://good.test", "alice") == SECRET


@cases(
    "password",
    {
        "an escaped pair of surrogates": '"\\ud83d\\ude00 CANARY-3f9c"',
        "an escaped surrogate": '"\\ud83d CANARY-3f9c"',
        "an escape that is none": '"\\x00 CANARY-3f9c"',
        "a newline in a long string": '"""CANARY-3f9c\r\nb"""',
        "an array": '["CANARY-3f9c"]',
        "a number": "1234",
    },
)
def test_a50_a_stored_value_that_cannot_be_told_is_refused(machine: Machine, password: str) -> None:
    text = entry("https://good.test/").replace(f'"{SECRET}"', password)
    machine.write_store(text)
    refused(machine, "get", GOOD + b"\n")


def test_a50_tables_of_others_are_left_as_they_are(machine: Machine) -> None:
    foreign = (
        f"# kept\n[hosts.evil.test]\npassword = '{SECRET}'\n\n"
        f"{entry('https://good.test/')}\n[hosts.'good.test']\nkey = [ 1,\n  2 ] # kept\n"
    )
    machine.write_store(foreign)
    refused(machine, "get", EVIL + b"\n")
    machine.put(protocol="https", host="other.test", username="a", password="b")
    assert machine.store.read_text().startswith(foreign)
    assert_answers(machine)


@settings(max_examples=examples(100))
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a50_any_text_reads_as_it_was(text: str) -> None:
    line = quoted(text)
    assert b"\n" not in line
    assert b"\r" not in line
    assert tomllib.loads(f"x = {line.decode()}") == {"x": text}


def test_a50_every_code_point_reads_as_it_was() -> None:
    points = (range(0xD800), range(0xE000, sys.maxunicode + 1))
    text = "".join(chr(point) for part in points for point in part)
    assert tomllib.loads(f"x = {quoted(text).decode()}") == {"x": text}


def test_a50_odd_passwords_come_back_through_the_command(machine: Machine) -> None:
    # tests/stores/test_roundtrip.py tries any password.
    for number, password in enumerate((b"'\"\\", b"\x80\xff", b"\x01\x7f", b"#=[]", b" a ")):
        host = f"h{number}.test"
        machine.put(protocol="https", host=host, username="a", password=password)
        found = machine.get(protocol="https", host=host)
        assert found == {b"username": b"a", b"password": password}


UNREADABLE = {
    "brackets nested deeply": b"k=" + b"[" * 5000 + b"]" * 5000,
    "tables nested deeply": b"k=" + b"{a=" * 5000 + b"1" + b"}" * 5000,
    "brackets that never close": b"k=" + b"[" * 5000,
    "a key twice": b'[[credential]]\nservice = "https://x.test/"\nservice = "https://x.test/"\n',
    "a table twice": b"[a]\n[a]\n",
    "a number of thousands of digits": b"k = " + b"9" * 5000,
    "such a number in an entry": entry("https://x.test/").encode() + b"k = " + b"9" * 5000 + b"\n",
    "a date that is none": b"k = 2024-02-31\n",
    "a byte that is none": entry("https://x.test/").encode() + b"# \xff\n",
    "NUL": entry("https://x.test/").encode() + b"\0\n",
    "a torn file": entry("https://x.test/").encode()[:-4],
    "a bare carriage return": b"[[credential]]\rservice = 1\n",
    "one table for the array": b"[credential]\nservice = 'https://good.test/'\n",
    "an entry that is none": b"credential = [1]\n",
    "a secret where a key should be": SECRET.encode() + b"\n",
    "a service without a scheme": entry("good.test").encode(),
    "another scheme": b'[[credential]]\nservice = "https://good.test/"\nscheme = "CANARY-3f9c"\n',
}


@cases("data", UNREADABLE)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml"])
def test_a51_a_file_that_cannot_be_read_is_not_an_empty_one(
    machine: Machine, name: str, operation: str, data: bytes
) -> None:
    victim(machine)
    path = machine.folder / name
    path.write_bytes(data if name == "git-credential-uvx.toml" else _victim_and(data))
    before = state(machine)
    done = machine.helper(operation, GOOD + b"username=alice\npassword=planted\n\n")
    if operation == "get":
        done = machine.helper("get", GOOD + b"\n")
    assert done.stdout == b""
    assert_discreet(done)
    assert str(path).encode() in done.stderr
    assert state(machine) == before


def _victim_and(data: bytes) -> bytes:
    return data + b"\n" + entry("https://good.test/").encode()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a51_an_enormous_file_is_not_read(machine: Machine, operation: str) -> None:
    victim(machine)
    os.truncate(machine.store, 100_000_000)
    before = machine.store.stat()
    done = machine.helper(operation, GOOD + b"username=alice\npassword=planted\n\n")
    assert done.stdout == b""
    assert_discreet(done)
    assert b"larger than" in done.stderr
    after = machine.store.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(machine.files()) == ["credentials.toml"]


# Runs the command and calls `step()` before each call of the system that changes or opens a file.
_STEPPING = """
import json, os, signal, sys
from git_credential_uvx.__main__ import main

CALLS = {"open", "write", "rename", "fsync", "unlink", "mkdir", "fchmod", "ftruncate", "close"}
mode, *rest = sys.argv.pop(1).split(":")
steps = 0

def look():
    modes = {}
    for top in (os.environ["UV_CREDENTIALS_DIR"],):
        for path, folders, files in os.walk(top):
            for name in (".", *files):
                modes[os.path.relpath(os.path.join(path, name), top)] = (
                    os.stat(os.path.join(path, name)).st_mode & 0o777
                )
    with open(rest[0], "a") as log:
        print(json.dumps(modes), file=log)

def step(frame, event, function):
    global steps
    if event != "c_call" or getattr(function, "__module__", "") != "posix":
        return
    if function.__name__ not in CALLS:
        return
    steps += 1
    if mode == "kill" and steps == int(rest[0]):
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "look":
        sys.setprofile(None)
        look()
        sys.setprofile(step)

sys.setprofile(step)
main()
"""
# Runs another program with a umask of 0, or with files limited to a size.
_WITH_UMASK_0 = "import os, sys; os.umask(0); os.execvp(sys.argv[1], sys.argv[1:])"
_WITH_SIZE = (
    "import os, resource, sys; size = int(sys.argv[1]);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size));"
    "os.execvp(sys.argv[2], sys.argv[2:])"
)
# Runs the command as if it were started by root, or with the rights of another user.
_AS_ROOT = (
    "import os, sys; os.getuid = os.geteuid = lambda: 0;"
    "from git_credential_uvx.__main__ import main; main()"
)
_WITH_RIGHTS_OF_ANOTHER = (
    "import os, sys; user = os.getuid() + 1; os.getuid = lambda: user;"
    "from git_credential_uvx.__main__ import main; main()"
)


def _stepping(machine: Machine, mode: str, operation: str, data: bytes) -> Done:
    return machine.run(sys.executable, "-c", _STEPPING, mode, operation, input=data, check=False)


def _modes(machine: Machine, operation: str, data: bytes) -> list[dict[str, int]]:
    """The modes of all files of the store at each step of one operation."""
    log = machine.root / "modes"
    log.unlink(missing_ok=True)
    done = _stepping(machine, f"look:{log}", operation, data)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in log.read_text().splitlines()]


def _store(host: str, password: str = "planted", username: str = "bob") -> bytes:
    return request(protocol="https", host=host, username=username, password=password)


@pytest.mark.parametrize("mode", [0o664, 0o644, 0o640, 0o400])
def test_a52_a_file_that_others_can_read_is_closed_to_them(machine: Machine, mode: int) -> None:
    victim(machine).store.chmod(mode)
    machine.companion.touch()
    machine.companion.chmod(mode)
    machine.put(protocol="https", host="evil.test", username="a", password="b")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (machine.store, machine.companion)} == {
        0o600
    }


def test_a52_a_umask_of_nothing_opens_nothing(machine: Machine) -> None:
    machine.env["XDG_DATA_HOME"] = str(machine.home / ".local" / "share")
    machine.env["UV_CREDENTIALS_DIR"] = ""
    machine.run(
        *(sys.executable, "-c", _WITH_UMASK_0, "git-credential-uvx", "store"),
        input=_store("evil.test"),
    )
    made = {
        str(path.relative_to(machine.home)): stat.S_IMODE(path.stat().st_mode)
        for path in machine.home.rglob("*")
    }
    folder = ".local/share/uv/credentials"
    assert made == {
        **dict.fromkeys((".local", ".local/share", ".local/share/uv", folder), 0o700),
        f"{folder}/credentials.toml": 0o600,
        f"{folder}/credentials.toml.lock": 0o600,
        f"{folder}/git-credential-uvx.toml": 0o600,
    }


def test_a52_nothing_is_open_to_others_at_any_step(machine: Machine) -> None:
    steps = _modes(machine, "store", _store("evil.test"))
    steps += _modes(machine, "store", _store("evil.test", "changed"))
    assert any(name.endswith(".tmp") for modes in steps for name in modes)
    assert {mode for modes in steps for mode in modes.values()} == {0o700, 0o600}


def _in_a_folder_with(machine: Machine, mode: int) -> Path:
    """A folder with this mode and in it a folder of ours for the store."""
    parent = machine.root / "shared"
    parent.mkdir()
    parent.chmod(mode)
    machine.folder = parent / "credentials"
    machine.env["UV_CREDENTIALS_DIR"] = str(machine.folder)
    return parent


@pytest.mark.parametrize("operation", OPERATIONS)
@cases("mode", {"to write": 0o777, "to write and not to read": 0o733, "others only": 0o707})
def test_a53_a_parent_that_everyone_may_write_to_is_refused(
    machine: Machine, mode: int, operation: str
) -> None:
    _in_a_folder_with(machine, mode)
    victim(machine)
    refused(machine, operation, _store("good.test", SECRET, "alice"))
    assert b"can be written by every user" in machine.helper("get", GOOD + b"\n").stderr


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a53_a_folder_that_everyone_may_write_to_is_refused(
    machine: Machine, operation: str
) -> None:
    victim(machine).folder.chmod(0o777)
    refused(machine, operation, _store("good.test", "planted", "alice"))
    refused(machine, "get", GOOD + b"\n")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", [0o666, 0o602])
@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml"])
def test_a53_a_file_that_everyone_may_write_to_is_refused(
    machine: Machine, name: str, mode: int, operation: str
) -> None:
    victim(machine)
    machine.companion.touch()
    path = machine.folder / name
    path.chmod(mode)
    refused(machine, operation, _store("evil.test") if operation == "store" else GOOD + b"\n")
    fault = f"cannot read '{path}': it can be written by every user; run chmod 600 '{path}'"
    assert fault in machine.helper("get", GOOD + b"\n").stderr.decode()
    path.chmod(0o600)
    assert_answers(machine)


@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml", ""])
def test_a53_what_another_group_may_write_to_is_told(machine: Machine, name: str) -> None:
    victim(machine)
    machine.companion.touch(mode=0o600)
    path = machine.folder / name
    let_a_group_write(path)
    done = machine.helper("get", GOOD + b"\n")
    assert f"password={SECRET}\n".encode() in done.stdout
    fault = "can be written by a group that is not your own; run chmod g-w"
    told = f"'{path}' {fault} '{path}'"
    assert done.stderr.decode() == f"git-credential-uvx: {told}\n"


def test_a53_a_warning_about_a_group_is_no_failure(machine: Machine) -> None:
    victim(machine)
    let_a_group_write(machine.folder)
    asked = b'{"uri": "https://nothing.test/"}'
    words = ("git-credential-uvx", "helper", "--protocol=bazel", "get")
    done = machine.run(*words, input=asked)
    assert done.stdout == b'{"headers":{}}\n'
    assert b"can be written by a group" in done.stderr
    done = machine.run("git-credential-uvx", "token", "nothing.test", check=False)
    assert done.returncode == 1


def test_a53_what_the_users_own_group_may_write_to_is_fine(machine: Machine) -> None:
    victim(machine)
    machine.store.chmod(0o660)
    machine.folder.chmod(0o770)
    assert_answers(machine)
    assert machine.helper("get", GOOD + b"\n").stderr == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root uses the store of another user")
def test_a53_a_mounted_stores_group_is_its_owners_matter(machine: Machine) -> None:
    for path in (victim(machine).folder, machine.store):
        os.chown(path, 4711, 4711)
        path.chmod(0o770 if path.is_dir() else 0o660)
    assert machine.helper("get", GOOD + b"\n").stderr == b""
    assert_answers(machine)
    machine.store.chmod(0o666)
    refused(machine, "get", GOOD + b"\n")


def test_a67_a_configuration_that_another_group_may_write_to_is_told(machine: Machine) -> None:
    folder = victim(machine).home / "config"
    folder.mkdir()
    config = folder / "config.toml"
    config.touch()
    let_a_group_write(config)
    machine.env["GIT_CREDENTIAL_UVX_CONFIG"] = str(config)
    done = machine.helper("get", GOOD + b"\n")
    assert f"password={SECRET}\n".encode() in done.stdout
    assert f"'{config}' can be written by a group".encode() in done.stderr


def test_a53_a_folder_that_everyone_may_add_files_to_is_refused(machine: Machine) -> None:
    victim(machine).folder.chmod(0o1777)
    refused(machine, "get", GOOD + b"\n")
    refused(machine, "store", _store("evil.test"))


def test_a53_a_folder_of_ours_in_a_shared_one_is_fine(machine: Machine) -> None:
    _in_a_folder_with(machine, 0o1777)
    assert_answers(victim(machine))


def test_a53_a_folder_linked_into_an_open_one_is_refused(machine: Machine) -> None:
    parent = _in_a_folder_with(machine, 0o777)
    victim(machine)
    machine.folder = machine.home / "link"
    machine.folder.symlink_to(parent / "credentials")
    machine.env["UV_CREDENTIALS_DIR"] = str(machine.folder)
    refused(machine, "get", GOOD + b"\n")
    refused(machine, "store", _store("evil.test"))


def test_a53_a_link_that_everyone_may_turn_is_refused(machine: Machine) -> None:
    victim(machine)
    real, parent = machine.folder, _in_a_folder_with(machine, 0o777)
    machine.folder.symlink_to(real)
    assert machine.folder.parent == parent
    refused(machine, "get", GOOD + b"\n")
    refused(machine, "store", _store("evil.test"))


@pytest.mark.parametrize("operation", ["store", "erase"])
@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml"])
def test_a53_a_hard_link_is_not_written(machine: Machine, name: str, operation: str) -> None:
    machine.put(protocol="https", host="good.test", username="alice", password=SECRET)
    other = machine.root / "other-name"
    other.hardlink_to(machine.folder / name)
    before = other.read_bytes()
    password = SECRET if operation == "erase" else "planted"
    done = machine.helper(operation, _store("good.test", password, "alice"))
    assert_discreet(done)
    assert b"hard link" in done.stderr
    assert other.samefile(machine.folder / name)
    assert other.read_bytes() == before


@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml"])
def test_a53_a_linked_file_stays_a_link(machine: Machine, name: str) -> None:
    machine.put(protocol="https", host="good.test", username="alice", password=SECRET)
    target = machine.home / "dotfiles" / "kept.toml"
    target.parent.mkdir(mode=0o700)
    (machine.folder / name).rename(target)
    (machine.folder / name).symlink_to(target)
    assert_answers(machine)
    machine.put(protocol="https", host="evil.test", username="a", password="b")
    assert (machine.folder / name).readlink() == target
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert b"https://evil.test/" in target.read_bytes()
    assert list(target.parent.iterdir()) == [target]
    assert_answers(machine)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a53_a_file_linked_into_an_open_folder_is_refused(machine: Machine, operation: str) -> None:
    victim(machine)
    parent = machine.root / "shared"
    parent.mkdir()
    parent.chmod(0o777)
    target = parent / "kept.toml"
    machine.store.rename(target)
    machine.store.symlink_to(target)
    before = target.read_bytes()
    done = machine.helper(operation, _store("evil.test") if operation == "store" else GOOD + b"\n")
    assert done.stdout == b""
    assert_discreet(done)
    assert target.read_bytes() == before
    assert list(parent.iterdir()) == [target]


@cases(
    "what",
    {
        "a folder": "folder",
        "a pipe": "pipe",
        "a socket": "socket",
        "an endless device": "/dev/zero",
        "a device that is always full": "/dev/full",
        "a device that is empty": "/dev/null",
        "itself": "credentials.toml",
    },
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a54_what_is_no_file_is_neither_read_nor_written(
    machine: Machine, operation: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.folder.mkdir(mode=0o700)
    if what == "folder":
        machine.store.mkdir()
    elif what == "pipe":
        os.mkfifo(machine.store)
    elif what == "socket":
        monkeypatch.chdir(machine.folder)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(machine.store.name)
    else:
        machine.store.symlink_to(what)
    before = machine.store.lstat()
    done = machine.helper(operation, _store("good.test", "planted", "alice"))
    assert done.stdout == b""
    assert_discreet(done)
    assert done.stderr
    after = machine.store.lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


def test_a54_the_name_of_a_new_file_cannot_be_guessed(machine: Machine) -> None:
    names = [
        {name for modes in _modes(machine, "store", data) for name in modes if "tmp" in name}
        for data in (_store("evil.test"), _store("evil.test", "changed"))
    ]
    assert all(names)
    assert not set.intersection(*names)


def test_a54_a_planted_link_is_not_written_through(machine: Machine) -> None:
    victim(machine)
    bait = machine.home / "bait"
    bait.write_text("kept")
    for file in ("credentials.toml", "git-credential-uvx.toml"):
        for name in (f"{file}.tmp", f".{file}.tmp", f".{file}.000000000000.tmp", f".{file}.new"):
            (machine.folder / name).symlink_to(bait)
    machine.put(protocol="https", host="evil.test", username="a", password="b")
    assert bait.read_text() == "kept"
    assert_answers(machine)


def test_a54_the_folder_is_made_closed(machine: Machine) -> None:
    steps = _modes(machine, "store", _store("evil.test"))
    assert {modes["."] for modes in steps if "." in modes} == {0o700}


def _only_store_files(machine: Machine) -> None:
    """No temporary file with a secret is left."""
    assert set(machine.files()) <= {"credentials.toml", "git-credential-uvx.toml"}


def test_a55_fifty_at_once_lose_nothing(machine: Machine) -> None:
    victim(machine)
    hosts = [f"h{number}.test" for number in range(50)]

    def put(host: str) -> None:
        machine.put(protocol="https", host=host, username="bob", password=f"p-{host}")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(put, hosts))
    found = {entry["service"]: entry["password"] for entry in _entries(machine)}
    expected = {f"https://{host}/": f"p-{host}" for host in hosts}
    assert found == expected | {"https://good.test/": SECRET}
    _only_store_files(machine)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda host: machine.get(protocol="https", host=host), hosts)
        assert [answer[b"password"].decode() for answer in answers] == [f"p-{h}" for h in hosts]


def test_a55_fifty_accounts_of_one_host_lose_nothing(machine: Machine) -> None:
    victim(machine)
    users = [f"user{number}" for number in range(50)]

    def put(user: str) -> None:
        machine.put(protocol="https", host="good.test", username=user, password=f"p-{user}")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(put, users))
    for user in users[::7]:
        assert machine.get(protocol="https", host="good.test", username=user) == {
            b"username": user.encode(),
            b"password": f"p-{user}".encode(),
        }
    assert machine.companion.read_text().count("secret = ") == len(users)
    assert machine.uv_token("https://good.test", "alice") == SECRET
    _only_store_files(machine)


def test_a55_uv_and_git_at_once_lose_nothing(machine: Machine) -> None:
    victim(machine)

    def put(number: int) -> None:
        if number % 2:
            machine.uv_login(f"https://h{number}.test", "bob", f"p{number}")
        else:
            machine.put(protocol="https", host=f"h{number}.test", username="bob", password="x")

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(put, range(30)))
    expected = {f"https://h{number}.test/" for number in range(30)} | {"https://good.test/"}
    assert {entry["service"] for entry in _entries(machine)} == expected


CHANGES = {
    "a new credential": ("store", _store("evil.test", "new")),
    "another password": ("store", _store("mine.test", "new")),
    "a second account": ("store", _store("good.test", "new")),
    "a refused password of Git's": ("erase", _store("mine.test", "old")),
    "a refused password of uv's": ("erase", _store("good.test", SECRET, "alice")),
}


@cases_one_fast("operation, data", CHANGES)
def test_a55_whoever_is_killed_leaves_the_old_state_or_the_new(
    machine: Machine, operation: str, data: bytes
) -> None:
    victim(machine, "https://good.test/", "https://untouched.test/")
    machine.put(protocol="https", host="mine.test", username="bob", password="old")
    saved = machine.root / "saved"
    shutil.copytree(machine.folder, saved)
    ask = data.partition(b"\npassword=")[0] + b"\n\n"
    old = answered(machine, ask)
    machine.helper(operation, data)
    new = answered(machine, ask)
    assert old != new
    for step in count(1):
        shutil.rmtree(machine.folder)
        shutil.copytree(saved, machine.folder)
        done = _stepping(machine, f"kill:{step}", operation, data)
        found = answered(machine, ask)
        assert found in (old, new)
        assert machine.uv_token("https://untouched.test", "alice") == SECRET
        machine.put(protocol="https", host="later.test", username="a", password="b")
        _only_store_files(machine)
        if done.returncode == 0:
            break
    assert step > 10
    assert found == new


@pytest.mark.parametrize("size", [0, 1, 100, 4096])
@cases("operation, data", CHANGES)
def test_a55_a_full_disk_leaves_the_old_state(
    machine: Machine, operation: str, data: bytes, size: int
) -> None:
    victim(machine)
    machine.put(protocol="https", host="mine.test", username="bob", password="old")
    # With the largest size the companion can be written and uv's file cannot.
    padded = machine.store.read_bytes() + b"# kept\n" * 1000
    machine.store.write_bytes(padded)
    ask = data.partition(b"\npassword=")[0] + b"\n\n"
    old = answered(machine, ask)
    before = machine.files()
    done = machine.run(
        *(sys.executable, "-c", _WITH_SIZE, str(size), "git-credential-uvx", operation),
        input=data,
    )
    assert done.stdout == b""
    assert_discreet(done)
    _only_store_files(machine)
    assert machine.store.read_bytes() == padded
    if done.stderr and REFUSED not in done.stderr:
        assert answered(machine, ask) == old
        assert machine.uv_token("https://good.test", "alice") == SECRET
    if size < 4096:
        assert b"cannot write" in done.stderr
        assert machine.files() == before
    assert_discreet(machine.helper(operation, data))
    assert answered(machine, ask) != old


def test_a55_a_lock_that_is_never_given_back_is_not_waited_for(machine: Machine) -> None:
    victim(machine)
    machine.env["UV_LOCK_TIMEOUT"] = "0"
    with (machine.folder / "credentials.toml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(machine, "store", _store("evil.test"))
        refused(machine, "erase", _store("good.test", SECRET, "alice"))
        assert_answers(machine)
    machine.put(protocol="https", host="evil.test", username="a", password="b")


def test_a55_a_lock_of_somebody_who_is_gone_is_none(machine: Machine) -> None:
    victim(machine)
    (machine.folder / "credentials.toml.lock").write_text("4711\n")
    machine.env["UV_LOCK_TIMEOUT"] = "0"
    machine.put(protocol="https", host="evil.test", username="a", password="b")
    assert_answers(machine)


def _poisoned(machine: Machine, place: str) -> Path:
    """A working directory with an attacker's store at a relative place."""
    here = machine.root / "checkout"
    folder = here / place
    here.mkdir()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "credentials.toml").write_text(entry("https://good.test/", "mallory", "planted"))
    return here


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("value", [".", "store", "./store", "~/store", " /store"])
def test_a56_a_relative_folder_is_refused(machine: Machine, operation: str, value: str) -> None:
    here = _poisoned(machine, value)
    before = sorted(machine.root.rglob("*"))
    done = machine.run(
        *("git-credential-uvx", operation),
        input=_store("good.test", "planted", "mallory"),
        cwd=here,
        env={"UV_CREDENTIALS_DIR": value},
    )
    assert done.stdout == b""
    assert_discreet(done)
    assert done.stderr.count(b"\n") == 1
    assert sorted(machine.root.rglob("*")) == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a56_a_relative_home_is_refused(machine: Machine, operation: str) -> None:
    here = _poisoned(machine, "home/.local/share/uv/credentials")
    done = machine.run(
        *("git-credential-uvx", operation),
        input=_store("good.test", "planted", "mallory"),
        cwd=here,
        env={"UV_CREDENTIALS_DIR": "", "HOME": "home"},
    )
    assert done.stdout == b""
    assert_discreet(done)
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("place", [".local/share/uv/credentials", ".uv/credentials"])
def test_a56_an_empty_home_is_not_the_working_directory(machine: Machine, place: str) -> None:
    done = machine.run(
        *("git-credential-uvx", "get"),
        input=GOOD + b"\n",
        cwd=_poisoned(machine, place),
        env={"UV_CREDENTIALS_DIR": "", "HOME": ""},
    )
    assert b"planted" not in done.stdout
    assert_discreet(done)


def test_a56_a_relative_data_folder_is_not_looked_at(machine: Machine) -> None:
    done = machine.run(
        *("git-credential-uvx", "get"),
        input=GOOD + b"\n",
        cwd=_poisoned(machine, "data/uv/credentials"),
        env={"UV_CREDENTIALS_DIR": "", "XDG_DATA_HOME": "data"},
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def _of_another_user(machine: Machine, *names: str) -> tuple[str | Path, ...]:
    """Give files to another user; what runs the command as root beside them.

    As a normal user nothing can be given away. Then the files are ours, and it is root that is
    played: both times they belong neither to root nor to who runs the command.
    """
    if os.geteuid() == 0:
        for name in names:
            os.chown(machine.folder / name, ANOTHER_USER, ANOTHER_USER)
        return ("git-credential-uvx",)
    return (sys.executable, "-c", _AS_ROOT)


@pytest.mark.parametrize("operation", OPERATIONS)
@cases(
    "names",
    {
        "the folder and all in it": ("", "credentials.toml"),
        "the folder": ("",),
    },
)
def test_a56_under_sudo_the_store_of_another_user_is_refused(
    machine: Machine, operation: str, names: tuple[str, ...]
) -> None:
    command = _of_another_user(victim(machine), *names)
    before = state(machine)
    done = machine.run(
        *(*command, operation),
        input=_store("good.test", "planted", "alice"),
        env={"SUDO_UID": str(ANOTHER_USER)},
    )
    assert done.stdout == b""
    assert_discreet(done)
    assert b"belongs to another user" in done.stderr
    assert state(machine) == before


def test_a56_under_sudo_nothing_is_made_in_the_home_of_another_user(machine: Machine) -> None:
    machine.env["UV_CREDENTIALS_DIR"] = ""
    machine.folder = machine.home
    command = _of_another_user(machine, "")
    done = machine.run(
        *(*command, "store"), input=_store("evil.test"), env={"SUDO_UID": str(ANOTHER_USER)}
    )
    assert done.stdout == b""
    assert_discreet(done)
    assert b"planted" not in b"".join(
        path.read_bytes() for path in machine.home.rglob("*") if path.is_file()
    )
    assert b"belongs to another user" in done.stderr


@pytest.mark.parametrize("operation", ["get", "erase"])
def test_a56_with_the_rights_of_another_the_environment_chooses_nothing(
    machine: Machine, operation: str
) -> None:
    before = state(victim(machine))
    done = machine.run(
        *(sys.executable, "-c", _WITH_RIGHTS_OF_ANOTHER, operation),
        input=GOOD + b"username=alice\npassword=%b\n\n" % SECRET.encode(),
    )
    assert done.stdout == b""
    assert_discreet(done)
    assert state(machine) == before


def _work(data: bytes) -> int:
    """How many lines of Python it takes to read a request."""
    lines = 0

    def tracer(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal lines
        lines += event == "line"
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        parse(data)
    except UvxError:
        pass
    finally:
        sys.settrace(before)
    return lines


@cases(
    "start, part, end",
    {
        "colons": (b"url=://", b":", b"\n\n"),
        "colons in the authority": (b"url=https://", b":", b"@h/\n\n"),
        "at signs": (b"url=https://", b"a@", b"h/\n\n"),
        "escapes": (b"url=https://h/", b"%41", b"\n\n"),
        "broken escapes": (b"url=https://h/", b"%", b"\n\n"),
        "slashes": (b"url=https://h", b"/", b"\n\n"),
        "lines": (b"", b"a=b\n", b"\n"),
        "lists": (b"", b"capability[]=authtype\n", b"\n"),
        "lists emptied": (b"", b"capability[]=a\ncapability[]=\n", b"\n"),
        "carriage returns": (b"a=", b"\r", b"\n\n"),
    },
)
def test_a57_twice_the_input_is_at_most_twice_the_work(
    start: bytes, part: bytes, end: bytes
) -> None:
    once, twice = (_work(start + part * times + end) for times in (2000, 4000))
    assert twice <= 2 * once


@cases(
    "lines",
    {
        "thousands of colons": b"url=://" + b":" * 8000 + b"\n",
        "thousands of at signs": b"url=https://" + b"a@" * 30_000 + b"good.test/\n",
        "thousands of labels": b"protocol=https\nhost=" + b"a." * 30_000 + b"good.test\n",
        "thousands of groups": b"protocol=https\nhost=[" + b"0:" * 30_000 + b"1]\n",
        "thousands of digits": b"protocol=https\nhost=good.test:" + b"4" * 60_000 + b"\n",
        "a line without an end": b"x" * 10_000_000,
    },
)
def test_a57_a_large_hostile_request_is_refused(machine: Machine, lines: bytes) -> None:
    refused(victim(machine), "get", lines + b"\n")


def test_a57_a_large_path_is_answered(machine: Machine) -> None:
    assert_answers(victim(machine), path=b"a/" * 30_000)
