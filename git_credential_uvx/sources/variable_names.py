"""Which variables a person may have meant for a host. For people only, never to find a secret."""

from __future__ import annotations

from .environment import variable_stem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..urls.service import Service

_PREFIXES = ("UVX_TOKEN_", "UVX_USERNAME_")


def near_misses(environ: Mapping[str, str], service: Service) -> list[str]:
    """A line for each variable that is set and misspells the name of this host.

    Misspelled are dots and hyphens, capitals, and https's own port. The line has names only.
    """
    stem = variable_stem(service)
    if stem is None:
        return []
    bare = _bare(stem)
    also = {bare, f"{bare}443"} if service.port is None else {bare}
    lines = []
    for name in sorted(environ):
        prefix = next((p for p in _PREFIXES if name.upper().startswith(p)), "")
        rest = name[len(prefix) :]
        if prefix and _bare(rest) in also and name not in (prefix + stem, prefix + stem.upper()):
            lines.append(f"{name} is set; did you mean {prefix}{stem}?")
    return lines


def _bare(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
