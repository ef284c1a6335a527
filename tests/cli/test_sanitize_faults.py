"""`sanitize` where something goes wrong: the file is the old or the new one, nothing is lost."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from ..support.common import SECRET, cases
from ..support.crashes import killed_at, reset
from ..support.machine import BIN, Machine, request
from ..support.needs import require, with_mounts
from ..support.sanitizing import CLEAN, LINE, checkout, put, sanitize

NEW = f'url = "{CLEAN}"\n'

# Runs the command with something else done at the moment when the store has been written.
MEANWHILE = """
import os, sys
from git_credential_uvx.sanitize import files
real = files.move
def move(*words, **named):
    done = real(*words, **named)
    exec(os.environ["MEANWHILE"])
    return done
files.move = move
from git_credential_uvx.__main__ import main
sys.argv = ["git-credential-uvx", "sanitize", *sys.argv[1:]]
sys.exit(main())
"""


def within(machine: Machine, script: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`sanitize` in a name space of its own, after a script that mounts something."""
    argv = (*with_mounts(script), "git-credential-uvx", "sanitize", *words)
    done = machine.run(*argv, check=False, cwd=machine.home)
    assert b"Traceback" not in done.stderr
    assert b"unexpectedly" not in done.stderr
    assert b"CANARY" not in done.stdout + done.stderr
    return done


