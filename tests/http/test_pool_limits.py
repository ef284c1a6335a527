"""How much dulwich's pool reads of answers that another request follows: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.http.flow import Attempt, RequestTarget
from git_credential_uvx.integrations.git_credentials import GitCredentials
from git_credential_uvx.integrations.urllib3_pool import CredentialPoolManager
from git_credential_uvx.system.settings import Settings

from ..support.floods import BUFFERED, HUGE, answer, flooding, huge_bodies

if TYPE_CHECKING:
    from ..support.floods import Flood

CHALLENGE = 'WWW-Authenticate: Basic realm="x"'


class Alice(GitCredentials):
    """Answers everybody with one account."""

    def find(self, target: RequestTarget, stale: Attempt | None = None) -> Attempt | None:
        if stale is not None:
            return None
        return Attempt(Credential(b"alice", Secret(b"wonder")), "store", found=True)

    def report(self, target: RequestTarget, attempt: Attempt) -> None:
        pass

    def refuse(self, target: RequestTarget, attempt: Attempt) -> None:
        pass


def got(flood: Flood, path: str, **options: Any) -> Any:
    with urllib3.PoolManager() as pool:
        manager = CredentialPoolManager(pool, Alice(Settings("/nowhere", environ={})))
        return manager.request("GET", flood.realm + path, **options)


def script(first: Callable[[], Iterable[bytes]]) -> Callable[[str, bool], Iterable[bytes]]:
    def write(path: str, authorized: bool) -> Iterable[bytes]:
        return answer(200, body=b"ok") if authorized or path == "/end" else first()

    return write


@pytest.mark.parametrize("body", HUGE)
def test_the_body_of_a_challenge_is_not_read(body: str) -> None:
    with flooding(script(huge_bodies(401, CHALLENGE)[body])) as flood:
        response = got(flood, "/")
        assert (response.status, response.data) == (200, b"ok")
        assert flood.sent["/"] < BUFFERED


@pytest.mark.parametrize("body", HUGE)
def test_the_body_of_a_redirect_is_not_read(body: str) -> None:
    with flooding(script(huge_bodies(302, "Location: /end")[body])) as flood:
        response = got(flood, "/")
        assert (response.status, response.data) == (200, b"ok")
        assert flood.sent["/"] < BUFFERED


def test_a_server_does_not_say_how_long_to_wait() -> None:
    """urllib3 would read the body to its end, and then sleep."""
    first = huge_bodies(503, "Retry-After: 86400")["length"]
    with flooding(script(first)) as flood:
        response = got(flood, "/", preload_content=False)
        response.close()
        assert response.status == 503
        assert flood.sent["/"] < BUFFERED
        assert flood.paths == ["/"]
