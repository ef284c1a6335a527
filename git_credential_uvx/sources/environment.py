"""Credentials in environment variables, each bound to one host, one index name or one job.

A variable is found by building its name from what is asked and looking that name up. The
environment is never searched, so no name is ever taken apart or guessed at, and a question that
no variable is for costs a few look-ups.

`UVX_TOKEN_<host>` spells a host as Terraform does in `TF_TOKEN_<host>`: dots as `_`, hyphens as
`__`, international names as punycode, in lower case or all in upper case; and a port, if it is
not https's own, as `_<port>`. No two places build the same name: an odd run of underscores is
a dot, an even one is hyphens (no label begins or ends with one), and no host but four numbers
ends in a number, so a fifth number, or one behind a word, is a port. What a name does not tell is
the scheme; http is answered on this machine alone, and always by its port, so there a name
means one socket. An IPv6 address has no name.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..errors import ServiceError, UvxError
from ..query import PLACEHOLDERS, Finding, Query, not_for_http, sendable, variable_name
from ..urls.conventions import (
    AZURE,
    BITBUCKET,
    GITHUB,
    GITLAB,
    Convention,
    convention_for,
    username_for,
)
from ..urls.service import Service, service_from_stored, split_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Environ = Mapping[str, str]

_HUGGING_FACE = "https://huggingface.co"


class EnvironmentSource:
    """What the variables of an environment say.

    `job_tokens` is whether the tokens of CI jobs count: None inside a job only, True wherever
    they are set, False never.
    """

    __slots__ = ("_environ", "_job_tokens")

    name = "environment"

    def __init__(self, environ: Mapping[str, str], *, job_tokens: bool | None = None) -> None:
        self._environ = environ
        self._job_tokens = job_tokens

    def find(self, query: Query, now: int) -> Finding:
        """What the variables have for the query; `place` names the one with the secret.

        A variable that is for another username is passed over. One that holds what cannot be
        used is the reason for no answer, and none is used in its stead. Raises nothing.
        """
        environ = self._environ
        without: Finding | None = None
        try:
            wanted = query.username
            if wanted is None:
                wanted = _prescribed(environ, query)
            for look in (_publish, _index, _host, _hugging_face, self._job):
                found = look(environ, query, wanted)
                found = None if found is None else sendable(found, query)
                if found is not None and found.credential is not None:
                    return found
                without = without or found
        except UvxError as fault:
            return Finding(reason=str(fault), warning=str(fault))
        return without or _of_https(environ, query) or Finding(reason="no variable for it is set")

    def username(self, query: Query) -> bytes | None:
        """The username that the variables name for the query, perhaps without any secret, for
        sources asked later: a keyring wants it. Raises nothing."""
        try:
            return _prescribed(self._environ, query)
        except UvxError:
            return None

    def _job(self, environ: Environ, query: Query, wanted: bytes | None) -> Finding | None:
        if self._job_tokens is False:
            return None
        for job in _JOBS:
            if self._job_tokens or job.runs(environ):
                found = job.look(environ, query, wanted, configured=self._job_tokens is True)
                if found is not None:
                    return found
        return None


def variable_stem(service: Service) -> str | None:
    """The end of the names of a host's variables: `git_example_com_8443`.

    None where no name can spell the host. Raises nothing.
    """
    if service.host.startswith("["):
        return None
    stem = service.host.replace("-", "__").replace(".", "_")
    port = service.port
    if port is None and service.scheme == "http":
        port = 80
    return stem if port is None else f"{stem}_{port}"


def _value(environ: Environ, variable: str) -> bytes | None:
    """The bytes of a variable; None if it is empty or not set. Raises UvxError."""
    text = environ.get(variable)
    if not text:
        return None
    if "\n" in text or "\r" in text or "\0" in text:
        raise UvxError(f"{variable} holds a line end or NUL")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        pass  # Raised below, because this error holds the text and would go along.
    raise UvxError(f"{variable} holds what no environment can")


def _either(environ: Environ, prefix: str, stem: str) -> tuple[str, bytes | None]:
    """The variable in lower case or else in upper case, with its value. Raises UvxError."""
    value = _value(environ, prefix + stem)
    if value is not None:
        return prefix + stem, value
    # Terraform reads both; Windows knows names in upper case only.
    upper = prefix + stem.upper()
    return upper, _value(environ, upper)


def _prescribed(environ: Environ, query: Query) -> bytes | None:
    username = None
    if query.use == "publish" and _publishes_to(environ, query):
        username = _value(environ, "UV_PUBLISH_USERNAME")
    if username is None and query.index and query.use != "git":
        username = _value(environ, f"UV_INDEX_{variable_name(query.index)}_USERNAME")
    stem = variable_stem(query.service)
    if username is None and stem is not None:
        username = _either(environ, "UVX_USERNAME_", stem)[1]
    return username


def _publish(environ: Environ, query: Query, wanted: bytes | None) -> Finding | None:
    if query.use != "publish":
        return None
    username = _value(environ, "UV_PUBLISH_USERNAME")
    secret, place = _value(environ, "UV_PUBLISH_PASSWORD"), "UV_PUBLISH_PASSWORD"
    token = _value(environ, "UV_PUBLISH_TOKEN")
    if token is not None:
        if secret is not None or username is not None:
            raise UvxError("UV_PUBLISH_TOKEN is set beside a username or password")
        secret, place = token, "UV_PUBLISH_TOKEN"
    if secret is None:
        return None
    if not _publishes_to(environ, query):
        return Finding(reason=f"UV_PUBLISH_URL does not name this host, so {place} is not for it")
    if token is None and username is None and wanted is None and not _known(query):
        # As with uv, the empty username is one, and none at all an error.
        if "UV_PUBLISH_USERNAME" not in environ:
            raise UvxError("UV_PUBLISH_PASSWORD is set without UV_PUBLISH_USERNAME")
        username = b""
    exact = query.bound or bool(environ.get("UV_PUBLISH_URL"))
    return _in_clear(query, _answer(query, wanted, secret, place, username), exact=exact)


def _known(query: Query) -> bool:
    return convention_for(query.service.host) is not None


def _publishes_to(environ: Environ, query: Query) -> bool:
    """Whether the user chose this realm to publish to, by UV_PUBLISH_URL or by naming it: a
    project's file or a redirect can name another, and these variables are not for that."""
    url = environ.get("UV_PUBLISH_URL")
    if not url:
        return not query.led
    try:
        chosen = service_from_stored(url)
    except ServiceError:
        return False
    return chosen is not None and chosen.realm == query.service.realm


