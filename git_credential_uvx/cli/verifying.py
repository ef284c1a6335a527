"""Trying a credential at its server before `login` stores it."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ..check.checker import Checker
from ..check.messages import State
from ..check.results import CheckOptions
from ..check.targets import ADVERTISEMENT, Place, page
from ..errors import AccountError
from ..urls.commands import command
from .check import run
from .common import NegativeAnswer, say, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..accounts import Named
    from ..check.messages import Verdict
    from ..credential import Credential
    from ..system.settings import Settings
    from ..urls.service import Service
    from .prompts import Asking

_TIMES = 3  # a credential is asked for, as Git's own prompts and most others do
_SECONDS = 15.0  # for one try; a login must not hang


def place_of(named: Named) -> Place | None:
    """The place that a person named, None for a host alone."""
    path = named.typed.path
    if named.for_git and path != "/":
        return Place(path.rstrip("/") + ADVERTISEMENT, "git")
    return None if path == "/" else Place(page(named.typed).path, "index")


class Verifying:
    """Tries credentials, and asks the person at the terminal for another one."""

    def __init__(
        self,
        settings: Settings,
        asking: Asking,
        *,
        system_certs: bool | None,
        insecure_hosts: Collection[str],
    ) -> None:
        options = CheckOptions(
            system_certs=system_certs, insecure_hosts=insecure_hosts, timeout=_SECONDS
        )
        self._checker = Checker(settings, options)
        self._asking = asking

    def verified(
        self,
        service: Service,
        credential: Credential,
        again: Callable[[], Credential],
        place: Place | None,
        *,
        required: bool,
        perhaps_git: bool,
    ) -> tuple[Credential, bool]:
        """A credential that may be stored: accepted by the server, or never rejected.

        `again` asks for another one. With `required`, only an accepted one is returned. With
        `perhaps_git`, the server is asked whether the service is a repository, and the answer is
        returned too. Raises NegativeAnswer for a credential that is rejected, AccountError for one
        that could not be verified.
        """
        for left in reversed(range(_TIMES)):
            say(f"Trying it at {service.realm} ...")
            trying = partial(
                self._checker.credential, service, credential, place, perhaps_git=perhaps_git
            )
            (result,) = run([trying])
            for line in dict.fromkeys(result.warnings):
                warn(line)
            verdict = result.verdict
            if verdict.state == State.ACCEPTED:
                say(f"Accepted by {service.realm}")
                return credential, result.is_repository
            reason = "; ".join(verdict.words)
            if verdict.state == State.UNKNOWN:
                self._let_unverified(service, verdict, reason, required=required)
                return credential, False
            if not (left and sys.stdin is not None and sys.stdin.isatty()):
                break
            warn(reason)
            credential = again()
        raise NegativeAnswer(f"{reason}; nothing was stored")

    def _let_unverified(
        self, service: Service, verdict: Verdict, reason: str, *, required: bool
    ) -> None:
        """Warn about a credential that could not be verified. Raises if it must not be stored."""
        if required:
            raise AccountError(f"could not verify it: {reason}; nothing was stored")
        warn(f"could not verify it: {reason}")
        if verdict.reason != "dns":
            say(f"Storing it anyway; '{command('check', service=service)}' tries it again")
        elif not self._asking.confirmed("Store it anyway?"):
            raise NegativeAnswer("nothing was stored")
