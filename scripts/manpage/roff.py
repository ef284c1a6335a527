"""Plain text with the few marks of our help texts, as roff for man(1); no input or output.

The marks are click's `\\b`, before a block whose lines stay as they are, and backticks around what
is typed. Everything else is shown as it stands.
"""

from __future__ import annotations

import textwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What is typed must not become a typographic hyphen, quote or accent.
_ESCAPES = str.maketrans(
    {
        "\\": r"\e",
        "-": r"\-",
        "'": r"\(aq",
        '"': r"\(dq",
        "`": r"\(ga",
        "^": r"\(ha",
        "~": r"\(ti",
    }
)
_KEPT = "\b"


def escaped(text: str) -> str:
    """One line of text; shown as it is, anywhere in a line of roff."""
    line = " ".join(text.split("\n")).translate(_ESCAPES)
    # Not every reader of these pages knows UTF-8.
    line = "".join(c if c.isascii() else rf"\[u{ord(c):04X}]" for c in line)
    # A dot at the start of a line would make it a request.
    return rf"\&{line}" if line.startswith(".") else line


def marked(text: str) -> str:
    """One line of text whose parts in backticks are bold."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    shown = [
        rf"\fB{escaped(part)}\fR" if number % 2 else escaped(part)
        for number, part in enumerate(parts)
        if part
    ]
    return "".join(shown)


def title(name: str, source: str) -> list[str]:
    """The head of a page of section 1, without a date. `source` is the program and its version."""
    return [
        r".\" Made by `make man`.",
        f'.TH {escaped(name.upper())} 1 "" "{escaped(source)}" "User Commands"',
        # No hyphenation and no justified lines: both garble what is to be typed.
        ".nh",
        ".ad l",
        # One space after a full stop, wherever a line of the source ends.
        ".ss 12 0",
    ]


def name(program: str, summary: str) -> list[str]:
    """The line that whatis(1) and apropos(1) read."""
    text = summary.strip().removesuffix(".")
    return [rf"{escaped(program)} \- {escaped(text)}"]


def references(pages: Iterable[tuple[str, int]]) -> list[str]:
    """Other pages, each with its section."""
    return [", ".join(rf"\fB{escaped(page)}\fR({number})" for page, number in pages)]


def document(lines: Iterable[str]) -> str:
    """The text of a page."""
    kept: list[str] = []
    for line in lines:
        # After a heading a paragraph begins by itself.
        if line != ".PP" or not (kept and kept[-1].startswith((".SH", ".SS"))):
            kept.append(line)
    return "\n".join(kept) + "\n"


def section(title: str) -> list[str]:
    return [f'.SH "{escaped(title)}"']


def subsection(title: str) -> list[str]:
    return [f'.SS "{escaped(title)}"']


def prose(text: str) -> list[str]:
    """Paragraphs, with a blank line between them."""
    lines: list[str] = []
    for block in text.strip("\n").split("\n\n"):
        lines += [".PP", *_block(block)]
    return lines


def definitions(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Terms in bold, each with its text indented below; a text may have several paragraphs."""
    lines: list[str] = []
    for term, text in pairs:
        first, *others = text.strip("\n").split("\n\n")
        lines += [".TP", rf"\fB{escaped(term)}\fR", *_block(first)]
        for block in others:
            lines += [".IP", *_block(block)]
    return lines


def example(text: str) -> list[str]:
    """Lines that stay as they are, indented."""
    return [".PP", ".RS 4", *_kept(text.strip("\n").split("\n")), ".RE"]


def _block(block: str) -> list[str]:
    first, _, rest = block.partition("\n")
    if first.strip(" ") == _KEPT:
        return [".RS 4", *_kept(rest.split("\n")), ".RE"]
    # roff fills lines by itself. These are short for readers of the source.
    lines = textwrap.wrap(
        marked(" ".join(block.split())), 78, break_long_words=False, break_on_hyphens=False
    )
    return [rf"\&{line}" if line.startswith(".") else line for line in lines]


def _kept(lines: list[str]) -> list[str]:
    return [".nf", *(marked(line) for line in lines), ".fi"]
