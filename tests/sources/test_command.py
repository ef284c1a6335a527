"""Commands: which one answers, what is read from it, and that its secret is kept until its end."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.config.own import parse
from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.query import Query
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.urls.service import service_from_git

from ..support.programs import assert_stopped, environment, program, sleeper, web_token

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = 1_700_000_000
SECRET = "CANARY-3f9c"


def asked(host: str = "h.test", username: bytes | None = None, path: bytes = b"") -> Query:
    return Query(service_from_git(b"https", host.encode(), path), username)


def source(
    root: Path, text: str, environ: Mapping[str, str] | None = None, **more: frozenset[bytes]
) -> CommandSource:
    """The source of a configuration, with `bin` on PATH and its secrets kept in `run`."""
    commands = parse(text.encode(), "/c.toml").commands
    environ = environ or environment(root / "bin")
    return CommandSource(commands, str(root / "run"), environ, place="/c.toml", **more)


def counting(root: Path, script: str = "echo token-$n") -> None:
    """A program `tok` that notes each run, `$n` the number of this one."""
    count = f"echo x >> '{root}/runs'; n=$(wc -l < '{root}/runs' | tr -d ' ')\n"
    program(root / "bin" / "tok", count + script + "\n")


def kept(root: Path) -> list[Path]:
    """The files with secrets in `run`."""
    return [path for path in (root / "run").glob("*") if path.suffix != ".lock"]


def runs(root: Path) -> int:
    path = root / "runs"
    return len(path.read_text().split()) if path.exists() else 0


ENTRY = "[[command]]\nmatch = 'https://h.test'\nargv = ['tok']\n"


def test_the_first_line_is_the_secret(tmp_path: Path) -> None:
    counting(tmp_path, "printf ' a b \\r\\nmore\\n'")
    found = source(tmp_path, ENTRY + "ttl = 600\nusername = 'bob'").find(asked(), NOW)
    assert found.credential == Credential(b"bob", Secret(b" a b "), expires=NOW + 600)
    assert (found.place, found.reason, found.warning) == ("'/c.toml', line 1", "", None)


MATCHING = """
[[command]]
match = "https://h.test/team"
username = "alice"
argv = ["echo", "1"]
[[command]]
match = "https://h.test"
username = "bob"
argv = ["echo", "2"]
[[command]]
match = "https://*.h.test"
argv = ["echo", "3"]
"""

ASKED = {
    "a path and nobody": (asked(path=b"team/r"), b"1", b"alice"),
    "a path and the other one": (asked(username=b"bob", path=b"team/r"), b"2", b"bob"),
    "a host and nobody": (asked(), b"2", b"bob"),
    "a host and somebody else": (asked(username=b"carol"), None, None),
    "a name for any account": (asked(username=b"git"), b"2", b"bob"),
    "a name for any account for an entry of anybody": (asked("x.h.test", b"git"), b"3", None),
    "anybody": (asked("x.h.test", b"carol"), b"3", b"carol"),
    "nobody for an entry of anybody": (asked("x.h.test"), b"3", None),
    "another host": (asked("h.test.evil.test"), None, None),
    "another port": (asked("h.test:8443"), None, None),
}


@pytest.mark.parametrize(("query", "secret", "username"), ASKED.values(), ids=ASKED)
def test_the_first_entry_for_url_and_username_answers(
    tmp_path: Path, query: Query, secret: bytes | None, username: bytes | None
) -> None:
    found = source(tmp_path, MATCHING, accepts_any=frozenset([b"git"])).find(query, NOW)
    if secret is None:
        assert found.credential is None
        assert found.reason == "no command is configured for this URL and username"
        assert found.warning is None
    else:
        assert found.credential == Credential(username, Secret(secret), expires=NOW + 300)


def test_a_secret_is_kept_until_a_minute_before_its_end(tmp_path: Path) -> None:
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY + "ttl = 600")
    for later, number in ((0, 1), (539, 1), (540, 2), (1079, 2), (1080, 3)):
        found = tokens.find(asked(), NOW + later)
        assert found.credential is not None
        assert found.credential.secret.reveal() == b"token-%d" % number
    assert runs(tmp_path) == 3


def test_a_secret_of_a_short_life_is_kept_for_half_of_it(tmp_path: Path) -> None:
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY + "ttl = 60")
    for later, number in ((0, 1), (29, 1), (30, 2)):
        tokens.find(asked(), NOW + later)
        assert runs(tmp_path) == number


def test_what_is_kept_is_private(tmp_path: Path) -> None:
    counting(tmp_path, f"echo {SECRET}")
    umask = os.umask(0)
    try:
        source(tmp_path, ENTRY).find(asked(), NOW)
    finally:
        os.umask(umask)
    folder = tmp_path / "run"
    assert folder.stat().st_mode & 0o777 == 0o700
    kept = [path for path in folder.iterdir() if SECRET in path.read_text()]
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o777 == 0o600
    assert all(part not in kept[0].name for part in ("h.test", "tok", SECRET))


def test_entries_keep_their_secrets_apart(tmp_path: Path) -> None:
    counting(tmp_path)
    other = ENTRY.replace("h.test", "g.test")
    tokens = source(tmp_path, ENTRY + "username = 'a'\n" + ENTRY + "username = 'b'\n" + other)
    for query in (asked(username=b"a"), asked(username=b"b"), asked("g.test")):
        tokens.find(query, NOW)
    assert runs(tmp_path) == 3


def test_what_is_kept_answers_for_any_username_without_a_run(tmp_path: Path) -> None:
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY)
    assert tokens.find(asked("g.test"), NOW).credential is None
    assert kept(tmp_path) == []
    tokens.find(asked(), NOW)
    expected = Credential(b"bob", Secret(b"token-1"), expires=NOW + 300)
    assert tokens.find(asked(username=b"bob"), NOW).credential == expected
    assert runs(tmp_path) == 1


def test_what_a_server_refused_is_not_kept(tmp_path: Path) -> None:
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY)
    tokens.forget(asked(), None)
    tokens.find(asked(), NOW)
    tokens.forget(asked(), Secret(b"another"))
    assert len(kept(tmp_path)) == 1
    tokens.forget(asked(), Secret(b"token-1"))
    assert kept(tmp_path) == []
    tokens.find(asked(), NOW)
    assert runs(tmp_path) == 2


FAILURES = {
    "that fails": ("echo CANARY-3f9c; echo CANARY-3f9c >&2; exit 4", "tok ended with status 4"),
    "that is killed": ("kill -9 $$", "tok ended with status -9"),
    "that says nothing": ("exit 0", "tok printed no secret"),
    "that writes an empty line": ("echo; echo CANARY-3f9c", "tok printed no secret"),
    "that writes NUL": (
        "printf 'CANARY-3f9c\\0\\n'",
        "tok printed a secret with a line end or NUL",
    ),
    "that writes CR": (
        "printf 'CANARY-3f9c\\rx\\n'",
        "tok printed a secret with a line end or NUL",
    ),
    "that writes too much": ("yes CANARY-3f9c", "tok wrote more than 65536 bytes"),
    "that is not there": (None, "tok not found on PATH"),
}


@pytest.mark.parametrize(("script", "reason"), FAILURES.values(), ids=FAILURES)
def test_a_command_without_an_answer(tmp_path: Path, script: str | None, reason: str) -> None:
    if script is not None:
        counting(tmp_path, script)
    found = source(tmp_path, ENTRY).find(asked(), NOW)
    assert found.credential is None
    assert (found.reason, found.warning) == (reason, reason)
    assert SECRET not in reason


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (0, "tok printed a secret that has expired"),
        (NOW, "tok printed a secret that has expired"),
    ],
)
def test_a_secret_whose_time_is_over(tmp_path: Path, end: int, reason: str) -> None:
    counting(tmp_path, f"echo '{web_token(exp=end or 1).decode()}'")
    found = source(tmp_path, ENTRY + "expiry-from = 'jwt'").find(asked(), NOW)
    assert (found.credential, found.reason) == (None, reason)


def test_a_secret_of_unknown_end_is_kept_for_a_while(tmp_path: Path) -> None:
    counting(tmp_path, "echo opaque")
    found = source(tmp_path, ENTRY + "expiry-from = 'jwt'").find(asked(), NOW)
    assert found.credential == Credential(None, Secret(b"opaque"), expires=NOW + 300)
    assert found.warning == "tok did not say when its secret expires, so it is kept for 300 s"


def test_a_secret_that_is_still_good_answers_when_there_is_no_new_one(tmp_path: Path) -> None:
    counting(tmp_path, "[ $n = 1 ] && echo token-1")
    tokens = source(tmp_path, ENTRY + "ttl = 600")
    for later in (0, 560):
        found = tokens.find(asked(), NOW + later)
        assert found.credential is not None
    assert tokens.find(asked(), NOW + 600).credential is None
    assert runs(tmp_path) == 3


def test_a_command_that_sleeps_is_stopped(tmp_path: Path) -> None:
    sleeper(tmp_path / "bin" / "tok", tmp_path)
    found = source(tmp_path, ENTRY + "timeout = 1").find(asked(), NOW)
    assert found.reason == found.warning == "tok did not answer within 1 s"
    assert_stopped(tmp_path)


ASKER = """
import sys
from git_credential_uvx.config.own import load
from git_credential_uvx.query import Query
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.urls.service import service_from_git

