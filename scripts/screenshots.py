"""`make screenshots`: pictures of the main commands in a terminal, into docs/screenshots/.

Every command is really run, against a private Git host on loopback that a proxy shows under the
name git.example.com, in a home and a store of its own that are gone afterwards. The pictures are
the same each time: no date, no port, no path of this machine is in them. `python -m
scripts.screenshots NAME...` makes only those.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.console import Console

from .githost import GitHost
from .package import PACKAGE, PROJECT
from .tmux import Terminal
from .tunnel import Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
_BIN = Path(sys.executable).parent
_SECRET = "c5f1e8a7-not-to-be-seen"
_NARROWEST, _WIDEST = 64, 80  # columns; a longer line goes on in the next one
# The home of the pictures: every run has another one, and a person has neither.
_HOME = "/home/alice"
_HOST = "git.example.com"
_REPOSITORY = f"https://{_HOST}/team/private.git"


class Place:
    """A home in which the commands of one picture run, with what they find there."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self.home = home
        self.folder = home
        self._env = env

    def run(self, *argv: str, input: str = "") -> None:
        """Run a command that is not in the picture."""
        subprocess.run(
            argv,
            env=self._env,
            cwd=self.folder,
            input=input,
            text=True,
            capture_output=True,
            check=True,
        )

    def log_in(self, service: str, username: str, *options: str) -> None:
        """Store an account."""
        login = ("git-credential-uvx", "login", service, "--username", username, *options)
        self.run(*login, "--no-verify", "--password", "-", input=f"{_SECRET}\n")

    def age(self, days: int) -> None:
        """Let what is stored be so old, so that no time of this run is in the picture."""
        for path in self.home.rglob("git-credential-uvx.toml"):
            then = int(time.time()) - days * 86_400 - 3600
            path.write_text(re.sub(r"(?m)^stored = \d+$", f"stored = {then}", path.read_text()))


def _set_up(place: Place) -> None:
    place.run("git-credential-uvx", "setup", "--quiet")


def _logged_in(place: Place) -> None:
    place.log_in(_HOST, "alice")


def _several_accounts(place: Place) -> None:
    place.log_in("https://packages.example.com/simple", "ci", "--expires", "2030-12-31")
    place.log_in("code.example.org", "alice")
    place.log_in("code.example.org", "bob")
    place.age(days=3)
    refused = f"protocol=https\nhost={_HOST}\nusername=alice\npassword={_SECRET}\n\n"
    place.run("git", "credential", "reject", input=refused)


def _project(place: Place) -> None:
    place.folder = place.home / "notes"
    place.folder.mkdir()
    (place.folder / "pyproject.toml").write_text(PROJECT)
    place.run("uv", "venv", "--quiet")


def _requirements(place: Place) -> None:
    _project(place)
    url = f"git+https://oauth2:{_SECRET}@{_HOST}/dev/lib"
    (place.folder / "requirements.txt").write_text(f"rich>=13\nlib @ {url}\n")


class Shot(NamedTuple):
    """A picture: its file's name and the lines that are typed.

    `answers` go to the first of them, each once a text is on the screen. `before` has what is done
    before, out of the picture.
    """

    name: str
    lines: tuple[str, ...]
    answers: tuple[tuple[str, str], ...] = ()
    before: tuple[Callable[[Place], None], ...] = ()


