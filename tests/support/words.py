"""The rules of plain words that a program can check: for messages, commands in them, and pages.

`python -m tests.support.words` lists what breaks them, by file.
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from git_credential_uvx.cli import OPERATIONS
from git_credential_uvx.cli import command as top
from git_credential_uvx.sanitize.redact import redact

ROOT = Path(__file__).parents[2]
# What the commands print, the manual page, and what readers of the project read.
CODE = (
    *sorted((ROOT / "git_credential_uvx").rglob("*.py")),
    *sorted((ROOT / "scripts" / "manpage").rglob("*.py")),
    ROOT / "scripts" / "demo.py",
)
PAGES = (
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)

MESSAGE_LIMIT = 160  # characters of fixed text
_TOO_LONG = f"more than {MESSAGE_LIMIT} characters"
SENTENCE_LIMIT = 40  # words
CELL_LIMIT = 30  # words

# Each with what to write instead.
FORBIDDEN = {
    r"\btold\b": "'reported', or say who does what",
    r"\b(?:tells|telling)\b": "'says', 'shows' or 'reports'",
    r"\b(?:is|are|be|was) none\b|\bnone that\b": "'not found', 'no ...'",
    r"\bbeside\b": "'next to', 'in a separate file'",
    r"\bpassed by\b": "'skipped'",
    r"\b(?:let|lets|letting) go\b": "'released', 'removed'",
    r"\btak(?:en|es|e|ing) back\b": "'removed', 'undone'",
    r"\bholds\b(?! (?:the lock|for|true)\b)": "'contains' or 'has'",
    r"\b(?:is|are|was|were|been) left out\b": "'skipped', 'ignored'",
    r"(?:^|[,;:.(] |\b(?:for|of|by|to|than|as|if|from) )who\b(?! (?:is|are|may)\b)": "'whoever'",
    r"\bit could not be verified\b": "'could not verify it'",
    r"\bin clear\b": "'unencrypted'",
}
_FORBIDDEN = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in FORBIDDEN.items()}

# Calls that print a message or make an error of it; a class whose name ends so is one, too.
_SPEAKS = {"warn", "print_error", "NegativeAnswer", "Refused", "Skipped"}
_RAISES = ("Error", "Fault")
# Of these a first letter may be upper case.
_NAMES = re.compile(
    r"(?:[A-Z][A-Z0-9_<>.-]+|X\S*|Git|PowerShell|GitHub|GitLab|Bitbucket|JFrog|Azure|PyPI|Poetry|PDM|Python|Bazel|Basic|"
    r"Bearer|Digest|Negotiate|Location|Authorization|Terraform|Google|Homebrew|Keychain)"
    r"(?:'s)?[,:;]?"
)

PLACEHOLDER = "X"  # a value that is known only when the message is printed
_FILLED_IN = {"X": "git.example.com", "...": "git.example.com"}
_COMMAND = re.compile(
    r"'(git[- ]credential-uvx [^'`]+)'|\bnext: (git[- ]credential-uvx .*)"
    r"|`(git[- ]credential-uvx [^'`]+ [^'`]+)`"  # a name alone is no command to paste
)
_QUOTED_OPTION = re.compile(r"'(--[a-z][a-z-]*)")
# Advice that names an option without its command.
_LONELY_OPTION = re.compile(
    r"(?<!-uvx )\b(?:use|give|try|run|add) '?(--[a-z][a-z-]*)"
    r"|'(--[a-z][^']*)' (?:accepts|allows|trusts|shows|makes|keeps|drops)\b"
)
# Options of other programs that our messages name.
_OTHERS_OPTIONS = {
    "--help",
    "--version",
    "--raw",
    "--package",
    "--index",
    "--frozen",
    "--bounds",
    "--lfs",
}


class Message(NamedTuple):
    """A text that a command can print; `strict` if it is an error, a warning or a reason."""

    place: str
    text: str
    strict: bool


def code_faults(name: str, text: str) -> Iterator[str]:
    """What breaks the rules in the texts of a module, each with its place."""
    for message in (*messages(name, text), *steps(name, text)):
        for fault in message_faults(message):
            # The manual page has paragraphs.
            if name.startswith("scripts/manpage/") and fault == _TOO_LONG:
                continue
            yield f"{message.place}: {fault}: {shown(message.text)}"


def shown(text: str) -> str:
    """A text in one line of a report."""
    return repr(text if len(text) <= 120 else f"{text[:117]}...")


def messages(name: str, source: str) -> Iterator[Message]:
    """Every text for people in a module, with `X` for what is filled in."""
    tree = ast.parse(source)
    skipped = _not_for_people(tree)
    strict = _strict(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_command(node):
            yield Message(f"{name}:{node.lineno}", ast.get_docstring(node) or "", False)
        if id(node) in skipped or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _text(node)
        if text is not None and (" " in text.strip() or id(node) in strict):
            yield Message(f"{name}:{node.lineno}", text, id(node) in strict)


def _text(node: ast.expr) -> str | None:
    """The text of an expression, None for one that is no text."""
    match node:
        case ast.Constant(value=str(value)):
            return re.sub(r"\{[a-z_:]*\}", PLACEHOLDER, value)
        case ast.JoinedStr(values=values):
            return "".join(_text(value) or PLACEHOLDER for value in values)
    return None


def _not_for_people(tree: ast.AST) -> set[int]:
    """The nodes of docstrings, of parts of f-strings, and of patterns."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as constant):
                found.add(id(constant))
            case ast.JoinedStr(values=values):
                for value in values:
                    if isinstance(value, ast.Constant):
                        found.add(id(value))
                    elif isinstance(value, ast.FormattedValue) and value.format_spec:
                        found |= {id(part) for part in ast.walk(value.format_spec)}
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                found |= {id(part) for part in ast.walk(node)}
            case ast.Call(func=ast.Attribute(value=ast.Constant() as constant, attr="split")):
                found.add(id(constant))
    return found


