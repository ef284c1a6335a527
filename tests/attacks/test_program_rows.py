"""Attacks on running programs (V22-V30, V34, A58, A59, A67): planted ones, options, shells.

The numbers are rows of docs/attacks.md. Whatever is planted leaves a mark when it
runs; the tests look for the mark.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.config.own import load, parse
from git_credential_uvx.errors import ConfigError, ProgramError, ServiceError
from git_credential_uvx.query import Query
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.sources.keyring import KeyringSource
from git_credential_uvx.system.programs import find_program, run
from git_credential_uvx.system.settings import Settings, config_path
from git_credential_uvx.urls.service import service_from_git

from ..support.common import cases
from ..support.machine import BIN
from ..support.programs import SYSTEM, environment, program

if TYPE_CHECKING:
    from pathlib import Path

    from git_credential_uvx.query import SourceAnswer

    from ..support.machine import Machine

NOW = 1_700_000_000

POISONED = {
    "an empty entry first": ":{real}",
    "an empty entry last": "{real}:",
    "an empty entry between": "{real}::{real}",
    "a dot": ".:{real}",
    "a relative folder": "bin:{real}",
    "a folder beside": "../checkout/bin:{real}",
    "a home that the shell did not expand": "~:{real}",
    "nothing else": "",
    "only a dot": ".",
}
PROGRAMS = ("git", "keyring", "pass", "gpg", "docker-credential-x", "gh", "glab", "gcloud", "az")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory full of planted programs, that the process stands in."""
    folder = tmp_path / "checkout"
    for name in PROGRAMS:
        for place in (folder, folder / "bin", folder / "~"):
            program(place / name, f"touch '{tmp_path}/pwned'; echo planted\n")
    monkeypatch.chdir(folder)
    return folder


def not_run(tmp_path: Path) -> bool:
    return not (tmp_path / "pwned").exists()


def by_keyring(path: str, username: bytes = b"bob") -> SourceAnswer:
    source = KeyringSource(60, {"PATH": path})
    return source.find(Query(service_from_git(b"https", b"good.test", None), username), NOW)


def by_command(root: Path, path: str, entry: str, **environ: str) -> SourceAnswer:
    text = f"[[command]]\nmatch = 'https://good.test'\n{entry}\n"
    commands = parse(text.encode(), "/c.toml").commands
    source = CommandSource(commands, str(root / "run"), {"PATH": path, **environ})
    return source.find(Query(service_from_git(b"https", b"good.test", None)), NOW)


