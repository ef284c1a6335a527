"""`login --verify`: a credential is tried at its own service before it is stored."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ..check.checker import Checker, CheckOptions
from ..check.messages import State
from .check import run
from .common import No, say, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..credential import Credential
    from ..system.settings import Settings
    from ..urls.service import Service

_TIMES = 3  # a credential is asked for, as Git's own prompts and most others do
_SECONDS = 15.0  # for one try; a login must not hang


def verified(
    service: Service, credential: Credential, again: Callable[[], Credential], settings: Settings
) -> Credential:
    """A credential that the service does not refuse; `again` asks a person for another.

    Raises No if it is refused and nobody can be asked, or too often.
    """
    checker = Checker(settings, CheckOptions(timeout=_SECONDS))
    for left in reversed(range(_TIMES)):
        say(f"Trying it at {service.realm} ...")
        (result,) = run([partial(checker.credential, service, credential)])
        for line in dict.fromkeys(result.warnings):
            warn(line)
        verdict = result.verdict
        if verdict.state == State.ACCEPTED:
            return credential
        told = "; ".join(verdict.words)
        if verdict.state != State.REFUSED:
            if verdict.reason == "unchallenged":
                told = f"{service} asks nobody for a credential where it was tried"
            warn(f"it could not be verified, and is stored as it is: {told}")
            return credential
        if not (left and sys.stdin is not None and sys.stdin.isatty()):
            break
        warn(told)
        credential = again()
    raise No(f"{told}; nothing was stored")
