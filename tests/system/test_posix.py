"""What systems do differently, as far as it can be shown on one of them."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest

from git_credential_uvx.errors import ProgramError, StoreError
from git_credential_uvx.stores.shared import SharedStore
from git_credential_uvx.system import files, platform, replace
from git_credential_uvx.system.checkout import files_of
from git_credential_uvx.system.programs import find_program
from git_credential_uvx.system.settings import Settings, runtime_folder
from git_credential_uvx.transfer.import_files import batches
from git_credential_uvx.transfer.readers import gh, pip
from git_credential_uvx.transfer.rows import Places

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

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


# A hard link stands in for another spelling of a name, where a file system takes both for one.


def test_another_spelling_of_the_store_is_the_store(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "credentials.toml").touch()
    (tmp_path / "CREDENTIALS.toml").hardlink_to(folder / "credentials.toml")
    (tmp_path / "other.toml").touch()
    store = SharedStore(Settings(str(folder), environ={}))
    assert store.owns(str(tmp_path / "CREDENTIALS.toml"))
    assert store.owns(str(folder / "git-credential-uvx.toml"))  # is not there yet
    assert not store.owns(str(tmp_path / "other.toml"))


def test_a_file_under_two_spellings_is_imported_once(tmp_path: Path) -> None:
    first, second = tmp_path / "netrc", tmp_path / "NETRC"
    first.write_text("machine git.test login alice password pa\n")
    second.hardlink_to(first)
    places = Places({}, str(tmp_path), str(tmp_path), "")
    settings = Settings(str(tmp_path), environ={})
    found = batches("netrc", [str(first), str(second)], places, settings, named=True)
    assert [batch.path for batch in found] == [str(first)]


def test_no_spelling_of_the_working_folder_is_searched_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    program = tmp_path / "work" / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "WORK").symlink_to("work")
    monkeypatch.chdir(tmp_path / "work")
    # As on a file system where both are names of the folder itself.
    monkeypatch.setattr(os.path, "realpath", os.path.abspath)
    with pytest.raises(ProgramError, match="program not found on PATH"):
        find_program("program", str(tmp_path / "WORK"))


DECOMPOSED, COMPOSED = "cafe\u0301", "caf\u00e9"


@pytest.mark.parametrize(("system", "found"), [("darwin", []), ("linux", ["file"])])
def test_a_pattern_excludes_a_name_as_macos_spells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, found: list[str]
) -> None:
    (tmp_path / DECOMPOSED).mkdir()
    (tmp_path / DECOMPOSED / "file").touch()
    monkeypatch.setattr(sys, "platform", system)
    paths = files_of(str(tmp_path), {}, ignored=True, exclude=[COMPOSED])
    assert [os.path.basename(path) for path in paths] == found


def test_pip_of_macos_has_a_file_for_all_users() -> None:
    found = pip.READER.paths(Places({}, "/Users/a", "", "/Users/a/Library/Application Support"))
    assert "/Library/Application Support/pip/pip.conf" in found


@pytest.mark.parametrize(("is_terminal", "seconds"), [(True, 60), (False, 10)])
def test_gh_may_take_the_time_of_a_dialog_if_a_person_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_terminal: bool, seconds: int
) -> None:
    given = []

    def run(words: object, *, timeout: float, environ: object) -> NoReturn:
        given.append(timeout)
        raise ProgramError("no gh")

    monkeypatch.setattr(gh, "run", run)
    monkeypatch.setattr(os, "isatty", lambda descriptor: is_terminal)
    account = gh.GhAccount("github.com", "alice", None, 1, active=False)
    assert gh._token_of(account, Places({}, str(tmp_path), "", "")) == b""
    assert given == [seconds]
