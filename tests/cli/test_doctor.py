"""`doctor`: each fault that it should find, a broken machine, and a report without names."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import time
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases, entry
from ..support.machine import BIN, request
from ..support.programs import program

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..support.machine import Machine

NAME = "git-credential-uvx"
CANARY = "CANARY-3f9c7d21"
HOST, USER = "git.secret-corp.test", "zaphod"


def verdicts(machine: Machine) -> dict[str, list[tuple[str, str, str]]]:
    """By check: verdict, text and advice of each line."""
    done = machine.run(NAME, "doctor", "--json", check=False)
    found = json.loads(done.stdout)
    assert done.returncode == (1 if found["problems"] else 0)
    assert CANARY.encode() not in done.stdout + done.stderr
    lines: dict[str, list[tuple[str, str, str]]] = {}
    for one in found["verdicts"]:
        row = (one["verdict"], one["text"], one["advice"] or "")
        lines.setdefault(one["check"], []).append(row)
    return lines


@pytest.fixture
def healthy(machine: Machine) -> Machine:
    machine.run(NAME, "setup")
    machine.put(protocol="https", host=HOST, username=USER, password=CANARY)
    return machine


def test_a_healthy_machine_has_no_problem(healthy: Machine) -> None:
    done = healthy.run(NAME, "doctor")
    assert b"problem " not in done.stdout
    text = done.stdout.decode()
    for words in ("git: git 2.", "uv: uv 0.", f"PATH: {NAME} is {BIN}", "helpers: 1. this helper"):
        assert words in text
    assert done.stderr == b"no problems, no notes\n"


def test_quiet_shows_problems_only(healthy: Machine) -> None:
    done = healthy.run(NAME, "doctor", "-q")
    assert (done.stdout, done.stderr) == (b"", b"")


def write(path: str, text: str) -> Callable[[Machine], None]:
    def act(machine: Machine) -> None:
        file = machine.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o600)

    return act


def environ(**named: str) -> Callable[[Machine], None]:
    return lambda machine: machine.env.update(named)


def duplicate(machine: Machine) -> None:
    program(machine.root / "first" / NAME, "echo git-credential-uvx, version 9.9")
    machine.env["PATH"] = f"{machine.env['PATH']}:{machine.root}/first"


def removed_python(machine: Machine) -> None:
    path = program(machine.root / "first" / NAME, "")
    path.write_text("#!/nonexistent/python\n")
    machine.env["PATH"] = f"{machine.root}/first:{machine.env['PATH']}"


def no_path(machine: Machine) -> None:
    program(machine.root / "only" / "run", f'exec {BIN / NAME} "$@"')
    machine.env["PATH"] = "/usr/bin:/bin"


def preview(machine: Machine) -> None:
    del machine.env["UV_NO_CONFIG"]
    write(".config/uv/uv.toml", "preview = true\n")(machine)


def cleared(machine: Machine) -> None:
    machine.git("config", "--global", "--add", f"credential.https://{HOST}.helper", "")


def hidden(machine: Machine) -> None:
    secret = f"{CANARY}-typed"
    machine.write_store(entry(f"https://{HOST}/", USER, secret))
    fields = {"protocol": "https", "host": HOST, "username": USER, "password": secret}
    machine.helper("erase", request(**fields))


def newer_in_git(machine: Machine) -> None:
    hidden(machine)
    machine.put_over_refused(protocol="https", host=HOST, username=USER, password=f"{CANARY}-new")


def erased(machine: Machine) -> None:
    fields = {"protocol": "https", "host": HOST, "username": USER, "password": CANARY}
    machine.helper("erase", request(**fields))


def expired(machine: Machine) -> None:
    soon = str(int(time.time()) + 1000)
    machine.put(
        protocol="https", host=HOST, username=USER, password=CANARY, password_expiry_utc=soon
    )
    machine.companion.write_text(machine.companion.read_text().replace(soon, "1000000001"))


def future(machine: Machine) -> None:
    later = time.time() + 86_400
    os.utime(machine.store, (later, later))


def filter_alone(machine: Machine) -> None:
    machine.git("config", "--global", "filter.uvx.process", f"{NAME} filter-process")


FAULTS: dict[str, tuple[Callable[[Machine], object], str, str, str, str]] = {
    "another version on PATH": (duplicate, "PATH", "problem", "another version (9.9)", "remove"),
    "a program on PATH whose Python is gone": (
        removed_python,
        "PATH",
        "problem",
        f"first/{NAME} does not run",
        f"uv tool install --force {NAME}",
    ),
    "no program on PATH": (
        no_path,
        "PATH",
        "problem",
        "is not on PATH",
        "uv tool install .",
    ),
    "Git never set up": (
        lambda machine: machine.run(NAME, "setup", "--remove"),
        "helpers",
        "problem",
        "not configured",
        "git-credential-uvx setup",
    ),
    "cleared for one host": (cleared, "helpers", "problem", "an empty", "setup --host"),
    "another helper first": (
        lambda machine: (
            (machine.git("config", "--global", "credential.helper", "store") and None)
            or machine.git("config", "--global", "--add", "credential.helper", "uvx")
        ),
        "helpers",
        "note",
        "Git asks the helper 'store' first",
        "setup --replace",
    ),
    "a header instead of a helper": (
        lambda machine: machine.git(
            *("config", "--global", "http.extraHeader", "Authorization: Basic abc")
        ),
        "helpers",
        "problem",
        "is sent instead",
        "remove that setting, and log in",
    ),
    "a filter that is not required": (
        filter_alone,
        "filter",
        "problem",
        "so Git adds a file with its secret",
        "git config --global filter.uvx.required true",
    ),
    "a store that others can read": (
        lambda machine: machine.store.chmod(0o644),
        "store",
        "problem",
        "mode 644",
        "chmod 600",
    ),
    "a folder that others can read": (
        lambda machine: machine.folder.chmod(0o755),
        "store",
        "problem",
        "mode 755",
        "chmod 700",
    ),
    "a store that is not TOML": (
        lambda machine: machine.store.write_text("nonsense\n"),
        "entries",
        "problem",
        "line 1",
        "repair line 1 or move the file away",
    ),
    "a hidden entry": (
        hidden,
        "entries",
        "problem",
        f"the server refused the password of {USER} of https://{HOST}/, so Git does not get it",
        f"run 'git-credential-uvx login {HOST} --username {USER}'",
    ),
    "a hidden entry with a newer password": (
        newer_in_git,
        "entries",
        "note",
        f"uv still has the password of {USER} of https://{HOST}/ that was refused",
        f"run 'git-credential-uvx login {HOST} --username {USER}'",
    ),
    "an erased entry": (
        erased,
        "entries",
        "note",
        f"the server refused the password of {USER} of https://{HOST}/, so Git erased it",
        f"restore {HOST} --username {USER}' if",
    ),
    "an expired entry": (expired, "entries", "note", "has expired", "login"),
    "a file from the future": (future, "clock", "problem", "in the future", "clock"),
    "an entry from the future": (
        lambda machine: machine.companion.write_text(
            re.sub(r"stored = \d+", "stored = 4000000000", machine.companion.read_text())
        ),
        "clock",
        "problem",
        "stored in the future",
        "set the clock",
    ),
    "a folder of certificates that is not there": (
        environ(SSL_CERT_DIR="/nowhere"),
        "TLS",
        "problem",
        "/nowhere",
        "correct or unset SSL_CERT_DIR",
    ),
    "a netrc line before the store": (
        write(".netrc", f"machine {HOST} login {USER} password {CANARY}-old\n"),
        "shadows",
        "problem",
        "line 1",
        "remove that line",
    ),
    "a variable before the store": (
        environ(UVX_TOKEN_git_secret__corp_test=f"{CANARY}-old"),
        "shadows",
        "problem",
        "UVX_TOKEN_",
        "variable",
    ),
    "a broken netrc": (
        write(".netrc", f"machine {HOST} login\n"),
        "netrc",
        "problem",
        "line 1",
        "repair line 1",
    ),
    "a netrc that uv ignores": (
        write(".netrc", f"machine x login y password z\nmachine {HOST} token\n"),
        "netrc",
        "problem",
        "line 2: an unknown keyword",
        "repair line 2; until then, uv ignores the whole file",
    ),
    "a netrc with a port": (
        write(".netrc", f"machine {HOST} login {USER} password {CANARY} port 8443\n"),
        "netrc",
        "note",
        "uv ignores the whole file because of line 1",
        "remove 'port' and 'protocol' from line 1",
    ),
    "a netrc with a comment that uv takes for words": (
        write(".netrc", f"machine {HOST} login {USER} password {CANARY}\n\n# my hosts\n"),
        "netrc",
        "note",
        "uv ignores the whole file because of line 3",
        "remove the empty line before the comment in line 3",
    ),
    "a netrc line that only Git reads": (
        write(".netrc", f"machine {HOST} login {USER} password {CANARY}-old port 8443\n"),
        "shadows",
        "problem",
        "line 1 answers Git before the stored entry",
        "remove that line",
    ),
    "a certificate that is not there": (
        environ(SSL_CERT_FILE="/nowhere/ca.pem"),
        "TLS",
        "problem",
        "/nowhere/ca.pem",
        "correct or unset SSL_CERT_FILE",
    ),
    "no check of certificates": (
        environ(GIT_SSL_NO_VERIFY="1"),
        "TLS",
        "problem",
        "GIT_SSL_NO_VERIFY",
        "unset",
    ),
    "no check of certificates, by a value that sounds like one": (
        environ(GIT_SSL_NO_VERIFY="false"),
        "TLS",
        "problem",
        "GIT_SSL_NO_VERIFY",
        "unset",
    ),
    "a proxy with a password": (
        environ(HTTPS_PROXY=f"http://{USER}:{CANARY}@proxy.test:3128"),
        "proxies",
        "ok",
        "http://proxy.test:3128",
        "",
    ),
    "a keyring that is not there": (
        environ(UV_KEYRING_PROVIDER="subprocess", PATH=f"{BIN}:/usr/bin:/bin"),
        "keyring",
        "",
        "keyring",
        "",
    ),
    "uv's native store": (
        environ(UV_PREVIEW_FEATURES="x, native-auth"),
        "previews",
        "problem",
        "native-auth",
        "switch",
    ),
    "uv's native store, in a file": (
        preview,
        "previews",
        "problem",
        "uv.toml",
        "switch",
    ),
    "a configuration that cannot be read": (
        write(f".config/{NAME}/config.toml", "x = 1\n"),
        "config",
        "problem",
        "line 1",
        "repair line 1 or move the file away",
    ),
    "a relative path in PYTHONPATH": (
        environ(PYTHONPATH="lib"),
        "PYTHONPATH",
        "note",
        "PYTHONPATH",
        "",
    ),
    "a folder of credentials that is no path": (
        environ(UV_CREDENTIALS_DIR="relative"),
        "settings",
        "problem",
        "UV_CREDENTIALS_DIR",
        "correct",
    ),
}


@cases("fault", FAULTS)
def test_a_fault_has_a_line_that_says_what_to_do(
    healthy: Machine, fault: tuple[Callable[[Machine], object], str, str, str, str]
) -> None:
    break_it, check, verdict, text, advice = fault
    before = healthy.env["PATH"]
    break_it(healthy)
    if healthy.env["PATH"] == "/usr/bin:/bin":
        done = healthy.run(BIN / NAME, "doctor", "--json", check=False)
        rows = [
            (one["verdict"], one["text"], one["advice"] or "")
            for one in json.loads(done.stdout)["verdicts"]
            if one["check"] == check
        ]
    else:
        rows = verdicts(healthy)[check]
    fitting = [row for row in rows if text in row[1] and row[0].startswith(verdict)]
    assert any(advice in row[2] for row in fitting), (rows, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
@pytest.mark.parametrize("under_sudo", [False, True])
def test_files_of_another_user_are_judged_as_get_does(healthy: Machine, under_sudo: bool) -> None:
    for path in (healthy.folder, healthy.companion, healthy.store):
        if path.exists():
            os.chown(path, 12345, 12345)
    if under_sudo:
        healthy.env["SUDO_UID"] = "12345"
    answer = healthy.helper("get", request(protocol="https", host=HOST))
    assert (CANARY.encode() in answer.stdout) is not under_sudo
    found = verdicts(healthy)
    rows = found["store"]
    assert {level for level, *_ in rows} == {"problem" if under_sudo else "ok"}
    wanted = "belongs to another user" if under_sudo else "of another user, which is fine for root"
    assert all(wanted in text for _, text, _ in rows)
    assert (found["entries"][0][0] == "problem") is under_sudo


def test_who_has_the_lock_is_named(healthy: Machine) -> None:
    with (healthy.folder / "credentials.toml.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ((verdict, text, _),) = verdicts(healthy)["lock"]
    assert verdict == "problem"
    if os.path.exists("/proc/locks"):
        assert f"process {os.getpid()}" in text


@cases(
    "broken",
    {
        "no home folder": {"HOME": "/nonexistent"},
        "a home folder that is a file": {"HOME": "/etc/passwd"},
        "a relative home folder": {"HOME": "home"},
        "no PATH": {"PATH": ""},
        "a PATH without git and uv": {"PATH": "/nonexistent"},
    },
)
def test_it_works_on_a_broken_machine(machine: Machine, broken: dict[str, str]) -> None:
    env = {**broken, "UV_CREDENTIALS_DIR": ""}
    done = machine.run(BIN / NAME, "doctor", check=False, env=env, forked=False)
    assert done.returncode == 1
    assert b"problem" in done.stdout
    assert b"Traceback" not in done.stderr
    assert b"unexpectedly" not in done.stderr


def full(machine: Machine) -> None:
    """Names and secrets wherever the doctor looks."""
    machine.run(NAME, "setup")
    machine.git(
        "config", "--global", f"credential.https://{HOST}.helper", f"!gh auth --token {CANARY}"
    )
    machine.put(protocol="https", host=HOST, username=USER, password=CANARY)
    hidden(machine)
    write(".netrc", f"machine {HOST} login {USER} password {CANARY}-old\nmachine x{HOST} login\n")(
        machine
    )
    write(f".config/{NAME}/config.toml", f'[[command]]\nmatch = "https://{HOST}"\nx = 1\n')(machine)
    certificate = machine.root / USER / f"{HOST}.pem"
    machine.env |= {
        "SSL_CERT_FILE": str(certificate),
        "HTTPS_PROXY": f"http://{USER}:{CANARY}@{HOST}:3128",
        "UVX_TOKEN_git_secret__corp_test": f"{CANARY}-3",
        "UV_CONFIG_FILE": f"/srv/{HOST}/uv.toml",
    }


def test_a_report_has_no_secret_and_no_name(machine: Machine) -> None:
    full(machine)
    report = machine.root / "report.txt"
    done = machine.run(NAME, "doctor", "--bundle", report, check=False)
    assert done.returncode == 1
    assert HOST.encode() in done.stdout
    assert CANARY.encode() not in done.stdout + done.stderr
    text = report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    for name in (CANARY, HOST, "secret-corp", "secret__corp", USER, str(machine.home)):
        assert name not in text
    assert "user-1 of https://host-" in text
    assert len(text.splitlines()) > 15


def test_the_same_host_has_the_same_placeholder(healthy: Machine) -> None:
    hidden(healthy)
    erased_fields = {"protocol": "https", "host": HOST, "username": "other", "password": CANARY}
    healthy.put(**erased_fields)
    report = healthy.root / "report.txt"
    cleared(healthy)
    healthy.run(NAME, "doctor", "--bundle", report, check=False)
    text = report.read_text()
    assert text.count("host-1") >= 2
    assert "host-2" not in text


def test_a_variable_in_a_report_does_not_name_its_host(healthy: Machine) -> None:
    healthy.env["UVX_TOKEN_git_secret__corp_test"] = f"{CANARY}-old"
    report = healthy.root / "report.txt"
    healthy.run(NAME, "doctor", "--bundle", report, check=False)
    text = report.read_text()
    assert "UVX_TOKEN_host-" in text
    assert "answers Git before the stored entry" in text
    assert "secret__corp" not in text


def test_a_report_with_names_has_no_secret(machine: Machine) -> None:
    full(machine)
    report = machine.root / "report.txt"
    machine.run(NAME, "doctor", "--bundle", report, "--with-names", check=False)
    text = report.read_text()
    assert HOST in text
    assert USER in text
    assert CANARY not in text


def test_a_report_overwrites_nothing(machine: Machine) -> None:
    report = machine.root / "report.txt"
    report.write_text("kept")
    done = machine.run(NAME, "doctor", "--bundle", report, check=False)
    assert done.returncode == 2
    assert report.read_text() == "kept"
