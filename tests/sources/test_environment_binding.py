"""No secret of the environment goes where it is not bound to, and what it costs to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from git_credential_uvx.errors import ServiceError
from git_credential_uvx.query import Query, variable_name
from git_credential_uvx.sources.environment import (
    EnvironmentSource,
    username,
    variable_stem,
)
from git_credential_uvx.urls.service import LOOPBACK, Service, service_from_git, split_host

from ..support.budget import examples
from ..support.environments import (
    ACTIONS,
    AZURE,
    BITBUCKET,
    GITLAB,
    HUB,
    MARKERS,
    NOW,
    ask,
    pair,
    service,
)

BROKEN = {"a newline": "T\n", "a carriage return": "T\rx", "NUL": "T\0", "half a letter": "T\ud800"}
ASKED: dict[str, tuple[dict[str, str], str, str, str | None]] = {
    "UVX_TOKEN_good_test": ({}, "https://good.test/", "git", None),
    "UVX_USERNAME_good_test": ({"UVX_TOKEN_good_test": "C"}, "https://good.test/", "git", None),
    "UV_INDEX_A_PASSWORD": ({}, "https://good.test/", "index", "a"),
    "UV_INDEX_A_USERNAME": ({"UV_INDEX_A_PASSWORD": "C"}, "https://good.test/", "index", "a"),
    "UV_PUBLISH_TOKEN": ({}, "https://good.test/", "publish", None),
    "UV_PUBLISH_PASSWORD": ({}, "https://good.test/", "publish", None),
    "UV_PUBLISH_USERNAME": ({"UV_PUBLISH_PASSWORD": "C"}, "https://good.test/", "publish", None),
    "HF_TOKEN": ({}, HUB, "git", None),
    "GITHUB_TOKEN": (ACTIONS, "https://github.com/", "git", None),
    "CI_JOB_TOKEN": (GITLAB, "https://gitlab.corp.test/", "git", None),
    "SYSTEM_ACCESSTOKEN": (AZURE, "https://dev.azure.com/", "git", None),
    "BITBUCKET_ACCESS_TOKEN": (BITBUCKET, "https://bitbucket.org/", "git", None),
}


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("variable", ASKED)
def test_a_value_that_no_line_can_carry_is_refused_by_its_name(variable: str, value: str) -> None:
    more, url, use, index = ASKED[variable]
    found = ask({**more, variable: value}, url, use=use, index=index, schemes=True)
    assert found.reason in (
        f"{variable} has a line end or NUL",
        f"{variable} has a character that no environment can have",
    )


def test_no_other_variable_stands_in_for_a_broken_one() -> None:
    environ = {**ACTIONS, "GITHUB_TOKEN": "T", "UVX_TOKEN_github_com": "T\n"}
    assert (
        ask(environ, "https://github.com/").reason == "UVX_TOKEN_github_com has a line end or NUL"
    )
    assert pair(ask(environ | {"UVX_TOKEN_github_com": ""}, "https://github.com/")) is not None


ODD = st.text("\n\r\0 \ud800\udcffé:/@[]_.-aT1", max_size=8)


@given(
    environ=st.dictionaries(
        st.sampled_from(
            [
                *ASKED,
                *("GH_TOKEN", "UV_PUBLISH_URL", "UV_NO_HF_TOKEN", "SYSTEM_COLLECTIONURI"),
                *("GITHUB_SERVER_URL", "CI_SERVER_HOST", "CI_SERVER_PORT", "CI_SERVER_PROTOCOL"),
            ]
        ),
        ODD,
    ),
    variable=st.sampled_from(list(ASKED)),
    job_tokens=st.sampled_from([True, None]),
)
def test_nothing_is_raised(environ: dict[str, str], variable: str, job_tokens: bool | None) -> None:
    _, url, use, index = ASKED[variable]
    source = EnvironmentSource(environ | ACTIONS, job_tokens=job_tokens)
    query = Query(service(url), use=use, index=index)
    assert source.find(query, NOW).reason.isprintable()
    username(environ | ACTIONS, query)


class Counted(Mapping[str, str]):
    """An environment that must not be searched, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> str:
        self.asked.append(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the environment is searched")

    def __len__(self) -> int:
        return 0


def test_a_git_operation_costs_a_few_lookups() -> None:
    environ = Counted()
    query = Query(service_from_git(b"https", b"git.example.com", b"o/r"))
    assert EnvironmentSource(environ).find(query, NOW).credential is None
    assert environ.asked == [
        *("UVX_USERNAME_git_example_com", "UVX_USERNAME_GIT_EXAMPLE_COM"),
        *("UVX_TOKEN_git_example_com", "UVX_TOKEN_GIT_EXAMPLE_COM"),
        *MARKERS,
    ]


# Hosts in which hyphens, numbers and ports could be taken for one another.
LABEL = st.from_regex(r"[ab01]([ab01-]{0,3}[ab01])?", fullmatch=True)
# A host with an underscore has no variable. Its name would be that of another host.
WITH_UNDERSCORE = st.from_regex(r"[ab01_][ab01_.-]{0,4}_[ab01_.-]{0,4}[ab01]", fullmatch=True)
HOST = st.one_of(
    st.lists(LABEL, min_size=1, max_size=5).map(".".join),
    st.sampled_from(
        [*sorted(LOOPBACK), "1.0.1.0", "xn--caf-dma.fr", "bitbucket.org", "abitbucket.org"]
    ),
    st.sampled_from(
        ["huggingface.co", "cdn.huggingface.co", "ahuggingface.co", "huggingface.co.a"]
    ),
    st.sampled_from(["github.com", "api.github.com", "agithub.com", "a-github.com", "github-com"]),
)
PORT = st.sampled_from(["", ":1", ":80", ":443", ":10", ":8443"])


@st.composite
def places(draw: st.DrawFn) -> Service:
    """Any service that a request can name."""
    scheme = draw(st.sampled_from(["https", "https", "http"]))
    try:
        return Service(scheme, *split_host(draw(HOST) + draw(PORT), scheme))
    except ServiceError:
        assume(False)
        raise


def socket(place: Service) -> tuple[str, int]:
    return place.host, place.port or {"https": 443, "http": 80}[place.scheme]


def decoded(stem: str) -> tuple[str, int]:
    """Host and port of a name, taken apart as Terraform does, and a port behind it."""
    host = stem.replace("__", "-").replace("_", ".")
    front, _, last = host.rpartition(".")
    quad = host.count(".") == 3 and host.replace(".", "").isdigit()
    return (front, int(last)) if front and last.isdigit() and not quad else (host, 443)


@given(places())
@example(Service("https", "1.0.1.0", None))
@example(Service("https", "1.0.1.0", 1))
def test_a_name_can_be_read_back(place: Service) -> None:
    stem = variable_stem(place)
    assert stem is not None
    assert decoded(stem) == socket(place)


@given(WITH_UNDERSCORE)
@example("a_b.test")
@example("a__b.test")
def test_a_host_with_an_underscore_has_no_variable(host: str) -> None:
    place = Service("https", host, None)
    assert variable_stem(place) is None
    names = (host, host.upper(), host.replace(".", "_"), host.replace("_", "___"))
    environ = {f"UVX_TOKEN_{name}": "CANARY" for name in names}
    assert EnvironmentSource(environ).find(Query(place), 0).credential is None


@given(places(), places())
@example(Service("https", "a-b", None), Service("https", "a.b", None))
@example(Service("https", "localhost", None), Service("http", "localhost", None))
@example(Service("https", "localhost", 80), Service("http", "localhost", None))
def test_two_places_of_one_name_are_one_socket(one: Service, other: Service) -> None:
    if variable_stem(one) == variable_stem(other):
        assert socket(one) == socket(other)


@st.composite
def canaries(draw: st.DrawFn) -> tuple[dict[str, str], Service]:
    """An environment whose secrets each say where they may go: `canary host port`, or
    `canary` and the name of an index. And a service that is one of those, or one like it."""

    def canary(place: Service) -> str:
        return "canary {} {}".format(*socket(place))

    environ = {}
    hosts = draw(st.lists(places(), max_size=4))
    for place in hosts:
        stem = variable_stem(place)
        assert stem is not None
        environ["UVX_TOKEN_" + (stem.upper() if draw(st.booleans()) else stem)] = canary(place)
    for name in draw(st.lists(st.sampled_from(["a", "a.b", "c"]), max_size=2)):
        environ[f"UV_INDEX_{variable_name(name)}_PASSWORD"] = f"canary {variable_name(name)}"
    environ["HF_TOKEN"] = "canary huggingface.co 443"
    server, host, collection = draw(places()), draw(places()), draw(places())
    if draw(st.booleans()):
        environ |= {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": str(server)}
        environ[draw(st.sampled_from(["GH_TOKEN", "GITHUB_TOKEN"]))] = canary(server)
    if draw(st.booleans()):
        environ |= {"GITLAB_CI": "true", "CI_SERVER_PROTOCOL": host.scheme}
        environ |= {"CI_SERVER_HOST": host.host, "CI_SERVER_PORT": str(socket(host)[1])}
        environ["CI_JOB_TOKEN"] = canary(host)
    if draw(st.booleans()):
        environ |= {"TF_BUILD": "True", "SYSTEM_COLLECTIONURI": str(collection)}
        environ["SYSTEM_ACCESSTOKEN"] = canary(collection)
    environ["BITBUCKET_ACCESS_TOKEN"] = "canary bitbucket.org 443"
    environ["BITBUCKET_BUILD_NUMBER"] = "1"
    asked = draw(st.one_of(places(), st.sampled_from([*hosts, server, host, collection])))
    return environ, draw(st.sampled_from([asked, *relatives(asked)]))


def relatives(place: Service) -> list[Service]:
    """Services that differ from this one in one thing."""
    port = None if place.port else 8443
    other = "http" if place.scheme == "https" else "https"
    return [
        Service(place.scheme, place.host, port),
        Service(other, *split_host("{}:{}".format(*socket(place)), other)),
        *(Service(place.scheme, pre + place.host, place.port) for pre in ("a.", "a-", "a")),
        Service(place.scheme, place.host + ".a", place.port),
    ]


@settings(max_examples=examples(100))
@given(
    asked=canaries(),
    username=st.sampled_from([None, b"", b"git", b"alice", b"oauth2"]),
    use=st.sampled_from(["git", "index", "url", "publish"]),
    index=st.sampled_from([None, "a", "a-b", "c"]),
    schemes=st.booleans(),
    job_tokens=st.sampled_from([None, True, False]),
)
def test_no_secret_goes_where_it_is_not_bound_to(
    asked: tuple[dict[str, str], Service],
    username: bytes | None,
    use: str,
    index: str | None,
    schemes: bool,
    job_tokens: bool | None,
) -> None:
    environ, place = asked
    query = Query(place, username, use=use, index=index, any_authtype=schemes)
    found = EnvironmentSource(environ, job_tokens=job_tokens).find(query, NOW)
    told = f"{found.place} {found.reason} {found.warning}"
    assert "canary" not in told
    assert told.isprintable()
    if found.credential is None:
        return
    secret = found.credential.secret.reveal().decode()
    allowed = {"canary {} {}".format(*socket(place))}
    if use != "git" and index is not None:
        allowed.add(f"canary {variable_name(index)}")
    assert secret in allowed
    assert environ[found.place] == secret
    by_name = found.place.startswith("UV_INDEX_")
    assert place.scheme == "https" or by_name or place.host in LOOPBACK
