"""Services that insist on one username, each by its real name: the proxy leads it to a server here
that lets in exactly what the service would.
"""

from __future__ import annotations

import pytest

from ..support.common import cases
from ..support.place import Place
from ..support.servers import basic, wants

AZURE = "https://pkgs.dev.azure.com"
GOOGLE = "https://europe-python.pkg.dev"
AWS = "https://corp-123456789012.d.codeartifact.eu-west-1.amazonaws.com"
JFROG = "https://corp.jfrog.io"
PYPI = "https://upload.pypi.org"
HUB = "https://huggingface.co"

# What holds the token, and the header that the service insists on.
SERVICES = {
    "Azure": (AZURE, "/corp/_packaging/feed/pypi/simple/", basic("VssSessionToken", "tok")),
    "Google": (GOOGLE, "/project/repository/simple/", basic("oauth2accesstoken", "tok")),
    "AWS": (AWS, "/pypi/repository/simple/", basic("aws", "tok")),
    "JFrog": (JFROG, "/artifactory/api/pypi/corp/simple/", basic("", "tok")),
    "PyPI": (PYPI, "/legacy/", basic("__token__", "tok")),
}


@cases("origin,path,header", SERVICES)
@pytest.mark.parametrize("policy", ["auto", "always"])
def test_a_command_that_gives_a_bare_token_gets_the_username_that_the_service_wants(
    place: Place, origin: str, path: str, header: str, policy: str
) -> None:
    place.own.write_text(f'[[command]]\nmatch = "{origin}/"\nargv = ["/bin/echo", "tok"]\n')
    place.own.chmod(0o600)
    place.index(f"{origin}{path}", policy)
    place.server(origin, wants(header))
    assert place.outcome(f"{origin}{path}foo/") == 200
    assert place.sent(origin) == ([None, header] if policy == "auto" else [header])


NAMES = {
    "Azure": (*SERVICES["Azure"], "VssSessionToken"),
    "Google": (*SERVICES["Google"], "oauth2accesstoken"),
    "AWS": (*SERVICES["AWS"], "aws"),
    "PyPI": (*SERVICES["PyPI"], "__token__"),
}


@cases("origin,path,header,username", NAMES)
def test_the_variables_that_uvs_documents_name_are_let_in(
    place: Place, origin: str, path: str, header: str, username: str
) -> None:
    place.index(f"{origin}{path}")
    place.server(origin, wants(header))
    place.environ |= {"UV_INDEX_CORP_USERNAME": username, "UV_INDEX_CORP_PASSWORD": "tok"}
    assert place.outcome(f"{origin}{path}foo/") == 200


def test_the_token_of_the_hub_goes_as_bearer_and_to_the_hub_alone(place: Place) -> None:
    place.environ["HF_TOKEN"] = "hf_tok"
    place.server(HUB, wants("Bearer hf_tok"))
    other = place.server("https://hub.huggingface.co", wants("Bearer hf_tok"))
    assert place.outcome(f"{HUB}/datasets/o/d/resolve/main/main.py") == 200
    assert place.sent(HUB) == [None, "Bearer hf_tok"]
    assert place.outcome("https://hub.huggingface.co/x") == 401
    assert other.authorizations == [None]
    place.environ["UV_NO_HF_TOKEN"] = "1"
    assert place.outcome(f"{HUB}/datasets/o/d/resolve/main/main.py") == 401


def test_the_hub_sends_downloads_elsewhere_without_the_token(place: Place) -> None:
    place.environ["HF_TOKEN"] = "hf_tok"
    files = "https://cdn-lfs.huggingface.co"
    place.server(files, lambda seen: (200, {}, b"file"))
    place.server(HUB, wants("Bearer hf_tok", then=(302, {"Location": f"{files}/f"}, b"")))
    assert place.outcome(f"{HUB}/datasets/o/d/resolve/main/main.py") == 200
    assert place.sent(files) == [None]


def test_a_redirector_may_hand_out_short_lived_tokens_as_in_uvs_issue_11097(place: Place) -> None:
    token = "eyJ2ZXIiOjEsImlzdSI6"
    place.server(AWS, wants(basic("aws", token)))
    location = AWS.replace("://", f"://aws:{token}@") + "/pypi/python/simple/foo/"
    redirector = place.server("http://direct", lambda seen: (302, {"Location": location}, b""))
    place.index(redirector.url("/"))
    with place.client() as http:
        for _ in range(2):
            response = http.get(redirector.url("/foo/"))
            assert response.status_code == 200
            assert token not in f"{response.url} {response.history} {response.history[0].headers}"
        assert http.get(f"{AWS}/pypi/python/simple/foo/").status_code == 401
    assert redirector.authorizations == [None, None]