def _index(environ: Environ, query: Query, wanted: bytes | None) -> Finding | None:
    # An index's URL stands in a project's file, which Git operations must not depend on.
    if query.use == "git" or not query.index:
        return None
    stem = "UV_INDEX_" + variable_name(query.index)
    password = _value(environ, stem + "_PASSWORD")
    if password is None:
        return None
    username = _value(environ, stem + "_USERNAME")
    if username is None and wanted is None and not _known(query):
        username = b""  # What uv sends; a service that is known gets the one it wants.
    found = _answer(query, wanted, password, stem + "_PASSWORD", username)
    return _in_clear(query, found, exact=query.bound)


def _of_https(environ: Environ, query: Query) -> Finding | None:
    """What to report of a variable that is for the same host, and for https alone."""
    if not query.exact_only:
        return None
    service = query.service
    twin = Query(Service("https", service.host, service.port, service.path), use=query.use)
    for look in (_host, _hugging_face):
        found = look(environ, twin, None)
        if found is not None and found.credential is not None:
            return not_for_http(found.place)
    return None


def _in_clear(query: Query, found: Finding, *, exact: bool) -> Finding:
    """The finding, with a warning if it goes over plain http; `exact` is whether the user's own
    configuration says that it is for this realm."""
    found.exact = exact
    if found.credential is not None and query.unencrypted and (exact or not query.exact_only):
        found.warning = f"{found.place} goes to '{query.service.realm}' unencrypted"
    return found


def _host(environ: Environ, query: Query, wanted: bytes | None) -> Finding | None:
    service = query.service
    stem = variable_stem(service)
    if stem is None:
        return None
    variable, token = _either(environ, "UVX_TOKEN_", stem)
    if token is None:
        return None
    username = _either(environ, "UVX_USERNAME_", stem)[1]
    return _answer(query, wanted, token, variable, username)


def _hugging_face(environ: Environ, query: Query, wanted: bytes | None) -> Finding | None:
    if query.service.realm != _HUGGING_FACE:
        return None
    # Set to anything, the empty text included, as uv reads it.
    if "UV_NO_HF_TOKEN" in environ:
        return Finding(reason="UV_NO_HF_TOKEN turns HF_TOKEN off")
    token = _value(environ, "HF_TOKEN")
    return None if token is None else _answer(query, wanted, token, "HF_TOKEN")


