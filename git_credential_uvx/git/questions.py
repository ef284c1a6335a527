"""How Git asks its helpers: what its configuration makes of a URL."""

from __future__ import annotations

from ..system.programs import ask_git
from ..urls.service import Service
from . import config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..system.settings import Settings


class GitQuestions:
    """Git's configuration in the working directory, for which the real git is asked once.

    If git cannot tell it, it counts as empty.
    """

    __slots__ = ("_settings",)

    def __init__(self, settings: Settings) -> None:
        self._settings = config.parse(ask_git(config.COMMAND, settings.environ, bare=True))

    def asked(self, service: Service) -> Service:
        """What Git asks helpers about for a URL: the whole host, unless it sends the path."""
        if service.path == "/" or config.uses_path(self._settings, service):
            return service
        return Service(service.scheme, service.host, service.port)

    def notes(self, service: Service) -> list[str]:
        """Lines about what else Git's configuration changes."""
        lines = config.notes(self._settings, service, str(service))
        if self.asked(service) != service:
            lines.append("'credential.useHttpPath' is off, so Git asks for the whole host")
        return lines
