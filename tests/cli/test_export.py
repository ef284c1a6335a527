"""`export`: what other programs read from what it writes, and what it does not write."""

from __future__ import annotations

import json
import netrc
import os
import pty
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..support.budget import examples
from ..support.common import SECRET, Done, cases, web
from ..support.machine import Machine, request

FORMATS = ("git-credentials", "netrc", "env")
BYTES = st.binary(min_size=1, max_size=12).filter(lambda b: not {0, 10, 13} & set(b))


def export(machine: Machine, form: str, *words: str | Path, status: int = 0) -> Done:
    done = machine.run("git-credential-uvx", "export", "--format", form, *words, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert b"CANARY" not in done.stderr
    assert b"Traceback" not in done.stderr
    return done


def fill(machine: Machine, helper: str, *lines: str) -> list[bytes]:
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", f"credential.helper={helper}"),
        *("-c", "credential.useHttpPath=true", "credential", "fill"),
        input="\n".join([*lines, "", ""]).encode(),
    )
    return sorted(done.stdout.splitlines())


def store(machine: Machine, username: str | bytes, password: str | bytes, **more: str) -> None:
    fields: dict[str, str | bytes] = {"protocol": "https", "host": "git.test", **more}
    machine.put(**fields, username=username, password=password)


def test_git_credential_store_gives_what_the_store_gave(machine: Machine) -> None:
    store(machine, "bob", "b")
    store(machine, "al:ice@x", "ü @:/?#%41")
    store(machine, "carol", "c", host="h.test:8443")
    store(machine, "dave", "d", path="team/r x?.git")
    path = machine.home / "out"
    export(machine, "git-credentials", "--output", path)
    for lines in (
        ("protocol=https", "host=git.test"),
        ("protocol=https", "host=git.test", "username=bob"),
        ("protocol=https", "host=h.test:8443"),
        ("protocol=https", "host=git.test", "path=team/r x?.git", "username=dave"),
    ):
        assert fill(machine, f"store --file={path}", *lines) == fill(machine, "uvx", *lines)


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BYTES, BYTES)
def test_any_bytes_are_written_as_git_writes_them(
    machine: Machine, username: bytes, password: bytes
) -> None:
    shutil.rmtree(machine.folder, ignore_errors=True)
    store(machine, username, password)
    path = machine.home / "gits"
    path.unlink(missing_ok=True)
    machine.run(
        *("git", "credential-store", f"--file={path}", "store"),
        input=request(protocol="https", host="git.test", username=username, password=password),
    )
    done = export(machine, "git-credentials")
    assert done.stdout == path.read_bytes()


def test_curl_and_python_read_the_netrc(machine: Machine) -> None:
    with web(lambda *_: (200, {}, b"")) as server:
        machine.write_store(
            "".join(
                f'[[credential]]\nservice = "https://{host}/"\nusername = "{user}"\n'
                f'password = "{password}"\n'
                for host, user, password in (
                    ("127.0.0.1", "alice", "p!$&()=x;"),
                    ("git.test", "bob", SECRET),
                )
            )
        )
        path = machine.home / "out"
        export(machine, "netrc", "--output", path)
        url = f"http://127.0.0.1:{server.port}/"
        machine.run("curl", "-sS", "--netrc-file", path, url)
        ((_, header),) = server.seen
    assert b64decode(header.removeprefix("Basic ")) == b"alice:p!$&()=x;"
    read = netrc.netrc(str(path))
    assert read.authenticators("127.0.0.1") == ("alice", "", "p!$&()=x;")
    assert read.authenticators("git.test") == ("bob", "", SECRET)


NOT_IN_A_NETRC = {
    "a blank": {"password": "CANARY x"},
    "a quote": {"password": 'CANARY"x'},
    "a backslash": {"password": "CANARY\\x"},
    "a comment sign": {"password": "#CANARY"},
    "a tab": {"password": "CANARY\tx"},
    "another entry": {"password": "CANARY machine evil.test login x password y"},
    "no ASCII": {"password": "CANARY-ü"},
    "a keyword": {"password": "machine"},
    "a blank in the name": {"username": "al ice"},
    "a path": {"path": "team"},
    "a port": {"host": "git.test:8443"},
    "plain http": {"protocol": "http"},
    "an address in brackets": {"host": "[::1]"},
}


@cases("fields", NOT_IN_A_NETRC)
def test_what_a_netrc_cannot_carry_is_left_out(machine: Machine, fields: dict[str, str]) -> None:
    given = {"protocol": "https", "host": "git.test", "username": "alice", "password": SECRET}
    machine.put(**{**given, **fields})
    path = machine.home / "out"
    done = export(machine, "netrc", "--output", path, status=1)
    assert b"skipped: " in done.stderr
    assert not path.exists()


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BYTES, BYTES)
def test_a_shell_reads_the_variables_and_they_answer(
    machine: Machine, username: bytes, password: bytes
) -> None:
    shutil.rmtree(machine.folder, ignore_errors=True)
    store(machine, username, password, host="git-1.test:8443")
    path = machine.home / "out"
    export(machine, "env", "--output", path, "--force")
    shutil.rmtree(machine.folder)
    asked = request(protocol="https", host="git-1.test:8443")
    script = "set -a; . ./out; exec git-credential-uvx get"
    done = machine.run("sh", "-c", script, input=asked, cwd=machine.home)
    assert b"username=" + username + b"\npassword=" + password + b"\n" in done.stdout


@pytest.mark.parametrize("form", ["netrc", "env"])
def test_of_several_accounts_the_default_is_written(machine: Machine, form: str) -> None:
    store(machine, "bob", "CANARY-b")
    store(machine, "alice", "CANARY-a")
    done = export(machine, form)
    assert b"CANARY-b" in done.stdout
    assert b"CANARY-a" not in done.stdout
    assert (
        b"skipped: alice@https://git.test/: the format has one account for each host" in done.stderr
    )


