"""Git Credential Manager's plaintext store: a folder of files, each with one credential.

The first line is the password, the lines `service=` and `account=` say whose it is (as GCM
2.7 writes them). The file's place in the folder says the same, less exactly.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...credential import Credential, Secret
from ...errors import ServiceError
from ...system.files import parents
from ...system.userfile import walk
from ...urls.parts import split_url
from ...urls.service import Service, service_from_git
from ..rows import Found, Places, Refused, Row, SourceFile
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDING = ".credential"


class Gcm(Reader):
    whole = True

    def paths(self, places: Places) -> list[str]:
        """The folder: `GCM_PLAINTEXT_STORE_PATH` if it is absolute, else GCM's own."""
        named = places.environ.get("GCM_PLAINTEXT_STORE_PATH", "")
        return [named] if named.startswith("/") else places.at_home(".gcm", "store")

    def read(self, file: SourceFile) -> list[Row]:
        """The one credential of a file."""
        data = file.data.removeprefix(b"\xef\xbb\xbf")
        password, *lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
        said = {key: value for key, _, value in (line.partition(b"=") for line in lines)}
        service, account = said.get(b"service", b""), said.get(b"account")
        if not service or account is None:
            return [Refused("it has no line 'service=' or 'account='", 1)]
        if not password:
            return [Refused("it has no password", 1)]
        if not service.startswith((b"https://", b"http://")):
            return [Refused("it is neither https nor http", 1, broken=False)]
        try:
            found = _service(service)
        except ServiceError:
            return [Refused("its service is not a URL of a host", 1)]
        return [Found(found, Credential(account, Secret(password)), 1)]

    def files_at(self, path: str, places: Places) -> Iterator[SourceFile]:
        """The files of the folder, or the one that is given."""
        names = walk(path, _ENDING) if os.path.isdir(path) else [path]
        return (SourceFile(b"", name) for name in names)

    def is_closed(self, path: str) -> bool:
        """Whether a folder above keeps other users out: GCM closes its folder, not its files."""
        return any(not os.stat(folder).st_mode & 0o011 for folder in parents(os.path.abspath(path)))


def _service(text: bytes) -> Service:
    protocol, host, path, _, _ = split_url(text)
    return service_from_git(protocol, host, path.strip(b"/"))


READER = Gcm()
