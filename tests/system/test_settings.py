"""Where uv keeps its credentials, and how long to wait: from the environment's values."""

from __future__ import annotations

import pytest

from git_credential_uvx.errors import StoreError
from git_credential_uvx.system.settings import credentials_folder, lock_timeout

LINUX = "/home/al/.local/share/uv/credentials"
SUPPORT = "/home/al/Library/Application Support/uv"

FOLDERS: dict[str, tuple[dict[str, str], str, bool, str]] = {
    "on Linux": ({}, "linux", False, LINUX),
    "by its own variable": ({"UV_CREDENTIALS_DIR": "/c"}, "linux", False, "/c"),
    "not by an empty one": ({"UV_CREDENTIALS_DIR": ""}, "linux", False, LINUX),
    "by XDG": ({"XDG_DATA_HOME": "/x"}, "linux", False, "/x/uv/credentials"),
    "not by a relative XDG": ({"XDG_DATA_HOME": "x"}, "linux", False, LINUX),
    "its own variable first": (
        {"UV_CREDENTIALS_DIR": "/c", "XDG_DATA_HOME": "/x"},
        "linux",
        False,
        "/c",
    ),
    "on macOS": ({}, "darwin", False, LINUX),
    "on macOS where uv has its folder": ({}, "darwin", True, f"{SUPPORT}/credentials"),
}


@pytest.mark.parametrize(("environ", "platform", "there", "folder"), FOLDERS.values(), ids=FOLDERS)
def test_the_folder(environ: dict[str, str], platform: str, there: bool, folder: str) -> None:
    found = credentials_folder(
        environ, "/home/al", platform, lambda path: there and path == SUPPORT
    )
    assert found == folder


REFUSED = {
    "a relative folder": ({"UV_CREDENTIALS_DIR": "."}, "/home/al", "UV_CREDENTIALS_DIR"),
    "a relative home": ({}, "al", "HOME"),
    "no home": ({}, "", "HOME"),
}


@pytest.mark.parametrize(("environ", "home", "variable"), REFUSED.values(), ids=REFUSED)
def test_a_folder_that_depends_on_where_git_runs_is_refused(
    environ: dict[str, str], home: str, variable: str
) -> None:
    with pytest.raises(StoreError, match=variable):
        credentials_folder(environ, home, "linux", lambda path: False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        *((word, 300.0) for word in ("", "abc", "1.5", "-1", "٣", "9" * 5000)),
    ],
)
def test_the_lock_timeout_is_uvs(text: str, seconds: float) -> None:
    assert lock_timeout({"UV_LOCK_TIMEOUT": text}) == seconds
    assert lock_timeout({}) == 300.0
