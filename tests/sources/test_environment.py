"""Credentials in the environment: which variable answers which question."""

from __future__ import annotations

import pytest

from git_credential_uvx.query import Query
from git_credential_uvx.sources.environment import username as username_of
from git_credential_uvx.sources.environment import variable_stem

from ..support.environments import HUB, ask, pair, service

NAMES = {
    "dots": ("https://git.example.com/", "git_example_com"),
    "a hyphen": ("https://my-git.test/", "my__git_test"),
    "two hyphens": ("https://a--b.test/", "a____b_test"),
    "punycode": ("https://xn--caf-dma.fr/", "xn____caf__dma_fr"),
    "an international name": ("https://caf\u00e9.fr/", "xn____caf__dma_fr"),
    "a port": ("https://good.test:8443/", "good_test_8443"),
    "https's own port": ("https://good.test:443/", "good_test"),
    "http's port with https": ("https://good.test:80/", "good_test_80"),
    "http's own port": ("http://localhost/", "localhost_80"),
    "another port of this machine": ("http://127.0.0.1:3000/", "127_0_0_1_3000"),
    "one label": ("https://git/", "git"),
    "upper case in the URL": ("https://GOOD.test/", "good_test"),
    "an IPv6 address": ("https://[::1]/", None),
    "an underscore": ("https://my_host.test/", None),
}


@pytest.mark.parametrize(("url", "stem"), NAMES.values(), ids=NAMES)
def test_a_host_is_spelled_as_terraform_spells_it(url: str, stem: str | None) -> None:
    assert variable_stem(service(url)) == stem
    if stem is not None:
        assert pair(ask({f"UVX_TOKEN_{stem}": "T"}, url)) == (b"oauth2", b"T")
        assert pair(ask({f"UVX_TOKEN_{stem.upper()}": "T"}, url)) == (b"oauth2", b"T")


OTHER_SPELLINGS = {
    "dots": "UVX_TOKEN_good.test",
    "the first letter in upper case": "UVX_TOKEN_Good_test",
    "the port of https": "UVX_TOKEN_good_test_443",
    "a URL": "UVX_TOKEN_https://good.test",
    "Terraform's variable": "TF_TOKEN_good_test",
    "the parent": "UVX_TOKEN_test",
    "a name below": "UVX_TOKEN_www_good_test",
    "no host": "UVX_TOKEN",
    "an empty host": "UVX_TOKEN_",
    "a blank": "UVX_TOKEN_good_test ",
}


@pytest.mark.parametrize("variable", OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS)
def test_another_spelling_is_another_variable(variable: str) -> None:
    assert pair(ask({variable: "T"})) is None


# Environment, and what is found for https://good.test/ by username.
USERNAMES: dict[str, tuple[dict[str, str], bytes | None, bytes | None]] = {
    "none asked for": ({}, None, b"oauth2"),
    "a bare token goes with whom is asked for": ({}, b"alice", b"alice"),
    "a name for any account is anybody": ({}, b"git", b"oauth2"),
    "the variable's own": ({"UVX_USERNAME_good_test": "bob"}, None, b"bob"),
    "in upper case": ({"UVX_USERNAME_GOOD_TEST": "bob"}, None, b"bob"),
    "the one asked for": ({"UVX_USERNAME_good_test": "bob"}, b"bob", b"bob"),
    "another asked for": ({"UVX_USERNAME_good_test": "bob"}, b"alice", None),
    "another by case": ({"UVX_USERNAME_good_test": "bob"}, b"Bob", None),
    "a name for any account with the variable's own": (
        {"UVX_USERNAME_good_test": "bob"},
        b"x-access-token",
        b"bob",
    ),
    "an empty one counts as none": ({"UVX_USERNAME_good_test": ""}, None, b"oauth2"),
    "one in bytes that are no UTF-8": ({"UVX_USERNAME_good_test": "b\udcff"}, None, b"b\xff"),
}


