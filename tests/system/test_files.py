"""How the files lie on the disk: modes, links, folders that cannot be written, broken texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_credential_uvx.system.files import group_warning

from ..support.machine import Machine, request
from ..support.needs import with_mounts

HOST = {"protocol": "https", "host": "git.test"}
ALICE = {**HOST, "username": "alice", "password": "pa"}
ANSWER = b"username=alice\npassword=pa\n"
ENTRY = '[[credential]]\nservice = "https://git.test/"\nusername = "alice"\npassword = "pa"\n'


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", ["000", "777"])
def test_new_files_are_0600_and_the_folder_0700(machine: Machine, umask: str) -> None:
    command = f"umask {umask}; exec git-credential-uvx store"
    machine.run("sh", "-c", command, input=request(**ALICE, password_expiry_utc="99999999999"))
    assert mode(machine.folder) == 0o700
    names = ["credentials.toml", "credentials.toml.lock", "git-credential-uvx.toml"]
    assert sorted(path.name for path in machine.folder.iterdir()) == names
    assert {mode(path) for path in machine.folder.iterdir()} == {0o600}


def test_a_file_that_others_could_read_is_0600_after_a_change(machine: Machine) -> None:
    machine.write_store(ENTRY)
    machine.store.chmod(0o644)
    machine.put(**{**ALICE, "host": "other.test"})
    assert mode(machine.store) == 0o600


@pytest.mark.parametrize("relative", [True, False])
def test_a_symlink_stays_one_and_its_target_is_replaced(machine: Machine, relative: bool) -> None:
    machine.write_store("")
    real = machine.home / "dotfiles" / "uv.toml"
    real.parent.mkdir()
    machine.store.rename(real)
    machine.store.symlink_to("../dotfiles/uv.toml" if relative else real)
    machine.put(**ALICE)
    assert machine.store.is_symlink()
    assert not real.is_symlink()
    assert mode(real) == 0o600
    assert list(real.parent.iterdir()) == [real]
    assert machine.uv_token("git.test", "alice") == "pa"


def test_what_is_not_touched_keeps_its_bytes(machine: Machine) -> None:
    text = (
        "# mine\r\n\r\n[[ credential ]] # work\r\nusername='alice'\r\n"
        'service = "https://GIT.test" # upper\r\npassword = """pa"""\r\nnote = 1_0\r\n'
        "[settings]\r\ncredential = 'x'"
    )
    machine.write_store(text)
    machine.put(**{**ALICE, "host": "other.test"})
    assert machine.store.read_bytes().startswith(text.encode() + b"\r\n\r\n[[credential]]\r\n")
    machine.erase(**{**ALICE, "host": "other.test"})
    assert machine.store.read_bytes().startswith(text.encode())
    assert machine.get(**HOST) == {b"username": b"alice", b"password": b"pa"}
    assert machine.uv_token("git.test", "alice") == "pa"


def test_an_array_of_inline_tables_is_edited_as_one(machine: Machine) -> None:
    entry = '{ service = "https://git.test/", username = "alice", password = "pa" }'
    machine.write_store(f"credential = [\n  {entry}, # work\n]\n")
    machine.put(**{**ALICE, "host": "other.test"})
    assert machine.store.read_text().startswith(f"credential = [\n  {entry}, {{ service = ")
    for host in ("git.test", "other.test"):
        assert machine.uv_token(host, "alice") == "pa"
    machine.erase(**{**ALICE, "host": "other.test"})
    assert machine.uv_token("git.test", "alice") == "pa"


@pytest.fixture
def read_only(machine: Machine) -> tuple[str, ...]:
    """A prefix for commands that see the store's folder read-only, also as root."""
    machine.write_store(ENTRY)
    folder = machine.folder
    return with_mounts(f'mount --bind "{folder}" "{folder}" && mount -o remount,bind,ro "{folder}"')


def test_get_reads_from_a_read_only_folder(machine: Machine, read_only: tuple[str, ...]) -> None:
    for _ in "with and without a lock file":
        done = machine.run(*read_only, "git-credential-uvx", "get", input=request(**HOST))
        assert (done.stdout, done.stderr) == (ANSWER, b"")
        (machine.folder / "credentials.toml.lock").touch()
    machine.write_store(ENTRY + "\n" * 40_000)
    done = machine.run(*read_only, "git-credential-uvx", "get", input=request(**HOST))
    assert (done.stdout, done.stderr) == (ANSWER, b"")


@pytest.mark.parametrize("lock", [True, False])
def test_store_says_that_a_folder_is_read_only(
    machine: Machine, read_only: tuple[str, ...], lock: bool
) -> None:
    if lock:
        (machine.folder / "credentials.toml.lock").touch()
    data = request(**{**ALICE, "host": "other.test"})
    done = machine.run(*read_only, "git-credential-uvx", "store", input=data)
    assert done.stdout == b""
    assert done.stderr.startswith(b"git-credential-uvx: cannot ")
    assert done.stderr.endswith(b": read-only file system\n")
    assert machine.store.read_text() == ENTRY


def make_folder(path: Path) -> None:
    path.mkdir()


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


