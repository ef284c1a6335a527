"""Files that are used where there is no store: in a CI job, a container build or a deployment."""

from __future__ import annotations

import re

_NAMES = re.compile(
    r"(?:dockerfile|containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)"
    r"|\.env(?:\..+)?|.+\.env"
    r"|(?:(?:docker|podman)-)?compose[^/]*\.ya?ml"
    r"|(?:\.gitlab-ci|azure-pipelines|bitbucket-pipelines)[^/]*\.ya?ml"
)
_WORKFLOW = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")


def is_deployed(path: str) -> bool:
    """Whether a file of this name is usually used on other machines than the one it is edited on.

    Of a path in `.github`, the folders above must be there, too.
    """
    path = path.replace("\\", "/").lower()
    name = path.rpartition("/")[2]
    return _NAMES.fullmatch(name) is not None or _WORKFLOW.search(path) is not None