def test_v22_no_configuration_is_read_from_the_working_directory(
    tmp_path: Path, checkout: Path
) -> None:
    text = f"[[command]]\nmatch = 'https://good.test'\nargv = ['/bin/touch', '{tmp_path}/pwned']\n"
    for name in ("config.toml", "git-credential-uvx/config.toml", ".config/config.toml"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text(text)
    for environ in ({"XDG_CONFIG_HOME": "."}, {"XDG_CONFIG_HOME": ""}, {}):
        assert load(config_path(environ, "", "linux")).commands == ()
    with pytest.raises(ConfigError):
        config_path({"GIT_CREDENTIAL_UVX_CONFIG": "config.toml"}, "", "linux")


def test_v22_a_program_stands_outside_the_checkout_and_knows_no_repository(
    tmp_path: Path, checkout: Path
) -> None:
    path = program(tmp_path / "p", "pwd; env\n")
    environ = environment(GIT_DIR=f"{checkout}/.git", GIT_CONFIG_PARAMETERS="x", PWD=str(checkout))
    folder, *variables = run((str(path),), timeout=60, environ=environ).stdout.decode().split("\n")
    assert folder == "/"
    assert str(checkout) not in "".join(variables)
    names = {line.partition("=")[0] for line in variables if line.startswith("GIT_")}
    assert names == {"GIT_TERMINAL_PROMPT", "GIT_CREDENTIAL_UVX_RUNNING"}


@cases("path", POISONED)
@pytest.mark.parametrize("name", PROGRAMS)
def test_v23_v24_v25_a_planted_program_is_not_found(
    tmp_path: Path, checkout: Path, path: str, name: str
) -> None:
    (tmp_path / "real").mkdir()
    with pytest.raises(ProgramError, match=r"^.* not found on PATH$"):
        find_program(name, path.format(real=tmp_path / "real"))


@cases("path", POISONED)
def test_a58_a_planted_keyring_or_command_is_not_run(
    tmp_path: Path, checkout: Path, path: str
) -> None:
    (tmp_path / "real").mkdir()
    path = path.format(real=tmp_path / "real")
    assert by_keyring(path).credential is None
    assert by_command(tmp_path, path, "preset = 'gh'").credential is None
    assert by_command(tmp_path, path, "argv = ['pass']").credential is None
    assert not_run(tmp_path)


@cases("path", {k: v for k, v in POISONED.items() if "{real}" in v})
def test_a58_the_real_one_is_run_behind_a_planted_one(
    tmp_path: Path, checkout: Path, path: str
) -> None:
    for name in ("keyring", "gh"):
        program(tmp_path / "real" / name, "echo real\n")
    path = path.format(real=tmp_path / "real")
    for found in (by_keyring(path), by_command(tmp_path, path, "preset = 'gh'")):
        assert found.credential is not None
        assert found.credential.secret.reveal() == b"real"
    assert not_run(tmp_path)


def test_a58_what_a_program_starts_is_not_planted_either(tmp_path: Path, checkout: Path) -> None:
    program(tmp_path / "real" / "keyring", "git --version >&2; echo real\n")
    found = by_keyring(f".:bin::{checkout.name}:{tmp_path}/real:{SYSTEM}")
    assert found.credential is not None
    assert not_run(tmp_path)


@pytest.mark.parametrize("option", [b"--upload-pack=touch /tmp/pwned", b"-ctransport", b"-", b"--"])
def test_v26_a_username_is_never_an_option(tmp_path: Path, option: bytes) -> None:
    program(tmp_path / "keyring", f"touch '{tmp_path}/pwned'\n")
    found = by_keyring(f"{tmp_path}:{SYSTEM}", option)
    assert found.reason == "the username cannot be an argument of a program"
    assert not_run(tmp_path)


@pytest.mark.parametrize("host", [b"-oProxyCommand=touch", b"-h.test", b"--help"])
def test_v27_a_host_is_never_an_option(host: bytes) -> None:
    with pytest.raises(ServiceError):
        service_from_git(b"https", host, None)


PLANTED = {
    "a file that everybody can write": ("bin/keyring", 0o777),
    "a folder that everybody can write": ("bin", 0o777),
    "a shared folder with the sticky bit": ("bin", 0o1777),
    "a folder above that everybody can write": ("", 0o777),
}


@cases("name, mode", PLANTED)
def test_v28_a_program_that_others_can_replace_is_not_run(
    tmp_path: Path, name: str, mode: int
) -> None:
    root = tmp_path / "opt"
    path = program(root / "bin" / "keyring", f"touch '{tmp_path}/pwned'; echo planted\n")
    (root / name).chmod(mode)
    for given in ("keyring", str(path)):
        with pytest.raises(ProgramError, match=r"^keyring is not run: .* by every user$"):
            find_program(given, str(root / "bin"))
    assert by_keyring(str(root / "bin")).credential is None
    assert not_run(tmp_path)


def test_v28_a_link_to_what_others_can_replace_is_not_followed(tmp_path: Path) -> None:
    program(tmp_path / "shared" / "keyring", f"touch '{tmp_path}/pwned'\n")
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "keyring").symlink_to(tmp_path / "shared" / "keyring")
    assert by_keyring(str(tmp_path / "bin")).credential is None
    assert not_run(tmp_path)


@pytest.mark.parametrize("place", ["bin", "bin/keyring"])
def test_v28_a_program_of_another_user_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    program(tmp_path / "bin" / "keyring", f"touch '{tmp_path}/pwned'\n")
    real = os.stat
    foreign = str(tmp_path / place)

    def stat(path: object, *more: object, **named: object) -> os.stat_result:
        status = real(path, *more, **named)  # type: ignore[arg-type]
        if path == foreign:
            status = os.stat_result((*status[:4], 4711, *status[5:]))
        return status

    # Giving a file away takes root, and the tests run as anybody.
    monkeypatch.setattr(os, "stat", stat)
    found = by_keyring(str(tmp_path / "bin"))
    assert found.reason == f"keyring is not run: '{foreign}' belongs to another user"
    assert not_run(tmp_path)


