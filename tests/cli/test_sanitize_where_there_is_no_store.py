"""Files that are used where there is no store: they are cleaned, and a warning says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.common import SECRET
from ..support.sanitizing import LINE, put, sanitize

if TYPE_CHECKING:
    from ..support.machine import Machine

INDEX = f"A=https://alice:{SECRET}@pypi.test/simple/\n"
GIT = f"RUN git clone https://alice:{SECRET}@git.example.com:8443/team/private.git\n"
FOR_GIT = "for Git, set UVX_TOKEN_git_example_com_8443 there and run 'git-credential-uvx exec -- "
FOR_OTHERS = "write ${NAME} where the secret was"

ELSEWHERE = [
    "Dockerfile",
    "docker/Dockerfile.test",
    "web.dockerfile",
    "Containerfile",
    "compose.yaml",
    "docker-compose.override.yml",
    ".gitlab-ci.yml",
    ".github/workflows/test.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".env",
    ".env.local",
    "prod.env",
]
HERE = ["requirements.txt", "pyproject.toml", ".github/dependabot.yml", "environment.yml", "env.md"]


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("mode", ["--diff", "--write"])
def test_a_file_that_is_used_without_the_store_is_named(
    machine: Machine, name: str, mode: str
) -> None:
    path = put(machine.home / name, INDEX)
    _, err = sanitize(machine, mode, status=int(mode == "--diff"))
    (warning,) = [line for line in err.splitlines() if "there is no store" in line]
    assert warning.startswith(f"warning: there is no store where {name} is used")
    assert FOR_OTHERS in warning
    assert FOR_GIT not in warning
    assert (SECRET in path.read_text()) == (mode == "--diff")


@pytest.mark.parametrize("name", HERE)
def test_no_warning_for_a_file_that_is_used_on_this_machine(machine: Machine, name: str) -> None:
    put(machine.home / name, LINE)
    assert "there is no store" not in sanitize(machine, "--write")[1]


def test_one_warning_names_the_files_and_says_what_git_and_others_need(machine: Machine) -> None:
    for name in ("Dockerfile", "Containerfile"):
        put(machine.home / name, GIT)
    put(machine.home / ".env", INDEX)
    put(machine.home / "a.txt", LINE)
    _, err = sanitize(machine, "--write")
    (warning,) = [line for line in err.splitlines() if "there is no store" in line]
    assert "where .env, Containerfile and Dockerfile are used" in warning
    assert FOR_GIT in warning
    assert FOR_OTHERS in warning


def test_many_of_these_files_are_counted(machine: Machine) -> None:
    for number in range(7):
        put(machine.home / f"{number}.env", INDEX)
    assert "where 0.env, 1.env and 5 others are used" in sanitize(machine, "--write")[1]


@pytest.mark.parametrize("words", [("--check",), ("--write", "--quiet"), ("--write", "--no-store")])
def test_the_warning_is_for_secrets_that_move_into_the_store(
    machine: Machine, words: tuple[str, ...]
) -> None:
    put(machine.home / ".env", INDEX)
    err = sanitize(machine, *words, status=int("--check" in words))[1]
    assert "there is no store" not in err


def test_no_warning_for_a_file_whose_secret_stays(machine: Machine) -> None:
    put(machine.home / ".env", f"D=postgres://app:{SECRET}@db.test/x\n")
    assert "there is no store" not in sanitize(machine, "--write", status=1)[1]
