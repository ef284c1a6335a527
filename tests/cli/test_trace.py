"""GIT_CREDENTIAL_UVX_TRACE and `-v`: why Git gets a credential or none, and never the secret."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases, entry
from ..support.machine import Machine, request
from ..support.programs import program

if TYPE_CHECKING:
    from pathlib import Path

NAME = "git-credential-uvx"
CANARY = "CANARY-3f9c7d21"
SOURCES = ("environment", "netrc", "store", "keyring", "command")


@pytest.fixture
def traced(machine: Machine) -> Machine:
    """The same secret in every source, each for a host of its own."""
    machine.write_store(entry("https://store.test/", "alice", CANARY))
    machine.put(
        protocol="https",
        host="companion.test",
        username="alice",
        password=CANARY,
        oauth_refresh_token=CANARY,
        password_expiry_utc="99999999999",
    )
    netrc = machine.home / ".netrc"
    netrc.write_text(f"machine netrc.test login alice password {CANARY}\n")
    netrc.chmod(0o600)
    answer = f"case $* in *keyring.test*) echo {CANARY};; *) exit 1;; esac"
    program(machine.root / "bin" / "keyring", answer)
    program(machine.root / "bin" / "vault", f"echo {CANARY}")
    config = machine.home / ".config" / NAME
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        f'[[command]]\nmatch = "https://command.test"\nargv = ["vault", "{CANARY}"]\n'
        'username = "alice"\n'
    )
    machine.env |= {
        "PATH": f"{machine.root}/bin:{machine.env['PATH']}",
        "UVX_TOKEN_environment_test": CANARY,
        "UVX_USERNAME_environment_test": "alice",
        "UV_KEYRING_PROVIDER": "subprocess",
    }
    return machine


def lines(done: bytes) -> list[str]:
    """The lines of a trace on standard error, without their times."""
    found = done.decode().splitlines()
    assert all(re.fullmatch(rf"{NAME}: trace: .*  \[\d+\.\d ms\]", line) for line in found), found
    return [line.removeprefix(f"{NAME}: trace: ").rpartition("  [")[0] for line in found]


def of_sources(trace: list[str]) -> dict[str, str]:
    """What the trace says of each source."""
    pairs = [line.partition(": ") for line in trace]
    return {name: text for name, _, text in pairs if name in SOURCES}


@pytest.mark.parametrize("source", ["environment", "netrc", "store", "keyring", "command"])
def test_get_shows_which_source_was_asked_and_which_answered(traced: Machine, source: str) -> None:
    asked = request(protocol="https", host=f"{source}.test", path="a/b.git", username="alice")
    plain = traced.run(NAME, "get", input=asked)
    assert plain.stderr == b""
    done = traced.run(NAME, "get", input=asked, env={"GIT_CREDENTIAL_UVX_TRACE": "1"})
    assert done.stdout == plain.stdout
    assert CANARY.encode() in done.stdout
    trace = lines(done.stderr)
    assert f"get: protocol 'https', host '{source}.test', path 'a/b.git', username 'alice'" in trace
    told = of_sources(trace)
    assert list(told) == list(SOURCES[: SOURCES.index(source) + 1])
    assert told.pop(source).startswith("yes: 'alice', ")
    assert all(text.startswith(("no: ", "not asked: ")) for text in told.values()), told
    assert trace[-1].startswith("get: answered username, password")


def test_no_source_that_has_nothing_is_left_out(traced: Machine) -> None:
    asked = request(protocol="https", host="other.test")
    done = traced.run(NAME, "-v", "get", input=asked)
    trace = lines(done.stderr)
    assert tuple(of_sources(trace)) == SOURCES
    assert trace[-1] == "get: no credential"


OPERATIONS = {
    "get": request(protocol="https", host="{}"),
    "store": request(protocol="https", host="{}", username="alice", password=CANARY),
    "store of a new one": request(
        protocol="https", host="{}", username="bob", password=CANARY, oauth_refresh_token=CANARY
    ),
    "erase": request(protocol="https", host="{}", username="alice", password=CANARY),
    "get of nonsense": f"{CANARY}\n\n".encode(),
    "get of a URL": f"url=https://alice:{CANARY}@{{}}/\n\n".encode(),
    "get of a token as username": request(
        protocol="https", host="{}", username=f"ghp_{'a' * 30}CANARY-3f9c7d21"[:40]
    ),
    "get of a token without a shape": request(
        protocol="https", host="{}", path="a/b.git", username=f"CANARY{'0' * 34}"
    ),
    "erase of a token without a shape": request(
        protocol="https", host="{}", username=f"CANARY{'0' * 34}", password=CANARY
    ),
}


@cases("data", OPERATIONS)
@pytest.mark.parametrize("host", [*(f"{name}.test" for name in SOURCES), "companion.test"])
def test_no_trace_has_the_secret(
    traced: Machine, host: str, data: bytes, request: pytest.FixtureRequest
) -> None:
    operation = request.node.callspec.id.rpartition("-")[2].split()[0]
    file, events = traced.root / "trace", traced.root / "events"
    done = traced.run(
        *(NAME, "-v", operation),
        input=data.replace(b"{}", host.encode()),
        env={"GIT_CREDENTIAL_UVX_TRACE": str(file), "GIT_TRACE2_EVENT": str(events)},
    )
    for text in (done.stderr, file.read_bytes(), events.read_bytes()):
        assert text
        assert CANARY.encode() not in text
        assert b"CANARY" not in text


def test_an_account_that_is_not_a_token_is_named(machine: Machine) -> None:
    for name, path in (("alice", ""), ("a-long-organization", "a-long-organization/project")):
        asked = request(protocol="https", host="git.test", path=path, username=name)
        done = machine.run(NAME, "-v", "get", input=asked)
        assert f"username '{name}'" in done.stderr.decode()


def test_store_and_erase_say_what_they_wrote(machine: Machine) -> None:
    given = request(protocol="https", host="git.test", username="alice", password=CANARY)
    first = lines(machine.run(NAME, "-v", "store", input=given).stderr)
    assert any(line.startswith(f"wrote '{machine.store}'") for line in first)
    again = lines(machine.run(NAME, "-v", "store", input=given).stderr)
    assert "store: this credential is already stored" in again
    erased = lines(machine.run(NAME, "-v", "erase", input=given).stderr)
    assert any(line.startswith("wrote ") for line in erased)
    gone = lines(machine.run(NAME, "-v", "erase", input=given).stderr)
    assert "store: there is no such credential to remove" in gone


def test_what_another_source_has_is_not_stored_and_the_trace_says_so(traced: Machine) -> None:
    given = request(protocol="https", host="netrc.test", username="alice", password=CANARY)
    trace = lines(traced.run(NAME, "-v", "store", input=given).stderr)
    assert "not stored: netrc has this secret" in trace


@cases(
    "value",
    {
        "an escape sequence": b"a\x1b]0;title\x07b",
        "what is not UTF-8": b"a\xffb",
        "a quote": b"a'b",
        "a line separator": "a\u2028b".encode(),
        "a direction mark": "a\u202eb".encode(),
    },
)
def test_a_hostile_username_stays_in_its_line(machine: Machine, value: bytes) -> None:
    asked = request(protocol="https", host="git.test", username=value)
    file, events = machine.root / "trace", machine.root / "events"
    done = machine.run(
        *(NAME, "-v", "get"),
        input=asked,
        env={"GIT_CREDENTIAL_UVX_TRACE": str(file), "GIT_TRACE2_EVENT": str(events)},
    )
    assert all(text.isprintable() for text in done.stderr.decode().split("\n"))
    assert all(text.isprintable() for text in file.read_text().split("\n"))
    assert len(file.read_text().splitlines()) == len(done.stderr.splitlines())
    assert all(json.loads(line) for line in events.read_text().split("\n") if line)


def test_a_file_gets_the_lines_of_each_operation(machine: Machine) -> None:
    file = machine.root / "trace.log"
    machine.env["GIT_CREDENTIAL_UVX_TRACE"] = str(file)
    for _ in range(2):
        done = machine.run(NAME, "get", input=request(protocol="https", host="git.test"))
        assert done.stderr == b""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert text.count("get: no credential") == 2
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:]+Z \[\d+\] ", line) for line in text.splitlines())


@cases(
    "path",
    {
        "a folder that does not exist": "no/trace",
        "a folder": ".",
        "a symlink": "link",
        "a full disk": "/dev/full",
    },
)
def test_a_trace_that_cannot_be_written_does_not_stop_git(machine: Machine, path: str) -> None:
    machine.write_store(entry("https://git.test/"))
    (machine.root / "link").symlink_to(machine.store)
    before = machine.files()
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", "credential.helper=uvx", "credential", "fill"),
        input=request(protocol="https", host="git.test"),
        env={"GIT_CREDENTIAL_UVX_TRACE": str(machine.root / path)},
    )
    assert b"username=alice" in done.stdout
    assert done.stderr.startswith(b"git-credential-uvx: trace: cannot be written: ")
    assert done.stderr.count(b"\n") == 1
    assert machine.files() == before


OWN_FILES = {
    "uv's file": "credentials/credentials.toml",
    "the separate file": "credentials/git-credential-uvx.toml",
    "the lock": "credentials/.lock",
    "a new file in the folder of the store": "credentials/trace.txt",
    "the configuration": ".config/git-credential-uvx/config.toml",
    "uv's file by a symlink": "link",
    "uv's file by a linked folder": "linked/credentials.toml",
    "uv's file by a second name": "second",
    "the file that uv's file links to": "real.toml",
    "what a dangling link of the store leads to": "missing.toml",
    "a name with dots": "credentials/../credentials/./credentials.toml",
}


@cases("path", OWN_FILES)
@pytest.mark.parametrize("variable", ["GIT_CREDENTIAL_UVX_TRACE", "GIT_TRACE2_EVENT"])
@pytest.mark.parametrize("words", [("get",), ("list",)])
def test_no_trace_goes_into_a_file_of_ours(
    machine: Machine, path: str, variable: str, words: tuple[str, ...]
) -> None:
    machine.write_store(entry("https://git.test/"))
    machine.put(protocol="https", host="b.test", username="é".encode("latin-1"), password=CANARY)
    config = machine.home / ".config" / NAME
    config.mkdir(parents=True)
    (config / "config.toml").write_text("")
    _prepare(machine, path)
    before = everything(machine)
    asked = request(protocol="https", host="git.test")
    done = machine.run(NAME, *words, input=asked, env={variable: str(machine.home / path)})
    assert b"alice" in done.stdout
    if variable == "GIT_CREDENTIAL_UVX_TRACE":
        fault = done.stderr.removeprefix(b"git-credential-uvx: ")
        assert fault.startswith(b"trace: cannot be written: ")
        assert done.stderr.count(b"\n") == 1
    assert everything(machine) == before


def _prepare(machine: Machine, path: str) -> None:
    """Lay out the links that a path of OWN_FILES leads through."""
    if path == "link":
        (machine.home / path).symlink_to(machine.store)
    elif path == "second":
        os.link(machine.store, machine.home / path)
    elif path.startswith("linked/"):
        (machine.home / "linked").symlink_to(machine.folder)
    elif path == "real.toml":
        machine.store.rename(machine.home / path)
        machine.store.symlink_to(machine.home / path)
    elif path == "missing.toml":
        machine.companion.unlink(missing_ok=True)
        machine.companion.symlink_to(machine.home / path)


def everything(machine: Machine) -> dict[str, bytes]:
    """Every file of the home folder."""
    found = (path for path in machine.home.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in found}


def test_no_trace_makes_a_store(machine: Machine) -> None:
    machine.folder.mkdir(mode=0o700)
    env = {"GIT_CREDENTIAL_UVX_TRACE": str(machine.store)}
    done = machine.helper("get", request(protocol="https", host="git.test"), env=env)
    assert b"belongs to the store or the configuration" in done.stderr
    assert not machine.store.exists()


def test_git_can_be_configured_to_trace(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", "credential.helper=uvx -v"),
        *("credential", "fill"),
        input=request(protocol="https", host="git.test"),
    )
    assert b"username=alice" in done.stdout
    assert "store" in of_sources(lines(done.stderr))


@pytest.mark.parametrize("options", [("-q",), ("--quiet",), ("-q", "-v"), ("--verbose", "-q")])
def test_an_operation_takes_the_options_of_the_commands(
    machine: Machine, options: tuple[str, ...]
) -> None:
    machine.write_store(entry("https://git.test/"))
    done = machine.run(NAME, *options, "get", input=request(protocol="https", host="git.test"))
    assert b"username=alice" in done.stdout
    assert bool(done.stderr) is (len(options) == 2)


def fill(machine: Machine, **env: str) -> tuple[bytes, bytes]:
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", "credential.helper=uvx", "credential", "fill"),
        input=request(protocol="https", host="git.test"),
        env=env,
    )
    assert b"username=alice" in done.stdout
    return done.stdout, done.stderr


def ours(text: str) -> list[dict[str, object]]:
    """Our events in Git's trace, of which each line must be JSON."""
    events = [json.loads(line) for line in text.splitlines()]
    sids = {e["sid"] for e in events if e["event"] == "start" and e["argv"][0] == NAME}
    assert len(sids) == 1
    (sid,) = sids
    # Git's own process is above it.
    assert any(sid.startswith(f"{event['sid']}/") for event in events)
    return [event for event in events if event["sid"] == sid]


