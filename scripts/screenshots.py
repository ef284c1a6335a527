"""`make screenshots`: pictures of the main commands in a terminal, into docs/screenshots/.

Every command is really run, in a home and a store of its own that are gone afterwards. The
pictures are the same each time: no date, no port, no path of this machine is in them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from .tmux import Terminal

_FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
_BIN = Path(sys.executable).parent
_SECRET = "c5f1e8a7-not-to-be-seen"
_NARROWEST = 64  # columns
# The home of the pictures: every run has another one, and a person has neither.
_HOME = "/home/alice"


class Shot(NamedTuple):
    """A picture: its file's name and the lines that are typed.

    `answers` go to the first of them, each once a text is on the screen.
    """

    name: str
    lines: tuple[str, ...]
    answers: tuple[tuple[str, str], ...] = ()


SHOTS = (
    Shot("setup", ("git-credential-uvx setup", "git-credential-uvx setup --check")),
    Shot(
        "login",
        (
            "git-credential-uvx login --no-verify git.example.net --username alice",
            "git-credential-uvx list git.example.net",
        ),
        (("password:", _SECRET),),
    ),
    Shot("list", ("git-credential-uvx list",)),
    Shot("explain", ("git-credential-uvx explain --git https://git.example.com/team/app.git",)),
)

# What the store has before: what a person told uv, and what Git was told at its prompt.
_ACCOUNTS = (
    ("https://git.example.com", "alice"),
    ("https://packages.example.com/simple", "ci"),
)
_BY_GIT = (
    "protocol=https",
    "host=code.example.org",
    "username=alice",
    "password_expiry_utc=1924992000",
    f"password={_SECRET}",
)

# Without the fonts that rich would load from a host of others: code hosts do not let a picture.
_FORMAT = """\
<svg viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">
<title>@TITLE@</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


class ShotError(Exception):
    """A picture would show what it must not."""


def picture(name: str, text: str, title: str) -> str:
    """A terminal's screen as SVG; `text` has its colours as escape sequences."""
    lines = [Text.from_ansi(line) for line in text.split("\n")]
    width = max(_NARROWEST, *(cell_len(line.plain) for line in lines)) + 1
    console = Console(
        record=True,
        width=width,
        height=len(lines),  # with one of the two alone, TERM=dumb decides
        file=open(os.devnull, "w"),  # noqa: SIM115
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.file:
        for line in lines:
            console.print(line, soft_wrap=True)
    svg = console.export_svg(
        title="",
        code_format=_FORMAT.replace("@TITLE@", escape(title).replace("{", "{{").replace("}", "}}")),
        unique_id=f"uvx-{name}",
    )
    # An empty piece ends each line.
    svg = re.sub(r"<text [^<>]*>\n</text>", "\n", svg)
    return "\n".join(line.rstrip() for line in svg.strip().split("\n")) + "\n"


def tidy(text: str, home: Path) -> str:
    """The screen as a person has it. Raises ShotError for what no picture may show."""
    text = text.replace(str(home), _HOME)
    if _SECRET in text:
        raise ShotError("it shows the secret")
    for word in (str(home.parent), str(_BIN), "localhost:", "127.0.0.1"):
        if word in text:
            raise ShotError(f"it shows '{word}', which is of this machine or run")
    return text


def environment(home: Path) -> dict[str, str]:
    """An environment with nothing of the user's own in reach."""
    return {
        "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "SHELL": "/bin/bash",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
    }


def prepare(home: Path, env: dict[str, str]) -> None:
    """Git set up, and accounts in the store."""

    def run(*argv: str, input: str = "") -> None:
        subprocess.run(
            argv, env=env, cwd=home, input=input, text=True, capture_output=True, check=True
        )

    for service, username in _ACCOUNTS:
        login = (str(_BIN / "uv"), "auth", "login", "--quiet", service, "--username", username)
        run(*login, "--password", "-", input=f"{_SECRET}\n")
    run("git", "credential", "approve", input="\n".join([*_BY_GIT, "", ""]))


def take(shot: Shot) -> str:
    """Run what the shot types in a fresh home; the picture."""
    with TemporaryDirectory(prefix="uvx-") as root:
        home = Path(root, "home")
        home.mkdir(mode=0o700)
        env = environment(home)
        prepare(home, env)
        with Terminal(Path(root), home, env) as terminal:
            first, *others = shot.lines
            terminal.enter(first, shot.answers)
            for line in others:
                terminal.enter(line)
            text = tidy(terminal.screen(), home)
    return picture(shot.name, text, "\n".join(shot.lines))


def main(folder: Path = _FOLDER) -> int:
    """Take all pictures; the exit status."""
    if shutil.which("tmux") is None:
        print("screenshots: there is no tmux on PATH", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        try:
            (folder / f"{shot.name}.svg").write_text(take(shot))
        except (ShotError, TimeoutError, OSError, subprocess.SubprocessError) as error:
            print(f"screenshots: {shot.name}: {error}", file=sys.stderr)
            return 2
        print(f"{shot.name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
