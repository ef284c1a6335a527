"""What systems do differently, as far as it can be shown on one of them."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from git_credential_uvx.errors import StoreError
from git_credential_uvx.system import files, platform, replace
from git_credential_uvx.system.settings import runtime_folder

if TYPE_CHECKING:
    from pathlib import Path

NOT_SUPPORTED = [errno.EINVAL, errno.ENOTSUP, errno.EBADF]
FULL_SYNC = 51  # what macOS calls F_FULLFSYNC; unknown to Linux


@pytest.mark.parametrize("number", [*NOT_SUPPORTED, errno.EIO])
def test_a_folder_that_cannot_be_synced_does_not_stop_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    sync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    tmp_path.chmod(0o700)
    with files.Folder(str(tmp_path)) as folder:
        monkeypatch.setattr(os, "fsync", refuse)
        if number in NOT_SUPPORTED:
            replace.replace(folder, "file", b"new")
        else:  # the disk is broken
            with pytest.raises(StoreError, match="cannot write"):
                replace.replace(folder, "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


class Calls:
    """Stands in for `fcntl.fcntl` and `os.fsync`, and for a system with F_FULLFSYNC."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
        self.made: list[str] = []
        self._fault = fault
        monkeypatch.setattr(fcntl, "F_FULLFSYNC", FULL_SYNC, raising=False)
        monkeypatch.setattr(fcntl, "fcntl", self.fcntl)
        monkeypatch.setattr(os, "fsync", lambda descriptor: self.made.append("fsync"))

    def fcntl(self, descriptor: int, command: int, argument: Any = 0) -> int:
        assert command == FULL_SYNC
        self.made.append("F_FULLFSYNC")
        if self._fault:
            raise OSError(self._fault, os.strerror(self._fault))
        return 0


def test_macos_is_asked_to_empty_the_cache_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "file").open("wb") as file:
        calls = Calls(monkeypatch, 0)
        platform.sync(file.fileno())
    assert calls.made == ["F_FULLFSYNC"]


@pytest.mark.parametrize("fault", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_a_file_system_without_a_full_sync_is_synced_as_usual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    with (tmp_path / "file").open("wb") as file:
        calls = Calls(monkeypatch, fault)
        platform.sync(file.fileno())
    assert calls.made == ["F_FULLFSYNC", "fsync"]


def test_a_full_sync_that_fails_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "file").open("wb") as file:
        calls = Calls(monkeypatch, errno.EIO)
        with pytest.raises(OSError, match="Input/output error"):
            platform.sync(file.fileno())
    assert calls.made == ["F_FULLFSYNC"]


# The mode of a file, and that of its new version if its group cannot be kept.
MODES = {0o600: 0o600, 0o640: 0o600, 0o660: 0o600, 0o644: 0o644, 0o664: 0o644, 0o604: 0o600}


@pytest.mark.parametrize(("mode", "expected"), MODES.items(), ids=map(oct, MODES))
def test_a_group_that_cannot_be_kept_gets_no_more_than_everybody_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, expected: int
) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    like = path.stat()
    other_group = os.stat_result([*like[:5], like.st_gid + 1, *like[6:]])

    def refuse(descriptor: int, uid: int, gid: int) -> None:
        assert uid == -1
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    with (tmp_path / "new").open("wb") as file:
        platform.make_like(file.fileno(), other_group)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == expected


def test_an_owner_that_cannot_be_kept_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.touch()
    like = path.stat()

    def refuse(descriptor: int, uid: int, gid: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    other_owner = os.stat_result([*like[:4], like.st_uid + 1, *like[5:]])
    with path.open("r+b") as file, pytest.raises(PermissionError):
        platform.make_like(file.fileno(), other_owner)


def test_what_lives_for_a_session_goes_into_the_private_temporary_folder_of_macos() -> None:
    def is_folder(path: str) -> bool:
        return True

    session = "/var/folders/zz/abc/T/"
    assert runtime_folder({}, "/Users/a", "darwin", is_folder, session) == (
        "/var/folders/zz/abc/T/git-credential-uvx"
    )
    assert runtime_folder({}, "/Users/a", "darwin", is_folder, "") == (
        "/Users/a/Library/Caches/git-credential-uvx"
    )
    named = {"XDG_RUNTIME_DIR": "/run/user/1"}
    assert runtime_folder(named, "/Users/a", "darwin", is_folder, session) == (
        "/run/user/1/git-credential-uvx"
    )


def test_only_macos_has_a_folder_for_a_session_of_its_own() -> None:
    assert platform.session_folder("linux") == ""
