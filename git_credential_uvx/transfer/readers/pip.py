"""pip's configuration: the URLs of indexes with userinfo, in any section.

Read as Python's configparser reads it for pip, by a few lines that quote nothing: a key up to the
first `=` or `:`, its value on that line and on the lines below that stand further in. Full
lines that begin with `#` or `;` are comments.
"""

from __future__ import annotations

import re

from ..rows import Places, Row, SourceFile
from ..userinfo import from_url
from . import Reader

_KEYS = frozenset((b"index-url", b"extra-index-url", b"find-links", b"index"))
_WORD = re.compile(rb"\S+")


class Pip(Reader):
    first_counts = True

    def paths(self, places: Places) -> list[str]:
        """The files of the machine, the user, the virtual environment and `PIP_CONFIG_FILE`."""
        environ = places.environ
        folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
        found = [
            f"{folder.rstrip('/')}/pip/pip.conf" for folder in folders if folder.startswith("/")
        ]
        found += ["/Library/Application Support/pip/pip.conf", "/etc/pip.conf"]  # one is of macOS
        found += places.at_home(".pip", "pip.conf") + places.config("pip", "pip.conf")
        found += [path for path in places.of_platform("pip", "pip.conf") if path not in found]
        environment = environ.get("VIRTUAL_ENV", "")
        if environment.startswith("/"):
            found.append(f"{environment.rstrip('/')}/pip.conf")
        named = environ.get("PIP_CONFIG_FILE", "")
        if named == "/dev/null":
            return []  # pip's own word for: read none
        return found + ([named] if named.startswith("/") else [])

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each URL with userinfo."""
        rows = []
        for key, line, start, text in lines(file.data):
            if key not in _KEYS:
                continue
            for word in _WORD.finditer(text):
                row = from_url(word.group(), "index", line, start + word.start())
                if row is not None:
                    rows.append(row)
        return rows


def lines(data: bytes) -> list[tuple[bytes, int, int, bytes]]:
    """Each line of a value: its key in lower case with hyphens, line, start and text."""
    found = []
    key, depth, at = b"", 0, 0
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if not text or text[:1] in b"#;":
            pass
        elif key and indent > depth:
            found.append((key, number, at, line))
        elif text.startswith(b"["):
            key = b""
        else:
            name = re.split(rb"[=:]", line, maxsplit=1)[0]
            key, depth = name.strip().lower().replace(b"_", b"-"), indent
            found.append((key, number, at + len(name) + 1, line[len(name) + 1 :]))
        at += len(line) + 1
    return found


READER = Pip()
