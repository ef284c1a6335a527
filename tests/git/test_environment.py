"""Git's settings as values: hosts, numbers in an environment, changes of a key, shells."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.errors import GitError, ServiceError
from git_credential_uvx.git.config import called, is_ours
from git_credential_uvx.git.environment import (
    after,
    existing,
    host_service,
    pairs,
    render,
    to_remove,
    to_set,
    variables,
)

from ..support.common import cases

if TYPE_CHECKING:
    from ..support.machine import Machine

HOSTS = {
    "a name": ("good.test", "https://good.test"),
    "a name in capitals": ("Good.TEST", "https://good.test"),
    "a name with a port": ("good.test:8443", "https://good.test:8443"),
    "its own port": ("https://good.test:443", "https://good.test"),
    "a URL": ("https://good.test", "https://good.test"),
    "a URL with its scheme in capitals": ("HTTPS://good.test", "https://good.test"),
    "a repository": ("https://good.test:1/o/r.git", "https://good.test:1"),
    "a requirement": ("git+https://good.test/o/r@v1#egg=r", "https://good.test"),
    "a blank around it": (" good.test\n", "https://good.test"),
    "an underscore": ("my_host.test", "https://my_host.test"),
    "an address": ("10.0.0.1", "https://10.0.0.1"),
    "this machine in clear": ("http://localhost:8080", "http://localhost:8080"),
    "this machine's address in clear": ("http://127.0.0.1", "http://127.0.0.1"),
}

NO_HOSTS = {
    "nothing": "",
    "a scheme alone": "https://",
    "a port alone": ":443",
    "another host in clear": "http://good.test",
    "a name that only begins like this machine": "http://localhost.test",
    "another scheme": "ssh://good.test",
    "a path": "good.test/team",
    "a query": "good.test?x",
    "a fragment": "https://good.test#x",
    "a username": "alice@good.test",
    "a password": "https://alice:CANARY@good.test",
    "ssh's form": "alice@good.test:path",
    "two at signs": "https://alice:CANARY@x@good.test",
    "a slash in a password": "https://alice:CAN/ARY@good.test",
    "a star": "*",
    "a star for a label": "*.good.test",
    "a quote": 'good.test"',
    "a bracket": "good.test]",
    "an address in brackets": "[::1]",
    "a NUL": "good.test\0",
    "a blank": "good test",
    "a backslash": "good.test\\",
    "an equals sign": "good.test=x",
    "an escape": "good%2etest",
    "an empty label": "good..test",
    "a final dot": "good.test.",
    "a hyphen first": "-good.test",
    "an option": "--file",
    "a number": "2130706433",
    "a port that is none": "good.test:https",
    "a letter that becomes another in lower case": "\u212aey.test",
    "an international name": "b\u00fccher.test",
}


@cases("text, realm", HOSTS)
def test_a_host_has_one_form(text: str, realm: str) -> None:
    assert host_service(text).realm == realm


@cases("text", NO_HOSTS)
def test_what_is_no_host_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        host_service(text)
    assert "CANARY" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_no_host_is_every_host() -> None:
    assert pairs([], use_http_path=False, replace=False) == [("credential.helper", "uvx")]


def test_each_host_has_its_own_settings_in_git_s_order() -> None:
    services = [host_service("a.test"), host_service("b.test:1")]
    assert pairs(services, use_http_path=True, replace=True) == [
        ("credential.https://a.test.helper", ""),
        ("credential.https://a.test.helper", "uvx"),
        ("credential.https://a.test.useHttpPath", "true"),
        ("credential.https://b.test:1.helper", ""),
        ("credential.https://b.test:1.helper", "uvx"),
        ("credential.https://b.test:1.useHttpPath", "true"),
    ]


# Values of `credential.helper`, whether each runs this helper, and how it is called otherwise.
ITS_OWN = "another helper"
HELPERS = {
    "the short name": ("uvx", True, ""),
    "with an option": ("uvx --x", True, ""),
    "a path": ("/opt/bin/git-credential-uvx", True, ""),
    "a path with a quoted blank": (r"/Users/First\ Last/bin/git-credential-uvx", True, ""),
    "a path with quotes": ('/Users/First" "Last/bin/git-credential-uvx', True, ""),
    "a quoted path, to which git adds a prefix": ("'/a b/git-credential-uvx'", False, ITS_OWN),
    "a program of Windows": ("C:/bin/git-credential-uvx.exe", True, ""),
    "a shell command": ("!git-credential-uvx", True, ""),
    "a shell command with a quoted path": ("!'/a b/git-credential-uvx' --x", True, ""),
    "uv's tool runner": ("!uvx git-credential-uvx", True, ""),
    "the Linux side of Windows": ("!wsl.exe -e git-credential-uvx", True, ""),
    "uv's tool runner with another tool": (
        "!uvx git-credential-azure",
        False,
        "the helper 'azure'",
    ),
    "a command about it": ("!echo git-credential-uvx", False, "the helper 'echo'"),
    "a shell function": ("!f() { echo password=CANARY; }; f", False, ITS_OWN),
    "a variable before a command": ("!TOKEN=CANARY x", False, ITS_OWN),
    "gh's own": ("!/usr/bin/gh auth git-credential", False, "the helper 'gh'"),
    "gcloud's own": ("gcloud.sh", False, "the helper 'gcloud.sh'"),
    "quotes without an end": ("!'git-credential-uvx", False, ITS_OWN),
    "nothing to run": ("!", False, ITS_OWN),
    "another one": ("osxkeychain", False, "the helper 'osxkeychain'"),
    "another one's path": (
        r"/mnt/c/Program\ Files/Git/git-credential-manager.exe",
        False,
        "the helper 'manager'",
    ),
    "a command with a secret": ("!echo password=CANARY", False, "the helper 'echo'"),
    "a path with a secret": ("/opt/CANARY/bin/x", False, "the helper 'x'"),
}


@cases("value, ours, name", HELPERS)
def test_a_helper_is_known_by_what_git_would_run(value: str, ours: bool, name: str) -> None:
    assert is_ours(value) is ours
    if not ours:
        assert called(value) == name


OURS = [("credential.helper", "uvx")]
THERE = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}


def test_settings_are_numbered_after_those_that_are_there() -> None:
    assert variables(THERE, OURS) == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_1": "credential.helper",
        "GIT_CONFIG_VALUE_1": "uvx",
    }


def test_the_same_settings_a_second_time_are_the_same_variables() -> None:
    first = variables(THERE, OURS)
    assert variables(THERE | first, OURS) == first


def test_the_same_settings_before_others_do_not_count() -> None:
    first = variables({}, OURS)
    then = first | variables(first, [("credential.helper", "")])
    assert existing(then | variables(then, OURS)) == [*OURS, ("credential.helper", ""), *OURS]


ENVIRONMENTS = {
    "nothing": {},
    "an empty count": {"GIT_CONFIG_COUNT": ""},
    "none": {"GIT_CONFIG_COUNT": "0"},
    "one": THERE,
    "an empty value": THERE | {"GIT_CONFIG_VALUE_0": ""},
    "a count with a sign": THERE | {"GIT_CONFIG_COUNT": "+1"},
    "a count after a blank": THERE | {"GIT_CONFIG_COUNT": " 1"},
    "a count with a zero first": THERE | {"GIT_CONFIG_COUNT": "01"},
    "a count with a blank behind": THERE | {"GIT_CONFIG_COUNT": "1 "},
    "a blank for a count": {"GIT_CONFIG_COUNT": " "},
    "a word for a count": {"GIT_CONFIG_COUNT": "CANARY"},
    "digits of another script": THERE | {"GIT_CONFIG_COUNT": "\u0661"},
    "a count with an underscore": THERE | {"GIT_CONFIG_COUNT": "0_1"},
    "a count below zero": {"GIT_CONFIG_COUNT": "-1"},
    "a count beyond all": {"GIT_CONFIG_COUNT": "9" * 5000},
    "a count beyond what git can read": {"GIT_CONFIG_COUNT": "2147483648"},
    "a key that is missing": {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "CANARY"},
    "a value that is missing": {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b"},
    "the second of two missing": THERE | {"GIT_CONFIG_COUNT": "2"},
}


@cases("environ", ENVIRONMENTS)
def test_settings_are_refused_where_git_itself_refuses_them(
    environ: dict[str, str], machine: Machine
) -> None:
    git = machine.run("git", "config", "--list", "-z", env=environ, check=False)
    if git.returncode == 0:
        listed = [tuple(line.split("\n", 1)) for line in git.stdout.decode().split("\0")[:-1]]
        assert existing(environ) == listed
        return
    with pytest.raises(GitError) as caught:
        variables(environ, OURS)
    assert "CANARY" not in str(caught.value)


CHANGES = {
    "nothing there": ([], False, ["uvx"]),
    "another before": (["store"], False, ["store", "uvx"]),
    "there already": (["uvx"], False, None),
    "there already among others": (["store", "uvx", "cache"], False, None),
    "there by its path": (["/opt/bin/git-credential-uvx"], False, None),
    "there as a command": (["!git-credential-uvx"], False, None),
    "uv's tool runner with another tool": (["!uvx other"], False, ["!uvx other", "uvx"]),
    "there and cleared": (["uvx", ""], False, ["uvx", "", "uvx"]),
    "replace nothing": ([], True, ["", "uvx"]),
    "replace another": (["store"], True, ["store", "", "uvx"]),
    "replaced already": (["store", "", "uvx"], True, None),
    "replace what is there with another": (["store", "uvx"], True, ["store", "", "uvx"]),
    "replace one that came later": (["", "uvx", "store"], True, ["store", "", "uvx"]),
    "replace after a clearing of somebody's": (["store", ""], True, ["store", "", "uvx"]),
    "replace where it stands alone": (["uvx"], True, ["", "uvx"]),
}


@cases("values, replace, wanted", CHANGES)
def test_a_key_is_set(values: list[str], replace: bool, wanted: list[str] | None) -> None:
    steps = to_set(values, replace=replace)
    assert (after(values, steps) if steps else None) == wanted


REMOVALS = {
    "nothing there": ([], None),
    "others only": (["store", ""], None),
    "alone": (["uvx"], []),
    "with its clearing": (["store", "", "uvx"], ["store"]),
    "with a clearing that is not its own": (["", "store", "uvx"], ["", "store"]),
    "with two clearings": (["", "store", "", "uvx"], ["", "store", ""]),
    "twice": (["uvx", "store", "uvx"], ["store"]),
    "by its path, which is not what setup wrote": (["/opt/bin/git-credential-uvx"], None),
}


@cases("values, wanted", REMOVALS)
def test_a_key_is_taken_back(values: list[str], wanted: list[str] | None) -> None:
    steps = to_remove(values)
    assert (after(values, steps) if steps else None) == wanted


@given(st.lists(st.sampled_from(["", "uvx", "store", "!uvx x", "/bin/git-credential-uvx"])))
@pytest.mark.parametrize("replace", [False, True])
def test_a_key_is_set_once_and_others_stay(replace: bool, values: list[str]) -> None:
    done = after(values, to_set(values, replace=replace))
    assert to_set(done, replace=replace) == []
    others = [value for value in done if value not in ("", "uvx")]
    assert others == [value for value in values if value not in ("", "uvx")]


NAMES = st.integers(0, 9).map("GIT_CONFIG_VALUE_{}".format)
# Whatever an environment can hold: any bytes but NUL.
VALUES = st.binary(max_size=20).map(lambda b: b.replace(b"\0", b"")) | st.text(
    "'\"\\$`!\n\r ab\u2019*~#&|;()", max_size=12
).map(str.encode)


@given(st.dictionaries(NAMES, VALUES))
def test_sh_gives_any_value_back_as_it_was(found: dict[str, bytes]) -> None:
    texts = {name: value.decode(errors="surrogateescape") for name, value in found.items()}
    script = render("sh", texts).encode(errors="surrogateescape") + b"exec env -0\n"
    done = subprocess.run(
        ["/bin/sh"], input=script, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    assert done.stderr == b""
    told = dict(line.split(b"=", 1) for line in done.stdout.split(b"\0")[:-1])
    assert {name: told.get(name.encode()) for name in found} == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_other_shells_give_odd_values_back_as_they_were(shell: str, machine: Machine) -> None:
    # No NUL, and no byte that fish keeps for itself.
    odd = ["", "'", "''", "\\", "\\'", "a\\nb", "$HOME", "`x`", "!!", "a\nb", "\u2019", "~", "*"]
    found = {f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(odd)}
    script = render(shell, found).encode() + b"env -0\n"
    options = ["--no-config"] if shell == "fish" else []
    done = machine.run(shell, *options, input=script)
    told = dict(line.split(b"=", 1) for line in done.stdout.split(b"\0")[:-1])
    assert {name: told[name.encode()].decode() for name in found} == found


POWERSHELL = {
    "a plain one": ("uvx", "$env:X = 'uvx'\n"),
    "a quote": ("it's", "$env:X = 'it''s'\n"),
    "quotes that only PowerShell takes for one": (
        "\u2018\u2019\u201a\u201b",
        "$env:X = '\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'\n",
    ),
    "what expands elsewhere": ("$x `n", "$env:X = '$x `n'\n"),
}


@cases("value, wanted", POWERSHELL)
def test_powershell_quotes(value: str, wanted: str) -> None:
    assert render("powershell", {"X": value}) == wanted


UNWRITABLE = {
    "an empty value in PowerShell": ("powershell", ""),
    "a line end for GitHub": ("github", "a\nb=c"),
    "a carriage return for GitHub": ("github", "a\rb"),
    "a line end in a dotenv file": ("dotenv", "a\nb=c"),
    "a quote in a dotenv file": ("dotenv", "it's"),
    "a blank in a dotenv file": ("dotenv", "a b"),
    "a comment in a dotenv file": ("dotenv", "a#b"),
}


@cases("shell, value", UNWRITABLE)
def test_what_a_file_or_shell_cannot_hold_is_refused(shell: str, value: str) -> None:
    with pytest.raises(GitError):
        render(shell, {"X": value})
