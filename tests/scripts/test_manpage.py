"""The manual page: what its texts become, that it is whole, and what groff says of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import git_credential_uvx
from git_credential_uvx.cli import command
from git_credential_uvx.system.settings import CI_JOBS
from scripts.manpage import roff
from scripts.manpage.page import FILE, page

PACKAGE = Path(__file__).parents[2] / "git_credential_uvx"
# No terminal escapes, no page breaks and no hyphenation: the text alone.
GROFF = ("groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rcR=1")

TEXTS = {
    "a hyphen can be copied": ("--json", r"\-\-json"),
    "a backslash is shown": (r"a\nb", r"a\enb"),
    "a dot at the start is no request": (".netrc", r"\&.netrc"),
    "a quote at the start is no request": ("'quoted'", r"\(aqquoted\(aq"),
    "double quotes do not end an argument": ('say "yes"', r"say \(dqyes\(dq"),
    "backticks make it bold": ("run `git -v` now", r"run \fBgit \-v\fR now"),
    "a single backtick is one": ("a`b", r"a\(gab"),
    "a letter that is not ASCII": ("caf\u00e9", r"caf\[u00E9]"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_shown_as_it_stands(text: str, expected: str) -> None:
    assert roff.prose(text) == [".PP", expected]


def shown(lines: list[str]) -> str:
    head = roff.title("x", "x 1")
    done = subprocess.run(
        GROFF, input=roff.document([*head, *lines]).encode(), capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.needs("groff")
@given(st.text("\\.'\"`-^~ab%$&[]()|", min_size=1, max_size=30).filter(lambda t: t.count("`") != 2))
def test_groff_shows_whatever_a_line_holds(text: str) -> None:
    if text.count("`") % 2 == 0:
        text = text.replace("`", "")
    assert f"    {text}\n" in shown(roff.example(text)) or not text


@pytest.mark.needs("groff")
def test_lines_of_a_kept_block_stay_and_others_are_filled_up() -> None:
    lines = roff.prose("One\ntwo.\n\n\b\nbash  ~/.bashrc\nzsh   ~/.zshrc\n\nThree.")
    text = shown(lines)
    assert "One two." in text
    assert re.search(r"^ +bash  ~/\.bashrc\n +zsh   ~/\.zshrc\n", text, re.MULTILINE)


@pytest.mark.needs("groff")
def test_a_long_line_that_is_wrapped_before_a_dot_stays_text() -> None:
    text = shown(roff.prose("x " * 39 + ".netrc y"))
    assert ".netrc y" in text


@click.group(help="A thing.\n\nMore of it.")
def thing() -> None:
    pass


@thing.command(help="Look.")
@click.argument("where")
@click.argument("more", nargs=-1)
@click.option("-n", "--number", type=int, help="How many.")
@click.option("--kind", type=click.Choice(["a", "b"]), multiple=True)
@click.option("--secret", hidden=True)
def look(**_: object) -> None:
    pass


@thing.group(help="A group.")
def inner() -> None:
    pass


@inner.command(help="Deep.")
def deep() -> None:
    pass


def test_the_page_has_every_command_with_its_usage_and_options() -> None:
    text = page(thing, "9.9")
    assert '.SS "look [OPTIONS] WHERE [MORE...]"' in text
    assert r"\fB\-n, \-\-number INTEGER\fR" in text
    assert "\\fB\\-\\-kind {a|b}\\fR\nCan be repeated." in text
    assert r"\-\-secret" not in text
    assert text.index('.SS "inner COMMAND"') < text.index('.SS "inner deep"')
    assert "9.9" in text


def test_the_shipped_page_is_what_the_help_texts_make_now() -> None:
    assert FILE.read_text() == page(command, git_credential_uvx.__version__), "run 'make man'"


@pytest.mark.needs("groff")
def test_groff_finds_no_fault_with_the_page() -> None:
    done = subprocess.run([*GROFF, "-z", FILE], capture_output=True, check=True)
    assert done.stderr == b""


def test_the_page_names_every_variable_that_is_read() -> None:
    patterns = [
        *("system/settings.py", "config/*.py", "sources/environment.py", "sources/ci*.py"),
        *("resolver.py", "cli/common.py"),
    ]
    modules = [path for pattern in patterns for path in PACKAGE.glob(pattern)]
    read = {
        name
        for module in modules
        for name in re.findall(r'"([A-Z]+_[A-Z_]+[A-Z])"', module.read_text())
    }
    # How CI jobs and sudo are known, and what we say to ourselves.
    unnamed = {*CI_JOBS, "SUDO_UID", "GIT_CREDENTIAL_UVX_RUNNING"}
    text = page(command, "").replace(r"\fB", "")
    assert "UV_LOCK_TIMEOUT" in read
    assert {name for name in read - unnamed if not re.search(rf"\b{name}\b", text)} == set()
