"""Patterns of URLs, as written in the configuration: `https://*.example.com/team`."""

from __future__ import annotations

from ..errors import ServiceError
from .service import Service, service_from_url


class Pattern:
    """A service, with `labels` more labels on the left of its host that may be any."""

    __slots__ = ("labels", "service")

    def __init__(self, service: Service, labels: int = 0) -> None:
        self.service = service
        self.labels = labels

    def matches(self, other: Service) -> bool:
        """Whether this covers `other`.

        Scheme, port, the written labels and the number of labels must be equal, and the path must
        be the same or above, by whole segments.
        """
        if self.labels:
            names = other.host.split(".")
            if len(names) <= self.labels:
                return False
            rest = ".".join(names[self.labels :])
            other = Service(other.scheme, rest, other.port, other.path)
        return self.service.covers(other)

    def is_below(self, other: Service) -> bool:
        """Whether it matches something that `other` covers."""
        if not self.labels:
            return other.covers(self.service)
        names = other.host.split(".")
        rest = ".".join(names[self.labels :])
        return other.covers(Service(other.scheme, other.host, other.port, self.service.path)) and (
            (other.scheme, rest, other.port)
            == (self.service.scheme, self.service.host, self.service.port)
        )

    def __str__(self) -> str:
        return str(self.service).replace("://", "://" + "*." * self.labels, 1)


def parse_pattern(text: str) -> Pattern:
    """Read `https://host[:port][/path]`, in which the first labels of the host may be `*`.

    Raises ServiceError, which does not quote the text: it can hold a secret.
    """
    scheme, mark, rest = text.partition("://")
    host, _, path = rest.partition("/")
    if scheme not in ("https", "http") or not mark or not host or not text.isprintable():
        raise ServiceError("it is not of the form https://host/path")
    if any(character in text for character in "@?#\\ "):
        raise ServiceError("it has a username, a query, a fragment, a backslash or a blank")
    labels = 0
    while host.startswith("*."):
        labels += 1
        host = host[2:]
    if "*" in host or "*" in path:
        raise ServiceError("a '*' stands only for a whole label on the left of the host")
    # Put a label in place of each star: `*.1.2.3` must not be read as an address.
    service = service_from_url(f"{scheme}://{'x.' * labels}{host}/{path}")
    if service is None:
        raise ServiceError("it names no host and path that can be asked for")
    rest = service.host[2 * labels :]
    return Pattern(Service(service.scheme, rest, service.port, service.path), labels)
