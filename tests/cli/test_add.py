"""`add` before and after uv: what is refused, told, stored and left alone."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from ..support.common import SECRET, cases, entry, state
from ..support.machine import BIN
from ..support.package import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

SPEC = f"foo @ git+https://u:{SECRET}@good.test/o/r"
WHEEL = "foo @ https://good.test/foo-1.0-py3-none-any.whl"


@pytest.fixture
def app(machine: Machine) -> Path:
    machine.env |= {"UV_PYTHON": sys.executable, "UV_OFFLINE": "1"}
    folder = machine.root / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def spy(machine: Machine) -> Path:
    """Is there when uv was run."""
    folder = machine.root / "spy"
    folder.mkdir()
    (folder / "uv").write_text(f"#!/bin/sh\ntouch {folder}/ran\n")
    (folder / "uv").chmod(0o755)
    machine.env["PATH"] = f"{folder}{os.pathsep}{machine.env['PATH']}"
    return folder / "ran"


def add(machine: Machine, cwd: Path, *words: str, status: int = 0, **env: str) -> str:
    """What it said, which never holds the secret."""
    command = BIN / "git-credential-uvx"
    done = machine.run(command, "add", *words, cwd=cwd, check=False, env=env)
    said = done.stderr.decode()
    assert done.returncode == status, said
    assert SECRET not in said + done.stdout.decode()
    assert "Traceback" not in said
    return said


def stored(machine: Machine) -> bool:
    return any(SECRET.encode() in data for data in machine.files().values())


_TORN = f"https://user/name:{SECRET}@good.test/o/r"


@cases(
    "words",
    {
        "in a requirement": (f"foo @ git+{_TORN}",),
        "in a requirement that stands alone": (f"git+{_TORN}",),
        "beside a good one": (SPEC, f"bar @ git+{_TORN}"),
        "two at signs": (f"foo @ git+https://u:{SECRET}@a@good.test/r",),
        "a backslash": (f"foo @ https://u:{SECRET}@good.test\\@b.test/foo-1.0.tar.gz",),
        "in --index": ("--index", f"priv={_TORN}", "foo"),
        "in --index=": (f"--index=priv={_TORN}", "foo"),
        "in --default-index": ("--default-index", _TORN, "foo"),
        "in -i": (f"-i{_TORN}", "foo"),
        "in --find-links": ("--find-links", _TORN, "foo"),
        "in an option that is not known": (f"--new-option={_TORN}", "foo"),
        "in a name for a script": ("--script", _TORN, "foo"),
        "in a requirements file": ("-r", "torn.txt"),
        "with --raw": ("--raw", f"foo @ git+{_TORN}"),
        "after --": ("--", f"foo @ git+{_TORN}"),
    },
)
def test_what_programs_read_differently_is_refused_and_uv_not_run(
    machine: Machine, app: Path, spy: Path, words: tuple[str, ...]
) -> None:
    (app / "torn.txt").write_text(f"foo @ git+{_TORN}\n")
    said = add(machine, app, *words, status=2)
    assert said.count("\n") == 1
    assert "name" not in said.partition("://")[2].rpartition("@")[0]
    assert not spy.exists()
    assert machine.files() == {}


class TestStoring:
    def test_another_secret_in_the_store_is_a_conflict(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        machine.write_store(entry("https://good.test/", "u", "another"))
        before = state(machine)
        said = add(machine, app, SPEC, status=2)
        assert "'u' at 'https://good.test/'" in said
        assert "--replace" in said
        assert said.count("\n") == 1
        assert not spy.exists()
        assert state(machine) == before

    def test_one_conflict_keeps_all_from_being_stored(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        machine.write_store(entry("https://good.test/", "u", "another"))
        add(machine, app, SPEC.replace("good", "fine"), SPEC, status=2)
        assert not stored(machine)

    def test_replace_takes_the_new_secret(self, machine: Machine, app: Path) -> None:
        machine.write_store(entry("https://good.test/", "u", "another"))
        add(machine, app, "--frozen", "--replace", SPEC)
        assert machine.get(protocol="https", host="good.test")[b"password"] == SECRET.encode()

    def test_replace_names_the_account_that_loses_its_secret(
        self, machine: Machine, app: Path
    ) -> None:
        for name in ("alice", "bob"):
            machine.uv_login("https://good.test", name, "OLD")
        spec = SPEC.partition(" @ ")[0] + f" @ git+https://bob:{SECRET}@good.test/r"
        said = add(machine, app, "--frozen", "--replace", spec)
        assert "warning: replaced the secret of bob@https://good.test/ in credentials.toml" in said
        assert "alice@" not in said
        assert machine.uv_token("https://good.test", "alice") == "OLD"
        assert machine.uv_token("https://good.test", "bob") == SECRET
        assert "replaced" not in add(machine, app, "--frozen", "--replace", spec)

    def test_replace_names_the_account_of_an_index_that_no_longer_answers(
        self, machine: Machine, app: Path
    ) -> None:
        machine.uv_login("https://pypi.test/team", "alice", "OLD")
        index = f"--index=https://bob:{SECRET}@pypi.test/team/simple"
        said = add(machine, app, "--frozen", "--replace", index, "six")
        assert (
            "warning: uv gets 'bob' instead of alice@https://pypi.test/team, which is in "
            "git-credential-uvx.toml now"
        ) in said
        assert machine.uv_token("https://pypi.test/team", "bob") == SECRET

    def test_what_was_replaced_comes_back_when_uv_fails(self, machine: Machine, app: Path) -> None:
        machine.write_store(entry("https://good.test/", "u", "another"))
        add(machine, app, "--replace", SPEC, status=1)
        assert not stored(machine)
        assert machine.uv_token("https://good.test/", "u") == "another"

    def test_an_account_that_uv_would_find_in_its_place_is_a_conflict(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        machine.write_store(entry("https://good.test/foo-1.0-py3-none-any.whl", "bob", "another"))
        spec = WHEEL.replace("//", f"//u:{SECRET}@")
        assert "another account" in add(machine, app, spec, status=2)
        assert not spy.exists()

    def test_the_refusal_names_the_login_after_which_it_works(
        self, machine: Machine, app: Path
    ) -> None:
        machine.uv_login("https://good.test", "bob", "another")
        words = ("--frozen", f"--index=corp=https://alice:{SECRET}@good.test/idx/simple", "six")
        said = add(machine, app, *words, status=2)
        assert "if both are yours, run 'git-credential-uvx login" in said
        login = shlex.split(said.partition("; if both are yours, run '")[2].partition("'")[0])
        machine.run(*login, "--password", "-", "--no-verify", input=SECRET.encode())
        add(machine, app, *words)
        assert machine.uv_token("https://good.test", "bob") == "another"
        assert machine.uv_token("https://good.test/idx", "alice") == SECRET

    def test_no_login_is_advised_for_two_accounts_that_uv_could_not_tell_apart(
        self, machine: Machine, app: Path
    ) -> None:
        machine.uv_login("https://good.test", "bob", "another")
        index = f"--index=corp=https://alice:{SECRET}@good.test/simple"
        said = add(machine, app, "--frozen", index, "six", status=2)
        assert "give each account a URL of its own" in said
        assert "login" not in said

    def test_two_tokens_for_one_host_are_refused(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        words = (
            f"foo @ git+https://{SECRET}-token-1@good.test/a",
            f"bar @ git+https://{SECRET}-token-2@good.test/b",
        )
        said = add(machine, app, *words, status=2)
        assert "there are two secrets for 'oauth2' at 'https://good.test/'" in said
        assert not spy.exists()
        assert machine.files() == {}

    def test_no_store_drops_the_secret(self, machine: Machine, app: Path) -> None:
        said = add(machine, app, "--frozen", "--no-store", "-q", SPEC)
        assert "warning: dropped, stored nowhere: password in URL: " in said
        assert "https://good.test/o/r" in (app / "pyproject.toml").read_text()
        assert machine.files() == {}

    def test_a_secret_that_no_store_can_hold_is_dropped_only_with_no_store(
        self, machine: Machine, app: Path
    ) -> None:
        before = (app / "pyproject.toml").read_bytes()
        words = ("--frozen", "-q", f"{WHEEL}?private_token={SECRET}&a=1")
        said = add(machine, app, *words, status=2)
        assert "no store can hold the parameter 'private_token' of https://" in said
        assert "--raw writes it into the project, and --no-store drops it" in said
        assert (app / "pyproject.toml").read_bytes() == before
        said = add(machine, app, *words, "--no-store")
        assert "warning: dropped, stored nowhere: secret in query: " in said
        assert 'whl?a=1"' in (app / "pyproject.toml").read_text()

    def test_the_long_name_of_a_stored_account_is_no_token(
        self, machine: Machine, app: Path
    ) -> None:
        machine.uv_login("good.test", "alice-the-administrator", SECRET)
        add(machine, app, "--frozen", "foo @ git+https://alice-the-administrator@good.test/o/r")
        assert (
            "https://alice-the-administrator@good.test/o/r" in (app / "pyproject.toml").read_text()
        )

    def test_quiet_goes_to_uv_and_is_ours(self, machine: Machine, app: Path) -> None:
        assert "stored:" in add(machine, app, "--frozen", SPEC)
        assert add(machine, app, "--frozen", "-q", SPEC.replace("good", "fine")) == ""

    @cases("options", {"not frozen": (), "offline": ("--offline",)})
    def test_what_uv_says_and_its_status_are_its_own(
        self, machine: Machine, app: Path, options: tuple[str, ...]
    ) -> None:
        said = add(machine, app, *options, SPEC, status=1)
        assert "error: " in said
        assert not stored(machine)

    def test_wrong_arguments_are_for_uv_to_judge(self, machine: Machine, app: Path) -> None:
        said = add(machine, app, "--no-such-option", "foo", status=2)
        assert "unexpected argument '--no-such-option'" in said

    def test_a_store_that_cannot_be_written_is_told_before_uv_runs(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        machine.write_store("[[credential\n")
        said = add(machine, app, SPEC, status=2)
        assert "credentials.toml" in said
        assert not spy.exists()


class TestRaw:
    def test_a_warning_names_file_and_line_before_uv_runs(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        said = add(machine, app, "--raw", SPEC)
        assert "pyproject.toml:6: --raw writes the secret of git+https://****@good.test/o/r" in said
        assert spy.exists()
        assert machine.files() == {}

    @cases("options", {"loud": (), "quiet": ("-q",), "very quiet": ("-qq",)})
    def test_it_is_never_silent(
        self, machine: Machine, app: Path, options: tuple[str, ...]
    ) -> None:
        said = add(machine, app, "--frozen", *options, "--raw", SPEC)
        text = (app / "pyproject.toml").read_text()
        assert f'    "{SPEC}",\n' in text
        line = text[: text.index(SPEC)].count("\n") + 1
        assert said.count(f"pyproject.toml:{line}: ") == 2

    @pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
    def test_in_ci_it_needs_yes(
        self, machine: Machine, app: Path, spy: Path, variable: str
    ) -> None:
        machine.env[variable] = "true"
        said = add(machine, app, "--raw", SPEC, status=2)
        assert "--yes" in said
        assert "pyproject.toml:6" in said
        assert not spy.exists()
        add(machine, app, "--raw", "--yes", SPEC)
        assert spy.exists()

    def test_ci_that_is_false_is_none(self, machine: Machine, app: Path, spy: Path) -> None:
        add(machine, app, "--raw", SPEC, CI="false")
        assert spy.exists()

    def test_without_a_secret_it_is_no_matter(self, machine: Machine, app: Path) -> None:
        said = add(machine, app, "--frozen", "--raw", "foo @ git+https://good.test/r", CI="1")
        assert "warning" not in said

    def test_requirements_with_secrets_count(self, machine: Machine, app: Path, spy: Path) -> None:
        (app / "all.txt").write_text("-r more.txt\n")
        (app / "more.txt").write_text(f"{SPEC}\n")
        said = add(machine, app, "--raw", "-r", "all.txt", status=2, CI="true")
        assert "--raw writes the secret" in said

    def test_the_secret_of_an_index_is_stored_all_the_same(
        self, machine: Machine, app: Path
    ) -> None:
        add(
            machine, app, "--frozen", "--raw", f"--index=x=https://u:{SECRET}@good.test/simple", "a"
        )
        assert stored(machine)
        assert SECRET not in (app / "pyproject.toml").read_text()

    def test_added_twice_it_stands_as_given(self, machine: Machine, app: Path) -> None:
        add(machine, app, "--frozen", "--raw", SPEC)
        add(machine, app, "--frozen", "--raw", SPEC)
        assert f'"{SPEC}"' in (app / "pyproject.toml").read_text()


class TestFiles:
    def test_a_secret_that_stood_there_before_is_told(self, machine: Machine, app: Path) -> None:
        file = app / "pyproject.toml"
        old = f'[tool.x]\nurl = "https://u:{SECRET}@old.test/"\n'
        file.write_text(f"{PROJECT}\n{old}")
        said = add(machine, app, "--frozen", "foo", status=1)
        assert "pyproject.toml:10: https://****@old.test/" in said
        assert "'git-credential-uvx sanitize --write pyproject.toml'" in said
        assert old in file.read_text()

    def test_a_file_that_another_file_reads_is_to_be_sanitized_first(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        (app / "all.txt").write_text("-r sub/more.txt\nfoo\n")
        (app / "sub").mkdir()
        (app / "sub/more.txt").write_text(f"{SPEC}\n")
        said = add(machine, app, "-r", "all.txt", status=2)
        assert "'git-credential-uvx sanitize --write sub/more.txt'" in said
        assert not spy.exists()

    def test_a_template_in_a_direct_url_is_refused(
        self, machine: Machine, app: Path, spy: Path
    ) -> None:
        said = add(machine, app, WHEEL.replace("//", "//u:${TOKEN}@"), status=2, TOKEN=SECRET)
        assert "template" in said
        assert not spy.exists()

    def test_a_missing_requirements_file_is_told(self, machine: Machine, app: Path) -> None:
        assert "cannot read 'none.txt'" in add(machine, app, "-r", "none.txt", status=2)

    def test_the_clean_copy_goes_when_uv_fails(self, machine: Machine, app: Path) -> None:
        (app / "all.txt").write_text(f"{SPEC}\n")
        add(machine, app, "-r", "all.txt", status=1)
        assert sorted(path.name for path in app.iterdir() if path.name != ".venv") == [
            "all.txt",
            "pyproject.toml",
        ]

    def test_the_mode_of_the_project_stays(self, machine: Machine, app: Path) -> None:
        (app / "pyproject.toml").chmod(0o640)
        add(machine, app, "--frozen", "foo @ git+ssh://alice@good.test/r")
        assert (app / "pyproject.toml").stat().st_mode & 0o777 == 0o640


class TestACommandThatGitDoesNotFind:
    @pytest.fixture(autouse=True)
    def not_on_path(self, machine: Machine, app: Path, spy: Path) -> None:
        machine.env["PATH"] = f"{spy.parent}:/usr/bin:/bin"
        machine.git("config", "--global", "credential.helper", "uvx")

    def test_it_is_reported_once_with_advice(self, machine: Machine, app: Path, spy: Path) -> None:
        said = add(machine, app, "--frozen", SPEC)
        assert spy.exists()
        (line,) = [line for line in said.splitlines() if "PATH" in line]
        assert f"add '{BIN}' to PATH" in line

    def test_and_so_it_is_without_storing(self, machine: Machine, app: Path, spy: Path) -> None:
        (line,) = [x for x in add(machine, app, "--no-store", SPEC).splitlines() if "PATH" in x]
        assert f"add '{BIN}' to PATH" in line


class TestWithoutUv:
    @pytest.fixture(autouse=True)
    def nothing_on_path(self, machine: Machine) -> None:
        machine.env["PATH"] = "/usr/bin:/bin"

    @cases(
        "words, lines",
        {
            "a dependency": (
                (SPEC,),
                ('    "foo",\n', 'foo = { git = "https://good.test/o/r" }\n'),
            ),
            "a wheel": (
                (WHEEL.replace("//", f"//u:{SECRET}@"),),
                ('url = "https://good.test/foo-1.0-py3-none-any.whl"',),
            ),
            "a login name": (
                ("foo @ git+ssh://alice@good.test/r@v1",),
                ('foo = { git = "ssh://alice@good.test/r", rev = "v1" }\n',),
            ),
            "a template": (
                ("foo @ git+https://u:${TOKEN}@good.test/r",),
                ('    "foo @ git+https://u:${TOKEN}@good.test/r",\n',),
            ),
            "--raw": (("--raw", SPEC), (f'    "{SPEC}",\n',)),
            "a marker with 'or', and another": (
                ("foo ; os_name=='a' or os_name=='b'", "-m", "extra=='c'"),
                ("    \"foo ; (os_name == 'a' or os_name == 'b') and extra == 'c'\",\n",),
            ),
        },
    )
    def test_the_project_is_edited(
        self, machine: Machine, app: Path, words: tuple[str, ...], lines: tuple[str, ...]
    ) -> None:
        said = add(machine, app, *words)
        assert "nothing was locked: there is no uv" in said
        text = (app / "pyproject.toml").read_text()
        for line in lines:
            assert line in text
        assert stored(machine) is (SECRET in str(words) and "--raw" not in words)

    def test_a_dependency_that_is_there_is_replaced(self, machine: Machine, app: Path) -> None:
        file = app / "pyproject.toml"
        listed = 'dependencies = [\n  "Foo[a]>=1",  # why\n  "bar",\n]\n# end\r\n'
        file.write_bytes(PROJECT.replace("dependencies = []\n", listed).encode())
        add(machine, app, "foo>=2")
        text = file.read_bytes().decode()
        assert text == PROJECT.replace("dependencies = []\n", listed).replace(
            "Foo[a]>=1", "foo[a]>=2"
        )

    def test_a_script_gets_a_header(self, machine: Machine, app: Path) -> None:
        script = app / "run.py"
        script.write_text("#!/usr/bin/python3\nimport foo\n")
        add(machine, app, "--script", "run.py", SPEC)
        add(machine, app, "--script", "run.py", "bar")
        assert script.read_text() == (
            '#!/usr/bin/python3\n# /// script\n# dependencies = [\n#     "bar",\n#     "foo",\n'
            '# ]\n#\n# [tool.uv.sources]\n# foo = { git = "https://good.test/o/r" }\n# ///\n\n'
            "import foo\n"
        )

    @cases(
        "text, words, fault",
        {
            "no project": (None, ("foo",), "there is no pyproject.toml"),
            "no project table": ("[tool.x]\n", ("foo",), "it has no [project] table"),
            "no TOML": ("[project\n", ("foo",), "pyproject.toml"),
            "a folder": (PROJECT, ("./foo",), "needs uv"),
            "a reference without Git": (PROJECT, ("--tag=v1", "foo"), "needs it"),
            "a reference and a wheel": (PROJECT, ("--rev=a", WHEEL), "needs it"),
            "Git without a name": (PROJECT, ("git+https://good.test/r",), "needs uv"),
            "a marker that is there": (
                PROJECT.replace("[]", "[\"foo>1 ; os_name == 'nt'\"]"),
                ("foo",),
                "to merge it",
            ),
            "two that are there": (PROJECT.replace("[]", '["foo>1", "foo<3"]'), ("foo",), "merge"),
            "a URL that is there": (
                PROJECT.replace("[]", f'["{WHEEL}"]'),
                ("foo",),
                "to merge it",
            ),
            "no requirement": (PROJECT, ("==1",), "needs uv"),
            "two names": (PROJECT, ("foo bar",), "needs uv"),
            "a version that is no version": (PROJECT, ("foo==x",), "needs uv"),
            "a marker that is no marker": (PROJECT, ("foo", "-m", "x"), "marker is not valid"),
        },
    )
    def test_what_it_cannot_do_is_told_before_anything_is_stored(
        self, machine: Machine, app: Path, text: str | None, words: tuple[str, ...], fault: str
    ) -> None:
        file = app / "pyproject.toml"
        file.unlink()
        if text is not None:
            file.write_text(text)
        assert fault in add(machine, app, *words, SPEC.replace("foo", "baz"), status=2)
        assert machine.files() == {}
        assert (file.read_text() if text is not None else None) == text


def test_help_is_ours(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "add", "--help")
    assert b"--no-store" in done.stdout
    assert b"SPEC" in done.stdout


@pytest.mark.parametrize("old", [None, "version = 1\n"])
def test_a_uv_that_is_killed_leaves_no_file_changed(
    machine: Machine, app: Path, spy: Path, old: str | None
) -> None:
    (spy.parent / "uv").write_text(
        "#!/bin/sh\necho '# new' | tee -a uv.lock >>pyproject.toml\nkill -KILL $$\n"
    )
    if old is not None:
        (app / "uv.lock").write_text(old)
    assert "as it was before" in add(machine, app, SPEC, status=137)
    assert (app / "pyproject.toml").read_text() == PROJECT
    assert ((app / "uv.lock").read_text() if (app / "uv.lock").exists() else None) == old
    assert not stored(machine)
