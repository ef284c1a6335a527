"""The tokens that CI systems give their jobs: which service each is for.

A new CI system has a row here with a function for its service, a row in `CI_JOBS` of
`system/settings`, which names its variables, and a convention in `urls/conventions`.
"""

from __future__ import annotations

from ..errors import ServiceError, VariableError
from ..system.settings import CI_JOBS
from ..urls.conventions import AZURE, BITBUCKET, GITHUB, GITLAB, Convention
from ..urls.service import Service, split_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Environ = Mapping[str, str]
    Place = Callable[[Environ, bool], Service | None]


class Job:
    """A kind of CI job.

    It runs where the variable `marker` is `value`, or is set at all if `value` is None. `tokens`
    are the variables of its token, and `convention` is what the service expects with it. `place`
    gives that service, None if no variable names it. It raises VariableError if one names it badly.
    """

    __slots__ = ("convention", "marker", "place", "tokens", "value")

    def __init__(
        self, marker: str, value: str | None, place: Place, convention: Convention
    ) -> None:
        self.marker = marker
        self.value = value
        self.tokens = CI_JOBS[marker]
        self.place = place
        self.convention = convention

    def runs(self, environ: Environ) -> bool:
        """Whether this process is in such a job."""
        marked = environ.get(self.marker)
        return bool(marked) if self.value is None else marked == self.value


def jobs_for(service: Service, environ: Environ, *, anywhere: bool) -> Iterator[Job]:
    """The jobs whose token is set and is for a service; with `anywhere` outside of a job too.

    Raises VariableError.
    """
    for job in _JOBS:
        if (anywhere or job.runs(environ)) and any(map(environ.get, job.tokens)):
            place = job.place(environ, anywhere)
            if place is not None and place.realm == service.realm:
                yield job


def _github(environ: Environ, anywhere: bool) -> Service | None:
    url = environ.get("GITHUB_SERVER_URL")
    if url:
        return _server(url, "GITHUB_SERVER_URL")
    return Service("https", "github.com", None) if anywhere else None


def _gitlab(environ: Environ, _: bool) -> Service | None:
    host, port = environ.get("CI_SERVER_HOST"), environ.get("CI_SERVER_PORT")
    if not host:
        return None
    if environ.get("CI_SERVER_PROTOCOL", "https") != "https":
        raise VariableError("CI_SERVER_PROTOCOL is not https")
    return _server_at(f"{host}:{port}" if port else host, "CI_SERVER_HOST")


def _azure(environ: Environ, _: bool) -> Service | None:
    url = environ.get("SYSTEM_COLLECTIONURI")
    return _server(url, "SYSTEM_COLLECTIONURI") if url else None


def _bitbucket(_: Environ, __: bool) -> Service:
    return Service("https", "bitbucket.org", None)


def _server(url: str, variable: str) -> Service:
    rest = url.removeprefix("https://")
    if rest == url:
        raise VariableError(f"{variable} is not an https URL")
    return _server_at(rest.partition("/")[0], variable)


def _server_at(authority: str, variable: str) -> Service:
    if authority.isascii():
        try:
            return Service("https", *split_host(authority, "https"))
        except ServiceError:
            pass
    raise VariableError(f"{variable} does not name a host")


_JOBS = (
    Job("GITHUB_ACTIONS", "true", _github, GITHUB),
    Job("GITLAB_CI", "true", _gitlab, GITLAB),
    Job("TF_BUILD", "True", _azure, AZURE),
    Job("BITBUCKET_BUILD_NUMBER", None, _bitbucket, BITBUCKET),
)
