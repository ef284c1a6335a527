"""`add` beside the real `uv add`: the same pyproject.toml, but for what is listed here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ..support.common import cases
from ..support.machine import BIN

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from ..support.machine import Machine

SECRET = "CANARY-3f9c4e81d2"

_PROJECT = """\
# A comment that stays.
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "zebra>=1",  # and another
]

[tool.uv]
managed = true  # as always

[tool.other]
key   =   'as it is'
"""

# Each argument list leaves the same file behind uv and behind us. `S` is a secret.
_ALIKE: dict[str, tuple[str, ...]] = {
    "a name": ("foo",),
    "a version": ("foo>=1,<2",),
    "an exact version": ("foo==1.0.post1",),
    "extras": ("foo[a,b]",),
    "extras in another order": ("foo[B_c,a]",),
    "versions in another order": ("foo<2,!=1.5,>=1",),
    "a version in parentheses": ("foo (>=1)",),
    "two markers": ("foo ; os_name=='nt'", "-m", "platform_machine == 'x'"),
    "a marker": ("foo ; python_version < '3.12'",),
    "a marker with double quotes": ('foo>1;sys_platform=="linux"',),
    "several names": ("foo", "bar>1", "aaa"),
    "a name of many spellings": ("Foo_Bar.baz",),
    "a name that is there": ("zebra>=2",),
    "a name that is there, without its version": ("zebra",),
    "an extra of a name that is there": ("zebra[b,a]",),
    "Git for a name that is there": ("zebra[a] @ git+https://u:S@good.test/o/r",),
    "a Git URL": ("foo @ git+https://good.test/o/r",),
    "a Git URL that ends with .git": ("foo @ git+https://good.test/o/r.git",),
    "a Git URL over http": ("foo @ git+http://good.test/o/r",),
    "a Git URL with a port": ("foo @ git+https://good.test:8443/o/r",),
    "a Git URL with its own port": ("foo @ git+https://u:S@good.test:443/o/r",),
    "a password": ("foo @ git+https://u:S@good.test/o/r",),
    "a password and a revision": ("foo @ git+https://u:S@good.test/o/r@v1",),
    "a password, a revision and a folder": (
        "foo @ git+https://u:S@good.test/o/r@v1#subdirectory=a",
    ),
    "a token": ("foo @ git+https://S@good.test/o/r",),
    "a token with x-oauth-basic": ("foo @ git+https://S:x-oauth-basic@good.test/o/r",),
    "a token with x-access-token": ("foo @ git+https://x-access-token:S@good.test/o/r",),
    "a token with oauth2": ("foo @ git+https://oauth2:S@good.test/o/r",),
    "a password without a username": ("foo @ git+https://:S@good.test/o/r",),
    "an escaped password": ("foo @ git+https://u:S%40%2F@good.test/o/r",),
    "upper case in scheme and host": ("foo @ git+HTTPS://u:S@GOOD.test/o/R",),
    "no blanks": ("foo@git+https://u:S@good.test/o/r",),
    "many blanks": ("foo  @   git+https://u:S@good.test/o/r",),
    "extras before a URL": ("foo[a,b] @ git+https://u:S@good.test/o/r",),
    "a marker after a URL": ("foo @ git+https://u:S@good.test/o/r ; python_version < '3.12'",),
    "a name of a service alone": ("foo @ git+https://git@good.test/o/r",),
    "oauth2 alone": ("foo @ git+https://oauth2@good.test/o/r",),
    "git over ssh": ("foo @ git+ssh://git@good.test/o/r",),
    "git over ssh with a revision": ("foo @ git+ssh://git@good.test/o/r@v1",),
    "ssh without a name": ("foo @ git+ssh://good.test/o/r",),
    "a wheel": ("foo @ https://good.test/foo-1.0-py3-none-any.whl",),
    "a wheel with a hash": ("foo @ https://good.test/foo-1.0-py3-none-any.whl#sha256=00ff",),
    "a wheel with a query": ("foo @ https://good.test/foo-1.0-py3-none-any.whl?a=1&b=2",),
    "a source archive": ("foo @ https://good.test/foo-1.0.tar.gz",),
    "a wheel by its URL alone": ("https://good.test/foo-1.0-py3-none-any.whl",),
    "two for one host": (
        "foo @ git+https://u:S@good.test/o/r",
        "bar @ git+https://u:S@good.test/o/q",
    ),
    "two for two hosts": (
        "foo @ git+https://u:S@good.test/o/r",
        "bar @ git+https://u:S@fine.test/o/q",
    ),
    "--dev": ("--dev", "foo @ git+https://u:S@good.test/o/r"),
    "--group": ("--group", "docs", "foo @ git+https://u:S@good.test/o/r"),
    "--group=": ("--group=docs", "foo>1"),
    "a group of many spellings": ("--group", "My_.Docs", "foo"),
    "--optional": ("--optional", "gui", "foo @ git+https://u:S@good.test/o/r"),
    "--rev": ("--rev", "abc", "foo @ git+https://u:S@good.test/o/r"),
    "--tag": ("foo @ git+https://u:S@good.test/o/r", "--tag", "v1"),
    "--branch": ("foo @ git+https://u:S@good.test/o/r", "--branch=main"),
    "--branch beside a revision": ("foo @ git+https://u:S@good.test/o/r@v1", "--branch", "main"),
    "--lfs": ("foo @ git+https://u:S@good.test/o/r", "--lfs"),
    "--extra": ("foo @ git+https://u:S@good.test/o/r", "--extra", "a", "--extra", "b"),
    "--marker": ("-m", "sys_platform == 'linux'", "foo @ git+https://u:S@good.test/o/r"),
    "--editable": ("--editable", "./local"),
    "an index": ("--index", "priv=https://u:S@good.test/simple", "foo"),
    "an index without a name": ("--index=https://u:S@good.test/simple/", "foo"),
    "a default index": ("--default-index", "https://S@good.test/simple", "foo"),
    "two indexes": (
        *("--index", "one=https://u:S@good.test/simple"),
        *("--index", "two=https://u:S@fine.test/simple", "foo"),
    ),
    "-i": ("-i", "https://u:S@good.test/simple", "foo"),
    "-ihttps": ("-ihttps://u:S@good.test/simple", "foo"),
    "--extra-index-url": ("--extra-index-url", "https://u:S@good.test/simple", "foo"),
    "--find-links": ("--find-links", "https://u:S@good.test/links/", "foo"),
    "-f": ("-f=https://u:S@good.test/links/", "foo"),
    "--raw without a secret": ("--raw", "foo @ git+https://good.test/o/r@v1"),
    "--raw with a secret": ("--raw", "foo @ git+https://u:S@good.test/o/r@v1"),
    "--raw with a secret, and a name": ("--raw", "bar", "foo @ git+https://S@good.test/o/r"),
    "--raw with a login name": ("--raw", "bar", "foo @ git+https://alice@good.test/o/r"),
    "--bounds": ("--bounds", "exact", "foo==1"),
    "--": ("--", "foo @ git+https://u:S@good.test/o/r"),
    "-q": ("-qq", "foo"),
    "requirements": ("-r", "requirements.txt"),
    "requirements and a name": ("bar", "-rrequirements.txt"),
    "requirements with secrets": ("--requirements=secrets.txt",),
    "constraints": ("-c", "constraints.txt", "foo"),
}

# The differences that are meant: what uv leaves, and what we leave.
_DIFFERENT: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a login name of ssh is kept": (
        ("foo @ git+ssh://alice@good.test/o/r@v1",),
        'foo = { git = "ssh://good.test/o/r", rev = "v1" }',
        'foo = { git = "ssh://alice@good.test/o/r", rev = "v1" }',
    ),
    "a login name of ssh is kept in a group": (
        ("--group", "docs", "foo @ git+ssh://alice@good.test:2222/o/r", "--tag", "v1"),
        'foo = { git = "ssh://good.test:2222/o/r", tag = "v1" }',
        'foo = { git = "ssh://alice@good.test:2222/o/r", tag = "v1" }',
    ),
    "a password of ssh is not, its login name is": (
        ("foo @ git+ssh://alice:S@good.test/o/r",),
        'foo = { git = "ssh://good.test/o/r" }',
        'foo = { git = "ssh://alice@good.test/o/r" }',
    ),
    "a template is kept where uv fills it in": (
        ("foo[a] @ git+https://${UNSET}@good.test/r@v1#subdirectory=s ; os_name == 'nt'",),
        "    \"foo[a] ; os_name == 'nt'\",\n",
        "    \"foo[a] @ git+https://${UNSET}@good.test/r@v1#subdirectory=s ; os_name == 'nt'\",\n",
    ),
    "a template that is set is kept": (
        ("foo @ git+https://u:${TOKEN}@good.test/o/r", "--rev", "abc"),
        '    "foo",\n',
        '    "foo @ git+https://u:${TOKEN}@good.test/o/r@abc",\n',
    ),
    "a template is kept in a group": (
        ("--group", "docs", "foo @ git+https://${TOKEN}@good.test/o/r", "bar"),
        '    "foo",\n',
        '    "foo @ git+https://${TOKEN}@good.test/o/r",\n',
    ),
    "a template is kept where a version is there": (
        ("zebra @ git+https://${TOKEN}@good.test/o/r",),
        '    "zebra>=1",',
        '    "zebra @ git+https://${TOKEN}@good.test/o/r",',
    ),
    "a template is kept in a group of many spellings": (
        ("--group", "My_.Docs", "foo @ git+https://${TOKEN}@good.test/o/r"),
        '    "foo",\n',
        '    "foo @ git+https://${TOKEN}@good.test/o/r",\n',
    ),
    "a template is kept in an extra, beside a login name": (
        (
            *("--optional", "gui", "foo @ git+https://${TOKEN}:@good.test/o/r"),
            "bar @ git+ssh://alice@good.test/o/r",
        ),
        'bar = { git = "ssh://good.test/o/r" }\n',
        'bar = { git = "ssh://alice@good.test/o/r" }\n',
    ),
    "a template is kept with --raw, and not filled in": (
        ("--raw", "foo @ git+https://u:${TOKEN}@good.test/o/r@v1"),
        f'    "foo @ git+https://u:{SECRET}@good.test/o/r@v1",\n',
        '    "foo @ git+https://u:${TOKEN}@good.test/o/r@v1",\n',
    ),
    "a direct URL is cleaned": (
        ("foo @ https://u:S@good.test/foo-1.0-py3-none-any.whl",),
        f'foo = {{ url = "https://u:{SECRET}@good.test/foo-1.0-py3-none-any.whl" }}',
        'foo = { url = "https://good.test/foo-1.0-py3-none-any.whl" }',
    ),
    "a direct URL alone is cleaned": (
        ("https://S@good.test/foo-1.0-py3-none-any.whl",),
        f'foo = {{ url = "https://{SECRET}@good.test/foo-1.0-py3-none-any.whl" }}',
        'foo = { url = "https://good.test/foo-1.0-py3-none-any.whl" }',
    ),
}

_FILES = {
    "requirements.txt": "# all\nfoo>1  # why\n-e ./local\n-r more.txt\n",
    "more.txt": "other\n",
    "secrets.txt": "foo @ git+https://u:S@good.test/o/r\n-e ./local\nbar\n",
    "constraints.txt": "foo<9\n",
    "local/pyproject.toml": '[project]\nname = "local"\nversion = "1"\n',
}


@pytest.fixture(autouse=True)
def offline(machine: Machine) -> None:
    machine.env |= {"UV_PYTHON": sys.executable, "UV_OFFLINE": "1", "TOKEN": SECRET}


def _project(folder: Path) -> Path:
    for name, text in {"pyproject.toml": _PROJECT, **_FILES}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("S@", f"{SECRET}@"))
    return folder / "pyproject.toml"


def _both(machine: Machine, arguments: tuple[str, ...]) -> tuple[str, str]:
    """What uv leaves, and what we leave."""
    words = [_filled(word) for word in arguments]
    theirs, ours = _project(machine.root / "theirs"), _project(machine.root / "ours")
    machine.run("uv", "add", "--frozen", *words, cwd=theirs.parent)
    before = {path.name for path in ours.parent.iterdir()}
    done = machine.run("git-credential-uvx", "add", "--frozen", *words, cwd=ours.parent)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"could not be put back" not in done.stderr
    assert {path.name for path in ours.parent.iterdir()} == before
    return theirs.read_text(), ours.read_text()


def _filled(word: str) -> str:
    for before, after in ((":", "@"), ("//", "@"), (":", "%"), ("//", ":"), ("=", "")):
        if after or word.endswith("=S"):
            word = word.replace(f"{before}S{after}", f"{before}{SECRET}{after}")
    return word


@cases("arguments", _ALIKE)
def test_the_project_is_as_uv_leaves_it(machine: Machine, arguments: tuple[str, ...]) -> None:
    theirs, ours = _both(machine, arguments)
    assert ours == theirs
    assert (SECRET in ours) is ("--raw" in arguments and "S@" in arguments[-1])
    given = any(SECRET in _filled(word) for word in arguments) or "secrets.txt" in arguments[-1]
    stored = any(SECRET.encode() in data for data in machine.files().values())
    assert stored is (given and "--raw" not in arguments)


@cases("arguments, theirs, ours", _DIFFERENT)
def test_the_project_differs_from_what_uv_leaves(
    machine: Machine, arguments: tuple[str, ...], theirs: str, ours: str
) -> None:
    left, right = _both(machine, arguments)
    assert theirs in left
    assert ours in right
    assert SECRET not in right
    if "foo = {" in right:
        assert right == left.replace(theirs, ours)
    for word in arguments:
        assert (
            word.startswith("foo[")
            or "${" not in word
            or f'"{word}' in right
            or "--rev" in arguments
        )


# What only uv can do, or spells in a way of its own.
_UV_ONLY = {
    "--lfs": "'--lfs' needs it",
    "--editable": "'--editable' needs it",
    "--bounds": "'--bounds' needs it",
    "constraints": "'-c' needs it",
    "requirements": "an option in a requirements file needs it",
    "requirements and a name": "an option in a requirements file needs it",
    "requirements with secrets": "an option in a requirements file needs it",
}
_OTHER_MARKERS = ("a marker", "a marker after a URL")


def _without_uv(machine: Machine, words: list[str]) -> tuple[Path, CompletedProcess[bytes]]:
    ours = _project(machine.root / "ours")
    command = BIN / "git-credential-uvx"
    return ours, machine.run(
        command, "add", *words, cwd=ours.parent, check=False, env={"PATH": "/usr/bin:/bin"}
    )


@cases("arguments", {key: _ALIKE[key] for key in _ALIKE if key not in (*_UV_ONLY, *_OTHER_MARKERS)})
def test_without_uv_the_project_is_as_uv_leaves_it(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    words = [_filled(word) for word in arguments]
    theirs = _project(machine.root / "theirs")
    machine.run("uv", "add", "--frozen", *words, cwd=theirs.parent)
    ours, done = _without_uv(machine, words)
    assert done.returncode == 0, done.stderr
    assert b"nothing was locked: there is no uv" in done.stderr
    assert ours.read_text() == theirs.read_text()


@cases("name, fault", {name: (name, fault) for name, fault in _UV_ONLY.items()})
def test_without_uv_what_only_uv_can_do_is_refused(machine: Machine, name: str, fault: str) -> None:
    ours, done = _without_uv(machine, [_filled(word) for word in _ALIKE[name]])
    assert done.returncode == 2
    assert fault in done.stderr.decode()
    assert ours.read_text() == _PROJECT
    assert machine.files() == {}
