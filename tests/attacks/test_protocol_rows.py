"""Faults that were published (V01-V20) and attacks on the helper protocol (A01-A15).

The numbers are rows of docs/attacks.md. Where a row is about a program that sends
requests (V09, V15-V17), the test takes real git as that program, and what is asked of this
helper is that whatever reaches it is answered by host or not at all.
"""

from __future__ import annotations

import base64
import os
import tomllib

import pytest

from git_credential_uvx.protocol import LINE_LIMIT, REQUEST_LIMIT

from ..support.common import (
    OPERATIONS,
    SECRET,
    Web,
    answered,
    assert_answers,
    assert_discreet,
    cases,
    entry,
    git_fill,
    refused,
    refused_by_all,
    state,
    victim,
    web,
)
from ..support.machine import Machine, request

GOOD = b"protocol=https\nhost=good.test\n"
EVIL = b"protocol=https\nhost=evil.test\n"

ENCODED_NEWLINES = {
    "in what follows the host": b"url=https://evil.test?%0ahost=good.test/\n",
    "in the password": b"url=https://user:p%0aw@good.test/\n",
    "in the password, upper case": b"url=https://user:p%0Aw@good.test/\n",
    "in the username": b"url=https://us%0aer@good.test/\n",
    "in the scheme": b"url=https%0ahost=good.test://evil.test/\n",
    "in the host": b"url=https://evil.test%0ahost=good.test/\n",
    "at the end of the host": b"url=https://good.test%0a/\n",
    "in the path": b"url=https://evil.test/x%0ahost=good.test\n",
    "in the path of the right host": b"url=https://good.test/x%0ay\n",
}


@cases("lines", ENCODED_NEWLINES)
def test_v01_an_encoded_newline_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@cases("lines", ENCODED_NEWLINES)
def test_v01_git_gets_nothing_for_an_encoded_newline(machine: Machine, lines: bytes) -> None:
    assert SECRET.encode() not in git_fill(victim(machine), lines)


