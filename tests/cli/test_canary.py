"""One secret, in every place where one can be, and every command in every manner: where it shows.

It may show in the store's two files, in what a command was asked to write, and on standard output
of the few commands that are there to print it.
"""

from __future__ import annotations

import json
import shutil
import stat
import sys
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import click
import pytest

from git_credential_uvx import cli
from git_credential_uvx.git.packets import list_of, packets_of

from ..support.common import cases
from ..support.machine import BIN, Machine, request
from ..support.programs import program
from ..support.terminal import play

if TYPE_CHECKING:
    from pathlib import Path


SECRET = "CANARY/3f9c+7d21=e"
COMMAND = str(BIN / "git-credential-uvx")
CHILDREN = ("git", "keyring", "gh", "uv", "man")
USERNAMES = ("", "alice", "bob", "carol", "dave", "erin", "__token__")

# Other spellings of it, and what of Base64 does not depend on what follows.
SPELLINGS = {
    "plain": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded in lower case": quote(SECRET, safe="")
    .replace("%2F", "%2f")
    .replace("%2B", "%2b")
    .replace("%3D", "%3d"),
    "percent-encoded, but slashes": quote(SECRET),
    "percent-encoded for a form": quote_plus(SECRET),
    "hexadecimal": SECRET.encode().hex(),
    "escaped for JSON": SECRET.replace("/", "\\/"),
    **{
        f"Base64 after '{before}'": b64encode((before + SECRET).encode()).decode()[:-4]
        for before in ("", *(f"{name}:" for name in USERNAMES))
    },
}

ASKED = request(protocol="https", host="good.test", username="alice")
GIVEN = request(protocol="https", host="new.test", username="alice", password=SECRET)
BAZEL = b'{"uri": "https://alice@good.test/"}'
QUOTED = quote(SECRET, safe="")
SPEC = f"new @ git+https://alice:{QUOTED}@new.test/r?token={QUOTED}\n".encode()
FILTERED = (
    list_of([b"git-filter-client", b"version=2"])
    + list_of([b"capability=clean"])
    + list_of([b"command=clean", b"pathname=spec.txt"])
    + b"".join(packets_of([SPEC]))
)
STDIN = SECRET.encode() + b"\n"
NOTHING = b""


class Row:
    """A command line, its standard input, and where the secret may be then.

    `prints` tells that standard output may hold it, `writes` names a file that may.
    """

    def __init__(
        self, line: str, data: bytes = NOTHING, *, prints: bool = False, writes: str = ""
    ) -> None:
        self.line = line.format(secret=SECRET, quoted=QUOTED)
        self.data = data
        self.prints = prints
        self.writes = writes


