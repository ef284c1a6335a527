"""`env` and `exec`: this helper by the environment alone, with no file changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import click

from ..errors import GitError, UvxError
from ..git.config import HELPER, helper_at
from ..git.environment import (
    COUNT,
    SHELLS,
    lacking,
    pairs,
    render,
    tls_paths,
    variables,
    without_own_setting,
)
from ..git.setup import is_found, runs_ours, settings_now
from ..system import platform
from .common import as_json, manners, show_json, trace
from .setup import own_path, services_of, warn_if_not_found, warn_of_old_git

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from ..git.environment import Pairs
    from ..urls.service import Service

    F = TypeVar("F", bound=Callable[..., Any])


def _settings(function: F) -> F:
    """Give a command the options of the settings."""
    for option in (
        click.option(
            "--replace", is_flag=True, help="Cancel the helpers that are set before this one."
        ),
        click.option(
            "--use-http-path", is_flag=True, help="Also let Git send the path of a repository."
        ),
        click.option(
            "--host",
            "hosts",
            multiple=True,
            metavar="HOST",
            help="Configure it for this host only.",
        ),
    ):
        function = option(function)
    return function


@click.command("env")
@click.option(
    "--shell",
    type=click.Choice(SHELLS),
    default="sh",
    show_default=True,
    help='For which shell, or for "$GITHUB_ENV" or a dotenv file.',
)
@_settings
@as_json
@manners
def env_command(
    shell: str, hosts: tuple[str, ...], use_http_path: bool, replace: bool, as_json: bool
) -> None:
    """Print the variables that make Git ask this helper.

    They keep the settings that GIT_CONFIG_COUNT already has. Nothing is printed if Git asks this
    helper already; only `--shell dotenv`, which can be for another machine, prints them in any
    case. Git also gets the files of SSL_CERT_FILE and SSL_CLIENT_CERT, unless it has its own.

    \b
    sh, bash, zsh:  eval "$(git-credential-uvx env)"
    fish:           git-credential-uvx env --shell fish | source
    PowerShell:     git-credential-uvx env --shell powershell | Out-String | Invoke-Expression
    GitHub Actions: git-credential-uvx env --shell github >> "$GITHUB_ENV"
    """
    # Such a file can be for another machine, where the configuration of this one does not count.
    again = shell == "dotenv"
    found = _variables(hosts, use_http_path=use_http_path, replace=replace, again=again)
    if as_json:
        show_json(found)
    else:
        click.echo(render(shell, found), nl=False)


@click.command("exec", context_settings={"allow_interspersed_args": False})
@_settings
@manners
@click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="-- CMD [ARGS]...")
def exec_command(
    argv: tuple[str, ...], hosts: tuple[str, ...], use_http_path: bool, replace: bool
) -> NoReturn:
    """Run a command in which Git asks this helper.

    A Git that asks it already does not ask it twice. Git also gets the files of SSL_CERT_FILE and
    SSL_CLIENT_CERT, unless it has its own. The exit status is that of the command, or 2 if it
    cannot be started.
    """
    if not argv:
        raise GitError("there is no command to run; use 'git-credential-uvx exec -- CMD'")
    found = _variables(hosts, use_http_path=use_http_path, replace=replace)
    _become(argv, {**os.environ, **found})


def _variables(
    hosts: Sequence[str], *, use_http_path: bool, replace: bool, again: bool = False
) -> dict[str, str]:
    """The variables that add this helper where Git does not ask it yet, or with `again` always."""
    helper = _helper()
    settings = pairs(
        services_of(hosts),
        use_http_path=use_http_path,
        replace=replace,
        tls=_tls(),
        helper=helper,
        needed=None if again else _needed(on_path=helper == HELPER),
    )
    return variables(os.environ, settings)


def _needed(*, on_path: bool) -> Callable[[Service | None], list[str]] | None:
    """A function that gives the keys which need this helper; None if Git does not say what it has.

    uv runs Git in its cache, so a key counts as set only if it is in both places.
    """
    # What an earlier `env` added is looked at by `variables`.
    files = {name: value for name, value in os.environ.items() if name != COUNT}
    try:
        places = [settings_now(files, trace, folder) for folder in (None, "/")]
    except UvxError as error:
        trace(f"the helper is added in any case: {error}")
        return None

    def needed(service: Service | None) -> list[str]:
        def works(value: str) -> bool:
            return runs_ours(value, on_path=on_path)

        keys = (name for place in places for name in lacking(place, service, works))
        return list(dict.fromkeys(keys))

    return needed


def _helper() -> str:
    """What Git runs: this command by its name if Git finds it on PATH, otherwise by its path."""
    own = None if is_found(os.environ) else own_path()
    if own is None:
        warn_if_not_found()
        return HELPER
    warn_of_old_git()
    return helper_at(own)


def _tls() -> Pairs:
    """The files for TLS that uv uses and Git does not."""
    paths = [(name, os.path.abspath(path)) for name, path in tls_paths(os.environ)]
    if not paths:
        return []
    try:
        return without_own_setting(paths, os.environ, settings_now(os.environ, trace))
    except UvxError as error:
        trace(f"Git gets no settings for TLS: {error}")
        return []


def _become(argv: tuple[str, ...], environ: dict[str, str]) -> NoReturn:
    try:
        platform.become(argv, environ)
    except FileNotFoundError:
        fault = "command not found"
    except OSError as error:
        fault = (error.strerror or "the system refuses it").lower()
    except ValueError:
        fault = "its name is empty"
    raise GitError(f"'{argv[0]}' could not be started: {fault}")
