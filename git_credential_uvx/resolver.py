"""The order of the sources, the same for everybody who asks.

The first source that answers wins. A source that is not enabled is neither imported nor asked. If a
source fails, a warning says why, and the next one is asked.
"""

from __future__ import annotations

import os

from . import system
from .errors import UvxError
from .query import ANY_ACCOUNT_NAMES, Query, SourceAnswer, sendable, with_username
from .system.settings import in_job, truth, uv_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .config.own import Config
    from .credential import Credential, Secret
    from .query import Source
    from .sources.command import CommandSource
    from .stores.shared import SharedStore
    from .system.settings import Settings
    from .urls.pattern import Pattern
    from .urls.service import Service

# Outside of a CI job, one variable begins with one of these if any is for Git.
_VARIABLES = ("UVX_TOKEN_", "UVX_USERNAME_", "HF_TOKEN")

_UV_TOML_LIMIT = 1024 * 1024  # bytes

RUN_PROGRAMS = ("keyring", "command")  # the sources that run a program
_BEFORE_STORE = ("environment", "netrc")
PROGRAM_NOT_RUN = "its program was not run"
NATIVE_STORE = "uv's preview 'native-auth' is on, and this version cannot read that store"


class _NotAsked(Exception):  # noqa: N818
    """Why a source is not asked."""


class Step:
    """What one source answered, or why it was not asked."""

    __slots__ = ("answer", "skipped", "source")

    def __init__(
        self, source: str, *, answer: SourceAnswer | None = None, skipped: str = ""
    ) -> None:
        self.source = source
        self.answer = answer
        self.skipped = skipped

    def __str__(self) -> str:
        """What the source answered, for a trace."""
        if self.answer is None:
            return f"not asked: {self.skipped}"
        found = self.answer.credential
        if found is None:
            return f"no: {self.answer.reason}"
        name = "no username" if found.username is None else f"'{_text(found.username)}'"
        return f"yes: {name}, {self.answer.place}"

    @property
    def credential(self) -> Credential | None:
        """What the source answered."""
        return None if self.answer is None else self.answer.credential


class Answer:
    """The steps up to the source that answered, and its credential.

    The argument `warning` is one line about the configuration.
    """

    __slots__ = ("_warning", "credential", "steps")

    def __init__(self, steps: list[Step], warning: str | None = None) -> None:
        self.steps = steps
        self._warning = warning
        answers = [step.answer for step in steps if step.answer is not None]
        fallback = next((a.fallback for a in answers if a.fallback is not None), None)
        self.credential = steps[-1].credential or fallback

    @property
    def warnings(self) -> list[str]:
        """Lines for the user, in the order of the sources."""
        answers = [step.answer for step in self.steps if step.answer is not None]
        said = (line for answer in answers for line in (answer.warning, answer.notice))
        lines = [self._warning, *said]
        return [line for line in lines if line is not None]

    @property
    def kept_back(self) -> bool:
        """Whether a source has a credential that must not be sent over plain http."""
        return any(step.answer is not None and step.answer.kept_back for step in self.steps)