SHOTS = (
    Shot(
        "clone",
        (
            f"git-credential-uvx login {_HOST} --username alice",
            f"git clone --quiet {_REPOSITORY} && ls private",
            f'uv add --quiet "private @ git+https://{_HOST}/team/private"',
            "uv run --quiet private",
        ),
        (("password:", _SECRET),),
        (_set_up, _project),
    ),
    Shot("setup", ("git-credential-uvx setup", "git-credential-uvx setup --check")),
    Shot(
        "login",
        (f"git-credential-uvx login {_HOST} --username alice",),
        (("password:", "mistyped"), ("password:", _SECRET)),
        (_set_up,),
    ),
    Shot("list", ("git-credential-uvx list",), before=(_set_up, _logged_in, _several_accounts)),
    Shot(
        "explain",
        (f"git-credential-uvx explain {_REPOSITORY}",),
        before=(_set_up, _logged_in),
    ),
    Shot(
        "check",
        (f"git-credential-uvx check {_REPOSITORY}",),
        before=(_set_up, _logged_in),
    ),
    Shot(
        "sanitize",
        (
            "git-credential-uvx sanitize",
            "git-credential-uvx sanitize --write",
            "cat requirements.txt",
        ),
        before=(_set_up, _requirements),
    ),
    Shot(
        "add",
        (
            (
                "git-credential-uvx add --frozen \\\n"
                f'"private @ git+https://$TOKEN@{_HOST}/team/private"'
            ),
            "tail -n 2 pyproject.toml",
            "uv run --quiet private",
        ),
        before=(_set_up, _project),
    ),
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
    # One decoder for all lines: a colour that goes on is not repeated on the next line.
    decoder = AnsiDecoder()
    whole = [decoder.decode_line(line) for line in text.split("\n")]
    lines = [part for line in whole for part in line.divide(range(_WIDEST, len(line), _WIDEST))]
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
    text = re.sub(r"in \d+(\.\d+)?m?s\b", "in 12ms", text)
    if _SECRET in text:
        raise ShotError("it shows the secret")
    if "failed unexpectedly" in text or "Traceback" in text:
        raise ShotError("a command failed")
    for word in (str(home.parent), str(_BIN), "localhost:", "127.0.0.1"):
        if word in text:
            raise ShotError(f"it shows '{word}', which is of this machine or run")
    return text


def environment(home: Path, host: GitHost, proxy: str) -> dict[str, str]:
    """An environment with nothing of the user's own in reach."""
    return {
        "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "SHELL": "/bin/bash",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_SSL_CAINFO": str(host.certificate),
        "SSL_CERT_FILE": str(host.certificate),
        "https_proxy": proxy,
        "TOKEN": _SECRET,
        "UV_NO_CONFIG": "1",
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }


def take(shot: Shot, host: GitHost, proxy: str) -> str:
    """Run what the shot types in a fresh home; the picture."""
    with TemporaryDirectory(prefix="uvx-") as root:
        home = Path(root, "home")
        home.mkdir(mode=0o700)
        env = environment(home, host, proxy)
        place = Place(home, env)
        for prepare in shot.before:
            prepare(place)
        with Terminal(Path(root), place.folder, env) as terminal:
            first, *others = shot.lines
            terminal.enter(first, shot.answers)
            for line in others:
                terminal.enter(line)
            text = tidy(terminal.screen(), home)
    return picture(shot.name, text, "\n".join(shot.lines))


def main(folder: Path = _FOLDER, names: Iterable[str] = ()) -> int:
    """Take all pictures, or those of some names; the exit status."""
    if shutil.which("tmux") is None:
        print("screenshots: there is no tmux on PATH", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in SHOTS if not names or shot.name in names]
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="uvx-")))
        host = stack.enter_context(GitHost(root, [_HOST]))
        host.create("team/private.git", PACKAGE, date="1767225600")
        host.accounts |= {"alice": _SECRET, "oauth2": _SECRET}
        proxy = stack.enter_context(Tunnel(host.port)).url
        # A shot mostly waits for its terminal.
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=4))
        pictures = [pool.submit(take, shot, host, proxy) for shot in wanted]
        for shot, taken in zip(wanted, pictures, strict=True):
            try:
                (folder / f"{shot.name}.svg").write_text(taken.result())
            except (ShotError, TimeoutError, OSError, subprocess.SubprocessError) as error:
                print(f"screenshots: {shot.name}: {error}", file=sys.stderr)
                return 2
            print(f"{shot.name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(names=sys.argv[1:]))