ROWS: dict[str, tuple[Row, ...]] = {
    "get": (Row("", ASKED, prints=True), Row("", b"password=" + STDIN)),
    "store": (Row("", GIVEN), Row("", GIVEN.replace(b"host=", b"host=\x1b"))),
    "erase": (Row("", ASKED[:-1] + b"password=" + STDIN + b"\n"), Row("", b"nonsense" + STDIN)),
    "capability": (Row(""), Row("", STDIN)),
    "login": (
        Row("new.test --token -", STDIN),
        Row("new.test --username alice --password -", STDIN),
        Row("good.test --username alice --password - --expires 1d", STDIN),
        Row("new.test --token {secret}"),
        Row("new.test --username alice --password {secret} --verify"),
        Row("https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/?token={secret}"),
        Row("new.test --username alice --password -", STDIN[:-1] + b"\xff\n"),
        Row("new.test {secret}"),
        Row("new.test --username alice"),
        Row("https://alice:{secret}@new.test/"),
        Row("ssh://alice:{secret}@new.test/"),
        Row("new.test --expires {secret} --token -", STDIN),
    ),
    "logout": (
        Row("good.test --username alice"),
        Row("good.test --all"),
        Row("--all"),
        Row("--all --yes"),
        Row("good.test"),
        Row("https://alice:{secret}@new.test"),
        Row("https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/"),
    ),
    "token": (
        Row("good.test --username alice", prints=True),
        Row("https://netrc.test", prints=True),
        Row("https://carol@keyring.test", prints=True),
        Row("good.test"),
        Row("new.test {secret}"),
        Row("https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/"),
    ),
    "use": (
        Row("good.test"),
        Row("good.test --username alice"),
        Row("good.test --username {secret}"),
        Row("https://alice:{secret}@good.test"),
    ),
    "list": (Row(""), Row("good.test"), Row("https://alice:{secret}@good.test")),
    "restore": (Row("erased.test"), Row("good.test"), Row("https://a:{secret}@good.test")),
    "explain": (
        Row("https://good.test"),
        Row("https://alice@good.test --git"),
        Row("https://netrc.test"),
        Row("https://carol@keyring.test"),
        Row("https://index.test/simple"),
        Row("https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/?token={secret}#{secret}"),
        Row("https://alice:{secret}@new.test/"),
    ),
    "check": (
        Row("https://good.test"),
        Row("https://alice@good.test/r.git https://netrc.test/r.git"),
        Row("--index i https://carol@keyring.test/simple"),
        Row("--publish https://alice@good.test/legacy/"),
        Row("--all"),
        Row("https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/r.git?token={secret}#{secret}"),
        Row("git+https://alice:CANARY%2F3f9c%2B7d21%3De@new.test/r@{secret}"),
        Row("https://alice:{secret}@new.test/"),
        Row("--timeout {secret} good.test"),
        Row("good.test --allow-insecure-http http://x:{secret}@h/"),
    ),
    "dir": (Row(""), Row("{secret}")),
    "helper": (
        Row("--protocol bazel get", BAZEL, prints=True),
        Row("--protocol bazel get", STDIN),
        Row("--protocol {secret} get"),
    ),
    "setup": (
        Row(""),
        Row("--check"),
        Row("--local"),
        Row("--remove"),
        Row("--host good.test"),
        Row("--host https://alice:{secret}@good.test"),
        Row("--file new.gitconfig"),
    ),
    "env": (
        Row(""),
        Row("--shell github"),
        Row("--host good.test"),
        Row("--host https://alice:{secret}@good.test"),
        Row("--shell {secret}"),
    ),
    "exec": (
        Row("-- git --version"),
        Row("-- git config --get-all credential.helper"),
        Row("--host https://alice:{secret}@good.test -- git --version"),
        Row("-- /nonexistent"),
    ),
    "import": (
        Row(""),
        Row("--dry-run"),
        Row("--replace"),
        Row("--replace --delete-source"),
        Row("broken"),
        Row("nonexistent"),
        Row("--from {secret}"),
    ),
    "export": (
        Row("--format git-credentials", prints=True),
        Row("--format netrc --show", prints=True),
        Row("--format env", prints=True),
        Row("--format netrc --output out", writes="out"),
        Row("--format netrc --output held", writes="held"),
        Row("--format {secret}"),
        Row("--format netrc --host https://alice:{secret}@good.test"),
    ),
    "add": (
        Row("--project app --frozen x@git+https://alice:{quoted}@new.test/r"),
        Row("--project app --frozen x@https://alice:{quoted}@new.test/x-1-py3-none-any.whl"),
        Row("--project app --frozen --index corp=https://alice:{quoted}@new.test/simple x"),
        Row("--project app --frozen x@https://new.test/x-1-py3-none-any.whl?token={quoted}"),
        Row("--project app --offline x@git+https://alice:{quoted}@new.test/r"),
        Row("--project app x@git+https://alice:{secret}@new.test/r"),
        Row("--project app --frozen -r spec.txt"),
        Row(
            "--project app --frozen --raw --yes x@git+https://alice:{quoted}@new.test/r",
            writes="app/pyproject.toml",
        ),
        Row("x@git+https://alice:{quoted}@new.test/r"),
    ),
    "sanitize": (
        Row("-", SPEC),
        Row("--store -", SPEC),
        Row("--check -", SPEC),
        Row("--diff -", SPEC),
        Row("--format sarif --check -", SPEC),
        Row("-", SPEC.replace(b"%2F", b"/")),
        Row("--check -", SPEC.replace(b"%2F", b"/")),
        Row("home/.git-credentials"),
        Row("--diff home/.git-credentials"),
        Row("--write home/.git-credentials"),
        Row("--format json home/.git-credentials"),
        Row("--format github home/.git-credentials"),
        Row("--baseline new.json --update-baseline home/.git-credentials"),
        Row("https://alice:{secret}@new.test/"),
        Row("--format {secret}"),
        Row("--staged"),
        Row("--staged --diff --verbose"),
        Row("--staged --format json"),
        Row("--history"),
        Row("--history --format sarif"),
        Row("--history {secret}"),
    ),
    "filter-process": (
        Row("", FILTERED),
        Row("--store", FILTERED),
        Row("", FILTERED.replace(b"%2F", b"/++")),
        Row("", FILTERED[:-20]),
        Row("", STDIN),
    ),
    "completion": (Row("bash"), Row("zsh"), Row("fish"), Row("{secret}")),
    "doctor": (Row(""), Row("--bundle out.txt"), Row("{secret}")),
    "help": (Row(""), Row("login"), Row("https://alice:{secret}@new.test/")),
    "man": (Row(""), Row("{secret}")),
}
OPERATIONS = ("get", "store", "erase", "capability")