def test_what_has_expired_or_is_no_password_is_left_out(machine: Machine) -> None:
    machine.write_store(
        '[[credential]]\nservice = "https://b.test/"\nscheme = "bearer"\ntoken = "CANARY"\n'
    )
    store(machine, "alice", SECRET, password_expiry_utc="99999999999")
    text = machine.companion.read_text()
    machine.companion.write_text(text.replace("99999999999", "1000000000"))
    done = export(machine, "git-credentials", status=1)
    assert done.stdout == b""
    assert b"it has expired" in done.stderr
    assert b"another scheme" in done.stderr


def test_hosts_are_chosen_by_equality(machine: Machine) -> None:
    for host in ("git.test", "git.test:8443", "x.git.test", "git.testx"):
        store(machine, "alice", SECRET, host=host)
    lines = export(machine, "git-credentials", "--host", "GIT.test").stdout.splitlines()
    assert sorted(line.rpartition(b"@")[2] for line in lines) == [b"git.test", b"git.test%3a8443"]
    lines = export(machine, "git-credentials", "--host", "git.test:443").stdout.splitlines()
    assert [line.rpartition(b"@")[2] for line in lines] == [b"git.test"]
    export(machine, "git-credentials", "--host", "other.test", status=1)
    done = export(machine, "git-credentials", "--host", "git+https://git.test/o/r@v1")
    assert done.stdout.count(b"\n") == 2


@pytest.mark.parametrize(
    ("host", "fault"),
    [
        ("", "'--host' is empty"),
        ("git..test", "host 'git..test' has two dots in a row"),
        (
            "git@git.test:r",
            "'--host' is reached by ssh, which needs no password; use its https URL",
        ),
    ],
)
def test_what_is_wrong_with_a_host_is_said(machine: Machine, host: str, fault: str) -> None:
    store(machine, "alice", SECRET)
    done = export(machine, "git-credentials", "--host", host, status=2)
    assert done.stderr == f"git-credential-uvx: {fault}\n".encode()


def test_the_file_is_for_its_owner_alone_and_none_is_overwritten(machine: Machine) -> None:
    store(machine, "alice", SECRET)
    path = machine.home / "out"
    os.umask(0o022)
    done = export(machine, "netrc", "--output", path)
    assert done.stdout == b""
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("mine")
    path.chmod(0o644)
    done = export(machine, "netrc", "--output", path, status=2)
    assert done.stderr == f"git-credential-uvx: '{path}' exists; --force replaces it\n".encode()
    assert path.read_text() == "mine"
    export(machine, "netrc", "--output", path, "--force")
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET in path.read_text()
    assert [p.name for p in machine.home.iterdir() if "out" in p.name] == ["out"]


@pytest.mark.parametrize("name", ["credentials.toml", "git-credential-uvx.toml", "link"])
def test_the_store_is_not_replaced_by_what_it_holds(machine: Machine, name: str) -> None:
    store(machine, "bob", "b")
    (machine.folder / "link").symlink_to(machine.store)
    before = machine.files()
    path = machine.folder / name
    done = export(machine, "netrc", "--output", path, "--force", status=2)
    assert done.stderr == f"git-credential-uvx: '{path}' is the store itself\n".encode()
    assert machine.files() == before


@pytest.mark.parametrize("kind", ["a link to nowhere", "a folder", "no folder"])
def test_where_no_file_can_be_made(machine: Machine, kind: str) -> None:
    store(machine, "alice", SECRET)
    path = machine.home / "out"
    if kind == "a link to nowhere":
        path.symlink_to(machine.home / "elsewhere")
    elif kind == "a folder":
        path.mkdir()
    else:
        path = path / "x"
    done = export(machine, "env", "--output", path, status=2)
    assert done.stderr.count(b"\n") == 1
    assert not (machine.home / "elsewhere").exists()


@pytest.mark.parametrize("shown", [False, True])
def test_a_terminal_is_shown_nothing_unless_it_is_asked_for(machine: Machine, shown: bool) -> None:
    store(machine, "alice", SECRET)
    above, below = pty.openpty()
    words = ["git-credential-uvx", "export", "--format", "netrc", *(["--show"] if shown else [])]
    done = subprocess.run(
        words,
        env=machine.env,
        stdin=subprocess.DEVNULL,
        stdout=below,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(below)
    try:
        seen = os.read(above, 4096)
    except OSError:
        seen = b""
    os.close(above)
    assert done.returncode == (0 if shown else 2)
    assert (SECRET.encode() in seen) is shown
    assert (b" --output FILE' or " in done.stderr) is not shown


def test_json_tells_what_was_written_and_no_secret(machine: Machine) -> None:
    store(machine, "alice", SECRET)
    store(machine, "bob", SECRET, path="team")
    path = machine.home / "out"
    done = export(machine, "netrc", "--output", path, "--json", "--quiet")
    assert json.loads(done.stdout) == {
        "format": "netrc",
        "output": str(path),
        "written": [{"service": "https://git.test/", "username": "alice"}],
        "left_out": [
            {
                "service": "https://git.test/team",
                "username": "bob",
                "reason": "netrc has no paths",
            }
        ],
    }
    assert done.stderr == b""
    export(machine, "netrc", "--json", status=2)


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_store_has_nothing_to_export(machine: Machine, form: str) -> None:
    done = export(machine, form, "--output", machine.home / "out", status=1)
    assert done.stderr == b"git-credential-uvx: found nothing to export\n"
    assert not (machine.home / "out").exists()
    assert not machine.folder.exists()
