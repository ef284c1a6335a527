"""A backend for the keyring package: pip, twine, poetry, pdm and uv get what Git gets.

It stands in the entry points of the wheel, so keyring loads it wherever both are installed.

* Only URLs are services. pip asks for `https://host/simple/` and then for `host`, and to the
  second there is no answer: it does not say whether the secret would go out in clear.
* Every store of the system comes before it, so a person's own keyring stays the first.
* What our own sources run is not answered, and keyring is no source of an answer given here:
  else each would ask the other for ever.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import PasswordDeleteError, PasswordSetError

from ..errors import AccountError, ServiceError, UvxError, printable
from ..system.settings import GUARD, from_process

if TYPE_CHECKING:
    from ..accounts import Named
    from ..credential import Credential

# Above `fail` (0), below whatever else can store: keyring's chainer ends with who refuses to
# store something, and of services that are no URLs we store none.
_PRIORITY = 0.1

_log = logging.getLogger("git_credential_uvx")


class _Priority:
    """keyring reads the priority from the class, and takes an error for "not here"."""

    def __get__(self, instance: object, owner: type) -> float:
        if GUARD in os.environ:
            raise RuntimeError("git-credential-uvx itself asks keyring")
        return _PRIORITY


class Keyring(KeyringBackend):
    """The credentials of git-credential-uvx, as keyring asks for them.

    `service` is an http or https URL. None of the errors holds a secret, nor a cause.
    """

    priority = _Priority()

    def set_properties_from_env(self) -> None:
        """Nothing: `KEYRING_PROPERTY_...` could put anything in the place of a method."""

    def get_password(self, service: str, username: str) -> str | None:
        """The password of an account, None where there is none.

        What keeps it from being looked for is logged as a warning.
        """
        found = self.get_credential(service, username)
        return None if found is None else found.password

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Username and password, of the only account if no username is given."""
        if GUARD in os.environ or "://" not in service:
            return None
        try:
            return _as_keyring(_find(service, username))
        except ServiceError:
            return None  # not every service in a keyring is a URL
        except UvxError as error:
            _warn(str(error))
        except Exception as error:  # a traceback could show what is being handled
            _warn(f"keyring's question failed unexpectedly ({type(error).__name__})")
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password as `git-credential-uvx login` does. Raises PasswordSetError."""
        from time import time

        from ..accounts import credential_for_password, one_username, text_bytes
        from ..stores.shared import SharedStore

        try:
            named = _named(service)
            who = one_username(named, username) or b""
            credential = credential_for_password(who, text_bytes(password, "password"), None)
            SharedStore(from_process()).login(named.service, credential, int(time()))
        except UvxError as error:
            raise PasswordSetError(printable(str(error))) from None
        except Exception as error:
            raise PasswordSetError(_unexpected(error)) from None

    def delete_password(self, service: str, username: str) -> None:
        """Remove a password as `git-credential-uvx logout` does. Raises PasswordDeleteError."""
        from time import time

        from ..accounts import one_username
        from ..stores.shared import SharedStore

        try:
            named = _named(service)
            who = one_username(named, username)
            gone = SharedStore(from_process()).logout(named.service, {who}, int(time()))
        except UvxError as error:
            raise PasswordDeleteError(printable(str(error))) from None
        except Exception as error:
            raise PasswordDeleteError(_unexpected(error)) from None
        if not gone:
            raise PasswordDeleteError(f"the store has no such account for {named.service}")


def _find(service: str, username: str | None) -> Credential | None:
    from ..explanation import explain

    # Who asks has the URL from anywhere: a requirements file of a checkout, or a server.
    told = explain(service, username=username, keyring_provider="disabled", led=True)
    for warning in told.warnings:
        _warn(warning)
    if told.ambiguous:
        _warn(f"{told.query.service} has several accounts; a username is needed")
    if told.fault is not None:
        _warn(told.fault)
        return None
    return told.credential


def _as_keyring(found: Credential | None) -> SimpleCredential | None:
    """None for what has no username, or is sent in another way than as a password, too."""
    if found is None or found.authtype is not None or found.username is None:
        return None
    try:
        return SimpleCredential(found.username.decode(), found.secret.reveal().decode())
    except UnicodeDecodeError:
        raise AccountError("the username or password is not UTF-8, which keyring needs") from None


def _named(service: str) -> Named:
    from ..accounts import Named

    if "://" not in service:
        raise ServiceError(
            "git-credential-uvx keeps passwords for URLs only; "
            "use 'git-credential-uvx login https://host/path'"
        )
    return Named(service)


def _warn(fault: str) -> None:
    _log.warning("git-credential-uvx: %s", printable(fault))


def _unexpected(error: Exception) -> str:
    return f"git-credential-uvx failed unexpectedly ({type(error).__name__})"
