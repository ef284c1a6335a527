"""The commands of messages, pasted into a real shell and read by the real command line."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from git_credential_uvx.accounts import Named, one_username
from git_credential_uvx.cli import command as top
from git_credential_uvx.urls.commands import PROGRAM, command
from git_credential_uvx.urls.service import Service, service_from_git
from git_credential_uvx.urls.usernames import who, whose

from ..support.common import cases

if TYPE_CHECKING:
    from pathlib import Path


def by_path(path: bytes) -> Service:
    """The service that Git names with such a path."""
    return service_from_git(b"https", b"git.test", path)


SERVICES = {
    "a host": Service("https", "git.test", None),
    "a host with a port": Service("https", "git.test", 8443),
    "plain http": Service("http", "localhost", 8080),
    "a word that is short for another host": Service("https", "github", None),
    "an address": Service("https", "127.0.0.1", None),
    "IPv6": Service("https", "[2001:db8::1]", 8443),
    "a path": Service("https", "git.test", None, "/team"),
    "a repository": Service("https", "git.test", None, "/team/r.git"),
    "a repository with a slash": Service("https", "git.test", None, "/team/r.git/"),
    "a page of a known host": Service("https", "github.com", None, "/team/r"),
    "two slashes": Service("https", "git.test", None, "//team//r"),
    "a path that begins with a hyphen": Service("https", "git.test", None, "/--all"),
    "a path that runs something": by_path(b"$(touch ran)`touch ran`"),
    "a path with marks of the shell": by_path(b"a;b&c|d*e!f~g'h^j$HOME"),
    "a path with a comment and a blank": by_path(b"a #b"),
}
USERNAMES = {
    "none": (None, None),
    "an empty one": (b"", None),
    "a plain one": (b"alice", b"alice"),
    "an address of mail": (b"alice+git@corp.test", b"alice+git@corp.test"),
    "a domain's": (b"CORP\\alice", b"CORP\\alice"),
    "a blank": (b"Alice B", b"Alice B"),
    "single quotes": (b"o'brien'", b"o'brien'"),
    "double quotes": (b'"; touch ran; "', b'"; touch ran; "'),
    "what runs something": (b"$(touch ran)`touch ran`${HOME}", b"$(touch ran)`touch ran`${HOME}"),
    "several commands": (b"a; touch ran & touch ran | b", b"a; touch ran & touch ran | b"),
    "a history": (b"a!!b!touch", b"a!!b!touch"),
    "an option": (b"--all", b"--all"),
    "a hyphen": (b"-", b"-"),
    "a program of zsh": (b"=ls", b"=ls"),
    "a home": (b"~root", b"~root"),
    "a pattern": (b"*", b"*"),
    "a comment": (b"#x", b"#x"),
    "letters of others": ("älice中".encode(), "älice中".encode()),
    "a long one": (b"a" * 300, b"a" * 300),
    "a token": (b"ghp_" + b"a" * 36, None),
    "a token in a name": (b"me:ghp_" + b"a" * 36, None),
    "an old token": (b"0123456789abcdef" * 2 + b"01234567", None),
    "a line end": (b"a\ntouch ran\n", None),
    "control bytes": (b"a\x1b[2J\x07", None),
    "no UTF-8": (b"\xff\xfe", None),
    "a mark that turns the text around": ("a\u202eb".encode(), None),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program of our name, which writes its words to a file."""
    program = tmp_path / PROGRAM
    program.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" > "{tmp_path}/words"\n')
    program.chmod(0o755)
    return tmp_path


def pasted(text: str, folder: Path, *shell: str) -> list[str]:
    """The words that our program gets if a command is pasted into a shell."""
    environ = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        shell, input=text.encode() + b"\n", cwd=folder, env=environ, capture_output=True, check=True
    )
    assert done.stdout == b""
    assert not (folder / "ran").exists()
    return (folder / "words").read_text().split("\0")[:-1]


def read(words: list[str]) -> tuple[Service, bytes | None]:
    """The service and the username that the command line finds in its words."""
    name, *rest = words
    context = click.Context(top)
    one = top.get_command(context, name)
    assert one is not None
    given = one.make_context(name, rest, parent=context, resilient_parsing=False).params
    named = Named(given["service"], given.get("path"))
    return named.service, one_username(named, given["username"])


class TestACommandThatIsPasted:
    @cases("service", SERVICES)
    @pytest.mark.parametrize("name", ["login", "logout", "use", "restore", "token"])
    def test_is_for_this_service(self, folder: Path, name: str, service: Service) -> None:
        words = pasted(command(name, service=service, username=b"NAME"), folder, "sh")
        assert read(words) == (service, b"NAME")

    @cases("username, typed", USERNAMES)
    @pytest.mark.parametrize("name", ["login", "logout", "use", "restore", "token"])
    def test_is_for_this_account(
        self, folder: Path, name: str, username: bytes | None, typed: bytes | None
    ) -> None:
        service = SERVICES["a host"]
        words = pasted(command(name, service=service, username=username), folder, "sh")
        assert read(words) == (service, typed)

    @pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
    @cases("username, typed", USERNAMES)
    def test_works_in_an_interactive_shell(
        self, folder: Path, username: bytes | None, typed: bytes | None
    ) -> None:
        service = SERVICES["a path with marks of the shell"]
        text = command("login", service=service, username=username)
        assert read(pasted(text, folder, "bash", "--norc", "-i")) == (service, typed)


@cases("username, typed", USERNAMES)
def test_a_command_is_one_printable_line(username: bytes | None, typed: bytes | None) -> None:
    assert command("login", service=SERVICES["a host"], username=username).isprintable()


@cases(
    "username, shown, secret",
    {
        "a name": (b"alice", "'alice'", "the password of 'alice'"),
        "none": (None, "a token", "the token"),
        "an empty one": (b"", "a token", "the token"),
        "a token": (b"ghp_" + b"a" * 36, "a token", "the token"),
        "control bytes": (b"a\x1b\n", r"'a\x1b\n'", r"the password of 'a\x1b\n'"),
        "no UTF-8": (b"\xff", r"'\xff'", r"the password of '\xff'"),
        "a long one": (
            b"a" * 40 + b"b" * 40,
            f"'{'a' * 30}...{'b' * 30}'",
            f"the password of '{'a' * 30}...{'b' * 30}'",
        ),
    },
)
def test_an_account_in_a_sentence(username: bytes | None, shown: str, secret: str) -> None:
    assert (who(username), whose(username)) == (shown, secret)
