"""Look up what uv or Git finds, which is less than this package's own clients find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http.flow import Attempt
from ..http.lookups import ResolverLookups
from ..outlook import outlook_of_uv
from .targets import CheckTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..http.flow import LookUp
    from ..system.settings import Settings


class AccountLookups(ResolverLookups):
    """Looks up the account that the URL of a repository names. Git sends no name without its
    password, so the URL that is asked must not have the name."""

    def __init__(self, settings: Settings, warn: Callable[[str], None], username: bytes) -> None:
        super().__init__(settings, use="git", warn=warn)
        self._username = username

    def find(self, asked: LookUp) -> Attempt | None:
        """Ask the sources for this account."""
        if not asked.target.redirected:
            asked.target.username = self._username
        return super().find(asked)


class UvLookups(ResolverLookups):
    """Looks up what uv finds by itself. `fault` is why it gets nothing of what this package has, or
    "", and `index` the name of the index."""

    def __init__(self, settings: Settings, *, use: str, warn: Callable[[str], None]) -> None:
        super().__init__(settings, use=use, warn=warn)
        self.fault = ""
        self.index: str | None = None

    def find(self, asked: LookUp) -> Attempt | None:
        """What uv finds; only keyring, which it runs too, and rules about redirects and plain http
        are left to the resolver."""
        target = asked.target
        if target.redirected or target.cleartext_refusal:
            return super().find(asked)
        if asked.stale is not None:
            return None
        use = "index" if target.index is not None and self._use == "url" else self._use
        url = CheckTarget(asked.service, use, target.username).url()
        explanation, found = outlook_of_uv(url, self._settings, use)
        if found.unasked:
            return super().find(asked)
        for warning in explanation.warnings:
            self._warn(warning)
        if found.credential is not None:
            return Attempt(found.credential, found.source, found=True, place=found.place)
        if explanation.credential is not None:
            self.fault = found.reason
            self.index = None if explanation.index is None else explanation.index.name
        return None
