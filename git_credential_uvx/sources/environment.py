"""Credentials in environment variables, each for one host, one index name or one CI job.

A query is turned into the names of its variables, which are then looked up. The environment is not
searched, so no name has to be split or guessed.

`UVX_TOKEN_<host>` spells a host as Terraform does in `TF_TOKEN_<host>`: dots as `_`, hyphens as
`__`, international names as punycode, in lower case or all in upper case. A port other than 443
follows as `_<port>`. No two hosts have the same name:

* An odd number of underscores is a dot, an even number is hyphens. They are never next to each
  other, because no label begins or ends with a hyphen.
* Only an address of four numbers ends in a number, so a fifth number, or one after a word, is a
  port.
* The name does not contain the scheme. Plain http is answered on this machine only, and always by
  its port, so there a name stands for one socket.

A host with an underscore and an IPv6 address have no name.
"""

from __future__ import annotations

from ..credential import Credential, Secret
from ..errors import ServiceError, VariableError
from ..query import ANY_ACCOUNT_NAMES, Query, SourceAnswer, not_for_http, sendable, variable_name
from ..system.settings import in_job
from ..urls.conventions import Convention, convention_for, username_for
from ..urls.service import Service, service_from_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Environ = Mapping[str, str]

_HUGGING_FACE = "https://huggingface.co"


class EnvironmentSource:
    """The credentials in the variables of an environment.

    `job_tokens` is whether the tokens of CI jobs count: None in a job only, True wherever they are
    set, False never.
    """

    __slots__ = ("_environ", "_job_tokens")

    name = "environment"

    def __init__(self, environ: Mapping[str, str], *, job_tokens: bool | None = None) -> None:
        self._environ = environ
        self._job_tokens = job_tokens

    def find(self, query: Query, now: int) -> SourceAnswer:
        """What the variables have for the query; `place` names the one with the secret.

        A variable for another username is skipped. If a variable cannot be used, there is no
        answer, and no other variable is used instead. Raises nothing.
        """
        environ = self._environ
        without: SourceAnswer | None = None
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
        except VariableError as fault:
            return SourceAnswer(reason=str(fault), warning=str(fault))
        return without or _of_https(environ, query) or SourceAnswer(reason=not_set(query))

    def _job(self, environ: Environ, query: Query, wanted: bytes | None) -> SourceAnswer | None:
        if self._job_tokens is False or not (self._job_tokens or in_job(environ)):
            return None
        from .ci_jobs import jobs_for

        for job in jobs_for(query.service, environ, anywhere=self._job_tokens is True):
            for variable in job.tokens:
                token = _value(environ, variable)
                if token is not None:
                    return _answer(query, wanted, token, variable, job=job.convention)
        return None


def username(environ: Environ, query: Query) -> bytes | None:
    """The username that a variable names for the query, even if no variable has a secret.

    Sources that are asked later get it: a keyring needs one. Raises nothing.
    """
    try:
        return _prescribed(environ, query)
    except VariableError:
        return None


def variable_stem(service: Service) -> str | None:
    """The end of the names of a host's variables: `git_example_com_8443`.

    None if the host has no such name. Raises nothing.
    """
    if "_" in service.host or service.host.startswith("["):
        return None
    stem = service.host.replace("-", "__").replace(".", "_")
    port = service.port
    if port is None and service.scheme == "http":
        port = 80
    return stem if port is None else f"{stem}_{port}"


def not_set(query: Query) -> str:
    """Which variable would answer a query, if it were set. Raises nothing."""
    stem = variable_stem(query.service)
    names = [] if stem is None else [f"UVX_TOKEN_{stem}"]
    if query.use == "publish":
        names.insert(0, "UV_PUBLISH_TOKEN")
    elif query.index and query.use != "git":
        names.insert(0, f"UV_INDEX_{variable_name(query.index)}_PASSWORD")
    if names:
        return f"{' or '.join(names)} is not set"
    kind = "an IPv6 address" if query.service.host.startswith("[") else "a host with an underscore"
    return f"no variable name can stand for {kind}"


def _value(environ: Environ, variable: str) -> bytes | None:
    """The bytes of a variable; None if it is empty or not set. Raises VariableError."""
    text = environ.get(variable)
    if not text:
        return None
    if "\n" in text or "\r" in text or "\0" in text:
        raise VariableError(f"{variable} has a line end or NUL")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        pass  # Raise outside of this block, because this error holds the value.
    raise VariableError(f"{variable} has a character that no environment can have")


def _either(environ: Environ, prefix: str, stem: str) -> tuple[str, bytes | None]:
    """The variable in lower case or else in upper case, with its value. Raises VariableError."""
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


