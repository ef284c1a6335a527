"""A file of somebody else holds a URL with a password: who answers Git and uv stays the same."""

from __future__ import annotations

import json
import shlex
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from ..support.common import cases, entry
from ..support.package import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..support.machine import Machine

    Arrange = Callable[[Machine], object]

ROOT = Path(__file__).parents[2]
PLANTED = "mallory-password"
HOST = {"protocol": "https", "host": "git.test"}
CLONE = f"git clone https://mallory:{PLANTED}@git.test/team/repo\n"


def git_is_given(machine: Machine) -> dict[str, str]:
    """What the real Git is given for a host, with and without a path and a username."""
    found = {}
    for path, who in (("", ""), ("", "victim"), ("org/repo.git", ""), ("org/repo.git", "oauth2")):
        lines = f"protocol=https\nhost=git.test\npath={path}\n"
        lines += f"username={who}\n" if who else ""
        done = machine.run(
            *("git", "-c", "credential.helper=uvx", "-c", "credential.useHttpPath=true"),
            *("credential", "fill"),
            input=lines.encode() + b"\n",
            check=False,
        )
        found[f"git {who}@{path}"] = done.stdout.decode()
    return found


def uv_finds(machine: Machine) -> dict[str, str]:
    """What the real uv finds by its own look-up."""
    found = {}
    for place in ("git.test/", "git.test/team/repo", "victim@git.test/"):
        asked = json.dumps({"uri": f"https://{place}"}).encode()
        argv = ("uv", "auth", "helper", "--protocol=bazel", "get")
        done = machine.run(*argv, input=asked, check=False)
        found[f"uv {place}"] = done.stdout.decode().strip() or "ambiguous"
    found["uv auth token"] = machine.uv_token("git.test") or ""
    return found


def answers(machine: Machine) -> dict[str, str]:
    """Every answer that there is."""
    found = git_is_given(machine) | uv_finds(machine)
    return {
        asked: answer for asked, answer in found.items() if answer not in ("", '{"headers":{}}')
    }


def victim_of_uv(machine: Machine) -> None:
    machine.uv_login("git.test", "victim", "pv")


def victim_of_git(machine: Machine) -> None:
    machine.put(**HOST, username="victim", password="pv")


def victim_beside_uv(machine: Machine) -> None:
    machine.write_store(entry("https://git.test/org/", "carol", "pc"))
    machine.put(**HOST, username="victim", password="pv", password_expiry_utc="99999999999")


def victim_of_a_path(machine: Machine) -> None:
    machine.put(**HOST, path="org", username="victim", password="pv")


def victim_who_typed_a_new_password(machine: Machine) -> None:
    machine.uv_login("git.test", "victim", "old")
    machine.put(**HOST, username="victim", password="pv")


VICTIMS = {
    "logged in with uv": victim_of_uv,
    "logged in with Git": victim_of_git,
    "in the companion": victim_beside_uv,
    "typed a newer password": victim_who_typed_a_new_password,
}
FOUND = {
    "for Git": CLONE,
    "a token for Git": f"git clone https://{PLANTED}@git.test/team/repo\n",
    "a name that stands for any account": f"x @ git+https://oauth2:{PLANTED}@git.test/org/repo\n",
    "an index": f"--index-url https://mallory:{PLANTED}@git.test/simple\n",
    "an index below": f"--index-url https://mallory:{PLANTED}@git.test/team/simple\n",
    "a file": f"https://mallory:{PLANTED}@git.test/team/repo/x.whl\n",
}
# What the file may well be for, since nothing else answers there.
UNRELATED = f"-i https://mallory:{PLANTED}@pypi.test/simple\n"


def sanitize(machine: Machine, *words: str | Path, status: int, cwd: Path | None = None) -> str:
    command = ("git-credential-uvx", "sanitize", *words)
    done = machine.run(*command, check=False, cwd=cwd or machine.home)
    assert done.returncode == status, done.stderr
    assert PLANTED.encode() not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    return done.stderr.decode()


# What can be asked for by its name, in the clean URL.
NAMED = ("for Git",)


@cases("arrange", VICTIMS)
def test_what_a_file_holds_does_not_take_the_place_of_an_account(
    machine: Machine, arrange: Arrange
) -> None:
    arrange(machine)
    before, files = answers(machine), machine.files()
    assert before
    path = machine.home / "README"
    for text in (text for name, text in FOUND.items() if name not in NAMED):
        path.write_text(text)
        err = sanitize(machine, "--write", "README", status=2)
        assert err.count("\n") == 1
        assert "'victim' at 'https://git.test/'" in err
        assert "--replace" in err
        assert path.read_text() == text
        assert machine.files() == files
    assert answers(machine) == before