def _strict(tree: ast.AST) -> set[int]:
    """The nodes of texts that are a whole error, warning or reason."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if (name in _SPEAKS or name.endswith(_RAISES)) and name not in _FREE and node.args:
            found |= set(map(id, _choices(node.args[0])))
        for keyword in node.keywords:
            if keyword.arg in ("reason", "warning"):
                found |= set(map(id, _choices(keyword.value)))
    return found


# The command line puts these into form itself; others are for programmers.
_FREE = {"UsageError", "BadParameter", "ValueError", "TypeError", "RuntimeError", "AssertionError"}


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from _choices(body)
            yield from _choices(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _choices(value)
        case _:
            yield node


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        isinstance(one, ast.Call) and getattr(one.func, "attr", "") in ("command", "group")
        for one in node.decorator_list
    )


# What the writer of commands makes of its keywords.
_AS_WRITTEN = {"service": PLACEHOLDER, "username": f"--username {PLACEHOLDER}"}


def steps(name: str, source: str) -> Iterator[Message]:
    """The commands that `next_step` and `command` write, as they are printed."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="next_step" | "command"), args=[first, *others], keywords=named
            ):
                given = [_AS_WRITTEN[one.arg] for one in named if one.arg in _AS_WRITTEN]
                words = [_text(word) or PLACEHOLDER for word in others]
                for choice in _choices(first):
                    if text := _text(choice):
                        line = " ".join(["next: git-credential-uvx", text, *given, *words])
                        yield Message(f"{name}:{node.lineno}", line, False)


def message_faults(message: Message) -> Iterator[str]:
    """What breaks the rules in one text for people."""
    text = message.text
    yield from forbidden(text)
    for paragraph in re.split(r"\n\s*\n" if "\n\n" in text else r"\n", text):
        is_prose = "\n\n" not in text and re.search(r"\b(?:the|a|is|to|of|and)\b", text)
        if is_prose and len(paragraph.replace(PLACEHOLDER, "")) > MESSAGE_LIMIT:
            yield _TOO_LONG
    yield from command_faults(text)
    if not message.strict:
        return
    if redact(text) != text:
        yield f"is printed as {redact(text)!r}"
    if "\n" in text:
        yield "more than one line"
    first = text.split(" ")[0]
    if first[:1].isupper() and not _NAMES.fullmatch(first):
        yield "begins with a capital letter"
    if text.endswith(".") and not text.endswith("..."):
        yield "ends with a full stop"