@pytest.mark.parametrize(("more", "wanted", "expected"), USERNAMES.values(), ids=USERNAMES)
def test_the_username_with_a_host_token(
    more: dict[str, str], wanted: bytes | None, expected: bytes | None
) -> None:
    found = ask({"UVX_TOKEN_good_test": "T", **more}, username=wanted)
    assert pair(found) == (None if expected is None else (expected, b"T"))
    if expected is None:
        assert found.reason == "UVX_TOKEN_good_test is for another username"


PROVIDERS = {
    "GitHub": ("https://github.com/", b"x-access-token"),
    "GitLab": ("https://gitlab.com/", b"oauth2"),
    "Bitbucket": ("https://bitbucket.org/", b"x-token-auth"),
    "Azure DevOps": ("https://dev.azure.com/", b"VssSessionToken"),
    "Azure Artifacts": ("https://pkgs.dev.azure.com/", b"VssSessionToken"),
    "Google": ("https://us-python.pkg.dev/", b"oauth2accesstoken"),
    "CodeArtifact": ("https://d-1.d.codeartifact.eu-west-1.amazonaws.com/", b"aws"),
    "JFrog": ("https://corp.jfrog.io/", b""),
    "PyPI": ("https://upload.pypi.org/", b"__token__"),
    "Hugging Face": ("https://huggingface.co/", b"hf_user"),
}


@pytest.mark.parametrize(("url", "username"), PROVIDERS.values(), ids=PROVIDERS)
def test_a_bare_token_gets_the_username_that_its_service_wants(url: str, username: bytes) -> None:
    environ = {f"UVX_TOKEN_{variable_stem(service(url))}": "T"}
    assert pair(ask(environ, url)) == (username, b"T")
    if "huggingface" not in url:
        publishing = {"UV_PUBLISH_TOKEN": "P"}
        assert pair(ask(publishing, url, use="publish")) == (username, b"P")
        password = {"UV_INDEX_CORP_PASSWORD": "I"}
        assert pair(ask(password, url, use="index", index="corp")) == (username, b"I")


def test_a_service_that_takes_one_username_only_is_given_no_other() -> None:
    environ = {"UVX_TOKEN_upload_pypi_org": "T"}
    assert pair(ask(environ, "https://upload.pypi.org/", b"alice")) is None
    assert pair(ask(environ, "https://upload.pypi.org/", b"__token__")) == (b"__token__", b"T")
    chosen = {**environ, "UVX_USERNAME_upload_pypi_org": "alice"}
    assert pair(ask(chosen, "https://upload.pypi.org/", b"alice")) == (b"alice", b"T")


def test_the_default_url_of_azure_names_the_organisation_as_username() -> None:
    assert pair(ask({"UVX_TOKEN_dev_azure_com": "T"}, "https://dev.azure.com/", b"corp")) == (
        b"corp",
        b"T",
    )


def test_a_host_token_goes_in_clear_only_within_this_machine() -> None:
    for url in ("http://good.test/", "http://good.test:80/", "http://127.0.0.2/"):
        stem = variable_stem(service(url))
        found = ask({f"UVX_TOKEN_{stem}": "T"}, url)
        assert found.reason == f"kept back: it was not stored for http (UVX_TOKEN_{stem})"
    assert pair(ask({"UVX_TOKEN_localhost_3000": "T"}, "http://localhost:3000/")) is not None
    assert pair(ask({"UVX_TOKEN_localhost": "T"}, "http://localhost/")) is None


