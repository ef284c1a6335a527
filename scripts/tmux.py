"""A shell in a terminal that nobody sees, by a tmux server of its own; its screen as text."""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Self

_TIMEOUT = 20  # seconds; a command takes less than one
_SHELL = ("bash", "--norc", "--noprofile")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A shell with `$` as its prompt, of `width` columns and `height` lines, while it is entered.

    `root` is a folder for the server's socket. Raises TimeoutError and SubprocessError.
    """

    def __init__(
        self, root: Path, home: Path, env: Mapping[str, str], *, width: int = 80, height: int = 60
    ) -> None:
        self._tmux = ("tmux", "-u", "-f", "/dev/null", "-S", str(root / "tmux"))
        self._home = home
        # The shell says when a command has ended: on the screen all prompts look the same.
        notice = f"tmux -S '{root / 'tmux'}' wait-for -S prompt"
        self._env = {
            **env,
            # The prompt and what is typed are bold, the output is not.
            "PS1": r"\[\e[32;1m\]$ \[\e[39m\]",
            "PS2": "    ",
            "PS0": r"\e[0m",
            "PROMPT_COMMAND": notice,
            "HISTFILE": "/dev/null",
        }
        self._size = ("-x", str(width), "-y", str(height))

    def __enter__(self) -> Self:
        self._run("new-session", "-d", *self._size, *_SHELL)
        try:
            self._wait_for_prompt()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server", check=False)

    def enter(self, line: str, answers: Iterable[tuple[str, str]] = ()) -> None:
        """Type a command, of one line or several, and wait for its end.

        `answers` are, in their order, a text and what is typed once it is on the screen.
        """
        for part in line.split("\n"):
            self._type(part)
        asked: list[str] = []
        for question, answer in answers:
            asked.append(question)
            # The same question can stand on the screen several times.
            self._wait_until("(?s)" + ".*".join(map(re.escape, asked)))
            self._type(answer)
        self._wait_for_prompt()

    def screen(self) -> str:
        """What is on the screen, with its colours, without the prompt that waits."""
        lines = self._lines()
        while lines and _ESCAPE.sub("", lines[-1]).strip() in ("", "$"):
            lines.pop()
        return "\n".join(line.rstrip() for line in lines)

    def _lines(self) -> list[str]:
        return self._run("capture-pane", "-e", "-p", "-J").split("\n")

    def _wait_for_prompt(self) -> None:
        self._run("wait-for", "prompt")
        # What is typed before the shell reads keys would be echoed twice.
        self._wait_until(r"(?:^|\n)\$\s*$")

    def _wait_until(self, pattern: str) -> None:
        end = time.monotonic() + _TIMEOUT
        while not re.search(pattern, _ESCAPE.sub("", "\n".join(self._lines()))):
            if time.monotonic() > end:
                raise TimeoutError(f"the screen did not show '{pattern}'")
            time.sleep(0.02)

    def _type(self, text: str) -> None:
        self._run("send-keys", "-l", text)
        self._run("send-keys", "Enter")

    def _run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [*self._tmux, *words],
            cwd=self._home,
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=check,
        )
        return done.stdout