def forbidden(text: str) -> Iterator[str]:
    """The words of a text that rules forbid."""
    flat = " ".join(text.split())
    for pattern, advice in _FORBIDDEN.items():
        if found := pattern.search(flat):
            yield f"'{found[0].strip()}' (write {advice})"


def command_faults(text: str) -> Iterator[str]:
    """The commands in a text that the real command line would not take."""
    flat = " ".join(text.split())
    for match in _COMMAND.finditer(flat):
        words = match[1] or match[2] or match[3]
        if fault := does_not_parse(words.rstrip(".,;)")):
            yield f"'{words}' does not parse: {fault}"
    for bare in _bare_command().findall(flat):
        yield f"'{bare}' cannot be pasted (write 'git-credential-uvx {bare}')"
    for match in _LONELY_OPTION.finditer(flat):
        yield f"'{match[1] or match[2]}' cannot be pasted (write the whole command)"
    for option in _QUOTED_OPTION.findall(flat):
        if option not in _options() | _OTHERS_OPTIONS:
            yield f"no command has the option {option}"


@cache
def _options_of() -> Mapping[str, frozenset[str]]:
    """The options of each command."""
    context = click.Context(top)
    found = {name: top.get_command(context, name) for name in top.list_commands(context)}
    return {
        name: frozenset(
            option for param in one.params for option in (*param.opts, *param.secondary_opts)
        )
        for name, one in found.items()
        if one is not None
    }


@cache
def _bare_command() -> re.Pattern[str]:
    """Matches one of our commands in quotes without the name of the program. A word after an
    article is a name of something else: "a 'token'"."""
    names = "|".join(_options_of())
    return re.compile(rf"(?<!\ba )(?<!\bno )(?<!\bits )'((?:{names})(?: [^']*)?)'(?!\w)")


@cache
def _options() -> frozenset[str]:
    return frozenset().union(*_options_of().values())


def named_options(text: str) -> Iterator[tuple[int, str, str]]:
    """What a page calls by a short name such as `login --expires`, with an option that the command
    does not have."""
    for number, line in enumerate(text.splitlines(), 1):
        for span in re.findall(r"`([^`]*)`", line):
            words = span.removeprefix("git-credential-uvx ").split(" -- ")[0].split()
            if words and words[0] in _options_of():
                for word in words[1:]:
                    option = word.partition("=")[0]
                    known = _options_of()[words[0]] | {"--help"}
                    if option.startswith("--") and option not in known:
                        yield number, span, option