INDEX = "https://idx.test/simple"
BOTH = {"UV_INDEX_MY_IDX_2_USERNAME": "u", "UV_INDEX_MY_IDX_2_PASSWORD": "p"}
# Environment, index, username asked for, and what is found; as uv 0.13.8 sends it.
INDEXES: dict[str, tuple[dict[str, str], str | None, bytes | None, object]] = {
    "username and password": (BOTH, "my-idx.2", None, (b"u", b"p")),
    "the same name written otherwise": (BOTH, "My_Idx-2", None, (b"u", b"p")),
    "another index": (BOTH, "my-idx", None, None),
    "no index": (BOTH, None, None, None),
    "the username asked for": (BOTH, "my-idx.2", b"u", (b"u", b"p")),
    "another username": (BOTH, "my-idx.2", b"v", None),
    "a name for any account, which for uv is a username": (BOTH, "my-idx.2", b"__token__", None),
    "a password alone": ({"UV_INDEX_A_PASSWORD": "p"}, "a", None, (b"", b"p")),
    "an empty username": (
        {"UV_INDEX_A_USERNAME": "", "UV_INDEX_A_PASSWORD": "p"},
        "a",
        None,
        (b"", b"p"),
    ),
    "a password alone for a username": ({"UV_INDEX_A_PASSWORD": "p"}, "a", b"u", (b"u", b"p")),
    "a username alone": ({"UV_INDEX_A_USERNAME": "u"}, "a", None, None),
    "an empty password": ({**BOTH, "UV_INDEX_MY_IDX_2_PASSWORD": ""}, "my-idx.2", None, None),
    "a username and the host's token": (
        {"UV_INDEX_A_USERNAME": "u", "UVX_TOKEN_idx_test": "T"},
        "a",
        None,
        (b"u", b"T"),
    ),
    "both for the index and for the host": (
        {**BOTH, "UVX_TOKEN_idx_test": "T"},
        "my-idx.2",
        None,
        (b"u", b"p"),
    ),
    "the host's where the index's is for somebody else": (
        {**BOTH, "UVX_TOKEN_idx_test": "T"},
        "my-idx.2",
        b"v",
        (b"v", b"T"),
    ),
}


