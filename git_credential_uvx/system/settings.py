"""What the environment says; the one module that reads it for Git operations."""

from __future__ import annotations

import os
import sys

from ..errors import ConfigError, StoreError
from . import platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIG_VARIABLE = "GIT_CREDENTIAL_UVX_CONFIG"
GUARD = "GIT_CREDENTIAL_UVX_RUNNING"  # set for what we run: a helper that sees it says nothing

_APP = "git-credential-uvx"

LOCK_TIMEOUT = 300.0  # seconds, uv's own default
READ_TIMEOUT = 3.0  # seconds that a `get` waits for the lock at most; uv keeps it at its prompts


class Settings:
    """What is taken from the process, each as a value.

    `environ` and `home` are the environment and the home folder ("" for none). `folder` is
    where uv keeps its credentials, `lock_timeout` how long to wait for them in seconds,
    `config` our own configuration file, `runtime` the folder for what is kept for a session
    and `state` the one for what is remembered ("" for none). `any_owner` is whether a store of
    another user is fine: for root, but not under sudo, where it would be the store of the
    person who called sudo.
    """

    __slots__ = (
        "any_owner",
        "config",
        "environ",
        "folder",
        "home",
        "lock_timeout",
        "runtime",
        "state",
    )

    def __init__(
        self,
        folder: str,
        *,
        environ: Mapping[str, str],
        home: str = "",
        lock_timeout: float = LOCK_TIMEOUT,
        config: str = "",
        runtime: str = "",
        state: str = "",
        any_owner: bool = False,
    ) -> None:
        self.folder = folder
        self.environ = environ
        self.home = home
        self.lock_timeout = lock_timeout
        self.config = config
        self.runtime = runtime
        self.state = state
        self.any_owner = any_owner


def is_guarded() -> bool:
    """Whether a program that we run asks, so that an answer would go round in a circle."""
    return GUARD in os.environ


def from_process() -> Settings:
    """The settings of this process. Raises StoreError and ConfigError."""
    environ: Mapping[str, str] = os.environ
    if platform.has_rights_of_another():
        # Somebody else chose these variables for a program with our rights.
        environ = {}
    home = platform.home(environ)
    return Settings(
        credentials_folder(environ, home, sys.platform, os.path.isdir),
        environ=environ,
        home=home,
        lock_timeout=lock_timeout(environ),
        config=config_path(environ, home, sys.platform),
        runtime=runtime_folder(
            *(environ, home, sys.platform, os.path.isdir),
            platform.session_folder(sys.platform),
        ),
        state=state_folder(environ, home, sys.platform),
        any_owner=platform.is_root() and "SUDO_UID" not in os.environ,
    )


def truth(text: str) -> bool | None:
    """What a variable of uv's that is true or false says; None for neither."""
    text = text.lower()
    if text in ("1", "true", "t", "yes", "y", "on"):
        return True
    return False if text in ("0", "false", "f", "no", "n", "off") else None


# CI systems by a variable that each sets in its jobs; some set no `CI`. Those with variables for
# the token of the job have a row in `sources/ci_jobs`.
CI_JOBS = {
    "GITHUB_ACTIONS": ("GITHUB_TOKEN", "GH_TOKEN"),
    "GITLAB_CI": ("CI_JOB_TOKEN",),
    "TF_BUILD": ("SYSTEM_ACCESSTOKEN",),  # Azure Pipelines
    "BITBUCKET_BUILD_NUMBER": ("BITBUCKET_ACCESS_TOKEN",),
    "JENKINS_URL": (),
    "TEAMCITY_VERSION": (),
    "CODEBUILD_BUILD_ID": (),
    "BUILDKITE": (),
    "CIRCLECI": (),
    "DRONE": (),
}


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether this is a CI job."""
    said = environ.get("CI", "")
    marked = bool(said) and truth(said) is not False
    return marked or any(environ.get(name) for name in CI_JOBS)


def in_job(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of a CI system that gives its jobs a token."""
    return any(tokens and environ.get(name) for name, tokens in CI_JOBS.items())