@cases("arrange", VICTIMS)
def test_an_account_for_git_is_asked_for_by_its_name(machine: Machine, arrange: Arrange) -> None:
    arrange(machine)
    before = answers(machine)
    path = machine.home / "README"
    path.write_text(CLONE)
    sanitize(machine, "--write", path, status=0)
    assert path.read_text() == "git clone https://mallory@git.test/team/repo\n"
    after = answers(machine)
    assert {asked: after[asked] for asked in before} == before
    assert machine.get(**HOST, username="mallory")[b"password"] == PLANTED.encode()


def test_a_name_that_stands_for_any_account_does_not_hide_that_of_a_path(machine: Machine) -> None:
    victim_of_a_path(machine)
    before = answers(machine)
    path = machine.home / "README"
    path.write_text(FOUND["a name that stands for any account"])
    assert "'victim' at 'https://git.test/org'" in sanitize(machine, "--write", path, status=2)
    assert answers(machine) == before


@cases("text", {name: text for name, text in FOUND.items() if "below" in name or "file" in name})
def test_what_meets_no_other_account_is_stored(machine: Machine, text: str) -> None:
    victim_of_a_path(machine)
    before = answers(machine)
    path = machine.home / "README"
    path.write_text(text + UNRELATED)
    sanitize(machine, "--write", path, status=0)
    after = answers(machine)
    assert {asked: after[asked] for asked in before} == before
    assert machine.uv_token("https://pypi.test/", "mallory") == PLANTED
    assert PLANTED not in path.read_text()


@cases("use", {"Git": ("git clone ", "repo"), "an index": ("--index-url ", "simple")})
@pytest.mark.parametrize("more", [(), ("--replace",)], ids=["", "--replace"])
def test_two_accounts_of_one_file_keep_their_names(
    machine: Machine, use: tuple[str, str], more: tuple[str, ...]
) -> None:
    before, path = use
    one = f"{before}https://mallory:{PLANTED}@git.test/{path}\n"
    readme = machine.home / "README"
    readme.write_text(one + one.replace("mallory:", "carol:"))
    sanitize(machine, "--write", *more, readme, status=0)
    clean = f"{before}https://mallory@git.test/{path}\n"
    assert readme.read_text() == clean + clean.replace("mallory@", "carol@")
    for name in ("mallory", "carol"):
        assert machine.get(**HOST, username=name)[b"password"] == PLANTED.encode()
        if before != "git clone ":
            assert machine.uv_token("git.test", name) == PLANTED


def test_two_tokens_of_one_file_are_left(machine: Machine) -> None:
    """Both would be stored under one name."""
    text = FOUND["a token for Git"] + FOUND["a token for Git"].replace(PLANTED, PLANTED + "2")
    path = machine.home / "README"
    path.write_text(text)
    sanitize(machine, "--write", path, status=2)
    assert path.read_text() == text
    assert machine.files() == {}


def test_an_account_that_is_stored_and_not_the_default_keeps_its_name(machine: Machine) -> None:
    """Without it the URL would be fetched as the victim, whose repository it is not."""
    machine.put(**HOST, username="victim", password="pv")
    machine.put(**HOST, username="mallory", password=PLANTED)
    before = answers(machine)
    path = machine.home / "README"
    path.write_text(CLONE)
    sanitize(machine, "--write", path, status=0)
    assert path.read_text() == "git clone https://mallory@git.test/team/repo\n"
    assert answers(machine) == before


@cases("arrange", {name: VICTIMS[name] for name in list(VICTIMS)[:3]})
def test_replace_takes_the_place_for_git_and_the_victim_stays_by_name(
    machine: Machine, arrange: Arrange
) -> None:
    arrange(machine)
    path = machine.home / "README"
    path.write_text(CLONE)
    sanitize(machine, "--write", "--replace", path, status=0)
    assert machine.get(**HOST)[b"username"] == b"mallory"
    assert machine.get(**HOST, username="victim")[b"password"] == b"pv"


def test_replace_takes_the_place_for_uv_which_could_not_choose(machine: Machine) -> None:
    machine.uv_login("git.test", "victim", "old")
    machine.put(**HOST, username="victim", password="pv")
    path = machine.home / "README"
    path.write_text(FOUND["an index"])
    sanitize(machine, "--write", "--replace", path, status=0)
    authorization = b64encode(f"mallory:{PLANTED}".encode()).decode()
    assert authorization in uv_finds(machine)["uv git.test/"]
    assert machine.uv_token("git.test", "mallory") == PLANTED
    assert machine.get(**HOST)[b"username"] == b"mallory"
    assert machine.get(**HOST, username="victim")[b"password"] == b"pv"
    path.write_text(FOUND["an index"])
    said = sanitize(machine, "--write", path, status=0)
    assert "already stored for https://git.test/: 'mallory'" in said


