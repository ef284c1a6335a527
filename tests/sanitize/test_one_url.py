"""One URL and one requirement: what is a secret, what stays, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from git_credential_uvx.errors import RefusedError
from git_credential_uvx.sanitize.parameters import ALWAYS, BESIDE
from git_credential_uvx.sanitize.requirements import sanitize_requirement, sanitize_url
from git_credential_uvx.urls.service import Service

from ..support.common import cases

# Put together here, so that no file of the repository looks like it has a token.
TOKEN = b"gh" + b"p_" + b"a" * 36

# The URL, what stays of it, and kind, username and secret of what went.
TAKEN = {
    "a name and a password": ("https://u:pw@h/p", "https://h/p", "password", "u", "pw"),
    "a name and a password, port and slash": (
        *("http://u:pw@H:8080/p/", "http://H:8080/p/", "password", "u", "pw"),
    ),
    "a password alone": ("https://:pw@h", "https://h", "password", "", "pw"),
    "a token": ("https://tok0123456789abc@h/p", "https://h/p", "token", None, "tok0123456789abc"),
    "a token and a colon": (
        "https://tok0123456789abc:@h/p",
        "https://h/p",
        "token",
        None,
        "tok0123456789abc",
    ),
    "a token in upper case": (
        "HTTPS://tok0123456789abc@h/p",
        "HTTPS://h/p",
        "token",
        None,
        "tok0123456789abc",
    ),
    "a token for git": (
        "git+https://tok0123456789abc@h/r@v1",
        "git+https://h/r@v1",
        "token",
        None,
        "tok0123456789abc",
    ),
    "a token for hg": (
        "hg+http://tok0123456789abc@h/r",
        "hg+http://h/r",
        "token",
        None,
        "tok0123456789abc",
    ),
    "a token for cargo": (
        "sparse+https://tok0123456789abc@h/r",
        "sparse+https://h/r",
        "token",
        None,
        "tok0123456789abc",
    ),
    "a prescribed name and a token": (
        *("https://oauth2:tok@h/p", "https://h/p", "password", "oauth2", "tok"),
    ),
    "git with a password": ("https://git:pw@h/p", "https://h/p", "password", "git", "pw"),
    "an escaped password": ("https://u:p%40w%2F@h/", "https://h/", "password", "u", "p@w/"),
    "an escaped name": ("https://a%40b.c:pw@h/", "https://h/", "password", "a@b.c", "pw"),
    "a password with colons": ("https://u:p:w:@h/", "https://h/", "password", "u", "p:w:"),
    "a password with an apostrophe": ("https://u:p'w@h/", "https://h/", "password", "u", "p'w"),
    "a token before GitHub's constant": (
        *("https://tok:x-oauth-basic@h/", "https://h/", "token", None, "tok"),
    ),
    "a token by its shape with a password": (
        *(f"https://ghp_{'a' * 36}:x@h/", "https://h/", "token", None, f"ghp_{'a' * 36}"),
    ),
    "two tokens by their shape, elsewhere": (
        f"ssh://ghp_{'a' * 36}:ghp_{'b' * 36}@h/r",
        *("ssh://h/r", "password", f"ghp_{'a' * 36}", f"ghp_{'b' * 36}"),
    ),
    "an IPv6 address": ("https://u:pw@[::1]:8443/", "https://[::1]:8443/", "password", "u", "pw"),
    "ssh with a password": ("ssh://u:pw@h:22/r", "ssh://u@h:22/r", "password", "u", "pw"),
    "git+ssh with a password": (
        "git+ssh://git:pw@h/r",
        "git+ssh://git@h/r",
        "password",
        "git",
        "pw",
    ),
    "ftp with a password": ("ftp://u:pw@h/f", "ftp://u@h/f", "password", "u", "pw"),
    "a database": (
        "postgresql://u:pw@h:1,i:2/d",
        "postgresql://u@h:1,i:2/d",
        "password",
        "u",
        "pw",
    ),
    "a socket": ("postgresql://u:pw@%2Frun/d", "postgresql://u@%2Frun/d", "password", "u", "pw"),
    "no name elsewhere": ("redis://:pw@h/0", "redis://h/0", "password", "", "pw"),
    "a password beside a template": ("https://${U}:pw@h/", "https://h/", "password", None, "pw"),
    "a template in a name": ("https://x${U}@h/", "https://h/", "token", None, "x${U}"),
    "a template in a password": (*("https://u:${A}x@h/", "https://h/", "password", "u", "${A}x"),),
    "a default in a template": (*("https://${T:-pw}@h/", "https://h/", "token", None, "${T:-pw}"),),
    "a nested URL": ("https://p/https://u:pw@h/x", "https://p/https://h/x", "password", "u", "pw"),
    "a nested URL in a query": (
        *(
            "https://p/?u=https://u:pw@h/x&a=1",
            "https://p/?u=https://h/x&a=1",
            "password",
            "u",
            "pw",
        ),
    ),
    "a path with an at sign": (
        "https://tok0123456789abc@h/@s/p@1",
        "https://h/@s/p@1",
        "token",
        None,
        "tok0123456789abc",
    ),
}

KEPT = {
    "no userinfo": "https://h/p",
    "an at sign in the path": "https://h/@scope/pkg@1.0",
    "a revision": "git+https://h/o/r.git@v1.0#egg=x&subdirectory=y",
    "a revision of a nested URL": "git+https://proxy/https://h/u/r.git@v1",
    "an address in the query": "https://h/p?mail=a@b.test&t=12:30",
    "a name of ssh": "ssh://deploy@h/r",
    "a name of git+ssh": "git+ssh://git@h/r",
    "a name of a database": "postgresql://u@h/d",
    "the scp form": "git@h:o/r.git",
    "a path": "./dist/foo.whl",
    "an empty name and password": "https://:@h/",
    "git and nothing": "https://git:@h/",
    "a digest of a container": f"docker://r/img:tag@sha256:{'0' * 64}",
    "a mask": "https://u:****@h/",
    "a mask alone": "https://****@h/",
    "${NAME}": "https://${T}@h/",
    "$NAME alone": "https://$T@h/",
    "{env:NAME}": "https://{env:U}:{env:P}@h/",
    "two templates in one part": "https://u:${A}${B}@h/",
    "a name beside a template": "https://u:${P}@h/",
    **{
        f"the template {name}": f"https://{name}:{name}@h/"
        for name in ("{}", "{0}", "{{user}}", "%s", "%(user)s")
    },
    "a template as host": "https://${HOST}/p",
    "a hash": "https://h/f.whl#sha256=abc",
    **{
        f"the name {name}": f"https://{name}@h/"
        for name in (
            *("git", "__token__", "token", "oauth2", "oauth2accesstoken", "aws"),
            *("VssSessionToken", "x-access-token", "x-token-auth", "gitlab-ci-token"),
        )
    },
}

# Each holds CANARY where one program or another sees a secret.
REFUSED = {
    "a slash in the name": "https://user/name:CANARY@h/a",
    "a slash in the password": "https://user:CAN/ARY@h/",
    "a hash in the name": "https://user#name:CANARY@h/a",
    "a question mark in the name": "https://user?name:CANARY@h/a",
    "a backslash": "https://user\\name:CANARY@h/a",
    "a backslash before the at sign": "https://CANARY\\@h/a",
    "a backslash and a slash": "https://user\\x/name:CANARY@h/a",
    "two at signs": "https://u:CAN@ARY@h/",
    "two at signs without a colon": "https://CAN@ARY@h/",
    "a scheme in the password": "https://u:CAN://ARY@h/",
    "what a shell fills in": "https://u:$CANARY@h/",
    "what a batch file fills in": "https://u:%CANARY%@h/",
    "what source code fills in": "https://u:{CANARY}@h/",
    "what make fills in": "https://u:$(CANARY)@h/",
    "a blank": "https://u:CAN ARY@h/",
    "a tab": "https://u:CAN\tARY@h/",
    "a control character": "https://u:CAN\x01ARY@h/",
    "a line end": "https://u:CAN\nARY@h/",
    "a byte beyond ASCII": "https://u:CANÄRY@h/",
    "a full-width hash": "https://u:CANARY\uff03@h/",
    "an odd host": "https://u:CANARY@h_%2e/",
    "no host": "https://u:CANARY@/p",
    "an unclosed bracket": "https://u:CANARY@[::1/x",
    "a bad port": "https://u:CANARY@h:x/",
    "an empty port": "https://u:CANARY@h:/",
    "a trailing dot": "https://u:CANARY@h.test./",
    "a location with a password": "u:CANARY@h:path",
    "a broken escape": "https://u:CANARY%%40@h/",
    "an escape before a colon in a password": "https://u:CAN%41RY:x@h/",
    "an escaped line end": "https://u:CANARY%0aARY@h/",
    "an escaped carriage return": "https://u%0D:CANARY@h/",
    "an escaped NUL": "https://u:CANARY%00@h/",
    "an escape that is no UTF-8": "https://%FF:CANARY@h/",
    "a quote": 'https://u:CAN"ARY@h/',
    "blanks before": " https://u:CANARY@h/",
    "too long": f"https://u:CANARY@h/{'x' * 70000}",
}


@cases("table", TAKEN)
def test_a_secret_goes_and_nothing_else(table: tuple[str, str, str, str | None, str]) -> None:
    url, clean, kind, username, secret = table
    result = sanitize_url(url.encode())
    (found,) = result.findings
    assert result.clean == clean.encode()
    assert found.secret is not None
    assert (found.kind, found.secret.reveal()) == (kind, secret.encode())
    assert found.username == (None if username is None else username.encode())
    assert url[: found.start] + url[found.end :] == clean
    assert sanitize_url(result.clean).findings == ()


@cases("url", KEPT)
def test_what_is_no_secret_stays(url: str) -> None:
    result = sanitize_url(url.encode())
    assert (result.clean, result.findings) == (url.encode(), ())


@cases("url", REFUSED)
def test_what_programs_read_differently_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        sanitize_url(url.encode())
    shown = str(caught.value)
    assert "CAN" not in shown
    assert "ARY" not in shown
    assert caught.value.__cause__ is None


PARAMETERS = {
    "the only one": ("?token=S", ""),
    "the first": ("?token=S&a=1&b=2", "?a=1&b=2"),
    "one in the middle": ("?a=1&token=S&b=2", "?a=1&b=2"),
    "the last": ("?a=1&token=S", "?a=1"),
    "all": ("?token=S&api_key=S", ""),
    "the first two": ("?token=S&api_key=S&a=1", "?a=1"),
    "the outer ones": ("?token=S&a=1&api_key=S", "?a=1"),
    "before a fragment": ("?token=S#sha256=0", "#sha256=0"),
    "beside odd ones": ("?a&&token=S&=&b=%20+", "?a&&=&b=%20+"),
    "an escaped name": ("?a=1&X-Amz%2DSignature=S", "?a=1"),
    "a name in other case": ("?x-amz-security-token=S&A=1", "?A=1"),
    "Amazon's": ("?X-Amz-Date=1&X-Amz-Credential=S%2F1&X-Amz-Signature=S", "?X-Amz-Date=1"),
    "Google's": ("?X-Goog-Credential=S&X-Goog-Date=1&X-Goog-Signature=S", "?X-Goog-Date=1"),
    "Azure's": ("?sv=1&sig=S%3D&se=2", "?sv=1&se=2"),
    "Amazon's older": ("?AWSAccessKeyId=A&Signature=S", "?AWSAccessKeyId=A"),
    "Google's older": ("?GoogleAccessId=A&signature=S", "?GoogleAccessId=A"),
    "GitLab's": ("?private_token=S&job_token=S&a=1", "?a=1"),
    "a question mark in it": ("?token=S?S&a=1", "?a=1"),
    "behind a second question mark": ("?a=b?token=S", "?a=b"),
    "behind a semicolon": ("?a=1;token=S;b=2", "?a=1;b=2"),
    "an apostrophe in it": ("?token=S'S&a=1", "?a=1"),
    "in a fragment": ("#access_token=S&egg=x", "#egg=x"),
    "in a fragment alone": ("#access_token=S", ""),
    "in a route of a fragment": ("#/r?token=S", "#/r"),
    "an escaped separator of HTML": ("?a=1&amp;token=S&amp;b=2", "?a=1&amp;b=2"),
    "a separator of HTML by its number": ("?a=1&#38;token=S&#38;b=2", "?a=1&#38;b=2"),
    "a separator of XML by its number": ("?token=S&#x26;b=2", "?b=2"),
}


@pytest.mark.parametrize("name", sorted(ALWAYS | BESIDE.keys()))
@pytest.mark.parametrize(
    "spelled", [bytes.lower, bytes.upper, lambda name: b"%%%02x" % name[0] + name[1:]]
)
def test_every_name_of_a_secret_is_looked_for(
    name: bytes, spelled: Callable[[bytes], bytes]
) -> None:
    tail = b"?se=1&awsaccesskeyid=2&" + spelled(name) + b"=S"
    assert sanitize_url(b"https://h/x" + tail).clean == b"https://h/x?se=1&awsaccesskeyid=2"


PARAMETERS_KEPT = [
    *("?a=1", "?sig=S", "?signature=S", "?tokens=S", "?token=", "?token=${T}", "?token=****"),
    *("?se=1", "#egg=x&subdirectory=y", "#sha256=0", "#md5=0", "?mytoken=S", "?token"),
]


@cases("table", PARAMETERS)
def test_a_secret_parameter_goes_with_the_right_separator(table: tuple[str, str]) -> None:
    tail, clean = table
    result = sanitize_url(b"https://h/f.whl" + tail.encode())
    assert result.clean == b"https://h/f.whl" + clean.encode()
    assert {found.kind for found in result.findings} in ({"query"}, {"fragment"})
    assert all("=S" not in found.redacted for found in result.findings)
    assert sanitize_url(result.clean).findings == ()


@pytest.mark.parametrize("tail", PARAMETERS_KEPT)
def test_another_parameter_stays(tail: str) -> None:
    url = b"https://h/f.whl" + tail.encode()
    assert sanitize_url(url).clean == url


# What stands before and after a URL in a requirement.
AROUND = {
    "a requirement": ("name @ ", ""),
    "extras and a marker": ("name[a,b] @ ", " ; python_version < '3.13'"),
    "no blanks at all": ("name[extra]@", ";python_version<'3.13'"),
    "a marker that looks like a parameter": ("name@", ";sys_platform=='win32'"),
    "a bare URL": ("", ""),
    "a hash": ("", " --hash=sha256:00"),
    "an editable one": ("-e ", "#egg=x"),
    "an editable one in words": ("--editable=", ""),
    "an index": ("--index-url ", ""),
    "an index with an equals sign": ("--index-url=", ""),
    "a short index": ("-i ", ""),
    "a short index without a blank": ("-i", ""),
    "another index": ("--extra-index-url ", "  # a comment, mail a@b.test"),
    "links": ("-f ", ""),
    "links in words": ("--find-links\t", ""),
    "a line that goes on": ("name @ ", " \\"),
    "a comment": ("# name @ ", ""),
    "a comment behind another": ("foo==1.0  # see ", ""),
}


@cases("around", AROUND)
@pytest.mark.parametrize(
    "url", ["https://u:CANARY@h.test/x", "git+https://CANARY-0123456789@h.test/r.git@v1"]
)
def test_a_requirement_keeps_its_spelling(around: tuple[str, str], url: str) -> None:
    before, after = around
    result = sanitize_requirement(f"{before}{url}{after}".encode())
    clean = url.replace("u:CANARY@", "").replace("CANARY-0123456789@", "")
    assert result.clean == f"{before}{clean}{after}".encode()
    assert len(result.findings) == 1


@pytest.mark.parametrize(
    "line",
    [
        *("foo==1.0", "foo @ file:///x", "--trusted-host h.test:8080", "-r other.txt", ""),
        *("foo @ https://h/x # mail a@b", "foo @ git+ssh://git@h/r", "--pre", "-e ."),
    ],
)
def test_a_requirement_without_a_secret_stays(line: str) -> None:
    assert sanitize_requirement(line.encode()).clean == line.encode()


@pytest.mark.parametrize(
    "line",
    [
        "foo @ https://u:CAN ARY@h/x",
        "foo @ https://u:CAN@ARY@h/x ; python_version < '3'",
        "-e git+https://user/name:CANARY@h/r",
        "-i https://u:CANARY@h_%2e/",
        "foo==1  # https://u:CAN@ARY@h/x",
    ],
)
def test_a_requirement_is_refused_with_its_url(line: str) -> None:
    with pytest.raises(RefusedError) as caught:
        sanitize_requirement(line.encode())
    assert "CAN" not in str(caught.value)


USES = {
    "git": ("git+https://tok0123456789abc@h/o/r@v1", "git", "https://h/"),
    "a remote": ("https://tok0123456789abc@h/o/r.git", "git", "https://h/"),
    "a remote with a revision": ("https://tok0123456789abc@h/o/r.git@v1", "git", "https://h/"),
    "an index": ("https://tok0123456789abc@h:8443/simple/", "index", "https://h:8443/simple/"),
    "a wheel": ("https://tok0123456789abc@h/d/f-1.whl#sha256=0", "url", "https://h/d/f-1.whl"),
    "an archive": ("https://tok0123456789abc@h/d/f.tar.gz?x=1", "url", "https://h/d/f.tar.gz"),
    "ssh": ("ssh://u:p@h/o/r.git", "git", None),
}


@cases("table", USES)
def test_a_finding_says_what_the_secret_is_for(table: tuple[str, str, str | None]) -> None:
    url, use, service = table
    (found,) = sanitize_url(url.encode()).findings
    assert (found.use, found.service and str(found.service)) == (use, service)


def test_a_token_is_stored_under_the_username_that_its_host_expects() -> None:
    (found,) = sanitize_url(b"git+https://%s@github.com/o/r" % TOKEN).findings
    credential = found.credential()
    assert credential is not None
    assert (credential.username, credential.secret.reveal()) == (b"x-access-token", TOKEN)
    (found,) = sanitize_url(b"https://h.test/simple?token=S").findings
    assert found.credential() is None


def test_nothing_shows_a_secret_by_accident() -> None:
    result = sanitize_url(b"https://user:CANARY@h/x?token=CANARY")
    assert "CANARY" not in f"{result!r}{result.findings}{result.findings[0]}"
    assert "user" not in repr(result)


LOGIN_NAMES = {
    "a short name": "https://alice@h.test/o/r",
    "a short name and a colon": "https://alice:@h.test/",
    "a mail address": "https://a%40b.test@h.test/o/r",
    "one byte too short": f"git+https://{'x' * 15}@h.test/o/r",
    "the organization of Azure DevOps": "https://a-long-organization@dev.azure.com/A-Long-Organization/p/_git/r",
    "a host whose tokens all have a shape": "https://a-long-login-name-there@github.com/o/r",
    "the same, of an enterprise": "https://a-long-login-name-there@corp.ghe.com/o/r",
    "PyPI": "https://a-long-login-name-there@upload.pypi.org/legacy/",
}


@cases("url", LOGIN_NAMES)
def test_a_login_name_without_a_password_stays_and_is_noted(url: str) -> None:
    result = sanitize_url(url.encode())
    assert (result.clean, result.findings) == (url.encode(), ())
    (name,) = result.names
    assert (name.kind, name.removed) == ("login", False)


ALONE = {
    "16 bytes": ("x" * 16, "h.test"),
    "GitHub's shape": (TOKEN.decode(), "github.com"),
    "the shape of another service": ("gl" + "pat-" + "a" * 20, "github.com"),
    "GitHub's shape before 2021": ("0123456789abcdef0123456789abcdef01234567", "github.com"),
    "a prescribed name in other case": ("Gitlab-Ci-Token-", "gitlab.com"),
    "16 bytes after decoding": ("%78" * 16, "h.test"),
}


@cases("table", ALONE)
def test_a_username_alone_that_is_a_token_goes(table: tuple[str, str]) -> None:
    name, host = table
    result = sanitize_url(f"https://{name}@{host}/o/r".encode())
    assert [found.kind for found in result.findings] == ["token"]
    assert result.clean == f"https://{host}/o/r".encode()
    assert result.names == ()


def test_an_account_of_the_store_is_a_login_name() -> None:
    asked = []

    def is_account(service: Service, name: bytes) -> bool:
        asked.append((service.realm, name))
        return name == b"a-long-login-name"

    url = b"https://%s@h.test:8443/o/r"
    known = sanitize_url(url % b"a-long-login-name", is_account=is_account)
    assert (known.findings, len(known.names)) == ((), 1)
    other = sanitize_url(url % b"another-long-name", is_account=is_account)
    assert (len(other.findings), other.names) == (1, ())
    # The store is read only for a name that nothing else decides about.
    sanitize_url(url % b"alice", is_account=is_account)
    assert {realm for realm, _ in asked} == {"https://h.test:8443"}
    assert len(asked) == 2
