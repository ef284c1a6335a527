"""Attacks on secrets in the environment: V12-V14, V31-V33 and A62.

The numbers are rows of docs/attacks.md. Each environment holds the victim's secret for
one host; nothing that a checkout or a server can name may bring it to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from git_credential_uvx.config.own import parse
from git_credential_uvx.query import Query, SourceAnswer, sendable
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.sources.environment import EnvironmentSource, username
from git_credential_uvx.sources.keyring import KeyringSource
from git_credential_uvx.system.programs import child_environment, run_git
from git_credential_uvx.urls.service import service_from_url

from ..support.common import SECRET, cases
from ..support.programs import environment, program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USES = ("git", "index", "url", "publish")
ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com"}


def ask(
    environ: dict[str, str],
    url: str,
    use: str = "git",
    index: str | None = None,
    *,
    job_tokens: bool | None = None,
    bound: bool = False,
) -> SourceAnswer:
    service = service_from_url(url)
    assert service is not None
    source = EnvironmentSource(environ, job_tokens=job_tokens)
    query = Query(service, use=use, index=index, any_authtype=True, bound=bound)
    found = sendable(source.find(query, 0), query)
    told = f"{found.place}{found.reason}{found.warning}"
    assert SECRET not in told
    assert told.isprintable()
    return found


def secret(found: SourceAnswer) -> str | None:
    return None if found.credential is None else found.credential.secret.reveal().decode()


@pytest.mark.parametrize("job_tokens", [None, True])
@pytest.mark.parametrize("use", USES)
@cases(
    "environ",
    {
        "the enterprise token": {"GH_ENTERPRISE_TOKEN": SECRET},
        "the enterprise token by its other name": {"GITHUB_ENTERPRISE_TOKEN": SECRET},
        "the enterprise token of a host": {"GH_ENTERPRISE_TOKEN": SECRET, "GH_HOST": "evil.test"},
        "a codespace's token": {"CODESPACES": "1", "GITHUB_TOKEN": SECRET},
        "a job's token": {**ACTIONS, "GITHUB_TOKEN": SECRET},
        "a token for gh": {"GH_TOKEN": SECRET},
        "Hugging Face's token": {"HF_TOKEN": SECRET},
        "another host's token": {"UVX_TOKEN_github_com": SECRET},
    },
)
def test_v12_a_token_goes_to_no_host_that_it_is_not_bound_to(
    environ: dict[str, str], use: str, job_tokens: bool | None
) -> None:
    assert secret(ask(environ, "https://evil.test/x.git", use, job_tokens=job_tokens)) is None


@cases(
    "host",
    {
        "a name below github.com": "tuf-repo.github.com",
        "its interface": "api.github.com",
        "its gists": "gist.github.com",
        "another host": "evil.test",
        "the parent": "com",
        "an underscore for its dot": "github_com",
    },
)
def test_v13_there_is_no_parent_and_no_fallback(host: str) -> None:
    environ = {
        **ACTIONS,
        "GITHUB_TOKEN": SECRET,
        "GH_ENTERPRISE_TOKEN": SECRET,
        "UVX_TOKEN_github_com": SECRET,
    }
    assert secret(ask(environ, f"https://{host}/x")) is None
    assert secret(ask(environ, "https://github.com/x")) == SECRET


@cases(
    "host",
    {
        "github.com as a beginning": "github.com.evil.test",
        "github.com behind a hyphen": "evil-github.com",
        "github.com as an ending": "evilgithub.com",
        "a letter for the dot": "githubxcom",
        "a hyphen for the dot": "github-com",
        "two hyphens for the dot": "github--com",
        "a label that is a port": "github.com:8443",
        "a look-alike": "xn--gthub-n2e.com",
    },
)
def test_v14_a_host_is_compared_for_equality(host: str) -> None:
    environ = {
        **ACTIONS,
        "GITHUB_TOKEN": SECRET,
        "UVX_TOKEN_github_com": SECRET,
        "UVX_TOKEN_GITHUB_COM": SECRET,
    }
    for use in USES:
        assert secret(ask(environ, f"https://{host}/x.git", use)) is None


@cases(
    "environ, url, index",
    {
        "in an index's name": (
            {"GITHUB_TOKEN": SECRET, "UV_INDEX_GITHUB_TOKEN_PASSWORD": "${GITHUB_TOKEN}"},
            "https://evil.test/simple",
            "GITHUB_TOKEN",
        ),
        "in a token": (
            {"GITHUB_TOKEN": SECRET, "UVX_TOKEN_evil_test": "${GITHUB_TOKEN}"},
            "https://evil.test/",
            None,
        ),
        "in a username": (
            {
                "GITHUB_TOKEN": SECRET,
                "UVX_TOKEN_evil_test": "x",
                "UVX_USERNAME_evil_test": "${GITHUB_TOKEN}",
            },
            "https://evil.test/",
            None,
        ),
        "in a server": (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_TOKEN": SECRET,
                "GITHUB_SERVER_URL": "https://${GITHUB_TOKEN}.evil.test",
            },
            f"https://{SECRET}.evil.test/",
            None,
        ),
    },
)
def test_v31_no_variable_is_expanded(environ: dict[str, str], url: str, index: str | None) -> None:
    for use in USES:
        found = ask(environ, url, use, index)
        assert secret(found) != SECRET
        assert found.credential is None or found.credential.username != SECRET.encode()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("index", [None, "internal", "github.com", "good_test"])
def test_v32_a_server_that_a_checkout_names_gets_no_ambient_token(
    use: str, index: str | None
) -> None:
    environ = {
        **ACTIONS,
        "GITHUB_TOKEN": SECRET,
        "HF_TOKEN": SECRET,
        "UVX_TOKEN_good_test": SECRET,
        "UV_PUBLISH_TOKEN": SECRET,
        "UV_PUBLISH_URL": "https://good.test/upload",
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_ACCESS_TOKEN": SECRET,
        "GITLAB_CI": "true",
        "CI_SERVER_HOST": "good.test",
        "CI_JOB_TOKEN": SECRET,
    }
    assert secret(ask(environ, "https://evil.test/simple", use, index)) is None
    assert secret(ask(environ, "https://good.test/simple", use, index)) == SECRET


VICTIM = {"UV_INDEX_INTERNAL_USERNAME": "victim", "UV_INDEX_INTERNAL_PASSWORD": SECRET}


@cases(
    "url",
    {
        "the host of the index": "https://good.test/simple",
        "another host": "https://evil.test/simple",
        "another host in clear": "http://evil.test/simple",
    },
)
def test_v33_git_gets_no_secret_that_is_bound_by_an_index_name(url: str) -> None:
    assert secret(ask(VICTIM, url, "git", "internal")) is None
    assert secret(ask(VICTIM, url, "git")) is None


@pytest.mark.parametrize("use", ["index", "url", "publish"])
@pytest.mark.parametrize("index", [None, "", "intern", "internal2", "internal.password"])
def test_v33_a_secret_of_one_index_is_none_of_another(use: str, index: str | None) -> None:
    assert secret(ask(VICTIM, "https://good.test/simple", use, index)) is None


def test_v33_an_index_of_a_project_gets_no_secret_in_clear() -> None:
    found = ask(VICTIM, "http://evil.test/simple", "index", "internal")
    assert secret(found) is None
    assert found.kept_back


def test_v33_a_secret_for_the_users_own_index_in_clear_comes_with_a_warning() -> None:
    found = ask(VICTIM, "http://good.test/simple", "index", "internal", bound=True)
    assert secret(found) == SECRET
    assert found.warning == "UV_INDEX_INTERNAL_PASSWORD is sent to 'http://good.test' unencrypted"


SECRETS = (
    *("UVX_TOKEN_other_test", "UVX_TOKEN_OTHER_TEST", "TF_TOKEN_other_test", "HF_TOKEN"),
    *(
        "UV_INDEX_CORP_PASSWORD",
        "UV_INDEX_CORP_USERNAME",
        "UV_PUBLISH_TOKEN",
        "UV_PUBLISH_PASSWORD",
    ),
    *("GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    *("CI_JOB_TOKEN", "GITLAB_TOKEN", "CI_REGISTRY_PASSWORD", "SYSTEM_ACCESSTOKEN"),
    *("BITBUCKET_ACCESS_TOKEN", "CIRCLE_OIDC_TOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN"),
    *("TWINE_PASSWORD", "POETRY_HTTP_BASIC_CORP_PASSWORD", "POETRY_PYPI_TOKEN_CORP"),
    *("UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "CI_REPOSITORY_URL"),
)
# A log-in of the program's own, and what it needs to run.
NEEDED = (
    "HOME",
    "AWS_SECRET_ACCESS_KEY",
    "VAULT_TOKEN",
    "DBUS_SESSION_BUS_ADDRESS",
    "UV_CACHE_DIR",
)


@pytest.fixture
def loaded(tmp_path: Path) -> dict[str, str]:
    """An environment full of secrets, and programs that write down what they are given."""
    for name in ("keyring", "gh", "tok", "git"):
        program(tmp_path / "bin" / name, f"env > '{tmp_path}/given'\necho secret\n")
    secrets = dict.fromkeys(SECRETS, f"https://u:{SECRET}@other.test")
    return environment(tmp_path / "bin") | secrets | dict.fromkeys(NEEDED, "needed")


def given(root: Path) -> dict[str, str]:
    lines = (root / "given").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def run_command(root: Path, environ: dict[str, str], entry: str) -> None:
    text = f"[[command]]\nmatch = 'https://good.test'\n{entry}\n"
    source = CommandSource(parse(text.encode(), "/c").commands, str(root / "run"), environ)
    service = service_from_url("https://good.test")
    assert service is not None
    assert source.find(Query(service), 0).credential is not None


def run_keyring(root: Path, environ: dict[str, str]) -> None:
    service = service_from_url("https://good.test")
    assert service is not None
    source = KeyringSource(60, environ)
    assert source.find(Query(service, b"bob"), 0).credential is not None


STARTS = {
    "keyring": run_keyring,
    "a command": lambda root, environ: run_command(root, environ, "argv = ['tok']"),
    "a preset": lambda root, environ: run_command(root, environ, "preset = 'gh'"),
    "git": lambda root, environ: run_git(("config", "--list"), environ),
}


@cases("start", STARTS)
def test_a62_a_program_gets_no_secret_that_is_for_another_host(
    tmp_path: Path, loaded: dict[str, str], start: Callable[[Path, dict[str, str]], object]
) -> None:
    start(tmp_path, loaded)
    environ = given(tmp_path)
    assert SECRET not in "".join(environ.values())
    assert {name: environ.get(name) for name in NEEDED} == dict.fromkeys(NEEDED, "needed")


@pytest.mark.parametrize("program", ["argv = ['tok']", "preset = 'gh'"])
def test_a62_an_entry_names_the_secrets_that_its_command_needs(
    tmp_path: Path, loaded: dict[str, str], program: str
) -> None:
    run_command(tmp_path, loaded, f"{program}\nenv = ['CI_JOB_TOKEN', 'GH_TOKEN', 'NOT_SET']")
    environ = given(tmp_path)
    told = {name for name, value in environ.items() if SECRET in value}
    assert told == {"CI_JOB_TOKEN", "GH_TOKEN"}


def test_an_index_without_a_password_in_its_url_stays(tmp_path: Path) -> None:
    url = "https://pypi.example.com/simple"
    assert child_environment({"UV_INDEX_URL": url})["UV_INDEX_URL"] == url


@pytest.mark.parametrize("name", ["UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD"])
def test_v33_what_is_for_uploads_goes_nowhere_that_a_file_or_redirect_chose(name: str) -> None:
    environ = {name: SECRET}
    if name == "UV_PUBLISH_PASSWORD":
        environ["UV_PUBLISH_USERNAME"] = "alice"
    source = EnvironmentSource(environ)
    service = service_from_url("https://evil.test/upload")
    assert service is not None
    assert source.find(Query(service, use="publish"), 0).credential is not None
    redirected = Query(service, use="publish", redirected=True)
    assert source.find(redirected, 0).credential is None
    assert username(environ, redirected) is None
