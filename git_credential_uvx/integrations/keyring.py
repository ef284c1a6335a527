"""A backend for the keyring package: pip, twine, poetry, pdm and uv get what Git gets.

The wheel has an entry point for it, so keyring loads it wherever both are installed.

* Only URLs are services. pip asks for `https://host/simple/` and then for `host`. The second gets
  no answer: it does not say whether the secret would be sent over plain http.
* All other backends that store something come first, so a person's own keyring is asked first.
* A keyring that our own sources started gets no answer, and keyring is not asked for answers given
  here. Otherwise each would ask the other for ever.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import KeyringError, PasswordDeleteError, PasswordSetError

from ..errors import AccountError, ServiceError, UvxError, printable
from ..system.settings import from_process, is_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..accounts import Named
    from ..credential import Credential

# Above `fail` (0) and below all backends that store something: keyring's chainer stops at the first
# backend that refuses to store, and we refuse services that are not URLs.
_PRIORITY = 0.1

_log = logging.getLogger("git_credential_uvx")


class _Priority:
    """The priority, which keyring reads from the class; an error means "not available"."""

    def __get__(self, instance: object, owner: type) -> float:
        if is_guarded():
            raise RuntimeError("git-credential-uvx is asking keyring")
        return _PRIORITY


class Keyring(KeyringBackend):
    """The credentials of git-credential-uvx as a keyring.

    A `service` is an http or https URL. No error has a secret in its message, or a cause.
    """

    priority = _Priority()

    def set_properties_from_env(self) -> None:
        """Do nothing: `KEYRING_PROPERTY_...` could replace a method by anything."""

    def get_password(self, service: str, username: str) -> str | None:
        """The password of an account, None for none. A fault is logged as a warning."""
        found = self.get_credential(service, username)
        return None if found is None else found.password

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Username and password; without a username, those of the only account."""
        if is_guarded() or "://" not in service:
            return None
        try:
            return _as_keyring(_find(service, username))
        except ServiceError:
            return None  # not every service in a keyring is a URL
        except UvxError as error:
            _warn(str(error))
        except Exception as error:  # a traceback could show a secret
            _warn(f"the lookup for keyring failed unexpectedly ({type(error).__name__})")
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a password as `git-credential-uvx login` does. Raises PasswordSetError."""
        from time import time

        from ..accounts import credential_for_password, one_username, text_bytes
        from ..stores.shared import SharedStore

        with _raising(PasswordSetError):
            named = _named(service)
            who = one_username(named, username) or b""
            credential = credential_for_password(who, text_bytes(password, "password"), None)
            SharedStore(from_process()).login(named.service, credential, int(time()))

    def delete_password(self, service: str, username: str) -> None:
        """Remove a password as `git-credential-uvx logout` does. Raises PasswordDeleteError."""
        from time import time

        from ..accounts import one_username
        from ..stores.shared import SharedStore

        with _raising(PasswordDeleteError):
            named = _named(service)
            who = one_username(named, username)
            gone = SharedStore(from_process()).logout(named.service, {who}, int(time()))
        if not gone:
            raise PasswordDeleteError(f"the store has no account of this name for {named.service}")


def _find(service: str, username: str | None) -> Credential | None:
    from ..explanation import explain

    # The URL can come from anywhere: from a requirements file of a checkout, or from a server.
    explanation = explain(
        service, username=username, use="url", keyring_provider="disabled", redirected=True
    )
    for warning in explanation.warnings:
        _warn(warning)
    if explanation.ambiguous:
        _warn(f"{explanation.query.service} has several accounts; give a username")
    if explanation.fault is not None:
        _warn(explanation.fault)
        return None
    return explanation.credential


def _as_keyring(found: Credential | None) -> SimpleCredential | None:
    """The credential as keyring has it; None if it has no username or is not a password."""
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
            "git-credential-uvx stores passwords for URLs only; "
            "use 'git-credential-uvx login https://host/path'"
        )
    return Named(service)


def _warn(fault: str) -> None:
    _log.warning("git-credential-uvx: %s", printable(fault))


@contextmanager
def _raising(kind: type[KeyringError]) -> Iterator[None]:
    """Turn any error into one of keyring's. A traceback of another one could show a secret."""
    try:
        yield
    except UvxError as error:
        raise kind(printable(str(error))) from None
    except Exception as error:
        fault = f"git-credential-uvx failed unexpectedly ({type(error).__name__})"
        raise kind(fault) from None