@pytest.mark.parametrize(
    "name", ["x/../../builds/evil", "../evil", "./evil", "bin/git", "~/evil", "..", "."]
)
def test_v29_the_name_of_a_program_has_no_path(checkout: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="'argv' does not begin with"):
        by_command(tmp_path, SYSTEM, f"argv = ['{name}']")
    with pytest.raises(ProgramError):
        find_program(name, f"{checkout}/bin")
    assert not_run(tmp_path)


@pytest.mark.parametrize("preset", ["../gh", "x/../../evil", "gh; touch pwned", "GH", ""])
def test_v29_a_preset_is_one_of_a_list(tmp_path: Path, preset: str) -> None:
    with pytest.raises(ConfigError, match="'preset' is not one of "):
        by_command(tmp_path, SYSTEM, f"preset = '{preset}'")


@pytest.mark.parametrize(
    "word", ["${HELPER_PATH}", "$HELPER_PATH", "/tmp/x; touch /tmp/pwned", "$(touch pwned)", "`x`"]
)
def test_v30_nothing_is_expanded_and_no_shell_runs(tmp_path: Path, word: str) -> None:
    program(tmp_path / "bin" / "tok", "printf '%s\\n' \"$1\"\n")
    environ = {"HELPER_PATH": f"/tmp/x; touch {tmp_path}/pwned"}
    found = by_command(tmp_path, f"{tmp_path}/bin:{SYSTEM}", f"argv = ['tok', '{word}']", **environ)
    assert found.credential is not None
    assert found.credential.secret.reveal() == word.encode()
    if "/" not in word:
        found = by_command(tmp_path, f"{tmp_path}/bin", f"argv = ['{word}']", **environ)
        assert found.credential is None
    assert not_run(tmp_path)


def test_v34_a_project_cannot_switch_on_the_keyring(tmp_path: Path, checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text("[tool.uv]\nkeyring-provider = 'subprocess'\n")
    (checkout / "uv.toml").write_text("keyring-provider = 'subprocess'\n")
    config = load(config_path({}, str(tmp_path / "home"), "linux"))
    assert config.keyring_provider is None
    settings = Settings(str(tmp_path / "store"), environ={"PATH": f"{checkout}:{SYSTEM}"})
    query = Query(service_from_git(b"http", b"evil.test", b"simple"), b"user", use="index")
    answer = Resolver(settings).find(query, NOW)
    assert {step.source: step.skipped for step in answer.steps}["keyring"]
    assert not_run(tmp_path)


def test_a59_a_planted_module_is_not_imported_by_the_real_keyring(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    for module in ("keyring", "netrc", "tomllib", "json", "subprocess", "sitecustomize"):
        (checkout / f"{module}.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')\n")
    environ = {
        **machine.env,
        "PYTHONPATH": ":.:",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    source = KeyringSource(60, {**environ, "PATH": f"{BIN}:{SYSTEM}"})
    query = Query(service_from_git(b"https", b"good.test", None), b"bob")
    assert source.find(query, NOW).reason == "keyring has no entry for it"
    assert not_run(tmp_path)


def test_a67_a_command_comes_only_from_the_file_of_the_user(tmp_path: Path, checkout: Path) -> None:
    command = f"credential-command = \"sh -c 'touch {tmp_path}/pwned'\"\n"
    (checkout / "pyproject.toml").write_text(f"[tool.git-credential-uvx]\n{command}")
    assert load(config_path({}, str(tmp_path / "home"), "linux")).commands == ()
    with pytest.raises(ConfigError, match="unknown key 'tool'"):
        load(str(checkout / "pyproject.toml"))
    assert not_run(tmp_path)


def test_a67_a_configuration_that_others_can_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    path = folder / "config.toml"
    path.write_text("job-tokens = true\n")
    assert load(str(path)).job_tokens
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="can be written by every user"):
        load(str(path))
    path.chmod(0o600)
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="can be written by every user"):
        load(str(path))
