"""`setup --check`: what Git does with its credential helpers now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import ServiceError, printable
from ..git.config import GitSetting, Standing, called, is_ours, needs_path, place
from ..git.setup import PROGRAM, is_found, settings_now
from ..urls.parts import redact
from ..urls.service import Service, service_from_url
from .common import show, show_json, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

Standings = list[tuple[Service | None, Standing]]


def show_now(services: Sequence[Service], *, as_json: bool) -> tuple[bool, list[str]]:
    """Show what Git does for these services, or for any. Returns whether it asks this helper for
    all of them, and the arguments of the command of ours that would change that."""
    settings = settings_now(os.environ, trace)
    helpers = [s for s in settings if (s.section, s.key) == ("credential", "helper")]
    standings = standings_of(settings, services)
    asked = any(standing.asked and not standing.header for _, standing in standings)
    on_path = is_found(os.environ)
    is_there = on_path or not any(_needs_path(standing) for _, standing in standings)
    if as_json:
        show_json(
            {
                "helpers": [_helper(setting) for setting in helpers],
                "asked": [_standing(service, standing) for service, standing in standings],
                "on_path": on_path,
            }
        )
    else:
        lines = [*_list(helpers), *_answers(standings)]
        for line in [*lines, _last_line(standings, is_there=is_there)]:
            show(line)
    missing = unasked(standings)
    cleared = [service for service, standing in missing if standing.cleared and service]
    step = []
    if cleared:
        step = ["setup", "--host", host_of(cleared[0])]
    elif not asked and not any(standing.header for _, standing in standings):
        step = ["setup"]
    return asked and not missing and is_there, step


def standings_of(settings: list[GitSetting], services: Sequence[Service]) -> Standings:
    """What Git does for these services, or else for any host and those that a section names."""
    helpers = [s for s in settings if (s.section, s.key) == ("credential", "helper")]
    asked: list[Service | None] = [*services] or [None, *_named(helpers)]
    return [(service, Standing(settings, service)) for service in asked]


def unasked(standings: Standings) -> Standings:
    """The services that get nothing from this helper although they could: those that a person
    named, and those for which something cancels it. Not being set up for a host is no fault."""
    if not any(service is None for service, _ in standings):
        return [one for one in standings if one[1].fault]
    return [one for one in standings if one[1].cleared is not None or one[1].header is not None]


def _needs_path(standing: Standing) -> bool:
    return standing.ours is not None and needs_path(standing.ours.value)


def _last_line(standings: Standings, *, is_there: bool) -> str:
    """What Git would get, in one line."""
    if not is_there:
        return f"Git would get: nothing, because it finds no '{PROGRAM}' on PATH"
    faults = unasked(standings) or [one for one in standings if one[1].fault]
    if len(faults) == len(standings) or (faults and faults[0][0] is not None):
        service, standing = faults[0]
        where = "" if service is None else f" for {host_of(service)}"
        return f"Git would get{where}: nothing from this helper, because {standing.fault}"
    first = asked_first(standings)
    everywhere = [
        called(value) for value, service in first if service is None or len(standings) == 1
    ]
    start = f"what {' or '.join(everywhere)} answers, or else " if everywhere else ""
    end = "".join(
        f"; for {host_of(service)}, {called(value)} answers first"
        for value, service in first
        if called(value) not in everywhere
    )
    return f"Git would get: {start}what this helper answers{end}"


def asked_first(standings: Standings) -> list[tuple[str, Service | None]]:
    """The helpers that Git asks before this one, each with the first service of these for which
    it does; None is any host."""
    found: dict[str, Service | None] = {}
    for service, standing in standings:
        for other in standing.before if standing.asked else ():
            found.setdefault(other.value, service)
    return [*found.items()]


def host_of(service: Service | None) -> str:
    return "any host" if service is None else _name(service).removeprefix("https://")


def _named(helpers: Sequence[GitSetting]) -> list[Service]:
    """The services that sections name, as far as they are one service each."""
    return [*dict.fromkeys(filter(None, map(service_named, helpers)))]


def service_named(setting: GitSetting) -> Service | None:
    """The service that the section of a setting names, None for none."""
    try:
        return service_from_url(setting.name or "")
    except ServiceError:
        return None


def _list(helpers: Sequence[GitSetting]) -> list[str]:
    if not helpers:
        return ["Git has no credential helper"]
    lines = ["credential helpers, in Git's order:"]
    for number, setting in enumerate(helpers, 1):
        url = section_url(setting)
        name = "credential.helper" if url is None else f"credential.{url}.helper"
        lines.append(f"  {number}. {name}: {_what(setting)} ({setting.scope}, {place(setting)})")
    return lines


def _what(setting: GitSetting) -> str:
    if not setting.value:
        return "empty, clears those before"
    return "this helper" if is_ours(setting.value) else called(setting.value)


def _answers(standings: Standings) -> list[str]:
    lines = []
    for service, standing in standings:
        what = "any host" if service is None else _name(service)
        lines.append(f"{what}: Git {'asks' if standing.asked else 'does not ask'} this helper")
        path = "the path of the repository" if standing.path else "no repository path"
        state = "on" if standing.path else "off"
        lines.append(f"  Git sends {path} (credential.useHttpPath is {state})")
        lines += [f"  note: {note}" for note in standing.notes()]
    return lines


def _name(service: Service) -> str:
    return service.realm if service.path == "/" else str(service)


def section_url(setting: GitSetting) -> str | None:
    """The URL of a section, without a secret."""
    name = setting.name
    if name is None:
        return None
    return printable(redact(name) if any(mark in name for mark in "@?#") else name)


def _helper(setting: GitSetting) -> dict[str, Any]:
    return {
        "scope": setting.scope,
        "origin": printable(setting.origin),
        "url": section_url(setting),
        "helper": _what(setting),
        "ours": is_ours(setting.value),
        "resets": not setting.value,
    }


def _standing(service: Service | None, standing: Standing) -> dict[str, Any]:
    return {
        "url": None if service is None else _name(service),
        "asked": standing.asked,
        "before": [called(helper.value) for helper in standing.before],
        "resets": standing.reset,
        "use_http_path": standing.path,
        "header_beats": standing.header is not None,
        "local_only": standing.local,
        "notes": standing.notes(),
    }
