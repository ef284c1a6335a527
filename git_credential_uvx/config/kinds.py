"""What a URL is for, if nobody says it: a repository, an index, an upload or a whole host. Pure.

`explain`, `check`, `token` and `resolve` ask this, so that they all mean the same by a URL.
"""

from __future__ import annotations

from ..urls.conventions import is_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..urls.typed import Typed
    from .indexes import Index


def kind_of(given: Typed, indexes: Callable[[], Sequence[Index]]) -> str:
    """What a URL is: "git", "index", "publish" or "service". Raises ServiceError for one of ssh.

    The first rule that fits counts:

    1. "git", if it was written as `git+https://` or ends in `.git`,
    2. "service", if it has no path: no project's file can make a whole host one for packages only,
    3. "publish" or "index", if uv's configuration has such an index,
    4. "git", if its host is known for repositories and the path is not one of packages,
    5. "index".

    `indexes` is called only if a rule needs it.
    """
    service = given.web().service
    if given.for_git:
        return "git"
    if not service.path.rstrip("/"):
        return "service"
    known = indexes()
    if any(index.publish == service for index in known):
        return "publish"
    if any(index.root.covers(service) for index in known):
        return "index"
    return "git" if is_repository(service) else "index"
