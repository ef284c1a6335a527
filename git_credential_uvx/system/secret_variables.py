"""Which environment variables hold a secret that is meant for one host or one job.

A program that answers for one host gets none of those that are for others. The list is what this
package and uv read, what other packaging tools read, and the tokens that CI systems give a job.
What a program may need to log in itself (`AWS_*`, `AZURE_*`, `GOOGLE_*`, `VAULT_TOKEN`) is not
in it.
"""

from __future__ import annotations

from .settings import CI_JOBS

_PREFIXES = ("UVX_TOKEN_", "TF_TOKEN_", "POETRY_PYPI_TOKEN_")
_ENCLOSING = (
    ("UV_INDEX_", "_PASSWORD"),
    ("UV_INDEX_", "_USERNAME"),  # some services take a token as the username
    ("POETRY_HTTP_BASIC_", "_PASSWORD"),
    ("CARGO_REGISTRIES_", "_TOKEN"),
)
_NAMES = frozenset(
    (
        *("UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN", "TWINE_PASSWORD", "FLIT_PASSWORD"),
        *("PDM_PUBLISH_PASSWORD", "HATCH_INDEX_AUTH", "CARGO_REGISTRY_TOKEN"),
        *("NPM_TOKEN", "NODE_AUTH_TOKEN"),
        *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
        # gh would answer with GitHub's for every host, glab with some of GitLab's.
        *(name for tokens in CI_JOBS.values() for name in tokens),
        *("GITHUB_ENTERPRISE_TOKEN", "GH_ENTERPRISE_TOKEN"),
        *("ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RESULTS_TOKEN"),
        *("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN", "CI_BUILD_TOKEN"),
        *("CI_JOB_JWT", "CI_JOB_JWT_V1", "CI_JOB_JWT_V2", "CI_DEPLOY_PASSWORD"),
        *("CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"),
        # Bitbucket, Gitea and Forgejo, CircleCI, Buildkite, Drone, Woodpecker, Semaphore.
        *(
            "BITBUCKET_STEP_OIDC_TOKEN",
            "GITEA_TOKEN",
            "FORGEJO_TOKEN",
            "CIRCLE_TOKEN",
            "CIRCLE_OIDC_TOKEN",
        ),
        *("CIRCLE_OIDC_TOKEN_V2", "BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_AGENT_JOB_API_TOKEN"),
        *("DRONE_NETRC_PASSWORD", "CI_NETRC_PASSWORD", "SEMAPHORE_OIDC_TOKEN"),
    )
)
# URLs, which may have a password in them.
_URLS = frozenset(
    (
        *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
        *("UV_PUBLISH_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
        *("CI_REPOSITORY_URL", "TWINE_REPOSITORY_URL"),
    )
)


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret for one host or one job."""
    return (
        name in _NAMES
        or name.startswith(_PREFIXES)
        or any(name.startswith(start) and name.endswith(end) for start, end in _ENCLOSING)
        or (name in _URLS and "@" in value)
    )