def manners(name: str) -> list[str]:
    """The options that a command speaks more, less or otherwise with."""
    if name in OPERATIONS:
        return ["", "--verbose"]
    command = cli.command.get_command(click.Context(cli.command), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    return ["", *sorted(options & {"--verbose", "--quiet", "--json"})]


RUNS = [
    pytest.param(name, manner, row, id=" ".join(f"{name} {manner} {row.line}".split()))
    for name, rows in ROWS.items()
    for manner in manners(name)
    for row in rows
]


def spelled(data: bytes) -> set[str]:
    """The spellings of the secret in some bytes."""
    return {name for name, text in SPELLINGS.items() if text.encode() in data}


def holders(root: Path) -> set[Path]:
    """The files that hold it."""
    return {p for p in root.rglob("*") if p.is_file() and spelled(p.read_bytes())}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secret in every place that a command reads, and programs that write down how they are
    started: their arguments, and what is in the environment besides the machine's own."""
    machine = Machine(tmp_path_factory.mktemp("template"))
    machine.uv_login("https://good.test", "alice", SECRET)
    machine.uv_login("https://good.test", "bob", SECRET)
    for host in ("companion.test", "erased.test"):
        fields = {"protocol": "https", "host": host, "username": "dave", "password": SECRET}
        machine.put(**fields, oauth_refresh_token=SECRET, password_expiry_utc="99999999999")
    machine.erase(protocol="https", host="erased.test", username="dave", password=SECRET)
    (machine.root / "app").mkdir()
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
    for path, text in {
        machine.root / "app" / "pyproject.toml": project,
        machine.home / ".netrc": f"machine netrc.test login erin password {SECRET}\n",
        machine.home / ".git-credentials": f"https://erin:{quote(SECRET, safe='')}@stored.test\n",
        machine.root / "spec.txt": SPEC.decode(),
        machine.root / "broken": f"https://erin:{quote(SECRET, safe='')}@\x1b\nmachine {SECRET}\n",
        machine.root / "held": f"old {SECRET}\n",
        machine.root / "uv.toml": '[[index]]\nname = "i"\n'
        f'url = "https://alice:{quote(SECRET, safe="")}@index.test/simple"\n',
    }.items():
        path.write_text(text)
        path.chmod(0o600)
    machine.git("init", "--quiet", "--template=")
    author = ("-c", "user.name=erin", "-c", "user.email=erin@localhost")
    machine.git("add", "spec.txt")
    machine.git(*author, "commit", "--quiet", "-m", "x")
    machine.git("add", "broken")
    machine.git("remote", "add", "origin", f"https://erin:{quote(SECRET, safe='')}@remote.test/r")
    answer = f"case $* in *keyring.test*) printf '%s\\n' '{SECRET}';; *) exit 1;; esac"
    for name in CHILDREN:
        after = answer if name == "keyring" else f'exec {name} "$@"'
        script = (
            f'{{ printf \'%s\\n\' "$0" "$@"; cat /proc/$$/environ /proc/$$/cmdline; }}'
            ' >> "${0%/*}/../children.log"\n'
            f"PATH='{machine.env['PATH']}'\n{after}\n"
        )
        program(machine.root / "bin" / name, script)
    (machine.root / "tmp").mkdir(mode=0o700)
    return machine.root


@pytest.fixture
def full(machine: Machine, template: Path) -> Machine:
    """The machine with all of the template."""
    shutil.copytree(template, machine.root, symlinks=True, dirs_exist_ok=True)
    del machine.env["UV_NO_CONFIG"]
    machine.env |= {
        "PATH": f"{machine.root}/bin:{machine.env['PATH']}",
        "TMPDIR": str(machine.root / "tmp"),
        "UV_KEYRING_PROVIDER": "subprocess",
        # Nothing that is asked for leaves this machine.
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    return machine


def test_every_command_has_its_rows() -> None:
    names = set(cli.command.list_commands(click.Context(cli.command)))
    assert set(ROWS) == names | set(OPERATIONS)
    assert all(ROWS.values())


@pytest.mark.parametrize(("name", "manner", "row"), RUNS)
def test_v82_a62_the_secret_shows_nowhere_else(
    full: Machine, name: str, manner: str, row: Row
) -> None:
    before = holders(full.root)
    assert {full.store, full.companion, full.home / ".netrc"} <= before
    words = [manner, name] if name in OPERATIONS else [name, manner]
    line = [COMMAND, *filter(None, words), *row.line.split()]
    done = full.run(*line, input=row.data, check=False)
    assert done.returncode in (0, 1, 2, 127)
    assert not spelled(done.stderr), done.stderr
    assert b"Traceback" not in done.stderr
    assert b"unexpectedly" not in done.stderr
    assert row.prints or not spelled(done.stdout), done.stdout
    allowed = {full.store, full.companion}
    if row.writes:
        allowed.add(full.root / row.writes)
    assert holders(full.root) <= before | allowed
    log = full.root / "children.log"
    assert not log.exists() or not spelled(log.read_bytes())
    # uv leaves its own locks, which are empty.
    assert not [path for path in (full.root / "tmp").iterdir() if path.read_bytes()]


def test_the_rows_do_find_it(full: Machine) -> None:
    """What may print it does, so that the others had something to leave out."""
    printing = [(name, row) for name, rows in ROWS.items() for row in rows if row.prints]
    assert len(printing) > 5
    for name, row in printing:
        done = full.run(COMMAND, name, *row.line.split(), input=row.data, check=False)
        assert spelled(done.stdout), (name, row.line, done.stderr)


def test_children_are_seen(full: Machine) -> None:
    full.run(COMMAND, "explain", "https://carol@keyring.test", "--git", check=False)
    full.run(COMMAND, "token", "https://carol@keyring.test")
    log = (full.root / "children.log").read_text()
    assert "https://keyring.test/\ncarol\n" in log
    assert f"HOME={full.home}\0" in log
    assert "/bin/git\n" in log


def test_what_is_typed_shows_nowhere(full: Machine) -> None:
    before = holders(full.root)
    terminal = play(
        full,
        (COMMAND, "login", "new.test", "--verbose", "--no-verify"),
        (b"username: ", b"alice\r"),
        (b"password: ", STDIN[:-1] + b"\r"),
    )
    assert terminal.status == 0
    assert not spelled(terminal.shown)
    assert holders(full.root) == before


def reports(machine: Machine) -> list[Path]:
    return list((machine.home / ".local/state/git-credential-uvx/reports").glob("*"))


class OddError(Exception):
    """Nothing that anybody foresaw; its text and its variables hold the secret."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.held = SECRET


def fail_oddly(*values: object, **named: object) -> None:
    password = SECRET
    try:
        raise KeyError(password, values)
    except KeyError as error:
        raise OddError from error


@pytest.mark.parametrize("name", [name for name in ROWS if name not in OPERATIONS])
def test_an_unexpected_error_is_one_line_and_a_report_without_it(
    full: Machine,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    command = cli.command.get_command(click.Context(cli.command), name)
    assert command is not None
    if isinstance(command, click.Group):
        command = command.commands["get"]
    for variable, value in full.env.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.chdir(full.root)
    monkeypatch.setattr(command, "callback", fail_oddly)
    before = holders(full.root)
    row = ROWS[name][0]
    assert cli.main([name, *row.line.split()]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("git-credential-uvx: this failed unexpectedly (OddError); ")
    assert not spelled(told.err.encode())
    (report,) = reports(full)
    assert str(report) in told.err
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    text = report.read_text()
    assert "fail_oddly" in text
    assert "KeyError" in text
    assert str(full.home) not in text
    assert holders(full.root) == before


def test_without_a_place_for_the_report_it_is_one_line_all_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (machine.home / ".local").write_text("in the way")
    monkeypatch.setenv("HOME", str(machine.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    command = cli.command.get_command(click.Context(cli.command), "dir")
    assert command is not None
    monkeypatch.setattr(command, "callback", fail_oddly)
    assert cli.main(["dir"]) == 2
    told = capfd.readouterr().err
    assert told == (
        "git-credential-uvx: this failed unexpectedly (OddError), "
        "and no report of it could be written\n"
    )


@cases("operation, data", {"get": ("get", ASKED), "store": ("store", GIVEN)})
def test_an_unexpected_error_of_a_git_operation_is_one_line(
    full: Machine, operation: str, data: bytes
) -> None:
    script = (
        "import sys; from git_credential_uvx import __main__, helper\n"
        f"def fail(*values): raise KeyError({SECRET!r}, values)\n"
        "helper.answer = fail\n"
        f"sys.argv = ['git-credential-uvx', {operation!r}]\n"
        "sys.exit(__main__.main())\n"
    )
    done = full.run(sys.executable, "-c", script, input=data)
    assert done.stdout == b""
    assert done.stderr == (
        f"git-credential-uvx: '{operation}' failed unexpectedly (KeyError)\n".encode()
    )


def test_the_environment_of_a_child_has_no_more_than_ours(full: Machine) -> None:
    done = full.run(COMMAND, "exec", "--", "env", "-0", input=b"")
    assert not spelled(done.stdout)
    words = {line.partition(b"=")[0].decode() for line in done.stdout.split(b"\0") if line}
    new = words - set(full.env) - {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
    assert "GIT_CONFIG_COUNT" in new
    assert all(word.startswith("GIT_CONFIG_") for word in new), new


def test_json_of_what_is_told_is_json(full: Machine) -> None:
    for line in (
        "list --json",
        "explain https://good.test --json",
        "login x.test --username alice --json --token -",
    ):
        done = full.run(COMMAND, *line.split(), input=STDIN, check=False)
        json.loads(done.stdout)