def test_gits_own_trace_shows_the_helper(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    file = machine.root / "events"
    _, stderr = fill(machine, GIT_TRACE2_EVENT=str(file))
    assert stderr == b""
    events = ours(file.read_text())
    kinds = [event["event"] for event in events]
    assert kinds[:3] == ["version", "start", "cmd_name"]
    assert kinds[-2:] == ["exit", "atexit"]
    values = [str(event["value"]) for event in events if event["event"] == "data"]
    assert any(value.startswith("store: yes: 'alice'") for value in values)


def test_gits_own_trace_on_standard_error_shows_the_helper(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    _, stderr = fill(machine, GIT_TRACE2_EVENT="1")
    assert len(ours(stderr.decode())) > 5


def test_gits_own_trace_in_a_folder_shows_the_helper(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/"))
    folder = machine.root / "events"
    folder.mkdir()
    fill(machine, GIT_TRACE2_EVENT=str(folder))
    assert len(ours("".join(path.read_text() for path in folder.iterdir()))) > 5


@pytest.mark.parametrize("target", ["0", "", "events", "9", "af_unix:/nowhere", "/no/folder/x"])
def test_other_targets_of_gits_trace_are_left_to_git(machine: Machine, target: str) -> None:
    machine.write_store(entry("https://git.test/"))
    done = machine.run(
        NAME,
        "get",
        input=request(protocol="https", host="git.test"),
        env={"GIT_TRACE2_EVENT": target},
    )
    assert done.stderr == b""
    assert b"username=alice" in done.stdout


def test_a_link_is_not_followed_for_gits_trace(machine: Machine, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    os.symlink(target, tmp_path / "link")
    asked = request(protocol="https", host="git.test")
    machine.run(NAME, "get", input=asked, env={"GIT_TRACE2_EVENT": str(tmp_path / "link")})
    assert target.read_text() == "kept"


def test_the_command_and_folder_of_git_are_named(machine: Machine) -> None:
    folder = machine.root / "checkout"
    machine.git("init", "--quiet", folder)
    env = {"GIT_CREDENTIAL_UVX_TRACE": "1"}
    done = machine.run(NAME, "sanitize", "--history", cwd=folder, env=env, check=False)
    shown = done.stderr.decode()
    assert "running 'git rev-list' in '.'" in shown
    assert "running 'git -" not in shown


def test_the_event_of_a_verbose_operation_names_the_operation(machine: Machine) -> None:
    events = machine.root / "events"
    asked = request(protocol="https", host="git.test")
    machine.run(NAME, "-v", "get", input=asked, env={"GIT_TRACE2_EVENT": str(events)})
    rows = map(json.loads, events.read_text().splitlines())
    start = next(row for row in rows if row["event"] == "start")
    assert start["argv"] == [NAME, "get"]