def meanwhile(machine: Machine, what: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    done = machine.run(
        *(sys.executable, "-c", MEANWHILE, *words),
        check=False,
        cwd=machine.home,
        env={"MEANWHILE": what},
    )
    assert b"Traceback" not in done.stderr
    return done


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("filler", [0, 400_000])
def test_a_full_disk_changes_nothing(machine: Machine, filler: int) -> None:
    text = LINE + "# x\n" * (filler // 4)
    put(machine.root / "original", text)
    disk = machine.home / "disk"
    disk.mkdir()
    script = (
        f'mount -t tmpfs -o size=512k none "{disk}" && cp "{machine.root}/original" "{disk}/a" && '
        f'(cat /dev/zero >"{disk}/full" 2>/dev/null || true) && "$@"; status=$?; ls -A "{disk}"; '
        f'cmp "{machine.root}/original" "{disk}/a" || exit 99; exit $status; :'
    )
    done = within(machine, script, "--write", "disk/a")
    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith(b"cannot write 'disk/a': no space left on device\n")
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b"a\nfull\n"
    assert machine.files() == {}


def test_a_store_on_a_full_disk_changes_nothing(machine: Machine) -> None:
    put(machine.home / "a")
    machine.folder.mkdir(mode=0o700)
    script = (
        f'mount -t tmpfs -o size=64k,mode=0700 none "{machine.folder}" && '
        f'(cat /dev/zero >"{machine.folder}/full" 2>/dev/null || true)'
    )
    done = within(machine, script, "--write", "a")
    assert done.returncode == 2
    assert b"no space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert (machine.home / "a").read_text() == LINE
    assert names(machine.home) == ["a", "credentials"]


def test_a_read_only_file_or_folder_changes_nothing(machine: Machine) -> None:
    put(machine.home / "a", mode=0o444)
    advice = f"'a': it is read-only; run chmod u+w {machine.home}/a\n"
    assert sanitize(machine, "--write", "a", status=2)[1].endswith(advice)
    put(machine.home / "folder" / "b")
    folder = machine.home / "folder"
    script = f'mount --bind "{folder}" "{folder}" && mount -o remount,bind,ro "{folder}"'
    done = within(machine, script, "--write", "folder/b")
    assert done.returncode == 2
    assert done.stderr.endswith(b"cannot write 'folder/b': read-only file system\n")
    assert (folder / "b").read_text() == LINE
    assert names(folder) == ["b"]
    assert machine.files() == {}


def test_a_file_with_another_name_is_not_torn_from_it(machine: Machine) -> None:
    path = put(machine.home / "a")
    os.link(path, machine.home / "b")
    assert "(a hard link)" in sanitize(machine, "--write", "a", status=2)[1]
    assert path.read_text() == LINE
    assert machine.files() == {}


def test_a_file_that_is_mounted_stays(machine: Machine) -> None:
    path, other = put(machine.home / "a"), put(machine.root / "other")
    done = within(machine, f'mount --bind "{other}" "{path}"', "--write", "a")
    assert done.returncode == 2
    assert done.stderr.startswith(b"git-credential-uvx: cannot write 'a': ")
    assert (path.read_text(), other.read_text()) == (LINE, LINE)
    assert names(machine.home) == ["a", "credentials"]


@cases(
    "change",
    {
        "it is longer": "open('a', 'a').write('more')",
        "it has other bytes": "open('a', 'r+').write('x')",
        "it is another one": "open('b', 'w').write('b'); os.rename('b', 'a')",
        "it is gone": "os.unlink('a')",
    },
)
def test_what_another_process_changed_is_not_overwritten(machine: Machine, change: str) -> None:
    path = put(machine.home / "a")
    done = meanwhile(machine, change, "--write", "a")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    if "unlink" in change:
        assert not path.exists()
    else:
        assert b"'a' was changed meanwhile" in done.stderr
        assert path.read_text() != NEW
    assert set(names(machine.home)) <= {"a", "credentials"}
    assert machine.uv_token(CLEAN, "alice") == SECRET


def test_ctrl_c_leaves_the_file_and_nothing_beside_it(machine: Machine) -> None:
    path = put(machine.home / "a")
    done = meanwhile(machine, "import signal; os.kill(os.getpid(), signal.SIGINT)", "--write", "a")
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"\n")
    assert path.read_text() == LINE
    assert names(machine.home) == ["a", "credentials"]


def test_killed_at_any_step_nothing_is_lost(machine: Machine) -> None:
    path = machine.home / "a"
    step, killed, states = 0, True, set()
    while killed:
        step += 1
        reset(machine, [])
        for left in machine.home.glob(".a.*"):
            left.unlink()
        put(path, LINE)
        killed = killed_at(machine, step, f"sanitize -q --write {path}", b"")
        text = path.read_text()
        kept = machine.uv_token(CLEAN, "alice")
        assert text in (LINE, NEW), f"step {step}"
        assert text == LINE or kept == SECRET, f"step {step}"
        states.add((text, kept))
        for left in machine.home.glob(".a.*"):
            assert SECRET not in left.read_text(), f"step {step}"
        machine.run("git-credential-uvx", "sanitize", "--write", path)
        assert path.read_text() == NEW
        assert machine.uv_token(CLEAN, "alice") == SECRET
    assert states == {(LINE, None), (LINE, SECRET), (NEW, SECRET)}
    assert step > 10


@cases("make", {"a pipe": os.mkfifo, "a folder's place": None})
def test_what_is_no_file_is_told(machine: Machine, make: object) -> None:
    path = machine.home / "x"
    if make is not None:
        os.mkfifo(path)
        _, err = sanitize(machine, "x", status=2)
        assert err == "git-credential-uvx: cannot read 'x': it is not a file\n"
    _, err = sanitize(machine, "x/y", status=2)
    assert err.count("\n") == 1


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_told(machine: Machine, device: str) -> None:
    for mode in ("--check", "--write"):
        _, err = sanitize(machine, mode, device, status=2)
        assert err.startswith(f"git-credential-uvx: cannot read '{device}': ")
        assert err.count("\n") == 1


def test_a_file_that_vanishes_is_none(machine: Machine) -> None:
    for name in ("a", "b", "c"):
        put(machine.home / "folder" / name)
    what = "[os.unlink(f'folder/{x}') for x in 'bc' if os.path.exists(f'folder/{x}')]"
    done = meanwhile(machine, what, "--write", "folder")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (machine.home / "folder" / "a").read_text() == NEW
    assert names(machine.home / "folder") == ["a"]
    _, err = sanitize(machine, "folder/b", status=2)
    assert err == "git-credential-uvx: cannot read 'folder/b': no such file or directory\n"


def peak(machine: Machine, *words: str | Path, input: bytes = b"") -> int:
    """The most memory, in KiB, that `sanitize` has; it must find nothing."""
    script = (
        "import os, sys\n"
        "pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n"
        "_, status, usage = os.wait4(pid, 0)\n"
        "print(usage.ru_maxrss // (1024 if sys.platform == 'darwin' else 1))\n"
        "sys.exit(os.waitstatus_to_exitcode(status))\n"
    )
    command = BIN / "git-credential-uvx"
    argv = (sys.executable, "-I", "-c", script, command, "sanitize", *words)
    return int(machine.run(*argv, input=input).stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(machine: Machine) -> None:
    small = put(machine.home / "small", "clean\n")
    large = machine.home / "large"
    with large.open("wb") as file:
        file.truncate(1 << 30)
    limit = peak(machine, "--check", small) + 24 * 1024
    assert peak(machine, "--check", large) < limit
    put(machine.home / "folder" / "UTF-16", b"\xff\xfeh\0")
    os.truncate(machine.home / "folder" / "UTF-16", 1 << 26)
    assert peak(machine, "--check", machine.home / "folder") < limit
    assert peak(machine, "--check", "-", input=bytes(1 << 26)) < limit


def test_a_diff_of_what_memory_is_not_to_hold_is_refused(machine: Machine) -> None:
    path = put(machine.home / "large")
    os.truncate(path, 1 << 25)
    assert (
        "'large' is too large for '--diff'" in sanitize(machine, "--diff", path.name, status=2)[1]
    )
    _, err = sanitize(machine, "--diff", "-", status=2, input=path.read_bytes())
    assert "standard input is too large for '--diff'" in err


def test_ten_thousand_secrets_of_one_host(machine: Machine) -> None:
    lines = [f"https://u{n}:{SECRET}-{n}@git.test/p{n}/x.whl\n" for n in range(10_000)]
    path = put(machine.home / "a", "".join(lines))
    sanitize(machine, "--write", "-q", "a")
    assert path.read_text() == "".join(f"https://git.test/p{n}/x.whl\n" for n in range(10_000))
    assert machine.uv_token("https://git.test/p9999/x.whl", "u9999") == f"{SECRET}-9999"
    assert machine.uv_token("https://git.test/p0/x.whl", "u0") == f"{SECRET}-0"


def test_ten_thousand_secrets_of_as_many_hosts(machine: Machine) -> None:
    lines = [f"git+https://u:{SECRET}-{n}@h{n}.test/r.git\n" for n in range(10_000)]
    path = put(machine.home / "a", "".join(lines))
    sanitize(machine, "--write", "-q", "a")
    assert "CANARY" not in path.read_text()
    assert (
        machine.get(protocol="https", host="h9999.test")[b"password"] == f"{SECRET}-9999".encode()
    )
    assert len(tomllib.loads(machine.store.read_text())["credential"]) == 10_000


def test_an_escape_in_a_password_is_refused(machine: Machine) -> None:
    # It hides from whoever reads bytes where the URL really ends.
    path = put(machine.home / "uv.toml", text := 'a = "https://u:CANARY\\u0041@h.test/"\n')
    assert "cannot be cut safely" in sanitize(machine, "--write", "uv.toml", status=1)[1]
    assert path.read_text() == text


@pytest.mark.parametrize("name", ["a.toml", "a.json"])
def test_a_document_that_was_none_is_a_text(machine: Machine, name: str) -> None:
    path = put(machine.home / name, "[x\n" + LINE)
    sanitize(machine, "--write", name)
    assert path.read_text() == "[x\n" + NEW


def test_a_document_that_would_be_another_is_left(machine: Machine) -> None:
    text = f'"https://u:{SECRET}@h.test" = 1\n"https://h.test" = 2\n'
    path = put(machine.home / "a.toml", text)
    _, err = sanitize(machine, "--write", "a.toml", status=2)
    assert err == "git-credential-uvx: 'a.toml' is left as it was: it would be another document\n"
    assert path.read_text() == text
    assert machine.files() == {}


def nested(depth: int) -> str:
    url = f'"https://alice:{SECRET}@git.test/simple/"'
    return '{"a":' * depth + url + "}" * depth


def test_a_document_may_be_nested_deeply(machine: Machine) -> None:
    path = put(machine.home / "a.json", nested(600))
    sanitize(machine, "--write", "a.json")
    assert path.read_text() == nested(600).replace(f"alice:{SECRET}@", "")


@cases(
    "name, text, why",
    {
        "nested too deeply": ("a.json", nested(100_000), "is nested too deeply"),
        "nested too deeply, for TOML": ("a.toml", f"{LINE}a = {'[' * 9999}", "nested too deeply"),
        "a key of too many parts": ("a.toml", f"{LINE}{'x.' * 10_000}x = 1\n", "too many dots"),
        "a header of too many parts": (
            "a.toml",
            f"[{'x.' * 100}x]\n{LINE}" + "".join(f"k{n} = 1\n" for n in range(99)),
            "too many dots",
        ),
        "one in a table": ("a.toml", f"{LINE}x = {{ {'x.' * 10_000}x = 1 }}\n", "too many dots"),
    },
)
def test_a_document_that_cannot_be_compared_is_left_and_the_next_is_done(
    machine: Machine, name: str, text: str, why: str
) -> None:
    path, other = put(machine.home / name, text), put(machine.home / "requirements.txt")
    _, err = sanitize(machine, "--write", ".", status=2)
    assert f"'{path.name}' is left as it was: it " in err.replace("./", "")
    assert why in err
    assert path.read_text() == text
    assert other.read_text() == NEW


def test_an_error_that_nobody_foresaw_keeps_no_other_file_from_its_turn(machine: Machine) -> None:
    for name in ("a", "b", "c"):
        put(machine.home / "folder" / name)
    what = "if not os.path.exists('once'): open('once', 'w').close(); raise KeyError('CANARY')"
    done = meanwhile(machine, what, "--write", "folder")
    assert done.returncode == 2
    assert b"git-credential-uvx: 'folder/a': this failed unexpectedly (KeyError); " in done.stderr
    assert b"CANARY" not in done.stderr
    texts = [(machine.home / "folder" / name).read_text() for name in ("a", "b", "c")]
    assert texts == [LINE, NEW, NEW]


def test_an_unreadable_folder_is_told(machine: Machine) -> None:
    put(machine.home / "folder" / "in" / "a")
    (machine.home / "folder" / "in").chmod(0)
    who: tuple[str, ...] = ()
    if os.geteuid() == 0:
        require("setpriv")
        who = ("setpriv", "--reuid=12345", "--clear-groups")
    machine.root.chmod(0o755)
    machine.home.chmod(0o755)
    argv = (*who, sys.executable, "-m", "git_credential_uvx", "sanitize", "folder")
    if who and machine.run(*who, sys.executable, "-c", "", check=False).returncode:
        pytest.skip("this Python is for root only")
    done = machine.run(*argv, check=False, cwd=machine.home)
    (machine.home / "folder" / "in").chmod(0o755)
    if b"Permission" in done.stderr or b"No module" in done.stderr:
        pytest.skip("the folders above are for root only")
    assert done.returncode == 2
    assert b"cannot read 'folder/in': permission denied" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_pipe_whose_store_cannot_be_written_passes_on(machine: Machine) -> None:
    machine.folder.mkdir(mode=0o700)
    machine.folder.chmod(0o777)
    out, err = sanitize(machine, "--store", "-", input=LINE.encode())
    assert out == NEW
    assert err.count("\n") == 1
    assert err.startswith("warning: not stored: ")


def test_a_full_disk_for_what_waits_is_one_line(machine: Machine) -> None:
    disk = machine.home / "disk"
    disk.mkdir()
    put(machine.home / "large", ("x" * 1023 + "\n") * 17 * 1024)
    script = f'mount -t tmpfs -o size=1m none "{disk}" && export TMPDIR="{disk}" && exec <large'
    done = within(machine, script, "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"git-credential-uvx: no space left on device\n"


def test_a_bar_is_shown_at_a_terminal_only_when_it_takes_long(machine: Machine) -> None:
    folder = checkout(machine)
    for number in range(4):
        put(folder / f"{number}.txt", "clean")

    def shown(patience: float) -> bytes:
        code = (
            "import sys; from git_credential_uvx.cli import sanitize_files;"
            f"sanitize_files._PATIENCE = {patience}; from git_credential_uvx.__main__ import main;"
            "sys.argv = ['git-credential-uvx', 'sanitize']; sys.exit(main())"
        )
        leader, follower = pty.openpty()
        argv = [sys.executable, "-c", code]
        env = {**machine.env, "TERM": "xterm"}
        subprocess.run(argv, cwd=folder, env=env, stderr=follower, check=True)
        os.close(follower)
        seen = b""
        try:
            # What was written last may come later than the rest.
            while part := os.read(leader, 65536):
                seen += part
        except OSError:
            pass  # how a terminal ends that nobody has open any more
        os.close(leader)
        return seen

    assert b"4/4" in shown(-1)
    assert shown(1000) == b"no secrets found in 4 files\r\n"


def test_ctrl_c_while_many_files_are_looked_at_ends_quietly(machine: Machine) -> None:
    large = machine.home / "large"
    with large.open("wb") as file:
        file.truncate(1 << 36)
    argv = [str(BIN / "git-credential-uvx"), "sanitize", "-v", "large"]
    with subprocess.Popen(
        argv, cwd=machine.home, env=machine.env, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        try:
            while b"reading 'large'" not in process.stderr.readline():
                assert process.poll() is None
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, b"")
    assert err.splitlines()[-1] == b""
    assert b"Traceback" not in err


def test_the_helper_answers_while_the_store_is_as_it_was(machine: Machine) -> None:
    machine.put(protocol="https", host="git.test", username="alice", password="older")
    put(machine.home / "a", f"x @ git+https://alice:{SECRET}@git.test/r\n")
    _, err = sanitize(machine, "--write", "a", status=2)
    assert "has another secret for 'alice'" in err
    answer = machine.helper("get", request(protocol="https", host="git.test")).stdout
    assert answer == b"username=alice\npassword=older\n"
