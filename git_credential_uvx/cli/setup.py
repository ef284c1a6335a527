"""`setup`: write this helper into Git's configuration, or show what Git does now."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from ..errors import GitError, ServiceError, UvxError, printable
from ..git.config import called
from ..git.environment import host_service, tls_paths
from ..git.setup import (
    PROGRAM,
    Configuration,
    Result,
    dock_warning,
    is_found,
    old_git,
    python_path_fault,
    reads_another,
    settings_now,
)
from ..stores.shared import SharedStore
from ..system.settings import from_process
from ..urls.commands import command
from ..urls.service import Service
from .common import (
    NegativeAnswer,
    as_json,
    manners,
    next_step,
    program,
    say,
    show_json,
    trace,
    warn,
)
from .setup_check import asked_first, host_of, show_now, standings_of, unasked
from .setup_left import left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..git.config import GitSetting
    from ..git.environment import Pairs


@click.command("setup")
@click.option(
    "--global",
    "scopes",
    flag_value="global",
    multiple=True,
    help="Write your own configuration (the default).",
)
@click.option(
    "--system",
    "scopes",
    flag_value="system",
    multiple=True,
    help="Write the configuration for all users.",
)
@click.option(
    "--local",
    "scopes",
    flag_value="local",
    multiple=True,
    help="Write the configuration of this repository, which uv does not read.",
)
@click.option("--file", "path", metavar="FILE", help="Write this configuration file.")
@click.option(
    "--host", "hosts", multiple=True, metavar="HOST", help="Configure it for this host only."
)
@click.option("--use-http-path", is_flag=True, help="Also let Git send the path of a repository.")
@click.option("--replace", is_flag=True, help="Cancel the helpers that are set before this one.")
@click.option(
    "--tls",
    is_flag=True,
    help="Also configure SSL_CERT_FILE and SSL_CLIENT_CERT in Git, which has no SSL_CERT_DIR.",
)
@click.option(
    "--remove",
    is_flag=True,
    help="Remove what this command wrote; what --use-http-path and --tls wrote, only with them.",
)
@click.option("--check", is_flag=True, help="Show what Git does now, and change nothing.")
@as_json
@manners
def setup_command(
    scopes: tuple[str, ...],
    path: str | None,
    hosts: tuple[str, ...],
    use_http_path: bool,
    replace: bool,
    tls: bool,
    remove: bool,
    check: bool,
    as_json: bool,
) -> int:
    """Configure Git to ask this helper.

    All other lines of the file stay. Running it again changes nothing.

    With --check, the exit status is 0 if Git asks this helper, and 1 if it does not, if a setting
    cancels it for a host, or if git does not find the command on PATH. With --remove, it is 1 if
    there is nothing to remove.
    """
    services = services_of(hosts)
    if check:
        if scopes or path is not None or use_http_path or replace or remove or tls:
            raise GitError("'--check' can be combined with '--host' only")
        is_asked, step = show_now(services, as_json=as_json)
        warn_if_not_found()
        warn_of_python_path()
        if step:
            next_step(*step)
        return 0 if is_asked else 1
    if remove and replace:
        raise GitError("'--remove' cannot be combined with '--replace'")
    files = _tls_files() if tls else []
    scope = _scope(scopes, path)
    configuration = Configuration(scope, path, os.environ, trace)
    if remove:
        result = configuration.remove(services, use_http_path=use_http_path, tls=files)
    else:
        result = configuration.set_up(
            services, use_http_path=use_http_path, replace=replace, tls=files
        )
    where = configuration.described if result.file is None else f"'{result.file}'"
    if as_json:
        show_json(_document(result, scope))
    if not remove:
        _tell(result, where)
        _advise(scope, result.file)
        _warn_of_others(services, result.file if scope == "file" else None)
        return 0
    if result.changed:
        _tell(result, where)
    _warn_of_left(services, scope, result.file)
    if not result.changed:
        raise NegativeAnswer(f"{where} has nothing to remove for these options")
    return 0


def _tls_files() -> Pairs:
    paths = [(name, os.path.abspath(path)) for name, path in tls_paths(os.environ)]
    if not paths:
        raise GitError("'--tls' needs SSL_CERT_FILE or SSL_CLIENT_CERT, and neither is set")
    return paths


def services_of(hosts: Sequence[str]) -> list[Service]:
    """The hosts of a command line. Raises ServiceError, which says which one is wrong."""
    services = []
    for number, host in enumerate(hosts, 1):
        try:
            service = host_service(host)
        except ServiceError as error:
            which = "'--host'" if len(hosts) == 1 else f"'--host' number {number}"
            raise ServiceError(f"{which} cannot be used: {error}") from None
        if service not in services:
            services.append(service)
    return services


def warn_if_not_found() -> bool:
    """Warn a person whose git is too old for this helper, or would not find it.

    Returns whether git finds it.
    """
    warn_of_old_git()
    if is_found(os.environ):
        return True
    own = own_path()
    advice = "run 'uv tool install .' in a checkout of it"
    if own is not None:
        advice = f"add '{os.path.dirname(own)}' to PATH, or {advice}"
    warn(f"Git does not find '{PROGRAM}' on PATH; {advice}")
    return False


def warn_of_old_git() -> None:
    """Warn a person whose git is too old for this helper."""
    old = old_git(os.environ)
    if old is not None:
        warn(old)


def own_path() -> str | None:
    """The absolute path of this command; None if it was not installed."""
    for folder in (os.path.dirname(os.path.abspath(program())), os.path.dirname(sys.executable)):
        path = os.path.join(folder, PROGRAM)
        if os.access(path, os.X_OK):
            return path
    return None


def _settings() -> list[GitSetting]:
    """What Git has set now; empty if it cannot be asked, although the file is written."""
    try:
        return settings_now(os.environ, trace)
    except UvxError:
        return []


def _warn_of_left(services: Sequence[Service], scope: str, file: str | None) -> None:
    """Warn of what stays of this helper in Git's configuration, and name the commands that remove
    it."""
    settings = _settings()
    steps: dict[tuple[str, ...], None] = {}
    for found in left(settings, standings_of(settings, services)):
        if services and found.setting.name is None:
            warn(f"{found}, which is for every host")
            continue
        words = found.removal(scope, file)
        unsetting = found.unsetting()
        if words:
            warn(str(found))
            steps[(*words,)] = None
        else:
            warn(f"{found}; " + (f"run: {unsetting}" if unsetting else "remove that setting"))
    for step in steps:
        next_step(*step)


def _warn_of_others(services: Sequence[Service], extra: str | None) -> None:
    """Warn of what keeps Git from asking this helper first, and name the next step.

    `extra` is the file of `--file`, which Git reads only if another one includes it.
    """
    standings = standings_of(_settings(), services)
    is_asked = any(standing.asked for _, standing in standings)
    if extra is not None and standings and not is_asked:
        include = shlex.join(("git", "config", "--global", "--add", "include.path", extra))
        warn(f"Git does not read this file; run: {include}")
        return
    for value, service in asked_first(standings):
        where = "" if service is None else f" for {host_of(service)}"
        only = ["--host", host_of(service)] if services else []
        warn(
            f"Git asks {called(value)} first{where}, and stores new credentials there too; "
            f"run '{command('setup', '--replace', *only)}' to cancel it"
        )
    for service, standing in unasked(standings):
        warn(f"Git does not ask this helper for {host_of(service)}: {standing.fault}")
    program = shutil.which(PROGRAM)
    dock = None if program is None else dock_warning(program, sys.platform)
    if dock is not None:
        warn(dock)
    cleared = [service for service, at in unasked(standings) if at.cleared and service]
    if cleared and not services:
        next_step("setup", "--host", host_of(cleared[0]))
    elif is_asked and _is_store_empty():
        next_step("login", host_of(services[0]) if services else "HOST")


def _is_store_empty() -> bool:
    try:
        return not SharedStore(from_process()).entries().entries
    except UvxError:
        return False  # every other command reports it


def warn_of_python_path() -> None:
    """Warn a person whose PYTHONPATH lets a checkout choose what Python programs import."""
    fault = python_path_fault(os.environ)
    if fault is not None:
        warn(fault)


def _scope(scopes: Sequence[str], path: str | None) -> str:
    if len({*scopes}) + (path is not None) > 1:
        raise GitError("only one of '--global', '--system', '--local' and '--file' can be given")
    if path is None:
        return scopes[0] if scopes else "global"
    if not path:
        raise GitError("'--file' is empty")
    return "file"


def _tell(result: Result, where: str) -> None:
    for change in result.changes:
        say(f"{change.outcome}: {change.key} = {change.value}, in {where}")
    for note in result.notes:
        warn(note)


def _advise(scope: str, file: str | None) -> None:
    if scope == "local":
        warn(
            "uv runs Git in its cache and does not see the configuration of a repository; "
            f"for uv use '{PROGRAM} setup --global', or '{PROGRAM} exec -- uv sync'"
        )
    variable = reads_another(scope, file, os.environ)
    if variable is not None:
        warn(f"{variable} is set, so Git in this shell does not read this file")
    warn_if_not_found()


def _document(result: Result, scope: str) -> dict[str, Any]:
    return {
        "scope": scope,
        "file": None if result.file is None else printable(result.file),
        "changed": result.changed,
        "settings": [
            {"key": change.key, "value": change.value, "outcome": change.outcome}
            for change in result.changes
        ],
        "notes": result.notes,
    }
