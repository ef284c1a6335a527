"""Which username a service wants with a token.

Nothing here decides where a secret goes. The caller has already found a secret for this very
service; a row below then says which username goes with it. The worst that a wrong row can cause is
that the right service refuses the username.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .service import Service


class Convention:
    """What one service expects around a token.

    `username` goes with a token, `job` with the token of a CI job of the service itself.
    `only` and `only_job` say that the service takes no other username with them. `shapes` are
    beginnings of tokens, each with the username that such a token needs. With `bearer` a token
    is sent as Bearer, without a username, except for Git. With `shaped` every token of the service
    can be recognized by its beginning.
    """

    __slots__ = ("bearer", "job", "only", "only_job", "shaped", "shapes", "username")

    def __init__(
        self,
        username: bytes,
        *,
        job: bytes | None = None,
        only: bool = False,
        only_job: bool = False,
        shapes: tuple[tuple[bytes, bytes], ...] = (),
        bearer: bool = False,
        shaped: bool = False,
    ) -> None:
        self.username = username
        self.job = username if job is None else job
        self.only = only
        self.only_job = only_job
        self.shapes = shapes
        self.bearer = bearer
        self.shaped = shaped

    def username_with(self, token: bytes, *, job_token: bool = False) -> bytes:
        """The username for this token; `job_token` says that it is the token of a CI job."""
        if job_token:
            return self.job
        return next((name for start, name in self.shapes if token.startswith(start)), self.username)

    def fixed(self, *, job_token: bool = False) -> bool:
        """Whether the service takes no other username."""
        return self.only_job if job_token else self.only


GITHUB = Convention(b"x-access-token", shaped=True)

# A job's token counts only under its own name, and shows what it is in newer versions.
GITLAB = Convention(
    b"oauth2",
    job=b"gitlab-ci-token",
    only_job=True,
    shapes=((b"glcbt-", b"gitlab-ci-token"),),
)

# https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens: a person's API token has
# a name of its own; the access token of a repository, project or workspace goes by the other.
BITBUCKET = Convention(
    b"x-token-auth",
    only_job=True,
    shapes=((b"ATATT", b"x-bitbucket-api-token-auth"),),
)

# Any username does; this one is what Azure's keyring plugin answers to, so all sources agree.
AZURE = Convention(b"VssSessionToken")
GOOGLE = Convention(b"oauth2accesstoken", only=True)
CODEARTIFACT = Convention(b"aws", only=True)

# The token contains the username. JFrog refuses it with the username `__token__`.
JFROG = Convention(b"")
PYPI = Convention(b"__token__", only=True, shaped=True)

# Any username does for Git; this is the one that the service's own tool hands to Git.
HUGGING_FACE = Convention(b"hf_user", bearer=True, shaped=True)

_FOR_GIT = (GITHUB, GITLAB, BITBUCKET, AZURE, HUGGING_FACE)

# An asterisk stands for one whole label. All else is compared for equality.
_CONVENTIONS = (
    ("github.com", GITHUB),
    ("gist.github.com", GITHUB),
    ("*.ghe.com", GITHUB),
    ("gitlab.com", GITLAB),
    ("bitbucket.org", BITBUCKET),
    ("dev.azure.com", AZURE),
    ("pkgs.dev.azure.com", AZURE),
    ("*.visualstudio.com", AZURE),
    ("*.pkgs.visualstudio.com", AZURE),
    ("*.pkg.dev", GOOGLE),
    ("*.d.codeartifact.*.amazonaws.com", CODEARTIFACT),
    ("*.jfrog.io", JFROG),
    ("pypi.org", PYPI),
    ("upload.pypi.org", PYPI),
    ("test.pypi.org", PYPI),
    ("huggingface.co", HUGGING_FACE),
)

# Names that services prescribe together with a token; alone in a URL they are not a secret.
PRESCRIBED = frozenset(
    b"git __token__ token oauth2 oauth2accesstoken aws VssSessionToken x-access-token x-token-auth "
    b"gitlab-ci-token".split()
)

# https://docs.github.com/en/rest/authentication: `TOKEN:x-oauth-basic` is a token as username.
PASSWORD_FOR_TOKEN = b"x-oauth-basic"

# For services without a row. Git: GitLab accepts OAuth tokens under this name only, and GitHub
# Enterprise, Gitea, Forgejo and Azure DevOps Server look at the token alone. Packages: uv and twine
# send this name with a token, so index servers expect it.
NEUTRAL_FOR_GIT = b"oauth2"
NEUTRAL = b"__token__"


def convention_for(host: str) -> Convention | None:
    """The convention of the service at a host in normal form; None if it has no row."""
    labels = host.split(".")
    for pattern, convention in _CONVENTIONS:
        if _matches(pattern.split("."), labels):
            return convention
    return None


def _matches(pattern: list[str], labels: list[str]) -> bool:
    return len(pattern) == len(labels) and all(
        part in ("*", label) for part, label in zip(pattern, labels, strict=True)
    )


def is_repository(service: Service) -> bool:
    """Whether a path at a host that is known for repositories is not one of its packages."""
    path = service.path.rstrip("/")
    return (
        bool(path)
        and convention_for(service.host) in _FOR_GIT
        and not service.host.startswith("pkgs.")
        and ".pkgs." not in service.host
        and "/packages/" not in path
        and not path.endswith("/simple")
    )


def username_for(service: Service, token: bytes, use: str, *, job_token: bool = False) -> bytes:
    """The username that a service wants with a bare token.

    `use` is that of a Query: "git", "index", "url" or "publish". `job_token` says that the
    token was given to a CI job of this service. An empty username is an answer. Raises nothing.
    """
    convention = convention_for(service.host)
    if convention is None:
        return NEUTRAL_FOR_GIT if use == "git" else NEUTRAL
    return convention.username_with(token, job_token=job_token)
