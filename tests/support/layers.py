"""Which part of the package may import which, and what only some parts may do.

`faults` takes the texts of all modules and gives one sentence for each break of a rule, so that
tests can plant breaks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "git_credential_uvx"
LONGEST = 400  # lines of a module

# A folder, or a module of the package's root, and what it may import besides itself. "" is the
# root's `__init__`. Each row may name the rows before it only: the table itself has no circle.
_VALUES = {"errors", "credential", "urls"}
_BASE = _VALUES | {"toml", "system", "query"}
_DECISIONS = _BASE | {"stores", "sources", "config", "resolver"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "credential": set(),
    "urls": {"errors", "credential"},
    "toml": {"errors"},
    "system": {"errors"},
    "query": {"credential", "urls"},
    "protocol": {"errors", "urls"},
    "git": {"errors", "urls", "system"},
    "stores": _BASE,
    "sources": _VALUES | {"system", "query"},
    "config": _BASE | {"sources"},
    "resolver": _BASE | {"stores", "sources", "config"},
    "helper": _VALUES | {"query", "protocol", "resolver"},
    "explanation": _VALUES | {"system", "query", "git", "config", "resolver"},
    "accounts": _VALUES,
    "sanitize": _DECISIONS,
    "transfer": _DECISIONS,
    "add": _VALUES | {"toml", "system", "stores", "resolver", "sanitize"},
    "http": _DECISIONS | {"git", "explanation", "sanitize"},
    "check": _DECISIONS | {"git", "explanation", "accounts", "http"},
    "integrations": _DECISIONS | {"git", "helper", "explanation", "accounts", "http"},
    "": {"errors", "credential", "urls", "explanation", "sanitize"},
    "cli": _DECISIONS
    | {"git", "explanation", "accounts", "sanitize", "transfer", "add", "http", "check", ""},
    "__main__": {"errors", "system", "protocol", "resolver", "helper", "cli"},
}

# What only these folders and modules may use. A name stands for itself and for all below it, and
# can be a pattern.
RESERVED: dict[str, tuple[set[str], set[str]]] = {
    "open files": ({"open", "io.open", "os.open", "os.fdopen", "pathlib"}, {"system"}),
    "start programs": (
        {"subprocess", "os.system", "os.popen", "os.execvpe", "os.execve", "os.posix_spawn"},
        {"system"},
    ),
    "read the environment": (
        {"os.environ", "os.environb", "os.getenv", "os.putenv"},
        # __main__ reads PYTHONPATH before it imports anything.
        {"system", "cli", "__main__"},
    ),
    "depend on the platform": (
        {
            *("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "select", "syslog"),
            *("os.O_*", "os.get*uid", "os.get*gid", "os.getgroups", "os.set*id", "os.*chown"),
            *("os.fork*", "os.kill*", "os.wait*", "os.exec*", "os.ttyname", "os.confstr"),
            *("os.fchmod", "os.f*sync", "os.pread*", "os.pwrite*", "os.mkfifo", "os.uname"),
            *("signal.SIGHUP", "signal.SIGQUIT", "signal.SIGKILL", "signal.SIGPIPE"),
            *("signal.SIGXFSZ", "signal.SIGALRM", "signal.SIGCHLD", "signal.setitimer"),
            *("stat.S_IR*", "stat.S_IW*", "stat.S_IX*", "stat.S_ISVTX"),
        },
        {"system.posix"},
    ),
}
# Where modules are imported by a name that is put together; the tests hold each to its table.
IMPORTED_BY_NAME = {"", "http", "cli", "transfer.readers"}


def modules(package: Path = PACKAGE) -> dict[str, str]:
    """The text of each module by its name; that of a folder's `__init__` is the folder's."""
    return {
        ".".join(path.relative_to(package).with_suffix("").parts)
        .removesuffix("__init__")
        .rstrip("."): path.read_text()
        for path in package.rglob("*.py")
    }


def folder_of(name: str) -> str:
    return name.partition(".")[0]


def imported(name: str, text: str, names: set[str], is_package: bool) -> set[str]:
    """The modules of the package that one imports anywhere, in a function or for types only."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            asked = [alias.name.split(".") for alias in node.names]
            found |= {".".join(parts[1:]) for parts in asked if parts[0] == PACKAGE.name}
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                here = name.split(".") if name else []
                up = node.level - 1 if is_package else node.level
                base = [*here[: len(here) - up], *base]
            elif base[:1] == [PACKAGE.name]:
                base = base[1:]
            else:
                continue
            for alias in node.names:
                below = ".".join([*base, alias.name])
                found.add(below if below in names else ".".join(base))
    return found - {name}


def _used(text: str) -> Iterator[str]:
    """The full names that a module uses of what it imports, and the built-in `open`."""
    tree = ast.parse(text)
    known = {"open": "open", "__import__": "__import__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in known and isinstance(node.ctx, ast.Load):
            yield known[node.id]
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in known
        ):
            yield f"{known[node.value.id]}.{node.attr}"


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that all reach each other, each in order of name."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = arrows.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        return seen

    reach = {name: reached(name) for name in arrows}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other]))
        for name in arrows
        if name in reach[name]
    }
    return [list(group) for group in sorted(groups)]


def _broken(name: str, text: str, arrows: set[str]) -> Iterator[str]:
    """The rules that one module breaks by itself."""
    folder = folder_of(name)
    if folder not in MAY_IMPORT:
        yield "is in no folder of the table"
        return
    for other in arrows:
        if folder_of(other) not in MAY_IMPORT[folder] | {folder}:
            yield f"imports {other}"
    used = set(_used(text))
    for what, (reserved, allowed) in RESERVED.items():
        if not {folder, name} & allowed and any(
            fnmatchcase(use, one) or use.startswith(f"{one}.") for use in used for one in reserved
        ):
            yield f"may not {what}"
    if used & {"importlib.import_module", "__import__"} and name not in IMPORTED_BY_NAME:
        yield "imports by name"
    if len(text.splitlines()) > LONGEST:
        yield f"is longer than {LONGEST} lines"


def faults(texts: Mapping[str, str]) -> list[str]:
    """Each break of a rule in the modules, one sentence each, in order."""
    names = set(texts)
    packages = {name.rpartition(".")[0] for name in names} | {""}
    arrows = {name: imported(name, text, names, name in packages) for name, text in texts.items()}
    found = [
        f"{name} {fault}"
        for name, text in texts.items()
        for fault in _broken(name, text, arrows[name])
    ]
    found += [f"{' and '.join(group)} import each other" for group in circles(arrows)]
    return sorted(found)
