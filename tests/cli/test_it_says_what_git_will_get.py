"""After login, logout, import, add and sanitize: what Git and uv will really get next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from scripts.githost import GitHost
    from tests.support.machine import Machine

HOST = "git.test"


@pytest.fixture(autouse=True)
def configured(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")


@pytest.fixture
def netrc(machine: Machine) -> Path:
    path = machine.home / ".netrc"
    path.write_text(f"machine {HOST} login old password OLD\n")
    path.chmod(0o600)
    return path


def run(
    machine: Machine, *words: str | Path, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return machine.run("git-credential-uvx", *words, input=data, check=False)


def warnings(machine: Machine, *words: str | Path, data: bytes = b"", status: int = 0) -> list[str]:
    """The warnings of a command and its next step, and nothing of a secret in them."""
    done = run(machine, *words, data=data)
    assert done.returncode == status, done.stderr
    assert b"OLD" not in done.stderr + done.stdout
    assert b"NEW" not in done.stderr + done.stdout
    lines = done.stderr.decode().splitlines()
    return [
        line.removeprefix("warning: ") for line in lines if line.startswith(("warning: ", "next: "))
    ]


def login(machine: Machine, *words: str, host: str = HOST, name: str = "alice") -> list[str]:
    argv = ("login", host, "--username", name, "--password", "-", *words)
    return warnings(machine, *argv, data=b"NEW\n")


def fill(machine: Machine, host: str = HOST) -> str:
    """The password that the real git gets."""
    done = machine.run(
        "git", "credential", "fill", input=f"protocol=https\nhost={host}\n\n".encode(), check=False
    )
    found = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    return found.get("password", "")


def test_a_login_that_git_and_uv_get_needs_no_words(machine: Machine) -> None:
    assert login(machine) == []
    assert fill(machine) == "NEW"


class TestAnotherSourceAnswersFirst:
    def test_a_netrc_line_after_login(self, machine: Machine, netrc: Path) -> None:
        (line,) = login(machine)
        assert line == (
            f"Git and uv will get 'old' from '{netrc}', line 1 for https://{HOST}/, "
            "and not the stored one; remove that line"
        )
        assert fill(machine) == "OLD"

    def test_a_netrc_line_after_logout(self, machine: Machine, netrc: Path) -> None:
        login(machine)
        (line,) = warnings(machine, "logout", HOST)
        assert line == (
            f"Git and uv will still get 'old' from '{netrc}', line 1 for https://{HOST}/; "
            "remove that line"
        )

    def test_the_netrc_itself_after_import(self, machine: Machine, netrc: Path) -> None:
        (line,) = warnings(machine, "import", "--from", "netrc")
        assert line == (
            f"Git and uv will get 'old' from '{netrc}', line 1 for https://{HOST}/, before the "
            "stored one; run 'git-credential-uvx import --from netrc --delete-source'"
        )
        words = line.partition("run 'git-credential-uvx ")[2].rstrip("'").split()
        assert warnings(machine, *words) == []
        assert not netrc.exists()
        assert fill(machine) == "OLD"

    def test_not_before_anything_is_imported(self, machine: Machine, netrc: Path) -> None:
        assert warnings(machine, "import", "--from", "netrc", "--dry-run") == []

    def test_a_variable(self, machine: Machine) -> None:
        machine.env["UVX_TOKEN_git_test"] = "OLD"
        (line,) = login(machine)
        assert line == (
            f"Git will get 'oauth2' from UVX_TOKEN_git_test for https://{HOST}/, and not the "
            "stored one; run 'unset UVX_TOKEN_git_test'"
        )
        assert fill(machine) == "OLD"

    def test_another_helper(self, machine: Machine) -> None:
        machine.git("config", "--global", "--replace-all", "credential.helper", "store")
        machine.git("config", "--global", "--add", "credential.helper", "uvx")
        (line,) = login(machine)
        assert line.startswith("Git asks the helper 'store' first; run ")
        run(machine, "setup", "--replace")
        assert login(machine, name="alice") == []


class TestGitDoesNotAsk:
    def test_because_it_was_never_set_up(self, machine: Machine) -> None:
        machine.git("config", "--global", "--unset", "credential.helper")
        assert login(machine) == [
            "Git will not get it: Git is not configured to ask this helper",
            "next: git-credential-uvx setup",
        ]
        assert fill(machine) == ""
        run(machine, "setup")
        assert fill(machine) == "NEW"

    def test_because_gh_clears_the_helpers_of_its_host(self, machine: Machine) -> None:
        key = f"credential.https://{HOST}.helper"
        for value in ("", "!/usr/bin/gh auth git-credential"):
            machine.git("config", "--global", "--add", key, value)
        line, step = login(machine)
        assert line == (
            f"Git will not get it: an empty 'credential.helper' in '{machine.home}/.gitconfig' "
            "clears this helper"
        )
        assert step == f"next: git-credential-uvx setup --host {HOST}"
        run(machine, "setup", "--host", HOST)
        assert fill(machine) == "NEW"

    def test_because_it_is_not_on_path(self, machine: Machine, tmp_path: Path) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        git = machine.run("sh", "-c", "command -v git").stdout.decode().strip()
        (folder / "git").symlink_to(git)
        command = machine.run("sh", "-c", "command -v git-credential-uvx").stdout.decode().strip()
        done = machine.run(
            *(command, "login", HOST, "--username", "alice", "--password", "-"),
            input=b"NEW\n",
            env={"PATH": str(folder)},
        )
        assert b"Git will not get it: Git finds no 'git-credential-uvx' on PATH" in done.stderr

    def test_nothing_is_said_about_a_git_that_is_not_there(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        command = machine.run("sh", "-c", "command -v git-credential-uvx").stdout.decode().strip()
        done = machine.run(
            *(command, "login", HOST, "--username", "alice", "--password", "-"),
            input=b"NEW\n",
            env={"PATH": str(tmp_path)},
        )
        assert b"warning" not in done.stderr

    def test_nothing_is_said_about_git_for_an_index(self, machine: Machine) -> None:
        machine.git("config", "--global", "--unset", "credential.helper")
        assert login(machine, host=f"{HOST}/api/pypi/simple") == []


def test_a_path_that_git_does_not_send(machine: Machine) -> None:
    argv = ("login", HOST, "--path", "team/r.git", "--username", "alice", "--password", "-")
    (line,) = warnings(machine, *argv, data=b"NEW\n")
    assert line == (
        f"Git sends no repository path, so it will not find https://{HOST}/team/r.git; log in to "
        "the host, or run 'git-credential-uvx setup --use-http-path'"
    )
    run(machine, "setup", "--use-http-path")
    assert warnings(machine, *argv, data=b"NEW\n") == []


def test_sanitize_stores_for_a_path_that_git_does_not_send(machine: Machine) -> None:
    path = machine.home / "notes.txt"
    urls = (
        "{}git.test/team/r",
        "{}files.test/x-1.0.whl",
        "{}h.test",
        "{}h.test/t/p.git",
        "{}pypi.test/t/simple",
    )

    def written() -> list[str]:
        path.write_text("".join(f"https://{url.format('alice:NEW@')}\n" for url in urls))
        return warnings(machine, "sanitize", "--write", str(path))

    (line,) = written()
    assert line == (
        "Git sends no repository path: if https://git.test/team/r is a repository, run "
        "'git-credential-uvx setup --use-http-path', or Git will not find it"
    )
    run(machine, "setup", "--use-http-path")
    assert written() == []


def test_a_second_account(machine: Machine) -> None:
    login(machine)
    (line,) = login(machine, name="bob")
    assert line == (
        f"https://{HOST}/ has 2 accounts, 'bob' and 'alice': Git gets 'bob', "
        "uv gets none unless its URL names one; "
        f"run 'git-credential-uvx use {HOST} --username NAME' to choose one for Git"
    )


def test_quiet_says_nothing(machine: Machine, netrc: Path) -> None:
    assert login(machine, "--quiet") == []


def test_add_says_that_git_is_not_set_up(machine: Machine, tmp_path: Path, host: GitHost) -> None:
    machine.git("config", "--global", "--unset", "credential.helper")
    host.accounts["alice"] = "NEW"
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n')
    spec = f"foo @ git+{host.url('r.git', userinfo='alice:NEW')}"
    done = machine.run("git-credential-uvx", "add", "--frozen", spec, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Git will not get it: Git is not configured to ask this helper" in done.stderr


def test_sanitize_says_once_that_git_is_not_set_up(machine: Machine, tmp_path: Path) -> None:
    machine.git("config", "--global", "--unset", "credential.helper")
    for number in (1, 2):
        url = f"git+https://alice:NEW@{HOST}{number}.test/r.git"
        (tmp_path / f"requirements{number}.txt").write_text(f"foo @ {url}\n")
    told = warnings(machine, "sanitize", "--write", tmp_path)
    assert len([line for line in told if line.startswith("Git will not get it")]) == 1


class TestLogout:
    """What answers instead, the same question that Git asks next."""

    def test_another_account_of_the_store(self, machine: Machine) -> None:
        login(machine)
        login(machine, name="bob")
        (line,) = warnings(machine, "logout", HOST, "--username", "bob")
        place = f"'https://{HOST}/' in credentials.toml"
        assert line == f"Git and uv will now get 'alice' from {place} for https://{HOST}/"
        assert fill(machine) == "NEW"

    def test_the_account_of_the_host_after_that_of_a_path(self, machine: Machine) -> None:
        login(machine)
        login(machine, "--path", "team")
        (line,) = warnings(machine, "logout", HOST, "--path", "team")
        place = f"'https://{HOST}/' in credentials.toml"
        assert line.endswith(f"will now get 'alice' from {place} for https://{HOST}/team")

    def test_a_helper_that_git_asks_first(self, machine: Machine) -> None:
        machine.git("config", "--global", "--replace-all", "credential.helper", "store")
        machine.git("config", "--global", "--add", "credential.helper", "uvx")
        login(machine)
        assert warnings(machine, "logout", HOST) == [
            f"Git still asks the helper 'store' for https://{HOST}/"
        ]

    def test_nothing(self, machine: Machine) -> None:
        login(machine)
        assert warnings(machine, "logout", HOST) == []


class TestAnInsteadOf:
    URL = f"https://{HOST}/team/a.git"

    def _rewrite(self, machine: Machine, base: str, *where: str) -> None:
        machine.git(
            "config", *(where or ("--global",)), f"url.{base}.insteadOf", f"https://{HOST}/"
        )

    def test_to_another_host(self, machine: Machine) -> None:
        self._rewrite(machine, "https://mirror.test/")
        (line,) = login(machine, host=self.URL)
        assert line == (
            f"Git will not get it: an 'insteadOf' in '{machine.home}/.gitconfig' makes Git use "
            "'https://mirror.test/'; run 'git-credential-uvx login mirror.test --username alice' "
            "for that host"
        )
        login(machine, host="mirror.test")
        assert (
            machine.run("git-credential-uvx", "explain", self.URL)
            .stdout.decode()
            .splitlines()[-1]
            .startswith("Git would get: 'alice'")
        )

    def test_to_ssh(self, machine: Machine) -> None:
        self._rewrite(machine, f"git@{HOST}:")
        done = run(
            machine, "login", self.URL, "--username", "alice", "--password", "-", data=b"NEW\n"
        )
        (line,) = (x for x in done.stderr.decode().splitlines() if x.startswith("warning: "))
        assert line.endswith(f"an 'insteadOf' in '{machine.home}/.gitconfig' makes Git use ssh")
        assert b"sends no path" not in done.stderr

    def test_of_a_checkout_never_advises_a_login_at_its_host(self, machine: Machine) -> None:
        machine.git("init", "--quiet", str(machine.root))
        self._rewrite(machine, "https://evil.test/", "--local")
        (line,) = login(machine, host=self.URL)
        assert line.endswith(
            "makes Git use 'https://evil.test/'; remove that setting if you do not trust it"
        )
        assert "login" not in line


class TestAnAccountThatIsAskedForByItsName:
    @pytest.fixture(autouse=True)
    def another_account(self, machine: Machine) -> None:
        login(machine)

    def test_sanitize_that_keeps_the_name_in_the_url(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        path = tmp_path / "requirements.txt"
        path.write_text(f"foo @ git+https://bob:NEW@{HOST}/r.git\n")
        assert warnings(machine, "sanitize", "--write", path) == []
        assert path.read_text() == f"foo @ git+https://bob@{HOST}/r.git\n"

    def test_add_that_keeps_the_name_in_the_url(
        self, machine: Machine, tmp_path: Path, host: GitHost
    ) -> None:
        host.accounts |= {"alice": "NEW", "bob": "NEW"}
        login(machine, host=f"localhost:{host.port}")
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n')
        spec = f"foo @ git+{host.url('r.git', userinfo='bob:NEW')}"
        argv = ("git-credential-uvx", "add", "--frozen", spec)
        done = machine.run(*argv, cwd=tmp_path, check=False)
        assert (done.returncode, b"accounts" in done.stderr) == (0, False), done.stderr

    def test_a_url_without_the_name_is_still_warned_about(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        (line,) = login(machine, name="bob")
        assert "has 2 accounts" in line

    def test_the_account_that_gits_configuration_names(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.username", "bob")
        (line,) = login(machine, name="bob")
        assert line == (
            f"https://{HOST}/ has 2 accounts, 'bob' and 'alice', "
            "and uv gets none unless its URL names one"
        )

    def test_another_account_than_gits_configuration_names(self, machine: Machine) -> None:
        machine.git("config", "--global", "credential.username", "alice")
        line = login(machine, name="bob")[0]
        assert line == (
            f"Git asks for 'alice' at https://{HOST}/, because of 'credential.username' in "
            f"'{machine.home}/.gitconfig'"
        )

    @pytest.mark.parametrize("words", [("explain", "--git"), ("explain",)])
    def test_explain_does_not_name_use_for_a_url_with_a_name(
        self, machine: Machine, words: tuple[str, ...]
    ) -> None:
        login(machine, name="bob")
        shown = run(machine, *words, f"https://bob@{HOST}/").stdout.decode()
        assert "  accounts     'bob', 'alice'\n" in shown


class TestPlainHttp:
    @pytest.mark.parametrize("option", ["--password", "--token"])
    def test_login_refuses_it_also_for_a_piped_secret(self, machine: Machine, option: str) -> None:
        done = run(
            machine, *("login", f"http://{HOST}", "--username", "u", option, "-"), data=b"NEW\n"
        )
        assert done.returncode == 2
        assert b"SERVICE must be https; plain http is for localhost only" in done.stderr
        assert machine.files() == {}

    def test_what_a_file_gives_is_stored_with_a_warning(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        path = tmp_path / "requirements.txt"
        path.write_text(f"foo @ git+http://bob:NEW@{HOST}/r.git\n")
        (line,) = warnings(machine, "sanitize", "--write", path)
        assert line == (
            f"http://{HOST}/ is plain http, so others on the network can read the password; "
            "use an https URL"
        )

    def test_this_machine_is_no_network(self, machine: Machine, tmp_path: Path) -> None:
        path = tmp_path / "requirements.txt"
        path.write_text("foo @ git+http://bob:NEW@localhost:3000/r.git\n")
        assert warnings(machine, "sanitize", "--write", path) == []
