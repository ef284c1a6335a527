"""The words of the project are plain: every message, help text and page keeps rules that a
program can check.

`python -m tests.support.words` lists all breaks; `tests/support/words.py` has the rules.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from git_credential_uvx.cli import command as top

from .support.words import CODE, PAGES, ROOT, code_faults, page_faults

README = (ROOT / "README.md").read_text()
COMMANDS = (ROOT / "docs" / "commands.md").read_text()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_every_message_is_plain_and_its_commands_work(path: Path) -> None:
    assert list(code_faults(name_of(path), path.read_text())) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_is_plain_and_its_commands_parse(path: Path) -> None:
    assert list(page_faults(name_of(path), path.read_text())) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("say('the user is told so')", "'told'"),
        ("say(f'{a} tells where')", "'tells'"),
        ("warn('there is none')", "'is none'"),
        ("warn('a file beside it')", "'beside'"),
        ("raise StoreError(f'{path} holds no secret')", "'holds'"),
        ("show(f'for who cannot {wait}')", "'for who'"),
        ("say('it was taken back')", "'taken back'"),
        ("x = {'a': 'the lock is let go'}", "'let go'"),
        ("say('the entry was left out')", "'was left out'"),
        ("warn('it could not be verified, and more')", "'it could not be verified'"),
        (f"warn('{'the word ' * 20}')", "more than 160"),
        (f"say('{'a word ' * 14}' f'{{x}} {'the word ' * 12}')", "more than 160"),
        ("raise StoreError('one line\\nand two')", "more than one line"),
        ("warn('A file is gone')", "capital"),
        ("SourceAnswer(reason='The file is gone')", "capital"),
        ("raise NegativeAnswer('nothing is stored.' if x else y)", "full stop"),
        ("print_error(f'cannot read {path}.')", "full stop"),
        ("say(\"run 'git-credential-uvx lgoin HOST'\")", "no command 'lgoin'"),
        ("say(\"run 'git-credential-uvx login'\")", "Missing argument"),
        ("say(f\"run 'git-credential-uvx login {a} {b}'\")", "unexpected extra argument"),
        ("say(f\"run 'git-credential-uvx login {a} --usrname b'\")", "No such option"),
        ("say('next: git-credential-uvx setup --chek')", "No such option"),
        ("next_step('setup --chek')", "No such option"),
        ("next_step(f'login {host} --no')", "No such option"),
        ("next_step('login', host, name)", "unexpected extra argument"),
        ("say(\"use '--no-such-thing' then\")", "--no-such-thing"),
        ("warn(\"'restore' brings it back\")", "'restore' cannot be pasted"),
        ("warn(f\"run 'login {host}'\")", "'login X' cannot be pasted"),
        ("raise StoreError(\"for uv use 'setup --global'\")", "'setup --global' cannot be pasted"),
        ("warn(\"it stays; use '--delete-source'\")", "'--delete-source' cannot be pasted"),
        ("warn('a symlink leads there; use --follow')", "'--follow' cannot be pasted"),
        ("warn(f\"'--accept-index {name}' accepts it\")", "'--accept-index X' cannot be pasted"),
        ("warn(f'a token contains {x}')", "is printed as 'a token **** X'"),
        ("@click.option('--x', help='It is told.')\ndef f(): pass", "'told'"),
        ("@click.command('x')\ndef f():\n    'It is told.'", "'told'"),
    ],
)
def test_a_planted_break_in_a_message_is_found(planted: str, found: str) -> None:
    faults = list(code_faults("planted", planted))
    assert any(found in fault for fault in faults), faults


@pytest.mark.parametrize(
    "planted",
    [
        "warn(f'could not verify it: {reason}')",
        "raise StoreError('Git asks for it')",
        "raise StoreError('UVX_TOKEN is empty')",
        "say(f\"run 'git-credential-uvx login {host} --username {name}'\")",
        "next_step(f'login {host} --username {name}')",
        "next_step('logout', host, '--username', name)",
        "say('next: git-credential-uvx setup --check')",
        "raise StoreError(\"'--token' cannot be used with '--password'\")",
        "raise StoreError(\"an entry has no 'token'\")",
        "def f():\n    'Return what is told.'",
        "P = re.compile('it is told')",
        "x = 'told'",
    ],
)
def test_a_plain_message_passes(planted: str) -> None:
    assert list(code_faults("plain", planted)) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("Words " * 41 + ".", "sentence of 41"),
        ("- an item that is " + "long " * 40, "sentence of 44"),
        ("Short one. " + "Words " * 20 + "\n" + "words " * 21 + ".", "sentence of 41"),
        ("| a | " + "words " * 31 + "|", "cell of 31"),
        ("The file is\ntold.", "'told'"),
        ("```console\n$ git-credential-uvx lgoin host\n```", "no command 'lgoin'"),
        ("```sh\ngit credential-uvx setup --chek && git clone x\n```", "No such option"),
        ("Use `login --nope` then.", "--nope, which the command does not have"),
        ("| a | `git-credential-uvx login host --nope` |", "No such option"),
        ("```sh\ngit-credential-uvx login \\\n  --nope\n```", "No such option"),
    ],
)
def test_a_planted_break_in_a_page_is_found(planted: str, found: str) -> None:
    faults = list(page_faults("planted", planted))
    assert any(found in fault for fault in faults), faults


def test_code_on_a_page_is_no_prose() -> None:
    page = (
        "Call `is_told`, see [x](told.md).\n\n```\nit is told\n```\n\n" + "Six short words. " * 20
    )
    assert list(page_faults("plain", page)) == []


def test_the_readme_has_about_900_words() -> None:
    assert 800 <= len(README.split()) <= 1000


def visible_commands() -> list[str]:
    context = click.Context(top)
    found = {name: top.get_command(context, name) for name in top.list_commands(context)}
    return [name for name, one in found.items() if one is not None and not one.hidden]


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    """`docs/commands.md` has a line a command, and no page names another."""
    rows = re.findall(r"^\| `([a-z-]+)", COMMANDS, re.MULTILINE)
    operations = {"get", "store", "erase", "capability"}
    assert sorted({*rows} - operations) == sorted(visible_commands())
    for path in PAGES:
        named = re.findall(r"`git[- ]credential-uvx ([a-z][a-z-]*)", path.read_text())
        assert {*named} <= {*visible_commands(), *operations}, path.name


def test_every_page_of_the_folder_is_reached_from_the_readme() -> None:
    linked, left = {ROOT / "README.md"}, [ROOT / "README.md"]
    while left:
        page = left.pop()
        for link in re.findall(r"\]\(([\w./-]+\.md)", page.read_text()):
            target = (page.parent / link).resolve()
            assert target.exists(), f"{page.name}: {link}"
            if target not in linked:
                linked.add(target)
                left.append(target)
    assert {path.name for path in PAGES} - {path.name for path in linked} == {"CHANGELOG.md"}


def test_links_to_headings_lead_to_one() -> None:
    for page in PAGES:
        for link, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", page.read_text()):
            if not link or link.endswith(".md"):
                target = page.parent / link if link else page
                heads = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
                slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}
                assert anchor in slugs, f"{page.name}: {link}#{anchor}"
