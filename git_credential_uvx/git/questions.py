"""What Git asks its helpers for when it fetches from a URL, as its configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import NO_FOLDER, UvxError
from ..urls.commands import host_as_typed
from ..urls.parts import UrlParts
from ..urls.service import Service
from . import config
from .config import GitSetting, Standing, place
from .setup import PROGRAM, is_found, settings_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credential import Secret
    from ..system.settings import Settings


@dataclass(slots=True)
class GitQuestion:
    """What Git asks its helpers for when it fetches from a URL.

    `service` and `username` are those of the question; `service` is None if Git asks no helper at
    all. `whole` is the service of the whole URL, which Git shortens to the host unless it sends
    paths. `naming` is the setting that names the account if the URL does not. `password` is the one
    that the URL itself has, for which Git asks nobody. `rewritten` is the setting that makes Git
    use another URL. `standing` says which helpers Git asks, and `reason` why it gets nothing from
    this one, "" if it asks it. `remedy` has the words of our command that changes this.
    `on_path` is whether Git finds the program of this helper, and `known` whether git could be
    asked for its configuration.
    """

    service: Service | None = None
    username: bytes | None = field(default=None, repr=False)
    naming: GitSetting | None = None
    whole: Service | None = None
    password: Secret | None = None
    rewritten: GitSetting | None = None
    standing: Standing | None = None
    reason: str = ""
    remedy: list[str] = field(default_factory=list)
    on_path: bool = True
    known: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def all_notes(self) -> list[str]:
        """The reason and the notes, as lines."""
        return [self.reason, *self.notes] if self.reason else self.notes

    @property
    def is_asked(self) -> bool:
        """Whether Git asks this helper."""
        return not self.reason

    def elsewhere(self, given: Service | None) -> Service | None:
        """The service that Git asks about, if an `insteadOf` chose its host; `given` is that of the
        URL, None for an address of ssh.

        A checkout has settings of its own, so they could name any host of the store. No credential
        is used for an address of ssh, so the user's own settings may give it a host.
        """
        if self.service is None or self.rewritten is None:
            return None
        if given is None:
            return self.service if self.rewritten.scope in config.OF_CHECKOUT else None
        return self.service if self.service.realm != given.realm else None


class GitQuestions:
    """Git's configuration in the working directory, for which the real git is asked once.

    If git cannot be asked, the configuration counts as empty, and every question says why. With
    `checkout` False, the settings of the checkout are left out: whoever made it has no say.
    """

    __slots__ = ("_environ", "_fault", "_found", "_settings")

    def __init__(self, settings: Settings, *, checkout: bool = True) -> None:
        self._environ = settings.environ
        self._found: bool | None = None
        self._settings: list[GitSetting] = []
        self._fault = ""
        try:
            found = settings_now(settings.environ, lambda command: None)
            self._settings = found if checkout else _own(found)
        except UvxError as error:
            self._fault = str(error)
        except FileNotFoundError:
            self._fault = NO_FOLDER

    def question(self, url: str) -> GitQuestion:
        """What Git asks when it fetches from `url`, which can be anything that Git takes.

        Raises ServiceError for an http or https URL that names no service.
        """
        setting = config.rewrite(self._settings, url)
        used = url
        if setting is not None:
            used = (setting.name or "") + url.removeprefix(setting.value)
        found = GitQuestion(rewritten=setting, known=not self._fault)
        if not used.startswith(("https://", "http://")):
            found.reason = "Git uses no password for this URL"
            if setting is not None:
                found.reason = f"an 'insteadOf' in {place(setting)} makes Git use {_protocol(used)}"
            return found
        parts = UrlParts(used)
        if setting is not None:
            found.notes.append(f"an 'insteadOf' makes Git use '{parts.service}'")
        found.whole, found.username, found.password = parts.service, parts.username, parts.password
        self._ask_about(found, parts.service)
        return found

    def _ask_about(self, found: GitQuestion, service: Service) -> None:
        found.service = self.asked_service(service)
        standing = found.standing = Standing(self._settings, service)
        setting = self.naming(service)
        if found.username is None and setting is not None:
            found.naming = setting
            found.username = setting.value.encode(errors="surrogateescape")
            found.notes.append(f"'credential.username' in {place(setting)} names the account")
        found.reason = self._fault or standing.fault
        if self._fault:
            return
        if not standing.asked:
            found.remedy = self.remedy(standing, service)
        elif not found.reason and not self._is_found(standing):
            found.on_path = False
            found.reason = f"Git finds no '{PROGRAM}' on PATH"
        found.notes += [note for note in standing.notes() if note != standing.fault]

    def _is_found(self, standing: Standing) -> bool:
        needed = standing.ours is not None and config.needs_path(standing.ours.value)
        if needed and self._found is None:
            self._found = is_found(self._environ)
        return not needed or self._found is True

    def remedy(self, standing: Standing, service: Service) -> list[str]:
        """The words of our command that makes Git ask this helper for a service, none if there is
        no such command."""
        empty = [
            line
            for line in config.matching(self._settings, "credential", "helper", service)
            if not line.value
        ]
        if standing.header is not None or any(line.scope == "command" for line in empty):
            return []
        if any(line.scope in config.OF_CHECKOUT for line in empty):
            return ["setup", "--local"]
        if any(line.name for line in empty):
            return ["setup", "--host", host_as_typed(service)]
        return ["setup"]

    def asked_service(self, service: Service) -> Service:
        """What Git asks helpers about for a URL: the whole host, unless it sends the path."""
        return _asked(self._settings, service)

    def stored_for(self, service: Service) -> Service:
        """What a credential for a URL is stored for. The checkout has no say in that: whoever
        made it could move a login to the whole host, or to a path that Git does not ask about."""
        return _asked(_own(self._settings), service)

    def username(self, service: Service) -> bytes | None:
        """The account that `credential.username` names for a service."""
        setting = self.naming(service)
        return None if setting is None else setting.value.encode(errors="surrogateescape")

    def naming(self, service: Service) -> GitSetting | None:
        """The setting that names the account for a service, or None."""
        names = config.effective(self._settings, "credential", "username", service)
        return names[-1] if names else None


def _own(settings: list[GitSetting]) -> list[GitSetting]:
    return [one for one in settings if one.scope not in config.OF_CHECKOUT]


def _asked(settings: list[GitSetting], service: Service) -> Service:
    if service.path == "/" or config.uses_path(settings, service):
        return service
    return Service(service.scheme, service.host, service.port)


def _protocol(url: str) -> str:
    scheme, mark, _ = url.partition("://")
    if mark:
        return "ssh" if "ssh" in scheme else "another protocol"
    return "ssh" if ":" in url.partition("/")[0] else "a local path"