def credentials_folder(
    environ: Mapping[str, str], home: str, system: str, is_folder: Callable[[str], bool]
) -> str:
    """The folder of uv's credentials, as uv finds it (`uv auth dir`).

    `system` is `sys.platform`. Raises StoreError for a path that is not absolute: it would
    depend on the working directory, and Git's is a place that others may have filled.
    """
    folder = environ.get("UV_CREDENTIALS_DIR")
    if folder:
        return _absolute(folder, "UV_CREDENTIALS_DIR")
    if system == "darwin":
        support = os.path.join(home, "Library", "Application Support", "uv")
        if home and is_folder(support):
            return _absolute(os.path.join(support, "credentials"), "HOME")
    data = environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):
        return os.path.join(data, "uv", "credentials")
    if not home:
        raise StoreError("no home folder: set HOME or UV_CREDENTIALS_DIR")
    return _absolute(os.path.join(home, ".local", "share", "uv", "credentials"), "HOME")


def _absolute(path: str, variable: str) -> str:
    if not os.path.isabs(path):
        raise StoreError(f"{variable} must be an absolute path, not '{path}'")
    return path


def lock_timeout(environ: Mapping[str, str]) -> float:
    """Seconds to wait for the lock: UV_LOCK_TIMEOUT, or uv's default where uv ignores it."""
    text = environ.get("UV_LOCK_TIMEOUT", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else LOCK_TIMEOUT


def config_path(environ: Mapping[str, str], home: str, system: str) -> str:
    """Where the configuration is, as platformdirs has it; "" where there is no home folder.

    `system` is `sys.platform`. Raises ConfigError for a variable that is not absolute: it
    would depend on the working directory, which others may have filled.
    """
    named = environ.get(CONFIG_VARIABLE)
    if named:
        if not os.path.isabs(named):
            raise ConfigError(f"{CONFIG_VARIABLE} must be an absolute path, not '{named}'")
        return named
    folder = _user_folder(
        *(environ.get("XDG_CONFIG_HOME", ""), home),
        "Library/Application Support" if system == "darwin" else ".config",
    )
    return folder and os.path.join(folder, "config.toml")


def runtime_folder(
    environ: Mapping[str, str],
    home: str,
    system: str,
    is_folder: Callable[[str], bool],
    session: str = "",
) -> str:
    """The folder for what lives as long as a session; "" where there is no home folder either.

    XDG_RUNTIME_DIR if it is there (many sessions name one that is not), then `session`, the private
    temporary folder that macOS gives each user, else the cache folder, as platformdirs has it.
    """
    for folder in (environ.get("XDG_RUNTIME_DIR", ""), session):
        if os.path.isabs(folder) and is_folder(folder):
            return os.path.join(folder, _APP)
    return _user_folder(
        *(environ.get("XDG_CACHE_HOME", ""), home),
        "Library/Caches" if system == "darwin" else ".cache",
    )


def state_folder(environ: Mapping[str, str], home: str, system: str) -> str:
    """The folder for what is remembered, as platformdirs has it; "" where there is no home."""
    default = "Library/Application Support" if system == "darwin" else ".local/state"
    return _user_folder(environ.get("XDG_STATE_HOME", ""), home, default)


def _user_folder(named: str, home: str, default: str) -> str:
    if os.path.isabs(named):
        return os.path.join(named, _APP)
    return os.path.join(home, default, _APP) if os.path.isabs(home) else ""


def user_file(environ: Mapping[str, str], home: str) -> str | None:
    """The path of the user's uv.toml, None where there is no home folder."""
    config = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(config):
        if not os.path.isabs(home):
            return None
        config = os.path.join(home, ".config")
    return os.path.join(config, "uv", "uv.toml")


def system_files(environ: Mapping[str, str]) -> list[str]:
    """The paths of the system's uv.toml, of which the first that exists counts."""
    # uv takes relative folders too, from where it runs; a checkout would be one.
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    return [
        os.path.join(folder, "uv", "uv.toml")
        for folder in [*filter(os.path.isabs, folders), "/etc"]
    ]


def uv_files(environ: Mapping[str, str], home: str) -> list[str]:
    """The paths of uv's configuration outside of any project, the one that counts first."""
    user = user_file(environ, home)
    return [*([] if user is None else [user]), *system_files(environ)]