config, folder, path, now = sys.argv[1:]
source = CommandSource(load(config).commands, folder, {"PATH": path})
query = Query(service_from_git(b"https", b"h.test", None))
print("ready", flush=True)
sys.stdin.readline()
found = source.find(query, int(now))
sys.stdout.buffer.write(found.credential.secret.reveal() if found.credential else b"nothing")
"""


def ask_at_once(root: Path, text: str, now: int, count: int = 8) -> list[bytes]:
    """What so many processes get that ask at the same moment."""
    (root / "config.toml").write_text(text)
    arguments = [root / "config.toml", root / "run", environment(root / "bin")["PATH"], now]
    askers = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(count)
    ]
    for asker in askers:
        assert asker.stdout is not None
        assert asker.stdout.readline() == b"ready\n"
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write(b"\n")
        asker.stdin.flush()
    return [asker.communicate()[0] for asker in askers]


def test_eight_that_ask_at_once_run_the_command_once(tmp_path: Path) -> None:
    counting(tmp_path, "sleep 0.5; echo token-$n")
    text = ENTRY + "ttl = 600\ntimeout = 60"
    source(tmp_path, text).find(asked(), NOW)
    assert ask_at_once(tmp_path, text, NOW + 10_000) == [b"token-2"] * 8
    assert runs(tmp_path) == 2


def test_who_waits_for_another_waits_no_longer_than_the_limit(tmp_path: Path) -> None:
    sleeper(tmp_path / "bin" / "tok", tmp_path)
    assert ask_at_once(tmp_path, ENTRY + "timeout = 1", NOW, 2) == [b"nothing"] * 2
    assert_stopped(tmp_path)


def test_without_a_folder_of_ours_nothing_is_kept(tmp_path: Path) -> None:
    counting(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    tokens = source(tmp_path, ENTRY)
    for number in (1, 2):
        found = tokens.find(asked(), NOW)
        assert found.credential is not None
        assert found.credential.secret.reveal() == b"token-%d" % number
        assert found.warning is not None
        assert found.warning.startswith("the secret of tok is not kept: ")
    assert list((tmp_path / "run").iterdir()) == []


def test_where_no_lock_can_be_made_nothing_is_kept_and_git_has_its_answer(tmp_path: Path) -> None:
    """As on a full disk, or where the folder can be read only."""
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY + "ttl = 600")
    tokens.find(asked(), NOW)
    for lock in (tmp_path / "run").glob("*.lock"):
        lock.unlink()
        lock.mkdir()
    for later, number, kept in ((560, 1, True), (600, 2, False), (600, 3, False)):
        found = tokens.find(asked(), NOW + later)
        assert found.credential is not None
        assert found.credential.secret.reveal() == b"token-%d" % number
        told = found.warning or ""
        assert told.startswith("" if kept else "the secret of tok is not kept: cannot lock '")
        assert bool(told) is not kept


@pytest.mark.parametrize("folder", ["", "run"])
def test_a_folder_that_is_not_absolute_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    counting(tmp_path)
    commands = parse(ENTRY.encode(), "/c.toml").commands
    found = CommandSource(commands, folder, environment(tmp_path / "bin")).find(asked(), NOW)
    assert found.credential is not None
    assert found.warning == "the secret of tok is not kept: XDG_RUNTIME_DIR is not set"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "runs"]


@pytest.mark.parametrize("data", [b"", b"x", b"1 2", b"1\ntok", b"1 2\n", b"-1 2\ntok", b"\xff"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, data: bytes) -> None:
    counting(tmp_path)
    tokens = source(tmp_path, ENTRY)
    tokens.find(asked(), NOW)
    kept(tmp_path)[0].write_bytes(data)
    found = tokens.find(asked(), NOW)
    assert found.credential is not None
    assert found.credential.secret.reveal() == b"token-2"
