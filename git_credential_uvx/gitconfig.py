"""What Git's own configuration does to a question before any helper is asked.

Pure: it takes what `git config --list --show-scope -z` writes. URLs in section names are matched
as git-config(1) says for `credential.<url>` and `http.<url>`; of several the more exact counts.
"""

from __future__ import annotations

from .errors import ServiceError
from .patterns import parse_pattern
from .urls import Service, service_from_stored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND = ("config", "--list", "--show-scope", "-z")

_YES = ("true", "yes", "on", "1")
_SEEN_BY_UV = ("system", "global", "command")


class Setting:
    """One line of the configuration: `scope` as git names it, `section` with its `name` (None
    for none), `key` in lower case."""

    __slots__ = ("key", "name", "scope", "section", "value")

    def __init__(self, scope: str, section: str, name: str | None, key: str, value: str) -> None:
        self.scope = scope
        self.section = section
        self.name = name
        self.key = key
        self.value = value


def parse(output: bytes) -> list[Setting]:
    """The settings in git's own order, in which later ones count."""
    fields = output.decode(errors="surrogateescape").split("\0")
    settings = []
    for scope, line in zip(fields[::2], fields[1::2], strict=False):
        full, newline, value = line.partition("\n")
        section, _, rest = full.partition(".")
        name, dot, key = rest.rpartition(".")
        # A key without a value is true.
        settings.append(
            Setting(scope, section, name if dot else None, key, value if newline else "true")
        )
    return settings


def effective(
    settings: Iterable[Setting], section: str, key: str, service: Service
) -> list[Setting]:
    """The settings of a key that count for a service, in order; an empty value ends what came
    before it. What is less exact than a setting before it does not count."""
    found: list[Setting] = []
    best = (-1, -1)
    for setting in settings:
        if (setting.section, setting.key) != (section, key):
            continue
        exactness = _exactness(setting.name, service)
        if exactness is None or exactness < best:
            continue
        best = exactness
        found = [*found, setting] if setting.value else []
    return found


def _exactness(name: str | None, service: Service) -> tuple[int, int] | None:
    if name is None:
        return (0, 0)
    try:
        pattern = parse_pattern(name)
    except ServiceError:
        return None
    if not pattern.matches(service):
        return None
    return (100 - pattern.labels, len(pattern.service.path))


def uses_path(settings: Iterable[Setting], service: Service) -> bool:
    """Whether Git tells helpers the path (`credential.useHttpPath`)."""
    found = effective(settings, "credential", "usehttppath", service)
    return bool(found) and found[-1].value.lower() in _YES


def rewritten(settings: Iterable[Setting], url: str) -> str | None:
    """The URL that Git asks about in place of `url` (`url.<base>.insteadOf`); None for itself."""
    rules = [
        (setting.value, setting.name or "")
        for setting in settings
        if (setting.section, setting.key) == ("url", "insteadof") and setting.value
    ]
    fitting = [rule for rule in rules if url.startswith(rule[0])]
    if not fitting:
        return None
    prefix, base = max(fitting, key=lambda rule: len(rule[0]))
    return base + url.removeprefix(prefix)


def notes(settings: list[Setting], service: Service, url: str) -> list[str]:
    """Lines about what makes Git see something else than the explanation, or nothing of it."""
    lines = []
    other = rewritten(settings, url)
    if other is not None:
        lines.append(f"an 'insteadOf' makes Git ask about {_shown(other)}")
    headers = effective(settings, "http", "extraheader", service)
    if any(header.value.lower().startswith("authorization:") for header in headers):
        lines.append("'http.extraHeader' sends an Authorization of its own, which beats helpers")
    helpers = effective(settings, "credential", "helper", service)
    ours = [index for index, helper in enumerate(helpers) if _is_ours(helper.value)]
    if not ours:
        return [*lines, "Git does not ask this helper: git config --global credential.helper uvx"]
    lines += [f"Git asks {_called(helper.value)} first" for helper in helpers[: ours[0]]]
    if not any(helpers[index].scope in _SEEN_BY_UV for index in ours):
        lines.append("the helper is set in this checkout only, where uv's own Git never looks")
    return lines


def _is_ours(helper: str) -> bool:
    word = helper.removeprefix("!").split(" ")[0]
    return word == "uvx" or word.rpartition("/")[2] == "git-credential-uvx"


def _called(helper: str) -> str:
    # A helper can be a shell command that holds a secret.
    word = helper.split(" ")[0]
    plain = word.replace("-", "").replace("_", "").isalnum() and word.isascii()
    return f"the helper '{word}'" if plain else "a helper of its own kind"


def _shown(url: str) -> str:
    try:
        service = service_from_stored(url)
    except ServiceError:
        service = None
    return "a URL that is not http" if service is None else f"'{service}'"
