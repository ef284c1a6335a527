"""Attacks on what a person sees (V08, V20, V89, A66): text from outside at a terminal.

The numbers are rows of docs/attacks.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.urls.parts import redact

from ..support.common import SECRET, cases, entry, victim
from ..support.terminal import CTRL_C, play

if TYPE_CHECKING:
    from ..support.machine import Machine

LOGIN = ("git-credential-uvx", "login", "--no-verify")
PASSWORD = b"password: "
ENTER = SECRET.encode() + b"\r"

HOSTILE = {
    "a bell and a name that continues": "\x07bob smith",
    "a line that is overwritten": "good.test':\r\x1b[2KPassword for 'https://good.test",
    "a right-to-left override": "alice\u202etset.live//:sptth",
    "an isolate": "a\u2066b\u2069",
    "zero-width characters": "go\u200bod\u2060.te\ufeffst",
    "a C1 control": "a\x9b2Kb\x85c",
    "OSC 52": "\x1b]52;c;cm0gLXJm\x07",
    "DEL and backspaces": "alice\x7f\b\b\b\b\bmallory",
    "a line separator": "a\u2028b\u2029c",
    "a tab": "a\tb",
    "5000 blanks": f"alice{' ' * 5000}@https://evil.test/",
    "5000 letters": f"{'a' * 5000}@https://evil.test/",
    "a no-break space": "alice\u00a0\u00a0bob",
    "a tag character": "alice\U000e0041",
}
# What a text that is shown can hold besides printable characters: our own label is bold yellow.
OURS = ("\x1b[33m\x1b[1mwarning:\x1b[0m", "\x1b[2mtrace:\x1b[0m")


def assert_shown_escaped(text: str, hostile: str) -> None:
    """Nothing but printable text, by lines that fit a screen, and the name not as it is."""
    for label in OURS:
        text = text.replace(label, "")
    for line in text.replace("\r\n", "\n").split("\n"):
        assert line.isprintable(), line
        assert len(line) < 400, line
    assert hostile not in text


def quoted(text: str) -> str:
    """A TOML basic string."""
    return "".join(c if " " < c < "\x7f" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)


@cases("name", HOSTILE)
def test_a66_a_given_username_is_shown_escaped(machine: Machine, name: str) -> None:
    words = (*LOGIN, "good.test", "--username", name, "--password", "-")
    done = machine.run(*words, input=SECRET.encode(), check=False)
    assert done.returncode == (2 if "\r" in name else 0)
    assert_shown_escaped(done.stderr.decode(), name)
    assert done.stdout == b""


@cases("name", HOSTILE)
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "good.test", "--json"),
        ("token", "good.test"),
        ("token", "good.test", "--verbose", "--username", "bob"),
        ("explain", "https://good.test"),
        ("explain", "https://good.test", "--git"),
        ("restore", "good.test"),
        ("logout", "good.test", "--username", "bob"),
        ("logout", "good.test", "--all"),
        ("logout", "good.test"),
    ],
    ids=" ".join,
)
def test_a66_a_stored_username_is_shown_escaped(
    machine: Machine, name: str, words: tuple[str, ...]
) -> None:
    machine.write_store(
        entry("https://good.test/", username=quoted(name)) + entry("https://good.test/", "carol")
    )
    done = machine.run("git-credential-uvx", *words, check=False)
    text = done.stdout.decode() + done.stderr.decode()
    if "--json" in words:
        assert name.isascii() or name not in text
        assert len(json.loads(done.stdout)) == 2
        assert all(line.isprintable() for line in text.split("\n"))
    else:
        assert_shown_escaped(text, name)
    assert SECRET not in text


@cases("name", HOSTILE)
def test_a66_a_username_that_is_asked_for_is_shown_escaped(machine: Machine, name: str) -> None:
    for words in (
        ("token", "good.test", "--username", name),
        ("explain", "https://good.test", "--username", name),
        ("restore", "good.test", "--username", name),
        ("logout", "good.test", "--username", name),
    ):
        done = machine.run("git-credential-uvx", *words, check=False)
        assert done.returncode == 1
        assert_shown_escaped(done.stdout.decode() + done.stderr.decode(), name)


@cases(
    "service",
    {
        "an escape": "https://good.test%1b%5b8m@good.test/",
        "a host and a slash": "https://evil.test%2F@good.test",
        "a prompt": "https://Password%20for%20evil.test@good.test",
    },
)
def test_v08_a_username_never_stands_where_the_host_does(machine: Machine, service: str) -> None:
    done = play(machine, (*LOGIN, service), (PASSWORD, CTRL_C))
    assert done.shown == b"https://good.test/\r\npassword: \r\n"


def test_v08_a_line_end_in_a_username_is_refused_before_a_prompt(machine: Machine) -> None:
    done = play(machine, (*LOGIN, "https://good.test%27%3A%0d%1b%5b2KPassword@good.test"))
    assert done.status == 2
    assert done.shown.count(b"\n") == 1
    assert b"Password" not in done.shown


@cases(
    "service, line",
    {
        "plain": ("GOOD.test:443/", "https://good.test/"),
        "a port and a path": ("good.test:8443/a", "https://good.test:8443/a"),
        "a username with another host": ("https://evil.test%3A443@good.test", "https://good.test/"),
        "a path with another host": ("good.test/@evil.test", None),
        "controls in the path": ("good.test/a\x9bb\u202ec", "https://good.test/a%C2%9Bb%E2%80%AEc"),
        "an international name": (
            "g\u00f6\u00f6d.test",
            "https://xn--gd-fkaa.test/",
        ),
    },
)
def test_a66_the_line_above_a_prompt_is_the_checked_service(
    machine: Machine, service: str, line: str | None
) -> None:
    if line is None:
        done = machine.run(*LOGIN, service, "--username", "a", "--password", "-", check=False)
        assert done.returncode == 2
        return
    user = () if "@" in service else ("--username", "alice")
    terminal = play(machine, (*LOGIN, service, *user), (PASSWORD, ENTER))
    assert terminal.status == 0
    assert terminal.shown.decode().split("\r\n")[0] == line
    line.encode("ascii")


@cases(
    "host",
    {
        "controls": "good.test\x1b[2K",
        "an override": "good\u202e.test",
        "a zero-width space": "good\u200b.test",
        "a wide full stop": "good\u3002test",
        "blanks": f"good.test{' ' * 5000}evil.test",
    },
)
def test_a66_a_host_that_cannot_be_shown_is_refused(machine: Machine, host: str) -> None:
    for words in ((*LOGIN, host), ("git-credential-uvx", "token", host)):
        done = machine.run(*words, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert_shown_escaped(done.stderr.decode(), host)


def test_v20_a_name_in_the_project_of_a_checkout_is_shown_escaped(machine: Machine) -> None:
    del machine.env["UV_NO_CONFIG"]
    name = "a\x1b[2K\r\u202eb\x9b"
    (machine.root / "uv.toml").write_text(
        f'[[index]]\nname = "{quoted(name)}"\nurl = "https://good.test/simple"\n'
    )
    for words in ((), ("--index", name), ("--json",)):
        done = machine.run(
            "git-credential-uvx", "explain", "https://good.test/simple", *words, check=False
        )
        assert_shown_escaped((done.stdout + done.stderr).decode().replace("\\n", ""), name)


def test_v20_a_hostile_file_name_is_shown_escaped(machine: Machine) -> None:
    folder = machine.root / "a\x1b[2K\u202e\nb"
    folder.mkdir(mode=0o700)
    (folder / "credentials.toml").write_text("not toml")
    machine.env["UV_CREDENTIALS_DIR"] = str(folder)
    for words in (
        ("list",),
        ("login", "good.test", "-u", "a", "--token", "-"),
        ("logout", "good.test"),
    ):
        done = machine.run("git-credential-uvx", *words, input=b"x\n", check=False)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert_shown_escaped(done.stderr.decode(), "\x1b")
    done = machine.run("git-credential-uvx", "dir")
    assert_shown_escaped(done.stdout.decode(), "\x1b")


@pytest.mark.parametrize("host", ["AUTH.Good.test", "auth.good.TEST", "auth.good.test:443"])
def test_v89_a_case_variant_of_a_host_is_masked_and_matched_alike(
    machine: Machine, host: str
) -> None:
    victim(machine, "https://auth.good.test/")
    assert SECRET not in redact(f"HTTPS://u:{SECRET}@{host}/token?token={SECRET}#{SECRET}")
    for words in (("list", host), ("explain", f"https://{host}/token")):
        done = machine.run("git-credential-uvx", *words)
        assert b"alice" in done.stdout
        assert SECRET.encode() not in done.stdout + done.stderr
    done = machine.run("git-credential-uvx", "token", host)
    assert done.stdout == SECRET.encode() + b"\n"


CONTROLS = {
    "a line end": "tok\\r\\nX-Evil: 1",
    "a line feed": "tok\\nX-Evil: 1",
    "OSC 52": "tok\\u001b]52;c;cm0gLXJm\\u0007",
    "a C1 control": "tok\\u009b2K",
    "DEL": "tok\\u007f",
}


@cases("token", CONTROLS)
def test_v20_a_secret_that_would_steer_the_terminal_is_not_printed(
    machine: Machine, token: str
) -> None:
    machine.write_store(entry("https://good.test/", secret=token))
    terminal = play(machine, ("git-credential-uvx", "token", "good.test"))
    assert terminal.status == 2
    assert b"tok" not in terminal.shown
    assert terminal.shown.count(b"\n") == 1
    done = machine.run("git-credential-uvx", "token", "good.test", check=False)
    if "\\n" in token:
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"a line end" in done.stderr
    else:  # a program gets the secret as it is
        assert done.stdout == token.encode().decode("unicode_escape").encode() + b"\n"


UNSENDABLE = {
    "a line end in a token": ('scheme = "bearer"\ntoken = "tok\\r\\nX-Evil: 1"', "a token has"),
    "a blank in a token": ('scheme = "bearer"\ntoken = "a b"', "a token has"),
    "a colon in a username": ('username = "a:b"\npassword = "p"', "a username has a colon"),
    "a line end in a password": ('username = "a"\npassword = "p\\nq"', "a control character"),
}


@cases("fields, fault", UNSENDABLE)
def test_a36_bazel_gets_no_header_that_would_be_two(
    machine: Machine, fields: str, fault: str
) -> None:
    machine.write_store(f'[[credential]]\nservice = "https://good.test/"\n{fields}\n')
    words = ("git-credential-uvx", "helper", "--protocol", "bazel", "get")
    done = machine.run(*words, input=b'{"uri": "https://good.test/x"}', check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert fault in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
