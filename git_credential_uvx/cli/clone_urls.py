"""The service that the URL of a repository stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..git.questions import GitQuestions

if TYPE_CHECKING:
    from ..accounts import Named
    from ..system.settings import Settings
    from ..urls.service import Service


def stored_for(named: Named, settings: Settings) -> Service:
    """What a credential is stored for: for a repository, what Git asks its helpers about outside of
    any checkout."""
    if not named.for_git or named.only_path or named.service.path == "/":
        return named.service
    return GitQuestions(settings).stored_for(named.service)