def _answer(
    query: Query,
    wanted: bytes | None,
    secret: bytes,
    place: str,
    username: bytes | None = None,
    job: Convention | None = None,
) -> Finding:
    """The credential of a secret that is for the query's service.

    Without a `username` the secret is a bare token. That goes with the wanted username where the
    service lets it, and else with the one that the service wants; a `job` says which one
    that is for its own token.
    """
    # uv takes these names as they are; only Git's URLs carry them for any account.
    asked = None if query.use == "git" and wanted in PLACEHOLDERS else wanted
    if username is None:
        convention = job or convention_for(query.service.host)
        if convention is not None and convention.bearer and query.use != "git":
            return _bearer(query, asked, secret, place)
        if asked is not None and not (convention and convention.fixed(job_token=job is not None)):
            username = asked
        elif job is not None:
            username = job.username_with(secret, job_token=True)
        else:
            username = username_for(query.service, secret, query.use)
    if asked is not None and asked != username:
        return Finding(reason=f"{place} is for another username")
    return Finding(Credential(username, Secret(secret)), place=place)


def _bearer(query: Query, asked: bytes | None, token: bytes, place: str) -> Finding:
    if asked:
        return Finding(reason=f"{place} goes without a username")
    if not query.schemes:
        return Finding(reason=f"{place} goes as Bearer, and only a password was asked for")
    return Finding(Credential(None, Secret(token), authtype=b"Bearer"), place=place)


class _Job:
    """A kind of CI: the variables of its jobs' own token, and which service that is for.

    A job runs where `marker` is `value`, or is set at all if that is None. `place` gives the
    one service, None if the variables name none, and raises UvxError if they name it badly.
    """

    __slots__ = ("convention", "marker", "place", "tokens", "value")

    def __init__(
        self,
        tokens: tuple[str, ...],
        marker: str,
        value: str | None,
        place: Callable[[Environ, bool], Service | None],
        convention: Convention,
    ) -> None:
        self.tokens = tokens
        self.marker = marker
        self.value = value
        self.place = place
        self.convention = convention

    def runs(self, environ: Environ) -> bool:
        marked = environ.get(self.marker)
        return bool(marked) if self.value is None else marked == self.value

    def look(
        self, environ: Environ, query: Query, wanted: bytes | None, *, configured: bool
    ) -> Finding | None:
        if not any(map(environ.get, self.tokens)):
            return None
        service = self.place(environ, configured)
        if service is None or service.realm != query.service.realm:
            return None
        for variable in self.tokens:
            token = _value(environ, variable)
            if token is not None:
                return _answer(query, wanted, token, variable, job=self.convention)
        return None


def _github(environ: Environ, configured: bool) -> Service | None:
    url = environ.get("GITHUB_SERVER_URL")
    if url:
        return _server(url, "GITHUB_SERVER_URL")
    return Service("https", "github.com", None) if configured else None


def _gitlab(environ: Environ, _: bool) -> Service | None:
    host, port = environ.get("CI_SERVER_HOST"), environ.get("CI_SERVER_PORT")
    if not host:
        return None
    if environ.get("CI_SERVER_PROTOCOL", "https") != "https":
        raise UvxError("CI_SERVER_PROTOCOL is not https")
    return _server_at(f"{host}:{port}" if port else host, "CI_SERVER_HOST")


def _azure(environ: Environ, _: bool) -> Service | None:
    url = environ.get("SYSTEM_COLLECTIONURI")
    return _server(url, "SYSTEM_COLLECTIONURI") if url else None


def _bitbucket(_: Environ, __: bool) -> Service:
    return Service("https", "bitbucket.org", None)


def _server(url: str, variable: str) -> Service:
    scheme, mark, rest = url.partition("://")
    if scheme != "https" or not mark:
        raise UvxError(f"{variable} is no https URL")
    return _server_at(rest.partition("/")[0], variable)


def _server_at(authority: str, variable: str) -> Service:
    if authority.isascii():
        try:
            return Service("https", *split_host(authority, "https"))
        except ServiceError:
            pass
    raise UvxError(f"{variable} does not name a host")


_JOBS = (
    _Job(("GITHUB_TOKEN", "GH_TOKEN"), "GITHUB_ACTIONS", "true", _github, GITHUB),
    _Job(("CI_JOB_TOKEN",), "GITLAB_CI", "true", _gitlab, GITLAB),
    _Job(("SYSTEM_ACCESSTOKEN",), "TF_BUILD", "True", _azure, AZURE),
    _Job(("BITBUCKET_ACCESS_TOKEN",), "BITBUCKET_BUILD_NUMBER", None, _bitbucket, BITBUCKET),
)