BROKEN = {
    "no TOML": (b"[[credential]]\nCANARY\n", "line 2: it is not valid TOML"),
    "half an entry": (ENTRY.encode()[:-3], "line 4: it is not valid TOML"),
    "no text": (ENTRY.encode() + b"# \xff\n", "line 5: it is not UTF-8"),
    "a service without scheme": (
        b'[[credential]]\nservice = "CANARY.test"\nusername = "x"\n',
        "line 1: 'service' is not a URL: it has no scheme",
    ),
    "no service": (b'\n[[credential]]\nusername = "x"\n', "line 2: an entry has no 'service'"),
    "no username": (
        b'[[credential]]\nservice = "https://x.test/"\n',
        "line 1: a basic entry has no 'username'",
    ),
    "another scheme": (
        b'[[credential]]\nservice = "https://x.test/"\nscheme = "CANARY"\n',
        "line 1: 'scheme' is neither basic nor bearer",
    ),
    "a bearer without token": (
        b'[[credential]]\nservice = "https://x.test/"\nscheme = "bearer"\n',
        "line 1: a bearer entry has no 'token'",
    ),
    "a bearer with username": (
        b'[[credential]]\nservice = "https://x.test/"\nscheme="bearer"\ntoken="a"\nusername="b"\n',
        "line 1: a bearer entry has a 'username' or 'password'",
    ),
    "a basic with token": (
        b'[[credential]]\nservice = "https://x.test/"\nusername = "x"\ntoken = "CANARY"\n',
        "line 1: a basic entry has a 'token'",
    ),
    "a number for a password": (
        b'[[credential]]\nservice = "https://x.test/"\nusername = "x"\npassword = 7\n',
        "line 1: 'password' is not a string",
    ),
    "one table": (b"[credential]\n", "'credential' is not an array of tables"),
}


@pytest.mark.parametrize(("data", "fault"), BROKEN.values(), ids=BROKEN)
def test_a_store_that_uv_could_not_read_is_reported_and_left_alone(
    machine: Machine, data: bytes, fault: str
) -> None:
    machine.write_store(data)
    assert machine.uv_token("x.test", "x") is None
    for operation in ("get", "store", "erase"):
        done = machine.helper(operation, request(**ALICE))
        assert done.stdout == b""
        line, _, _ = fault.partition(":") if fault.startswith("line") else ("", "", "")
        where = f"'{machine.store}', {fault}" if line else f"'{machine.store}': {fault}"
        advice = f"repair {line} or move the file away" if line else "repair it or move it away"
        assert done.stderr.decode() == f"git-credential-uvx: cannot read {where}; {advice}\n"
    assert machine.files() == {"credentials.toml": data}


@pytest.mark.parametrize("size", [0, 3000])
def test_a_fault_far_down_a_large_store_is_reported_too(machine: Machine, size: int) -> None:
    filler = "".join(ENTRY.replace("git.test", f"h{n}.test") + "\n" for n in range(size))
    machine.write_store(ENTRY + filler + '[[credential]]\nservice = "x.test"\nusername = "x"\n')
    done = machine.helper("get", request(**HOST))
    assert done.stdout == b""
    assert b"has no scheme; repair line " in done.stderr
    assert done.stderr.count(b"\n") == 1


NO_FILES = {"a folder": make_folder, "a pipe": make_fifo}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_reported_and_nothing_hangs(machine: Machine, make: object) -> None:
    assert callable(make)
    machine.folder.mkdir(mode=0o700)
    make(machine.store)
    for operation in ("get", "store", "erase"):
        done = machine.helper(operation, request(**ALICE))
        assert b"credentials.toml': it is not a file\n" in done.stderr
    assert list(machine.folder.iterdir()) != []


def test_a_broken_companion_is_reported_by_its_own_name(machine: Machine) -> None:
    machine.put(**ALICE, password_expiry_utc="99999999999")
    machine.companion.write_text('[[credential]]\nservice = "https://git.test/"\n')
    done = machine.helper("get", request(**HOST))
    assert done.stdout == b""
    assert b"git-credential-uvx.toml', line 1: an entry has neither" in done.stderr


def test_a_path_with_odd_characters_is_shown_in_one_line(machine: Machine) -> None:
    folder = machine.root / "a\nb\x1b[2Kü"
    folder.mkdir(mode=0o700)
    (folder / "credentials.toml").write_text("CANARY")
    env = {"UV_CREDENTIALS_DIR": str(folder)}
    done = machine.helper("get", request(**HOST), env=env)
    assert b"a\\nb\\x1b[2K\xc3\xbc/credentials.toml', line 1: it is not valid TOML; " in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("owner", "advice"),
    [(4242, "run chmod g-w '/shared'"), (0, "ask the owner to run chmod g-w '/shared'")],
)
def test_nobody_is_told_to_change_the_mode_of_a_file_of_root(
    monkeypatch: pytest.MonkeyPatch, owner: int, advice: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    status = os.stat_result((0o40770, 1, 1, 1, owner, 77, 0, 0, 0, 0))
    warning = "'/shared' can be written by a group that is not your own; " + advice
    assert group_warning([("/shared", status)]) == warning
