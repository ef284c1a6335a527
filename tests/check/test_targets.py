"""What a text on the command line of `check` means."""

from __future__ import annotations

import pytest

from git_credential_uvx.check.targets import Place, places, target_of
from git_credential_uvx.config.indexes import Index
from git_credential_uvx.credential import Secret
from git_credential_uvx.errors import UvxError
from git_credential_uvx.urls.service import Service, service_from_url

from ..support.common import cases


def service(url: str) -> Service:
    found = service_from_url(url)
    assert found is not None
    return found


INDEXES = [
    Index(
        service("https://pkg.test/team/simple"),
        "uv.toml:1",
        name="corp",
        publish=service("https://up.test/legacy/"),
    ),
    Index(service("https://other.test/x.git/simple"), "uv.toml:2", name="reader"),
]


@cases(
    "text, kind, url",
    {
        "an end that is Git's": ("https://h.test/a/r.git", "git", "https://h.test/a/r.git"),
        "a requirement": ("git+https://h.test/a/r@v1#egg=x", "git", "https://h.test/a/r"),
        "one with a revision and a port": (
            "git+https://h.test:8443/r.git@main",
            "git",
            "https://h.test:8443/r.git",
        ),
        "a branch with a slash": ("git+https://u@h.test/r@a/b", "git", "https://u@h.test/r"),
        "a revision that is missing": ("git+https://h.test/r", "git", "https://h.test/r"),
        "a file of an index": (
            "https://pkg.test/team/simple/foo/",
            "index",
            "https://pkg.test/team/simple/foo/",
        ),
        "an index": ("https://pkg.test/team/simple", "index", "https://pkg.test/team/simple/"),
        "where uploads go": ("https://up.test/legacy/", "publish", "https://up.test/legacy/"),
        "a known host of repositories": ("github.com/a/r", "git", "https://github.com/a/r"),
        "its packages": (
            "https://gitlab.com/api/v4/projects/1/packages/pypi/simple",
            "index",
            "https://gitlab.com/api/v4/projects/1/packages/pypi/simple/",
        ),
        "Azure's packages": (
            "https://pkgs.dev.azure.com/o/_packaging/f/pypi/x",
            "index",
            "https://pkgs.dev.azure.com/o/_packaging/f/pypi/x",
        ),
        "a host alone": ("git.test", "service", "https://git.test/"),
        "anything else": ("https://h.test/a", "index", "https://h.test/a"),
        "a query that says nothing": ("https://h.test/r.git?x=1", "git", "https://h.test/r.git"),
    },
)
def test_without_an_option(text: str, kind: str, url: str) -> None:
    target = target_of(text, None, INDEXES)
    assert (target.kind, target.url()) == (kind, url)


def test_an_index_goes_by_its_name() -> None:
    assert target_of("corp", "index", INDEXES).url() == "https://pkg.test/team/simple/"
    assert target_of("corp", "publish", INDEXES).url() == "https://up.test/legacy/"
    with pytest.raises(UvxError, match="check --index corp"):
        target_of("corp", None, INDEXES)
    assert target_of("https://corp", None, INDEXES).url() == "https://corp/"
    with pytest.raises(UvxError, match="no 'publish-url'"):
        target_of("reader", "publish", INDEXES)


def test_an_option_decides() -> None:
    assert target_of("https://h.test/r.git", "index", INDEXES).kind == "index"
    assert target_of("https://pkg.test/team/simple", "git", INDEXES).kind == "git"


def test_userinfo_goes_into_the_url_of_the_client_and_nowhere_else() -> None:
    target = target_of("https://a%40b:p%2Fw@h.test/r.git", None, ())
    assert (target.username, target.password) == (b"a@b", Secret(b"p/w"))
    assert str(target.service) == "https://h.test/r.git"
    assert target.url("/info/refs") == "https://a%40b:p%2Fw@h.test/r.git/info/refs"
    assert target_of("h.test/r.git", None, (), "alice").url() == "https://alice@h.test/r.git"


@cases(
    "text, username, words",
    {
        "ssh": ("git@h.test:a/r.git", None, "by ssh"),
        "a username twice": ("https://a@h.test/r", "b", "both"),
        "a torn password of a requirement": ("git+https://a:b/c@h.test/r@v1", None, "%2F"),
        "a torn password": ("https://a:b/c@h.test/r", None, "%2F"),
        "no http": ("ftp://h.test/", None, "http"),
    },
)
def test_what_is_not_asked(text: str, username: str | None, words: str) -> None:
    with pytest.raises(UvxError, match=words) as caught:
        target_of(text, None, (), username)
    assert "b/c" not in str(caught.value)


@cases(
    "url, expected",
    {
        "a host": (
            "https://h.test/",
            ["/N/N.git/info/refs?service=git-upload-pack", "/simple/", "/"],
        ),
        "a folder": (
            "https://h.test/team",
            [
                "/team/info/refs?service=git-upload-pack",
                "/team/N.git/info/refs?service=git-upload-pack",
                "/team/simple/",
                "/team",
            ],
        ),
        "a repository": (
            "https://h.test/r.git",
            ["/r.git/info/refs?service=git-upload-pack", "/r.git/simple/", "/r.git"],
        ),
    },
)
def test_places_of_a_service(url: str, expected: list[str]) -> None:
    assert [place.path for place in places(service(url), "N")] == expected


def test_the_place_that_a_person_means_is_tried_first_and_once() -> None:
    wanted = Place("/simple/", "index")
    found = places(service("https://h.test/"), "N", wanted)
    assert found[0] is wanted
    assert [place.path for place in found].count("/simple/") == 1
