"""Redaction of lines: nothing that can be a secret is left, and nothing makes it fail."""

from __future__ import annotations

import ast
import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import git_credential_uvx
from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.sanitize.redact import redact

from ..support.budget import examples
from ..support.common import cases

LINES = {
    "a URL": ("get https://u:CANARY@h/p x", "get https://****@h/p x"),
    "a nested URL": ("git+https://p/https://u:CANARY@h/r", "git+https://p/https://****@h/r"),
    "a token": ("https://CANARY@h/simple", "https://****@h/simple"),
    "JSON's slashes": (r'"https:\/\/u:CANARY@h\/"', r'"https:\/\/****@h\/"'),
    "a parameter": ("https://h/x?token=CANARY&a=1", "https://h/x?token=****&a=1"),
    "an escaped name": ("https://h/?acce%73s_t%6fken=CANARY", "https://h/?access_token=****"),
    "an escaped name of another": (
        "https://h/?my%53ecret=CANARY&a",
        "https://h/?my%53ecret=****&a",
    ),
    "a session": ("https://h/;jsessionid=CANARY", "https://h/;jsessionid=****"),
    "a header": ("Authorization: Basic CANARY", "Authorization: ****"),
    "a proxy's header": ("> proxy-authorization: Basic CANARY", "> proxy-authorization: ****"),
    "HTTP/2": ("h2h3 [authorization: Basic CANARY]", "h2h3 [authorization: ****]"),
    "a cookie": ("h2 [cookie: a=CANARY]", "h2 [cookie: ****]"),
    "HTTP/2 of newer curl": (
        "[HTTP/2] [1] [authorization: CANARY]",
        "[HTTP/2] [1] [authorization: ****]",
    ),
    "headers of Python": ("{'Authorization': 'Basic CANARY'}", "{'Authorization': '****'}"),
    "headers of httpcore": ("(b'authorization', b'Basic CANARY')", "(b'authorization', b'****')"),
    "a header with a telling name": ("[(b'My-Token', b\"CAN'ARY\")]", "[(b'My-Token', b'****')]"),
    "an account of a SOCKS proxy": ("x auth=(b'u', b'CAN\\'ARY') y", "x auth=(****) y"),
    "GitLab's header": ("PRIVATE-TOKEN: CANARY", "PRIVATE-TOKEN: ****"),
    "a Bearer token alone": ("sent Bearer CANARY-CANARY", "sent Bearer ****"),
    "a line of the protocol": ("password=CANARY CANARY\nhost=h", "password=****\nhost=h"),
    "a field of JSON": ('{"token":"CAN\\"ARY","x":1}', '{"token":"****","x":1}'),
    "a field of JSON in JSON": (r'"{\"secret\":\"CANARY\"}"', r'"{\"secret\":\"****\"}"'),
    "a field of Python": ("{'credentials': 'CANARY'}", "{'credentials': '****'}"),
    "a variable": ("GH_TOKEN=CANARY uv sync", "GH_TOKEN=**** uv sync"),
    "a location": ("u:CANARY@h:path", "****@h:path"),
    "a location in an assignment": ("url=u:CANARY@h/x", "url=****@h/x"),
    "a colour inside": ("https://u:CAN\x1b[31mARY@h", "https://****@h"),
    "a hyperlink inside": ("https://u:CAN\x1b]8;;x\x07ARY@h", "https://****@h"),
    "a token by its shape": ("x ghp_" + "a" * 36 + " y", "x **** y"),
}

READABLE = [
    *("ssh://git@h/r", "git@github.com:o/r.git", "https://git@h/r", "https://h/o/r.git@v1"),
    *("https://h/@scope/pkg", "git+https://p/https://h/u/r.git@v1", "mail a@b.test", "10:00:00 x"),
    *("cannot open '/home/a/uv/credentials': not a directory", "'/a/credentials': it is locked"),
    "git-credential-uvx token git.example.com --username NAME",
    *("https://${T}@h/", "img:tag@sha256:" + "0" * 64, 'Basic realm="x"', "https://h:8443/a?b=c"),
]


