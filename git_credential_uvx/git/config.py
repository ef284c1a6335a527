"""How Git's configuration changes a request before Git asks any helper.

Pure: it takes the output of `git config --list --show-origin --show-scope -z`. URLs in section
names are matched as Git does it (measured with 2.39). Of several `http.<url>` the most exact one
counts. All `credential.<url>` that match count, in the order of the files, and a part of a URL
(`git.example.com`, `https://`) matches too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import ServiceError
from ..urls.pattern import parse_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..urls.service import Service

COMMAND = ("config", "--list", "--show-origin", "--show-scope", "-z")
HELPER = "uvx"  # the value that stands for this helper: git runs `git credential-uvx`

YES = ("true", "yes", "on", "1")
OF_CHECKOUT = ("local", "worktree")  # scopes; Apple's git calls that of its own file "unknown"
_COMMAND = "git-credential-uvx"
_PUNCTUATION = str.maketrans("", "", "-_.")  # what the name of a program can have
_RUNNERS = ("uvx", "wsl.exe")  # in a shell command: uv's tool runner, and Linux on Windows


@dataclass(slots=True)
class GitSetting:
    """One line of the configuration: `scope` and `origin` as git names them, `section` with its
    `name` (None for none), `key` in lower case."""

    scope: str
    origin: str
    section: str
    name: str | None
    key: str
    value: str = field(repr=False)


def parse(output: bytes) -> list[GitSetting]:
    """The settings in git's own order, in which later ones count."""
    fields = output.decode(errors="surrogateescape").split("\0")
    settings = []
    for scope, origin, line in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        full, newline, value = line.partition("\n")
        section, _, rest = full.partition(".")
        name, dot, key = rest.rpartition(".")
        # A key without a value is true.
        settings.append(
            GitSetting(
                scope, origin, section, name if dot else None, key, value if newline else "true"
            )
        )
    return settings


def effective(
    settings: Iterable[GitSetting], section: str, key: str, service: Service | None
) -> list[GitSetting]:
    """The settings of a key that count for a service, in order.

    An empty value cancels those before it. None stands for a service that no section names.
    """
    found: list[GitSetting] = []
    for setting in matching(settings, section, key, service):
        found = [*found, setting] if setting.value else []
    return found


def matching(
    settings: Iterable[GitSetting], section: str, key: str, service: Service | None
) -> list[GitSetting]:
    """The settings of a key that match a service, in order, with the empty ones.

    Outside of `credential`, a setting that is less exact than one before it is left out.
    """
    found: list[GitSetting] = []
    best = (-1, -1)
    for setting in settings:
        if (setting.section, setting.key) != (section, key):
            continue
        exactness = _exactness(setting.name, service)
        if section == "credential":
            if exactness is not None or _names_part(setting.name, service):
                found.append(setting)
        elif exactness is not None and exactness >= best:
            best = exactness
            found.append(setting)
    return found


def _exactness(name: str | None, service: Service | None) -> tuple[int, int] | None:
    if name is None:
        return (0, 0)
    if service is None:
        return None
    scheme, mark, rest = name.partition("://")
    try:
        pattern = parse_pattern(scheme.lower() + mark + rest)
    except ServiceError:
        return None
    if not pattern.matches(service):
        return None
    return (100 - pattern.labels, len(pattern.service.path))


def _names_part(name: str | None, service: Service | None) -> bool:
    """Whether a part of a URL, `https://` or `host[:port][/path]`, matches this service.

    Git compares such parts as text, and the path as a whole.
    """
    if name is None or service is None:
        return False
    if "://" in name:
        return name == f"{service.scheme}://"
    host, slash, path = name.partition("/")
    same_path = not slash or f"/{path}" == service.path
    return same_path and f"{service.scheme}://{host}" == service.realm


def uses_path(settings: Iterable[GitSetting], service: Service | None) -> bool:
    """Whether Git sends helpers the path (`credential.useHttpPath`)."""
    found = effective(settings, "credential", "usehttppath", service)
    return bool(found) and is_true(found[-1].value)


def is_true(value: str) -> bool:
    """Whether a value is true for Git: a number with or without a unit is, unless it is 0."""
    number = value.lower().lstrip("+-").rstrip("kmg")
    return number.strip("0") != "" if number.isdecimal() else value.lower() in YES


def rewrite(settings: Iterable[GitSetting], url: str) -> GitSetting | None:
    """The `url.<base>.insteadOf` that makes Git use another URL: the one with the longest value,
    and of equally long ones the first."""
    fitting = [
        setting
        for setting in settings
        if (setting.section, setting.key) == ("url", "insteadof")
        and setting.value
        and url.startswith(setting.value)
    ]
    return max(fitting, key=lambda setting: len(setting.value), default=None)


