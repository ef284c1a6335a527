"""A corpus of files with and without secrets in their URLs, and what has to become of each.

README.md beside this tells how the files are written.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent

# In every secret; no report may show it.
CANARY = "CANARY"

EXPECTATIONS = ("cut", "refused", "clean", "silent")

# Put together here, so that no file of the repository looks like it holds a token.
_BODY = "CANARYtQ7vR2mK9xWbN4jF6sY8aE3gU5hZ1cD7kM2pQ"
TOKENS = {
    "aws": "AK" + "IA" + "Z3QKJ7M2XWVNB4TD",
    "github": "gh" + "p_" + _BODY[:36],
    "github_pat": "github" + "_pat_" + _BODY[:22] + "_" + (_BODY * 2)[:59],
    "gitlab": "gl" + "pat-" + _BODY[:20],
    "google": "AI" + "za" + "Sy" + _BODY[:33],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbGljZSJ9." + _BODY,
    "npm": "npm" + "_" + _BODY[:36],
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + _BODY * 3,
    "slack-webhook": "T" + "01AB2CD3E/B" + "04FG5HJ6K/" + _BODY[:24],
}
_TOKEN = re.compile("\u2039([a-z_-]+)\u203a")
_CUT = re.compile("⟦([^⟧]*)⟧")


@dataclass(frozen=True)
class Sample:
    """A file, what `sanitize` has to do with it, and the bytes that it has to leave of it."""

    group: str
    title: str
    id: str
    file: str
    expect: str
    content: bytes = field(repr=False)
    clean: bytes = field(repr=False)

    @property
    def in_scope(self) -> bool:
        return self.expect in ("cut", "refused")


def samples() -> list[Sample]:
    """All samples, by group."""
    found: list[Sample] = []
    for path in sorted(FOLDER.glob("*.toml")):
        document = tomllib.loads(path.read_text("utf-8"))
        found += [_sample(path.stem, document, entry) for entry in document["sample"]]
    return found


def _sample(group: str, document: dict[str, object], entry: dict[str, str]) -> Sample:
    text = _TOKEN.sub(lambda match: TOKENS[match[1]], entry["text"])
    text = text.replace("\n", entry.get("newline", "\n"))
    marked = _CUT.search(text) is not None
    expect = entry.get("expect", document.get("expect", "cut" if marked else None))
    if expect not in EXPECTATIONS or marked != (expect == "cut"):
        raise ValueError(f"{group}.toml: '{entry['id']}' does not say what is expected")
    encoding = entry.get("encoding", "utf-8")
    content = _CUT.sub(r"\1", text).encode(encoding)
    clean = _CUT.sub("", text).encode(encoding)
    return Sample(group, str(document["title"]), entry["id"], entry["file"], expect, content, clean)
