"""The service that the URL of a repository stands for, and URLs that may be those of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..accounts import has_index_path
from ..git.questions import GitQuestions
from ..urls.commands import command

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


def perhaps_git(named: Named) -> bool:
    """Whether only the server knows whether a URL is that of a repository."""
    is_path = named.service.path != "/" and named.service == named.typed
    return is_path and not (named.for_git or has_index_path(named.typed))


def can_be_a_page(kind: str, service: Service) -> bool:
    """Whether a URL that counts as that of an index can be that of a repository's web page."""
    return kind == "index" and not has_index_path(service)


def for_git_instead(name: str, service: Service) -> str:
    """A note for the URL of a web page of which it is not clear what it is for."""
    return (
        "this URL counts as that of a package index; for a repository, run "
        f"'{command(name, '--git', service=service)}'"
    )
