"""Our own configuration, `config.toml` in the user's config folder.

It decides which programs run and which names are trusted. So it is never read from a project, and a
file that others can write to is refused.
"""

from __future__ import annotations

import os

from ..errors import ConfigError, DocumentError, ServiceError, StoreError
from ..sources.keyring import TIMEOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..sources.presets import Command
    from ..toml.values import Values
    from ..urls.pattern import Pattern

    _Checks = dict[str, Callable[[object], object]]


_LONGEST_WAIT = 600  # seconds
_LONGEST_LIFE = 366 * 24 * 3600  # seconds


class Config:
    """What the configuration says; without one, these defaults.

    `keyring_provider` is None if it is not set. `keyring_timeout` is in seconds. `accept_indexes`
    are names of indexes that may move to another realm. `warning` is one line about other users who
    can write to the file.
    """

    __slots__ = (
        "accept_indexes",
        "commands",
        "job_tokens",
        "keyring_provider",
        "keyring_timeout",
        "netrc_default",
        "path",
        "warning",
    )

    def __init__(
        self,
        path: str = "",
        *,
        commands: tuple[Command, ...] = (),
        keyring_provider: str | None = None,
        keyring_timeout: float = TIMEOUT,
        job_tokens: bool = False,
        netrc_default: bool = False,
        accept_indexes: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.commands = commands
        self.keyring_provider = keyring_provider
        self.keyring_timeout = keyring_timeout
        self.job_tokens = job_tokens
        self.netrc_default = netrc_default
        self.accept_indexes = accept_indexes
        self.warning: str | None = None


def load(path: str) -> Config:
    """The configuration in a file; the defaults if there is none. Raises ConfigError."""
    from ..system.files import Folder, exists, failure, group_warning, open_file

    try:
        if not exists(path):
            return Config()
        with Folder(os.path.dirname(path)) as folder:
            file = open_file(folder, os.path.basename(path))
            if file is None:
                return Config()
            with file:
                data = file.read()
            warning = group_warning(folder.shared)
    except StoreError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(str(failure("cannot read", path, error))) from None
    config = parse(data, path)
    config.warning = warning
    return config


def parse(data: bytes, path: str) -> Config:
    """Read the text of a configuration; `path` is for messages. Raises ConfigError."""
    # Importing this takes time, and most users have no configuration.
    from ..toml.values import read_values

    try:
        values = read_values(data)
    except DocumentError as error:
        raise _error(path, error.line, str(error)) from None
    top = dict(values.tree)
    entries = top.pop("command", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _error(path, values.line("command"), "'command' is not an array of tables")
    fields = _checked(top, _TOP, path, values)
    commands = [_command(entry, n, path, values) for n, entry in enumerate(entries)]
    return Config(path, commands=tuple(commands), **fields)


def _checked(
    table: dict[str, Any], known: _Checks, path: str, values: Values, *place: str | int
) -> dict[str, Any]:
    """The checked values of a table, by the names of the arguments that they are for."""
    fields = {}
    for key, value in table.items():
        line = values.line(*place, key)
        if key not in known:
            shown = f" '{key}'" if key.isprintable() and len(key) <= 40 else ""
            raise _error(path, line, f"unknown key{shown}")
        try:
            fields[key.replace("-", "_")] = known[key](value)
        except ValueError as error:
            raise _error(path, line, f"'{key}' {error}") from None
        except ServiceError as error:
            raise _error(path, line, f"'{key}' is not a URL pattern: {error}") from None
    return fields


def _command(entry: dict[str, Any], number: int, path: str, values: Values) -> Command:
    from ..sources.presets import TIMEOUT, TTL, Command, CommandPlan

    fields = _checked(entry, _COMMAND, path, values, "command", number)
    line = values.line("command", number)
    fault = _contradiction(fields)
    if fault:
        raise _error(path, line, fault)
    plan = None
    if "argv" in fields:
        plan = CommandPlan(
            fields["argv"],
            ttl=fields.get("ttl", TTL),
            expiry=fields.get("expiry_from", ""),
            field=fields.get("secret_field", ""),
        )
    return Command(
        fields["match"],
        plan,
        preset=fields.get("preset", ""),
        username=fields.get("username"),
        env=fields.get("env", ()),
        timeout=fields.get("timeout", TIMEOUT),
        line=line,
    )


def _contradiction(fields: dict[str, Any]) -> str | None:
    if "match" not in fields:
        return "'command' has no 'match'"
    if ("argv" in fields) == ("preset" in fields):
        return "'command' needs either 'argv' or 'preset'"
    if "preset" in fields and fields.keys() & {"ttl", "expiry_from", "secret_field"}:
        return "a 'preset' sets 'ttl', 'expiry-from' and 'secret-field' itself"
    if "ttl" in fields and "expiry_from" in fields:
        return "'ttl' and 'expiry-from' cannot be used together"
    if fields.get("expiry_from", "").startswith("json:") and "secret_field" not in fields:
        return "'expiry-from' with JSON needs a 'secret-field'"
    return None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _wait(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= _LONGEST_WAIT:  # type: ignore[operator]
        raise ValueError(f"is not a number of seconds up to {_LONGEST_WAIT}")
    return float(value)  # type: ignore[arg-type]


def _life(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LONGEST_LIFE:
        raise ValueError(f"is not a whole number of seconds from 1 to {_LONGEST_LIFE}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("is not a text without control characters")
    return value


def _name(value: object) -> bytes:
    if not isinstance(value, str) or any(character in value for character in "\n\r\0"):
        raise ValueError("is not a text of one line")
    return value.encode()


def _provider(value: object) -> str:
    if value not in ("disabled", "subprocess"):
        raise ValueError("is neither 'disabled' nor 'subprocess'")
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("is not an array of texts")
    return tuple(map(_text, value))


def _variables(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if not name.isascii() or not name.isidentifier():
            raise ValueError("is not an array of names of variables")
        if name.startswith("GIT_"):
            raise ValueError("has a variable of Git, which no command gets")
    return names


def _argv(value: object) -> tuple[str, ...]:
    texts = isinstance(value, list) and all(isinstance(word, str) for word in value)
    if not texts or not value or any("\0" in word for word in value):  # type: ignore[attr-defined]
        raise ValueError("is not an array of texts that begins with a program")
    program = _text(value[0])  # type: ignore[index]
    if not os.path.isabs(program) and ("/" in program or program in (".", "..")):
        raise ValueError("does not begin with a program's name or an absolute path")
    return tuple(value)  # type: ignore[arg-type]


def _expiry(value: object) -> str:
    if value != "jwt" and (not isinstance(value, str) or not value.startswith("json:")):
        raise ValueError("is neither 'jwt' nor 'json:FIELD'")
    if value == "json:":
        raise ValueError("has no field after 'json:'")
    return str(value)


def _preset(value: object) -> str:
    from ..sources.presets import PRESETS

    if not isinstance(value, str) or value not in PRESETS:
        raise ValueError("is not one of " + ", ".join(f"'{name}'" for name in PRESETS))
    return value


def _match(value: object) -> Pattern:
    from ..urls.pattern import parse_pattern

    return parse_pattern(_text(value))


_TOP: _Checks = {
    "keyring-provider": _provider,
    "keyring-timeout": _wait,
    "job-tokens": _flag,
    "netrc-default": _flag,
    "accept-indexes": _texts,
}
_COMMAND: _Checks = {
    "match": _match,
    "username": _name,
    "argv": _argv,
    "preset": _preset,
    "ttl": _life,
    "expiry-from": _expiry,
    "secret-field": _text,
    "env": _variables,
    "timeout": _wait,
}


def _error(path: str, line: int, fault: str) -> ConfigError:
    place, what = (f", line {line}", f"line {line}") if line else ("", "it")
    return ConfigError(f"cannot use '{path}'{place}: {fault}; repair {what} or move the file away")
