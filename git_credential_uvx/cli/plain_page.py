"""The manual page as plain text, for a machine without man(1). No input or output.

It reads the few requests that `scripts/manpage` writes, and no other roff.
"""

from __future__ import annotations

import re
import textwrap

_ESCAPES = {
    r"\e": "\\",
    r"\-": "-",
    r"\(aq": "'",
    r"\(dq": '"',
    r"\(ga": "`",
    r"\(ha": "^",
    r"\(ti": "~",
    r"\&": "",
    r"\fB": "",
    r"\fR": "",
}
_ESCAPE = re.compile(r"\\\[u([0-9A-F]{4,6})\]|\\(?:f[BR]|\([a-z]{2}|[-e&])")
_INDENT, _NARROWEST = 4, 30  # columns


def plain(page: str, width: int) -> str:
    """The text of a page for so many columns."""
    text = _Text(width)
    for line in page.splitlines():
        if line.startswith("."):
            request, _, rest = line.partition(" ")
            text.end_paragraph()
            text.request(request, rest.strip('"'))
        else:
            text.add(_text(line))
    text.end_paragraph()
    return "\n".join(text.lines).strip("\n") + "\n"


class _Text:
    """The lines so far, and the paragraph that they end with."""

    def __init__(self, width: int) -> None:
        self.lines: list[str] = []
        self._width = max(width, _NARROWEST)
        self._words: list[str] = []
        self._depth = 0
        self._is_kept = False
        self._is_term = False

    def _indent(self) -> str:
        return " " * (_INDENT * (1 + self._depth - self._is_term))

    def add(self, text: str) -> None:
        """Add a line of the source that is no request."""
        if self._is_kept or self._is_term:
            self.lines.append(self._indent() + text)
            self._is_term = False
        else:
            self._words.append(text)

    def end_paragraph(self) -> None:
        """Fill the lines of the paragraph."""
        self.lines += textwrap.wrap(
            " ".join(self._words),
            self._width,
            initial_indent=self._indent(),
            subsequent_indent=self._indent(),
            break_long_words=False,
            break_on_hyphens=False,
        )
        self._words.clear()

    def request(self, request: str, rest: str) -> None:
        """Do what a request says; those of the layout of roff mean nothing here."""
        match request:
            case ".SH" | ".SS":
                self._depth = 0
                self.lines += ["", f"{'' if request == '.SH' else '  '}{_text(rest)}"]
            case ".PP" | ".IP" | ".TP":
                self._depth = 0 if request == ".PP" else 1
                self._is_term = request == ".TP"
                self.lines.append("")
            case ".RS" | ".RE":
                self._depth += 1 if request == ".RS" else -1
            case ".nf" | ".fi":
                self._is_kept = request == ".nf"


def _text(line: str) -> str:
    return _ESCAPE.sub(lambda found: _character(found[0], found[1]), line)


def _character(escape: str, number: str | None) -> str:
    return chr(int(number, 16)) if number else _ESCAPES[escape]
