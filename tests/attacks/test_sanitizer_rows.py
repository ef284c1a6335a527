"""Rows V65 to V84, A57 and A70 to A78 as far as they are about URLs, texts and lines of a log."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import RefusedError
from git_credential_uvx.sanitize.redact import redact
from git_credential_uvx.sanitize.requirements import sanitize_requirement, sanitize_url
from git_credential_uvx.sanitize.text import sanitize_bytes

from ..support.common import GITHUB_TOKEN, cases
from ..support.machine import Machine, request

CANARY = "CANARY"


def refused(url: str) -> None:
    """A URL by itself is an error, in a text its secret is reported, and neither shows it."""
    with pytest.raises(RefusedError) as caught:
        sanitize_url(url.encode())
    assert CANARY not in str(caught.value)
    text = f"a = 1\n{url}\n".encode()
    result = sanitize_bytes(text)
    assert result.findings or CANARY not in url
    assert all(CANARY not in found.redacted for found in result.findings)
    assert CANARY not in redact(url)


def gone(text: str, clean: str) -> None:
    """The secret of a text goes, all else stays, and a log of it shows none either."""
    result = sanitize_bytes(text.encode())
    assert result.clean.decode() == clean
    assert CANARY not in "".join(found.redacted for found in result.findings)
    assert CANARY not in redact(text)


@pytest.mark.parametrize(
    "url", ["https://u:CANARY@example.com\uff03@evil.test", "https://good.test\u2100.evil.test"]
)
def test_v65_a_host_that_folding_would_move_is_refused(url: str) -> None:
    refused(url)


def test_v66_nor_may_userinfo_hold_such_a_character() -> None:
    refused("https://user:CANARY\uff03@evil.test")


@pytest.mark.parametrize("before", [" ", "\x01", "\t", "\x7f"])
def test_v67_a_blank_before_the_scheme_is_refused(before: str) -> None:
    refused(f"{before}https://u:CANARY@evil.test/")


@pytest.mark.parametrize("host", ["[good.test]", "pre[::1]post", "[v1.x]", "[::1", "::1]"])
def test_v68_brackets_hold_an_ipv6_address_and_nothing_else(host: str) -> None:
    refused(f"https://u:CANARY@{host}/")


@pytest.mark.parametrize("host", ["example.com%2F127.0.0.1", "good.test%2F.evil.test", "a%2e"])
def test_v69_a_host_holds_no_escape(host: str) -> None:
    refused(f"https://u:CANARY@{host}/")


def test_v70_a_hash_ends_the_host() -> None:
    url = b"http://good.test#@evil.test/x.txt"
    assert sanitize_url(url).clean == url
    (found,) = sanitize_url(b"http://CANARY-0123456789@good.test#@evil.test/x.txt").findings
    assert str(found.service) == "http://good.test/"
    refused("http://good.test#x:CANARY@evil.test/x.txt")


def test_v71_a_host_has_no_trailing_dot() -> None:
    refused("http://u:CANARY@good.test./")


def test_v72_many_at_signs_are_refused_at_once() -> None:
    refused("https://" + "@" * 50000 + "/")


@cases(
    "line",
    {
        "an index": 'url = "https://user:CANARY@nexus.test/simple/"',
        "an archive": f"pkg @ https://{GITHUB_TOKEN}@github.com/o/r/archive/x.zip",
        "a lock file": f'source = {{ git = "https://{GITHUB_TOKEN}@github.com/o/r?rev=v1#0123" }}',
    },
)
def test_v74_no_secret_is_left_in_what_uv_writes(line: str) -> None:
    clean = line.replace("user:CANARY@", "").replace(f"{GITHUB_TOKEN}@", "")
    gone(line, clean)
    assert sanitize_requirement(line.encode()).clean.decode() == clean


def test_v74_a_template_stays_in_it() -> None:
    line = b"pkg @ https://${GITHUB_TOKEN}@github.com/o/r/archive/x.zip"
    assert sanitize_requirement(line).clean == line


@pytest.mark.parametrize(
    "line",
    [
        "error: failed to run `git fetch https://user:CANARY@h/r --depth 1`",
        "DEBUG hint: https://CANARY@h/simple",
        "Caused by: error sending request for url (https://u:CANARY@h/simple/)",
    ],
)
def test_v75_messages_of_other_programs_are_redacted(line: str) -> None:
    shown = redact(line)
    assert CANARY not in shown
    assert "@h/" in shown


@pytest.mark.parametrize(
    "parameter",
    [
        *("X-Amz%2DSignature", "x-amz-security-token", "X-Amz-Credential", "X-AMZ-SIGNATURE"),
        *("X-Goog-Signature", "token", "Access_Token", "private%5ftoken"),
    ],
)
def test_v76_a_signed_parameter_is_a_secret_however_it_is_spelled(parameter: str) -> None:
    gone(f"https://h/x?a=1&{parameter}=CANARY&b=2#x", "https://h/x?a=1&b=2#x")


@pytest.mark.parametrize("mark", ["/", "\\", "#", "?"])
def test_v77_a_mark_in_a_password_moves_no_secret_out_of_sight(mark: str) -> None:
    for url in (f"https://user{mark}name:CANARY@h/a", f"https://user:CANARY{mark}x@h/a"):
        refused(url)
        result = sanitize_bytes(url.encode())
        assert [found.kind for found in result.findings] == ["refused"]
        assert result.clean == url.encode()


def test_v77_a_nested_url_and_its_revision_pass() -> None:
    url = "git+https://proxy/https://github.com/u/r.git@v1"
    assert sanitize_url(url.encode()).clean == url.encode()
    assert redact(url) == url


@pytest.mark.parametrize(
    "url", ["https://user:****@h/", "https://****@h/", "https://h/?token=****"]
)
def test_v78_a_mask_is_no_secret(url: str) -> None:
    result = sanitize_url(url.encode())
    assert (result.clean, result.findings) == (url.encode(), ())


MASKS = ("****", "***", "********", "[redacted]", "<REDACTED>")


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("form", ["https://u:{}@h/x", "https://{}@h/x", "git+https://u:{}@h/r"])
def test_v78_a_mask_in_a_file_goes_nowhere(machine: Machine, mask: str, form: str) -> None:
    text = f"a = '{form.format(quote(mask))}'\n"
    path = machine.home / "a.toml"
    path.write_text(text)
    machine.run("git-credential-uvx", "sanitize", "--write", path)
    assert path.read_text() == text
    assert machine.files() == {}


@pytest.mark.parametrize("mask", MASKS)
def test_a77_a_mask_is_never_kept_as_a_credential(machine: Machine, mask: str) -> None:
    data = request(protocol="https", host="h.test", username="u", password=mask)
    done = machine.helper("store", data)
    assert b"is a mask" in done.stderr
    for words in (("-u", "u", "--password", "-"), ("-u", "u", "--token", "-")):
        argv = ("git-credential-uvx", "login", "h.test", *words)
        done = machine.run(*argv, input=mask.encode(), check=False)
        assert done.returncode == 2
        assert b"is a mask" in done.stderr
    (machine.home / ".git-credentials").write_text(f"https://u:{quote(mask)}@h.test\n")
    netrc = machine.home / ".netrc"
    netrc.write_text(f"machine h.test login u password {mask}\n")
    for path in (netrc, machine.home / ".git-credentials"):
        path.chmod(0o600)
    done = machine.run("git-credential-uvx", "import", "--json", check=False, cwd=machine.home)
    assert {row["outcome"] for row in json.loads(done.stdout)["entries"]} == {"skipped"}
    assert machine.files() == {}


def test_a77_a_mask_takes_nothing_out_of_the_store(machine: Machine) -> None:
    machine.uv_login("https://h.test", "u", CANARY)
    before = machine.files()
    data = request(protocol="https", host="h.test", username="u", password="****")
    machine.helper("store", data)
    machine.helper("erase", data)
    assert machine.files() == before


def test_v74_no_file_of_uv_that_was_written_has_the_secret(machine: Machine) -> None:
    project = machine.root / "project"
    project.mkdir()
    url = f"https://user:{CANARY}@nexus.test"
    (project / "pyproject.toml").write_text(
        '[project]\nname = "p"\nversion = "1"\n'
        f'dependencies = ["x @ {url}/x.whl", "y @ git+{url}/y"]\n'
        f'[[tool.uv.index]]\nurl = "{url}/simple/"\n'
        f'[tool.uv.sources]\nz = {{ git = "{url}/z" }}\n'
    )
    (project / "uv.lock").write_text(f'source = {{ url = "{url}/x.whl?X-Amz-Signature={CANARY}" }}')
    (project / "pylock.toml").write_text(f'archive = {{ url = "{url}/x.whl" }}')
    done = machine.run("git-credential-uvx", "sanitize", "--write", project, check=False)
    # No store can hold a signature, so it stays and is reported.
    assert done.returncode == 1
    assert b"uv.lock:1: no store can hold the parameter" in done.stderr
    assert CANARY.encode() not in done.stdout + done.stderr
    done = machine.run("git-credential-uvx", "sanitize", "--write", "--no-store", project)
    written = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    assert CANARY.encode() not in written + done.stdout + done.stderr
    assert written.count(b"https://nexus.test/") == 6
    assert CANARY in machine.store.read_text()


def test_v80_userinfo_that_is_no_text_is_refused() -> None:
    refused("https://%FF:CANARY%FE@good.test/")


V81 = {
    "a token in the query": "https://host/x?token=CANARY",
    "a nested URL": "git+https://proxy/https://u:CANARY@github.com/o/r",
    "a slash in a password": "https://user:CAN/CANARY@h/",
    "a location": "u:CANARY@host/x",
    "an open bracket": "https://user:CANARY@[::1/x",
}


@cases("text", V81)
def test_v81_what_another_redactor_leaves_is_masked(text: str) -> None:
    assert CANARY not in redact(text)
    assert CANARY not in redact(f"error for '{text}' in log")


@pytest.mark.parametrize(
    "line",
    [
        *("authorization: Basic CANARY", "h2h3 [authorization: Basic CANARY]"),
        *("h2 [cookie: a=CANARY]", "[HTTP/2] [1] [authorization: CANARY]"),
        "=> Send header: Authorization: Bearer CANARY",
    ],
)
def test_v84_a_header_is_masked_anywhere_in_a_line(line: str) -> None:
    assert CANARY not in redact(line)


@cases(
    "text",
    {
        "colons": "://" + ":" * 8000,
        "at signs": "a@" * 50000,
        "schemes": "https://" * 50000,
        "both": "://@" * 50000,
        "a long line": "x" * 10_000_000,
    },
)
def test_a57_a_text_made_to_be_slow_comes_back_as_it_is(text: str) -> None:
    # tests/sanitize counts the work.
    assert sanitize_bytes(text.encode()).clean == text.encode()
    assert isinstance(redact(text), str)


A70 = {
    "a nested URL": ("git+https://p/https://u:CANARY@h/o/r", "git+https://p/https://h/o/r"),
    "in prose": ("('https://u:CANARY@h/', x)", "('https://h/', x)"),
    "in angle brackets": ("<https://u:CANARY@h>", "<https://h>"),
    "in JSON": (r'{"u":"https:\/\/u:CANARY@h"}', r'{"u":"https:\/\/h"}'),
    "of a database": ("jdbc:postgresql://u:CANARY@h", "jdbc:postgresql://u@h"),
}


@cases("table", A70)
def test_a70_a_url_inside_a_text_is_found(table: tuple[str, str]) -> None:
    gone(*table)


A71 = {
    "no name": ("https://:CANARY@h", "https://h"),
    "no password": ("https://CANARY-0123456789@h", "https://h"),
    "an escape": ("https://u:CAN%2FCANARY@h", "https://h"),
    "upper case": ("HTTPS://u:CANARY@h", "HTTPS://h"),
    "a readable one": ("ssh://git@h/r", "ssh://git@h/r"),
}


@cases("table", A71)
def test_a71_odd_userinfo_goes(table: tuple[str, str]) -> None:
    gone(*table)


def test_a71_two_at_signs_are_refused_and_masked_through_the_last() -> None:
    refused("https://u:CAN@CANARY@h/")
    assert redact("https://u:CAN@ARY@h/") == "https://****@h/"
    assert redact("u:CANARY@h:path") == "****@h:path"
    assert redact("ssh://git@h/r") == "ssh://git@h/r"


@pytest.mark.parametrize(
    "text",
    [
        *("https://h/?token=CANARY", "https://h/?access_token=CANARY", "https://h/?sig=CANARY"),
        *("https://h/?private_token=CANARY", "https://h/?X-Amz-Signature=CANARY"),
        *("https://h/#access_token=CANARY", "https://h/;jsessionid=CANARY", "password=CANARY\n"),
        '{"token":"CANARY"}',
    ],
)
def test_a72_a_token_outside_userinfo_is_masked(text: str) -> None:
    assert CANARY not in redact(text)


def test_a72_a_token_in_a_fragment_goes_and_a_hash_stays() -> None:
    gone("https://h/f#access_token=CANARY&sha256=00", "https://h/f#sha256=00")


def test_a73_a_known_secret_is_masked_in_its_other_forms() -> None:
    secret, pair = 'S e/c"r+et', b'u:S e/c"r+et'
    known = [Credential(b"u", Secret(secret.encode()))]
    for form in (
        *(secret, quote(secret, safe=""), quote(quote(secret, safe=""), safe="")),
        *(base64.b64encode(pair).decode(), base64.urlsafe_b64encode(pair).decode()),
        *(json.dumps(secret)[1:-1], secret.encode().hex(), repr(secret)[1:-1]),
    ):
        assert redact(f"x {form} y", known) == "x **** y"


def test_a74_a_secret_with_a_colour_code_inside_is_seen() -> None:
    assert redact("https://u:CAN\x1b[1mARY@h/") == "https://****@h/"


@pytest.mark.parametrize(
    "odd", ["https://u:CANARY@[::1/", "\ud800https://u:CANARY@h", b"\xffhttps://u:CANARY@h", None]
)
def test_a75_nothing_makes_redaction_fail(odd: object) -> None:
    assert CANARY not in redact(odd)


@pytest.mark.parametrize("short", ["", "a", "git", "true"])
def test_a76_a_short_secret_wrecks_nothing(short: str) -> None:
    known = [Credential(b"u", Secret(short.encode()))]
    assert redact("abc git true", known) == "abc git true"


def test_a77_what_is_shown_and_what_is_taken_out_are_different_things() -> None:
    (found,) = sanitize_url(b"https://u:CANARY@h/").findings
    credential = found.credential()
    assert isinstance(found.redacted, str)
    assert credential is not None
    assert credential.secret.reveal() == CANARY.encode()
    assert sanitize_url(found.redacted.encode()).findings == ()


@pytest.mark.parametrize(
    "token",
    [
        *("ghp_" + "a" * 36, "glpat-" + "b" * 20, "npm_" + "c" * 36),
        "pypi-AgEIcHlwaS5vcmc" + "d" * 50,
    ],
)
def test_a78_a_token_is_known_by_its_shape(token: str) -> None:
    assert redact(f"got {token}, x") == "got ****, x"


def test_a78_one_without_a_shape_is_known_by_its_value() -> None:
    known = [Credential(None, Secret(b"selfhosted-1f3"))]
    assert redact("got selfhosted-1f3.", known) == "got ****."
