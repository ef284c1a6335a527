"""Reads the output of a command: the secret, and when it expires. No input or output."""

from __future__ import annotations

from ..credential import Secret
from ..errors import AnswerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .presets import CommandPlan

_YEAR_5138 = 10**11  # seconds since the epoch; what is larger counts milliseconds or nonsense
_YEAR_2001 = 10**9  # what is smaller is a duration, as OAuth's `expires_in` is


def read_answer(stdout: bytes, plan: CommandPlan, now: int) -> tuple[Secret, int | None]:
    """The secret in a command's output, and its expiry in seconds since the epoch.

    The expiry is None if the output should contain it and does not. Raises AnswerError.
    """
    values = _object(stdout) if plan.field else {}
    secret = _secret(_field(values, plan.field)) if plan.field else _first_line(stdout)
    if any(byte in secret for byte in b"\n\r\0"):
        raise AnswerError("printed a secret with a line end or NUL")
    if not secret:
        raise AnswerError("printed no secret")
    if not plan.expiry:
        return Secret(secret), now + plan.ttl
    if plan.expiry == "jwt":
        return Secret(secret), jwt_expiry(secret)
    return Secret(secret), expiry(_field(values, plan.expiry.partition(":")[2]), now)


def _first_line(stdout: bytes) -> bytes:
    return stdout.partition(b"\n")[0].removesuffix(b"\r")


def _object(data: bytes) -> object:
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise AnswerError("did not print JSON") from None


def _field(values: object, name: str) -> object:
    if isinstance(values, dict) and name in values:
        return values[name]
    for part in name.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _secret(value: object) -> bytes:
    if not isinstance(value, str):
        raise AnswerError("printed JSON without a text in 'secret-field'")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise AnswerError("printed a secret that is not Unicode") from None


def jwt_expiry(token: bytes) -> int | None:
    """The `exp` of a JSON web token, in seconds since the epoch; None if it has none.

    The signature is not verified: only the server needs that. This only says when to ask again.
    """
    from base64 import urlsafe_b64decode

    parts = token.split(b".")
    if len(parts) != 3:
        return None
    try:
        payload = _object(urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
    except (ValueError, AnswerError):
        return None
    return _seconds(_field(payload, "exp"))


def expiry(value: object, now: int) -> int | None:
    """The time that a JSON value stands for, in seconds since the epoch; None if it is no time.

    A time is a number of seconds since the epoch, as number or text, or ISO 8601 with a zone. A
    number below 1,000,000,000 counts from `now`.
    """
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        return _from_iso(value)
    seconds = _seconds(int(value[:20]) if isinstance(value, str) else value)
    if seconds is not None and seconds < _YEAR_2001:
        return now + seconds
    return seconds


def _seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # This is also False for NaN, which Python's JSON can return.
    return int(value) if 0 < value < _YEAR_5138 else None


def _from_iso(text: str) -> int | None:
    from datetime import datetime

    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is None:
        return None
    return _seconds(time.timestamp())
