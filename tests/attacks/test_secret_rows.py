"""Attacks on secrets in passing (V80, V82-V88, A62-A65): arguments, messages, logs, core files.

The numbers are rows of docs/attacks.md. `tests/cli/test_canary.py` looks for one secret
after every command (V82); here stands what one row is about.
"""

from __future__ import annotations

import pickle
import re
import subprocess
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import UvxError
from git_credential_uvx.urls.parts import UrlParts

from ..support.common import SECRET, cases, entry, victim
from ..support.machine import request
from ..support.programs import program
from ..support.terminal import at_terminal

if TYPE_CHECKING:
    from ..support.machine import Machine

COMMAND = "git-credential-uvx"
LOGIN = (COMMAND, "login")
# What takes a SERVICE or URL.
ASKING = (("login",), ("logout",), ("token",), ("list",), ("restore",), ("explain",))


@cases(
    "url",
    {
        "both parts": "https://%FF:%FE@good.test/",
        "the username": f"https://%FF:{SECRET}@good.test/",
        "the password": f"https://alice:{SECRET}%FF@good.test/",
    },
)
def test_v80_userinfo_that_is_no_text_is_not_stored(machine: Machine, url: str) -> None:
    done = machine.run(*LOGIN, url, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines()[-1].endswith("is not UTF-8")
    assert SECRET.encode() not in done.stderr
    assert machine.files() == {}


@pytest.mark.parametrize("words", ASKING, ids="".join)
@cases(
    "url",
    {
        "a slash in the password": f"https://alice:CAN/{SECRET}@good.test/",
        "a hash in the password": f"https://alice:#{SECRET}@good.test/",
        "a question mark in the password": f"https://alice:?{SECRET}@good.test/",
        "a backslash": f"https://alice\\x:{SECRET}@good.test/",
        "two at signs": f"https://alice:{SECRET}@x@good.test/",
        "a bad bracket": f"https://alice:{SECRET}@[::1/",
        "a bad port": f"https://alice:{SECRET}@good.test:99999/",
        "no scheme": f"alice:{SECRET}@good.test:path",
        "a nested URL": f"git+https://proxy.test/https://alice:{SECRET}@good.test/",
        "a broken escape": f"https://alice:{SECRET}%zz@good.test/",
        "another scheme": f"ssh://alice:{SECRET}@good.test/",
        "plain http": f"http://alice:{SECRET}@good.test/",
        "a line end": f"https://alice:{SECRET}\n@good.test/",
    },
)
def test_v81_a_url_that_is_refused_is_not_repeated(
    machine: Machine, words: tuple[str, ...], url: str
) -> None:
    done = machine.run(COMMAND, *words, url, check=False)
    if done.returncode == 2:
        assert done.stdout == b""
        assert done.stderr.count(b"\n") == 1
    assert SECRET.encode() not in done.stdout + done.stderr
    assert machine.files() == {}


@pytest.mark.parametrize(
    "words",
    [
        ("login", "good.test", SECRET),
        ("login", "good.test", f"--token{SECRET}"),
        ("login", "good.test", f"--password{SECRET}"),
        ("login", "good.test", f"-p{SECRET}"),
        ("login", "good.test", f"--verify={SECRET}"),
        ("login", "good.test", "--path", f"/x?token={SECRET}", "--token", "-"),
        ("login", "good.test", "--expires", SECRET, "--token", "-"),
        ("logout", "good.test", SECRET),
        ("token", "good.test", SECRET),
        ("list", "good.test", SECRET),
        ("explain", "https://good.test", "--keyring-provider", SECRET),
        ("explain", f"https://good.test/?token={SECRET}#{SECRET}"),
        ("helper", f"--protocol={SECRET}", "get"),
        ("dir", SECRET),
    ],
    ids=lambda words: " ".join(words[:3]).replace(SECRET, "SECRET"),
)
def test_v88_a_secret_in_the_wrong_place_is_not_repeated(
    machine: Machine, words: tuple[str, ...]
) -> None:
    done = machine.run(COMMAND, *words, input=b"x\n", check=False)
    assert done.returncode in (1, 2)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert machine.files() == {}


@cases("data", {"LF": f"{SECRET}\n", "CRLF": f"{SECRET}\r\n", "two": f"{SECRET}\n\n"})
def test_v88_one_line_end_after_a_token_is_no_part_of_it(machine: Machine, data: str) -> None:
    machine.run(*LOGIN, "good.test", "-u", "alice", "--token", "-", input=data.encode())
    assert machine.run(COMMAND, "token", "good.test").stdout == SECRET.encode() + b"\n"


@pytest.mark.parametrize("option", ["--token", "--password"])
def test_v88_a_line_end_in_an_argument_is_refused_and_not_repeated(
    machine: Machine, option: str
) -> None:
    words = ("--username", "alice")
    for value in (f"{SECRET}\n", f"{SECRET}\r", f"\n{SECRET}"):
        done = machine.run(*LOGIN, "good.test", *words, option, value, check=False)
        assert done.returncode == 2
        assert b"has a line end" in done.stderr
        assert SECRET.encode() not in done.stderr
    assert machine.files() == {}


@pytest.mark.parametrize("where", ["stored", "typed", "asked"])
def test_v83_no_url_of_an_answer_holds_userinfo(machine: Machine, where: str) -> None:
    if where == "stored":
        machine.write_store(entry(f"https://alice:{SECRET}@good.test/"))
    asked = f"https://alice:{SECRET}@good.test/" if where == "asked" else "https://good.test/"
    if where == "typed":
        machine.run(*LOGIN, f"https://alice:{SECRET}@good.test/?token={SECRET}#{SECRET}")
    for words in (
        ("list",),
        ("list", "--json"),
        ("explain", asked),
        ("explain", asked, "--json"),
        ("explain", asked, "--git"),
        ("explain", asked, "--verbose"),
    ):
        done = machine.run(COMMAND, *words, check=False)
        assert SECRET.encode() not in done.stdout + done.stderr


def test_v84_what_git_traces_of_a_helper_holds_no_secret_of_ours(machine: Machine) -> None:
    victim(machine)
    trace = machine.root / "trace"
    # Git's own log of what it writes to a helper is Git's; ours adds no line to it.
    env = {"GIT_TRACE": str(trace), "GIT_TRACE2": str(trace), "GIT_TRACE2_EVENT": str(trace)}
    options = ("-c", "credential.helper=uvx", "credential", "fill")
    asked = request(protocol="https", host="good.test")
    found = machine.run("git", *options, input=asked, env=env)
    assert SECRET.encode() in found.stdout
    assert b"credential-uvx" in trace.read_bytes()
    assert SECRET.encode() not in trace.read_bytes()
    assert found.stderr == b""


def test_v85_a_login_with_userinfo_writes_it_nowhere_but_as_a_password(machine: Machine) -> None:
    repository = machine.root / "r"
    machine.git("init", "--quiet", repository)
    (repository / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    url = f"https://alice:{SECRET}@good.test/team"
    machine.run(*LOGIN, url, cwd=repository)
    machine.run(COMMAND, "token", url, cwd=repository)
    machine.run(COMMAND, "restore", url, cwd=repository, check=False)
    machine.run(COMMAND, "explain", url, "--git", cwd=repository, check=False)
    holding = [
        path
        for path in machine.root.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert holding == [machine.store]
    text = machine.store.read_text()
    assert 'service = "https://good.test/team"' in text
    assert text.count(SECRET) == 1
    machine.run(COMMAND, "logout", url, cwd=repository)
    assert SECRET not in machine.store.read_text()


@cases(
    "words",
    {
        "a password": ("good.test", "--username", "alice", "--password", SECRET),
        "a token": ("good.test", "-u", "alice", "--token", SECRET),
        "a URL": (f"https://alice:{SECRET}@good.test",),
    },
)
def test_v86_a_secret_among_the_arguments_is_warned_about(
    machine: Machine, words: tuple[str, ...]
) -> None:
    done = machine.run(*LOGIN, *words)
    assert b"can see a" in done.stderr
    assert b"; use '-'" in done.stderr
    assert SECRET.encode() not in done.stderr


def test_v86_a_secret_on_standard_input_is_not_warned_about(machine: Machine) -> None:
    done = machine.run(*LOGIN, "good.test", "-u", "a", "--token", "-", input=SECRET.encode())
    assert b"can see a" not in done.stderr


def test_v87_a62_no_child_gets_a_secret_of_ours(machine: Machine) -> None:
    """A keyring and a git that write down their arguments, environment and input."""
    victim(machine)
    log = machine.root / "log"
    for name in ("keyring", "git"):
        script = f"{{ echo \"$0 $*\"; env; cat; }} >> '{log}'\nexit 1\n"
        program(machine.root / "bin" / name, script)
    machine.env |= {
        "PATH": f"{machine.root}/bin:{machine.env['PATH']}",
        "UV_KEYRING_PROVIDER": "subprocess",
    }
    options = ("--username", "bob", "--password", "-")
    machine.run(*LOGIN, "good.test", *options, input=SECRET.encode())
    questions_asked: tuple[tuple[str, ...], ...] = (
        ("token", "https://carol@good.test"),
        ("explain", "https://carol@good.test", "--git"),
        ("explain", "https://good.test", "--git", "--verbose"),
        ("logout", "good.test", "--username", "bob"),
    )
    for words in questions_asked:
        machine.run(COMMAND, *words, check=False)
    machine.helper("get", request(protocol="https", host="good.test", username="carol"))
    machine.helper(
        "store",
        request(protocol="https", host="good.test", username="carol", password=SECRET),
    )
    text = log.read_text()
    assert "keyring get https://good.test/ carol" in text
    assert "git config" in text or "git -" in text
    assert SECRET not in text


BROKEN = {
    "no TOML": f'password = "{SECRET}',
    "no TOML after the secret": entry("https://good.test/") + f"\n= {SECRET}\n",
    "a key twice": entry("https://good.test/") + f'password = "{SECRET}"\n',
    "no UTF-8": entry("https://good.test/").encode() + b"# \xff\n",
    "another scheme": entry("https://good.test/").replace("basic", SECRET),
    "a service without a scheme": entry(SECRET),
    "a password that is a number": f'[[credential]]\nservice = "https://h/"\npassword = {SECRET}',
    "deep nesting": f'k = "{SECRET}"\nx = {"[" * 5000}{"]" * 5000}\n',
}


@cases("text", BROKEN)
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--json"),
        ("token", "good.test"),
        ("login", "good.test", "-u", "alice", "--token", "-"),
        ("logout", "good.test", "--all"),
        ("restore", "good.test"),
        ("explain", "https://good.test"),
    ],
    ids=" ".join,
)
def test_a63_a_broken_store_is_told_without_what_it_holds(
    machine: Machine, text: str | bytes, words: tuple[str, ...]
) -> None:
    machine.write_store(text)
    before = machine.files()
    done = machine.run(COMMAND, *words, input=b"new\n", check=False)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    assert b"unexpectedly" not in done.stderr
    assert machine.files() == before
    if words[0] != "explain":
        assert done.returncode == 2
        assert (done.stdout, done.stderr.count(b"\n")) == (b"", 1)
        assert b"credentials.toml" in done.stderr


@cases(
    "data",
    {
        "no JSON": f'{{"uri": "https://alice:{SECRET}@good.test/"',
        "another type": f'["{SECRET}"]',
        "a number": f'{{"uri": 1, "x": "{SECRET}"}}',
        "no URL": f'{{"uri": "{SECRET}"}}',
        "a lone surrogate": f'{{"uri": "https://\\ud800{SECRET}@good.test/"}}',
        "deep": f'{{"uri": {"[" * 100_000}"{SECRET}"',
        "a control": f'{{"uri": "https://alice:{SECRET}\\u001b@good.test/"}}',
        "a torn one": f'{{"uri": "https://alice:CAN/{SECRET}@good.test/"}}',
    },
)
def test_a63_a_broken_question_is_told_without_what_it_holds(machine: Machine, data: str) -> None:
    words = (COMMAND, "helper", "--protocol", "bazel", "get")
    done = machine.run(*words, input=data.encode(), check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert SECRET.encode() not in done.stderr
    assert b"unexpectedly" not in done.stderr


@pytest.mark.parametrize(
    "url", [f"https://alice:CAN/{SECRET}@h.test/", f"https://a:{SECRET}@[::1/", f"{SECRET}://x"]
)
def test_a63_an_error_of_the_package_carries_nothing(url: str) -> None:
    with pytest.raises(UvxError) as caught:
        UrlParts(url)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert SECRET not in f"{seen!r} {seen} {seen.args} {vars(seen)}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def test_a64_a_credential_shows_nothing_in_any_form() -> None:
    found = Credential(b"alice", Secret(SECRET.encode()), refresh=Secret(SECRET.encode()))
    secret = found.secret
    text = f"{found} {found!r} {secret} {secret!r} {secret:>20} %s %r" % (secret, found)
    assert SECRET not in text
    for thing in (found, secret):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_a64_a_traceback_with_variables_shows_nothing() -> None:
    def handle(credential: Credential, secret: Secret) -> None:
        raise KeyError("x")

    try:
        handle(Credential(b"alice", Secret(SECRET.encode())), Secret(SECRET.encode()))
    except KeyError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert SECRET not in "".join(told.format())


def core_limit(pid: int | None) -> str:
    """The soft limit of a process for core files, once it has set its own."""
    limit = ""
    for _ in range(1000):
        found = re.search(
            r"^Max core file size +(\S+)", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE
        )
        assert found is not None
        limit = found[1]
        if limit == "1":
            break
        time.sleep(0.01)
    return limit


@pytest.fixture
def unlimited(machine: Machine) -> Machine:
    """A machine whose shell allows core files of any size."""
    done = machine.run("sh", "-c", "ulimit -c unlimited", check=False)
    if done.returncode != 0:
        pytest.skip("core files cannot be allowed here")
    return machine


@pytest.mark.parametrize("words", ["get", "store", "login good.test -u a --token -"])
def test_a65_a_command_that_waits_for_a_secret_leaves_no_core_file(
    unlimited: Machine, words: str
) -> None:
    line = f"ulimit -c unlimited; exec {COMMAND} {words}"
    process = subprocess.Popen(
        ["sh", "-c", line],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=unlimited.env,
        cwd=unlimited.root,
    )
    try:
        assert core_limit(process.pid) == "1"
    finally:
        process.kill()
        process.communicate()


def test_a65_a_prompt_leaves_no_core_file(unlimited: Machine) -> None:
    line = f"ulimit -c unlimited; exec {COMMAND} login --no-verify good.test -u alice"
    with at_terminal(unlimited, "sh", "-c", line) as terminal:
        terminal.wait_for(b"password: ")
        assert core_limit(terminal.child.pid) == "1"
        terminal.wait_for_echo(False)
        terminal.child.send(SECRET.encode())
        terminal.child.kill(11)
        terminal.end()
    assert terminal.status == 128 + 11
    assert not list(unlimited.root.glob("*core*"))


def test_a65_what_exec_runs_keeps_its_own_limit(unlimited: Machine) -> None:
    line = f"ulimit -c unlimited; exec {COMMAND} exec -- grep core /proc/self/limits"
    done = unlimited.run("sh", "-c", line)
    assert done.stdout.split()[:6] == b"Max core file size unlimited unlimited".split()
