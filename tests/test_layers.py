"""The parts of the package: who may import whom, and what only some parts may do."""

from __future__ import annotations

import re

import pytest

from .support.layers import MAY_IMPORT, PACKAGE, faults, modules

TEXTS = modules()

# A module, what is planted in it, and what the test says then.
PLANTED = {
    "an import of a folder further up": (
        "urls.service",
        "from ..resolver import Resolver",
        "urls.service imports resolver",
    ),
    "the same by its full name": (
        "urls.service",
        "from git_credential_uvx.resolver import Resolver",
        "urls.service imports resolver",
    ),
    "the same as a module": (
        "urls.service",
        "import git_credential_uvx.resolver",
        "urls.service imports resolver",
    ),
    "the same in a function": (
        "sanitize.text",
        "def late():\n    from ..http.clients import client",
        "sanitize.text imports http.clients",
    ),
    "the same for types only": (
        "stores.shared",
        "if TYPE_CHECKING:\n    from .. import resolver",
        "stores.shared imports resolver",
    ),
    "a store that knows a source": (
        "stores.entries",
        "from ..sources import netrc",
        "stores.entries imports sources.netrc",
    ),
    "two files that import each other": (
        "urls.service",
        "from .pattern import parse_pattern",
        "urls.pattern and urls.service import each other",
    ),
    "a file in no folder": ("corner.new", "", "corner.new is in no folder of the table"),
    "open": ("urls.service", "print(open('/etc/passwd'))", "urls.service may not open files"),
    "os.open": ("protocol", "import os\nos.open('/', 0)", "protocol may not open files"),
    "os.open by another name": (
        "protocol",
        "from os import open as reach\nreach('/', 0)",
        "protocol may not open files",
    ),
    "os by another name": (
        "protocol",
        "import os as o\no.open('/', 0)",
        "protocol may not open files",
    ),
    "pathlib": ("protocol", "from pathlib import Path", "protocol may not open files"),
    "subprocess": ("http.flow", "import subprocess", "http.flow may not start programs"),
    "a name out of subprocess": (
        "http.flow",
        "from subprocess import run",
        "http.flow may not start programs",
    ),
    "os.execvpe": (
        "http.flow",
        "import os\nos.execvpe('a', [], {})",
        "http.flow may not start programs",
    ),
    "os.path by another name": (
        "config.own",
        "import os.path as p\np.expanduser('~')",
        "config.own may not read the environment",
    ),
    "an attribute of an attribute": (
        "config.own",
        "import os\nos.path.expanduser('~')",
        "config.own may not read the environment",
    ),
    "a file that is removed": (
        "stores.shared",
        "import os\nos.unlink('a')",
        "stores.shared may not open files",
    ),
    "a file that io opens": (
        "protocol",
        "import io\nio.FileIO('a')",
        "protocol may not open files",
    ),
    "a temporary file": (
        "sanitize.text",
        "import tempfile",
        "sanitize.text may not make temporary files",
    ),
    "os.spawnv": (
        "http.flow",
        "import os\nos.spawnv(0, 'a', [])",
        "http.flow may not start programs",
    ),
    "a program of asyncio": (
        "http.flow",
        "import asyncio\nasyncio.create_subprocess_exec('a')",
        "http.flow may not start programs",
    ),
    "all names of os": ("config.own", "from os import *", "config.own imports *"),
    "all names of a part": ("config.own", "from ..errors import *", "config.own imports *"),
    "a package where it does not belong": (
        "sanitize.text",
        "def late():\n    import click",
        "sanitize.text imports click",
    ),
    "the platform's own file": (
        "stores.shared",
        "from ..system import posix",
        "stores.shared imports system.posix, which is system.platform",
    ),
    "a module out of sys": (
        "protocol",
        "import sys\nsys.modules['os']",
        "protocol imports by name",
    ),
    "importlib by another name": (
        "urls.service",
        "import importlib as i\ni.import_module('socket')",
        "urls.service imports by name",
    ),
    "a lock": ("stores.shared", "import fcntl", "stores.shared may not depend on the platform"),
    "an owner": (
        "system.files",
        "import os\nprint(os.geteuid())",
        "system.files may not depend on the platform",
    ),
    "a flag of open": (
        "system.userfile",
        "import os\nprint(os.O_NOFOLLOW)",
        "system.userfile may not depend on the platform",
    ),
    "a signal": (
        "cli.login",
        "import signal as s\nprint(s.SIGHUP)",
        "cli.login may not depend on the platform",
    ),
    "a signal out of signal": (
        "cli.login",
        "from signal import SIGQUIT",
        "cli.login may not depend on the platform",
    ),
    "os.environ": (
        "config.own",
        "import os\nprint(os.environ['A'])",
        "config.own may not read the environment",
    ),
    "environ out of os": (
        "config.own",
        "from os import environ",
        "config.own may not read the environment",
    ),
    "os.getenv": (
        "config.own",
        "import os\nos.getenv('A')",
        "config.own may not read the environment",
    ),
    "a module imported by its name": (
        "urls.service",
        "from importlib import import_module\nimport_module('socket')",
        "urls.service imports by name",
    ),
    "too many lines": ("protocol", "\n" * 400, "protocol is longer than 400 lines"),
}


def test_the_parts_keep_to_the_table() -> None:
    assert faults(TEXTS) == []


def test_the_table_has_no_circle() -> None:
    rows = list(MAY_IMPORT)
    assert all(MAY_IMPORT[name] <= set(rows[:number]) for number, name in enumerate(rows))


@pytest.mark.parametrize(("name", "text", "fault"), PLANTED.values(), ids=PLANTED)
def test_a_planted_break_is_found(name: str, text: str, fault: str) -> None:
    planted = TEXTS | {name: f"{TEXTS.get(name, '')}\n{text}\n"}
    assert fault in faults(planted)


def test_the_security_page_names_modules_and_tests_that_exist() -> None:
    root = PACKAGE.parent
    page = (root / "docs" / "security.md").read_text()
    rules = page.split("## The rules, and where each is kept")[1].split("##")[0]
    rows = [row.split("|")[1:-1] for row in rules.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 15
    for _, files, tests in rows:
        for name in re.findall(r"`([a-z_/]+)[`.]", files):
            places = (PACKAGE / f"{name}.py", PACKAGE / name, root / name)
            assert any(place.exists() for place in places), name
        for name in re.findall(r"`([a-z_/]+)`", tests):
            patterns = (f"{name}*", f"tests/{name}*", f"tests/*/{name}.py")
            assert any(any(root.glob(pattern)) for pattern in patterns), name
