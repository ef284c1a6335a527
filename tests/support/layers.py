"""Which part of the package may import which, and what only some parts may do.

`faults` takes the texts of all modules and gives one sentence for each break of a rule, so that
tests can plant breaks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from sys import stdlib_module_names

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
    "git": _VALUES | {"system"},
    "stores": _BASE,
    "sources": _VALUES | {"system", "query"},
    "config": _BASE | {"sources"},
    "resolver": _BASE | {"stores", "sources", "config"},
    "helper": _VALUES | {"query", "protocol", "resolver"},
    "explanation": _VALUES | {"system", "query", "git", "sources", "config", "resolver"},
    "outlook": _DECISIONS | {"git", "explanation"},
    "accounts": _VALUES,
    "sanitize": _DECISIONS,
    "transfer": _DECISIONS,
    "add": _VALUES | {"toml", "system", "stores", "resolver", "sanitize"},
    "http": _DECISIONS | {"git", "explanation", "sanitize"},
    "check": _DECISIONS | {"git", "explanation", "outlook", "accounts", "http"},
    "integrations": _DECISIONS | {"git", "helper", "explanation", "accounts", "http"},
    "": {"errors", "credential", "urls", "explanation", "sanitize"},
    "doctor": _DECISIONS | {"git", "explanation", "outlook", "http", ""},
    "tracing": {"errors", "protocol", "sanitize", "urls", ""},
    "cli": _DECISIONS
    | {
        "git",
        "explanation",
        "outlook",
        "accounts",
        "sanitize",
        "transfer",
        "add",
        "http",
        "check",
        "protocol",
        "doctor",
        "tracing",
        "",
    },
    "__main__": {"errors", "system", "protocol", "resolver", "helper", "tracing", "cli"},
}

# What only these folders and modules may use. A name stands for itself and for all below it, and
# can be a pattern.
RESERVED: dict[str, tuple[set[str], set[str]]] = {
    "open files": (
        {
            *("open", "io.open", "io.open_code", "io.FileIO", "builtins", "codecs.open"),
            *("os.open", "os.fdopen", "os.mkdir", "os.makedirs", "os.truncate", "os.chmod"),
            *(
                "os.unlink",
                "os.remove",
                "os.rmdir",
                "os.rename",
                "os.replace",
                "os.link",
                "os.symlink",
            ),
            *("pathlib", "shutil.copy*", "shutil.move", "shutil.rmtree", "tokenize", "linecache"),
            *("fileinput", "mmap", "zipfile", "tarfile", "sqlite3", "shelve", "dbm"),
        },
        {"system"},
    ),
    # The filter keeps standard input until all of it was searched.
    "make temporary files": ({"tempfile"}, {"system", "cli.sanitize_filter"}),
    "start programs": (
        {
            *("subprocess", "os.system", "os.popen", "os.exec*", "os.spawn*", "os.posix_spawn*"),
            *("multiprocessing", "concurrent.futures.ProcessPoolExecutor", "webbrowser"),
            *("asyncio.subprocess", "asyncio.create_subprocess_*"),
            *("anyio.run_process", "anyio.open_process", "anyio.to_process"),
        },
        {"system"},
    ),
    "read the environment": (
        {
            *("os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv"),
            *("os.get_exec_path", "os.path.expanduser", "os.path.expandvars"),
        },
        # __main__ reads PYTHONPATH before it imports anything.
        {"system", "cli", "__main__"},
    ),
    "depend on the platform": (
        {
            *("posix", "nt", "msvcrt", "ctypes", "os.name"),
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
# The packages from elsewhere that each may import.
PACKAGES = {
    "add": {"packaging", "tomlkit"},
    "transfer": {"platformdirs", "yaml"},
    "http": {"anyio", "certifi", "httpx", "truststore"},
    "check": {"anyio", "httpx"},
    "integrations": {"dulwich", "keyring", "urllib3"},
    "cli": {"anyio", "click"},
}
_BY_NAME = (
    *("__import__", "importlib.import_module", "importlib.util", "importlib.machinery"),
    *("importlib._bootstrap*", "pkgutil.resolve_name", "runpy", "sys.modules"),
)
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


def _full_name(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """The full name of an expression such as `os.path.expanduser`; None for any other."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        above = _full_name(node.value, known)
        return above and f"{above}.{node.attr}"
    return None


def _used(tree: ast.AST) -> Iterator[str]:
    """The full names that a module uses of what it imports, and the built-in `open`."""
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
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = _full_name(node, known)
            if name:
                yield name


def _is_one_of(name: str, patterns: Iterable[str]) -> bool:
    """Whether a full name is one of these, or below one."""
    return any(fnmatchcase(name, one) or name.startswith(f"{one}.") for one in patterns)


def _packages(tree: ast.AST) -> Iterator[str]:
    """The packages from elsewhere that a module imports, and `*` if it imports all names of one."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [] if node.level or node.module is None else [node.module]
            names += ["*" for alias in node.names if alias.name == "*"]
        for name in names:
            top = name.partition(".")[0]
            if top not in stdlib_module_names and top != PACKAGE.name:
                yield top


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
    if "system.posix" in arrows and name != "system":
        yield "imports system.posix, which is system.platform"
    tree = ast.parse(text)
    for package in set(_packages(tree)) - PACKAGES.get(folder, set()):
        yield f"imports {package}"
    used = set(_used(tree))
    for what, (reserved, allowed) in RESERVED.items():
        if not {folder, name} & allowed and any(_is_one_of(use, reserved) for use in used):
            yield f"may not {what}"
    if any(_is_one_of(use, _BY_NAME) for use in used) and name not in IMPORTED_BY_NAME:
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