class Resolver:
    """The sources of one process. Raises ConfigError when it is made.

    Without `programs`, a source that runs one is not asked. `store` stands in for the real
    one.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        keyring_provider: str | None = None,
        programs: bool = True,
        store: SharedStore | None = None,
    ) -> None:
        self._settings = settings
        self._given = store
        self._programs = programs
        self._keyring_provider = keyring_provider or settings.environ.get("UV_KEYRING_PROVIDER")
        self._config: Config | None = None
        self._commands: CommandSource | None = None
        if settings.config and os.path.lexists(settings.config):
            from .config.own import load

            self._config = load(settings.config)

    def find(self, query: Query, now: int) -> Answer:
        """Ask the sources in their order; `now` is in seconds since the epoch."""
        steps = []
        for step in self._steps(query, now):
            steps.append(step)
            if step.credential is not None:
                break
        return Answer(steps, None if self._config is None else self._config.warning)

    def _steps(self, query: Query, now: int) -> Iterator[Step]:
        for name in self._sources():
            yield self._step(name, query, now)
            if name == "environment":
                query = self._narrowed(query)

    def _sources(self) -> list[str]:
        """The sources, without the one that cannot be read yet where nobody switched it on."""
        return [name for name in _SOURCES if name != "native" or self._has_native_store()]

    def _narrowed(self, query: Query) -> Query:
        """The query for the username that a variable names, if one does."""
        if not self._has_variables(query):
            return query
        from .sources.environment import username

        return query.narrowed(username(self._settings.environ, query))

    def _step(self, name: str, query: Query, now: int) -> Step:
        """Ask one source, and trace what it answered."""
        step = self._asked(name, query, now)
        if system.tracer is not None:
            system.tracer(f"{name}: {step}")
        return step

    def _asked(self, name: str, query: Query, now: int) -> Step:
        """Ask one source, if it is enabled."""
        try:
            source = _SOURCES[name](self, query)
            answer = sendable(source.find(query, now), query)
            return Step(name, answer=with_username(answer, query))
        except _NotAsked as reason:
            return Step(name, skipped=str(reason))
        except UvxError as error:
            return Step(name, answer=SourceAnswer(reason=str(error), warning=str(error)))

    def others(self, query: Query, answer: Answer, now: int) -> list[Step]:
        """The later sources that would have answered too, except those that run a program."""
        query = self._narrowed(query)
        asked = [step.source for step in answer.steps]
        behind = [name for name in self._sources() if name not in (*asked, *RUN_PROGRAMS)]
        return [step for name in behind if (step := self._step(name, query, now)).credential]

    @property
    def accepted_indexes(self) -> tuple[str, ...]:
        """Names of indexes that the configuration lets point to a new realm."""
        return () if self._config is None else self._config.accept_indexes

    @property
    def patterns(self) -> list[Pattern]:
        """The patterns of the configured commands."""
        return [] if self._config is None else [c.match for c in self._config.commands]

    def store(self) -> SharedStore:
        """The store that Git's new credentials go into."""
        from .stores.shared import SharedStore

        return SharedStore(self._settings) if self._given is None else self._given

    def knows_elsewhere(self, query: Query, secret: Secret, now: int) -> bool:
        """Whether a source other than the store gives this secret, so that it is not stored.

        If a command is configured for the query, nothing is stored: the command may have given
        this secret earlier.
        """
        command = self._command_source()
        if command is not None and command.is_for(query):
            _trace("not stored: a command is configured for this host")
            return True
        # Keyring is asked last, because it runs a program.
        for name in (*_BEFORE_STORE, "keyring"):
            found = self._step(name, query, now).credential
            if found is not None and found.secret == secret:
                _trace(f"not stored: {name} has this secret")
                return True
        return False

    def elsewhere(
        self, query: Query, now: int, *, username: bytes | None = None, first: bool = False
    ) -> Step | None:
        """The step of a source that answers instead of the store, or where the store has nothing.

        With `first`, only sources that are asked before the store count. A command that is
        configured for the query, or for a path below it, counts without being run. A keyring that
        is enabled is asked for `username`.
        """
        for name in _BEFORE_STORE:
            step = self._step(name, query, now)
            if step.credential is not None:
                return step
            query = self._narrowed(query)
        if first or self._step("store", query, now).credential is not None:
            return None
        service = query.service
        if any(one.matches(service) or one.is_below(service) for one in self.patterns):
            return Step("command", answer=SourceAnswer(place="a configured command"))
        asked = query.narrowed(username)
        if asked.username is None:
            return None
        step = self._step("keyring", asked, now)
        return None if step.credential is None else step

    def index_names(self) -> Callable[[Service], str | None]:
        """A function that gives the name of the index that a service belongs to.

        It uses uv's configuration in the working folder, and gives None if that cannot be used.
        """
        from .config.discovery import discover
        from .config.indexes import index_of

        try:
            indexes = discover(os.getcwd(), self._settings.environ, self._settings.home, [])
        except UvxError:
            indexes = []

        def name(service: Service) -> str | None:
            index = index_of(service, indexes)
            return None if index is None else index.name

        return name

    def username(self, query: Query) -> bytes | None:
        """The username that a variable names for the query, or None."""
        return self._narrowed(query).username

    def refused(self, query: Query, secret: Secret | None) -> None:
        """Forget what a command gave, because a server refused it."""
        command = self._command_source()
        if command is not None:
            command.forget(query, secret)

    def keeping(self, query: Query, secret: Secret, now: int) -> Step | None:
        """The step of the variable or netrc line that still gives this secret for the query."""
        steps = (self._step(name, query, now) for name in _BEFORE_STORE)
        return next((s for s in steps if s.credential and s.credential.secret == secret), None)

    def _has_variables(self, query: Query) -> bool:
        """Whether a variable could be for the query. Only Git's queries are worth this check."""
        environ, config = self._settings.environ, self._config
        return (
            query.use != "git"
            or (config is not None and config.job_tokens is True)
            or in_job(environ)
            or any(name.startswith(_VARIABLES) for name in environ)
        )

    def _environment(self, query: Query) -> Source:
        if not self._has_variables(query):
            raise _NotAsked("no variable for it is set")
        from .sources.environment import EnvironmentSource

        job_tokens = True if self._config is not None and self._config.job_tokens else None
        return EnvironmentSource(self._settings.environ, job_tokens=job_tokens)

    def _netrc(self, query: Query) -> Source:
        home, environ = self._settings.home, self._settings.environ
        if "NETRC" not in environ and not os.path.lexists(os.path.join(home, ".netrc")):
            raise _NotAsked("there is no netrc file")
        from .sources.netrc import NetrcSource, netrc_path

        path = netrc_path(environ, home, os.path.exists)
        if path is None:
            raise _NotAsked("there is no netrc file")
        # Otherwise a server or a checkout could have the 'default' sent to a host of its choice.
        wanted = self._config is not None and self._config.netrc_default
        default = wanted or not query.steered
        return NetrcSource(
            path, default=default, default_for_all=wanted, any_owner=self._settings.any_owner
        )

    def _store(self, query: Query) -> Source:
        return self.store()

    def _native(self, query: Query) -> Source:
        raise _NotAsked(NATIVE_STORE)

    def _has_native_store(self) -> bool:
        """Whether variables make uv keep its credentials in the store of the system.

        Its files can, too, but Git operations do not read them. See `config.discovery`.
        """
        environ = self._settings.environ
        features = environ.get("UV_PREVIEW_FEATURES", "").split(",")
        preview = truth(environ.get("UV_PREVIEW", "")) is True
        return preview or "native-auth" in [feature.strip() for feature in features]

    def _keyring(self, query: Query) -> Source:
        config = self._config
        provider = self._keyring_provider
        if not provider and config is not None:
            provider = config.keyring_provider
        provider = provider or self._keyring_provider_of_uv()
        if provider != "subprocess":
            raise _NotAsked("no keyring provider is set")
        if not self._programs:
            raise _NotAsked(PROGRAM_NOT_RUN)
        from .sources.keyring import TIMEOUT, KeyringSource

        timeout = TIMEOUT if config is None else config.keyring_timeout
        return KeyringSource(timeout, self._settings.environ, always=query.always)

    def _keyring_provider_of_uv(self) -> str | None:
        environ, home = self._settings.environ, self._settings.home
        paths = [environ["UV_CONFIG_FILE"]] if "UV_CONFIG_FILE" in environ else []
        if not any(
            _mentions(path, b"keyring-provider") for path in paths or uv_files(environ, home)
        ):
            return None
        from .config.discovery import keyring_provider

        return keyring_provider(environ, home)

    def _command(self, query: Query) -> Source:
        source = self._command_source()
        if source is None:
            raise _NotAsked("no command is configured")
        if not self._programs and any(p.matches(query.service) for p in self.patterns):
            raise _NotAsked(PROGRAM_NOT_RUN)
        return source

    def _command_source(self) -> CommandSource | None:
        """The configured commands, None for none."""
        if self._commands is None and self._config is not None and self._config.commands:
            from .sources.command import CommandSource

            self._commands = CommandSource(
                self._config.commands,
                self._settings.runtime,
                self._settings.environ,
                place=self._config.path,
                accepts_any=ANY_ACCOUNT_NAMES,
            )
        return self._commands


# In the order in which they are asked. Each builder returns its source or raises _NotAsked.
_SOURCES: dict[str, Callable[[Resolver, Query], Source]] = {
    "environment": Resolver._environment,
    "netrc": Resolver._netrc,
    "store": Resolver._store,
    "native": Resolver._native,
    "keyring": Resolver._keyring,
    "command": Resolver._command,
}


def _trace(text: str) -> None:
    if system.tracer is not None:
        system.tracer(text)


def _text(username: bytes) -> str:
    return username.decode(errors="backslashreplace")


def _mentions(path: str, word: bytes) -> bool:
    """Whether a file contains a word. Reading it as TOML takes longer than a whole answer."""
    from .system.files import File

    try:
        with File(path) as file:
            return word in file.read(_UV_TOML_LIMIT)
    except OSError:
        return False