def by_netrc(machine: Machine) -> None:
    (machine.home / ".netrc").write_text("machine git.test login victim password pv\n")
    (machine.home / ".netrc").chmod(0o600)


def by_variable(machine: Machine) -> None:
    machine.env |= {"UVX_TOKEN_git_test": "pv", "UVX_USERNAME_git_test": "victim"}


def by_command(machine: Machine) -> None:
    config = machine.home / "config.toml"
    text = (
        '[[command]]\nmatch = "https://git.test/"\nusername = "victim"\nargv = ["/bin/echo", "pv"]'
    )
    config.write_text(text)
    machine.env |= {"GIT_CREDENTIAL_UVX_CONFIG": str(config), "XDG_RUNTIME_DIR": str(machine.home)}


@cases("arrange", {"netrc": by_netrc, "a variable": by_variable, "a command": by_command})
def test_an_account_of_another_source_keeps_answering(machine: Machine, arrange: Arrange) -> None:
    arrange(machine)
    before = git_is_given(machine)
    assert "username=victim" in before["git @"]
    path = machine.home / "README"
    path.write_text(CLONE)
    if arrange is by_command:
        # What a command gives for another username shows only when it is run.
        err = sanitize(machine, "--write", path, status=2)
        assert "answers there with another account" in err
        assert path.read_text() == CLONE
        assert machine.files() == {}
    else:
        sanitize(machine, "--write", path, status=0)
        assert path.read_text() == CLONE.replace(f":{PLANTED}", "")
        assert machine.get(**HOST, username="mallory")[b"password"] == PLANTED.encode()
    assert git_is_given(machine) == before


@cases(
    "variables, text",
    {
        "a username": ({"UVX_USERNAME_git_test": "victim"}, FOUND["a file"]),
        "an index": (
            {
                "UV_INDEX": "corp=https://git.test/simple",
                "UV_INDEX_CORP_USERNAME": "victim",
                "UV_INDEX_CORP_PASSWORD": "pv",
            },
            FOUND["an index"],
        ),
    },
)
def test_an_account_that_a_variable_keeps_from_answering_stays_in_the_file(
    machine: Machine, variables: dict[str, str], text: str
) -> None:
    machine.env |= variables
    path = machine.home / "README"
    path.write_text(text)
    assert "answers there with another account" in sanitize(machine, "--write", path, status=2)
    assert path.read_text() == text
    assert machine.files() == {}


def test_a_command_for_a_path_keeps_answering(machine: Machine) -> None:
    by_command(machine)
    config = machine.home / "config.toml"
    config.write_text(config.read_text().replace("git.test/", "git.test/team"))
    path = machine.home / "README"
    path.write_text(CLONE)
    assert "a configured command answers" in sanitize(machine, "--write", path, status=2)
    assert machine.files() == {}


def test_a_keyring_keeps_answering(machine: Machine) -> None:
    folder = machine.home / "bin"
    folder.mkdir()
    (folder / "keyring").write_text("#!/bin/sh\n[ $3 = mallory ] && echo of-the-keyring\n")
    (folder / "keyring").chmod(0o755)
    machine.env["UV_KEYRING_PROVIDER"] = "subprocess"
    machine.env["PATH"] = f"{folder}:{machine.env['PATH']}"
    path = machine.home / "README"
    path.write_text(CLONE)
    assert "answers there with another" in sanitize(machine, "--write", path, status=2)
    assert machine.files() == {}


# What runs without a person


@pytest.fixture
def clone(machine: Machine) -> Path:
    """A clone of a repository that turns the filter on for all its files."""
    machine.env |= {f"GIT_{who}_NAME": "Alice" for who in ("AUTHOR", "COMMITTER")}
    machine.env |= {f"GIT_{who}_EMAIL": "alice@localhost" for who in ("AUTHOR", "COMMITTER")}
    theirs = machine.root / "theirs"
    theirs.mkdir()
    (theirs / ".gitattributes").write_text("* filter=uvx\n")
    (theirs / "README").write_text(CLONE + UNRELATED)
    machine.git("init", "--quiet", cwd=theirs)
    machine.git("add", ".", cwd=theirs)
    machine.git("commit", "--quiet", "-m", "x", cwd=theirs)
    return theirs


def status_of_a_clone(machine: Machine, theirs: Path, command: str) -> str:
    """Clone, touch and `git status`, with the clean filter for all of the user's checkouts."""
    machine.git("config", "--global", "filter.uvx.clean", command)
    mine = machine.root / "mine"
    machine.git("clone", "--quiet", theirs, mine)
    (mine / "README").write_text(CLONE + UNRELATED)
    done = machine.run("git", "status", "--short", cwd=mine)
    assert (mine / "README").read_text() == CLONE + UNRELATED
    return done.stderr.decode()