def does_not_parse(line: str) -> str:
    """Why the command line would not take a command, "" if it would."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        return str(error)
    words = words[2:] if words[0] == "git" else words[1:]
    filled = [_filled_in(word) for word in words]
    if not filled or filled[0] in ("--help", "-h", "--version"):
        return ""
    if filled[0] in OPERATIONS and filled[1:] in ([], ["--help"]):
        return ""
    context = click.Context(top, info_name="git-credential-uvx")
    if words[0] == PLACEHOLDER:
        return ""
    known = top.get_command(context, filled[0])
    if known is None:
        return f"no command '{filled[0]}'"
    if "--help" in filled or "-h" in filled:
        return ""
    try:
        known.make_context(filled[0], filled[1:], parent=context)
    except click.BadParameter as error:
        # Only a value that is filled in later can be of another kind.
        filled_in = any(old != new for old, new in zip(words, filled, strict=True))
        if isinstance(error, click.MissingParameter) or not filled_in:
            return error.format_message()
    except click.ClickException as error:
        return error.format_message()
    return ""


def _filled_in(word: str) -> str:
    """A word of a command with values for `X`, `HOST`, `URL` and the like."""
    if re.fullmatch(r"[A-Z][A-Z_]*", word) or word in _FILLED_IN:
        return "git.example.com"
    return word.replace(PLACEHOLDER, "git.example.com") if "X" in word else word


def page_faults(name: str, text: str) -> Iterator[str]:
    """What breaks the rules in a page of Markdown, each with its line."""
    for number, paragraph, is_cell in paragraphs(text):
        place = f"{name}:{number}"
        for fault in forbidden(_plain(paragraph)):
            yield f"{place}: {fault}: {shown(paragraph)}"
        limit, what = (CELL_LIMIT, "cell") if is_cell else (SENTENCE_LIMIT, "sentence")
        parts = [paragraph] if is_cell else sentences(paragraph)
        for part in parts:
            if (length := len(words_of(part))) > limit:
                yield f"{place}: a {what} of {length} words, more than {limit}: {shown(part)}"
    for number, span, option in named_options(text):
        yield f"{name}:{number}: '{span}' names {option}, which the command does not have"
    for number, line in commands(text):
        if fault := does_not_parse(line):
            yield f"{name}:{number}: '{line}' does not parse: {fault}"


def paragraphs(text: str) -> Iterator[tuple[int, str, bool]]:
    """The paragraphs, items and cells of a page, with their lines; and whether it is a cell."""
    block: list[str] = []
    start, fenced = 0, False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        is_fence = line.lstrip().startswith("```")
        ends = is_fence or fenced or not line.strip() or line.startswith(("#", "|", "<", "!["))
        if block and (ends or re.match(r"\s*(?:[*-]|\d+\.) ", line)):
            yield start, " ".join(block), False
            block = []
        fenced ^= is_fence
        if line.startswith("|") and not fenced and not re.fullmatch(r"[|:\s-]+", line):
            for cell in re.split(r"(?<!\\)\|", line.strip("|")):
                yield number, cell.strip(), True
        elif not ends:
            start = start if block else number
            block.append(line.strip())


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph; what stands after a colon or in an item is part of one."""
    text = re.sub(r"^(?:[*-]|\d+\.) ", "", paragraph)
    return re.split(r"(?<=[.!?])(?:\*\*|[\"')])* +(?=[A-Z`*\[(\"'])", text)


def words_of(text: str) -> list[str]:
    """The words of a text; a span of code and the address of a link count as one."""
    plain = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "code", text))
    return [word for word in plain.split() if re.search(r"\w", word)]


def _plain(text: str) -> str:
    """A text without code and addresses."""
    return re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "code", text))


def commands(text: str) -> Iterator[tuple[int, str]]:
    """The calls of our command on a page, in blocks and in sentences, with their lines."""
    fenced, joined = False, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        if not fenced:
            for span in re.findall(r"`([^`]*)`", line):
                if re.match(r"git[- ]credential-uvx [^`]+ ", span):
                    yield number, span
            continue
        whole = joined + line.strip().removeprefix("$ ").removeprefix("- run: ")
        joined = ""
        if whole.endswith("\\"):
            joined = whole.removesuffix("\\")
            continue
        whole = re.split(r" +(?:#|\||>|\|\||&&|2>)| \|\| |; ", whole)[0]
        found = re.search(r"(?:^|\s)(git[- ]credential-uvx\s.+)", whole)
        if found and "<<" not in whole:
            yield number, found[1]


def all_faults() -> Mapping[str, list[str]]:
    """What breaks the rules, by file."""
    found = {}
    for path in CODE:
        name = str(path.relative_to(ROOT))
        found[name] = list(code_faults(name, path.read_text()))
    for path in PAGES:
        name = str(path.relative_to(ROOT))
        found[name] = list(page_faults(name, path.read_text()))
    return {name: faults for name, faults in found.items() if faults}


if __name__ == "__main__":
    table = all_faults()
    for name, faults in table.items():
        sys.stdout.write(f"\n{name}: {len(faults)}\n")
        sys.stdout.writelines(f"  {fault.removeprefix(name)}\n" for fault in faults)
    sys.stdout.write(f"\n{sum(map(len, table.values()))} in {len(table)} files\n")
