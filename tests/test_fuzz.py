"""The fuzzing harnesses: their inputs in the repository pass, and each sees a planted fault."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzz import plain
from fuzz.faults import Faults
from fuzz.harnesses import FOLDER, NAMES, corpus, load

from .support.machine import Machine

Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("name", NAMES)
def test_every_input_in_the_repository_passes(name: str) -> None:
    inputs = corpus(name)
    assert len(inputs) >= 20
    one = load(name).one
    for data in inputs.values():
        one(data)


def test_the_inputs_in_the_repository_are_small() -> None:
    sizes = [path.stat().st_size for path in (FOLDER / "corpus").glob("*/*")]
    assert max(sizes) <= 4096
    assert sum(sizes) < 200_000


def _first_host_counts(patch: Patch) -> None:
    def add(request: object, key: bytes, value: bytes) -> None:
        request.fields.setdefault(key, value)  # type: ignore[attr-defined]

    patch.setattr("git_credential_uvx.protocol._add", add)


def _any_host_will_do(patch: Patch) -> None:
    patch.setattr("git_credential_uvx.urls.service._fault_of", lambda name: "")


def _a_backslash_is_nothing_special(patch: Patch) -> None:
    patch.setattr("git_credential_uvx.sources.netrc_format._fault_of_plain", lambda word: "")


def _an_entry_takes_a_byte_along(patch: Patch) -> None:
    def removal(document: object, table: object) -> tuple[int, int]:
        return table.start, table.end - 2  # type: ignore[attr-defined]

    patch.setattr("git_credential_uvx.toml.document.Document._removal", removal)


def _nothing_is_masked(patch: Patch) -> None:
    patch.setattr("fuzz.sanitizer.redact", lambda text, known=(): text.decode("latin-1"))


def _all_headers_go_along(patch: Patch) -> None:
    def headers_after(headers: object, *, same: bool, body: bool) -> object:
        return headers

    patch.setattr("git_credential_uvx.http.chain.headers_after", headers_after)


PLANTED: dict[str, Callable[[Patch], None]] = {
    "wire": _first_host_counts,
    "urls": _any_host_will_do,
    "netrc": _a_backslash_is_nothing_special,
    "toml": _an_entry_takes_a_byte_along,
    "sanitizer": _nothing_is_masked,
    "redirects": _all_headers_go_along,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_fault_is_found_and_its_input_kept(
    name: str, monkeypatch: Patch, tmp_path: Path
) -> None:
    PLANTED[name](monkeypatch)
    faults = Faults(load(name).one, tmp_path)
    for data in corpus(name).values():
        faults.run(data)
    assert faults.keys
    assert {path.suffix for path in tmp_path.iterdir()} == {"", ".txt"}


def test_the_command_prints_a_table_of_what_ran(machine: Machine) -> None:
    words = ("-m", "fuzz", "netrc", "--plain", "--seconds", "0", "--seed", "1")
    done = machine.run(sys.executable, *words, cwd=FOLDER.parent)
    row = f"| netrc | {len(corpus('netrc'))} | "
    assert row in done.stdout.decode()
    assert done.stdout.endswith(b"| not counted | 0 |\n")


def test_random_changes_find_what_no_seed_has_and_make_it_small(tmp_path: Path) -> None:
    def one(data: bytes) -> None:
        assert b"word" not in data

    faults = Faults(one, tmp_path)
    ran = plain.run(faults.run, [b"some seed"], [b"word"], seconds=60, seed=1, most=200)
    assert ran == 200
    (kept,) = [path for path in tmp_path.iterdir() if not path.suffix]
    assert kept.read_bytes() == b"word"
