"""Tokens of CI jobs: each for the host of its own job."""

from __future__ import annotations

import subprocess
import sys

import pytest

from git_credential_uvx.sources import ci_jobs
from git_credential_uvx.system.secret_variables import is_secret
from git_credential_uvx.system.settings import CI_JOBS

from ..support.environments import ACTIONS, AZURE, BITBUCKET, GITLAB, MARKERS, ask, pair

# Environment, URL and what is found; inside a job.
JOBS: dict[str, tuple[dict[str, str], str, object]] = {
    "GitHub's": (
        {**ACTIONS, "GITHUB_TOKEN": "T"},
        "https://github.com/o/r",
        (b"x-access-token", b"T"),
    ),
    "GitHub's by the other name": (
        {**ACTIONS, "GH_TOKEN": "T"},
        "https://github.com/",
        (b"x-access-token", b"T"),
    ),
    "GitHub's by both names": (
        {**ACTIONS, "GH_TOKEN": "other", "GITHUB_TOKEN": "T"},
        "https://github.com/",
        (b"x-access-token", b"T"),
    ),
    "GitHub's of a server of one's own": (
        {**ACTIONS, "GITHUB_SERVER_URL": "https://ghe.corp.test:8443", "GITHUB_TOKEN": "T"},
        "https://ghe.corp.test:8443/",
        (b"x-access-token", b"T"),
    ),
    "GitHub's of another server": (
        {**ACTIONS, "GITHUB_SERVER_URL": "https://ghe.corp.test", "GITHUB_TOKEN": "T"},
        "https://github.com/",
        None,
    ),
    "GitHub's without a server": (
        {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "T"},
        "https://github.com/",
        None,
    ),
    "GitHub's for its packages": ({**ACTIONS, "GITHUB_TOKEN": "T"}, "https://ghcr.io/", None),
    "GitLab's": (
        {**GITLAB, "CI_JOB_TOKEN": "T"},
        "https://gitlab.corp.test/",
        (b"gitlab-ci-token", b"T"),
    ),
    "GitLab's with https's own port": (
        {**GITLAB, "CI_SERVER_PORT": "443", "CI_SERVER_PROTOCOL": "https", "CI_JOB_TOKEN": "T"},
        "https://gitlab.corp.test/",
        (b"gitlab-ci-token", b"T"),
    ),
    "GitLab's with a port": (
        {**GITLAB, "CI_SERVER_PORT": "8443", "CI_JOB_TOKEN": "T"},
        "https://gitlab.corp.test:8443/",
        (b"gitlab-ci-token", b"T"),
    ),
    "GitLab's with another port": (
        {**GITLAB, "CI_SERVER_PORT": "8443", "CI_JOB_TOKEN": "T"},
        "https://gitlab.corp.test/",
        None,
    ),
    "GitLab's by http": (
        {**GITLAB, "CI_SERVER_PROTOCOL": "http", "CI_JOB_TOKEN": "T"},
        "http://gitlab.corp.test/",
        None,
    ),
    "GitLab's of another server": (
        {**GITLAB, "CI_JOB_TOKEN": "T"},
        "https://gitlab.com/",
        None,
    ),
    "Azure's": (
        {**AZURE, "SYSTEM_ACCESSTOKEN": "T"},
        "https://dev.azure.com/corp/p/_git/r",
        (b"VssSessionToken", b"T"),
    ),
    "Azure's by the old name": (
        {
            **AZURE,
            "SYSTEM_COLLECTIONURI": "https://corp.visualstudio.com/",
            "SYSTEM_ACCESSTOKEN": "T",
        },
        "https://corp.visualstudio.com/",
        (b"VssSessionToken", b"T"),
    ),
    "Azure's for its packages, which are another host": (
        {**AZURE, "SYSTEM_ACCESSTOKEN": "T"},
        "https://pkgs.dev.azure.com/",
        None,
    ),
    "Bitbucket's": (
        {**BITBUCKET, "BITBUCKET_ACCESS_TOKEN": "T"},
        "https://bitbucket.org/",
        (b"x-token-auth", b"T"),
    ),
    "Bitbucket's for another host": (
        {**BITBUCKET, "BITBUCKET_ACCESS_TOKEN": "T"},
        "https://api.bitbucket.org/",
        None,
    ),
    "an empty one": ({**ACTIONS, "GITHUB_TOKEN": ""}, "https://github.com/", None),
}


@pytest.mark.parametrize(("environ", "url", "expected"), JOBS.values(), ids=JOBS)
def test_the_token_of_a_job_goes_to_the_host_of_the_job(
    environ: dict[str, str], url: str, expected: object
) -> None:
    assert pair(ask(environ, url)) == expected
    assert pair(ask(environ, url, job_tokens=False)) is None
    outside = {name: value for name, value in environ.items() if name not in MARKERS}
    assert pair(ask(outside, url)) is None