@pytest.mark.parametrize(("environ", "index", "wanted", "expected"), INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("use", ["index", "url", "publish"])
def test_an_index_has_its_variables(
    environ: dict[str, str], index: str | None, wanted: bytes | None, expected: object, use: str
) -> None:
    assert pair(ask(environ, INDEX, wanted, use=use, index=index)) == expected


def test_git_gets_nothing_that_is_for_an_index() -> None:
    assert pair(ask(BOTH, INDEX, use="git", index="my-idx.2")) is None
    assert pair(ask({"UV_INDEX__PASSWORD": "p"}, INDEX, use="index", index="")) is None


def test_a_password_that_goes_in_clear_as_uv_sends_it_gets_a_warning() -> None:
    url = "http://idx.test/simple"
    assert ask(BOTH, url, use="index", index="my-idx.2").kept_back
    found = ask(BOTH, url, use="index", index="my-idx.2", bound=True)
    assert pair(found) == (b"u", b"p")
    assert found.warning == "UV_INDEX_MY_IDX_2_PASSWORD is sent to 'http://idx.test' unencrypted"
    for url in (INDEX, "http://127.0.0.1:3141/simple"):
        assert ask(BOTH, url, use="index", index="my-idx.2").warning is None


# Environment, username asked for and what is found; uv 0.13.8 sends the same or fails.
PUBLISHING: dict[str, tuple[dict[str, str], bytes | None, object]] = {
    "a token": ({"UV_PUBLISH_TOKEN": "T"}, None, (b"__token__", b"T")),
    "a token for its name": ({"UV_PUBLISH_TOKEN": "T"}, b"__token__", (b"__token__", b"T")),
    "username and password": (
        {"UV_PUBLISH_USERNAME": "u", "UV_PUBLISH_PASSWORD": "p"},
        None,
        (b"u", b"p"),
    ),
    "another username": (
        {"UV_PUBLISH_USERNAME": "u", "UV_PUBLISH_PASSWORD": "p"},
        b"v",
        None,
    ),
    "a password alone": ({"UV_PUBLISH_PASSWORD": "p"}, None, None),
    "an empty username": (
        {"UV_PUBLISH_USERNAME": "", "UV_PUBLISH_PASSWORD": "p"},
        None,
        (b"", b"p"),
    ),
    "a username alone": ({"UV_PUBLISH_USERNAME": "u"}, None, None),
    "a token and a password": ({"UV_PUBLISH_TOKEN": "T", "UV_PUBLISH_PASSWORD": "p"}, None, None),
    "a token and a username": ({"UV_PUBLISH_TOKEN": "T", "UV_PUBLISH_USERNAME": "u"}, None, None),
    "the URL that is meant": (
        {"UV_PUBLISH_TOKEN": "T", "UV_PUBLISH_URL": "https://good.test/upload/"},
        None,
        (b"__token__", b"T"),
    ),
    "another URL that is meant": (
        {"UV_PUBLISH_TOKEN": "T", "UV_PUBLISH_URL": "https://evil.test/upload/"},
        None,
        None,
    ),
    "what is no URL": ({"UV_PUBLISH_TOKEN": "T", "UV_PUBLISH_URL": "good.test"}, None, None),
}


@pytest.mark.parametrize(("environ", "wanted", "expected"), PUBLISHING.values(), ids=PUBLISHING)
def test_publishing_has_its_variables(
    environ: dict[str, str], wanted: bytes | None, expected: object
) -> None:
    assert pair(ask(environ, "https://good.test/legacy/", wanted, use="publish")) == expected
    for use in ("git", "index", "url"):
        assert pair(ask(environ, "https://good.test/legacy/", wanted, use=use, index="a")) is None


def test_hugging_face_gets_bearer_but_from_git() -> None:
    environ = {"HF_TOKEN": "T"}
    found = ask(environ, HUB, use="url", schemes=True)
    assert found.credential is not None
    assert (found.credential.authtype, pair(found)) == (b"Bearer", (None, b"T"))
    assert pair(ask(environ, HUB, use="url")) is None
    assert pair(ask(environ, HUB, b"alice", use="url", schemes=True)) is None
    for schemes in (False, True):
        assert pair(ask(environ, HUB, schemes=schemes)) == (b"hf_user", b"T")
        assert pair(ask(environ, HUB, b"alice", schemes=schemes)) == (b"alice", b"T")


@pytest.mark.parametrize(
    "url",
    [
        "https://hf.co/",
        "https://cdn.huggingface.co/",
        "http://huggingface.co/",
        "https://huggingface.co:8443/",
        "https://huggingface.co.evil.test/",
        "https://evilhuggingface.co/",
    ],
)
def test_hugging_faces_token_goes_to_its_one_host(url: str) -> None:
    assert pair(ask({"HF_TOKEN": "T"}, url, schemes=True)) is None


@pytest.mark.parametrize("value", ["1", "0", "false", ""])
def test_hugging_faces_token_is_turned_off(value: str) -> None:
    found = ask({"HF_TOKEN": "T", "UV_NO_HF_TOKEN": value}, HUB)
    assert found.reason == "UV_NO_HF_TOKEN turns HF_TOKEN off"


NARROWING: dict[str, tuple[dict[str, str], str, bytes | None]] = {
    "an index's username without a password": (
        {"UV_INDEX_A_USERNAME": "VssSessionToken"},
        "index",
        b"VssSessionToken",
    ),
    "an index's username, asked by Git": ({"UV_INDEX_A_USERNAME": "u"}, "git", None),
    "a host's username": ({"UVX_USERNAME_good_test": "u"}, "git", b"u"),
    "the publisher's": ({"UV_PUBLISH_USERNAME": "u"}, "publish", b"u"),
    "the publisher's, asked for an index": ({"UV_PUBLISH_USERNAME": "u"}, "index", None),
    "a broken one": ({"UVX_USERNAME_good_test": "u\n"}, "git", None),
    "none": ({}, "index", None),
}


@pytest.mark.parametrize(("environ", "use", "username"), NARROWING.values(), ids=NARROWING)
def test_a_username_alone_is_told_to_those_asked_later(
    environ: dict[str, str], use: str, username: bytes | None
) -> None:
    query = Query(service("https://good.test/"), use=use, index="a")
    assert username_of(environ, query) == username