class Standing:
    """What Git does with helpers for one service.

    `asked` is whether Git asks this helper. `before` are the settings of the helpers that it asks
    earlier, or all of them if it does not ask ours. `cleared` is the empty setting that cancels
    ours, `reset` whether there is any empty one. `header` is the configured Authorization header
    that takes precedence over helpers, or None. `ours` is our own setting, `local` whether only
    this checkout names us, `path` whether Git sends the path.
    """

    __slots__ = ("asked", "before", "cleared", "header", "local", "ours", "path", "reset")

    def __init__(self, settings: list[GitSetting], service: Service | None) -> None:
        lines = matching(settings, "credential", "helper", service)
        helpers = effective(settings, "credential", "helper", service)
        ours = [helper for helper in helpers if is_ours(helper.value)]
        first = helpers.index(ours[0]) if ours else len(helpers)
        headers = effective(settings, "http", "extraheader", service)
        self.asked = bool(ours)
        self.ours = ours[0] if ours else None
        self.before = helpers[:first]
        self.cleared = None if ours else _cleared(lines)
        self.reset = any(not line.value for line in lines)
        self.header = next(
            (h for h in headers if h.value.lower().startswith("authorization:")), None
        )
        self.local = bool(ours) and all(helper.scope in OF_CHECKOUT for helper in ours)
        self.path = uses_path(settings, service)

    @property
    def fault(self) -> str:
        """Why Git gets nothing from this helper, "" if it asks it."""
        if self.header is not None:
            return f"an 'http.extraHeader' in {place(self.header)} is sent instead"
        if self.asked:
            return ""
        if self.cleared is not None:
            return f"an empty 'credential.helper' in {place(self.cleared)} clears this helper"
        return "Git is not configured to ask this helper"

    def notes(self) -> list[str]:
        """Lines about why Git does not ask this helper, or not as the first one."""
        lines = [self.fault] if self.fault else []
        if self.asked:
            lines += [f"Git asks {called(helper.value)} first" for helper in self.before]
        if self.local:
            lines.append("only this repository configures the helper, and uv's Git does not see it")
        return lines


def _cleared(lines: list[GitSetting]) -> GitSetting | None:
    """The first empty setting after the last of ours."""
    cleared, seen = None, False
    for line in lines:
        if is_ours(line.value):
            cleared, seen = None, True
        elif seen and not line.value and cleared is None:
            cleared = line
    return cleared


def place(setting: GitSetting) -> str:
    """Where a setting is made, for people."""
    if setting.scope == "command":
        return "the environment or a '-c' of git"
    return f"'{setting.origin.removeprefix('file:')}'"


def unset_command(setting: GitSetting) -> str:
    """The command that removes a setting, "" if there is none that can be pasted as it is."""
    import shlex

    key = ".".join(filter(None, (setting.section, setting.name, setting.key)))
    path = setting.origin.removeprefix("file:")
    words = ["git", "config", "--file", path, "--unset-all", key]
    if setting.scope in OF_CHECKOUT:
        # Git names this file relative to the top of the checkout.
        words[2:4] = [f"--{setting.scope}"]
    elif not path.startswith("/"):
        return ""
    # A quote would end that of the message around it.
    return " ".join(words) if all(word == shlex.quote(word) for word in words) else ""


def is_ours(helper: str) -> bool:
    """Whether the value of a `credential.helper` runs this helper."""
    words = _words(helper)
    if not words:
        return False
    if helper.startswith("!") and words[0] in _RUNNERS:
        words = [word for word in words[1:] if not word.startswith("-")] or words
    elif words[0] == HELPER:
        return not helper.startswith("!")
    return words[0].rpartition("/")[2].removesuffix(".exe") == _COMMAND


def helper_at(path: str) -> str:
    """The value of a `credential.helper` that runs this helper by its absolute path."""
    import shlex

    # Git runs an absolute path in a shell. Before a quote it would put `git credential-`.
    quoted = shlex.quote(path)
    return path if quoted == path else f"!{quoted}"


def needs_path(helper: str) -> bool:
    """Whether Git looks for the program of a helper on PATH; a path or a shell command does not."""
    return helper.partition(" ")[0] == HELPER


def path_of(helper: str) -> str | None:
    """The absolute path of the program that a helper runs; None if it is found in another way."""
    words = _words(helper)
    return words[0] if words and words[0].startswith("/") else None


def _words(helper: str) -> list[str]:
    """The words of the command that Git runs for a helper; none if the shell cannot read it."""
    import shlex

    # Git puts `git credential-` before such a value, and the quote is then inside a word.
    if helper[:1] in ("'", '"'):
        return []
    try:
        return shlex.split(helper.removeprefix("!"))
    except ValueError:
        return []


def program_of(helper: str) -> str:
    """The name of the program that a helper is, "" if it is not plain. Its arguments can hold a
    secret, and so can the URL that a tool runner is given."""
    shell = helper.startswith("!") or "/" in helper
    words = (_words(helper) or [""]) if shell else helper.split(" ")
    runs = words[0] in _RUNNERS and helper.startswith("!")
    word = next((w for w in words[1:] if runs and not w.startswith("-")), words[0])
    name = word.rpartition("/")[2].removesuffix(".exe")
    name = name.removeprefix("git-credential-") or name
    plain = name.translate(_PUNCTUATION).isalnum() and name.isascii() and "://" not in word
    return name if plain else ""


def called(helper: str) -> str:
    """A helper for people, by the name of its program."""
    name = program_of(helper)
    return f"the helper '{name}'" if name else "another helper"