@pytest.mark.parametrize("marker", ["", "TRUE", "1", "false", "true "])
def test_a_job_is_known_by_the_exact_value_of_its_marker(marker: str) -> None:
    environ = {**ACTIONS, "GITHUB_ACTIONS": marker, "GITHUB_TOKEN": "T"}
    assert pair(ask(environ, "https://github.com/")) is None


CONFIGURED: dict[str, tuple[dict[str, str], str, object]] = {
    "GitHub's for github.com": ({"GH_TOKEN": "T"}, "https://github.com/", b"x-access-token"),
    "GitHub's for nothing else": ({"GH_TOKEN": "T"}, "https://ghe.corp.test/", None),
    "GitLab's for the server named": (
        {"CI_JOB_TOKEN": "T", "CI_SERVER_HOST": "gitlab.com"},
        "https://gitlab.com/",
        b"gitlab-ci-token",
    ),
    "GitLab's for no server": ({"CI_JOB_TOKEN": "T"}, "https://gitlab.com/", None),
    "Azure's for no server": ({"SYSTEM_ACCESSTOKEN": "T"}, "https://dev.azure.com/", None),
    "Bitbucket's": ({"BITBUCKET_ACCESS_TOKEN": "T"}, "https://bitbucket.org/", b"x-token-auth"),
}


@pytest.mark.parametrize(("environ", "url", "username"), CONFIGURED.values(), ids=CONFIGURED)
def test_outside_a_job_its_token_counts_when_configured(
    environ: dict[str, str], url: str, username: object
) -> None:
    found = pair(ask(environ, url, job_tokens=True))
    assert found == (None if username is None else (username, b"T"))
    assert pair(ask(environ, url)) is None


def test_the_username_with_the_token_of_a_job() -> None:
    github = {**ACTIONS, "GITHUB_TOKEN": "T"}
    assert pair(ask(github, "https://github.com/", b"alice")) == (b"alice", b"T")
    assert pair(ask(github, "https://github.com/", b"git")) == (b"x-access-token", b"T")
    gitlab = {**GITLAB, "CI_JOB_TOKEN": "T"}
    url = "https://gitlab.corp.test/"
    assert pair(ask(gitlab, url, b"gitlab-ci-token")) == (b"gitlab-ci-token", b"T")
    assert pair(ask(gitlab, url, b"oauth2")) == (b"gitlab-ci-token", b"T")
    assert pair(ask(gitlab, url, b"alice")) is None


BAD_SERVERS = {
    "http": "http://github.com",
    "upper case in the scheme": "HTTPS://github.com",
    "no scheme": "github.com",
    "userinfo": "https://x@github.com",
    "a backslash": "https://github.com\\.evil.test",
    "a query for a path": "https://github.com?x",
    "a look-alike": "https://g\u0131thub.com",
    "a letter that folds": "https://bitbuc\u212aet.org",
    "a dot at the end": "https://github.com.",
    "a blank": " https://github.com",
    "no host": "https:///github.com",
    "an empty port": "https://github.com:",
}


@pytest.mark.parametrize("url", BAD_SERVERS.values(), ids=BAD_SERVERS)
@pytest.mark.parametrize("asked", ["https://github.com/", "http://github.com/", "https://a.test/"])
def test_a_job_on_a_server_that_is_named_badly_has_no_token(url: str, asked: str) -> None:
    found = ask({**ACTIONS, "GITHUB_SERVER_URL": url, "GITHUB_TOKEN": "T"}, asked)
    assert found.reason in (
        "GITHUB_SERVER_URL is not an https URL",
        "GITHUB_SERVER_URL does not name a host",
    )


@pytest.mark.parametrize("host", ["h.test:8443", "h.test/x", "x@h.test", "H\u0130.test", "-h.test"])
def test_a_gitlab_host_is_a_host(host: str) -> None:
    environ = {**GITLAB, "CI_SERVER_HOST": host, "CI_SERVER_PORT": "443", "CI_JOB_TOKEN": "T"}
    assert ask(environ, "https://h.test/").reason == "CI_SERVER_HOST does not name a host"


def test_each_ci_system_with_a_token_has_a_service_for_it() -> None:
    with_token = {marker for marker, tokens in CI_JOBS.items() if tokens}
    assert {job.marker for job in ci_jobs._JOBS} == with_token


def test_a_token_of_a_job_goes_to_no_program() -> None:
    names = [name for tokens in CI_JOBS.values() for name in tokens]
    assert names
    assert all(is_secret(name, "x") for name in names)


def test_outside_of_a_job_nothing_about_jobs_is_imported() -> None:
    code = (
        "import sys\n"
        "from git_credential_uvx.query import Query\n"
        "from git_credential_uvx.sources.environment import EnvironmentSource\n"
        "from git_credential_uvx.urls.service import Service\n"
        "source = EnvironmentSource({'UVX_TOKEN_h_test': 't'})\n"
        "assert source.find(Query(Service('https', 'x.test', None)), 0).credential is None\n"
        "print([name for name in sys.modules if 'ci_jobs' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
