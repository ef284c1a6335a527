"""What the tests of the environment share: jobs of each CI, and a question to the source."""

from __future__ import annotations

from collections.abc import Mapping

from git_credential_uvx.query import Query, SourceAnswer
from git_credential_uvx.sources.environment import EnvironmentSource
from git_credential_uvx.system.settings import CI_JOBS
from git_credential_uvx.urls.service import Service, service_from_url

NOW = 1_700_000_000
ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com"}
GITLAB = {"GITLAB_CI": "true", "CI_SERVER_HOST": "gitlab.corp.test"}
AZURE = {"TF_BUILD": "True", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/corp/"}
BITBUCKET = {"BITBUCKET_BUILD_NUMBER": "7"}
MARKERS = tuple(marker for marker, tokens in CI_JOBS.items() if tokens)
HUB = "https://huggingface.co/datasets/o/d"


def service(url: str) -> Service:
    """The service of a URL that names one."""
    found = service_from_url(url)
    assert found is not None
    return found


def ask(
    environ: Mapping[str, str],
    url: str = "https://good.test",
    username: bytes | None = None,
    *,
    use: str = "git",
    index: str | None = None,
    schemes: bool = False,
    job_tokens: bool | None = None,
    bound: bool = False,
) -> SourceAnswer:
    """What the source finds."""
    query = Query(service(url), username, use=use, index=index, any_authtype=schemes, bound=bound)
    found = EnvironmentSource(environ, job_tokens=job_tokens).find(query, NOW)
    assert (found.credential is None) == bool(found.reason) != bool(found.place)
    return found


def pair(found: SourceAnswer) -> tuple[bytes | None, bytes] | None:
    """Username and secret of what was found."""
    if found.credential is None:
        return None
    return found.credential.username, found.credential.secret.reveal()
