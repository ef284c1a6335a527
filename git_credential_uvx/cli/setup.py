"""`setup`: write this helper into Git's configuration, or show what Git does now."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from ..errors import GitError, ServiceError, UvxError, printable
from ..git.config import GitSetting, Standing, called, is_ours, place
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
from ..urls.parts import redact
from ..urls.service import Service, service_from_url
from .common import NegativeAnswer, as_json, manners, program, say, show, show_json, trace, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..git.environment import Pairs


@click.command("setup")
@click.option("--global", "scopes", flag_value="global", multiple=True, help="For you (default).")
@click.option("--system", "scopes", flag_value="system", multiple=True, help="For every user.")
@click.option(
    "--local", "scopes", flag_value="local", multiple=True, help="For this repository; not for uv."
)
@click.option("--file", "path", metavar="FILE", help="In this configuration file.")
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="For this host only.")
@click.option("--use-http-path", is_flag=True, help="Let Git send the path of a repository too.")
@click.option("--replace", is_flag=True, help="Clear the helpers that are set before.")
@click.option(
    "--tls",
    is_flag=True,
    help="Configure SSL_CERT_FILE and SSL_CLIENT_CERT in Git too; it cannot use SSL_CERT_DIR.",
)
@click.option(
    "--remove",
    is_flag=True,
    help="Remove what this command wrote; what --use-http-path and --tls wrote, only with them.",
)
@click.option("--check", is_flag=True, help="Show what Git would do now; change nothing.")
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

    All other lines of the file stay. Running it again changes nothing. With --check the exit status
    is 0 if Git asks this helper and 1 if not. With --remove it is 1 if there is nothing to remove.
    """
    services = services_of(hosts)
    if check:
        if scopes or path is not None or use_http_path or replace or remove or tls:
            raise GitError("'--check' looks at all files; it goes with '--host' only")
        return _check(services, as_json=as_json)
    if remove and replace:
        raise GitError("'--remove' does not go with '--replace'")
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
    if remove and not result.changed:
        raise NegativeAnswer(f"{where} holds nothing that these options could take back")
    _tell(result, where)
    if not remove:
        _advise(scope, result.file)
        _warn_of_others(services)
    return 0


def _tls_files() -> Pairs:
    paths = [(name, os.path.abspath(path)) for name, path in tls_paths(os.environ)]
    if not paths:
        raise GitError("'--tls' is for SSL_CERT_FILE and SSL_CLIENT_CERT, and neither is set")
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


def warn_if_not_found() -> None:
    """Warn a person whose git is too old for this helper, or would not find it."""
    old = old_git(os.environ)
    if old is not None:
        warn(old)
    if is_found(os.environ):
        return
    folder = os.path.dirname(os.path.abspath(program()))
    if not os.path.exists(os.path.join(folder, PROGRAM)):
        folder = os.path.dirname(sys.executable)
    advice = f"install it with 'uv tool install {PROGRAM}'"
    if os.path.exists(os.path.join(folder, PROGRAM)):
        advice = f"add '{folder}' to PATH, or {advice}"
    warn(f"git finds no '{PROGRAM}' on PATH; {advice}")


def _warn_of_others(services: Sequence[Service]) -> None:
    """Warn of helpers that Git asks before this one, and of programs that do not find it."""
    try:
        settings = settings_now(os.environ, trace)
    except UvxError:
        return  # the file is written; what Git makes of all others is not known
    asked: Sequence[Service | None] = services or [None]
    found = [Standing(settings, service) for service in asked]
    before = [value for standing in found if standing.asked for value in standing.before]
    for value in dict.fromkeys(before):
        warn(
            f"Git asks {called(value)} first, and stores there too; "
            "'setup --replace' clears the helpers that are set before"
        )
    program = shutil.which(PROGRAM)
    dock = None if program is None else dock_warning(program, sys.platform)
    if dock is not None:
        warn(dock)


def warn_of_python_path() -> None:
    """Warn a person whose PYTHONPATH lets a checkout choose what Python programs import."""
    fault = python_path_fault(os.environ)
    if fault is not None:
        warn(fault)


def _scope(scopes: Sequence[str], path: str | None) -> str:
    if len({*scopes}) + (path is not None) > 1:
        raise GitError("'--global', '--system', '--local' and '--file' exclude each other")
    if path is None:
        return scopes[0] if scopes else "global"
    if not path:
        raise GitError("'--file' names no file")
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
            f"for uv use 'setup --global', or '{PROGRAM} exec -- uv sync'"
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


def _check(services: Sequence[Service], *, as_json: bool) -> int:
    settings = settings_now(os.environ, trace)
    helpers = [s for s in settings if (s.section, s.key) == ("credential", "helper")]
    asked: list[Service | None] = [*services] or [None, *_named(helpers)]
    standings = [(service, Standing(settings, service)) for service in asked]
    if as_json:
        show_json(
            {
                "helpers": [_helper(setting) for setting in helpers],
                "asked": [_standing(service, standing) for service, standing in standings],
            }
        )
    else:
        for line in [*_list(helpers), *_answers(standings)]:
            show(line)
    warn_if_not_found()
    warn_of_python_path()
    answers = [standing.asked and not standing.header for _, standing in standings]
    return 0 if (all(answers) if services else any(answers)) else 1


def _named(helpers: Sequence[GitSetting]) -> list[Service]:
    """The services that sections name, as far as they are one service each."""
    found: list[Service] = []
    for setting in helpers:
        try:
            service = service_from_url(setting.name or "")
        except ServiceError:
            continue
        if service is not None and service not in found:
            found.append(service)
    return found


def _list(helpers: Sequence[GitSetting]) -> list[str]:
    if not helpers:
        return ["no helper is set"]
    lines = ["helpers, in Git's own order:"]
    for number, setting in enumerate(helpers, 1):
        url = _url(setting)
        name = "credential.helper" if url is None else f"credential.{url}.helper"
        lines.append(f"  {number}. {name}: {_what(setting)} ({setting.scope}, {place(setting)})")
    return lines


def _what(setting: GitSetting) -> str:
    if not setting.value:
        return "empty, clears those before"
    return "this helper" if is_ours(setting.value) else called(setting.value)


def _answers(standings: Sequence[tuple[Service | None, Standing]]) -> list[str]:
    lines = []
    for service, standing in standings:
        what = "any host" if service is None else _name(service)
        lines.append(f"{what}: Git {'asks' if standing.asked else 'does not ask'} this helper")
        path = "is told" if standing.path else "is not told"
        lines.append(f"  path of the repository: {path} (credential.useHttpPath)")
        lines += [f"  note: {note}" for note in standing.notes()]
    return lines


def _name(service: Service) -> str:
    return service.realm if service.path == "/" else str(service)


def _url(setting: GitSetting) -> str | None:
    """The URL of a section, without a secret."""
    name = setting.name
    if name is None:
        return None
    return printable(redact(name) if any(mark in name for mark in "@?#") else name)


def _helper(setting: GitSetting) -> dict[str, Any]:
    return {
        "scope": setting.scope,
        "origin": printable(setting.origin),
        "url": _url(setting),
        "helper": _what(setting),
        "ours": is_ours(setting.value),
        "resets": not setting.value,
    }


def _standing(service: Service | None, standing: Standing) -> dict[str, Any]:
    return {
        "url": None if service is None else _name(service),
        "asked": standing.asked,
        "before": [called(value) for value in standing.before],
        "resets": standing.reset,
        "use_http_path": standing.path,
        "header_beats": standing.header,
        "local_only": standing.local,
        "notes": standing.notes(),
    }
