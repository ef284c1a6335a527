"""`explain` names the variable that would answer, and one whose name is nearly right."""

from __future__ import annotations

import json

import pytest

from ..support.machine import Machine

MISSING = {
    "a hyphen": (
        ("https://my-host.example.com/", "--git"),
        "UVX_TOKEN_my__host_example_com is not set",
    ),
    "for others than Git": (
        ("https://my-host.example.com/simple/",),
        "UVX_TOKEN_my__host_example_com is not set",
    ),
    "a port": (("git.test:8443", "--git"), "UVX_TOKEN_git_test_8443 is not set"),
    "an upload": (
        ("https://git.test/up", "--publish"),
        "UV_PUBLISH_TOKEN or UVX_TOKEN_git_test is not set",
    ),
    "an underscore": (
        ("my_host.test", "--git"),
        "no variable name can stand for a host with an underscore",
    ),
    "an IPv6 address": (("[::1]", "--git"), "no variable name can stand for an IPv6 address"),
}


def explained(machine: Machine, *words: str) -> str:
    done = machine.run("git-credential-uvx", "explain", *words, check=False)
    return done.stdout.decode()


@pytest.mark.parametrize(("words", "reason"), MISSING.values(), ids=MISSING)
def test_the_variable_that_would_answer_is_named(
    machine: Machine, words: tuple[str, ...], reason: str
) -> None:
    assert f"  environment  no: {reason}\n" in explained(machine, *words)


NEAR = {
    "one underscore for a hyphen": "UVX_TOKEN_my_host_example_com",
    "the host as it is written": "UVX_TOKEN_my-host.example.com",
    "both cases": "UVX_TOKEN_My__Host_example_com",
    "https's own port": "UVX_TOKEN_my__host_example_com_443",
    "all in lower case": "uvx_token_my__host_example_com",
}


@pytest.mark.parametrize("name", NEAR.values(), ids=NEAR)
def test_a_variable_whose_name_is_nearly_right_is_reported(machine: Machine, name: str) -> None:
    machine.env[name] = "CANARY"
    output = explained(machine, "https://my-host.example.com/", "--git")
    assert f"  note: {name} is set; did you mean UVX_TOKEN_my__host_example_com?\n" in output
    assert "CANARY" not in output
    assert "no: UVX_TOKEN_my__host_example_com is not set" in output


def test_a_username_is_reported_too(machine: Machine) -> None:
    machine.env["UVX_USERNAME_my_host_test"] = "alice"
    output = explained(machine, "https://my-host.test/")
    assert "UVX_USERNAME_my_host_test is set; did you mean UVX_USERNAME_my__host_test?" in output


@pytest.mark.parametrize("name", ["UVX_TOKEN_my__host_test", "UVX_TOKEN_MY__HOST_TEST"])
def test_the_right_name_is_not_reported(machine: Machine, name: str) -> None:
    machine.env[name] = "CANARY"
    machine.env["UVX_TOKEN_other_test"] = "CANARY"
    output = explained(machine, "https://my-host.test/", "--git")
    assert "did you mean" not in output
    assert f"from {name}" in output


def test_programs_read_it_in_the_json(machine: Machine) -> None:
    machine.env["UVX_TOKEN_my_host_test"] = "CANARY"
    found = json.loads(explained(machine, "my-host.test", "--json"))
    assert found["notes"] == [
        "UVX_TOKEN_my_host_test is set; did you mean UVX_TOKEN_my__host_test?"
    ]
