"""Rules for the tests themselves."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import programs

from .support.programs import program

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))
SHARED = {"support", "corpus"}
STRICT = {"UVX_NO_SKIPS": "1"}


def folder_of(path: Path) -> str:
    """The folder directly below `tests/` that a file is in; empty for `tests/` itself."""
    return path.relative_to(TESTS).parts[0] if path.parent != TESTS else ""


def imported_folders(path: Path, source: str) -> set[str]:
    """The folders below `tests/` that a file imports from."""
    package = ["tests", *path.relative_to(TESTS).parent.parts]
    names: list[list[str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            start = package[: len(package) - node.level + 1] if node.level else []
            names += [[*start, *module, alias.name] for alias in node.names]
    return {
        name[1]
        for name in names
        if name[0] == "tests" and len(name) > 1 and (TESTS / name[1]).is_dir()
    }


def test_test_folders_import_from_no_other_folder_than_support() -> None:
    found = {path: imported_folders(path, path.read_text()) for path in FILES}
    assert set().union(*found.values()) > SHARED
    for path, folders in found.items():
        assert folders <= {folder_of(path)} | SHARED, path


def test_every_way_to_import_from_another_folder_is_seen() -> None:
    path = TESTS / "cli" / "deep" / "test_x.py"
    for line in (
        "import tests.attacks.conftest",
        "from tests.attacks import conftest",
        "from tests import attacks",
        "from ... import attacks",
        "from ...attacks import conftest",
        "def f():\n    from ...attacks.conftest import place",
    ):
        assert imported_folders(path, line) == {"attacks"}, line
    assert imported_folders(path, "from .. import programs") == {"cli"}
    assert imported_folders(path, "from ...support.machine import Machine") == {"support"}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs, empty; the user is not root."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(programs, "_SERVERS", ())
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    return tmp_path


def test_missing_programs_are_named_in_one_line_with_their_packages(
    bare: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program(bare / "zsh", "")
    programs.main()
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("not installed: git, bash, fish, cc, ")
    assert "apt-get install --no-install-recommends bash curl fish gcc " in err
    assert "zsh" not in err


def test_apt_get_is_not_run_where_nothing_is_missing(
    bare: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name in (*programs.BY_NAME, "apt-get"):
        program(bare / name, f"echo {name} was run\n")
    programs.main()
    assert capfd.readouterr() == ("", "")


def test_root_installs_what_is_missing_and_nothing_else(
    bare: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name in set(programs.BY_NAME) - {"ps", "cc"}:
        program(bare / name, "")
    script = f'echo "$*" >>{bare}/asked\nfor name in ps cc; do : >{bare}/$name; done\n'
    program(bare / "apt-get", script + f"/bin/chmod +x {bare}/ps {bare}/cc\n")
    programs.main()
    asked = (bare / "asked").read_text().splitlines()
    packages = "gcc libc6-dev procps"
    install = f"install --yes --no-install-recommends {packages}"
    assert asked == ["--quiet=2 update", f"--quiet=2 {install}"]
    assert capfd.readouterr().err == ""


def test_an_apt_get_that_fails_is_one_line_and_no_error(
    bare: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare / "apt-get", "echo 'W: a warning' >&2\necho 'E: no network' >&2\nexit 100\n")
    programs.main()
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert err.endswith("; their tests are skipped (apt-get update failed: E: no network)\n")


SKIPPING = """
import pytest

@pytest.mark.needs("no such program")
def test_a():
    raise AssertionError

def test_b():
    pytest.skip("of a reason")
"""


@pytest.mark.parametrize(
    ("variables", "status", "counted"), [({}, 0, " 2 skipped"), (STRICT, 1, " 1 failed, 1 error")]
)
def test_a_test_without_its_program_is_skipped_and_fails_where_nothing_may_be(
    tmp_path: Path, variables: dict[str, str], status: int, counted: str
) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPING)
    code = (
        "import sys, pytest; from scripts import programs as p;"
        "p.BY_NAME['no such program'] = p.Program('no such program', 'a-package', 'nothing');"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    words = ("-p", "tests.conftest", "-p", "no:cacheprovider", "-rsfE", "test_it.py")
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(TESTS.parent), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert counted in done.stdout
    assert "no such program is not installed (Debian: a-package)" in done.stdout
    assert "of a reason" in done.stdout