def _publish(environ: Environ, query: Query, wanted: bytes | None) -> SourceAnswer | None:
    if query.use != "publish":
        return None
    username = _value(environ, "UV_PUBLISH_USERNAME")
    secret, place = _value(environ, "UV_PUBLISH_PASSWORD"), "UV_PUBLISH_PASSWORD"
    token = _value(environ, "UV_PUBLISH_TOKEN")
    if token is not None:
        if secret is not None or username is not None:
            raise VariableError("UV_PUBLISH_TOKEN is set together with a username or password")
        secret, place = token, "UV_PUBLISH_TOKEN"
    if secret is None:
        return None
    if not _publishes_to(environ, query):
        return SourceAnswer(
            reason=f"UV_PUBLISH_URL does not name this host, so {place} is not for it"
        )
    if token is None and username is None and wanted is None and not _known(query):
        # As in uv, an empty username is accepted, but an unset variable is an error.
        if "UV_PUBLISH_USERNAME" not in environ:
            raise VariableError("UV_PUBLISH_PASSWORD is set without UV_PUBLISH_USERNAME")
        username = b""
    exact = query.bound or bool(environ.get("UV_PUBLISH_URL"))
    return _in_clear(query, _answer(query, wanted, secret, place, username), exact=exact)


def _known(query: Query) -> bool:
    return convention_for(query.service.host) is not None


def _publishes_to(environ: Environ, query: Query) -> bool:
    """Whether the user chose this realm to publish to, by UV_PUBLISH_URL or by naming it.

    A project's file or a redirect may have named another one, which gets no such variable.
    """
    url = environ.get("UV_PUBLISH_URL")
    if not url:
        return not query.redirected
    try:
        chosen = service_from_url(url)
    except ServiceError:
        return False
    return chosen is not None and chosen.realm == query.service.realm


def _index(environ: Environ, query: Query, wanted: bytes | None) -> SourceAnswer | None:
    # An index's URL can be from a project's file, and Git operations must not depend on that.
    if query.use == "git" or not query.index:
        return None
    stem = "UV_INDEX_" + variable_name(query.index)
    password = _value(environ, stem + "_PASSWORD")
    if password is None:
        return None
    username = _value(environ, stem + "_USERNAME")
    if username is None and wanted is None and not _known(query):
        username = b""  # as uv does, unless a convention says what the service wants
    found = _answer(query, wanted, password, stem + "_PASSWORD", username)
    return _in_clear(query, found, exact=query.bound)


def _of_https(environ: Environ, query: Query) -> SourceAnswer | None:
    """What to report if a variable is for the same host, but for https only."""
    if not query.exact_only:
        return None
    service = query.service
    twin = Query(Service("https", service.host, service.port, service.path), use=query.use)
    for look in (_host, _hugging_face):
        found = look(environ, twin, None)
        if found is not None and found.credential is not None:
            return not_for_http(found.place)
    return None


def _in_clear(query: Query, found: SourceAnswer, *, exact: bool) -> SourceAnswer:
    """The answer, with a warning if it is sent over plain http.

    `exact` is whether the user's own configuration says that it is for this realm.
    """
    found.exact = exact
    if found.credential is not None and query.unencrypted and (exact or not query.exact_only):
        found.warning = f"{found.place} is sent to '{query.service.realm}' unencrypted"
    return found


def _host(environ: Environ, query: Query, wanted: bytes | None) -> SourceAnswer | None:
    service = query.service
    stem = variable_stem(service)
    if stem is None:
        return None
    variable, token = _either(environ, "UVX_TOKEN_", stem)
    if token is None:
        return None
    username = _either(environ, "UVX_USERNAME_", stem)[1]
    return _answer(query, wanted, token, variable, username)


def _hugging_face(environ: Environ, query: Query, wanted: bytes | None) -> SourceAnswer | None:
    if query.service.realm != _HUGGING_FACE:
        return None
    # As in uv, any value counts, even an empty one.
    if "UV_NO_HF_TOKEN" in environ:
        return SourceAnswer(reason="UV_NO_HF_TOKEN turns HF_TOKEN off")
    token = _value(environ, "HF_TOKEN")
    return None if token is None else _answer(query, wanted, token, "HF_TOKEN")


def _answer(
    query: Query,
    wanted: bytes | None,
    secret: bytes,
    place: str,
    username: bytes | None = None,
    job: Convention | None = None,
) -> SourceAnswer:
    """The credential of a secret that is for the query's service.

    Without a `username` the secret is a bare token. It goes with the requested username if the
    service allows any, and otherwise with the one that the service wants. For the token of a CI
    job, `job` says which one that is.
    """
    # uv takes these names as they are; only Git's URLs carry them for any account.
    asked = None if query.use == "git" and wanted in ANY_ACCOUNT_NAMES else wanted
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
        return SourceAnswer(reason=f"{place} is for another username")
    return SourceAnswer(Credential(username, Secret(secret)), place=place)


def _bearer(query: Query, asked: bytes | None, token: bytes, place: str) -> SourceAnswer:
    if asked:
        return SourceAnswer(reason=f"{place} is sent without a username")
    if not query.any_authtype:
        return SourceAnswer(reason=f"{place} is sent as Bearer, but a password is needed")
    return SourceAnswer(Credential(None, Secret(token), authtype=b"Bearer"), place=place)