@cases(
    "lines",
    {
        "protocol and no host": b"protocol=https\n",
        "host and no protocol": b"host=good.test\n",
        "neither": b"",
        "an empty protocol": b"protocol=\nhost=good.test\n",
        "only a username": b"username=alice\n",
        "only a path": b"path=r.git\n",
    },
)
def test_v02_a_missing_field_is_no_wildcard(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_v02_no_input_at_all_means_nothing(machine: Machine, operation: str) -> None:
    refused(victim(machine), operation, b"")


EMPTY_HOSTS = {
    "as git sends it": b"protocol=https\nhost=\npath=evil.test/repo.git\n",
    "with the right host as path": b"protocol=https\nhost=\npath=good.test/repo.git\n",
    "in a URL": b"url=https:///evil.test/repo.git\n",
    "in a URL to the right host": b"url=https:///good.test/repo.git\n",
    "with a port": b"protocol=https\nhost=:443\n",
    "behind a username": b"url=https://alice@/good.test\n",
}


@cases("lines", EMPTY_HOSTS)
def test_v03_an_empty_host_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@cases("lines", EMPTY_HOSTS)
def test_v03_git_gets_nothing_for_an_empty_host(machine: Machine, lines: bytes) -> None:
    assert SECRET.encode() not in git_fill(victim(machine), lines)


@pytest.mark.parametrize("host", ["evil.test", "good.test"])
@cases(
    "url",
    {
        "two colons": "http::{}/foo.git",
        "colons and slashes": "http::://{}/foo.git",
        "a bare host": "{}/foo.git",
        "two slashes": "//{}/foo.git",
        "an empty scheme": "://{}/foo.git",
        "a scheme that is neither http nor https": "ftp://{}/foo.git",
        "ssh": "ssh://{}/foo.git",
    },
)
def test_v04_a_url_without_a_known_scheme_is_refused(machine: Machine, url: str, host: str) -> None:
    refused_by_all(victim(machine), b"url=%b\n" % url.format(host).encode())


@cases(
    "url",
    {
        "three steps up and two slashes": b"https:///evil.test/x.git",
        "three steps up and four slashes": b"https:////evil.test/x.git",
        "three steps up and a colon": b"https::evil.test/x",
        "three steps up and three colons": b"https:::://evil.test/x",
        "a newline in the last segment": b"https://evil.test/a/b/%0ahost=good.test/x",
        "steps that nobody resolved": b"https://good.test/a/b/../../..//evil.test/x.git",
        "encoded steps": b"https://good.test/a/%2e%2e/%2e%2e/evil.test/x.git",
    },
)
def test_v05_a_url_that_climbed_out_of_its_path_is_refused(machine: Machine, url: bytes) -> None:
    refused_by_all(victim(machine), b"url=%b\n" % url)


ENCODED_RETURNS = {
    "in the host": b"url=https://evil.test%0dhost=good.test/\n",
    "in the host, upper case": b"url=https://evil.test%0Dhost=good.test/\n",
    "in the username": b"url=https://al%0dice@good.test/\n",
    "in the password": b"url=https://alice:p%0dw@good.test/\n",
    "in the path": b"url=https://evil.test/x%0dhost=good.test\n",
}


@cases("lines", ENCODED_RETURNS)
def test_v06_an_encoded_carriage_return_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@cases("lines", ENCODED_RETURNS)
def test_v06_git_gets_nothing_for_a_carriage_return(machine: Machine, lines: bytes) -> None:
    assert SECRET.encode() not in git_fill(victim(machine), lines)


@cases(
    "lines",
    {
        "before a second host": b"protocol=https\nhost=evil.test\rhost=good.test\n",
        "after the right host": b"protocol=https\nhost=good.test\rx\n",
        "two at the end of the host": b"protocol=https\nhost=good.test\r\r\n",
        "in the protocol": b"protocol=https\rhost=good.test\nhost=evil.test\n",
        "in a key": b"protocol=https\nhost=good.test\nusern\rame=alice\n",
        "in a key that is unknown": b"protocol=https\nhost=good.test\nx\ry=1\n",
        "instead of every newline": b"protocol=https\rhost=good.test\r\r",
    },
)
def test_v07_a_bare_cr_does_not_end_a_line(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


def test_v07_crlf_does_end_a_line(machine: Machine) -> None:
    found = answered(victim(machine), b"protocol=https\r\nhost=good.test\r\n\r\n")
    assert found[b"password"] == SECRET.encode()


@cases(
    "lines",
    {
        "a bell in the username": b"protocol=https\nhost=good.test\nusername=\x07bob smith\n",
        "an escape in the username": b"url=https://good.test%1b%5b8m@evil.test/\n",
        "an escape in the host": b"protocol=https\nhost=good.test\x1b[8m.evil.test\n",
        "a bidi override in the host": "protocol=https\nhost=\u202etset.doog\n".encode(),
    },
)
def test_v08_a_disguised_request_shows_nothing(machine: Machine, lines: bytes) -> None:
    refused(victim(machine), "get", lines + b"\n")
    refused(machine, "erase", lines + b"\n")


@cases(
    "url",
    {
        "newlines": b"https://evil.test/%0ahost=good.test%0a/info/lfs",
        "carriage returns": b"https://evil.test/%0dhost=good.test%0d/info/lfs",
    },
)
def test_v09_another_writer_cannot_smuggle_a_host(machine: Machine, url: bytes) -> None:
    refused_by_all(victim(machine), b"url=%b\n" % url)
    assert SECRET.encode() not in git_fill(machine, b"url=%b\n" % url)


def test_v09_lines_of_a_writer_that_checks_nothing_are_refused(machine: Machine) -> None:
    lines = EVIL + b"path=\nhost=good.test\nx=/info/lfs\n"
    refused_by_all(victim(machine), lines)


SEPARATORS = {
    "a carriage return": b"\r",
    "a vertical tab": b"\x0b",
    "a form feed": b"\x0c",
    "a file separator": b"\x1c",
    "a group separator": b"\x1d",
    "a record separator": b"\x1e",
    "a unit separator": b"\x1f",
    "next line in UTF-8": b"\xc2\x85",
    "next line as a byte": b"\x85",
    "a line separator": "\u2028".encode(),
    "a paragraph separator": "\u2029".encode(),
}


@cases("separator", SEPARATORS)
def test_v10_only_a_newline_separates(machine: Machine, separator: bytes) -> None:
    lines = b"host=evil.test%bhost=good.test\n" % separator
    refused_by_all(victim(machine), b"protocol=https\n" + lines)
    refused(machine, "get", lines + b"protocol=https\n\n")


def test_v11_a_carriage_return_is_refused_when_reading(machine: Machine) -> None:
    refused_by_all(victim(machine), b"url=https://evil.test%0dhost=good.test/\n")


@cases(
    "entry_text",
    {
        "in the username": 'username = "a\\rhost=b"\npassword = "CANARY-3f9c"',
        "in the password": 'username = "a"\npassword = "CANARY-3f9c\\rhost=b"',
        "in the token": 'scheme = "bearer"\ntoken = "CANARY-3f9c\\rhost=b"',
    },
)
def test_v11_a_carriage_return_is_refused_when_writing(machine: Machine, entry_text: str) -> None:
    machine.write_store(f'[[credential]]\nservice = "https://good.test/"\n{entry_text}\n')
    refused(machine, "get", GOOD + b"capability[]=authtype\n\n")


TOKENS_OF_THE_ENVIRONMENT = {
    "an enterprise token of gh": {"GH_ENTERPRISE_TOKEN": SECRET},
    "an enterprise token of GitHub": {"GITHUB_ENTERPRISE_TOKEN": SECRET},
    "a token in a codespace": {"CODESPACES": "1", "GITHUB_TOKEN": SECRET},
    "tokens of gh and GitLab": {"GH_TOKEN": SECRET, "GITLAB_TOKEN": SECRET, "CI_JOB_TOKEN": SECRET},
    "an index of uv": {"UV_INDEX_EVIL_USERNAME": "victim", "UV_INDEX_EVIL_PASSWORD": SECRET},
    "publishing with uv": {"UV_PUBLISH_TOKEN": SECRET, "UV_PUBLISH_PASSWORD": SECRET},
    "Hugging Face": {"HF_TOKEN": SECRET},
}


@pytest.mark.parametrize("host", [b"evil.test", b"github.com.evil.test", b"good.test:8443"])
@cases("environment", TOKENS_OF_THE_ENVIRONMENT)
def test_v12_a_token_of_the_environment_is_for_no_other_host(
    machine: Machine, environment: dict[str, str], host: bytes
) -> None:
    lines = b"protocol=https\nhost=%b\n" % host
    for more in (b"", b"capability[]=authtype\n", b"username=victim\n", b"username=git\n"):
        done = machine.helper("get", lines + more + b"\n", env=environment)
        assert (done.stdout, done.stderr) == (b"", b"")
    machine.env |= environment
    assert SECRET.encode() not in git_fill(machine, lines)


@pytest.mark.parametrize("host", ["tuf-repo.github.com", "gist.github.com", "com", "github.co"])
def test_v13_a_parent_domain_does_not_answer(machine: Machine, host: str) -> None:
    victim(machine, "https://github.com/")
    machine.env["GH_ENTERPRISE_TOKEN"] = SECRET
    for operation in ("get", "erase"):
        refused(machine, operation, request(protocol="https", host=host))


@cases(
    "host",
    {
        "the name as a sub-domain": b"github.com.evil.test",
        "the name as an ending": b"evil-github.com",
        "another character for the dot": b"githubXcom",
        "the name as a path": b"evil.test/github.com",
        "the name twice": b"github.com.github.com",
    },
)
def test_v14_a_host_that_looks_like_another_is_another(machine: Machine, host: bytes) -> None:
    victim(machine, "https://github.com/")
    for operation in ("get", "erase"):
        refused(machine, operation, request(protocol="https", host=host))


_BASIC = "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="x"'}
_ADVERTISED = (
    b"001e# service=git-upload-pack\n0000"
    b"000eversion 2\n0013ls-refs=unborn\n000fobject-format=sha1\n"
).replace(b"000fobject-format=sha1\n", b"0017object-format=sha1\n")
_SMART = {"Content-Type": "application/x-git-upload-pack-advertisement"}


def _closed(method: str, path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
    """The attacker's server asks everybody for a password."""
    return 401, _CHALLENGE, b""


def _ls_remote(machine: Machine, good: Web, *options: str) -> None:
    machine.write_store(entry(f"http://127.0.0.1:{good.port}/"))
    machine.git(
        *("-c", "credential.helper=uvx", *options),
        *("ls-remote", f"http://127.0.0.1:{good.port}/r.git"),
        check=False,
    )
    assert good.authorizations <= {_BASIC}


@cases(
    "status, asks_first",
    {
        f"{status} {when}": (status, asks)
        for status in (301, 302, 303, 307, 308)
        for when, asks in {"at once": False, "after a password": True}.items()
    },
)
def test_v15_a_redirect_to_another_host_gets_no_secret(
    machine: Machine, status: int, asks_first: bool
) -> None:
    with web(_closed) as evil:

        def good_answer(
            method: str, path: str, authorization: str
        ) -> tuple[int, dict[str, str], bytes]:
            if asks_first and not authorization:
                return 401, _CHALLENGE, b""
            return status, {"Location": f"http://localhost:{evil.port}{path}"}, b""

        with web(good_answer) as good:
            _ls_remote(machine, good)
    assert evil.seen
    assert evil.authorizations == set()
    assert good.authorizations == ({_BASIC} if asks_first else set())


def test_v16_what_follows_a_redirect_gets_no_secret(machine: Machine) -> None:
    def evil_answer(
        method: str, path: str, authorization: str
    ) -> tuple[int, dict[str, str], bytes]:
        if method == "POST":
            return 401, _CHALLENGE, b""
        return 200, _SMART, _ADVERTISED + b"0000"

    with web(evil_answer) as evil:

        def good_answer(
            method: str, path: str, authorization: str
        ) -> tuple[int, dict[str, str], bytes]:
            return 302, {"Location": f"http://localhost:{evil.port}{path}"}, b""

        with web(good_answer) as good:
            _ls_remote(machine, good, "-c", "protocol.version=2")
    assert "/r.git/git-upload-pack" in {path for path, _ in evil.seen}
    assert evil.authorizations == set()


def test_v17_a_later_redirect_gets_no_secret(machine: Machine) -> None:
    with web(_closed) as evil:

        def good_answer(
            method: str, path: str, authorization: str
        ) -> tuple[int, dict[str, str], bytes]:
            if not authorization:
                return 401, _CHALLENGE, b""
            if method == "POST":
                return 302, {"Location": f"http://localhost:{evil.port}{path}"}, b""
            return 200, _SMART, _ADVERTISED + b"0000"

        with web(good_answer) as good:
            _ls_remote(machine, good, "-c", "http.followRedirects=true")
    assert good.authorizations == {_BASIC}
    assert evil.seen
    assert evil.authorizations == set()


def test_v17_an_alternates_file_gets_no_secret(machine: Machine) -> None:
    with web(_closed) as evil:

        def good_answer(
            method: str, path: str, authorization: str
        ) -> tuple[int, dict[str, str], bytes]:
            bodies = {
                "/r.git/info/refs": b"%b\trefs/heads/main\n" % (b"1" * 40),
                "/r.git/HEAD": b"ref: refs/heads/main\n",
                "/r.git/objects/info/http-alternates": (
                    b"http://localhost:%d/objects\n" % evil.port
                ),
            }
            if not authorization:
                return 401, _CHALLENGE, b""
            body = bodies.get(path.partition("?")[0])
            return (404, {}, b"") if body is None else (200, {}, body)

        with web(good_answer) as good:
            machine.write_store(entry(f"http://127.0.0.1:{good.port}/"))
            machine.git(
                *("-c", "credential.helper=uvx", "clone", "--quiet"),
                f"http://127.0.0.1:{good.port}/r.git",
                "copy",
                check=False,
            )
    assert "/r.git/objects/info/http-alternates" in {path for path, _ in good.seen}
    assert good.authorizations == {_BASIC}
    assert evil.authorizations == set()


@cases(
    "value",
    {
        "nothing": b"",
        "a blank": b" ",
        "blanks around": b" x ",
        "a tab at the end": b"x\t",
        "a carriage return at the end": b"x\r",
        "two carriage returns at the end": b"x\r\r",
        "a carriage return inside": b"x\ry",
        "a no-break space at the end": "x\u00a0".encode(),
        "a line separator at the end": "x\u2028".encode(),
        "a backslash at the end": b"x\\",
        "a quotation mark at the end": b'x"',
        "three quotation marks": b'"""',
        "an equals sign": b"=x=",
        "a number sign": b"x # y",
        "half a character": b"x\xe2\x80",
    },
)
@pytest.mark.parametrize("key", [b"username", b"password"])
def test_v18_a_value_comes_back_as_it_was_or_is_refused(
    machine: Machine, key: bytes, value: bytes
) -> None:
    victim(machine)
    given = {b"username": b"bob", b"password": b"planted"} | {key: value}
    lines = b"".join(b"%b=%b\n" % pair for pair in given.items())
    assert_discreet(machine.helper("store", EVIL + lines + b"\n"))
    assert answered(machine, EVIL + b"\n") in ({}, given)
    assert_answers(machine)


@cases("key", {"username": b"username", "password": b"password", "path": b"path", "host": b"host"})
def test_v19_an_enormous_value_is_refused(machine: Machine, key: bytes) -> None:
    rest = b"protocol=https\n" if key == b"host" else b"protocol=https\nhost=h.test\n"
    refused_by_all(victim(machine), rest + b"%b=%b\n" % (key, b"a" * 100_000))


@cases(
    "lines",
    {
        "a challenge that sets the clipboard": (
            GOOD + b'wwwauth[]=Basic realm="\x1b]52;c;cm0gLXJm\x07"\n'
        ),
        "a challenge that erases the line": GOOD + b"wwwauth[]=\x1b[2KPassword for good.test:\n",
        "an unknown key": GOOD + b"\x1b[2Jx=\x9b\n",
        "a state of another helper": GOOD + b"state[]=\x1b]0;title\x07\n",
    },
)
def test_v20_hostile_text_beside_the_question_changes_nothing(
    machine: Machine, lines: bytes
) -> None:
    done = victim(machine).helper("get", lines + b"\n")
    assert done.stdout == b"username=alice\npassword=%b\n" % SECRET.encode()
    assert done.stderr == b""


@cases(
    "lines",
    {
        "a challenge with a carriage return": GOOD + b"wwwauth[]=\x1b[2K\rPassword for x:\n",
        "a host with an escape": b"protocol=https\nhost=good.test\x1b[2K\n",
        "a host with a C1 control": b"protocol=https\nhost=good.test\xc2\x9b2K\n",
        "a host with a bidi override": "protocol=https\nhost=good.test\u202e\n".encode(),
        "a protocol with an escape": b"protocol=\x1b]0;x\x07\nhost=good.test\n",
        "a line that is none": GOOD + b"\x1b]0;x\x07\n",
        "an expiry with an escape": (
            EVIL + b"username=a\npassword=b\npassword_expiry_utc=\x1b]0;x\x07\n"
        ),
    },
)
def test_v20_hostile_text_never_reaches_the_terminal(machine: Machine, lines: bytes) -> None:
    victim(machine)
    refused(machine, "store", lines + b"\n")
    refused(machine, "get", lines.replace(b"password=b\n", b"") + b"\n")


def test_v20_a_hostile_path_is_shown_escaped(machine: Machine) -> None:
    folder = machine.home / "\x1b[2K\r\u202e\x9b"
    folder.mkdir(mode=0o700)
    (folder / "credentials.toml").write_text("[")
    env = {"UV_CREDENTIALS_DIR": str(folder)}
    done = machine.helper("get", GOOD + b"\n", env=env)
    assert done.stdout == b""
    assert_discreet(done)
    assert rb"\x1b[2K\r\u202e\x9b/credentials.toml" in done.stderr


@cases("separator", SEPARATORS)
def test_a01_a_separator_of_other_readers_is_data(machine: Machine, separator: bytes) -> None:
    victim(machine)
    given = {
        b"username": b"a%busername=root" % separator,
        b"password": b"p%bhost=good.test" % separator,
    }
    lines = b"".join(b"%b=%b\n" % pair for pair in given.items())
    if separator == b"\r":
        refused(machine, "store", EVIL + lines + b"\n")
    else:
        machine.put(protocol="https", host="evil.test", **{k.decode(): v for k, v in given.items()})
        assert answered(machine, EVIL + b"\n") == given
    refused(machine, "get", GOOD + b"username=alice%b\n\n" % separator.replace(b"\r", b"\r\r"))
    assert_answers(machine, username="alice")


def test_a02_blanks_of_a_secret_are_kept(machine: Machine) -> None:
    machine.put(protocol="https", host="evil.test", username=" bob ", password="secret ")
    expected = {b"username": b" bob ", b"password": b"secret "}
    assert answered(machine, EVIL + b"\n") == expected
    refused(machine, "get", EVIL + b"username=bob\n\n")


@cases(
    "lines",
    {
        f"{what} {where}": pattern.replace(b"_", blank)
        for what, blank in {
            "a space": b" ",
            "a tab": b"\t",
            "a no-break space": "\u00a0".encode(),
            "a unit separator": b"\x1f",
            "an ideographic space": "\u3000".encode(),
            "a zero-width space": "\u200b".encode(),
        }.items()
        for where, pattern in {
            "after the host": b"protocol=https\nhost=good.test_\n",
            "before the host": b"protocol=https\nhost=_good.test\n",
            "after the protocol": b"protocol=https_\nhost=good.test\n",
            "after the key": b"protocol=https\nhost_=good.test\n",
        }.items()
    },
)
def test_a02_blanks_are_not_stripped(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@cases("blank", {"a no-break space": "\u00a0".encode(), "a space": b" ", "a newline": b"\x0b"})
def test_a02_an_expiry_with_a_blank_is_refused(machine: Machine, blank: bytes) -> None:
    lines = b"username=a\npassword=b\npassword_expiry_utc=9999999999%b\n\n" % blank
    refused(victim(machine), "store", EVIL + lines)


@cases(
    "lines",
    {
        "two hosts": b"protocol=https\nhost=a.test\nhost=b.test\n",
        "the same host twice": b"protocol=https\nhost=a.test\nhost=a.test\n",
        "two protocols": b"protocol=http\nhost=a.test\nprotocol=https\n",
        "two usernames": b"protocol=https\nhost=a.test\nusername=x\nusername=alice\n",
        "two paths": b"protocol=https\nhost=a.test\npath=x\npath=y\n",
        "two passwords": b"protocol=https\nhost=a.test\npassword=CANARY-3f9c\npassword=x\n",
    },
)
def test_a03_a_repeated_key_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine, "https://a.test/", "https://b.test/"), lines)


def test_a03_an_empty_value_resets_a_list(machine: Machine) -> None:
    machine.write_store(
        f'[[credential]]\nservice = "https://good.test/"\nscheme = "bearer"\ntoken = "{SECRET}"\n'
    )
    lists = b"capability[]=authtype\ncapability[]=state\n"
    refused(machine, "get", GOOD + lists + b"capability[]=\n\n")
    found = answered(machine, GOOD + lists + b"capability[]=\ncapability[]=authtype\n\n")
    assert found[b"credential"] == SECRET.encode()


@cases(
    "lines",
    {
        "after the host": b"protocol=https\nhost=a.test\nurl=https://b.test/x\n",
        "before the host": b"url=https://b.test/x\nprotocol=https\nhost=a.test\n",
        "beside the protocol": b"url=https://a.test/x\nprotocol=https\n",
        "beside the same host": b"url=https://a.test/x\nhost=a.test\n",
        "twice": b"url=https://a.test/x\nurl=https://b.test/x\n",
        "beside a username": b"url=https://x@a.test/\nusername=alice\n",
        "beside a path": b"url=https://a.test/x\npath=y\n",
    },
)
def test_a04_a_url_overrides_nothing(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine, "https://a.test/", "https://b.test/"), lines)


def test_a04_a_url_alone_is_a_question(machine: Machine) -> None:
    found = answered(victim(machine), b"url=https://good.test/r.git\n\n")
    assert found[b"password"] == SECRET.encode()


@cases(
    "data",
    {
        "in the host": b"protocol=https\nhost=good.test\0.evil.test\n\n",
        "after the host": b"protocol=https\nhost=good.test\0\n\n",
        "in the protocol": b"protocol=https\0x\nhost=good.test\n\n",
        "in a key": b"protocol=https\nhost=good.test\nuser\0name=x\n\n",
        "in an unknown value": b"protocol=https\nhost=good.test\nx=\0\n\n",
        "in a list": b"protocol=https\nhost=good.test\nwwwauth[]=\0\n\n",
        "after the blank line": b"protocol=https\nhost=good.test\n\n\0",
        "encoded in a URL": b"url=https://good.test/%00\n\n",
        "encoded in the host of a URL": b"url=https://good.test%00.evil.test/\n\n",
    },
)
@pytest.mark.parametrize("operation", ["get", "erase"])
def test_a05_nul_is_refused(machine: Machine, data: bytes, operation: str) -> None:
    refused(victim(machine), operation, data)


@pytest.mark.parametrize("length", [LINE_LIMIT - 1, LINE_LIMIT])
def test_a06_a_line_as_long_as_git_allows_is_read(machine: Machine, length: int) -> None:
    line = b"x=%b\n" % (b"a" * (length - 3))
    assert len(line) == length
    found = answered(victim(machine), GOOD + line + b"\n")
    assert found[b"password"] == SECRET.encode()


@cases(
    "data",
    {
        "a line one byte too long": GOOD + b"x=%b\n\n" % (b"a" * (LINE_LIMIT - 2)),
        "an enormous line": GOOD + b"username=%b\n\n" % (b"a" * 5_000_000),
        "an enormous line first": b"x=%b\n" % (b"a" * 5_000_000) + GOOD + b"\n",
        "too many small lines": GOOD + b"a=b\n" * 100_000 + b"\n",
        "too many of a list": GOOD + b"wwwauth[]=b\n" * 100_000 + b"\n",
        "no newline at all": b"protocol=https" * 100_000,
        "no newline and not too long": b"protocol=https",
    },
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a06_more_than_that_is_refused(machine: Machine, data: bytes, operation: str) -> None:
    refused(victim(machine), operation, data)


def test_a06_the_request_as_a_whole_has_an_end(machine: Machine) -> None:
    victim(machine)
    full = b"a=b\n" * ((REQUEST_LIMIT - len(GOOD) - 1) // 4)
    assert answered(machine, GOOD + full + b"\n")[b"password"] == SECRET.encode()
    refused(machine, "get", GOOD + full + b"a=b\n" * 2 + b"\n")


@cases(
    "lines",
    {
        "a byte that is none in the host": b"protocol=https\nhost=good\xff.test\n",
        "an overlong slash in the host": b"protocol=https\nhost=good.test\xc0\xaf\n",
        "a byte that is none in the protocol": b"protocol=http\xff\nhost=good.test\n",
        "half a character in the host": b"protocol=https\nhost=good.test\xc3\n",
    },
)
def test_a07_a_host_that_is_not_text_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


def test_a07_names_that_are_not_text_stay_apart(machine: Machine) -> None:
    victim(machine)
    names = [b"\xc3\x28", b"\xc3\x29", b"\xc0\xaf", b"/", b"\xff", "\ufffd".encode()]
    for number, name in enumerate(names):
        machine.put(protocol="https", host="evil.test", username=name, password=f"p{number}")
    for number, name in enumerate(names):
        found = answered(machine, EVIL + b"username=%b\n\n" % name)
        assert found == {b"username": name, b"password": b"p%d" % number}
    refused(machine, "get", GOOD + b"username=alice\xff\n\n")


@cases(
    "entry_text",
    {
        "quit in the password": f'username = "a"\npassword = "{SECRET}\\nquit=1"',
        "a username in the password": f'username = "a"\npassword = "{SECRET}\\nusername=root"',
        "a host in the password": f'username = "a"\npassword = "{SECRET}\\rhost=b"',
        "NUL in the password": f'username = "a"\npassword = "{SECRET}\\u0000"',
        "a real newline": f'username = "a"\npassword = """{SECRET}\nquit=1"""',
        "a password in the username": f'username = "a\\npassword=x"\npassword = "{SECRET}"',
        "quit in the token": f'scheme = "bearer"\ntoken = "{SECRET}\\nquit=1"',
    },
)
def test_a08_a_stored_line_end_is_not_printed(machine: Machine, entry_text: str) -> None:
    machine.write_store(f'[[credential]]\nservice = "https://good.test/"\n{entry_text}\n')
    refused(machine, "get", GOOD + b"capability[]=authtype\n\n")


@cases(
    "record",
    {
        "quit in the secret": f'username = "a"\nsecret = "{SECRET}\\nquit=1"',
        "a newline in base64": 'username = "a"\nsecret-base64 = "eApxdWl0PTE="',
        "quit in the refresh token": (
            f'username = "a"\nsecret = "{SECRET}"\nrefresh-token = "x\\nquit=1"'
        ),
        "quit in the scheme": f'authtype = "Bearer\\nquit=1"\nsecret = "{SECRET}"',
        "base64 that is none": 'username = "a"\nsecret-base64 = "CANARY-3f9c"',
    },
)
def test_a08_the_companion_is_not_trusted_either(machine: Machine, record: str) -> None:
    machine.write_store("")
    machine.companion.write_text(
        f'[[credential]]\nservice = "https://good.test/"\n{record}\nstored = 1\n'
    )
    refused(machine, "get", GOOD + b"capability[]=authtype\n\n")


BEARER = f'[[credential]]\nservice = "https://good.test/"\nscheme = "bearer"\ntoken = "{SECRET}"\n'


@cases(
    "lines",
    {
        "nothing announced": GOOD,
        "another capability": GOOD + b"capability[]=state\n",
        "the name of one without brackets": GOOD + b"capability=authtype\n",
        "a longer name": GOOD + b"capability[]=authtypes\n",
        "a username": GOOD + b"username=alice\n",
    },
)
def test_a09_a_token_is_only_for_callers_that_know_it(machine: Machine, lines: bytes) -> None:
    machine.write_store(BEARER)
    refused(machine, "get", lines + b"\n")


def test_a09_the_capability_is_echoed_first_and_no_other(machine: Machine) -> None:
    machine.write_store(BEARER)
    known = b"capability[]=authtype\ncapability[]=state\nstate[]=other:1\n"
    done = machine.helper("get", GOOD + known + b"\n")
    expected = b"capability[]=authtype\nauthtype=Bearer\ncredential=%b\n" % SECRET.encode()
    assert (done.stdout, done.stderr) == (expected, b"")


@cases(
    "operation, lines",
    {
        "erase of nothing": ("erase", b""),
        "erase of a protocol": ("erase", b"protocol=https\n"),
        "erase of a host": ("erase", b"host=good.test\n"),
        "erase of a username": ("erase", b"username=alice\n"),
        "erase with another password": ("erase", GOOD + b"username=alice\npassword=other\n"),
        "erase with no password in it": ("erase", GOOD + b"username=alice\npassword=\n"),
        "erase of another user": ("erase", GOOD + b"username=bob\n"),
        "erase of another path": ("erase", b"protocol=https\nhost=good.test:8443\n"),
        "erase of a token": ("erase", GOOD + b"authtype=Bearer\ncredential=CANARY-3f9c\n"),
        "store of nothing": ("store", b""),
        "store without a password": ("store", GOOD + b"username=alice\n"),
        "store without a username": ("store", GOOD + b"password=planted\n"),
        "store that is ephemeral": (
            "store",
            GOOD + b"authtype=Bearer\ncredential=planted\nephemeral=1\n",
        ),
        "store of a password that is ephemeral": (
            "store",
            GOOD + b"username=alice\npassword=planted\nephemeral=1\n",
        ),
        "store of what is known": ("store", GOOD + b"username=alice\npassword=CANARY-3f9c\n"),
    },
)
def test_a10_too_little_changes_nothing(machine: Machine, operation: str, lines: bytes) -> None:
    refused(victim(machine), operation, lines + b"\n")
    assert_answers(machine)


def test_a10_only_the_refused_password_is_forgotten(machine: Machine) -> None:
    for user in ("alice", "bob"):
        machine.put(protocol="https", host="good.test", username=user, password=f"{user}-1")
    lines = GOOD + b"username=alice\npassword="
    refused(machine, "erase", lines + b"bob-1\n\n")
    assert_discreet(machine.helper("erase", lines + b"alice-1\n\n"))
    assert answered(machine, GOOD + b"username=alice\n\n") == {}
    assert answered(machine, GOOD + b"username=bob\n\n")[b"password"] == b"bob-1"


@cases(
    "lines",
    {
        "an at sign": b"protocol=https\nhost=b@good.test\n",
        "an at sign and another host": b"protocol=https\nhost=good.test@evil.test\n",
        "a number sign": b"protocol=https\nhost=good.test#.evil.test\n",
        "a number sign and an ending": b"protocol=https\nhost=evil.test#.good.test\n",
        "a slash": b"protocol=https\nhost=good.test/.evil.test\n",
        "a question mark": b"protocol=https\nhost=good.test?.evil.test\n",
        "a backslash": b"protocol=https\nhost=good.test\\.evil.test\n",
        "a tab": b"protocol=https\nhost=go\tod.test\n",
        "an empty port": b"protocol=https\nhost=good.test:\n",
        "a percent sign": b"protocol=https\nhost=good%2etest\n",
        "a tilde": b"protocol=https\nhost=good~.test\n",
        "an option": b"protocol=https\nhost=-good.test\n",
        "two colons": b"protocol=https\nhost=good.test:443:443\n",
        "an asterisk": b"protocol=https\nhost=*.test\n",
        "an asterisk alone": b"protocol=https\nhost=*\n",
        "a dot in front": b"protocol=https\nhost=.good.test\n",
        "a protocol with a blank": b"protocol= https\nhost=good.test\n",
        "a protocol in upper case": b"protocol=HTTPS\nhost=good.test\n",
        "a protocol with its colon": b"protocol=https:\nhost=good.test\n",
        "a longer protocol": b"protocol=httpss\nhost=good.test\n",
    },
)
def test_a11_what_is_no_host_name_is_refused(machine: Machine, lines: bytes) -> None:
    refused_by_all(victim(machine), lines)


@cases(
    "words",
    {
        "a later operation": ("get2",),
        "an operation in upper case": ("GET",),
        "none": (),
        "an empty one": ("",),
        "two": ("get", "store"),
        "one with a newline": ("get\n",),
    },
)
def test_a12_an_unknown_operation_is_passed_over(machine: Machine, words: tuple[str, ...]) -> None:
    before = state(victim(machine))
    data = GOOD + b"username=alice\npassword=planted\n\n"
    done = machine.run("git-credential-uvx", *words, input=data)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert state(machine) == before


@pytest.mark.parametrize("line", [b"newthing=1\n", b"newthing[]=1\n", b"=1\n", b"[]=1\n"])
def test_a12_an_unknown_key_is_passed_over(machine: Machine, line: bytes) -> None:
    found = answered(victim(machine), line + GOOD + line + b"\n")
    assert found == {b"username": b"alice", b"password": SECRET.encode()}


def test_a12_the_capabilities_are_told_without_a_question(machine: Machine) -> None:
    done = machine.helper("capability", b"")
    assert done.stdout.startswith(b"version 0\n")
    assert done.stderr == b""


EXPIRIES = {
    "negative": b"-1",
    "the beginning of time": b"0",
    "over": b"1700000000",
    "with an underscore": b"1_000",
    "with a sign": b"+9999999999",
    "in other digits": "\u0664\u0664\u0663".encode(),
    "superscript": "9999999999\u00b2".encode(),
    "beyond every date": b"99999999999999999999",
    "thousands of digits": b"9" * 5000,
    "hexadecimal": b"0xffffffffff",
    "empty": b"",
    "a word": b"never",
    "a fraction": b"9999999999.5",
}


@cases("expiry", EXPIRIES)
def test_a13_an_expiry_that_is_over_or_unreadable_is_not_stored(
    machine: Machine, expiry: bytes
) -> None:
    victim(machine)
    lines = b"username=a\npassword=planted\npassword_expiry_utc=%b\n\n" % expiry
    refused(machine, "store", EVIL + lines)
    refused(machine, "store", GOOD + lines.replace(b"username=a", b"username=alice"))


@cases(
    "expires",
    {
        "negative": "-1",
        "the beginning of time": "0",
        "over": "1700000000",
        "thousands of digits": "9" * 5000,
        "text": '"9999999999"',
        "a fraction": "9999999999.5",
        "endless": "inf",
        "a date": "2099-01-01",
        "true": "true",
    },
)
def test_a13_a_stored_expiry_that_is_over_or_unreadable_means_no_answer(
    machine: Machine, expires: str
) -> None:
    machine.write_store("")
    machine.companion.write_text(
        '[[credential]]\nservice = "https://good.test/"\nusername = "alice"\n'
        f'secret = "{SECRET}"\nexpires = {expires}\nstored = 1\n'
    )
    refused(machine, "get", GOOD + b"\n")


def test_a14_no_other_program_runs(machine: Machine) -> None:
    victim(machine)
    marker = machine.root / "pwned"
    planted = machine.root / "planted"
    planted.mkdir()
    for name in ("git", "uv", "keyring", "sh", "ssh", "python3"):
        (planted / name).write_text(f"#!/bin/sh\n: > '{marker}'\n")
        (planted / name).chmod(0o755)
    repository = machine.root / "evil"
    machine.git("init", "--quiet", repository)
    machine.git("-C", repository, "config", "credential.helper", f"!: > '{marker}'")
    env = {
        "PATH": os.pathsep.join([str(planted), machine.env["PATH"]]),
        "GIT_DIR": str(repository / ".git"),
        "GIT_WORK_TREE": str(repository),
        "GIT_ASKPASS": str(planted / "ssh"),
        "GIT_CONFIG_PARAMETERS": f"'credential.helper=!: > {marker}'",
    }
    done = machine.helper("get", GOOD + b"\n", env=env)
    assert done.stdout == b"username=alice\npassword=%b\n" % SECRET.encode()
    for operation in ("store", "erase"):
        machine.helper(operation, GOOD + b"username=alice\npassword=planted\n\n", env=env)
    assert not marker.exists()


@cases(
    "stored, asked",
    {
        "another name": ("bob", "alice"),
        "another case": ("bob", "Bob"),
        "a longer name": ("bob", "bobby"),
        "a shorter name": ("bob", "bo"),
        "a blank more": ("bob", "bob "),
        "no name": ("bob", ""),
        "a name where none is stored": ("", "alice"),
        "the same letters composed": ("re\u0301my", "r\u00e9my"),
        "the same letters in full width": ("bob", "\uff42ob"),
        "a dotless i": ("\u0131da", "ida"),
        "an asterisk": ("bob", "*"),
    },
)
def test_a15_a_username_is_equal_or_gets_nothing(machine: Machine, stored: str, asked: str) -> None:
    machine.put(protocol="https", host="good.test", username=stored, password=SECRET)
    refused(machine, "get", GOOD + b"username=%b\n\n" % asked.encode())
    refused(machine, "erase", GOOD + b"username=%b\n\n" % asked.encode())


def test_a15_an_entry_without_a_password_is_no_answer(machine: Machine) -> None:
    machine.write_store(entry("https://good.test/").replace(f'password = "{SECRET}"\n', ""))
    assert tomllib.loads(machine.store.read_text())["credential"][0].keys() == {
        *("service", "username", "scheme")
    }
    refused(machine, "get", GOOD + b"\n")


def test_a15_a_name_for_any_account_gets_a_name_with_its_own_password(machine: Machine) -> None:
    machine.put(protocol="https", host="good.test", username="bob", password="bobs")
    expected = {b"username": b"bob", b"password": b"bobs"}
    assert (
        answered(machine, request(protocol="https", host="good.test", username="git")) == expected
    )
