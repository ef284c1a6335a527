"""Files of other people that are made to take long, or to stop what reads other files, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.add import without_uv
from git_credential_uvx.add.arguments import split
from git_credential_uvx.add.edit import ProjectFile
from git_credential_uvx.add.plan import plan
from git_credential_uvx.errors import AddError, SourceError
from git_credential_uvx.http.logs import mask
from git_credential_uvx.system.settings import Settings
from git_credential_uvx.transfer import userinfo
from git_credential_uvx.transfer.import_files import batches
from git_credential_uvx.transfer.readers import gh, netrc, uv_config
from git_credential_uvx.transfer.rows import Places, Refused, Row, SourceFile

if TYPE_CHECKING:
    from ..support.machine import Machine

MANY = 200_000
DEEP = "[" + "x." * 2000 + "x]\n" + "".join(f"a{number} = 1\n" for number in range(20_000))
HOSTILE = {
    "no toml": "a = ",
    "a long header": DEEP,
    "nested": "x = " + "[" * 100_000,
    "too large": "#" * 5_000_000,
    "no text": "\udcff",
    "other types": "project = 1\ntool = 2\n",
    "no tables": "[tool]\nuv = 1\n",
}


@pytest.fixture(params=HOSTILE)
def checkout(request: pytest.FixtureRequest, machine: Machine) -> str:
    """The working folder is a repository whose pyproject.toml is hostile."""
    machine.env.pop("UV_NO_CONFIG")
    machine.git("init", "--quiet", machine.root)
    text = HOSTILE[request.param].encode(errors="surrogateescape")
    (machine.root / "pyproject.toml").write_bytes(text)
    return str(request.param)


def test_the_project_of_a_checkout_breaks_no_operation(machine: Machine, checkout: str) -> None:
    fields = {"protocol": "https", "host": "good.test", "username": "al", "password": "pw"}
    machine.put(**fields)
    assert machine.get(protocol="https", host="good.test")[b"password"] == b"pw"
    done = machine.run("git-credential-uvx", "explain", "https://good.test/a")
    assert b"store        yes: 'al'" in done.stdout
    assert (b"  warning: cannot read '" in done.stdout) == (checkout != "other types")
    machine.erase(**fields)


def test_a_uv_toml_that_cannot_be_used_is_an_error_as_for_uv(machine: Machine) -> None:
    machine.env.pop("UV_NO_CONFIG")
    (machine.root / "uv.toml").write_text(DEEP)
    done = machine.run("git-credential-uvx", "explain", "https://good.test/a", check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"uv.toml': it cannot be read as TOML: it has too many dots" in done.stderr


def test_the_project_of_a_checkout_is_told_in_one_line(machine: Machine, checkout: str) -> None:
    done = machine.run("git-credential-uvx", "add", "--package=x", "y", check=False)
    assert done.returncode in (1, 2)
    assert done.stderr.count(b"\n") == 1, done.stderr
    assert b"unexpectedly" not in done.stderr


def test_one_file_does_not_keep_others_from_being_imported(machine: Machine) -> None:
    """Broken files are reported, and the others are read."""
    texts = {
        "a.toml": "[[index]]\nurl = 'https://al:password-a@a.test/simple'\n",
        "b.toml": DEEP,
        "c.toml": "x = " + "[" * 100_000,
        "d.toml": "[[index]]\nurl = 'https://al:password-d@d.test/simple'\n",
    }
    for name, text in texts.items():
        (machine.root / name).write_text(text)
    words = ("import", "--json", "--from", "uv-config", *texts, "missing.toml")
    done = machine.run("git-credential-uvx", *words, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert [entry["service"] for entry in told["entries"]] == ["https://a.test/", "https://d.test/"]
    unreadable = [file["path"] for file in told["files"] if file["outcome"] == "unreadable"]
    assert unreadable == ["b.toml", "c.toml", "missing.toml"]


def test_a_fault_that_nobody_thought_of_stops_one_file_only(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(file: SourceFile) -> list[Row]:
        if file.path.endswith("a.toml"):
            raise RecursionError(file.data)
        return well(file)

    well = uv_config.READER.read
    monkeypatch.setattr(uv_config.READER, "read", read)
    paths = [str(machine.root / name) for name in ("a.toml", "b.toml")]
    for path in paths:
        Path(path).write_text("index-url = 'https://al:password@h.test/simple'\n")
    settings = Settings(str(machine.folder), environ={}, home=str(machine.home))
    places = Places({}, str(machine.home), "", "")
    one, other = batches("uv-config", paths, places, settings, named=True)
    assert one.fault == "this failed unexpectedly (RecursionError)"
    assert (one.rows, other.fault, len(other.rows)) == ([], "", 1)


ALIASES = (
    "a.test: &a\n  users:\n    al: {oauth_token: t}\n",
    "".join(f"h{number}.test: *a\n" for number in range(1000)),
)


def test_aliases_of_yaml_are_refused() -> None:
    with pytest.raises(SourceError, match="line 4: it has an alias"):
        gh.READER.read(SourceFile("".join(ALIASES).encode()))


def test_a_large_file_of_gh_is_refused() -> None:
    with pytest.raises(SourceError, match="larger than"):
        gh.READER.read(SourceFile(b"#" * (gh.SIZE_LIMIT + 1)))


def test_many_passwords_for_one_login_are_refused_in_few_words() -> None:
    lines = [b"machine h.test login al password p%d\n" % number for number in range(MANY // 10)]
    rows = netrc.READER.read(SourceFile(b"".join(lines)))
    assert {type(row) for row in rows} == {Refused}
    assert all(isinstance(row, Refused) and len(row.reason) < 100 for row in rows)


def test_expressions_take_time_in_proportion_to_their_text() -> None:
    """Each of these takes minutes, or does not end, where it is tried again from each byte."""
    assert not userinfo.has_template(b"${" * MANY)
    assert not userinfo.has_template(b"{env:" * MANY)
    assert mask("(b'" + "key" * MANY) == "(b'" + "key" * MANY
    assert mask("(b'" + "key" * MANY + "'") == "(b'" + "key" * MANY + "'"
    with pytest.raises(AddError):
        without_uv._requirement("a" + " " * MANY + "@")
    header = "# /// script\n" * (MANY // 10)
    assert ProjectFile(header, script=True).text() == header


@pytest.mark.parametrize(
    "line", ["-r a" + " " * MANY + "b", "a" + " " * MANY + "x ://h", "a" * MANY + "; ://h"]
)
def test_lines_of_requirements_take_time_in_proportion_to_their_length(line: str) -> None:
    files = {"r.txt": line.encode()}
    made = plan(split(["--requirements", "r.txt"]), {}, lambda path: files.get(path, b""))
    assert made.findings == []


def test_files_that_read_each_other_without_end() -> None:
    def read(path: str) -> bytes:
        number = int(path.removesuffix(".txt"))
        return b"-r %d.txt\n" % (number + 1) if number < 5000 else b"a\n"

    made = plan(split(["--requirements", "0.txt"]), {}, read)
    assert made.requirements[-1] == "a"


@pytest.mark.parametrize("text", [DEEP, "x = " + "[" * 1000 + "]" * 1000, "#" * 300_000])
def test_a_project_that_takes_long_to_change_is_refused(text: str) -> None:
    with pytest.raises(AddError):
        ProjectFile(text)
