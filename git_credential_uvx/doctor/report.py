"""What a report for others shows of a verdict: no host, username, program or path of a person.

Only what is known to be the same on many machines stays as it is. Everything else gets a
placeholder, the same one everywhere in the report. No input or output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..query import ANY_ACCOUNT_NAMES
from ..urls.commands import PROGRAM, host_as_typed
from ..urls.usernames import as_typed
from .verdicts import INDEX_ENDS, Command, Host, Path, Program, Text, User, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .verdicts import Part, Verdict

# The credential helpers that many people have.
_HELPERS = frozenset(
    (
        *("store", "cache", "osxkeychain", "wincred", "libsecret", "gnome-keyring", "netrc"),
        *("manager", "manager-core", "oauth", "gh", "glab", "aws", "gcloud", "gcloud.sh", "az"),
        *("cat", "echo", "pass-git-helper", "keepassxc", "lastpass", "1password", "uvx"),
    )
)
# The names that may stand in a path.
_COMMON = frozenset(
    (
        *("usr", "local", "bin", "sbin", "lib", "libexec", "lib64", "etc", "opt", "nix", "store"),
        *("share", "state", "homebrew", "Cellar", "Library", "Applications", "Xcode.app"),
        *("Contents", "Developer", "Application Support", "CommandLineTools", "Caches"),
        *(".local", ".config", ".cache", ".cargo", ".venv", "venv", "tools", "python", "ssl"),
        *("certs", "pki", "tls", "ca-certificates.crt", "cert.pem", "ca-bundle.crt", "git-core"),
        *("git", "git.exe", "uv", "keyring", "gh", "git-credential-uvx", "credentials"),
        *("credentials.toml", "git-credential-uvx.toml", ".lock", "config.toml", "uv.toml"),
        *(".git", "config", "config.worktree", "gitconfig", ".gitconfig", ".git-credentials"),
        *(".netrc", "_netrc", "xdg", "mingw64"),
    )
)
_PYTHON = re.compile(r"python\d?(\.\d+)?")
_URL = re.compile(r"https?://[^\s'\"]+")
_VARIABLE = re.compile(
    rf"\b(UVX_TOKEN_|UVX_USERNAME_)(\w+)|\b(UVX?_INDEX_)(\w+?)({'|'.join(INDEX_ENDS)})?\b"
)
# A path can have an apostrophe in it, so only one at the end of a word ends it.
_QUOTED_PATH = re.compile(r"'(/.*?)'(?=[\s;:,.)]|$)")
_SHORTEST = 3  # characters; shorter names are replaced between quotes only


@dataclass(slots=True)
class WithoutNames:
    """Gives each part without hosts, usernames, programs and paths.

    The dictionaries have the placeholders of the names so far, which are replaced in texts too.
    """

    home: str = field(repr=False)
    _hosts: dict[str, str] = field(default_factory=dict, repr=False)
    _users: dict[str, str] = field(default_factory=dict, repr=False)
    _programs: dict[str, str] = field(default_factory=dict, repr=False)
    _paths: dict[str, str] = field(default_factory=dict, repr=False)

    def learn(self, verdicts: Iterable[Verdict]) -> None:
        """Remember the names in these verdicts, so that they are replaced in all texts."""
        for verdict in verdicts:
            for part in verdict.parts:
                if not isinstance(part, Text):
                    self(part)

    def __call__(self, part: Part) -> str:
        match part:
            case Host(value):
                return self._host(value)
            case User(value):
                return self._user(value)
            case Program(value):
                return self._program(value)
            case Path(value) | Word(value):
                return self._path(value)
            case Command():
                return self._command(part)
        return self.text(part.value)

    def text(self, text: str) -> str:
        """A text without the names that are known, and without paths of people."""
        for path in sorted(self._paths, key=len, reverse=True):
            text = text.replace(path, self._paths[path])
        text = _URL.sub(lambda found: self._host(found[0]), text)
        text = _VARIABLE.sub(self._variable, text)
        text = _replaced(text, {**self._hosts, **self._users, **self._programs})
        return _QUOTED_PATH.sub(lambda found: f"'{self._path(found[1])}'", text)

    def _user(self, name: str) -> str:
        if name.encode(errors="backslashreplace") in ANY_ACCOUNT_NAMES:
            return name
        return self._users.setdefault(name, f"user-{len(self._users) + 1}")

    def _variable(self, found: re.Match[str]) -> str:
        host, host_name, index, index_name, end = found.groups("")
        return host + index + self._host(host_name or index_name) + end

    def _command(self, part: Command) -> str:
        words = [PROGRAM, part.name, self._host(host_as_typed(part.service))]
        if name := as_typed(part.username):
            words += ["--username", self(User(name))]
        return " ".join(words)

    def _program(self, name: str) -> str:
        if name in _HELPERS:
            return name
        return self._programs.setdefault(name, f"program-{len(self._programs) + 1}")

    def _host(self, url: str) -> str:
        scheme, mark, rest = url.rpartition("://")
        authority, slash, path = rest.partition("/")
        name, colon, port = authority.rpartition(":")
        if not (colon and port.isdigit()):
            name, colon, port = authority, "", ""
        shown = self._hosts.setdefault(name, f"host-{len(self._hosts) + 1}")
        return f"{scheme}{mark}{shown}{colon}{port}{slash}{'...' if path else ''}"

    def _path(self, path: str) -> str:
        if path in self._paths:
            return self._paths[path]
        home = self.home.rstrip("/")
        if home and path.startswith(home + "/"):
            shown = "~/" + _common(path[len(home) + 1 :])
        else:
            shown = _common(path)
        if shown == "/...":
            numbered = sum(one.startswith("/path-") for one in self._paths.values())
            shown = f"/path-{numbered + 1}"
        self._paths[path] = shown
        return shown


def _common(path: str) -> str:
    """A path in which dots stand for all names that are not common."""
    shown: list[str] = []
    for name in path.split("/"):
        known = name in _COMMON or name == "" or _PYTHON.fullmatch(name)
        if known:
            shown.append(name)
        elif shown[-1:] != ["..."]:
            shown.append("...")
    return "/".join(shown)


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= _SHORTEST:
            pattern = rf"(?<![\w.-]){re.escape(name)}(?![\w-])"
        else:
            pattern = rf"(?<='){re.escape(name)}(?=')"
        text = re.sub(pattern, names[name], text)  # a placeholder has no backslash
    return text
