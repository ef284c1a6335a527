"""Which username goes with a token, service by service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.urls.conventions import (
    NEUTRAL,
    NEUTRAL_FOR_GIT,
    convention_for,
    username_for,
)
from git_credential_uvx.urls.service import Service

JWT = b"eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
USES = ("git", "index", "url", "publish")

KNOWN = {
    "GitHub": ("github.com", b"x-access-token"),
    "GitHub's gists": ("gist.github.com", b"x-access-token"),
    "GitHub with its own data residency": ("octocorp.ghe.com", b"x-access-token"),
    "GitLab": ("gitlab.com", b"oauth2"),
    "Bitbucket": ("bitbucket.org", b"x-token-auth"),
    "Azure DevOps": ("dev.azure.com", b"VssSessionToken"),
    "Azure DevOps by its old name": ("corp.visualstudio.com", b"VssSessionToken"),
    "Azure Artifacts": ("pkgs.dev.azure.com", b"VssSessionToken"),
    "Azure Artifacts by its old name": ("corp.pkgs.visualstudio.com", b"VssSessionToken"),
    "Google's Python registry": ("europe-west1-python.pkg.dev", b"oauth2accesstoken"),
    "Google's Docker registry": ("us-docker.pkg.dev", b"oauth2accesstoken"),
    "AWS CodeArtifact": ("dom-123456789012.d.codeartifact.eu-west-1.amazonaws.com", b"aws"),
    "JFrog": ("corp.jfrog.io", b""),
    "PyPI": ("pypi.org", b"__token__"),
    "PyPI's uploads": ("upload.pypi.org", b"__token__"),
    "PyPI for tests": ("test.pypi.org", b"__token__"),
    "Hugging Face": ("huggingface.co", b"hf_user"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("host", "username"), KNOWN.values(), ids=KNOWN)
def test_a_service_gets_the_username_it_wants(host: str, username: bytes, use: str) -> None:
    assert username_for(Service("https", host, None), JWT, use) == username


JOBS = {
    "GitLab's has a name of its own": ("gitlab.com", b"gitlab-ci-token"),
    "GitHub's goes as any other": ("github.com", b"x-access-token"),
    "Azure's goes as any other": ("dev.azure.com", b"VssSessionToken"),
    "Bitbucket's goes as any other": ("bitbucket.org", b"x-token-auth"),
}


@pytest.mark.parametrize(("host", "username"), JOBS.values(), ids=JOBS)
def test_the_token_of_a_job(host: str, username: bytes) -> None:
    assert username_for(Service("https", host, None), b"t", "git", job_token=True) == username


SHAPES = {
    "GitLab's job token": ("gitlab.com", b"glcbt-64_x", b"gitlab-ci-token"),
    "GitLab's personal token": ("gitlab.com", b"glpat-x", b"oauth2"),
    "a person's token at Bitbucket": ("bitbucket.org", b"ATATTx", b"x-bitbucket-api-token-auth"),
    "a repository's token at Bitbucket": ("bitbucket.org", b"ATCTTx", b"x-token-auth"),
    "Bitbucket's shape at GitHub": ("github.com", b"ATATTx", b"x-access-token"),
}


@pytest.mark.parametrize(("host", "token", "username"), SHAPES.values(), ids=SHAPES)
def test_a_token_shows_by_its_beginning_what_it_needs(
    host: str, token: bytes, username: bytes
) -> None:
    assert username_for(Service("https", host, None), token, "git") == username


UNKNOWN = {
    "a host of one's own": "git.example.com",
    "a known name as an ending": "evilgithub.com",
    "a known name as a beginning": "github.com.evil.test",
    "any character for a dot": "githubxcom",
    "a name below GitHub": "tuf-repo.github.com",
    "the parent of tenants": "jfrog.io",
    "two labels for a tenant": "a.b.jfrog.io",
    "a tenant as an ending": "x.eviljfrog.io",
    "the parent of Google's registries": "pkg.dev",
    "CodeArtifact without a region": "d-1.d.codeartifact.amazonaws.com",
    "CodeArtifact with two labels for a region": "d-1.d.codeartifact.a.b.amazonaws.com",
    "CodeArtifact below another name": "d-1.d.codeartifact.eu-west-1.amazonaws.com.evil.test",
    "a name below PyPI": "x.pypi.org",
    "an address": "[::1]",
}


@pytest.mark.parametrize("host", UNKNOWN.values(), ids=UNKNOWN)
def test_a_service_that_nobody_knows_gets_a_neutral_username(host: str) -> None:
    assert convention_for(host) is None
    service = Service("https", host, None)
    assert username_for(service, JWT, "git") == NEUTRAL_FOR_GIT == b"oauth2"
    assert {username_for(service, JWT, use) for use in USES[1:]} == {NEUTRAL} == {b"__token__"}


def test_only_hugging_face_takes_bearer() -> None:
    known = {host: convention_for(host) for host, _ in KNOWN.values()}
    bearer = [host for host, convention in known.items() if convention and convention.bearer]
    assert bearer == ["huggingface.co"]


LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8)


@given(st.sampled_from([host for host, _ in KNOWN.values()]), LABEL)
def test_a_label_more_is_another_service(host: str, label: str) -> None:
    assert convention_for(f"{host}.{label}") is None
    deeper = convention_for(f"{label}.{host}")
    assert deeper is None or f"{label}.{host}" == "gist.github.com" or label == "pkgs"


@given(st.text(max_size=40), st.binary(max_size=20), st.sampled_from(USES), st.booleans())
def test_there_is_always_an_answer(host: str, token: bytes, use: str, job: bool) -> None:
    service = Service("https", host, None)
    assert isinstance(username_for(service, token, use, job_token=job), bytes)
