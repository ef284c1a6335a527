"""`setup --remove`: what of this helper stays in Git's configuration, and how to remove it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from ..git.config import HELPER, OF_CHECKOUT, GitSetting, is_true, place
from ..system.files import identity
from ..urls.service import Service
from .setup_check import host_of, section_url, service_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .setup_check import Standings

_PATH = "usehttppath"


class Left:
    """A setting that stays, and the service that it is for: None for every host."""

    def __init__(self, setting: GitSetting, service: Service | None) -> None:
        self.setting = setting
        self._service = service

    def __str__(self) -> str:
        url = section_url(self.setting)
        key = "useHttpPath" if self._is_path else "helper"
        name = f"credential.{key}" if url is None else f"credential.{url}.{key}"
        what = "Git still asks this helper"
        if self._is_path:
            what = "Git still sends the path of a repository to its helpers"
        where = f"'{name}' in {place(self.setting)}"
        return f"{what} for {host_of(self._service)}, because of {where}"

    @property
    def _is_path(self) -> bool:
        return self.setting.key == _PATH

    def removal(self, scope: str, file: str | None) -> list[str]:
        """The arguments of the command of ours that removes it, none if it cannot. `scope` and
        `file` are those of the configuration from which the person just removed it."""
        setting, service = self.setting, self._service
        wanted = "true" if self._is_path else HELPER
        if setting.value != wanted or setting.name != (service and service.realm):
            return []
        what = ["setup", "--remove", *(["--use-http-path"] if self._is_path else [])]
        host = [] if service is None else ["--host", host_of(service)]
        if setting.scope in ("local", "system"):
            return [*what, f"--{setting.scope}", *host]
        path = setting.origin.removeprefix("file:")
        if scope == "global" and file is not None and identity(path) == identity(file):
            return [*what, *host]
        return [*what, "--file", path, *host] if os.path.isabs(path) else []

    def unsetting(self) -> str:
        """The command of git that removes it, "" if it is not in a file."""
        setting = self.setting
        path = setting.origin.removeprefix("file:")
        where = [f"--{setting.scope}"] if setting.scope in OF_CHECKOUT else ["--file", path]
        if where[0] == "--file" and not os.path.isabs(path):
            return ""
        key = ".".join(filter(None, (setting.section, setting.name, setting.key)))
        value = [] if self._is_path else [setting.value]
        exact = ["--fixed-value"] if value else []
        return shlex.join(["git", "config", *where, *exact, "--unset-all", key, *value])


def left(settings: Sequence[GitSetting], standings: Standings) -> list[Left]:
    """The settings with which Git still asks this helper or sends paths, each once."""
    found: list[Left] = []
    for service, standing in standings:
        ours = standing.ours
        if ours is not None and all(ours is not other.setting for other in found):
            found.append(Left(ours, service))
    services = [service for service, _ in standings]
    for setting in settings:
        if (setting.section, setting.key) != ("credential", _PATH):
            continue
        service = service_named(setting)
        is_meant = None in services or service in services
        if is_meant and is_true(setting.value) and (service is None) == (setting.name is None):
            found.append(Left(setting, service))
    return found
