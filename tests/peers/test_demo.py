"""`make demo`, from beginning to end, cut short, and where it cannot work."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.machine import Machine

_CHECKOUT = Path(__file__).parents[2]
_DEMO = (sys.executable, "-m", "scripts.demo")


@pytest.fixture
def temporary(machine: Machine) -> Path:
    """The folder in which the demo makes its own."""
    folder = machine.root / "temporary"
    folder.mkdir()
    machine.env["TMPDIR"] = str(folder)
    return folder


def test_the_demo_goes_from_a_refused_clone_to_a_clean_project_and_shows_no_secret(
    machine: Machine, temporary: Path
) -> None:
    text = machine.run(*_DEMO, cwd=_CHECKOUT).stdout.decode()
    steps = [str(number) for number in range(1, 12)]
    assert re.findall(r"^\d+(?=\. )", text, re.MULTILINE) == steps
    assert set(re.findall(r"password=(.*)", text)) == {"****"}
    talk = ("helper: username=alice", "git clone", "git push", "git credential-uvx store")
    ours = [f"$ git-credential-uvx {name} " for name in ("login", "add", "sanitize")]
    for shown in (*talk, *ours, "$ git-credential-uvx setup\n", "Hello from a private package."):
        assert shown in text
    assert list(temporary.iterdir()) == []
    assert list(machine.home.iterdir()) == []


@pytest.mark.needs("ps")
@pytest.mark.parametrize("step", [1, 2])
def test_an_interrupted_demo_tidies_up_and_says_so(
    step: int, machine: Machine, temporary: Path
) -> None:
    with subprocess.Popen(
        _DEMO, cwd=_CHECKOUT, env=machine.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if line.startswith(b"%d." % step):
                break
        demo.send_signal(signal.SIGINT)
        _, error = demo.communicate(timeout=60)
    assert (demo.returncode, error) == (130, b"\ninterrupted, and tidied up\n")
    assert list(temporary.iterdir()) == []
    assert _still_running(temporary) == []


def _still_running(folder: Path) -> list[str]:
    """The processes that know of a folder, by their environment or arguments."""
    listed = subprocess.run(["ps", "axeww"], capture_output=True, check=True).stdout.decode()
    return [line for line in listed.splitlines() if f"{folder}/" in line]


def test_a_demo_without_git_says_so_in_one_line(machine: Machine, temporary: Path) -> None:
    done = machine.run(*_DEMO, cwd=_CHECKOUT, env={"PATH": str(temporary)}, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"git" in done.stderr
    assert list(temporary.iterdir()) == []
