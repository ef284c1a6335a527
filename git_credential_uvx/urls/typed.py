"""What a person typed as a URL or SERVICE. Pure.

People paste what they have: a host, the URL of a page, of a clone, of a requirement, of a remote.
"""

from __future__ import annotations

from ..errors import ServiceError
from .parts import UrlParts, has_mark_in_userinfo, has_slash_in_userinfo, split_authority

_SSH = frozenset(("ssh", "git+ssh", "ssh+git"))


class Typed:
    """A URL or host that somebody typed.

    `parts` is the http or https URL, or None for a place that is reached by ssh. `for_git` is
    whether the text itself says that it is a Git repository. `dropped` is whether it had a query or
    fragment, which were ignored.
    """

    __slots__ = ("dropped", "for_git", "parts", "subject")

    def __init__(
        self, parts: UrlParts | None, subject: str, *, for_git: bool, dropped: bool = False
    ) -> None:
        self.parts = parts
        self.subject = subject
        self.for_git = for_git
        self.dropped = dropped

    @property
    def ssh(self) -> bool:
        """Whether the place is reached by ssh, which needs no password."""
        return self.parts is None

    def web(self) -> UrlParts:
        """The http or https URL. Raises ServiceError for a place that is reached by ssh."""
        if self.parts is None:
            raise ServiceError(
                f"{self.subject} is reached by ssh, which needs no password; use its https URL"
            )
        return self.parts


def typed(text: str, subject: str = "the URL") -> Typed:
    """Read `host[:port][/path]`, a URL, `git+https://URL@REVISION`, or `[user@]host:path` of ssh.

    Raises ServiceError, which calls the text `subject`.
    """
    text = text.strip()
    if not text:
        raise ServiceError(f"{subject} is empty")
    try:
        return _read(text, subject)
    except ServiceError as error:
        fault = error.about(url=subject, host="the host", scheme="its scheme")
        raise ServiceError(fault) from None


def _read(text: str, subject: str) -> Typed:
    scheme, mark, rest = text.partition("://")
    if not mark:
        if _is_remote_of_ssh(text):
            return Typed(None, subject, for_git=True)
        if text.partition("/")[0].endswith(":"):
            # `https:/git.example.com` is a typing error, and not a host with the name "https".
            raise ServiceError("{} is not of the form scheme://host/path", "url")
        scheme, rest = "https", text.removeprefix("//")
    scheme = scheme.lower()
    if scheme in _SSH:
        return Typed(None, subject, for_git=True)
    is_requirement = scheme.startswith("git+")
    url = f"{scheme.removeprefix('git+')}://{rest}"
    if is_requirement and not (has_slash_in_userinfo(url) or has_mark_in_userinfo(url)):
        url = _without_revision(url)
    parts = UrlParts(url)
    for_git = is_requirement or parts.service.path.rstrip("/").endswith(".git")
    return Typed(parts, subject, for_git=for_git, dropped="?" in url or "#" in url)


def _is_remote_of_ssh(text: str) -> bool:
    """Whether Git reads a text without `://` as `[user@]host:path`.

    An `insteadOf` can make another URL of it. What begins with a number is read as a port, and
    without a user, what begins with a slash as a typing error.
    """
    user, at, rest = text.partition("@") if "@" in text else ("", "", text)
    host, colon, path = rest.rpartition("]")[2].partition(":")
    if not colon or not path or any(mark in user for mark in ":/") or "/" in host:
        return False
    return not path.partition("/")[0].isdigit() if at else path[0] not in "/0123456789"


def _without_revision(url: str) -> str:
    """A requirement's URL without `@revision` and fragment; a revision can have slashes."""
    scheme, userinfo, host, path = split_authority(url.partition("#")[0], "/")
    return scheme + userinfo + host + (path.rpartition("@")[0] or path)
