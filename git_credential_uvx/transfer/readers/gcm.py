"""Git Credential Manager's plaintext store: a folder of files, each with one credential.

The first line is the password, the lines `service=` and `account=` say whose it is (as GCM
2.7 writes them). The file's place in the folder says the same, less exactly.
"""

from __future__ import annotations

from ...credential import Credential, Secret
from ...errors import ServiceError
from ...urls.parts import split_url
from ...urls.service import Service, service_from_git
from ..rows import Found, Places, Refused, Row, SourceFile

FIRST_COUNTS = False
ENDING = ".credential"


def paths(places: Places) -> list[str]:
    """The folder: `GCM_PLAINTEXT_STORE_PATH` if it is absolute, else GCM's own."""
    named = places.environ.get("GCM_PLAINTEXT_STORE_PATH", "")
    return [named] if named.startswith("/") else places.at_home(".gcm", "store")


def read(file: SourceFile) -> list[Row]:
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
        return [Refused("it is for neither https nor http", 1, broken=False)]
    try:
        found = _service(service)
    except ServiceError:
        return [Refused("its service is not a URL of a host", 1)]
    return [Found(found, Credential(account, Secret(password)), 1)]


def _service(text: bytes) -> Service:
    protocol, host, path, _, _ = split_url(text)
    return service_from_git(protocol, host, path.strip(b"/"))


def without(file: SourceFile, found: list[Found], crowded: set[str]) -> None:
    """Nothing: the file holds this one credential."""
