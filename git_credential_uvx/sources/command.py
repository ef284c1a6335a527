"""Runs the commands of the user's configuration, and keeps their secrets until these expire.

Each secret is in a file of the runtime folder with mode 0600: first a line with the times of expiry
and renewal, then the secret. It is renewed 60 s before it expires, by one process while others
wait.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..errors import LockError, StoreError, UvxError
from ..query import SourceAnswer, not_for_http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..query import Query
    from ..system.files import Folder
    from .presets import Command, CommandPlan

_EARLY = 60  # seconds before a secret's end that a new one is got


class CommandSource:
    """The credentials that the commands of `[[command]]` give.

    `commands` are in the order of the configuration, and `place` is the path of its file. `folder`
    is the path of the runtime folder, which is made when it is needed. `accepts_any` are usernames
    that mean any account. If neither the entry nor the query has a username, the answer has none,
    and the service's convention gives one.
    """

    name = "command"

    def __init__(
        self,
        commands: Iterable[Command],
        folder: str,
        environ: Mapping[str, str],
        *,
        place: str = "",
        accepts_any: frozenset[bytes] = frozenset(),
    ) -> None:
        self._commands = tuple(commands)
        self._folder = folder
        self._environ = environ
        self._place = place
        self._accepts_any = accepts_any

    def find(self, query: Query, now: int) -> SourceAnswer:
        """What the first matching command gives, or gave if that has not expired."""
        command = self._matching(query)
        if command is None:
            return SourceAnswer(reason="no command is configured for this URL and username")
        place = f"'{self._place}', line {command.line}"
        exact = not command.match.labels
        if query.exact_only and not exact:
            return not_for_http(place)  # without running it
        plan = command.plan_for(query.service)
        if plan is None:
            return SourceAnswer(reason=f"the preset '{command.preset}' is not for this host")
        try:
            kept, warning = self._kept_or_new(command, plan, now)
        except UvxError as error:
            return SourceAnswer(reason=str(error), warning=str(error))
        found = _credential(command, self._asked(query), kept)
        return SourceAnswer(found, place=place, warning=warning, exact=exact)

    def is_for(self, query: Query) -> bool:
        """Whether a command is configured for the query."""
        return self._matching(query) is not None

    def forget(self, query: Query, secret: Secret | None = None) -> None:
        """Delete the secret that is kept for the query, if it is `secret`; None means any."""
        from ..system.replace import unlink

        command = self._matching(query)
        plan = None if command is None else command.plan_for(query.service)
        if command is None or plan is None:
            return
        name = _file_name(command, plan)
        try:
            with self._open() as folder:
                kept = _read(folder, name)
                if kept is not None and secret in (None, kept.secret):
                    unlink(folder, name)
        except (StoreError, OSError):
            return

    def _asked(self, query: Query) -> bytes | None:
        return None if query.username in self._accepts_any else query.username

    def _matching(self, query: Query) -> Command | None:
        asked = self._asked(query)
        for command in self._commands:
            same = asked is None or command.username in (None, asked)
            if same and command.match.matches(query.service):
                return command
        return None

    def _open(self) -> Folder:
        from ..system import files

        if not self._folder.startswith("/"):
            raise StoreError("XDG_RUNTIME_DIR is not set")
        files.make_folder(self._folder)
        return files.Folder(self._folder)

    def _kept_or_new(
        self, command: Command, plan: CommandPlan, now: int
    ) -> tuple[_Kept, str | None]:
        """The secret, with a warning or None. Raises UvxError if there is no secret."""
        try:
            folder = self._open()
        except StoreError as error:
            return self._not_kept(command, plan, now, error)
        with folder:
            name = _file_name(command, plan)
            kept = _read(folder, name)
            if kept is not None and now < kept.renew:
                return kept, None
            from ..system.files import Lock

            timeout = command.timeout
            try:
                lock = Lock(folder, f"{name}.lock", exclusive=True, timeout=timeout, required=True)
            except StoreError as error:
                kept = _read(folder, name)
                if kept is not None and now < kept.expires:
                    return kept, None
                if isinstance(error, LockError):
                    raise StoreError(f"another process still waits for {_program(plan)}") from None
                return self._not_kept(command, plan, now, error)
            with lock:
                return self._renew(folder, name, command, plan, now)

    def _not_kept(
        self, command: Command, plan: CommandPlan, now: int, error: StoreError
    ) -> tuple[_Kept, str | None]:
        """A new secret, with a warning that it cannot be kept."""
        new, warning = self._run(command, plan, now)
        return new, warning or _unkept(plan, error)

    def _renew(
        self, folder: Folder, name: str, command: Command, plan: CommandPlan, now: int
    ) -> tuple[_Kept, str | None]:
        """A new secret, or the one that another process got meanwhile. Needs the lock."""
        from ..system.replace import replace

        kept = _read(folder, name)
        if kept is not None and now < kept.renew:
            return kept, None
        try:
            new, warning = self._run(command, plan, now)
        except UvxError:
            if kept is not None and now < kept.expires:
                return kept, None
            raise
        try:
            replace(folder, name, new.to_bytes())
        except StoreError as error:
            return new, _unkept(plan, error)
        return new, warning

    def _run(self, command: Command, plan: CommandPlan, now: int) -> tuple[_Kept, str | None]:
        # Importing these takes time, and most secrets are kept.
        from ..errors import AnswerError, ProgramError
        from ..system.programs import run
        from .output import read_answer
        from .presets import TTL

        output = run(plan.argv, timeout=command.timeout, environ=self._environ, keep=command.env)
        program = _program(plan)
        if output.status != 0:
            withheld = self._withheld(command)
            raise ProgramError(f"{program} ended with status {output.status}{withheld}")
        try:
            secret, expires = read_answer(output.stdout, plan, now)
        except AnswerError as error:
            raise AnswerError(f"{program} {error}{self._withheld(command)}") from None
        if expires is None:
            warning = f"{program} did not say when its secret expires, so it is kept for {TTL} s"
            return _Kept(secret, now + TTL, now + TTL - _EARLY), warning
        if expires <= now:
            raise AnswerError(f"{program} printed a secret that has expired")
        # A secret that is valid for less than two minutes is renewed after half of that time.
        return _Kept(secret, expires, max(expires - _EARLY, (now + expires) // 2)), None

    def _withheld(self, command: Command) -> str:
        """What to add to a fault if the program may need a variable that it did not get."""
        from ..system.secret_variables import is_secret

        environ = self._environ
        names = sorted(n for n in environ if is_secret(n, environ[n]) and n not in command.env)
        return f"; it did not get {', '.join(names)}, which its 'env' can name" if names else ""


class _Kept:
    """A secret with its times of expiry and renewal, in seconds since the epoch."""

    __slots__ = ("expires", "renew", "secret")

    def __init__(self, secret: Secret, expires: int, renew: int) -> None:
        self.secret = secret
        self.expires = expires
        self.renew = renew

    def to_bytes(self) -> bytes:
        return b"%d %d\n%b" % (self.expires, self.renew, self.secret.reveal())


def _read(folder: Folder, name: str) -> _Kept | None:
    """The secret in a file; None if there is no file, or none of ours."""
    from ..system.files import read

    head, newline, secret = (read(folder, name) or b"").partition(b"\n")
    expires, _, renew = head.partition(b" ")
    if not newline or not secret or not (expires.isdigit() and renew.isdigit()):
        return None
    return _Kept(Secret(secret), int(expires), int(renew))


def _file_name(command: Command, plan: CommandPlan) -> str:
    from hashlib import blake2b

    username = b"" if command.username is None else b"=" + command.username
    words = [*(word.encode() for word in plan.argv), str(command.match).encode(), username]
    words += [f"${name}".encode() for name in command.env]
    return blake2b(b"\0".join(words), digest_size=16).hexdigest()


def _credential(command: Command, asked: bytes | None, kept: _Kept) -> Credential:
    username = asked if command.username is None else command.username
    return Credential(username, kept.secret, expires=kept.expires)


def _program(plan: CommandPlan) -> str:
    return plan.argv[0].rpartition("/")[2]


def _unkept(plan: CommandPlan, error: StoreError) -> str:
    return f"the secret of {_program(plan)} is not kept: {error}"
