"""`doctor --bundle`: what a stranger may read, with something private in every place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.common import cases, entry
from ..support.programs import program

if TYPE_CHECKING:
    from pathlib import Path

    from ..support.machine import Machine

NAME = "git-credential-uvx"
CANARY = "CANARY-3f9c7d21"  # a secret
OWN = "zorblax"  # what is in every name that is private

HELPERS = {
    "a command with arguments": f"!/home/me/{OWN}-tool --token {CANARY}",
    "a command of PATH": f"!{OWN} --token {CANARY}",
    "a function of the shell": f"!f() {{ echo password={CANARY}; }}; f",
    "a variable of the shell": f"!{OWN.upper()}={CANARY} gh auth git-credential",
    "a pipe": f"!cat /srv/{OWN} | sed s/^/password={CANARY}/",
    "a path": f"/opt/{OWN}/bin/git-credential-{OWN} {CANARY}",
    "a path with blanks": f"'/opt/{OWN} corp/helper' {CANARY}",
    "a name with arguments": f"{OWN} --password {CANARY}",
    "a short name": "zx",
    "a store with a path": f"store --file=/srv/{OWN}/{CANARY}",
    "a name like a secret": f"{OWN}3f9c7d21",
    "a command like a secret": f"!{OWN}3f9c7d21",
    "a tool runner": f"!uvx --from git+https://x:{CANARY}@{OWN}.test/r {OWN}-helper",
    "what no shell reads": f"!'{OWN} {CANARY}",
    "braces": f"!{{{OWN}}} {{0}} {CANARY}",
}
SETTINGS = {
    f"url.https://{OWN}:{CANARY}@{OWN}.test/.insteadOf": f"https://{OWN}.test/",
    f"url.ssh://git@{OWN}.test/.insteadOf": f"https://other-{OWN}.test/",
    "http.extraHeader": f"Authorization: Basic {CANARY}",
    f"http.https://{OWN}.test/.extraHeader": f"Authorization: Basic {CANARY}",
    "http.proxy": f"http://{OWN}:{CANARY}@proxy.{OWN}.test:3128",
    f"credential.https://{OWN}:{CANARY}@{OWN}.test.helper": "",
    f"credential.https://{OWN}.test/?token={CANARY}.helper": "",
    f"credential.https://{OWN}.test/{OWN}/r.helper": f"!{OWN} {CANARY}",
    f"credential.https://cleared-{OWN}.test.helper": "",
    "credential.username": OWN,
}
VARIABLES = {
    "UV_INDEX_URL": f"https://{OWN}:{CANARY}@{OWN}.test/simple",
    "UV_EXTRA_INDEX_URL": f"https://{OWN}:{CANARY}@{OWN}.test/simple",
    "UV_INDEX_ZORBLAX_PASSWORD": CANARY,
    "UV_INDEX_ZORBLAX_USERNAME": OWN,
    "UV_PUBLISH_TOKEN": CANARY,
    "UV_INDEX_STRATEGY": OWN,
    "UVX_TOKEN_zorblax_test": CANARY,
    "UVX_USERNAME_zorblax_test": OWN,
    "UVX_INDEX_ZORBLAX_URL": f"https://{OWN}.test/simple",
    "CI_ZORBLAX_KEY": CANARY,
    "CIRCLE_ZORBLAX": CANARY,
    "GITHUB_TOKEN_ZORBLAX": CANARY,
    "UV_ZORBLAX": CANARY,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": f"http.https://{OWN}.test/.extraHeader",
    "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {CANARY}",
    "GIT_ASKPASS": f"/home/{OWN}/{CANARY}",
    "SSL_CERT_FILE": f"/etc/{OWN}/ca.pem",
    "SSL_CERT_DIR": f"/home/{OWN}'s/{OWN}",
    "HTTPS_PROXY": f"http://{OWN}:{CANARY}@proxy.{OWN}.test:3128",
    "HTTP_PROXY": f"http://{CANARY}@proxy.{OWN}.test:3128/?token={CANARY}",
    "UV_INSECURE_HOST": f"{OWN}.test",
    "UV_KEYRING_PROVIDER": "subprocess",
    "NETRC": "",
    "UV_PREVIEW": "1",
}


@pytest.fixture
def private(machine: Machine) -> Machine:
    """A machine in whose every name and value is something private."""
    home = machine.root / f"it's {OWN}" / "home"
    home.parent.mkdir()
    machine.home.rename(home)
    machine.home, machine.folder = home, home / ".local" / "share" / "uv" / "credentials"
    config = home / ".config" / OWN / "gitconfig"
    config.parent.mkdir(parents=True)
    machine.env |= {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(config),
        "PATH": f"{machine.root}/{OWN}/bin:{machine.env['PATH']}",
        "PYTHONPATH": OWN,
    }
    for variable in ("UV_CREDENTIALS_DIR", "UV_NO_CONFIG"):
        del machine.env[variable]
    for value in HELPERS.values():
        machine.git("config", "--global", "--add", "credential.helper", value)
    for name, value in SETTINGS.items():
        machine.git("config", "--global", "--add", name, value)
    machine.folder.mkdir(parents=True, mode=0o700)
    rows = (f"https://{OWN}.test/", OWN), (f"https://other-{OWN}.test/", "zx")
    machine.write_store("".join(entry(service, name, CANARY) for service, name in rows))
    for name in ("uv", "keyring", "gh"):
        program(machine.root / OWN / "bin" / name, f"echo {name} {CANARY}")
    machine.env |= {k: v for k, v in VARIABLES.items() if v}
    _write(home / ".netrc", f"machine {OWN}.test login {OWN} password {CANARY}-2\nmachine {OWN}\n")
    return machine


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


CONFIGS = {
    "none": "",
    "a command": f'[[command]]\nmatch = "https://{OWN}.test"\nargv = ["{OWN}", "{CANARY}"]\n',
    "a key that is not known": f'[[command]]\n{OWN} = "{CANARY}"\n',
    "a table that is not known": f"[{OWN}]\nx = 1\n",
    "no TOML": f"{OWN} {CANARY}\n",
    "a string without an end": f'x = "{CANARY}\n',
    "a wrong URL": f'[[command]]\nmatch = "https://x:{CANARY}@{OWN}.test"\nargv = ["{OWN}"]\n',
    "a wrong type": f'[[command]]\nmatch = "https://{OWN}.test"\nargv = "{OWN} {CANARY}"\n',
    "a program by its path": f'[[command]]\nmatch = "https://{OWN}.test"\nargv = ["./{OWN}"]\n',
}


@cases("config", CONFIGS)
def test_nothing_private_is_in_a_report(private: Machine, config: str) -> None:
    _write(private.home / ".config" / NAME / "config.toml", config)
    checkout = private.root / OWN / "checkout"
    private.git("init", "-q", checkout)
    private.git("config", "credential.helper", f"!./{OWN} {CANARY}", cwd=checkout)
    report = private.root / "report.txt"
    done = private.run(NAME, "doctor", "--bundle", report, cwd=checkout, check=False)
    assert done.returncode == 1
    text = report.read_text()
    assert not [line for line in text.splitlines() if CANARY in line]
    assert not [line for line in text.splitlines() if OWN in line.lower() or "zx" in line]
    assert CANARY.encode() not in done.stdout + done.stderr


def _bundle(machine: Machine) -> str:
    report = machine.root / "report.txt"
    machine.run(NAME, "doctor", "--bundle", report, check=False)
    return report.read_text()


def test_a_command_of_a_report_has_no_host(machine: Machine) -> None:
    machine.git("config", "--global", "credential.helper", "uvx")
    machine.git("config", "--global", f"credential.https://{OWN}.test.helper", "")
    text = _bundle(machine)
    assert "run 'git-credential-uvx setup --host host-1'" in text
    assert OWN not in text


def test_a_report_says_which_variables_of_an_index_are_set(machine: Machine) -> None:
    machine.env |= {"UV_INDEX_ZORBLAX_USERNAME": "x", "UV_INDEX_ZORBLAX_PASSWORD": CANARY}
    text = _bundle(machine)
    assert "UV_INDEX_host-1_USERNAME is set" in text
    assert "UV_INDEX_host-1_PASSWORD is set" in text


def test_names_that_any_account_has_stay_in_a_report(machine: Machine) -> None:
    machine.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    machine.write_store(entry("https://git.test/", "git", CANARY))
    _write(machine.home / ".netrc", "machine git.test login git password other\n")
    text = _bundle(machine)
    assert "git of https://host-" in text
    assert "user-" not in text


@pytest.mark.parametrize("words", [("--json",), ("--verbose",), ()])
def test_no_secret_is_in_a_report_with_names(private: Machine, words: tuple[str, ...]) -> None:
    report = private.root / "report.txt"
    words = ("--bundle", str(report), "--with-names", *words)
    done = private.run(NAME, "doctor", *words, check=False)
    assert OWN in report.read_text()
    seen = (report.read_bytes() + done.stdout + done.stderr).decode()
    assert not [line for line in seen.splitlines() if CANARY in line]