def test_a_clean_filter_stores_nothing(machine: Machine, clone: Path) -> None:
    victim_of_uv(machine)
    before, files = answers(machine), machine.files()
    assert status_of_a_clone(machine, clone, "git-credential-uvx sanitize -") == ""
    assert machine.files() == files
    assert answers(machine) == before


def test_a_clean_filter_that_is_told_to_store_takes_no_place(machine: Machine, clone: Path) -> None:
    victim_of_uv(machine)
    before = answers(machine)
    err = status_of_a_clone(machine, clone, "git-credential-uvx sanitize --store -")
    assert "warning: not stored: the store has another account, 'victim' at" in err
    assert answers(machine) == before
    assert machine.uv_token("https://pypi.test/", "mallory") == PLANTED


def hook(name: str) -> list[str]:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (entry_point,) = (hook["entry"] for hook in hooks if hook["id"] == name)
    return shlex.split(entry_point)


@pytest.mark.parametrize("name", ["sanitize-check", "sanitize"])
def test_a_hook_stores_nothing_and_destroys_nothing(
    machine: Machine, clone: Path, name: str
) -> None:
    victim_of_uv(machine)
    files = machine.files()
    done = machine.run(*hook(name), "README", cwd=clone, check=False)
    assert done.returncode == 1
    assert PLANTED.encode() not in done.stdout + done.stderr
    assert (clone / "README").read_text() == CLONE + UNRELATED
    assert machine.files() == files
    if name == "sanitize":
        assert b"git-credential-uvx sanitize --write README" in done.stderr


def test_a_hook_that_is_told_to_store_takes_no_place(machine: Machine, clone: Path) -> None:
    victim_of_uv(machine)
    before = answers(machine)
    (clone / "other").write_text(UNRELATED)
    (clone / "README").write_text(FOUND["an index"] + UNRELATED)
    done = machine.run(*hook("sanitize"), "--store", "README", "other", cwd=clone, check=False)
    assert done.returncode == 2
    assert b"'victim' at 'https://git.test/'" in done.stderr
    assert (clone / "README").read_text() == FOUND["an index"] + UNRELATED
    assert (clone / "other").read_text() == UNRELATED.replace(f"mallory:{PLANTED}@", "")
    assert answers(machine) == before


# add


BESIDE = {"uv": victim_of_uv, "the companion": victim_beside_uv}


@cases(
    "words",
    {
        "a file of requirements": ("-r", "requirements.txt"),
        "an argument": (f"x @ git+https://mallory:{PLANTED}@git.test/team/repo",),
    },
)
@cases("arrange", BESIDE)
def test_add_takes_no_place_and_keeps_the_name(
    machine: Machine, arrange: Arrange, words: tuple[str, ...]
) -> None:
    arrange(machine)
    before = answers(machine)
    (machine.home / "pyproject.toml").write_text(PROJECT)
    (machine.home / "requirements.txt").write_text(f"x @ git+{CLONE.split()[-1]}\n")
    machine.run("git-credential-uvx", "add", "--frozen", *words, cwd=machine.home)
    text = (machine.home / "pyproject.toml").read_text()
    assert 'x = { git = "https://mallory@git.test/team/repo" }' in text
    after = answers(machine)
    assert {asked: after[asked] for asked in before} == before


@cases("arrange", BESIDE)
def test_add_of_an_index_takes_no_place(machine: Machine, arrange: Arrange) -> None:
    arrange(machine)
    before, files = answers(machine), machine.files()
    (machine.home / "pyproject.toml").write_text(PROJECT)
    index = f"--index=x=https://mallory:{PLANTED}@git.test/simple"
    command = ("git-credential-uvx", "add", "--frozen", index, "foo")
    done = machine.run(*command, cwd=machine.home, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"'victim' at 'https://git.test/'" in done.stderr
    assert PLANTED.encode() not in done.stderr
    assert (machine.home / "pyproject.toml").read_text() == PROJECT
    assert machine.files() == files
    assert answers(machine) == before


def test_what_add_moved_aside_comes_back_when_uv_fails(machine: Machine) -> None:
    victim_of_uv(machine)
    before = answers(machine)
    (machine.home / "pyproject.toml").write_text(PROJECT)
    words = (
        "--replace",
        "--offline",
        f"--index=x=https://mallory:{PLANTED}@git.test/simple",
        "foo",
    )
    done = machine.run("git-credential-uvx", "add", *words, cwd=machine.home, check=False)
    assert done.returncode != 0
    assert b"as it was before" in done.stderr
    assert answers(machine) == before
