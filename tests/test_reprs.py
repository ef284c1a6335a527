"""No record of the package shows in its `repr` what it holds that may be a secret.

Every class is looked at, so that the next one is, too.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import git_credential_uvx
from git_credential_uvx.config.indexes import Index
from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.http.flow import Attempt
from git_credential_uvx.http.hop import Hop, HopState
from git_credential_uvx.protocol import Request
from git_credential_uvx.transfer.readers import gh
from git_credential_uvx.urls.parts import Userinfo
from git_credential_uvx.urls.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "CANARY-3f9c"
SECRET = Secret(CANARY.encode())
CREDENTIAL = Credential(b"alice", SECRET, refresh=SECRET)
SERVICE = Service("https", "git.test", None, "/")

# A field of text is taken for a secret by its name, one of bytes or of a mapping always.
TELLING = re.compile(r"secret|token|password|passw|refresh|header|authorization|clean|data|value")

# Bytes that are no secret, and tell a reader of the repr what the record is about.
HARMLESS = {
    "http.hop.Try.username",
    "transfer.export.LeftOut.username",
    "sanitize.files.Checked.tokens",  # how many
    "sanitize.findings.SecretFinding.mask",
    "sanitize.findings.Cut.mask",
    "sanitize.parameters._Group.lead",
    "sanitize.requirements.Reading.scheme",
    "sanitize.requirements.Reading.host",
    "sanitize.runs.Run.quote",
    "sanitize.runs.OpenRun.quote",
    "sanitize.runs.Segment.scheme",
}


def classes() -> Iterator[tuple[str, type[Any]]]:
    """Every class of the package, with its name from below the package."""
    package = git_credential_uvx.__name__
    for module in pkgutil.walk_packages(git_credential_uvx.__path__, f"{package}."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(one) and one.__module__ == module.name:
                yield f"{module.name.removeprefix(f'{package}.')}.{name}", one


ALL = dict(classes())
DATACLASSES = [
    name
    for name, one in ALL.items()
    if dataclasses.is_dataclass(one) and vars(one)["__dataclass_params__"].repr
]


def filled(annotation: str, name: str) -> object:
    """A value for a field, with the canary in it where the field may hold a secret."""
    if "Secret" in annotation:
        return SECRET
    if "Credential" in annotation:
        return CREDENTIAL
    if re.search(r"Mapping|\bdict\b", annotation):
        return {"name": CANARY}
    if "bytes" in annotation:
        return CANARY.encode()
    return CANARY if TELLING.search(name) else None


@pytest.mark.parametrize("name", DATACLASSES)
def test_a_record_shows_no_secret(name: str) -> None:
    record = object.__new__(ALL[name])
    for field in dataclasses.fields(ALL[name]):
        value = None if f"{name}.{field.name}" in HARMLESS else filled(str(field.type), field.name)
        object.__setattr__(record, field.name, value)
    assert CANARY not in repr(record)


def attempt() -> Attempt:
    return Attempt(CREDENTIAL, "url")


def holding() -> dict[str, object]:
    """One of every class with a `repr` of its own, with the canary in all that may be a secret."""
    request = Request()
    request.fields[b"password"] = CANARY.encode()
    request.lists[b"wwwauth"] = [CANARY.encode()]
    state = HopState(Hop(httpx.URL(f"https://git.test/?token={CANARY}")), kept=attempt())
    state.begin(attempt())
    return {
        "credential.Secret": SECRET,
        "credential.Credential": CREDENTIAL,
        "http.hop.Hop": state.hop,
        "config.indexes.Index": Index(SERVICE, "uv.toml", username=b"alice", password=SECRET),
        "protocol.Request": request,
        "urls.service.Service": SERVICE,
    }


@pytest.mark.parametrize("name", holding())
def test_a_repr_of_its_own_shows_no_secret(name: str) -> None:
    shown = repr(holding()[name])
    assert CANARY not in shown
    assert shown.startswith(name.rpartition(".")[2])


def test_every_class_is_looked_at() -> None:
    own = {n for n in ALL if n not in DATACLASSES and "__repr__" in vars(ALL[n])}
    assert own == set(holding())
    assert not [name for name, one in ALL.items() if issubclass(one, tuple)]
    fields = {f"{n}.{field.name}" for n in DATACLASSES for field in dataclasses.fields(ALL[n])}
    assert fields >= HARMLESS


def test_what_the_http_client_keeps_shows_no_secret() -> None:
    state = HopState(Hop(httpx.URL("https://git.test/")), Userinfo(b"alice", SECRET), attempt())
    state.begin(attempt())
    assert all(CANARY not in repr(one) for one in (state, attempt(), *state.hop.tries))


def test_an_account_of_gh_shows_no_token() -> None:
    text = f"github.com:\n  user: alice\n  oauth_token: {CANARY}\n"
    (account,) = gh.accounts(text.encode())
    assert account.token == CANARY
    assert CANARY not in repr(account)
