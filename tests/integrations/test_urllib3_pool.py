"""Whom an `Authorization` names that a program has made of a URL without a password."""

from __future__ import annotations

from base64 import b64encode

import pytest

from git_credential_uvx.integrations.urllib3_pool import account_named_by


@pytest.mark.parametrize(
    ("text", "username"),
    [(b"alice:", b"alice"), (b"alice:x", None), (b":", None), (b":x", None), (b"alice", None)],
)
def test_only_an_empty_password_names_an_account(text: bytes, username: bytes | None) -> None:
    assert account_named_by("basic " + b64encode(text).decode()) == username


@pytest.mark.parametrize("value", ["", "Basic", "Basic !", "Bearer YWxpY2U6", "Basic ü"])
def test_another_header_names_nobody(value: str) -> None:
    assert account_named_by(value) is None
