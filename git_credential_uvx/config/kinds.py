"""What a URL is for, if nobody says it: a repository, an index, an upload or a whole host. Pure.

`explain`, `check`, `token` and `resolve` ask this, so that they all mean the same by a URL.
"""

from __future__ import annotations

from ..urls.conventions import is_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..urls.service import Service
    from .indexes import Index


def kind_of(service: Service, indexes: Sequence[Index], *, for_git: bool = False) -> str:
    """What a URL is: "git", "index", "publish" or "service". `for_git` says that it was written as `git+https://`.

    The first rule that fits counts:

    1. "git", if it was written as `git+https://` or ends in `.git`,
    2. "publish" or "index", if uv's configuration has such an index,
    3. "service", if it has no path,
    4. "git", if its host is known for repositories and the path is not one of packages,
    5. "index".
    """
    path = service.path.rstrip("/")
    if for_git or path.endswith(".git"):
        return "git"
    if any(index.publish == service for index in indexes):
        return "publish"
    if any(index.root.covers(service) for index in indexes):
        return "index"
    if not path:
        return "service"
    return "git" if is_repository(service) else "index"
