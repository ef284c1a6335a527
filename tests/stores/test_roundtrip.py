"""What is stored comes back, whatever its bytes are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_credential_uvx.helper import answer
from git_credential_uvx.protocol import parse
from git_credential_uvx.resolver import Resolver
from git_credential_uvx.system.settings import Settings

from ..support.budget import examples
from ..support.machine import request

PASSWORD = st.binary(min_size=1, max_size=30).map(lambda raw: raw.translate(None, b"\r\n\0"))


def ask(folder: Path, operation: str, data: bytes) -> bytes:
    """Standard output of an operation, which tells nothing else."""
    settings = Settings(str(folder), environ={}, home=str(folder.parent))
    output, warnings = answer(operation, parse(data), Resolver(settings), 0)
    assert warnings == []
    return output


@settings(max_examples=examples(20))
@given(passwords=st.lists(PASSWORD.filter(bool), min_size=5, max_size=5))
def test_any_password_comes_back(
    tmp_path_factory: pytest.TempPathFactory, passwords: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("machine") / "credentials"
    fields = {"protocol": "https", "username": "a"}
    for number, password in enumerate(passwords):
        ask(folder, "store", request(**fields, host=f"h{number}.test", password=password))
    for number, password in enumerate(passwords):
        asked = request(protocol="https", host=f"h{number}.test")
        assert ask(folder, "get", asked) == b"username=a\npassword=%b\n" % password
