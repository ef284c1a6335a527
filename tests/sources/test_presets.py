"""What commands write, and the ready ones: the secret, its end, and what is asked for."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_credential_uvx.config.own import parse
from git_credential_uvx.credential import Credential, Secret
from git_credential_uvx.errors import AnswerError
from git_credential_uvx.query import Query
from git_credential_uvx.sources.command import CommandSource
from git_credential_uvx.sources.output import expiry, jwt_expiry, read_answer
from git_credential_uvx.sources.presets import PRESETS, Command, CommandPlan
from git_credential_uvx.urls.service import Service, service_from_git

from ..support.programs import environment, program, web_token

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_700_000_000


def asked(host: str) -> Query:
    return Query(service_from_git(b"https", host.encode(), None))


def source(root: Path, text: str, **more: str) -> CommandSource:
    """The source of a configuration, with `bin` on PATH and its secrets kept in `run`."""
    commands = parse(text.encode(), "/c.toml").commands
    return CommandSource(commands, str(root / "run"), environment(root / "bin", **more))


ANSWERS = {
    "a first line": (b"tok\nmore", CommandPlan(()), b"tok", NOW + 300),
    "a web token": (
        web_token(exp=NOW + 9),
        CommandPlan((), expiry="jwt"),
        web_token(exp=NOW + 9),
        NOW + 9,
    ),
    "a web token without end": (web_token(), CommandPlan((), expiry="jwt"), web_token(), None),
    "fields of JSON": (
        b'{"token": "tok", "expires_in": 3599}',
        CommandPlan((), expiry="json:expires_in", field="token"),
        b"tok",
        NOW + 3599,
    ),
    "nested fields": (
        b'{"a": {"t": "t\\u00f6k", "end": "2023-11-14T22:13:30Z"}}',
        CommandPlan((), expiry="json:a.end", field="a.t"),
        "tök".encode(),
        NOW + 10,
    ),
    "a field with a dot": (b'{"a.t": "tok"}', CommandPlan((), field="a.t", ttl=5), b"tok", NOW + 5),
    "a web token in JSON": (
        b'{"t": "%b"}' % web_token(exp=NOW + 9.5),
        CommandPlan((), expiry="jwt", field="t"),
        web_token(exp=NOW + 9.5),
        NOW + 9,
    ),
}


@pytest.mark.parametrize(("stdout", "plan", "secret", "end"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read(
    stdout: bytes, plan: CommandPlan, secret: bytes, end: int | None
) -> None:
    assert read_answer(stdout, plan, NOW) == (Secret(secret), end)


@pytest.mark.parametrize(
    "stdout",
    [
        *(b"", b"tok", b"[]", b'{"t": 1}', b'{"t": null}', b'{"t": ""}', b'{"u": "tok"}', b"\xff"),
        *(b'{"t": "a\\nb"}', b'{"t": "\\ud800"}', b'{"t": {"t": "x"}}', b"[" * 100_000, b"null"),
    ],
)
def test_json_without_a_secret_is_no_answer(stdout: bytes) -> None:
    with pytest.raises(AnswerError):
        read_answer(stdout, CommandPlan((), field="t"), NOW)


ENDS = {
    "seconds": (NOW, NOW),
    "seconds with a fraction": (NOW + 0.9, NOW),
    "seconds as text": (str(NOW), NOW),
    "seconds from now": (3600, NOW + 3600),
    "seconds from now as text": ("3600", NOW + 3600),
    "milliseconds": (NOW * 1000, None),
    "a time with Z": ("2023-11-14T22:13:20Z", NOW),
    "a time with a zone": ("2023-11-14T23:13:20.250000+01:00", NOW),
    "a time without a zone": ("2023-11-14 22:13:20", None),
    "zero": (0, None),
    "a negative number": (-5, None),
    "true": (True, None),
    "no number": (float("nan"), None),
    "infinity": (float("inf"), None),
    "nothing": (None, None),
    "a word": ("soon", None),
    "digits of another script": ("١٢", None),
    "a list": ([NOW], None),
}


@pytest.mark.parametrize(("value", "end"), ENDS.values(), ids=ENDS)
def test_an_end_is_read(value: object, end: int | None) -> None:
    assert expiry(value, NOW) == end


@given(st.binary(max_size=40), st.sampled_from(["", "jwt", "json:a"]), st.sampled_from(["", "b"]))
def test_only_our_own_error_escapes(data: bytes, kind: str, field: str) -> None:
    try:
        secret, _ = read_answer(data, CommandPlan((), expiry=kind, field=field), NOW)
    except AnswerError:
        return
    assert b"\n" not in secret.reveal()


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_any_bytes_are_a_web_token_or_not(payload: bytes, token: bytes) -> None:
    assert (
        jwt_expiry(b"a." + base64.urlsafe_b64encode(payload) + b".c") is None or b"exp" in payload
    )
    assert jwt_expiry(token) is None


PRESET_ANSWERS = {
    "gcloud": (
        ("eu-python.pkg.dev", "config config-helper --format=json"),
        '{"credential": {"access_token": "tok", "token_expiry": "2023-11-14T23:13:20Z"}}',
        (b"oauth2accesstoken", NOW + 3600),
    ),
    "aws-codeartifact": (
        (
            "my-dom-123456789012.d.codeartifact.eu-west-1.amazonaws.com",
            (
                "codeartifact get-authorization-token --domain=my-dom"
                " --domain-owner=123456789012 --region=eu-west-1 --output=json"
            ),
        ),
        '{"authorizationToken": "tok", "expiration": "2023-11-15T10:13:20+00:00"}',
        (b"aws", NOW + 12 * 3600),
    ),
    "gh": (("ghe.test:8443", "auth token --hostname=ghe.test:8443"), "tok", (None, NOW + 300)),
    "glab": (("gl.test", "config get token --host=gl.test"), "tok", (None, NOW + 300)),
}


@pytest.mark.parametrize("preset", PRESET_ANSWERS)
def test_a_preset_asks_its_program_for_this_host(tmp_path: Path, preset: str) -> None:
    (host, arguments), stdout, (username, expires) = PRESET_ANSWERS[preset]
    name = preset.partition("-")[0]
    program(tmp_path / "bin" / name, f"echo \"$*\" > '{tmp_path}/asked'\necho '{stdout}'\n")
    text = f"[[command]]\nmatch = 'https://{host}'\npreset = '{preset}'\n"
    found = source(tmp_path, text).find(asked(host), NOW)
    assert found.credential == Credential(username, Secret(b"tok"), expires=expires)
    assert (tmp_path / "asked").read_text() == arguments + "\n"


def test_the_preset_of_azure_reads_the_end_from_its_web_token(tmp_path: Path) -> None:
    token = web_token(exp=NOW + 3600).decode()
    program(tmp_path / "bin" / "az", f"echo \"$*\" > '{tmp_path}/asked'\necho '{token}'\n")
    text = "[[command]]\nmatch = 'https://dev.azure.com'\npreset = 'az'\n"
    found = source(tmp_path, text).find(asked("dev.azure.com"), NOW)
    assert found.credential == Credential(None, Secret(token.encode()), expires=NOW + 3600)
    asked_for = (tmp_path / "asked").read_text()
    assert asked_for.startswith("account get-access-token --resource ")


@pytest.mark.parametrize(
    "host",
    [
        *("h.test", "dom-123.d.codeartifact.eu-west-1.amazonaws.com", "codeartifact"),
        *("d-123456789012.d.codeartifact.eu.amazonaws.com.evil.test",),
        *("123456789012.d.codeartifact.eu.amazonaws.com",),
    ],
)
def test_the_preset_of_codeartifact_knows_its_hosts(tmp_path: Path, host: str) -> None:
    text = f"[[command]]\nmatch = 'https://{host}'\npreset = 'aws-codeartifact'\n"
    tokens = source(tmp_path, text)
    assert (
        tokens.find(asked(host), NOW).reason == "the preset 'aws-codeartifact' is not for this host"
    )


def test_every_preset_has_a_test() -> None:
    assert {*PRESET_ANSWERS, "az"} == set(PRESETS)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_makes_an_option_of_a_host(preset: str) -> None:
    service = Service("https", "dom-123456789012.d.codeartifact.eu.amazonaws.com", None)
    (command,) = parse(
        f"[[command]]\nmatch = '{service}'\npreset = '{preset}'\n".encode(), "/c"
    ).commands
    assert isinstance(command, Command)
    plan = command.plan_for(service)
    assert plan is not None
    assert not any(word == service.host for word in plan.argv)


@pytest.mark.parametrize(
    ("preset", "name"),
    [
        *(("gh", name) for name in ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN")),
        *(("glab", name) for name in ("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "CI_JOB_TOKEN")),
    ],
)
def test_a_preset_never_gives_a_token_of_the_environment(
    tmp_path: Path, preset: str, name: str
) -> None:
    program(tmp_path / "bin" / preset, f'echo "${{{name}-of host}}"\n')
    text = f"[[command]]\nmatch = 'https://*.test'\npreset = '{preset}'\n"
    found = source(tmp_path, text, **{name: "of nobody"}).find(asked("evil.test"), NOW)
    assert found.credential is not None
    assert found.credential.secret.reveal() == b"of host"