@cases("table", LINES)
def test_what_can_be_a_secret_is_masked(table: tuple[str, str]) -> None:
    text, shown = table
    assert redact(text) == shown
    assert redact(shown) == shown
    assert redact(f"{text}\n" * 2) == f"{shown}\n" * 2


@pytest.mark.parametrize("text", READABLE)
def test_what_is_none_stays_readable(text: str) -> None:
    assert redact(text) == text


def own_words(source: str) -> set[str]:
    """The words that a module says to people: what its errors, warnings and verdicts hold."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    speaking = [call for call in calls if SPEAKING.fullmatch(ast.unparse(call.func))]
    found = set()
    for node in (node for call in speaking for node in ast.walk(call)):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            found.add("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


SPEAKING = re.compile(r"\w+Error|No|Refused|Verdict|_refused|_again|say|warn|complain|trace")


def test_what_is_said_to_people_is_never_masked_itself() -> None:
    modules = Path(git_credential_uvx.__file__).parent.rglob("*.py")
    words = set().union(*(own_words(module.read_text()) for module in modules))
    assert len(words) > 400
    assert {text: redact(text) for text in words if redact(text) != text} == {}


class Failing:
    def __str__(self) -> str:
        raise RuntimeError("CANARY")


@pytest.mark.parametrize("odd", [None, b"\xff\xfe", "\ud800", 1, Failing(), object(), "\0" * 9])
def test_nothing_makes_it_fail(odd: object) -> None:
    assert isinstance(redact(odd), str)
    assert "CANARY" not in redact(odd)


def test_bytes_are_read_as_text() -> None:
    assert redact(b"\xffhttps://u:CANARY@h") == "\\xffhttps://****@h"


@settings(max_examples=examples(100))
@given(
    st.text(max_size=20).filter(lambda noise: "CANARY" not in noise),
    st.text("abc:@/#?\\%'&=;<>` \"", max_size=6),
    st.text("abc:@/#?&=;,.", max_size=12),
)
@example("", ";", "@://@")
@example("'", "'", "://")
@example("", "<", "://")
@example("don't", "alice:pa'", "")
def test_it_never_fails_is_stable_and_hides(noise: str, user: str, tail: str) -> None:
    line = f"{noise} https://{user}:CANARY@h.test/{tail} {noise} token=CANARY"
    shown = redact(line)
    assert "CANARY" not in shown
    assert redact(shown) == shown


SECRET = 'p"ä/+ \\hunter%2'
PAIR = f"alice:{SECRET}".encode()
FORMS = {
    "as it is": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded in lower case": quote(SECRET, safe="").lower(),
    "percent-encoded twice": quote(quote(SECRET, safe=""), safe=""),
    "Base64": base64.b64encode(SECRET.encode()).decode(),
    "Base64 with the name": base64.b64encode(PAIR).decode(),
    "URL-safe Base64": base64.urlsafe_b64encode(PAIR).decode(),
    "Base64 without padding": base64.b64encode(PAIR).decode().rstrip("="),
    "JSON": json.dumps(SECRET)[1:-1],
    "hex": SECRET.encode().hex(),
    "repr": repr(SECRET)[1:-1],
    "repr of bytes": repr(SECRET.encode())[2:-1],
}


def known(*secrets: str) -> list[Credential]:
    return [Credential(b"alice", Secret(secret.encode())) for secret in secrets]


@cases("form", FORMS)
def test_a_known_secret_is_masked_in_every_form(form: str) -> None:
    assert redact(f"before {form} after", known(SECRET)) == "before **** after"


@pytest.mark.parametrize("short", ["", "a", "git", "true", "12345"])
def test_a_short_secret_is_no_known_one(short: str) -> None:
    assert redact("abc git true 12345", known(short)) == "abc git true 12345"


def test_the_longest_known_secret_goes_first() -> None:
    assert redact("secretsecret-more", known("secret-more", "secret")) == "********"
    assert redact("abcdef abcdefgh", known("abcdef", "abcdefgh")) == "**** ****"


def test_a_line_of_many_megabytes_is_masked() -> None:
    assert "CANARY" not in redact("x" * (1 << 20) + " https://u:CANARY@h/")
